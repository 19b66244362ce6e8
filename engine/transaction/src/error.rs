//! Errors that stop the executor itself, as opposed to problems and failed elements.

use std::io;
use std::path::PathBuf;

use oxidnf_core::header::HeaderError;
use oxidnf_core::package_file::PackageError;
use oxidnf_rpmdb::DbError;

/// Why a transaction could not be prepared or run at all.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// The root cannot be opened.
    #[error("cannot open the root {}", .path.display())]
    Root {
        /// Its path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The database cannot be read or written.
    #[error("cannot {operation} the rpm database")]
    Database {
        /// What was tried.
        operation: &'static str,
        /// The cause.
        source: Box<DbError>,
    },
    /// A package file cannot be used.
    #[error("cannot read package {}", .path.display())]
    Package {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: PackageError,
    },
    /// A header cannot be used.
    #[error("the header of {package} is damaged")]
    Header {
        /// Name of the package, or number of its record.
        package: String,
        /// The cause.
        source: HeaderError,
    },
    /// The journal cannot be read or written.
    #[error("cannot {operation} the transaction journal in {}", crate::journal::DIRECTORY)]
    Journal {
        /// What was tried.
        operation: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// The journal of an interrupted transaction makes no sense.
    #[error("the transaction journal in {} is damaged", crate::journal::DIRECTORY)]
    JournalDamaged,
    /// The journal was written by a later version of this program.
    #[error("the transaction journal in {} has the unknown format {version}", crate::journal::DIRECTORY)]
    JournalVersion {
        /// The version that the journal names.
        version: u32,
    },
    /// The run was stopped in the middle because the system failed us; it can be resumed.
    #[error("cannot {what}")]
    Stopped {
        /// What could not be done.
        what: String,
        /// The cause.
        source: io::Error,
    },
    /// The file contexts of the SELinux policy cannot be used.
    #[error("cannot read the SELinux file contexts {}; --setopt=tsflags=nocontexts leaves files unlabelled", .path.display())]
    Labels {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The system refused something that the run needs.
    #[error("cannot {operation}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// The cause.
        source: io::Error,
    },
}

impl TransactionError {
    /// Makes a mapper for `map_err` that names what was done with the database.
    pub(crate) fn database(operation: &'static str) -> impl Fn(DbError) -> TransactionError {
        move |source| TransactionError::Database { operation, source: Box::new(source) }
    }

    /// Makes a mapper for `map_err` that names what was done with the journal.
    pub(crate) fn journal(operation: &'static str) -> impl Fn(io::Error) -> TransactionError {
        move |source| TransactionError::Journal { operation, source }
    }

    /// Makes a mapper for `map_err` that names what the system was asked for.
    pub(crate) fn system(operation: &'static str) -> impl Fn(io::Error) -> TransactionError {
        move |source| TransactionError::System { operation, source }
    }
}
