//! Repositories: configuration, downloads, repodata, OpenPGP.

pub mod decompress;
pub mod metadata;
