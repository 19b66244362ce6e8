//! Digesting a package file while its bytes pass by.

use std::path::{Path, PathBuf};

use super::{LEAD_SIZE, Lead, PackageError, Part, padding_after, split_intro};
use crate::checksum::{Checksum, ChecksumError, ChecksumKind, Hasher};
use crate::header::{DigestCheck, DigestRange, Header, HeaderError, MAGIC, Tag, check_header_digests, tag::sig};

/// Lead and headers of a package, and where they end.
#[derive(Debug, Clone)]
pub struct PackageStart {
    /// Lead.
    pub lead: Lead,
    /// Signature header.
    pub signature: Header,
    /// Main header.
    pub header: Header,
    /// Offset of the main header's magic in the file.
    pub header_offset: u64,
    /// Offset of the payload.
    pub payload_offset: u64,
}

/// What [`PackageDigester`] computes beside the digests that the package names itself.
#[derive(Debug, Clone)]
pub struct WantedDigests {
    /// Digests of the whole file; rpm stores SHA256 and SHA512 as PACKAGEDIGESTS, metadata name others.
    pub whole: Vec<ChecksumKind>,
    /// Whether the legacy MD5 over header and payload is compared; rpm's default settings ignore it.
    pub legacy_md5: bool,
}

impl Default for WantedDigests {
    fn default() -> Self {
        WantedDigests { whole: vec![ChecksumKind::Sha256, ChecksumKind::Sha512], legacy_md5: false }
    }
}

/// Everything that one pass over a package file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageDigests {
    /// Number of bytes.
    pub size: u64,
    /// Digests of the whole file, in the order in which they were wanted.
    pub whole: Vec<Checksum>,
    /// Comparisons of digests over the header.
    pub header: Vec<DigestCheck>,
    /// Comparisons of digests over the payload as it was compressed when the package was made.
    pub payload: Vec<DigestCheck>,
    /// Comparisons of the same bytes with the digests of the uncompressed payload; rpm is content with either.
    pub alternative: Vec<DigestCheck>,
    /// Comparison of the legacy MD5 over header and payload.
    pub legacy_md5: Option<DigestCheck>,
}

impl PackageDigests {
    /// Tells whether there are digests over the header and all of them match.
    pub fn header_ok(&self) -> bool {
        !self.header.is_empty() && self.header.iter().all(DigestCheck::ok)
    }

    /// Returns the comparison of this kind.
    pub fn find(&self, range: DigestRange, kind: ChecksumKind) -> Option<&DigestCheck> {
        let mut checks: Box<dyn Iterator<Item = &DigestCheck>> = match range {
            DigestRange::Header => Box::new(self.header.iter()),
            DigestRange::Payload => Box::new(self.payload.iter()),
            DigestRange::AlternativePayload => Box::new(self.alternative.iter()),
            DigestRange::HeaderAndPayload => Box::new(self.legacy_md5.iter()),
        };
        checks.find(|check| check.kind == kind)
    }

    /// Tells whether the payload has the digest that this one is about in its other form.
    pub fn alternative_ok(&self, check: &DigestCheck) -> bool {
        self.find(DigestRange::AlternativePayload, check.kind).is_some_and(DigestCheck::ok)
    }

    /// Tells whether there are digests over the payload and all of them match.
    pub fn payload_ok(&self) -> bool {
        !self.payload.is_empty() && self.payload.iter().all(|check| check.ok() || self.alternative_ok(check))
    }

    /// Iterates over the comparisons that failed.
    pub fn bad(&self) -> impl Iterator<Item = &DigestCheck> {
        let payload = self.payload.iter().filter(|check| !self.alternative_ok(check));
        self.header.iter().chain(payload).chain(&self.legacy_md5).filter(|check| !check.ok())
    }

    /// Returns the digest of the whole file of this kind, if it was wanted.
    pub fn whole(&self, kind: ChecksumKind) -> Option<&Checksum> {
        self.whole.iter().find(|sum| sum.kind == kind)
    }
}

/// Takes the bytes of a package file in order, as they arrive from the network or from disk, and computes all digests.
///
/// Headers are collected and checked on the way; memory is bounded by rpm's limits on headers, and by the bytes that
/// really came. A file that is no package still gets its [`PackageDigester::finish_whole`] digests.
pub struct PackageDigester {
    size: u64,
    whole: Vec<Hasher>,
    legacy_md5: bool,
    /// Whether headers have to be ones that rpm loads.
    load: bool,
    state: State,
}

enum State {
    /// Collecting lead, signature header and main header.
    Start {
        bytes: Vec<u8>,
        need: usize,
        signature: Option<Found>,
    },
    Payload {
        start: Box<PackageStart>,
        payload: Vec<Expected>,
        md5: Option<Expected>,
    },
    Failed(Failure),
}

