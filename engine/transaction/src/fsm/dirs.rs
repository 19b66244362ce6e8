//! Directories of the target root, reached through descriptors and without trusting symbolic links.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use oxidnf_core::root::Root;
use rustix::fs::{self, AtFlags, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use super::FileError;
use crate::files::table::FileKind;
use crate::plugins::attributes::Labeller;
use crate::plugins::target::Target;

const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// The directory that is `/` for the packages.
#[derive(Debug)]
pub(crate) struct RootDir {
    fd: Arc<OwnedFd>,
}

impl RootDir {
    /// Shares an opened root.
    pub(crate) fn new(root: &Root) -> io::Result<Self> {
        Ok(RootDir { fd: Arc::new(root.directory().try_clone()?) })
    }

    /// Opens the root.
    #[cfg(test)]
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(RootDir { fd: Arc::new(fs::open(path, DIRECTORY, Mode::empty())?) })
    }

    /// Returns the descriptor.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Opens a path as a process would whose root this is.
    pub(crate) fn open_at(&self, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let path = if path.is_empty() { b"/" } else { path };
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        loop {
            // EAGAIN: a rename elsewhere made the kernel unsure about "..".
            match fs::openat2(&self.fd, OsStr::from_bytes(path), flags | OFlags::CLOEXEC, mode, resolve) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                other => return other,
            }
        }
    }

    /// Returns facts about what a path leads to, links followed.
    pub(crate) fn stat(&self, path: &[u8]) -> Result<Stat, Errno> {
        fs::fstat(self.open_at(path, OFlags::PATH, Mode::empty())?)
    }

    /// Returns facts about a path itself.
    pub(crate) fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        fs::fstat(self.open_at(path, OFlags::PATH | OFlags::NOFOLLOW, Mode::empty())?)
    }

    /// Reads a whole file.
    pub(crate) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let fd = self.open_at(path.as_os_str().as_bytes(), OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())?;
        let mut out = Vec::new();
        io::Read::read_to_end(&mut std::fs::File::from(fd), &mut out)?;
        Ok(out)
    }

    /// Reads the target of a symbolic link.
    pub(crate) fn read_link(&self, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let fd = self.open_at(path, OFlags::PATH | OFlags::NOFOLLOW, Mode::empty())?;
        Ok(fs::readlinkat(&fd, "", Vec::new())?.into_bytes())
    }
}

/// Why a directory cannot be reached, with the component at fault.
#[derive(Debug)]
pub(crate) struct WalkError {
    /// The component.
    pub component: Vec<u8>,
    /// What happened.
    pub error: FileError,
}

/// Walks to directories and remembers the way to the last one.
///
/// Every component is opened without following links. A link is followed only if it belongs to root or to the owner of
/// what it leads to, so that no user can divert the writes of root. Files come sorted by directory, so that the next
/// one is mostly reached from a directory of the way to the last one.
#[derive(Debug)]
pub(crate) struct DirWalker<'r> {
    root: &'r RootDir,
    last: Vec<u8>,
    way: Vec<Step>,
    /// Labels directories that are made on the way.
    labeller: Option<Labeller>,
    /// Directories that were made on the way, in this order.
    made: Vec<Vec<u8>>,
}

/// A directory on the way.
#[derive(Debug)]
struct Step {
    /// Where the path of it ends in the path of the last directory.
    end: usize,
    fd: Arc<OwnedFd>,
}

impl<'r> DirWalker<'r> {
    /// Starts at a root.
    pub(crate) fn new(root: &'r RootDir) -> Self {
        DirWalker { root, last: Vec::new(), way: Vec::new(), labeller: None, made: Vec::new() }
    }

    /// Gives labels to the directories that it makes.
    pub(crate) fn labelling(self, labeller: Option<Labeller>) -> Self {
        DirWalker { labeller, ..self }
    }

