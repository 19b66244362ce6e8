//! One file, from whichever mirror can give it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use oxidnf_core::Checksum;
use reqwest::Url;

use crate::config::RepoOptions;
use crate::mirrors::Mirror;

use super::client::{Clients, Connection, timeout};
use super::error::{DownloadError, FailureKind, Role};
use super::failure::Failure;
use super::limits::{Slot, Slots, Throttle};
use super::message::{Message, Messages, Work};
use super::sink::{Expect, Fetched, Meter, Observer, Sink};
use super::transfer::{Terms, transfer};
use super::url::{join, redact};

/// What all downloads of a run share.
pub(super) struct Net {
    pub(super) clients: Arc<Clients>,
    pub(super) slots: Slots,
    /// How often a file is tried to be had where there are fewer mirrors than that.
    pub(super) tries: u32,
    /// Pause before a busy server is asked again; each further one is twice as long.
    pub(super) backoff: Duration,
    /// Files that are already there are read by so many threads at a time.
    pub(super) readers: tokio::sync::Semaphore,
}

/// Where the files of a repository come from, and how.
pub(super) struct Origin {
    pub(super) terms: Terms,
    pub(super) mirrors: Vec<Mirror>,
    /// Most downloads from one host at a time.
    pub(super) per_host: usize,
}

impl Origin {
    pub(super) fn new(net: &Net, options: &RepoOptions, mirrors: Vec<Mirror>) -> Self {
        let login = (!options.username.is_empty()).then(|| (options.username.clone(), options.password.clone()));
        let terms = Terms {
            clients: Arc::clone(&net.clients),
            connection: Connection::of(options),
            login,
            timeout: timeout(options),
            minrate: options.minrate.0,
            throttle: options.max_speed().map(Throttle::new),
        };
        Origin { terms, mirrors, per_host: options.max_downloads_per_mirror as usize }
    }

    /// Returns the same terms for another list of mirrors.
    pub(super) fn with_mirrors(&self, mirrors: Vec<Mirror>) -> Self {
        Origin { terms: self.terms.clone(), mirrors, per_host: self.per_host }
    }
}

/// Where a file is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// At a checked location below each mirror.
    Below(String),
    /// At this URL only.
    At(Url),
}

/// A file to fetch.
pub(super) struct Job {
    /// Its name in errors.
    pub(super) target: String,
    pub(super) role: Role,
    pub(super) place: Place,
    pub(super) dest: PathBuf,
    pub(super) expect: Expect,
    pub(super) observer: Option<Box<dyn Observer>>,
    /// Its progress bar, announced when the download begins where `work` is given.
    pub(super) meter: Option<Arc<Meter>>,
    pub(super) work: Option<Work>,
    pub(super) messages: Messages,
}

/// A file and the mirror that had it.
pub(super) struct Delivered {
    pub(super) fetched: Fetched,
    /// Index in the origin's list; 0 for a file with its own URL.
    pub(super) mirror: usize,
}

/// A URL that may have the file.
struct Candidate {
    mirror: usize,
    url: Url,
    host: String,
    /// Most downloads from its host at a time.
    limit: usize,
    /// Whether it may be tried again.
    alive: bool,
}

/// The list of mirrors is looked for so often more than other files: there is only one place for it.
const LIST_FACTOR: u32 = 3;

/// Fetches a file: tries mirrors in order, free and good ones first.
///
/// Each mirror is tried once; where there are fewer mirrors than tries, they are gone through again. That is librepo's
/// rule, and every kind of failure counts alike: what one server does not have today, the same name may lead to on
/// another one the next moment.
pub(super) async fn download(net: &Net, origin: &Origin, mut job: Job) -> Result<Delivered, DownloadError> {
    let mut candidates = candidates(origin, &job.place);
    let tries = if job.role == Role::Mirrors { net.tries * LIST_FACTOR } else { net.tries };
    let mut attempts = Vec::new();
    let mut sink: Option<Sink> = None;
    let mut pause = Duration::ZERO;
    for round in 0.. {
        let mut pending: Vec<usize> = (0..candidates.len()).filter(|at| candidates[*at].alive).collect();
        let enough = |attempts: &Vec<_>| round > 0 && attempts.len() >= tries as usize;
        if pending.is_empty() || enough(&attempts) {
            break;
        }
        tokio::time::sleep(pause).await;
        pause = Duration::ZERO;
        while !pending.is_empty() && !enough(&attempts) {
            let Some((at, slot)) = choose(net, &candidates, &mut pending).await else {
                return Err(DownloadError::cancelled(job.target));
            };
            let mut current = match sink.take() {
                Some(sink) => sink,
                None => job.begin()?,
            };
            let candidate = &mut candidates[at];
            let result = attempt(&origin.terms, &candidate.url, round > 0, &mut current).await;
            drop(slot);
            let failure = match result {
                Ok(checksum) => {
                    net.slots.succeeded(&candidate.host, candidate.limit);
                    let kept = current.keep(checksum.as_ref());
                    let fetched = kept.map_err(|error| DownloadError::io(&job.target, &job.dest, &error))?;
                    return Ok(Delivered { fetched, mirror: candidate.mirror });
                }
                Err(failure) => failure,
            };
            if !failure.keeps_bytes() {
                current.forget();
            }
            current.tell_failure(failure.was_connected());
            sink = Some(current);
            if failure.local && failure.kind != FailureKind::Authorities {
                return Err(job.failed_here(failure));
            }
            if !matches!(failure.kind, FailureKind::NotFound | FailureKind::Denied) {
                net.slots.failed(&candidate.host, candidate.limit);
            }
            candidate.alive = candidate.url.scheme() != "file" && !failure.local;
            pause = pause.max(rest(net, round, &failure));
            job.tell(&candidate.url, &failure);
            attempts.push(failure.attempt(&candidate.url));
            if failure.local {
                return Err(DownloadError::tried(job.target, job.role, attempts));
            }
        }
    }
    Err(DownloadError::tried(job.target, job.role, attempts))
}

