//! The bytes of a catalog: a mapped file or memory.

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

pub(crate) enum Bytes {
    Map(Mmap),
    Memory(Vec<u8>),
}

impl Bytes {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Ok(Bytes::Memory(Vec::new()));
        }
        Self::map(&file).map(Bytes::Map)
    }

    #[expect(unsafe_code, reason = "a map of a file is only sound while nobody changes the file")]
    fn map(file: &File) -> io::Result<Mmap> {
        // SAFETY: catalogs are written under a temporary name and renamed into place, and never changed afterwards, so
        // the mapped inode keeps its bytes and its length for as long as the map lives. The directory is writable by
        // the owner of the cache only; who can break the rule there can already run code as this user. Every read goes
        // through `Store`, which bounds it and checks it against a checksum, and no `&str` is made without checking.
        unsafe { Mmap::map(file) }
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Map(map) => map,
            Bytes::Memory(bytes) => bytes,
        }
    }
}
