//! The index of all paths of a repository, kept beside its catalog.
//!
//! `<cache directory>/oxidnf/filelists.paths` is to this program what `solv/ID-filenames.solvx` is to dnf5. It is made
//! when a path is asked for, from file lists that are in the cache, once for each state of the metadata.

use std::path::PathBuf;
use std::sync::Arc;

use oxidnf_catalog::{Catalog, CatalogError, FORMAT_VERSION, PathIndex, PathIndexWriter, Stamp};
use oxidnf_core::{Checksum, ChecksumKind};

use crate::catalog_cache::{self, CatalogSettings};
use crate::metadata::{Metadata, MetadataError};

/// Changes whenever file lists are read differently from the same metadata.
const PARSER: &[u8] = b"oxidnf filelists 1\n";

/// Returns the path of the index that belongs to a cache directory.
pub fn path(metadata: &Metadata) -> PathBuf {
    metadata.dir().join("oxidnf/filelists.paths")
}

/// Returns the index of the paths of a catalog's packages: mapped, or made from the file lists.
///
/// `None` when the repository has no file lists, when they are not in the cache, or when the index cannot be written
/// there: then paths have to be looked for in the file lists themselves.
pub fn load(
    metadata: &Metadata,
    catalog: &Arc<Catalog>,
    settings: CatalogSettings,
) -> Result<Option<PathIndex>, MetadataError> {
    let stamp = stamp(metadata, catalog)?;
    match PathIndex::open(&path(metadata), &stamp) {
        Ok(index) if index.packages() == catalog.len() => Ok(Some(index)),
        _ => make(metadata, catalog, settings, &stamp),
    }
}

/// Makes the index again, for example after one was found damaged; see [`load`].
pub fn rebuild(
    metadata: &Metadata,
    catalog: &Arc<Catalog>,
    settings: CatalogSettings,
) -> Result<Option<PathIndex>, MetadataError> {
    make(metadata, catalog, settings, &stamp(metadata, catalog)?)
}

/// The packages are named by their numbers, so the index belongs to one catalog.
fn stamp(metadata: &Metadata, catalog: &Catalog) -> Result<Stamp, MetadataError> {
    let text = [PARSER, &FORMAT_VERSION.to_le_bytes(), catalog.stamp().as_slice()].concat();
    let digest = Checksum::of(ChecksumKind::Sha256, &text)
        .map_err(|source| MetadataError::Digest { path: metadata.dir().to_owned(), source })?;
    Ok(digest.bytes().try_into().expect("SHA-256 has 32 bytes"))
}

fn make(
    metadata: &Metadata,
    catalog: &Arc<Catalog>,
    settings: CatalogSettings,
    stamp: &Stamp,
) -> Result<Option<PathIndex>, MetadataError> {
    let path = path(metadata);
    let listed = metadata.path("filelists").is_ok_and(|file| file.is_file());
    if !listed || !settings.keep || !catalog_cache::writable(&path) {
        return Ok(None);
    }
    let write = || {
        let error = |source: CatalogError| MetadataError::Catalog { dir: metadata.dir().to_owned(), source };
        let writer = PathIndexWriter::create(&path).map_err(error)?;
        metadata.index_paths(catalog, settings.threads, &writer)?;
        writer.finish(catalog.len(), stamp).and_then(|()| PathIndex::open(&path, stamp)).map_err(error)
    };
    match write() {
        Ok(index) => Ok(Some(index)),
        // A full disk costs nothing but time.
        Err(MetadataError::Catalog { source: CatalogError::Write { .. }, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
