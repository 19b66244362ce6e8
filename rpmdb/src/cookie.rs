//! The value that changes whenever packages come or go.

use oxidnf_core::checksum::{ChecksumKind, Hasher};

use crate::connection::RpmDb;
use crate::error::DbError;
use crate::schema;

impl RpmDb {
    /// Returns the same text as librpm's `rpmdbCookie`, which dnf5 stores to notice changes by others.
    pub fn cookie(&self) -> Result<String, DbError> {
        let mut hasher = Hasher::new(ChecksumKind::Sha256)?;
        self.run("read the index of names", |connection| {
            if !schema::has_table(connection, "Name")? {
                return Ok(());
            }
            let sql = "SELECT key, hnum FROM 'Name' ORDER BY key, rowid";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            let mut previous: Option<Vec<u8>> = None;
            while let Some(row) = rows.next()? {
                let key = row.get_ref(0)?.as_bytes().unwrap_or_default();
                if previous.as_deref() != Some(key) {
                    hasher.update(key);
                    previous = Some(key.to_vec());
                }
                let hnum: u32 = row.get(1)?;
                hasher.update(&hnum.to_ne_bytes());
            }
            Ok(())
        })?;
        Ok(hasher.finish()?.hex())
    }
}
