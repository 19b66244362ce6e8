//! Identity of directories, so that two ways to write a path are seen to be one.
//!
//! A directory is the deepest existing one on its path (device and inode, links followed) and the rest of the path,
//! in which links that the transaction itself installs are followed, too.

use std::collections::HashMap;

use crate::files::table::FileKind;
use crate::fsm::dirs::RootDir;

/// Most packaged links that are followed for one directory.
const MAX_LINKS: usize = 50;

/// Identity of a directory within one [`Fingerprints`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DirId(u32);

#[derive(Debug, Clone)]
struct Directory {
    device: u64,
    inode: u64,
    /// Path of the existing part, without a slash at its end.
    existing: Vec<u8>,
    /// What does not exist yet, without slashes at its ends.
    rest: Vec<u8>,
}

/// A cache of directories.
#[derive(Debug)]
pub(crate) struct Fingerprints<'r> {
    root: &'r RootDir,
    by_path: HashMap<Vec<u8>, DirId>,
    by_identity: HashMap<(u64, u64, Vec<u8>), DirId>,
    directories: Vec<Directory>,
    existing: HashMap<Vec<u8>, Option<(u64, u64)>>,
    /// Links that the transaction installs.
    links: HashMap<(DirId, Vec<u8>), Vec<u8>>,
    followed: HashMap<DirId, DirId>,
}

impl<'r> Fingerprints<'r> {
    /// Starts with nothing known.
    pub(crate) fn new(root: &'r RootDir) -> Self {
        Fingerprints {
            root,
            by_path: HashMap::new(),
            by_identity: HashMap::new(),
            directories: Vec::new(),
            existing: HashMap::new(),
            links: HashMap::new(),
            followed: HashMap::new(),
        }
    }

    /// Returns the identity of a directory as it is on disk.
    pub(crate) fn on_disk(&mut self, path: &[u8]) -> DirId {
        if let Some(id) = self.by_path.get(path) {
            return *id;
        }
        let clean = clean(path);
        let mut end = clean.len();
        let (device, inode) = loop {
            if let Some(found) = self.stat(&clean[..end]) {
                break found;
            }
            end = clean[..end].iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            if end == 0 {
                break self.stat(b"").unwrap_or_default();
            }
        };
        let rest = clean[end..].strip_prefix(b"/").unwrap_or(&clean[end..]).to_vec();
        let next = DirId(self.directories.len() as u32);
        let id = *self.by_identity.entry((device, inode, rest.clone())).or_insert(next);
        if id == next {
            self.directories.push(Directory { device, inode, existing: clean[..end].to_vec(), rest });
        }
        self.by_path.insert(path.to_vec(), id);
        id
    }

    /// Takes note of a link that will be there.
    pub(crate) fn add_link(&mut self, dir: DirId, base: &[u8], target: &[u8]) {
        if !target.is_empty() {
            // Of several links of one name rpm follows the first.
            self.links.entry((dir, base.to_vec())).or_insert_with(|| target.to_vec());
            self.followed.clear();
        }
    }

    /// Returns the identity of a directory once the noted links are there.
    pub(crate) fn after(&mut self, dir: DirId) -> DirId {
        if self.links.is_empty() {
            return dir;
        }
        if let Some(id) = self.followed.get(&dir) {
            return *id;
        }
        let mut current = dir;
        for _ in 0..MAX_LINKS {
            match self.through_link(current) {
                Some(next) => current = next,
                None => break,
            }
        }
        self.followed.insert(dir, current);
        current
    }

    /// Returns the device of the existing part of a directory, and the path of that part.
    pub(crate) fn place(&self, dir: DirId) -> (u64, &[u8]) {
        let directory = &self.directories[dir.0 as usize];
        (directory.device, &directory.existing)
    }

    /// Follows the first packaged link on the part that does not exist yet.
    fn through_link(&mut self, dir: DirId) -> Option<DirId> {
        let Directory { device, inode, existing, rest } = self.directories[dir.0 as usize].clone();
        let mut start = 0;
        while start < rest.len() {
            let end = rest[start..].iter().position(|byte| *byte == b'/').map_or(rest.len(), |at| start + at);
            let parent = rest[..start].strip_suffix(b"/").unwrap_or(&rest[..start]);
            let key = self.by_identity.get(&(device, inode, parent.to_vec())).copied();
            let link = key.and_then(|key| self.links.get(&(key, rest[start..end].to_vec())));
            if let Some(target) = link {
                let path = if target.starts_with(b"/") {
                    [target, &rest[end..]].concat()
                } else {
                    [&existing, &b"/"[..], parent, b"/", target, &rest[end..]].concat()
                };
                let next = self.on_disk(&path);
                return (next != dir).then_some(next);
            }
            start = end + 1;
        }
        None
    }

    fn stat(&mut self, path: &[u8]) -> Option<(u64, u64)> {
        if let Some(known) = self.existing.get(path) {
            return *known;
        }
        let facts = self.root.stat(path).ok();
        let found = facts
            .filter(|stat| FileKind::of_mode(stat.st_mode) == FileKind::Directory)
            .map(|stat| (stat.st_dev, stat.st_ino));
        self.existing.insert(path.to_vec(), found);
        found
    }
}

/// Returns a path without repeated slashes, `.` and `..`, and without a slash at its end.
fn clean(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.iter().flat_map(|part| [b"/", *part].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_on_disk_and_in_packages_lead_to_one_directory() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir_all(dir.path().join("usr/lib")).expect("new directories");
        std::os::unix::fs::symlink("usr/lib", dir.path().join("lib")).expect("a new link");
        let root = RootDir::open(dir.path()).expect("the directory is there");
        let mut prints = Fingerprints::new(&root);
        assert_eq!(prints.on_disk(b"/lib/"), prints.on_disk(b"/usr/lib/"));
        assert_eq!(prints.on_disk(b"/lib/x/y/"), prints.on_disk(b"/usr//lib/./x/y"));
        let (bin, usr_bin) = (prints.on_disk(b"/bin/"), prints.on_disk(b"/usr/bin/"));
        assert_ne!(bin, usr_bin);
        let top = prints.on_disk(b"/");
        prints.add_link(top, b"bin", b"usr/bin");
        assert_eq!(prints.after(bin), usr_bin);
        let deep = prints.on_disk(b"/bin/a/");
        assert_eq!(prints.after(deep), prints.on_disk(b"/usr/bin/a/"));
        prints.add_link(top, b"loop", b"loop/x");
        let endless = prints.on_disk(b"/loop/");
        let _ = prints.after(endless);
    }
}
