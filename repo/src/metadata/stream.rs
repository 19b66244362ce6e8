//! Streaming a big XML file in pieces that end between packages.
//!
//! One thread decompresses and cuts, one digests the open data, several parse; buffers go round.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use memchr::memmem;
use oxidnf_core::Checksum;
use oxidnf_core::checksum::{ChecksumError, Hasher};

use super::error::MetadataError;
use super::repomd::Record;
use crate::arrival::Arrival;
use crate::decompress::{Decompressor, Limits};

/// A piece of this size keeps the threads busy; about a dozen are under way at a time.
const PIECE: usize = 256 << 10;

/// A package larger than this is no package.
const PIECE_MAX: usize = 256 << 20;

/// The tag that ends a package in `primary`, `filelists` and `other`.
const END: &[u8] = b"</package>";

/// A piece of open data.
pub(super) struct Piece {
    /// Its number, from 0.
    pub(super) index: usize,
    /// Where it starts in the open data.
    pub(super) offset: u64,
    buffer: Vec<u8>,
    len: usize,
}

impl Piece {
    /// Returns the bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// Returns the bytes as text.
    pub(super) fn text(&self, path: &Path) -> Result<&str, MetadataError> {
        std::str::from_utf8(self.bytes()).map_err(|error| MetadataError::Package {
            path: path.to_owned(),
            offset: self.offset + error.valid_up_to() as u64,
            reason: "not UTF-8".to_owned(),
        })
    }
}

/// A file of a repository that is to be streamed.
pub(super) struct Source {
    path: PathBuf,
    /// Who fetches the file, if it is not there yet.
    arrival: Option<Arc<Arrival>>,
    limits: Limits,
    open_checksum: Option<Checksum>,
}

impl Source {
    /// Takes what the index says of the file at `path`.
    pub(super) fn new(record: &Record, path: PathBuf) -> Self {
        let limits = Limits::METADATA.with_open_size(record.open_size);
        // The file was compared with its own checksum when it came into the cache. The one of the open data says the
        // same again, and dnf5 does not look at it either.
        let open_checksum = if record.checksum.is_some() { None } else { record.open_checksum.clone() };
        Source { path, arrival: None, limits, open_checksum }
    }

    /// As [`Source::new`], for a file that is being fetched.
    pub(super) fn arriving(record: &Record, path: PathBuf, arrival: &Arc<Arrival>) -> Self {
        Source { arrival: Some(Arc::clone(arrival)), ..Source::new(record, path) }
    }

    fn open(&self) -> io::Result<Decompressor<BufReader<Box<dyn Read>>>> {
        let reader: Box<dyn Read> = match &self.arrival {
            Some(arrival) => Box::new(arrival.reader()),
            None => Box::new(File::open(&self.path)?),
        };
        Decompressor::new(BufReader::with_capacity(256 << 10, reader), self.limits)
    }

    /// Returns the path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns how many threads are worth it for a file of this size.
    fn workers(&self, threads: NonZeroUsize) -> usize {
        let pieces = self.limits.open_size.map_or(usize::MAX, |size| (size / PIECE as u64 + 1) as usize);
        threads.get().min(pieces)
    }

    /// Calls `work` for every piece on several threads, and returns the results in the order of the pieces.
    ///
    /// The first error in that order is returned; the open checksum, if known, is checked before anything else is.
    pub(super) fn for_each<T: Send>(
        &self,
        threads: NonZeroUsize,
        work: impl Fn(&Piece) -> Result<T, MetadataError> + Sync,
    ) -> Result<Vec<T>, MetadataError> {
        let (results, _) = self.for_each_with(threads, || (), |(), piece| work(piece), |()| ())?;
        Ok(results)
    }

