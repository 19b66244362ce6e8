//! Going back from a transaction that has changed nothing for good.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use oxidnf_rpmdb::{Index, RpmDb};
use rustix::fs::{self, AtFlags, StatxFlags};

use super::entry::Level;
use super::interrupted::Interrupted;
use super::{keep, leftovers, log};
use crate::element::read_files;
use crate::error::TransactionError;
use crate::files::table::{FileKind, FileTable};
use crate::fsm::dirs::{DirWalker, RootDir};
use crate::settings::temporary_suffix;

impl Interrupted {
    /// Removes what the interrupted run has left under temporary names, the directories that it made, and the journal.
    ///
    /// The caller has seen that [`Interrupted::is_irreversible`] says no, and holds the transaction lock.
    pub fn abort(self, db: &RpmDb) -> Result<(), TransactionError> {
        self.remove_texts();
        let dir = RootDir::new(&self.root)
            .map_err(|source| TransactionError::Root { path: self.root.path().to_owned(), source })?;
        let suffix = temporary_suffix(self.intent.tid);
        let mut tables = Vec::new();
        let begun = self.known.elements.iter().map(|standing| standing.level != Level::Waiting);
        for (number, (planned, begun)) in self.intent.elements.iter().zip(begun).enumerate() {
            let Some(package) = &planned.package else { continue };
            // Without its package nobody knows what it has left; the names are marked, and do no harm.
            let Ok(package) = keep::open(&self.root, number, package) else { continue };
            let Ok((table, _)) = read_files(package.header()) else { continue };
            if begun {
                leftovers::remove_temporaries(&dir, &table, suffix.as_bytes());
                remove_directories(&dir, &table, db, u64::from(self.intent.tid));
            }
            tables.push(table);
        }
        leftovers::remove_staged(&dir, &tables, suffix.as_bytes());
        log::remove(&self.root)
    }
}

/// Removes empty directories on the way to the files that were made since the transaction began and that no installed
/// package has.
fn remove_directories(root: &RootDir, table: &FileTable, db: &RpmDb, start: u64) {
    let mut paths: Vec<Vec<u8>> = Vec::new();
    let own = table.files.iter().enumerate().filter(|(_, info)| info.kind() == FileKind::Directory);
    for path in own.map(|(file, _)| table.path(file)).chain(table.dirs.iter().map(|dir| dir.to_vec())) {
        let mut path = path.strip_suffix(b"/").unwrap_or(&path).to_vec();
        while !path.is_empty() {
            paths.push(path.clone());
            let parent = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            path.truncate(parent);
        }
    }
    // Deepest first.
    paths.sort_by(|one, two| two.len().cmp(&one.len()).then_with(|| one.cmp(two)));
    paths.dedup();
    let mut walker = DirWalker::new(root);
    for path in paths {
        let slash = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        let (parent, name) = (&path[..slash], &path[slash + 1..]);
        if db.find(Index::Basenames, name).is_ok_and(|found| !found.is_empty()) {
            continue;
        }
        let Ok(dir) = walker.dir(parent, false) else { continue };
        let name = OsStr::from_bytes(name);
        let made = fs::statx(&*dir, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BTIME)
            .is_ok_and(|stat| stat.stx_mask & StatxFlags::BTIME.bits() != 0 && stat.stx_btime.tv_sec >= start as i64);
        if made {
            // One that something else was put into stays.
            let _ = fs::unlinkat(&*dir, name, AtFlags::REMOVEDIR);
        }
    }
}
