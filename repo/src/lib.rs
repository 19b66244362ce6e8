//! Repositories: configuration, downloads, repodata, OpenPGP.
//!
//! [`config`] turns `.repo` files into resolved values, [`cache`] knows where things lie on disk and how old they may
//! get, [`fetch`] brings repodata and packages there ([`mirrors`] and [`metalink`] say where from), [`metadata`]
//! reads what was brought, [`catalog_cache`], [`path_cache`] and [`modules_cache`] keep the parsed form, and [`openpgp`] judges signatures.
//!
//! Every public function blocks; the asynchronous runtime is private to [`fetch`].

mod arrival;
pub mod cache;
pub mod catalog_cache;
pub mod config;
pub mod decompress;
pub mod fetch;
pub mod metadata;
pub mod metalink;
pub mod mirrors;
pub mod modules_cache;
pub mod openpgp;
pub mod path_cache;
