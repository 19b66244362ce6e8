//! Progress of downloads, told often enough.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use oxidnf_core::event::TaskId;

use super::message::{Message, Messages};

/// Bars are redrawn far less often than bytes arrive.
const REPORT_EVERY: Duration = Duration::from_millis(40);

/// A progress bar that one or several downloads move.
pub(super) struct Meter {
    id: TaskId,
    messages: Messages,
    done: AtomicU64,
    total: AtomicU64,
    /// Whether the amount of work was known from the start.
    fixed: bool,
    last: Mutex<Instant>,
}

impl Meter {
    /// Makes a bar; `size` is the amount of work that was announced with it, if it was.
    pub(super) fn new(id: TaskId, messages: Messages, size: Option<u64>) -> Self {
        let (done, total) = (AtomicU64::new(0), AtomicU64::new(size.unwrap_or(0)));
        Meter { id, messages, done, total, fixed: size.is_some(), last: Mutex::new(Instant::now()) }
    }

    pub(super) fn id(&self) -> TaskId {
        self.id
    }

    pub(super) fn grow(&self, length: u64) {
        if self.fixed {
            return;
        }
        let total = self.total.fetch_add(length, Ordering::Relaxed) + length;
        self.messages.send(Message::Total { id: self.id, total });
    }

    /// Says that there is a connection, if nothing is known of the amount of work yet.
    pub(super) fn connected(&self) {
        if self.fixed {
            return;
        }
        let total = self.total.load(Ordering::Relaxed);
        self.messages.send(Message::Total { id: self.id, total });
    }

    /// Tells again how far it is, for a bar that begins anew.
    pub(super) fn repeat(&self) {
        self.messages.send(Message::Total { id: self.id, total: self.total.load(Ordering::Relaxed) });
        self.messages.send(Message::Advanced { id: self.id, done: self.done.load(Ordering::Relaxed) });
    }

    /// Moves the bar by the difference between two counts of a download.
    pub(super) fn advance(&self, before: u64, now: u64, urgent: bool) {
        // Wrapping arithmetic makes one addition of both directions.
        let change = now.wrapping_sub(before);
        let done = self.done.fetch_add(change, Ordering::Relaxed).wrapping_add(change);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if urgent || last.elapsed() >= REPORT_EVERY {
            *last = Instant::now();
            self.messages.send(Message::Advanced { id: self.id, done });
        }
    }
}
