//! What can go wrong with the database.

use std::io;
use std::path::PathBuf;

use oxidnf_catalog::CatalogError;
use oxidnf_core::checksum::ChecksumError;
use oxidnf_core::header::HeaderError;
use oxidnf_core::package_file::PackageError;

use crate::Hnum;
use crate::index::Index;

/// An operation on the rpm database failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The directory or file of the database cannot be reached.
    #[error("cannot open Packages database in {}", .path.display())]
    Open {
        /// Directory of the database on the target.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The directory holds a database that only older or differently built rpms read.
    #[error(
        "{} is an rpm database of the {backend} backend, which is not read here; convert it to sqlite with \
         rpmdb --rebuilddb of the system's own rpm",
        .file.display()
    )]
    Backend {
        /// The database's file on the host.
        file: PathBuf,
        /// rpm's name of the backend.
        backend: &'static str,
    },
    /// SQLite refused something.
    #[error("cannot {action} in the rpm database {}", .path.display())]
    Sqlite {
        /// What was attempted.
        action: &'static str,
        /// Directory of the database on the target.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// The database was opened for reading and something wants to write.
    #[error("the rpm database {} is open for reading only", .path.display())]
    ReadOnly {
        /// Directory of the database on the target.
        path: PathBuf,
    },
    /// Another process holds the transaction lock.
    #[error("can't create transaction lock on {}", .path.display())]
    Locked {
        /// The lock file on the target.
        path: PathBuf,
        /// `Resource temporarily unavailable`, as rpm shows it.
        source: io::Error,
    },
    /// The lock file cannot be opened or locked.
    #[error("can't create transaction lock on {}", .path.display())]
    Lock {
        /// The lock file on the target.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another process holds the lock of the keys, or it cannot be taken.
    #[error("can't create keyring lock on {}", .path.display())]
    KeyringLock {
        /// The lock file on the host.
        path: PathBuf,
        /// The cause; rpm shows it in parentheses.
        source: io::Error,
    },
    /// A file of a key store cannot be read, written or removed.
    #[error("cannot use {} of the key store", .path.display())]
    KeyFile {
        /// The file or directory on the host.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Records cannot be written elsewhere.
    #[error("cannot {operation} records")]
    Stream {
        /// What was tried.
        operation: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// There is no such record.
    #[error("no record {hnum} in the rpm database")]
    NoRecord {
        /// Number asked for.
        hnum: Hnum,
    },
    /// A record cannot be read; iteration skips it instead.
    #[error(transparent)]
    Damaged(#[from] DamagedRecord),
    /// A header cannot be made or read.
    #[error("cannot encode a header")]
    Header {
        /// The cause.
        #[from]
        source: HeaderError,
    },
    /// A package cannot be turned into a record.
    #[error("cannot make a record of a package")]
    Package {
        /// The cause.
        #[from]
        source: PackageError,
    },
    /// The number of states is not the number of files.
    #[error("{states} states for the {files} files of {nevra}")]
    States {
        /// Package.
        nevra: String,
        /// Number of files.
        files: usize,
        /// Number of states.
        states: usize,
    },
    /// The crypto library refused.
    #[error("cannot digest a header")]
    Digest {
        /// The cause.
        #[from]
        source: ChecksumError,
    },
    /// The catalog refused a package.
    #[error("cannot list an installed package")]
    Catalog {
        /// The cause.
        #[from]
        source: CatalogError,
    },
    /// An entry of an index points to no record, as rpm reports it.
    #[error("verify key: {}[{row}]", .index.table())]
    DanglingKey {
        /// The index.
        index: Index,
        /// Row of its table.
        row: i64,
    },
    /// SQLite found the file damaged.
    #[error("verify: {message}")]
    Integrity {
        /// SQLite's words.
        message: String,
    },
}

/// A record that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("damaged header #{hnum} retrieved -- skipping.")]
pub struct DamagedRecord {
    /// Number of the record.
    pub hnum: Hnum,
    /// The cause.
    #[source]
    pub damage: Damage,
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Its structure.
    #[error(transparent)]
    Structure(#[from] HeaderError),
    /// A digest does not match; rpm's words.
    #[error("{0}")]
    Digest(String),
}
