//! Parsing the packages of a repository while its `primary` is still arriving.
//!
//! The signature of the index was verified before; the checksum of `primary` is known with its last byte, and only then
//! does the parsing come to an end. Whatever goes wrong here is not an error: the packages are parsed again when they
//! are needed, and that tells what is wrong with them.

use std::any::Any;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use oxidnf_catalog::WrittenCatalog;

use super::observer::Observer;
use crate::arrival::Arrival;
use crate::catalog_cache::{self, CatalogSettings};
use crate::metadata::Metadata;

/// Lets one repository be parsed at a time: each takes all processors, and their memory would add up.
#[derive(Debug, Clone, Default)]
pub(super) struct Turn(Arc<Mutex<()>>);

/// Packages that are being parsed; dropped, that is given up.
#[derive(Debug)]
pub(crate) struct Ahead {
    arrival: Arc<Arrival>,
    thread: Option<JoinHandle<Option<WrittenCatalog>>>,
}

impl Ahead {
    /// Starts a thread that parses the packages of an index, of which `primary` is about to be fetched, into the
    /// catalog of the cache directory `dir`; `None` where that cannot be.
    pub(super) fn start(index: Metadata, dir: &Path, turn: &Turn) -> Option<Self> {
        let arrival = Arc::new(Arrival::default());
        let (turn, path, arriving) = (turn.clone(), catalog_cache::path(dir), Arc::clone(&arrival));
        let work = move || {
            let _turn = turn.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Before there is anything to parse nothing is left in the cache.
            if !arriving.begins() {
                return None;
            }
            make(&index, &arriving, path)
        };
        let thread = thread::Builder::new().name("oxidnf-parse".to_owned()).spawn(work).ok()?;
        Some(Ahead { arrival, thread: Some(thread) })
    }

    /// Returns who sees the bytes.
    pub(super) fn observer(&self) -> Box<dyn Observer> {
        Box::new(Watch(Arc::clone(&self.arrival)))
    }

    /// Says that `primary` is there and verified.
    pub(super) fn arrived(&self) {
        self.arrival.complete();
    }

    /// Waits for the catalog; `None` when there is none.
    pub(crate) fn finish(mut self) -> Option<WrittenCatalog> {
        self.thread.take()?.join().ok().flatten()
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.arrival.give_up();
        if let Some(thread) = self.thread.take() {
            // It takes its unfinished file along.
            let _ = thread.join();
        }
    }
}

fn make(index: &Metadata, arrival: &Arc<Arrival>, path: PathBuf) -> Option<WrittenCatalog> {
    let made = catalog_cache::write_arriving(index, arrival, &path, CatalogSettings::default().threads).ok();
    if made.is_none()
        && let Some(dir) = path.parent()
    {
        // If it was made for this, it is empty.
        let _ = std::fs::remove_dir(dir);
    }
    made
}

/// Tells how much of the file is there.
struct Watch(Arc<Arrival>);

impl Observer for Watch {
    fn start(&mut self, file: &File) {
        self.0.start(file);
    }

    fn bytes(&mut self, data: &[u8]) {
        self.0.grow(data.len());
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
