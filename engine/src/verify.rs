//! Deciding whether package files may be installed (reference of dnf5, section 4.4).

use std::path::PathBuf;

/// A package that the signature policy refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFailure {
    /// Its NEVRA without an epoch of 0.
    pub nevra: String,
    /// The file.
    pub path: PathBuf,
    /// Its repository.
    pub repo_id: String,
    /// What is wrong.
    pub cause: SignatureCause,
    /// More about it, outermost first.
    pub details: Vec<String>,
}

/// Why a package is refused; the first failure of a package that could not be repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureCause {
    /// No corresponding key was found.
    NoKey,
    /// The signature is valid, but the key is not trusted.
    NotTrusted,
    /// The package is not signed.
    NotSigned,
    /// The file cannot be read, or is damaged.
    Failed,
    /// The repository does not have any OpenPGP keys configured.
    NoKeysConfigured,
    /// A key of the repository could not be fetched or read.
    KeyUnavailable,
    /// The user did not want the key.
    Declined,
    /// The key could not be put into the rpm database.
    ImportFailed,
    /// Import of the key didn't help, wrong key?
    WrongKey,
}
