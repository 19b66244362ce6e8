//! Fetching the package files of a plan.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use oxidnf_core::PlanItem;
use oxidnf_core::event::Reporter;
use oxidnf_core::package_file::{StampedDigests, WantedDigests};
use oxidnf_repo::cache::{CacheSettings, RepoCache, TemporaryFiles};
use oxidnf_repo::config::RepoConfig;
use oxidnf_repo::fetch::{FailureKind, PackageObserver, Place, Wanted};

use super::Session;
use crate::download::Downloaded;
use crate::error::{DownloadFailure, Error, FetchFault, chain};
use crate::resolved::Resolved;

impl Session {
    pub(super) fn download_files(&self, resolved: &Resolved, reporter: &dyn Reporter) -> Result<Downloaded, Error> {
        let cache = self.cache_settings(&[]);
        let mut files = Vec::new();
        let mut wanted = Vec::new();
        for item in resolved.plan.inbound() {
            let package = &item.package;
            let location = package.location.clone().unwrap_or_default();
            if self.is_at_hand(&package.repo_id) {
                files.push(PathBuf::from(location));
                continue;
            }
            let repo = self.repo_config(&package.repo_id)?;
            let dest = match (&resolved.destdir, &self.settings.packages_dir) {
                (None, Some(dir)) => below(dir, repo, &location, item)?,
                (destdir, _) => place(item, repo, &cache, destdir.as_deref())?,
            };
            files.push(dest.clone());
            let wish = Wanted {
                repo,
                place: Place::Location { href: location, base: package.location_base.clone() },
                dest,
                size: Some(package.download_size),
                checksum: package.checksum.clone(),
                nevra: Some(package.nevra.clone()),
                // Nothing has to be read a second time for the transaction's check, unless it is not going to be run.
                observer: (resolved.destdir.is_none() && !resolved.download_only)
                    .then(|| Box::new(PackageObserver::new(WantedDigests::default())) as Box<_>),
            };
            wanted.push((item.sequence, wish));
        }
        wanted.sort_by_key(|(sequence, _)| *sequence);
        let wanted = wanted.into_iter().map(|(_, wish)| wish).collect();
        let digests = self.fetch(resolved, &cache, wanted, reporter)?;
        Ok(Downloaded { files, keep: resolved.destdir.is_some(), digests })
    }

    fn fetch(
        &self,
        resolved: &Resolved,
        cache: &CacheSettings,
        wanted: Vec<Wanted<'_>>,
        reporter: &dyn Reporter,
    ) -> Result<HashMap<PathBuf, StampedDigests>, Error> {
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        if cache.is_offline() {
            all_there(&wanted)?;
        }
        for dir in wanted.iter().filter_map(|wanted| wanted.dest.parent()) {
            std::fs::create_dir_all(dir).map_err(|source| Error::PackagesDirectory { path: dir.to_owned(), source })?;
        }
        if resolved.destdir.is_none() {
            let paths: Vec<PathBuf> = wanted.iter().map(|wanted| wanted.dest.clone()).collect();
            self.note_temporary(cache, &paths)?;
        }
        let names: Vec<String> =
            wanted.iter().map(|wanted| wanted.nevra.as_ref().map(ToString::to_string).unwrap_or_default()).collect();
        let results = self.fetcher(reporter)?.packages(cache, wanted);
        let mut digests = HashMap::new();
        let results: Vec<_> = results
            .into_iter()
            .map(|result| {
                result.map(|fetched| {
                    let path = fetched.path.clone();
                    digests.extend(fetched.into_digests().map(|found| (path, found)));
                })
            })
            .collect();
        let failures = DownloadFailure::of(names, results);
        if failures.is_empty() { Ok(digests) } else { Err(Error::Download { failures }) }
    }

