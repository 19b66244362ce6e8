//! Values of header entries: typed views of bytes that were checked before.

use super::tag::Tag;

/// The type of a header entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are rpm's")]
#[repr(u32)]
pub enum Type {
    Char = 1,
    Int8 = 2,
    Int16 = 3,
    Int32 = 4,
    Int64 = 5,
    String = 6,
    Bin = 7,
    StringArray = 8,
    I18nString = 9,
}

impl Type {
    /// Returns the type for the number in an index entry.
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Type::Char,
            2 => Type::Int8,
            3 => Type::Int16,
            4 => Type::Int32,
            5 => Type::Int64,
            6 => Type::String,
            7 => Type::Bin,
            8 => Type::StringArray,
            9 => Type::I18nString,
            _ => return None,
        })
    }

    /// Returns the number that an offset must be a multiple of.
    pub const fn alignment(self) -> usize {
        match self {
            Type::Int16 => 2,
            Type::Int32 => 4,
            Type::Int64 => 8,
            _ => 1,
        }
    }

    /// Tells whether the data are texts that end with NUL.
    pub const fn is_text(self) -> bool {
        matches!(self, Type::String | Type::StringArray | Type::I18nString)
    }
}

/// The value of one entry, borrowed from its header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    pub(super) tag: Tag,
    pub(super) kind: Type,
    pub(super) count: u32,
    /// Exactly the data, the last NUL of texts included.
    pub(super) data: &'a [u8],
}

impl<'a> Value<'a> {
    /// Returns the tag of the entry.
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// Returns the type of the entry.
    pub fn kind(&self) -> Type {
        self.kind
    }

    /// Returns the number of elements (bytes for binary data, 1 for a single text).
    pub fn count(&self) -> usize {
        self.count as usize
    }

    /// Returns the encoded data, big-endian and with the NULs of texts.
    pub fn raw(&self) -> &'a [u8] {
        self.data
    }

    /// Returns the first text without its NUL; `None` for other types.
    pub fn text(&self) -> Option<&'a [u8]> {
        self.strings().next()
    }

    /// Iterates over texts; empty for other types.
    pub fn strings(&self) -> Strings<'a> {
        if self.kind.is_text() { Strings { rest: self.data, left: self.count as usize } } else { Strings::default() }
    }

    /// Returns binary data; for CHAR and INT8 the elements; `None` for other types.
    pub fn bin(&self) -> Option<&'a [u8]> {
        matches!(self.kind, Type::Bin | Type::Char | Type::Int8).then_some(self.data)
    }

    /// Iterates over integers of any width; empty for texts and binary data.
    pub fn numbers(&self) -> Numbers<'a> {
        let width = match self.kind {
            Type::Char | Type::Int8 => 1,
            Type::Int16 => 2,
            Type::Int32 => 4,
            Type::Int64 => 8,
            _ => return Numbers::default(),
        };
        Numbers { data: self.data, width }
    }

    /// Returns the first integer; `None` for texts and binary data.
    pub fn number(&self) -> Option<u64> {
        self.numbers().next()
    }

    /// Copies the value.
    pub fn to_owned(&self) -> OwnedValue {
        let strings = || self.strings().map(<[u8]>::to_vec).collect();
        match self.kind {
            Type::Char => OwnedValue::Char(self.data.to_vec()),
            Type::Int8 => OwnedValue::Int8(self.data.to_vec()),
            Type::Int16 => OwnedValue::Int16(self.numbers().map(|n| n as u16).collect()),
            Type::Int32 => OwnedValue::Int32(self.numbers().map(|n| n as u32).collect()),
            Type::Int64 => OwnedValue::Int64(self.numbers().collect()),
            Type::String => OwnedValue::String(self.text().unwrap_or_default().to_vec()),
            Type::Bin => OwnedValue::Bin(self.data.to_vec()),
            Type::StringArray => OwnedValue::StringArray(strings()),
            Type::I18nString => OwnedValue::I18nString(strings()),
        }
    }
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = String::from_utf8_lossy(&self.data[..self.data.len().min(64)]);
        write!(f, "{:?} {:?}[{}] {shown:?}", self.tag, self.kind, self.count)
    }
}

/// Texts one after the other, without their NULs.
#[derive(Debug, Clone, Default)]
pub struct Strings<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Strings<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.left = self.left.checked_sub(1)?;
        // Parsing has counted the NULs, so one is always found; the fallback only avoids a panic path.
        let end = memchr::memchr(0, self.rest).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        Some(text)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Strings<'_> {}