/// Returns how long to wait before the server is asked again.
fn rest(net: &Net, round: u32, failure: &Failure) -> Duration {
    let asked_for = failure.retry_after.unwrap_or_default().min(MAX_PAUSE);
    let own = if failure.calls_for_a_pause() { net.backoff * 2_u32.saturating_pow(round) } else { Duration::ZERO };
    asked_for.max(own.min(MAX_PAUSE))
}

impl Job {
    pub(super) fn with_role(self, role: Role) -> Self {
        Job { role, ..self }
    }

    /// Announces the download and opens its temporary file, which waits until a slot is free: many files may be
    /// wanted, few are open.
    fn begin(&mut self) -> Result<Sink, DownloadError> {
        if let (Some(meter), Some(work)) = (&self.meter, self.work.take()) {
            self.messages.send(Message::Started { id: meter.id(), work, total: self.expect.size });
        }
        let sink = Sink::new(&self.dest, self.expect.clone(), self.observer.take(), self.meter.clone());
        sink.map_err(|error| DownloadError::io(&self.target, &self.dest, &error))
    }

    fn failed_here(self, failure: Failure) -> DownloadError {
        let reason = match failure.kind {
            FailureKind::Io => format!("{}: {}", self.dest.display(), failure.reason),
            _ => failure.reason,
        };
        DownloadError::new(self.target, failure.kind, reason)
    }

    fn tell(&self, url: &Url, failure: &Failure) {
        let id = self.meter.as_ref().map(|meter| meter.id());
        let (fault, reason) = (failure.fault.clone(), failure.reason.clone());
        self.messages.send(Message::MirrorFailed { id, url: redact(url), fault, reason });
    }
}

async fn attempt(terms: &Terms, url: &Url, fresh: bool, sink: &mut Sink) -> Result<Option<Checksum>, Failure> {
    sink.prepare()?;
    transfer(terms, url, fresh, sink).await?;
    sink.check()
}

/// A server that asks for more patience than this is taken as out of order.
const MAX_PAUSE: Duration = Duration::from_secs(10);

fn candidates(origin: &Origin, place: &Place) -> Vec<Candidate> {
    let candidate = |mirror: usize, url: Url, host: String| {
        // Files of this machine are not a matter of politeness.
        let limit = if host.is_empty() { usize::MAX } else { origin.per_host };
        Candidate { mirror, url, host, limit, alive: true }
    };
    match place {
        Place::Below(href) => {
            let mirrors = origin.mirrors.iter().enumerate();
            mirrors.map(|(index, mirror)| candidate(index, join(&mirror.url, href), mirror.host.clone())).collect()
        }
        Place::At(url) => {
            let host = Mirror::new(url.as_str()).map(|mirror| mirror.host).unwrap_or_default();
            vec![candidate(0, url.clone(), host)]
        }
    }
}

/// Takes the best pending candidate out: hosts that did well before others, then the order of the list; one with a
/// free slot before one that must be waited for.
async fn choose(net: &Net, candidates: &[Candidate], pending: &mut Vec<usize>) -> Option<(usize, Slot)> {
    pending.sort_by_key(|at| (net.slots.failures(&candidates[*at].host, candidates[*at].limit), *at));
    for position in 0..pending.len() {
        let at = pending[position];
        let candidate = &candidates[at];
        if let Some(slot) = net.slots.try_take(&candidate.host, candidate.limit).await {
            pending.remove(position);
            return Some((at, slot));
        }
    }
    let at = pending.remove(0);
    let slot = net.slots.take(&candidates[at].host, candidates[at].limit).await?;
    Some((at, slot))
}
