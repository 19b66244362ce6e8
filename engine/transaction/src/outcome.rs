//! What came of a transaction.

use std::time::{Duration, Instant};

use oxidnf_core::Nevra;
use oxidnf_core::event::{ScriptletEnd, ScriptletKind};

use crate::problem::Problem;

/// How one element ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementEnd {
    /// Installed or erased.
    Done,
    /// A scriptlet or the unpacking failed.
    Failed,
    /// Not begun, because something it depends on failed.
    Skipped,
}

/// One element with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementOutcome {
    /// The package.
    pub nevra: Nevra,
    /// Whether it was to be installed (else erased).
    pub install: bool,
    /// How it ended.
    pub end: ElementEnd,
    /// Number of its record in the database: the new one of an install, the former one of an erasure.
    pub hnum: Option<u32>,
}

impl ElementOutcome {
    /// Returns rpm's error line without its `error: `, or none when the element is done.
    pub fn message(&self) -> Option<String> {
        let verb = if self.install { "install" } else { "erase" };
        match self.end {
            ElementEnd::Done => None,
            ElementEnd::Failed => Some(format!("{}: {verb} failed", self.nevra)),
            ElementEnd::Skipped => Some(format!("{}: {verb} skipped", self.nevra)),
        }
    }
}

/// A scriptlet that did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptletFailure {
    /// Owner of the scriptlet.
    pub nevra: Nevra,
    /// Which one.
    pub kind: ScriptletKind,
    /// How it ended.
    pub end: ScriptletEnd,
    /// Whether its element failed because of it.
    pub critical: bool,
    /// What it said: rpm's line without `error: ` or `warning: `.
    pub message: String,
}

/// How long the thread that runs the elements was busy with what, or waited for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// Files put in place, and waited for where they were not staged yet.
    pub unpack: Duration,
    /// Files removed.
    pub erase: Duration,
    /// Scriptlets and triggers.
    pub scripts: Duration,
    /// Records written and removed.
    pub database: Duration,
    /// Made durable.
    pub sync: Duration,
}

impl Times {
    /// Adds the time that some work takes to one of the counts.
    pub(crate) fn measure<T>(count: &mut Duration, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        *count += start.elapsed();
        done
    }
}

/// Everything that came of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The elements in the order in which they were run.
    pub elements: Vec<ElementOutcome>,
    /// Scriptlets and triggers that failed.
    pub scriptlets: Vec<ScriptletFailure>,
    /// Warnings in rpm's words, as they were reported.
    pub warnings: Vec<String>,
    /// Problems that showed only after scriptlets had run before the transaction; then nothing else was done.
    pub problems: Vec<Problem>,
    /// Where the time went.
    pub times: Times,
}

impl Outcome {
    /// Tells whether rpm would exit with 0: every element done and no scriptlet failed, not even one that only warns.
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
            && self.scriptlets.is_empty()
            && self.elements.iter().all(|element| element.end == ElementEnd::Done)
    }

    /// Iterates over the elements that were not done.
    pub fn failed(&self) -> impl Iterator<Item = &ElementOutcome> {
        self.elements.iter().filter(|element| element.end != ElementEnd::Done)
    }
}
