//! One file, from whichever mirror can give it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use oxidnf_core::Checksum;
use reqwest::Url;

use crate::config::RepoOptions;
use crate::mirrors::Mirror;

use super::client::{Clients, Connection, timeout};
use super::error::{DownloadError, FailureKind};
use super::limits::{Slot, Slots, Throttle};
use super::message::{Message, Messages, Work};
use super::sink::{Expect, Fetched, Meter, Observer, Sink};
use super::transfer::{Failure, Terms, transfer};
use super::url::{join, redact};

/// What all downloads of a run share.
pub(super) struct Net {
    pub(super) clients: Arc<Clients>,
    pub(super) slots: Slots,
    /// How often all mirrors are gone through.
    pub(super) rounds: u32,
    /// Pause before the second round; each further one is four times as long.
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
    /// How often it may be tried yet.
    left: u32,
}

/// Fetches a file: tries mirrors in order, free ones first, and goes through them again where that may help.
pub(super) async fn download(net: &Net, origin: &Origin, mut job: Job) -> Result<Delivered, DownloadError> {
    let mut candidates = candidates(net, origin, &job.place);
    let mut attempts = Vec::new();
    let mut sink: Option<Sink> = None;
    let mut pause = Duration::ZERO;
    for round in 0..net.rounds {
        if round > 0 {
            tokio::time::sleep(pause.max(net.backoff * 4_u32.saturating_pow(round - 1))).await;
        }
        let mut pending: Vec<usize> = (0..candidates.len()).filter(|at| candidates[*at].left > 0).collect();
        while !pending.is_empty() {
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
            sink = Some(current);
            if failure.local {
                let reason = match failure.kind {
                    FailureKind::Io => format!("{}: {}", job.dest.display(), failure.reason),
                    _ => failure.reason,
                };
                return Err(DownloadError::new(job.target, failure.kind, reason));
            }
            if !matches!(failure.kind, FailureKind::NotFound | FailureKind::Denied) {
                net.slots.failed(&candidate.host, candidate.limit);
            }
            candidate.left = tries_left(candidate.left, &failure);
            pause = pause.max(failure.retry_after.unwrap_or_default().min(MAX_PAUSE));
            let url = redact(&candidate.url);
            let id = job.meter.as_ref().map(|meter| meter.id());
            let fault = failure.fault(&candidate.url);
            job.messages.send(Message::MirrorFailed { id, url, fault, reason: failure.reason.clone() });
            attempts.push(failure.attempt(&candidate.url));
        }
        if candidates.iter().all(|candidate| candidate.left == 0) {
            break;
        }
    }
    Err(DownloadError::tried(job.target, attempts))
}

impl Job {
    /// Announces the download and opens its temporary file, which waits until a slot is free: many files may be
    /// wanted, few are open.
    fn begin(&mut self) -> Result<Sink, DownloadError> {
        if let (Some(meter), Some(work)) = (&self.meter, self.work.take()) {
            self.messages.send(Message::Started { id: meter.id(), work, total: self.expect.size });
        }
        let sink = Sink::new(&self.dest, self.expect.clone(), self.observer.take(), self.meter.clone());
        sink.map_err(|error| DownloadError::io(&self.target, &self.dest, &error))
    }
}

async fn attempt(terms: &Terms, url: &Url, fresh: bool, sink: &mut Sink) -> Result<Option<Checksum>, Failure> {
    sink.restart()?;
    transfer(terms, url, fresh, sink).await?;
    sink.check()
}

/// A server that asks for more patience than this is taken as out of order.
const MAX_PAUSE: Duration = Duration::from_secs(10);

fn tries_left(left: u32, failure: &Failure) -> u32 {
    if !failure.kind.is_transient(failure.status) {
        return 0;
    }
    let left = left.saturating_sub(1);
    match failure.kind {
        // Nothing changes quickly about these, but a name server or a restarting server gets a second chance.
        FailureKind::Refused | FailureKind::Resolve | FailureKind::Connect | FailureKind::Size => left.min(1),
        _ => left,
    }
}

fn candidates(net: &Net, origin: &Origin, place: &Place) -> Vec<Candidate> {
    let candidate = |mirror: usize, url: Url, host: String| {
        // Files of this machine are not a matter of politeness.
        let limit = if host.is_empty() { usize::MAX } else { origin.per_host };
        Candidate { mirror, url, host, limit, left: net.rounds }
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
