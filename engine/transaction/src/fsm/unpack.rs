//! Installation of the files of one element: what has no content is made, contents are labelled, then all is committed.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::FileError;
use super::context::Context;
use super::dirs::{DirWalker, WalkError};
use super::place::Place;
use crate::files::state::{FileAction, flag};
use crate::files::table::FileKind;
use crate::payload::PayloadError;
use crate::plugins::target::Target;
use crate::stage::budget::Budget;
use crate::stage::content::Staged;
use crate::stage::{Content, Feed, Message};

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
        if let FileError::Plugin { name, line, .. } = &self.error {
            lines.extend(line.clone());
            lines.push(format!("Plugin {name}: hook fsm_file_prepare failed"));
        }
        if let Some((component, dir)) = &self.directory {
            lines.push(format!("failed to open dir {component} of {dir}: cpio: {}", self.error));
        }
        let on = self.path.as_ref().map(|path| format!(" on file {path}")).unwrap_or_default();
        lines.push(format!("unpacking of archive failed{on}: cpio: {}", self.error));
        lines
    }
}

/// Longest name in a directory.
const LONGEST_NAME: usize = 255;

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    /// Something may be there under the temporary name.
    Begun,
    Committed,
}

/// The content of a hard link set.
pub(super) struct LinkSet {
    /// Until the first member has its name.
    pub(super) content: Option<Staged>,
    /// The first member that is in place.
    pub(super) first: Option<(Arc<OwnedFd>, Vec<u8>)>,
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
    /// Contents that have no name yet, by file.
    pub(super) ready: HashMap<usize, Staged>,
    /// Hard link sets whose content has come, by their first member.
    pub(super) sets: HashMap<u32, LinkSet>,
    budget: &'a Budget,
    /// Files that an earlier file of the package meets under the same name.
    doubles: &'a HashMap<usize, usize>,
    /// Whether the name of the file that was put in place last was taken.
    pub(super) taken: bool,
    /// Files as the archive has them up to the one that could not be made.
    pub(super) failed: Vec<u32>,
    /// The directory that was compared last with where contents come from.
    compared: Option<(u32, bool)>,
}

