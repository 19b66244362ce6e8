//! `rpm -V`: files as they are beside files as they should be.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use oxidnf_core::Root;
use oxidnf_core::checksum::{ChecksumKind, Hasher};
use oxidnf_core::header::query::{file_flags, verify_flags};
use oxidnf_core::header::{DepKind, FileEntry, FileFlags, FileState, Header, HeaderDep, Tag};
use oxidnf_core::reldep::{Reldep, Sense};
use oxidnf_core::rich::RichDep;
use oxidnf_rpmdb::{Access, Hnum, Index, RpmDb};
use oxidnf_transaction::{VerifyScript, verify_script};
use rustix::fs::{Mode, OFlags, Stat};

use super::Rpm;
use crate::clock::Clock;
use crate::error::Error;
use crate::session::build_arch;
use crate::tsflags::{self, Facts, TsFlags};

/// What `rpm -V` finds out about a package.
#[derive(Debug, Default)]
pub struct Verified {
    /// Requirements that nothing installed meets, each as `name >= version`.
    pub unmet: Vec<String>,
    /// All files.
    pub files: Vec<FileReport>,
}

/// One file.
#[derive(Debug)]
pub struct FileReport {
    /// The line that rpm prints, without its end.
    pub line: Vec<u8>,
    /// Whether something differs.
    pub differs: bool,
    /// Whether the line is always printed; if not, only on request.
    pub told: bool,
}

/// Bits of `%verify` and of what differs.
mod bit {
    pub(super) const DIGEST: u32 = 1;
    pub(super) const SIZE: u32 = 1 << 1;
    pub(super) const LINK: u32 = 1 << 2;
    pub(super) const USER: u32 = 1 << 3;
    pub(super) const GROUP: u32 = 1 << 4;
    pub(super) const MTIME: u32 = 1 << 5;
    pub(super) const MODE: u32 = 1 << 6;
    pub(super) const DEVICE: u32 = 1 << 7;
    pub(super) const CAPS: u32 = 1 << 8;
    /// A link, or a content, that cannot be read.
    pub(super) const LINK_UNREADABLE: u32 = 1 << 28;
    pub(super) const UNREADABLE: u32 = 1 << 29;
}

/// Names of users and groups by their numbers, from the root's own files.
struct Names {
    users: HashMap<u32, Vec<u8>>,
    groups: HashMap<u32, Vec<u8>>,
}

impl Rpm {
    /// Compares the files of a package with the root, and looks for what meets its requirements.
    pub fn verify(&self, header: &Header, with_files: bool, with_deps: bool) -> Result<Verified, Error> {
        let db = self.db(Access::Read)?;
        let mut verified = Verified::default();
        if with_deps {
            verified.unmet = self.unmet(&db, header)?;
        }
        if with_files && let Ok(files) = header.files() {
            let names = Names::read(&self.root);
            for file in files.iter() {
                let shared = self.is_shared(&db, &file)?;
                let kind = files.digest_kind();
                verified.files.push(self.file(&file, files.has_states(), shared, kind, &names));
            }
        }
        Ok(verified)
    }

    /// Runs the `%verifyscript` of an installed package, if it has one.
    pub fn run_verify_script(&self, hnum: Hnum, header: &Header) -> Result<Option<VerifyScript>, Error> {
        // rpm asks for a text; a program alone is not run.
        if !header.has(Tag::VERIFYSCRIPT) {
            return Ok(None);
        }
        let db = self.db(Access::Read)?;
        let (arch, clock) = (build_arch(), Clock::limited(None));
        let facts = Facts { arch: &arch, ignore_arch: true, older: false, label_files: false, clock };
        let settings = tsflags::settings(&self.host.macros, TsFlags::default(), &facts);
        let ran = verify_script(&db, &self.root, &settings, (hnum, header));
        ran.map_err(|source| Error::Transaction { source: Error::boxed(source) })
    }

    /// Tells whether several packages own a path.
    fn is_shared(&self, db: &RpmDb, file: &FileEntry<'_>) -> Result<bool, Error> {
        let hits = db.find(Index::Basenames, file.basename).map_err(self.failed("search"))?;
        let mut owners = HashSet::new();
        if hits.len() < 2 {
            return Ok(false);
        }
        for hit in hits {
            let Ok(header) = db.header(hit.hnum) else { continue };
            let same = header.files().ok().and_then(|files| Some(files.get(hit.idx as usize)?.path() == file.path()));
            if same == Some(true) {
                owners.insert(hit.hnum);
            }
        }
        Ok(owners.len() > 1)
    }