    /// Lists files that are to be deleted after a successful transaction, unless the cache is kept.
    ///
    /// To be done before the transfer, so that what an interrupted run leaves is deleted one day.
    pub(super) fn note_temporary(&self, cache: &CacheSettings, paths: &[PathBuf]) -> Result<(), Error> {
        if self.config.options.keepcache.value() {
            return Ok(());
        }
        let listed =
            std::fs::create_dir_all(&cache.cachedir).and_then(|()| TemporaryFiles::new(&cache.cachedir).add(paths));
        listed.map_err(|source| Error::Io {
            operation: "write the list of temporary files in",
            path: cache.cachedir.clone(),
            source,
        })
    }

    pub(crate) fn repo_config(&self, id: &str) -> Result<&RepoConfig, Error> {
        let found = self.repos.iter().find(|repo| repo.id == id);
        found.ok_or_else(|| Error::NotLoaded { what: format!("repository {id}") })
    }

    /// Tells whether the file of an inbound item need not be transferred.
    pub(super) fn need_not_come(
        &self,
        item: &PlanItem,
        cache: &CacheSettings,
        places: &mut HashMap<String, PathBuf>,
    ) -> bool {
        if self.is_at_hand(&item.package.repo_id) {
            return true;
        }
        let Ok(repo) = self.repo_config(&item.package.repo_id) else { return false };
        let dir = places.entry(repo.id.clone()).or_insert_with(|| RepoCache::new(cache, repo).packages());
        let location = item.package.location.as_deref().unwrap_or_default();
        let name = location.rsplit('/').next().unwrap_or_default();
        // The size is enough for an estimate; the checksum is compared before the file is used.
        std::fs::metadata(dir.join(name)).is_ok_and(|metadata| metadata.len() == item.package.download_size)
    }
}

/// Finds the first package that would have to be fetched.
///
/// Witness: `dnf5 -C install X`, which says so before anything is begun.
fn all_there(wanted: &[Wanted<'_>]) -> Result<(), Error> {
    // The size is enough to tell that there is no need; the checksum is compared before the file is used.
    let there = |wanted: &&Wanted<'_>| {
        wanted.dest.metadata().is_ok_and(|metadata| wanted.size.is_none_or(|size| size == metadata.len()))
    };
    match wanted.iter().find(|wanted| !there(wanted)) {
        None => Ok(()),
        Some(missing) => {
            let package = missing.nevra.as_ref().map(ToString::to_string).unwrap_or_default();
            Err(Error::OnlyCache { package })
        }
    }
}

/// Returns the place of a file in a directory that keeps the locations of the repositories.
fn below(dir: &Path, repo: &RepoConfig, location: &str, item: &PlanItem) -> Result<PathBuf, Error> {
    let location = Path::new(location);
    // A location that leads out of the directory is as bad as one that names no file.
    let safe = location.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let place = dir.join(&repo.id).join("rpms").join(location);
    let parent = place.parent().filter(|_| safe && location.file_name().is_some());
    let Some(parent) = parent else {
        return Err(Error::Download {
            failures: vec![DownloadFailure {
                package: item.package.nevra.to_string(),
                reasons: vec![format!("{} is no safe place for a file", location.display())],
                unavailable: None,
                fault: FetchFault::local(FailureKind::Location),
                interrupted: false,
            }],
        });
    };
    std::fs::create_dir_all(parent).map_err(|source| Error::Io {
        operation: "make directory",
        path: parent.to_owned(),
        source,
    })?;
    Ok(place)
}

/// Returns where the file of an inbound item belongs.
fn place(item: &PlanItem, repo: &RepoConfig, cache: &CacheSettings, destdir: Option<&Path>) -> Result<PathBuf, Error> {
    let location = item.package.location.as_deref().unwrap_or_default();
    let in_cache = RepoCache::new(cache, repo).package(location).map_err(|error| Error::Download {
        failures: vec![DownloadFailure {
            package: item.package.nevra.to_string(),
            reasons: std::iter::once(location.escape_debug().to_string()).chain(chain(&error)).collect(),
            unavailable: None,
            fault: FetchFault::local(FailureKind::Location),
            interrupted: false,
        }],
    })?;
    Ok(match (destdir, in_cache.file_name()) {
        (Some(dir), Some(name)) => dir.join(name),
        _ => in_cache,
    })
}
