//! The bytes of files as memory: mapped, or read block by block when they are first asked for. And memory that is given
//! back.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memmap2::{Advice, Mmap, MmapOptions, MmapRaw};

use crate::format::BLOCK;

/// A mapped file, or memory.
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
        // SAFETY: catalogs and path indexes are written under a temporary name and renamed into place, and never changed afterwards,
        // so the mapped inode keeps its bytes and its length for as long as the map lives. The directory is writable by
        // the owner of the cache only; who can break the rule there can already run code as this user. What is read is
        // bounded and checked against a checksum, and no `&str` is made without checking.
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

/// What [`Blocks`] are read from.
pub(crate) enum Content {
    File { file: Arc<File>, len: usize },
    Memory(Arc<Bytes>),
}

impl Content {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let len = usize::try_from(file.metadata()?.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        Ok(Content::File { file: Arc::new(file), len })
    }

    pub(crate) fn of_memory(bytes: Vec<u8>) -> Self {
        Content::Memory(Arc::new(Bytes::Memory(bytes)))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Content::File { len, .. } => *len,
            Content::Memory(bytes) => bytes.len(),
        }
    }

    /// Returns a copy of some bytes; `None` when they are not all there.
    pub(crate) fn copy(&self, range: Range<usize>) -> Option<Vec<u8>> {
        if range.end > self.len() || range.start > range.end {
            return None;
        }
        match self {
            Content::Memory(bytes) => Some(bytes[range].to_vec()),
            Content::File { file, .. } => {
                let mut bytes = vec![0; range.len()];
                file.read_exact_at(&mut bytes, range.start as u64).ok()?;
                Some(bytes)
            }
        }
    }
}

/// So many blocks are read at once at most, when they are asked for one after the other.
const AHEAD: usize = 16;

/// Blocks side by side, each of [`BLOCK`] bytes where pages are or what is left of it, and read when it is first asked
/// for.
///
/// A map of the file is right for what is read from front to back. But the kernel maps sixteen pages where one is
/// touched, which for questions that jump about makes half of the file resident; then a copy is better, of which a page
/// is resident when something on it was asked for.
pub(crate) struct Blocks {
    place: Place,
    /// Where the blocks start and end in the file.
    span: Range<usize>,
    /// One bit for every block that was read and found sound; its bytes are not written any more from then on.
    ready: Box<[AtomicU64]>,
    /// Held while blocks are read: where the last read ended, and how many blocks it was.
    last: Mutex<(usize, usize)>,
}

enum Place {
    /// Memory as long as the file, of which only what was read is used.
    Copy {
        file: Arc<File>,
        memory: MmapRaw,
    },
    Shared(Arc<Bytes>),
}

impl Blocks {
    /// Takes the part of a file that consists of blocks, to be copied where it is asked for; the last block may be
    /// shorter.
    pub(crate) fn copied(content: &Content, span: Range<usize>) -> io::Result<Self> {
        let place = match content {
            Content::Memory(bytes) => Place::Shared(Arc::clone(bytes)),
            Content::File { file, len } => {
                let memory = MmapRaw::from(MmapOptions::new().len((*len).max(1)).no_reserve_swap().map_anon()?);
                // Large pages would make resident what nobody asked for; a kernel without them does not.
                let _ = memory.advise(Advice::NoHugePage);
                Place::Copy { file: Arc::clone(file), memory }
            }
        };
        Self::new(place, content, span)
    }

    /// As [`Blocks::copied`], but mapped.
    pub(crate) fn mapped(content: &Content, span: Range<usize>) -> io::Result<Self> {
        let bytes = match content {
            Content::Memory(bytes) => Arc::clone(bytes),
            Content::File { len: 0, .. } => Arc::new(Bytes::Memory(Vec::new())),
            Content::File { file, .. } => Arc::new(Bytes::Map(Bytes::map(file)?)),
        };
        if bytes.len() < content.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Self::new(Place::Shared(bytes), content, span)
    }

    fn new(place: Place, content: &Content, span: Range<usize>) -> io::Result<Self> {
        if span.start > span.end || span.end > content.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let words = span.end.div_ceil(BLOCK).div_ceil(64);
        let ready = (0..words).map(|_| AtomicU64::new(0)).collect();
        Ok(Blocks { place, span, ready, last: Mutex::new((usize::MAX, 0)) })
    }

