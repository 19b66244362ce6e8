//! Names, layout, age and cleaning of the cache on disk (reference of dnf5, section 3).
//!
//! The layout is dnf5's, so that both programs use what the other one has fetched.

mod clean;
mod clone;
mod counting;
mod place;
mod state;
mod temporary;
mod url_name;

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use oxidnf_core::conf::{CacheOnly, Seconds};
use oxidnf_core::{Checksum, ChecksumKind};

use crate::config::{RepoConfig, Source};
use crate::fetch::url::{UnsafeLocation, file_name};
use crate::metadata::{Metadata, Record, Repomd};

pub use clean::{CleanKinds, CleanReport, clean};
pub use counting::Counting;
pub use state::RepoState;
pub use temporary::TemporaryFiles;

pub(crate) use place::{RepoLock, Staging};

/// Settings of a run that have to do with the cache.
#[derive(Debug, Clone)]
pub struct CacheSettings {
    /// The cache directory.
    pub cachedir: PathBuf,
    /// The cache that an empty one is filled from; the same directory for root.
    pub system_cachedir: PathBuf,
    /// Where things are remembered that must outlive the cache; nothing is remembered without it.
    pub state_dir: Option<PathBuf>,
    /// How repositories that want it are told of this machine; without it they are not.
    pub counting: Option<Counting>,
    /// What may come from the network.
    pub cacheonly: CacheOnly,
    /// Whether a repository file that is newer than the metadata makes it expire.
    pub check_config_file_age: bool,
    /// Whether all metadata counts as expired (`--refresh`).
    pub refresh: bool,
    /// Which files beside `primary` are wanted.
    pub types: MetadataTypes,
    /// The time.
    pub now: SystemTime,
}

impl CacheSettings {
    /// Makes the settings of a run that uses one cache directory and fetches what it needs.
    pub fn new(cachedir: impl Into<PathBuf>, now: SystemTime) -> Self {
        let cachedir = cachedir.into();
        CacheSettings {
            system_cachedir: cachedir.clone(),
            cachedir,
            state_dir: None,
            counting: None,
            cacheonly: CacheOnly::None,
            check_config_file_age: true,
            refresh: false,
            types: MetadataTypes::default(),
            now,
        }
    }

    /// Tells whether packages must not be fetched.
    pub fn is_offline(&self) -> bool {
        self.cacheonly == CacheOnly::All
    }
}

/// Which files of a repository are wanted beside `primary` and `modules`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataTypes(pub Vec<String>);

impl Default for MetadataTypes {
    fn default() -> Self {
        MetadataTypes(vec!["comps".to_owned(), "updateinfo".to_owned()])
    }
}

impl MetadataTypes {
    /// Returns the same with one more.
    #[must_use]
    pub fn with(mut self, kind: &str) -> Self {
        if !self.0.iter().any(|present| present == kind) {
            self.0.push(kind.to_owned());
        }
        self
    }

    /// Tells whether a type is wanted.
    pub fn has(&self, kind: &str) -> bool {
        self.0.iter().any(|present| present == kind || present == "all")
    }

    /// Returns the records of an index that are wanted of a repository, each file once.
    pub(crate) fn records<'r>(&self, repomd: &'r Repomd, repo: &RepoConfig) -> Vec<&'r Record> {
        let mut records: Vec<&Record> = Vec::new();
        let mut add = |record: Option<&'r Record>| {
            if let Some(record) = record.filter(|record| !records.iter().any(|present| present.href == record.href)) {
                records.push(record);
            }
        };
        add(repomd.record("primary"));
        add(repomd.record("modules"));
        for kind in &self.0 {
            match &**kind {
                "all" => repomd.records.iter().for_each(|record| add(Some(record))),
                // The compressed form where there are both.
                "comps" => add(repomd.record("group_gz").or_else(|| repomd.record("group"))),
                "presto" => add(repomd.record("prestodelta")),
                other => add(repomd.record(other)),
            }
        }
        records.retain(|record| !repo.unwanted_metadata.contains(&record.kind));
        records
    }
}

/// Whether what the cache has may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// There is nothing usable.
    Missing,
    /// It must be compared with the server first.
    Expired,
    /// It may be used.
    Fresh,
}

/// The place of one repository in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoCache {
    dir: PathBuf,
    system_dir: PathBuf,
}

impl RepoCache {
    /// Returns the place of a repository; nothing is looked up or created.
    pub fn new(settings: &CacheSettings, repo: &RepoConfig) -> Self {
        let name = directory_name(repo);
        RepoCache { dir: settings.cachedir.join(&name), system_dir: settings.system_cachedir.join(name) }
    }

