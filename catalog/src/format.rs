//! The layout of a catalog file.
//!
//! ```text
//! header         magic, version, stamp, lengths, place of every section, checksum of all of these
//! sections       side by side, in any order
//! block sums     one u64 for every block of the sections: BLOCK bytes, or the rest of the header's, where pages are
//! ```
//! All numbers are little endian, places are relative to the file's start, nothing is aligned. Sections that a query
//! does not need are not touched.

use std::ops::Range;

use crate::error::CatalogError;
use crate::record::Relation;

/// Changes with every change of the layout; older files are made again.
pub(crate) const VERSION: u32 = 6;
const MAGIC: [u8; 8] = *b"OXIDNFc\n";

/// How many bytes one checksum covers: reading a few bytes costs reading and hashing so many once.
pub(crate) const BLOCK: usize = 4 * 1024;

/// The parts of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Section {
    /// One row of [`ROW`] bytes for every package: name, arch, epoch, version, release.
    Packages,
    /// Distinct strings, sorted by bytes, without separators; a string's number is its place in the order.
    Strings,
    /// Ends of the strings (u32), one for each.
    StringEnds,
    /// Distinct dependencies of [`DEP`] bytes: name, evr, sense; sorted, so that a name's dependencies are together.
    Deps,
    /// Pairs (name, dependency) for every name inside a rich dependency, sorted.
    RichNames,
    /// First package of every name, ordered by the name in lower case.
    Folded,
    /// For each package and each kind of dependency: count, numbers of dependencies.
    Relations,
    /// Ends of the records in [`Section::Relations`] (u32), one for each package.
    RelationEnds,
    /// For each package what is not in its row; see `meta`.
    Metas,
    /// Ends of the records in [`Section::Metas`] (u32), one for each package.
    MetaEnds,
    /// What the solver asks of every package, so that its record need not be read: vendor (string plus 1) and build time
    /// (u32 each); a time of all ones stands for one that only the record can hold.
    Origins,
    /// For each package its place in the source (u32).
    Ordinals,
    /// For each string when it first appears in the metadata (the greatest number: never) and how often libsolv's cache
    /// refers to it (u32 each).
    StringCounts,
    /// For each dependency when the first one appears that is the same to libsolv, and how often they are used (u32 each).
    DepCounts,
    /// For each kind of dependency: lists of packages that have a dependency, as differences.
    ProvidesPostings,
    /// For each kind of dependency: pairs (dependency, end of its list in the postings) by rising dependency.
    ProvidesKeys,
    RequiresPostings,
    RequiresKeys,
    ConflictsPostings,
    ConflictsKeys,
    ObsoletesPostings,
    ObsoletesKeys,
    RecommendsPostings,
    RecommendsKeys,
    SuggestsPostings,
    SuggestsKeys,
    SupplementsPostings,
    SupplementsKeys,
    EnhancesPostings,
    EnhancesKeys,
    /// Triples (directory, last component, package), sorted.
    FileIndex,
    /// For each package its directories: number, count, and for each file number times 4 plus kind.
    Files,
    /// Ends of the records in [`Section::Files`] (u32), one for each package.
    FileEnds,
    /// Addresses; like all texts a length and the bytes.
    Urls,
    Summaries,
    Descriptions,
}

impl Section {
    /// All sections in the order of the header.
    #[rustfmt::skip]
    pub(crate) const ALL: [Section; SECTIONS] = [
        Section::Packages, Section::Strings, Section::StringEnds, Section::Deps, Section::RichNames, Section::Folded,
        Section::Relations, Section::RelationEnds, Section::Metas, Section::MetaEnds, Section::Origins,
        Section::Ordinals, Section::StringCounts, Section::DepCounts,
        Section::ProvidesPostings, Section::ProvidesKeys, Section::RequiresPostings, Section::RequiresKeys,
        Section::ConflictsPostings, Section::ConflictsKeys, Section::ObsoletesPostings, Section::ObsoletesKeys,
        Section::RecommendsPostings, Section::RecommendsKeys, Section::SuggestsPostings, Section::SuggestsKeys,
        Section::SupplementsPostings, Section::SupplementsKeys, Section::EnhancesPostings, Section::EnhancesKeys,
        Section::FileIndex, Section::Files, Section::FileEnds, Section::Urls, Section::Summaries, Section::Descriptions,
    ];

