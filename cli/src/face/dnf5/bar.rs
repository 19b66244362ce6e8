//! One progress line in dnf5's layout.

use std::time::Duration;

use super::columns::{cut, display_width, pad};
use super::units::{size_aligned, time};

/// What a finished or running bar shows.
#[derive(Debug, Clone)]
pub(crate) struct Bar<'a> {
    /// `[1/5] ` or one blank.
    pub(crate) prefix: &'a str,
    /// The package, repository or step.
    pub(crate) description: &'a str,
    /// Amount done.
    pub(crate) done: u64,
    /// Total amount, if known.
    pub(crate) total: Option<u64>,
    /// Amount per second.
    pub(crate) speed: f64,
    /// Time passed, or of a running bar the time that is left.
    pub(crate) time: Duration,
    /// Whether the bar still moves.
    pub(crate) state: BarState,
}

/// Whether a bar still moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BarState {
    /// It does.
    Running,
    /// The work is done.
    Finished,
    /// The work failed.
    Failed,
}

const MINIMUM_DESCRIPTION: usize = 21;
const PERCENT: usize = 5;
const SPEED: usize = 3 + 11;
const SIZE: usize = 3 + 9;
const TIME: usize = 3 + 7;
const GRAPH: usize = 1 + 17;

impl Bar<'_> {
    /// Renders the line for a terminal of `width` columns.
    ///
    /// On a narrow terminal first the graph is left out, then the speed, then the time, then the description shrinks.
    pub(crate) fn render(&self, width: usize) -> String {
        let prefix = display_width(self.prefix);
        let minimum = prefix + MINIMUM_DESCRIPTION;
        let mut tail = PERCENT + SIZE;
        let with_time = minimum + tail + TIME <= width;
        tail += if with_time { TIME } else { 0 };
        let with_speed = with_time && minimum + tail + SPEED <= width;
        tail += if with_speed { SPEED } else { 0 };
        let with_graph = self.state == BarState::Running && with_speed && minimum + tail + GRAPH <= width;
        tail += if with_graph { GRAPH } else { 0 };

        let room = width.saturating_sub(tail + prefix);
        let mut line = format!("{}{}", self.prefix, pad(cut(self.description, room), room, false));
        // A failure whose amount of work was never known.
        let unknown = self.state == BarState::Failed && self.total.is_none();
        if unknown || self.state == BarState::Failed && self.total == Some(0) {
            line.push_str(" ???%");
        } else {
            line.push_str(&format!(" {:3}%", self.percent()));
        }
        if with_graph {
            let marks = (self.percent() as usize * (GRAPH - 3)).div_ceil(100);
            line.push_str(&format!(" [{:<width$}]", "=".repeat(marks), width = GRAPH - 3));
        }
        if with_speed {
            line.push_str(&format!(" | {}/s", size_aligned(self.speed)));
        }
        let size = match self.state {
            _ if unknown => -1.0,
            BarState::Running | BarState::Failed => self.done as f64,
            BarState::Finished => self.total.unwrap_or(0) as f64,
        };
        line.push_str(&format!(" | {}", size_aligned(size)));
        if with_time {
            let sign = if self.state == BarState::Running { "-" } else { " " };
            let time = if unknown { "?     ".to_owned() } else { time(self.time) };
            line.push_str(&format!(" | {sign}{time}"));
        }
        line
    }

    fn percent(&self) -> u64 {
        match self.total {
            None | Some(0) if self.state == BarState::Finished => 100,
            None | Some(0) => 0,
            Some(total) => (u128::from(self.done.min(total)) * 100 / u128::from(total)) as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar<'a>(prefix: &'a str, description: &'a str, total: u64) -> Bar<'a> {
        Bar {
            prefix,
            description,
            done: total,
            total: Some(total),
            speed: 0.0,
            time: Duration::ZERO,
            state: BarState::Finished,
        }
    }

    // witness: `dnf5 -y install` with DNF5_FORCE_COLUMNS set to each width.
    #[test]
    fn looks_like_dnf5_at_each_width() {
        let package = bar("[2/5] ", "a-package-with-a-very-long-name-indeed-0:1.0.20250101.git1234567-1", 7373);
        let repo = bar(" ", "r2", 2458);
        let mut lines = String::new();
        for width in [30, 40, 50, 60, 80, 100] {
            lines.push_str(&format!("{}\n{}\n", package.render(width), repo.render(width)));
        }
        insta::assert_snapshot!(lines, @r"
        [2/5] a-packa 100% |   7.2 KiB
         r2           100% |   2.4 KiB
        [2/5] a-package-with-a- 100% |   7.2 KiB
         r2                     100% |   2.4 KiB
        [2/5] a-package-with-a-very-long- 100% |   7.2 KiB
         r2                     100% |   2.4 KiB |  00m00s
        [2/5] a-package-with-a-very-long- 100% |   7.2 KiB |  00m00s
         r2                               100% |   2.4 KiB |  00m00s
        [2/5] a-package-with-a-very-long-name-i 100% |   0.0   B/s |   7.2 KiB |  00m00s
         r2                                     100% |   0.0   B/s |   2.4 KiB |  00m00s
        [2/5] a-package-with-a-very-long-name-indeed-0:1.0.20250101 100% |   0.0   B/s |   7.2 KiB |  00m00s
         r2                                                         100% |   0.0   B/s |   2.4 KiB |  00m00s
        ");
    }

    #[test]
    fn a_running_bar_has_a_graph() {
        let state = BarState::Running;
        let bar = Bar { done: 50, total: Some(100), speed: 10.0, state, ..bar("[1/2] ", "alpha", 100) };
        insta::assert_snapshot!(bar.render(100), @"[1/2] alpha                                50% [========       ] |  10.0   B/s |  50.0   B | -00m00s");
    }

    // witness: `dnf5 makecache` with a repository that does not exist.
    #[test]
    fn a_failure_without_size() {
        let failed = |total| Bar { state: BarState::Failed, total, ..bar(" ", "x", 0) };
        let lines = format!("{}|\n{}|", failed(None).render(80), failed(Some(0)).render(80));
        insta::assert_snapshot!(lines, @r"
         x                                      ???% |   0.0   B/s |  -1.0   B |  ?     |
         x                                      ???% |   0.0   B/s |   0.0   B |  00m00s|
        ");
    }
}
