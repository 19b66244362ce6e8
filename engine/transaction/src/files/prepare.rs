//! Decides what happens to every file of a transaction (reference of rpm, 5.3 to 5.6).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use oxidnf_rpmdb::{DbError, Index, RpmDb};

use super::compare::{self, OnDisk};
use super::disk::{Account, Disk};
use super::fate;
use super::fingerprint::{DirId, Fingerprints};
use super::select;
use super::state::{FileAction, FileState, flag};
use super::table::{FileKind, FileTable};
use crate::element::{ChangedState, Member, read_files};
use crate::error::TransactionError;
use crate::fsm::dirs::RootDir;
use crate::problem::Problem;

use crate::settings::{Filter, Flags, Settings};

/// Rows of an index that are read in the time of one look-up.
const ROWS_PER_LOOKUP: u64 = 30;

/// A file of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    member: usize,
    file: usize,
}

/// What came of the preparation.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    /// Reasons not to go on.
    pub problems: Vec<Problem>,
    /// Mount points that will be written to.
    pub mounts: Vec<String>,
}

struct Preparation<'a> {
    members: &'a mut [Member],
    db: &'a RpmDb,
    root: &'a RootDir,
    settings: &'a Settings,
    /// Scriptlets that run before the transaction may still change things.
    testing: bool,
    prints: Fingerprints<'a>,
    /// Identity of each directory of each member.
    dirs: Vec<Vec<DirId>>,
    /// Size of the installed file that a file replaces.
    replaced: HashMap<(usize, usize), u64>,
    problems: Vec<Problem>,
}

/// Decides about all files of the members, which stand in the order in which they will run.
///
/// `testing` says that the scriptlets before the transaction have not run yet.
pub(crate) fn prepare(
    members: &mut [Member],
    db: &RpmDb,
    root: &RootDir,
    settings: &Settings,
    testing: bool,
) -> Result<Prepared, TransactionError> {
    let tables: Vec<Arc<FileTable>> = members.iter().map(|member| Arc::clone(&member.files)).collect();
    for member in members.iter_mut() {
        member.actions.fill(FileAction::Unknown);
        member.changed.clear();
        member.doubles.clear();
        let (table, actions) = (Arc::clone(&member.files), &mut member.actions);
        if member.package.is_some() {
            select::skip_at_install(settings, &table, actions);
        } else {
            select::skip_at_erase(settings, &table, actions);
        }
    }
    let mut preparation = Preparation {
        members,
        db,
        root,
        settings,
        testing,
        prints: Fingerprints::new(root),
        dirs: Vec::new(),
        replaced: HashMap::new(),
        problems: Vec::new(),
    };
    preparation.identify(&tables);
    let owners = preparation.owners(&tables);
    preparation.compare_with_installed(&tables, &owners)?;
    let mut disk = Disk::new(root);
    for member in 0..tables.len() {
        preparation.settle(member, &tables, &owners, &mut disk);
    }
    let mounts = disk.mounts();
    Ok(Prepared { problems: preparation.problems, mounts })
}

type Owners<'t> = HashMap<(DirId, &'t [u8]), Vec<Owner>>;