impl<'a> Unpack<'a> {
    /// Prepares the installation; ghosts are never created.
    pub(crate) fn new(
        walker: DirWalker<'a>,
        context: Arc<Context>,
        (actions, doubles): (&[FileAction], &'a HashMap<usize, usize>),
        budget: &'a Budget,
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
            ready: HashMap::new(),
            sets: HashMap::new(),
            budget,
            doubles,
            taken: false,
            failed: Vec::new(),
            compared: None,
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
        payload: &Feed,
        advanced: &mut dyn FnMut(u64),
        moving: &mut dyn FnMut() -> bool,
    ) -> (Vec<String>, Result<(), UnpackFailure>) {
        let created = self.create(payload, advanced);
        let allowed = |()| if moving() { Ok(()) } else { Err(without_path(FileError::Stopped)) };
        let result = created.and_then(allowed).and_then(|()| self.commit());
        if result.is_err() {
            self.make_ways();
            self.roll_back();
            self.remove_ways();
        }
        (self.warnings, result)
    }

    /// Makes everything but the regular files, which only have to get their names then.
    ///
    /// Of several files that fail the first one in the header's order is told: contents do not come in order.
    fn create(&mut self, payload: &Feed, advanced: &mut dyn FnMut(u64)) -> Result<(), UnpackFailure> {
        let mut done = 0;
        let mut failed: Option<(u32, UnpackFailure)> = None;
        loop {
            match payload.next() {
                Some(Message::Advanced(bytes)) => {
                    done += bytes;
                    advanced(done);
                }
                Some(Message::Files(entries)) => {
                    for entry in entries {
                        done += entry.len;
                        let file = entry.file;
                        let result = match (&failed, entry.content) {
                            (None, content) => self.entry(file as usize, content),
                            (Some((known, _)), Content::Failed(error)) if file < *known => {
                                Err(self.failure(file as usize, error))
                            }
                            _ => Ok(()),
                        };
                        if let Err(failure) = result {
                            failed = Some((file, failure));
                            payload.give_up();
                        }
                    }
                    advanced(done);
                }
                Some(Message::End(end)) => {
                    let end = end.map_err(|error| without_path(error.into()));
                    let Some((file, failure)) = failed else { return end };
                    self.failed = payload.seen_up_to(file);
                    return Err(failure);
                }
                // The reader never leaves without a last word unless its thread died.
                None => {
                    let broken = PayloadError::Read(std::io::ErrorKind::BrokenPipe.into());
                    return Err(without_path(broken.into()));
                }
            }
        }
    }

    fn entry(&mut self, file: usize, content: Content) -> Result<(), UnpackFailure> {
        if self.context.table.link_set(file).is_some() {
            return self.linked(file, content);
        }
        if self.actions[file].skips() || (self.actions[file] == FileAction::Touch && self.touch(file)?) {
            return Ok(());
        }
        let create = self.actions[file] == FileAction::Create;
        let dir = self.dir(file, create)?;
        self.fits(file, "open")
            .and_then(|()| self.meets_nobody(file, &dir))
            .map_err(|error| self.failure(file, error))?;
        match (self.context.table.files[file].kind(), content) {
            (_, Content::Failed(error)) => Err(self.failure(file, error)),
            (FileKind::Regular, Content::Staged(staged)) => {
                let staged = self.label(file, staged, &dir).map_err(|error| self.failure(file, error))?;
                self.ready.insert(file, staged);
                if self.budget.is_tight() {
                    self.park(file, &dir).map_err(|error| self.failure(file, error))?;
                }
                Ok(())
            }
            // The archive of a regular file always brings its content.
            (FileKind::Regular, Content::None) => Ok(()),
            (FileKind::Directory, _) => self.directory(file, &dir),
            _ => self.node(file, &dir),
        }
    }

    /// Fails where the name of rpm's temporary file is too long.
    fn fits(&self, file: usize, operation: &'static str) -> Result<(), FileError> {
        let info = &self.context.table.files[file];
        if info.kind() == FileKind::Regular && info.base.len() + self.context.suffix.len() > LONGEST_NAME {
            return Err(FileError::Io { operation, errno: Errno::NAMETOOLONG });
        }
        Ok(())
    }

    /// Fails where rpm would find its own temporary file: the package has brought another file to this place, by another
    /// path.
    fn meets_nobody(&mut self, file: usize, dir: &OwnedFd) -> Result<(), FileError> {
        let Some(other) = self.doubles.get(&file).copied() else { return Ok(()) };
        // The link that is to lead both ways to one place may come with another package, later or never.
        let place = |dir: &OwnedFd| fs::fstat(dir).map(|stat| (stat.st_dev, stat.st_ino)).ok();
        let same = self.walk(other, false).is_ok_and(|other| place(&other) == place(dir));
        if !(same && self.has_suffix(other) && self.has_suffix(file)) {
            return Ok(());
        }
        let operation = match self.context.table.files[file].kind() {
            FileKind::Symlink => "symlink",
            FileKind::Fifo => "mkfifo",
            FileKind::CharDevice | FileKind::BlockDevice | FileKind::Socket => "mknod",
            _ => "open",
        };
        Err(FileError::Io { operation, errno: Errno::EXIST })
    }

    /// Sets owner, permissions and times before a file gets its name, and moves it where its name can be.
    fn label(&mut self, file: usize, mut staged: Staged, dir: &Arc<OwnedFd>) -> Result<Staged, FileError> {
        let number = self.context.table.files[file].dir;
        let context = Arc::clone(&self.context);
        // What is labelled anew does not care about the label that it inherited.
        let labelled = context.attributes.as_ref().is_some_and(|them| them.labels(&context.table, file));
        let belongs = match self.compared {
            Some((known, true)) if known == number && !labelled => true,
            _ => staged.belongs_in(dir.as_fd(), labelled),
        };
        self.compared = (!labelled).then_some((number, belongs));
        if !belongs {
            staged = staged.copy_into(dir.as_fd(), &self.context.suffix)?;
        }
        let metadata = context.metadata(file);
        if staged.labelled {
            metadata.set_attributes(Target::Open(staged.fd()))?;
        } else {
            metadata.set_on(staged.fd())?;
        }
        if let Some(attributes) = context.attributes.as_ref().filter(|attributes| attributes.seals(file)) {
            staged.close_for_writing()?;
            attributes.seal(staged.fd(), file)?;
        }
        Ok(staged)
    }

    /// Gives a file its temporary name, which frees its descriptor.
    fn park(&mut self, file: usize, dir: &Arc<OwnedFd>) -> Result<(), FileError> {
        let Some(mut staged) = self.ready.remove(&file) else { return Ok(()) };
        self.stages[file] = Stage::Begun;
        let name = self.context.temporary_name(file);
        give_name(&mut staged, dir, &name)
    }

    /// Sets only the metadata of a file; returns false, and changes the action, if it vanished in between.
    fn touch(&mut self, file: usize) -> Result<bool, UnpackFailure> {
        let table = Arc::clone(&self.context.table);
        let base = &table.files[file].base;
        let name = OsStr::from_bytes(base);
        // The way to it is not made, also where the file would be.
        // witness: compat-tests/tests/transactions/files.rs::unchanged_configuration_that_is_gone_by_then
        let dir = self.dir(file, false)?;
        if fs::statat(&*dir, name, AtFlags::SYMLINK_NOFOLLOW).is_err() {
            self.actions[file] = FileAction::Create;
            return Ok(false);
        }
        let metadata = self.context.metadata(file);
        let done = if table.files[file].kind() == FileKind::Regular {
            let opened = self.walker.open_file(&dir, base, &table.path(file));
            opened.and_then(|fd| metadata.set_on(fd.as_fd()))
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

    /// Takes a member of a hard link set; the content comes with the last member and is given to all of them.
    fn linked(&mut self, file: usize, content: Content) -> Result<(), UnpackFailure> {
        let context = Arc::clone(&self.context);
        let Some(set) = context.table.link_set(file) else { return Ok(()) };
        let skips = self.actions[file].skips();
        if !(skips || (self.actions[file] == FileAction::Touch && self.touch(file)?)) {
            let create = self.actions[file] == FileAction::Create;
            self.dir(file, create)?;
            let first = set.iter().find(|member| self.actions[**member as usize].creates());
            let operation = if first.is_none_or(|first| *first as usize == file) { "open" } else { "link" };
            self.fits(file, operation).map_err(|error| self.failure(file, error))?;
        }
        match content {
            Content::None => Ok(()),
            Content::Failed(error) => Err(self.failure(file, error)),
            Content::Staged(mut staged) => {
                // Metadata is that of the last member, or of the first one that is wanted when the last is not.
                let wanted = |member: &&u32| self.actions[**member as usize].creates();
                let Some(first) = set.iter().find(wanted).map(|member| *member as usize) else { return Ok(()) };
                let model = if self.actions[file].creates() { file } else { first };
                if self.actions[file].skips() {
                    // rpm makes the directories on the way to the skipped member, too.
                    self.dir(file, self.actions[first] == FileAction::Create)?;
                }
                staged.labelled &= model == file;
                let dir = self.dir(first, false)?;
                let staged = self.label(model, staged, &dir).map_err(|error| self.failure(file, error))?;
                self.compared = None;
                self.sets.insert(set[0], LinkSet { content: Some(staged), first: None });
                Ok(())
            }
        }
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

/// Gives a staged file a name that may be left over from a run that was killed.
pub(super) fn give_name(staged: &mut Staged, dir: &OwnedFd, name: &[u8]) -> Result<(), FileError> {
    match staged.give_name(dir, name) {
        Err(Errno::EXIST) => {
            fs::unlinkat(dir, OsStr::from_bytes(name), AtFlags::empty()).map_err(FileError::io("unlink"))?;
            staged.give_name(dir, name).map_err(FileError::io("open"))
        }
        // rpm's files get their names when they are opened.
        other => other.map_err(FileError::io("open")),
    }
}
