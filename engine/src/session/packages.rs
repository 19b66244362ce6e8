//! What is known about single packages besides their catalogs.

use oxidnf_catalog::PackageId;
use oxidnf_core::plan::{Action, PlanItem, PlanPackage};
use oxidnf_core::{Nevra, Reason};
use oxidnf_repo::fetch::base_locations;

use super::Session;
use crate::goal::plan_package;

/// Where an installed package came from, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageOrigin {
    /// Why it is there.
    pub reason: Reason,
    /// The repository it came from, if known.
    pub from_repo: Option<String>,
}

impl Session {
    /// Returns a package's full name.
    pub fn nevra(&self, id: PackageId) -> Nevra {
        self.sack.package(id).nevra()
    }

    /// Makes the item of a package that is only fetched; it stands behind what was resolved.
    pub fn download_item(&self, id: PackageId) -> PlanItem {
        let package = self.sack.package(id);
        PlanItem {
            action: Action::Install,
            reason: Reason::User,
            old_reason: None,
            group_id: None,
            package: PlanPackage {
                location: Some(package.location().into_owned()),
                location_base: package.location_base().map(str::to_owned),
                hnum: None,
                ..plan_package(&self.sack, id)
            },
            replaces: Vec::new(),
            sequence: u32::MAX,
        }
    }

    /// Returns the package of a file or URL of [`Load::command_line_packages`](crate::Load).
    pub fn command_line_package(&self, spec: &str) -> Option<PackageId> {
        self.command_line.get(spec).copied()
    }

    /// Returns the id of the repository that a package is in; `@System` for an installed one.
    pub fn repo_id(&self, id: PackageId) -> &str {
        &self.sack.repo(self.sack.repo_of(id)).id
    }

    /// Returns why an installed package is there; [`Reason::None`] for one that is not installed.
    pub fn reason(&self, id: PackageId) -> Reason {
        if !self.sack.is_installed(id) {
            return Reason::None;
        }
        let package = self.sack.package(id);
        self.state.reason(package.name(), package.arch())
    }

    /// Returns the repository that an installed package came from, if known.
    pub fn from_repo(&self, id: PackageId) -> Option<&str> {
        if !self.sack.is_installed(id) {
            return None;
        }
        self.state.from_repo(&self.nevra(id).to_string())
    }

    /// Returns both for an installed package.
    pub fn origin(&self, id: PackageId) -> PackageOrigin {
        PackageOrigin { reason: self.reason(id), from_repo: self.from_repo(id).map(str::to_owned) }
    }

    /// Returns the addresses that a package could be fetched from, those of the first mirrors first.
    pub fn locations(&self, package: &PlanPackage) -> Vec<String> {
        let repo = self.repos.iter().find(|repo| repo.id == package.repo_id);
        let (Some(repo), Some(location)) = (repo, &package.location) else { return Vec::new() };
        let bases = match &package.location_base {
            Some(base) => vec![base.clone()],
            None => base_locations(&self.cache_settings(&[]), repo),
        };
        bases.iter().map(|base| format!("{}/{location}", base.trim_end_matches('/'))).collect()
    }
}
