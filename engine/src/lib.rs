//! The engine: from configuration and a request to a changed system.
//!
//! A [`Session`] is opened with [`Settings`], loads packages, decides a [`Request`] and runs what was decided. Nothing
//! here reads the environment, prints, or ends the process; what happened is returned or reported as events.

pub mod advisories;
pub mod cache;
pub mod check;
pub mod clock;
pub mod commit;
pub mod comps;
pub mod config;
pub mod config_manager;
pub mod copr;
pub mod download;
pub mod error;
pub mod explain;
pub mod fixed;
mod goal;
pub mod history;
mod import;
pub mod interrupted;
mod journal;
mod keyring;
pub mod locks;
pub mod log;
pub mod modules;
pub mod offline;
mod pins;
pub mod plugin;
pub mod prompt;
mod query_host;
pub mod replay;
pub mod request;
pub mod resolved;
pub mod rpm;
pub mod session;
pub mod settings;
pub mod state;
mod tsflags;
pub mod vars;
mod vendor_policy;
pub mod verify;
pub mod versionlock;

pub use commit::{CommitOptions, Report};
pub use config::Config;
pub use download::Downloaded;
pub use error::{Error, ErrorKind};
pub use goal::{debuginfo_name, source_name};
pub use history::History;
pub use plugin::Plugin;
pub use prompt::Prompt;
pub use request::{Load, Operation, Request, RequestItem, RequestOptions};
pub use resolved::{GoalNote, GoalNoteKind, Resolved};
pub use session::{Notes, Session, copies};
pub use settings::Settings;
pub use state::State;

/// What of the rooms below a face needs to name: packages, repositories, problems.
pub use oxidnf_catalog as catalog;
pub use oxidnf_repo::config as repo_config;
pub use oxidnf_repo::fetch::url::redact_text;
pub use oxidnf_repo::fetch::{CancelToken, FailureKind, RepoFault};
pub use oxidnf_repo::metadata::updateinfo::{AdvisoryKind, AdvisoryPackage, Collection, Reference};
pub use oxidnf_repo::metadata::{Advisory, MetadataError};
pub use oxidnf_solver::{ModuleProblem, ModuleRule, ModuleTrouble, PackageRef, Problem, Rule, Skipped, VendorChange};
