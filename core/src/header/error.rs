//! Why a header is refused, in rpm's wordings.

use super::tag::Tag;

/// The four numbers of an index entry as they stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawEntry {
    /// Tag.
    pub tag: u32,
    /// Type, which may be unknown.
    pub kind: u32,
    /// Offset into the data.
    pub offset: i32,
    /// Number of elements.
    pub count: u32,
}

/// All numbers are shown as signed ones, as rpm does.
impl std::fmt::Display for RawEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let RawEntry { tag, kind, offset, count } = *self;
        write!(f, "tag {} type {} offset {offset} count {}", tag as i32, kind as i32, count as i32)
    }
}

/// A header that rpm would refuse too.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the variants are; fields are the numbers found")]
pub enum HeaderError {
    #[error("hdr length: BAD")]
    Short,
    #[error("hdr magic: BAD")]
    Magic,
    #[error("hdr tags: BAD, no. of tags({entries}) out of range")]
    TooManyEntries { entries: u32 },
    #[error("hdr data: BAD, no. of bytes({data}) out of range")]
    TooMuchData { data: u32 },
    #[error("blob size({size}): BAD, 8 + 16 * il({entries}) + dl({data})")]
    Size { size: usize, entries: u32, data: u32 },
    #[error("region: no tags")]
    NoEntries,
    #[error("region tag: BAD, {0}")]
    RegionTag(RawEntry),
    #[error("region offset: BAD, {0}")]
    RegionOffset(RawEntry),
    #[error("region trailer: BAD, {0}")]
    RegionTrailer(RawEntry),
    #[error("region {region} size: BAD, ril {region_entries} il {entries} rdl {region_data} dl {data}")]
    RegionSize { region: u32, region_entries: i32, entries: u32, region_data: u32, data: u32 },
    // rpm's text ends a line of its own.
    #[error("region {region}: tag number mismatch il {entries} ril {region_entries} dl {data} rdl {region_data}\n")]
    RegionNotWhole { region: u32, region_entries: i32, entries: u32, region_data: u32, data: u32 },
    #[error("tag[{index}]: BAD, {entry} len {length}")]
    Entry { index: usize, entry: RawEntry, length: i64 },
    #[error("hdr load: BAD")]
    Load,
    #[error("Wrong number of entries for tag {tag}: {found} found but {expected} expected.")]
    WrongCount { tag: Tag, found: usize, expected: usize },
    #[error("Wrong directory index {index} of file {file}: there are {directories} directories")]
    DirectoryIndex { file: usize, index: u64, directories: usize },
    #[error("Missing or malformed tag {0}")]
    MissingTag(Tag),
    #[error("Wrong type of tag {0}")]
    WrongType(Tag),
    #[error("header without a region cannot carry additional entries")]
    NoRegion,
}
