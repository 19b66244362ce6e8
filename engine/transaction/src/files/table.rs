//! The files of one package, as the executor works with them.

use std::collections::HashMap;

use oxidnf_core::ChecksumKind;

use super::state::flag;

/// Type of a file, from its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum FileKind {
    Regular,
    Directory,
    Symlink,
    Fifo,
    CharDevice,
    BlockDevice,
    Socket,
    Other,
}

impl FileKind {
    /// Reads the type bits of a mode.
    pub(crate) const fn of_mode(mode: u32) -> Self {
        match mode & 0o170_000 {
            0o100_000 => FileKind::Regular,
            0o040_000 => FileKind::Directory,
            0o120_000 => FileKind::Symlink,
            0o010_000 => FileKind::Fifo,
            0o020_000 => FileKind::CharDevice,
            0o060_000 => FileKind::BlockDevice,
            0o140_000 => FileKind::Socket,
            _ => FileKind::Other,
        }
    }
}

/// One file.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileInfo {
    /// Index of its directory in [`FileTable::dirs`].
    pub dir: u32,
    /// Last component of the path.
    pub base: Box<[u8]>,
    /// Type and permissions.
    pub mode: u32,
    /// Bytes of content or link target.
    pub size: u64,
    /// Time of last change.
    pub mtime: u32,
    /// Index of the owner's name in [`FileTable::names`].
    pub user: u32,
    /// Index of the group's name in [`FileTable::names`].
    pub group: u32,
    /// Bits of [`flag`].
    pub flags: u32,
    /// Digest of the content; empty when there is none.
    pub digest: Box<[u8]>,
    /// Target of a symbolic link.
    pub link: Box<[u8]>,
    /// Device number as packages keep it: major in the high byte, minor in the low one.
    pub rdev: u16,
    /// Device and inode at build time; equal pairs are hard links.
    pub inode: (u32, u32),
    /// Colour bits.
    pub color: u32,
    /// Languages, separated by `|`.
    pub langs: Box<[u8]>,
    /// Capabilities as text.
    pub caps: Box<[u8]>,
}

impl FileInfo {
    /// Returns the type.
    pub(crate) fn kind(&self) -> FileKind {
        FileKind::of_mode(self.mode)
    }

    /// Tells whether any of these flag bits is set.
    pub(crate) fn has(&self, bits: u32) -> bool {
        self.flags & bits != 0
    }
}

/// All files of a package in the header's order.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileTable {
    /// Directories with leading and trailing slash.
    pub dirs: Vec<Box<[u8]>>,
    /// The files.
    pub files: Vec<FileInfo>,
    /// Names of owners and groups.
    pub names: Vec<Box<str>>,
    /// Algorithm of the digests.
    pub digest_kind: Option<ChecksumKind>,
    /// Sets of hard links with more than one member, each ascending.
    pub link_sets: Vec<Vec<u32>>,
    link_set_of: HashMap<u32, u32>,
}

impl AsRef<FileTable> for FileTable {
    fn as_ref(&self) -> &FileTable {
        self
    }
}

impl FileTable {
    /// Finishes a table: finds the hard link sets.
    pub(crate) fn new(
        dirs: Vec<Box<[u8]>>,
        files: Vec<FileInfo>,
        names: Vec<Box<str>>,
        digest_kind: Option<ChecksumKind>,
    ) -> Self {
        let mut by_inode: HashMap<(u32, u32), Vec<u32>> = HashMap::new();
        for (index, file) in files.iter().enumerate() {
            if file.kind() == FileKind::Regular && !file.has(flag::GHOST) && file.inode.1 > 0 {
                by_inode.entry(file.inode).or_default().push(index as u32);
            }
        }
        let mut link_sets: Vec<Vec<u32>> = by_inode.into_values().filter(|set| set.len() > 1).collect();
        link_sets.sort_unstable();
        let numbered = link_sets.iter().zip(0_u32..);
        let link_set_of = numbered.flat_map(|(set, number)| set.iter().map(move |file| (*file, number))).collect();
        FileTable { dirs, files, names, digest_kind, link_sets, link_set_of }
    }

    /// Returns the number of files.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Tells whether the package has no files.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the hard link set of a file.
    pub(crate) fn link_set(&self, index: usize) -> Option<&[u32]> {
        let number = self.link_set_of.get(&(index as u32))?;
        Some(&self.link_sets[*number as usize])
    }

    /// Returns a file's directory with its slashes.
    pub(crate) fn dirname(&self, index: usize) -> &[u8] {
        &self.dirs[self.files[index].dir as usize]
    }

    /// Returns a file's whole path.
    pub(crate) fn path(&self, index: usize) -> Vec<u8> {
        [self.dirname(index), &self.files[index].base].concat()
    }

    /// Returns a file's whole path for people.
    pub(crate) fn display(&self, index: usize) -> String {
        String::from_utf8_lossy(&self.path(index)).into_owned()
    }

    /// Tells whether the files stand in the order of their paths, as rpmbuild writes them.
    pub(crate) fn is_sorted(&self) -> bool {
        let dir = |file: &FileInfo| self.dirs[file.dir as usize].iter();
        let in_order = |pair: &[FileInfo]| {
            let [one, two] = pair else { return true };
            let later = || dir(one).chain(&*one.base).lt(dir(two).chain(&*two.base));
            if one.dir == two.dir { one.base < two.base } else { later() }
        };
        self.files.windows(2).all(in_order)
    }

    /// Returns the name of the owner.
    pub(crate) fn user(&self, index: usize) -> &str {
        &self.names[self.files[index].user as usize]
    }

    /// Returns the name of the group.
    pub(crate) fn group(&self, index: usize) -> &str {
        &self.names[self.files[index].group as usize]
    }

    /// Returns how many bytes the archive holds for a file.
    ///
    /// Of a hard link set only the last member has content.
    pub(crate) fn archive_size(&self, index: usize) -> u64 {
        let file = &self.files[index];
        match file.kind() {
            FileKind::Symlink => file.size,
            FileKind::Regular => match self.link_set(index) {
                Some(set) if set.last() != Some(&(index as u32)) => 0,
                _ => file.size,
            },
            _ => 0,
        }
    }
}
