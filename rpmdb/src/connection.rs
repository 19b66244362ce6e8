//! Opening and closing.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use oxidnf_core::Root;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, FileControl, OpenFlags};
use rustix::fs::{Mode, OFlags};

use crate::error::DbError;
use crate::lock::{LockKind, TransactionLock, lock_path};
use crate::schema;

/// File of the database in its directory.
pub(crate) const FILE: &str = "rpmdb.sqlite";
/// How long another writer is waited for.
const BUSY: Duration = Duration::from_secs(10);
/// Kibibytes of pages that a writer may keep.
const WRITE_CACHE: i64 = 8192;
/// Unused pages worth more than this are given back on closing.
const VACUUM_ABOVE: i64 = 20 * 1024 * 1024;

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Looking; a database that does not exist is taken for an empty one and not created.
    Read,
    /// Changing; directory, file and tables are created if they are missing.
    Write,
}

/// An open rpm database.
///
/// While it lives, its files must not be opened by other means in this process: SQLite, too, uses locks that vanish
/// when any descriptor of a file is closed.
#[derive(Debug)]
pub struct RpmDb {
    pub(crate) connection: Connection,
    pub(crate) root: Root,
    pub(crate) path: PathBuf,
    pub(crate) access: Access,
    pub(crate) every_digest: bool,
    generated: usize,
}

impl RpmDb {
    /// Looks at every digest that a record carries, as rpm does, and passes over it when any is wrong.
    ///
    /// Otherwise the first one decides, SHA-256: where that is right, so is the header, and only the text of another
    /// digest is damaged.
    // witness: compat-tests/tests/damage.rs::digests_of_records
    #[must_use]
    pub fn with_every_digest(mut self) -> Self {
        self.every_digest = true;
        self
    }

    /// Opens the database in the directory `path` of the target.
    pub fn open(root: &Root, path: &Path, access: Access) -> Result<Self, DbError> {
        if !root.exists(path.join(FILE)) {
            // Taken for empty, such a database would make every package look as if it were not installed.
            for (file, backend) in [("Packages", "bdb"), ("Packages.db", "ndb")] {
                if root.exists(path.join(file)) {
                    return Err(DbError::Backend { file: root.host_path(path.join(file)), backend });
                }
            }
        }
        match access {
            Access::Read => Self::open_to_read(root, path),
            Access::Write => Self::open_to_write(root, path, false),
        }
    }

    /// Opens for writing; `fast` leaves out waiting for the disk and indexes, for databases that are thrown away on
    /// failure and whose maker creates the indexes at the end.
    pub(crate) fn open_to_write(root: &Root, path: &Path, fast: bool) -> Result<Self, DbError> {
        let failed = |source| DbError::Open { path: path.to_owned(), source };
        root.create_dir_all(path, 0o755).map_err(failed)?;
        let file = host_file(root, path).map_err(failed)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | COMMON_FLAGS;
        let mut db = Self::with(root, path, Access::Write, Connection::open_with_flags(file, flags))?;
        db.run("open", |connection| {
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            connection.pragma_update_and_check(None, "wal_autocheckpoint", 10_000, |_| Ok(()))?;
            // Else a batch would write pages that it is going to change again.
            connection.pragma_update(None, "cache_size", -WRITE_CACHE)?;
            // Without these files lying ready, users other than root cannot read.
            let mut persist = 1;
            connection.file_control(None::<&str>, FileControl::PersistWal(&mut persist))
        })?;
        if !db.run("open", complete)? {
            db.generated = db.create_tables(fast)?;
        }
        db.run("open", |connection| connection.pragma_update(None, "synchronous", if fast { "OFF" } else { "FULL" }))?;
        Ok(db)
    }

