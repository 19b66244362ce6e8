//! Packages that version locks hide (reference of dnf5, section 4.8).

use oxidnf_catalog::{Package, PackageId, PackageSet, Query, Relation, Sack};
use oxidnf_core::Evr;
use oxidnf_core::reldep::{ReldepRef, Sense};
use oxidnf_repo::config::glob_match;

use super::Session;
use crate::error::Error;
use crate::versionlock::{LockCondition, LockEntry, VersionLocks};

impl Session {
    /// Reads the version locks of the target system.
    pub fn version_locks(&self) -> Result<VersionLocks, Error> {
        VersionLocks::read(&self.roots.target)
    }

    /// Writes the version locks of the target system.
    pub fn write_version_locks(&self, locks: &VersionLocks) -> Result<(), Error> {
        locks.write(&self.roots.target)
    }

    /// Returns the seconds since 1970.
    pub fn seconds_now(&self) -> i64 {
        self.clock.now()
    }

    /// Returns the available packages that are locked out.
    pub(super) fn locked_out(&self) -> Result<PackageSet, Error> {
        let mut locks = self.version_locks()?;
        locks.entries.retain(|entry| entry.faults().is_empty());
        for entry in &mut locks.entries {
            entry.conditions.retain(|condition| condition.faults().is_empty());
        }
        Ok(locked_out(&self.sack, &locks.entries))
    }
}

fn holds(condition: &LockCondition, package: &Package<'_>) -> bool {
    let order = match &*condition.key {
        "arch" => package.arch().cmp(&condition.value),
        "epoch" => u64::from(package.epoch()).cmp(&condition.epoch().unwrap_or_default()),
        _ => package.evr().rpm_cmp(&Evr::parse(&condition.value)),
    };
    match &*condition.comparator {
        "=" | "==" => order.is_eq(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        _ => order.is_ne(),
    }
}

fn locked_out(sack: &Sack, entries: &[LockEntry]) -> PackageSet {
    if entries.is_empty() {
        return PackageSet::new();
    }
    let mut concerned: Vec<PackageId> = Vec::new();
    let mut allowed = PackageSet::new();
    for id in sack.available().iter() {
        let package = sack.package(id);
        let of_name: Vec<&LockEntry> = entries.iter().filter(|entry| glob_match(&entry.name, package.name())).collect();
        if of_name.is_empty() {
            continue;
        }
        concerned.push(id);
        if of_name.iter().any(|entry| entry.conditions.iter().all(|condition| holds(condition, &package))) {
            allowed.insert(id);
        }
    }
    let mut out: PackageSet = concerned.into_iter().filter(|id| !allowed.contains(*id)).collect();
    out.union(&obsoleters(sack, &allowed));
    out.subtract(&allowed);
    out
}

/// Returns available packages that would take the place of allowed ones under another name.
fn obsoleters(sack: &Sack, allowed: &PackageSet) -> PackageSet {
    let builds: Vec<(String, String)> =
        allowed.iter().map(|id| (sack.package(id).name().to_owned(), sack.package(id).evr().to_string())).collect();
    let dependencies: Vec<ReldepRef<'_>> =
        builds.iter().map(|(name, evr)| ReldepRef { name, sense: Sense::EQUAL, evr }).collect();
    Query::from_set(sack, sack.available()).filter_relation(Relation::Obsoletes, &dependencies).into_packages()
}
