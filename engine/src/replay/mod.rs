//! Transactions that are carried out again or turned round: `history undo`, `redo`, `rollback`, `store` and `replay` (reference of dnf5,
//! sections 6.4 and 6.5).

mod json;
mod merge;
mod revert;

use oxidnf_core::{Action, Nevra, Reason};

pub use json::JsonError;
pub use merge::MergeProblem;

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
}

/// A transaction that is given, not decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// The packages in their order.
    pub packages: Vec<ReplayPackage>,
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
