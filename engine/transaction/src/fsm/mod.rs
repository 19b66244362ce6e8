//! Files on disk: directories reached safely, creation, commit, erasure.

pub(crate) mod commit;
pub(crate) mod context;
pub(crate) mod crew;
pub(crate) mod dirs;
pub(crate) mod erase;
pub(crate) mod error;
mod gang;
mod graveyard;
pub(crate) mod metadata;
pub(crate) mod place;
pub(crate) mod unpack;

pub(crate) use error::FileError;
