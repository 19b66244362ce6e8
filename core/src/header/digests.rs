//! Digests over the region of a header.

use super::{Header, MAGIC, Tag, Type};
use crate::checksum::{Checksum, ChecksumError, ChecksumKind, Hasher};

/// What a digest covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DigestRange {
    /// The main header with its magic.
    Header,
    /// The payload as it is in the file.
    Payload,
    /// What the payload contains, uncompressed; packages may be rewritten so.
    AlternativePayload,
    /// Main header and payload (legacy MD5).
    HeaderAndPayload,
}

/// The outcome of comparing one digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestCheck {
    /// What is covered.
    pub range: DigestRange,
    /// The algorithm.
    pub kind: ChecksumKind,
    /// The digest that the package names, as text (it may be no digest at all).
    pub expected: String,
    /// The digest of the bytes that were found.
    pub found: Checksum,
    /// What the entry is instead of a text, which makes the digest wrong whatever its bytes.
    pub wrong_type: Option<Type>,
}

impl DigestCheck {
    /// Tells whether the digest is the expected one.
    pub fn ok(&self) -> bool {
        self.wrong_type.is_none() && self.expected.eq_ignore_ascii_case(&self.found.hex())
    }

    /// Returns what rpm says about a digest that is wrong and stands under this tag.
    pub fn fault(&self, tag: Tag) -> String {
        let (tag, found) = (tag.0, self.found.hex());
        if let Some(wrong) = self.wrong_type {
            format!("(package tag {tag}: invalid type {})", wrong as u32)
        } else if self.expected.len() != found.len() {
            format!("(package tag {tag}: invalid size {})", self.expected.len() + 1)
        } else if !self.expected.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            format!("(package: tag {tag}: invalid hex)")
        } else {
            format!("(Expected {} != {found})", self.expected)
        }
    }

    /// Returns rpm's name of a digest: `Header SHA256 digest`.
    pub fn title(range: DigestRange, kind: ChecksumKind) -> String {
        let (before, after) = match range {
            DigestRange::Header => ("Header", ""),
            DigestRange::Payload => ("Payload", ""),
            DigestRange::AlternativePayload => ("Payload", " ALT"),
            DigestRange::HeaderAndPayload => ("Legacy", ""),
        };
        format!("{before} {}{after} digest", kind.name().to_ascii_uppercase())
    }
}

/// rpm's words: `Header SHA256 digest: OK` or `Header SHA256 digest: BAD (Expected x != y)`.
impl std::fmt::Display for DigestCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let title = DigestCheck::title(self.range, self.kind);
        if self.ok() {
            write!(f, "{title}: OK")
        } else {
            write!(f, "{title}: BAD (Expected {} != {})", self.expected, self.found.hex())
        }
    }
}

impl Header {
    /// Feeds the bytes that header digests and header signatures cover: magic, counts of the region, its index and
    /// its data; dribbles take no part.
    ///
    /// Of a header without a region everything is fed.
    pub fn feed_region(&self, mut sink: impl FnMut(&[u8])) {
        let inner = &*self.inner;
        let (ril, rdl) = inner.region.map_or((inner.il, inner.dl), |region| (region.ril, region.rdl));
        sink(&MAGIC);
        sink(&(ril as u32).to_be_bytes());
        sink(&(rdl as u32).to_be_bytes());
        sink(&inner.bytes[8..8 + ril * 16]);
        let data = 8 + inner.il * 16;
        sink(&inner.bytes[data..data + rdl]);
    }

    /// Returns the bytes that header digests and header signatures cover.
    ///
    /// For the header of a package file this is the whole main header section.
    pub fn region_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.inner.bytes.len() + MAGIC.len());
        self.feed_region(|part| bytes.extend_from_slice(part));
        bytes
    }

    /// Digests what header digests cover.
    pub fn region_digest(&self, kind: ChecksumKind) -> Result<Checksum, ChecksumError> {
        let mut hasher = Hasher::new(kind)?;
        self.feed_region(|part| hasher.update(part));
        hasher.finish()
    }
}

/// Compares the header digests (SHA1, SHA256, SHA3-256) that `holder` names with the region of `header`.
///
/// In a package file the holder is the signature header, in the database it is the header itself.
pub fn check_header_digests(holder: &Header, header: &Header) -> Result<Vec<DigestCheck>, ChecksumError> {
    let known = [
        (Tag::SHA1HEADER, ChecksumKind::Sha1),
        (Tag::SHA256HEADER, ChecksumKind::Sha256),
        (Tag::SHA3_256HEADER, ChecksumKind::Sha3_256),
    ];
    let mut checks = Vec::new();
    for (tag, kind) in known {
        if let Some(value) = holder.get(tag) {
            let wrong_type = (value.kind() != Type::String).then_some(value.kind());
            let expected = String::from_utf8_lossy(value.text().unwrap_or_default()).into_owned();
            let found = header.region_digest(kind)?;
            checks.push(DigestCheck { range: DigestRange::Header, kind, expected, found, wrong_type });
        }
    }
    Ok(checks)
}
