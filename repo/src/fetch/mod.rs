//! Downloads: repositories and packages, over HTTP or from the file system.
//!
//! This is the only asynchronous room. Tasks run on a private runtime whose threads also digest what they receive; the
//! thread that called waits, and it alone talks to the reporter and asks questions.

mod ahead;
mod client;
mod company;
mod connector;
mod digest;
mod error;
mod existing;
mod failure;
mod fastest;
mod job;
mod keys;
mod limits;
mod message;
mod meter;
mod observer;
mod packages;
mod proxy;
mod reachable;
mod signature;
mod sink;
mod socks;
mod sync;
mod tls;
mod transfer;
mod tunnel;
mod unfinished;
mod update;
pub mod url;
mod xattr;

use std::sync::Arc;
use std::time::Duration;

use oxidnf_core::event::{GivenUp, Reporter, TaskId};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use error::{Attempt, DownloadError, FailureKind, RepoError, RepoFault, Role, SetupError, SourceText};
pub use limits::CancelToken;
pub use message::{KeyOffer, KeyPrompt, RefuseKeys};
pub use observer::{Observer, PackageObserver};
pub use packages::{CopyOptions, Place, Wanted};
pub use proxy::ProxyEnvironment;
pub use reachable::wait_for_network;
pub use sink::Fetched;
pub use sync::{base_locations, from_cache};

pub(crate) use ahead::Ahead;
use client::Clients;
use job::Net;
use limits::Slots;
use message::{Message, Messages, Teller};
use packages::Stop;

/// How often the calling thread looks whether it is to stop.
const TICK: Duration = Duration::from_millis(100);

/// Settings of a [`Fetcher`] that are not a repository's.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// Most downloads at a time, over all repositories.
    pub max_parallel_downloads: usize,
    /// How often a file is tried to be had; every mirror is tried once, however many there are.
    pub tries: u32,
    /// Pause before a busy server is asked again; each further one is twice as long.
    pub backoff: Duration,
    /// Stops the downloads.
    pub cancel: CancelToken,
    /// Proxies of the environment.
    pub environment: ProxyEnvironment,
    /// Threads that receive and digest.
    pub workers: usize,
}

impl Default for FetchOptions {
    fn default() -> Self {
        FetchOptions {
            max_parallel_downloads: 3,
            // librepo's number.
            tries: 4,
            backoff: Duration::from_millis(100),
            cancel: CancelToken::default(),
            environment: ProxyEnvironment::default(),
            workers: std::thread::available_parallelism().map_or(2, |count| count.get().min(4)),
        }
    }
}

/// Brings repositories and packages to the cache.
///
/// Connections are kept open between calls, so one fetcher should serve a whole run.
pub struct Fetcher<'a> {
    runtime: Runtime,
    net: Arc<Net>,
    cancel: CancelToken,
    reporter: &'a dyn Reporter,
    prompt: &'a dyn KeyPrompt,
}

impl<'a> Fetcher<'a> {
    /// Starts the runtime; keys are refused until [`Fetcher::with_prompt`] says otherwise.
    pub fn new(options: FetchOptions, reporter: &'a dyn Reporter) -> Result<Self, SetupError> {
        let FetchOptions { max_parallel_downloads, tries, backoff, cancel, environment, workers } = options;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers.max(1))
            .thread_name("oxidnf-fetch")
            .enable_all()
            .build()?;
        let net = Net {
            clients: Arc::new(Clients::new(environment)),
            slots: Slots::new(max_parallel_downloads),
            tries: tries.max(1),
            backoff,
            readers: Semaphore::new(workers.max(1)),
        };
        Ok(Fetcher { runtime, net: Arc::new(net), cancel, reporter, prompt: &RefuseKeys })
    }

    /// Sets who decides about keys for the signatures of repositories.
    #[must_use]
    pub fn with_prompt(mut self, prompt: &'a dyn KeyPrompt) -> Self {
        self.prompt = prompt;
        self
    }

    /// Runs tasks to their end and returns their results in order; `None` for those that were cancelled.
    ///
    /// Tasks that listen to `stop` are told to end by themselves.
    fn run<T, F>(
        &self,
        total: Option<TaskId>,
        stop: Option<&Stop>,
        make: impl FnOnce(&Messages) -> Vec<F>,
    ) -> Vec<Option<T>>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (messages, mut inbox) = Messages::new();
        let mut teller = Teller::new(self.reporter, self.prompt, total);
        let listening = self.cancel.listen();
        let asks = |message: &Message| matches!(message, Message::OfferKey { .. });
        let futures = make(&messages);
        drop(messages);
        let mut results: Vec<Option<T>> = futures.iter().map(|_| None).collect();
        self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for (index, future) in futures.into_iter().enumerate() {
                tasks.spawn(async move { (index, future.await) });
            }
            let mut tick = tokio::time::interval(TICK);
            loop {
                tokio::select! {
                    biased;
                    Some(message) = inbox.recv() => {
                        if asks(&message) {
                            listening.paused(|| teller.tell(message));
                        } else {
                            teller.tell(message);
                        }
                    },
                    ended = tasks.join_next() => match ended {
                        Some(Ok((index, result))) => results[index] = Some(result),
                        // Cancelled below; its result stays empty.
                        Some(Err(_)) => {}
                        None => break,
                    },
                    _ = tick.tick() => {
                        if self.cancel.is_cancelled() {
                            match stop {
                                Some(stop) => stop.now(GivenUp::Interrupted),
                                None => tasks.abort_all(),
                            }
                        }
                    }
                }
            }
            // What the tasks said last.
            while let Ok(message) = inbox.try_recv() {
                teller.tell(message);
            }
        });
        results
    }
}

impl std::fmt::Debug for Fetcher<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}
