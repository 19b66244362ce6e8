//! File lists of packages older than rpm 4: whole paths instead of base names and directories.

use std::cmp::Ordering;

use super::encode::{Table, blob};
use super::{Entry, Header, HeaderError, Limits, OwnedValue, Tag};

impl Header {
    /// Tells whether the header lists whole paths, as it was done before rpm 4.
    pub fn has_old_file_names(&self) -> bool {
        self.has(Tag::OLDFILENAMES)
    }

    /// Returns the header with base names and directories in the place of whole paths; others stay as they are.
    ///
    /// As in rpm, which does so whenever it reads a package, the new entries are dribbles; the region stays byte for
    /// byte, and digests with it. A header without a region is encoded anew, for which reason digests of such a
    /// header are to be taken before. Witness: compat-tests/tests/old_packages.rs.
    pub fn with_places(&self) -> Result<Header, HeaderError> {
        if !self.has_old_file_names() {
            return Ok(self.clone());
        }
        if self.has(Tag::DIRNAMES) {
            return Ok(self.without_slot(Tag::OLDFILENAMES));
        }
        let paths: Vec<&[u8]> = self.strings(Tag::OLDFILENAMES).collect();
        let entries = entries(&paths);
        if self.has_region() {
            return self.with_dribbles(entries);
        }
        let kept = self.entries().filter(|value| value.tag() != Tag::OLDFILENAMES);
        let mut all: Vec<Entry> = kept.map(|value| Entry::new(value.tag(), value.to_owned())).collect();
        all.extend(entries);
        all.sort_by_key(|entry| entry.tag);
        let mut table = Table::default();
        for entry in &all {
            table.push(entry);
        }
        Header::parse(blob(table.count, &table.index, &table.data), Limits::PACKAGE.unloaded())
    }
}

/// Takes paths apart.
fn entries(paths: &[&[u8]]) -> Vec<Entry> {
    let mut dirs: Vec<&[u8]> = Vec::new();
    let mut indexes = Vec::with_capacity(paths.len());
    let mut bases = Vec::with_capacity(paths.len());
    // Files of source packages have no directories, and one of them speaks for all.
    let flat = paths.first().is_some_and(|path| !path.starts_with(b"/"));
    for path in paths {
        let end = if flat { 0 } else { memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1) };
        let (dir, base) = path.split_at(end);
        let index = search(&dirs, dir).unwrap_or(dirs.len());
        if index == dirs.len() {
            dirs.push(dir);
        }
        indexes.push(index as u32);
        bases.push(base);
    }
    vec![
        Entry::new(Tag::DIRINDEXES, OwnedValue::Int32(indexes)),
        Entry::new(Tag::BASENAMES, OwnedValue::texts(bases)),
        Entry::new(Tag::DIRNAMES, OwnedValue::texts(dirs)),
    ]
}

/// Looks for a directory by halves, as if the list were sorted: where it is not, rpm lists some of them twice.
fn search(dirs: &[&[u8]], wanted: &[u8]) -> Option<usize> {
    let (mut from, mut to) = (0, dirs.len());
    while from < to {
        let middle = usize::midpoint(from, to);
        match wanted.cmp(dirs[middle]) {
            Ordering::Less => to = middle,
            Ordering::Greater => from = middle + 1,
            Ordering::Equal => return Some(middle),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::HeaderBuilder;
    use super::*;

    fn with(paths: &[&str]) -> Header {
        let count = paths.len() as u32;
        HeaderBuilder::new()
            .text(Tag::NAME, "old")
            .texts(Tag::OLDFILENAMES, paths.iter().copied())
            .u32s(Tag::FILESIZES, 0..count)
            .build()
            .expect("a valid header")
    }

    #[test]
    fn paths_are_taken_apart() {
        let before = with(&["/etc/b", "/usr/a", "/etc/c", "/x"]);
        let after = before.with_places().expect("it has paths");
        let texts = |tag| after.strings(tag).map(|text| String::from_utf8_lossy(text).into_owned()).collect::<Vec<_>>();
        assert_eq!(texts(Tag::BASENAMES), ["b", "a", "c", "x"]);
        assert_eq!(texts(Tag::DIRNAMES), ["/etc/", "/usr/", "/"]);
        assert_eq!(after.u32s(Tag::DIRINDEXES).collect::<Vec<_>>(), [0, 1, 0, 2]);
        assert!(!after.has_old_file_names());
        assert_eq!(after.region_bytes(), before.region_bytes());
        assert_eq!(after.with_places().expect("nothing is left to do"), after);
    }

    #[test]
    fn files_of_source_packages_have_no_directory() {
        let after = with(&["a.spec", "b/c.tar"]).with_places().expect("it has paths");
        assert_eq!(after.strings(Tag::BASENAMES).collect::<Vec<_>>(), [&b"a.spec"[..], b"b/c.tar"]);
        assert_eq!(after.strings(Tag::DIRNAMES).collect::<Vec<_>>(), [b""]);
    }
}
