//! One payload on its way: from the archive to staged files.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use zstd::zstd_safe::DCtx;

use super::budget::Limits;
use super::content::{Patience, Staged, Target};
use super::shop::Shop;
use super::{Content, Entry, Message, Open};
use crate::files::table::{FileKind, FileTable};
use crate::fsm::FileError;
use crate::fsm::metadata::Metadata;
use crate::payload::block::Block;
use crate::payload::decompress::decompressor;
use crate::payload::walk::{Batch, Part, Stop, Walk};
use crate::payload::{BrokenPayload, PayloadError};

/// Pieces of one big file that may wait for its writer.
const STREAM_DEPTH: usize = 4;
/// Bytes below which handing files to another thread is not worth it.
const WORTH_HELP: u64 = 32 << 10;

/// What everybody who works on one payload shares.
pub(crate) struct Staging {
    element: usize,
    table: Arc<FileTable>,
    digests: bool,
    caps: bool,
    is_root: bool,
    sender: Sender<Message>,
    /// Something failed, or nobody wants the rest.
    /// Wanted files as the archive has brought them so far, and as nobody else can tell: contents are ready in any order.
    seen: Mutex<Vec<u32>>,
    given_up: AtomicBool,
    helpers: Mutex<usize>,
    done: Condvar,
}

impl Staging {
    /// Makes one for an element.
    pub(super) fn new(
        element: usize,
        table: Arc<FileTable>,
        digests: bool,
        caps: bool,
        sender: Sender<Message>,
    ) -> Self {
        Staging {
            element,
            table,
            digests,
            caps,
            is_root: rustix::process::geteuid().is_root(),
            sender,
            given_up: AtomicBool::new(false),
            seen: Mutex::default(),
            helpers: Mutex::new(0),
            done: Condvar::new(),
        }
    }

    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    fn saw(&self, batch: &Batch) {
        let begun = batch.parts.iter().filter(|part| part.first).map(|part| part.file);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(begun);
    }

    /// Returns the wanted files of the archive in its order, up to one of them: to the last that was read if that one was
    /// not.
    pub(super) fn seen_up_to(&self, file: u32) -> Vec<u32> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(place) = seen.iter().position(|other| *other == file) {
            seen.truncate(place);
        }
        seen.push(file);
        seen
    }

    fn send(&self, message: Message) -> bool {
        self.sender.send(message).is_ok()
    }

    fn helper_comes(&self) {
        *self.helpers.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    fn helper_goes(&self) {
        *self.helpers.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.done.notify_all();
    }

    fn wait_for_helpers(&self) {
        let mut helpers = self.helpers.lock().unwrap_or_else(PoisonError::into_inner);
        while *helpers > 0 {
            helpers = self.done.wait(helpers).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Starts a file; none when everything is over.
    fn start<'t>(&'t self, shop: &'t Shop<'_>, file: usize) -> Option<Result<Target<'t>, FileError>> {
        let table = &self.table;
        let permit = shop.budget.take(self.element, table.files[file].size)?;
        let patience = Patience { budget: &shop.budget, element: self.element };
        let nursery = shop.nurseries.of(table.dirname(file));
        Some(nursery.and_then(|nursery| Target::create((table, file), self.digests, nursery, permit, patience)))
    }

    /// Compares the digest, and labels what needs no knowledge of the target's users.
    fn finish(&self, file: usize, target: Target<'_>) -> Result<Staged, FileError> {
        let mut staged = target.finish()?;
        let info = &self.table.files[file];
        let mode = info.mode & 0o7777;
        let metadata = Metadata { file: info, owner: None, mode, caps: false, attributes: None };
        // Root's files need no more than what is set here; for others the element's scriptlets may make users first.
        let known = if self.is_root {
            let plain = info.caps.is_empty() || !self.caps;
            plain && self.table.user(file) == "root" && self.table.group(file) == "root" && staged.is_roots()
        } else {
            true
        };
        if known {
            metadata.set_on(staged.fd())?;
            staged.labelled = true;
        }
        Ok(staged)
    }

    fn entry(&self, part: &Part, len: u64, result: Result<Staged, FileError>) -> Entry {
        let content = match result {
            Ok(staged) => Content::Staged(staged),
            Err(error) => {
                self.give_up();
                Content::Failed(error)
            }
        };
        Entry { file: part.file, len, content }
    }

    /// Stages one file whose bytes are all here; none when everything is over.
    fn stage(&self, shop: &Shop<'_>, part: &Part, block: &Block) -> Option<Entry> {
        let file = part.file as usize;
        let result = self.start(shop, file)?.and_then(|mut target| {
            target.write(bytes(part, block))?;
            self.finish(file, target)
        });
        Some(self.entry(part, u64::from(part.len), result))
    }

    /// Tells whether an entry is a regular file that brings its content.
    fn has_content(&self, part: &Part) -> bool {
        let file = part.file as usize;
        let holder = self.table.link_set(file).is_none_or(|set| set.last() == Some(&part.file));
        self.table.files[file].kind() == FileKind::Regular && holder
    }
}