    /// Returns the root.
    pub(crate) fn root(&self) -> &'r RootDir {
        self.root
    }

    /// Takes the directories that were made on the way so far, parents first.
    pub(crate) fn take_made(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.made)
    }

    /// Forgets a path and what is below it, because something else stands there now.
    pub(crate) fn forget(&mut self, path: &[u8]) {
        let below = |step: &Step| self.last.get(..step.end).is_some_and(|way| way.starts_with(path));
        let kept = self.way.iter().take_while(|step| !below(step)).count();
        self.way.truncate(kept);
    }

    /// Returns a directory, which is made with its parents (0755) if `create` is set.
    pub(crate) fn dir(&mut self, path: &[u8], create: bool) -> Result<Arc<OwnedFd>, WalkError> {
        self.keep_shared(path);
        let mut current = self.way.last().map_or(&self.root.fd, |step| &step.fd).clone();
        let start = self.way.last().map_or(0, |step| step.end);
        self.last.truncate(start);
        let mut at = start;
        for component in path[start..].split(|byte| *byte == b'/') {
            at += component.len() + 1;
            if component.is_empty() {
                continue;
            }
            let end = at - 1;
            let next = self
                .step(&current, component, &path[..end], create)
                .map_err(|error| WalkError { component: component.to_vec(), error })?;
            current = Arc::new(next);
            self.last.extend(&path[self.last.len()..end]);
            self.way.push(Step { end, fd: Arc::clone(&current) });
        }
        Ok(current)
    }

    /// Opens a file that is there already, for what can be done to it without writing.
    ///
    /// Behind a link that is not safe it is not reached, as in [`DirWalker::dir`]; `path` is that of the name in `dir`.
    // Another package of the set may have put a link where the file was.
    // witness: compat-tests/tests/transactions/files.rs::links_in_the_place_of_unchanged_configuration
    pub(crate) fn open_file(&self, dir: &OwnedFd, name: &[u8], path: &[u8]) -> Result<OwnedFd, FileError> {
        let open = FileError::io("open");
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let name = OsStr::from_bytes(name);
        match fs::openat(dir, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
            Err(Errno::LOOP) => {}
            other => return other.map_err(open),
        }
        // In this order for the same reason as in `enter`.
        let target = self.root.open_at(path, flags, Mode::empty()).map_err(&open)?;
        let link = fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).map_err(&open)?;
        let owner = fs::fstat(&target).map_err(&open)?.st_uid;
        let is_link = FileKind::of_mode(link.st_mode) == FileKind::Symlink;
        if is_link && (link.st_uid == 0 || link.st_uid == owner) { Ok(target) } else { Err(FileError::UnsafeSymlink) }
    }

    /// Forgets what is not on the way to a path.
    fn keep_shared(&mut self, path: &[u8]) {
        let same = self.last.iter().zip(path).take_while(|(one, other)| one == other).count();
        let on_way = |step: &Step| step.end <= same && path.get(step.end).is_none_or(|byte| *byte == b'/');
        let kept = self.way.iter().take_while(|step| on_way(step)).count();
        self.way.truncate(kept);
    }

    fn step(&mut self, dir: &OwnedFd, name: &[u8], walked: &[u8], create: bool) -> Result<OwnedFd, FileError> {
        // A header cannot lead out of the root with "..".
        if name == b".." {
            return Err(FileError::Io { operation: "open", errno: Errno::INVAL });
        }
        match self.enter(dir, name, walked) {
            Err(FileError::Io { errno: Errno::NOENT, .. }) if create => {
                fs::mkdirat(dir, OsStr::from_bytes(name), Mode::from_raw_mode(0o755))
                    .map_err(FileError::io("mkdir"))?;
                self.made.push(walked.to_vec());
                let fd = self.enter(dir, name, walked)?;
                // The caller's umask must not narrow the permissions; a group that is inherited stays.
                let mode = fs::fstat(&fd).map_err(FileError::io("fstat"))?.st_mode & 0o7777;
                if mode & 0o777 != 0o755 {
                    let mode = Mode::from_raw_mode(mode | 0o755);
                    fs::chmodat(dir, OsStr::from_bytes(name), mode, AtFlags::empty())
                        .map_err(FileError::io("chmod"))?;
                }
                if let Some(labeller) = &self.labeller {
                    labeller.set(Target::Named(dir.as_fd(), name), walked, walked, 0o040_755)?;
                }
                Ok(fd)
            }
            other => other,
        }
    }

    fn enter(&self, dir: &OwnedFd, name: &[u8], walked: &[u8]) -> Result<OwnedFd, FileError> {
        let open = |errno| FileError::Io {
            // rpm opens whatever it is, and only then sees that it is no directory.
            operation: if errno == Errno::NOTDIR { FileError::UNNAMED } else { "open" },
            errno,
        };
        match fs::openat(dir, OsStr::from_bytes(name), DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
            Err(Errno::NOTDIR | Errno::LOOP) => {}
            other => return other.map_err(open),
        }
        // The target is opened before the link is looked at: had the link changed its owner in between, only its
        // owner or root could have done it.
        let target = self.root.open_at(walked, OFlags::PATH, Mode::empty()).map_err(&open)?;
        let link = fs::statat(dir, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW).map_err(&open)?;
        let facts = fs::fstat(&target).map_err(&open)?;
        let is_link = FileKind::of_mode(link.st_mode) == FileKind::Symlink;
        if is_link && link.st_uid != 0 && link.st_uid != facts.st_uid {
            return Err(FileError::UnsafeSymlink);
        }
        match (FileKind::of_mode(facts.st_mode), is_link) {
            (FileKind::Directory, true) => Ok(target),
            // A directory that stands there only now was put there while we looked.
            (FileKind::Directory, false) => Err(FileError::UnsafeSymlink),
            _ => Err(open(Errno::NOTDIR)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn fixture() -> (tempfile::TempDir, RootDir) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir_all(dir.path().join("usr/lib")).expect("new directories");
        symlink("usr/lib", dir.path().join("lib")).expect("a new link");
        symlink("/usr", dir.path().join("absolute")).expect("a new link");
        symlink("../../../../../../..", dir.path().join("out")).expect("a new link");
        let root = RootDir::open(dir.path()).expect("the directory is there");
        (dir, root)
    }

    #[test]
    fn links_stay_inside_the_root() {
        let (_dir, root) = fixture();
        let inode = |path: &[u8]| root.stat(path).map(|stat| stat.st_ino);
        assert_eq!(inode(b"/lib"), inode(b"/usr/lib"));
        assert_eq!(inode(b"/absolute/lib"), inode(b"/usr/lib"));
        assert_eq!(inode(b"/out"), inode(b"/"));
        let mut walker = DirWalker::new(&root);
        let lib = walker.dir(b"/absolute/lib/", false).expect("links of the same owner are followed");
        assert_eq!(fs::fstat(&lib).map(|stat| stat.st_ino), inode(b"/usr/lib"));
    }

    #[test]
    fn the_way_to_the_last_directory_is_shared_by_components() {
        let (dir, root) = fixture();
        for path in ["usr/lib64", "usr/lib/a/b", "usr/lib/ab"] {
            std::fs::create_dir_all(dir.path().join(path)).expect("new directories");
        }
        let mut walker = DirWalker::new(&root);
        let fresh = |path: &[u8]| root.stat(path).map(|stat| stat.st_ino);
        for path in [
            &b"/usr/lib/a/b/"[..],
            b"/usr/lib/ab/",
            b"/usr/lib/a/",
            b"/usr/lib64/",
            b"//usr//lib/",
            b"/usr",
            b"/usr/lib/ab",
            b"/lib/ab/",
            b"/",
            b"/absolute/lib/a/b",
        ] {
            let fd = walker.dir(path, false).expect("all of them are there");
            assert_eq!(fs::fstat(&fd).map(|stat| stat.st_ino), fresh(path), "{}", path.escape_ascii());
        }
        walker.dir(b"/usr/lib/none/", false).expect_err("it is not there");
        let after = walker.dir(b"/usr/lib/a/", false).expect("it is there");
        assert_eq!(fs::fstat(&after).map(|stat| stat.st_ino), fresh(b"/usr/lib/a"));
    }

    #[test]
    fn parents_are_made_on_demand() {
        let (dir, root) = fixture();
        let mut walker = DirWalker::new(&root);
        let error = walker.dir(b"/usr/share/doc/", false).expect_err("nothing may be made");
        assert_eq!((error.component.as_slice(), error.error.errno()), (&b"share"[..], Some(Errno::NOENT)));
        walker.dir(b"/lib/share/doc/", true).expect("parents are made");
        assert!(dir.path().join("usr/lib/share/doc").is_dir());
        assert!(walker.dir(b"/usr/../../etc/", true).is_err());
    }
}
