//! The only place that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

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
