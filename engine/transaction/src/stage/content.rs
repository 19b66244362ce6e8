//! Staged files: writing them, and giving them their names.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use oxidnf_core::checksum::Hasher;
use rustix::fs::{self, AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::budget::{Budget, Permit};
use super::nursery::{Newborn, Nursery};
use crate::files::table::FileTable;
use crate::fsm::FileError;

/// A file whose content is complete and that is not in its place yet.
///
/// Dropping it leaves nothing behind.
pub(crate) struct Staged {
    fd: OwnedFd,
    /// Its name in the nursery; none when it has no name at all.
    name: Option<Vec<u8>>,
    nursery: Arc<Nursery>,
    /// Whether owner, permissions and times are those of the header already.
    pub labelled: bool,
    permit: Option<Permit>,
}

impl Staged {
    /// Returns the open file.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Tells whether it is what it would be had it been made in this directory.
    ///
    /// `labelled` says that it gets a label of its own.
    pub(crate) fn belongs_in(&self, dir: BorrowedFd<'_>, labelled: bool) -> bool {
        self.nursery.is_as_good_as(dir, labelled)
    }

    /// Keeps it open only for reading.
    pub(crate) fn close_for_writing(&mut self) -> Result<(), FileError> {
        let link = format!("/proc/self/fd/{}", self.fd.as_raw_fd());
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        self.fd = fs::open(link, flags, Mode::empty()).map_err(FileError::io("open"))?;
        Ok(())
    }

    /// Gives it a name that must be free (`EEXIST`).
    pub(crate) fn give_name(&mut self, dir: &OwnedFd, name: &[u8]) -> Result<(), Errno> {
        let to = OsStr::from_bytes(name);
        let Some(from) = self.name.as_deref().map(OsStr::from_bytes) else {
            return match fs::linkat(&self.fd, "", dir, to, AtFlags::EMPTY_PATH) {
                // Not allowed to everybody; procfs is, where it is mounted.
                Err(Errno::NOENT | Errno::INVAL | Errno::PERM) => {
                    let link = format!("/proc/self/fd/{}", self.fd.as_raw_fd());
                    fs::linkat(CWD, link.as_str(), dir, to, AtFlags::SYMLINK_FOLLOW)
                }
                other => other,
            };
        };
        match fs::renameat_with(self.nursery.dir(), from, dir, to, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS) => {
                fs::linkat(self.nursery.dir(), from, dir, to, AtFlags::empty())?;
                fs::unlinkat(self.nursery.dir(), from, AtFlags::empty())?;
            }
            other => other?,
        }
        self.name = None;
        Ok(())
    }

    /// Makes a copy that is at home in another directory: on another file system, or with other things handed down.
    ///
    /// Owner, permissions and times have to be set anew.
    pub(crate) fn copy_into(&self, dir: BorrowedFd<'_>, suffix: &Arc<str>) -> Result<Staged, FileError> {
        let nursery = Arc::new(Nursery::at(dir, suffix)?);
        let Newborn { fd, name } = nursery.create()?;
        let copy = Staged { fd, name, nursery, labelled: false, permit: None };
        let failed = |operation| {
            move |error: std::io::Error| {
                let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
                FileError::Io { operation, errno }
            }
        };
        let mut from = std::fs::File::from(self.fd.try_clone().map_err(failed("dup"))?);
        let mut to = std::fs::File::from(copy.fd.try_clone().map_err(failed("dup"))?);
        std::io::Seek::rewind(&mut from).map_err(failed("lseek"))?;
        std::io::copy(&mut from, &mut to).map_err(failed("write"))?;
        Ok(copy)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Best effort: the file has a name that says what it is.
            let _ = fs::unlinkat(self.nursery.dir(), OsStr::from_bytes(name), AtFlags::empty());
        }
        drop(self.permit.take());
    }
}

