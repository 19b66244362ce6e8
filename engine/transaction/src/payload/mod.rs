//! Payloads: decompression and the cpio format.

pub(crate) mod block;
pub(crate) mod cpio;
pub(crate) mod decompress;
pub(crate) mod walk;

use std::io;

/// A payload that broke off, and the file that was being read then.
#[derive(Debug)]
pub(crate) struct BrokenPayload {
    /// Index of the file in the header.
    pub(crate) file: Option<u32>,
    /// What happened.
    pub(crate) error: PayloadError,
}

impl From<PayloadError> for BrokenPayload {
    fn from(error: PayloadError) -> Self {
        BrokenPayload { file: None, error }
    }
}

/// Why a payload cannot be read; the texts are rpm's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PayloadError {
    /// The entry does not begin with a known magic.
    #[error("Bad magic")]
    BadMagic,
    /// The fields of an entry make no sense.
    #[error("Bad/unreadable  header")]
    BadHeader,
    /// The archive holds a file that the header does not know.
    #[error("Archive file not in header")]
    NotInHeader {
        /// Its name in the archive.
        name: Vec<u8>,
    },
    /// The archive ended before all files of the header were seen.
    #[error("Missing file(s)")]
    MissingFiles,
    /// The archive or its compressed form ended or broke off.
    #[error("read failed - {0}")]
    Read(#[source] io::Error),
}
