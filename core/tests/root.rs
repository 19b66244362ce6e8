//! Paths stay beneath the root, whatever links say; writes are all or nothing; locks keep processes apart.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use oxidnf_core::Root;
use oxidnf_core::lock::FileLock;

fn root() -> (tempfile::TempDir, Root) {
    let directory = tempfile::tempdir().unwrap();
    let root = Root::open(directory.path()).unwrap();
    (directory, root)
}

#[test]
fn links_do_not_lead_out() {
    let (directory, root) = root();
    std::fs::create_dir(directory.path().join("etc")).unwrap();
    symlink("/etc", directory.path().join("absolute")).unwrap();
    symlink("../../../../etc", directory.path().join("dots")).unwrap();
    symlink("/proc/self/root", directory.path().join("magic")).unwrap();
    for link in ["absolute/f", "/dots/f", "etc/../../../etc/f"] {
        root.write_atomic(link, link.as_bytes(), 0o640).unwrap();
        assert_eq!(std::fs::read_to_string(directory.path().join("etc/f")).unwrap(), link);
        assert_eq!(root.read_to_string("/etc/f").unwrap(), link);
    }
    assert!(root.open_dir("magic").is_err());
    assert!(!root.exists("/etc/passwd"));
    assert_eq!(root.read_link("absolute").unwrap(), Path::new("/etc"));
    assert_eq!(root.read_dir("/").unwrap().len(), 4);
}

#[test]
fn writes_replace_and_leave_nothing_behind() {
    let (directory, root) = root();
    root.create_dir_all("/a/b/c", 0o755).unwrap();
    root.create_dir_all("a/b/c", 0o755).unwrap();
    root.write_atomic("a/b/c/file", b"one", 0o600).unwrap();
    root.write_atomic("a/b/c/file", b"two", 0o644).unwrap();
    assert_eq!(root.read("a/b/c/file").unwrap(), b"two");
    assert_eq!(root.read_dir("a/b/c").unwrap().len(), 1);
    let mode = std::fs::metadata(directory.path().join("a/b/c/file")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    assert!(root.write_atomic("a/b", b"not a file", 0o644).is_err());
    assert_eq!(root.read_dir("a").unwrap().len(), 1);
    root.rename("a/b/c/file", "moved").unwrap();
    root.remove_file("moved").unwrap();
    assert!(!root.exists("moved"));
    symlink("/etc", directory.path().join("a/link")).unwrap();
    root.remove_dir_all("a").unwrap();
    assert!(!root.exists("a") && Path::new("/etc").exists());
}

#[test]
fn locks_are_seen_by_other_processes() {
    let (directory, root) = root();
    let path = directory.path().join("lock");
    let open = || std::fs::File::options().create(true).truncate(false).read(true).write(true).open(&path).unwrap();
    let lock = FileLock::try_exclusive(open()).unwrap().unwrap();
    assert!(root.exists("lock"));
    // A lock of the same process never conflicts with itself, so only its kind can be checked here.
    assert!(lock.file().metadata().unwrap().is_file());
    drop(lock);
    assert!(FileLock::try_shared(open()).unwrap().is_some());
}
