//! Installation of the files of one element: creation under temporary names, then commit.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::FileError;
use super::dirs::{DirWalker, WalkError};
use super::place::Place;
use super::writer::{Context, Item, Stream, Target, Writers};
use crate::files::state::{FileAction, flag};
use crate::files::table::FileKind;
use crate::payload::ahead::Message;
use crate::payload::block::Block;
use crate::payload::walk::{Batch, Part};
use crate::payload::{BrokenPayload, PayloadError};

/// Why the files of an element could not be installed.
#[derive(Debug)]
pub(crate) struct UnpackFailure {
    /// The path as rpm names it: with the temporary suffix.
    pub path: Option<String>,
    /// The component of a directory that could not be reached, and the directory.
    pub directory: Option<(String, String)>,
    /// The cause.
    pub error: FileError,
}

impl UnpackFailure {
    /// Returns rpm's lines without `error: `.
    pub(crate) fn messages(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some((component, dir)) = &self.directory {
            lines.push(format!("failed to open dir {component} of {dir}: cpio: {}", self.error));
        }
        let on = self.path.as_ref().map(|path| format!(" on file {path}")).unwrap_or_default();
        lines.push(format!("unpacking of archive failed{on}: cpio: {}", self.error));
        lines
    }
}

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    /// Something may be there under the temporary name.
    Begun,
    Committed,
}

/// The first member of a hard link set.
struct LinkHead {
    fd: OwnedFd,
    dir: Arc<OwnedFd>,
    name: Vec<u8>,
    file: usize,
}

/// A hard linked file whose content is arriving.
struct Content {
    file: usize,
    target: usize,
}

/// Installs the files of one element.
pub(crate) struct Unpack<'a> {
    pub(super) walker: DirWalker<'a>,
    pub(super) context: Arc<Context>,
    pub(super) actions: Vec<FileAction>,
    pub(super) stages: Vec<Stage>,
    pub(super) warnings: Vec<String>,
    /// An interrupted run may have put some files in place.
    pub(super) again: bool,
    writers: &'a Writers,
    heads: HashMap<u32, LinkHead>,
    stream: Option<(u32, Stream)>,
}

impl<'a> Unpack<'a> {
    /// Prepares the installation; ghosts are never created.
    pub(crate) fn new(
        walker: DirWalker<'a>,
        context: Arc<Context>,
        actions: &[FileAction],
        writers: &'a Writers,
    ) -> Self {
        let files = &context.table.files;
        let settle = |(action, file): (&FileAction, &crate::files::table::FileInfo)| {
            if file.has(flag::GHOST) { FileAction::Skip } else { *action }
        };
        let actions: Vec<FileAction> = actions.iter().zip(files).map(settle).collect();
        let stages = vec![Stage::Waiting; files.len()];
        Unpack {
            walker,
            context,
            actions,
            stages,
            warnings: Vec::new(),
            again: false,
            writers,
            heads: HashMap::new(),
            stream: None,
        }
    }

    /// Says that an interrupted run may have put some files in place.
    pub(crate) fn again(self, again: bool) -> Self {
        Unpack { again, ..self }
    }

    /// Creates everything and puts it in place; returns rpm's warnings, also after a failure.
    ///
    /// `advanced` hears how many bytes were unpacked so far; `moving` hears that from now on files are put in place, and
    /// may say no.
    pub(crate) fn run(
        mut self,
        payload: &Receiver<Message>,
        advanced: &mut dyn FnMut(u64),
        moving: &mut dyn FnMut() -> bool,
    ) -> (Vec<String>, Result<(), UnpackFailure>) {
        let created = self.create(payload, advanced);
        self.stream = None;
        self.heads.clear();
        // Files that are still being written belong to a failed element, too.
        let written = self.context.wait().map_err(|(file, error)| self.failure(file as usize, error));
        let allowed = |()| if moving() { Ok(()) } else { Err(without_path(FileError::Stopped)) };
        let result = written.and(created).and_then(allowed).and_then(|()| self.commit());
        if result.is_err() {
            self.roll_back();
        }
        (self.warnings, result)
    }

    fn create(&mut self, payload: &Receiver<Message>, advanced: &mut dyn FnMut(u64)) -> Result<(), UnpackFailure> {
        let mut done = 0;
        loop {
            match payload.recv() {
                Ok(Message::Batch(batch)) => {
                    done += batch.parts.iter().map(|part| u64::from(part.len)).sum::<u64>();
                    self.batch(batch)?;
                    advanced(done);
                    if self.context.failed() {
                        return Ok(());
                    }
                }
                Ok(Message::End(Ok(()))) => return Ok(()),
                Ok(Message::End(Err(BrokenPayload { file, error }))) => {
                    return Err(match file {
                        Some(file) => self.failure(file as usize, error.into()),
                        None => without_path(error.into()),
                    });
                }
                // The reader never leaves without a last word unless its thread died.
                Err(_) => {
                    let broken = PayloadError::Read(std::io::ErrorKind::BrokenPipe.into());
                    return Err(without_path(broken.into()));
                }
            }
        }
    }