    /// Returns the number of blocks, counted from the start of the file.
    fn count(&self) -> usize {
        self.span.end.div_ceil(BLOCK)
    }

    /// Returns bytes of the file, or `None` when they are not in blocks, cannot be read, or `is_sound` says no of a
    /// block with its number.
    #[inline]
    pub(crate) fn get(&self, range: Range<usize>, is_sound: impl Fn(usize, &[u8]) -> bool) -> Option<&[u8]> {
        if range.start < self.span.start || range.end > self.span.end || range.start >= range.end {
            return None;
        }
        let (first, last) = (range.start / BLOCK, (range.end - 1) / BLOCK);
        if !(first..=last).all(|block| self.is_ready(block) || self.read(block, &is_sound)) {
            return None;
        }
        Some(match &self.place {
            Place::Shared(bytes) => &bytes[range],
            Place::Copy { memory, .. } => Self::shared(memory, range),
        })
    }

    #[inline]
    fn is_ready(&self, block: usize) -> bool {
        // Pairs with the release in `read`: who sees the bit sees the bytes.
        self.ready[block / 64].load(Ordering::Acquire) & (1 << (block % 64)) != 0
    }

    /// Returns where a block is in the file.
    fn range(&self, block: usize) -> Range<usize> {
        let start = block * BLOCK;
        start.max(self.span.start)..(start + BLOCK).min(self.span.end)
    }

    #[cold]
    fn read(&self, block: usize, is_sound: &impl Fn(usize, &[u8]) -> bool) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_ready(block) {
            return true;
        }
        let wanted = if block == last.0 { (last.1 * 2).min(AHEAD) } else { 1 };
        let end = (block + 1..self.count()).take(wanted - 1).find(|next| self.is_ready(*next));
        let end = end.unwrap_or((block + wanted).min(self.count()));
        let range = self.range(block).start..self.range(end - 1).end;
        let bytes: &[u8] = match &self.place {
            Place::Shared(bytes) => &bytes[range.clone()],
            Place::Copy { file, memory } => {
                let bytes = Self::exclusive(&mut last, memory, range.clone());
                if file.read_exact_at(bytes, range.start as u64).is_err() {
                    return false;
                }
                bytes
            }
        };
        for number in block..end {
            let part = self.range(number);
            if is_sound(number, &bytes[part.start - range.start..part.end - range.start]) {
                self.ready[number / 64].fetch_or(1 << (number % 64), Ordering::Release);
            }
        }
        *last = (end, end - block);
        self.is_ready(block)
    }

    /// Returns bytes of blocks that are all ready.
    #[expect(unsafe_code, reason = "blocks are written once, and lent when they are")]
    fn shared(memory: &MmapRaw, range: Range<usize>) -> &[u8] {
        // SAFETY: the range lies in the memory (`span` ends before the file does, and `get` checked against it). All of
        // its blocks are ready: `read` writes only to blocks that are not, and a block never stops being ready, so
        // nobody writes to these bytes while the slice lives. The memory lives as long as `self`, which the slice
        // borrows.
        unsafe { std::slice::from_raw_parts(memory.as_ptr().add(range.start), range.len()) }
    }

    /// Returns bytes of blocks none of which is ready, for whoever holds the lock.
    #[expect(unsafe_code, reason = "blocks are written once, and lent when they are")]
    #[expect(clippy::mut_from_ref, reason = "the lock says who may write")]
    fn exclusive<'m>(
        _lock: &mut MutexGuard<'_, (usize, usize)>,
        memory: &'m MmapRaw,
        range: Range<usize>,
    ) -> &'m mut [u8] {
        // SAFETY: the range lies in the memory, as for `shared`. Only blocks that are ready are lent to others, bits
        // are only set by who holds the lock, and the caller found none set of these blocks after it took the lock and
        // sets them when it writes no more. So this is the only reference to these bytes.
        unsafe { std::slice::from_raw_parts_mut(memory.as_mut_ptr().add(range.start), range.len()) }
    }
}

