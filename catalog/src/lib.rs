//! One indexed, memory-mapped format for any set of packages, and the query algebra over it.
//!
//! A [`CatalogBuilder`] takes [`Record`]s from repository metadata or from the rpm database and writes a file that
//! [`Catalog::open`] maps; a [`Sack`] holds several catalogs side by side and gives every package a [`PackageId`];
//! [`Query`] and [`resolve_spec`] choose packages as dnf5 does.

mod builder;
mod catalog;
mod error;
mod package;
mod query;
mod record;
mod sack;
mod set;
mod spec;

pub use builder::CatalogBuilder;
pub use catalog::{Catalog, Stamp};
pub use error::CatalogError;
pub use package::Package;
pub use query::{Comparison, Match, Query};
pub use record::{FileKind, FileRef, PackageSink, Record, Relation};
pub use sack::{ExcludeKind, Excludes, RepoIndex, RepoInfo, RepoKind, Sack};
pub use set::{PackageId, PackageSet};
pub use spec::{SpecForm, SpecHint, SpecMatch, SpecSettings, resolve_spec, spec_hints};
