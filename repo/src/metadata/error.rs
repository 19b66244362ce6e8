//! Errors of reading metadata.

use std::io;
use std::path::PathBuf;

/// Malformed XML, or XML that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct XmlError {
    /// Line of the text, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// Why metadata of a repository could not be used.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// A file cannot be opened.
    #[error("cannot open metadata file {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file cannot be read or decompressed.
    #[error("cannot read metadata file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause; holds a [`crate::decompress::DecompressError`] for damaged data.
        source: io::Error,
    },
    /// A file cannot be understood.
    #[error("cannot parse metadata file {path}")]
    Xml {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: XmlError,
    },
    /// A file with packages cannot be understood.
    #[error("cannot parse metadata file {path} at byte {offset} of the open data: {reason}")]
    Package {
        /// The file.
        path: PathBuf,
        /// Where the trouble is in the decompressed data.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// The index does not list a type of file.
    #[error("repository metadata in {dir} has no {kind}")]
    NotListed {
        /// Cache directory of the repository.
        dir: PathBuf,
        /// Type of the record.
        kind: String,
    },
    /// The index names a file in a way that is not safe to follow.
    #[error("repository index in {dir} has an unsafe location \"{href}\" of {kind}")]
    UnsafeLocation {
        /// Cache directory of the repository.
        dir: PathBuf,
        /// Type of the record.
        kind: String,
        /// The location.
        href: String,
    },
    /// Decompressed data is not what the index says.
    #[error("open checksum of {path} does not match: expected {expected}, found {found}")]
    OpenChecksum {
        /// The file.
        path: PathBuf,
        /// `kind:hex` of the index.
        expected: String,
        /// `kind:hex` of the data.
        found: String,
    },
    /// A digest cannot be computed.
    #[error("cannot check metadata file {path}")]
    Digest {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: oxidnf_core::checksum::ChecksumError,
    },
    /// The catalog of packages cannot be made.
    #[error("cannot make a catalog from {dir}")]
    Catalog {
        /// Cache directory of the repository, or the file in it.
        dir: PathBuf,
        /// The cause.
        source: oxidnf_catalog::CatalogError,
    },
}
