//! Transactions that are carried out again or turned round: `history undo`, `redo`, `rollback`, `store` and `replay` (reference of dnf5,
//! sections 6.4 and 6.5).

mod json;
mod merge;
mod revert;
mod store;

use std::path::{Path, PathBuf};

use oxidnf_core::{Action, Nevra, Reason};

use crate::comps::PackageKind;
use crate::request::StoredPackage;

pub use json::JsonError;
pub use merge::MergeProblem;
pub use store::{PACKAGES_DIR, StoreError, StoreFor, TRANSACTION_FILE};

/// Which transactions of the past a face wants to go through again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// Take back what one transaction did.
    Undo(i64),
    /// Do once more what one transaction did.
    Redo(i64),
    /// Take back what all transactions after this one did.
    Rollback(i64),
}

/// What happened, or is to happen, to one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayPackage {
    /// Full name.
    pub nevra: Nevra,
    /// What is to happen.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// Where it is to come from; means nothing unless a repository of this id is enabled.
    pub repo_id: String,
    /// For a change of the reason to [`Reason::Group`]: the group.
    pub group_id: Option<String>,
    /// The package file as the transaction names it, relative to its directory or absolute.
    pub path: Option<PathBuf>,
}

/// What happened, or is to happen, to one group or environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayGroup {
    /// Its id.
    pub id: String,
    /// Whether it is an environment.
    pub environment: bool,
    /// What is to happen.
    pub action: Action,
    /// Why; of an environment always [`Reason::User`].
    pub reason: Reason,
    /// Where it is to come from.
    pub repo_id: String,
    /// Which packages of a group are wished for.
    pub kinds: Vec<PackageKind>,
    /// The comps file that describes it, if it is not to be looked for in repositories.
    pub path: Option<String>,
}

/// A transaction that is given, not decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// The packages in their order.
    pub packages: Vec<ReplayPackage>,
    /// The groups and environments in their order.
    pub groups: Vec<ReplayGroup>,
    /// Groups and environments whose upgrades cannot be taken back: id, and whether it is an environment.
    pub kept_upgrades: Vec<(String, bool)>,
    /// What could not be put together when several transactions became this one.
    pub problems: Vec<MergeProblem>,
    /// Packages that are not named may come or go (`--ignore-extras`).
    pub ignore_extras: bool,
    /// The installed packages may be others than those that the transaction was made for (`--ignore-installed`).
    pub ignore_installed: bool,
    /// Packages that are installed already get the reasons of the transaction.
    pub override_reasons: bool,
    /// Unnamed packages may be removed to solve conflicts, and are then told as extra ones.
    pub allow_erasing: bool,
}

impl Replay {
    /// Returns the package files that come with the transaction, with the repositories that they count as.
    pub fn package_files(&self) -> Vec<StoredPackage> {
        let stored = |package: &ReplayPackage| {
            let path = package.path.clone()?;
            package.action.is_inbound().then(|| StoredPackage { repo_id: package.repo_id.clone(), path })
        };
        self.packages.iter().filter_map(stored).collect()
    }

    /// Makes relative places of package files relative to the working directory, as the transaction is in `directory`.
    pub fn resolve_paths(&mut self, directory: &Path) {
        for package in &mut self.packages {
            if let Some(path) = &mut package.path {
                *path = directory.join(&path);
            }
        }
        for path in self.groups.iter_mut().filter_map(|group| group.path.as_mut()) {
            *path = directory.join(&*path).to_string_lossy().into_owned();
        }
    }
}
