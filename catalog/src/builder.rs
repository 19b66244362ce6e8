//! From records to a catalog file.

use std::fs::{self, File};
use std::io::{self, Cursor};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::catalog::Stamp;
use crate::error::CatalogError;
use crate::output::Output;
use crate::part::Part;
use crate::record::{PackageSink, Record};
use crate::run::Run;
use crate::spill::SpillFile;
use crate::texts::TextWriter;
use crate::writer::{WriteError, write};

/// Collects packages and writes them as one catalog.
///
/// Several builders can be filled on as many threads and merged. The result depends on the records, on the numbers of
/// their chunks ([`CatalogBuilder::start_chunk`]) and on the order of the builders in [`CatalogBuilder::merge`] only, so
/// that chunks of one file give what the whole file gives, whoever parsed which.
/// Packages are kept in arenas, each text once. Builders of a [`CatalogWriter`] put them aside, sorted, between chunks
/// when they have become many, and their descriptions, which are most of the text, at the end of each chunk: however
/// many packages there are, few are in memory.
#[derive(Debug, Default)]
pub struct CatalogBuilder {
    /// What takes no more packages.
    sealed: Vec<Run>,
    current: Part,
    /// Whether a chunk was started.
    has_chunks: bool,
    /// Memory for what is put aside.
    image: Vec<u8>,
    file: Option<Arc<Shared>>,
}

/// When a part has become this large it is put aside: tables of this size stay near the processor.
const SEAL: usize = 512 << 10;
/// After so many parts the next ones are twice as large: a few hundred runs are read together well.
const SEALS: usize = 32;

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
        self.hand_over()?;
        self.has_chunks = true;
        // Within a run the numbers of chunks rise.
        let backwards = self.current.last_chunk().is_some_and(|last| last > number);
        let full = SEAL << (self.sealed.len() / SEALS).min(4);
        if backwards || (self.file.is_some() && self.current.size() > full) {
            self.seal()?;
        }
        self.current.start_chunk(number);
        Ok(())
    }

    /// Has the texts of the last chunk written.
    fn hand_over(&mut self) -> Result<(), CatalogError> {
        if let Some(file) = &self.file
            && let Some((number, texts)) = self.current.hand_over()
        {
            file.with(|writer| writer.put(number, texts))?;
        }
        Ok(())
    }

    /// Puts the packages so far aside.
    fn seal(&mut self) -> Result<(), CatalogError> {
        let part = &mut self.current;
        if part.rows.is_empty() {
            part.clear();
            return Ok(());
        }
        let run = match &self.file {
            Some(file) => {
                Run::seal(part, &mut self.image, Some(&file.spill)).map_err(|error| at(&file.path, error.into()))?
            }
            None => Run::seal(part, &mut self.image, None).map_err(|error| at(Path::new(MEMORY), error.into()))?,
        };
        self.sealed.push(run);
        Ok(())
    }

    /// Returns the number of packages taken so far.
    pub fn len(&self) -> usize {
        self.sealed.iter().map(|run| run.row_count).sum::<usize>() + self.current.rows.len()
    }

    /// Tells whether no package was taken so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sorts what is left to sort and gives the memory for that back; for the thread that filled the builder, when it
    /// has no more to add.
    pub fn sealed(mut self) -> Result<Self, CatalogError> {
        let file = self.file.clone();
        // Where chunks were never started, every builder has the same one.
        if self.has_chunks {
            self.hand_over()?;
        }
        Ok(CatalogBuilder { sealed: self.into_runs()?, file, ..Self::default() })
    }

    /// Joins builders; packages of the first come first where nothing else orders them.
    ///
    /// What is left of the sorting is done on several threads; the rest of the work when the catalog is written.
    pub fn merge(builders: Vec<Self>) -> Result<Self, CatalogError> {
        let sealed = thread::scope(|scope| {
            let seal = |builder: Self| {
                // A thread costs more than the joining.
                if builder.current.rows.is_empty() { Ok(builder) } else { Err(scope.spawn(|| builder.sealed())) }
            };
            let builders: Vec<_> = builders.into_iter().map(seal).collect();
            let joined = builders
                .into_iter()
                .map(|builder| builder.or_else(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))));
            joined.map(|builder| builder?.into_runs()).collect::<Result<Vec<_>, _>>()
        })?;
        Ok(CatalogBuilder { sealed: sealed.into_iter().flatten().collect(), ..Self::default() })
    }

    fn into_runs(mut self) -> Result<Vec<Run>, CatalogError> {
        self.seal()?;
        Ok(self.sealed)
    }

    /// Returns the catalog's bytes.
    pub fn finish(self, stamp: &Stamp) -> Result<Vec<u8>, CatalogError> {
        let path = Path::new(MEMORY);
        let output = Output::new(Cursor::new(Vec::new())).map_err(|error| at(path, error.into()))?;
        let written = write(self.into_runs()?, TextWriter::new(output, None), None, stamp);
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
    place: Place,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    /// Taken in the end.
    texts: Mutex<Option<TextWriter<File>>>,
    spill: SpillFile,
}

