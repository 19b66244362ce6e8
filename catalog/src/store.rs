//! Bounded, checked access to the sections of a catalog.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::CatalogError;
use crate::format::{BLOCK, HEADER, Header, Section, Span, checksum, read_u32, read_u64};
use crate::map::Bytes;

/// The bytes of a catalog with what is known about their soundness.
///
/// Each block is compared with its checksum when it is first read. A block that fails reads as if it were not there,
/// and the store remembers that.
pub(crate) struct Store {
    bytes: Bytes,
    header: Header,
    /// One bit for every block that was found sound.
    sound: Box<[AtomicU64]>,
    damaged: AtomicBool,
}

impl Store {
    pub(crate) fn new(bytes: Bytes) -> Result<Self, CatalogError> {
        let header = Header::parse(&bytes)?;
        let sums = &bytes[header.sums_start as usize..];
        if checksum(header.sums_start, sums) != header.sums_sum {
            return Err(CatalogError::Damaged("checksums"));
        }
        let words = (sums.len() / 8).div_ceil(64);
        let sound = (0..words).map(|_| AtomicU64::new(0)).collect();
        Ok(Store { bytes, header, sound, damaged: AtomicBool::new(false) })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Remembers that something in the file contradicts itself.
    #[cold]
    pub(crate) fn damage(&self) {
        self.damaged.store(true, Ordering::Relaxed);
    }

    pub(crate) fn len(&self, section: Section) -> usize {
        self.span(section).len as usize
    }

    fn span(&self, section: Section) -> Span {
        self.header.spans[section as usize]
    }

    /// Returns bytes of a section, or `None` (and remembers the damage) when they are outside or unsound.
    pub(crate) fn slice(&self, section: Section, start: usize, len: usize) -> Option<&[u8]> {
        let span = self.span(section);
        let end = start.checked_add(len).filter(|end| *end <= span.len as usize);
        let Some(end) = end else {
            self.damage();
            return None;
        };
        if len == 0 {
            return Some(&[]);
        }
        // The header was checked: a section ends before the file does.
        let (start, end) = (span.start as usize + start, span.start as usize + end);
        let (first, last) = ((start - HEADER) / BLOCK, (end - 1 - HEADER) / BLOCK);
        if (first..=last).all(|block| self.check(block)) { Some(&self.bytes[start..end]) } else { None }
    }

    /// Returns a number of a section of numbers; 0 where [`Store::slice`] has nothing.
    pub(crate) fn u32(&self, section: Section, at: usize) -> u32 {
        self.slice(section, at, 4).map_or(0, |bytes| read_u32(bytes, 0))
    }

    #[inline]
    fn check(&self, block: usize) -> bool {
        let bit = 1 << (block % 64);
        self.sound[block / 64].load(Ordering::Relaxed) & bit != 0 || self.check_now(block)
    }

    #[cold]
    fn check_now(&self, block: usize) -> bool {
        let sums_start = self.header.sums_start as usize;
        let start = HEADER + block * BLOCK;
        let end = (start + BLOCK).min(sums_start);
        let sound = checksum(start as u64, &self.bytes[start..end]) == read_u64(&self.bytes, sums_start + block * 8);
        if sound {
            self.sound[block / 64].fetch_or(1 << (block % 64), Ordering::Relaxed);
        } else {
            self.damage();
        }
        sound
    }

    /// Checks every block.
    pub(crate) fn check_all(&self) -> bool {
        let blocks = (self.header.sums_start as usize - HEADER).div_ceil(BLOCK);
        (0..blocks).all(|block| self.check(block))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("len", &self.bytes.len()).field("damaged", &self.damaged).finish_non_exhaustive()
    }
}
