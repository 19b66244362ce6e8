//! Transactions that an earlier run has begun and not finished.

use std::path::PathBuf;

use oxidnf_core::Nevra;
pub use oxidnf_transaction::{ElementEnd, ElementStatus, Progress};

/// What is known of an interrupted transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterruptedTransaction {
    /// Number in the history.
    pub history_id: i64,
    /// Its start, seconds since 1970.
    pub begin: i64,
    /// The elements, in the order in which they run.
    pub elements: Vec<ElementStatus>,
    /// Whether something was done that cannot be taken back.
    pub irreversible: bool,
    /// Whether only state files and history are left to be written.
    pub over: bool,
    /// The scriptlet that was running: kind and package.
    pub scriptlet: Option<(String, String)>,
    /// The process of that scriptlet, if it has outlived the run.
    pub process: Option<u32>,
}

/// Why an interrupted transaction cannot be resumed as things are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CannotResume {
    /// Others have changed the rpm database since.
    Changed {
        /// Packages that came.
        added: Vec<Nevra>,
        /// Number of packages that went.
        removed: usize,
    },
    /// The scriptlet that was running still runs as this process.
    Running(u32),
    /// These package files are gone or are not what they were.
    Packages(Vec<PathBuf>),
}
