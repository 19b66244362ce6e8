//! Random cases of repositories, installed systems, configurations and commands, decided by dnf5 and by oxidnf.
//!
//! A seed makes a [`Case`]; [`run`] carries many of them out on both sides, in few processes; [`shrink`] makes a case
//! that differs as small as it can. A command whose first word is `dnf5` is
//! carried out by the real one on both sides, so that each program goes on where the other stopped. What is compared: exit codes, both streams, the installed packages, the state files
//! and the history.
//!
//! Nothing is unpacked (`tsflags=justdb`), so that a case takes tenths of a second.

mod build;
pub mod case;
mod chance;
mod commands;
mod generate;
mod groups;
mod histories;
mod modules;
mod parse;
mod policy;
mod questions;
mod run;
mod shrink;

pub use case::Case;
pub use parse::CaseError;
pub use run::{Outcome, run};
pub use shrink::shrink;
