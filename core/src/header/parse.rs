//! Checks of a header's structure: the same ones that rpm makes, in the same order.

use std::sync::Arc;

use super::limits::{BLOB_MAX, Gaps};
use super::{Header, HeaderError, Inner, Limits, RawEntry, Region, Slot, Tag, Type};

/// Size of an index entry and of the trailer that ends a region.
pub(super) const ENTRY_SIZE: usize = 16;
/// Largest number of elements of an entry that is not binary.
const COUNT_MAX: u32 = 0xf_ffff;
/// Type and count of a region's entry and trailer.
const REGION_KIND: u32 = Type::Bin as u32;
const REGION_COUNT: u32 = 16;
/// Smaller tags belong to regions only.
const FIRST_TAG: u32 = 100;

impl Header {
    /// Checks a header and takes it over.
    ///
    /// `bytes` is the blob without the eight bytes of magic: counts, index, data, and nothing else.
    pub fn parse(bytes: Vec<u8>, limits: Limits) -> Result<Header, HeaderError> {
        let blob = Blob::new(&bytes, limits)?;
        let region = blob.region(limits)?;
        let slots = blob.slots(region)?;
        blob.check_load(region, limits)?;
        let (il, dl) = (blob.il, blob.dl);
        Ok(Header { inner: Arc::new(Inner { bytes, il, dl, region, slots }) })
    }

    /// Checks what [`Limits::unloaded`] left open.
    pub fn loaded(self, limits: Limits) -> Result<Header, HeaderError> {
        let Inner { bytes, il, dl, region, .. } = &*self.inner;
        let (index, data) = bytes[8..].split_at(*il * ENTRY_SIZE);
        Blob { il: *il, dl: *dl, index, data }.check_load(*region, limits)?;
        Ok(self)
    }

    /// Reads the two counts in front of a header.
    pub(crate) fn counts(intro: [u8; 8]) -> (u32, u32) {
        let number = |at: usize| u32::from_be_bytes([intro[at], intro[at + 1], intro[at + 2], intro[at + 3]]);
        (number(0), number(4))
    }
}

struct Blob<'a> {
    il: usize,
    dl: usize,
    index: &'a [u8],
    data: &'a [u8],
}

impl<'a> Blob<'a> {
    fn new(bytes: &'a [u8], limits: Limits) -> Result<Self, HeaderError> {
        let intro = bytes.first_chunk::<8>().ok_or(HeaderError::Short)?;
        let (entries, data) = Header::counts(*intro);
        let size = limits.blob_size(entries, data)?;
        if size != bytes.len() || size >= BLOB_MAX {
            return Err(HeaderError::Size { size, entries, data });
        }
        let (index, data) = bytes[8..].split_at(entries as usize * ENTRY_SIZE);
        Ok(Blob { il: entries as usize, dl: data.len(), index, data })
    }

    fn entry(&self, index: usize) -> RawEntry {
        raw_entry(&self.index[index * ENTRY_SIZE..(index + 1) * ENTRY_SIZE])
    }

    fn region(&self, limits: Limits) -> Result<Option<Region>, HeaderError> {
        if self.il < 1 {
            return Err(HeaderError::NoEntries);
        }
        let first = self.entry(0);
        let tag = Tag(first.tag);
        let wanted = match limits.region {
            Some(wanted) => tag == wanted,
            None => matches!(tag, Tag(0) | Tag::HEADERIMAGE | Tag::HEADERSIGNATURES | Tag::HEADERIMMUTABLE),
        };
        if !wanted {
            return Ok(None);
        }
        if first.kind != REGION_KIND || first.count != REGION_COUNT {
            return Err(HeaderError::RegionTag(first));
        }
        let mut trailer = self.trailer(first)?;
        if tag == Tag::HEADERSIGNATURES && trailer.tag == Tag::HEADERIMAGE.0 {
            // Some old packages carry the number of the legacy region here.
            trailer.tag = tag.0;
        }
        if trailer.tag != tag.0 || trailer.kind != REGION_KIND || trailer.count != REGION_COUNT {
            // rpm shows the offset as the positive number that it stands for.
            trailer.offset = trailer.offset.wrapping_neg();
            return Err(HeaderError::RegionTrailer(trailer));
        }
        let start = usize::try_from(first.offset).map_err(|_| HeaderError::RegionOffset(first))?;
        let rdl = start + ENTRY_SIZE;
        let back = trailer.offset.wrapping_neg();
        let region_entries = back.div_euclid(ENTRY_SIZE as i32);
        let (region, entries, region_data, data) = (tag.0, self.il as u32, rdl as u32, self.dl as u32);
        let size = HeaderError::RegionSize { region, region_entries, entries, region_data, data };
        let ril = usize::try_from(region_entries).map_err(|_| size.clone())?;
        if back % ENTRY_SIZE as i32 != 0 || ril > self.il {
            return Err(size);
        }
        if limits.exact && (ril != self.il || rdl != self.dl) {
            return Err(HeaderError::RegionNotWhole { region, region_entries, entries, region_data, data });
        }
        Ok(Some(Region { tag, ril, rdl }))
    }

    /// Returns what ends the region.
    ///
    /// Of a trailer that begins before the data rpm complains as of any other one.
    fn trailer(&self, region: RawEntry) -> Result<RawEntry, HeaderError> {
        let end = region.offset.checked_add(ENTRY_SIZE as i32).and_then(|end| usize::try_from(end).ok());
        let end = end.filter(|end| *end <= self.dl).ok_or(HeaderError::RegionOffset(region))?;
        let before = ENTRY_SIZE.saturating_sub(end);
        let mut bytes = [0; ENTRY_SIZE];
        bytes[..before].copy_from_slice(&self.index[self.index.len() - before..]);
        bytes[before..].copy_from_slice(&self.data[end + before - ENTRY_SIZE..end]);
        Ok(raw_entry(&bytes))
    }

