//! Walks through an archive and hands out the wanted data in batches.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use super::block::{Block, BlockPool};
use super::cpio::{CpioReader, EntryName};
use super::{BrokenPayload, PayloadError};
use crate::files::state::flag;
use crate::files::table::{FileKind, FileTable};

/// Most parts in one batch, so that small files do not wait for each other too long.
const MAX_PARTS: usize = 64;

/// Data of one file, or a piece of it, inside a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Index of the file in the header.
    pub file: u32,
    /// Where its bytes begin in the batch's block.
    pub start: u32,
    /// Number of bytes.
    pub len: u32,
    /// Whether these are the first bytes.
    pub first: bool,
    /// Whether these are the last bytes.
    pub last: bool,
}

/// Some data, in the order of the archive.
pub(crate) struct Batch {
    /// The bytes.
    pub block: Arc<Block>,
    /// What they belong to.
    pub parts: Vec<Part>,
}

/// Why a walk stopped early.
pub(crate) enum Stop {
    /// The archive is bad.
    Bad(BrokenPayload),
    /// Nobody wants the data any more.
    Closed,
}

impl From<PayloadError> for Stop {
    fn from(error: PayloadError) -> Self {
        Stop::Bad(error.into())
    }
}

/// Finds files by the names of archive entries.
struct Lookup<'a> {
    table: &'a FileTable,
    /// Archives nearly always have the header's order: the next file is tried first.
    next: usize,
    map: Option<HashMap<Vec<u8>, u32>>,
}

impl Lookup<'_> {
    fn index(&mut self, name: EntryName) -> Result<usize, PayloadError> {
        let index = match name {
            EntryName::Index(index) => Some(index as usize).filter(|index| *index < self.table.len()),
            EntryName::Path(path) => {
                let bare = bare(&path);
                let found = self.find(bare);
                if found.is_none() {
                    return Err(PayloadError::NotInHeader { name: path });
                }
                found
            }
        };
        let index = index.ok_or(PayloadError::NotInHeader { name: Vec::new() })?;
        self.next = index + 1;
        Ok(index)
    }

    fn find(&mut self, path: &[u8]) -> Option<usize> {
        let table = self.table;
        if let Some(file) = table.files.get(self.next) {
            let dir = bare(&table.dirs[file.dir as usize]);
            if path.len() == dir.len() + file.base.len() && path.starts_with(dir) && path.ends_with(&file.base) {
                return Some(self.next);
            }
        }
        let map = self.map.get_or_insert_with(|| {
            (0..table.len()).map(|index| (bare(&table.path(index)).to_vec(), index as u32)).collect()
        });
        map.get(path).map(|index| *index as usize)
    }
}

/// Strips the `./` or `/` that packages of different ages put before names.
fn bare(path: &[u8]) -> &[u8] {
    path.strip_prefix(b"./").or_else(|| path.strip_prefix(b"/")).unwrap_or(path)
}

/// What a walk needs to know.
pub(crate) struct Walk<'a> {
    /// The header's files.
    pub table: &'a FileTable,
    /// Which of them are wanted.
    pub wanted: &'a [bool],
    /// Where blocks come from.
    pub pool: &'a Arc<BlockPool>,
}

impl Walk<'_> {
    /// Reads a whole archive and hands every batch to `sink`, until that returns false.
    pub(crate) fn run<R: Read>(&self, input: R, sink: &mut dyn FnMut(Batch) -> bool) -> Result<(), Stop> {
        let mut reader = CpioReader::new(input);
        let mut filler = Filler { walk: self, sink, block: None, used: 0, parts: Vec::new() };
        let end = self.entries(&mut reader, &mut filler);
        // What came before the mistake is handed out first: rpm, too, has begun with it.
        filler.flush().and(end)
    }

    fn entries<R: Read>(&self, reader: &mut CpioReader<R>, filler: &mut Filler<'_, '_>) -> Result<(), Stop> {
        let mut lookup = Lookup { table: self.table, next: 0, map: None };
        let mut seen = vec![false; self.table.len()];
        while let Some(entry) = reader.next_entry()? {
            let index = lookup.index(entry)?;
            seen[index] = true;
            let expected = self.table.archive_size(index);
            // What the archive says of the length rpm does not look at.
            // witness: compat-tests/tests/transactions/files.rs::broken_archives
            reader.set_size(expected);
            let kind = self.table.files[index].kind();
            if kind == FileKind::Symlink {
                // Before anything is done about it, as where it leads is known from the header.
                reader.skip_rest()?;
            }
            if self.wants(index) {
                let size = if kind == FileKind::Regular { expected } else { 0 };
                filler.fill(reader, index as u32, size)?;
            }
        }
        let missing = seen.iter().zip(&self.table.files).any(|(seen, file)| !seen && !file.has(flag::GHOST));
        if missing {
            return Err(PayloadError::MissingFiles.into());
        }
        Ok(())
    }

    /// The content of a hard link set is wanted when any of its members is.
    fn wants(&self, index: usize) -> bool {
        let wanted = |index: usize| self.wanted.get(index).copied().unwrap_or(false);
        wanted(index) || self.table.link_set(index).is_some_and(|set| set.iter().any(|file| wanted(*file as usize)))
    }
}

