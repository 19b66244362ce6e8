//! Adding, replacing and removing records.

use oxidnf_core::Header;
use oxidnf_core::header::Limits;
use rusqlite::params;

use crate::Hnum;
use crate::connection::{Access, RpmDb};
use crate::error::DbError;
use crate::index::Index;
use crate::read::Key;
use crate::schema;

/// The right to change a database; made by [`RpmDb::write`].
///
/// Every change of a record touches all tables or none. Outside a batch it is durable when the call returns; inside one
/// ([`Write::begin`], [`Write::commit`]) the batch decides, which saves a sync of the disk for each element.
#[derive(Debug)]
pub struct Write<'db> {
    db: &'db RpmDb,
    in_batch: bool,
}

impl RpmDb {
    /// Starts changing; fails when the database was opened for reading.
    ///
    /// The caller holds the transaction lock.
    pub fn write(&self) -> Result<Write<'_>, DbError> {
        match self.access {
            Access::Write => Ok(Write { db: self, in_batch: false }),
            Access::Read => Err(DbError::ReadOnly { path: self.path.clone() }),
        }
    }

    /// Writes the rows of the given indexes for all records.
    pub(crate) fn fill(&self, indexes: &[Index]) -> Result<(), DbError> {
        if indexes.is_empty() {
            return Ok(());
        }
        for package in self.packages()? {
            let (hnum, header) = package?;
            self.insert_rows(indexes, hnum, &header)?;
        }
        Ok(())
    }

    fn insert_rows(&self, indexes: &[Index], hnum: Hnum, header: &Header) -> Result<(), DbError> {
        self.run("write an index", |connection| {
            for index in indexes {
                let rows = index.rows(header);
                if rows.is_empty() {
                    continue;
                }
                let mut statement =
                    connection.prepare_cached(&format!("INSERT INTO '{}' VALUES(?, ?, ?)", index.table()))?;
                for row in rows {
                    statement.execute(params![Key { bytes: &row.key, binary: index.is_binary() }, hnum, row.idx])?;
                }
            }
            Ok(())
        })
    }

    fn delete_rows(&self, indexes: &[Index], hnum: Hnum) -> Result<(), DbError> {
        self.run("remove from an index", |connection| {
            for index in indexes {
                let sql = format!("DELETE FROM '{}' WHERE hnum=?", index.table());
                connection.prepare_cached(&sql)?.execute([hnum])?;
            }
            Ok(())
        })
    }
}

impl Write<'_> {
    /// Adds a record and returns its number.
    pub fn insert(&mut self, header: &Header) -> Result<Hnum, DbError> {
        self.atomically(|db| {
            let hnum = db.run("add a package", |connection| {
                connection.prepare_cached("INSERT INTO 'Packages' VALUES(NULL, ?)")?.insert([header.bytes()])
            })?;
            let hnum = hnum as Hnum;
            db.insert_rows(&Index::ALL, hnum, header)?;
            Ok(hnum)
        })
    }

    /// Removes a record.
    pub fn remove(&mut self, hnum: Hnum) -> Result<(), DbError> {
        self.atomically(|db| {
            let removed = db.run("remove a package", |connection| {
                connection.prepare_cached("DELETE FROM 'Packages' WHERE hnum=?")?.execute([hnum])
            })?;
            if removed == 0 {
                return Err(DbError::NoRecord { hnum });
            }
            db.delete_rows(&Index::ALL, hnum)
        })
    }

    /// Replaces a record under its number, for example when states of files change.
    ///
    /// Index rows are touched only where they differ.
    pub fn replace(&mut self, hnum: Hnum, header: &Header) -> Result<(), DbError> {
        // Read first: a transaction that starts with reading cannot always go on to write.
        let old = self.db.blob(hnum)?.ok_or(DbError::NoRecord { hnum })?;
        let old = Header::parse(old, Limits::DATABASE).ok();
        self.atomically(|db| {
            db.run("replace a package", |connection| {
                let sql = "INSERT OR REPLACE INTO 'Packages' VALUES(?, ?)";
                connection.prepare_cached(sql)?.execute(params![hnum, header.bytes()])
            })?;
            let differs = |index: &Index| old.as_ref().is_none_or(|old| index.rows(old) != index.rows(header));
            let changed: Vec<Index> = Index::ALL.into_iter().filter(differs).collect();
            db.delete_rows(&changed, hnum)?;
            db.insert_rows(&changed, hnum, header)
        })
    }

    /// Returns the database, for reading what was written.
    pub fn db(&self) -> &RpmDb {
        self.db
    }

    /// Starts a batch: nothing is durable, and nobody else sees anything, before [`Write::commit`].
    ///
    /// A batch must not be open while scriptlets run, as they may ask the database. Does nothing in a batch.
    pub fn begin(&mut self) -> Result<(), DbError> {
        if !self.in_batch {
            self.db.run("begin", |connection| connection.execute_batch("BEGIN IMMEDIATE"))?;
            self.in_batch = true;
        }
        Ok(())
    }

    /// Makes a batch durable; does nothing outside one.
    pub fn commit(&mut self) -> Result<(), DbError> {
        if self.in_batch {
            self.db.run("commit", |connection| connection.execute_batch("COMMIT"))?;
            self.in_batch = false;
        }
        Ok(())
    }

    /// Undoes a batch; does nothing outside one.
    pub fn roll_back(&mut self) -> Result<(), DbError> {
        if self.in_batch {
            self.in_batch = false;
            self.db.run("roll back", |connection| connection.execute_batch("ROLLBACK"))?;
        }
        Ok(())
    }

    /// Does several changes as one: all of them happen, or none when `work` fails.
    pub fn savepoint<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, DbError>) -> Result<T, DbError> {
        self.mark("SAVEPOINT 'rwlock'")?;
        let result = work(self);
        self.release(result)
    }

    fn atomically<T>(&mut self, work: impl FnOnce(&RpmDb) -> Result<T, DbError>) -> Result<T, DbError> {
        self.savepoint(|write| work(write.db))
    }

    fn release<T>(&mut self, result: Result<T, DbError>) -> Result<T, DbError> {
        match result.and_then(|value| self.mark("RELEASE 'rwlock'").map(|()| value)) {
            Ok(value) => Ok(value),
            Err(error) => {
                // The first error is the one to report; both statements leave no transaction behind.
                let _ = self.mark("ROLLBACK TO 'rwlock'");
                let _ = self.mark("RELEASE 'rwlock'");
                Err(error)
            }
        }
    }

    fn mark(&self, statement: &str) -> Result<(), DbError> {
        self.db.run("write", |connection| connection.execute_batch(statement))
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        // Without a commit nothing of a batch was promised.
        let _ = self.roll_back();
    }
}

/// Tells whether all tables exist and can be read.
pub(crate) fn open_all(db: &RpmDb) -> Result<(), DbError> {
    db.run("open all indexes", |connection| {
        let tables = std::iter::once(schema::PACKAGES).chain(Index::ALL.into_iter().map(Index::table));
        for table in tables {
            connection.query_row(&format!("SELECT count(*) FROM (SELECT 1 FROM '{table}' LIMIT 1)"), [], |_| Ok(()))?;
        }
        Ok(())
    })
}
