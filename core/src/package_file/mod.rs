//! Package files: lead, signature header, main header, payload.

mod digester;
mod merge;
mod signatures;
mod verification;

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use digester::{PackageDigester, PackageDigests, PackageStart, WantedDigests};
pub use merge::signature_dribbles;
pub use signatures::{PackageSignature, SignatureFormat, SignedRange};
pub use verification::{
    ItemKind, ItemStatus, Verification, VerifyFlags, VerifyItem, VerifyLevel, is_looked_at, is_sixth_format,
    signature_name,
};

use crate::checksum::ChecksumError;
use crate::header::{DigestCheck, Entry, Header, HeaderError, Limits, MAGIC, Tag, check_header_digests};
use crate::nevra::Nevra;

/// Size of the lead.
pub const LEAD_SIZE: usize = 96;
const LEAD_MAGIC: [u8; 4] = [0xed, 0xab, 0xee, 0xdb];

/// The historical first 96 bytes; only the magic matters to rpm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// 3 for packages of the fourth format, 4 for those of the sixth.
    pub major: u8,
    /// Whether the lead says that this is a source package; trust the header instead.
    pub source: bool,
    /// `name-version-release`, cut at 65 bytes.
    pub name: Vec<u8>,
}

impl Lead {
    /// Takes a lead apart; `None` when the magic is not rpm's.
    pub fn parse(bytes: &[u8; LEAD_SIZE]) -> Option<Self> {
        if bytes[..4] != LEAD_MAGIC {
            return None;
        }
        let name = bytes[10..76].split(|byte| *byte == 0).next().unwrap_or_default();
        Some(Lead { major: bytes[4], source: bytes[7] == 1, name: name.to_vec() })
    }
}

/// Why a package file cannot be used; the texts are rpm's.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the variants are")]
pub enum PackageError {
    #[error("open of {} failed", .path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("cannot read package {}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: not an rpm package", .path.display())]
    NotAPackage { path: PathBuf },
    #[error("{}: signature header", .path.display())]
    Signature { path: PathBuf, source: HeaderError },
    #[error("{}: header", .path.display())]
    Header { path: PathBuf, source: HeaderError },
    #[error("{}: {part} blob({size}): BAD, read returned {read}", .path.display())]
    Truncated { path: PathBuf, part: &'static str, size: usize, read: usize },
    #[error("{}: sigh pad({size}): BAD, read {read} bytes", .path.display())]
    Padding { path: PathBuf, size: usize, read: usize },
    #[error("package format not supported: {}", .path.display())]
    Unsupported { path: PathBuf },
    #[error("{}: invalid signature tag {tag} ({})", .path.display(), .tag.0)]
    SignatureTag { path: PathBuf, tag: Tag },
    #[error("cannot digest package {}", .path.display())]
    Digest { path: PathBuf, source: ChecksumError },
}

impl PackageError {
    /// Returns rpm's words without the path, as they follow `error: FILE: `; `None` where rpm says something else.
    pub fn rpm_message(&self) -> Option<String> {
        match self {
            PackageError::Signature { source, .. } => Some(match source {
                // Only found when both headers are there, and then for either of them.
                HeaderError::Load => source.to_string(),
                source => format!("signature {source}"),
            }),
            PackageError::Header { source, .. } => Some(source.to_string()),
            PackageError::Truncated { part, size, read, .. } => {
                Some(format!("{part} blob({size}): BAD, read returned {read}"))
            }
            PackageError::Padding { size, read, .. } => Some(format!("sigh pad({size}): BAD, read {read} bytes")),
            PackageError::SignatureTag { tag, .. } => Some(format!("invalid signature tag {tag} ({})", tag.0)),
            PackageError::NotAPackage { .. } => Some("not an rpm package (or package manifest)".to_owned()),
            PackageError::Open { .. }
            | PackageError::Read { .. }
            | PackageError::Unsupported { .. }
            | PackageError::Digest { .. } => None,
        }
    }
}

/// An opened package file whose headers have passed rpm's structural checks.
///
/// Digests and signatures are not yet compared; that is what [`PackageFile::check_header_digests`],
/// [`PackageFile::digests`] and the keyring are for.
#[derive(Debug, Clone)]
pub struct PackageFile {
    file: Arc<File>,
    path: PathBuf,
    start: PackageStart,
    size: u64,
    loaded: bool,
    /// Whether its file list was one of whole paths.
    legacy: bool,
    known: Option<Arc<PackageDigests>>,
}

/// Tells one state of a file from another: as long as it is the same, so is the content.
///
/// The change time cannot be set, so whoever could write the file in between would leave a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    /// Takes the stamp of an open file.
    pub fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(FileStamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// Digests of a package file that were computed while its bytes passed, and the state of the file they belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampedDigests {
    /// The file after the last byte was written.
    pub stamp: FileStamp,
    /// Its digests.
    pub digests: Arc<PackageDigests>,
}

impl PackageFile {
    /// Opens a package file and reads its headers.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, PackageError> {
        let path = path.into();
        match File::open(&path) {
            Ok(file) => Self::from_file(file, path),
            Err(source) => Err(PackageError::Open { path, source }),
        }
    }

