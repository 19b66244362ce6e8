//! The history of transactions in dnf5's SQLite file (reference of dnf5, sections 6.2 and 6.3).

mod read;
mod schema;
mod select;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::root::Root;
use oxidnf_core::{Action, Nevra, Reason};
use rusqlite::{Connection, OpenFlags};

pub use select::{SelectError, Selection};
pub use write::{NewGroup, NewItem, NewTransaction, RunningTransaction};

/// A history that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The directory cannot be made or entered.
    #[error("cannot open the directory of the transaction history {path}")]
    Directory {
        /// Path below the root.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// SQLite refused.
    #[error("cannot {operation} the transaction history {path}")]
    Database {
        /// What was attempted: `open`, `read`, `write`.
        operation: &'static str,
        /// Path below the root.
        path: PathBuf,
        /// Cause.
        source: rusqlite::Error,
    },
    /// The file was written by another version of dnf5.
    #[error("unsupported version {version:?} of the transaction history {path}")]
    Version {
        /// Path below the root.
        path: PathBuf,
        /// The version in the file.
        version: String,
    },
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TransactionState {
    /// It has not ended, or the program did not live to tell.
    Started = 1,
    /// All went well.
    Ok = 2,
    /// It failed, at least in part.
    Error = 3,
}

impl TransactionState {
    /// Returns dnf5's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            TransactionState::Started => "Started",
            TransactionState::Ok => "Ok",
            TransactionState::Error => "Error",
        }
    }

    const fn from_number(number: i64) -> Self {
        match number {
            2 => TransactionState::Ok,
            3 => TransactionState::Error,
            _ => TransactionState::Started,
        }
    }
}

/// One transaction of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastTransaction {
    /// Its number.
    pub id: i64,
    /// Seconds since 1970.
    pub begin: i64,
    /// Seconds since 1970; missing if it did not end.
    pub end: Option<i64>,
    /// Cookie of the rpm database before.
    pub rpmdb_begin: String,
    /// Cookie of the rpm database after.
    pub rpmdb_end: String,
    /// `$releasever` at that time, empty if there was none.
    pub releasever: String,
    /// Who ran it.
    pub user_id: u32,
    /// The command line.
    pub description: String,
    /// `--comment`.
    pub comment: String,
    /// How it ended.
    pub state: TransactionState,
    /// Number of packages, groups and environments that it was about.
    pub altered: u64,
}

/// One package of a past transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastPackage {
    /// Full name.
    pub nevra: Nevra,
    /// What happened to it.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// Repository; `@System` for what was installed before.
    pub repo_id: String,
}

/// One group or environment of a past transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastGroup {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is an environment.
    pub environment: bool,
    /// What happened to it.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// Repository.
    pub repo_id: String,
    /// Bits of types: 1 conditional, 2 default, 4 mandatory, 8 optional.
    pub package_types: u32,
}

/// The database, open.
#[derive(Debug)]
pub struct History {
    /// `None` when there is no file: an empty history.
    connection: Option<Connection>,
    path: PathBuf,
}

impl History {
    /// Opens for reading, without changing anything on disk; a missing file is an empty history.
    pub fn open(root: &Root, path: &Path) -> Result<Self, HistoryError> {
        if !root.exists(path) {
            return Ok(History { connection: None, path: path.to_owned() });
        }
        let dir = path.parent().unwrap_or(Path::new("/"));
        let place = Place::open(root, dir, path)?;
        // Without a journal beside it the file is complete, and "immutable" keeps SQLite from making one.
        let wal = path.with_file_name(format!("{}-wal", file_name(path)));
        let pending = root.stat(&wal).is_ok_and(|stat| stat.st_size > 0);
        let uri = |immutable: bool| place.uri(if immutable { "?mode=ro&immutable=1" } else { "?mode=ro" });
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = |immutable| {
            let connection = Connection::open_with_flags(uri(immutable), flags)?;
            let version = schema::version(&connection)?;
            Ok::<_, rusqlite::Error>((connection, version))
        };
        // A user who may not touch the journal's index still sees what was checkpointed.
        let opened = if pending { open(false).or_else(|_| open(true)) } else { open(true) };
        let (connection, version) = opened.map_err(|source| Self::failed("open", path, source))?;
        match version {
            None => Ok(History { connection: None, path: path.to_owned() }),
            Some(version) if version == schema::VERSION || version == "1.0" => {
                Ok(History { connection: Some(connection), path: path.to_owned() })
            }
            Some(version) => Err(HistoryError::Version { path: path.to_owned(), version }),
        }
    }

    /// Opens for writing; makes the file if needed.
    pub fn open_write(root: &Root, path: &Path) -> Result<Self, HistoryError> {
        let dir = path.parent().unwrap_or(Path::new("/"));
        root.create_dir_all(dir, 0o755).map_err(|source| HistoryError::Directory { path: dir.to_owned(), source })?;
        let place = Place::open(root, dir, path)?;
        let failed = |source| Self::failed("open", path, source);
        let connection = Connection::open(place.path()).map_err(failed)?;
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(failed)?;
        let version = schema::prepare(&connection).map_err(failed)?;
        if version != schema::VERSION {
            return Err(HistoryError::Version { path: path.to_owned(), version });
        }
        Ok(History { connection: Some(connection), path: path.to_owned() })
    }

    fn failed(operation: &'static str, path: &Path, source: rusqlite::Error) -> HistoryError {
        HistoryError::Database { operation, path: path.to_owned(), source }
    }

    fn read_failed(&self, source: rusqlite::Error) -> HistoryError {
        Self::failed("read", &self.path, source)
    }

    fn write_failed(&self, source: rusqlite::Error) -> HistoryError {
        Self::failed("write", &self.path, source)
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Where SQLite finds the file: through the descriptor of its directory, so that no link inside the root leads out.
struct Place {
    dir: std::os::fd::OwnedFd,
    fallback: PathBuf,
    name: String,
}

impl Place {
    fn open(root: &Root, dir: &Path, path: &Path) -> Result<Self, HistoryError> {
        let fd = root.open_dir(dir).map_err(|source| HistoryError::Directory { path: dir.to_owned(), source })?;
        Ok(Place { dir: fd, fallback: root.host_path(dir), name: file_name(path) })
    }

    fn path(&self) -> PathBuf {
        use std::os::fd::AsRawFd;
        let through = PathBuf::from(format!("/proc/self/fd/{}", self.dir.as_raw_fd()));
        // A system without /proc has no other way than the plain path.
        let dir =
            if through.exists() { std::fs::canonicalize(&through).unwrap_or(through) } else { self.fallback.clone() };
        dir.join(&self.name)
    }

    fn uri(&self, query: &str) -> String {
        let mut uri = String::from("file:");
        for byte in self.path().to_string_lossy().bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.') {
                uri.push(char::from(byte));
            } else {
                uri.push_str(&format!("%{byte:02X}"));
            }
        }
        uri + query
    }
}
