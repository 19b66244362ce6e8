//! `check`: what is wrong with what is installed, whoever installed it.
//!
//! dnf5 lets rpm check a transaction that installs everything anew; what that says of each package is what is found
//! here. As rpm looks at what others say about a package when it comes to that package, a requirement whose condition
//! another package meets is told twice, in a group of its own.

mod installed;

use std::collections::{BTreeMap, BTreeSet};

use oxidnf_core::header::DepKind;
use oxidnf_core::{Nevra, Reldep};

pub(crate) use self::installed::Installed;

/// Which checks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// Requirements that nothing meets, and conflicts.
    pub dependencies: bool,
    /// Packages of which several versions are installed and only one should be.
    pub duplicates: bool,
    /// Packages that another one obsoletes.
    pub obsoleted: bool,
}

impl Checks {
    /// All checks.
    pub const ALL: Checks = Checks { dependencies: true, duplicates: true, obsoleted: true };
}

/// What is wrong with one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedPackage {
    /// The package.
    pub nevra: Nevra,
    /// What is wrong, in dnf5's order.
    pub faults: Vec<PackageFault>,
}

/// One thing that is wrong with a package; dependencies are as rpm writes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PackageFault {
    /// Nothing meets this requirement.
    Missing {
        /// The requirement.
        dependency: String,
    },
    /// Another package conflicts with it.
    Conflict {
        /// The conflict.
        dependency: String,
        /// Whose it is, with its epoch.
        from: String,
    },
    /// Another package obsoletes it.
    Obsoleted {
        /// What is obsoleted.
        dependency: String,
        /// By whom, with its epoch.
        by: String,
    },
    /// Another version of it is installed, too.
    Duplicate {
        /// The other one, with its epoch.
        other: String,
    },
}

/// A package, and the one at which rpm found what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    package: usize,
    found_at: usize,
}

/// Looks for faults.
pub(crate) fn check(installed: &Installed, checks: Checks) -> Vec<CheckedPackage> {
    let mut faults = Faults { installed, found: BTreeMap::new() };
    for index in 0..installed.packages.len() {
        if checks.dependencies {
            faults.missing(index);
            faults.conflicts(index);
        }
        if checks.obsoleted {
            faults.obsoleted(index);
        }
        if checks.duplicates {
            faults.duplicates(index);
        }
    }
    faults.sorted()
}

struct Faults<'a> {
    installed: &'a Installed,
    found: BTreeMap<(usize, usize), BTreeSet<PackageFault>>,
}

impl Faults<'_> {
    fn add(&mut self, place: Place, fault: PackageFault) {
        self.found.entry((place.package, place.found_at)).or_default().insert(fault);
    }

    /// Requirements of a package, and those of others whose condition it meets.
    fn missing(&mut self, index: usize) {
        let installed = self.installed;
        let own = installed.packages[index].dependencies(DepKind::Requires);
        for dependency in own.iter().filter(|dependency| !installed.is_met(dependency)) {
            let fault = PackageFault::Missing { dependency: dependency.to_string() };
            self.add(Place { package: index, found_at: index }, fault);
        }
        for (other, dependency) in installed.conditional_on(index) {
            if !installed.is_met(dependency) {
                let fault = PackageFault::Missing { dependency: dependency.to_string() };
                self.add(Place { package: other, found_at: index }, fault);
            }
        }
    }

    /// Conflicts of others with a package.
    fn conflicts(&mut self, index: usize) {
        let installed = self.installed;
        for (other, dependency) in installed.wanting(index, DepKind::Conflicts) {
            if other != index && installed.is_met(dependency) {
                let from = installed.nevra(other);
                let fault = PackageFault::Conflict { dependency: dependency.to_string(), from };
                self.add(Place { package: index, found_at: index }, fault);
            }
        }
    }

    fn obsoleted(&mut self, index: usize) {
        let installed = self.installed;
        for (other, dependency) in installed.obsoleting(index) {
            let by = installed.nevra(other);
            let fault = PackageFault::Obsoleted { dependency: dependency.to_string(), by };
            self.add(Place { package: index, found_at: index }, fault);
        }
    }

    fn duplicates(&mut self, index: usize) {
        let installed = self.installed;
        for other in installed.duplicates_of(index) {
            let fault = PackageFault::Duplicate { other: installed.nevra(other) };
            self.add(Place { package: index, found_at: index }, fault);
        }
    }

    fn sorted(self) -> Vec<CheckedPackage> {
        // As texts: version 10 comes before version 9.
        let mut places: Vec<(String, (usize, usize))> =
            self.found.keys().map(|place| (self.installed.nevra(place.0), *place)).collect();
        places.sort_by(|one, two| one.0.cmp(&two.0).then(one.1.1.cmp(&two.1.1)));
        let checked = |place: (usize, usize)| CheckedPackage {
            nevra: self.installed.packages[place.0].nevra.clone(),
            faults: self.found[&place].iter().cloned().collect(),
        };
        places.into_iter().map(|(_, place)| checked(place)).collect()
    }
}

/// Tells whether a dependency is a path.
fn is_path(dependency: &Reldep) -> bool {
    dependency.name.starts_with('/')
}