    /// Reads the headers of a file that is open already; `path` is for messages.
    ///
    /// Reads from the beginning of the file, wherever its position stands, and does not move it.
    pub fn from_file(file: File, path: PathBuf) -> Result<Self, PackageError> {
        Self::read_start(file, path, true)
    }

    fn read_start(file: File, path: PathBuf, load: bool) -> Result<Self, PackageError> {
        let size = match file.metadata() {
            Ok(metadata) => metadata.len(),
            Err(source) => return Err(PackageError::Read { path, source }),
        };
        let mut reader = FileRange { file: Arc::new(file), at: 0, end: size };
        let mut start = PackageStart::read(&mut reader, size, &path, load)?;
        let legacy = start.header.has_old_file_names();
        if load && legacy {
            start.header = start.header.with_places().map_err(|source| Part::Header.error(&path, source))?;
        }
        Ok(PackageFile { file: reader.file, path, start, size, loaded: load, legacy, known: None })
    }

    /// Opens a package file for nothing but a look at its digests and signatures, as `rpmkeys --checksig` does.
    ///
    /// Headers may be ones that rpm does not load, those of packages of the third format among them; see
    /// [`PackageFile::check_load`].
    pub fn open_unloaded(path: impl Into<PathBuf>) -> Result<Self, PackageError> {
        let path = path.into();
        let file = File::open(&path).map_err(|source| PackageError::Open { path: path.clone(), source })?;
        Self::read_start(file, path, false)
    }

    /// Checks what [`PackageFile::open_unloaded`] left open.
    pub fn check_load(&self) -> Result<(), PackageError> {
        for (part, header) in [(Part::Signature, self.signature()), (Part::Header, self.header())] {
            header.clone().loaded(part.limits()).map_err(|source| part.error(&self.path, source))?;
        }
        Ok(())
    }

    /// Tells whether rpm warns of the package as one of the third format: it has no region, or lists whole paths.
    pub fn is_deprecated(&self) -> bool {
        self.legacy || !self.header().has_region()
    }

    /// Returns the path that the file was opened with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the lead.
    pub fn lead(&self) -> &Lead {
        &self.start.lead
    }

    /// Returns the signature header.
    pub fn signature(&self) -> &Header {
        &self.start.signature
    }

    /// Returns the main header.
    pub fn header(&self) -> &Header {
        &self.start.header
    }

    /// Returns where the main header (its magic) starts.
    pub fn header_offset(&self) -> u64 {
        self.start.header_offset
    }

    /// Returns where the payload starts, which is where the main header ends.
    pub fn payload_offset(&self) -> u64 {
        self.start.payload_offset
    }

    /// Returns the size of the whole file.
    pub fn file_size(&self) -> u64 {
        self.size
    }

