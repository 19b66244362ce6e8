//! Writing headers: dribbles behind a region, and whole new headers.

use super::parse::{ENTRY_SIZE, align};
use super::{Header, HeaderError, Limits, OwnedValue, Tag, Type};

/// An entry that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Tag.
    pub tag: Tag,
    /// Value; an empty array or binary cannot be stored and is left out.
    pub value: OwnedValue,
}

impl Entry {
    /// Makes an entry.
    pub fn new(tag: Tag, value: OwnedValue) -> Self {
        Entry { tag, value }
    }
}

/// Collects entries of a new header.
#[derive(Debug, Clone, Default)]
pub struct HeaderBuilder {
    entries: Vec<Entry>,
}

impl HeaderBuilder {
    /// Starts without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry, or replaces the one of the same tag.
    #[must_use]
    pub fn entry(mut self, tag: Tag, value: OwnedValue) -> Self {
        self.entries.retain(|entry| entry.tag != tag);
        self.entries.push(Entry::new(tag, value));
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, tag: Tag, text: impl Into<Vec<u8>>) -> Self {
        self.entry(tag, OwnedValue::String(text.into()))
    }

    /// Adds an array of texts.
    #[must_use]
    pub fn texts<T: Into<Vec<u8>>>(self, tag: Tag, texts: impl IntoIterator<Item = T>) -> Self {
        self.entry(tag, OwnedValue::texts(texts))
    }

    /// Adds 32-bit integers.
    #[must_use]
    pub fn u32s(self, tag: Tag, numbers: impl IntoIterator<Item = u32>) -> Self {
        self.entry(tag, OwnedValue::Int32(numbers.into_iter().collect()))
    }

    /// Encodes a main header: all entries in an immutable region, as rpmbuild writes it.
    pub fn build(self) -> Result<Header, HeaderError> {
        self.build_region(Tag::HEADERIMMUTABLE, Limits::PACKAGE)
    }

    /// Encodes a signature header.
    pub fn build_signature(self) -> Result<Header, HeaderError> {
        self.build_region(Tag::HEADERSIGNATURES, Limits::SIGNATURE)
    }

    fn build_region(mut self, region: Tag, limits: Limits) -> Result<Header, HeaderError> {
        self.entries.sort_by_key(|entry| entry.tag);
        let mut table = Table::default();
        for entry in &self.entries {
            table.push(entry);
        }
        let count = table.count + 1;
        let offset = table.data.len() as u32;
        let mut index = raw_entry([region.0, Type::Bin as u32, offset, ENTRY_SIZE as u32]).to_vec();
        index.extend_from_slice(&table.index);
        let back = -((count * ENTRY_SIZE) as i32);
        table.data.extend_from_slice(&raw_entry([region.0, Type::Bin as u32, back as u32, ENTRY_SIZE as u32]));
        Header::parse(blob(count, &index, &table.data), limits)
    }
}

impl Header {
    /// Returns the header with further entries behind its region: the form of the rpm database.
    ///
    /// The region stays byte for byte. A dribble of the same tag is replaced where it stands; new ones follow in
    /// ascending order of their tags. Fails for a header without a region.
    pub fn with_dribbles(&self, mut entries: Vec<Entry>) -> Result<Header, HeaderError> {
        let inner = &*self.inner;
        let region = inner.region.ok_or(HeaderError::NoRegion)?;
        let mut dribbles: Vec<Entry> = self.dribbles().map(|value| Entry::new(value.tag(), value.to_owned())).collect();
        entries.sort_by_key(|entry| entry.tag);
        for entry in entries {
            match dribbles.iter_mut().find(|old| old.tag == entry.tag) {
                Some(old) => *old = entry,
                None => dribbles.push(entry),
            }
        }
        let data_start = 8 + inner.il * ENTRY_SIZE;
        let mut table = Table::default();
        table.index.extend_from_slice(&inner.bytes[8..8 + region.ril * ENTRY_SIZE]);
        table.data.extend_from_slice(&inner.bytes[data_start..data_start + region.rdl]);
        table.count = region.ril;
        for entry in &dribbles {
            table.push(entry);
        }
        Header::parse(blob(table.count, &table.index, &table.data), Limits::DATABASE)
    }

    /// Returns the header without its dribbles: the form of the package file.
    pub fn without_dribbles(&self) -> Result<Header, HeaderError> {
        let inner = &*self.inner;
        let Some(region) = inner.region.filter(|region| region.ril < inner.il) else { return Ok(self.clone()) };
        let data_start = 8 + inner.il * ENTRY_SIZE;
        let index = &inner.bytes[8..8 + region.ril * ENTRY_SIZE];
        let data = &inner.bytes[data_start..data_start + region.rdl];
        Header::parse(blob(region.ril, index, data), Limits::DATABASE)
    }
}

/// Index and data of a header that is being written.
#[derive(Default)]
pub(super) struct Table {
    pub(super) count: usize,
    pub(super) index: Vec<u8>,
    pub(super) data: Vec<u8>,
}

impl Table {
    pub(super) fn push(&mut self, entry: &Entry) {
        let (kind, count) = (entry.value.kind(), entry.value.count());
        if count == 0 {
            return;
        }
        self.data.resize(align(self.data.len(), kind), 0);
        let numbers = [entry.tag.0, kind as u32, self.data.len() as u32, count as u32];
        self.index.extend_from_slice(&raw_entry(numbers));
        entry.value.encode(&mut self.data);
        self.count += 1;
    }
}

fn raw_entry(numbers: [u32; 4]) -> [u8; ENTRY_SIZE] {
    let mut bytes = [0; ENTRY_SIZE];
    for (place, number) in bytes.chunks_exact_mut(4).zip(numbers) {
        place.copy_from_slice(&number.to_be_bytes());
    }
    bytes
}

pub(super) fn blob(count: usize, index: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + index.len() + data.len());
    bytes.extend_from_slice(&(count as u32).to_be_bytes());
    bytes.extend_from_slice(&(data.len() as u32).to_be_bytes());
    bytes.extend_from_slice(index);
    bytes.extend_from_slice(data);
    bytes
}
