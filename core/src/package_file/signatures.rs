//! Signature blobs of a package and what they sign.

use crate::header::{Header, Tag, tag::sig};

/// What a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignedRange {
    /// The main header with its magic: [`Header::region_bytes`].
    Header,
    /// Main header and payload, legacy: [`super::PackageFile::header_and_payload_reader`].
    HeaderAndPayload,
}

/// How the signature is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureFormat {
    /// A binary OpenPGP packet.
    Binary,
    /// The same in base64, without armor (tag OPENPGP).
    Base64,
}

/// One signature of a package; nothing about it has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackageSignature<'a> {
    /// Tag under which it stands in the signature header (OPENPGP, RSAHEADER, DSAHEADER, `sig::PGP`, `sig::GPG`).
    pub tag: Tag,
    /// Position among the signatures of this tag (only OPENPGP has several).
    pub index: usize,
    /// What it covers.
    pub range: SignedRange,
    /// How it is written.
    pub format: SignatureFormat,
    /// The signature as written.
    pub bytes: &'a [u8],
}

/// Collects all signatures, OPENPGP ones first.
///
/// rpm does not look at the others when an OPENPGP one parses; that is decided by whoever can parse them.
pub(super) fn collect(signature: &Header) -> Vec<PackageSignature<'_>> {
    let mut found: Vec<PackageSignature<'_>> = signature
        .strings(Tag::OPENPGP)
        .enumerate()
        .map(|(index, bytes)| PackageSignature {
            tag: Tag::OPENPGP,
            index,
            range: SignedRange::Header,
            format: SignatureFormat::Base64,
            bytes,
        })
        .collect();
    let binary = [
        (Tag::RSAHEADER, SignedRange::Header),
        (Tag::DSAHEADER, SignedRange::Header),
        (sig::PGP, SignedRange::HeaderAndPayload),
        (sig::GPG, SignedRange::HeaderAndPayload),
    ];
    for (tag, range) in binary {
        if let Some(bytes) = signature.bin(tag) {
            found.push(PackageSignature { tag, index: 0, range, format: SignatureFormat::Binary, bytes });
        }
    }
    found
}
