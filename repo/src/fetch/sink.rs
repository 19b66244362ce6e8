//! Where the bytes of a download go: a temporary file, its checksum, and whoever else wants to see them.

use std::fs::Permissions;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use oxidnf_core::checksum::Hasher;
use oxidnf_core::event::TransferFault;
use oxidnf_core::package_file::{FileStamp, StampedDigests};
use oxidnf_core::{Checksum, ChecksumKind};
use tempfile::NamedTempFile;

use crate::metalink::Digest;

use super::error::FailureKind;
use super::failure::Failure;
use super::meter::Meter;
use super::observer::{Observer, PackageObserver};
use super::unfinished::{adopt, claim};
use super::xattr;

/// Size of the blocks in which files that are already there are read.
pub(super) const BLOCK: usize = 256 * 1024;

/// What a file must be.
#[derive(Debug, Clone, Default)]
pub(super) struct Expect {
    /// Its size, if known.
    pub(super) size: Option<u64>,
    /// The most bytes that are accepted where the size is not known.
    pub(super) limit: u64,
    /// Digests of which one must match; none means that anything is accepted.
    pub(super) checksums: Vec<Checksum>,
    /// Digests that nothing can have, as what stands there is none.
    pub(super) impossible: Vec<Digest>,
    /// Whether a server that announces another size is not even listened to, as librepo does with packages.
    pub(super) exact: bool,
}

impl Expect {
    /// The digest that is compared: the strongest kind there is. More than one of it are alternatives.
    pub(super) fn kind(&self) -> Option<ChecksumKind> {
        let possible = self.checksums.iter().map(|checksum| checksum.kind);
        possible.chain(self.impossible.iter().map(|digest| digest.kind)).max_by_key(|kind| kind.len())
    }

    fn is_checked(&self) -> bool {
        !self.checksums.is_empty() || !self.impossible.is_empty()
    }

    /// Returns the text of the digest of this kind that is wanted.
    fn wanted(&self, kind: ChecksumKind) -> Option<String> {
        let possible = self.checksums.iter().find(|checksum| checksum.kind == kind).map(Checksum::hex);
        let impossible = || self.impossible.iter().find(|digest| digest.kind == kind);
        possible.or_else(|| impossible().map(|digest| digest.text.clone()))
    }

    pub(super) fn accepts(&self, found: &Checksum) -> bool {
        self.checksums.contains(found)
    }
}

pub(super) enum SinkError {
    TooLong { limit: u64 },
    Write(io::Error),
}

/// Takes the bytes of one file.
pub(super) struct Sink {
    expect: Expect,
    dest: PathBuf,
    /// Nothing once the file is in its place or was put aside.
    file: Option<NamedTempFile>,
    /// Has seen all bytes so far; nothing when they are not to be continued.
    hasher: Option<Hasher>,
    observer: Option<Box<dyn Observer>>,
    done: u64,
    meter: Option<Arc<Meter>>,
    /// The length that the server told in this attempt.
    announced: Option<u64>,
    /// The time that the server told of the file.
    remote_time: Option<SystemTime>,
    /// Whether a length has been added to the bar's total.
    counted: bool,
    /// Whether the file stays where it is when it is given up, for whoever tries next.
    stays: bool,
}

/// Where a download is put together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    /// Where it shall be in the end.
    pub(super) dest: &'a Path,
    /// A directory of unfinished files, where it keeps its name and is found by a later run however this one ends;
    /// without one it has a name of its own beside `dest`.
    pub(super) partial: Option<&'a Path>,
}

impl Sink {
    /// Prepares a download to `dest`, in whose directory the temporary file lies.
    ///
    /// What an earlier run left unfinished at `dest` is taken over; that it is unfinished is told by an extended
    /// attribute, which is librepo's, so that each of the two programs continues what the other one began.
    pub(super) fn new(
        site: Site<'_>,
        expect: Expect,
        observer: Option<Box<dyn Observer>>,
        meter: Option<Arc<Meter>>,
    ) -> io::Result<Self> {
        let Site { dest, partial } = site;
        let dir = dest.parent().unwrap_or(Path::new("."));
        let name = dest.file_name().unwrap_or_default().to_string_lossy();
        let mut builder = tempfile::Builder::new();
        let prefix = format!(".{}.", name.chars().take(100).collect::<String>());
        builder.prefix(&prefix).suffix(".part");
        let checked = expect.is_checked();
        let parked = partial.filter(|_| checked).and_then(|partial| claim(partial, dest));
        let stays = parked.is_some();
        let file = match parked.or_else(|| adopt(&builder, dir, dest).filter(|_| checked)) {
            Some(file) => file,
            // The mode is reduced by the umask, as for any other new file.
            None => builder.permissions(Permissions::from_mode(0o666)).tempfile_in(dir)?,
        };
        let (dest, file) = (dest.to_owned(), Some(file));
        let (hasher, announced, remote_time, counted) = (None, None, None, false);
        let mut sink =
            Sink { expect, dest, file, hasher, observer, done: 0, meter, announced, remote_time, counted, stays };
        if sink.take_over().is_err() {
            // It will be fetched from the start.
            sink.hasher = None;
        }
        Ok(sink)
    }

