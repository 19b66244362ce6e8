//! Copies of repositories: packages and metadata at places of one's own.

use std::path::{Path, PathBuf};

use oxidnf_core::event::{Event, Outcome, Reporter, Task, TaskId};
use oxidnf_core::plan::PlanPackage;
use oxidnf_core::{Checksum, ChecksumKind};
use oxidnf_repo::fetch::{CopyOptions, DownloadError, Place, Wanted, base_locations};
use oxidnf_repo::metadata::{Metadata, Record};

use super::Session;
use crate::error::{DownloadFailure, Error};

/// Location of the index of every repository.
const INDEX: &str = "repodata/repomd.xml";
/// What lies beside the metadata in the cache and belongs to a copy: the signature, and where the mirrors are.
const BESIDE: [&str; 3] = ["repodata/repomd.xml.asc", "metalink.xml", "mirrorlist"];

/// A package and where its copy shall be.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The package.
    pub package: PlanPackage,
    /// The file; whoever asks has checked that it may be written.
    pub dest: PathBuf,
}

impl Session {
    /// Looks after the metadata of all repositories when they are loaded, however young it is.
    pub fn refresh(&mut self) {
        self.settings.refresh = true;
    }

    /// Fetches packages, each by itself: what is there with the right checksum stays, and what cannot be had does not
    /// keep the others from coming. Returns the failure of each, if it has one; with `remote_time` new files get the times that
    /// they have on the server.
    pub fn copy_packages(
        &self,
        copies: &[Copy],
        remote_time: bool,
        reporter: &dyn Reporter,
    ) -> Result<Vec<Option<DownloadFailure>>, Error> {
        let cache = self.cache_settings(&[]);
        let mut wanted = Vec::new();
        for Copy { package, dest } in copies {
            let href = package.location.clone().unwrap_or_default();
            wanted.push(Wanted {
                repo: self.repo_config(&package.repo_id)?,
                place: Place::Anywhere { href, base: package.location_base.clone() },
                dest: dest.clone(),
                size: Some(package.download_size),
                checksum: package.checksum.clone(),
                nevra: Some(package.nevra.clone()),
                observer: None,
            });
        }
        let options = CopyOptions { remote_time, total: true };
        let results = self.fetcher(reporter)?.copies(&cache, wanted, options);
        let failure = |(result, copy): (Result<_, DownloadError>, &Copy)| {
            Some(DownloadFailure::new(copy.package.nevra.to_string(), &result.err()?))
        };
        Ok(results.into_iter().zip(copies).map(failure).collect())
    }

    /// Fetches all metadata of a loaded repository into a directory, which is one of a repository then.
    pub fn copy_metadata(
        &self,
        repo_id: &str,
        dir: &Path,
        remote_time: bool,
        reporter: &dyn Reporter,
    ) -> Result<(), Error> {
        let repo = self.repo_config(repo_id)?;
        let metadata = self.loaded_metadata(repo_id)?;
        let cached = metadata.dir();
        let index = std::fs::read(cached.join(INDEX)).map_err(|error| io("read", &cached.join(INDEX), error))?;
        let checksum = Checksum::of(ChecksumKind::Sha256, &index).ok();
        let wanted = |href: &str, base: Option<String>, size: Option<u64>, checksum: Option<Checksum>| Wanted {
            repo,
            place: Place::Location { href: href.to_owned(), base },
            dest: dir.join(href),
            size,
            checksum,
            nevra: None,
            observer: None,
        };
        let mut all: Vec<Wanted<'_>> = Vec::new();
        for record in files(metadata) {
            all.push(wanted(&record.href, record.location_base.clone(), record.size, record.checksum.clone()));
        }
        all.push(wanted(INDEX, None, Some(index.len() as u64), checksum));
        let size = all.iter().filter_map(|wanted| wanted.size).sum();
        let id = TaskId::fresh();
        let name = &repo.name;
        reporter.report(Event::Started { id, task: Task::Repository { id: repo_id, name }, total: Some(size) });
        let options = CopyOptions { remote_time, total: false };
        let results = self.fetcher(reporter)?.copies(&self.cache_settings(&[]), all, options);
        let failures: Vec<DownloadFailure> =
            results.into_iter().filter_map(|result| Some(failure(repo_id, &result.err()?))).collect();
        let outcome = match failures.first() {
            Some(failure) => Outcome::Failed(failure.reasons.join(": ")),
            None => Outcome::Ok,
        };
        if failures.is_empty() {
            reporter.report(Event::Advanced { id, done: size });
        }
        reporter.report(Event::Finished { id, outcome });
        if !failures.is_empty() {
            return Err(Error::Download { failures });
        }
        for name in BESIDE {
            let (from, to) = (cached.join(name), dir.join(name));
            if from.is_file() {
                std::fs::copy(&from, &to).map_err(|error| io("write", &to, error))?;
            }
        }
        Ok(())
    }

    /// Returns the addresses of all metadata files of a loaded repository but its index, those of the first mirrors
    /// first.
    pub fn metadata_locations(&self, repo_id: &str) -> Result<Vec<Vec<String>>, Error> {
        let repo = self.repo_config(repo_id)?;
        let metadata = self.loaded_metadata(repo_id)?;
        let bases = base_locations(&self.cache_settings(&[]), repo);
        let at = |base: &String, record: &Record| format!("{}/{}", base.trim_end_matches('/'), record.href);
        Ok(files(metadata)
            .into_iter()
            .map(|record| match &record.location_base {
                Some(base) => vec![at(base, record)],
                None => bases.iter().map(|base| at(base, record)).collect(),
            })
            .collect())
    }

    fn loaded_metadata(&self, repo_id: &str) -> Result<&Metadata, Error> {
        self.metadata(repo_id).ok_or_else(|| Error::NotLoaded { what: format!("repository {repo_id}") })
    }
}

/// Returns the records of all files, each file once.
fn files(metadata: &Metadata) -> Vec<&Record> {
    let mut files: Vec<&Record> = Vec::new();
    for record in &metadata.repomd().records {
        if !files.iter().any(|present| present.href == record.href) {
            files.push(record);
        }
    }
    files
}

fn failure(repo_id: &str, error: &DownloadError) -> DownloadFailure {
    DownloadFailure::new(format!("metadata of {repo_id}"), error)
}

fn io(operation: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::Io { operation, path: path.to_owned(), source }
}
