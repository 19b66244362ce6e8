//! What `rpm` does for a root that has no rpm: queries, verification, keys, upkeep of the database.
//!
//! Nothing here needs a configuration of dnf5; a root and rpm's macros of the host are enough.

mod checksig;
mod keys;
mod listing;
mod query;
mod select;
mod upkeep;
mod verify;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oxidnf_core::Root;
use oxidnf_rpmdb::{Access, DbError, Macros, RpmDb, macros};

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
        let db = RpmDb::open(&self.root, &self.db_path, access).map_err(|error| self.failed("open")(error))?;
        Ok(db.with_every_digest())
    }

    fn failed(&self, operation: &'static str) -> impl Fn(DbError) -> Error {
        let path = self.db_path.clone();
        move |source| Error::Database { operation, path: path.clone(), source: Error::boxed(source) }
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(clock::unix_time())
    }
}
