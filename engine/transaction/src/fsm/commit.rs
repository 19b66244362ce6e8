//! The last pass of an installation: everything gets its name, in the header's order.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use rustix::fs::{self, AtFlags, RenameFlags};
use rustix::io::Errno;

use super::FileError;
use super::context::Context;
use super::crew::Crew;
use super::graveyard::bury;
use super::metadata::{disarm, strip};
use super::unpack::{Stage, Unpack, UnpackFailure, give_name};
use crate::files::compare::OnDisk;
use crate::files::state::FileAction;
use crate::files::table::FileKind;
use crate::stage::content::Staged;

impl Unpack<'_> {
    /// Puts every file in place.
    pub(super) fn commit(&mut self) -> Result<(), UnpackFailure> {
        let context = Arc::clone(&self.context);
        for file in 0..context.table.len() {
            let action = self.actions[file];
            if action.skips() {
                continue;
            }
            if self.has_suffix(file) {
                let dir = self.dir(file, false)?;
                self.commit_file(file, &dir).map_err(|error| self.failure(file, error))?;
            }
            self.stages[file] = Stage::Committed;
        }
        Ok(())
    }

    fn commit_file(&mut self, file: usize, dir: &Arc<OwnedFd>) -> Result<(), FileError> {
        let context = Arc::clone(&self.context);
        let action = self.actions[file];
        let base = &context.table.files[file].base;
        if let Some(suffix) = action.backup_suffix() {
            if self.again && self.is_backed_up(file, dir) {
                return self.put(file, dir, base);
            }
            self.back_up(file, dir, suffix)?;
            let done = self.put(file, dir, base);
            if done.is_err() {
                // The administrator's file must not vanish from its place because ours cannot get there. If this
                // fails as well, the file still is under its other name.
                let _ = rename(dir, &[base, suffix.as_bytes()].concat(), base);
            }
            return done;
        }
        if action == FileAction::AltName {
            self.put(file, dir, &[base, &b".rpmnew"[..]].concat())?;
            let path = context.table.display(file);
            self.warnings.push(format!("{path} created as {path}.rpmnew"));
            return Ok(());
        }
        self.put(file, dir, base)
    }

    /// Gives a file its name, whatever has it now.
    fn put(&mut self, file: usize, dir: &Arc<OwnedFd>, name: &[u8]) -> Result<(), FileError> {
        let context = Arc::clone(&self.context);
        let temporary = context.temporary_name(file);
        let set = context.table.link_set(file).map(|set| set[0]);
        let Some(set) = set.and_then(|set| self.sets.get_mut(&set)) else {
            return match self.ready.remove(&file) {
                Some(staged) => put_staged(&context, file, staged, (dir, name), &mut self.taken),
                None => rename(dir, &temporary, name),
            };
        };
        if let Some(content) = set.content.take() {
            put_staged(&context, file, content, (dir, name), &mut self.taken)?;
            set.first = Some((Arc::clone(dir), name.to_vec()));
            return Ok(());
        }
        match &set.first {
            Some((first, other)) => put_link(first, other, dir, &temporary, name),
            None => Err(FileError::Io { operation: "link", errno: Errno::NOENT }),
        }
    }

    /// Tells whether an interrupted run has moved what was in the way already: nothing is there, or our own file.
    ///
    /// Once more, the new file would take the place of the one that was saved.
    pub(super) fn is_backed_up(&self, file: usize, dir: &OwnedFd) -> bool {
        let context = &self.context;
        let name = OsStr::from_bytes(&context.table.files[file].base);
        if matches!(fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW), Err(Errno::NOENT)) {
            return true;
        }
        let disk = OnDisk::look(self.walker.root(), context.table.path(file));
        disk.is_some_and(|mut disk| disk.has_content_of(&context.table, file))
    }

    /// Moves what is there out of the way.
    pub(super) fn back_up(&mut self, file: usize, dir: &OwnedFd, suffix: &str) -> Result<(), FileError> {
        let base = &self.context.table.files[file].base;
        rename(dir, base, &[base, suffix.as_bytes()].concat())?;
        let path = self.context.table.display(file);
        self.warnings.push(format!("{path} saved as {path}{suffix}"));
        Ok(())
    }

    /// Disarms the members of a hard link set that are in place, because rpm removes the temporary name of another one.
    fn strip_set(&self, file: usize) {
        let set = self.context.table.link_set(file).and_then(|set| self.sets.get(&set[0]));
        let Some((dir, name)) = set.and_then(|set| set.first.as_ref()) else { return };
        if let Ok(stat) = fs::statat(&**dir, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW) {
            strip(dir, name, &stat);
        }
    }

    /// Makes the directories that lead to files before the one that failed: rpm makes and leaves them, and contents do
    /// not come in the archive's order.
    // witness: compat-tests/tests/transactions/files.rs::only_ways_to_files_before_the_one_that_fails_are_made
    pub(super) fn make_ways(&mut self) {
        let before = self.failed.len().saturating_sub(1);
        for place in 0..before {
            let file = self.failed[place] as usize;
            if self.actions[file] == FileAction::Create {
                // What cannot be reached now would not be told either: another failure is.
                let _ = self.walk(file, true);
            }
        }
    }

    /// Removes the directories that only files behind the one that failed have needed, as rpm does not get there.
    pub(super) fn remove_ways(&mut self) {
        let made = self.walker.take_made();
        if self.failed.is_empty() {
            return;
        }
        let context = Arc::clone(&self.context);
        let leads_to = |way: &[u8], file: usize| {
            let rest = context.table.dirname(file).strip_prefix(way);
            self.actions[file] == FileAction::Create && rest.is_some_and(|rest| rest.first() == Some(&b'/'))
        };
        let beyond: Vec<&Vec<u8>> =
            made.iter().filter(|way| !self.failed.iter().any(|file| leads_to(way, *file as usize))).collect();
        for way in beyond.into_iter().rev() {
            let at = way.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
            if let Ok(dir) = self.walker.dir(&way[..at], false) {
                // What a user has put there meanwhile stays.
                let _ = fs::unlinkat(&*dir, OsStr::from_bytes(&way[at..]), AtFlags::REMOVEDIR);
            }
        }
    }

    /// Removes what was not put in place; files that were stay, as their predecessors are gone.
    pub(super) fn roll_back(&mut self) {
        let context = Arc::clone(&self.context);
        for file in (0..context.table.len()).rev() {
            let stage = self.stages[file];
            let directory = context.table.files[file].kind() == FileKind::Directory;
            if stage != Stage::Committed && self.actions[file].creates() {
                self.strip_set(file);
            }
            if self.actions[file].skips() || stage == Stage::Committed || stage == Stage::Waiting && !directory {
                continue;
            }
            let Ok(dir) = self.walk(file, false) else { continue };
            // Best effort: the first error is the one to be told.
            if directory {
                // rpm takes away every empty one, whether it made it, found it or did not come so far.
                let base = OsStr::from_bytes(&context.table.files[file].base);
                let _ = fs::unlinkat(&*dir, base, AtFlags::REMOVEDIR);
            } else if self.has_suffix(file) {
                let name = context.temporary_name(file);
                let _ = fs::unlinkat(&*dir, OsStr::from_bytes(&name), AtFlags::empty());
            }
        }
    }
}

