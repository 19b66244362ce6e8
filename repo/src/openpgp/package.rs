//! Signatures and digests of package files.
//!
//! The signed header names the digests of the payload, so that a good header signature and a good payload digest
//! together are worth a signature over the whole package (reference of rpm, section 1.7).

use std::io::{self, Read};
use std::path::Path;

use openssl::base64;
use oxidnf_core::header::{DigestCheck, Header, Tag, tag::sig};
use oxidnf_core::package_file::{
    PackageDigester, PackageDigests, PackageError, PackageFile, PackageSignature, SignatureFormat, SignedRange,
    WantedDigests,
};
use oxidnf_core::{Checksum, ChecksumKind, Trust};
use sequoia_openpgp::crypto::hash::Context;
use sequoia_openpgp::packet::Signature;

use super::keyring::Keyring;
use super::signature::{self, SignatureInfo, SignatureProblem, SignatureReport, SignatureStatus};
use crate::decompress::{Decompressor, Limits};

/// What is demanded of a package (rpm's `_pkgverify_level`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerifyLevel {
    /// Nothing; the package is not even read.
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
    const fn digest(self) -> bool {
        matches!(self, VerifyLevel::Digest | VerifyLevel::All)
    }

    const fn signature(self) -> bool {
        matches!(self, VerifyLevel::Signature | VerifyLevel::All)
    }
}

/// How a package is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackagePolicy {
    /// What is demanded.
    pub level: VerifyLevel,
    /// Items that are not looked at: bits of rpm's `_pkgverify_flags`.
    pub disabled: u32,
}

impl PackagePolicy {
    /// rpm's `_pkgverify_flags` as shipped: SHA-1 over the header and MD5 prove nothing today.
    pub const DISABLED: u32 = 0x2_0100;

    /// Returns a policy with this level and the items disabled that rpm 6 disables.
    pub const fn new(level: VerifyLevel) -> Self {
        PackagePolicy { level, disabled: Self::DISABLED }
    }
}

impl Default for PackagePolicy {
    fn default() -> Self {
        Self::new(VerifyLevel::default())
    }
}

/// Bits of `_pkgverify_flags`.
mod flag {
    pub(super) const NO_SHA1_HEADER: u32 = 0x100;
    pub(super) const NO_SHA256_HEADER: u32 = 0x200;
    pub(super) const NO_DSA_HEADER: u32 = 0x400;
    pub(super) const NO_RSA_HEADER: u32 = 0x800;
    pub(super) const NO_OPENPGP: u32 = 0x1000;
    pub(super) const NO_SHA3_256_HEADER: u32 = 0x2000;
    pub(super) const NO_SHA512_PAYLOAD: u32 = 0x4000;
    pub(super) const NO_SHA3_256_PAYLOAD: u32 = 0x8000;
    pub(super) const NO_SHA256_PAYLOAD: u32 = 0x1_0000;
    pub(super) const NO_MD5: u32 = 0x2_0000;
    pub(super) const NO_DSA: u32 = 0x4_0000;
    pub(super) const NO_RSA: u32 = 0x8_0000;
}

/// Everything that was found out about a package that passed.
#[derive(Debug, Clone)]
pub struct PackageVerdict {
    /// The evidence.
    pub trust: Trust,
    /// All signatures that were looked at; at level digest, also those by unknown keys, which are worth a warning.
    pub signatures: Vec<SignatureReport>,
    /// The digests; `None` when nothing was demanded.
    pub digests: Option<PackageDigests>,
}

/// A signature of a package that parses, with the digest that it signs.
struct Pending {
    signature: Signature,
    range: SignedRange,
    digest: Option<Context>,
}

impl Keyring {
    /// Checks a package as rpm does before it installs one: `policy` says what is demanded.
    ///
    /// A signature or digest that is there but wrong always fails; a signature by an unknown key only when signatures
    /// are demanded.
    pub fn verify_package(&self, package: &PackageFile, policy: PackagePolicy) -> Result<Trust, SignatureProblem> {
        self.check_package(package, policy, &WantedDigests { whole: Vec::new(), legacy_md5: false })
            .map(|verdict| verdict.trust)
    }

