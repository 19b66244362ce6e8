//! Files that have lost their last name: giving back what they take can be left to others.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use rustix::fs::{self, Mode, OFlags, Stat};

/// Size from which it is worth the descriptor: smaller files are gone at once.
const WORTH: i64 = 32 << 10;
/// Files that may wait; beyond them the one who removes does it himself.
const DEPTH: usize = 64;
/// Threads that give back.
const THREADS: usize = 2;

/// Keeps files open while their names are removed, and closes them elsewhere.
///
/// The file system frees a file's blocks when nobody has it open any more, which takes longer than everything else that
/// removing it does.
#[derive(Debug, Clone)]
pub(crate) struct Graveyard {
    queue: SyncSender<OwnedFd>,
}

impl Graveyard {
    /// Starts the threads; they end when every clone is dropped.
    pub(crate) fn open<'scope>(scope: &'scope Scope<'scope, '_>) -> Self {
        let (queue, files): (_, Receiver<OwnedFd>) = sync_channel(DEPTH);
        let files = Arc::new(Mutex::new(files));
        for _ in 0..THREADS {
            let files = Arc::clone(&files);
            scope.spawn(move || {
                while let Some(file) = next(&files) {
                    drop(file);
                }
            });
        }
        Graveyard { queue }
    }

    /// Removes a name by `unlink`, which `stat` was found under.
    pub(crate) fn bury<T>(&self, dir: &OwnedFd, name: &[u8], stat: &Stat, unlink: impl FnOnce() -> T) -> T {
        let worth = stat.st_nlink == 1 && stat.st_size >= WORTH && fs::FileType::from_raw_mode(stat.st_mode).is_file();
        if !worth {
            return unlink();
        }
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = fs::openat(dir.as_fd(), OsStr::from_bytes(name), flags, Mode::empty());
        let done = unlink();
        if let Ok(file) = file {
            // Where too many wait, it is closed here.
            drop(self.queue.try_send(file));
        }
        done
    }
}

fn next(files: &Mutex<Receiver<OwnedFd>>) -> Option<OwnedFd> {
    files.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
