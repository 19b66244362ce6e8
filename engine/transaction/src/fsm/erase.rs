//! Removal of the files of one element.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{self, AtFlags};
use rustix::io::Errno;

use super::commit::rename;
use super::dirs::DirWalker;
use super::error::describe;
use super::graveyard::Graveyard;
use super::metadata::disarm;
use crate::files::state::{FileAction, flag};
use crate::files::table::{FileKind, FileTable};

/// Removes the files of a package, last one first; returns rpm's warnings, and the error number of a file that could
/// not be removed.
///
/// Nothing here is fatal: a package whose file cannot be removed is gone all the same. `again` says that an interrupted
/// run may have removed some already.
pub(crate) fn erase(
    (walker, graveyard): (&mut DirWalker<'_>, &Graveyard),
    table: &FileTable,
    actions: &[FileAction],
    again: bool,
    removed: &mut dyn FnMut(u64),
) -> (Vec<String>, Option<Errno>) {
    let (mut warnings, mut failure) = (Vec::new(), None);
    for (file, done) in (0..table.len()).rev().zip(1_u64..) {
        let action = actions.get(file).copied().unwrap_or_default();
        if matches!(action, FileAction::Erase | FileAction::Save)
            && let Some((warning, errno)) = erase_file((walker, graveyard), table, file, action)
            && !(again && errno == Some(Errno::NOENT))
        {
            warnings.extend(warning);
            failure = errno.or(failure);
        }
        removed(done);
    }
    (warnings, failure)
}

/// Removes one file; returns what there is to say about it, and why it is still there.
fn erase_file(
    (walker, graveyard): (&mut DirWalker<'_>, &Graveyard),
    table: &FileTable,
    file: usize,
    action: FileAction,
) -> Option<(Option<String>, Option<Errno>)> {
    let info = &table.files[file];
    let missing_ok = info.has(flag::MISSINGOK | flag::GHOST);
    let path = table.display(file);
    let failed = |kind: &str, errno: Errno| {
        Some((Some(format!("{kind} {path}: remove failed: {}", describe(errno))), Some(errno)))
    };
    if info.base.is_empty() {
        // A package that owns "/" tries to remove it, and no system lets it.
        let text = format!("directory /{path}: remove failed: {}", describe(Errno::BUSY));
        return (action == FileAction::Erase).then_some((Some(text), Some(Errno::BUSY)));
    }
    let dir = match walker.dir(table.dirname(file), false) {
        Ok(dir) => dir,
        // What cannot be reached stays where it is, and rpm says nothing about it.
        Err(walk) => return Some((None, walk.error.errno())),
    };
    if action == FileAction::Save {
        // Nobody knows what is in a ghost, so it stays where it is.
        if info.has(flag::GHOST) {
            return None;
        }
        let saved = [&info.base, &b".rpmsave"[..]].concat();
        return match rename(&dir, &info.base, &saved) {
            Ok(()) => Some((Some(format!("{path} saved as {path}.rpmsave")), None)),
            Err(_) => None,
        };
    }
    match remove(graveyard, &dir, &info.base) {
        Ok(()) | Err((_, Errno::NOTEMPTY | Errno::EXIST)) => None,
        Err((_, Errno::NOENT)) if missing_ok => None,
        Err((kind, errno)) => failed(kind, errno),
    }
}

/// Removes whatever has this name; the type on disk decides how.
fn remove(graveyard: &Graveyard, dir: &OwnedFd, base: &[u8]) -> Result<(), (&'static str, Errno)> {
    let name = OsStr::from_bytes(base);
    let stat = fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|errno| ("file", errno))?;
    if FileKind::of_mode(stat.st_mode) == FileKind::Directory {
        return fs::unlinkat(dir, name, AtFlags::REMOVEDIR).map_err(|errno| ("directory", errno));
    }
    disarm(dir, base, &stat);
    let unlink = || fs::unlinkat(dir, name, AtFlags::empty());
    graveyard.bury(dir, base, &stat, unlink).map_err(|errno| ("file", errno))
}
