//! Which packages of a sack a goal can reach.
//!
//! libsolv makes rules only for what is installed, what could replace that, what the jobs name, and what any of those
//! requires, recommends or is supplemented by, and so on. A pool that holds this closure and nothing else gives the
//! same rules as a pool of everything, hence the same outcome (tests/slices.rs tries that on random universes).

use std::collections::HashSet;

use oxidnf_catalog::{PackageId, PackageSet, Relation, Sack};

use crate::goal::{Goal, Job};
use crate::lookup::Lookup;
use crate::options::Options;
use crate::rich::for_each_plain;

/// Finds what `goal` can reach.
pub(crate) fn reach(sack: &Sack, goal: &Goal, options: &Options) -> PackageSet {
    if options.whole_pool {
        return sack.all();
    }
    let mut reach = Reach {
        sack,
        lookup: Lookup::new(sack),
        depth: if options.install_weak_deps { Depth::Weak } else { Depth::Strong },
        packages: PackageSet::new(),
        pending: Vec::new(),
        required: HashSet::new(),
        attracted: HashSet::new(),
        replaced: HashSet::new(),
    };
    reach.start(goal);
    reach.run();
    if reach.has_inferior_arch(&options.arch) {
        reach.depth = Depth::Everything;
        reach.attracted.clear();
        reach.pending = reach.packages.iter().collect();
        reach.run();
    }
    reach.add_siblings();
    reach.packages
}

/// Which dependencies are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// Requirements: enough when weak dependencies are ignored.
    Strong,
    /// Recommendations and supplements as well, which can bring packages in.
    Weak,
    /// Suggestions, enhancements and other architectures as well. They bring nothing in, but what libsolv reaches by
    /// them decides which architectures a name is there in, and it forbids a name's inferior ones.
    Everything,
}

struct Reach<'s> {
    sack: &'s Sack,
    lookup: Lookup<'s>,
    depth: Depth,
    packages: PackageSet,
    pending: Vec<PackageId>,
    /// Names whose providers are in.
    required: HashSet<&'s str>,
    /// Names whose supplementers and enhancers are in.
    attracted: HashSet<&'s str>,
    /// Names whose other versions and obsoleters are in.
    replaced: HashSet<&'s str>,
}

impl<'s> Reach<'s> {
    fn start(&mut self, goal: &Goal) {
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
        // A conflict with `(a if b)` is met by `b` without `a`, so that a conflict can bring packages in.
        for dep in package.conflicts().filter(|dep| dep.is_rich()) {
            for_each_plain(dep, |dep| self.require(dep.name));
        }
        if self.sack.is_installed(id) && self.replaced.insert(package.name()) {
            self.add_all(self.lookup.named(package.name()));
            self.add_all(self.lookup.related(Relation::Obsoletes, package.name()));
        }
        if self.depth == Depth::Strong {
            return;
        }
        for dep in package.recommends() {
            for_each_plain(dep, |dep| self.require(dep.name));
        }
        // A suggestion makes libsolv choose another one of several equals. Whom a plain one suggests need not be known
        // for that, but `(a and b)` suggests nothing when `b` does not exist.
        let everything = self.depth == Depth::Everything;
        for dep in package.suggests().filter(|dep| everything || dep.is_rich()) {
            for_each_plain(dep, |dep| self.require(dep.name));
        }
        if everything {
            self.lock_step(id);
        }
        self.attract(package.name());
        for dep in package.provides() {
            self.attract(dep.name);
        }
        for file in package.files() {
            self.attract_to_file(&format!("{}{}", file.dir, file.name));
        }
    }

    /// Adds the other versions of every name. They cannot come, but libsolv likes a package less when a newer one of its
    /// name exists.
    fn add_siblings(&mut self) {
        let names: HashSet<&str> = self.packages.iter().map(|id| self.sack.package(id).name()).collect();
        for name in names {
            self.packages.extend(self.lookup.named(name));
        }
    }

    /// Tells whether a package is reached that a better architecture of its name could forbid.
    fn has_inferior_arch(&self, arch: &str) -> bool {
        let foreign = |id| {
            let package = self.sack.package(id);
            package.arch() != "noarch" && package.arch() != arch
        };
        self.packages.iter().any(foreign)
    }

    /// Adds the packages of the same name and version and of other architectures, which libsolv keeps together.
    fn lock_step(&mut self, id: PackageId) {
        let package = self.sack.package(id);
        if package.arch() == "noarch" {
            return;
        }
        for other in self.lookup.named(package.name()) {
            let sibling = self.sack.package(other);
            if sibling.arch() != package.arch() && sibling.evr().same_text(&package.evr()) {
                self.add_all([other]);
            }
        }
    }

    fn require(&mut self, name: &'s str) {
        if self.required.insert(name) {
            self.add_all(providers(self.lookup, name));
        }
    }

    /// Adds what supplements or enhances whoever provides `name`.
    fn attract(&mut self, name: &'s str) {
        if self.attracted.insert(name) {
            self.attract_to_file(name);
        }
    }

    fn attract_to_file(&mut self, name: &str) {
        self.add_all(self.lookup.related(Relation::Supplements, name));
        if self.depth == Depth::Everything {
            self.add_all(self.lookup.related(Relation::Enhances, name));
        }
    }
}

/// Returns the packages that may satisfy a dependency on `name`, files included.
fn providers(lookup: Lookup<'_>, name: &str) -> Vec<PackageId> {
    let mut found = lookup.providing(name);
    if name.starts_with('/') {
        found.extend(lookup.owning(name));
    }
    found
}
