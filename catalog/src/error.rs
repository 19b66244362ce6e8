//! What can go wrong with a catalog.

use std::io;
use std::path::PathBuf;

/// A catalog could not be built, written or opened.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file cannot be opened, read or mapped.
    #[error("cannot open catalog {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write catalog {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bytes are no catalog, one of another format version, or damaged.
    #[error("not a usable catalog: {0}")]
    Damaged(&'static str),
    /// The catalog was made from other data than asked for.
    #[error("catalog was made from other metadata")]
    Stale,
    /// A set of packages exceeds what the format can hold (4 GiB in one section, 2^32 of anything).
    #[error("too much data for a catalog: {0}")]
    TooLarge(&'static str),
    /// Two builders have packages of one chunk.
    #[error("chunk {0} was started twice")]
    Chunk(u32),
    /// A builder is filled after the file that it belongs to was finished.
    #[error("catalog is finished already")]
    Finished,
    /// A record lacks what every package has.
    #[error("package record without {0}")]
    Incomplete(&'static str),
    /// A source of records failed, for example the XML parser that feeds a [`crate::PackageSink`].
    #[error("cannot read packages")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),
}
