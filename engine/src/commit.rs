//! Changing the system: locks, checks, the rpm transaction, and what is written down about it.

use std::path::PathBuf;

use oxidnf_core::Nevra;
use oxidnf_core::event::{ScriptletEnd, ScriptletKind};

use crate::history::TransactionState;

/// How a transaction is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitOptions {
    /// Text for the history instead of the command line.
    pub description: Option<String>,
    /// Ends before anything is changed, as `tsflags=test` does.
    pub test: bool,
    /// Text for the history instead of `--comment`.
    pub comment: Option<String>,
}

/// What came of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub state: TransactionState,
    /// Its number in the history; none for a test.
    pub history_id: Option<i64>,
    /// Whether `tsflags=test` ended it before anything was changed.
    pub test_only: bool,
    /// Packages that were not installed or removed.
    pub failed: Vec<FailedElement>,
    /// Scriptlets that failed.
    pub scriptlets: Vec<FailedScriptlet>,
    /// rpm's warnings, as they were reported.
    pub warnings: Vec<String>,
    /// Repositories whose packages were not checked, with the number of packages, in order of repository id.
    pub unchecked: Vec<(String, usize)>,
    /// What went wrong after the transaction, without changing its result.
    pub aftermath: Vec<String>,
    /// The inbound package files.
    pub packages: Vec<PathBuf>,
}

/// A package that was not installed or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedElement {
    /// The package.
    pub nevra: Nevra,
    /// Whether it was to be installed.
    pub install: bool,
    /// Whether it was not even tried, because another element that belongs to it failed.
    pub skipped: bool,
}

/// A scriptlet that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedScriptlet {
    /// Owner of the scriptlet.
    pub nevra: Nevra,
    /// Which one.
    pub kind: ScriptletKind,
    /// How it ended.
    pub end: ScriptletEnd,
    /// Whether its element failed because of it.
    pub critical: bool,
    /// rpm's words.
    pub message: String,
}
