//! Locks between processes.

use std::fs::File;
use std::io;

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

/// A POSIX record lock on a whole file, the kind that rpm and dnf5 use (`fcntl`, start 0, length 0).
///
/// Hazard: such a lock belongs to the process and is gone when *any* descriptor of the file is closed in it, so a file
/// that may be locked must be opened in one place only. The lock ends when this value is dropped.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

impl FileLock {
    /// Takes a write lock; `None` when another process holds the file. The file must be open for writing.
    pub fn try_exclusive(file: File) -> io::Result<Option<Self>> {
        Self::lock(file, FlockOperation::NonBlockingLockExclusive)
    }

    /// Takes a read lock; `None` when another process holds the file for writing.
    pub fn try_shared(file: File) -> io::Result<Option<Self>> {
        Self::lock(file, FlockOperation::NonBlockingLockShared)
    }

    /// Waits for a write lock.
    pub fn exclusive_wait(file: File) -> io::Result<Self> {
        Self::lock_wait(file, FlockOperation::LockExclusive)
    }

    /// Waits for a read lock.
    pub fn shared_wait(file: File) -> io::Result<Self> {
        Self::lock_wait(file, FlockOperation::LockShared)
    }

    /// Returns the locked file.
    pub fn file(&self) -> &File {
        &self.file
    }

    fn lock(file: File, operation: FlockOperation) -> io::Result<Option<Self>> {
        loop {
            match fcntl_lock(&file, operation) {
                Ok(()) => return Ok(Some(FileLock { file })),
                Err(Errno::AGAIN | Errno::ACCESS) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn lock_wait(file: File, operation: FlockOperation) -> io::Result<Self> {
        loop {
            match fcntl_lock(&file, operation) {
                Ok(()) => return Ok(FileLock { file }),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
