//! From records to a catalog file.

use std::fs::{self, File};
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};

use crate::catalog::Stamp;
use crate::error::CatalogError;
use crate::part::Part;
use crate::record::{PackageSink, Record};
use crate::writer::{WriteError, write};

/// Collects packages and writes them as one catalog.
///
/// Several builders can be filled on as many threads and merged. The result depends on the records, on the numbers of
/// their chunks ([`CatalogBuilder::start_chunk`]) and on the order of the builders in [`CatalogBuilder::merge`] only, so
/// that chunks of one file give what the whole file gives, whoever parsed which.
/// Packages are kept in arenas, each text once: a builder needs about as much memory as the catalog will.
#[derive(Debug, Default)]
pub struct CatalogBuilder {
    /// Builders that were merged in, complete.
    merged: Vec<Part>,
    current: Part,
}

impl CatalogBuilder {
    /// Starts without packages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that the packages to come are from a chunk; chunks count from 0, which is where a builder starts.
    ///
    /// Where nothing else orders packages, those of earlier chunks come first.
    pub fn start_chunk(&mut self, number: u32) {
        self.current.start_chunk(number);
    }

    /// Returns the number of packages taken so far.
    pub fn len(&self) -> usize {
        self.merged.iter().map(|part| part.rows.len()).sum::<usize>() + self.current.rows.len()
    }

    /// Tells whether no package was taken so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Joins builders; packages of the first come first where nothing else orders them.
    ///
    /// Joining is cheap; the work is done when the catalog is written.
    pub fn merge(builders: Vec<Self>) -> Result<Self, CatalogError> {
        Ok(CatalogBuilder {
            merged: builders.into_iter().flat_map(Self::into_parts).collect(),
            current: Part::default(),
        })
    }

    fn into_parts(self) -> Vec<Part> {
        let CatalogBuilder { merged: mut parts, mut current } = self;
        if !current.rows.is_empty() {
            current.freeze();
            parts.push(current);
        }
        parts
    }

    /// Returns the catalog's bytes.
    pub fn finish(self, stamp: &Stamp) -> Result<Vec<u8>, CatalogError> {
        match write(&self.into_parts(), stamp, Cursor::new(Vec::new())) {
            Ok(cursor) => Ok(cursor.into_inner()),
            Err(WriteError::Catalog(error)) => Err(error),
            Err(WriteError::Io(source)) => Err(CatalogError::Write { path: PathBuf::new(), source }),
        }
    }

    /// Writes the catalog beside `path` and renames it into place.
    ///
    /// Readers that have the old file mapped keep it. The file is not forced to disk: a catalog that a crash damages
    /// is noticed and made again.
    pub fn write_to(self, path: &Path, stamp: &Stamp) -> Result<(), CatalogError> {
        let failed = |source| CatalogError::Write { path: path.to_owned(), source };
        let (temporary, file) = create_beside(path).map_err(failed)?;
        let written = match write(&self.into_parts(), stamp, file) {
            Ok(_) => fs::rename(&temporary, path).map_err(failed),
            Err(WriteError::Catalog(error)) => Err(error),
            Err(WriteError::Io(source)) => Err(failed(source)),
        };
        if written.is_err() {
            // The first error is the one that matters.
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

impl PackageSink for CatalogBuilder {
    fn package(&mut self, record: &Record<'_>) -> Result<(), CatalogError> {
        self.current.add(record)
    }
}

/// Creates a new file in the same directory, under a name that nobody else uses.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    for attempt in 0..1000 {
        let mut temporary = name.to_owned();
        temporary.push(format!(".{}.{attempt}.tmp", std::process::id()));
        let temporary = path.with_file_name(temporary);
        match File::create_new(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
