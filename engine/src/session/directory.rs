//! Repositories that are directories of package files without metadata.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxidnf_catalog::{Catalog, CatalogBuilder};
use oxidnf_core::package_file::PackageFile;

use super::Session;
use crate::error::Error;
use crate::log::Level;

impl Session {
    /// Tells whether a repository is a directory of package files.
    pub(super) fn is_directory_repo(&self, id: &str) -> bool {
        self.settings.repos_from_directory.iter().any(|(other, _)| other == id)
    }

    /// Reads the package files of the enabled directory repositories, with their ids.
    ///
    /// Locations are relative to the directory. A file that is no package is left out and noted in the log.
    pub(super) fn directory_catalogs(&self) -> Result<Vec<(String, Arc<Catalog>)>, Error> {
        let enabled = |id: &str| self.repos.iter().any(|repo| repo.id == id && repo.enabled);
        let wanted = self.settings.repos_from_directory.iter().filter(|(id, _)| enabled(id));
        wanted.map(|(id, dir)| Ok((id.clone(), self.directory_catalog(id, dir)?))).collect()
    }

    fn directory_catalog(&self, id: &str, dir: &Path) -> Result<Arc<Catalog>, Error> {
        let unusable = |source| Error::Catalog { id: id.to_owned(), source: Error::boxed(source) };
        let mut builder = CatalogBuilder::new();
        for path in package_files(dir)? {
            let size = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
            let location = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().into_owned();
            let fed = PackageFile::open(&path).map_err(|error| error.to_string()).and_then(|package| {
                oxidnf_rpmdb::feed_package(package.header(), &location, size, &mut builder)
                    .map_err(|error| error.to_string())
            });
            if let Err(error) = fed {
                self.log.write(Level::Warning, &format!("{} is left out: {error}", path.display()));
            }
        }
        let bytes = builder.finish(&[0; 32]).map_err(unusable)?;
        Ok(Arc::new(Catalog::from_bytes(bytes).map_err(unusable)?))
    }
}

/// Returns the `*.rpm` files of a directory and of those in it, sorted.
fn package_files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Io { operation: "read directory", path: dir.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        // Links to directories are not followed: they could lead in circles.
        if kind.is_dir() {
            files.extend(package_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rpm") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
