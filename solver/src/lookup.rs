//! Finding packages by what they are called, provide or answer to, over all catalogs of a sack.

use oxidnf_catalog::{PackageId, Relation, RepoIndex, Sack};

/// Answers from the indexes of the catalogs.
#[derive(Clone, Copy)]
pub(crate) struct Lookup<'s> {
    sack: &'s Sack,
}

impl<'s> Lookup<'s> {
    /// Asks the catalogs of `sack`.
    pub(crate) fn new(sack: &'s Sack) -> Self {
        Lookup { sack }
    }

    fn repos(self) -> impl Iterator<Item = RepoIndex> + 's {
        self.sack.repos().map(|(index, _)| index)
    }

    /// Returns the packages of a name.
    pub(crate) fn named(self, name: &str) -> Vec<PackageId> {
        let mut found = Vec::new();
        for repo in self.repos() {
            found.extend(self.sack.catalog(repo).named(name).map(|index| self.sack.id(repo, index)));
        }
        found
    }

    /// Returns the packages with a dependency of that kind on `name`, in whatever version, inside rich ones, too.
    pub(crate) fn related(self, relation: Relation, name: &str) -> Vec<PackageId> {
        let mut found = Vec::new();
        for repo in self.repos() {
            let catalog = self.sack.catalog(repo);
            catalog.relating_to_name(relation, name, |index| found.push(self.sack.id(repo, index)));
        }
        found
    }

    /// Returns the packages that hold a file.
    pub(crate) fn owning(self, path: &str) -> Vec<PackageId> {
        let mut found = Vec::new();
        for repo in self.repos() {
            self.sack.catalog(repo).owners(path, |index| found.push(self.sack.id(repo, index)));
        }
        found
    }
}
