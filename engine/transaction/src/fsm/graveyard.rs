//! Files that have lost their last name: giving back what they take can be left to others.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{self, Mode, OFlags, Stat};

use super::crew::{Chore, Crew};

/// Size from which it is worth the descriptor: smaller files are gone at once.
const WORTH: i64 = 32 << 10;

/// Removes a name by `unlink`, which `stat` was found under; the file is kept open meanwhile and closed elsewhere.
///
/// The file system frees a file's blocks when nobody has it open any more, which takes longer than everything else that
/// removing it does.
pub(crate) fn bury<T>(crew: &Crew, dir: &OwnedFd, name: &[u8], stat: &Stat, unlink: impl FnOnce() -> T) -> T {
    let worth = stat.st_nlink == 1 && stat.st_size >= WORTH && fs::FileType::from_raw_mode(stat.st_mode).is_file();
    if !worth {
        return unlink();
    }
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = fs::openat(dir.as_fd(), OsStr::from_bytes(name), flags, Mode::empty());
    let done = unlink();
    if let Ok(file) = file {
        // Where too many wait, it is closed here.
        drop(crew.offer(Chore::Close(file)));
    }
    done
}
