//! Whether digests and signatures vouch for a whole package (reference of rpm, section 1.7).
//!
//! The rules were fitted to what rpm 6.1 says of some six hundred combinations of packages, levels and flags.
//!
//! witness: compat-tests/tests/verify_levels.rs

use std::fmt;

use super::PackageDigests;
use crate::checksum::ChecksumKind;
use crate::header::{DigestCheck, DigestRange, Header, Tag, tag::sig};

/// What is demanded of a package (`_pkgverify_level`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerifyLevel {
    /// Nothing.
    None,
    /// Digests that cover header and payload.
    #[default]
    Digest,
    /// Signatures that cover header and payload.
    Signature,
    /// Both.
    All,
}

impl VerifyLevel {
    /// Reads a value of `_pkgverify_level`; rpm warns of others and takes them for `all`.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "none" => VerifyLevel::None,
            "digest" => VerifyLevel::Digest,
            "signature" => VerifyLevel::Signature,
            "all" => VerifyLevel::All,
            _ => return None,
        })
    }

    /// Tells whether digests must cover everything.
    pub const fn digest(self) -> bool {
        matches!(self, VerifyLevel::Digest | VerifyLevel::All)
    }

    /// Tells whether signatures must cover everything.
    pub const fn signature(self) -> bool {
        matches!(self, VerifyLevel::Signature | VerifyLevel::All)
    }
}

/// Kinds of items that are not looked at; the bits are rpm's (`_pkgverify_flags`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyFlags(pub u32);

#[allow(missing_docs, reason = "the names are rpm's")]
impl VerifyFlags {
    pub const NOSHA1HEADER: VerifyFlags = VerifyFlags(0x100);
    pub const NOSHA256HEADER: VerifyFlags = VerifyFlags(0x200);
    pub const NODSAHEADER: VerifyFlags = VerifyFlags(0x400);
    pub const NORSAHEADER: VerifyFlags = VerifyFlags(0x800);
    pub const NOOPENPGP: VerifyFlags = VerifyFlags(0x1000);
    pub const NOSHA3_256HEADER: VerifyFlags = VerifyFlags(0x2000);
    pub const NOSHA512PAYLOAD: VerifyFlags = VerifyFlags(0x4000);
    pub const NOSHA3_256PAYLOAD: VerifyFlags = VerifyFlags(0x8000);
    pub const NOSHA256PAYLOAD: VerifyFlags = VerifyFlags(0x1_0000);
    pub const NOMD5: VerifyFlags = VerifyFlags(0x2_0000);
    pub const NODSA: VerifyFlags = VerifyFlags(0x4_0000);
    pub const NORSA: VerifyFlags = VerifyFlags(0x8_0000);

    /// All digests.
    pub const DIGESTS: VerifyFlags = Self::NOSHA1HEADER
        .with(Self::NOSHA256HEADER)
        .with(Self::NOSHA3_256HEADER)
        .with(Self::NOSHA512PAYLOAD)
        .with(Self::NOSHA3_256PAYLOAD)
        .with(Self::NOSHA256PAYLOAD)
        .with(Self::NOMD5);

    /// Tells whether any of the bits is set.
    pub const fn any(self, bits: VerifyFlags) -> bool {
        self.0 & bits.0 != 0
    }

    /// Tells whether all of the bits are set.
    pub const fn all(self, bits: VerifyFlags) -> bool {
        self.0 & bits.0 == bits.0
    }

    /// Adds bits.
    #[must_use]
    pub const fn with(self, bits: VerifyFlags) -> Self {
        VerifyFlags(self.0 | bits.0)
    }
}

/// rpm's own: SHA-1 over the header and MD5 prove nothing today.
impl Default for VerifyFlags {
    fn default() -> Self {
        Self::NOSHA1HEADER.with(Self::NOMD5)
    }
}

/// What vouches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A digest.
    Digest,
    /// A signature.
    Signature,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemStatus {
    /// It is there and right.
    Ok,
    /// The package does not have it.
    NotFound,
    /// The issuer's key is not known.
    NoKey,
    /// Right, but the key is not to be relied on.
    NotTrusted,
    /// It is there and wrong.
    Bad,
}