    /// Returns name, version and architecture from the header.
    pub fn nevra(&self) -> Result<Nevra, PackageError> {
        self.header().nevra().map_err(|source| PackageError::Header { path: self.path.clone(), source })
    }

    /// Returns a reader of the compressed payload; several may be used at once.
    pub fn payload_reader(&self) -> FileRange {
        self.range(self.payload_offset(), self.size)
    }

    /// Returns a reader of the whole file.
    pub fn whole_reader(&self) -> FileRange {
        self.range(0, self.size)
    }

    /// Returns a reader of main header and payload, what legacy signatures and MD5 cover.
    pub fn header_and_payload_reader(&self) -> FileRange {
        self.range(self.header_offset(), self.size)
    }

    fn range(&self, at: u64, end: u64) -> FileRange {
        FileRange { file: Arc::clone(&self.file), at, end }
    }

    /// Compares the digests that cover only the header, as rpm does when it reads a package.
    pub fn check_header_digests(&self) -> Result<Vec<DigestCheck>, PackageError> {
        check_header_digests(self.signature(), self.header())
            .map_err(|source| PackageError::Digest { path: self.path.clone(), source })
    }

    /// Returns the signatures with what they cover.
    pub fn signatures(&self) -> Vec<PackageSignature<'_>> {
        signatures::collect(self.signature())
    }

    /// Returns the digests of this file that are known already.
    pub fn known_digests(&self) -> Option<&Arc<PackageDigests>> {
        self.known.as_ref()
    }

    /// Takes over digests that were computed before the file was opened, if the file is still the same.
    pub fn adopt_digests(&mut self, digests: &StampedDigests) {
        if FileStamp::of(&self.file).is_ok_and(|stamp| stamp == digests.stamp) {
            self.known = Some(Arc::clone(&digests.digests));
        }
    }

    /// Returns the digests rpm wants of every package; the file is read only if they are not known yet.
    pub fn digest(&mut self) -> Result<Arc<PackageDigests>, PackageError> {
        if let Some(known) = &self.known {
            return Ok(Arc::clone(known));
        }
        let digests = Arc::new(self.digests(&WantedDigests::default())?);
        self.known = Some(Arc::clone(&digests));
        Ok(digests)
    }

    /// Returns a digester for the bytes of this file.
    pub fn digester(&self, wanted: &WantedDigests) -> Result<PackageDigester, ChecksumError> {
        let digester = PackageDigester::new(wanted)?;
        Ok(if self.loaded { digester } else { digester.unloaded() })
    }

    /// Reads the whole file once and computes everything asked for.
    pub fn digests(&self, wanted: &WantedDigests) -> Result<PackageDigests, PackageError> {
        let read_error = |source| PackageError::Read { path: self.path.clone(), source };
        let mut digester =
            self.digester(wanted).map_err(|source| PackageError::Digest { path: self.path.clone(), source })?;
        let mut reader = self.whole_reader();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match reader.read(&mut buffer).map_err(read_error)? {
                0 => break,
                count => digester.update(&buffer[..count]),
            }
        }
        digester.finish(&self.path)
    }

    /// Returns the entries of the signature header that an installed header gets, under the numbers they have there.
    ///
    /// Fails with rpm's `invalid signature tag` when an entry has a wrong type or count or clashes with the main header.
    pub fn signature_dribbles(&self) -> Result<Vec<Entry>, PackageError> {
        merge::signature_dribbles(self.signature(), self.header())
            .map_err(|tag| PackageError::SignatureTag { path: self.path.clone(), tag })
    }
}

/// Reads a range of a file without moving the file's position.
#[derive(Debug, Clone)]
pub struct FileRange {
    file: Arc<File>,
    at: u64,
    end: u64,
}

impl FileRange {
    /// Returns the number of bytes left.
    pub fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }
}

