//! Answers about decisions: why a package is on the system, and why one cannot come.

mod streams;
mod why;
mod why_not;

pub use why::{Chain, Need, Step, Wanted, Why};
pub use why_not::{Obstacle, Way, WayOut};
