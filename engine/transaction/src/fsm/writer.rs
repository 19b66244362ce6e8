//! Threads that write file contents under temporary names.
//!
//! The main thread decides what is written and where; these only create, fill, check and label single files.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;

use oxidnf_core::checksum::Hasher;
use rustix::fs::{self, Mode, OFlags};
use rustix::io::Errno;

use super::FileError;
use super::metadata::Metadata;
use crate::files::table::FileTable;
use crate::payload::block::Block;
use crate::payload::walk::Part;
use crate::users::Owner;

/// Pieces of one big file that may wait for its writer.
const STREAM_DEPTH: usize = 8;

/// What every file of one element has in common.
pub(crate) struct Context {
    /// The header's files.
    pub table: Arc<FileTable>,
    /// Owner of each file; empty when only root could set them and we are not root.
    pub owners: Vec<Owner>,
    /// What is put behind temporary names.
    pub suffix: String,
    /// Whether contents are compared with the header's digests.
    pub digests: bool,
    /// Whether capabilities are set.
    pub caps: bool,
    progress: Mutex<Progress>,
    idle: Condvar,
}

#[derive(Default)]
struct Progress {
    pending: usize,
    failure: Option<(u32, FileError)>,
}

impl Context {
    /// Makes the context of an element.
    pub(crate) fn new(table: Arc<FileTable>, owners: Vec<Owner>, suffix: String, digests: bool, caps: bool) -> Self {
        Context { table, owners, suffix, digests, caps, progress: Mutex::default(), idle: Condvar::new() }
    }

    /// Returns what is to be set on a file.
    pub(crate) fn metadata(&self, file: usize) -> Metadata<'_> {
        let info = &self.table.files[file];
        let owner = self.owners.get(file).copied();
        let mode = info.mode & 0o7777;
        Metadata { file: info, owner, mode: owner.map_or(mode, |owner| owner.restrict(mode)), caps: self.caps }
    }

    /// Returns the name under which a file is created.
    pub(crate) fn temporary_name(&self, file: usize) -> Vec<u8> {
        [&self.table.files[file].base, self.suffix.as_bytes()].concat()
    }

    /// Tells whether some file failed already.
    pub(crate) fn failed(&self) -> bool {
        self.lock().failure.is_some()
    }

    /// Waits until all files handed out are written; returns the first failure in the header's order.
    pub(crate) fn wait(&self) -> Result<(), (u32, FileError)> {
        let mut progress = self.lock();
        while progress.pending > 0 {
            progress = self.idle.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        progress.failure.take().map_or(Ok(()), Err)
    }

    fn begin(&self) {
        self.lock().pending += 1;
    }

    fn end(&self, result: Result<(), (u32, FileError)>) {
        let mut progress = self.lock();
        progress.pending -= 1;
        if let Err((file, error)) = result
            && progress.failure.as_ref().is_none_or(|(known, _)| file < *known)
        {
            progress.failure = Some((file, error));
        }
        drop(progress);
        self.idle.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is being written.
pub(crate) struct Target<'c> {
    context: &'c Context,
    file: usize,
    fd: OwnedFd,
    hasher: Option<Hasher>,
    offset: u64,
}

impl<'c> Target<'c> {
    /// Creates a file that must not exist.
    pub(crate) fn create(context: &'c Context, file: usize, dir: &OwnedFd, name: &[u8]) -> Result<Self, FileError> {
        // Only we may open it before owner and permissions are right.
        let (flags, mode) = (OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL, Mode::from_raw_mode(0o200));
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let name = OsStr::from_bytes(name);
        let fd = match fs::openat(dir, name, flags, mode) {
            // Left behind by a run that was killed.
            Err(Errno::EXIST) => {
                fs::unlinkat(dir, name, fs::AtFlags::empty()).map_err(FileError::io("unlink"))?;
                fs::openat(dir, name, flags, mode)
            }
            other => other,
        };
        let fd = fd.map_err(FileError::io("open"))?;
        Target::over(context, file, fd)
    }

    /// Writes into a file that is open already.
    pub(crate) fn over(context: &'c Context, file: usize, fd: OwnedFd) -> Result<Self, FileError> {
        let info = &context.table.files[file];
        let wanted = context.digests && !info.digest.is_empty();
        let hasher = match context.table.digest_kind.filter(|_| wanted) {
            // A crypto policy may forbid an old algorithm: then nothing can be said about the content.
            Some(kind) => Some(Hasher::new(kind).map_err(|_| FileError::Digest)?),
            None => None,
        };
        Ok(Target { context, file, fd, hasher, offset: 0 })
    }

    /// Adds content.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<(), FileError> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        while !bytes.is_empty() {
            match rustix::io::write(&self.fd, bytes) {
                Ok(done) => {
                    bytes = &bytes[done..];
                    self.offset += done as u64;
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(FileError::Io { operation: "write", errno }),
            }
        }
        Ok(())
    }

    /// Compares the digest and sets owner, permissions, capabilities and times.
    pub(crate) fn finish(self) -> Result<(), FileError> {
        let info = &self.context.table.files[self.file];
        if let Some(hasher) = self.hasher {
            let digest = hasher.finish().map_err(|_| FileError::Digest)?;
            // Packages of the MD5 era give zeros for empty files.
            let unset = self.offset == 0 && info.digest.iter().all(|byte| *byte == 0);
            if digest.bytes() != &*info.digest && !unset {
                return Err(FileError::Digest);
            }
        }
        self.context.metadata(self.file).set_on(self.fd.as_fd())
    }
}

