//! Triggers set off by the files of one element (reference of rpm, 3.5).

use oxidnf_core::event::ScriptletKind;
use oxidnf_core::header::{FileState, Header, TriggerScript};
use oxidnf_rpmdb::Index;

use super::{Class, FILE, TriggerSense, all_flags, prefixes};
use crate::element::Member;
use crate::error::TransactionError;
use crate::files::state::FileAction;
use crate::run::phases::Run;
use crate::script::Script;

/// A script of an installed package; sorted as they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    /// The highest priority first.
    pub(super) priority: std::cmp::Reverse<u32>,
    pub(super) hnum: u32,
    pub(super) script: usize,
}

/// A script to run with what it reads.
pub(super) struct Firing<'h> {
    pub(super) header: &'h Header,
    /// Number of the owner's record, 0 when it has none.
    pub(super) instance: u32,
    pub(super) script: &'h TriggerScript<'h>,
    pub(super) kind: ScriptletKind,
    pub(super) args: &'h [i32],
    /// Paths, one on each line.
    pub(super) lines: &'h [u8],
}

impl Run<'_> {
    /// Runs the file triggers of one class about an element: those of others and its own.
    pub(crate) fn file_triggers(
        &mut self,
        number: usize,
        sense: TriggerSense,
        arg: i32,
        class: Class,
    ) -> Result<(), TransactionError> {
        if self.settings.flags.any(sense.off()) {
            return Ok(());
        }
        match sense {
            TriggerSense::In | TriggerSense::PreIn => {
                self.file_triggers_of_others(number, sense, arg, class)?;
                self.own_file_triggers(number, sense, arg, class)
            }
            TriggerSense::Un => {
                self.own_file_triggers(number, sense, arg, class)?;
                self.file_triggers_of_others(number, sense, arg, class)
            }
            TriggerSense::PostUn => self.file_triggers_of_others(number, sense, arg, class),
        }
    }

    fn file_triggers_of_others(
        &mut self,
        number: usize,
        sense: TriggerSense,
        arg: i32,
        class: Class,
    ) -> Result<(), TransactionError> {
        // When the owner itself is upgraded, its old instance runs what comes before erasures, the new one the rest.
        let stale: Vec<u32> = self.hnums(sense == TriggerSense::Un);
        let rows: Vec<(Vec<u8>, u32, usize)> = self
            .trigger_rows(Index::Filetriggername)?
            .into_iter()
            .filter(|(_, hnum, _)| !stale.contains(hnum))
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        let paths = touched_paths(&self.members[number]);
        let set_off = rows.iter().filter(|(prefix, ..)| paths.iter().any(|path| path.starts_with(prefix)));
        let due = self.due(set_off.map(|(_, hnum, script)| (*hnum, *script)), false);
        for Due { hnum, script, priority } in due {
            if !class.has(priority.0) {
                continue;
            }
            let Ok(header) = self.db.header(hnum) else { continue };
            let scripts = header.file_triggers();
            let Some(script) = scripts.iter().find(|candidate| candidate.index == script) else { continue };
            let lines = lines(
                prefixes(script, sense)
                    .iter()
                    .flat_map(|prefix| paths.iter().filter(|path| path.starts_with(prefix)).map(Vec::as_slice)),
            );
            let Some(kind) = script.kind(FILE) else { continue };
            if lines.is_empty() {
                continue;
            }
            let Some(name) = header.nevra().ok().map(|nevra| nevra.name) else { continue };
            let args = [self.count(&name)?, arg];
            self.fire(&Firing { header: &header, instance: hnum, script, kind, args: &args, lines: &lines });
        }
        Ok(())
    }

    /// Runs an element's own scripts about the files of installed packages.
    fn own_file_triggers(
        &mut self,
        number: usize,
        sense: TriggerSense,
        arg: i32,
        class: Class,
    ) -> Result<(), TransactionError> {
        let flags = all_flags(&self.members[number].header.file_triggers());
        let (header, instance) = self.seen_header(number, flags);
        // While it comes, its own files were told by the other call already.
        let own = self.members[number].hnum.filter(|_| sense == TriggerSense::In);
        let scripts = header.file_triggers();
        let mut due: Vec<&TriggerScript<'_>> =
            scripts.iter().filter(|script| class.has(script.priority) && !prefixes(script, sense).is_empty()).collect();
        due.sort_by_key(|script| (std::cmp::Reverse(script.priority), script.index));
        for script in due {
            let Some(kind) = script.kind(FILE) else { continue };
            let found = self.installed_files(&prefixes(script, sense), &|hnum| Some(hnum) != own)?;
            let Some(first) = found.first_package else { continue };
            let args = [arg, self.count(&first)?];
            self.fire(&Firing { header: &header, instance, script, kind, args: &args, lines: &found.lines });
        }
        Ok(())
    }

    /// Returns the records of elements that are erased, or of those that were installed.
    pub(super) fn hnums(&self, installed: bool) -> Vec<u32> {
        let chosen = self.members.iter().filter(|member| member.is_install() == installed);
        chosen.filter_map(|member| member.hnum).collect()
    }

    /// Returns all file triggers of installed packages: prefix, record, script.
    pub(super) fn trigger_rows(&self, index: Index) -> Result<Vec<(Vec<u8>, u32, usize)>, TransactionError> {
        let mut rows = Vec::new();
        let visit = |key: &[u8], hit: oxidnf_rpmdb::Match| rows.push((key.to_vec(), hit.hnum, hit.idx as usize));
        self.db.each_key(index, visit).map_err(TransactionError::database("search"))?;
        Ok(rows)
    }

    /// Sorts scripts by priority, each once.
    pub(super) fn due(&self, scripts: impl Iterator<Item = (u32, usize)>, of_transaction: bool) -> Vec<Due> {
        let priority = |hnum: u32, script: usize| {
            let header = self.db.header(hnum).ok()?;
            let scripts = if of_transaction { header.trans_file_triggers() } else { header.file_triggers() };
            let priority = scripts.iter().find(|candidate| candidate.index == script)?.priority;
            Some(Due { priority: std::cmp::Reverse(priority), hnum, script })
        };
        let mut due: Vec<Due> = scripts.filter_map(|(hnum, script)| priority(hnum, script)).collect();
        due.sort_unstable();
        due.dedup();
        due
    }

    /// Runs a script; file triggers never make an element fail.
    pub(super) fn fire(&mut self, firing: &Firing<'_>) {
        let Firing { header, instance, script, kind, args, lines } = firing;
        let Ok(owner) = header.nevra() else { return };
        let scriptlet = script.script.clone();
        let (instance, kind) = (*instance, *kind);
        self.scripts.run(&Script { owner: &owner, header, instance, kind, scriptlet, args, stdin: lines });
        self.users.refresh();
    }

    /// Collects files of installed packages by prefix; packages are found by their directories, as rpm finds them.
    pub(super) fn installed_files(
        &self,
        prefixes: &[&[u8]],
        wanted: &dyn Fn(u32) -> bool,
    ) -> Result<FoundFiles, TransactionError> {
        let mut found = FoundFiles::default();
        for prefix in prefixes {
            let rows = self.db.find_prefix(Index::Dirnames, prefix).map_err(TransactionError::database("search"))?;
            let mut hnums: Vec<u32> = rows.into_iter().map(|(_, hit)| hit.hnum).filter(|hnum| wanted(*hnum)).collect();
            hnums.sort_unstable();
            hnums.dedup();
            for hnum in hnums {
                let Ok(header) = self.db.header(hnum) else { continue };
                found.add(&header, prefix);
            }
        }
        Ok(found)
    }
}

/// Files that were found, and the name of the first package that has one.
#[derive(Debug, Default)]
pub(super) struct FoundFiles {
    pub(super) lines: Vec<u8>,
    pub(super) first_package: Option<String>,
}

impl FoundFiles {
    fn add(&mut self, header: &Header, prefix: &[u8]) {
        let Ok(files) = header.files() else { return };
        let before = self.lines.len();
        for file in files.iter() {
            let present = matches!(file.state, Some(FileState::Normal | FileState::NetShared));
            let path = file.path();
            if present && path.starts_with(prefix) {
                self.lines.extend(path);
                self.lines.push(b'\n');
            }
        }
        if self.lines.len() > before && self.first_package.is_none() {
            self.first_package = header.nevra().ok().map(|nevra| nevra.name);
        }
    }
}

/// Paths of an element that really come or go.
fn touched_paths(member: &Member) -> Vec<Vec<u8>> {
    let touched = |action: &FileAction| !action.skips();
    let files = member.actions.iter().enumerate().filter(|(_, action)| touched(action));
    files.map(|(file, _)| member.files.path(file)).collect()
}

fn lines<'p>(paths: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
    paths.flat_map(|path| path.iter().copied().chain([b'\n'])).collect()
}