    /// Tells whether it is a section of long texts, which are read from front to back by who searches them all, or
    /// hardly at all.
    pub(crate) fn has_long_texts(self) -> bool {
        matches!(self, Section::Urls | Section::Summaries | Section::Descriptions)
    }

    /// Returns where the packages of a dependency are listed, and the keys to these lists.
    pub(crate) fn postings(relation: Relation) -> (Section, Section) {
        let first = Section::ProvidesPostings as usize + 2 * relation as usize;
        (Section::ALL[first], Section::ALL[first + 1])
    }
}

pub(crate) const SECTIONS: usize = Section::Descriptions as usize + 1;
/// Bytes of a row of [`Section::Packages`].
pub(crate) const ROW: usize = 20;
/// Bytes of a row of [`Section::Deps`] and of [`Section::FileIndex`].
pub(crate) const DEP: usize = 12;

const TABLE: usize = 88;
/// Bytes of the header.
pub(crate) const HEADER: usize = TABLE + SECTIONS * 16 + 8;
const _: () = assert!(HEADER < BLOCK);

/// Returns where the blocks of sections are that end where the checksums start.
pub(crate) fn blocks(sums_start: u64) -> impl Iterator<Item = Range<usize>> {
    let end = sums_start as usize;
    let starts = (0..end).step_by(BLOCK).filter(move |_| end > HEADER);
    starts.map(move |start| start.max(HEADER)..(start + BLOCK).min(end))
}

/// Place of a section.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) len: u64,
}

/// Everything that stands before the sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) stamp: [u8; 32],
    pub(crate) spans: [Span; SECTIONS],
    /// Where the sections end and the block sums start.
    pub(crate) sums_start: u64,
    pub(crate) file_len: u64,
    /// Checksum of the block sums.
    pub(crate) sums_sum: u64,
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(SECTIONS as u32).to_le_bytes());
        bytes.extend_from_slice(&self.stamp);
        for number in [BLOCK as u64, self.file_len, self.sums_start, self.sums_sum, 0] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for span in &self.spans {
            bytes.extend_from_slice(&span.start.to_le_bytes());
            bytes.extend_from_slice(&span.len.to_le_bytes());
        }
        let sum = checksum(0, &bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads a header from the start of a file and checks everything in it against the length of the file.
    pub(crate) fn parse(start: &[u8], file_len: u64) -> Result<Self, CatalogError> {
        let bytes = start.get(..HEADER).ok_or(CatalogError::Damaged("too short"))?;
        if bytes[..8] != MAGIC {
            return Err(CatalogError::Damaged("another kind of file"));
        }
        if read_u32(bytes, 8) != VERSION || read_u32(bytes, 12) as usize != SECTIONS {
            return Err(CatalogError::Damaged("another version of the format"));
        }
        if read_u64(bytes, HEADER - 8) != checksum(0, &bytes[..HEADER - 8]) {
            return Err(CatalogError::Damaged("header"));
        }
        let mut header = Header {
            stamp: bytes[16..48].try_into().map_err(|_| CatalogError::Damaged("header"))?,
            spans: [Span::default(); SECTIONS],
            sums_start: read_u64(bytes, 64),
            file_len: read_u64(bytes, 56),
            sums_sum: read_u64(bytes, 72),
        };
        if read_u64(bytes, 48) != BLOCK as u64 || header.file_len != file_len {
            return Err(CatalogError::Damaged("length"));
        }
        for (index, span) in header.spans.iter_mut().enumerate() {
            let at = TABLE + index * 16;
            *span = Span { start: read_u64(bytes, at), len: read_u64(bytes, at + 8) };
            let end = span.start.checked_add(span.len);
            if span.start < HEADER as u64 || end.is_none_or(|end| end > header.sums_start) {
                return Err(CatalogError::Damaged("sections"));
            }
        }
        let sections = header.sums_start.checked_sub(HEADER as u64).ok_or(CatalogError::Damaged("sections"))?;
        let sums = if sections == 0 { Some(0) } else { header.sums_start.div_ceil(BLOCK as u64).checked_mul(8) };
        if sums.and_then(|len| header.sums_start.checked_add(len)) != Some(header.file_len) {
            return Err(CatalogError::Damaged("sections"));
        }
        Ok(header)
    }
}