fn bytes<'b>(part: &Part, block: &'b Block) -> &'b [u8] {
    &block[part.start as usize..(part.start + part.len) as usize]
}

/// A payload that waits for its reader.
pub(crate) struct Reading {
    /// Opens it.
    pub(super) open: Open,
    /// Which files are wanted.
    pub(super) wanted: Vec<bool>,
    /// Everything else.
    pub(super) staging: Arc<Staging>,
}

impl Reading {
    /// Returns the files and bytes that are to be staged.
    pub(super) fn needs(&self) -> Limits {
        let table = &self.staging.table;
        let mut needs = Limits { files: 0, bytes: 0 };
        for file in (0..table.len()).filter(|file| self.wanted.get(*file).copied().unwrap_or(false)) {
            needs.files += usize::from(table.files[file].kind() == FileKind::Regular);
            // A hostile header may claim more than there can be.
            needs.bytes = needs.bytes.saturating_add(table.archive_size(file));
        }
        needs
    }

    /// Returns the place of the element in the order.
    pub(super) fn element(&self) -> usize {
        self.staging.element
    }
}

/// Something that one thread does for the payload that another one reads.
pub(crate) struct Task {
    staging: Arc<Staging>,
    kind: TaskKind,
}

enum TaskKind {
    Files { block: Arc<Block>, parts: Vec<Part> },
    Stream { first: Part, pieces: Receiver<(Arc<Block>, Part)> },
}

impl Task {
    /// Does it.
    pub(super) fn run(self, shop: &Shop<'_>) {
        let Task { staging, kind } = self;
        match kind {
            TaskKind::Files { block, parts } => {
                let entries = parts
                    .iter()
                    .map_while(|part| if staging.is_given_up() { None } else { staging.stage(shop, part, &block) });
                let entries = entries.collect();
                drop(block);
                staging.send(Message::Files(entries));
            }
            TaskKind::Stream { first, pieces } => stream(&staging, shop, first, pieces),
        }
        staging.helper_goes();
    }
}

/// Writes a big file while its pieces come.
fn stream(staging: &Staging, shop: &Shop<'_>, first: Part, pieces: Receiver<(Arc<Block>, Part)>) {
    let file = first.file as usize;
    let Some(target) = staging.start(shop, file) else { return };
    let result = target.and_then(|mut target| {
        // Takes the receiver along: whoever still sends after a failure must not wait for a reader.
        for (block, part) in pieces {
            target.write(bytes(&part, &block))?;
            if part.last {
                return staging.finish(file, target).map(Some);
            }
        }
        Ok(None)
    });
    // An archive that broke off is reported by its reader.
    if let Some(result) = result.transpose() {
        staging.send(Message::Files(vec![staging.entry(&first, 0, result)]));
    }
}

/// Reads a whole payload.
pub(super) fn read(shop: &Shop<'_>, reading: Reading, zstd: &mut DCtx<'static>) {
    let Reading { open, wanted, staging } = reading;
    let walk = Walk { table: &staging.table, wanted: &wanted, pool: &shop.pool };
    let mut reader = Reader { shop, staging: &staging, stream: None };
    let result = open()
        .and_then(|input| decompressor(input, zstd))
        .map_err(|error| Stop::Bad(PayloadError::Read(error).into()))
        .and_then(|input| walk.run(input, &mut |batch| reader.batch(&batch)));
    drop(reader);
    staging.wait_for_helpers();
    shop.budget.is_complete(staging.element);
    let end = match result {
        // Who made it stop knows why.
        Ok(()) | Err(Stop::Closed) => Ok(()),
        // The file was begun: what is on the way to it is there, and the message is about it.
        Err(Stop::Bad(BrokenPayload { file: Some(file), error })) => {
            let content = Content::Failed(error.into());
            staging.send(Message::Files(vec![Entry { file, len: 0, content }]));
            // Of one whose content nobody needs, what is there of it is skipped, and that fails.
            Err(PayloadError::Read(std::io::ErrorKind::UnexpectedEof.into()))
        }
        Err(Stop::Bad(BrokenPayload { file: None, error })) => Err(error),
    };
    // The receiver may be gone: then nobody wants to know.
    staging.send(Message::End(end));
}

