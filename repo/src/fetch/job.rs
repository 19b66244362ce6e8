//! One file, from whichever mirror can give it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oxidnf_core::Checksum;
use tokio::sync::Semaphore;
use url::Url;

use crate::config::RepoOptions;
use crate::mirrors::Mirror;

use super::client::{Clients, Connection, timeout};
use super::digest::Login;
use super::error::{DownloadError, FailureKind, Role};
use super::failure::Failure;
use super::limits::{Slot, Slots, Throttle};
use super::message::{Message, Messages, Work};
use super::meter::Meter;
use super::observer::Observer;
use super::sink::{Expect, Fetched, Sink, Site};
use super::transfer::{Terms, transfer};
use super::url::{Malformed, redact, redact_text};

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
    /// Lets so many downloads look for a free mirror as the mirrors can serve; the others wait in order.
    gate: Semaphore,
}

impl Origin {
    pub(super) fn new(net: &Net, options: &RepoOptions, mirrors: Vec<Mirror>) -> Self {
        // As with curl, either of the two is a login.
        let given = !options.username.is_empty() || !options.password.reveal().is_empty();
        let login = given.then(|| Login { user: options.username.clone(), password: options.password.clone() });
        let terms = Terms {
            clients: Arc::clone(&net.clients),
            connection: Connection::of(options),
            login,
            timeout: timeout(options),
            minrate: options.minrate.0,
            throttle: options.max_speed().map(Throttle::new),
            tries: Tries::of(net, options),
        };
        Self::made(net, terms, mirrors, options.max_downloads_per_mirror as usize)
    }

    fn made(net: &Net, terms: Terms, mirrors: Vec<Mirror>, per_host: usize) -> Self {
        let hosts: HashSet<&str> = mirrors.iter().map(|mirror| mirror.host.as_str()).collect();
        // Local files are not a matter of politeness, and one of the hosts may be that of a URL of its own.
        let places = if hosts.contains("") { net.slots.most() } else { per_host.saturating_mul(hosts.len() + 1) };
        let gate = Semaphore::new(places.clamp(1, net.slots.most().max(per_host)));
        Origin { terms, mirrors, per_host, gate }
    }

    /// Returns the same terms for another list of mirrors.
    pub(super) fn with_mirrors(&self, net: &Net, mirrors: Vec<Mirror>) -> Self {
        Self::made(net, self.terms.clone(), mirrors, self.per_host)
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
    /// The directory of unfinished files, if it has one.
    pub(super) partial: Option<PathBuf>,
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
    url: Result<Url, Malformed>,
    host: String,
    /// Most downloads from its host at a time.
    limit: usize,
    /// Whether it may be tried again.
    alive: bool,
}

impl Candidate {
    fn is_file(&self) -> bool {
        self.url.as_ref().is_ok_and(|url| url.scheme() == "file")
    }

    /// Returns the URL without credentials.
    fn shown(&self) -> String {
        match &self.url {
            Ok(url) => redact(url),
            Err(malformed) => redact_text(&malformed.text),
        }
    }
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
    let tries = origin.terms.tries.of_role(job.role);
    let mut attempts = Vec::new();
    let mut sink: Option<Sink> = None;
    let mut pause = Duration::ZERO;
    for round in 0.. {
        let mut pending: Vec<usize> = (0..candidates.len()).filter(|at| candidates[*at].alive).collect();
        let enough = |attempts: &Vec<_>| round > 0 && attempts.len() >= tries as usize;
        if pending.is_empty() || enough(&attempts) {
            break;
        }
        // Even no time at all takes tokio's timers a millisecond.
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        pause = Duration::ZERO;
        while !pending.is_empty() && !enough(&attempts) {
            let turn = origin.gate.acquire().await;
            let Some((at, slot)) = choose(net, &candidates, &mut pending).await else {
                return Err(DownloadError::cancelled(job.target));
            };
            let mut current = match sink.take() {
                Some(sink) => sink,
                None => job.begin()?,
            };
            let candidate = &mut candidates[at];
            let (started, before) = (Instant::now(), current.done());
            let result = match &candidate.url {
                Ok(url) => attempt(&origin.terms, url, round > 0, &mut current).await,
                Err(malformed) => Err(Failure::malformed(malformed.problem)),
            };
            drop(slot);
            drop(turn);
            let failure = match result {
                Ok(checksum) => {
                    let bytes = current.done().saturating_sub(before);
                    net.slots.succeeded(&candidate.host, candidate.limit, bytes, started.elapsed());
                    let kept = current.keep(checksum);
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
            if failure.local && !failure.is_of_the_settings() {
                return Err(job.failed_here(failure));
            }
            if !matches!(failure.kind, FailureKind::NotFound | FailureKind::Denied) {
                net.slots.failed(&candidate.host, candidate.limit);
            }
            candidate.alive = !candidate.is_file() && !failure.local && origin.terms.tries.again(&failure);
            pause = pause.max(rest(origin.terms.tries.backoff(net, round), &failure));
            let place = candidate.shown();
            job.tell(&place, &failure);
            attempts.push(failure.attempt(&place));
            if failure.local {
                return Err(DownloadError::tried(job.target, job.role, attempts));
            }
        }
    }
    Err(DownloadError::tried(job.target, job.role, attempts))
}

/// Returns how long to wait before the server is asked again.
fn rest(backoff: Duration, failure: &Failure) -> Duration {
    let asked_for = failure.retry_after.unwrap_or_default().min(MAX_PAUSE);
    let own = if failure.calls_for_a_pause() { backoff } else { Duration::ZERO };
    asked_for.max(own.min(MAX_PAUSE))
}

/// How often a file is tried to be had where there are fewer mirrors than that.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tries {
    /// librepo's rule: patient with servers, more so with the list of mirrors.
    Usual(u32),
    /// As the repository says, for every file, with short pauses.
    Told(u32),
}

impl Tries {
    fn of(net: &Net, options: &RepoOptions) -> Self {
        if options.max_tries == 0 { Tries::Usual(net.tries) } else { Tries::Told(options.max_tries) }
    }

