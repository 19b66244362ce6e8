//! Filters over paths.

use std::ops::Range;

use super::{Match, Matcher, Query};
use crate::catalog::Catalog;
use crate::index::is_in_primary;
use crate::sack::Sack;
use crate::set::{PackageId, PackageSet};

impl Query<'_> {
    /// Keeps packages that own a file whose path matches one of the patterns.
    ///
    /// Only files that the catalog has count; `primary.xml` lists those in `/etc` and in directories of programs. Others
    /// count where the index of all paths was added.
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
        let prefix = pattern.prefix();
        let (dir, name) = prefix.split_at(prefix.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1));
        let primary_has_all = is_in_primary(prefix);
        for (start, catalog) in self.catalogs() {
            if let Some(paths) = catalog.paths().filter(|_| !primary_has_all) {
                match paths.search(|path| pattern.matches_bytes(path)) {
                    Ok(matching) => found.extend(matching.into_iter().map(|path| PackageId(start + path.package))),
                    Err(_) => catalog.store().damage(),
                }
                continue;
            }
            let mut add = |package| found.insert(PackageId(start + package));
            // A path with the prefix has it in its directory, or is in the prefix's directory and has the rest in its
            // last component.
            let dirs = catalog.strings_with_prefix(prefix);
            matching(catalog, pattern, catalog.files_in(dirs), &mut add);
            if let Some(dir) = catalog.find_string(dir).filter(|_| !name.is_empty()) {
                let names = catalog.strings_with_prefix(name);
                matching(catalog, pattern, catalog.files_named(dir, names), &mut add);
            }
        }
    }
}

/// Calls `add` with the owners of the files at `places` of the index whose paths match.
fn matching(catalog: &Catalog, pattern: &Matcher, places: Range<u32>, add: &mut dyn FnMut(u32) -> bool) {
    let mut path = Vec::new();
    let mut known: Option<([u32; 2], bool)> = None;
    for [dir, name, package] in places.map(|place| catalog.indexed_file(place)) {
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
            add(package);
        }
    }
}
