//! The rpm transaction executor: unpacks packages, runs their scriptlets and keeps the database, as rpm does.
//!
//! ```text
//! Prepared::new(elements, &db, &root, settings)   elements are read and put into rpm's order
//!     .test(reporter)                             package files and files on disk are checked
//!     .run(reporter)                              the system is changed
//! ```

mod caps;
mod dependencies;
mod element;
mod error;
mod files;
mod fsm;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod journal;
mod lua;
mod order;
mod outcome;
mod payload;
mod plugins;
mod problem;
mod providers;
mod replaced;
mod run;
mod script;
mod selinux;
mod settings;
mod source;
mod stage;
mod sys;
mod sysusers;
mod trigger;
mod users;

pub use caps::attribute_of as capability_attribute;
pub use dependencies::is_feature;
pub use element::Element;
pub use error::TransactionError;
pub use journal::{ElementStatus, Interrupted, Journal, Others, Progress, ResumeRefusal, is_interrupted, remove_empty};
pub use outcome::{ElementEnd, ElementOutcome, Outcome, ScriptletFailure, Times};
pub use oxidnf_core::package_file::{VerifyFlags, VerifyLevel};
pub use plugins::{FileSignatures, Labelling, Plugins, Unshare};
pub use problem::{DependencyProblem, Problem};
pub use replaced::replaced_by_upgrade;
pub use run::{Prepared, Refusal, Tested};
pub use script::verify::{VerifyScript, verify_script};
pub use selinux::Labels;
pub use settings::{Clock, FileSelection, Filter, Flags, Settings, SignatureJudge};
pub use source::{SourceDirs, SourceError, unpack_source};
pub use sys::limit_allocator;