    fn of_role(self, role: Role) -> u32 {
        match self {
            Tries::Usual(tries) if matches!(role, Role::Mirrors { .. }) => tries * LIST_FACTOR,
            Tries::Usual(tries) | Tries::Told(tries) => tries,
        }
    }

    /// Tells whether the same URL may do better the next time.
    fn again(self, failure: &Failure) -> bool {
        match self {
            Tries::Usual(_) => true,
            // Who says how often means connections that break, not servers that have said what they have.
            Tries::Told(_) => match failure.status {
                Some(status) => status >= 500,
                None => !matches!(failure.kind, FailureKind::Size | FailureKind::Checksum),
            },
        }
    }

    /// Returns the pause before a busy server is asked again.
    fn backoff(self, net: &Net, round: u32) -> Duration {
        match self {
            // A list is asked for more often than other files, but nobody waits longer for it: librepo does not at all.
            Tries::Usual(tries) if round + 1 >= tries => Duration::ZERO,
            Tries::Usual(_) => net.backoff * 2_u32.saturating_pow(round),
            Tries::Told(_) => net.backoff,
        }
    }
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
        let site = Site { dest: &self.dest, partial: self.partial.as_deref() };
        let sink = Sink::new(site, self.expect.clone(), self.observer.take(), self.meter.clone());
        sink.map_err(|error| DownloadError::io(&self.target, &self.dest, &error))
    }

    fn failed_here(self, failure: Failure) -> DownloadError {
        let reason = match failure.kind {
            FailureKind::Io => format!("{}: {}", self.dest.display(), failure.reason),
            _ => failure.reason,
        };
        DownloadError::new(self.target, failure.kind, reason)
    }

    fn tell(&self, place: &str, failure: &Failure) {
        let id = self.meter.as_ref().map(|meter| meter.id());
        let (fault, reason) = (failure.fault.clone(), failure.reason.clone());
        self.messages.send(Message::MirrorFailed { id, url: failure.at(place), fault, reason });
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
    let candidate = |mirror: usize, url: Result<Url, Malformed>, host: String| {
        // Files of this machine are not a matter of politeness.
        let limit = if host.is_empty() { usize::MAX } else { origin.per_host };
        Candidate { mirror, url, host, limit, alive: true }
    };
    match place {
        Place::Below(href) => {
            let mirrors = origin.mirrors.iter().enumerate();
            mirrors.map(|(index, mirror)| candidate(index, mirror.join(href), mirror.host.clone())).collect()
        }
        Place::At(url) => {
            let host = Mirror::new(url.as_str()).map(|mirror| mirror.host).unwrap_or_default();
            vec![candidate(0, Ok(url.clone()), host)]
        }
    }
}

/// Takes the best pending candidate out that has a free slot: hosts that did well before others, then the order of the
/// list.
async fn choose(net: &Net, candidates: &[Candidate], pending: &mut Vec<usize>) -> Option<(usize, Slot)> {
    let best_first = || {
        let standing = |at: usize| net.slots.standing(&candidates[at].host, candidates[at].limit);
        let mut order: Vec<_> = pending.iter().map(|at| (standing(*at), *at)).collect();
        order.sort_unstable();
        if order.first().is_some_and(|(best, _)| !best.is_out_of_order()) {
            order.retain(|(standing, _)| !standing.is_out_of_order());
        }
        order.into_iter().map(|(_, at)| (at, candidates[at].host.as_str(), candidates[at].limit))
    };
    let (at, slot) = net.slots.take(best_first).await?;
    pending.retain(|other| *other != at);
    Some((at, slot))
}