    /// Returns the directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the directory of metadata files that are not complete. Its name is that of directories in which something
    /// is put together, so that whoever cleans those cleans it, too.
    pub(crate) fn partial(&self) -> PathBuf {
        self.dir.join("tmpdir.partial")
    }

    /// Returns the directory of the metadata.
    pub fn repodata(&self) -> PathBuf {
        self.dir.join("repodata")
    }

    /// Returns the path of the index.
    pub fn repomd(&self) -> PathBuf {
        self.dir.join("repodata/repomd.xml")
    }

    /// Returns the path of the metalink.
    pub fn metalink(&self) -> PathBuf {
        self.dir.join("metalink.xml")
    }

    /// Returns the path of the mirror list.
    pub fn mirrorlist(&self) -> PathBuf {
        self.dir.join("mirrorlist")
    }

    /// Returns the directory of downloaded packages.
    pub fn packages(&self) -> PathBuf {
        self.dir.join("packages")
    }

    /// Returns where the package of a location is kept.
    pub fn package(&self, location: &str) -> Result<PathBuf, UnsafeLocation> {
        Ok(self.packages().join(file_name(location)?))
    }

    /// Returns the directory of keys for the repository's own signatures.
    pub fn pubring(&self) -> PathBuf {
        self.dir.join("pubring")
    }

    fn expired_mark(&self) -> PathBuf {
        self.dir.join("attrs/expired")
    }

    /// Tells whether the metadata was marked as expired.
    pub fn is_marked_expired(&self) -> bool {
        self.expired_mark().exists()
    }

    /// Marks the metadata as expired; the next run looks for newer.
    pub fn mark_expired(&self) -> io::Result<()> {
        std::fs::create_dir_all(self.dir.join("attrs"))?;
        std::fs::File::create(self.expired_mark()).map(drop)
    }

    /// Says that the metadata is current: takes the mark away and sets the clock, which is the time of `primary`.
    pub(crate) fn mark_current(&self, metadata: &Metadata, now: SystemTime) -> io::Result<()> {
        if let Ok(primary) = metadata.path("primary")
            && primary.metadata()?.modified()? < now
        {
            touch(&primary, now)?;
        }
        match std::fs::remove_file(self.expired_mark()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Returns the metadata that is there, if its index can be read and the file of packages is present.
    pub fn load(&self) -> Option<Metadata> {
        let metadata = Metadata::open(&self.dir).ok()?;
        metadata.path("primary").ok()?.is_file().then_some(metadata)
    }

    /// Returns the time since which the metadata is known to be current.
    pub fn age_starts(&self, metadata: &Metadata) -> Option<SystemTime> {
        metadata.path("primary").ok()?.metadata().ok()?.modified().ok()
    }

    /// Judges the metadata that is there.
    pub fn freshness(&self, settings: &CacheSettings, repo: &RepoConfig, metadata: Option<&Metadata>) -> Freshness {
        let Some(since) = metadata.and_then(|metadata| self.age_starts(metadata)) else { return Freshness::Missing };
        if settings.refresh || self.is_marked_expired() || is_expired(settings, repo, since) {
            Freshness::Expired
        } else {
            Freshness::Fresh
        }
    }
}

fn is_expired(settings: &CacheSettings, repo: &RepoConfig, since: SystemTime) -> bool {
    let Seconds::Of(expire) = repo.options.metadata_expire else { return false };
    let config_time = || repo.file.as_ref()?.metadata().ok()?.modified().ok();
    // In whole seconds: the clock of a session, which metadata is marked with, knows no parts of them.
    let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |age| age.as_secs());
    if settings.check_config_file_age && config_time().is_some_and(|changed| seconds(changed) > seconds(since)) {
        return true;
    }
    // Metadata from the future is taken as new: a clock that was corrected must not cost every repository a download.
    seconds(settings.now).checked_sub(seconds(since)).is_some_and(|age| age >= expire)
}

/// Returns the name of a repository's directory: its id and a digest of the location that it is known by.
pub fn directory_name(repo: &RepoConfig) -> String {
    let key = match repo.source() {
        Source::Nothing => &repo.id,
        Source::Metalink(url) | Source::Mirrorlist(url) => url,
        Source::Baseurl(urls) => urls.first().unwrap_or(&repo.id),
    };
    format!("{}-{}", repo.id, short_digest(key))
}

fn short_digest(text: &str) -> String {
    let digest = Checksum::of(ChecksumKind::Sha256, text.as_bytes());
    let digest = digest.expect("every crypto policy has SHA-256");
    hex::encode(&digest.bytes()[..8])
}

fn touch(path: &Path, time: SystemTime) -> io::Result<()> {
    let file = std::fs::OpenOptions::new().append(true).open(path)?;
    file.set_times(std::fs::FileTimes::new().set_modified(time).set_accessed(time))
}
