//! The safe wrapper of libsolv: catalogs in, [`Resolution`] out.
//!
//! A caller says in a [`Goal`] what it wants, with candidates that it has already looked up in the
//! [`Sack`](oxidnf_catalog::Sack); [`resolve`] takes from the sack what the goal can reach, lets libsolv decide, and
//! returns a plan or the problems as data. Nothing of libsolv outlives the call.

mod bits;
mod convert;
mod error;
mod goal;
mod installonly;
mod jobs;
mod load;
mod lookup;
mod minimal;
mod modules;
mod options;
mod order;
mod plan;
mod problem;
mod resolution;
mod resolve;
mod rich;
mod slice;
#[expect(unsafe_code, reason = "the one room that talks to libsolv")]
mod sys;
mod unneeded;
mod weak;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use error::SolverError;
pub use goal::{Goal, Job, JobFlags};
pub use modules::{
    ModuleGoal, ModuleProblem, ModuleResolution, ModuleRule, ModuleTrouble, ModuleUnit, ModuleWish, resolve_modules,
};
pub use options::{Options, Reasons, VendorPolicy, VendorRule};
pub use problem::{PackageRef, Problem, Rule};
pub use resolution::{Resolution, Skipped, VendorChange};
pub use resolve::resolve;
pub use unneeded::{leaves, unneeded};