    /// Does the same and returns all that one pass over the file told, digests of the whole file included.
    pub fn check_package(
        &self,
        package: &PackageFile,
        policy: PackagePolicy,
        wanted: &WantedDigests,
    ) -> Result<PackageVerdict, SignatureProblem> {
        if policy.level == VerifyLevel::None {
            return Ok(PackageVerdict { trust: Trust::Unchecked, signatures: Vec::new(), digests: None });
        }
        let mut collected = collect(package, policy.disabled);
        let wanted = WantedDigests { legacy_md5: policy.disabled & flag::NO_MD5 == 0, ..wanted.clone() };
        let digests = digest_file(package, &wanted, &mut collected.pending)?;
        self.conclude(package, policy, digests, collected)
    }

    /// Does the same with digests that were computed while the file arrived.
    ///
    /// The file is read only if it carries signatures over the payload of the kind that rpm 4 used.
    pub fn check_digested_package(
        &self,
        package: &PackageFile,
        policy: PackagePolicy,
        digests: PackageDigests,
    ) -> Result<PackageVerdict, SignatureProblem> {
        if policy.level == VerifyLevel::None {
            return Ok(PackageVerdict { trust: Trust::Unchecked, signatures: Vec::new(), digests: Some(digests) });
        }
        let mut collected = collect(package, policy.disabled);
        if collected.pending.iter().any(|pending| pending.range == SignedRange::HeaderAndPayload) {
            digest_file(package, &WantedDigests { whole: Vec::new(), legacy_md5: false }, &mut collected.pending)?;
        }
        self.conclude(package, policy, digests, collected)
    }

    /// Judges the signatures that cover only the header, as rpm does when it opens a package.
    pub fn judge_header(&self, package: &PackageFile) -> Vec<SignatureReport> {
        let mut collected = collect(package, 0);
        collected.pending.retain(|pending| pending.range == SignedRange::Header);
        self.judge_pending(collected).into_iter().map(|(_, report)| report).collect()
    }

    fn judge_pending(&self, Collected { pending, unusable }: Collected) -> Vec<(SignedRange, SignatureReport)> {
        let ranges: Vec<SignedRange> = pending.iter().map(|pending| pending.range).collect();
        let (signatures, digests): (Vec<_>, Vec<_>) =
            pending.into_iter().map(|pending| (pending.signature, pending.digest)).unzip();
        let reports = self.judge_all(&signatures, digests);
        let mut judged: Vec<_> = ranges.into_iter().zip(reports).chain(unusable).collect();
        for (range, report) in &mut judged {
            report.info.range = Some(*range);
        }
        judged
    }

    fn conclude(
        &self,
        package: &PackageFile,
        policy: PackagePolicy,
        digests: PackageDigests,
        collected: Collected,
    ) -> Result<PackageVerdict, SignatureProblem> {
        let signatures = self.judge_pending(collected);
        let coverage = Coverage::of(package, policy.disabled, &digests, &signatures)?;
        let level = policy.level;
        let reports: Vec<SignatureReport> = signatures.into_iter().map(|(_, report)| report).collect();
        let find = |wanted: fn(&SignatureStatus) -> bool| reports.iter().find(|report| wanted(&report.status));
        if level.signature() {
            let unknown = find(|status| matches!(status, SignatureStatus::NoKey));
            if let Some(problem) = unknown.and_then(SignatureReport::problem) {
                return Err(problem);
            }
        }
        // A package that is signed in part is worse than one that is not signed: something was exchanged.
        if !coverage.signed() && (level.signature() || coverage.signer.is_some()) {
            let distrusted = find(|status| matches!(status, SignatureStatus::NotTrusted { .. }));
            let problem = distrusted.and_then(SignatureReport::problem);
            return Err(problem.unwrap_or(SignatureProblem::Unsigned));
        }
        if level.digest() && !coverage.digested() {
            return Err(SignatureProblem::NoDigest);
        }
        let trust = match coverage.signer {
            Some(fingerprint) => Trust::Signature { fingerprint },
            None => Trust::Digest,
        };
        Ok(PackageVerdict { trust, signatures: reports, digests: Some(digests) })
    }
}

