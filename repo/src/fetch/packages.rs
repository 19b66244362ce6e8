//! Downloading packages.

use std::collections::HashMap;
use std::fs::File;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use oxidnf_core::event::{Event, GivenUp, Outcome, Task, TaskId};
use oxidnf_core::{Checksum, Nevra};

use crate::cache::{CacheSettings, RepoCache};
use crate::config::RepoConfig;

use tokio::sync::watch;

use super::error::{DownloadError, FailureKind, Role};
use super::existing::{Existing, existing};
use super::job::{self, Job, Net, Origin, download};
use super::message::{Message, Messages, Work};
use super::meter::Meter;
use super::observer::Observer;
use super::sink::{Expect, Fetched};
use super::url::{UnsafeLocation, check_location, parse, redact_text};
use super::{Fetcher, sync};

/// The largest package whose size is not known beforehand.
const MAX_PACKAGE: u64 = 64 << 30;

/// Where a package is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At a location in its repository.
    Location {
        /// `location href` of the metadata.
        href: String,
        /// `xml:base` of the metadata, which replaces the repository's own locations.
        base: Option<String>,
    },
    /// The same, for those who look themselves where the file may be put: the location may lead out of the repository.
    Anywhere {
        /// `location href` of the metadata.
        href: String,
        /// `xml:base` of the metadata.
        base: Option<String>,
    },
    /// At a URL of the command line.
    Url(String),
}

/// A package that is wanted.
pub struct Wanted<'r> {
    /// The repository whose mirrors, proxy and so on are used; [`RepoConfig::command_line`] for URLs.
    pub repo: &'r RepoConfig,
    /// Where it is.
    pub place: Place,
    /// Where it shall be.
    pub dest: PathBuf,
    /// Its size, if known.
    pub size: Option<u64>,
    /// Its checksum, if known. Without one it is fetched even if a file is there.
    pub checksum: Option<Checksum>,
    /// Its name, for the progress bar; without one there is none.
    pub nevra: Option<Nevra>,
    /// Sees its bytes.
    pub observer: Option<Box<dyn Observer>>,
}

/// How copies of a repository's files are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyOptions {
    /// Whether files get the times that they have on the server.
    pub remote_time: bool,
    /// Whether their sum is told of.
    pub total: bool,
}

type Task1 = Pin<Box<dyn Future<Output = Result<Fetched, DownloadError>> + Send>>;

impl Fetcher<'_> {
    /// Fetches packages; those that are there with the right checksum are not transferred.
    ///
    /// The results are in the order of `wanted`. When one cannot be had, the others are given up, as dnf5 does: nothing
    /// can be installed then, and what has come so far is kept for the next run.
    pub fn packages(&self, cache: &CacheSettings, wanted: Vec<Wanted<'_>>) -> Vec<Result<Fetched, DownloadError>> {
        self.bring(cache, wanted, CopyOptions { remote_time: false, total: true }, true)
    }

    /// Fetches files like [`Fetcher::packages`], but each by itself: when one cannot be had, the others still come.
    pub fn copies(
        &self,
        cache: &CacheSettings,
        wanted: Vec<Wanted<'_>>,
        options: CopyOptions,
    ) -> Vec<Result<Fetched, DownloadError>> {
        self.bring(cache, wanted, options, false)
    }

    fn bring(
        &self,
        cache: &CacheSettings,
        wanted: Vec<Wanted<'_>>,
        options: CopyOptions,
        together: bool,
    ) -> Vec<Result<Fetched, DownloadError>> {
        let mut origins: HashMap<String, Arc<Origin>> = HashMap::new();
        if wanted.is_empty() {
            return Vec::new();
        }
        let targets: Vec<String> = wanted.iter().map(target).collect();
        let total = TaskId::fresh();
        let size = wanted.iter().filter_map(|package| package.size).sum();
        if options.total {
            let task = Task::DownloadTotal { files: wanted.len() };
            self.reporter.report(Event::Started { id: total, task, total: Some(size) });
        }
        let stop = Stop::default();
        let results = self.run(options.total.then_some(total), Some(&stop), |messages| {
            let mut turns = Turns::of(&wanted);
            let tasks = wanted.into_iter().map(|package| {
                let turn = turns.next();
                let origin = match origins.get(&package.repo.id) {
                    Some(origin) => Arc::clone(origin),
                    None => {
                        let made = origin(&self.net, cache, package.repo);
                        origins.insert(package.repo.id.clone(), made.clone());
                        made
                    }
                };
                let order = Order::new(&self.net, cache, origin, package, messages);
                let order = Order { together, remote_time: options.remote_time, ..order };
                Box::pin(order.carry_out(turn, stop.clone())) as Task1
            });
            tasks.collect::<Vec<Task1>>()
        });
        let results: Vec<_> = results
            .into_iter()
            .zip(targets)
            .map(|(result, target)| result.unwrap_or_else(|| Err(DownloadError::cancelled(target))))
            .collect();
        if !options.total {
            return results;
        }
        let failed = results.iter().find_map(|result| result.as_ref().err());
        let outcome = failed.map_or(Outcome::Ok, |error| Outcome::Failed(error.to_string()));
        self.reporter.report(Event::Finished { id: total, outcome });
        results
    }
}