    fn open_to_read(root: &Root, path: &Path) -> Result<Self, DbError> {
        let failed = |source| DbError::Open { path: path.to_owned(), source };
        let memory = || Self::with(root, path, Access::Read, Connection::open_in_memory());
        let file = match host_file(root, path) {
            Ok(file) if root.exists(path.join(FILE)) => file,
            Ok(_) => return memory(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return memory(),
            Err(error) => return Err(failed(error)),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | COMMON_FLAGS;
        let db = Self::with(root, path, Access::Read, Connection::open_with_flags(&file, flags))?;
        let readable = db.connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()));
        let Err(error) = readable else { return Ok(db) };
        // On a read-only file system SQLite cannot make its -shm file; with nothing in the log there is no need for it.
        let log = root.stat(path.join(format!("{FILE}-wal"))).map_or(0, |stat| stat.st_size);
        let cannot =
            matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly));
        if log != 0 || !cannot {
            return Err(DbError::Sqlite { action: "look", path: path.to_owned(), source: error });
        }
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        Self::with(root, path, Access::Read, Connection::open_with_flags(immutable_uri(&file), flags))
    }

    fn with(
        root: &Root,
        path: &Path,
        access: Access,
        connection: rusqlite::Result<Connection>,
    ) -> Result<Self, DbError> {
        let path = path.to_owned();
        let connection = connection.map_err(|source| DbError::Sqlite { action: "open", path: path.clone(), source })?;
        let db = RpmDb { connection, root: root.clone(), path, access, every_digest: false, generated: 0 };
        db.connection.set_prepared_statement_cache_capacity(64);
        db.run("open", |connection| {
            connection.busy_timeout(BUSY)?;
            // With the statistics that closing writes, SQLite would plan a statement anew for every bound key.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.pragma_update(None, "secure_delete", "OFF")?;
            // rpm never turns them on; replacing or removing a record would fail while its keys are there.
            connection.pragma_update(None, "foreign_keys", "OFF")
        })?;
        Ok(db)
    }

    /// Returns how many indexes were missing and were made from the records when the database was opened for writing.
    pub fn generated(&self) -> usize {
        self.generated
    }

    /// Creates what is missing; indexes that were missing are filled from the records. Returns their number.
    fn create_tables(&self, fast: bool) -> Result<usize, DbError> {
        // As nothing of it was there, an interrupted creation loses nothing.
        self.run("create tables", |connection| connection.pragma_update(None, "synchronous", "OFF"))?;
        if fast {
            return self.run("create tables", schema::create_bare).map(|()| 0);
        }
        let had_records = self.run("create tables", |connection| schema::has_table(connection, schema::PACKAGES))?;
        self.run("create tables", |connection| connection.execute_batch("SAVEPOINT 'rwlock'"))?;
        let missing = self.run("create tables", schema::create_missing)?;
        if had_records {
            self.fill(&missing)?;
        }
        self.run("create tables", |connection| connection.execute_batch("RELEASE 'rwlock'"))?;
        Ok(if had_records { missing.len() } else { 0 })
    }

    /// Returns the directory of the database on the target.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what the database was opened for.
    pub fn access(&self) -> Access {
        self.access
    }

    /// Takes rpm's transaction lock beside the database, or fails at once.
    pub fn lock(&self, kind: LockKind) -> Result<TransactionLock, DbError> {
        TransactionLock::take(&self.root, &lock_path(&self.path), kind)
    }

    /// Says whether every commit waits for the disk.
    ///
    /// Without, a commit survives the end of this process, but not always a power cut; the database stays whole, as its
    /// log is checked when it is read. [`RpmDb::sync`] makes up for it, and so does closing.
    pub fn sync_commits(&self, each: bool) -> Result<(), DbError> {
        let level = if each { "FULL" } else { "NORMAL" };
        self.run("change", |connection| connection.pragma_update(None, "synchronous", level))
    }

    /// Waits until everything that was committed is on the disk.
    pub fn sync(&self) -> Result<(), DbError> {
        let failed = |source| DbError::Open { path: self.path.clone(), source };
        // SQLite has no locks on its log, so closing it here ends none.
        match self.root.open_file(self.path.join(format!("{FILE}-wal")), OFlags::RDONLY, Mode::empty()) {
            Ok(log) => log.sync_data().map_err(failed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Closes the database as rpm does: statistics, checkpoint, and a smaller file when much of it is unused.
    ///
    /// Dropping does the same and hides failures.
    pub fn close(mut self) -> Result<(), DbError> {
        self.finish()
    }

    /// Closes the database so that it can be read where nobody may write: everything is in one file, and no log and no
    /// index of it lie beside it.
    ///
    /// rpm makes them again as soon as it writes. Fails while another process has the database open.
    pub fn close_parked(mut self) -> Result<(), DbError> {
        self.finish()?;
        self.run("park", |connection| {
            let mut persist = 0;
            connection.file_control(None::<&str>, FileControl::PersistWal(&mut persist))?;
            connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
        })
    }

    fn finish(&mut self) -> Result<(), DbError> {
        if self.access == Access::Read {
            return Ok(());
        }
        // Only once, also when dropping follows closing.
        self.access = Access::Read;
        self.run("close", |connection| {
            connection.execute_batch("PRAGMA optimize")?;
            let pages: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
            let size: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
            if pages.saturating_mul(size) > VACUUM_ABOVE {
                connection.execute_batch("VACUUM")?;
            }
            connection.query_row("PRAGMA wal_checkpoint = TRUNCATE", [], |_| Ok(()))
        })
    }

    /// Runs statements and names them in the error.
    pub(crate) fn run<T>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DbError> {
        work(&self.connection).map_err(|source| DbError::Sqlite { action, path: self.path.clone(), source })
    }
}

impl Drop for RpmDb {
    fn drop(&mut self) {
        // Everything was committed before; what fails here is only tidying.
        let _ = self.finish();
    }
}

const COMMON_FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX.union(OpenFlags::SQLITE_OPEN_NOFOLLOW);

fn complete(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(schema::has_table(connection, schema::PACKAGES)?
        && schema::missing(connection)?.is_empty()
        && !schema::lacks_indexes(connection)?)
}

/// Returns the path on the host of the database's file, found by resolving its directory beneath the root.
///
/// SQLite opens by path only. The path of an open directory has no links in it, so following it later leads to the same
/// place; without procfs the path is put together from its text.
fn host_file(root: &Root, path: &Path) -> io::Result<PathBuf> {
    let directory = root.open_dir(path)?;
    let link = format!("/proc/self/fd/{}", directory.as_raw_fd());
    let resolved = std::fs::read_link(link).unwrap_or_else(|_| root.host_path(path));
    Ok(resolved.join(FILE))
}

/// Makes SQLite's name of a file that nobody changes.
fn immutable_uri(file: &Path) -> OsString {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt;
    let mut uri = String::from("file:");
    for byte in file.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_') {
            uri.push(*byte as char);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?immutable=1");
    uri.into()
}