/// The signature header, and where the main header starts.
struct Found {
    signature: Header,
    header_at: usize,
}

/// A digest that the package names, while it is computed.
struct Expected {
    range: DigestRange,
    text: Option<String>,
    /// What the package names for the uncompressed payload.
    alternative: Option<String>,
    hasher: Hasher,
}

impl Expected {
    /// Returns the comparison, and that with the other form.
    fn check(self) -> Result<(Option<DigestCheck>, Option<DigestCheck>), ChecksumError> {
        let found = self.hasher.finish()?;
        let check =
            |range, expected| DigestCheck { range, kind: found.kind, expected, found: found.clone(), wrong_type: None };
        let alternative = self.alternative.map(|text| check(DigestRange::AlternativePayload, text));
        Ok((self.text.map(|text| check(self.range, text)), alternative))
    }
}

enum Failure {
    NotAPackage,
    Signature(HeaderError),
    Header(HeaderError),
    Unsupported,
    Digest(ChecksumError),
}

impl Failure {
    fn into_error(self, path: PathBuf) -> PackageError {
        match self {
            Failure::NotAPackage => PackageError::NotAPackage { path },
            Failure::Signature(source) => PackageError::Signature { path, source },
            Failure::Header(source) => PackageError::Header { path, source },
            Failure::Unsupported => PackageError::Unsupported { path },
            Failure::Digest(source) => PackageError::Digest { path, source },
        }
    }
}

impl From<ChecksumError> for Failure {
    fn from(error: ChecksumError) -> Self {
        Failure::Digest(error)
    }
}

const INTRO: usize = 16;

impl PackageDigester {
    /// Starts at the beginning of a file.
    pub fn new(wanted: &WantedDigests) -> Result<Self, ChecksumError> {
        let whole = wanted.whole.iter().map(|kind| Hasher::new(*kind)).collect::<Result<_, _>>()?;
        let state = State::Start { bytes: Vec::new(), need: LEAD_SIZE + INTRO, signature: None };
        Ok(PackageDigester { size: 0, whole, legacy_md5: wanted.legacy_md5, load: true, state })
    }

    /// Does not mind headers that rpm only looks at; see [`super::PackageFile::open_unloaded`].
    #[must_use]
    pub fn unloaded(self) -> Self {
        PackageDigester { load: false, ..self }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, mut data: &[u8]) {
        self.size += data.len() as u64;
        self.whole.iter_mut().for_each(|hasher| hasher.update(data));
        while let State::Start { bytes, need, .. } = &mut self.state {
            let take = data.len().min(*need - bytes.len());
            bytes.extend_from_slice(&data[..take]);
            data = &data[take..];
            if bytes.len() < *need {
                return;
            }
            self.advance();
        }
        if let State::Payload { payload, md5, .. } = &mut self.state {
            payload.iter_mut().chain(md5).for_each(|expected| expected.hasher.update(data));
        }
    }

    /// Returns lead and headers once they have arrived and passed rpm's structural checks.
    pub fn start(&self) -> Option<&PackageStart> {
        match &self.state {
            State::Payload { start, .. } => Some(start),
            _ => None,
        }
    }

    /// Goes on when `need` bytes are there: asks for more, or turns to the payload.
    fn advance(&mut self) {
        let State::Start { bytes, need, signature } = &mut self.state else { return };
        self.state = match next_step(bytes, *need, signature, self.load) {
            Ok(Step::Need(more)) => {
                *need = more;
                return;
            }
            Ok(Step::Ready(start)) => payload_state(start, self.legacy_md5).unwrap_or_else(State::Failed),
            Err(failure) => State::Failed(failure),
        };
    }

    /// Returns everything; `path` is for messages.
    pub fn finish(self, path: &Path) -> Result<PackageDigests, PackageError> {
        let digest = |source| PackageError::Digest { path: path.to_owned(), source };
        let (start, payload, md5) = match self.state {
            State::Payload { start, payload, md5 } => (start, payload, md5),
            State::Start { need, bytes, signature } => {
                let part = if signature.is_some() { Part::Header } else { Part::Signature }.name();
                return Err(PackageError::Truncated { path: path.to_owned(), part, size: need, read: bytes.len() });
            }
            State::Failed(failure) => return Err(failure.into_error(path.to_owned())),
        };
        let whole = self.whole.into_iter().map(Hasher::finish).collect::<Result<_, _>>().map_err(digest)?;
        let header = check_header_digests(&start.signature, &start.header).map_err(digest)?;
        let checks: Vec<_> = payload.into_iter().map(Expected::check).collect::<Result<_, _>>().map_err(digest)?;
        let (payload, alternative): (Vec<_>, Vec<_>) = checks.into_iter().unzip();
        let (payload, alternative) =
            (payload.into_iter().flatten().collect(), alternative.into_iter().flatten().collect());
        let legacy_md5 = md5.map(Expected::check).transpose().map_err(digest)?.and_then(|(check, _)| check);
        Ok(PackageDigests { size: self.size, whole, header, payload, alternative, legacy_md5 })
    }

