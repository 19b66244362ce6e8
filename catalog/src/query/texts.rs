//! Filters over names and other texts.

use std::fmt::Write;

use oxidnf_core::nevra::Nevra;

use super::{Match, Matcher, Query};
use crate::package::Package;
use crate::sack::Sack;
use crate::set::PackageSet;

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
        let matchers = Matcher::all(how, patterns);
        let sack = self.sack;
        let mut text = String::new();
        self.filter(|id| {
            let package = sack.package(id);
            let epoch = package.epoch();
            // Both writings of epoch 0 are tried; another epoch has one.
            (0..=u8::from(epoch == 0)).any(|hidden| {
                text.clear();
                write_nevra(&mut text, package, hidden == 0);
                matchers.iter().any(|matcher| matcher.matches(&text))
            })
        })
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

fn write_nevra(text: &mut String, package: Package<'_>, with_epoch: bool) {
    text.push_str(package.name());
    text.push('-');
    if with_epoch {
        let _ = write!(text, "{}:", package.epoch());
    }
    for part in [package.version(), "-", package.release(), ".", package.arch()] {
        text.push_str(part);
    }
}

impl Sack {
    /// Adds the packages whose name matches.
    pub(crate) fn matching_names(&self, pattern: &Matcher, found: &mut PackageSet) {
        for (start, catalog) in self.catalogs() {
            let mut add = |range: std::ops::Range<u32>| found.insert_range(start + range.start, start + range.end);
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
fn scan_names(
    catalog: &crate::Catalog,
    range: std::ops::Range<u32>,
    pattern: &Matcher,
    mut add: impl FnMut(std::ops::Range<u32>),
) {
    let mut start = range.start;
    while start < range.end {
        let name = catalog.name_id(start);
        let end = (start + 1..range.end).find(|package| catalog.name_id(*package) != name).unwrap_or(range.end);
        if pattern.matches(catalog.text(name)) {
            add(start..end);
        }
        start = end;
    }
}
