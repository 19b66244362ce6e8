//! Reading records and indexes.

use oxidnf_core::checksum::ChecksumKind;
use oxidnf_core::header::{DigestCheck, DigestRange, Header, Limits, Tag, Type};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension};

use crate::Hnum;
use crate::connection::RpmDb;
use crate::error::{Damage, DamagedRecord, DbError};
use crate::index::Index;
use crate::schema;

/// A hit in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Match {
    /// The record.
    pub hnum: Hnum,
    /// The position in the array of the index's tag (of file triggers: the script).
    pub idx: u32,
}

impl RpmDb {
    /// Returns the numbers of all records, ascending.
    pub fn hnums(&self) -> Result<Vec<Hnum>, DbError> {
        self.query("list packages", schema::PACKAGES, |connection| {
            let mut statement = connection.prepare_cached("SELECT hnum FROM 'Packages' ORDER BY hnum")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// Returns the number of records, damaged ones and keys included.
    pub fn len(&self) -> Result<usize, DbError> {
        Ok(self.hnums()?.len())
    }

    /// Tells whether there are no records.
    pub fn is_empty(&self) -> Result<bool, DbError> {
        Ok(self.hnums()?.is_empty())
    }

    /// Iterates over all records in the order of their numbers, as `rpm -qa` does.
    ///
    /// Damaged records are left out, as rpm leaves them out; [`Packages::damaged`] tells which.
    pub fn packages(&self) -> Result<Packages<'_>, DbError> {
        Ok(Packages { db: self, hnums: self.hnums()?.into_iter(), damaged: Vec::new() })
    }

    /// Returns one record.
    pub fn header(&self, hnum: Hnum) -> Result<Header, DbError> {
        let blob = self.blob(hnum)?.ok_or(DbError::NoRecord { hnum })?;
        check(blob, self.every_digest).map_err(|damage| DamagedRecord { hnum, damage }.into())
    }

    /// Returns the stored bytes of one record, unchecked.
    pub fn blob(&self, hnum: Hnum) -> Result<Option<Vec<u8>>, DbError> {
        self.query("read a package", schema::PACKAGES, |connection| {
            let mut statement = connection.prepare_cached("SELECT blob FROM 'Packages' WHERE hnum=?")?;
            statement
                .query_row([hnum], |row| Ok(row.get_ref(0)?.as_bytes_or_null()?.unwrap_or_default().to_vec()))
                .optional()
        })
    }

    /// Returns the records that have this key, in the order in which they were added.
    pub fn find(&self, index: Index, key: &[u8]) -> Result<Vec<Match>, DbError> {
        self.query("look up a key", index.table(), |connection| {
            let sql = format!("SELECT hnum, idx FROM '{}' WHERE key=? ORDER BY rowid", index.table());
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_map([Key { bytes: key, binary: index.is_binary() }], row_match)?;
            found.collect()
        })
    }

    /// Returns the records whose key starts with these bytes, with the key: for triggers on paths.
    pub fn find_prefix(&self, index: Index, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Match)>, DbError> {
        self.with_prefix(index, prefix, "SELECT hnum, idx, key", "ORDER BY key, rowid", |row| {
            Ok((row.get_ref(2)?.as_bytes_or_null()?.unwrap_or_default().to_vec(), row_match(row)?))
        })
    }

    /// Returns the different keys that start with these bytes, ascending.
    pub fn keys_with_prefix(&self, index: Index, prefix: &[u8]) -> Result<Vec<Vec<u8>>, DbError> {
        self.with_prefix(index, prefix, "SELECT DISTINCT key", "ORDER BY key", |row| {
            Ok(row.get_ref(0)?.as_bytes_or_null()?.unwrap_or_default().to_vec())
        })
    }

    /// Queries the rows whose key starts with a prefix, which the table's own index leads to.
    fn with_prefix<T>(
        &self,
        index: Index,
        prefix: &[u8],
        select: &str,
        order: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, DbError> {
        let key = |bytes| Key { bytes, binary: index.is_binary() };
        // The first key behind all those with the prefix: bytes of 255 at its end have no next one.
        let kept = prefix.iter().rposition(|byte| *byte != u8::MAX).map_or(&[][..], |last| &prefix[..=last]);
        let mut end = kept.to_vec();
        let next = end.pop().and_then(|last| last.checked_add(1));
        end.extend(next);
        self.query("search an index", index.table(), |connection| {
            let table = index.table();
            if next.is_some() {
                let sql = format!("{select} FROM '{table}' WHERE key >= ? AND key < ? {order}");
                let mut statement = connection.prepare_cached(&sql)?;
                statement.query_map([key(prefix), key(&end)], read)?.collect()
            } else {
                let sql = format!("{select} FROM '{table}' WHERE key >= ? {order}");
                let mut statement = connection.prepare_cached(&sql)?;
                statement.query_map([key(prefix)], read)?.collect()
            }
        })
    }

    /// Calls `visit` for every row of an index, keys ascending, rows of a key in the order in which they were added.
    pub fn each_key(&self, index: Index, mut visit: impl FnMut(&[u8], Match)) -> Result<(), DbError> {
        self.query("read an index", index.table(), |connection| {
            let sql = format!("SELECT hnum, idx, key FROM '{}' ORDER BY key, rowid", index.table());
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                visit(row.get_ref(2)?.as_bytes().unwrap_or_default(), row_match(row)?);
            }
            Ok(())
        })
    }

    /// Calls `visit` for every row of an index in the order in which they lie in the file, which is the fastest.
    pub fn each_row(&self, index: Index, mut visit: impl FnMut(&[u8], Match)) -> Result<(), DbError> {
        self.query("read an index", index.table(), |connection| {
            let sql = format!("SELECT hnum, idx, key FROM '{}'", index.table());
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                visit(row.get_ref(2)?.as_bytes().unwrap_or_default(), row_match(row)?);
            }
            Ok(())
        })
    }

    /// Returns about how many rows an index has: at least as many as there are, found without counting them.
    pub fn rows_at_most(&self, index: Index) -> Result<u64, DbError> {
        let last: Option<i64> = self.query("read an index", index.table(), |connection| {
            let sql = format!("SELECT max(rowid) FROM '{}'", index.table());
            connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))
        })?;
        Ok(u64::try_from(last.unwrap_or(0)).unwrap_or(0))
    }

    /// Runs many look-ups on one state of the database, which takes SQLite's locks once instead of for each of them.
    ///
    /// What others commit meanwhile is not seen. `work` must not write.
    pub fn snapshot<T>(&self, work: impl FnOnce() -> T) -> Result<T, DbError> {
        self.run("start reading", |connection| connection.execute_batch("SAVEPOINT 'reading'"))?;
        let done = work();
        self.run("stop reading", |connection| connection.execute_batch("RELEASE 'reading'"))?;
        Ok(done)
    }

    /// Queries a table; in a database that has not got it nothing is found.
    fn query<T: Default>(
        &self,
        action: &'static str,
        table: &str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DbError> {
        self.run(action, |connection| match work(connection) {
            // Asked after a failure only: it costs as much as the query itself.
            Err(_) if matches!(schema::has_table(connection, table), Ok(false)) => Ok(T::default()),
            other => other,
        })
    }

    /// Returns how many instances of a package are installed.
    pub fn count(&self, name: &[u8]) -> Result<usize, DbError> {
        Ok(self.find(Index::Name, name)?.len())
    }
}

