//! The file list as `rpm -ql` shows it.

use super::{FileFlags, Header, HeaderError, Tag};

/// Paths and what kind of file each is.
#[derive(Debug, Default)]
pub struct Listing {
    /// All files, in the header's order.
    pub files: Vec<(Vec<u8>, FileFlags)>,
    /// What rpm complains about.
    pub complaint: Option<HeaderError>,
}

/// Arrays that make a list none when they are of another length, in the order in which rpm looks at them.
const COUNTED: [Tag; 9] = [
    Tag::FILEMODES,
    Tag::FILEFLAGS,
    Tag::LONGFILESIZES,
    Tag::FILESIZES,
    Tag::FILESTATES,
    Tag::FILECAPS,
    Tag::FILEMTIMES,
    Tag::FILERDEVS,
    Tag::FILEINODES,
];

impl Header {
    /// Returns the files for a list, as far as rpm lists those of a header that contradicts itself.
    ///
    /// Other than [`Header::files`], it takes no offence at arrays that a list does not need.
    ///
    /// Witness: compat-tests/tests/header_limits.rs, `headers_that_contradict_themselves`.
    pub fn listing(&self) -> Listing {
        let expected = self.get(Tag::BASENAMES).map_or(0, |value| value.count());
        let count = |tag: Tag| self.get(tag).map(|value| value.count());
        let dirs = self.string_array(Tag::DIRNAMES);
        let indexes = self.numbers(Tag::DIRINDEXES);
        let places = indexes.len() == expected && indexes.clone().all(|index| index < dirs.len() as u64);
        let owners = [Tag::FILEUSERNAME, Tag::FILEGROUPNAME].into_iter().all(|tag| count(tag) == Some(expected));
        let wrong = |tag: Tag| match count(tag) {
            Some(found) if found != expected => Some(HeaderError::WrongCount { tag, found, expected }),
            _ => None,
        };
        if expected == 0 || !places {
            return Listing::default();
        }
        if let Some(complaint) = COUNTED.into_iter().find_map(wrong) {
            return Listing { files: Vec::new(), complaint: Some(complaint) };
        }
        if !owners {
            return Listing::default();
        }
        let mut flags = self.numbers(Tag::FILEFLAGS);
        let file = |(base, dir): (&[u8], u64)| {
            let path = [dirs.get(dir as usize).unwrap_or_default(), base].concat();
            (path, FileFlags(flags.next().unwrap_or(0) as u32))
        };
        let files = self.strings(Tag::BASENAMES).zip(indexes).map(file).collect();
        // Without devices there are only no sets of hard links.
        Listing { files, complaint: wrong(Tag::FILEDEVICES) }
    }
}
