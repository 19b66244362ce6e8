//! Bringing repositories up to date.

use std::sync::Arc;

use oxidnf_core::conf::{CacheOnly, Vars};
use oxidnf_core::event::{Outcome, TaskId};

use crate::cache::{CacheSettings, Freshness, RepoCache};
use crate::config::{RepoConfig, Source};
use crate::metadata::Metadata;
use crate::metalink::Metalink;
use crate::mirrors::{Mirror, MirrorList, configured, parse_mirrorlist};

use super::Fetcher;
use super::ahead::Turn;
use super::company::Company;
use super::error::{RepoError, RepoFault};
use super::fastest::Times;
use super::message::{Message, Work};
use super::update::{Changed, Update};

impl Fetcher<'_> {
    /// Brings the metadata of repositories up to date, all at once, as far as settings and age ask for it.
    ///
    /// The results are in the order of `repos`. Whether a failure ends the run is told by [`RepoError::skip`].
    pub fn sync(&self, repos: &[RepoConfig], settings: &CacheSettings) -> Vec<(String, Result<Metadata, RepoError>)> {
        let settings = Arc::new(settings.clone());
        let mut results: Vec<Option<Result<Metadata, RepoFault>>> =
            repos.iter().map(|repo| without_network(repo, &settings)).collect();
        let waiting: Vec<usize> = (0..repos.len()).filter(|index| results[*index].is_none()).collect();
        if !waiting.is_empty() {
            let (turn, company) = (Turn::default(), Company::default());
            let updated = self.run(None, None, |messages| {
                let update = |index: &usize| {
                    let update = Update {
                        net: Arc::clone(&self.net),
                        repo: repos[*index].clone(),
                        cache: RepoCache::new(&settings, &repos[*index]),
                        settings: Arc::clone(&settings),
                        messages: messages.clone(),
                        turn: turn.clone(),
                        busy: company.join(),
                    };
                    reported(update)
                };
                // What is there at once is told in this order, which is dnf5's.
                waiting.iter().rev().map(update).collect()
            });
            for (index, result) in waiting.into_iter().rev().zip(updated) {
                results[index] = Some(result.unwrap_or(Err(RepoFault::Cancelled)));
            }
        }
        let named = |(repo, result): (&RepoConfig, Option<Result<Metadata, RepoFault>>)| {
            let result = result.unwrap_or(Err(RepoFault::Cancelled));
            (repo.id.clone(), result.map_err(|fault| RepoError::new(repo, fault)))
        };
        repos.iter().zip(results).map(named).collect()
    }
}

/// Returns a repository whose metadata in the cache needs no look at the network, or the reason why it cannot be had
/// without one that must not be used; `None` when [`Fetcher::sync`] has to decide.
///
/// With this, a run that finds everything fresh never starts the downloader.
pub fn from_cache(repo: &RepoConfig, settings: &CacheSettings) -> Option<Result<Metadata, RepoError>> {
    without_network(repo, settings).map(|result| result.map_err(|fault| RepoError::new(repo, fault)))
}

/// Answers what can be answered from the cache; `None` when the network is needed.
fn without_network(repo: &RepoConfig, settings: &CacheSettings) -> Option<Result<Metadata, RepoFault>> {
    if repo.source() == Source::Nothing {
        return Some(Err(RepoFault::NoSource));
    }
    let cache = RepoCache::new(settings, repo);
    if let Err(source) = cache.fill_from_system() {
        // Without the system's copy it is fetched.
        let usable = settings.cacheonly == CacheOnly::None;
        if !usable && !cache.repomd().exists() {
            return Some(Err(RepoFault::Cache { path: cache.dir().to_owned(), source }));
        }
    }
    let metadata = usable(&cache, repo);
    if settings.cacheonly != CacheOnly::None {
        return Some(metadata.ok_or(RepoFault::NotCached));
    }
    let fresh = cache.freshness(settings, repo, metadata.as_ref()) == Freshness::Fresh;
    let metadata = metadata.filter(|_| fresh);
    let complete = metadata.filter(|metadata| missing_types(metadata, repo, settings).is_empty());
    // Where there is nowhere to ask, it is said without a try.
    let nowhere = || matches!(repo.source(), Source::Baseurl(urls) if configured(urls).is_empty());
    complete.map(Ok).or_else(|| nowhere().then_some(Err(RepoFault::NoPlace)))
}

