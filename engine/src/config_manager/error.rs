//! Why a configuration is not changed.

use std::io;
use std::path::PathBuf;

use oxidnf_core::conf::{IniError, ValueError};

/// Why a configuration is not changed. The sentences are dnf5's, which scripts look for.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the sentences say it")]
pub enum ConfigManagerError {
    #[error(
        "Directory \"{}\" does not exist. Add \"--create-missing-dir\" to create missing directories.",
        path.display()
    )]
    NoDirectory { path: PathBuf },
    #[error("The path \"{}\" exists, but it is not a directory or a symlink to a directory.", path.display())]
    NotADirectory { path: PathBuf },
    #[error("The path \"{}\" exists, but it is a symlink to a non-existent object.", path.display())]
    DanglingLink { path: PathBuf },
    #[error("Cannot create directory \"{}\"", path.display())]
    CreateDirectory { path: PathBuf, source: io::Error },
    #[error("Missing path to repository configuration directory")]
    NoReposDir,
    #[error("Missing path to vars directory")]
    NoVarsDir,
    #[error("No matching repository to modify: {pattern}")]
    NoRepository { pattern: String },
    #[error(
        "Sets the \"{key}\" option of the repository \"{id}\" again with a different value: \"{first}\" != \"{second}\""
    )]
    Contradiction { id: String, key: String, first: String, second: String },
    #[error(
        "File \"{}\" already exists and configures repositories with IDs \"{}\". Add \"--add-or-replace\" or \
         \"--overwrite\".",
        path.display(), ids.join(" ")
    )]
    Exists { path: PathBuf, ids: Vec<String> },
    #[error(
        "File \"{}\" already exists and configures repositories with IDs \"{}\". Add \"--overwrite\" to overwrite.",
        path.display(), ids.join(" ")
    )]
    FileExists { path: PathBuf, ids: Vec<String> },
    #[error("A repository with id \"{id}\" already configured in file: {}", path.display())]
    Configured { id: String, path: PathBuf },
    #[error("ConfigManagerError: from-repofile: \"{place}\" file does not exist")]
    NoSource { place: String },
    #[error("Failed to copy repository configuration file \"{place}\"")]
    Copy { place: String, source: io::Error },
    #[error("Failed to download repository configuration file \"{place}\": Failed to download files")]
    Download { place: String },
    #[error(
        "Error in added repository configuration file. Cannot set repository option \"{key}={value}\": Option \"{key}\" \
         not found"
    )]
    UnknownOption { key: String, value: String },
    #[error("Error in added repository configuration file. Cannot set repository option \"{key}={value}\"")]
    BadValue { key: String, value: String, source: ValueError },
    #[error("Error in configuration file \"{}\"\n", path.display())]
    Syntax { path: PathBuf, source: IniError },
    #[error("Cannot read \"{}\"", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("Failed to save repository configuration file \"{}\"", path.display())]
    Save { path: PathBuf, source: io::Error },
    #[error("Cannot write file \"{}\"", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("Cannot write variable to file \"{}\"", path.display())]
    WriteVariable { path: PathBuf, source: io::Error },
    #[error("Cannot remove variable file \"{}\"", path.display())]
    RemoveVariable { path: PathBuf, source: io::Error },
}