    fn file(
        &self,
        file: &FileEntry<'_>,
        has_states: bool,
        shared: bool,
        kind: Option<ChecksumKind>,
        names: &Names,
    ) -> FileReport {
        let path = file.path();
        let letters = file_flags(u64::from(file.flags.0));
        let attribute = letters.chars().next().unwrap_or(' ');
        let note = match file.state {
            _ if !has_states => " (no state)",
            Some(FileState::Replaced) => " (replaced)",
            Some(FileState::NotInstalled) => " (not installed)",
            Some(FileState::NetShared) => " (net shared)",
            Some(FileState::WrongColor) => " (wrong color)",
            _ => "",
        };
        // witness: compat-tests/tests/rpm_records.rs::verification_of_every_state
        let noted = !has_states || file.state == Some(FileState::Replaced);
        let on_disk = self.root.lstat(Path::new(OsStr::from_bytes(&path)));
        let looked_at = !matches!(file.state, Some(FileState::NotInstalled | FileState::NetShared));
        let line = |start: String| {
            let mut line = start.into_bytes();
            line.extend_from_slice(&path);
            line.extend_from_slice(note.as_bytes());
            line
        };
        match on_disk {
            _ if !looked_at => {
                FileReport { line: line(format!(".........  {attribute} ")), differs: false, told: false }
            }
            Err(error) => {
                let mut line = line(format!("missing   {attribute} "));
                if error.kind() != io::ErrorKind::NotFound {
                    line.extend_from_slice(format!(" ({})", super::checksig::clean(&error)).as_bytes());
                }
                let differs = !file.flags.any(FileFlags(FileFlags::MISSINGOK.0 | FileFlags::GHOST.0));
                FileReport { line, differs, told: differs || noted }
            }
            Ok(stat) => {
                let found = self.compare(file, &stat, shared, kind, names);
                FileReport {
                    line: line(format!("{}  {attribute} ", verify_flags(found.into(), "."))),
                    differs: found != 0,
                    told: found != 0 || noted,
                }
            }
        }
    }

    /// Returns the bits of what differs.
    fn compare(
        &self,
        file: &FileEntry<'_>,
        stat: &Stat,
        shared: bool,
        kind: Option<ChecksumKind>,
        names: &Names,
    ) -> u32 {
        let content = bit::DIGEST | bit::SIZE | bit::MTIME;
        let mut wanted = file.verify_flags;
        match file.state {
            Some(FileState::Replaced) => return 0,
            Some(FileState::WrongColor) => wanted &= !(content | bit::DEVICE),
            _ => {}
        }
        if file.is_ghost() {
            wanted &= !(content | bit::LINK);
        }
        if shared {
            wanted &= !bit::MTIME;
        }
        // What is on disk decides what can be compared.
        wanted &= match stat.st_mode & 0o170_000 {
            0o100_000 => !bit::LINK,
            0o120_000 => !(content | bit::MODE | bit::CAPS),
            0o040_000 => !(content | bit::LINK | bit::CAPS),
            _ => !(content | bit::LINK | bit::CAPS),
        };
        let path = file.path();
        let path = Path::new(OsStr::from_bytes(&path));
        let mut found = 0;
        let mut note = |differs: bool, bit: u32| found |= if differs && wanted & bit != 0 { bit } else { 0 };
        note(stat.st_size as u64 != file.size, bit::SIZE);
        note((stat.st_mode & 0xffff) as u16 != file.mode, bit::MODE);
        note(stat.st_mtime as u32 != file.mtime, bit::MTIME);
        note(names.users.get(&stat.st_uid).is_none_or(|name| name != file.user), bit::USER);
        note(names.groups.get(&stat.st_gid).is_none_or(|name| name != file.group), bit::GROUP);
        let is_device = |mode: u32| matches!(mode & 0o170_000, 0o020_000 | 0o060_000);
        if is_device(u32::from(file.mode)) || is_device(stat.st_mode) {
            let same =
                is_device(u32::from(file.mode)) && is_device(stat.st_mode) && stat.st_rdev == u64::from(file.rdev);
            note(!same, bit::DEVICE);
        }
        if wanted & bit::LINK != 0 {
            match self.root.read_link(path) {
                Ok(target) => note(target.as_os_str().as_bytes() != file.linkto, bit::LINK),
                Err(_) => note(true, bit::LINK | bit::LINK_UNREADABLE),
            }
        }
        if wanted & bit::DIGEST != 0 {
            match kind.map(|kind| digest(&self.root, path, kind)) {
                Some(Ok(found)) => note(found.as_bytes() != file.digest, bit::DIGEST),
                Some(Err(_)) => found |= bit::UNREADABLE,
                None => {}
            }
        }
        if wanted & bit::CAPS != 0 && self.capabilities_differ(file, path) {
            found |= bit::CAPS;
        }
        found
    }