/// A file with a place to go.
pub(crate) struct Item {
    /// Index and bytes.
    pub part: Part,
    /// The directory.
    pub dir: Arc<OwnedFd>,
}

enum Task {
    Whole { context: Arc<Context>, block: Arc<Block>, items: Vec<Item> },
    Stream { context: Arc<Context>, file: usize, place: StreamPlace, pieces: Receiver<(Arc<Block>, Part)> },
}

enum StreamPlace {
    /// To be created under its temporary name.
    New(Arc<OwnedFd>),
    /// Open already: a hard link.
    Open(OwnedFd),
}

/// Hands files to the threads.
pub(crate) struct Writers {
    queue: SyncSender<Task>,
}

/// The main thread's end of a big file.
pub(crate) struct Stream {
    pieces: SyncSender<(Arc<Block>, Part)>,
}

impl Stream {
    /// Hands over the next piece.
    pub(crate) fn push(&self, block: Arc<Block>, part: Part) {
        // A writer that failed has noted it in the context.
        let _ = self.pieces.send((block, part));
    }
}

impl Writers {
    /// Starts this many threads; they end when the value is dropped.
    pub(crate) fn start<'scope>(scope: &'scope Scope<'scope, '_>, threads: usize) -> Self {
        let (queue, tasks) = mpsc::sync_channel::<Task>(threads * 4);
        let tasks = Arc::new(Mutex::new(tasks));
        for _ in 0..threads {
            let tasks = Arc::clone(&tasks);
            scope.spawn(move || {
                loop {
                    let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    match task {
                        Ok(task) => run(task),
                        Err(_) => return,
                    }
                }
            });
        }
        Writers { queue }
    }

    /// Writes some whole files of one block.
    pub(crate) fn whole(&self, context: &Arc<Context>, block: &Arc<Block>, items: Vec<Item>) {
        if items.is_empty() {
            return;
        }
        context.begin();
        let task = Task::Whole { context: Arc::clone(context), block: Arc::clone(block), items };
        self.send(task);
    }

    /// Starts a file that does not fit into one block.
    pub(crate) fn stream(&self, context: &Arc<Context>, file: usize, dir: Arc<OwnedFd>) -> Stream {
        self.start_stream(context, file, StreamPlace::New(dir))
    }

    /// Starts the content of a file that is open already.
    pub(crate) fn stream_over(&self, context: &Arc<Context>, file: usize, fd: OwnedFd) -> Stream {
        self.start_stream(context, file, StreamPlace::Open(fd))
    }

    fn start_stream(&self, context: &Arc<Context>, file: usize, place: StreamPlace) -> Stream {
        let (pieces, receiver) = mpsc::sync_channel(STREAM_DEPTH);
        context.begin();
        self.send(Task::Stream { context: Arc::clone(context), file, place, pieces: receiver });
        Stream { pieces }
    }

    fn send(&self, task: Task) {
        // The threads live as long as this value, so the queue has a reader; were they gone, the work is done here.
        if let Err(mpsc::SendError(task)) = self.queue.send(task) {
            run(task);
        }
    }
}

fn run(task: Task) {
    match task {
        Task::Whole { context, block, items } => {
            let result = items.iter().try_for_each(|item| {
                if context.failed() {
                    return Ok(());
                }
                let part = &item.part;
                let bytes = &block[part.start as usize..(part.start + part.len) as usize];
                write_whole(&context, part.file as usize, &item.dir, bytes).map_err(|error| (part.file, error))
            });
            drop(block);
            context.end(result);
        }
        Task::Stream { context, file, place, pieces } => {
            // Takes the receiver along: whoever still sends after a failure must not wait for a reader.
            let result = write_stream(&context, file, place, pieces);
            context.end(result.map_err(|error| (file as u32, error)));
        }
    }
}

fn write_whole(context: &Context, file: usize, dir: &OwnedFd, bytes: &[u8]) -> Result<(), FileError> {
    let mut target = Target::create(context, file, dir, &context.temporary_name(file))?;
    target.write(bytes)?;
    target.finish()
}

fn write_stream(
    context: &Context,
    file: usize,
    place: StreamPlace,
    pieces: Receiver<(Arc<Block>, Part)>,
) -> Result<(), FileError> {
    let mut target = match place {
        StreamPlace::New(dir) => Target::create(context, file, &dir, &context.temporary_name(file))?,
        StreamPlace::Open(fd) => Target::over(context, file, fd)?,
    };
    let mut complete = false;
    for (block, part) in pieces {
        target.write(&block[part.start as usize..(part.start + part.len) as usize])?;
        complete |= part.last;
    }
    // An archive that broke off is reported by its reader; the file is removed with the others.
    if complete { target.finish() } else { Ok(()) }
}
