//! A catalog, opened.

use std::path::Path;
use std::sync::OnceLock;

use oxidnf_core::reldep::{ReldepRef, Sense};

use crate::error::CatalogError;
use crate::format::{DEP, ROW, Reader, Section, read_u32};
use crate::map::Content;
use crate::package::Package;
use crate::paths::PathIndex;
use crate::record::Relation;
use crate::store::Store;

/// What a catalog was made from, for example the SHA-256 of `repomd.xml`.
pub type Stamp = [u8; 32];

/// A set of packages in the indexed format; cheap to open, safe to share between threads.
///
/// Opening checks the header; what is read later is checked block by block. Where something is damaged, texts are
/// empty and lists end, and [`Catalog::is_damaged`] tells so from then on.
#[derive(Debug)]
pub struct Catalog {
    store: Store,
    packages: u32,
    strings: u32,
    paths: OnceLock<PathIndex>,
}

impl Catalog {
    /// Opens a file; fails when it is no catalog, a damaged one, of another version, or made from other data.
    pub fn open(path: &Path, stamp: &Stamp) -> Result<Self, CatalogError> {
        let content = Content::open(path).map_err(|source| CatalogError::Open { path: path.to_owned(), source })?;
        let catalog = Self::new(content)?;
        if catalog.stamp() == *stamp { Ok(catalog) } else { Err(CatalogError::Stale) }
    }

