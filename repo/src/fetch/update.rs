//! Bringing one repository up to date (reference of dnf5, sections 3.4 and 4.1).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use oxidnf_core::Checksum;
use oxidnf_core::event::TaskId;
use tokio::task::JoinSet;

use crate::cache::{CacheSettings, Freshness, RepoCache, RepoLock, RepoState, Staging};
use crate::config::{RepoConfig, Source};
use crate::metadata::{Metadata, Record, Repomd};
use crate::metalink::{Digest, Metalink};
use crate::mirrors::{Mirror, MirrorList, configured, parse_mirrorlist};

use super::ahead::{Ahead, Turn};
use super::company::Busy;
use super::error::{DownloadError, FailureKind, RepoFault, Role};
use super::existing::{Existing, existing};
use super::fastest::Times;
use super::job::{Job, Net, Origin, Place, download};
use super::message::Messages;
use super::meter::Meter;
use super::signature::Signatures;
use super::sink::Expect;
use super::sync::{cached_mirrors, missing_types, usable};
use super::url::{check_location, join, odd, parse, path_from_here, redact_text};

/// Another process that fetches the same repository is waited for so long.
const LOCK_PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether that process is done.
const LOCK_POLL: Duration = Duration::from_millis(50);
/// The largest list of mirrors.
const MAX_LIST: u64 = 16 << 20;
/// The largest index.
const MAX_INDEX: u64 = 16 << 20;
/// The largest signature.
const MAX_SIGNATURE: u64 = 1 << 20;
/// The largest metadata file whose size is not in the index.
const MAX_METADATA: u64 = 4 << 30;
/// Parsing a smaller file takes less than making a thread ready for it.
const WORTH_A_THREAD: u64 = 64 << 10;
/// Location of the index in a repository.
const INDEX: &str = "repodata/repomd.xml";

/// Whether anything new came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changed {
    No,
    Yes,
}

/// The update of one repository.
pub(super) struct Update {
    pub(super) net: Arc<Net>,
    pub(super) repo: RepoConfig,
    pub(super) cache: RepoCache,
    pub(super) settings: Arc<CacheSettings>,
    pub(super) messages: Messages,
    /// When packages may be parsed while they arrive.
    pub(super) turn: Turn,
    pub(super) busy: Busy,
}

/// Where the repository's files are today.
struct Mirrors {
    list: Vec<Mirror>,
    metalink: Option<Metalink>,
}

impl Update {
    pub(super) async fn run(mut self, task: TaskId) -> Result<(Metadata, Changed), RepoFault> {
        let dir = self.cache.dir();
        std::fs::create_dir_all(dir).map_err(|source| RepoFault::setup(dir.to_owned(), false, source))?;
        let _lock = self.lock().await?;
        let meter = Arc::new(Meter::new(task, self.messages.clone(), None));
        // Another process may have been faster.
        let present = usable(&self.cache, &self.repo);
        let freshness = self.cache.freshness(&self.settings, &self.repo, present.as_ref());
        let staging =
            Staging::new(&self.cache).map_err(|source| RepoFault::setup(dir.join("tmpdir.XXXXXX"), true, source))?;
        let Some(present) = present else { return self.replace(staging, None, None, &meter).await };
        if freshness == Freshness::Fresh {
            return self.complete(staging, present, &meter).await;
        }
        let mirrors = self.mirrors(&staging, &meter).await?;
        let current = std::fs::read(self.cache.repomd()).map_err(|source| self.broken(source))?;
        let same = match mirrors.metalink.as_ref().filter(|metalink| metalink.current.strongest().is_some()) {
            Some(metalink) => metalink.current.matches(&current),
            None => self.index(&staging, &mirrors, &meter).await?.bytes == current,
        };
        if !same {
            return self.replace(staging, Some(mirrors), Some(&present), &meter).await;
        }
        self.cache.mark_current(&present, self.settings.now).map_err(|source| self.broken(source))?;
        self.complete(staging, present, &meter).await
    }

    fn broken(&self, source: std::io::Error) -> RepoFault {
        RepoFault::Cache { path: self.cache.dir().to_owned(), source }
    }

    /// Waits for other processes that fetch this repository.
    ///
    /// After a while it goes on without the lock: whoever can read the directory can lock it, and must not be able to
    /// stop us. The lock only spares double work.
    async fn lock(&self) -> Result<Option<RepoLock>, RepoFault> {
        let mut waited = Duration::ZERO;
        loop {
            let lock = RepoLock::try_take(self.cache.dir()).map_err(|source| self.broken(source))?;
            if lock.is_some() || waited >= LOCK_PATIENCE {
                return Ok(lock);
            }
            tokio::time::sleep(LOCK_POLL).await;
            waited += LOCK_POLL;
        }
    }

