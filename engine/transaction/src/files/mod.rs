//! What happens to each file of a package: identity of paths, conflicts, config files, disk space.

pub(crate) mod compare;
pub(crate) mod disk;
pub(crate) mod fate;
pub(crate) mod fingerprint;
pub(crate) mod prepare;
pub(crate) mod select;
pub(crate) mod state;
pub(crate) mod table;