/// One digest or signature that a package has or could have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyItem {
    /// Digest or signature.
    pub kind: ItemKind,
    /// What it covers.
    pub range: DigestRange,
    /// Where it stands.
    pub tag: Tag,
    /// Number of the public key algorithm in OpenPGP; 0 for digests.
    pub public_key: u8,
    /// Number of the digest algorithm in OpenPGP.
    pub hash: u8,
    /// What became of it.
    pub status: ItemStatus,
    /// What it is called: `Header SHA256 digest`.
    pub name: String,
    /// More about a failure: `(Expected x != y)`.
    pub detail: Option<String>,
    /// What is wrong with a signature and its keys, in the words of rpm's OpenPGP library, several lines each.
    pub complaints: Vec<String>,
}

/// Shows as `rpmkeys -Kv` does: `Header SHA256 digest: OK`.
impl fmt::Display for VerifyItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.status {
            ItemStatus::Ok => "OK",
            ItemStatus::NotFound => "NOTFOUND",
            ItemStatus::NoKey => "NOKEY",
            ItemStatus::NotTrusted => "NOTTRUSTED",
            ItemStatus::Bad => "BAD",
        };
        write!(f, "{}: {word}", self.name)?;
        match &self.detail {
            Some(detail) => write!(f, " {detail}"),
            None => Ok(()),
        }
    }
}

/// Parts of a package as bits.
const HEADER: u8 = 1;
const PAYLOAD: u8 = 2;

impl VerifyItem {
    fn covers(&self) -> u8 {
        match self.range {
            DigestRange::Header => HEADER,
            DigestRange::Payload | DigestRange::AlternativePayload => PAYLOAD,
            DigestRange::HeaderAndPayload => HEADER | PAYLOAD,
        }
    }

    fn is_payload_digest(&self) -> bool {
        self.kind == ItemKind::Digest && self.covers() == PAYLOAD
    }
}

/// The signatures that a package can have: tag, flag, number of the algorithm, what is covered, name.
const SIGNATURES: [(Tag, VerifyFlags, u8, DigestRange, &str); 5] = [
    (sig::PGP, VerifyFlags::NORSA, 1, DigestRange::HeaderAndPayload, "Legacy OpenPGP RSA signature"),
    (sig::GPG, VerifyFlags::NODSA, 17, DigestRange::HeaderAndPayload, "Legacy OpenPGP DSA signature"),
    (Tag::DSAHEADER, VerifyFlags::NODSAHEADER, 17, DigestRange::Header, "Header OpenPGP DSA signature"),
    (Tag::RSAHEADER, VerifyFlags::NORSAHEADER, 1, DigestRange::Header, "Header OpenPGP RSA signature"),
    (Tag::OPENPGP, VerifyFlags::NOOPENPGP, 0, DigestRange::Header, "Header OpenPGP signature"),
];

/// Tells whether rpm 6 takes a package for one of its own by its signature header, and leaves the old items aside.
pub fn is_sixth_format(signature: &Header) -> bool {
    signature.has(sig::RESERVED) && signature.has(Tag::SHA3_256HEADER)
}

/// Tells whether signatures under this tag are looked at.
pub fn is_looked_at(tag: Tag, signature: &Header, flags: VerifyFlags) -> bool {
    let Some((_, flag, _, range, _)) = SIGNATURES.iter().find(|(known, ..)| *known == tag) else { return false };
    let left_aside = *range == DigestRange::HeaderAndPayload && is_sixth_format(signature);
    !left_aside && !flags.any(*flag)
}

/// Everything that was found to vouch for a package, or is missing.
#[derive(Debug, Clone)]
pub struct Verification {
    level: VerifyLevel,
    items: Vec<VerifyItem>,
    /// A signature was verified, which makes signatures over everything necessary.
    signed: bool,
    /// What no digest covers, and what no signature covers.
    without_digest: u8,
    without_signature: u8,
}