    fn batch(&mut self, batch: Batch) -> Result<(), UnpackFailure> {
        let mut items = Vec::new();
        let mut result = Ok(());
        for part in &batch.parts {
            result = self.part(part, &batch.block, &mut items);
            if result.is_err() {
                break;
            }
        }
        self.writers.whole(&self.context, &batch.block, items);
        result
    }

    fn part(&mut self, part: &Part, block: &Arc<Block>, items: &mut Vec<Item>) -> Result<(), UnpackFailure> {
        let file = part.file as usize;
        if let Some((streamed, stream)) = &self.stream {
            debug_assert_eq!(*streamed, part.file, "an archive has one file at a time");
            stream.push(Arc::clone(block), *part);
            if part.last {
                self.stream = None;
            }
            return Ok(());
        }
        if self.context.table.link_set(file).is_some() {
            return self.linked(part, block);
        }
        if self.actions[file].skips() {
            return Ok(());
        }
        if self.actions[file] == FileAction::Touch && self.touch(file, part)? {
            return Ok(());
        }
        if !part.first {
            // The rest of a big file that only had to be touched.
            return Ok(());
        }
        let create = self.actions[file] == FileAction::Create;
        let dir = self.dir(file, create)?;
        match self.context.table.files[file].kind() {
            FileKind::Regular => {
                self.stages[file] = Stage::Begun;
                if part.last {
                    items.push(Item { part: *part, dir });
                } else {
                    let stream = self.writers.stream(&self.context, file, dir);
                    stream.push(Arc::clone(block), *part);
                    self.stream = Some((part.file, stream));
                }
                Ok(())
            }
            FileKind::Directory => self.directory(file, &dir),
            _ => self.node(file, &dir),
        }
    }

    /// Sets only the metadata of a file; returns false, and changes the action, if it vanished in between.
    fn touch(&mut self, file: usize, part: &Part) -> Result<bool, UnpackFailure> {
        if !part.first {
            return Ok(true);
        }
        let table = Arc::clone(&self.context.table);
        let base = &table.files[file].base;
        let name = OsStr::from_bytes(base);
        let there = |dir: &Arc<OwnedFd>| fs::statat(&**dir, name, AtFlags::SYMLINK_NOFOLLOW).is_ok();
        let Some(dir) = self.walk(file, false).ok().filter(there) else {
            self.actions[file] = FileAction::Create;
            return Ok(false);
        };
        let metadata = self.context.metadata(file);
        let done = if table.files[file].kind() == FileKind::Regular {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            fs::openat(&*dir, name, flags, Mode::empty())
                .map_err(FileError::io("open"))
                .and_then(|fd| metadata.set_on(fd.as_fd()))
        } else {
            metadata.set_by_name(&dir, base)
        };
        done.map_err(|error| self.failure(file, error))?;
        Ok(true)
    }

    fn directory(&mut self, file: usize, dir: &OwnedFd) -> Result<(), UnpackFailure> {
        let context = Arc::clone(&self.context);
        let name = &context.table.files[file].base;
        let action = self.actions[file];
        if let Some(suffix) = action.backup_suffix()
            && !(self.again && self.is_backed_up(file, dir))
        {
            self.back_up(file, dir, suffix).map_err(|error| self.failure(file, error))?;
        }
        if name.is_empty() {
            // The root itself, packaged as "/".
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            let root = self.walker.root().open_at(b"/", flags, Mode::empty()).map_err(FileError::io("open"));
            let done = root.and_then(|fd| context.metadata(file).set_on(fd.as_fd()));
            return done.map_err(|error| self.failure(file, error));
        }
        let place = Place { root: self.walker.root(), dir, dirname: context.table.dirname(file), name };
        self.stages[file] = Stage::Begun;
        let made = place.directory(&context.metadata(file)).map_err(|error| self.failure(file, error))?;
        if made {
            self.walker.forget(&context.table.path(file));
        }
        Ok(())
    }

    fn node(&mut self, file: usize, dir: &OwnedFd) -> Result<(), UnpackFailure> {
        let context = Arc::clone(&self.context);
        self.stages[file] = Stage::Begun;
        let name = context.temporary_name(file);
        let place = Place { root: self.walker.root(), dir, dirname: context.table.dirname(file), name: &name };
        place.node(&context.metadata(file)).map_err(|error| self.failure(file, error))
    }