/// Which parts of a package are vouched for, and by what.
#[derive(Default)]
struct Coverage {
    header_digest: bool,
    payload_digest: bool,
    header_signature: bool,
    payload_signature: bool,
    signer: Option<String>,
}

impl Coverage {
    /// Sums up what was found; anything that is there but wrong is an error.
    fn of(
        package: &PackageFile,
        disabled: u32,
        digests: &PackageDigests,
        signatures: &[(SignedRange, SignatureReport)],
    ) -> Result<Self, SignatureProblem> {
        let mut coverage = Coverage::default();
        for (range, report) in signatures {
            match &report.status {
                SignatureStatus::Good { fingerprint } => {
                    coverage.header_signature = true;
                    coverage.payload_signature |= *range == SignedRange::HeaderAndPayload;
                    coverage.signer.get_or_insert_with(|| fingerprint.clone());
                }
                SignatureStatus::Bad { .. } => return Err(report.problem().unwrap_or(SignatureProblem::Unsigned)),
                SignatureStatus::NoKey | SignatureStatus::NotTrusted { .. } => {}
            }
        }
        for check in digests.header.iter().filter(|check| disabled & header_flag(check.kind) == 0) {
            require(check)?;
            coverage.header_digest = true;
        }
        for check in digests.payload.iter().filter(|check| disabled & payload_flag(check.kind) == 0) {
            if !check.ok() && !alternative_matches(package, check)? {
                return Err(bad_digest(check));
            }
            coverage.payload_digest = true;
        }
        if let Some(check) = digests.legacy_md5.as_ref().filter(|_| disabled & flag::NO_MD5 == 0) {
            require(check)?;
            coverage.header_digest = true;
            coverage.payload_digest = true;
        }
        // Digests in a signed header are as good as the signature.
        coverage.payload_signature |= coverage.header_signature && coverage.payload_digest;
        Ok(coverage)
    }

    fn signed(&self) -> bool {
        self.header_signature && self.payload_signature
    }

    fn digested(&self) -> bool {
        self.header_digest && self.payload_digest
    }
}

const fn header_flag(kind: ChecksumKind) -> u32 {
    match kind {
        ChecksumKind::Sha1 => flag::NO_SHA1_HEADER,
        ChecksumKind::Sha256 => flag::NO_SHA256_HEADER,
        ChecksumKind::Sha3_256 => flag::NO_SHA3_256_HEADER,
        _ => 0,
    }
}

const fn payload_flag(kind: ChecksumKind) -> u32 {
    match kind {
        ChecksumKind::Sha512 => flag::NO_SHA512_PAYLOAD,
        ChecksumKind::Sha3_256 => flag::NO_SHA3_256_PAYLOAD,
        _ => flag::NO_SHA256_PAYLOAD,
    }
}

fn require(check: &DigestCheck) -> Result<(), SignatureProblem> {
    if check.ok() { Ok(()) } else { Err(bad_digest(check)) }
}

fn bad_digest(check: &DigestCheck) -> SignatureProblem {
    SignatureProblem::Digest { check: Box::new(check.clone()) }
}

/// A payload that was compressed anew passes by the digest of its uncompressed form.
fn alternative_matches(package: &PackageFile, check: &DigestCheck) -> Result<bool, SignatureProblem> {
    let tag = match check.kind {
        ChecksumKind::Sha512 => Tag::PAYLOADSHA512ALT,
        ChecksumKind::Sha3_256 => Tag::PAYLOADSHA3_256ALT,
        _ => Tag::PAYLOADSHA256ALT,
    };
    let Some(expected) = package.header().str(tag) else { return Ok(false) };
    let read_error = |source| read_problem(package.path(), source);
    let reader = io::BufReader::with_capacity(256 << 10, package.payload_reader());
    let mut reader = Decompressor::new(reader, Limits::PAYLOAD).map_err(read_error)?;
    let mut hasher =
        oxidnf_core::checksum::Hasher::new(check.kind).map_err(|source| digest_problem(package, source))?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A payload that cannot be unpacked matches nothing.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(false),
            Err(error) => return Err(read_error(error)),
        }
    }
    let found: Checksum = hasher.finish().map_err(|source| digest_problem(package, source))?;
    Ok(found.hex().eq_ignore_ascii_case(&expected))
}