    /// Digests what is in the file already.
    fn take_over(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let length = file.as_file().metadata()?.len();
        if length == 0 || self.expect.size.is_some_and(|size| length >= size) {
            return Ok(());
        }
        let mut file = file.reopen()?;
        self.start_digests().map_err(|failure| io::Error::other(failure.reason))?;
        let mut block = vec![0; BLOCK];
        let mut done = 0;
        loop {
            let count = file.read(&mut block)?;
            if count == 0 {
                break;
            }
            self.digest(&block[..count]);
            done += count as u64;
        }
        if let Some(file) = &mut self.file {
            file.as_file_mut().seek(io::SeekFrom::Start(done))?;
        }
        self.moved(done, true);
        Ok(())
    }

    fn start_digests(&mut self) -> Result<(), Failure> {
        self.hasher = match self.expect.kind() {
            Some(kind) => Some(
                Hasher::new(kind)
                    .map_err(|error| Failure::local(FailureKind::Io, format!("{error}: {}", error.source)))?,
            ),
            None => None,
        };
        if let Some(observer) = &mut self.observer {
            if let Some(kind) = self.expect.kind() {
                observer.covered(kind);
            }
            if let Some(file) = &self.file {
                observer.start(file.as_file());
            }
        }
        Ok(())
    }

