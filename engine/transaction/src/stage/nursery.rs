//! Where staged files are made: directories that exist, on the file system where the files will belong.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::fs::{self, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::files::table::FileKind;
use crate::fsm::FileError;
use crate::fsm::dirs::RootDir;

const OPEN_DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Directories that are kept open at most.
const MAX_OPEN: usize = 128;
/// Longest attribute that is compared.
const MAX_ATTRIBUTE: usize = 64 << 10;

/// What a directory hands down to files that are made in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inheritance {
    acl: Option<Vec<u8>>,
    label: Option<Vec<u8>>,
    group: Option<u32>,
}

impl Inheritance {
    fn is_as_good_as(&self, other: &Inheritance, labelled: bool) -> bool {
        self.acl == other.acl && self.group == other.group && (labelled || self.label == other.label)
    }

    /// Looks at a directory that is open for reading.
    fn of(dir: BorrowedFd<'_>, stat: &Stat) -> Self {
        let attribute = |name: &str| {
            let length = fs::fgetxattr(dir, name, &mut [0_u8; 0][..]).ok()?.min(MAX_ATTRIBUTE);
            let mut value = vec![0; length];
            let read = fs::fgetxattr(dir, name, &mut value[..]).ok()?;
            value.truncate(read);
            Some(value)
        };
        Inheritance {
            acl: attribute("system.posix_acl_default"),
            label: attribute("security.selinux"),
            group: (stat.st_mode & 0o2000 != 0).then_some(stat.st_gid),
        }
    }
}

/// A directory in which staged files are made.
pub(crate) struct Nursery {
    dir: OwnedFd,
    identity: (u64, u64),
    inheritance: Inheritance,
    /// Whether the file system can make files without a name.
    nameless: AtomicBool,
    next_name: AtomicU64,
    suffix: Arc<str>,
    /// Owner of files that are made here.
    owner: OnceLock<(u32, u32)>,
}

/// A new file.
pub(crate) struct Newborn {
    /// It, open for reading and writing.
    pub fd: OwnedFd,
    /// Its name where it had to get one.
    pub name: Option<Vec<u8>>,
}

impl Nursery {
    fn new(dir: OwnedFd, stat: &Stat, suffix: Arc<str>) -> Self {
        Nursery {
            inheritance: Inheritance::of(dir.as_fd(), stat),
            identity: (stat.st_dev, stat.st_ino),
            dir,
            nameless: AtomicBool::new(true),
            next_name: AtomicU64::new(0),
            suffix,
            owner: OnceLock::new(),
        }
    }

    /// Makes a nursery of a directory for which a file is known to be destined.
    pub(crate) fn at(dir: BorrowedFd<'_>, suffix: &Arc<str>) -> Result<Self, FileError> {
        let open = FileError::io("open");
        let dir = fs::openat(dir, ".", OPEN_DIR, Mode::empty()).map_err(&open)?;
        let stat = fs::fstat(&dir).map_err(open)?;
        Ok(Nursery::new(dir, &stat, Arc::clone(suffix)))
    }

    /// Makes a file that only we can open.
    pub(crate) fn create(&self) -> Result<Newborn, FileError> {
        let (flags, mode) = (OFlags::RDWR | OFlags::CLOEXEC, Mode::from_raw_mode(0o600));
        if self.nameless.load(Ordering::Relaxed) {
            match fs::openat(&self.dir, ".", flags | OFlags::TMPFILE, mode) {
                Ok(fd) => return Ok(Newborn { fd, name: None }),
                // Not every file system can; old kernels say that it is a directory.
                Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => {
                    self.nameless.store(false, Ordering::Relaxed);
                }
                Err(errno) => return Err(FileError::Io { operation: "open", errno }),
            }
        }
        loop {
            let number = self.next_name.fetch_add(1, Ordering::Relaxed);
            let name = format!(".oxidnf-{number:x}{}", self.suffix).into_bytes();
            let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
            match fs::openat(&self.dir, OsStr::from_bytes(&name), flags, mode) {
                Ok(fd) => return Ok(Newborn { fd, name: Some(name) }),
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(FileError::Io { operation: "open", errno }),
            }
        }
    }

