//! Filters over names and other texts.

use std::ops::Range;

use oxidnf_core::nevra::Nevra;

use super::{Match, Matcher, Query};
use crate::catalog::Catalog;
use crate::package::Package;
use crate::sack::Sack;
use crate::set::{PackageId, PackageSet};

impl Query<'_> {
    /// Keeps packages whose name matches one of the patterns.
    pub fn filter_name<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let mut found = PackageSet::new();
        for pattern in Matcher::all(how, patterns) {
            self.sack.matching_names(&pattern, &mut found);
        }
        self.and(&found)
    }

    /// Keeps packages whose architecture matches one of the patterns.
    pub fn filter_arch<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        self.filter_text(how, patterns, |package| package.arch().into())
    }

    /// Keeps packages whose version matches one of the patterns.
    pub fn filter_version<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        self.filter_text(how, patterns, |package| package.version().into())
    }

    /// Keeps packages whose release matches one of the patterns.
    pub fn filter_release<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        self.filter_text(how, patterns, |package| package.release().into())
    }

    /// Keeps packages whose `name-[epoch:]version-release.arch` matches one of the patterns; epoch 0 may be written or
    /// not.
    pub fn filter_nevra<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let mut found = PackageSet::new();
        for pattern in Matcher::all(how, patterns) {
            self.sack.matching_nevras(&pattern, &self.packages, &mut found);
        }
        self.and(&found)
    }

    /// Keeps packages with exactly one of these names, versions and architectures.
    pub fn filter_exact_nevra(self, nevras: &[Nevra]) -> Self {
        let mut found = PackageSet::new();
        for nevra in nevras {
            for id in self.sack.named(&nevra.name) {
                let package = self.sack.package(id);
                if package.arch() == nevra.arch && package.evr().same_text(&nevra.evr()) {
                    found.insert(id);
                }
            }
        }
        self.and(&found)
    }

    /// Keeps packages of repositories whose identifier matches one of the patterns.
    pub fn filter_repo<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let matchers = Matcher::all(how, patterns);
        let mut found = PackageSet::new();
        for (index, repo) in self.sack.repos() {
            if matchers.iter().any(|matcher| matcher.matches(&repo.id)) {
                found.union(&self.sack.repo_packages(index));
            }
        }
        self.and(&found)
    }

    /// Keeps packages of which a text matches one of the patterns, for example
    /// `|package| package.summary().into()`. This looks at every package left.
    pub fn filter_text<S: AsRef<str>>(
        self,
        how: Match,
        patterns: &[S],
        text: impl for<'p> Fn(&Package<'p>) -> std::borrow::Cow<'p, str>,
    ) -> Self {
        let matchers = Matcher::all(how, patterns);
        let sack = self.sack;
        self.filter(|id| {
            let package = sack.package(id);
            let text = text(&package);
            matchers.iter().any(|matcher| matcher.matches(&text))
        })
    }
}

/// Writes `name-[epoch:]version-release.arch` over what was there.
fn write_nevra(text: &mut Vec<u8>, catalog: &Catalog, row: [u32; 5], with_epoch: bool) {
    let [name, arch, epoch, version, release] = row;
    text.clear();
    text.extend_from_slice(catalog.bytes(name));
    text.push(b'-');
    if with_epoch {
        text.extend_from_slice(epoch.to_string().as_bytes());
        text.push(b':');
    }
    text.extend_from_slice(catalog.bytes(version));
    text.push(b'-');
    text.extend_from_slice(catalog.bytes(release));
    text.push(b'.');
    text.extend_from_slice(catalog.bytes(arch));
}

impl Sack {
    /// Adds the packages of `among` whose NEVRA matches.
    fn matching_nevras(&self, pattern: &Matcher, among: &PackageSet, found: &mut PackageSet) {
        let mut text = Vec::new();
        for (start, catalog) in self.catalogs() {
            let mut look = |range: Range<u32>| {
                for index in range {
                    let id = PackageId(start + index);
                    if !among.contains(id) {
                        continue;
                    }
                    let row = catalog.row(index);
                    write_nevra(&mut text, catalog, row, row[2] != 0);
                    let mut hit = pattern.matches_bytes(&text);
                    if !hit && row[2] == 0 {
                        write_nevra(&mut text, catalog, row, true);
                        hit = pattern.matches_bytes(&text);
                    }
                    if hit {
                        found.insert(id);
                    }
                }
            };
            let prefix = pattern.prefix();
            look(catalog.packages_with_prefix(prefix));
            // A name may also end within the prefix, at a hyphen.
            let hyphens = prefix.iter().enumerate().filter(|(_, byte)| **byte == b'-');
            for name in hyphens.filter_map(|(at, _)| catalog.find_string(&prefix[..at])) {
                look(catalog.packages_of_name(name));
            }
        }
    }

    /// Adds the packages whose name matches.
    pub(crate) fn matching_names(&self, pattern: &Matcher, found: &mut PackageSet) {
        for (start, catalog) in self.catalogs() {
            let mut add = |range: Range<u32>| found.insert_range(start + range.start, start + range.end);
            match pattern {
                Matcher::Exact(name) => add(catalog.named(name)),
                Matcher::ExactIcase(name) => catalog.named_icase(name).into_iter().for_each(add),
                Matcher::Glob(glob) => scan_names(catalog, catalog.packages_with_prefix(glob.prefix()), pattern, add),
                Matcher::Contains(_) | Matcher::ContainsIcase(_) => {
                    scan_names(catalog, 0..catalog.len(), pattern, add);
                }
            }
        }
    }
}

/// Looks at every name in a range of packages once.
fn scan_names(catalog: &Catalog, range: Range<u32>, pattern: &Matcher, mut add: impl FnMut(Range<u32>)) {
    let mut start = range.start;
    while start < range.end {
        let name = catalog.name_id(start);
        let end = (start + 1..range.end).find(|package| catalog.name_id(*package) != name).unwrap_or(range.end);
        if pattern.matches_bytes(catalog.bytes(name)) {
            add(start..end);
        }
        start = end;
    }
}
