//! Bringing the package files of a plan.

use std::path::PathBuf;

/// The inbound package files of a plan, at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Downloaded {
    /// In the order of the plan's inbound items.
    pub files: Vec<PathBuf>,
    /// Whether files stay where they are after the transaction (`--destdir`).
    pub keep: bool,
}
