//! The transaction lock, shared with rpm and dnf5.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use oxidnf_core::Root;
use oxidnf_core::lock::FileLock;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::error::DbError;

/// How a lock is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockKind {
    /// For reading consistently; others may read too (verifydb).
    Shared,
    /// For transactions, rebuilding and creating.
    Exclusive,
}

/// rpm's transaction lock; it ends when the last clone is dropped.
///
/// Locks of this kind belong to the process and vanish when any descriptor of the file is closed in it. All of them are
/// therefore taken here, where a second request for a file that is locked already shares the first descriptor.
#[derive(Debug, Clone)]
pub struct TransactionLock {
    /// `None` on a file system that cannot be written, where nothing has to be kept apart.
    held: Option<Arc<Held>>,
}

#[derive(Debug)]
struct Held {
    kind: LockKind,
    _lock: FileLock,
}

type Identity = (u64, u64);
static HELD: Mutex<Option<HashMap<Identity, Weak<Held>>>> = Mutex::new(None);

impl TransactionLock {
    /// Takes the lock at once or fails with [`DbError::Locked`]; `path` is on the target.
    pub fn take(root: &Root, path: &Path, kind: LockKind) -> Result<Self, DbError> {
        Self::with(root, path, kind, |file| match kind {
            LockKind::Shared => FileLock::try_shared(file),
            LockKind::Exclusive => FileLock::try_exclusive(file),
        })
    }

    /// Waits until the lock is free.
    pub fn wait(root: &Root, path: &Path, kind: LockKind) -> Result<Self, DbError> {
        Self::with(root, path, kind, |file| match kind {
            LockKind::Shared => FileLock::shared_wait(file).map(Some),
            LockKind::Exclusive => FileLock::exclusive_wait(file).map(Some),
        })
    }

    fn with(
        root: &Root,
        path: &Path,
        kind: LockKind,
        lock: impl FnOnce(File) -> io::Result<Option<FileLock>>,
    ) -> Result<Self, DbError> {
        let failed = |source| DbError::Lock { path: path.to_owned(), source };
        let locked = || DbError::Locked { path: path.to_owned(), source: Errno::AGAIN.into() };
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        let held = held.get_or_insert_default();
        held.retain(|_, lock| lock.strong_count() > 0);
        // Asked before opening, as closing a second descriptor would drop the lock.
        let identity = |stat: rustix::fs::Stat| (stat.st_dev, stat.st_ino);
        if let Some(ours) = root.stat(path).ok().and_then(|stat| held.get(&identity(stat))?.upgrade()) {
            let enough = ours.kind == LockKind::Exclusive || kind == LockKind::Shared;
            return if enough { Ok(TransactionLock { held: Some(ours) }) } else { Err(locked()) };
        }
        let (file, kind_possible) = match open(root, path, kind) {
            Ok(opened) => opened,
            Err(error) if error.raw_os_error() == Some(Errno::ROFS.raw_os_error()) => {
                return Ok(TransactionLock { held: None });
            }
            Err(source) => return Err(failed(source)),
        };
        if !kind_possible {
            return Err(failed(Errno::ACCESS.into()));
        }
        let key = identity(rustix::fs::fstat(&file).map_err(|error| failed(error.into()))?);
        let lock = lock(file).map_err(failed)?.ok_or_else(locked)?;
        let ours = Arc::new(Held { kind, _lock: lock });
        held.insert(key, Arc::downgrade(&ours));
        Ok(TransactionLock { held: Some(ours) })
    }

    /// Tells whether a lock is really held, which it is not on a read-only file system.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }
}

/// Opens the lock file, for reading only where writing is not allowed; tells whether that is enough for the lock.
fn open(root: &Root, path: &Path, kind: LockKind) -> io::Result<(File, bool)> {
    match root.open_file(path, OFlags::RDWR | OFlags::CREATE, Mode::from_raw_mode(0o644)) {
        Ok(file) => Ok((file, true)),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let file = root.open_file(path, OFlags::RDONLY, Mode::empty())?;
            Ok((file, kind == LockKind::Shared))
        }
        Err(error) => Err(error),
    }
}

/// Returns rpm's default path of the transaction lock of a database.
pub fn lock_path(db_path: &Path) -> PathBuf {
    db_path.join(".rpm.lock")
}
