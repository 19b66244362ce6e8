//! The note that librepo leaves on files whose checksum it has verified.
//!
//! `user.librepo.checksum.sha256` has the digest in hex and `user.librepo.checksum.mtime` the file's modification time
//! in nanoseconds; together they spare reading the file again. Only who may write the file can set them, so they are
//! worth as much as the file itself. Where the file system has no such attributes, files are read again.

use std::fs::File;

use oxidnf_core::Checksum;
use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};

const MTIME: &str = "user.librepo.checksum.mtime";
/// On files of which bytes are still missing at the end.
const UNFINISHED: &str = "user.librepo.downloadinprogress";

/// Notes that bytes are missing at the end of the file; tells whether that worked.
pub(super) fn unfinished(file: &File) -> bool {
    fsetxattr(file, UNFINISHED, b"1", XattrFlags::empty()).is_ok()
}

/// Tells whether bytes are known to be missing at the end of the file.
pub(super) fn is_unfinished(file: &File) -> bool {
    fgetxattr(file, UNFINISHED, &mut [0_u8; 8][..]).is_ok()
}

/// Takes the note away that bytes are missing.
pub(super) fn finished(file: &File) {
    // Most files never had it.
    let _ = fremovexattr(file, UNFINISHED);
}

/// Notes that the file has this digest.
pub(super) fn remember(file: &File, checksum: &Checksum) {
    let Some(mtime) = mtime(file) else { return };
    let name = format!("user.librepo.checksum.{}", checksum.kind.name());
    // A convenience for later runs; not every file system has extended attributes.
    let _ = fsetxattr(file, MTIME, mtime.as_bytes(), XattrFlags::empty())
        .and_then(|()| fsetxattr(file, name, checksum.hex().as_bytes(), XattrFlags::empty()));
}

/// Tells whether the file was found to have this digest and has not been changed since.
pub(super) fn recalls(file: &File, checksum: &Checksum) -> bool {
    let name = format!("user.librepo.checksum.{}", checksum.kind.name());
    let noted = |name: &str, value: &str| {
        // One byte more than expected, so that a longer value is not taken for the same.
        let mut buffer = vec![0; value.len() + 1];
        matches!(fgetxattr(file, name, &mut buffer[..]), Ok(length) if buffer[..length] == *value.as_bytes())
    };
    mtime(file).is_some_and(|mtime| noted(MTIME, &mtime)) && noted(&name, &checksum.hex())
}

fn mtime(file: &File) -> Option<String> {
    let stat = rustix::fs::fstat(file).ok()?;
    Some((i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec)).to_string())
}
