//! Files under names of their making that an interrupted run has left behind.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{self, AtFlags, Mode, OFlags};

use crate::files::table::FileTable;
use crate::fsm::dirs::{DirWalker, RootDir};

/// How the names of staged files begin where the file system makes no files without a name.
const STAGED: &[u8] = b".oxidnf-";

/// Removes what was left under the temporary names of a package's files.
pub(super) fn remove_temporaries(root: &RootDir, table: &FileTable, suffix: &[u8]) {
    let mut walker = DirWalker::new(root);
    for (file, info) in table.files.iter().enumerate() {
        if let Ok(dir) = walker.dir(table.dirname(file), false) {
            let name = [&info.base, suffix].concat();
            // Most are not there.
            let _ = fs::unlinkat(&*dir, OsStr::from_bytes(&name), AtFlags::empty());
        }
    }
}

/// Removes staged files from the directories of packages and all those above them.
pub(super) fn remove_staged<T: AsRef<FileTable>>(root: &RootDir, tables: &[T], suffix: &[u8]) {
    let mut paths: BTreeSet<&[u8]> = BTreeSet::new();
    for dir in tables.iter().flat_map(|table| &table.as_ref().dirs) {
        let mut path = dir.strip_suffix(b"/").unwrap_or(dir);
        while paths.insert(path)
            && let Some(parent) = path.iter().rposition(|byte| *byte == b'/')
        {
            path = &path[..parent];
        }
    }
    let mut walker = DirWalker::new(root);
    for path in paths {
        let Ok(dir) = walker.dir(path, false) else { continue };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = fs::openat(&*dir, ".", flags, Mode::empty()).and_then(fs::Dir::new);
        for entry in opened.into_iter().flatten().flatten() {
            let name = entry.file_name().to_bytes();
            if name.starts_with(STAGED) && name.ends_with(suffix) {
                let _ = fs::unlinkat(&*dir, OsStr::from_bytes(name), AtFlags::empty());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::table::FileInfo;

    #[test]
    fn only_what_an_interrupted_run_has_made_goes() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = RootDir::open(dir.path()).expect("it is there");
        let path = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(path("usr/share")).expect("it is writable");
        let ours =
            [".oxidnf-0;0000002a", "usr/.oxidnf-1f;0000002a", "usr/share/.oxidnf-2;0000002a", "usr/share/a;0000002a"];
        let others = ["usr/.oxidnf-1;0000002b", "usr/share/a", "usr/share/b;0000002a", "usr/share/.oxidnf-"];
        for name in ours.iter().chain(&others) {
            std::fs::write(path(name), "").expect("it is writable");
        }
        let file = FileInfo { base: b"a"[..].into(), ..FileInfo::default() };
        let table = FileTable::new(vec![b"/usr/share/"[..].into()], vec![file], Vec::new(), None);
        remove_temporaries(&root, &table, b";0000002a");
        remove_staged(&root, &[&table], b";0000002a");
        assert!(ours.iter().all(|name| !path(name).exists()));
        assert!(others.iter().all(|name| path(name).exists()));
    }
}
