//! What a header may be, depending on where it stands.

use super::tag::Tag;

/// Blobs of this size or more are refused wherever they stand.
pub(super) const BLOB_MAX: usize = 256 * 1024 * 1024;

/// Bytes that no entry uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gaps {
    /// None, but for alignment.
    None,
    /// Some between two entries: rpm takes the beginning of the next one for the end when it reads its own database.
    Between,
    /// Any: nobody loads the header.
    Any,
}

/// The limits of rpm for one place (reference of rpm, section 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest number of index entries.
    pub entries: u32,
    /// Largest number of data bytes.
    pub data: u32,
    /// Tag that the region must have; `None` when any of the three is taken.
    pub(super) region: Option<Tag>,
    /// Whether a region, if there is one, must span the whole header.
    pub(super) exact: bool,
    /// What may lie between the entries.
    pub(super) gaps: Gaps,
}

impl Limits {
    /// The main header of a package file.
    pub const PACKAGE: Limits = Limits {
        entries: 65_535,
        data: 0x0fff_ffff,
        region: Some(Tag::HEADERIMMUTABLE),
        exact: true,
        gaps: Gaps::None,
    };
    /// The signature header of a package file.
    pub const SIGNATURE: Limits = Limits {
        entries: 32,
        data: 64 * 1024 * 1024,
        region: Some(Tag::HEADERSIGNATURES),
        exact: false,
        gaps: Gaps::None,
    };
    /// A header in the rpm database: entries may follow the region.
    pub const DATABASE: Limits =
        Limits { entries: 65_535, data: 0x0fff_ffff, region: None, exact: false, gaps: Gaps::Between };

    /// Returns the limits of who only looks at a header, as `rpmkeys --checksig` does, and loads it not.
    #[must_use]
    pub const fn unloaded(self) -> Limits {
        Limits { gaps: Gaps::Any, ..self }
    }

    /// Checks the two counts that precede a header and returns the size of the whole blob (counts included).
    ///
    /// This is what a reader asks before it allocates memory for the rest, and that no more than there is to read: whether
    /// the whole is too big is found when it was read, as with rpm.
    pub fn blob_size(&self, entries: u32, data: u32) -> Result<usize, super::HeaderError> {
        if entries > self.entries {
            return Err(super::HeaderError::TooManyEntries { entries });
        }
        if data > self.data {
            return Err(super::HeaderError::TooMuchData { data });
        }
        Ok(8 + entries as usize * 16 + data as usize)
    }
}
