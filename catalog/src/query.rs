//! Choosing packages.

use oxidnf_core::evr::Evr;
use oxidnf_core::reldep::ReldepRef;

use crate::record::Relation;
use crate::sack::{Excludes, Sack};
use crate::set::{PackageId, PackageSet};

/// How a text is compared with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The same bytes.
    Exact,
    /// The same but for the case of ASCII letters.
    ExactIcase,
    /// A shell pattern; a pattern without special characters is compared as [`Match::Exact`].
    Glob,
    /// A shell pattern, whatever the case of ASCII letters.
    GlobIcase,
    /// The pattern is somewhere in the text.
    Contains,
    /// The pattern is somewhere in the text, whatever the case.
    ContainsIcase,
}

/// How versions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the operators'")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// A set of packages of a [`Sack`] that filters narrow.
#[derive(Debug, Clone)]
pub struct Query<'s> {
    sack: &'s Sack,
    packages: PackageSet,
}

impl<'s> Query<'s> {
    /// Starts with every package that is not excluded.
    pub fn new(sack: &'s Sack) -> Self {
        Self::with_excludes(sack, Excludes::ALL)
    }

    /// Starts with every package that the given exclusions leave.
    pub fn with_excludes(sack: &'s Sack, excludes: Excludes) -> Self {
        Query { sack, packages: sack.considered(excludes) }
    }

    /// Starts with a set.
    pub fn from_set(sack: &'s Sack, packages: PackageSet) -> Self {
        Query { sack, packages }
    }

    /// Returns the sack.
    pub fn sack(&self) -> &'s Sack {
        self.sack
    }

    /// Returns what is left.
    pub fn packages(&self) -> &PackageSet {
        &self.packages
    }

    /// Returns what is left, as a set.
    pub fn into_packages(self) -> PackageSet {
        self.packages
    }

    /// Returns what is left, ordered by name, version, architecture and repository.
    pub fn sorted(&self) -> Vec<PackageId> {
        self.sack.sorted(&self.packages)
    }

    /// Returns the number of packages left.
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Tells whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// Keeps what is also in a set.
    pub fn and(mut self, other: &PackageSet) -> Self {
        self.packages.intersect(other);
        self
    }

    /// Adds a set.
    pub fn or(mut self, other: &PackageSet) -> Self {
        self.packages.union(other);
        self
    }

    /// Takes a set out.
    pub fn minus(mut self, other: &PackageSet) -> Self {
        self.packages.subtract(other);
        self
    }

    /// Keeps installed packages.
    pub fn installed(self) -> Self {
        let set = self.sack.installed();
        self.and(&set)
    }

    /// Keeps packages that are not installed.
    pub fn available(self) -> Self {
        let set = self.sack.available();
        self.and(&set)
    }

    /// Keeps packages whose name matches one of the patterns.
    pub fn filter_name<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let _ = (how, patterns);
        self
    }

    /// Keeps packages whose architecture matches one of the patterns.
    pub fn filter_arch<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let _ = (how, patterns);
        self
    }

    /// Keeps packages whose version matches one of the patterns.
    pub fn filter_version<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let _ = (how, patterns);
        self
    }

    /// Keeps packages whose release matches one of the patterns.
    pub fn filter_release<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let _ = (how, patterns);
        self
    }

    /// Keeps packages whose `name-[epoch:]version-release.arch` matches one of the patterns.
    pub fn filter_nevra<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let _ = (how, patterns);
        self
    }

    /// Keeps packages whose version compares so with one of the given ones.
    pub fn filter_evr(self, how: Comparison, evrs: &[Evr<'_>]) -> Self {
        let _ = (how, evrs);
        self
    }

    /// Keeps packages of repositories whose identifier matches one of the patterns.
    pub fn filter_repo<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let _ = (how, patterns);
        self
    }

    /// Keeps packages that own a file whose path matches one of the patterns.
    pub fn filter_file<S: AsRef<str>>(self, how: Match, patterns: &[S]) -> Self {
        let _ = (how, patterns);
        self
    }

    /// Keeps packages that have a dependency of that kind which overlaps one of the given.
    pub fn filter_relation(self, relation: Relation, dependencies: &[ReldepRef<'_>]) -> Self {
        let _ = (relation, dependencies);
        self
    }

    /// Keeps packages that provide one of the dependencies; paths are also looked for among the files.
    pub fn filter_provides(self, dependencies: &[ReldepRef<'_>]) -> Self {
        self.filter_relation(Relation::Provides, dependencies)
    }

    /// Keeps the `limit` highest versions of every name and architecture; a negative limit keeps all but so many.
    pub fn filter_latest(self, limit: i32) -> Self {
        let _ = limit;
        self
    }

    /// Keeps the `limit` lowest versions of every name and architecture; a negative limit keeps all but so many.
    pub fn filter_earliest(self, limit: i32) -> Self {
        let _ = limit;
        self
    }

    /// Keeps, of every name and architecture, the packages of the repositories with the best priority.
    pub fn filter_priority(self) -> Self {
        self
    }

    /// Keeps available packages that are newer than what is installed of them.
    pub fn filter_upgrades(self) -> Self {
        self
    }

    /// Keeps available packages that are older than what is installed of them.
    pub fn filter_downgrades(self) -> Self {
        self
    }

    /// Keeps installed packages for which something newer is available.
    pub fn filter_upgradable(self) -> Self {
        self
    }

    /// Keeps installed packages for which something older is available.
    pub fn filter_downgradable(self) -> Self {
        self
    }

    /// Keeps installed packages of which no repository has the name and architecture.
    pub fn filter_extras(self) -> Self {
        self
    }

    /// Keeps installed packages of which several versions are installed.
    pub fn filter_duplicates(self) -> Self {
        self
    }
}
