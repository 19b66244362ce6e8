//! Owner, permissions, capabilities and times of created files.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{self, AtFlags, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags};

use super::FileError;
use super::context::Context;
use crate::caps::FileCaps;
use crate::files::table::{FileInfo, FileKind};
use crate::plugins::attributes::Attributes;
use crate::plugins::target::Target;
use crate::users::Owner;

const CAPABILITY: &str = "security.capability";

/// What plug-ins give to one file.
#[derive(Clone, Copy)]
pub(crate) struct Dress<'a> {
    /// What they give to the files of the package.
    pub attributes: &'a Attributes,
    /// The package.
    pub context: &'a Context,
    /// Index of the file.
    pub number: usize,
}

/// What to set on a file.
#[derive(Clone, Copy)]
pub(crate) struct Metadata<'a> {
    /// The file in the header.
    pub file: &'a FileInfo,
    /// Its owner; none when only root could set it and we are not root.
    pub owner: Option<Owner>,
    /// Permissions without the type.
    pub mode: u32,
    /// Whether capabilities are wanted.
    pub caps: bool,
    /// What plug-ins give.
    pub attributes: Option<Dress<'a>>,
}

impl Metadata<'_> {
    fn times(&self) -> Timestamps {
        let time = Timespec { tv_sec: i64::from(self.file.mtime), tv_nsec: 0 };
        Timestamps { last_access: time, last_modification: time }
    }

    /// Sets everything on an open file or directory, in rpm's order: owner, permissions, capabilities, times.
    pub(crate) fn set_on(&self, fd: BorrowedFd<'_>) -> Result<(), FileError> {
        let facts = || fs::fstat(fd);
        if let Some(owner) = self.owner
            && let Err(errno) = fs::fchown(fd, Some(Uid::from_raw(owner.uid)), Some(Gid::from_raw(owner.gid)))
        {
            // A filesystem without owners is good enough when they are already right.
            let right = facts().is_ok_and(|stat| (stat.st_uid, stat.st_gid) == (owner.uid, owner.gid));
            if !right {
                return Err(FileError::Io { operation: "chown", errno });
            }
        }
        if let Err(errno) = fs::fchmod(fd, Mode::from_raw_mode(self.mode)) {
            let right = facts().is_ok_and(|stat| stat.st_mode & 0o7777 == self.mode);
            if !right {
                return Err(FileError::Io { operation: "chmod", errno });
            }
        }
        if self.caps && self.owner.is_some() && self.file.kind() == FileKind::Regular {
            self.set_caps(fd)?;
        }
        match fs::futimens(fd, &self.times()) {
            Err(errno) if self.file.kind() != FileKind::Directory => {
                return Err(FileError::Io { operation: "utime", errno });
            }
            _ => {}
        }
        self.set_attributes(Target::Open(fd))
    }

    /// Sets what plug-ins give, which comes last.
    pub(crate) fn set_attributes(&self, target: Target<'_>) -> Result<(), FileError> {
        let Some(Dress { attributes, context, number }) = self.attributes else { return Ok(()) };
        let suffix = if self.file.kind() == FileKind::Directory { "" } else { &*context.suffix };
        attributes.set(target, &context.table, number, suffix)
    }

    fn set_caps(&self, fd: BorrowedFd<'_>) -> Result<(), FileError> {
        if self.file.caps.is_empty() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&self.file.caps);
        let caps = FileCaps::parse(&text).ok_or_else(|| FileError::Capabilities(text.into_owned()))?;
        // A text without any, `=`, leaves an attribute without any.
        let done = fs::fsetxattr(fd, CAPABILITY, &caps.attribute(), XattrFlags::empty());
        done.map_err(FileError::io("cap_set_fd"))
    }

    /// Sets everything on something that cannot be opened: a link, pipe or device, by its name in a directory.
    pub(crate) fn set_by_name(&self, dir: &OwnedFd, name: &[u8]) -> Result<(), FileError> {
        let name = OsStr::from_bytes(name);
        if let Some(owner) = self.owner {
            let (uid, gid) = (Some(Uid::from_raw(owner.uid)), Some(Gid::from_raw(owner.gid)));
            fs::chownat(dir, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW).map_err(FileError::io("chown"))?;
        }
        if self.file.kind() != FileKind::Symlink {
            fs::chmodat(dir, name, Mode::from_raw_mode(self.mode), AtFlags::empty()).map_err(FileError::io("chmod"))?;
        }
        fs::utimensat(dir, name, &self.times(), AtFlags::SYMLINK_NOFOLLOW).map_err(FileError::io("utime"))?;
        self.set_attributes(Target::Named(dir.as_fd(), name.as_bytes()))
    }
}

/// Takes set-id bits and capabilities from a file that is about to lose its name; `stat` is what it was found to be.
///
/// Otherwise a hard link that a user made beforehand would keep a vulnerable program alive.
pub(crate) fn disarm(dir: &OwnedFd, name: &[u8], stat: &Stat) {
    // With its only name the file itself goes, and its capabilities with it.
    if stat.st_mode & 0o6000 != 0 || stat.st_nlink > 1 {
        strip(dir, name, stat);
    }
}

/// As [`disarm`], for a file of which another name was to go, or would have been.
pub(crate) fn strip(dir: &OwnedFd, name: &[u8], stat: &Stat) {
    let name = OsStr::from_bytes(name);
    let (set_id, executable) = (stat.st_mode & 0o6000 != 0, stat.st_mode & 0o111 != 0);
    if FileKind::of_mode(stat.st_mode) != FileKind::Regular || !set_id && !executable {
        return;
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(fd) = fs::openat(dir, name, flags, Mode::empty()) else { return };
    // Nothing here may stop the replacement itself: the new file matters more than the old one's attributes.
    if set_id {
        let _ = fs::fchmod(&fd, Mode::from_raw_mode(stat.st_mode & 0o777));
    }
    if executable {
        let _ = fs::fremovexattr(&fd, CAPABILITY);
    }
}
