//! The parsed form of a repository's packages, kept beside what dnf5 keeps.
//!
//! `<cache directory>/oxidnf/primary.catalog` is to this program what `solv/ID.solv` is to dnf5: it is mapped when it
//! was made from the present `repomd.xml`, and made anew when it was not.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use oxidnf_catalog::{Catalog, CatalogError, CatalogWriter, Stamp, WrittenCatalog};
use oxidnf_core::{Checksum, ChecksumKind};
use rustix::fs::Access;

use crate::arrival::Arrival;
use crate::metadata::{Metadata, MetadataError};

/// Changes whenever packages are read differently from the same metadata.
const PARSER: &[u8] = b"oxidnf primary 1\n";

/// How a catalog is brought about.
#[derive(Debug, Clone, Copy)]
pub struct CatalogSettings {
    /// Number of threads that parse.
    pub threads: NonZeroUsize,
    /// Whether a catalog that had to be made is kept (dnf5's `build_cache`).
    pub keep: bool,
}

impl Default for CatalogSettings {
    fn default() -> Self {
        CatalogSettings { threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN), keep: true }
    }
}

/// Where a catalog came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatalogOrigin {
    /// The kept file was good.
    Kept,
    /// It was made from the metadata and kept.
    Made,
    /// It was made from the metadata and is in memory only.
    Memory,
}

/// A repository's packages.
#[derive(Debug, Clone)]
pub struct LoadedCatalog {
    /// The packages.
    pub catalog: Arc<Catalog>,
    /// Where they came from.
    pub origin: CatalogOrigin,
}

/// Returns the path of the catalog that belongs to a cache directory.
pub fn path(dir: &Path) -> PathBuf {
    dir.join("oxidnf/primary.catalog")
}

/// Returns what a catalog of this metadata must be stamped with.
pub fn stamp(metadata: &Metadata) -> Result<Stamp, MetadataError> {
    let text = [PARSER, metadata.repomd_digest().as_slice()].concat();
    let digest = Checksum::of(ChecksumKind::Sha256, &text)
        .map_err(|source| MetadataError::Digest { path: metadata.dir().to_owned(), source })?;
    Ok(digest.bytes().try_into().expect("SHA-256 has 32 bytes"))
}

/// Returns the packages of a repository: mapped from the kept catalog, or parsed.
///
/// A kept catalog that is missing, damaged or made from other metadata is made again; where that cannot be written,
/// the packages are used from memory.
pub fn load(metadata: &Metadata, settings: CatalogSettings) -> Result<LoadedCatalog, MetadataError> {
    let stamp = stamp(metadata)?;
    let path = path(metadata.dir());
    if let Some(written) = metadata.take_ahead().and_then(|ahead| ahead.finish())
        && let Ok(catalog) = written.install().and_then(|()| Catalog::open(&path, &stamp))
    {
        return Ok(LoadedCatalog { catalog: Arc::new(catalog), origin: CatalogOrigin::Made });
    }
    if let Ok(catalog) = Catalog::open(&path, &stamp) {
        return Ok(LoadedCatalog { catalog: Arc::new(catalog), origin: CatalogOrigin::Kept });
    }
    make(metadata, settings, &path, &stamp)
}

/// Parses the packages although a kept catalog may look good, for example after [`Catalog::is_damaged`].
pub fn rebuild(metadata: &Metadata, settings: CatalogSettings) -> Result<LoadedCatalog, MetadataError> {
    make(metadata, settings, &path(metadata.dir()), &stamp(metadata)?)
}

fn make(
    metadata: &Metadata,
    settings: CatalogSettings,
    path: &Path,
    stamp: &Stamp,
) -> Result<LoadedCatalog, MetadataError> {
    if settings.keep && writable(path) {
        match write(metadata, settings, path, stamp) {
            Ok(catalog) => return Ok(LoadedCatalog { catalog: Arc::new(catalog), origin: CatalogOrigin::Made }),
            // A full disk costs nothing but time.
            Err(MetadataError::Catalog { source: CatalogError::Write { .. }, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let error = |source: CatalogError| MetadataError::Catalog { dir: metadata.dir().to_owned(), source };
    let bytes = metadata.catalog(settings.threads)?.finish(stamp).map_err(error)?;
    let catalog = Arc::new(Catalog::from_bytes(bytes).map_err(error)?);
    Ok(LoadedCatalog { catalog, origin: CatalogOrigin::Memory })
}

/// Makes the file and maps it, so that the catalog is never in our own memory as a whole.
fn write(metadata: &Metadata, settings: CatalogSettings, path: &Path, stamp: &Stamp) -> Result<Catalog, MetadataError> {
    let error = |source: CatalogError| MetadataError::Catalog { dir: metadata.dir().to_owned(), source };
    let writer = CatalogWriter::create(path).map_err(error)?;
    let builder = metadata.catalog_by(settings.threads, || writer.builder())?;
    writer.finish(builder, stamp).and_then(|()| Catalog::open(path, stamp)).map_err(error)
}

/// Makes the file while `primary` is being fetched; it gets its name when the metadata is in its place.
pub(crate) fn write_arriving(
    metadata: &Metadata,
    arrival: &Arc<Arrival>,
    path: &Path,
    threads: NonZeroUsize,
) -> Result<WrittenCatalog, MetadataError> {
    let error = |source: CatalogError| MetadataError::Catalog { dir: metadata.dir().to_owned(), source };
    let stamp = stamp(metadata)?;
    if !writable(path) {
        let source = std::io::ErrorKind::PermissionDenied.into();
        return Err(error(CatalogError::Write { path: path.to_owned(), source }));
    }
    let writer = CatalogWriter::create(path).map_err(error)?;
    let builder = metadata.catalog_arriving(arrival, threads, || writer.builder())?;
    writer.complete(builder, &stamp).map_err(error)
}

/// Makes the directory and tells whether the catalog can be written there; another user's cache cannot.
pub(crate) fn writable(path: &Path) -> bool {
    let Some(dir) = path.parent() else { return false };
    fs::create_dir_all(dir).is_ok() && rustix::fs::access(dir, Access::WRITE_OK).is_ok()
}
