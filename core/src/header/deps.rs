//! Dependencies of a header.

use std::borrow::Cow;

use super::{Header, StringArray, Tag};
use crate::reldep::{Reldep, Sense};

/// The kinds of dependencies that a header lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are rpm's")]
pub enum DepKind {
    Requires,
    Provides,
    Conflicts,
    Obsoletes,
    Recommends,
    Suggests,
    Supplements,
    Enhances,
    OrderWithRequires,
}

impl DepKind {
    /// All kinds.
    pub const ALL: [DepKind; 9] = [
        DepKind::Requires,
        DepKind::Provides,
        DepKind::Conflicts,
        DepKind::Obsoletes,
        DepKind::Recommends,
        DepKind::Suggests,
        DepKind::Supplements,
        DepKind::Enhances,
        DepKind::OrderWithRequires,
    ];

    /// Returns the tags of names, versions and sense bits.
    pub const fn tags(self) -> (Tag, Tag, Tag) {
        match self {
            DepKind::Requires => (Tag::REQUIRENAME, Tag::REQUIREVERSION, Tag::REQUIREFLAGS),
            DepKind::Provides => (Tag::PROVIDENAME, Tag::PROVIDEVERSION, Tag::PROVIDEFLAGS),
            DepKind::Conflicts => (Tag::CONFLICTNAME, Tag::CONFLICTVERSION, Tag::CONFLICTFLAGS),
            DepKind::Obsoletes => (Tag::OBSOLETENAME, Tag::OBSOLETEVERSION, Tag::OBSOLETEFLAGS),
            DepKind::Recommends => (Tag::RECOMMENDNAME, Tag::RECOMMENDVERSION, Tag::RECOMMENDFLAGS),
            DepKind::Suggests => (Tag::SUGGESTNAME, Tag::SUGGESTVERSION, Tag::SUGGESTFLAGS),
            DepKind::Supplements => (Tag::SUPPLEMENTNAME, Tag::SUPPLEMENTVERSION, Tag::SUPPLEMENTFLAGS),
            DepKind::Enhances => (Tag::ENHANCENAME, Tag::ENHANCEVERSION, Tag::ENHANCEFLAGS),
            DepKind::OrderWithRequires => (Tag::ORDERNAME, Tag::ORDERVERSION, Tag::ORDERFLAGS),
        }
    }
}

/// One dependency as it stands in a header; texts are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderDep<'a> {
    /// Name, path or rich dependency.
    pub name: &'a [u8],
    /// Sense bits.
    pub sense: Sense,
    /// `[epoch:]version[-release]`, empty when none.
    pub evr: &'a [u8],
    /// Position in the header's array.
    pub index: usize,
}

impl<'a> HeaderDep<'a> {
    /// Returns the name for people.
    pub fn name_str(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.name)
    }

    /// Returns the version for people.
    pub fn evr_str(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.evr)
    }

    /// Copies into an owned dependency; bytes that are not UTF-8 are replaced.
    pub fn to_reldep(&self) -> Reldep {
        Reldep { name: self.name_str().into_owned(), sense: self.sense, evr: self.evr_str().into_owned() }
    }
}

impl Header {
    /// Iterates over the dependencies of one kind.
    ///
    /// Versions or flags that are missing (ancient packages) are empty.
    pub fn deps(&self, kind: DepKind) -> impl ExactSizeIterator<Item = HeaderDep<'_>> {
        let (names, versions, flags) = kind.tags();
        let (mut versions, mut flags) = (self.strings(versions), self.numbers(flags));
        self.strings(names).enumerate().map(move |(index, name)| HeaderDep {
            name,
            sense: Sense(flags.next().unwrap_or(0) as u32),
            evr: versions.next().unwrap_or_default(),
            index,
        })
    }

    /// Returns the names of the dependencies of one kind with access by position.
    pub fn dep_names(&self, kind: DepKind) -> StringArray<'_> {
        self.string_array(kind.tags().0)
    }
}
