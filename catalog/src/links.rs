//! Names and dependencies of one catalog by number, for walks that meet the same ones again and again.
//!
//! What is the same text has the same number, so a set of bits tells what was met before, and texts need not be read,
//! checked and compared to find out.

use std::ops::Range;

use oxidnf_core::reldep::{ReldepRef, Sense};

use crate::catalog::Catalog;
use crate::format::Section;
use crate::package::Package;
use crate::record::Relation;

/// A text of one catalog that may be a name; meaningless in another catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(u32);

impl NameId {
    /// Returns the number, below [`Catalog::name_count`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A dependency of one catalog; meaningless in another catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DependencyId(u32);

impl DependencyId {
    /// Returns the number, below [`Catalog::dependency_count`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Package<'_> {
    /// Returns the number of the name.
    pub fn name_id(&self) -> NameId {
        NameId(self.catalog().name_id(self.index()))
    }

    /// Calls `visit` with all dependencies, kind by kind in the order of [`Relation::ALL`].
    pub fn for_each_dependency(&self, mut visit: impl FnMut(Relation, DependencyId)) {
        self.all_dep_ids(|relation, dep| visit(relation, DependencyId(dep)));
    }

    /// Returns the dependencies of one kind, in the order of their source.
    pub fn dependency_ids(&self, relation: Relation) -> impl Iterator<Item = DependencyId> {
        self.dep_ids(relation).map(DependencyId)
    }

    /// Returns the recommendations in the order of [`Package::relations_as_cached`].
    pub fn recommends_ids_as_cached(&self) -> impl Iterator<Item = DependencyId> {
        self.dep_ids_as_cached(Relation::Recommends).into_iter().map(DependencyId)
    }
}

impl Catalog {
    /// Returns the number of texts that may be names.
    pub fn name_count(&self) -> usize {
        self.strings() as usize
    }

    /// Returns the number of distinct dependencies.
    pub fn dependency_count(&self) -> usize {
        self.deps() as usize
    }

    /// Finds a text.
    pub fn find_name(&self, text: &str) -> Option<NameId> {
        self.find_string(text.as_bytes()).map(NameId)
    }

    /// Returns the text of a name.
    pub fn name(&self, name: NameId) -> &str {
        self.text(name.0)
    }

    /// Returns a dependency.
    pub fn dependency(&self, dep: DependencyId) -> ReldepRef<'_> {
        self.dep(dep.0)
    }

    /// Returns how a dependency compares, and what rpm says of it beside.
    pub fn dependency_sense(&self, dep: DependencyId) -> Sense {
        Sense(self.dep_row(dep.0)[2])
    }

    /// Returns the name of a dependency, which is the whole text of a rich one.
    pub fn dependency_name(&self, dep: DependencyId) -> NameId {
        NameId(self.dep_row(dep.0)[0])
    }

    /// Returns the names that start so; they follow one another.
    pub fn names_starting(&self, prefix: &str) -> Range<NameId> {
        let Range { start, end } = self.strings_with_prefix(prefix.as_bytes());
        NameId(start)..NameId(end)
    }

    /// Returns the packages of a name.
    pub fn packages_called(&self, name: NameId) -> Range<u32> {
        self.packages_of_name(name.0)
    }

    /// Calls `visit` with every package that has a dependency of the kind on a name; see
    /// [`Catalog::relating_to_name`].
    pub fn relating_to(&self, relation: Relation, name: NameId, mut visit: impl FnMut(u32)) {
        self.postings(relation, self.deps_on(name.0), |_, packages| packages.for_each(&mut visit));
        for rich in self.rich_deps_on(name.0) {
            self.postings(relation, rich..rich + 1, |_, packages| packages.for_each(&mut visit));
        }
    }

    /// Returns the names that [`Catalog::relating_to`] finds packages for.
    pub fn names_of_kind(&self, relation: Relation) -> Vec<NameId> {
        let keys = Section::postings(relation).1;
        let keys: Vec<u32> = (0..self.store().len(keys) / 8).map(|place| self.store().u32(keys, place * 8)).collect();
        let mut names: Vec<NameId> = keys.iter().map(|dep| NameId(self.dep_row(*dep)[0])).collect();
        let rich = (0..self.store().len(Section::RichNames) / 8)
            .map(|place| [0, 4].map(|at| self.store().u32(Section::RichNames, place * 8 + at)))
            .filter(|[_, dep]| keys.binary_search(dep).is_ok());
        names.extend(rich.map(|[name, _]| NameId(name)));
        names.sort_unstable();
        names.dedup();
        names
    }
}
