//! What `rpm` does for a root that has no rpm: queries, verification, keys, upkeep of the database.
//!
//! Nothing here needs a configuration of dnf5; a root and rpm's macros of the host are enough.

mod checksig;
mod keys;
mod query;
mod select;
mod verify;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oxidnf_core::Root;
use oxidnf_rpmdb::{Access, DbError, LockKind, Macros, RpmDb, macros};

use crate::clock;
use crate::error::Error;
use crate::query_host::LocalHost;
use crate::session::build_arch;

pub use checksig::Checked;
pub use keys::{KeyRemark, KeyTrouble, KeysImported, KeysLocked, TrustedKey};
pub use oxidnf_core::header::query::{QueryFormat, QueryFormatError};
pub use oxidnf_core::header::{FileFlags, Header, Listing};
pub use select::{Found, Miss, Source};
pub use verify::{FileReport, Verified};

/// A root and its rpm database.
#[derive(Debug)]
pub struct Rpm {
    root: Root,
    db_path: PathBuf,
    host: LocalHost,
    /// Whether the keys were read, and what there is to say of them was said.
    keys_read: Cell<bool>,
    /// What was warned of already.
    warned: RefCell<HashSet<String>>,
}

impl Rpm {
    /// Opens a root; macros come from the host, and then from `defines` (name and body).
    pub fn open(root: &Path, defines: &[(String, String)]) -> Result<Self, Error> {
        let opened =
            |path: &Path| Root::open(path).map_err(|source| Error::Io { operation: "open", path: path.into(), source });
        let host = opened(Path::new("/"))?;
        let files = macros::standard_files(&format!("{}-linux", build_arch()));
        let mut macros = Macros::load(&host, &files).map_err(|error| Error::Io {
            operation: "read macro file",
            path: error.path,
            source: error.source,
        })?;
        for (name, body) in defines {
            macros.define(name, body);
        }
        Ok(Rpm {
            root: opened(root)?,
            db_path: macros.db_path(),
            host: LocalHost { macros },
            keys_read: Cell::new(false),
            warned: RefCell::default(),
        })
    }

    fn db(&self, access: Access) -> Result<RpmDb, Error> {
        RpmDb::open(&self.root, &self.db_path, access).map_err(|error| self.failed("open")(error))
    }

    fn failed(&self, operation: &'static str) -> impl Fn(DbError) -> Error {
        let path = self.db_path.clone();
        move |source| Error::Database { operation, path: path.clone(), source: Error::boxed(source) }
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(clock::unix_time())
    }

    /// Writes the database anew from its readable records; returns what rpm says of the others.
    pub fn rebuild(&self) -> Result<Vec<String>, Error> {
        let rebuilt = oxidnf_rpmdb::rebuild(&self.root, &self.db_path, std::process::id());
        Ok(rebuilt.map_err(self.failed("rebuild"))?.dropped.iter().map(select::complaint).collect())
    }

    /// Checks the file of the database, its keys and its tables; rpm's words for what is wrong.
    pub fn verify_database(&self) -> Result<Option<String>, Error> {
        let db = self.db(Access::Read)?;
        let _lock = db.lock(LockKind::Shared).map_err(self.failed("lock"))?;
        Ok(db.verify().err().map(|error| error.to_string()))
    }
}