/// An array of texts with access by position in constant time.
#[derive(Debug, Clone, Default)]
pub struct StringArray<'a> {
    data: &'a [u8],
    /// Start of every text, and one past the last NUL.
    starts: Vec<u32>,
}

impl<'a> StringArray<'a> {
    /// Finds the starts of all texts of a value.
    pub fn new(value: &Value<'a>) -> Self {
        let mut starts = Vec::with_capacity(value.count() + 1);
        let mut next = 0;
        for text in value.strings() {
            starts.push(next);
            next += text.len() as u32 + 1;
        }
        starts.push(next);
        StringArray { data: value.data, starts }
    }

    /// Returns the number of texts.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Tells whether there are no texts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the text at this position.
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        let (start, next) = (*self.starts.get(index)?, *self.starts.get(index + 1)?);
        self.data.get(start as usize..next as usize - 1)
    }

    /// Iterates over the texts.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + '_ {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }
}

/// Integers, widened to 64 bits.
#[derive(Debug, Clone)]
pub struct Numbers<'a> {
    data: &'a [u8],
    width: usize,
}

impl Default for Numbers<'_> {
    fn default() -> Self {
        Numbers { data: &[], width: 1 }
    }
}

impl Numbers<'_> {
    /// Returns the integer at this position, counted from where the iterator stands.
    pub fn get(&self, index: usize) -> Option<u64> {
        let start = index.checked_mul(self.width)?;
        let bytes = self.data.get(start..start.checked_add(self.width)?)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Tells whether there are no integers (left).
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }
}

impl Iterator for Numbers<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let number = self.get(0)?;
        self.data = &self.data[self.width..];
        Some(number)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.data.len().checked_div(self.width).unwrap_or(0);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Numbers<'_> {}

/// The value of an entry that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of Type")]
pub enum OwnedValue {
    Char(Vec<u8>),
    Int8(Vec<u8>),
    Int16(Vec<u16>),
    Int32(Vec<u32>),
    Int64(Vec<u64>),
    String(Vec<u8>),
    Bin(Vec<u8>),
    StringArray(Vec<Vec<u8>>),
    I18nString(Vec<Vec<u8>>),
}

impl OwnedValue {
    /// Returns the type.
    pub fn kind(&self) -> Type {
        match self {
            OwnedValue::Char(_) => Type::Char,
            OwnedValue::Int8(_) => Type::Int8,
            OwnedValue::Int16(_) => Type::Int16,
            OwnedValue::Int32(_) => Type::Int32,
            OwnedValue::Int64(_) => Type::Int64,
            OwnedValue::String(_) => Type::String,
            OwnedValue::Bin(_) => Type::Bin,
            OwnedValue::StringArray(_) => Type::StringArray,
            OwnedValue::I18nString(_) => Type::I18nString,
        }
    }

    /// Returns the count for the index entry.
    pub(super) fn count(&self) -> usize {
        match self {
            OwnedValue::Char(v) | OwnedValue::Int8(v) | OwnedValue::Bin(v) => v.len(),
            OwnedValue::Int16(v) => v.len(),
            OwnedValue::Int32(v) => v.len(),
            OwnedValue::Int64(v) => v.len(),
            OwnedValue::String(_) => 1,
            OwnedValue::StringArray(v) | OwnedValue::I18nString(v) => v.len(),
        }
    }

    /// Appends the encoded data, without alignment.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            OwnedValue::Char(v) | OwnedValue::Int8(v) | OwnedValue::Bin(v) => out.extend_from_slice(v),
            OwnedValue::Int16(v) => v.iter().for_each(|n| out.extend_from_slice(&n.to_be_bytes())),
            OwnedValue::Int32(v) => v.iter().for_each(|n| out.extend_from_slice(&n.to_be_bytes())),
            OwnedValue::Int64(v) => v.iter().for_each(|n| out.extend_from_slice(&n.to_be_bytes())),
            OwnedValue::String(text) => encode_text(text, out),
            OwnedValue::StringArray(v) | OwnedValue::I18nString(v) => v.iter().for_each(|text| encode_text(text, out)),
        }
    }

    /// Makes a single text.
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        OwnedValue::String(text.into())
    }

    /// Makes an array of texts.
    pub fn texts<T: Into<Vec<u8>>>(texts: impl IntoIterator<Item = T>) -> Self {
        OwnedValue::StringArray(texts.into_iter().map(Into::into).collect())
    }
}

fn encode_text(text: &[u8], out: &mut Vec<u8>) {
    // A NUL inside would shift all texts behind it; C strings cannot have one either.
    let end = memchr::memchr(0, text).unwrap_or(text.len());
    out.extend_from_slice(&text[..end]);
    out.push(0);
}
