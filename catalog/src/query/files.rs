//! Filters over paths.

use super::{Match, Matcher, Query};
use crate::sack::Sack;
use crate::set::{PackageId, PackageSet};

impl Query<'_> {
    /// Keeps packages that own a file whose path matches one of the patterns.
    ///
    /// Only files that the catalog has count; `primary.xml` lists those in `/etc` and in directories of programs.
    pub fn filter_file<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let mut found = PackageSet::new();
        for pattern in patterns {
            self.sack.matching_files(&Matcher::new(how, pattern.as_ref()), &mut found);
        }
        self.and(&found)
    }
}

impl Sack {
    /// Adds the packages that own a path which matches.
    pub(crate) fn matching_files(&self, pattern: &Matcher, found: &mut PackageSet) {
        if let Matcher::Exact(path) = pattern {
            found.union(&self.owners(path));
            return;
        }
        // Directories that can match start with what stands before the first wildcard, up to the last slash.
        let prefix = pattern.prefix();
        let fixed = &prefix[..prefix.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1)];
        for (start, catalog) in self.catalogs() {
            let dirs = catalog.strings_with_prefix(fixed);
            let mut path = Vec::new();
            let mut known: Option<([u32; 2], bool)> = None;
            for [dir, name, package] in catalog.files_in(dirs).map(|place| catalog.indexed_file(place)) {
                let hit = match known {
                    Some((of, hit)) if of == [dir, name] => hit,
                    _ => {
                        path.clear();
                        path.extend_from_slice(catalog.bytes(dir));
                        path.extend_from_slice(catalog.bytes(name));
                        pattern.matches_bytes(&path)
                    }
                };
                known = Some(([dir, name], hit));
                if hit && package < catalog.len() {
                    found.insert(PackageId(start + package));
                }
            }
        }
    }
}