/// Tells all downloads of a run that they are to end, and why.
#[derive(Clone)]
pub(super) struct Stop(Arc<watch::Sender<Option<GivenUp>>>);

impl Default for Stop {
    fn default() -> Self {
        Stop(Arc::new(watch::Sender::new(None)))
    }
}

impl Stop {
    /// Ends the downloads; the first cause stays.
    pub(super) fn now(&self, cause: GivenUp) {
        self.0.send_if_modified(|present| {
            let first = present.is_none();
            if first {
                *present = Some(cause);
            }
            first
        });
    }

    async fn asked(&self) -> GivenUp {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as this does, so there is a cause when the wait is over.
        let cause = receiver.wait_for(Option::is_some).await.ok().and_then(|cause| cause.clone());
        cause.unwrap_or(GivenUp::Interrupted)
    }
}

/// Lets the files that are there be told one after the other, before all that have to be fetched, as dnf5 tells them.
struct Turns {
    passed: Arc<watch::Sender<usize>>,
    all: usize,
    /// Of each package: its number among the files that are there, if it is one.
    own: std::vec::IntoIter<Option<usize>>,
}

/// The place of one package in that order.
struct Turn {
    passed: Arc<watch::Sender<usize>>,
    all: usize,
    /// Its number among the files that are there, if it is one.
    own: Option<usize>,
}

impl Turns {
    fn of(wanted: &[Wanted<'_>]) -> Self {
        let mut all = 0;
        let number = |package: &Wanted<'_>| {
            let own = package.dest.exists().then_some(all);
            all += usize::from(own.is_some());
            own
        };
        let own: Vec<Option<usize>> = wanted.iter().map(number).collect();
        Turns { passed: Arc::new(watch::Sender::new(0)), all, own: own.into_iter() }
    }

    fn next(&mut self) -> Turn {
        Turn { passed: Arc::clone(&self.passed), all: self.all, own: self.own.next().flatten() }
    }
}

impl Turn {
    async fn come(&self) {
        if let Some(own) = self.own {
            self.reached(own).await;
        }
    }

    fn pass(&self) {
        if self.own.is_some() {
            self.passed.send_modify(|passed| *passed += 1);
        }
    }

    async fn all_passed(&self) {
        self.reached(self.all).await;
    }

    async fn reached(&self, count: usize) {
        // The sender lives as long as this does, so the only way out is the count.
        let _ = self.passed.subscribe().wait_for(|passed| *passed >= count).await;
    }
}

/// Names the package in errors.
fn target(package: &Wanted<'_>) -> String {
    match &package.place {
        Place::Location { href, .. } | Place::Anywhere { href, .. } => href.clone(),
        Place::Url(url) => redact_text(url),
    }
}

fn origin(net: &Net, cache: &CacheSettings, repo: &RepoConfig) -> Arc<Origin> {
    let mirrors = sync::cached_mirrors(&RepoCache::new(cache, repo), repo);
    Arc::new(Origin::new(net, &repo.options, mirrors))
}

/// One package as its task knows it; everything that can be said without a transfer is decided in the task, too, so
/// that the caller hears of it in order.
struct Order {
    net: Arc<Net>,
    origin: Arc<Origin>,
    messages: Messages,
    target: String,
    place: Result<job::Place, DownloadError>,
    dest: PathBuf,
    expect: Expect,
    observer: Option<Box<dyn Observer>>,
    work: Option<Work>,
    task: Option<TaskId>,
    offline: bool,
    /// Whether its failure ends the others.
    together: bool,
    remote_time: bool,
}

impl Order {
    fn new(
        net: &Arc<Net>,
        cache: &CacheSettings,
        origin: Arc<Origin>,
        package: Wanted<'_>,
        messages: &Messages,
    ) -> Self {
        let (target, place) = (target(&package), place(&package));
        let Wanted { dest, size, checksum, nevra, observer, .. } = package;
        let expect = Expect {
            size,
            limit: MAX_PACKAGE,
            checksums: checksum.into_iter().collect(),
            impossible: Vec::new(),
            exact: true,
        };
        let task = nevra.is_some().then(TaskId::fresh);
        Order {
            net: Arc::clone(net),
            origin,
            messages: messages.clone(),
            target,
            place,
            dest,
            expect,
            observer,
            work: nevra.map(Work::Package),
            task,
            offline: cache.is_offline(),
            together: true,
            remote_time: false,
        }
    }