    /// Tells whether root owns what root makes here, which a server or a mount option may prevent.
    pub(crate) fn gives_to_root(&self, newborn: &OwnedFd) -> bool {
        let look = || fs::fstat(newborn).map_or((u32::MAX, u32::MAX), |stat| (stat.st_uid, stat.st_gid));
        *self.owner.get_or_init(look) == (0, 0)
    }

    /// Tells whether a file of this nursery is what it would be had it been made in another directory.
    /// `labelled` says that the file gets a label of its own.
    pub(crate) fn is_as_good_as(&self, dir: BorrowedFd<'_>, labelled: bool) -> bool {
        let Ok(opened) = fs::openat(dir, ".", OPEN_DIR, Mode::empty()) else { return false };
        let Ok(stat) = fs::fstat(&opened) else { return false };
        (stat.st_dev, stat.st_ino) == self.identity
            || (stat.st_dev == self.identity.0
                && Inheritance::of(opened.as_fd(), &stat).is_as_good_as(&self.inheritance, labelled))
    }

    /// Makes files by name from now on, as on file systems that know no others.
    #[cfg(test)]
    pub(crate) fn insist_on_names(&self) {
        self.nameless.store(false, Ordering::Relaxed);
    }

    /// Returns the directory.
    pub(crate) fn dir(&self) -> &OwnedFd {
        &self.dir
    }
}

/// Finds nurseries.
pub(crate) struct Nurseries<'r> {
    root: &'r RootDir,
    suffix: Arc<str>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    by_path: HashMap<Vec<u8>, Arc<Nursery>>,
    by_identity: HashMap<(u64, u64), Arc<Nursery>>,
}

impl<'r> Nurseries<'r> {
    /// Starts with none known; `suffix` is put behind names where files must have one.
    pub(crate) fn new(root: &'r RootDir, suffix: &str) -> Self {
        Nurseries { root, suffix: suffix.into(), known: Mutex::default() }
    }

    /// Returns the nursery for the files of a directory: itself, or the next one above that exists.
    ///
    /// Only directories that nobody but us can change are taken: another user could give them a default ACL between our
    /// looking at them and the making of a file, which would then be his.
    pub(crate) fn of(&self, dirname: &[u8]) -> Result<Arc<Nursery>, FileError> {
        if let Some(nursery) = self.lock().by_path.get(dirname) {
            return Ok(Arc::clone(nursery));
        }
        let (fd, stat) = self.open(dirname)?;
        let identity = (stat.st_dev, stat.st_ino);
        let known = self.lock().by_identity.get(&identity).cloned();
        let nursery = known.unwrap_or_else(|| Arc::new(Nursery::new(fd, &stat, Arc::clone(&self.suffix))));
        let mut known = self.lock();
        if known.by_identity.len() >= MAX_OPEN {
            known.by_path.clear();
            known.by_identity.clear();
        }
        known.by_path.insert(dirname.to_owned(), Arc::clone(&nursery));
        known.by_identity.insert(identity, Arc::clone(&nursery));
        Ok(nursery)
    }

    fn open(&self, dirname: &[u8]) -> Result<(OwnedFd, Stat), FileError> {
        let us = rustix::process::geteuid().as_raw();
        let mut path = dirname;
        loop {
            path = path.strip_suffix(b"/").unwrap_or(path);
            let found = self.root.open_at(path, OPEN_DIR, Mode::empty());
            let found = found.and_then(|fd| fs::fstat(&fd).map(|stat| (fd, stat)));
            if let Ok((fd, stat)) = found {
                let ours = stat.st_uid == us && stat.st_mode & 0o022 == 0;
                if (ours || path.is_empty()) && FileKind::of_mode(stat.st_mode) == FileKind::Directory {
                    return Ok((fd, stat));
                }
            } else if let Err(errno) = found
                && path.is_empty()
            {
                return Err(FileError::Io { operation: "open", errno });
            }
            path = &path[..path.iter().rposition(|byte| *byte == b'/').unwrap_or(0)];
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
