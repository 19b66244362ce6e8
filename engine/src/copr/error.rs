//! What can go wrong with projects of Copr.

use std::io;
use std::path::PathBuf;

use oxidnf_core::conf::IniError;

use crate::verify::LostKey;

/// Why a project cannot be enabled, disabled or removed.
#[derive(Debug, thiserror::Error)]
pub enum CoprError {
    /// The hub did not answer, or has no such project.
    #[error("cannot fetch {}", .0.url)]
    Fetch(Box<LostKey>),
    /// What the hub answered cannot be used.
    #[error("the answer of {url} cannot be used: {reason}")]
    Answer {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The project has no such directory.
    #[error("Directory '{wanted}' not found in '{project}' Copr project.")]
    NoDirectory {
        /// `OWNER/DIRECTORY`
        wanted: String,
        /// `OWNER/PROJECT`
        project: String,
        /// Those that there are, in the same form.
        available: Vec<String>,
    },
    /// The project has no packages for the system.
    #[error("Chroot not found in the given Copr project ({wanted}).")]
    NoChroot {
        /// `NAME-RELEASE-ARCH`
        wanted: String,
        /// Releases that were looked for, where there are several.
        tried: Vec<String>,
        /// Those that there are.
        available: Vec<String>,
    },
    /// It is not among the repositories.
    #[error("Repository '{name}' not found on this system")]
    NotFound {
        /// `HUB/OWNER/PROJECT`
        name: String,
    },
    /// A configuration file is wrong.
    #[error("cannot understand {path}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: IniError,
    },
    /// A file cannot be read, written or removed.
    #[error("cannot {doing} {path}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}