/// Reads a number; 0 when the bytes end before.
pub(crate) fn read_u32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// Reads a number; 0 when the bytes end before.
pub(crate) fn read_u64(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// Digests bytes against accidents (not against people): a change of one word always changes the result.
///
/// Four independent lanes keep it at memory speed. `seed` is the place of the bytes, so that exchanged blocks show.
pub(crate) fn checksum(seed: u64, bytes: &[u8]) -> u64 {
    const PRIMES: [u64; 4] =
        [0x9e37_79b1_85eb_ca87, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x85eb_ca77_c2b2_ae63];
    let mut lanes = PRIMES.map(|prime| prime ^ seed.rotate_left(32));
    let mut mix = |chunk: &[u8; 32]| {
        for (index, lane) in lanes.iter_mut().enumerate() {
            *lane = (*lane ^ read_u64(chunk, index * 8)).wrapping_mul(PRIMES[index]).rotate_left(31);
        }
    };
    let (chunks, tail) = bytes.as_chunks::<32>();
    chunks.iter().for_each(&mut mix);
    let mut last = [0; 32];
    last[..tail.len()].copy_from_slice(tail);
    mix(&last);
    let mut sum = bytes.len() as u64;
    for (index, lane) in lanes.into_iter().enumerate() {
        sum = (sum ^ lane).wrapping_mul(PRIMES[3 - index]);
        sum ^= sum >> 29;
    }
    sum
}

/// Appends a number in groups of seven bits, lowest first.
pub(crate) fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads numbers written by [`put_varint`]; past the end, and after an overlong one, everything is 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns how many bytes are left, which bounds how many numbers there can be.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn varint(&mut self) -> u64 {
        // Most numbers are short; the general loop is kept out of the way.
        if let [byte @ 0..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return u64::from(*byte);
        }
        let mut number = 0;
        for (index, byte) in self.rest.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[index + 1..];
                return number;
            }
        }
        self.rest = &[];
        0
    }

    /// Reads a number of 32 bits; a larger one is cut.
    pub(crate) fn number(&mut self) -> u32 {
        self.varint() as u32
    }

    /// Takes bytes; fewer when there are fewer.
    pub(crate) fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (bytes, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn varints_round_trip(numbers in proptest::collection::vec(any::<u64>(), 0..20)) {
            let mut bytes = Vec::new();
            for number in &numbers {
                put_varint(&mut bytes, *number);
            }
            let mut reader = Reader::new(&bytes);
            for number in numbers {
                prop_assert_eq!(reader.varint(), number);
            }
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn reader_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut reader = Reader::new(&bytes);
            while !reader.is_empty() {
                reader.varint();
                reader.bytes(3);
            }
        }

        #[test]
        fn a_changed_byte_changes_the_checksum(mut bytes in proptest::collection::vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>(), flip in 1u8..) {
            let before = checksum(7, &bytes);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert_ne!(checksum(7, &bytes), before);
        }
    }

    #[test]
    fn checksum_knows_place_and_length() {
        assert_ne!(checksum(0, b"a"), checksum(1, b"a"));
        assert_ne!(checksum(0, b"a"), checksum(0, b"a\0"));
    }

    #[test]
    fn header_round_trips() {
        let mut header =
            Header { stamp: [7; 32], spans: [Span::default(); SECTIONS], sums_start: 0, file_len: 0, sums_sum: 5 };
        for (index, span) in header.spans.iter_mut().enumerate() {
            *span = Span { start: HEADER as u64 + 10 * index as u64, len: 10 };
        }
        header.sums_start = (HEADER + 10 * SECTIONS) as u64;
        header.file_len = header.sums_start + 8;
        let mut start = header.encode();
        assert_eq!(Header::parse(&start, header.file_len).expect("valid"), header);
        assert!(Header::parse(&start, header.file_len + 1).is_err());
        for at in 0..HEADER {
            start[at] ^= 1;
            assert!(Header::parse(&start, header.file_len).is_err(), "byte {at}");
            start[at] ^= 1;
        }
    }
}
