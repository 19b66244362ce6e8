//! How much may be staged ahead.

use std::collections::HashMap;
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
    /// What was set aside for whole elements, and not taken yet.
    set_aside: HashMap<usize, Limits>,
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

    /// Sets aside what a whole element needs, so that nothing of it has to wait; false where that is too much.
    ///
    /// Three quarters are the most, as those in order want to be ahead, too.
    pub(crate) fn set_aside(&self, element: usize, needs: Limits) -> bool {
        let mut state = self.lock();
        let (files, bytes) = (state.files.saturating_add(needs.files), state.bytes.saturating_add(needs.bytes));
        let fits = files <= self.limits.files / 4 * 3 && bytes <= self.limits.bytes / 4 * 3;
        if fits && !state.closed {
            (state.files, state.bytes) = (files, bytes);
            state.set_aside.insert(element, needs);
        }
        fits
    }

    /// Gives back what was set aside and not needed.
    pub(crate) fn is_complete(&self, element: usize) {
        let rest = self.lock().set_aside.remove(&element);
        if let Some(Limits { files, bytes }) = rest {
            self.give_back(files, bytes);
        }
    }

    /// Waits until an element may stage one more file; none when everything is over.
    pub(crate) fn take(self: &Arc<Self>, element: usize, bytes: u64) -> Option<Permit> {
        let mut state = self.lock();
        if let Some(rest) = state.set_aside.get_mut(&element)
            && rest.files > 0
            && rest.bytes >= bytes
        {
            (rest.files, rest.bytes) = (rest.files - 1, rest.bytes - bytes);
            return (!state.closed).then(|| Permit { budget: Arc::clone(self), bytes });
        }
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

    fn give_back(&self, files: usize, bytes: u64) {
        let mut state = self.lock();
        state.files -= files;
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
        self.budget.give_back(1, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_aside_never_waits() {
        let budget = Budget::new(Limits { files: 40, bytes: 1000 });
        assert!(!budget.set_aside(5, Limits { files: 31, bytes: 1 }), "more than three quarters");
        assert!(budget.set_aside(5, Limits { files: 2, bytes: 700 }));
        let rest: Vec<_> = (0..3).map(|_| budget.take(1, 100).expect("open")).collect();
        let own = budget.take(5, 600).expect("it is set aside, although everything is taken now");
        budget.is_complete(5);
        let ahead = budget.take(1, 50).expect("what was not needed came back");
        drop((rest, own, ahead));
        let state = budget.lock();
        assert_eq!((state.files, state.bytes), (0, 0));
    }

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