    /// As [`Source::for_each`], with something that each thread makes once, fills, completes when there are no more
    /// pieces, and hands back.
    pub(super) fn for_each_with<S, T: Send, E: Send>(
        &self,
        threads: NonZeroUsize,
        start: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, &Piece) -> Result<T, MetadataError> + Sync,
        complete: impl Fn(S) -> E + Sync,
    ) -> Result<(Vec<T>, Vec<E>), MetadataError> {
        let workers = self.workers(threads);
        let (sender, receiver) = sync_channel::<Arc<Piece>>(workers);
        let (spent, buffers) = channel::<Vec<u8>>();
        let receiver = Arc::new(Mutex::new(receiver));
        let (start, work, complete) = (&start, &work, &complete);
        thread::scope(|scope| {
            let digests = self.open_checksum.as_ref().map(|expected| {
                let (sender, receiver) = sync_channel::<Arc<Piece>>(workers);
                let spent = spent.clone();
                (sender, scope.spawn(move || digest(&receiver, &spent, expected)))
            });
            let (digest_sender, digest) = digests.unzip();
            let handles: Vec<_> = (0..workers)
                .map(|_| {
                    let (receiver, spent) = (Arc::clone(&receiver), spent.clone());
                    scope.spawn(move || {
                        let mut own = start();
                        let results = run(&receiver, &spent, |piece| work(&mut own, piece));
                        (results, complete(own))
                    })
                })
                .collect();
            drop((receiver, spent));
            let cut = self.cut(&sender, digest_sender.as_ref(), &buffers);
            drop((sender, digest_sender));
            let digested = digest.map(|handle| handle.join().expect("digesting does not panic"));
            let mut results: Vec<(usize, Result<T, MetadataError>)> = Vec::new();
            let mut completed = Vec::new();
            for handle in handles {
                match handle.join() {
                    Ok((part, own)) => {
                        results.extend(part);
                        completed.push(own);
                    }
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            cut?;
            self.check(digested)?;
            results.sort_by_key(|(index, _)| *index);
            let results: Result<_, _> = results.into_iter().map(|(_, result)| result).collect();
            Ok((results?, completed))
        })
    }

    fn check(&self, digested: Option<Result<Checksum, ChecksumError>>) -> Result<(), MetadataError> {
        let (Some(found), Some(expected)) = (digested, &self.open_checksum) else { return Ok(()) };
        let found = found.map_err(|source| MetadataError::Digest { path: self.path.clone(), source })?;
        if found == *expected {
            return Ok(());
        }
        Err(MetadataError::OpenChecksum {
            path: self.path.clone(),
            expected: format!("{expected:?}"),
            found: format!("{found:?}"),
        })
    }

    /// Decompresses and cuts until the end of the file, or until nobody listens any more.
    fn cut(
        &self,
        sender: &SyncSender<Arc<Piece>>,
        digest: Option<&SyncSender<Arc<Piece>>>,
        spent: &Receiver<Vec<u8>>,
    ) -> Result<(), MetadataError> {
        let path = || self.path.clone();
        let mut reader = self.open().map_err(|source| MetadataError::Open { path: path(), source })?;
        let mut buffer = self.buffer(spent);
        let (mut filled, mut offset) = (0, 0_u64);
        for index in 0.. {
            let (end, last) = loop {
                let read = fill(&mut reader, &mut buffer, filled)
                    .map_err(|source| MetadataError::Read { path: path(), source })?;
                filled += read;
                if filled < buffer.len() {
                    break (filled, true);
                }
                if let Some(end) = last_boundary(&buffer) {
                    break (end, false);
                }
                if buffer.len() >= PIECE_MAX {
                    let reason = "no end of a package in 256 MiB".to_owned();
                    return Err(MetadataError::Package { path: path(), offset, reason });
                }
                buffer.resize(buffer.len() * 2, 0);
            };
            let mut next = if last { Vec::new() } else { self.buffer(spent) };
            let rest = filled - end;
            if next.len() < rest {
                next.resize(rest.next_power_of_two(), 0);
            }
            next[..rest].copy_from_slice(&buffer[end..filled]);
            let piece = Arc::new(Piece { index, offset, buffer, len: end });
            offset += end as u64;
            let heard = digest.is_none_or(|digest| digest.send(Arc::clone(&piece)).is_ok());
            if sender.send(piece).is_err() || !heard || last {
                break;
            }
            (buffer, filled) = (next, rest);
        }
        Ok(())
    }

    fn buffer(&self, spent: &Receiver<Vec<u8>>) -> Vec<u8> {
        spent.try_recv().unwrap_or_else(|_| {
            // One byte more than the whole of a small file, so that its end is noticed at once.
            let size = self.limits.open_size.map_or(PIECE, |size| PIECE.min(size as usize + 1));
            vec![0; size]
        })
    }
}

/// Reads until the buffer is full or the data ends; returns the number of bytes added.
fn fill(reader: &mut impl Read, buffer: &mut [u8], from: usize) -> std::io::Result<usize> {
    let mut at = from;
    while at < buffer.len() {
        match reader.read(&mut buffer[at..]) {
            Ok(0) => break,
            Ok(read) => at += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(at - from)
}

/// Finds the end of the last package that is complete, leaving comments and CDATA sections whole.
fn last_boundary(buffer: &[u8]) -> Option<usize> {
    // Hardly any file has either, and looking forward is several times faster than looking back for what is not there.
    if memmem::find(buffer, b"<!").is_none() {
        return Some(memmem::rfind(buffer, END)? + END.len());
    }
    let mut end = buffer.len();
    loop {
        let found = memmem::rfind(&buffer[..end], END)?;
        let Some(open) = memmem::rfind(&buffer[..found], b"<!") else { return Some(found + END.len()) };
        let close: &[u8] = match &buffer[open..] {
            rest if rest.starts_with(b"<!--") => b"-->",
            rest if rest.starts_with(b"<![CDATA[") => b"]]>",
            _ => b">",
        };
        if memmem::find(&buffer[open..found], close).is_some() {
            return Some(found + END.len());
        }
        end = open;
    }
}

fn digest(
    receiver: &Receiver<Arc<Piece>>,
    spent: &Sender<Vec<u8>>,
    expected: &Checksum,
) -> Result<Checksum, ChecksumError> {
    let mut hasher = Hasher::new(expected.kind)?;
    while let Ok(piece) = receiver.recv() {
        hasher.update(piece.bytes());
        give_back(piece, spent);
    }
    hasher.finish()
}

fn run<T>(
    receiver: &Mutex<Receiver<Arc<Piece>>>,
    spent: &Sender<Vec<u8>>,
    mut work: impl FnMut(&Piece) -> Result<T, MetadataError>,
) -> Vec<(usize, Result<T, MetadataError>)> {
    let mut results = Vec::new();
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(piece) = next else { return results };
        // After an error the rest is still drained, so that the digest tells damaged files from malformed ones.
        results.push((piece.index, work(&piece)));
        give_back(piece, spent);
    }
}

/// Whoever is the last to need a piece returns its buffer.
fn give_back(piece: Arc<Piece>, spent: &Sender<Vec<u8>>) {
    if let Some(piece) = Arc::into_inner(piece) {
        // The receiver is gone when the file has been read to its end.
        let _ = spent.send(piece.buffer);
    }
}
