//! What shapes a resolution besides the goal.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use oxidnf_catalog::{PackageId, PackageSet};
use oxidnf_core::Reason;

/// Returns the stored reason of `(name, arch)`, or `None` when the state knows nothing of it.
type ReasonLookup = dyn Fn(&str, &str) -> Option<Reason> + Send + Sync;

/// The stored reasons of packages, by name and architecture.
///
/// An installed package of which nothing is known counts as [`Reason::ExternalUser`], which is stronger than a
/// dependency: a state that forgot everything must not lead to removals.
#[derive(Clone)]
pub struct Reasons(Arc<ReasonLookup>);

impl Reasons {
    /// Asks a closure.
    pub fn new(lookup: impl Fn(&str, &str) -> Option<Reason> + Send + Sync + 'static) -> Self {
        Reasons(Arc::new(lookup))
    }

    /// Returns the stored reason, or `None` when nothing is known.
    pub fn stored(&self, name: &str, arch: &str) -> Option<Reason> {
        (self.0)(name, arch)
    }

    /// Returns the reason of an installed package.
    pub fn of_installed(&self, name: &str, arch: &str) -> Reason {
        self.stored(name, arch).filter(|reason| *reason != Reason::None).unwrap_or(Reason::ExternalUser)
    }
}

/// Nothing is known.
impl Default for Reasons {
    fn default() -> Self {
        Reasons::new(|_, _| None)
    }
}

/// Keys are `name.arch`, as in dnf5's packages.toml.
impl From<HashMap<String, Reason>> for Reasons {
    fn from(map: HashMap<String, Reason>) -> Self {
        Reasons::new(move |name, arch| map.get(&format!("{name}.{arch}")).copied())
    }
}

impl fmt::Debug for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reasons")
    }
}

/// Which packages may be replaced by which of another vendor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendorPolicy {
    /// A replacement is allowed when any of them allows it.
    pub rules: Vec<VendorRule>,
    /// Packages that may come whatever their vendor is.
    pub free: PackageSet,
}

/// A rule about changes of vendor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendorRule {
    /// Installed packages that may go.
    pub outgoing: PackageSet,
    /// Packages that may come in their place.
    pub incoming: PackageSet,
}

impl VendorPolicy {
    /// Tells whether a package may replace an installed one of another vendor.
    pub fn allows(&self, installed: PackageId, candidate: PackageId) -> bool {
        self.free.contains(candidate)
            || self.rules.iter().any(|rule| rule.outgoing.contains(installed) && rule.incoming.contains(candidate))
    }
}

/// Settings of a resolution; the names are those of dnf5's configuration where it has them.
#[derive(Debug, Clone)]
pub struct Options {
    /// Architecture of the target, as `uname -m` or rpm's `basearch` family names it.
    pub arch: String,
    /// Installed packages that are not protected may be removed to reach the goal.
    pub allow_erasing: bool,
    /// Recommended and supplementing packages come along.
    pub install_weak_deps: bool,
    /// Older versions may replace newer ones where a dependency asks for it.
    pub allow_downgrade: bool,
    /// A package may be replaced by one of another vendor.
    pub allow_vendor_change: bool,
    /// Vendor changes that are allowed although [`Options::allow_vendor_change`] is off.
    pub vendor_policy: Option<VendorPolicy>,
    /// `installonlypkgs`: whoever provides one of these may be installed in several versions.
    pub installonly: Vec<String>,
    /// How many versions of an installonly package stay; 0 for no limit.
    pub installonly_limit: u32,
    /// `protected_packages`: names of packages that must not be removed.
    pub protected: Vec<String>,
    /// The installed package of the running kernel, if it is to be protected.
    pub running_kernel: Option<PackageId>,
    /// `exclude_from_weak`: available packages that never come as weak dependencies.
    pub exclude_from_weak: PackageSet,
    /// `exclude_from_weak_autodetect`: weak dependencies that the user did without stay out.
    pub exclude_from_weak_autodetect: bool,
    /// Stored reasons of packages.
    pub reasons: Reasons,
    /// Loads every package into libsolv instead of those that the goal can reach; the outcome is the same.
    pub whole_pool: bool,
    /// After a success, solves again without weak jobs and with the best candidates only, to report what was skipped.
    pub report_skipped: bool,
    /// Problems hold only rules that are needed for the contradiction, instead of all that libsolv came across.
    pub smallest_problems: bool,
}

/// The defaults of dnf5 for a 64-bit PC.
impl Default for Options {
    fn default() -> Self {
        Options {
            arch: "x86_64".to_owned(),
            allow_erasing: false,
            install_weak_deps: true,
            allow_downgrade: true,
            allow_vendor_change: true,
            vendor_policy: None,
            installonly: INSTALLONLY.iter().map(|&name| name.to_owned()).collect(),
            installonly_limit: 3,
            protected: Vec::new(),
            running_kernel: None,
            exclude_from_weak: PackageSet::new(),
            exclude_from_weak_autodetect: true,
            reasons: Reasons::default(),
            whole_pool: false,
            report_skipped: true,
            smallest_problems: false,
        }
    }
}

/// dnf5's default of `installonlypkgs`.
const INSTALLONLY: [&str; 6] = [
    "kernel",
    "kernel-PAE",
    "installonlypkg(kernel)",
    "installonlypkg(kernel-module)",
    "installonlypkg(vm)",
    "multiversion(kernel)",
];
