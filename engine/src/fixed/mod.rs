//! Decisions that are kept in files: plans, which are carried out as they are or not at all, and lock files, which say
//! what there is to choose from.

mod lock;
mod plan;

use std::path::PathBuf;

pub use lock::{LockFile, LockedPackage, LockedSet, Unmet};
pub use plan::{Difference, PlanFile, PlannedGroup, PlannedItem};

/// A file that is no plan or no lock file.
#[derive(Debug, thiserror::Error)]
pub enum FixedError {
    /// It cannot be read or written.
    #[error("cannot {operation} {path}: {source}")]
    Io {
        /// `read`, `write`.
        operation: &'static str,
        /// The file, on the host.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// It is no such file, or a damaged one.
    #[error("{path} is no {kind}: {reason}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// `plan`, `lock file`.
        kind: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// It was written by a later version of this program.
    #[error("{path} is a {kind} of version {version}, and this program knows version {known}")]
    Version {
        /// The file.
        path: PathBuf,
        /// `plan`, `lock file`.
        kind: &'static str,
        /// Its version.
        version: u64,
        /// Ours.
        known: u64,
    },
    /// A package file that the plan names cannot be read.
    #[error("cannot read the package file {path}: {source}")]
    PackageFile {
        /// The package file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
}

/// Reads a document, and finds out first whether it is one of a kind and version that are known.
fn read<T: serde::de::DeserializeOwned>(
    path: &std::path::Path,
    kind: &'static str,
    format: &str,
    known: u64,
) -> Result<T, FixedError> {
    let text = std::fs::read_to_string(path).map_err(|source| FixedError::Io {
        operation: "read",
        path: path.to_owned(),
        source,
    })?;
    let syntax = |reason: String| FixedError::Syntax { path: path.to_owned(), kind, reason };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| syntax(error.to_string()))?;
    if value.get("format").and_then(serde_json::Value::as_str) != Some(format) {
        return Err(syntax(format!("\"format\" is not \"{format}\"")));
    }
    let version = value.get("version").and_then(serde_json::Value::as_u64);
    let version = version.ok_or_else(|| syntax("\"version\" is no number".to_owned()))?;
    if version != known {
        return Err(FixedError::Version { path: path.to_owned(), kind, version, known });
    }
    serde_json::from_value(value).map_err(|error| syntax(error.to_string()))
}

/// Writes a document; the file is there as a whole or not at all.
fn write<T: serde::Serialize>(path: &std::path::Path, document: &T) -> Result<(), FixedError> {
    let failed = |source| FixedError::Io { operation: "write", path: path.to_owned(), source };
    let mut text = serde_json::to_string_pretty(document).map_err(|error| failed(error.into()))?;
    text.push('\n');
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".oxidnf-").tempfile_in(dir).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file().set_permissions(mode).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Writes a checksum as both kinds of files hold it: `sha256:…`.
fn checksum_text(checksum: &oxidnf_core::Checksum) -> String {
    format!("{}:{}", checksum.kind.name(), checksum.hex())
}
