//! Choosing packages.

mod dependencies;
mod files;
mod texts;
mod versions;

use crate::glob::{Glob, is_pattern};
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

impl Comparison {
    /// Tells whether an order of two values satisfies the comparison.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterEqual => order.is_ge(),
        }
    }
}

/// A pattern made ready for a [`Match`].
#[derive(Debug, Clone)]
pub(crate) enum Matcher {
    Exact(String),
    ExactIcase(String),
    Glob(Glob),
    Contains(String),
    ContainsIcase(String),
}

impl Matcher {
    pub(crate) fn new(how: Match, pattern: &str) -> Self {
        let text = pattern.to_owned();
        match how {
            Match::Exact => Matcher::Exact(text),
            Match::ExactIcase => Matcher::ExactIcase(text),
            Match::Glob | Match::GlobIcase if is_pattern(pattern) => {
                Matcher::Glob(Glob::new(pattern, how == Match::GlobIcase))
            }
            Match::Glob => Matcher::Exact(text),
            Match::GlobIcase => Matcher::ExactIcase(text),
            Match::Contains => Matcher::Contains(text),
            Match::ContainsIcase => Matcher::ContainsIcase(text.to_ascii_lowercase()),
        }
    }

    pub(crate) fn all<S: AsRef<str>>(how: Match, patterns: &[S]) -> Vec<Self> {
        patterns.iter().map(|pattern| Matcher::new(how, pattern.as_ref())).collect()
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Matcher::Exact(pattern) => text == pattern,
            Matcher::ExactIcase(pattern) => text.eq_ignore_ascii_case(pattern),
            Matcher::Glob(glob) => glob.matches(text),
            Matcher::Contains(pattern) => text.contains(pattern.as_str()),
            Matcher::ContainsIcase(pattern) => text.to_ascii_lowercase().contains(pattern.as_str()),
        }
    }

    /// Returns what every matching text starts with.
    pub(crate) fn prefix(&self) -> &[u8] {
        match self {
            Matcher::Exact(pattern) => pattern.as_bytes(),
            Matcher::Glob(glob) => glob.prefix(),
            _ => &[],
        }
    }

    /// As [`Matcher::matches`], for bytes.
    pub(crate) fn matches_bytes(&self, text: &[u8]) -> bool {
        match self {
            Matcher::Exact(pattern) => text == pattern.as_bytes(),
            Matcher::ExactIcase(pattern) => text.eq_ignore_ascii_case(pattern.as_bytes()),
            Matcher::Glob(glob) => glob.matches_bytes(text),
            Matcher::Contains(_) | Matcher::ContainsIcase(_) => {
                str::from_utf8(text).is_ok_and(|text| self.matches(text))
            }
        }
    }
}

/// A set of packages of a [`Sack`] that filters narrow.
#[derive(Debug, Clone)]
#[must_use = "a query does nothing until it is asked for its packages"]
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

    /// Returns what is left, as [`Sack::sorted`] orders it.
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

    /// Keeps packages for which `keep` holds.
    pub fn filter(mut self, mut keep: impl FnMut(PackageId) -> bool) -> Self {
        self.packages = self.packages.iter().filter(|id| keep(*id)).collect();
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
}