impl Verification {
    /// Puts together what was found: the digests, and of the signatures those that were looked at.
    ///
    /// `signature` is the signature header, which tells what the package could have.
    pub fn new(
        signature: &Header,
        level: VerifyLevel,
        flags: VerifyFlags,
        digests: &PackageDigests,
        signatures: Vec<VerifyItem>,
    ) -> Self {
        let mut items = signatures;
        // rpm lists signatures of the new kind from the last to the first, whatever their algorithms are.
        items.reverse();
        let new_kind = items.iter().any(|item| item.tag == Tag::OPENPGP);
        for (tag, _, public_key, range, name) in SIGNATURES {
            let found = items.iter().any(|item| item.tag == tag);
            // Those of the old kinds do not count beside one of the new kind.
            if !found && !new_kind && is_looked_at(tag, signature, flags) {
                items.push(missing(ItemKind::Signature, range, tag, (public_key, 0), name.to_owned()));
            }
        }
        items.extend(digest_items(signature, flags, digests));
        // Signatures before digests, strong algorithms before weak ones; else as they stand.
        items.sort_by_key(|item| {
            let (public_key, hash) = if item.tag == Tag::OPENPGP { (0, 0) } else { (item.public_key, item.hash) };
            let algorithms = (std::cmp::Reverse(public_key), std::cmp::Reverse(hash));
            let found = if item.status == ItemStatus::NotFound { 0 } else { item.tag.0 };
            (item.covers(), item.kind == ItemKind::Digest, algorithms, std::cmp::Reverse(found))
        });
        Self::of_items(level, items)
    }

    fn of_items(level: VerifyLevel, items: Vec<VerifyItem>) -> Self {
        let covered = |kind| {
            let good = items.iter().filter(|item| item.kind == kind && item.status == ItemStatus::Ok);
            good.fold(0, |covered, item| covered | item.covers())
        };
        let digest = covered(ItemKind::Digest);
        let mut signature = covered(ItemKind::Signature);
        let signed = signature != 0;
        // Digests of the payload in a signed header are as good as the signature.
        if signature & HEADER != 0 && items.iter().any(|item| item.is_payload_digest() && item.status == ItemStatus::Ok)
        {
            signature |= PAYLOAD;
        }
        let all = HEADER | PAYLOAD;
        Verification { level, items, signed, without_digest: all & !digest, without_signature: all & !signature }
    }

    /// Iterates over the items that matter, in the order in which `rpmkeys -Kv` lists them.
    pub fn items(&self) -> impl Iterator<Item = &VerifyItem> {
        self.items.iter().filter(|item| item.status != ItemStatus::NotFound || self.is_missed(item))
    }

    /// Tells whether an item that a package does not have would have been needed.
    fn is_missed(&self, item: &VerifyItem) -> bool {
        let as_digest = item.kind == ItemKind::Digest && self.level.digest();
        let as_signature = self.wants_signature()
            && (item.kind == ItemKind::Signature
                // Only a signed header lends its strength.
                || (item.is_payload_digest() && self.signed && self.without_signature & HEADER == 0));
        (as_digest && item.covers() & self.without_digest != 0)
            || (as_signature && item.covers() & self.without_signature != 0)
    }

    /// A package that is signed in part is worse than one that is not signed: something was exchanged.
    fn wants_signature(&self) -> bool {
        self.level.signature() || self.signed
    }

    fn covered(&self) -> bool {
        (!self.level.digest() || self.without_digest == 0) && (!self.wants_signature() || self.without_signature == 0)
    }

