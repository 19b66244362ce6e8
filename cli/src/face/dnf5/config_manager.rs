//! What `config-manager` says.

use oxidnf_engine::config_manager::{Absent, ConfigManagerError};

use oxidnf_engine::error::numbered as numbered_error;

use super::errors::capitalized;
use crate::context::Failure;

/// Returns the sentence about a configuration that is not changed.
pub(crate) fn sentence(error: &ConfigManagerError) -> String {
    let path_of = |path: &std::path::Path, doing: &str, source: &std::io::Error| {
        format!("{error}: {doing}: {} [{}]", numbered_error(source), path.display())
    };
    match error {
        ConfigManagerError::Syntax { source, .. } => format!("{error} {}", capitalized(&source.to_string())),
        ConfigManagerError::BadValue { source, .. } => format!("{error}: {}", capitalized(&source.to_string())),
        ConfigManagerError::Save { path, source } => path_of(path, "cannot open file", source),
        ConfigManagerError::Copy { source, .. }
        | ConfigManagerError::CreateDirectory { source, .. }
        | ConfigManagerError::Read { source, .. }
        | ConfigManagerError::Write { source, .. }
        | ConfigManagerError::WriteVariable { source, .. }
        | ConfigManagerError::RemoveVariable { source, .. } => format!("{error}: {}", numbered_error(source)),
        _ => error.to_string(),
    }
}

/// Returns the line about something that was to be removed and is not there.
pub(crate) fn absent_line(absent: &Absent) -> String {
    let what = match absent {
        Absent::MainFile { path } => format!("main option but config file not found: {}", path.display()),
        Absent::MainOption { key } => format!("main option but it is not present in the config file: {key}"),
        Absent::OverrideFile { path } => {
            format!("repository option but file with overrides not found: {}", path.display())
        }
        Absent::Repository { pattern } => {
            format!("repository option but repoid is not present in the overrides: {pattern}")
        }
        Absent::RepositoryOption { pattern, key } => {
            format!("repository option but it is not present in the overrides: {pattern}.{key}")
        }
        Absent::VarsDir { path } => format!("variable but vars directory was not found: {}", path.display()),
        Absent::Variable { name } => format!("variable but it is not present in the vars directory: {name}"),
    };
    format!("config-manager: Request to remove {what}")
}

/// Returns the failure for an option that does not exist or does not take the value; `what` is how it is called.
pub(crate) fn refused_option(what: &str, text: &str, cause: &str) -> Failure {
    Failure::Message(format!("ConfigManagerError: Cannot set {what} \"{text}\": {}", capitalized(cause)))
}