impl Preparation<'_> {
    fn identify(&mut self, tables: &[Arc<FileTable>]) {
        for (member, table) in tables.iter().enumerate() {
            let ids: Vec<DirId> = table.dirs.iter().map(|dir| self.prints.on_disk(dir)).collect();
            for (file, info) in table.files.iter().enumerate() {
                let link = info.kind() == FileKind::Symlink && !self.members[member].actions[file].skips();
                if link {
                    self.prints.add_link(ids[info.dir as usize], &info.base, &info.link);
                }
            }
            self.dirs.push(ids);
        }
        for ids in &mut self.dirs {
            for id in ids {
                *id = self.prints.after(*id);
            }
        }
    }

    fn key<'t>(&self, tables: &'t [Arc<FileTable>], owner: Owner) -> (DirId, &'t [u8]) {
        let info = &tables[owner.member].files[owner.file];
        (self.dirs[owner.member][info.dir as usize], &info.base)
    }

    fn owners<'t>(&self, tables: &'t [Arc<FileTable>]) -> Owners<'t> {
        let mut owners: Owners<'t> = HashMap::with_capacity(tables.iter().map(|table| table.len()).sum());
        for (member, table) in tables.iter().enumerate() {
            for file in 0..table.len() {
                if !self.members[member].actions[file].skips() {
                    let owner = Owner { member, file };
                    owners.entry(self.key(tables, owner)).or_default().push(owner);
                }
            }
        }
        owners
    }

    /// Compares with the files of installed packages, record by record.
    fn compare_with_installed(
        &mut self,
        tables: &[Arc<FileTable>],
        owners: &Owners<'_>,
    ) -> Result<(), TransactionError> {
        if self.db.is_empty().map_err(TransactionError::database("read"))? {
            return Ok(());
        }
        let candidates = self.namesakes(owners).map_err(TransactionError::database("search"))?;
        let leaving: HashSet<u32> =
            self.members.iter().filter(|member| !member.is_install()).filter_map(|member| member.hnum).collect();
        for (hnum, indexes) in candidates {
            let header = match self.db.header(hnum) {
                Ok(header) => header,
                // rpm does not see damaged records either.
                Err(DbError::Damaged(_) | DbError::NoRecord { .. }) => continue,
                Err(error) => return Err(TransactionError::database("read")(error)),
            };
            let Ok((table, states)) = read_files(&header) else { continue };
            let nevra = header.nevra().map(|nevra| nevra.to_string()).unwrap_or_default();
            let installed = Installed { hnum, nevra, table, states, leaving: leaving.contains(&hnum) };
            for index in indexes {
                self.compare_file(tables, owners, &installed, index as usize);
            }
        }
        Ok(())
    }

    /// Returns the files of installed packages that are called like one of ours, by record, in the header's order.
    fn namesakes(&self, owners: &Owners<'_>) -> Result<BTreeMap<u32, Vec<u32>>, DbError> {
        // "/" has no name of its own, and rpm finds nobody by it.
        let names: HashSet<&[u8]> = owners.keys().map(|(_, base)| *base).filter(|base| !base.is_empty()).collect();
        let mut found: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let rows = self.db.rows_at_most(Index::Basenames)?;
        if rows / ROWS_PER_LOOKUP < names.len() as u64 {
            self.db.each_row(Index::Basenames, |name, hit| {
                if names.contains(name) {
                    found.entry(hit.hnum).or_default().push(hit.idx);
                }
            })?;
        } else {
            let look_up = || {
                for name in names {
                    for hit in self.db.find(Index::Basenames, name)? {
                        found.entry(hit.hnum).or_default().push(hit.idx);
                    }
                }
                Ok(())
            };
            self.db.snapshot(look_up).flatten()?;
        }
        for indexes in found.values_mut() {
            indexes.sort_unstable();
        }
        Ok(found)
    }

    fn compare_file(&mut self, tables: &[Arc<FileTable>], owners: &Owners<'_>, installed: &Installed, index: usize) {
        let Some(info) = installed.table.files.get(index) else { return };
        // Of what stays installed rpm looks at the disk only; links that this transaction brings lead its files nowhere.
        let dir = self.prints.on_disk(installed.table.dirname(index));
        let dir = if installed.leaving { self.prints.after(dir) } else { dir };
        let Some(sharers) = owners.get(&(dir, &*info.base)) else { return };
        let state = installed.states.get(index).copied().flatten();
        for owner in sharers {
            if self.members[owner.member].is_install() {
                if state != Some(FileState::NotInstalled) {
                    self.meet_installed(&tables[owner.member], *owner, installed, index);
                }
            } else if !installed.leaving && state == Some(FileState::Normal) {
                self.members[owner.member].actions[owner.file] = FileAction::Skip;
            }
        }
    }

    /// A file to be installed is also one of an installed package.
    fn meet_installed(&mut self, table: &FileTable, owner: Owner, installed: &Installed, index: usize) {
        if self.members[owner.member].actions[owner.file].skips() {
            return;
        }
        let (new, old) = ((table, owner.file), (&installed.table, index));
        let config = (table.files[owner.file].flags | installed.table.files[index].flags) & flag::CONFIG != 0;
        if !compare::same(old, new) {
            let mut state = FileState::Replaced;
            let mut conflict = if installed.leaving { self.type_conflict(owner, old, new) } else { true };
            if conflict
                && let Some(ours) = self.color_choice(table.files[owner.file].color, installed.table.files[index].color)
            {
                self.members[owner.member].actions[owner.file] =
                    if ours { FileAction::Create } else { FileAction::SkipColor };
                conflict = false;
                state = FileState::WrongColor;
            }
            if conflict && !self.settings.filter.any(Filter::REPLACEOLDFILES) {
                let nevra = self.members[owner.member].nevra.to_string();
                let path = table.display(owner.file);
                self.problems.push(Problem::FileConflict { path, nevra, other: installed.nevra.clone() });
            }
            let skipped = self.members[owner.member].actions[owner.file].skips();
            if !config && !skipped && !installed.leaving {
                self.members[owner.member].changed.push(ChangedState { hnum: installed.hnum, file: index, state });
            }
        }
        if config {
            let all = self.settings.flags.any(Flags::ALLFILES);
            self.members[owner.member].actions[owner.file] = fate::of_upgraded(self.root, old, new, all);
        }
        self.replaced.insert((owner.member, owner.file), installed.table.files[index].size);
    }

    /// A directory cannot become something else unless that is there already, nor a link to a directory become a
    /// directory, as nothing says where its content should go; a %pretrans script may take care of it.
    fn type_conflict(&self, owner: Owner, old: (&FileTable, usize), new: (&FileTable, usize)) -> bool {
        use oxidnf_core::event::ScriptletKind;
        let (before, after) = (old.0.files[old.1].kind(), new.0.files[new.1].kind());
        let disk = || OnDisk::look(self.root, new.0.path(new.1));
        let conflict = match (before, after) {
            (FileKind::Directory, after) if after != FileKind::Directory => {
                disk().is_some_and(|disk| disk.kind() != after)
            }
            (FileKind::Symlink, FileKind::Directory) => {
                disk().is_some_and(|disk| disk.kind() == FileKind::Symlink && disk.leads_to_directory())
            }
            _ => false,
        };
        let excused = self.testing && self.members[owner.member].header.scriptlet(ScriptletKind::PreTrans).is_some();
        conflict && !excused
    }

    /// Decides between two programs of different word size: whether ours wins, or none if colours do not decide.
    fn color_choice(&self, ours: u32, other: u32) -> Option<bool> {
        let (ours, other) = (ours & self.settings.color, other & self.settings.color);
        if ours == 0 || other == 0 || ours == other {
            return None;
        }
        if ours & self.settings.prefer_color != 0 {
            Some(true)
        } else if other & self.settings.prefer_color != 0 {
            Some(false)
        } else {
            None
        }
    }

    /// Settles the files of one member against those before it, and books the room it needs.
    fn settle(&mut self, member: usize, tables: &[Arc<FileTable>], owners: &Owners<'_>, disk: &mut Disk<'_>) {
        let table = &tables[member];
        let install = self.members[member].is_install();
        for file in 0..table.len() {
            let owner = Owner { member, file };
            let key = self.key(tables, owner);
            let sharers = owners.get(&key).map(Vec::as_slice).unwrap_or_default();
            let at = sharers.iter().position(|other| *other == owner);
            let before = at.map(|at| &sharers[..at]).unwrap_or_default();
            let shared = if self.action(owner).skips() {
                0
            } else if install {
                self.settle_install(tables, owner, before)
            } else {
                self.settle_erase(tables, owner, before);
                0
            };
            self.book(disk, tables, owner, key.0, shared);
        }
        if install && !self.settings.flags.any(Flags::JUSTDB) {
            let nevra = self.members[member].nevra.to_string();
            self.problems.extend(disk.check(&nevra, self.settings.filter));
        }
    }

    fn book(&self, disk: &mut Disk<'_>, tables: &[Arc<FileTable>], owner: Owner, dir: DirId, shared: u64) {
        let table = &tables[owner.member];
        if table.files[owner.file].has(flag::GHOST) {
            return;
        }
        // Only the last member of a hard link set takes room, though rpm counts an inode for each.
        let linked = table.link_set(owner.file).is_some_and(|set| set.last() != Some(&(owner.file as u32)));
        let size = if linked { 0 } else { table.files[owner.file].size };
        let (device, path) = self.prints.place(dir);
        let action = self.members[owner.member].actions[owner.file];
        let replaced = self.replaced.get(&(owner.member, owner.file)).copied().unwrap_or(0);
        disk.book(device, path, Account { action, size, replaced, shared });
    }

    /// Returns the size of the same file in an earlier member.
    fn settle_install(&mut self, tables: &[Arc<FileTable>], owner: Owner, before: &[Owner]) -> u64 {
        let table = &tables[owner.member];
        let other = before.iter().rev().find(|other| self.members[other.member].is_install()).copied();
        let Some(other) = other else {
            if self.action(owner) == FileAction::Unknown {
                self.set(owner, fate::of_new(self.root, table, owner.file, false));
            }
            return 0;
        };
        let other_table = &tables[other.member];
        let other_file = &other_table.files[other.file];
        if compare::same((other_table, other.file), (table, owner.file)) {
            let before = self.action(other);
            if before == FileAction::SkipColor {
                self.set(owner, FileAction::SkipColor);
            } else if !other_file.has(flag::GHOST) && before != FileAction::Unknown && !before.skips() {
                // The first one brings it for all.
                self.set(owner, FileAction::Skip);
            }
        } else {
            self.settle_conflict(table, owner, other_table, other);
        }
        if self.action(owner).skips() {
            return 0;
        }
        // What an edited file met in an installed package does not matter any more: the other one brings it anew.
        let fate = fate::of_new(self.root, table, owner.file, true);
        if fate != FileAction::Create || self.action(owner) == FileAction::Unknown {
            self.set(owner, fate);
        }
        if other.member == owner.member {
            self.members[owner.member].doubles.insert(owner.file, other.file);
        }
        other_file.size
    }

    fn settle_conflict(&mut self, table: &FileTable, owner: Owner, other_table: &FileTable, other: Owner) {
        match self.color_choice(table.files[owner.file].color, other_table.files[other.file].color) {
            Some(true) => {
                if !self.action(owner).skips() {
                    self.set(other, FileAction::SkipColor);
                }
                self.set(owner, FileAction::Create);
            }
            Some(false) => {
                if self.action(owner).skips() {
                    self.set(other, FileAction::Create);
                }
                self.set(owner, FileAction::SkipColor);
            }
            None if self.settings.filter.any(Filter::REPLACENEWFILES) => {}
            None => {
                let nevra = self.members[owner.member].nevra.to_string();
                let other = self.members[other.member].nevra.to_string();
                let path = table.display(owner.file);
                self.problems.push(Problem::NewFileConflict { path, nevra, other });
            }
        }
    }

    fn settle_erase(&mut self, tables: &[Arc<FileTable>], owner: Owner, before: &[Owner]) {
        if let Some(other) = before.last() {
            if self.action(*other) == FileAction::Erase && !self.members[other.member].is_install() {
                // The last one to leave takes it away.
                self.set(*other, FileAction::Skip);
            } else {
                self.set(owner, FileAction::Skip);
            }
        }
        if self.action(owner).skips() {
            return;
        }
        let action = if self.members[owner.member].is_present(owner.file) {
            fate::of_erased(self.root, &tables[owner.member], owner.file)
        } else {
            FileAction::Skip
        };
        self.set(owner, action);
    }

    fn action(&self, owner: Owner) -> FileAction {
        self.members[owner.member].actions[owner.file]
    }

    fn set(&mut self, owner: Owner, action: FileAction) {
        self.members[owner.member].actions[owner.file] = action;
    }
}

/// An installed package that shares names with the transaction.
struct Installed {
    hnum: u32,
    nevra: String,
    table: FileTable,
    states: Vec<Option<FileState>>,
    /// It is erased or replaced by this transaction.
    leaving: bool,
}
