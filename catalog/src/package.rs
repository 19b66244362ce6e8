//! One package of a catalog.

use std::borrow::Cow;

use oxidnf_core::checksum::Checksum;
use oxidnf_core::evr::Evr;
use oxidnf_core::nevra::Nevra;
use oxidnf_core::reldep::ReldepRef;

use crate::catalog::Catalog;
use crate::format::{Reader, Section};
use crate::meta::{Meta, checksum_kind};
use crate::part::file_kind;
use crate::record::{FileRef, Relation};

/// A package of a [`Catalog`]; texts are borrowed from it.
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

    /// Returns the place in the source: in the metadata file, or among the records of the rpm database.
    pub fn ordinal(&self) -> u32 {
        self.catalog.store().u32(Section::Ordinals, self.index as usize * 4)
    }

    pub fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    pub fn name(&self) -> &'c str {
        self.catalog.text(self.catalog.row(self.index)[0])
    }

    pub fn arch(&self) -> &'c str {
        self.catalog.text(self.catalog.row(self.index)[1])
    }

    pub fn epoch(&self) -> u32 {
        self.catalog.row(self.index)[2]
    }

    pub fn version(&self) -> &'c str {
        self.catalog.text(self.catalog.row(self.index)[3])
    }

    pub fn release(&self) -> &'c str {
        self.catalog.text(self.catalog.row(self.index)[4])
    }

    pub fn evr(&self) -> Evr<'c> {
        let [_, _, epoch, version, release] = self.catalog.row(self.index);
        Evr { epoch: Some(epoch), version: self.catalog.text(version), release: Some(self.catalog.text(release)) }
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

    fn meta(&self) -> Meta<'c> {
        Meta::decode(self.catalog.record(Section::Metas, Section::MetaEnds, self.index))
    }

    fn string(&self, string: u32) -> &'c str {
        self.catalog.optional(string).unwrap_or_default()
    }

    pub fn summary(&self) -> &'c str {
        self.catalog.long(Section::Summaries, self.meta().summary)
    }

    pub fn description(&self) -> &'c str {
        self.catalog.long(Section::Descriptions, self.meta().description)
    }

    pub fn url(&self) -> &'c str {
        self.catalog.long(Section::Urls, self.meta().url)
    }

    pub fn license(&self) -> &'c str {
        self.string(self.meta().license)
    }

    pub fn vendor(&self) -> &'c str {
        self.string(self.catalog.origin(self.index)[0])
    }

    pub fn packager(&self) -> &'c str {
        self.string(self.meta().packager)
    }

    pub fn group(&self) -> &'c str {
        self.string(self.meta().group)
    }

    pub fn build_host(&self) -> &'c str {
        self.string(self.meta().build_host)
    }

    /// Returns the file name of the source package, empty for source packages.
    pub fn sourcerpm(&self) -> &'c str {
        self.string(self.meta().sourcerpm)
    }

    /// Returns the path of the package file below the base of its repository, empty when it has none.
    pub fn location(&self) -> Cow<'c, str> {
        let meta = self.meta();
        match self.catalog.optional(meta.location_dir) {
            Some(dir) => {
                let (name, version, release, arch) = (self.name(), self.version(), self.release(), self.arch());
                Cow::Owned(format!("{dir}{name}-{version}-{release}.{arch}.rpm"))
            }
            None => Cow::Borrowed(self.string(meta.location)),
        }
    }

    /// Returns `xml:base` of the location.
    pub fn location_base(&self) -> Option<&'c str> {
        self.catalog.optional(self.meta().location_base)
    }

    /// Returns the digest of the package file.
    pub fn checksum(&self) -> Option<Checksum> {
        let (kind, digest) = self.meta().checksum;
        Checksum::from_bytes(checksum_kind(kind)?, digest)
    }

    pub fn package_size(&self) -> u64 {
        self.meta().package_size
    }

    pub fn install_size(&self) -> u64 {
        self.meta().install_size
    }

    pub fn archive_size(&self) -> u64 {
        self.meta().archive_size
    }

    pub fn header_start(&self) -> u64 {
        self.meta().header_start
    }

    pub fn header_end(&self) -> u64 {
        self.meta().header_end
    }

    pub fn file_time(&self) -> u64 {
        self.meta().file_time
    }

    pub fn build_time(&self) -> u64 {
        match self.catalog.origin(self.index)[1] {
            u32::MAX => self.meta().build_time,
            time => time.into(),
        }
    }

    /// Returns when it was installed, 0 for packages that are not.
    pub fn install_time(&self) -> u64 {
        self.meta().install_time
    }

    /// Returns the number of the header in the rpm database.
    pub fn hnum(&self) -> Option<u32> {
        u32::try_from(self.meta().hnum.checked_sub(1)?).ok()
    }

    /// Returns the numbers of the dependencies of one kind, in the order of their source.
    pub(crate) fn dep_ids(&self, relation: Relation) -> impl Iterator<Item = u32> + use<'c> {
        let mut reader = Reader::new(self.catalog.record(Section::Relations, Section::RelationEnds, self.index));
        for _ in 0..relation as u8 {
            // A count that is too large ends with the record.
            let count = reader.varint().min(reader.left() as u64);
            for _ in 0..count {
                reader.varint();
            }
        }
        let count = reader.varint().min(reader.left() as u64);
        (0..count).map(move |_| reader.number())
    }

    /// Calls `visit` with the numbers of all dependencies, kind by kind.
    pub(crate) fn all_dep_ids(&self, mut visit: impl FnMut(Relation, u32)) {
        let mut reader = Reader::new(self.catalog.record(Section::Relations, Section::RelationEnds, self.index));
        for relation in Relation::ALL {
            // A count that is too large ends with the record.
            let count = reader.varint().min(reader.left() as u64);
            (0..count).for_each(|_| visit(relation, reader.number()));
        }
    }

    /// Returns the dependencies of one kind, in the order of their source.
    pub fn relations(&self, relation: Relation) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        let catalog = self.catalog;
        self.dep_ids(relation).map(move |dep| catalog.dep(dep))
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

    /// Returns dependencies in the order of libsolv's cache of the metadata, which is the one that dnf5 follows.
    pub fn relations_as_cached(&self, relation: Relation) -> impl Iterator<Item = ReldepRef<'c>> + use<'c> {
        let catalog = self.catalog;
        self.dep_ids_as_cached(relation).into_iter().map(move |dep| catalog.dep(dep))
    }

    pub(crate) fn dep_ids_as_cached(&self, relation: Relation) -> Vec<u32> {
        let mut deps: Vec<u32> = self.dep_ids(relation).collect();
        if deps.len() > 1 {
            deps.sort_by_cached_key(|dep| self.catalog.cached_key(*dep));
        }
        deps
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

    /// Returns the files that the source listed, by directory and name. `primary.xml` lists a part of them only.
    pub fn files(&self) -> impl Iterator<Item = FileRef<'c>> + use<'c> {
        let catalog = self.catalog;
        let mut reader = Reader::new(catalog.record(Section::Files, Section::FileEnds, self.index));
        let (mut dir, mut left) = ("", 0);
        std::iter::from_fn(move || {
            if left == 0 {
                if reader.is_empty() {
                    return None;
                }
                dir = catalog.text(reader.number());
                left = reader.varint();
            }
            left = left.checked_sub(1)?;
            let file = (!reader.is_empty()).then(|| reader.varint())?;
            Some(FileRef { dir, name: catalog.text((file >> 2) as u32), kind: file_kind((file & 3) as u8) })
        })
    }
}
