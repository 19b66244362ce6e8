//! Bringing the package files of a plan.

use std::collections::HashMap;
use std::path::PathBuf;

use oxidnf_core::package_file::StampedDigests;

/// The inbound package files of a plan, at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Downloaded {
    /// In the order of the plan's inbound items.
    pub files: Vec<PathBuf>,
    /// Whether files stay where they are after the transaction (`--destdir`).
    pub keep: bool,
    /// Digests of files that were computed while they arrived.
    pub digests: HashMap<PathBuf, StampedDigests>,
}
