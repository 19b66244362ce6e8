//! Downloads: repositories and packages, over HTTP or from the file system.

mod error;
pub mod url;

pub use error::{Attempt, DownloadError, FailureKind, RepoError, RepoFault, SetupError, SourceText};
