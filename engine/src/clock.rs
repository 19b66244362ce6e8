//! The only place that asks what time it is.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Measures the parts of something for the log.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    lap: Instant,
    line: String,
}

impl Stopwatch {
    /// Starts the first part.
    pub(crate) fn start() -> Self {
        Stopwatch { lap: Instant::now(), line: "times:".to_owned() }
    }

    /// Ends a part and starts the next one.
    pub(crate) fn lap(&mut self, part: &str) {
        let taken = self.lap.elapsed();
        self.add(part, taken);
        self.lap = Instant::now();
    }

    /// Adds a part that somebody else has measured.
    pub(crate) fn add(&mut self, part: &str, taken: Duration) {
        self.line.push_str(&format!(" {part} {:.4}", taken.as_secs_f64()));
    }

    /// Returns all parts with their seconds, as one line.
    pub(crate) fn line(&self) -> &str {
        &self.line
    }
}

/// Tells the time; a fixed one can be handed in, which makes runs reproducible.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clock {
    /// `SOURCE_DATE_EPOCH`: no time that is recorded may be later.
    limit: Option<i64>,
}

impl Clock {
    /// Makes a clock whose recorded times never pass `limit`.
    pub const fn limited(limit: Option<i64>) -> Self {
        Clock { limit }
    }

    /// Returns the seconds since 1970.
    pub fn now(self) -> i64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
    }

    /// Returns the time to write into databases: now, but not after the limit.
    pub fn recorded(self) -> i64 {
        self.limit.map_or_else(|| self.now(), |limit| self.now().min(limit))
    }

    /// Tells whether a limit is set, in which case dnf5 also sorts what it writes.
    pub const fn is_limited(self) -> bool {
        self.limit.is_some()
    }
}

/// Returns the seconds since 1970, for rooms that take a function.
pub fn unix_time() -> u64 {
    Clock::default().now().unsigned_abs()
}
