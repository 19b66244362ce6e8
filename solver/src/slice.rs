//! Which packages of a sack a goal can reach.
//!
//! libsolv makes rules only for what is installed, what could replace that, what the jobs name, and what any of those
//! requires, recommends or is supplemented by, and so on. A pool that holds this closure and nothing else gives the
//! same rules as a pool of everything, hence the same outcome (tests/slices.rs tries that on random universes).

use std::collections::{BTreeMap, HashSet};

use oxidnf_catalog::{PackageId, PackageSet, Sack};

use crate::goal::{Goal, Job};
use crate::lookup::Lookup;
use crate::options::Options;
use crate::rich::for_each_plain;

/// What libsolv is to be given.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    /// The packages.
    pub(crate) packages: PackageSet,
}

/// Finds what `goal` can reach.
pub(crate) fn reach(sack: &Sack, lookup: &Lookup<'_>, goal: &Goal, options: &Options) -> Slice {
    if options.whole_pool {
        return Slice { packages: sack.all() };
    }
    let mut reach = Reach {
        sack,
        lookup,
        weak: options.install_weak_deps,
        packages: PackageSet::new(),
        pending: Vec::new(),
        required: HashSet::new(),
        supplemented: HashSet::new(),
        replaced: HashSet::new(),
        file_supplements: BTreeMap::new(),
    };
    reach.start(goal);
    reach.run();
    Slice { packages: reach.packages }
}

struct Reach<'a, 's> {
    sack: &'s Sack,
    lookup: &'a Lookup<'s>,
    weak: bool,
    packages: PackageSet,
    pending: Vec<PackageId>,
    /// Names whose providers are in.
    required: HashSet<&'s str>,
    /// Names whose supplementers are in.
    supplemented: HashSet<&'s str>,
    /// Names whose other versions and obsoleters are in.
    replaced: HashSet<&'s str>,
    /// The supplementers of the files that a package holds.
    file_supplements: BTreeMap<PackageId, Vec<PackageId>>,
}

impl<'s> Reach<'_, 's> {
    fn start(&mut self, goal: &Goal) {
        if self.weak {
            for path in self.lookup.supplemented_files() {
                let supplementers = self.lookup.supplementing(path);
                for owner in self.lookup.owning(path) {
                    self.file_supplements.entry(owner).or_default().extend(&supplementers);
                }
            }
        }
        self.add_all(self.sack.installed().iter());
        for job in &goal.jobs {
            self.add_all(job.packages().iter().copied());
            if let Job::InstallProvide { dependency, .. } = job {
                let lookup = self.lookup;
                let mut found = Vec::new();
                for_each_plain(dependency.as_ref(), |dep| found.extend(providers(lookup, dep.name)));
                self.add_all(found);
            }
        }
    }

    fn run(&mut self) {
        while let Some(id) = self.pending.pop() {
            self.visit(id);
        }
    }

    fn add_all(&mut self, ids: impl IntoIterator<Item = PackageId>) {
        for id in ids {
            if self.packages.insert(id) {
                self.pending.push(id);
            }
        }
    }

    fn visit(&mut self, id: PackageId) {
        let package = self.sack.package(id);
        for dep in package.requires() {
            for_each_plain(dep, |dep| self.require(dep.name));
        }
        let installed = self.sack.is_installed(id);
        if installed && self.replaced.insert(package.name()) {
            self.add_all(self.lookup.named(package.name()));
            self.add_all(self.lookup.obsoleting(package.name()));
        }
        if !self.weak {
            return;
        }
        for dep in package.recommends() {
            for_each_plain(dep, |dep| self.require(dep.name));
        }
        self.supplement(package.name());
        for dep in package.provides() {
            self.supplement(dep.name);
        }
        if let Some(supplementers) = self.file_supplements.remove(&id) {
            self.add_all(supplementers);
        }
    }

    fn require(&mut self, name: &'s str) {
        if self.required.insert(name) {
            self.add_all(providers(self.lookup, name));
        }
    }

    fn supplement(&mut self, name: &'s str) {
        if self.supplemented.insert(name) {
            self.add_all(self.lookup.supplementing(name));
        }
    }
}

/// Returns the packages that may satisfy a dependency on `name`, files included.
fn providers(lookup: &Lookup<'_>, name: &str) -> Vec<PackageId> {
    let mut found = lookup.providing(name);
    if name.starts_with('/') {
        found.extend(lookup.owning(name));
    }
    found
}