    /// Checks every entry and returns them sorted by tag.
    fn slots(&self, region: Option<Region>) -> Result<Vec<Slot>, HeaderError> {
        let first = usize::from(region.is_some());
        let typed = region.is_some_and(|region| region.tag != Tag::HEADERSIGNATURES);
        // The index is at hand, so its size bounds this.
        let mut slots = Vec::with_capacity(self.il);
        let mut end = 0;
        // Of an entry that is bad at first sight rpm shows the length of the one before.
        let mut shown = 0;
        for at in first..self.il {
            let entry = self.entry(at);
            let bad = |length: i64| HeaderError::Entry { index: at - first, entry, length };
            let in_region = region.is_none_or(|region| at < region.ril);
            let kind = self.check(&entry, end, typed).ok_or_else(|| bad(shown))?;
            let offset = entry.offset as usize;
            let length = data_length(kind, entry.count, &self.data[offset..]).ok_or_else(|| bad(shown))?;
            end = offset + length;
            shown = length as i64;
            if let Some(region) = region {
                let trailer = region.rdl - ENTRY_SIZE;
                if end > trailer && offset < region.rdl {
                    return Err(bad(shown));
                }
            }
            slots.push(Slot {
                tag: Tag(entry.tag),
                kind,
                count: entry.count,
                offset: offset as u32,
                length: length as u32,
                dribble: !in_region,
            });
        }
        Ok(without_shadowed(slots))
    }

    /// Checks that nothing but alignment lies between the entries, as far as rpm minds; the entries are good ones.
    fn check_load(&self, region: Option<Region>, limits: Limits) -> Result<(), HeaderError> {
        if limits.gaps == Gaps::Any {
            return Ok(());
        }
        if region.is_some_and(|region| region.ril < 1) {
            return Err(HeaderError::Load);
        }
        // What the data would take without gaps.
        let mut packed = 0;
        for at in usize::from(region.is_some())..self.il {
            let entry = self.entry(at);
            let offset = usize::try_from(entry.offset).map_err(|_| HeaderError::Load)?;
            let kind = Type::from_number(entry.kind).ok_or(HeaderError::Load)?;
            let last = at + 1 == self.il || region.is_some_and(|region| at + 1 == region.ril);
            let number = matches!(kind, Type::Int16 | Type::Int32 | Type::Int64);
            let length = if limits.gaps == Gaps::Between && !last && !number {
                let next = usize::try_from(self.entry(at + 1).offset).ok();
                next.and_then(|next| next.checked_sub(offset))
            } else {
                self.data.get(offset..).and_then(|data| data_length(kind, entry.count, data))
            };
            if region.is_some_and(|region| at == region.ril) {
                packed += ENTRY_SIZE;
            }
            packed = align(packed, kind) + length.ok_or(HeaderError::Load)?;
        }
        if region.is_some_and(|region| region.ril == self.il) {
            packed += ENTRY_SIZE;
        }
        if packed == self.dl { Ok(()) } else { Err(HeaderError::Load) }
    }

    /// Makes the checks that need nothing but the numbers of the entry.
    fn check(&self, entry: &RawEntry, previous_end: usize, typed: bool) -> Option<Type> {
        let offset = usize::try_from(entry.offset).ok()?;
        let kind = Type::from_number(entry.kind)?;
        let fits = previous_end <= offset && offset < self.dl && offset.is_multiple_of(kind.alignment());
        if !fits {
            return None;
        }
        let counted = entry.count >= 1
            && entry.count as usize <= self.dl - offset
            && (kind == Type::Bin || entry.count <= COUNT_MAX)
            && (kind != Type::String || entry.count == 1);
        let type_known =
            !typed || Tag(entry.tag).kind().is_none_or(|known| known == kind || (known.is_text() && kind.is_text()));
        (counted && type_known && entry.tag >= FIRST_TAG).then_some(kind)
    }
}

/// Rounds up to the alignment of a type.
pub(super) fn align(offset: usize, kind: Type) -> usize {
    offset.next_multiple_of(kind.alignment())
}

/// Returns the number of bytes that `count` elements take at the start of `data`; `None` when they do not fit.
fn data_length(kind: Type, count: u32, data: &[u8]) -> Option<usize> {
    let count = count as usize;
    let length = match kind {
        Type::Char | Type::Int8 | Type::Bin => count,
        Type::Int16 => count.checked_mul(2)?,
        Type::Int32 => count.checked_mul(4)?,
        Type::Int64 => count.checked_mul(8)?,
        Type::String | Type::StringArray | Type::I18nString => {
            let mut length = 0;
            for _ in 0..count {
                length += memchr::memchr(0, data.get(length..)?)? + 1;
            }
            length
        }
    };
    (length <= data.len()).then_some(length)
}

/// Sorts by tag and keeps one entry of each: the last dribble, else the first of the region.
fn without_shadowed(mut slots: Vec<Slot>) -> Vec<Slot> {
    // A stable sort with dribbles in front lets dedup keep the right one.
    slots.sort_by_key(|slot| (slot.tag, !slot.dribble));
    slots.dedup_by_key(|slot| slot.tag);
    // Base names behind the region were made of the whole paths inside, which count no more.
    if slots.iter().any(|slot| slot.dribble && slot.tag == Tag::BASENAMES) {
        slots.retain(|slot| slot.tag != Tag::OLDFILENAMES);
    }
    slots
}

fn raw_entry(bytes: &[u8]) -> RawEntry {
    let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    RawEntry { tag: number(0), kind: number(4), offset: number(8) as i32, count: number(12) }
}
