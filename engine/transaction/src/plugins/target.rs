//! Attributes of files that are not in their place yet.

use std::ffi::OsStr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{self, XattrFlags};
use rustix::io::Errno;

/// A file that gets attributes.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    /// It is open.
    Open(BorrowedFd<'a>),
    /// It has this name in a directory; a link itself is meant, not what it leads to.
    Named(BorrowedFd<'a>, &'a [u8]),
}

impl Target<'_> {
    /// Sets an attribute; a file system without attributes is no failure.
    pub(super) fn set(self, name: &str, value: &[u8]) -> Result<(), Errno> {
        let done = match self {
            Target::Open(fd) => fs::fsetxattr(fd, name, value, XattrFlags::empty()),
            Target::Named(dir, base) => {
                // There is no call for a name in a directory that older kernels have, too.
                let directory = format!("/proc/self/fd/{}", dir.as_raw_fd());
                fs::lsetxattr(Path::new(&directory).join(OsStr::from_bytes(base)), name, value, XattrFlags::empty())
            }
        };
        match done {
            Err(Errno::OPNOTSUPP) => Ok(()),
            other => other,
        }
    }

    /// Returns the descriptor of an open file, as rpm's messages have it.
    pub(super) fn number(self) -> i32 {
        match self {
            Target::Open(fd) => fd.as_raw_fd(),
            Target::Named(..) => -1,
        }
    }
}