/// Collects data into blocks.
struct Filler<'a, 'w> {
    walk: &'a Walk<'w>,
    sink: &'a mut dyn FnMut(Batch) -> bool,
    block: Option<Block>,
    used: usize,
    parts: Vec<Part>,
}

impl Filler<'_, '_> {
    fn fill<R: Read>(&mut self, reader: &mut CpioReader<R>, file: u32, size: u64) -> Result<(), Stop> {
        let mut left = size;
        let mut first = true;
        loop {
            self.make_room(left)?;
            let block = self.block.as_mut().ok_or(Stop::Closed)?;
            let room = &mut block[self.used..];
            let len = room.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let mut done = 0;
            while done < len {
                match reader.read_data(&mut room[done..len]) {
                    Ok(0) => return Err(PayloadError::Read(std::io::ErrorKind::UnexpectedEof.into()).into()),
                    Ok(got) => done += got,
                    Err(error) => return Err(Stop::Bad(BrokenPayload { file: Some(file), error })),
                }
            }
            left -= len as u64;
            self.parts.push(Part { file, start: self.used as u32, len: len as u32, first, last: left == 0 });
            self.used += len;
            first = false;
            if left == 0 {
                return Ok(());
            }
        }
    }

    /// Begins a new block when the file would otherwise be cut although it could lie in one piece.
    fn make_room(&mut self, left: u64) -> Result<(), Stop> {
        if let Some(block) = &self.block {
            let room = (block.len() - self.used) as u64;
            let cut = left > room && (left <= block.len() as u64 || room < block.len() as u64 / 2);
            if cut || self.parts.len() >= MAX_PARTS {
                self.flush()?;
            }
        }
        if self.block.is_none() {
            self.block = Some(self.walk.pool.take().ok_or(Stop::Closed)?);
            self.used = 0;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        let Some(block) = self.block.take() else { return Ok(()) };
        let batch = Batch { block: Arc::new(block), parts: std::mem::take(&mut self.parts) };
        if (self.sink)(batch) { Ok(()) } else { Err(Stop::Closed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::table::FileInfo;
    use proptest::prelude::*;

    fn table() -> FileTable {
        let file = |base: &str, size, inode| FileInfo {
            base: base.as_bytes().into(),
            mode: 0o100_644,
            size,
            inode: (1, inode),
            ..FileInfo::default()
        };
        let files = vec![file("a", 5, 1), file("b", 3, 2), file("c", 3, 2), file("d", 300_000, 3)];
        FileTable::new(vec![b"/x/".to_vec().into()], files, vec!["root".into()], None)
    }

    fn archive() -> Vec<u8> {
        let mut out = Vec::new();
        for (index, data) in [(0, b"12345".to_vec()), (1, Vec::new()), (2, b"abc".to_vec()), (3, vec![7; 300_000])] {
            out.extend(format!("07070X{index:08x}\0\0").bytes());
            out.extend(data);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        out.extend(b"070701");
        out.extend((0..13).flat_map(|field| format!("{:08x}", if field == 11 { 11 } else { 0 }).into_bytes()));
        out.extend(b"TRAILER!!!\0");
        out.resize(out.len().next_multiple_of(4), 0);
        out
    }

    type Contents = Vec<(u32, Vec<u8>)>;

    fn walk(bytes: &[u8], wanted: &[bool]) -> (Contents, Result<(), Stop>) {
        let (table, pool) = (table(), BlockPool::new(1 << 20, 1));
        let mut files = Contents::new();
        let walk = Walk { table: &table, wanted, pool: &pool };
        let result = walk.run(bytes, &mut |batch| {
            for part in &batch.parts {
                if part.first {
                    files.push((part.file, Vec::new()));
                }
                let bytes = &batch.block[part.start as usize..(part.start + part.len) as usize];
                files.last_mut().expect("the first part came before").1.extend(bytes);
            }
            true
        });
        (files, result)
    }

    #[test]
    fn content_comes_in_the_archives_order() {
        let (files, result) = walk(&archive(), &[true; 4]);
        assert!(result.is_ok());
        let sizes: Vec<(u32, usize)> = files.iter().map(|(file, data)| (*file, data.len())).collect();
        assert_eq!(sizes, [(0, 5), (1, 0), (2, 3), (3, 300_000)]);
        let (files, _) = walk(&archive(), &[false, true, false, false]);
        assert_eq!(files, [(1, Vec::new()), (2, b"abc".to_vec())], "the last member holds the content of the set");
    }

    #[test]
    fn what_is_missing_is_noticed() {
        let whole = archive();
        let skipped = walk(&whole[24..], &[true; 4]).1;
        assert!(matches!(skipped, Err(Stop::Bad(BrokenPayload { error: PayloadError::MissingFiles, .. }))));
        let cut = walk(&whole[..1000], &[true; 4]).1;
        assert!(matches!(cut, Err(Stop::Bad(BrokenPayload { file: Some(3), error: PayloadError::Read(_) }))));
    }

    proptest! {
        #[test]
        fn never_panics(flips in proptest::collection::vec((0_usize..200, any::<u8>()), 0..8), cut in 0_usize..400) {
            let mut bytes = archive();
            bytes.drain(100..300_000);
            for (at, value) in flips {
                bytes[at] = value;
            }
            bytes.truncate(cut);
            let _ = walk(&bytes, &[true; 4]);
        }
    }
}