/// A reader at work.
struct Reader<'s, 'r> {
    shop: &'s Shop<'r>,
    staging: &'s Arc<Staging>,
    stream: Option<Stream<'s>>,
}

/// A file that does not fit into one block.
enum Stream<'s> {
    /// Somebody else writes it.
    Helped(SyncSender<(Arc<Block>, Part)>),
    /// We do; none after a failure.
    Own(Part, Option<Target<'s>>),
}

impl<'s> Reader<'s, '_> {
    /// Takes a batch; false when nobody wants more.
    fn batch(&mut self, batch: &Batch) -> bool {
        if self.staging.is_given_up() {
            return false;
        }
        self.staging.saw(batch);
        let content: u64 = batch.parts.iter().map(|part| u64::from(part.len)).sum();
        let small = batch.parts.iter().filter(|part| part.first && part.last && self.staging.has_content(part)).count();
        let help = small > 0 && content >= WORTH_HELP && self.shop.has_idle();
        let (mut entries, mut handed) = (Vec::with_capacity(batch.parts.len()), Vec::new());
        for part in &batch.parts {
            let more = if !self.staging.has_content(part) {
                entries.push(Entry { file: part.file, len: 0, content: Content::None });
                true
            } else if !(part.first && part.last) {
                self.piece(part, &batch.block, &mut entries)
            } else if help {
                handed.push(*part);
                true
            } else {
                self.own(part, &batch.block, &mut entries)
            };
            if !more {
                return false;
            }
        }
        if !entries.is_empty() && !self.staging.send(Message::Files(entries)) {
            return false;
        }
        // Directories and the like are told first, in their order.
        handed.is_empty() || self.hand_over(batch, handed)
    }

    fn own(&self, part: &Part, block: &Block, entries: &mut Vec<Entry>) -> bool {
        let entry = self.staging.stage(self.shop, part, block);
        let more = entry.is_some();
        entries.extend(entry);
        more
    }

    fn hand_over(&self, batch: &Batch, parts: Vec<Part>) -> bool {
        let kind = TaskKind::Files { block: Arc::clone(&batch.block), parts };
        self.staging.helper_comes();
        let task = Task { staging: Arc::clone(self.staging), kind };
        if let Err(task) = self.shop.offer(task) {
            task.run(self.shop);
        }
        true
    }

    /// Takes a piece of a big file.
    fn piece(&mut self, part: &Part, block: &Arc<Block>, entries: &mut Vec<Entry>) -> bool {
        if part.first {
            self.stream = match self.start_stream(part) {
                Some(Ok(stream)) => Some(stream),
                Some(Err(error)) => {
                    entries.push(self.staging.entry(part, 0, Err(error)));
                    None
                }
                None => return false,
            };
        }
        match &mut self.stream {
            // A writer that failed has told it.
            Some(Stream::Helped(pieces)) => drop(pieces.send((Arc::clone(block), *part))),
            Some(Stream::Own(first, target)) => {
                if let Some(Err(error)) = target.as_mut().map(|target| target.write(bytes(part, block))) {
                    entries.push(self.staging.entry(first, 0, Err(error)));
                    *target = None;
                }
            }
            None => {}
        }
        if part.last
            && let Some(Stream::Own(first, Some(target))) = self.stream.take()
        {
            let result = self.staging.finish(part.file as usize, target);
            entries.push(self.staging.entry(&first, 0, result));
        }
        self.staging.send(Message::Advanced(u64::from(part.len)))
    }

    /// Starts a big file, with the help of another thread if one has nothing to do; none when everything is over.
    fn start_stream(&self, first: &Part) -> Option<Result<Stream<'s>, FileError>> {
        if self.shop.has_idle() {
            let (sender, pieces) = mpsc::sync_channel(STREAM_DEPTH);
            self.staging.helper_comes();
            let task = Task { staging: Arc::clone(self.staging), kind: TaskKind::Stream { first: *first, pieces } };
            if self.shop.offer(task).is_ok() {
                return Some(Ok(Stream::Helped(sender)));
            }
            self.staging.helper_goes();
        }
        let target = self.staging.start(self.shop, first.file as usize)?;
        Some(target.map(|target| Stream::Own(*first, Some(target))))
    }
}
