//! `offline-transaction-state.toml`: what waits for the next boot, and how far it is.

use std::path::{Path, PathBuf};

use oxidnf_core::root::Root;
use toml::{Table, Value};

use crate::state::push_text;

/// Name of the file in the directory `offline` of the system state.
pub(super) const FILE: &str = "offline-transaction-state.toml";
const TABLE: &str = "offline-transaction-state";
const VERSION: i64 = 2;

/// How far an offline transaction is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfflineStatus {
    /// Its packages are being fetched, or were not all fetched.
    DownloadIncomplete,
    /// It can be carried out.
    DownloadComplete,
    /// The next boot carries it out.
    Ready,
    /// It was begun.
    TransactionIncomplete,
    /// Something that this program does not know.
    Other(String),
}

impl OfflineStatus {
    /// Returns dnf5's word.
    pub fn as_str(&self) -> &str {
        match self {
            OfflineStatus::DownloadIncomplete => "download-incomplete",
            OfflineStatus::DownloadComplete => "download-complete",
            OfflineStatus::Ready => "ready",
            OfflineStatus::TransactionIncomplete => "transaction-incomplete",
            OfflineStatus::Other(word) => word,
        }
    }

    fn of_word(word: &str) -> Self {
        let known = [Self::DownloadIncomplete, Self::DownloadComplete, Self::Ready, Self::TransactionIncomplete];
        known.into_iter().find(|status| status.as_str() == word).unwrap_or_else(|| Self::Other(word.to_owned()))
    }
}

/// The file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineState {
    /// How far it is.
    pub status: OfflineStatus,
    /// Cookie of the rpm database that it was decided on.
    pub rpmdb_cookie: String,
    /// The command: `upgrade`, `system-upgrade download`, …
    pub verb: String,
    /// The whole command line.
    pub cmd_line: String,
    /// `$releasever` as it is.
    pub system_releasever: String,
    /// `$releasever` as it was for the decision.
    pub target_releasever: String,
    /// Platform id of modules, or empty.
    pub module_platform_id: String,
    /// The cache directory that was in force.
    pub cachedir: String,
    /// The machine is to be switched off afterwards instead of started again.
    pub poweroff_after: bool,
}

/// A state that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The file cannot be read or written.
    #[error("cannot {operation} {path}: {source}")]
    Io {
        /// `read`, `write`, `remove`, `make`.
        operation: &'static str,
        /// Below the root.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// It is no such file, or one of another version.
    #[error("{reason}")]
    Unreadable {
        /// What is wrong, in dnf5's words where they do not depend on its parser.
        reason: String,
    },
}

impl OfflineState {
    /// Reads the file of a directory below the root; `None` when there is none.
    pub(super) fn read(root: &Root, directory: &Path) -> Result<Option<Self>, OfflineError> {
        let path = directory.join(FILE);
        if !root.exists(&path) {
            return Ok(None);
        }
        let text = root.read_to_string(&path).map_err(|source| OfflineError::Io {
            operation: "read",
            path: path.clone(),
            source,
        })?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| OfflineError::Unreadable {
            reason: format!("{}: {}", path.display(), error.to_string().trim_end()),
        })?;
        Self::of_table(&table).map(Some)
    }

    fn of_table(table: &Table) -> Result<Self, OfflineError> {
        let unreadable = |reason: &str| OfflineError::Unreadable { reason: reason.to_owned() };
        let own = table.get(TABLE).and_then(Value::as_table).ok_or_else(|| unreadable("the table is missing"))?;
        if own.get("state_version").and_then(Value::as_integer) != Some(VERSION) {
            return Err(unreadable("incompatible version of state data"));
        }
        let text = |key: &str| own.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(OfflineState {
            status: OfflineStatus::of_word(&text("status")),
            rpmdb_cookie: text("rpmdb_cookie"),
            verb: text("verb"),
            cmd_line: text("cmd_line"),
            system_releasever: text("system_releasever"),
            target_releasever: text("target_releasever"),
            module_platform_id: text("module_platform_id"),
            cachedir: text("cachedir"),
            poweroff_after: own.get("poweroff_after").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// Writes the file into a directory below the root; it is there as a whole or not at all.
    pub(super) fn write(&self, root: &Root, directory: &Path) -> Result<(), OfflineError> {
        let failed = |operation, path: PathBuf| move |source| OfflineError::Io { operation, path, source };
        root.create_dir_all(directory, 0o755).map_err(failed("make", directory.to_owned()))?;
        let path = directory.join(FILE);
        root.write_atomic(&path, self.render().as_bytes(), 0o644).map_err(failed("write", path.clone()))
    }

    fn render(&self) -> String {
        let text = |value: &str| {
            let mut out = String::new();
            push_text(&mut out, value);
            out
        };
        let fields = [
            ("rpmdb_cookie", text(&self.rpmdb_cookie)),
            ("module_platform_id", text(&self.module_platform_id)),
            ("poweroff_after", self.poweroff_after.to_string()),
            ("verb", text(&self.verb)),
            ("system_releasever", text(&self.system_releasever)),
            ("target_releasever", text(&self.target_releasever)),
            ("cachedir", text(&self.cachedir)),
            ("status", text(self.status.as_str())),
            ("cmd_line", text(&self.cmd_line)),
            ("state_version", VERSION.to_string()),
        ];
        let mut out = format!("[{TABLE}]\n");
        for (key, value) in fields {
            out.push_str(&format!("{key} = {value}\n"));
        }
        out.push('\n');
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // witness: `dnf5 upgrade --offline`
    #[test]
    fn written_as_dnf5_does_and_read_again() {
        let state = OfflineState {
            status: OfflineStatus::DownloadComplete,
            rpmdb_cookie: "1c13".to_owned(),
            verb: "upgrade".to_owned(),
            cmd_line: "dnf5 -y upgrade --offline".to_owned(),
            system_releasever: String::new(),
            target_releasever: "9".to_owned(),
            module_platform_id: String::new(),
            cachedir: "/var/cache".to_owned(),
            poweroff_after: false,
        };
        let text = state.render();
        assert_eq!(
            text,
            "[offline-transaction-state]\nrpmdb_cookie = \"1c13\"\nmodule_platform_id = \"\"\npoweroff_after = \
             false\nverb = \"upgrade\"\nsystem_releasever = \"\"\ntarget_releasever = \"9\"\ncachedir = \
             \"/var/cache\"\nstatus = \"download-complete\"\ncmd_line = \"dnf5 -y upgrade --offline\"\nstate_version = \
             2\n\n"
        );
        let table: Table = text.parse().expect("TOML");
        assert_eq!(OfflineState::of_table(&table).expect("complete"), state);
        let other: Table = text.replace("state_version = 2", "state_version = 1").parse().expect("TOML");
        let error = OfflineState::of_table(&other).expect_err("another version");
        assert_eq!(error.to_string(), "incompatible version of state data");
    }
}