    /// Returns why the package must not be installed, in rpm's words; nothing when it may be.
    pub fn problem(&self) -> Option<String> {
        let mut worst: Option<(u8, &VerifyItem)> = None;
        for item in self.items() {
            let Some(weight) = self.weight(item) else { continue };
            if worst.is_none_or(|(most, _)| weight > most) {
                worst = Some((weight, item));
            }
        }
        match worst {
            Some((_, VerifyItem { kind: ItemKind::Digest, status: ItemStatus::NotFound, .. })) => {
                Some("no digest".to_owned())
            }
            Some((_, VerifyItem { kind: ItemKind::Signature, status: ItemStatus::NotFound, .. })) => {
                Some("no signature".to_owned())
            }
            Some((_, item)) => Some(item.to_string()),
            None => (!self.covered()).then(|| "no verifiable digest or signature available".to_owned()),
        }
    }

    /// Tells how much a failed item says about the package: the one that says most is named.
    fn weight(&self, item: &VerifyItem) -> Option<u8> {
        Some(match (item.kind, item.status) {
            (_, ItemStatus::Ok) => return None,
            (ItemKind::Signature, ItemStatus::Bad) => 6,
            (ItemKind::Signature, ItemStatus::NotFound) if self.signed => 5,
            (ItemKind::Digest, ItemStatus::NotFound) => 3,
            (ItemKind::Digest, _) => 4,
            (ItemKind::Signature, ItemStatus::NotTrusted) if self.without_signature == 0 || !self.wants_signature() => {
                return None;
            }
            (ItemKind::Signature, ItemStatus::NoKey) if !self.level.signature() => return None,
            (ItemKind::Signature, ItemStatus::NoKey | ItemStatus::NotTrusted) => 2,
            (ItemKind::Signature, ItemStatus::NotFound) => 1,
        })
    }

    /// Tells whether a digest of the header or a signature over it is wrong: then rpm does not even read the package.
    pub fn has_bad_header(&self) -> bool {
        self.items.iter().any(|item| item.covers() == HEADER && item.status == ItemStatus::Bad)
    }

    /// Returns what rpm's OpenPGP library says while `rpmkeys -K` looks at the package.
    pub fn complaints(&self) -> impl Iterator<Item = &str> {
        let failed = self.items.iter().filter(|item| self.fails_checksig(item));
        failed.flat_map(|item| item.complaints.iter().map(String::as_str))
    }

    /// Tells whether `rpmkeys -K` finds nothing to complain about; an unknown key is enough.
    pub fn passes_checksig(&self) -> bool {
        self.covered() && self.items().all(|item| !self.fails_checksig(item))
    }

    /// Returns which kinds of items there are, and whether `rpmkeys -K` has no complaint about a kind.
    ///
    /// In a signed header a wrong digest of the payload is a matter of signatures, too.
    pub fn kinds(&self) -> Vec<(ItemKind, bool)> {
        let lent = self.signed && self.without_signature & HEADER == 0;
        let concerns = |item: &VerifyItem, kind| {
            item.kind == kind || (kind == ItemKind::Signature && lent && item.is_payload_digest())
        };
        let seen = |kind: &ItemKind| self.items().any(|item| item.kind == *kind);
        [ItemKind::Digest, ItemKind::Signature]
            .into_iter()
            .filter(seen)
            .map(|kind| (kind, !self.items().any(|item| concerns(item, kind) && self.fails_checksig(item))))
            .collect()
    }

    /// Tells whether `rpmkeys -K` complains of an item.
    pub fn fails_checksig(&self, item: &VerifyItem) -> bool {
        match item.status {
            ItemStatus::Ok => false,
            ItemStatus::NotTrusted => self.wants_signature() && self.without_signature != 0,
            ItemStatus::Bad | ItemStatus::NoKey | ItemStatus::NotFound => true,
        }
    }
}

fn missing(kind: ItemKind, range: DigestRange, tag: Tag, algorithms: (u8, u8), name: String) -> VerifyItem {
    let (public_key, hash) = algorithms;
    VerifyItem {
        kind,
        range,
        tag,
        public_key,
        hash,
        status: ItemStatus::NotFound,
        name,
        detail: None,
        complaints: Vec::new(),
    }
}

