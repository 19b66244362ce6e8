//! dnf5's face.

pub(crate) mod advisories;
pub mod automatic;
mod bar;
pub(crate) mod columns;
pub(crate) mod config_manager;
pub(crate) mod copr;
pub mod errors;
pub(crate) mod explain;
pub(crate) mod fixed;
pub(crate) mod groups;
pub(crate) mod history;
pub(crate) mod info;
pub(crate) mod interrupted;
pub(crate) mod json;
pub(crate) mod modules;
pub mod packages;
pub mod problems;
pub mod progress;
pub(crate) mod repos;
pub(crate) mod style;
pub mod table;
mod transfers;
pub(crate) mod units;
pub(crate) mod versionlock;
