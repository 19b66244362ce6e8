//! Headers as plain numbers and bytes, which nobody checks: for making ones that no builder would make.

use oxidnf_core::header::{Entry, Header, HeaderBuilder, Limits, MAGIC};
use oxidnf_core::{Checksum, ChecksumKind};

/// Bytes of an index entry.
const ENTRY: usize = 16;

/// The four numbers of an index entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawIndexEntry {
    /// Tag.
    pub tag: u32,
    /// Type.
    pub kind: u32,
    /// Offset into the data.
    pub offset: u32,
    /// Number of elements.
    pub count: u32,
}

impl RawIndexEntry {
    fn of(bytes: &[u8]) -> Self {
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        RawIndexEntry { tag: number(0), kind: number(4), offset: number(8), count: number(12) }
    }

    fn bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        for (place, number) in bytes.chunks_mut(4).zip([self.tag, self.kind, self.offset, self.count]) {
            place.copy_from_slice(&number.to_be_bytes());
        }
        bytes
    }
}

/// A header taken apart.
#[derive(Debug, Clone)]
pub struct RawHeader {
    /// The eight bytes in front, where there are any.
    pub magic: [u8; 8],
    /// The number of entries that is claimed; `None` for the true one.
    pub claimed_entries: Option<u32>,
    /// The number of data bytes that is claimed.
    pub claimed_data: Option<u32>,
    /// The index, the region's entry first.
    pub entries: Vec<RawIndexEntry>,
    /// The data, the region's trailer included.
    pub data: Vec<u8>,
}

impl RawHeader {
    /// Takes a well-formed blob apart: counts, index and data.
    ///
    /// # Panics
    /// When it is shorter than it says.
    pub fn of(blob: &[u8]) -> Self {
        let number = |at: usize| u32::from_be_bytes([blob[at], blob[at + 1], blob[at + 2], blob[at + 3]]) as usize;
        let (index, rest) = blob[8..].split_at(number(0) * ENTRY);
        RawHeader {
            magic: MAGIC,
            claimed_entries: None,
            claimed_data: None,
            entries: index.chunks(ENTRY).map(RawIndexEntry::of).collect(),
            data: rest[..number(4)].to_vec(),
        }
    }

    /// Returns the blob: counts, index and data.
    pub fn blob(&self) -> Vec<u8> {
        let entries = self.claimed_entries.unwrap_or(self.entries.len() as u32);
        let data = self.claimed_data.unwrap_or(self.data.len() as u32);
        let index = self.entries.iter().flat_map(|entry| entry.bytes());
        let counts = entries.to_be_bytes().into_iter().chain(data.to_be_bytes());
        counts.chain(index).chain(self.data.iter().copied()).collect()
    }

    /// Returns the place of the entry of a tag.
    ///
    /// # Panics
    /// When it has none.
    pub fn place(&self, tag: u32) -> usize {
        let place = self.entries.iter().position(|entry| entry.tag == tag);
        place.unwrap_or_else(|| panic!("no entry of tag {tag}"))
    }

    /// Returns the entry of a tag.
    ///
    /// # Panics
    /// When it has none.
    pub fn entry(&mut self, tag: u32) -> &mut RawIndexEntry {
        let place = self.place(tag);
        &mut self.entries[place]
    }

    /// Changes the trailer of the region.
    pub fn trailer(&mut self, change: impl FnOnce(&mut RawIndexEntry)) {
        let at = self.entries[0].offset as usize;
        let mut trailer = RawIndexEntry::of(&self.data[at..at + ENTRY]);
        change(&mut trailer);
        self.data[at..at + ENTRY].copy_from_slice(&trailer.bytes());
    }

    /// Puts bytes into the data; entries behind, and the region's trailer, move on.
    pub fn insert(&mut self, at: usize, bytes: &[u8]) {
        self.data.splice(at..at, bytes.iter().copied());
        for entry in &mut self.entries {
            if entry.offset as usize >= at {
                entry.offset += bytes.len() as u32;
            }
        }
    }
}

/// A package file in raw pieces.
#[derive(Debug, Clone)]
pub struct RawPackage {
    lead: Vec<u8>,
    /// The signature header.
    pub signature: RawHeader,
    /// What is between the headers.
    pub padding: Option<Vec<u8>>,
    /// The main header.
    pub header: RawHeader,
    payload: Vec<u8>,
}

impl RawPackage {
    /// Takes a well-formed package file apart.
    ///
    /// # Panics
    /// When it is none.
    pub fn of(bytes: &[u8]) -> Self {
        let signature = RawHeader::of(&bytes[96 + 8..]);
        let header_at = (96 + 8 + signature.blob().len()).next_multiple_of(8);
        let header = RawHeader::of(&bytes[header_at + 8..]);
        let payload = bytes[header_at + 8 + header.blob().len()..].to_vec();
        RawPackage { lead: bytes[..96].to_vec(), signature, padding: None, header, payload }
    }

    /// Writes the digests of the main header into the signature header again.
    #[must_use]
    pub fn with_digests(mut self) -> Self {
        let header = [&self.header.magic[..], &self.header.blob()].concat();
        for (tag, kind) in [(269, ChecksumKind::Sha1), (273, ChecksumKind::Sha256), (279, ChecksumKind::Sha3_256)] {
            let Some(entry) = self.signature.entries.iter().find(|entry| entry.tag == tag) else { continue };
            let digest = Checksum::of(kind, &header).expect("the crypto library digests").hex();
            let at = entry.offset as usize;
            self.signature.data[at..at + digest.len()].copy_from_slice(digest.as_bytes());
        }
        self
    }

    /// Changes entries of the main header, which stays well formed.
    ///
    /// # Panics
    /// When the header is damaged already.
    #[must_use]
    pub fn with_entries(mut self, change: impl FnOnce(&mut Vec<Entry>)) -> Self {
        let header = Header::parse(self.header.blob(), Limits::PACKAGE).expect("a fixture is well formed");
        let mut entries = header.entries().map(|value| Entry::new(value.tag(), value.to_owned())).collect();
        change(&mut entries);
        let build = |builder: HeaderBuilder, entry: Entry| builder.entry(entry.tag, entry.value);
        let header = entries.into_iter().fold(HeaderBuilder::new(), build).build().expect("entries are well formed");
        self.header = RawHeader::of(header.bytes());
        self
    }

    /// Puts the pieces together.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.lead.clone();
        bytes.extend(self.signature.magic);
        bytes.extend(self.signature.blob());
        match &self.padding {
            Some(padding) => bytes.extend(padding),
            None => bytes.resize(bytes.len().next_multiple_of(8), 0),
        }
        bytes.extend(self.header.magic);
        bytes.extend(self.header.blob());
        bytes.extend(&self.payload);
        bytes
    }
}
