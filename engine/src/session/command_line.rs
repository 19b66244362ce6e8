//! Package files named on the command line, as the repository `@commandline`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxidnf_catalog::{Catalog, CatalogBuilder, RepoInfo};
use oxidnf_core::conf::Priority;
use oxidnf_core::event::Reporter;
use oxidnf_core::package_file::PackageFile;
use oxidnf_core::plan::COMMANDLINE_REPO;
use oxidnf_core::{Checksum, ChecksumKind};
use oxidnf_repo::cache::RepoCache;
use oxidnf_repo::config::{RepoConfig, local_path};
use oxidnf_repo::fetch::{Place, Wanted};

use super::Session;
use crate::error::{DownloadFailure, Error};
use crate::request::StoredPackage;

impl Session {
    /// Reads package files into the sack; those named by URL are fetched first.
    pub(super) fn add_command_line(&mut self, specs: &[String], reporter: &dyn Reporter) -> Result<(), Error> {
        self.command_line.clear();
        if specs.is_empty() {
            return Ok(());
        }
        self.each_plugin(|plugin, cx| plugin.pre_add_cmdline_packages(cx, specs))?;
        let paths = self.bring(specs, reporter)?;
        let named: Vec<(&str, &Path)> =
            specs.iter().map(String::as_str).zip(paths.iter().map(PathBuf::as_path)).collect();
        let catalog = catalog_of(COMMANDLINE_REPO, &named)?;
        let index = self.sack.add_repo(RepoInfo::command_line(), Arc::clone(&catalog));
        // A catalog sorts its packages, so each is found again by its path.
        for package in catalog.packages() {
            let location = package.location().into_owned();
            for (spec, _) in specs.iter().zip(&paths).filter(|(_, path)| path.to_string_lossy() == location) {
                self.command_line.insert(spec.clone(), self.sack.id(index, package.index()));
            }
        }
        Ok(self.each_plugin(|plugin, cx| plugin.post_add_cmdline_packages(cx))?)
    }

    /// Adds the package files of a stored transaction to what was loaded, as the repositories that they came from.
    pub fn add_stored(&mut self, packages: &[StoredPackage]) -> Result<(), Error> {
        let mut by_repo: BTreeMap<&str, Vec<(String, &Path)>> = BTreeMap::new();
        for StoredPackage { repo_id, path } in packages {
            absolute(path, &path.to_string_lossy())?;
            by_repo.entry(repo_id).or_default().push((path.to_string_lossy().into_owned(), path));
        }
        self.stored_repos.clear();
        for (repo_id, files) in by_repo {
            let named: Vec<(&str, &Path)> = files.iter().map(|(text, path)| (text.as_str(), *path)).collect();
            let catalog = catalog_of(repo_id, &named)?;
            let info = RepoInfo { id: repo_id.to_owned(), ..RepoInfo::command_line() };
            self.sack.add_repo(info, catalog);
            self.stored_repos.insert(repo_id.to_owned());
        }
        self.apply_excludes()
    }

    /// Lets what is fetched from now on be gone when the returned directory is dropped.
    pub fn forget_cache(&mut self) -> Result<tempfile::TempDir, Error> {
        let dir = tempfile::tempdir().map_err(|source| Error::Io {
            operation: "create a directory in",
            path: std::env::temp_dir(),
            source,
        })?;
        self.config.options.cachedir.set(Priority::Runtime, dir.path().to_string_lossy().into_owned());
        Ok(dir)
    }

    /// Reads package files of the host into the sack, named by these paths.
    pub fn add_files(&mut self, files: &[PathBuf]) -> Result<(), Error> {
        let texts: Vec<String> = files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let named: Vec<(&str, &Path)> =
            texts.iter().map(String::as_str).zip(files.iter().map(PathBuf::as_path)).collect();
        let catalog = catalog_of(COMMANDLINE_REPO, &named)?;
        self.sack.add_repo(RepoInfo::command_line(), catalog);
        Ok(())
    }

