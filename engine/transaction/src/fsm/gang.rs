//! Removing files of one element by several threads.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use rustix::fs::{self, AtFlags};

use super::crew::{Chore, Crew};
use super::erase::{Note, judged, unlink};
use crate::files::table::{FileKind, FileTable};

/// Files of one portion.
const PORTION: usize = 128;
/// Directories of one portion, each of which is kept open.
const DIRECTORIES: usize = 16;
/// Portions that wait or are worked on, for each thread.
const AHEAD: usize = 2;

/// What came of a portion: what is to be said, and files that are directories on disk.
type Done = (Vec<Note>, Vec<usize>);

/// Removes files that are no directories, several portions at a time.
#[derive(Default)]
pub(super) struct Gang<'c> {
    at_work: Option<AtWork<'c>>,
    notes: Vec<Note>,
    directories: Vec<usize>,
}

struct AtWork<'c> {
    crew: &'c Crew,
    portion: Portion,
    /// Portions that others have.
    out: usize,
    done: (Sender<Done>, Receiver<Done>),
}

struct Portion {
    table: Arc<FileTable>,
    files: Vec<(usize, Arc<OwnedFd>)>,
    /// How many directories the files are in.
    directories: usize,
}

impl<'c> Gang<'c> {
    /// Starts with nothing to remove.
    pub(super) fn new(crew: &'c Crew, table: &Arc<FileTable>) -> Self {
        let at_work = AtWork { crew, portion: Portion::of(table), out: 0, done: mpsc::channel() };
        Gang { at_work: Some(at_work), notes: Vec::new(), directories: Vec::new() }
    }

    /// Adds a file of an open directory.
    pub(super) fn add(&mut self, file: usize, dir: Arc<OwnedFd>) {
        let Some(work) = &mut self.at_work else { return };
        let portion = &mut work.portion;
        let same = portion.files.last().is_some_and(|(_, last)| Arc::ptr_eq(last, &dir));
        portion.directories += usize::from(!same);
        portion.files.push((file, dir));
        if portion.files.len() >= PORTION || portion.directories >= DIRECTORIES {
            let ended = work.hand_out();
            self.take(ended);
        }
    }

    /// Waits until everything is removed.
    pub(super) fn finish(mut self) -> (Vec<Note>, Vec<usize>) {
        if let Some(AtWork { portion, out, done: (sender, done), .. }) = self.at_work.take() {
            let own = portion.remove();
            drop(sender);
            self.take([own].into_iter().chain(done.into_iter().take(out)));
        }
        (self.notes, self.directories)
    }

    fn take(&mut self, ended: impl IntoIterator<Item = Done>) {
        for (notes, directories) in ended {
            self.notes.extend(notes);
            self.directories.extend(directories);
        }
    }
}

impl AtWork<'_> {
    /// Gives the portion to a thread that is free, else removes it here; returns what has come to an end.
    fn hand_out(&mut self) -> Vec<Done> {
        let next = Portion::of(&self.portion.table);
        let portion = std::mem::replace(&mut self.portion, next);
        let mut ended: Vec<Done> = self.done.1.try_iter().collect();
        self.out -= ended.len();
        if self.out >= self.crew.threads() * AHEAD {
            ended.push(portion.remove());
            return ended;
        }
        let sender = self.done.0.clone();
        self.out += 1;
        // The one who asked waits for all, so it is there.
        let work = Box::new(move || drop(sender.send(portion.remove())));
        if let Err(Chore::Work(work)) = self.crew.offer(Chore::Work(work)) {
            work();
        }
        ended
    }
}

impl Portion {
    fn of(table: &Arc<FileTable>) -> Self {
        Portion { table: Arc::clone(table), files: Vec::new(), directories: 0 }
    }

    fn remove(self) -> Done {
        let mut done = (Vec::new(), Vec::new());
        for (file, dir) in &self.files {
            let base = &self.table.files[*file].base;
            let removed = match fs::statat(&**dir, OsStr::from_bytes(base), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if FileKind::of_mode(stat.st_mode) == FileKind::Directory => {
                    done.1.push(*file);
                    continue;
                }
                Ok(stat) => unlink(dir, base, &stat),
                Err(errno) => Err(errno),
            };
            done.0.extend(judged(&self.table, *file, removed));
        }
        done
    }
}