    fn capabilities_differ(&self, file: &FileEntry<'_>, path: &Path) -> bool {
        let text = String::from_utf8_lossy(file.caps);
        let Some(expected) = oxidnf_transaction::capability_attribute(&text) else { return false };
        let Ok(opened) = self.root.open_file(path, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK, Mode::empty())
        else {
            return false;
        };
        let mut value = [0; 64];
        let found =
            rustix::fs::fgetxattr(&opened, "security.capability", &mut value).ok().map(|size| value[..size].to_vec());
        found.as_deref() != expected.as_ref().map(|bytes| &bytes[..])
    }

    /// Returns the requirements that no installed package meets.
    fn unmet(&self, db: &RpmDb, header: &Header) -> Result<Vec<String>, Error> {
        let mut unmet: Vec<String> = Vec::new();
        for dep in header.deps(DepKind::Requires) {
            let ignored =
                dep.sense.any(Sense::MISSINGOK) || dep.sense.any(Sense::RPMLIB) || dep.name.starts_with(b"rpmlib(");
            if ignored || self.is_met(db, &dep)? {
                continue;
            }
            let text = dep.to_reldep().to_string();
            if !unmet.contains(&text) {
                unmet.push(text);
            }
        }
        Ok(unmet)
    }

    fn is_met(&self, db: &RpmDb, dep: &HeaderDep<'_>) -> Result<bool, Error> {
        if dep.name.starts_with(b"(") {
            let Some(rich) = std::str::from_utf8(dep.name).ok().and_then(|text| RichDep::parse(text).ok()) else {
                return Ok(false);
            };
            let mut trouble = None;
            let met = rich.holds(&mut |simple: &Reldep| {
                self.providers(db, simple).unwrap_or_else(|error| {
                    trouble = Some(error);
                    BTreeSet::new()
                })
            });
            return trouble.map_or(Ok(met), Err);
        }
        Ok(!self.providers(db, &dep.to_reldep())?.is_empty())
    }

    /// Returns the records of the packages that meet a dependency.
    fn providers(&self, db: &RpmDb, dep: &Reldep) -> Result<BTreeSet<u64>, Error> {
        let failed = self.failed("search");
        let mut providers = BTreeSet::new();
        if let Some((_, base)) = dep.name.strip_prefix('/').and_then(|_| dep.name.rsplit_once('/')) {
            for hit in db.find(Index::Basenames, base.as_bytes()).map_err(&failed)? {
                let Ok(header) = db.header(hit.hnum) else { continue };
                let owned = header.files().ok().and_then(|files| files.get(hit.idx as usize).map(|file| file.path()));
                if owned.is_some_and(|owned| owned == dep.name.as_bytes()) {
                    providers.insert(u64::from(hit.hnum));
                }
            }
        }
        for hit in db.find(Index::Providename, dep.name.as_bytes()).map_err(&failed)? {
            let Ok(header) = db.header(hit.hnum) else { continue };
            let provided = header.deps(DepKind::Provides).nth(hit.idx as usize).map(|provided| provided.to_reldep());
            if provided.is_some_and(|provided| provided.as_ref().matches(&dep.as_ref())) {
                providers.insert(u64::from(hit.hnum));
            }
        }
        Ok(providers)
    }
}

impl Names {
    fn read(root: &Root) -> Self {
        let table = |path: &str, first: &[u8]| {
            let text = root.read(path).unwrap_or_default();
            let mut names: HashMap<u32, Vec<u8>> = HashMap::new();
            for line in text.split(|byte| *byte == b'\n') {
                let mut fields = line.split(|byte| *byte == b':');
                let (name, number) = (fields.next(), fields.nth(1));
                let number = number.and_then(|number| std::str::from_utf8(number).ok()?.parse().ok());
                if let (Some(name), Some(number)) = (name, number) {
                    names.entry(number).or_insert_with(|| name.to_vec());
                }
            }
            names.insert(0, first.to_vec());
            names
        };
        Names { users: table("/etc/passwd", b"root"), groups: table("/etc/group", b"root") }
    }
}

fn digest(root: &Root, path: &Path, kind: ChecksumKind) -> io::Result<String> {
    let mut file = root.open_file(path, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK, Mode::empty())?;
    let mut hasher = Hasher::new(kind).map_err(io::Error::other)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok(hasher.finish().map_err(io::Error::other)?.hex()),
            read => hasher.update(&buffer[..read]),
        }
    }
}
