//! Threads that do what needs no order beside the thread that commits.

use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

/// Chores that may wait; each may hold an open file.
const DEPTH: usize = 192;

/// Something to do.
pub(crate) enum Chore {
    /// Close a file that may have lost its last name.
    Close(OwnedFd),
    /// Anything else.
    Work(Box<dyn FnOnce() + Send>),
}

/// The threads; they end when every clone is dropped.
#[derive(Clone)]
pub(crate) struct Crew {
    queue: SyncSender<Chore>,
    threads: usize,
}

impl Crew {
    /// Starts the threads.
    pub(crate) fn open<'scope>(scope: &'scope Scope<'scope, '_>, threads: usize) -> Self {
        let (queue, chores): (_, Receiver<Chore>) = sync_channel(DEPTH);
        let chores = Arc::new(Mutex::new(chores));
        for _ in 0..threads {
            let chores = Arc::clone(&chores);
            scope.spawn(move || {
                while let Some(chore) = next(&chores) {
                    match chore {
                        Chore::Close(file) => drop(file),
                        Chore::Work(work) => work(),
                    }
                }
            });
        }
        Crew { queue, threads }
    }

    /// Returns how many threads there are.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Leaves something to the threads; back if too much waits already.
    pub(crate) fn offer(&self, chore: Chore) -> Result<(), Chore> {
        use std::sync::mpsc::TrySendError;
        self.queue.try_send(chore).map_err(|error| match error {
            TrySendError::Full(chore) | TrySendError::Disconnected(chore) => chore,
        })
    }
}

fn next(chores: &Mutex<Receiver<Chore>>) -> Option<Chore> {
    chores.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
