//! Lock files: the packages that requests come to, by architecture, so that every machine installs the same set.

use std::collections::BTreeMap;
use std::path::Path;

use oxidnf_catalog::{PackageSet, RepoKind};
use oxidnf_core::Nevra;
use serde::{Deserialize, Serialize};

use super::{FixedError, checksum_text};
use crate::resolved::Resolved;
use crate::session::Session;

const FORMAT: &str = "oxidnf-lock";
const VERSION: u64 = 1;

/// A lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockFile {
    format: String,
    version: u64,
    /// What was decided, by base architecture.
    pub architectures: BTreeMap<String, LockedSet>,
}

/// What requests come to on one architecture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedSet {
    /// The requests, as given.
    pub requests: Vec<String>,
    /// All packages that they need on a system where nothing is installed, by name.
    pub packages: Vec<LockedPackage>,
}

/// One package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    /// `name-epoch:version-release.arch`
    pub nevra: String,
    /// Digest of the package file, as in the metadata.
    pub checksum: String,
    /// The repository.
    pub repository: String,
    /// Place of the package file in it.
    pub location: String,
}

/// A locked package that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The package.
    pub package: LockedPackage,
    /// The digests of the packages of this name that the repositories have.
    pub found: Vec<String>,
}

impl Default for LockFile {
    fn default() -> Self {
        LockFile { format: FORMAT.to_owned(), version: VERSION, architectures: BTreeMap::new() }
    }
}

impl LockFile {
    /// Tells whether a file of the host says of itself that it is a lock file.
    pub fn is_one(path: &Path) -> bool {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        value.get("format").and_then(serde_json::Value::as_str) == Some(FORMAT)
    }

    /// Reads a file of the host.
    pub fn read(path: &Path) -> Result<Self, FixedError> {
        let lock: LockFile = super::read(path, "lock file", FORMAT, VERSION)?;
        let packages = lock.architectures.values().flat_map(|set| &set.packages);
        match packages.into_iter().find(|package| Nevra::parse(&package.nevra).is_none()) {
            Some(bad) => Err(FixedError::Syntax {
                path: path.to_owned(),
                kind: "lock file",
                reason: format!("\"{}\" names no package", bad.nevra),
            }),
            None => Ok(lock),
        }
    }

    /// Writes a file of the host.
    pub fn write(&self, path: &Path) -> Result<(), FixedError> {
        super::write(path, self)
    }
}

impl Session {
    /// Makes a locked set of a decision; `None` when a package comes from the command line, where no other machine
    /// finds it.
    pub fn locked_set(&self, requests: Vec<String>, resolved: &Resolved) -> Option<LockedSet> {
        let mut packages = Vec::new();
        for item in resolved.plan.inbound() {
            let package = &item.package;
            packages.push(LockedPackage {
                nevra: package.nevra.with_epoch().to_string(),
                checksum: checksum_text(package.checksum.as_ref()?),
                repository: package.repo_id.clone(),
                location: package.location.clone()?,
            });
        }
        packages.sort();
        Some(LockedSet { requests, packages })
    }

    /// Hides every available package that a locked set does not hold, from the next [`Session::load`] on.
    pub fn lock_to(&mut self, set: LockedSet) {
        self.locked = Some(set);
    }

    /// Returns the locked packages that are neither installed nor in a repository with the right digest.
    pub fn unmet_locks(&self) -> Vec<Unmet> {
        let Some(set) = &self.locked else { return Vec::new() };
        let mut unmet = Vec::new();
        for locked in &set.packages {
            let Some(nevra) = Nevra::parse(&locked.nevra) else { continue };
            let mut found = Vec::new();
            let mut met = false;
            for id in self.sack.named(&nevra.name).filter(|id| self.nevra(*id) == nevra) {
                let digest = self.sack.package(id).checksum().as_ref().map(checksum_text).unwrap_or_default();
                met |= self.sack.is_installed(id) || digest == locked.checksum;
                found.push(digest);
            }
            if !met {
                unmet.push(Unmet { package: locked.clone(), found });
            }
        }
        unmet
    }

    /// Returns the available packages that are not locked.
    pub(crate) fn hidden_by_lock(&self) -> PackageSet {
        let Some(set) = &self.locked else { return PackageSet::new() };
        let mut hidden = PackageSet::new();
        for (index, _) in self.sack.repos().filter(|(_, info)| info.kind == RepoKind::Available) {
            hidden.union(&self.sack.repo_packages(index));
        }
        let mut kept = PackageSet::new();
        for locked in &set.packages {
            let Some(nevra) = Nevra::parse(&locked.nevra) else { continue };
            let same = self.sack.named(&nevra.name).filter(|id| self.nevra(*id) == nevra);
            let same = same.filter(|id| {
                self.sack.package(*id).checksum().as_ref().map(checksum_text).as_ref() == Some(&locked.checksum)
            });
            same.for_each(|id| {
                kept.insert(id);
            });
        }
        hidden.subtract(&kept);
        hidden
    }
}
