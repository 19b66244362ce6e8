//! The only place that reads the environment of the process.

use std::ffi::OsString;
use std::path::PathBuf;

/// What the environment says, read once at the start.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `DNF5_FORCE_COLUMNS` or `FORCE_COLUMNS`.
    pub columns: Option<usize>,
    /// `DNF5_FORCE_INTERACTIVE` is set to something that is not a no.
    pub force_interactive: bool,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// All variables, for what the engine takes from them (`DNF_VAR_*`, `DNF0`…`DNF9`, `*_proxy`, `XDG_*`, …).
    pub variables: Vec<(OsString, OsString)>,
    /// The directory in which the program was started.
    pub current_dir: PathBuf,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn of_process() -> Self {
        let variables: Vec<_> = std::env::vars_os().collect();
        let find = |name: &str| {
            let found = variables.iter().find(|(key, _)| key == name);
            found.and_then(|(_, value)| value.to_str()).filter(|value| !value.is_empty())
        };
        let columns = find("DNF5_FORCE_COLUMNS").or_else(|| find("FORCE_COLUMNS"));
        Environment {
            columns: columns.and_then(|text| text.parse().ok()).filter(|columns| *columns > 0),
            force_interactive: find("DNF5_FORCE_INTERACTIVE").is_some_and(|text| text != "0"),
            no_color: find("NO_COLOR").is_some(),
            current_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            variables,
        }
    }

    /// Returns a variable that is set and valid UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.to_str())
    }
}