/// The signatures to look at.
#[derive(Default)]
struct Collected {
    /// Those that parse.
    pending: Vec<Pending>,
    /// Those that do not, as bad ones.
    unusable: Vec<(SignedRange, SignatureReport)>,
}

/// Collects the signatures to look at.
fn collect(package: &PackageFile, disabled: u32) -> Collected {
    let ignore_legacy = is_sixth_format(package.signature());
    let mut collected = Collected::default();
    let mut has_openpgp = false;
    for found in package.signatures() {
        let legacy = found.range == SignedRange::HeaderAndPayload;
        if disabled & signature_flag(found.tag) != 0 || (legacy && ignore_legacy) {
            continue;
        }
        // Signatures of the old kinds do not count beside one of the new kind.
        if has_openpgp && found.tag != Tag::OPENPGP {
            continue;
        }
        match parse_one(&found) {
            Ok(signature) => {
                has_openpgp |= found.tag == Tag::OPENPGP;
                let mut digest = signature::start_digest(&signature);
                if let Some(digest) = &mut digest {
                    package.header().feed_region(|part| digest.update(part));
                }
                collected.pending.push(Pending { signature, range: found.range, digest });
            }
            Err(reason) => {
                let report =
                    SignatureReport { info: SignatureInfo::unreadable(), status: SignatureStatus::Bad { reason } };
                collected.unusable.push((found.range, report));
            }
        }
    }
    collected
}

/// rpm 6 tells its own packages by these two tags and leaves the old ones aside.
fn is_sixth_format(signature: &Header) -> bool {
    signature.has(sig::RESERVED) && signature.has(Tag::SHA3_256HEADER)
}

fn signature_flag(tag: Tag) -> u32 {
    match tag {
        Tag::OPENPGP => flag::NO_OPENPGP,
        Tag::RSAHEADER => flag::NO_RSA_HEADER,
        Tag::DSAHEADER => flag::NO_DSA_HEADER,
        sig::PGP => flag::NO_RSA,
        _ => flag::NO_DSA,
    }
}

fn parse_one(found: &PackageSignature<'_>) -> Result<Signature, String> {
    let decoded;
    let bytes = match found.format {
        SignatureFormat::Binary => found.bytes,
        SignatureFormat::Base64 => {
            let text: String =
                String::from_utf8_lossy(found.bytes).chars().filter(|c| !c.is_ascii_whitespace()).collect();
            decoded = base64::decode_block(&text).map_err(|_| "not base64".to_owned())?;
            &decoded
        }
    };
    let mut signatures = signature::parse(bytes)?;
    match (signatures.pop(), signatures.is_empty()) {
        (Some(signature), true) => Ok(signature),
        (Some(_), false) => Err("several packets in one signature".to_owned()),
        (None, _) => Err("no signature packet".to_owned()),
    }
}

/// Reads the file once for all digests and for the signatures that cover the payload.
fn digest_file(
    package: &PackageFile,
    wanted: &WantedDigests,
    pending: &mut [Pending],
) -> Result<PackageDigests, SignatureProblem> {
    let mut digester = PackageDigester::new(wanted).map_err(|source| digest_problem(package, source))?;
    let mut reader = package.whole_reader();
    let mut buffer = vec![0; 256 << 10];
    let mut position = 0_u64;
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(read_problem(package.path(), source)),
        };
        digester.update(&buffer[..read]);
        // The header is already in these digests; the payload follows it.
        let skip = package.payload_offset().saturating_sub(position).min(read as u64) as usize;
        for pending in pending.iter_mut().filter(|pending| pending.range == SignedRange::HeaderAndPayload) {
            if let Some(digest) = &mut pending.digest {
                digest.update(&buffer[skip..read]);
            }
        }
        position += read as u64;
    }
    digester.finish(package.path()).map_err(|source| SignatureProblem::Package { source })
}

fn read_problem(path: &Path, source: io::Error) -> SignatureProblem {
    SignatureProblem::Read { what: path.display().to_string(), source }
}

fn digest_problem(package: &PackageFile, source: oxidnf_core::checksum::ChecksumError) -> SignatureProblem {
    let path = package.path().to_owned();
    SignatureProblem::Package { source: PackageError::Digest { path, source } }
}
