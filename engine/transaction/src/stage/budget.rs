//! How much may be staged ahead.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bounds of what waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Open files.
    pub files: usize,
    /// Bytes of contents of elements whose turn has not come.
    pub bytes: u64,
}

/// Counts staged files and whose turn it is.
///
/// The element in turn has a reserve, so that those ahead of it cannot starve it.
pub(crate) struct Budget {
    state: Mutex<State>,
    changed: Condvar,
    limits: Limits,
}

#[derive(Default)]
struct State {
    files: usize,
    bytes: u64,
    turn: usize,
    waiting: usize,
    closed: bool,
}

impl Budget {
    /// Starts with the turn of the first element.
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Budget { state: Mutex::default(), changed: Condvar::new(), limits })
    }

    fn reserve(&self) -> usize {
        (self.limits.files / 4).max(8)
    }

    /// Tells whether so many files are open that those of the element in turn must get names, and give their descriptors
    /// back, before all of them are there.
    pub(crate) fn is_tight(&self) -> bool {
        self.lock().files > self.limits.files + self.reserve() / 2
    }

    /// Waits until an element may stage one more file; none when everything is over.
    pub(crate) fn take(self: &Arc<Self>, element: usize, bytes: u64) -> Option<Permit> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let fits = if element <= state.turn {
                state.files < self.limits.files + self.reserve()
            } else {
                state.files < self.limits.files && state.bytes.saturating_add(bytes) <= self.limits.bytes
            };
            if fits {
                break;
            }
            state = self.wait(state);
        }
        state.files += 1;
        state.bytes += bytes;
        Some(Permit { budget: Arc::clone(self), bytes })
    }

    /// Waits until it is the turn of an element; returns whether it was not before.
    pub(crate) fn wait_for_turn(&self, element: usize) -> bool {
        let mut state = self.lock();
        let early = element > state.turn;
        while element > state.turn && !state.closed {
            state = self.wait(state);
        }
        early && !state.closed
    }

    /// Says whose turn it is now.
    pub(crate) fn set_turn(&self, element: usize) {
        self.lock().turn = element;
        self.changed.notify_all();
    }

    /// Makes every waiting and later [`Budget::take`] return nothing.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn give_back(&self, bytes: u64) {
        let mut state = self.lock();
        state.files -= 1;
        state.bytes -= bytes;
        let waiting = state.waiting > 0;
        drop(state);
        if waiting {
            self.changed.notify_all();
        }
    }

    fn wait<'s>(&self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        state.waiting += 1;
        let mut state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one staged file, until dropped.
pub(crate) struct Permit {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_element_in_turn_gets_the_reserve() {
        let budget = Budget::new(Limits { files: 40, bytes: 1000 });
        let ahead: Vec<_> = (0..40).map(|_| budget.take(1, 10).expect("open")).collect();
        let own: Vec<_> = (0..10).map(|_| budget.take(0, 5000).expect("open")).collect();
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| sender.send(budget.take(1, 10).is_some()));
            assert!(receiver.recv_timeout(std::time::Duration::from_millis(50)).is_err(), "it has to wait");
            drop(own);
            assert!(receiver.recv_timeout(std::time::Duration::from_millis(50)).is_err(), "bytes are bounded, too");
            budget.set_turn(1);
            assert_eq!(receiver.recv(), Ok(true));
            scope.spawn(|| sender.send(budget.take(2, 10).is_some()));
            budget.close();
            assert_eq!(receiver.recv(), Ok(false));
        });
        drop(ahead);
        assert!(!budget.wait_for_turn(7), "nobody waits when everything is over");
    }
}
