//! Creation of everything that is not a regular file.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::FileError;
use super::dirs::RootDir;
use super::metadata::{Metadata, disarm};
use crate::files::table::FileKind;

const OPEN_DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Where something goes.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The root.
    pub root: &'a RootDir,
    /// The directory.
    pub dir: &'a OwnedFd,
    /// Path of the directory with its slashes.
    pub dirname: &'a [u8],
    /// Name in the directory.
    pub name: &'a [u8],
}

impl Place<'_> {
    fn os_name(&self) -> &OsStr {
        OsStr::from_bytes(self.name)
    }

    /// Removes whatever is there, disarmed; nothing there is as good.
    fn clear(&self) -> Result<(), FileError> {
        if let Ok(stat) = fs::statat(self.dir, self.os_name(), AtFlags::SYMLINK_NOFOLLOW) {
            disarm(self.dir, self.name, &stat);
        }
        match fs::unlinkat(self.dir, self.os_name(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(FileError::Io { operation: "unlink", errno }),
        }
    }

    /// Makes a directory or takes the one that is there; returns whether it was made.
    ///
    /// A link to a directory is left in place if it belongs to root or to the owner of the directory.
    pub(crate) fn directory(&self, metadata: &Metadata<'_>) -> Result<bool, FileError> {
        let mut made = false;
        let fd = match self.existing_directory()? {
            Some(fd) => fd,
            None => {
                let mode = Mode::from_raw_mode(0o700);
                fs::mkdirat(self.dir, self.os_name(), mode).map_err(FileError::io("mkdir"))?;
                made = true;
                let flags = OPEN_DIR | OFlags::NOFOLLOW;
                fs::openat(self.dir, self.os_name(), flags, Mode::empty()).map_err(FileError::io("open"))?
            }
        };
        metadata.set_on(fd.as_fd())?;
        Ok(made)
    }

    fn existing_directory(&self) -> Result<Option<OwnedFd>, FileError> {
        let open = FileError::io("open");
        match fs::openat(self.dir, self.os_name(), OPEN_DIR | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(fd) => return Ok(Some(fd)),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::NOTDIR | Errno::LOOP) => {}
            Err(errno) => return Err(open(errno)),
        }
        let found = fs::statat(self.dir, self.os_name(), AtFlags::SYMLINK_NOFOLLOW).map_err(FileError::io("lstat"))?;
        if FileKind::of_mode(found.st_mode) == FileKind::Symlink
            && let Some(fd) = self.linked_directory()?
        {
            return Ok(Some(fd));
        }
        self.clear()?;
        Ok(None)
    }

    /// Returns the directory that a link leads to, if the link may be trusted.
    fn linked_directory(&self) -> Result<Option<OwnedFd>, FileError> {
        let path = [self.dirname, self.name].concat();
        match self.root.stat(&path) {
            Ok(stat) if FileKind::of_mode(stat.st_mode) == FileKind::Directory => {}
            Ok(_) | Err(Errno::NOENT) => return Ok(None),
            // A link that leads nowhere, like one to itself, stops rpm.
            Err(errno) => return Err(FileError::Io { operation: "lstat", errno }),
        }
        let fd = self.root.open_at(&path, OPEN_DIR, Mode::empty()).map_err(FileError::io("open"))?;
        let link = fs::statat(self.dir, self.os_name(), AtFlags::SYMLINK_NOFOLLOW).map_err(FileError::io("lstat"))?;
        let owner = fs::fstat(&fd).map_err(FileError::io("fstat"))?.st_uid;
        Ok((link.st_uid == 0 || link.st_uid == owner).then_some(fd))
    }

    /// Makes a link, pipe, socket or device under a name that is free or left over.
    pub(crate) fn node(&self, metadata: &Metadata<'_>) -> Result<(), FileError> {
        let operation = match metadata.file.kind() {
            FileKind::Symlink => "symlink",
            FileKind::Fifo => "mkfifo",
            _ => "mknod",
        };
        let made = match self.make(metadata)? {
            Err(Errno::EXIST) => {
                self.clear()?;
                self.make(metadata)?
            }
            made => made,
        };
        made.map_err(FileError::io(operation))?;
        metadata.set_by_name(self.dir, self.name)
    }

    fn make(&self, metadata: &Metadata<'_>) -> Result<Result<(), Errno>, FileError> {
        let file = metadata.file;
        let (kind, rdev) = match file.kind() {
            FileKind::Symlink => {
                return Ok(fs::symlinkat(OsStr::from_bytes(&file.link), self.dir, self.os_name()));
            }
            FileKind::Fifo => (FileType::Fifo, 0),
            FileKind::CharDevice => (FileType::CharacterDevice, file.rdev),
            FileKind::BlockDevice => (FileType::BlockDevice, file.rdev),
            FileKind::Socket => (FileType::Socket, 0),
            FileKind::Regular | FileKind::Directory | FileKind::Other => return Err(FileError::UnknownType),
        };
        // Sixteen bits of major and minor mean the same device in today's encoding.
        Ok(fs::mknodat(self.dir, self.os_name(), kind, Mode::empty(), u64::from(rdev)))
    }
}
