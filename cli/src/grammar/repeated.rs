//! Options that may be said again, but not with something else.

use clap::Command;

use super::UsageError;
use super::globals::split_words;

/// The options, and what dnf5 calls them in its complaint.
// witness: compat-tests/tests/arguments.rs::options_said_twice
const ONCE: [(&str, &str); 3] =
    [("from-repo", "--from_repo"), ("from-vendor", "--from_vendor"), ("installed-from-repo", "--installed-from_repo")];

/// Tells whether an option of a command has been given with this value already; `options` are those of the command so
/// far. An empty value that was given before is forgotten.
///
/// Fails when it was given with another value. In `do` the options are about what stands behind them, and the last one
/// counts.
pub(super) fn said_before(
    command: &Command,
    long: &str,
    value: &str,
    options: &mut Vec<String>,
) -> Result<bool, UsageError> {
    let Some((_, called)) = ONCE.iter().find(|(name, _)| *name == long && command.get_name() != "do") else {
        return Ok(false);
    };
    let head = format!("--{long}=");
    let words = |value: &str| split_words(&[value.to_owned()]);
    let Some(at) = options.iter().position(|option| option.starts_with(&head)) else { return Ok(false) };
    let before = words(&options[at][head.len()..]);
    if before.is_empty() {
        options.remove(at);
        return Ok(false);
    }
    if before == words(value) {
        return Ok(true);
    }
    Err(UsageError::Other(format!("\"{called}\" already defined with different value")))
}