    /// Fetches the files that are wanted and listed in a current index, but not there.
    async fn complete(
        &mut self,
        staging: Staging,
        present: Metadata,
        meter: &Arc<Meter>,
    ) -> Result<(Metadata, Changed), RepoFault> {
        let missing = missing_types(&present, &self.repo, &self.settings);
        if missing.is_empty() {
            return Ok((present, Changed::No));
        }
        let origin = self.origin(cached_mirrors(&self.cache, &self.repo));
        let records = missing.iter().filter_map(|kind| present.repomd().record(kind));
        match self.records(origin, records.collect(), &self.cache.repodata(), meter, None).await {
            Ok(_) => Ok((present, Changed::Yes)),
            // The server has moved on: its index names other files now.
            Err(error) if moved_on(&error) => self.replace(staging, None, Some(&present), meter).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Fetches everything anew, except for files that are already here and still current.
    async fn replace(
        &mut self,
        staging: Staging,
        mirrors: Option<Mirrors>,
        present: Option<&Metadata>,
        meter: &Arc<Meter>,
    ) -> Result<(Metadata, Changed), RepoFault> {
        let mirrors = match mirrors {
            Some(mirrors) => mirrors,
            None => self.mirrors(&staging, meter).await?,
        };
        let mut failed: Option<(Vec<u8>, DownloadError)> = None;
        let ahead = loop {
            let index = self.index(&staging, &mirrors, meter).await?;
            let bytes = index.bytes.clone();
            // What was missing a moment ago is missing still: nobody has published anything meanwhile.
            if let Some((_, error)) = failed.take_if(|(before, _)| *before == bytes) {
                return Err(error.into());
            }
            let origin = self.origin(index.mirrors);
            if self.repo.options.repo_gpgcheck {
                self.signature(&staging, &origin, &index.bytes, meter).await?;
            }
            let repomd = Repomd::parse(&index.bytes).map_err(RepoFault::Repomd)?;
            self.refuse_older(&repomd)?;
            if repomd.record("primary").is_none() {
                return Err(RepoFault::NotListed { kind: "primary".to_owned() });
            }
            let records = self.settings.types.records(&repomd, &self.repo);
            let dir = staging.path("repodata");
            if present.is_some() {
                self.reuse(&records, &dir);
            }
            match self.records(origin, records, &dir, meter, Some(&staging)).await {
                Ok(ahead) => break ahead,
                // The repository may have been published anew while it was read.
                Err(error) if moved_on(&error) && failed.is_none() => failed = Some((bytes, error)),
                Err(error) => return Err(error.into()),
            }
        };
        staging.install().map_err(|source| self.broken(source))?;
        let metadata = Metadata::open(self.cache.dir())?;
        if self.repo.options.refuse_rollback {
            self.state().accept(metadata.repomd().time()).map_err(|source| self.broken(source))?;
        }
        self.cache.mark_current(&metadata, self.settings.now).map_err(|source| self.broken(source))?;
        Ok((metadata.with_ahead(ahead), Changed::Yes))
    }

    fn state(&self) -> RepoState {
        RepoState::new(&self.settings, &self.repo)
    }

    /// Refuses metadata that is older than what was accepted before, where that is asked for: a stale mirror, or
    /// somebody who keeps updates from this machine.
    fn refuse_older(&self, repomd: &Repomd) -> Result<(), RepoFault> {
        if !self.repo.options.refuse_rollback {
            return Ok(());
        }
        let present = self.cache.load().map(|metadata| metadata.repomd().time());
        let seen = self.state().newest().map_err(|source| self.broken(source))?.max(present);
        match seen.filter(|seen| repomd.time() < *seen) {
            Some(seen) => Err(RepoFault::Rollback { seen, offered: repomd.time() }),
            None => Ok(()),
        }
    }

    fn origin(&self, mirrors: Vec<Mirror>) -> Arc<Origin> {
        Arc::new(Origin::new(&self.net, &self.repo.options, mirrors))
    }

    fn job(&self, target: &str, place: Place, dest: PathBuf, expect: Expect, meter: &Arc<Meter>) -> Job {
        Job {
            target: target.to_owned(),
            role: Role::File,
            place,
            dest,
            partial: None,
            expect,
            observer: None,
            meter: Some(Arc::clone(meter)),
            work: None,
            messages: self.messages.clone(),
        }
    }

    /// Fetches the list of mirrors, if the repository has one.
    async fn mirrors(&self, staging: &Staging, meter: &Arc<Meter>) -> Result<Mirrors, RepoFault> {
        let (location, name) = match self.repo.source() {
            Source::Nothing => return Err(RepoFault::NoSource),
            Source::Baseurl(urls) => {
                let list = configured(urls);
                return if list.is_empty() { Err(RepoFault::NoPlace) } else { Ok(Mirrors { list, metalink: None }) };
            }
            Source::Metalink(url) => (url, "metalink.xml"),
            Source::Mirrorlist(url) => (url, "mirrorlist"),
        };
        let url = parse(location).or_else(|| path_from_here(location)).or_else(|| odd(location));
        let Some(mut url) = url else { return Err(bad_url(location)) };
        let counting = self.settings.counting.as_ref();
        if let Some(age) = counting.and_then(|counting| counting.flag(&self.repo, location, self.settings.now)) {
            url.query_pairs_mut().append_pair("countme", &age.to_string());
        }
        let dest = staging.path(name);
        let expect = Expect { limit: MAX_LIST, ..Expect::default() };
        let job = self
            .job(name, Place::At(url), dest.clone(), expect, meter)
            .with_role(Role::Mirrors { metalink: name != "mirrorlist" });
        download(&self.net, &self.origin(Vec::new()), job).await?;
        let bytes = std::fs::read(&dest).map_err(|source| RepoFault::Cache { path: dest, source })?;
        let listed = match name {
            "mirrorlist" => parse_mirrorlist(&String::from_utf8_lossy(&bytes), &self.repo.vars),
            _ => MirrorList::Metalink,
        };
        let (mirrors, names_places) = match listed {
            MirrorList::Plain { mirrors, names_places } => (Mirrors { list: mirrors, metalink: None }, names_places),
            MirrorList::Metalink => {
                let metalink = Metalink::parse(&bytes).map_err(RepoFault::Metalink)?;
                let names_places = metalink.names_places;
                (Mirrors { list: metalink.mirrors.clone(), metalink: Some(metalink) }, names_places)
            }
        };
        if mirrors.list.is_empty() {
            return Err(RepoFault::NoMirrors { metalink: mirrors.metalink.is_some(), names_places });
        }
        // Through a proxy the way to a mirror tells nothing.
        if !self.repo.options.fastestmirror || !self.repo.options.proxy.is_empty() {
            return Ok(mirrors);
        }
        let times = Times::measure(&self.cache, &mirrors.list, self.settings.now).await;
        Ok(Mirrors { list: times.order(mirrors.list), ..mirrors })
    }

    /// Fetches the index; the mirror that had it comes first from now on, as others may not be as far.
    async fn index(&self, staging: &Staging, mirrors: &Mirrors, meter: &Arc<Meter>) -> Result<Index, RepoFault> {
        let dest = staging.path(INDEX);
        let digests = mirrors.metalink.as_ref().map(Metalink::digests).unwrap_or_default();
        let checksums = digests.iter().filter_map(Digest::checksum).collect();
        let impossible = digests.into_iter().filter(|digest| digest.checksum().is_none()).collect();
        let expect = Expect { limit: MAX_INDEX, checksums, impossible, exact: false, size: None };
        let place = Place::Below(INDEX.to_owned());
        let job = self.job(INDEX, place, dest.clone(), expect, meter).with_role(Role::Index);
        let delivered = download(&self.net, &self.origin(mirrors.list.clone()), job).await?;
        let bytes = std::fs::read(&dest).map_err(|source| RepoFault::Cache { path: dest, source })?;
        let mut mirrors = mirrors.list.clone();
        mirrors[..=delivered.mirror].rotate_right(1);
        Ok(Index { bytes, mirrors })
    }

    async fn signature(
        &mut self,
        staging: &Staging,
        origin: &Origin,
        repomd: &[u8],
        meter: &Arc<Meter>,
    ) -> Result<(), RepoFault> {
        let name = "repodata/repomd.xml.asc";
        let dest = staging.path(name);
        let expect = Expect { limit: MAX_SIGNATURE, ..Expect::default() };
        let place = Place::Below(name.to_owned());
        let job = self.job(name, place, dest.clone(), expect, meter).with_role(Role::Signature);
        download(&self.net, origin, job).await?;
        let signature = std::fs::read(&dest).map_err(|source| RepoFault::Cache { path: dest, source })?;
        let mut signatures = Signatures {
            net: &self.net,
            origin,
            repo: &self.repo,
            cache: &self.cache,
            messages: &self.messages,
            meter,
            now: self.settings.now,
            busy: &mut self.busy,
        };
        signatures.verify(repomd, &signature, &staging.path("")).await
    }

    /// Takes over files of the old state that the new index still names.
    fn reuse(&self, records: &[&Record], dir: &Path) {
        for record in records {
            let Some(name) = record.file_name() else { continue };
            let old = self.cache.repodata().join(name);
            if let Existing::Right(_) = existing(&old, &expected(record), None) {
                // Where it cannot be linked it is fetched.
                let _ = std::fs::hard_link(&old, dir.join(name));
            }
        }
    }

    /// Fetches the files of records into a directory, all at once.
    ///
    /// With the place of their index, the packages are parsed meanwhile.
    async fn records(
        &self,
        origin: Arc<Origin>,
        records: Vec<&Record>,
        dir: &Path,
        meter: &Arc<Meter>,
        index: Option<&Staging>,
    ) -> Result<Option<Ahead>, DownloadError> {
        let mut downloads = JoinSet::new();
        let mut ahead = None;
        for record in records {
            let Some(mut job) = self.record_job(record, dir, meter)? else { continue };
            let is_primary = record.kind == "primary";
            if is_primary {
                ahead = index.and_then(|index| self.ahead(index, record));
                job.observer = ahead.as_ref().map(Ahead::observer);
            }
            let (net, origin) = (Arc::clone(&self.net), Arc::clone(&origin));
            downloads.spawn(async move { (download(&net, &origin, job).await, is_primary) });
        }
        while let Some(ended) = downloads.join_next().await {
            let (fetched, is_primary) = ended.map_err(|_| DownloadError::cancelled("repodata"))?;
            // The first failure drops, and so cancels, the others.
            fetched?;
            if let Some(ahead) = ahead.as_ref().filter(|_| is_primary) {
                ahead.arrived();
            }
        }
        // Nothing is missing any more; what else is there belongs to files that are no longer listed.
        let _ = std::fs::remove_dir_all(self.cache.partial());
        Ok(ahead)
    }

    /// Starts to parse the packages of an index whose files are about to be fetched.
    fn ahead(&self, staging: &Staging, primary: &Record) -> Option<Ahead> {
        let small = primary.size.is_some_and(|size| size < WORTH_A_THREAD);
        if small || !self.repo.options.build_cache {
            return None;
        }
        let index = Metadata::open(staging.path("")).ok()?;
        Ahead::start(index, self.cache.dir(), &self.turn)
    }

    fn record_job(&self, record: &Record, dir: &Path, meter: &Arc<Meter>) -> Result<Option<Job>, DownloadError> {
        check_location(&record.href).map_err(|problem| DownloadError::location(&record.href, problem))?;
        let unsafe_name = || DownloadError::new(&record.href, FailureKind::Location, "the name is not safe");
        let dest = dir.join(record.file_name().ok_or_else(unsafe_name)?);
        // Taken over from before, or fetched for an index that was replaced meanwhile.
        if let Existing::Right(_) = existing(&dest, &expected(record), None) {
            return Ok(None);
        }
        let place = match record.location_base.as_deref().filter(|base| !base.is_empty()) {
            None => Place::Below(record.href.clone()),
            Some(base) => match parse(base).filter(|url| url.scheme() != "file" || self.repo.is_local()) {
                Some(url) => Place::At(join(&url, &record.href)),
                None => {
                    let reason = format!("the base location {} is not usable", redact_text(base));
                    return Err(DownloadError::new(&record.href, FailureKind::Url, reason));
                }
            },
        };
        // What an interrupted run had of it is under this name.
        let partial = Some(self.cache.partial());
        Ok(Some(Job { partial, ..self.job(&record.href, place, dest, expected(record), meter) }))
    }
}

fn bad_url(location: &str) -> RepoFault {
    DownloadError::new(redact_text(location), FailureKind::Url, "not a URL that can be fetched").into()
}

struct Index {
    bytes: Vec<u8>,
    mirrors: Vec<Mirror>,
}

fn expected(record: &Record) -> Expect {
    let checksums: Vec<Checksum> = record.checksum.iter().cloned().collect();
    Expect { size: record.size, limit: MAX_METADATA, checksums, ..Expect::default() }
}

/// Tells whether a failure looks as if the repository had been changed under our hands.
fn moved_on(error: &DownloadError) -> bool {
    matches!(error.kind, FailureKind::NotFound | FailureKind::Checksum | FailureKind::Size | FailureKind::Truncated)
}
