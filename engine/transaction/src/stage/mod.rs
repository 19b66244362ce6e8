//! Contents of files, made ahead of their element's turn and without a name.
//!
//! Workers read, decompress, digest and write the contents of packages to come while elements are committed and
//! scriptlets run in rpm's order. A staged file has no name ([`nursery`]), so that nobody can see it before its turn and
//! nothing is left of it when this process dies. What is left to do then is cheap: owner, permissions, a name.
//!
//! Descriptors and bytes that wait are bounded ([`budget`]); memory is bounded by the blocks of one pool.

pub(crate) mod budget;
pub(crate) mod content;
pub(crate) mod descriptors;
pub(crate) mod nursery;
pub(crate) mod shop;

mod reader;

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use crate::files::table::FileTable;
use crate::fsm::FileError;
use crate::payload::PayloadError;

use content::Staged;
use reader::Staging;

/// Opens the compressed payload of one element.
pub(crate) type Open = Box<dyn FnOnce() -> io::Result<Box<dyn Read + Send>> + Send>;

/// One payload to stage.
pub(crate) struct Job {
    /// Opens it.
    pub open: Open,
    /// The files of the package.
    pub table: Arc<FileTable>,
    /// Which of them are wanted.
    pub wanted: Vec<bool>,
    /// Whether contents are compared with the header's digests.
    pub digests: bool,
    /// Whether capabilities are to be set later.
    pub caps: bool,
}

/// What comes out of a payload.
pub(crate) enum Message {
    /// Some files: those without content in the archive's order, those with content as they are ready.
    Files(Vec<Entry>),
    /// So many bytes of a big file were unpacked.
    Advanced(u64),
    /// The end of the archive, good or bad; nothing follows.
    End(Result<(), PayloadError>),
}

/// One entry of an archive.
pub(crate) struct Entry {
    /// Index of the file in the header.
    pub file: u32,
    /// Bytes that were not told by [`Message::Advanced`].
    pub len: u64,
    /// What it contains.
    pub content: Content,
}

/// The content of an entry.
pub(crate) enum Content {
    /// None: it is no regular file, or a hard link whose content comes with another one.
    None,
    /// Written and compared with its digest.
    Staged(Staged),
    /// Could not be written, or is not what the header promises.
    Failed(FileError),
}

/// The receiving end of one payload; dropping it ends the reading.
pub(crate) struct Feed {
    messages: Receiver<Message>,
    staging: Arc<Staging>,
}

impl Feed {
    /// Waits for the next message; none when the reader died without a last word.
    pub(crate) fn next(&self) -> Option<Message> {
        self.messages.recv().ok()
    }

    /// Returns the wanted files of the archive in its order, up to one that could not be made.
    pub(crate) fn seen_up_to(&self, file: u32) -> Vec<u32> {
        self.staging.seen_up_to(file)
    }

    /// Makes the reader stop soon; a last message still comes.
    pub(crate) fn give_up(&self) {
        self.staging.give_up();
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.give_up();
    }
}
