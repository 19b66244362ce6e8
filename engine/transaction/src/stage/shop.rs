//! The threads that stage, and how work comes to them.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;

use zstd::zstd_safe::DCtx;

use super::budget::{Budget, Limits};
use super::nursery::Nurseries;
use super::reader::{Reading, Staging, Task, read};
use super::{Feed, Job};
use crate::payload::block::BlockPool;

/// Stages payloads in the order of the elements, several at a time.
///
/// Every thread takes the next payload; those that find none help the others with big ones. A payload so big that the
/// one who commits would have to wait for it alone is begun before its turn.
pub(crate) struct Shop<'r> {
    pub(super) budget: Arc<Budget>,
    pub(super) pool: Arc<BlockPool>,
    pub(super) nurseries: Nurseries<'r>,
    state: Mutex<State>,
    changed: Condvar,
    threads: usize,
}

/// Payloads with more than this share of all bytes are big: a divisor, for each thread.
const BIG_SHARE: u64 = 8;
/// Bytes below which none is big.
const LEAST_BIG: u64 = 8 << 20;

struct State {
    waiting: VecDeque<Reading>,
    /// Elements with big payloads, the biggest last, and what they need.
    big: Vec<(usize, Limits)>,
    /// Big payloads that are read before their turn.
    early: usize,
    tasks: VecDeque<Task>,
    idle: usize,
    closed: bool,
}

enum Work {
    Read(Reading),
    ReadEarly(Reading),
    Help(Task),
}

impl<'r> Shop<'r> {
    /// Makes a shop without threads; `memory` bounds the unpacked bytes that wait between two threads.
    pub(crate) fn new(budget: Arc<Budget>, nurseries: Nurseries<'r>, memory: usize, threads: usize) -> Self {
        let (waiting, tasks) = (VecDeque::new(), VecDeque::new());
        let state = State { waiting, big: Vec::new(), early: 0, tasks, idle: 0, closed: false };
        let pool = BlockPool::new(memory, threads);
        Shop { budget, pool, nurseries, state: Mutex::new(state), changed: Condvar::new(), threads }
    }

    /// Starts staging; returns the receiving ends in the order of the jobs.
    ///
    /// The one who consumes tells the budget whose turn it is, and closes the shop.
    pub(crate) fn open<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        jobs: Vec<Job>,
        threads: usize,
    ) -> Vec<Feed> {
        let threads = threads.min(jobs.len().max(1));
        let mut feeds = Vec::with_capacity(jobs.len());
        for (element, job) in jobs.into_iter().enumerate() {
            let (sender, messages): (_, Receiver<_>) = mpsc::channel();
            let Job { open, table, wanted, digests, caps } = job;
            let staging = Arc::new(Staging::new(element, table, digests, caps, sender));
            feeds.push(Feed { messages, staging: Arc::clone(&staging) });
            self.lock().waiting.push_back(Reading { open, wanted, staging });
        }
        self.find_big(threads);
        // A lone payload still wants somebody to write while it is decompressed.
        for _ in 0..threads.max(2) {
            scope.spawn(|| {
                let mut zstd = DCtx::create();
                while let Some(work) = self.next() {
                    match work {
                        Work::Read(reading) => read(self, reading, &mut zstd),
                        Work::ReadEarly(reading) => {
                            read(self, reading, &mut zstd);
                            self.lock().early -= 1;
                        }
                        Work::Help(task) => task.run(self),
                    }
                }
            });
        }
        feeds
    }

    /// Lists the payloads that are worth to be begun early.
    fn find_big(&self, threads: usize) {
        let mut state = self.lock();
        let needs = |reading: &Reading| (reading.element(), reading.needs());
        let mut big: Vec<(usize, Limits)> = state.waiting.iter().map(needs).collect();
        let total = big.iter().fold(0_u64, |total, (_, needs)| total.saturating_add(needs.bytes));
        let least = (total / (threads as u64 * BIG_SHARE)).max(LEAST_BIG);
        big.retain(|(_, needs)| needs.bytes >= least);
        big.sort_by_key(|(element, needs)| (needs.bytes, std::cmp::Reverse(*element)));
        state.big = big;
    }

    /// Takes the biggest payload, if enough threads go on in order and it never has to wait for its turn.
    ///
    /// One that did could keep a thread from the element in turn.
    fn take_big(&self, state: &mut State) -> Option<Reading> {
        if state.early + 1 >= self.threads {
            return None;
        }
        let (element, needs) = *state.big.last()?;
        let place = state.waiting.binary_search_by_key(&element, Reading::element);
        // The next one anyway needs nothing set aside; one that is gone was in order.
        let Some(place) = place.ok().filter(|place| *place > 0) else {
            state.big.pop();
            return None;
        };
        if !self.budget.set_aside(element, needs) {
            return None;
        }
        state.big.pop();
        state.early += 1;
        state.waiting.remove(place)
    }

    /// Ends everything: who waits is woken, what is read is given up.
    pub(crate) fn close(&self) {
        self.budget.close();
        self.pool.close();
        let mut state = self.lock();
        state.closed = true;
        state.waiting.clear();
        drop(state);
        self.changed.notify_all();
    }

    /// Gives a task to a thread that has nothing to do; back if there is none.
    pub(super) fn offer(&self, task: Task) -> Result<(), Task> {
        let mut state = self.lock();
        if state.tasks.len() >= state.idle {
            return Err(task);
        }
        state.tasks.push_back(task);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Tells whether somebody has nothing to do.
    pub(super) fn has_idle(&self) -> bool {
        let state = self.lock();
        state.tasks.len() < state.idle
    }

    fn next(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            // Offered tasks first: somebody reads, and waits for them at the end of a payload.
            if let Some(task) = state.tasks.pop_front() {
                return Some(Work::Help(task));
            }
            if let Some(reading) = self.take_big(&mut state) {
                return Some(Work::ReadEarly(reading));
            }
            if let Some(reading) = state.waiting.pop_front() {
                return Some(Work::Read(reading));
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