/// The digests that a package can have.
const DIGESTS: [(DigestRange, ChecksumKind, Tag, VerifyFlags); 10] = [
    (DigestRange::Header, ChecksumKind::Sha1, Tag::SHA1HEADER, VerifyFlags::NOSHA1HEADER),
    (DigestRange::Header, ChecksumKind::Sha256, Tag::SHA256HEADER, VerifyFlags::NOSHA256HEADER),
    (DigestRange::Header, ChecksumKind::Sha3_256, Tag::SHA3_256HEADER, VerifyFlags::NOSHA3_256HEADER),
    (DigestRange::Payload, ChecksumKind::Sha256, Tag::PAYLOADSHA256, VerifyFlags::NOSHA256PAYLOAD),
    (DigestRange::AlternativePayload, ChecksumKind::Sha256, Tag::PAYLOADSHA256ALT, VerifyFlags::NOSHA256PAYLOAD),
    (DigestRange::Payload, ChecksumKind::Sha512, Tag::PAYLOADSHA512, VerifyFlags::NOSHA512PAYLOAD),
    (DigestRange::AlternativePayload, ChecksumKind::Sha512, Tag::PAYLOADSHA512ALT, VerifyFlags::NOSHA512PAYLOAD),
    (DigestRange::Payload, ChecksumKind::Sha3_256, Tag::PAYLOADSHA3_256, VerifyFlags::NOSHA3_256PAYLOAD),
    (DigestRange::AlternativePayload, ChecksumKind::Sha3_256, Tag::PAYLOADSHA3_256ALT, VerifyFlags::NOSHA3_256PAYLOAD),
    (DigestRange::HeaderAndPayload, ChecksumKind::Md5, sig::MD5, VerifyFlags::NOMD5),
];

/// Lists the digests that are looked at, those that the package does not have included.
fn digest_items(signature: &Header, flags: VerifyFlags, digests: &PackageDigests) -> Vec<VerifyItem> {
    let sixth = is_sixth_format(signature);
    let looked_at = DIGESTS.iter().filter(|(range, .., flag)| {
        let left_aside = sixth && *range == DigestRange::HeaderAndPayload;
        !left_aside && !flags.any(*flag)
    });
    looked_at
        .filter_map(|(range, kind, tag, _)| {
            let name = DigestCheck::title(*range, *kind);
            let Some(check) = digests.find(*range, *kind) else {
                return Some(missing(ItemKind::Digest, *range, *tag, (0, number(*kind)), name));
            };
            // Of a payload and its other form one is enough.
            let other = match range {
                DigestRange::Payload => DigestRange::AlternativePayload,
                DigestRange::AlternativePayload => DigestRange::Payload,
                DigestRange::Header | DigestRange::HeaderAndPayload => *range,
            };
            let other_is_good = digests.find(other, *kind).is_some_and(DigestCheck::ok);
            let (status, detail) = match check.ok() {
                true => (ItemStatus::Ok, None),
                false if other_is_good => return None,
                false => (ItemStatus::Bad, Some(check.fault(*tag))),
            };
            let (range, tag) = (*range, *tag);
            Some(VerifyItem {
                kind: ItemKind::Digest,
                range,
                tag,
                public_key: 0,
                hash: number(*kind),
                status,
                name,
                detail,
                complaints: Vec::new(),
            })
        })
        .collect()
}

/// Returns the number of a digest algorithm in OpenPGP, which is rpm's, too.
fn number(kind: ChecksumKind) -> u8 {
    match kind {
        ChecksumKind::Md5 => 1,
        ChecksumKind::Sha1 => 2,
        ChecksumKind::Sha256 => 8,
        ChecksumKind::Sha384 => 9,
        ChecksumKind::Sha512 => 10,
        ChecksumKind::Sha224 => 11,
        ChecksumKind::Sha3_256 => 12,
        ChecksumKind::Sha3_512 => 14,
    }
}

/// Returns the name of a signature that says too little of itself to be named better.
pub fn signature_name(tag: Tag) -> &'static str {
    SIGNATURES.iter().find(|(known, ..)| *known == tag).map_or("OpenPGP signature", |(.., name)| name)
}