/// Gives a staged file a name; what has it is disarmed and replaced in one step.
///
/// `taken` tells whether the last name was taken, and guesses this one by it.
fn put_staged(
    context: &Context,
    file: usize,
    mut staged: Staged,
    place: (&OwnedFd, &[u8]),
    taken: &mut bool,
) -> Result<(), FileError> {
    match try_put(context, file, &mut staged, place, taken) {
        // Mounted in between, or mounted twice.
        Err(FileError::Io { errno: Errno::XDEV, .. }) => {
            let mut copy = staged.copy_into(place.0.as_fd(), &context.suffix)?;
            context.metadata(file).set_on(copy.fd())?;
            try_put(context, file, &mut copy, place, taken)
        }
        other => other,
    }
}

fn try_put(
    context: &Context,
    file: usize,
    staged: &mut Staged,
    (dir, name): (&OwnedFd, &[u8]),
    taken: &mut bool,
) -> Result<(), FileError> {
    if !*taken {
        // Most files of a new package are new: then one call does it.
        match staged.give_name(dir, name) {
            Err(Errno::EXIST) => {}
            other => return other.map_err(FileError::io("open")),
        }
    }
    let temporary = context.temporary_name(file);
    give_name(staged, dir, &temporary)?;
    *taken = replace(Some(&context.crew), dir, &temporary, name).inspect_err(|_| remove(dir, &temporary))?;
    Ok(())
}

/// Links a file to another name; what has it is disarmed and replaced in one step.
fn put_link(from: &OwnedFd, other: &[u8], dir: &OwnedFd, temporary: &[u8], name: &[u8]) -> Result<(), FileError> {
    let link = |to: &[u8]| fs::linkat(from, OsStr::from_bytes(other), dir, OsStr::from_bytes(to), AtFlags::empty());
    match link(name) {
        Err(Errno::EXIST) => {}
        done => return done.map_err(FileError::io("link")),
    }
    if let Err(Errno::EXIST) = link(temporary) {
        remove(dir, temporary);
        link(temporary).map_err(FileError::io("link"))?;
    }
    replace(None, dir, temporary, name).map(drop).inspect_err(|_| remove(dir, temporary))
}

fn remove(dir: &OwnedFd, name: &[u8]) {
    // What matters is told by whoever needs the name next.
    let _ = fs::unlinkat(dir, OsStr::from_bytes(name), AtFlags::empty());
}

/// Renames within a directory; what is replaced is disarmed first.
pub(super) fn rename(dir: &OwnedFd, old: &[u8], new: &[u8]) -> Result<(), FileError> {
    let (from, to) = (OsStr::from_bytes(old), OsStr::from_bytes(new));
    // Most files are new: then one call does it.
    match fs::renameat_with(dir, from, dir, to, RenameFlags::NOREPLACE) {
        Ok(()) => return Ok(()),
        Err(Errno::EXIST | Errno::INVAL | Errno::NOSYS) => {}
        Err(errno) => return Err(FileError::Io { operation: "rename", errno }),
    }
    replace(None, dir, old, new).map(drop)
}

/// Renames within a directory where something may have the new name; returns whether something had.
fn replace(crew: Option<&Crew>, dir: &OwnedFd, old: &[u8], new: &[u8]) -> Result<bool, FileError> {
    let (from, to) = (OsStr::from_bytes(old), OsStr::from_bytes(new));
    let stat = fs::statat(dir, to, AtFlags::SYMLINK_NOFOLLOW).ok();
    if let Some(stat) = &stat {
        disarm(dir, new, stat);
    }
    let rename = || fs::renameat(dir, from, dir, to);
    let renamed = match (crew, &stat) {
        (Some(crew), Some(stat)) => bury(crew, dir, new, stat, rename),
        _ => rename(),
    };
    match renamed {
        Err(Errno::ISDIR) => Err(FileError::IsDirectory),
        other => other.map(|()| stat.is_some()).map_err(FileError::io("rename")),
    }
}
