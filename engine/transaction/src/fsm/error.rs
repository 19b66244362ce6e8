//! Errors of single files, in rpm's words.

use rustix::io::Errno;

use crate::payload::PayloadError;

/// Why a file could not be put in place or taken away.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// A system call failed.
    #[error("{}", failed(.operation, *.errno))]
    Io {
        /// rpm's name of the operation: `open`, `rename`, …; or [`FileError::UNNAMED`].
        operation: &'static str,
        /// The error number.
        errno: Errno,
    },
    /// The content is not what the header promises.
    #[error("Digest mismatch")]
    Digest,
    /// A directory is where the file should go.
    #[error("File from package already exists as a directory in system")]
    IsDirectory,
    /// A symbolic link on the way belongs to neither root nor the owner of its target.
    #[error("Unsafe symlink")]
    UnsafeSymlink,
    /// The capabilities in the header cannot be understood.
    #[error("cap_from_text failed - {0}")]
    Capabilities(String),
    /// The mode in the header names no type that can be made.
    #[error("Unknown file type")]
    UnknownType,
    /// What rpm has as a plug-in failed; rpm says only that.
    #[error("(error 0x2)")]
    Plugin {
        /// Its name.
        name: &'static str,
        /// What it says itself.
        line: Option<String>,
        /// The cause.
        errno: Errno,
    },
    /// The run is to stop before files are put in place.
    #[error("stopped")]
    Stopped,
    /// The archive is bad.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

fn failed(operation: &str, errno: Errno) -> String {
    if operation.is_empty() { describe(errno) } else { format!("{operation} failed - {}", describe(errno)) }
}

impl FileError {
    /// The operation of failures for which rpm says only the reason.
    pub(crate) const UNNAMED: &'static str = "";

    /// Makes a mapper for `map_err` that names the operation.
    pub(crate) fn io(operation: &'static str) -> impl Fn(Errno) -> FileError {
        move |errno| FileError::Io { operation, errno }
    }

    /// Returns the error number of a failed system call.
    pub(crate) fn errno(&self) -> Option<Errno> {
        match self {
            FileError::Io { errno, .. } | FileError::Plugin { errno, .. } => Some(*errno),
            _ => None,
        }
    }
}

/// Returns the C library's words for an error number.
pub(crate) fn describe(errno: Errno) -> String {
    let text = std::io::Error::from_raw_os_error(errno.raw_os_error()).to_string();
    // The standard library adds the number.
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
