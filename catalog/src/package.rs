//! One package of a catalog.

use std::borrow::Cow;

use oxidnf_core::checksum::Checksum;
use oxidnf_core::evr::Evr;
use oxidnf_core::nevra::Nevra;
use oxidnf_core::reldep::ReldepRef;

use crate::catalog::Catalog;
use crate::record::{FileRef, Relation};

/// A package of a [`Catalog`]; texts are borrowed from the map.
#[derive(Debug, Clone, Copy)]
pub struct Package<'c> {
    catalog: &'c Catalog,
    index: u32,
}

#[allow(missing_docs, reason = "the names are rpm's and those of Record")]
impl<'c> Package<'c> {
    pub(crate) fn new(catalog: &'c Catalog, index: u32) -> Self {
        Package { catalog, index }
    }

    /// Returns the place in the catalog.
    pub fn index(&self) -> u32 {
        self.index
    }

    pub fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    pub fn name(&self) -> &'c str {
        ""
    }

    pub fn arch(&self) -> &'c str {
        ""
    }

    pub fn epoch(&self) -> u32 {
        0
    }

    pub fn version(&self) -> &'c str {
        ""
    }

    pub fn release(&self) -> &'c str {
        ""
    }

    pub fn evr(&self) -> Evr<'c> {
        Evr { epoch: Some(self.epoch()), version: self.version(), release: Some(self.release()) }
    }

    pub fn nevra(&self) -> Nevra {
        Nevra {
            name: self.name().to_owned(),
            epoch: self.epoch(),
            version: self.version().to_owned(),
            release: self.release().to_owned(),
            arch: self.arch().to_owned(),
        }
    }

    /// Tells whether this is a source package.
    pub fn is_source(&self) -> bool {
        matches!(self.arch(), "src" | "nosrc")
    }

    pub fn summary(&self) -> &'c str {
        ""
    }

    pub fn description(&self) -> &'c str {
        ""
    }

    pub fn url(&self) -> &'c str {
        ""
    }

    pub fn license(&self) -> &'c str {
        ""
    }

    pub fn vendor(&self) -> &'c str {
        ""
    }

    pub fn packager(&self) -> &'c str {
        ""
    }

    pub fn group(&self) -> &'c str {
        ""
    }

    pub fn build_host(&self) -> &'c str {
        ""
    }

    pub fn sourcerpm(&self) -> &'c str {
        ""
    }

    pub fn location(&self) -> Cow<'c, str> {
        Cow::Borrowed("")
    }

    pub fn location_base(&self) -> Option<&'c str> {
        None
    }

    pub fn checksum(&self) -> Option<Checksum> {
        None
    }

    pub fn package_size(&self) -> u64 {
        0
    }

    pub fn install_size(&self) -> u64 {
        0
    }

    pub fn archive_size(&self) -> u64 {
        0
    }

    pub fn header_start(&self) -> u64 {
        0
    }

    pub fn header_end(&self) -> u64 {
        0
    }

    pub fn file_time(&self) -> u64 {
        0
    }

    pub fn build_time(&self) -> u64 {
        0
    }

    pub fn install_time(&self) -> u64 {
        0
    }

    pub fn hnum(&self) -> Option<u32> {
        None
    }

    /// Returns the dependencies of one kind, in the order of their source.
    pub fn relations(&self, relation: Relation) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        let _ = relation;
        std::iter::empty()
    }

    pub fn provides(&self) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        self.relations(Relation::Provides)
    }

    pub fn requires(&self) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        self.relations(Relation::Requires)
    }

    pub fn conflicts(&self) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        self.relations(Relation::Conflicts)
    }

    pub fn obsoletes(&self) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        self.relations(Relation::Obsoletes)
    }

    pub fn recommends(&self) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        self.relations(Relation::Recommends)
    }

    pub fn suggests(&self) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        self.relations(Relation::Suggests)
    }

    pub fn supplements(&self) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        self.relations(Relation::Supplements)
    }

    pub fn enhances(&self) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        self.relations(Relation::Enhances)
    }

    /// Returns the files that the source listed, ordered by path. `primary.xml` lists a part of them only.
    pub fn files(&self) -> impl Iterator<Item = FileRef<'c>> + use<'c> {
        std::iter::empty()
    }
}
