//! What the executor needs of the database of installed packages.

use oxidnf_core::header::Header;

use crate::error::TransactionError;

/// Tables by which records are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// By package name.
    Name,
    /// By last component of a file's path.
    Basenames,
    /// By directory of a file, with its slashes.
    Dirnames,
    /// By the name of a package that sets a trigger off.
    TriggerName,
    /// By the prefix that sets a file trigger off.
    FileTriggerName,
    /// By the prefix that sets a transaction file trigger off.
    TransFileTriggerName,
}

/// A record that was found, and where the key stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Found {
    /// Number of the record.
    pub hnum: u32,
    /// Index in the array of the tag.
    pub index: u32,
}

/// The database of installed packages.
pub trait Records {
    /// Returns a record; none when there is none of this number or it is damaged.
    fn header(&self, hnum: u32) -> Result<Option<Header>, TransactionError>;
    /// Finds records by a key.
    fn find(&self, table: Table, key: &[u8]) -> Result<Vec<Found>, TransactionError>;
    /// Finds records by the beginning of a key; also returns the keys.
    fn find_prefix(&self, table: Table, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Found)>, TransactionError>;
    /// Returns all keys of a table.
    fn keys(&self, table: Table) -> Result<Vec<Vec<u8>>, TransactionError>;
    /// Tells whether there are no records.
    fn is_empty(&self) -> Result<bool, TransactionError>;
    /// Adds a record and returns its number.
    fn insert(&mut self, header: &Header) -> Result<u32, TransactionError>;
    /// Removes a record.
    fn remove(&mut self, hnum: u32) -> Result<(), TransactionError>;
    /// Replaces the blob of a record that has the same keys.
    fn replace(&mut self, hnum: u32, header: &Header) -> Result<(), TransactionError>;

    /// Returns how many packages of this name are installed.
    fn count(&self, name: &str) -> Result<u32, TransactionError> {
        Ok(self.find(Table::Name, name.as_bytes())?.len() as u32)
    }
}

/// A database without packages, for a root that has none yet and for tests.
#[derive(Debug, Default)]
pub(crate) struct MemoryRecords {
    records: std::collections::BTreeMap<u32, Header>,
    next: u32,
}
