//! Finding packages by what they are called, provide or answer to.

use std::collections::HashMap;

use oxidnf_catalog::{PackageId, Relation, Sack};

use crate::rich::for_each_plain;

/// Indexes over all packages of a sack.
pub(crate) struct Lookup<'s> {
    names: HashMap<&'s str, Vec<PackageId>>,
    provides: HashMap<&'s str, Vec<PackageId>>,
    obsoletes: HashMap<&'s str, Vec<PackageId>>,
    supplements: HashMap<&'s str, Vec<PackageId>>,
    files: HashMap<(&'s str, &'s str), Vec<PackageId>>,
}

impl<'s> Lookup<'s> {
    /// Makes the indexes.
    pub(crate) fn new(sack: &'s Sack) -> Self {
        let mut lookup = Lookup {
            names: HashMap::new(),
            provides: HashMap::new(),
            obsoletes: HashMap::new(),
            supplements: HashMap::new(),
            files: HashMap::new(),
        };
        for id in sack.all().iter() {
            let package = sack.package(id);
            lookup.names.entry(package.name()).or_default().push(id);
            lookup.provides.entry(package.name()).or_default().push(id);
            package.provides().for_each(|dep| push(lookup.provides.entry(dep.name).or_default(), id));
            package
                .relations(Relation::Obsoletes)
                .for_each(|dep| push(lookup.obsoletes.entry(dep.name).or_default(), id));
            package.supplements().for_each(|dep| {
                for_each_plain(dep, |dep| push(lookup.supplements.entry(dep.name).or_default(), id));
            });
            package.files().for_each(|file| push(lookup.files.entry((file.dir, file.name)).or_default(), id));
        }
        lookup
    }

    /// Returns the packages of a name.
    pub(crate) fn named(&self, name: &str) -> Vec<PackageId> {
        self.names.get(name).cloned().unwrap_or_default()
    }

    /// Returns the packages that are called `name` or say that they provide it, in whatever version.
    pub(crate) fn providing(&self, name: &str) -> Vec<PackageId> {
        self.provides.get(name).cloned().unwrap_or_default()
    }

    /// Returns the packages that obsolete `name` in whatever version.
    pub(crate) fn obsoleting(&self, name: &str) -> Vec<PackageId> {
        self.obsoletes.get(name).cloned().unwrap_or_default()
    }

    /// Returns the packages with a supplement that names `name`.
    pub(crate) fn supplementing(&self, name: &str) -> Vec<PackageId> {
        self.supplements.get(name).cloned().unwrap_or_default()
    }

    /// Returns the names of files that supplements name.
    pub(crate) fn supplemented_files(&self) -> Vec<&'s str> {
        self.supplements.keys().copied().filter(|name| name.starts_with('/')).collect()
    }

    /// Returns the packages that hold a file.
    pub(crate) fn owning(&self, path: &str) -> Vec<PackageId> {
        let Some(cut) = path.rfind('/') else { return Vec::new() };
        self.files.get(&path.split_at(cut + 1)).cloned().unwrap_or_default()
    }
}

fn push(ids: &mut Vec<PackageId>, id: PackageId) {
    if ids.last() != Some(&id) {
        ids.push(id);
    }
}
