//! What a resolution brings.

use oxidnf_core::Plan;

use crate::problem::{PackageRef, Problem};

/// Packages that were left out although they were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skipped {
    /// Those that conflict, in the order of the sack.
    pub conflicting: Vec<PackageRef>,
    /// Those with broken dependencies, in the order of the sack.
    pub broken: Vec<PackageRef>,
}

impl Skipped {
    /// Tells whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.conflicting.is_empty() && self.broken.is_empty()
    }
}

/// A replacement that did not happen because the vendors differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorChange {
    /// What stays installed.
    pub installed: PackageRef,
    /// Its vendor, empty when it names none.
    pub installed_vendor: String,
    /// What would have come.
    pub candidate: PackageRef,
    /// Its vendor, empty when it names none.
    pub candidate_vendor: String,
}

/// The outcome of [`resolve`](crate::resolve).
#[derive(Debug, Clone, Default)]
pub struct Resolution {
    /// What to do; empty when there are problems.
    ///
    /// Items of one action stand together, in the order install, reinstall, upgrade, downgrade, remove, replaced, and
    /// are ordered by name, version and architecture within. dnf5's own orders of display can be made from it.
    pub plan: Plan,
    /// Why there is no solution; empty when there is one.
    pub problems: Vec<Problem>,
    /// Why the best candidates could not be taken or jobs were dropped, when there is a solution. Only reported.
    pub strict_problems: Vec<Problem>,
    /// What was left out, from the strict problems, or from the problems when there is no solution.
    pub skipped: Skipped,
    /// Replacements that a change of vendor prevented.
    pub vendor_restricted: Vec<VendorChange>,
    /// How many packages libsolv was given.
    pub loaded: usize,
}

impl Resolution {
    /// Tells whether there is a solution, an empty plan included.
    pub fn is_solved(&self) -> bool {
        self.problems.is_empty()
    }
}
