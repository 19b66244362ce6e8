//! One indexed format, read where it is asked, for any set of packages, and the query algebra over it.
//!
//! A [`CatalogBuilder`] takes [`Record`]s from repository metadata or from the rpm database and writes a file that
//! [`Catalog::open`] maps; a [`Sack`] holds several catalogs side by side and gives every package a [`PackageId`];
//! [`Query`] and [`resolve_spec`] choose packages as dnf5 does.

mod builder;
mod catalog;
mod error;
mod format;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod glob;
mod index;
mod intern;
mod links;
mod map;
mod merge;
mod meta;
mod numbers;
mod order;
mod output;
mod package;
mod part;
mod paths;
mod postings;
mod query;
mod record;
mod rows;
mod run;
mod sack;
mod set;
mod spec;
mod spill;
mod store;
mod texts;
mod walk;
mod writer;

pub use builder::{CatalogBuilder, CatalogWriter, WrittenCatalog};
pub use catalog::{Catalog, Stamp};
pub use error::CatalogError;
pub use glob::{Glob, is_pattern};
pub use links::{DependencyId, NameId};
pub use numbers::NumberPlace;
pub use package::Package;
pub use paths::{FoundPath, PathBlock, PathIndex, PathIndexWriter};
pub use query::{Comparison, Match, Query};
pub use record::{FileKind, FileRef, PackageSink, Record, Relation};
pub use sack::{ExcludeKind, Excludes, RepoIndex, RepoInfo, RepoKind, Sack};
pub use set::{PackageId, PackageSet};
pub use spec::{SpecForm, SpecHint, SpecMatch, SpecSettings, obsoleters, parse_dependency, resolve_spec, spec_hints};

/// Version of the format of catalogs, with which the numbers of packages may change.
pub const FORMAT_VERSION: u32 = format::VERSION;

#[cfg(test)]
extern crate self as oxidnf_catalog;
#[cfg(test)]
mod hostile_tests;
