//! The root of the target system: every path on it is resolved beneath this directory.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

/// Links inside the target lead to places inside the target; links of procfs lead nowhere.
const RESOLVE: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS);
/// openat2 says "again" when it raced with a rename; the limit only guards against a kernel that always says so.
const RESOLVE_ATTEMPTS: usize = 128;

/// An open directory that is `/` for everything looked up through it.
///
/// Absolute and relative paths mean the same; symbolic links, also absolute ones and `..`, never leave the root. Needs
/// the system call openat2 (Linux 5.6).
#[derive(Debug, Clone)]
pub struct Root {
    directory: Arc<OwnedFd>,
    path: PathBuf,
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// Name.
    pub name: OsString,
    /// Type, `Unknown` where the file system does not tell.
    pub kind: FileType,
    /// Inode number.
    pub inode: u64,
}

impl Root {
    /// Opens a directory of the host as root.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(&path, flags, Mode::empty())?;
        let root = Root { directory: Arc::new(directory), path };
        match root.openat2(Path::new("."), OFlags::PATH | OFlags::DIRECTORY, Mode::empty()) {
            Err(error) if error.raw_os_error() == Some(Errno::NOSYS.raw_os_error()) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the kernel lacks openat2 (Linux 5.6), without which paths cannot be kept beneath a root",
            )),
            Err(error) => Err(error),
            Ok(_) => Ok(root),
        }
    }

    /// Returns the path of the host that the root was opened with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Tells whether this is the root of the running system.
    pub fn is_host(&self) -> bool {
        let host = rustix::fs::stat("/").map(|stat| (stat.st_dev, stat.st_ino));
        let here = rustix::fs::fstat(&*self.directory).map(|stat| (stat.st_dev, stat.st_ino));
        matches!((host, here), (Ok(host), Ok(here)) if host == here)
    }

    /// Returns the path on the host that a path on the target has by its text; only for messages and for programs that
    /// cannot be handed an open file.
    pub fn host_path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.path.join(beneath(path.as_ref()))
    }

    /// Opens the root itself, for `fchdir` or `*at` calls.
    pub fn directory(&self) -> &OwnedFd {
        &self.directory
    }

    /// Opens a directory for `*at` calls (`O_PATH`).
    pub fn open_dir(&self, path: impl AsRef<Path>) -> io::Result<OwnedFd> {
        self.openat2(path.as_ref(), OFlags::PATH | OFlags::DIRECTORY, Mode::empty())
    }

    /// Opens a file; `O_CLOEXEC` is added. With `O_CREAT` the mode is subject to the umask.
    pub fn open_file(&self, path: impl AsRef<Path>, flags: OFlags, mode: Mode) -> io::Result<File> {
        self.openat2(path.as_ref(), flags, mode).map(File::from)
    }

    /// Reads a whole file.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open_file(path, OFlags::RDONLY, Mode::empty())?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads a whole file of UTF-8.
    pub fn read_to_string(&self, path: impl AsRef<Path>) -> io::Result<String> {
        String::from_utf8(self.read(path)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Replaces a file in one step: temporary file in the same directory, fsync, rename, fsync of the directory.
    ///
    /// The file gets exactly this mode, whatever the umask.
    pub fn write_atomic(&self, path: impl AsRef<Path>, bytes: &[u8], mode: u32) -> io::Result<()> {
        let (directory, name) = self.parent(path.as_ref())?;
        let mode = Mode::from_raw_mode(mode);
        let (temporary, mut file) = create_temporary(&directory, &name, mode)?;
        let written = (|| {
            file.write_all(bytes)?;
            rustix::fs::fchmod(&file, mode)?;
            file.sync_all()?;
            rustix::fs::renameat(&directory, &temporary, &directory, &name)?;
            Ok(())
        })();
        if written.is_err() {
            // The first error is the one to report.
            let _ = rustix::fs::unlinkat(&directory, &temporary, AtFlags::empty());
            return written;
        }
        sync_directory(&directory)
    }

    /// Creates a directory and those above it; those that exist stay as they are.
    pub fn create_dir_all(&self, path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
        let path = beneath(path.as_ref());
        let mut done = PathBuf::new();
        for component in path.components() {
            done.push(component);
            let (directory, name) = self.parent(&done)?;
            match rustix::fs::mkdirat(&directory, &name, Mode::from_raw_mode(mode)) {
                Ok(()) => {}
                // Following links: a link to a directory is fine, anything else is not.
                Err(Errno::EXIST) => drop(self.open_dir(&done)?),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Tells whether a path leads to something, links followed.
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.stat(path).is_ok()
    }

    /// Returns what is at the end of a path, links followed.
    pub fn stat(&self, path: impl AsRef<Path>) -> io::Result<Stat> {
        let file = self.openat2(path.as_ref(), OFlags::PATH, Mode::empty())?;
        Ok(rustix::fs::fstat(file)?)
    }

    /// Returns what is at a path, a link at its end not followed.
    pub fn lstat(&self, path: impl AsRef<Path>) -> io::Result<Stat> {
        let file = self.openat2(path.as_ref(), OFlags::PATH | OFlags::NOFOLLOW, Mode::empty())?;
        Ok(rustix::fs::fstat(file)?)
    }

    /// Returns the text of a symbolic link.
    pub fn read_link(&self, path: impl AsRef<Path>) -> io::Result<PathBuf> {
        let file = self.openat2(path.as_ref(), OFlags::PATH | OFlags::NOFOLLOW, Mode::empty())?;
        let target = rustix::fs::readlinkat(file, "", Vec::new())?;
        Ok(PathBuf::from(OsStr::from_bytes(target.as_bytes())))
    }

    /// Returns the entries of a directory, sorted by name, without `.` and `..`.
    pub fn read_dir(&self, path: impl AsRef<Path>) -> io::Result<Vec<DirEntry>> {
        let directory = self.openat2(path.as_ref(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::new(directory)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                entries.push(DirEntry { name: name.to_owned(), kind: entry.file_type(), inode: entry.ino() });
            }
        }
        entries.sort_by(|one, two| one.name.cmp(&two.name));
        Ok(entries)
    }

    /// Removes a file or link.
    pub fn remove_file(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let (directory, name) = self.parent(path.as_ref())?;
        Ok(rustix::fs::unlinkat(directory, name, AtFlags::empty())?)
    }

    /// Removes an empty directory.
    pub fn remove_dir(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let (directory, name) = self.parent(path.as_ref())?;
        Ok(rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR)?)
    }

    /// Removes a directory with everything in it; a link is removed, not followed.
    pub fn remove_dir_all(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let (directory, name) = self.parent(path.as_ref())?;
        remove_tree(directory.as_fd(), &name)
    }

    /// Renames; both paths are on the target.
    pub fn rename(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
        let (from_directory, from_name) = self.parent(from.as_ref())?;
        let (to_directory, to_name) = self.parent(to.as_ref())?;
        Ok(rustix::fs::renameat(from_directory, from_name, to_directory, to_name)?)
    }

    /// Opens the directory that a path's last component stands in, and returns that component.
    ///
    /// Fails for a path without a last component (`/`, `..`).
    pub fn parent(&self, path: &Path) -> io::Result<(OwnedFd, OsString)> {
        let path = beneath(path);
        match path.file_name() {
            Some(name) => {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                Ok((self.open_dir(parent.unwrap_or(Path::new(".")))?, name.to_owned()))
            }
            None => Err(Errno::INVAL.into()),
        }
    }

    fn openat2(&self, path: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let path = beneath(path);
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path.as_path() };
        let mut attempts = 0;
        loop {
            let opened = rustix::fs::openat2(&*self.directory, path, flags | OFlags::CLOEXEC, mode, RESOLVE);
            match opened {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if attempts < RESOLVE_ATTEMPTS => attempts += 1,
                opened => return Ok(opened?),
            }
        }
    }
}

/// Makes a path relative: the same path beneath the root.
fn beneath(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::RootDir | Component::Prefix(_))).collect()
}

