//! Repositories: configuration, downloads, repodata, OpenPGP.

pub mod decompress;
pub mod metadata;
pub mod openpgp;
