//! Configuration: values, precedence, variables and errors, compared with the real dnf5 in tables.
//!
//! Where no option can spoil another, one file sets many options, and one start answers for all of them.

mod errors;
mod installroot;
mod precedence;
mod release;
mod repositories;
mod syntax;
mod values;
mod variables;
