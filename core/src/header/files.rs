//! The file list of a header.

use super::{Header, HeaderError, Numbers, StringArray, Tag};
use crate::checksum::ChecksumKind;

/// Flags of a file (`RPMFILE_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FileFlags(pub u32);

#[allow(missing_docs, reason = "the names are rpm's")]
impl FileFlags {
    pub const CONFIG: FileFlags = FileFlags(1);
    pub const DOC: FileFlags = FileFlags(1 << 1);
    pub const ICON: FileFlags = FileFlags(1 << 2);
    pub const MISSINGOK: FileFlags = FileFlags(1 << 3);
    pub const NOREPLACE: FileFlags = FileFlags(1 << 4);
    pub const SPECFILE: FileFlags = FileFlags(1 << 5);
    pub const GHOST: FileFlags = FileFlags(1 << 6);
    pub const LICENSE: FileFlags = FileFlags(1 << 7);
    pub const README: FileFlags = FileFlags(1 << 8);
    pub const PUBKEY: FileFlags = FileFlags(1 << 11);
    pub const ARTIFACT: FileFlags = FileFlags(1 << 12);

    /// Tells whether any bit of `bits` is set.
    pub const fn any(self, bits: FileFlags) -> bool {
        self.0 & bits.0 != 0
    }
}

/// What became of a file when its package was installed (FILESTATES).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are rpm's")]
#[repr(u8)]
pub enum FileState {
    Normal = 0,
    Replaced = 1,
    NotInstalled = 2,
    NetShared = 3,
    WrongColor = 4,
}

impl FileState {
    /// Returns the state for a number of FILESTATES.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => FileState::Normal,
            1 => FileState::Replaced,
            2 => FileState::NotInstalled,
            3 => FileState::NetShared,
            4 => FileState::WrongColor,
            _ => return None,
        })
    }
}

/// One file as the header describes it; texts are bytes, missing arrays give zeros and empty texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileEntry<'a> {
    /// Position in the file list.
    pub index: usize,
    /// Directory, with a slash at its end.
    pub dirname: &'a [u8],
    /// Position of the directory in the list of directories.
    pub dir_index: usize,
    /// Last component of the path.
    pub basename: &'a [u8],
    /// Type and permission bits.
    pub mode: u16,
    /// Size in bytes.
    pub size: u64,
    /// Time of modification, seconds.
    pub mtime: u32,
    /// Owner.
    pub user: &'a [u8],
    /// Group.
    pub group: &'a [u8],
    /// `%config`, `%doc`, `%ghost` and so on.
    pub flags: FileFlags,
    /// Bits of `%verify`.
    pub verify_flags: u32,
    /// Digest in hex, empty for everything but regular files.
    pub digest: &'a [u8],
    /// Target of a symbolic link.
    pub linkto: &'a [u8],
    /// Numbers of a device node: major in the high byte, minor in the low one.
    pub rdev: u16,
    /// Device number, meaningful only together with `inode` (hard links).
    pub dev: u32,
    /// Inode number within the package.
    pub inode: u32,
    /// Capabilities as text.
    pub caps: &'a [u8],
    /// ELF class bits (1 = 32, 2 = 64).
    pub color: u32,
    /// Languages, `|` between them.
    pub langs: &'a [u8],
    /// State; `None` when the header has none (it is not from the database) or the number is unknown.
    pub state: Option<FileState>,
    /// IMA signature in hex.
    pub signature: &'a [u8],
}

impl FileEntry<'_> {
    /// Returns the whole path.
    pub fn path(&self) -> Vec<u8> {
        [self.dirname, self.basename].concat()
    }

    /// Returns the type bits of the mode (`S_IFMT`).
    pub const fn file_type(&self) -> u16 {
        self.mode & 0o170_000
    }

    /// Tells whether the entry is a directory.
    pub const fn is_dir(&self) -> bool {
        self.file_type() == 0o040_000
    }

    /// Tells whether the entry is a regular file.
    pub const fn is_regular(&self) -> bool {
        self.file_type() == 0o100_000
    }

    /// Tells whether the entry is a symbolic link.
    pub const fn is_symlink(&self) -> bool {
        self.file_type() == 0o120_000
    }

    /// Tells whether the entry is a `%ghost`.
    pub const fn is_ghost(&self) -> bool {
        self.flags.any(FileFlags::GHOST)
    }
}

/// The file list of a header with access by position in constant time.
///
/// All counts were compared when the list was made: see [`Header::files`].
#[derive(Debug, Clone)]
pub struct FileList<'a> {
    directories: StringArray<'a>,
    basenames: StringArray<'a>,
    dir_indexes: Numbers<'a>,
    modes: Numbers<'a>,
    sizes: Numbers<'a>,
    mtimes: Numbers<'a>,
    users: StringArray<'a>,
    groups: StringArray<'a>,
    flags: Numbers<'a>,
    verify_flags: Numbers<'a>,
    digests: StringArray<'a>,
    links: StringArray<'a>,
    rdevs: Numbers<'a>,
    devs: Numbers<'a>,
    inodes: Numbers<'a>,
    caps: StringArray<'a>,
    colors: Numbers<'a>,
    langs: StringArray<'a>,
    states: Option<&'a [u8]>,
    signatures: StringArray<'a>,
    digest_kind: Option<ChecksumKind>,
}