fn row_match(row: &rusqlite::Row<'_>) -> rusqlite::Result<Match> {
    Ok(Match { hnum: row.get(0)?, idx: row.get(1)? })
}

/// A key as SQLite stores it: text keys are bytes that need not be UTF-8.
pub(crate) struct Key<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) binary: bool,
}

impl rusqlite::ToSql for Key<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = if self.binary { ValueRef::Blob(self.bytes) } else { ValueRef::Text(self.bytes) };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

/// Checks structure and digest of a stored header.
fn check(blob: Vec<u8>, every_digest: bool) -> Result<Header, Damage> {
    // As with rpm, digests come before the rules of those who load a header.
    let header = Header::parse(blob, Limits::DATABASE.unloaded())?;
    match wrong_digests(&header, every_digest) {
        Some(damage) => Err(damage),
        None => Ok(header.loaded(Limits::DATABASE)?),
    }
}

/// Returns what rpm says when the bytes of a header are not those that were stored.
fn wrong_digests(header: &Header, every_digest: bool) -> Option<Damage> {
    // One digest tells whether bytes have changed; the others are only told.
    let decisive = if every_digest { DIGESTS.len() } else { 1 };
    if digests(header).take(decisive).all(|(_, check)| check.ok()) {
        return None;
    }
    let mut all: Vec<(Tag, DigestCheck)> = digests(header).collect();
    all.sort_by_key(|(tag, _)| DIGESTS.iter().position(|(known, _)| known == tag));
    let line = |(tag, check): &(Tag, DigestCheck)| {
        let title = DigestCheck::title(check.range, check.kind);
        if check.ok() { format!("{title}: OK") } else { format!("{title}: BAD {}", check.fault(*tag)) }
    };
    Some(Damage::Digest(all.iter().map(line).collect::<Vec<_>>().join("\n")))
}

/// The digests that a record can carry, in the order in which rpm tells of them.
const DIGESTS: [(Tag, ChecksumKind); 3] = [
    (Tag::SHA3_256HEADER, ChecksumKind::Sha3_256),
    (Tag::SHA256HEADER, ChecksumKind::Sha256),
    (Tag::SHA1HEADER, ChecksumKind::Sha1),
];

/// Compares the digests that the record carries, the one that is cheap and good first.
fn digests(header: &Header) -> impl Iterator<Item = (Tag, DigestCheck)> {
    [DIGESTS[1], DIGESTS[0], DIGESTS[2]].into_iter().filter_map(|(tag, kind)| {
        let value = header.get(tag)?;
        let wrong_type = (value.kind() != Type::String).then_some(value.kind());
        let expected = String::from_utf8_lossy(value.text().unwrap_or_default()).into_owned();
        // An algorithm that the crypto library forbids says nothing.
        let found = header.region_digest(kind).ok()?;
        Some((tag, DigestCheck { range: DigestRange::Header, kind, expected, found, wrong_type }))
    })
}

/// Iterates over records; made by [`RpmDb::packages`].
#[derive(Debug)]
pub struct Packages<'db> {
    db: &'db RpmDb,
    hnums: std::vec::IntoIter<Hnum>,
    damaged: Vec<DamagedRecord>,
}

impl Packages<'_> {
    /// Returns the records that were left out so far.
    pub fn damaged(&self) -> &[DamagedRecord] {
        &self.damaged
    }

    /// Returns the next record; `None` at the end.
    fn advance(&mut self) -> Result<Option<(Hnum, Header)>, DbError> {
        for hnum in self.hnums.by_ref() {
            // A record that another process has removed meanwhile is simply gone.
            let Some(blob) = self.db.blob(hnum)? else { continue };
            match check(blob, self.db.every_digest) {
                Ok(header) => return Ok(Some((hnum, header))),
                Err(damage) => self.damaged.push(DamagedRecord { hnum, damage }),
            }
        }
        Ok(None)
    }
}

impl Iterator for Packages<'_> {
    type Item = Result<(Hnum, Header), DbError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}
