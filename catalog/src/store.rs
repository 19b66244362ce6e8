//! Bounded, checked access to the sections of a catalog.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::CatalogError;
use crate::format::{BLOCK, HEADER, Header, Section, Span, blocks, checksum, read_u32, read_u64};
use crate::map::{Blocks, Content};

/// The bytes of a catalog with what is known about their soundness.
///
/// Each block is compared with its checksum when it is first read. A block that fails reads as if it were not there,
/// and the store remembers that.
pub(crate) struct Store {
    header: Header,
    blocks: Blocks,
    /// The same blocks, for long texts.
    texts: Blocks,
    /// Checksums of the blocks.
    sums: Vec<u8>,
    damaged: AtomicBool,
}

impl Store {
    /// Reads the header and the checksums.
    pub(crate) fn new(content: Content) -> Result<Self, CatalogError> {
        let start = content.copy(0..HEADER.min(content.len())).unwrap_or_default();
        let header = Header::parse(&start, content.len() as u64)?;
        // The header was checked: sections and checksums end where the file does.
        let sums_start = header.sums_start as usize;
        let sums = content.copy(sums_start..content.len()).ok_or(CatalogError::Damaged("checksums"))?;
        if checksum(header.sums_start, &sums) != header.sums_sum {
            return Err(CatalogError::Damaged("checksums"));
        }
        let unusable = |_| CatalogError::Damaged("length");
        let blocks = Blocks::copied(&content, HEADER..sums_start).map_err(unusable)?;
        let texts = Blocks::mapped(&content, HEADER..sums_start).map_err(unusable)?;
        Ok(Store { header, blocks, texts, sums, damaged: AtomicBool::new(false) })
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
        let blocks = if section.has_long_texts() { &self.texts } else { &self.blocks };
        let found = blocks.get(span.start as usize + start..span.start as usize + end, self.judge());
        if found.is_none() {
            self.damage();
        }
        found
    }

    /// Returns what tells whether a block is as its checksum says.
    fn judge(&self) -> impl Fn(usize, &[u8]) -> bool {
        |block, bytes| checksum((block * BLOCK).max(HEADER) as u64, bytes) == read_u64(&self.sums, block * 8)
    }

    /// Returns a number of a section of numbers; 0 where [`Store::slice`] has nothing.
    pub(crate) fn u32(&self, section: Section, at: usize) -> u32 {
        self.slice(section, at, 4).map_or(0, |bytes| read_u32(bytes, 0))
    }

    /// Checks every block.
    pub(crate) fn check_all(&self) -> bool {
        let blocks = blocks(self.header.sums_start);
        let sound = blocks.map(|block| self.texts.get(block, self.judge()).is_some());
        let sound = sound.fold(true, |all, sound| all & sound);
        if !sound {
            self.damage();
        }
        sound
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("len", &self.header.file_len)
            .field("damaged", &self.damaged)
            .finish_non_exhaustive()
    }
}
