//! Verifying and rebuilding.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use oxidnf_core::Root;
use rustix::fs::RenameFlags;
use rustix::io::Errno;

use crate::connection::{Access, FILE, RpmDb};
use crate::error::{DamagedRecord, DbError};
use crate::index::Index;
use crate::lock::{LockKind, TransactionLock, lock_path};
use crate::schema;
use crate::write::open_all;

impl RpmDb {
    /// Checks what `rpmdb --verifydb` checks: SQLite's integrity, foreign keys, and that all tables are there.
    ///
    /// Like it, this does not look into headers; [`RpmDb::packages`] reports damaged ones.
    pub fn verify(&self) -> Result<(), DbError> {
        open_all(self)?;
        let messages: Vec<String> = self.run("verify", |connection| {
            let mut statement = connection.prepare("PRAGMA integrity_check")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })?;
        if let Some(message) = messages.into_iter().find(|message| message != "ok") {
            return Err(DbError::Integrity { message });
        }
        let dangling: Option<(String, i64)> = self.run("verify", |connection| {
            let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
            let mut rows = statement.query([])?;
            rows.next()?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
        })?;
        match dangling {
            Some((table, row)) => Err(match Index::ALL.into_iter().find(|index| index.table() == table) {
                Some(index) => DbError::DanglingKey { index, row },
                None => DbError::Integrity { message: format!("{table}[{row}]") },
            }),
            None => Ok(()),
        }
    }
}

/// What rebuilding did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Number of records in the new database.
    pub records: usize,
    /// Records that could not be read and are gone.
    pub dropped: Vec<DamagedRecord>,
}

/// Writes all readable records into a new database, numbered from 1, and puts it in the place of the old one.
///
/// Takes the transaction lock; nothing of this process may have the database open. `suffix` keeps the temporary directories apart (rpm uses the process id). The old
/// database stays untouched until the new one is complete.
pub fn rebuild(root: &Root, path: &Path, suffix: u32) -> Result<Rebuilt, DbError> {
    let failed = |source| DbError::Open { path: path.to_owned(), source };
    let _lock = TransactionLock::take(root, &lock_path(path), LockKind::Exclusive)?;
    let path = &without_link(root, path).map_err(failed)?;
    let new = beside(path, &format!("rebuilddb.{suffix}"));
    remove_if_there(root, &new).map_err(failed)?;
    let result = copy_records(root, path, &new);
    if result.is_err() {
        // What counts is the first error; the directory is harmless.
        let _ = remove_if_there(root, &new);
        return result;
    }
    swap(root, &new, path, &beside(path, &format!("old.{suffix}"))).map_err(failed)?;
    // From here on `new` is the old directory.
    move_others(root, &new, path).map_err(failed)?;
    root.remove_dir_all(&new).map_err(failed)?;
    result
}

fn copy_records(root: &Root, path: &Path, new: &Path) -> Result<Rebuilt, DbError> {
    let source = RpmDb::open(root, path, Access::Read)?;
    let target = RpmDb::open_to_write(root, new, true)?;
    let mut write = target.write()?;
    write.begin()?;
    let mut packages = source.packages()?;
    let mut records = 0;
    for package in packages.by_ref() {
        let (_, header) = package?;
        write.insert(&header)?;
        records += 1;
    }
    let dropped = packages.damaged().to_vec();
    write.commit()?;
    drop(write);
    target.run("create indexes", schema::create_indexes_of_bare)?;
    target.close()?;
    Ok(Rebuilt { records, dropped })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn remove_if_there(root: &Root, path: &Path) -> io::Result<()> {
    match root.remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Follows links at the end of a path, so that a directory and not a link to it is swapped.
fn without_link(root: &Root, path: &Path) -> io::Result<PathBuf> {
    /// As many as the kernel follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match root.read_link(&path) {
            // A relative target counts from the directory of the link; an absolute one replaces everything.
            Ok(target) => path = path.parent().unwrap_or(Path::new("/")).join(target),
            Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => return Ok(path),
            Err(error) if error.raw_os_error() == Some(Errno::NOENT.raw_os_error()) => return Ok(path),
            Err(error) => return Err(error),
        }
    }
    Err(Errno::LOOP.into())
}

/// Exchanges two directories, in one step where the file system can.
fn swap(root: &Root, new: &Path, path: &Path, spare: &Path) -> io::Result<()> {
    let (from, from_name) = root.parent(new)?;
    let (to, to_name) = root.parent(path)?;
    match rustix::fs::renameat_with(&from, &from_name, &to, &to_name, RenameFlags::EXCHANGE) {
        Ok(()) => return Ok(()),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        Err(error) => return Err(error.into()),
    }
    root.rename(path, spare)?;
    root.rename(new, path).and_then(|()| root.rename(spare, new)).inspect_err(|_| {
        if !root.exists(path) {
            // Back to where we were.
            let _ = root.rename(spare, path);
        }
    })
}

/// Moves what is not the database (locks, certificates in files) from one directory to another.
fn move_others(root: &Root, from: &Path, to: &Path) -> io::Result<()> {
    for entry in root.read_dir(from)? {
        if !entry.name.as_bytes().starts_with(FILE.as_bytes()) {
            root.rename(from.join(&entry.name), to.join(&entry.name))?;
        }
    }
    Ok(())
}