    /// Tells whether the packages of a repository are files of the host that are used where they are.
    pub fn is_at_hand(&self, repo_id: &str) -> bool {
        repo_id == COMMANDLINE_REPO || self.stored_repos.contains(repo_id)
    }

    /// Returns the files on the host, absolute and in the order of the specs.
    fn bring(&self, specs: &[String], reporter: &dyn Reporter) -> Result<Vec<PathBuf>, Error> {
        let repo = self.command_line_repo();
        let cache = self.cache_settings(&[]);
        let packages = RepoCache::new(&cache, &repo).packages();
        let mut paths = Vec::new();
        let mut wanted = Vec::new();
        for spec in specs {
            if let Some(path) = local_path(spec).or_else(|| (!spec.contains("://")).then(|| PathBuf::from(spec))) {
                paths.push(absolute(&path, spec)?);
                continue;
            }
            let dest = packages.join(file_name(spec)?);
            paths.push(dest.clone());
            wanted.push(Wanted {
                repo: &repo,
                place: Place::Url(spec.clone()),
                dest,
                size: None,
                checksum: None,
                nevra: None,
                observer: None,
            });
        }
        if wanted.is_empty() {
            return Ok(paths);
        }
        let urls: Vec<String> =
            specs.iter().filter(|spec| local_path(spec).is_none() && spec.contains("://")).cloned().collect();
        let dests: Vec<PathBuf> = wanted.iter().map(|wanted| wanted.dest.clone()).collect();
        self.note_temporary(&cache, &dests)?;
        let results = self.fetcher(reporter)?.packages(&cache, wanted);
        let failures = DownloadFailure::of(urls, results);
        if failures.is_empty() { Ok(paths) } else { Err(Error::Download { failures }) }
    }

    /// Returns the configuration that packages of the command line are treated with.
    pub(crate) fn command_line_repo(&self) -> RepoConfig {
        let mut repo = RepoConfig::command_line(&self.config.repo_defaults());
        repo.options.pkg_gpgcheck = self.config.options.localpkg_gpgcheck.value();
        repo
    }
}

/// Reads package files, each with the text that named it, into a catalog.
pub(super) fn catalog_of(repo_id: &str, files: &[(&str, &Path)]) -> Result<Arc<Catalog>, Error> {
    let mut builder = CatalogBuilder::new();
    for (named, path) in files {
        let unreadable = |source| Error::PackageFile { path: (*named).to_owned(), source };
        let package = PackageFile::open(path).map_err(|error| unreadable(Error::boxed(error)))?;
        let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        oxidnf_rpmdb::feed_package(package.header(), &path.to_string_lossy(), size, &mut builder)
            .map_err(|error| unreadable(Error::boxed(error)))?;
    }
    let unusable = |source| Error::Catalog { id: repo_id.to_owned(), source: Error::boxed(source) };
    let bytes = builder.finish(&[0; 32]).map_err(unusable)?;
    Ok(Arc::new(Catalog::from_bytes(bytes).map_err(unusable)?))
}

fn absolute(path: &Path, spec: &str) -> Result<PathBuf, Error> {
    std::fs::canonicalize(path)
        .map_err(|source| Error::PackageFile { path: spec.to_owned(), source: Error::boxed(source) })
}

/// Returns a name in the cache that differs for different URLs of equal base names.
fn file_name(url: &str) -> Result<String, Error> {
    let failed = |source| Error::PackageFile { path: url.to_owned(), source };
    let digest = Checksum::of(ChecksumKind::Sha256, url.as_bytes()).map_err(|error| failed(Error::boxed(error)))?;
    let base = url.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let safe: String = base.chars().map(|c| if c == '/' || c.is_control() { '_' } else { c }).collect();
    Ok(format!("{}-{safe}", hex::encode(&digest.bytes()[..8])))
}
