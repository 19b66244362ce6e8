//! What a solve changes on the system.

use std::marker::PhantomData;
use std::ptr::NonNull;

use libsolv_sys::ffi;

use super::pool::{Pool, PoolError};
use super::{SolvId, Solver};

/// What happens to a package that takes part in a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepType {
    /// Comes in.
    Install,
    /// Comes in again in the same version.
    Reinstall,
    /// Comes in over an older version.
    Upgrade,
    /// Comes in over a newer version.
    Downgrade,
    /// Leaves without anything in its place.
    Erase,
    /// Anything else: a package that another one replaces, or nothing.
    Other,
}

/// The changes that a solver decided on.
pub(crate) struct Transaction<'s> {
    raw: NonNull<ffi::Transaction>,
    solver: PhantomData<&'s Solver<'s>>,
}

impl<'s> Transaction<'s> {
    pub(super) fn new(solver: &'s Solver<'_>) -> Result<Self, PoolError> {
        // SAFETY: the solver is live; the transaction refers to its pool, which is borrowed as long as the solver.
        let raw = unsafe { ffi::solver_create_transaction(solver.raw()) };
        Ok(Transaction { raw: NonNull::new(raw).ok_or(PoolError::TooMany)?, solver: PhantomData })
    }

    fn raw(&self) -> *mut ffi::Transaction {
        self.raw.as_ptr()
    }

    /// Returns the packages that take part.
    pub(crate) fn steps(&self) -> Vec<SolvId> {
        // SAFETY: the transaction is live; its queue of steps has `count` ids, or a null pointer and a count of 0.
        unsafe {
            let steps = &self.raw.as_ref().steps;
            match usize::try_from(steps.count) {
                Ok(count) if count > 0 && !steps.elements.is_null() => {
                    std::slice::from_raw_parts(steps.elements, count).iter().map(|id| SolvId(*id)).collect()
                }
                _ => Vec::new(),
            }
        }
    }

    /// Returns what happens to a package, as dnf5 asks for it: seen from what comes in, every package of several
    /// that replace one another counting, and a changed build of one version being a reinstallation.
    pub(crate) fn step_type(&self, package: SolvId) -> StepType {
        let mode = ffi::SOLVER_TRANSACTION_SHOW_OBSOLETES
            | ffi::SOLVER_TRANSACTION_CHANGE_IS_REINSTALL
            | ffi::SOLVER_TRANSACTION_SHOW_ACTIVE
            | ffi::SOLVER_TRANSACTION_SHOW_ALL;
        // SAFETY: the transaction is live and the id is of its pool.
        match unsafe { ffi::transaction_type(self.raw(), package.0, mode as i32) } as u32 {
            ffi::SOLVER_TRANSACTION_INSTALL | ffi::SOLVER_TRANSACTION_OBSOLETES => StepType::Install,
            ffi::SOLVER_TRANSACTION_REINSTALL => StepType::Reinstall,
            ffi::SOLVER_TRANSACTION_UPGRADE => StepType::Upgrade,
            ffi::SOLVER_TRANSACTION_DOWNGRADE => StepType::Downgrade,
            ffi::SOLVER_TRANSACTION_ERASE => StepType::Erase,
            _ => StepType::Other,
        }
    }

    /// Returns the installed packages that an incoming one takes the place of.
    pub(crate) fn replaced_by(&self, package: SolvId) -> Vec<SolvId> {
        // SAFETY: the transaction is live, the id is of its pool, and the queue is filled by libsolv.
        Pool::collect(|queue| unsafe { ffi::transaction_all_obs_pkgs(self.raw(), package.0, queue) }).solvables()
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // SAFETY: made by solver_create_transaction and freed only here.
        unsafe { ffi::transaction_free(self.raw()) }
    }
}
