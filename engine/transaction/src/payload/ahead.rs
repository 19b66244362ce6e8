//! Reads payloads ahead on worker threads, in the order of the elements and within a bound of memory.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use zstd::zstd_safe::DCtx;

use super::block::BlockPool;
use super::decompress::decompressor;
use super::walk::{Batch, Stop, Walk};
use super::{BrokenPayload, PayloadError};
use crate::files::table::FileTable;

/// Opens the compressed payload of one element.
pub(crate) type Open<'a> = Box<dyn FnOnce() -> io::Result<Box<dyn Read + Send + 'a>> + Send + 'a>;

/// One payload to read.
pub(crate) struct Job<'a> {
    /// Opens it.
    pub open: Open<'a>,
    /// The files of the package.
    pub table: Arc<FileTable>,
    /// Which of them are wanted.
    pub wanted: Vec<bool>,
}

/// What comes out of a payload.
pub(crate) enum Message {
    /// Some data.
    Batch(Batch),
    /// The end of the archive, good or bad.
    End(Result<(), BrokenPayload>),
}

type Slot<'a> = Mutex<Option<(Job<'a>, Sender<Message>)>>;

/// Starts reading; returns the receiving ends in the order of the jobs.
///
/// Dropping a receiver abandons its job. The one who consumes tells `pool` whose turn it is.
pub(crate) fn start<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    jobs: Vec<Job<'env>>,
    pool: &Arc<BlockPool>,
    threads: usize,
) -> Vec<Receiver<Message>> {
    let mut receivers = Vec::with_capacity(jobs.len());
    let mut slots: Vec<Slot<'env>> = Vec::with_capacity(jobs.len());
    for job in jobs {
        let (sender, receiver) = mpsc::channel();
        receivers.push(receiver);
        slots.push(Mutex::new(Some((job, sender))));
    }
    let slots = Arc::new(slots);
    let next = Arc::new(AtomicUsize::new(0));
    for _ in 0..threads.min(slots.len()) {
        let (slots, next, pool) = (Arc::clone(&slots), Arc::clone(&next), Arc::clone(pool));
        scope.spawn(move || {
            let mut zstd = DCtx::create();
            loop {
                let element = next.fetch_add(1, Ordering::Relaxed);
                let Some(slot) = slots.get(element) else { return };
                let taken = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some((job, sender)) = taken {
                    read(job, &sender, &pool, element, &mut zstd);
                }
            }
        });
    }
    receivers
}

fn read(job: Job<'_>, sender: &Sender<Message>, pool: &Arc<BlockPool>, element: usize, zstd: &mut DCtx<'static>) {
    let Job { open, table, wanted } = job;
    let walk = Walk { table: &table, wanted: &wanted, pool, element };
    let result = open()
        .and_then(|input| decompressor(input, zstd))
        .map_err(|error| Stop::Bad(PayloadError::Read(error).into()))
        .and_then(|input| walk.run(input, &mut |batch| sender.send(Message::Batch(batch)).is_ok()));
    let end = match result {
        Ok(()) => Ok(()),
        Err(Stop::Bad(error)) => Err(error),
        Err(Stop::Closed) => return,
    };
    // The receiver may be gone: then nobody wants to know.
    let _ = sender.send(Message::End(end));
}