/// Returns the metadata in the cache if it satisfies the repository's settings.
pub(super) fn usable(cache: &RepoCache, repo: &RepoConfig) -> Option<Metadata> {
    let metadata = cache.load()?;
    // A signature is kept only after it was verified. Without one the index was fetched before it was asked for.
    let signed = || cache.repodata().join("repomd.xml.asc").is_file();
    (!repo.options.repo_gpgcheck || signed()).then_some(metadata)
}

/// Returns the types that are wanted and listed but not in the cache.
pub(super) fn missing_types(metadata: &Metadata, repo: &RepoConfig, settings: &CacheSettings) -> Vec<String> {
    let records = settings.types.records(metadata.repomd(), repo);
    let absent = records.into_iter().filter(|record| !metadata.path(&record.kind).is_ok_and(|path| path.is_file()));
    absent.map(|record| record.kind.clone()).collect()
}

async fn reported(update: Update) -> Result<Metadata, RepoFault> {
    let id = TaskId::fresh();
    let messages = update.messages.clone();
    let work = Work::Repository { id: update.repo.id.clone(), name: update.repo.name.clone() };
    messages.send(Message::Started { id, work, total: None });
    let result = update.run(id).await;
    let outcome = match &result {
        Ok((_, Changed::No)) => Outcome::AlreadyDone,
        Ok((_, Changed::Yes)) => Outcome::Ok,
        Err(RepoFault::Download(error)) => error.outcome(),
        Err(fault) if fault.unavailable().is_some() => {
            fault.unavailable().map_or(Outcome::Unusable, Outcome::Unavailable)
        }
        Err(RepoFault::NoSource) => failed(&result),
        // What came is of no use: that is told of the repository, not of its transfer.
        Err(RepoFault::NotListed { .. }) => Outcome::Ok,
        Err(_) => Outcome::Unusable,
    };
    messages.send(Message::Finished { id, outcome, unstarted: None });
    result.map(|(metadata, _)| metadata)
}

fn failed<T>(result: &Result<T, RepoFault>) -> Outcome {
    Outcome::Failed(result.as_ref().err().map(ToString::to_string).unwrap_or_default())
}

/// Returns the base locations of a repository as its configuration and the lists in the cache name them, in their order
/// and without credentials.
pub fn base_locations(settings: &CacheSettings, repo: &RepoConfig) -> Vec<String> {
    cached_mirrors(&RepoCache::new(settings, repo), repo).iter().map(Mirror::location).collect()
}

/// Returns the mirrors of a repository as its configuration and the lists in the cache name them.
pub(super) fn cached_mirrors(cache: &RepoCache, repo: &RepoConfig) -> Vec<Mirror> {
    let list = |path| std::fs::read(path).ok().and_then(|bytes| mirrors_of(&bytes, &repo.vars));
    let listed = match repo.source() {
        Source::Metalink(_) => list(cache.metalink()),
        Source::Mirrorlist(_) => list(cache.mirrorlist()),
        Source::Baseurl(_) | Source::Nothing => None,
    };
    match listed {
        Some(mirrors) if repo.options.fastestmirror => Times::read(cache).order(mirrors),
        Some(mirrors) => mirrors,
        None => configured(&repo.baseurl),
    }
}

fn mirrors_of(bytes: &[u8], vars: &Vars) -> Option<Vec<Mirror>> {
    let mirrors = match parse_mirrorlist(&String::from_utf8_lossy(bytes), vars) {
        MirrorList::Plain { mirrors, .. } => mirrors,
        MirrorList::Metalink => Metalink::parse(bytes).ok()?.mirrors,
    };
    (!mirrors.is_empty()).then_some(mirrors)
}
