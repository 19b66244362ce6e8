//! Where the bytes of a download go: a temporary file, its checksum, and whoever else wants to see them.

use std::fs::{File, Permissions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use oxidnf_core::checksum::Hasher;
use oxidnf_core::event::TaskId;
use oxidnf_core::package_file::{FileStamp, PackageDigester, StampedDigests, WantedDigests};
use oxidnf_core::{Checksum, ChecksumKind};
use tempfile::NamedTempFile;

use super::error::FailureKind;
use super::message::{Message, Messages};
use super::transfer::Failure;
use super::xattr;

/// Bars are redrawn far less often than bytes arrive.
const REPORT_EVERY: Duration = Duration::from_millis(40);
/// Size of the blocks in which files that are already there are read.
const BLOCK: usize = 256 * 1024;

/// Sees the bytes of a file in order while they arrive, so that nothing has to be read twice.
pub trait Observer: Send {
    /// The file begins, or begins again after a failed attempt: forget what came.
    fn start(&mut self);
    /// The next bytes.
    fn bytes(&mut self, data: &[u8]);
    /// Gives the concrete type back to whoever handed it in.
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send>;
}

/// Computes all digests of a package while it arrives.
pub struct PackageObserver {
    wanted: WantedDigests,
    digester: Option<PackageDigester>,
}

impl PackageObserver {
    /// Makes an observer for these digests.
    pub fn new(wanted: WantedDigests) -> Self {
        PackageObserver { wanted, digester: None }
    }

    /// Returns the digester after the last byte; `None` when no bytes came or a digest cannot be computed.
    pub fn into_digester(self) -> Option<PackageDigester> {
        self.digester
    }
}

impl Observer for PackageObserver {
    fn start(&mut self) {
        self.digester = PackageDigester::new(&self.wanted).ok();
    }

    fn bytes(&mut self, data: &[u8]) {
        if let Some(digester) = &mut self.digester {
            digester.update(data);
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send> {
        self
    }
}

/// What a file must be.
#[derive(Debug, Clone, Default)]
pub(super) struct Expect {
    /// Its size, if known.
    pub(super) size: Option<u64>,
    /// The most bytes that are accepted where the size is not known.
    pub(super) limit: u64,
    /// Digests of which one must match; none means that anything is accepted.
    pub(super) checksums: Vec<Checksum>,
}

impl Expect {
    /// The digest that is compared: the strongest kind there is. More than one of it are alternatives.
    fn kind(&self) -> Option<ChecksumKind> {
        self.checksums.iter().map(|checksum| checksum.kind).max_by_key(|kind| kind.len())
    }

    fn accepts(&self, found: &Checksum) -> bool {
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
    file: NamedTempFile,
    hasher: Option<Hasher>,
    observer: Option<Box<dyn Observer>>,
    done: u64,
    meter: Option<Arc<Meter>>,
    /// The length that the server told in this attempt.
    announced: Option<u64>,
    /// Whether a length has been added to the bar's total.
    counted: bool,
}

/// A progress bar that one or several downloads move.
pub(super) struct Meter {
    id: TaskId,
    messages: Messages,
    done: AtomicU64,
    total: AtomicU64,
    last: Mutex<Instant>,
}

impl Meter {
    pub(super) fn new(id: TaskId, messages: Messages) -> Self {
        let (done, total) = (AtomicU64::new(0), AtomicU64::new(0));
        Meter { id, messages, done, total, last: Mutex::new(Instant::now()) }
    }

    pub(super) fn id(&self) -> TaskId {
        self.id
    }

    fn grow(&self, length: u64) {
        let total = self.total.fetch_add(length, Ordering::Relaxed) + length;
        self.messages.send(Message::Total { id: self.id, total });
    }

    /// Moves the bar by the difference between two counts of a download.
    fn advance(&self, before: u64, now: u64, urgent: bool) {
        // Wrapping arithmetic makes one addition of both directions.
        let change = now.wrapping_sub(before);
        let done = self.done.fetch_add(change, Ordering::Relaxed).wrapping_add(change);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if urgent || last.elapsed() >= REPORT_EVERY {
            *last = Instant::now();
            self.messages.send(Message::Advanced { id: self.id, done });
        }
    }
}

impl Sink {
    /// Prepares a download to `dest`, in whose directory the temporary file lies.
    pub(super) fn new(
        dest: &Path,
        expect: Expect,
        observer: Option<Box<dyn Observer>>,
        meter: Option<Arc<Meter>>,
    ) -> io::Result<Self> {
        let dir = dest.parent().unwrap_or(Path::new("."));
        let name = dest.file_name().unwrap_or_default().to_string_lossy();
        // The mode is reduced by the umask, as for any other new file.
        let file = tempfile::Builder::new()
            .prefix(&format!(".{}.", name.chars().take(100).collect::<String>()))
            .suffix(".part")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(dir)?;
        Ok(Sink {
            expect,
            dest: dest.to_owned(),
            file,
            hasher: None,
            observer,
            done: 0,
            meter,
            announced: None,
            counted: false,
        })
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.expect.size
    }

    pub(super) fn limit(&self) -> u64 {
        self.expect.size.unwrap_or(self.expect.limit)
    }

    pub(super) fn has_checksum(&self) -> bool {
        !self.expect.checksums.is_empty()
    }

    /// Forgets what an earlier attempt brought.
    pub(super) fn restart(&mut self) -> Result<(), Failure> {
        let local = |reason: String| Failure { local: true, ..Failure::new(FailureKind::Io, reason) };
        self.announced = None;
        if self.done > 0 {
            let file = self.file.as_file_mut();
            file.set_len(0).and_then(|()| file.rewind()).map_err(|error| local(error.to_string()))?;
            self.moved(0, true);
        }
        self.hasher = match self.expect.kind() {
            Some(kind) => Some(Hasher::new(kind).map_err(|error| local(format!("{error}: {}", error.source)))?),
            None => None,
        };
        if let Some(observer) = &mut self.observer {
            observer.start();
        }
        Ok(())
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

    pub(super) fn write(&mut self, data: &[u8]) -> Result<(), SinkError> {
        let done = self.done + data.len() as u64;
        if done > self.limit() {
            return Err(SinkError::TooLong { limit: self.limit() });
        }
        self.file.as_file_mut().write_all(data).map_err(SinkError::Write)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(data);
        }
        if let Some(observer) = &mut self.observer {
            observer.bytes(data);
        }
        self.moved(done, false);
        Ok(())
    }

    /// Checks size and checksum after the last byte.
    pub(super) fn check(&mut self) -> Result<Option<Checksum>, Failure> {
        let short = self.expect.size.filter(|size| self.done < *size);
        if let Some(size) = short.filter(|_| !self.has_checksum()) {
            return Err(self.truncated(size));
        }
        let Some(hasher) = self.hasher.take() else { return Ok(None) };
        let found = hasher.finish().map_err(|error| Failure {
            local: true,
            ..Failure::new(FailureKind::Io, format!("{error}: {}", error.source))
        })?;
        if self.expect.accepts(&found) {
            // Sizes in metadata lie, checksums do not.
            return Ok(Some(found));
        }
        // What came as a whole is another file.
        if let Some(size) = short.filter(|_| self.announced != Some(self.done)) {
            return Err(self.truncated(size));
        }
        let wanted = self.expect.checksums.iter().find(|checksum| checksum.kind == found.kind);
        let wanted = wanted.map(Checksum::hex).unwrap_or_default();
        let reason = format!("the {} checksum is {} instead of {wanted}", found.kind.name(), found.hex());
        Err(Failure::new(FailureKind::Checksum, reason))
    }

    fn truncated(&self, size: u64) -> Failure {
        Failure::new(FailureKind::Truncated, format!("the file has {} bytes instead of {size}", self.done))
    }

    /// Moves the file to its place.
    pub(super) fn keep(mut self, checksum: Option<&Checksum>) -> io::Result<Fetched> {
        self.moved(self.done, true);
        if let Some(checksum) = checksum {
            xattr::remember(self.file.as_file(), checksum);
        }
        let file = self.file.persist(&self.dest).map_err(|error| error.error)?;
        let stamp = FileStamp::of(&file).ok();
        let checked = checksum.is_some();
        Ok(Fetched { path: self.dest, size: self.done, already: false, checked, observer: self.observer, stamp })
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
    /// Whether its checksum was compared with the metadata's.
    pub checked: bool,
    /// The observer that was handed in. It has seen no bytes when an earlier run had already checked the file.
    pub observer: Option<Box<dyn Observer>>,
    /// The state of the file when the last byte of it was written.
    pub stamp: Option<FileStamp>,
}

impl Fetched {
    /// Returns the digests that a [`PackageObserver`] computed while the file arrived; none when another one was handed
    /// in, or none at all, when it saw no bytes, or when the file is no package.
    pub fn into_digests(self) -> Option<StampedDigests> {
        let observer = self.observer?.into_any().downcast::<PackageObserver>().ok()?;
        let digests = Arc::new(observer.into_digester()?.finish(&self.path).ok()?);
        Some(StampedDigests { stamp: self.stamp?, digests })
    }
}

/// Looks whether the right file is already there.
///
/// An observer sees its bytes if they have to be read for the checksum.
pub(super) fn existing(dest: &Path, expect: &Expect, mut observer: Option<Box<dyn Observer>>) -> Existing {
    match check_existing(dest, expect, observer.as_mut()) {
        Ok(Some((size, stamp))) => {
            let checked = !expect.checksums.is_empty();
            Existing::Right(Fetched { path: dest.to_owned(), size, already: true, checked, observer, stamp })
        }
        // What cannot be read will be replaced.
        Ok(None) | Err(_) => Existing::Wrong(observer),
    }
}

pub(super) enum Existing {
    Right(Fetched),
    Wrong(Option<Box<dyn Observer>>),
}

/// Returns the size of a file that is right, and its state after it was read.
fn check_existing(
    dest: &Path,
    expect: &Expect,
    observer: Option<&mut Box<dyn Observer>>,
) -> io::Result<Option<(u64, Option<FileStamp>)>> {
    let link = dest.symlink_metadata()?;
    if !link.is_file() || expect.size.is_some_and(|size| size != link.len()) {
        return Ok(None);
    }
    let Some(kind) = expect.kind() else {
        // Nothing says what it should be, so it is fetched again.
        return Ok(None);
    };
    let mut file = File::open(dest)?;
    let wanted = expect.checksums.iter().filter(|checksum| checksum.kind == kind);
    if observer.is_none() && wanted.clone().any(|checksum| xattr::recalls(&file, checksum)) {
        return Ok(Some((link.len(), None)));
    }
    let before = FileStamp::of(&file).ok();
    let mut hasher = Hasher::new(kind).map_err(io::Error::other)?;
    let mut block = vec![0; BLOCK];
    let mut observer = observer;
    if let Some(observer) = &mut observer {
        observer.start();
    }
    loop {
        let length = file.read(&mut block)?;
        if length == 0 {
            break;
        }
        hasher.update(&block[..length]);
        if let Some(observer) = &mut observer {
            observer.bytes(&block[..length]);
        }
    }
    let found = hasher.finish().map_err(io::Error::other)?;
    if expect.accepts(&found) {
        let unchanged = before.is_some() && FileStamp::of(&file).ok() == before;
        // The note changes the file's state, not its content.
        xattr::remember(&file, &found);
        return Ok(Some((link.len(), FileStamp::of(&file).ok().filter(|_| unchanged))));
    }
    Ok(None)
}
