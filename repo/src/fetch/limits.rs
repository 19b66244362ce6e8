//! How much may go on at once: downloads in all and from one host, and bytes per second.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Asks a run to stop.
///
/// Setting it is one store to memory, so a signal handler may do it. It is looked at ten times a second, but only while
/// something is fetched.
#[derive(Debug, Clone)]
pub struct CancelToken {
    asked: Arc<AtomicBool>,
    unheard: Arc<AtomicBool>,
}

impl Default for CancelToken {
    fn default() -> Self {
        CancelToken { asked: Arc::default(), unheard: Arc::new(AtomicBool::new(true)) }
    }
}

impl CancelToken {
    /// Asks everything that uses this token to stop.
    pub fn cancel(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Tells whether [`CancelToken::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Returns the flag itself, for signal handlers that set it.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.asked)
    }

    /// Returns a flag that is true as long as nobody looks at the token, and a signal had better end the process.
    pub fn unheard(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.unheard)
    }

    /// Says that the token is looked at as long as the result lives.
    pub(super) fn listen(&self) -> Listening<'_> {
        self.unheard.store(false, Ordering::SeqCst);
        Listening(self)
    }
}

/// Somebody looks at a token.
pub(super) struct Listening<'t>(&'t CancelToken);

impl Listening<'_> {
    /// Does something during which nobody looks, such as waiting for a person.
    pub(super) fn paused<T>(&self, f: impl FnOnce() -> T) -> T {
        self.0.unheard.store(true, Ordering::SeqCst);
        let result = f();
        self.0.unheard.store(false, Ordering::SeqCst);
        result
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.0.unheard.store(true, Ordering::SeqCst);
    }
}

/// Spreads downloads over hosts.
pub(super) struct Slots {
    all: Arc<Semaphore>,
    most: usize,
    hosts: Mutex<HashMap<String, Host>>,
    /// Told whenever a slot of a host becomes free.
    freed: Arc<Notify>,
}

struct Host {
    slots: Arc<Semaphore>,
    /// Failures since the last success.
    failures: u32,
    /// Bytes per second of what it sent lately.
    rate: Option<f64>,
}

/// The right to download something; ends when dropped.
pub(super) struct Slot {
    host: Option<OwnedSemaphorePermit>,
    _all: OwnedSemaphorePermit,
    freed: Arc<Notify>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        drop(self.host.take());
        self.freed.notify_waiters();
    }
}

/// How good a host was so far; the less the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing {
    failures: u32,
    is_slow: bool,
}

/// A host that failed so often in a row is out of order: it is left alone as long as there is another one.
const OUT_OF_ORDER: u32 = 3;

impl Standing {
    pub(super) fn is_out_of_order(self) -> bool {
        self.failures >= OUT_OF_ORDER
    }
}

/// A host is slow that brings less than this part of what the best one brings.
const SLOW_PART: f64 = 8.0;

impl Slots {
    pub(super) fn new(all: usize) -> Self {
        let most = all.clamp(1, Semaphore::MAX_PERMITS);
        Slots { all: Arc::new(Semaphore::new(most)), most, hosts: Mutex::default(), freed: Arc::default() }
    }

    /// Returns the most downloads at a time, over all hosts.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    fn host<T>(&self, name: &str, limit: usize, f: impl FnOnce(&mut Host) -> T) -> T {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get_mut(name) {
            return f(host);
        }
        let slots = Arc::new(Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS)));
        f(hosts.entry(name.to_owned()).or_insert(Host { slots, failures: 0, rate: None }))
    }

    /// Waits until one of the hosts has a slot free, the first ones before others; returns its index.
    ///
    /// `hosts` names them with the most downloads that each may serve; it is asked anew each time. A host is chosen
    /// before there is a slot of all, so that who waits for a busy host does not keep those from other hosts waiting.
    pub(super) async fn take<'h, I>(&self, hosts: impl Fn() -> I) -> Option<(usize, Slot)>
    where
        I: Iterator<Item = (usize, &'h str, usize)>,
    {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            let free = hosts().find_map(|(at, name, limit)| {
                let permit = self.host(name, limit, |host| Arc::clone(&host.slots)).try_acquire_owned().ok()?;
                Some((at, permit))
            });
            if let Some((at, host)) = free {
                let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
                return Some((at, Slot { host: Some(host), _all: all, freed: Arc::clone(&self.freed) }));
            }
            freed.await;
        }
    }

    /// Returns how good a host was so far.
    pub(super) fn standing(&self, name: &str, limit: usize) -> Standing {
        let (failures, rate) = self.host(name, limit, |host| (host.failures, host.rate));
        let best = {
            let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            hosts.values().filter(|host| host.failures == 0).filter_map(|host| host.rate).fold(0.0, f64::max)
        };
        Standing { failures, is_slow: rate.is_some_and(|rate| rate * SLOW_PART < best) }
    }

    /// Notes that the host sent so many bytes in so much time.
    pub(super) fn succeeded(&self, name: &str, limit: usize, bytes: u64, time: Duration) {
        let rate = bytes as f64 / time.as_secs_f64().max(1e-6);
        self.host(name, limit, |host| {
            host.failures = 0;
            host.rate = Some(host.rate.map_or(rate, |before| before * 0.7 + rate * 0.3));
        });
    }

    pub(super) fn failed(&self, name: &str, limit: usize) {
        self.host(name, limit, |host| host.failures = host.failures.saturating_add(1));
    }
}

/// Keeps the downloads of a repository together below a rate.
#[derive(Clone)]
pub(super) struct Throttle(Arc<Bucket>);

struct Bucket {
    rate: u64,
    /// When the bytes taken so far are paid for.
    due: Mutex<Instant>,
}

impl Throttle {
    pub(super) fn new(rate: u64) -> Self {
        Throttle(Arc::new(Bucket { rate: rate.max(1), due: Mutex::new(Instant::now()) }))
    }

    /// Waits until as many bytes more have been allowed.
    pub(super) async fn take(&self, bytes: usize) {
        let cost = Duration::from_secs_f64(bytes as f64 / self.0.rate as f64);
        let due = {
            let mut due = self.0.due.lock().unwrap_or_else(PoisonError::into_inner);
            *due = (*due).max(Instant::now()) + cost;
            *due
        };
        tokio::time::sleep_until(due.into()).await;
    }
}
