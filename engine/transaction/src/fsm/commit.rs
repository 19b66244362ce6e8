//! The last pass of an installation: temporary names become real ones, in the header's order.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use rustix::fs::{self, AtFlags, RenameFlags};
use rustix::io::Errno;

use super::FileError;
use super::metadata::disarm;
use super::unpack::{Stage, Unpack, UnpackFailure};
use crate::files::compare::OnDisk;
use crate::files::state::FileAction;
use crate::files::table::FileKind;

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

    fn commit_file(&mut self, file: usize, dir: &OwnedFd) -> Result<(), FileError> {
        let context = Arc::clone(&self.context);
        let action = self.actions[file];
        let base = &context.table.files[file].base;
        let temporary = context.temporary_name(file);
        if let Some(suffix) = action.backup_suffix() {
            if self.again && self.is_backed_up(file, dir) {
                return rename(dir, &temporary, base);
            }
            self.back_up(file, dir, suffix)?;
            let done = rename(dir, &temporary, base);
            if done.is_err() {
                // The administrator's file must not vanish from its place because ours cannot get there. If this
                // fails as well, the file still is under its other name.
                let _ = rename(dir, &[base, suffix.as_bytes()].concat(), base);
            }
            return done;
        }
        if action == FileAction::AltName {
            rename(dir, &temporary, &[base, &b".rpmnew"[..]].concat())?;
            let path = context.table.display(file);
            self.warnings.push(format!("{path} created as {path}.rpmnew"));
            return Ok(());
        }
        rename(dir, &temporary, base)
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

    /// Removes what was not put in place; files that were stay, as their predecessors are gone.
    pub(super) fn roll_back(&mut self) {
        let context = Arc::clone(&self.context);
        for file in (0..context.table.len()).rev() {
            let stage = self.stages[file];
            let directory = context.table.files[file].kind() == FileKind::Directory;
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

/// Renames within a directory; what is replaced is disarmed first.
pub(super) fn rename(dir: &OwnedFd, old: &[u8], new: &[u8]) -> Result<(), FileError> {
    let (from, to) = (OsStr::from_bytes(old), OsStr::from_bytes(new));
    // Most files are new: then one call does it.
    match fs::renameat_with(dir, from, dir, to, RenameFlags::NOREPLACE) {
        Ok(()) => return Ok(()),
        Err(Errno::EXIST | Errno::INVAL | Errno::NOSYS) => {}
        Err(errno) => return Err(FileError::Io { operation: "rename", errno }),
    }
    disarm(dir, new);
    match fs::renameat(dir, from, dir, to) {
        Err(Errno::ISDIR) => Err(FileError::IsDirectory),
        other => other.map_err(FileError::io("rename")),
    }
}