impl Header {
    /// Returns the file list; empty when the package has no files.
    ///
    /// Fails as rpm does when an array has another number of elements than there are files, when a directory index
    /// points nowhere, or when owners are missing.
    pub fn files(&self) -> Result<FileList<'_>, HeaderError> {
        let expected = self.get(Tag::BASENAMES).map_or(0, |value| value.count());
        let counted = |tag: Tag| -> Result<(), HeaderError> {
            match self.get(tag).map(|value| value.count()) {
                Some(found) if found != expected => Err(HeaderError::WrongCount { tag, found, expected }),
                _ => Ok(()),
            }
        };
        let needed = |tag: Tag| {
            if expected > 0 && !self.has(tag) { Err(HeaderError::MissingTag(tag)) } else { Ok(()) }
        };
        for tag in [Tag::DIRNAMES, Tag::DIRINDEXES, Tag::FILEUSERNAME, Tag::FILEGROUPNAME, Tag::FILEMODES] {
            needed(tag)?;
        }
        let sizes = if self.has(Tag::LONGFILESIZES) { Tag::LONGFILESIZES } else { Tag::FILESIZES };
        for tag in [
            Tag::DIRINDEXES,
            Tag::FILEMODES,
            sizes,
            Tag::FILEMTIMES,
            Tag::FILEUSERNAME,
            Tag::FILEGROUPNAME,
            Tag::FILEFLAGS,
            Tag::FILEVERIFYFLAGS,
            Tag::FILEDIGESTS,
            Tag::FILELINKTOS,
            Tag::FILERDEVS,
            Tag::FILEDEVICES,
            Tag::FILEINODES,
            Tag::FILECAPS,
            Tag::FILECOLORS,
            Tag::FILELANGS,
            Tag::FILESTATES,
            Tag::FILESIGNATURES,
        ] {
            counted(tag)?;
        }
        let directories = self.string_array(Tag::DIRNAMES);
        let dir_indexes = self.numbers(Tag::DIRINDEXES);
        for (file, index) in dir_indexes.clone().enumerate() {
            if index >= directories.len() as u64 {
                return Err(HeaderError::DirectoryIndex { file, index, directories: directories.len() });
            }
        }
        let digest_number = self.number(Tag::FILEDIGESTALGO).map_or(1, |number| number as u32);
        Ok(FileList {
            directories,
            dir_indexes,
            basenames: self.string_array(Tag::BASENAMES),
            modes: self.numbers(Tag::FILEMODES),
            sizes: self.numbers(sizes),
            mtimes: self.numbers(Tag::FILEMTIMES),
            users: self.string_array(Tag::FILEUSERNAME),
            groups: self.string_array(Tag::FILEGROUPNAME),
            flags: self.numbers(Tag::FILEFLAGS),
            verify_flags: self.numbers(Tag::FILEVERIFYFLAGS),
            digests: self.string_array(Tag::FILEDIGESTS),
            links: self.string_array(Tag::FILELINKTOS),
            rdevs: self.numbers(Tag::FILERDEVS),
            devs: self.numbers(Tag::FILEDEVICES),
            inodes: self.numbers(Tag::FILEINODES),
            caps: self.string_array(Tag::FILECAPS),
            colors: self.numbers(Tag::FILECOLORS),
            langs: self.string_array(Tag::FILELANGS),
            states: self.bin(Tag::FILESTATES),
            signatures: self.string_array(Tag::FILESIGNATURES),
            digest_kind: ChecksumKind::from_rpm_number(digest_number),
        })
    }
}

impl<'a> FileList<'a> {
    /// Returns the number of files.
    pub fn len(&self) -> usize {
        self.basenames.len()
    }

    /// Tells whether there are no files.
    pub fn is_empty(&self) -> bool {
        self.basenames.is_empty()
    }

    /// Returns the file at this position.
    pub fn get(&self, index: usize) -> Option<FileEntry<'a>> {
        let basename = self.basenames.get(index)?;
        let dir_index = number(&self.dir_indexes, index) as usize;
        let text = |array: &StringArray<'a>| array.get(index).unwrap_or_default();
        Some(FileEntry {
            index,
            dirname: self.directories.get(dir_index).unwrap_or_default(),
            dir_index,
            basename,
            mode: number(&self.modes, index) as u16,
            size: number(&self.sizes, index),
            mtime: number(&self.mtimes, index) as u32,
            user: text(&self.users),
            group: text(&self.groups),
            flags: FileFlags(number(&self.flags, index) as u32),
            verify_flags: number(&self.verify_flags, index) as u32,
            digest: text(&self.digests),
            linkto: text(&self.links),
            rdev: number(&self.rdevs, index) as u16,
            dev: number(&self.devs, index) as u32,
            inode: number(&self.inodes, index) as u32,
            caps: text(&self.caps),
            color: number(&self.colors, index) as u32,
            langs: text(&self.langs),
            state: self.states.and_then(|states| FileState::from_number(*states.get(index)?)),
            signature: text(&self.signatures),
        })
    }

    /// Returns the file at this position.
    ///
    /// # Panics
    ///
    /// When `index` is not less than [`FileList::len`], as slices do.
    pub fn file(&self, index: usize) -> FileEntry<'a> {
        self.get(index).expect("the caller counts files with len()")
    }

    /// Returns the path of the file at this position; empty when there is no such file.
    pub fn path(&self, index: usize) -> Vec<u8> {
        self.get(index).map(|file| file.path()).unwrap_or_default()
    }

    /// Iterates over the files.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = FileEntry<'a>> + '_ {
        (0..self.len()).map(|index| self.file(index))
    }

    /// Returns the directories, each with a slash at its end.
    pub fn directories(&self) -> &StringArray<'a> {
        &self.directories
    }

    /// Tells whether the header knows states: it is a record of the database.
    pub fn has_states(&self) -> bool {
        self.states.is_some()
    }

    /// Returns the algorithm of the files' digests (MD5 when the header names none); `None` when it is unknown.
    pub fn digest_kind(&self) -> Option<ChecksumKind> {
        self.digest_kind
    }
}

fn number(numbers: &Numbers<'_>, index: usize) -> u64 {
    numbers.get(index).unwrap_or(0)
}