    fn digest(&mut self, data: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(data);
        }
        if let Some(observer) = &mut self.observer {
            observer.bytes(data);
        }
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.expect.size
    }

    pub(super) fn limit(&self) -> u64 {
        self.expect.size.unwrap_or(self.expect.limit)
    }

    pub(super) fn has_checksum(&self) -> bool {
        self.expect.is_checked()
    }

    pub(super) fn is_exact(&self) -> bool {
        self.expect.exact
    }

    /// Returns how many bytes are there already.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// Makes ready for an attempt, which continues what is there if its digest is known.
    pub(super) fn prepare(&mut self) -> Result<(), Failure> {
        self.announced = None;
        if self.done > 0 && self.hasher.is_some() { Ok(()) } else { self.rewind() }
    }

    /// Says that the bytes so far are not to be continued.
    pub(super) fn forget(&mut self) {
        self.hasher = None;
    }

    /// Forgets what came so far, if anything did.
    pub(super) fn start_over(&mut self) -> Result<(), Failure> {
        if self.done > 0 { self.rewind() } else { Ok(()) }
    }

    /// Forgets what came so far.
    pub(super) fn rewind(&mut self) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            let file = file.as_file_mut();
            let emptied = file.set_len(0).and_then(|()| file.rewind());
            emptied.map_err(|error| Failure::local(FailureKind::Io, error.to_string()))?;
        }
        self.moved(0, false);
        self.start_digests()
    }

    /// Takes note of the time that the server tells.
    pub(super) fn dated(&mut self, time: Option<SystemTime>) {
        self.remote_time = time;
    }

    /// Takes note of the length that the server tells.
    pub(super) fn announce(&mut self, length: u64) {
        if let Some(meter) = self.meter.as_ref().filter(|_| !self.counted) {
            meter.grow(length);
        }
        self.counted = true;
        self.announced = Some(length);
    }

    fn moved(&mut self, done: u64, urgent: bool) {
        if let Some(meter) = &self.meter {
            meter.advance(self.done, done, urgent);
        }
        self.done = done;
    }

    /// Tells how far an attempt came that failed, and whether there was a connection.
    pub(super) fn tell_failure(&mut self, connected: bool) {
        if connected && let Some(meter) = &self.meter {
            meter.connected();
        }
        self.moved(self.done, true);
    }

    pub(super) fn write(&mut self, data: &[u8]) -> Result<(), SinkError> {
        let done = self.done + data.len() as u64;
        if done > self.limit() {
            return Err(SinkError::TooLong { limit: self.limit() });
        }
        if let Some(file) = &mut self.file {
            file.as_file_mut().write_all(data).map_err(SinkError::Write)?;
        }
        self.digest(data);
        self.moved(done, false);
        Ok(())
    }

    /// Checks size and checksum after the last byte.
    pub(super) fn check(&mut self) -> Result<Option<Checksum>, Failure> {
        let short = self.expect.size.filter(|size| self.done < *size);
        if let Some(size) = short.filter(|_| !self.has_checksum()) {
            return Err(self.truncated(size));
        }
        if let Some(size) = short.filter(|_| self.announced.is_some_and(|announced| announced != self.done)) {
            return Err(self.truncated(size));
        }
        let Some(hasher) = self.hasher.take() else { return Ok(None) };
        let found =
            hasher.finish().map_err(|error| Failure::local(FailureKind::Io, format!("{error}: {}", error.source)))?;
        if self.expect.accepts(&found) {
            // Sizes in metadata lie, checksums do not.
            return Ok(Some(found));
        }
        // What came as a whole is another file.
        if let Some(size) = short.filter(|_| self.announced != Some(self.done)) {
            return Err(self.truncated(size));
        }
        let wanted = self.expect.wanted(found.kind);
        let shown = wanted.as_deref().unwrap_or_default();
        let reason = format!("the {} checksum is {} instead of {shown}", found.kind.name(), found.hex());
        let fault = match wanted {
            Some(wanted) => TransferFault::Checksum { found, wanted },
            None => TransferFault::Other,
        };
        Err(Failure::told(FailureKind::Checksum, fault, reason))
    }

    fn truncated(&self, size: u64) -> Failure {
        let fault = TransferFault::Partial { missing: Some(size.saturating_sub(self.done)) };
        let reason = format!("the file has {} bytes instead of {size}", self.done);
        Failure::told(FailureKind::Truncated, fault, reason)
    }

    /// Moves the file to its place.
    pub(super) fn keep(mut self, checksum: Option<Checksum>) -> io::Result<Fetched> {
        self.moved(self.done, true);
        let mut stamp = None;
        if let Some(file) = self.file.take() {
            xattr::finished(file.as_file());
            if let Some(checksum) = &checksum {
                xattr::remember(file.as_file(), checksum);
            }
            let file = file.persist(&self.dest).map_err(|error| error.error)?;
            stamp = FileStamp::of(&file).ok();
        }
        let (path, observer) = (std::mem::take(&mut self.dest), self.observer.take());
        Ok(Fetched { path, size: self.done, already: false, checksum, observer, stamp, remote_time: self.remote_time })
    }
}

impl Drop for Sink {
    /// Puts aside what can be continued by a later run.
    fn drop(&mut self) {
        let Some(file) = self.file.take() else { return };
        // Who is given up in the middle shows how far it came.
        self.moved(self.done, true);
        let unfinished = self.expect.size.is_none_or(|size| self.done < size);
        let usable = self.done > 0 && unfinished && self.has_checksum() && self.hasher.is_some();
        if usable && self.stays {
            // What cannot be kept is fetched again.
            let _ = file.keep();
        } else if usable && xattr::unfinished(file.as_file()) {
            // Where somebody else's file is by now, theirs stays.
            let _ = file.persist_noclobber(&self.dest);
        }
    }
}

/// A file that is in its place.
pub struct Fetched {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub size: u64,
    /// Whether it was there before.
    pub already: bool,
    /// Its checksum, which is one of those that were asked for.
    pub checksum: Option<Checksum>,
    /// The observer that was handed in. It has seen no bytes when an earlier run had already checked the file.
    pub observer: Option<Box<dyn Observer>>,
    /// The state of the file when the last byte of it was written.
    pub stamp: Option<FileStamp>,
    /// The time that the server, or the file that it was copied from, has for it; none when it was there before.
    pub remote_time: Option<SystemTime>,
}

impl Fetched {
    /// Returns the digests that a [`PackageObserver`] computed while the file arrived; none when another one was handed
    /// in, or none at all, when it saw no bytes, or when the file is no package.
    pub fn into_digests(self) -> Option<StampedDigests> {
        let observer = self.observer?.into_any().downcast::<PackageObserver>().ok()?;
        let digests = Arc::new(observer.into_digests(&self.path, self.checksum.as_ref())?);
        Some(StampedDigests { stamp: self.stamp?, digests })
    }
}