    /// Returns size and digests of the whole file, whether it is a package or not.
    pub fn finish_whole(self) -> Result<(u64, Vec<Checksum>), ChecksumError> {
        let whole = self.whole.into_iter().map(Hasher::finish).collect::<Result<_, _>>()?;
        Ok((self.size, whole))
    }
}

/// What comes after a part of the headers has arrived.
enum Step {
    /// This many bytes must be there to go on.
    Need(usize),
    /// All headers are here.
    Ready(Box<PackageStart>),
}

/// Looks at the bytes collected so far, of which there are `need`.
fn next_step(bytes: &[u8], need: usize, signature: &mut Option<Found>, load: bool) -> Result<Step, Failure> {
    let (part, header_at) = match signature {
        Some(found) => (Part::Header, found.header_at),
        None => (Part::Signature, LEAD_SIZE),
    };
    let wrap = |error| match part {
        Part::Signature => Failure::Signature(error),
        Part::Header => Failure::Header(error),
    };
    let lead = bytes.first_chunk::<LEAD_SIZE>().and_then(Lead::parse).ok_or(Failure::NotAPackage)?;
    let intro = bytes[header_at..].first_chunk::<INTRO>().ok_or(wrap(HeaderError::Short))?;
    let (il, dl) = split_intro(intro).map_err(wrap)?;
    let limits = if load { part.limits() } else { part.limits().unloaded() };
    let size = limits.blob_size(il, dl).map_err(wrap)?;
    if need == header_at + INTRO {
        let padding = match part {
            Part::Signature => padding_after(size),
            Part::Header => 0,
        };
        let more = header_at + MAGIC.len() + size + padding;
        return if more > need { Ok(Step::Need(more)) } else { Err(wrap(HeaderError::NoEntries)) };
    }
    let blob_at = header_at + MAGIC.len();
    let header = Header::parse(bytes[blob_at..blob_at + size].to_vec(), limits).map_err(wrap)?;
    match signature.take() {
        None => {
            *signature = Some(Found { signature: header, header_at: need });
            Ok(Step::Need(need + INTRO))
        }
        Some(_) if load && !header.has_region() => Err(Failure::Unsupported),
        Some(Found { signature, header_at }) => {
            let (header_offset, payload_offset) = (header_at as u64, need as u64);
            Ok(Step::Ready(Box::new(PackageStart { lead, signature, header, header_offset, payload_offset })))
        }
    }
}

/// Prepares to digest the payload as the headers ask for.
fn payload_state(start: Box<PackageStart>, legacy_md5: bool) -> Result<State, Failure> {
    let header = &start.header;
    let mut payload = Vec::new();
    let mut expect = |kind: ChecksumKind, tag: Tag, alternative: Tag| -> Result<(), ChecksumError> {
        let text = |tag| header.str(tag).map(std::borrow::Cow::into_owned);
        let (text, alternative) = (text(tag), text(alternative));
        if text.is_some() || alternative.is_some() {
            payload.push(Expected { range: DigestRange::Payload, text, alternative, hasher: Hasher::new(kind)? });
        }
        Ok(())
    };
    // rpm 6 takes this one for SHA256 whatever PAYLOADSHA256ALGO says; packages of the sixth format have no such tag.
    expect(ChecksumKind::Sha256, Tag::PAYLOADSHA256, Tag::PAYLOADSHA256ALT)?;
    expect(ChecksumKind::Sha512, Tag::PAYLOADSHA512, Tag::PAYLOADSHA512ALT)?;
    expect(ChecksumKind::Sha3_256, Tag::PAYLOADSHA3_256, Tag::PAYLOADSHA3_256ALT)?;
    let md5 = match start.signature.bin(sig::MD5) {
        Some(expected) if legacy_md5 => {
            let mut hasher = Hasher::new(ChecksumKind::Md5)?;
            header.feed_region(|part| hasher.update(part));
            let text = Some(hex::encode(expected));
            Some(Expected { range: DigestRange::HeaderAndPayload, text, alternative: None, hasher })
        }
        _ => None,
    };
    Ok(State::Payload { start, payload, md5 })
}