    async fn carry_out(self, turn: Turn, stop: Stop) -> Result<Fetched, DownloadError> {
        let (target, task, messages) = (self.target.clone(), self.task, self.messages.clone());
        let together = self.together;
        let unstarted = self.work.clone().map(|work| (work, self.expect.size));
        let result = tokio::select! {
            biased;
            cause = stop.asked() => Err(match cause {
                GivenUp::Failed(cause) => DownloadError::given_up(target, &cause),
                GivenUp::Interrupted => DownloadError::cancelled(target),
            }),
            result = self.fetch(turn) => result,
        };
        if let Some(id) = task.filter(|_| !matches!(&result, Ok(fetched) if fetched.already)) {
            let outcome = result.as_ref().map_or_else(DownloadError::outcome, |_| Outcome::Ok);
            messages.send(Message::Finished { id, outcome, unstarted });
        }
        if let Err(error) = &result
            && together
            && error.given_up.is_none()
        {
            stop.now(GivenUp::Failed(error.target.clone()));
        }
        result
    }

    async fn fetch(self, turn: Turn) -> Result<Fetched, DownloadError> {
        let Order {
            net,
            origin,
            messages,
            target,
            place,
            dest,
            expect,
            observer,
            work,
            task,
            offline,
            together: _,
            remote_time,
        } = self;
        let existing = already_there(&net, &dest, &expect, observer).await;
        turn.come().await;
        let observer = match existing {
            Existing::Right(fetched) => {
                tell_existing(&messages, task, work, fetched.size);
                turn.pass();
                return Ok(fetched);
            }
            Existing::Wrong(observer) => observer,
        };
        turn.pass();
        turn.all_passed().await;
        let place = place?;
        if offline {
            return Err(DownloadError::new(target, FailureKind::NotCached, "not in the cache"));
        }
        if let Some(dir) = dest.parent() {
            std::fs::create_dir_all(dir).map_err(|error| DownloadError::io(&target, dir, &error))?;
        }
        let meter = task.map(|id| Arc::new(Meter::new(id, messages.clone(), expect.size)));
        let role = Role::File;
        let name = target.clone();
        let job = Job { target, role, place, dest, partial: None, expect, observer, meter, work, messages };
        let fetched = download(&net, &origin, job).await?.fetched;
        if let Some(time) = fetched.remote_time.filter(|_| remote_time) {
            let set = File::options().write(true).open(&fetched.path).and_then(|file| file.set_modified(time));
            set.map_err(|error| DownloadError::io(&name, &fetched.path, &error))?;
        }
        Ok(fetched)
    }
}

fn tell_existing(messages: &Messages, task: Option<TaskId>, work: Option<Work>, size: u64) {
    if let (Some(id), Some(work)) = (task, work) {
        messages.send(Message::Started { id, work, total: Some(size) });
        messages.send(Message::Advanced { id, done: size });
        messages.send(Message::Finished { id, outcome: Outcome::AlreadyDone, unstarted: None });
    }
}

fn place(package: &Wanted<'_>) -> Result<job::Place, DownloadError> {
    match &package.place {
        Place::Location { href, base } | Place::Anywhere { href, base } => {
            match check_location(href) {
                Err(UnsafeLocation::Parent) if matches!(package.place, Place::Anywhere { .. }) => {}
                checked => checked.map_err(|problem| DownloadError::location(href, problem))?,
            }
            let Some(base) = base.as_deref().filter(|base| !base.is_empty()) else {
                return Ok(job::Place::Below(href.clone()));
            };
            let url = parse(base).filter(|url| url.scheme() != "file" || package.repo.is_local());
            match url {
                Some(url) => Ok(job::Place::At(super::url::join(&url, href))),
                None => {
                    let reason = format!("the base location {} is not usable", redact_text(base));
                    Err(DownloadError::new(href, FailureKind::Url, reason))
                }
            }
        }
        Place::Url(url) => match parse(url) {
            Some(url) => Ok(job::Place::At(url)),
            None => Err(DownloadError::new(redact_text(url), FailureKind::Url, "not a URL that can be fetched")),
        },
    }
}

/// Reads a file that is there on a thread for such work, a few at a time.
async fn already_there(
    net: &Net,
    dest: &std::path::Path,
    expect: &Expect,
    observer: Option<Box<dyn Observer>>,
) -> Existing {
    if !dest.exists() {
        return Existing::Wrong(observer);
    }
    let _turn = net.readers.acquire().await;
    let (dest, expect) = (dest.to_owned(), expect.clone());
    tokio::task::spawn_blocking(move || existing(&dest, &expect, observer)).await.unwrap_or(Existing::Wrong(None))
}

impl std::fmt::Debug for Wanted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wanted").field("repo", &self.repo.id).field("dest", &self.dest).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched").field("path", &self.path).field("already", &self.already).finish_non_exhaustive()
    }
}
