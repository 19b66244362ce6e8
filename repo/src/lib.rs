//! Repositories: configuration, downloads, repodata, OpenPGP.