/// A file that is being written.
pub(crate) struct Target<'t> {
    table: &'t FileTable,
    file: usize,
    staged: Staged,
    hasher: Option<Hasher>,
    patience: Patience<'t>,
    offset: u64,
}

/// What a full disk means to an element: ahead of its turn it waits, as those before it may make room.
#[derive(Clone, Copy)]
pub(crate) struct Patience<'b> {
    /// Knows whose turn it is.
    pub budget: &'b Budget,
    /// The element.
    pub element: usize,
}

impl Patience<'_> {
    /// Does something, and once more at the element's turn if the disk was full before it.
    fn bear<T>(self, mut work: impl FnMut() -> Result<T, FileError>) -> Result<T, FileError> {
        match work() {
            Err(FileError::Io { errno: Errno::NOSPC | Errno::DQUOT | Errno::MFILE | Errno::NFILE, .. })
                if self.budget.wait_for_turn(self.element) =>
            {
                work()
            }
            other => other,
        }
    }
}

impl<'t> Target<'t> {
    /// Makes the file.
    pub(crate) fn create(
        (table, file): (&'t FileTable, usize),
        digests: bool,
        nursery: Arc<Nursery>,
        permit: Permit,
        patience: Patience<'t>,
    ) -> Result<Self, FileError> {
        let Newborn { fd, name } = patience.bear(|| nursery.create())?;
        let staged = Staged { fd, name, nursery, labelled: false, permit: Some(permit) };
        let wanted = digests && !table.files[file].digest.is_empty();
        let hasher = match table.digest_kind.filter(|_| wanted) {
            // A crypto policy may forbid an old algorithm: then nothing can be said about the content.
            Some(kind) => Some(Hasher::new(kind).map_err(|_| FileError::Digest)?),
            None => None,
        };
        Ok(Target { table, file, staged, hasher, patience, offset: 0 })
    }

    /// Adds content.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<(), FileError> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        while !bytes.is_empty() {
            let fd = &self.staged.fd;
            let done = self.patience.bear(|| match rustix::io::write(fd, bytes) {
                Err(Errno::INTR) => Ok(0),
                other => other.map_err(FileError::io("write")),
            })?;
            bytes = &bytes[done..];
            self.offset += done as u64;
        }
        Ok(())
    }

    /// Compares the digest.
    pub(crate) fn finish(self) -> Result<Staged, FileError> {
        let info = &self.table.files[self.file];
        if let Some(hasher) = self.hasher {
            let digest = hasher.finish().map_err(|_| FileError::Digest)?;
            // Packages of the MD5 era give zeros for empty files.
            let unset = self.offset == 0 && info.digest.iter().all(|byte| *byte == 0);
            if digest.bytes() != &*info.digest && !unset {
                return Err(FileError::Digest);
            }
        }
        Ok(self.staged)
    }
}