    /// Places a member of a hard link set; the content comes with the last member and may have to go to another one.
    fn linked(&mut self, part: &Part, block: &Arc<Block>) -> Result<(), UnpackFailure> {
        let file = part.file as usize;
        let context = Arc::clone(&self.context);
        let Some(set) = context.table.link_set(file) else { return Ok(()) };
        let (key, holder) = (set[0], set.last() == Some(&part.file));
        if part.first
            && !self.actions[file].skips()
            && !(self.actions[file] == FileAction::Touch && self.touch(file, part)?)
        {
            self.link_member(key, file)?;
        }
        if !holder {
            return Ok(());
        }
        if self.actions[file].skips()
            && let Some(head) = self.heads.get(&key).map(|head| head.file)
        {
            // rpm makes the directories on the way to the skipped member, too.
            self.dir(file, self.actions[head] == FileAction::Create)?;
        }
        let Some(head) = self.heads.get(&key) else { return Ok(()) };
        // Metadata is that of the last member, or of the first one that is wanted when the last is not.
        let wanted = if self.actions[file].skips() { head.file } else { file };
        let content = Content { file: wanted, target: file };
        let done = self.link_content(&content, key, part, block);
        done.map_err(|error| self.failure(content.target, error))
    }

    fn link_member(&mut self, key: u32, file: usize) -> Result<(), UnpackFailure> {
        let create = self.actions[file] == FileAction::Create;
        let dir = self.dir(file, create)?;
        self.stages[file] = Stage::Begun;
        let name = self.context.temporary_name(file);
        let done = match self.heads.get(&key) {
            Some(head) => link(&head.dir, &head.name, &dir, &name),
            None => match create_empty(&dir, &name) {
                Ok(fd) => {
                    self.heads.insert(key, LinkHead { fd, dir, name, file });
                    Ok(())
                }
                Err(error) => Err(error),
            },
        };
        done.map_err(|error| self.failure(file, error))
    }

    fn link_content(&mut self, content: &Content, key: u32, part: &Part, block: &Arc<Block>) -> Result<(), FileError> {
        let Some(head) = self.heads.get(&key) else { return Ok(()) };
        let bytes = &block[part.start as usize..(part.start + part.len) as usize];
        if part.first && part.last {
            let fd = head.fd.try_clone().map_err(|_| FileError::Io { operation: "dup", errno: Errno::MFILE })?;
            let mut target = Target::over(&self.context, content.file, fd)?;
            target.write(bytes)?;
            return target.finish();
        }
        if part.first {
            let fd = head.fd.try_clone().map_err(|_| FileError::Io { operation: "dup", errno: Errno::MFILE })?;
            let stream = self.writers.stream_over(&self.context, content.file, fd);
            stream.push(Arc::clone(block), *part);
            self.stream = Some((part.file, stream));
        }
        Ok(())
    }

    pub(super) fn walk(&mut self, file: usize, create: bool) -> Result<Arc<OwnedFd>, WalkError> {
        let table = Arc::clone(&self.context.table);
        self.walker.dir(table.dirname(file), create)
    }

    pub(super) fn dir(&mut self, file: usize, create: bool) -> Result<Arc<OwnedFd>, UnpackFailure> {
        self.walk(file, create).map_err(|WalkError { component, error }| {
            let dir = String::from_utf8_lossy(self.context.table.dirname(file)).into_owned();
            let directory = Some((String::from_utf8_lossy(&component).into_owned(), dir));
            UnpackFailure { directory, ..self.failure(file, error) }
        })
    }

    pub(super) fn failure(&self, file: usize, error: FileError) -> UnpackFailure {
        let mut path = self.context.table.display(file);
        if self.has_suffix(file) {
            path.push_str(&self.context.suffix);
        }
        UnpackFailure { path: Some(path), directory: None, error }
    }

    /// Tells whether a file is created under a temporary name.
    pub(super) fn has_suffix(&self, file: usize) -> bool {
        self.actions[file].creates() && self.context.table.files[file].kind() != FileKind::Directory
    }
}

fn without_path(error: FileError) -> UnpackFailure {
    UnpackFailure { path: None, directory: None, error }
}

fn create_empty(dir: &OwnedFd, name: &[u8]) -> Result<OwnedFd, FileError> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let name = OsStr::from_bytes(name);
    match fs::unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(FileError::Io { operation: "unlink", errno }),
    }
    fs::openat(dir, name, flags, Mode::from_raw_mode(0o200)).map_err(FileError::io("open"))
}

fn link(from: &OwnedFd, old: &[u8], to: &OwnedFd, new: &[u8]) -> Result<(), FileError> {
    let (old, new) = (OsStr::from_bytes(old), OsStr::from_bytes(new));
    match fs::linkat(from, old, to, new, AtFlags::empty()) {
        Err(Errno::EXIST) => {
            fs::unlinkat(to, new, AtFlags::empty()).map_err(FileError::io("unlink"))?;
            fs::linkat(from, old, to, new, AtFlags::empty()).map_err(FileError::io("link"))
        }
        other => other.map_err(FileError::io("link")),
    }
}
