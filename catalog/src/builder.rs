//! From records to a catalog file.

use std::fs::{self, File};
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::catalog::Stamp;
use crate::descriptions::Descriptions;
use crate::error::CatalogError;
use crate::output::Output;
use crate::part::Part;
use crate::record::{PackageSink, Record};
use crate::writer::{WriteError, write};

/// Collects packages and writes them as one catalog.
///
/// Several builders can be filled on as many threads and merged. The result depends on the records, on the numbers of
/// their chunks ([`CatalogBuilder::start_chunk`]) and on the order of the builders in [`CatalogBuilder::merge`] only, so
/// that chunks of one file give what the whole file gives, whoever parsed which.
/// Packages are kept in arenas, each text once. Builders of a [`CatalogWriter`] keep no descriptions, which are most of
/// the text.
#[derive(Debug, Default)]
pub struct CatalogBuilder {
    /// Builders that were merged in, complete.
    merged: Vec<Part>,
    current: Part,
    file: Option<Arc<Shared>>,
}

impl CatalogBuilder {
    /// Starts without packages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that the packages to come are from a chunk; chunks count from 0, which is where a builder starts.
    ///
    /// Where nothing else orders packages, those of earlier chunks come first. Fails when what the chunk before left
    /// cannot be written, and when two builders of one [`CatalogWriter`] start the same chunk.
    pub fn start_chunk(&mut self, number: u32) -> Result<(), CatalogError> {
        if let Some(file) = &self.file
            && let Some((number, texts)) = self.current.hand_over()
        {
            file.with(|descriptions| descriptions.put(number, texts))?;
        }
        self.current.start_chunk(number);
        Ok(())
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
        Ok(CatalogBuilder { merged: builders.into_iter().flat_map(Self::into_parts).collect(), ..Self::default() })
    }

    fn into_parts(self) -> Vec<Part> {
        let CatalogBuilder { merged: mut parts, mut current, file: _ } = self;
        if !current.rows.is_empty() {
            current.freeze();
            parts.push(current);
        }
        parts
    }

    /// Returns the catalog's bytes.
    pub fn finish(self, stamp: &Stamp) -> Result<Vec<u8>, CatalogError> {
        let path = Path::new("(memory)");
        let output = Output::new(Cursor::new(Vec::new())).map_err(|error| at(path, error.into()))?;
        let written = write(self.into_parts(), Descriptions::new(output), stamp);
        written.map(Cursor::into_inner).map_err(|error| at(path, error))
    }

    /// Writes the catalog beside `path` and renames it into place; see [`CatalogWriter`].
    pub fn write_to(self, path: &Path, stamp: &Stamp) -> Result<(), CatalogError> {
        CatalogWriter::create(path)?.finish(self, stamp)
    }
}

impl PackageSink for CatalogBuilder {
    fn package(&mut self, record: &Record<'_>) -> Result<(), CatalogError> {
        self.current.add(record)
    }
}

/// A catalog file that is written while its builders are filled.
///
/// The file has a temporary name until it is complete; readers that have an older one mapped keep it. It is not forced
/// to disk: a catalog that a crash damages is noticed and made again.
#[derive(Debug)]
pub struct CatalogWriter {
    path: PathBuf,
    /// Empty when it was renamed.
    temporary: PathBuf,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    /// Taken in the end.
    descriptions: Mutex<Option<Descriptions<File>>>,
}

impl Shared {
    fn with(&self, work: impl FnOnce(&mut Descriptions<File>) -> Result<(), WriteError>) -> Result<(), CatalogError> {
        match self.descriptions.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(descriptions) => work(descriptions).map_err(|error| at(&self.path, error)),
            None => Err(CatalogError::Finished),
        }
    }
}

impl CatalogWriter {
    /// Creates the file beside `path`.
    pub fn create(path: &Path) -> Result<Self, CatalogError> {
        let failed = |source: io::Error| at(path, source.into());
        let (temporary, file) = create_beside(path).map_err(failed)?;
        let created = |output| {
            let descriptions = Mutex::new(Some(Descriptions::new(output)));
            let shared = Arc::new(Shared { path: path.to_owned(), descriptions });
            CatalogWriter { path: path.to_owned(), temporary: temporary.clone(), shared }
        };
        Output::new(file).map(created).map_err(|error| {
            // The first error is the one that matters.
            let _ = fs::remove_file(&temporary);
            failed(error)
        })
    }

    /// Returns a builder that hands over the descriptions of complete chunks; each chunk goes to one builder.
    pub fn builder(&self) -> CatalogBuilder {
        CatalogBuilder { file: Some(Arc::clone(&self.shared)), ..CatalogBuilder::default() }
    }

    /// Writes the rest and renames the file into place.
    pub fn finish(mut self, builder: CatalogBuilder, stamp: &Stamp) -> Result<(), CatalogError> {
        let descriptions = self.shared.descriptions.lock().unwrap_or_else(PoisonError::into_inner).take();
        let descriptions = descriptions.ok_or(CatalogError::Finished)?;
        write(builder.into_parts(), descriptions, stamp).map_err(|error| at(&self.path, error))?;
        fs::rename(&self.temporary, &self.path).map_err(|source| at(&self.path, source.into()))?;
        self.temporary.clear();
        Ok(())
    }
}

impl Drop for CatalogWriter {
    fn drop(&mut self) {
        if !self.temporary.as_os_str().is_empty() {
            // Whatever made this necessary matters more.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

fn at(path: &Path, error: WriteError) -> CatalogError {
    match error {
        WriteError::Catalog(error) => error,
        WriteError::Io(source) => CatalogError::Write { path: path.to_owned(), source },
    }
}

/// Creates a new file in the same directory, under a name that nobody else uses.
pub(crate) fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
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
