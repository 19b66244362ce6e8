//! What is compared, one module an axis. Each returns the two sides as lines, so that a difference is a short diff.

pub mod history;
pub mod rpmdb;
pub mod state;
pub mod text;
pub mod tree;

use similar::TextDiff;

/// Returns a short unified diff of two texts, or `None` when they are equal.
pub fn diff(title: &str, real: &str, ours: &str) -> Option<String> {
    if real == ours {
        return None;
    }
    let diff = TextDiff::from_lines(real, ours);
    let text = diff.unified_diff().context_radius(1).header("dnf5", "oxidnf").to_string();
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines.iter().take(60).copied().collect::<Vec<_>>().join("\n");
    let more = lines.len().saturating_sub(60);
    let tail = if more > 0 { format!("\n… {more} more lines") } else { String::new() };
    Some(format!("== {title} differs ==\n{shown}{tail}\n"))
}
