//! Files that an earlier run has left unfinished.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{FlockOperation, OFlags, flock};
use tempfile::{NamedTempFile, TempPath};

use super::xattr;

/// Opens a file in the directory of unfinished ones; `None` when it cannot be had, or another process is at it.
///
/// The lock is on the file: it goes with the process that has it, so what a killed one left can be taken over at once.
pub(super) fn claim(partial: &Path, dest: &Path) -> Option<NamedTempFile> {
    std::fs::create_dir_all(partial).ok()?;
    let path = partial.join(dest.file_name()?);
    let open = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o666)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(&path);
    let file = open.ok()?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
    // Whoever had the lock before may have finished the file and moved it away.
    let (here, there) = (file.metadata().ok()?, path.symlink_metadata().ok()?);
    let same = here.is_file() && (here.dev(), here.ino()) == (there.dev(), there.ino());
    let path = same.then(|| TempPath::try_from_path(path).ok())??;
    Some(NamedTempFile::from_parts(file, path))
}

/// Takes an unfinished file away under a temporary name, so that only one process continues it.
pub(super) fn adopt(builder: &tempfile::Builder<'_, '_>, dir: &Path, dest: &Path) -> Option<NamedTempFile> {
    let marked = File::open(dest).is_ok_and(|file| xattr::is_unfinished(&file));
    let regular = dest.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    let take = |path: &Path| {
        std::fs::rename(dest, path)?;
        OpenOptions::new().read(true).write(true).open(path)
    };
    (marked && regular).then(|| builder.make_in(dir, take).ok()).flatten()
}