/// Temporary names are tried one after the other, so no randomness is needed; the process id keeps processes apart.
fn create_temporary(directory: &OwnedFd, name: &OsStr, mode: Mode) -> io::Result<(OsString, File)> {
    const ATTEMPTS: usize = 1000;
    let process = std::process::id();
    for attempt in 0..ATTEMPTS {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{process}.{attempt}"));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(directory, &temporary, flags, mode) {
            Ok(file) => return Ok((temporary, File::from(file))),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Errno::EXIST.into())
}

fn sync_directory(directory: &OwnedFd) -> io::Result<()> {
    // The handle at hand is O_PATH, which cannot be synced.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let readable = rustix::fs::openat(directory, ".", flags, Mode::empty())?;
    match rustix::fs::fsync(readable) {
        // Some file systems cannot sync directories.
        Ok(()) | Err(Errno::INVAL) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn remove_tree(directory: std::os::fd::BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(directory, name, flags, Mode::empty()) {
        Ok(inside) => {
            for entry in rustix::fs::Dir::read_from(&inside)? {
                let entry = entry?;
                let entry = OsStr::from_bytes(entry.file_name().to_bytes());
                if entry != "." && entry != ".." {
                    remove_tree(inside.as_fd(), entry)?;
                }
            }
            Ok(rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR)?)
        }
        // Not a directory, or a link.
        Err(Errno::NOTDIR | Errno::LOOP) => Ok(rustix::fs::unlinkat(directory, name, AtFlags::empty())?),
        Err(error) => Err(error.into()),
    }
}
