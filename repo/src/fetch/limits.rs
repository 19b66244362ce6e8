//! How much may go on at once: downloads in all and from one host, and bytes per second.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
    hosts: Mutex<HashMap<String, Host>>,
}

struct Host {
    slots: Arc<Semaphore>,
    /// Failures since the last success.
    failures: u32,
}

/// The right to download something; ends when dropped.
pub(super) struct Slot {
    _host: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Slots {
    pub(super) fn new(all: usize) -> Self {
        Slots { all: Arc::new(Semaphore::new(all.clamp(1, Semaphore::MAX_PERMITS))), hosts: Mutex::default() }
    }

    fn host<T>(&self, name: &str, limit: usize, f: impl FnOnce(&mut Host) -> T) -> T {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get_mut(name) {
            return f(host);
        }
        let slots = Arc::new(Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS)));
        f(hosts.entry(name.to_owned()).or_insert(Host { slots, failures: 0 }))
    }

    /// Takes a slot of the host if it has one free, and then waits for one of all.
    pub(super) async fn try_take(&self, name: &str, limit: usize) -> Option<Slot> {
        let host = self.host(name, limit, |host| Arc::clone(&host.slots)).try_acquire_owned().ok()?;
        self.complete(host).await
    }

    /// Waits for a slot of the host, and then for one of all.
    ///
    /// In this order, a download that waits for a busy host does not keep those from other hosts waiting.
    pub(super) async fn take(&self, name: &str, limit: usize) -> Option<Slot> {
        let host = self.host(name, limit, |host| Arc::clone(&host.slots)).acquire_owned().await.ok()?;
        self.complete(host).await
    }

    async fn complete(&self, host: OwnedSemaphorePermit) -> Option<Slot> {
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Slot { _host: host, _all: all })
    }

    /// Returns how often the host failed since it last did well.
    pub(super) fn failures(&self, name: &str, limit: usize) -> u32 {
        self.host(name, limit, |host| host.failures)
    }

    pub(super) fn succeeded(&self, name: &str, limit: usize) {
        self.host(name, limit, |host| host.failures = 0);
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