    /// Takes a catalog that is in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, CatalogError> {
        Self::new(Content::of_memory(bytes))
    }

    fn new(content: Content) -> Result<Self, CatalogError> {
        let store = Store::new(content)?;
        let rows = |section: Section, size: usize| {
            let len = store.len(section);
            let count = u32::try_from(len / size).ok().filter(|count| i32::try_from(*count).is_ok());
            count.filter(|_| len % size == 0).ok_or(CatalogError::Damaged("size of a table"))
        };
        let packages = rows(Section::Packages, ROW)?;
        for section in [Section::RelationEnds, Section::MetaEnds, Section::FileEnds, Section::Ordinals] {
            if rows(section, 4)? != packages {
                return Err(CatalogError::Damaged("size of a table"));
            }
        }
        if rows(Section::Origins, 8)? != packages {
            return Err(CatalogError::Damaged("size of a table"));
        }
        let strings = rows(Section::StringEnds, 4)?;
        if rows(Section::StringCounts, 8)? != strings || rows(Section::DepCounts, 8)? != rows(Section::Deps, DEP)? {
            return Err(CatalogError::Damaged("size of a table"));
        }
        let keys = Relation::ALL.map(|relation| (Section::postings(relation).1, 8));
        let others = [(Section::Deps, DEP), (Section::FileIndex, DEP), (Section::RichNames, 8), (Section::Folded, 4)];
        keys.into_iter().chain(others).try_for_each(|(section, size)| rows(section, size).map(drop))?;
        Ok(Catalog { store, packages, strings, paths: OnceLock::new() })
    }

    /// Returns what the catalog was made from.
    pub fn stamp(&self) -> Stamp {
        self.store.header().stamp
    }

    /// Returns the number of packages.
    pub fn len(&self) -> u32 {
        self.packages
    }

    /// Tells whether there are no packages.
    pub fn is_empty(&self) -> bool {
        self.packages == 0
    }

    /// Returns a package by its place, `0..len()`; packages are in order of name, architecture and version.
    ///
    /// Past the end, every text of the package is empty, and asking for one counts as damage.
    pub fn package(&self, index: u32) -> Package<'_> {
        Package::new(self, index)
    }

    /// Returns all packages.
    pub fn packages(&self) -> impl Iterator<Item = Package<'_>> {
        (0..self.packages).map(|index| self.package(index))
    }

    /// Tells whether something read so far contradicted its checksum; then no answer may be trusted, and the file has
    /// to be made again.
    pub fn is_damaged(&self) -> bool {
        self.store.is_damaged()
    }

    /// Checks every byte now.
    pub fn verify(&self) -> Result<(), CatalogError> {
        if self.store.check_all() && !self.is_damaged() { Ok(()) } else { Err(CatalogError::Damaged("checksum")) }
    }

    /// Adds the index of all paths, made for this catalog; what asks for the files of packages looks there, too, from
    /// now on. A second one is ignored.
    pub fn add_paths(&self, paths: PathIndex) {
        if paths.packages() == self.packages {
            let _ = self.paths.set(paths);
        }
    }

    /// Returns the index of all paths, if it was added.
    pub fn paths(&self) -> Option<&PathIndex> {
        self.paths.get()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn strings(&self) -> u32 {
        self.strings
    }

    /// Returns record `index` of a section whose records end where a table says.
    pub(crate) fn record(&self, section: Section, ends: Section, index: u32) -> &[u8] {
        let at = index as usize * 4;
        let (start, end) = match index {
            0 => (0, self.store.u32(ends, 0)),
            _ => self.store.slice(ends, at - 4, 8).map_or((0, 0), |both| (read_u32(both, 0), read_u32(both, 4))),
        };
        let Some(len) = end.checked_sub(start) else {
            self.store.damage();
            return &[];
        };
        self.store.slice(section, start as usize, len as usize).unwrap_or_default()
    }

    pub(crate) fn bytes(&self, string: u32) -> &[u8] {
        self.record(Section::Strings, Section::StringEnds, string)
    }

    pub(crate) fn text(&self, string: u32) -> &str {
        self.utf8(self.bytes(string))
    }

    /// Returns a text by its number plus 1.
    pub(crate) fn optional(&self, string: u32) -> Option<&str> {
        Some(self.text(string.checked_sub(1)?))
    }

    /// Returns a long text by its place plus 1; empty for 0.
    pub(crate) fn long(&self, section: Section, place: u32) -> &str {
        let Some(place) = place.checked_sub(1) else { return "" };
        let start = place as usize;
        let head = self.store.len(section).saturating_sub(start).min(10);
        let mut reader = Reader::new(self.store.slice(section, start, head).unwrap_or_default());
        let len = reader.varint();
        let text = usize::try_from(len).ok().and_then(|len| {
            let head = head - reader.left();
            self.store.slice(section, start + head, len)
        });
        self.utf8(text.unwrap_or_default())
    }

    fn utf8<'a>(&self, bytes: &'a [u8]) -> &'a str {
        str::from_utf8(bytes).unwrap_or_else(|_| {
            self.store.damage();
            ""
        })
    }

    /// Returns the row of a package: name, arch, epoch, version, release.
    pub(crate) fn row(&self, index: u32) -> [u32; 5] {
        let row = self.store.slice(Section::Packages, index as usize * ROW, ROW).unwrap_or_default();
        [0, 4, 8, 12, 16].map(|at| read_u32(row, at))
    }

    /// Returns the vendor (string plus 1) and the build time of a package; all ones for a time that only its record holds.
    pub(crate) fn origin(&self, index: u32) -> [u32; 2] {
        let row = self.store.slice(Section::Origins, index as usize * 8, 8).unwrap_or_default();
        [0, 4].map(|at| read_u32(row, at))
    }

    pub(crate) fn deps(&self) -> u32 {
        (self.store.len(Section::Deps) / DEP) as u32
    }

    /// Returns name, evr and sense of a dependency.
    pub(crate) fn dep_row(&self, dep: u32) -> [u32; 3] {
        let row = self.store.slice(Section::Deps, dep as usize * DEP, DEP).unwrap_or_default();
        [0, 4, 8].map(|at| read_u32(row, at))
    }

    pub(crate) fn dep(&self, dep: u32) -> ReldepRef<'_> {
        let [name, evr, sense] = self.dep_row(dep);
        ReldepRef { name: self.text(name), sense: Sense(sense), evr: self.text(evr) }
    }
}
