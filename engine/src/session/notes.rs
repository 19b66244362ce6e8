//! What the log says of mistakes in configuration files: dnf5's words, and behind them the file and line, which dnf5
//! does not tell.

use std::io;
use std::path::Path;

use oxidnf_core::conf::ValueError;
use oxidnf_repo::config::ConfigNote as RepoNote;

use crate::config::ConfigNote;
use crate::log::Level;

/// Returns level and text for a note about the main configuration.
pub(super) fn main_option(note: &ConfigNote) -> (Level, String) {
    match note {
        ConfigNote::UnknownOption { path, section, line, key } => unknown(section, key, path, *line),
        ConfigNote::BadValue { path, section, line, key, error } => bad_value(section, key, error, path, *line),
        ConfigNote::OldPlace { path } => (Level::Warning, old_place(path)),
    }
}

/// Returns the sentence about a file of `automatic` in its old place.
fn old_place(path: &Path) -> String {
    format!("Configuration file \"{}\" is in its old place; the new one is /etc/dnf/automatic.conf", path.display())
}

/// Returns level and text for a note about a repository.
pub(super) fn repository(note: &RepoNote) -> (Level, String) {
    match note {
        RepoNote::UnknownOption { path, section, key, line } => unknown(section, key, path, *line),
        RepoNote::BadValue { path, section, key, line, error } => bad_value(section, key, error, path, *line),
        RepoNote::Duplicate { id, path } => (
            Level::Error,
            format!(
                "Failed to create repo \"{id}\": Id is present more than once in the configuration{}",
                place(path, None)
            ),
        ),
        RepoNote::NoName { id, path } => (
            Level::Debug,
            format!("Repo \"{id}\" is missing name in configuration file \"{}\", using id.", path.display()),
        ),
    }
}

/// dnf5 ignores unknown options without a word; often they are mistyped, so they are noted below the warnings.
/// Returns the text about a file of a variable that cannot be read.
pub(super) fn unreadable_variable(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    let reason = crate::error::numbered(error);
    format!("Cannot load variable from file \"{path}\": error reading a line from file: {reason} [{path}]")
}

fn unknown(section: &str, key: &str, path: &Path, line: usize) -> (Level, String) {
    (Level::Notice, format!("Unknown option in section \"{section}\" key \"{key}\"{}", place(path, Some(line))))
}

fn bad_value(section: &str, key: &str, error: &ValueError, path: &Path, line: usize) -> (Level, String) {
    let error = error.to_string();
    let mut chars = error.chars();
    let error: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    let place = place(path, Some(line));
    (Level::Warning, format!("Config error in section \"{section}\" key \"{key}\": {error}{place}"))
}

fn place(path: &Path, line: Option<usize>) -> String {
    let line = line.map(|line| format!(" line {line}")).unwrap_or_default();
    format!(" (file \"{}\"{line})", path.display())
}
