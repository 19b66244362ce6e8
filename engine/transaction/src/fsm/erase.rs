//! Removal of the files of one element.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use rustix::fs::{self, AtFlags, Stat};
use rustix::io::Errno;

use super::commit::rename;
use super::crew::Crew;
use super::dirs::DirWalker;
use super::error::describe;
use super::gang::Gang;
use super::graveyard::bury;
use super::metadata::disarm;
use crate::files::state::{FileAction, flag};
use crate::files::table::{FileKind, FileTable};

/// What is to be said about a file.
pub(super) struct Note {
    /// Its index in the header.
    pub(super) file: usize,
    /// A warning, if rpm has one for it.
    text: Option<String>,
    /// Why it is still there.
    errno: Option<Errno>,
}

/// Removes the files of a package; returns rpm's warnings, and the error number of a file that could not be removed.
///
/// rpm goes from the last file to the first, so that directories come after what is in them, and warns in that order;
/// of several files between two directories nobody can tell which went first. Nothing here is fatal: a package whose
/// file cannot be removed is gone all the same. `again` says that an interrupted run may have removed some already.
pub(crate) fn erase(
    (walker, crew): (&mut DirWalker<'_>, &Crew),
    table: &Arc<FileTable>,
    actions: &[FileAction],
    again: bool,
    removed: &mut dyn FnMut(u64),
) -> (Vec<String>, Option<Errno>) {
    let mut erasure =
        Erasure { walker, crew, table, gang: Gang::new(crew, table), last: Vec::new(), notes: Vec::new() };
    // Only in a sorted list nothing of a directory stands before it, so that it can wait for all others.
    let together = table.is_sorted();
    for (file, done) in (0..table.len()).rev().zip(1_u64..) {
        match actions.get(file).copied().unwrap_or_default() {
            FileAction::Erase if together => erasure.plan(file),
            action @ (FileAction::Erase | FileAction::Save) => erasure.erase(file, action),
            _ => {}
        }
        removed(done);
    }
    let mut notes = erasure.finish();
    notes.retain(|note| !(again && note.errno == Some(Errno::NOENT)));
    notes.sort_by_key(|note| Reverse(note.file));
    let failure = notes.iter().rev().find_map(|note| note.errno);
    (notes.into_iter().filter_map(|note| note.text).collect(), failure)
}

struct Erasure<'e, 'r> {
    walker: &'e mut DirWalker<'r>,
    crew: &'e Crew,
    table: &'e Arc<FileTable>,
    gang: Gang<'e>,
    /// Directories, which are removed when everything else is gone.
    last: Vec<usize>,
    notes: Vec<Note>,
}

impl Erasure<'_, '_> {
    /// Leaves a file to others, unless something has to come before it.
    fn plan(&mut self, file: usize) {
        let info = &self.table.files[file];
        if info.base.is_empty() {
            return self.erase(file, FileAction::Erase);
        }
        if info.kind() == FileKind::Directory {
            return self.last.push(file);
        }
        // Reached now, in rpm's order: a link on the way may be one of the files.
        match self.directory_of(file) {
            Ok(dir) => self.gang.add(file, dir),
            Err(note) => self.notes.push(note),
        }
    }

    fn erase(&mut self, file: usize, action: FileAction) {
        let note = self.erase_file(file, action);
        self.notes.extend(note);
    }

    fn finish(mut self) -> Vec<Note> {
        let (notes, directories) = std::mem::take(&mut self.gang).finish();
        self.notes.extend(notes);
        self.last.extend(directories);
        self.last.sort_unstable_by_key(|file| Reverse(*file));
        for file in std::mem::take(&mut self.last) {
            self.erase(file, FileAction::Erase);
        }
        self.notes
    }

    /// Opens the directory of a file; what cannot be reached stays where it is, and rpm says nothing about it.
    fn directory_of(&mut self, file: usize) -> Result<Arc<OwnedFd>, Note> {
        let dir = self.walker.dir(self.table.dirname(file), false);
        dir.map_err(|walk| Note { file, text: None, errno: walk.error.errno() })
    }

    fn erase_file(&mut self, file: usize, action: FileAction) -> Option<Note> {
        let info = &self.table.files[file];
        let path = || self.table.display(file);
        if info.base.is_empty() {
            // A package that owns "/" tries to remove it, and no system lets it.
            let text = format!("directory /{}: remove failed: {}", path(), describe(Errno::BUSY));
            let note = Note { file, text: Some(text), errno: Some(Errno::BUSY) };
            return (action == FileAction::Erase).then_some(note);
        }
        let dir = match self.directory_of(file) {
            Ok(dir) => dir,
            Err(note) => return Some(note),
        };
        if action == FileAction::Save {
            // Nobody knows what is in a ghost, so it stays where it is.
            if info.has(flag::GHOST) {
                return None;
            }
            let path = self.table.display(file);
            let saved = [&info.base, &b".rpmsave"[..]].concat();
            let note = Note { file, text: Some(format!("{path} saved as {path}.rpmsave")), errno: None };
            return rename(&dir, &info.base, &saved).is_ok().then_some(note);
        }
        let name = OsStr::from_bytes(&info.base);
        let stat = match fs::statat(&*dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(errno) => return judged(self.table, file, Err(errno)),
        };
        if FileKind::of_mode(stat.st_mode) == FileKind::Directory {
            let done = fs::unlinkat(&*dir, name, AtFlags::REMOVEDIR);
            let errno = done.err().filter(|errno| !is_occupied(*errno))?;
            return Some(failed(self.table, file, "directory", errno));
        }
        let unlink = || unlink(&dir, &info.base, &stat);
        judged(self.table, file, bury(self.crew, &dir, &info.base, &stat, unlink))
    }
}

/// Removes the name of something that is no directory and that `stat` was found under.
pub(super) fn unlink(dir: &OwnedFd, base: &[u8], stat: &Stat) -> Result<(), Errno> {
    disarm(dir, base, stat);
    fs::unlinkat(dir, OsStr::from_bytes(base), AtFlags::empty())
}

/// Returns what is to be said about the removal of a file that is no directory.
pub(super) fn judged(table: &FileTable, file: usize, done: Result<(), Errno>) -> Option<Note> {
    let missing_ok = table.files[file].has(flag::MISSINGOK | flag::GHOST);
    let errno = done.err().filter(|errno| !(is_occupied(*errno) || missing_ok && *errno == Errno::NOENT))?;
    Some(failed(table, file, "file", errno))
}

fn is_occupied(errno: Errno) -> bool {
    matches!(errno, Errno::NOTEMPTY | Errno::EXIST)
}

fn failed(table: &FileTable, file: usize, kind: &str, errno: Errno) -> Note {
    let text = format!("{kind} {}: remove failed: {}", table.display(file), describe(errno));
    Note { file, text: Some(text), errno: Some(errno) }
}
