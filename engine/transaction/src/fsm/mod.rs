//! Files on disk: directories reached safely, creation under temporary names, commit, erasure.

pub mod commit;
pub mod dirs;
pub mod erase;
pub mod error;
pub mod metadata;
pub mod place;
pub mod unpack;
pub mod writer;

pub use error::FileError;