impl Read for FileRange {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left()).unwrap_or(usize::MAX));
        let count = self.file.read_at(&mut buffer[..most], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl PackageStart {
    /// Reads lead and headers; `size` is the size of the file, which bounds what is allocated.
    fn read(reader: &mut impl Read, size: u64, path: &Path, load: bool) -> Result<Self, PackageError> {
        let path_buf = || path.to_owned();
        let not_a_package = || PackageError::NotAPackage { path: path_buf() };
        let mut lead = [0; LEAD_SIZE];
        read_up_to(reader, &mut lead, path)?.eq(&LEAD_SIZE).then_some(()).ok_or_else(not_a_package)?;
        let lead = Lead::parse(&lead).ok_or_else(not_a_package)?;
        let left = size.saturating_sub(LEAD_SIZE as u64);
        let signature = read_header(reader, left, (Part::Signature, load), path)?;
        let padding = padding_after(signature.bytes().len());
        let mut pad = [0; 8];
        let read = read_up_to(reader, &mut pad[..padding], path)?;
        if read != padding {
            return Err(PackageError::Padding { path: path_buf(), size: padding, read });
        }
        let header_offset = (LEAD_SIZE + MAGIC.len() + signature.bytes().len() + padding) as u64;
        let header = read_header(reader, size.saturating_sub(header_offset), (Part::Header, load), path)?;
        if load && !header.has_region() {
            return Err(PackageError::Unsupported { path: path_buf() });
        }
        let payload_offset = header_offset + (MAGIC.len() + header.bytes().len()) as u64;
        Ok(PackageStart { lead, signature, header, header_offset, payload_offset })
    }
}

/// Returns the zero bytes between a signature header of this size (without magic) and the main header.
fn padding_after(signature: usize) -> usize {
    let whole = MAGIC.len() + signature;
    whole.next_multiple_of(8) - whole
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Signature,
    Header,
}

impl Part {
    fn limits(self) -> Limits {
        match self {
            Part::Signature => Limits::SIGNATURE,
            Part::Header => Limits::PACKAGE,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Part::Signature => "signature hdr",
            Part::Header => "hdr",
        }
    }

    fn error(self, path: &Path, source: HeaderError) -> PackageError {
        let path = path.to_owned();
        match self {
            Part::Signature => PackageError::Signature { path, source },
            Part::Header => PackageError::Header { path, source },
        }
    }
}

fn read_header(
    reader: &mut impl Read,
    left: u64,
    (part, load): (Part, bool),
    path: &Path,
) -> Result<Header, PackageError> {
    let limits = if load { part.limits() } else { part.limits().unloaded() };
    let bad = |source| part.error(path, source);
    let mut intro = [0; 16];
    let read = read_up_to(reader, &mut intro, path)?;
    if read != intro.len() {
        return Err(PackageError::Truncated { path: path.to_owned(), part: part.name(), size: intro.len(), read });
    }
    let counts = split_intro(&intro).map_err(bad)?;
    let size = limits.blob_size(counts.0, counts.1).map_err(bad)?;
    // A count is believed only as far as the file reaches.
    let present = size.min(usize::try_from(left.saturating_sub(8)).unwrap_or(usize::MAX));
    let mut bytes = vec![0; present.max(8)];
    bytes[..8].copy_from_slice(&intro[8..]);
    let read = read_up_to(reader, &mut bytes[8..], path)? + 8;
    if read != size {
        // rpm tells nothing of what it could read.
        let (size, read) = (size - 8, 0);
        return Err(PackageError::Truncated { path: path.to_owned(), part: part.name(), size, read });
    }
    Header::parse(bytes, limits).map_err(bad)
}

/// Checks the magic and returns the two counts behind it.
fn split_intro(intro: &[u8; 16]) -> Result<(u32, u32), HeaderError> {
    let (magic, counts) = intro.split_at(8);
    if magic != MAGIC {
        return Err(HeaderError::Magic);
    }
    let counts = counts.try_into().map_err(|_| HeaderError::Short)?;
    Ok(Header::counts(counts))
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8], path: &Path) -> Result<usize, PackageError> {
    let mut read = 0;
    while read < buffer.len() {
        match reader.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(PackageError::Read { path: path.to_owned(), source }),
        }
    }
    Ok(read)
}
