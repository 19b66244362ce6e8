//! Signatures and digests of package files.
//!
//! The signed header names the digests of the payload, so that a good header signature and a good payload digest
//! together are worth a signature over the whole package (reference of rpm, section 1.7).

use std::io::{self, Read};
use std::path::Path;

use oxidnf_core::header::DigestCheck;
use oxidnf_core::package_file::{
    PackageDigests, PackageError, PackageFile, SignedRange, VerifyFlags, VerifyLevel, WantedDigests,
};
use oxidnf_core::{ChecksumKind, Trust};

use super::collect::{Collected, Judged, Pending, collect};
use super::keyring::Keyring;
use super::signature::{SignatureProblem, SignatureReport, SignatureStatus};

/// How a package is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackagePolicy {
    /// What is demanded.
    pub level: VerifyLevel,
    /// Items that are not looked at.
    pub disabled: VerifyFlags,
}

impl PackagePolicy {
    /// Returns a policy with this level and the items disabled that rpm 6 disables.
    pub fn new(level: VerifyLevel) -> Self {
        PackagePolicy { level, disabled: VerifyFlags::default() }
    }
}

impl Default for PackagePolicy {
    fn default() -> Self {
        Self::new(VerifyLevel::default())
    }
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
        let wanted = WantedDigests { legacy_md5: !policy.disabled.any(VerifyFlags::NOMD5), ..wanted.clone() };
        let digests = digest_file(package, &wanted, &mut collected.pending)?;
        self.conclude(policy, digests, collected)
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
        self.conclude(policy, digests, collected)
    }

    /// Judges the signatures that cover only the header, as rpm does when it opens a package.
    pub fn judge_header(&self, package: &PackageFile) -> Vec<SignatureReport> {
        let mut collected = collect(package, VerifyFlags(0));
        collected.pending.retain(|pending| pending.range == SignedRange::Header);
        self.judge_pending(collected).into_iter().map(|judged| judged.report).collect()
    }

    fn conclude(
        &self,
        policy: PackagePolicy,
        digests: PackageDigests,
        collected: Collected,
    ) -> Result<PackageVerdict, SignatureProblem> {
        let signatures = self.judge_pending(collected);
        let coverage = Coverage::of(policy.disabled, &digests, &signatures)?;
        let level = policy.level;
        let reports: Vec<SignatureReport> = signatures.into_iter().map(|judged| judged.report).collect();
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
    fn of(disabled: VerifyFlags, digests: &PackageDigests, signatures: &[Judged]) -> Result<Self, SignatureProblem> {
        let mut coverage = Coverage::default();
        for Judged { range, report, tag: _ } in signatures {
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
        for check in digests.header.iter().filter(|check| !disabled.any(header_flag(check.kind))) {
            require(check)?;
            coverage.header_digest = true;
        }
        for check in digests.payload.iter().filter(|check| !disabled.any(payload_flag(check.kind))) {
            if !check.ok() && !digests.alternative_ok(check) {
                return Err(bad_digest(check));
            }
            coverage.payload_digest = true;
        }
        if let Some(check) = digests.legacy_md5.as_ref().filter(|_| !disabled.any(VerifyFlags::NOMD5)) {
            require(check)?;
            coverage.header_digest = true;
            coverage.payload_digest = true;
        }
        // Digests in a signed header are as good as the signature.
        coverage.payload_signature |= coverage.header_signature && coverage.payload_digest;
        // Who wants no digest looked at has nothing else that binds the payload to the header.
        coverage.payload_signature |= coverage.header_signature && disabled.all(VerifyFlags::DIGESTS);
        Ok(coverage)
    }

    fn signed(&self) -> bool {
        self.header_signature && self.payload_signature
    }

    fn digested(&self) -> bool {
        self.header_digest && self.payload_digest
    }
}

const fn header_flag(kind: ChecksumKind) -> VerifyFlags {
    match kind {
        ChecksumKind::Sha1 => VerifyFlags::NOSHA1HEADER,
        ChecksumKind::Sha256 => VerifyFlags::NOSHA256HEADER,
        ChecksumKind::Sha3_256 => VerifyFlags::NOSHA3_256HEADER,
        _ => VerifyFlags(0),
    }
}

const fn payload_flag(kind: ChecksumKind) -> VerifyFlags {
    match kind {
        ChecksumKind::Sha512 => VerifyFlags::NOSHA512PAYLOAD,
        ChecksumKind::Sha3_256 => VerifyFlags::NOSHA3_256PAYLOAD,
        _ => VerifyFlags::NOSHA256PAYLOAD,
    }
}

fn require(check: &DigestCheck) -> Result<(), SignatureProblem> {
    if check.ok() { Ok(()) } else { Err(bad_digest(check)) }
}

fn bad_digest(check: &DigestCheck) -> SignatureProblem {
    SignatureProblem::Digest { check: Box::new(check.clone()) }
}

/// Reads the file once for all digests and for the signatures that cover the payload.
pub(super) fn digest_file(
    package: &PackageFile,
    wanted: &WantedDigests,
    pending: &mut [Pending],
) -> Result<PackageDigests, SignatureProblem> {
    let mut digester = package.digester(wanted).map_err(|source| digest_problem(package, source))?;
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