impl Staged {
    /// Tells whether root owns it, as nobody has changed its owner.
    pub(super) fn is_roots(&self) -> bool {
        self.nursery.gives_to_root(&self.fd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::table::FileInfo;
    use crate::fsm::dirs::RootDir;
    use crate::stage::budget::Limits;
    use crate::stage::nursery::Nurseries;
    use oxidnf_core::{Checksum, ChecksumKind};
    use std::path::Path;

    const TEXT: &[u8] = b"hello";

    fn table(digest: &[u8]) -> FileTable {
        let digest = Checksum::of(ChecksumKind::Sha256, digest).expect("always there").bytes().into();
        let file = FileInfo { base: b"a"[..].into(), mode: 0o100_644, size: 5, digest, ..FileInfo::default() };
        FileTable::new(vec![b"/deep/er/".to_vec().into()], vec![file], vec!["root".into()], Some(ChecksumKind::Sha256))
    }

    /// Stages a file in the nursery of `/deep/er/`, by name or without.
    fn stage(root: &RootDir, digest: &[u8], named: bool) -> Result<Staged, FileError> {
        let budget = Budget::new(Limits { files: 10, bytes: 10 });
        let nursery = Nurseries::new(root, ";0001").of(b"/deep/er/")?;
        if named {
            nursery.insist_on_names();
        }
        let table = table(digest);
        let patience = Patience { budget: &budget, element: 0 };
        let permit = budget.take(0, 5).expect("it is open");
        let mut target = Target::create((&table, 0), true, nursery, permit, patience)?;
        target.write(TEXT)?;
        target.finish()
    }

    fn entries(dir: &Path) -> Vec<String> {
        let names = std::fs::read_dir(dir).expect("it is there").map(|entry| entry.expect("readable").file_name());
        let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_get_free_names_and_leave_nothing() {
        for named in [false, true] {
            let dir = tempfile::tempdir().expect("a temporary directory");
            let root = RootDir::open(dir.path()).expect("it is there");
            let open = || root.open_at(b"/", OFlags::PATH, Mode::empty()).expect("it is there");
            std::fs::write(dir.path().join("taken"), "").expect("it is writable");
            drop(stage(&root, TEXT, named).expect("the digest is right"));
            assert_eq!(entries(dir.path()), ["taken"], "named: {named}");
            let mut staged = stage(&root, TEXT, named).expect("the digest is right");
            assert_eq!(staged.give_name(&open(), b"taken"), Err(Errno::EXIST));
            assert_eq!(staged.give_name(&open(), b"free"), Ok(()));
            drop(staged);
            assert_eq!(entries(dir.path()), ["free", "taken"], "named: {named}");
            assert_eq!(std::fs::read(dir.path().join("free")).expect("it is there"), TEXT);
            assert!(matches!(stage(&root, b"other", named), Err(FileError::Digest)));
            assert_eq!(entries(dir.path()), ["free", "taken"], "named: {named}");
        }
    }

    #[test]
    fn what_a_directory_hands_down_is_respected() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = RootDir::open(dir.path()).expect("it is there");
        for (name, mode) in [("same", 0o755), ("other", 0o2755)] {
            std::fs::create_dir(dir.path().join(name)).expect("it is writable");
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(dir.path().join(name), mode).expect("it is ours");
        }
        let open = |path: &[u8]| root.open_at(path, OFlags::PATH, Mode::empty()).expect("it is there");
        let staged = stage(&root, TEXT, false).expect("the digest is right");
        assert!(staged.belongs_in(open(b"/same").as_fd(), false));
        let other = open(b"/other");
        assert!(!staged.belongs_in(other.as_fd(), false), "its files get its group");
        let mut copy = staged.copy_into(other.as_fd(), &";0001".into()).expect("it is writable");
        assert!(copy.belongs_in(other.as_fd(), false) && !copy.labelled);
        copy.give_name(&other, b"a").expect("it is free");
        assert_eq!(std::fs::read(dir.path().join("other/a")).expect("it is there"), TEXT);
        assert_eq!(entries(dir.path()), ["other", "same"]);
    }

    #[test]
    fn nurseries_are_ours_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = RootDir::open(dir.path()).expect("it is there");
        std::fs::create_dir(dir.path().join("deep")).expect("it is writable");
        let nursery = |path: &[u8]| Nurseries::new(&root, "").of(path).expect("the root is ours");
        let deep = root.open_at(b"/deep", OFlags::PATH, Mode::empty()).expect("it is there");
        assert!(nursery(b"/deep/er/").is_as_good_as(deep.as_fd(), false));
        let inode = |path: &[u8]| fs::fstat(nursery(path).dir()).expect("it is open").st_ino;
        let inode_of = |path: &[u8]| root.stat(path).expect("it is there").st_ino;
        assert_eq!(inode(b"/deep/er/"), inode_of(b"/deep"));
        let shared = std::fs::Permissions::from_mode(0o1777);
        std::fs::set_permissions(dir.path().join("deep"), shared).expect("it is ours");
        assert_eq!(inode(b"/deep/er/"), inode_of(b"/"), "others can change it");
    }
}
