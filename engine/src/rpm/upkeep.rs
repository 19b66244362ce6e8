//! `rpmdb`: making, checking, rebuilding, copying a database.

use std::io::{Read, Write};

use oxidnf_rpmdb::{Access, LockKind};

use super::{Rpm, select};
use crate::error::Error;

impl Rpm {
    /// Makes the database if there is none.
    pub fn init_database(&self) -> Result<(), Error> {
        let db = self.db(Access::Write)?;
        let lock = db.lock(LockKind::Exclusive).map_err(self.failed("lock"))?;
        db.close().map_err(self.failed("close"))?;
        drop(lock);
        Ok(())
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

    /// Writes all readable records, each with the magic of headers; returns what rpm says of the others.
    pub fn export_database(&self, out: &mut dyn Write) -> Result<Vec<String>, Error> {
        let damaged = self.db(Access::Read)?.export(out).map_err(self.failed("export"))?;
        Ok(damaged.iter().map(select::complaint).collect())
    }

    /// Adds the records of what [`Rpm::export_database`] wrote to those that are there, up to the first that is none.
    pub fn import_database(&self, input: &mut dyn Read) -> Result<(), Error> {
        let db = self.db(Access::Write)?;
        let _lock = db.lock(LockKind::Exclusive).map_err(self.failed("lock"))?;
        let failed = || self.failed("import records into");
        let mut write = db.write().map_err(failed())?;
        write.begin().and_then(|()| write.import(input)).and_then(|_| write.commit()).map_err(failed())?;
        drop(write);
        db.close().map_err(failed())
    }
}
