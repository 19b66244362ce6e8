//! The only room that talks to libsolv.
//!
//! The rules that make it sound: everything that can move libsolv's arrays takes `&mut Pool`, everything that reads
//! takes `&Pool`; text that lives in libsolv's scratch ring is copied at once; an id is a type of its own and can only
//! be made here, by the pool that it belongs to; every C object has one owner that frees it.

mod pool;
mod queue;
mod solver;
mod transaction;

pub(crate) use pool::{Comparison, Connective, Dependencies, Pool, PoolError, SolvableParts};
pub(crate) use solver::{Flag, Jobs, ProblemRule, Reason, RuleInfo, RuleKind, Select, Solver};
pub(crate) use transaction::{StepType, Transaction};

use libsolv_sys::ffi;

/// A text in the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StrId(ffi::Id);

/// A dependency: a bare text, a versioned one or a rich one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DepId(ffi::Id);

/// A package in the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SolvId(ffi::Id);

/// A repository in the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RepoId(usize);

/// A set of packages stored in the pool's provider table, for jobs over "one of these".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OneOf(ffi::Id);

impl From<StrId> for DepId {
    fn from(name: StrId) -> DepId {
        DepId(name.0)
    }
}

impl SolvId {
    /// Returns a dense number, usable as an index into a side table.
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
