//! The header codec: rpm's binary table of tags and values, read without copying and written byte for byte.
//!
//! A header consists of two counts, an index and data. Packages carry two of them (signature and main header); the rpm
//! database stores the main header with further entries, the *dribbles*, behind the original *region*. Region bytes are
//! what digests and signatures cover, so they are never decoded and encoded again.

mod base64;
mod deps;
mod digests;
mod encode;
mod error;
mod files;
mod limits;
mod listing;
mod old_names;
mod parse;
pub mod query;
mod scriptlets;
mod sysusers;
pub mod tag;
mod value;

use std::borrow::Cow;
use std::sync::Arc;

pub use deps::{DepKind, HeaderDep};
pub use digests::{DigestCheck, DigestRange, check_header_digests};
pub use encode::{Entry, HeaderBuilder};
pub use error::{HeaderError, RawEntry};
pub use files::{FileEntry, FileFlags, FileList, FileState};
pub use limits::Limits;
pub use listing::Listing;
pub use scriptlets::{ScriptFlags, Scriptlet, TriggerCondition, TriggerFamily, TriggerScript};
pub use tag::Tag;
pub use value::{Numbers, OwnedValue, StringArray, Strings, Type, Value};

use base64::base64_bytes;

use crate::nevra::Nevra;

/// The eight bytes in front of a header in a package file, and of a region when it is digested.
pub const MAGIC: [u8; 8] = [0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0];

/// A checked header; cloning shares the bytes.
#[derive(Clone)]
pub struct Header {
    inner: Arc<Inner>,
}

struct Inner {
    bytes: Vec<u8>,
    /// Number of index entries and of data bytes.
    il: usize,
    dl: usize,
    region: Option<Region>,
    /// Sorted by tag; no tag twice, a dribble in the place of the region's entry.
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Copy)]
struct Region {
    tag: Tag,
    /// Number of index entries and of data bytes that belong to the region, its own entry and trailer included.
    ril: usize,
    rdl: usize,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    tag: Tag,
    kind: Type,
    count: u32,
    offset: u32,
    length: u32,
    dribble: bool,
}

impl Header {
    /// Returns the whole blob: counts, index, data; without the magic.
    pub fn bytes(&self) -> &[u8] {
        &self.inner.bytes
    }

    /// Tells whether the header has a region, which all but ancient headers have.
    pub fn has_region(&self) -> bool {
        self.inner.region.is_some()
    }

    /// Tells whether entries follow the region, as they do in the rpm database.
    pub fn has_dribbles(&self) -> bool {
        self.inner.region.is_some_and(|region| region.ril < self.inner.il)
    }

