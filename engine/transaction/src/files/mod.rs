//! What happens to each file of a package: identity of paths, conflicts, config files, disk space.

pub mod compare;
pub mod disk;
pub mod fate;
pub mod fingerprint;
pub mod prepare;
pub mod select;
pub mod state;
pub mod table;