impl Shared {
    fn with(&self, work: impl FnOnce(&mut TextWriter<File>) -> Result<(), WriteError>) -> Result<(), CatalogError> {
        match self.texts.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(texts) => work(texts).map_err(|error| at(&self.path, error)),
            None => Err(CatalogError::Finished),
        }
    }
}

impl CatalogWriter {
    /// Creates the file beside `path`.
    pub fn create(path: &Path) -> Result<Self, CatalogError> {
        let failed = |source: io::Error| at(path, source.into());
        let (temporary, file) = create_beside(path).map_err(failed)?;
        let place = Place { path: path.to_owned(), temporary };
        let spill = SpillFile::beside(path).map_err(failed)?;
        let output = Output::new(file).map_err(failed)?;
        let texts = Mutex::new(Some(TextWriter::new(output, Some(&spill))));
        Ok(CatalogWriter { place, shared: Arc::new(Shared { path: path.to_owned(), texts, spill }) })
    }

    /// Returns a builder that puts complete chunks aside; each chunk goes to one builder.
    pub fn builder(&self) -> CatalogBuilder {
        CatalogBuilder { file: Some(Arc::clone(&self.shared)), ..CatalogBuilder::default() }
    }

    /// Writes the rest and renames the file into place.
    pub fn finish(self, builder: CatalogBuilder, stamp: &Stamp) -> Result<(), CatalogError> {
        self.complete(builder, stamp)?.install()
    }

    /// Writes the rest; until it is installed nobody sees it.
    pub fn complete(self, builder: CatalogBuilder, stamp: &Stamp) -> Result<WrittenCatalog, CatalogError> {
        let texts = self.shared.texts.lock().unwrap_or_else(PoisonError::into_inner).take();
        let texts = texts.ok_or(CatalogError::Finished)?;
        let runs = builder.into_runs()?;
        let written = write(runs, texts, Some(&self.shared.spill), stamp);
        written.map_err(|error| at(&self.place.path, error))?;
        Ok(WrittenCatalog(self.place))
    }
}

/// A catalog file that is complete but not in its place; dropped, it is removed.
#[derive(Debug)]
pub struct WrittenCatalog(Place);

impl WrittenCatalog {
    /// Renames the file into place.
    pub fn install(mut self) -> Result<(), CatalogError> {
        let Place { path, temporary } = &mut self.0;
        fs::rename(&*temporary, &*path).map_err(|source| at(path, source.into()))?;
        temporary.clear();
        Ok(())
    }
}

/// Where a file is, and where it will be.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    /// Empty when it was renamed.
    temporary: PathBuf,
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.temporary.as_os_str().is_empty() {
            // Whatever made this necessary matters more.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// What stands for a path in errors of catalogs that are made in memory.
const MEMORY: &str = "(memory)";

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