    /// Returns the value of a tag; a dribble wins over the region's entry.
    pub fn get(&self, tag: Tag) -> Option<Value<'_>> {
        let slots = &self.inner.slots;
        let at = slots.binary_search_by_key(&tag, |slot| slot.tag).ok()?;
        Some(self.value(&slots[at]))
    }

    /// Tells whether the header has a tag.
    pub fn has(&self, tag: Tag) -> bool {
        self.get(tag).is_some()
    }

    /// Iterates over all entries by ascending tag, the region's own entry left out.
    pub fn entries(&self) -> impl Iterator<Item = Value<'_>> {
        self.inner.slots.iter().map(|slot| self.value(slot))
    }

    /// Iterates over the entries behind the region in the order of their data.
    pub fn dribbles(&self) -> impl Iterator<Item = Value<'_>> {
        let mut slots: Vec<&Slot> = self.inner.slots.iter().filter(|slot| slot.dribble).collect();
        slots.sort_by_key(|slot| slot.offset);
        slots.into_iter().map(|slot| self.value(slot))
    }

    /// Returns a text without its NUL; of arrays and translated texts the first.
    pub fn text(&self, tag: Tag) -> Option<&[u8]> {
        self.get(tag)?.text()
    }

    /// Returns a text for people; bytes that are not UTF-8 are replaced.
    pub fn str(&self, tag: Tag) -> Option<Cow<'_, str>> {
        self.text(tag).map(String::from_utf8_lossy)
    }

    /// Iterates over texts; empty when the tag is missing.
    pub fn strings(&self, tag: Tag) -> Strings<'_> {
        self.get(tag).map(|value| value.strings()).unwrap_or_default()
    }

    /// Returns texts with access by position; empty when the tag is missing.
    pub fn string_array(&self, tag: Tag) -> StringArray<'_> {
        self.get(tag).map(|value| StringArray::new(&value)).unwrap_or_default()
    }

    /// Iterates over integers of any width; empty when the tag is missing.
    pub fn numbers(&self, tag: Tag) -> Numbers<'_> {
        self.get(tag).map(|value| value.numbers()).unwrap_or_default()
    }

    /// Iterates over 16-bit integers; empty when the tag is missing.
    pub fn u16s(&self, tag: Tag) -> impl ExactSizeIterator<Item = u16> + '_ {
        self.numbers(tag).map(|number| number as u16)
    }

    /// Iterates over 32-bit integers; empty when the tag is missing.
    pub fn u32s(&self, tag: Tag) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.numbers(tag).map(|number| number as u32)
    }

    /// Iterates over 64-bit integers; empty when the tag is missing.
    pub fn u64s(&self, tag: Tag) -> Numbers<'_> {
        self.numbers(tag)
    }

    /// Returns the first integer of a tag.
    pub fn number(&self, tag: Tag) -> Option<u64> {
        self.get(tag)?.number()
    }

    /// Returns binary data.
    pub fn bin(&self, tag: Tag) -> Option<&[u8]> {
        self.get(tag)?.bin()
    }

    /// Returns name, epoch, version, release and architecture.
    ///
    /// A source package has the architecture `src` (`nosrc` if sources were left out), whatever ARCH says; a record
    /// without ARCH (`gpg-pubkey`) gets an empty one. Fails when NAME, VERSION or RELEASE is missing.
    pub fn nevra(&self) -> Result<Nevra, HeaderError> {
        let part = |tag| self.str(tag).map(Cow::into_owned).ok_or(HeaderError::MissingTag(tag));
        let arch = if self.is_source() {
            let nosrc = self.has(Tag::NOSOURCE) || self.has(Tag::NOPATCH);
            if nosrc { "nosrc".to_owned() } else { "src".to_owned() }
        } else {
            self.str(Tag::ARCH).unwrap_or_default().into_owned()
        };
        Ok(Nevra {
            name: part(Tag::NAME)?,
            epoch: self.number(Tag::EPOCH).unwrap_or(0) as u32,
            version: part(Tag::VERSION)?,
            release: part(Tag::RELEASE)?,
            arch,
        })
    }

    /// Tells whether this is the header of a source package.
    pub fn is_source(&self) -> bool {
        self.has(Tag::SOURCEPACKAGE)
    }

    /// Tells the generation of the package: 6 when RPMFORMAT says so, else 4 (3 without a region).
    pub fn format(&self) -> u32 {
        match self.number(Tag::RPMFORMAT) {
            Some(format) => format as u32,
            None if self.has_region() => 4,
            None => 3,
        }
    }

    /// Returns the header as if it had no such entry; its bytes stay.
    fn without_slot(&self, tag: Tag) -> Header {
        let Inner { bytes, il, dl, region, slots } = &*self.inner;
        let slots = slots.iter().filter(|slot| slot.tag != tag).copied().collect();
        Header { inner: Arc::new(Inner { bytes: bytes.clone(), il: *il, dl: *dl, region: *region, slots }) }
    }

    fn value(&self, slot: &Slot) -> Value<'_> {
        let start = 8 + self.inner.il * 16 + slot.offset as usize;
        let data = &self.inner.bytes[start..start + slot.length as usize];
        Value { tag: slot.tag, kind: slot.kind, count: slot.count, data }
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

impl PartialEq for Header {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Header {}
