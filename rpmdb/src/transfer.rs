//! Records out of a database and into one: `rpmdb --exportdb` and `--importdb`.

use std::io::Read;

use oxidnf_core::Header;
use oxidnf_core::header::{Limits, MAGIC};

use crate::connection::RpmDb;
use crate::error::{DamagedRecord, DbError};
use crate::write::Write;

/// Bytes of the magic and of the two counts behind it.
const START: usize = 16;

impl RpmDb {
    /// Writes every readable record with the magic of headers before it, in the order of the records.
    ///
    /// Returns those that could not be read.
    ///
    /// # Errors
    /// Those of the database, and [`DbError::Stream`] when `out` takes no more.
    pub fn export(&self, out: &mut dyn std::io::Write) -> Result<Vec<DamagedRecord>, DbError> {
        let failed = |source| DbError::Stream { operation: "write", source };
        let mut packages = self.packages()?;
        for package in packages.by_ref() {
            let (_, header) = package?;
            out.write_all(&MAGIC).and_then(|()| out.write_all(header.bytes())).map_err(failed)?;
        }
        out.flush().map_err(failed)?;
        Ok(packages.damaged().to_vec())
    }
}

impl Write<'_> {
    /// Adds the records of a stream that [`RpmDb::export`] wrote, up to the first that is none; returns how many.
    ///
    /// rpm, too, takes what cannot be read for the end.
    ///
    /// # Errors
    /// Those of the database.
    pub fn import(&mut self, input: &mut dyn Read) -> Result<usize, DbError> {
        let mut records = 0;
        while let Some(header) = next_header(input) {
            self.insert(&header)?;
            records += 1;
        }
        Ok(records)
    }
}

/// Reads a header with its magic.
fn next_header(input: &mut dyn Read) -> Option<Header> {
    let mut start = [0; START];
    input.read_exact(&mut start).ok()?;
    let (magic, counts) = start.split_at(MAGIC.len());
    if magic != MAGIC {
        return None;
    }
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u32::from_be_bytes);
    let (entries, data) = counts.split_at(4);
    let size = Limits::DATABASE.blob_size(number(entries)?, number(data)?).ok()?;
    let mut blob = counts.to_vec();
    // No more memory than there is to read, whatever the counts say.
    input.take((size - counts.len()) as u64).read_to_end(&mut blob).ok()?;
    if blob.len() < size {
        return None;
    }
    Header::parse(blob, Limits::DATABASE).ok()
}
