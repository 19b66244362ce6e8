//! Random transactions: what real rpm leaves of them is what the transaction engine must leave.
//!
//! A [`Sequence`] is data: packages, and steps over them (command lines of rpm, and what an admin does in between). The
//! same seed makes the same sequence everywhere. [`judge`] runs every step in two equal roots, with rpm in one and with
//! the engine (by its example program `transact`, which takes rpm's command line) in the other, and compares after each
//! step; [`shrink`] makes a sequence that differs small, and [`Sequence`]'s debug text is the reproduction.

pub mod generate;
pub mod judge;
pub mod package;
pub mod sequence;
pub mod shrink;
pub mod side;
pub mod write;

pub use judge::{Arena, Difference};
pub use package::{Defect, File, Kind, Package, Script, Sense, Trigger};
pub use sequence::{Mode, Sequence, Step};