/// Gives free memory back to the system. glibc keeps what a thread had for threads to come, which for those that parse
/// is several times what comes after them needs.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "the C library has a function for that, and Rust has none")]
pub(crate) fn give_back_memory() {
    // SAFETY: the function takes its own locks and only concerns memory that nobody has.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Other C libraries give memory back on their own.
#[cfg(not(target_env = "gnu"))]
pub(crate) fn give_back_memory() {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::atomic::AtomicUsize;

    fn content() -> Vec<u8> {
        (0..20 * BLOCK + 100).map(|at| (at / 7) as u8).collect()
    }

    fn file(bytes: &[u8]) -> Content {
        let mut file = tempfile::tempfile().expect("temporary file");
        file.write_all(bytes).expect("written");
        Content::File { file: Arc::new(file), len: bytes.len() }
    }

    #[test]
    fn blocks_are_what_is_in_the_file() {
        let bytes = content();
        let contents = [file(&bytes), Content::of_memory(bytes.clone())];
        for (content, make) in
            contents.iter().flat_map(|content| [(content, Blocks::copied as fn(&_, _) -> _), (content, Blocks::mapped)])
        {
            assert_eq!(content.copy(3..9).expect("there"), bytes[3..9]);
            assert_eq!(content.copy(3..bytes.len() + 1), None);
            let blocks: Blocks = make(content, 50..bytes.len() - 20).expect("long enough");
            for range in [50..51, 60..70, 5000..30_000, 7 * BLOCK..7 * BLOCK + 1, bytes.len() - 21..bytes.len() - 20] {
                assert_eq!(blocks.get(range.clone(), |_, _| true).expect("there"), &bytes[range]);
            }
            for range in [0..1, 49..60, 60..60, bytes.len() - 21..bytes.len() - 19] {
                assert_eq!(blocks.get(range, |_, _| true), None);
            }
        }
        assert!(Blocks::copied(&contents[0], 0..1 << 30).is_err());
        assert!(Blocks::mapped(&contents[1], 0..1 << 30).is_err());
    }

    #[test]
    fn unsound_blocks_are_not_lent() {
        let bytes = content();
        let blocks = Blocks::copied(&file(&bytes), 0..bytes.len()).expect("long enough");
        let is_sound = |block: usize, _: &[u8]| block != 3;
        assert_eq!(blocks.get(0..3 * BLOCK, is_sound).expect("sound"), &bytes[..3 * BLOCK]);
        assert_eq!(blocks.get(3 * BLOCK - 1..3 * BLOCK + 1, is_sound), None);
        assert_eq!(blocks.get(4 * BLOCK..5 * BLOCK, is_sound).expect("sound"), &bytes[4 * BLOCK..5 * BLOCK]);
    }

    #[test]
    fn each_block_is_read_once_and_few_ahead() {
        let bytes = content();
        let blocks = Blocks::copied(&file(&bytes), 0..bytes.len()).expect("long enough");
        let judged = AtomicUsize::new(0);
        let judge = |_: usize, _: &[u8]| {
            judged.fetch_add(1, Ordering::Relaxed);
            true
        };
        for block in [9, 2, 15, 9] {
            blocks.get(block * BLOCK..block * BLOCK + 1, judge).expect("there");
        }
        assert_eq!(judged.load(Ordering::Relaxed), 3, "who jumps gets single blocks");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for at in (0..bytes.len()).step_by(1000) {
                        let end = (at + 1000).min(bytes.len());
                        assert_eq!(blocks.get(at..end, judge).expect("there"), &bytes[at..end]);
                    }
                });
            }
        });
        assert_eq!(judged.load(Ordering::Relaxed), blocks.count());
    }

    #[test]
    fn a_file_that_was_cut_short_is_noticed() {
        let bytes = content();
        let Content::File { file, len } = file(&bytes) else { unreachable!("the content is in a file") };
        file.set_len(5000).expect("cut");
        let blocks = Blocks::copied(&Content::File { file, len }, 0..len).expect("long enough");
        assert!(blocks.get(0..10, |_, _| true).is_some());
        assert_eq!(blocks.get(3 * BLOCK..3 * BLOCK + 1, |_, _| true), None);
    }
}
