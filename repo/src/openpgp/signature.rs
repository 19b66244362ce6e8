//! One signature: what it says, and what it is worth.

use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use oxidnf_core::header::DigestCheck;
use oxidnf_core::package_file::{PackageError, SignedRange};
use sequoia_openpgp::armor::Kind;
use sequoia_openpgp::cert::amalgamation::ValidAmalgamation;
use sequoia_openpgp::crypto::hash::{Context, Hash as _};
use sequoia_openpgp::crypto::mpi;
use sequoia_openpgp::packet::Signature;
use sequoia_openpgp::parse::{PacketParser, PacketParserResult, Parse};
use sequoia_openpgp::policy::{HashAlgoSecurity, Policy};
use sequoia_openpgp::types::{HashAlgorithm, PublicKeyAlgorithm, RevocationStatus, SignatureType};
use sequoia_openpgp::{Cert, KeyHandle, Packet, anyhow};

use super::armor;
use super::complaint::Complaints;
use super::key::seconds;

/// What a signature says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureInfo {
    /// Version of the signature packet.
    pub version: u8,
    /// Public key algorithm: `RSA`, `EdDSA`, …
    pub public_key: String,
    /// Digest algorithm: `SHA256`, …
    pub hash: String,
    /// Creation time in seconds since 1970.
    pub created: Option<u64>,
    /// Key id of the issuer in lower-case hex; empty when the signature does not name one.
    pub key_id: String,
    /// Fingerprint of the issuing key (a subkey's, if one signed) in lower-case hex, if the signature names it.
    pub fingerprint: Option<String>,
    /// Fingerprint of the certificate it was checked with, in lower-case hex.
    pub certificate: Option<String>,
    /// What of a package it covers; nothing for signatures over other things.
    pub range: Option<SignedRange>,
    /// Number of the public key algorithm in OpenPGP.
    pub public_key_number: u8,
    /// Number of the digest algorithm in OpenPGP.
    pub hash_number: u8,
}

impl SignatureInfo {
    /// Stands for a signature that could not be parsed.
    pub(super) fn unreadable() -> Self {
        let unknown = || "unknown".to_owned();
        SignatureInfo {
            version: 0,
            public_key: unknown(),
            hash: unknown(),
            created: None,
            key_id: String::new(),
            fingerprint: None,
            certificate: None,
            range: None,
            public_key_number: 0,
            hash_number: 0,
        }
    }

    pub(super) fn of(signature: &Signature) -> Self {
        let issuers = signature.get_issuers();
        let fingerprint = issuers.iter().find_map(|issuer| match issuer {
            KeyHandle::Fingerprint(fingerprint) => Some(fingerprint.to_hex().to_ascii_lowercase()),
            KeyHandle::KeyID(_) => None,
        });
        let key_id = issuers.first().map(|issuer| match issuer {
            KeyHandle::Fingerprint(fingerprint) => sequoia_openpgp::KeyID::from(fingerprint).to_hex(),
            KeyHandle::KeyID(id) => id.to_hex(),
        });
        SignatureInfo {
            version: signature.version(),
            public_key: public_key_name(signature.pk_algo()),
            hash: hash_name(signature.hash_algo()),
            created: signature.signature_creation_time().map(seconds),
            key_id: key_id.unwrap_or_default().to_ascii_lowercase(),
            fingerprint,
            certificate: None,
            range: None,
            public_key_number: signature.pk_algo().into(),
            hash_number: signature.hash_algo().into(),
        }
    }
}

/// rpm's names of digests.
fn hash_name(algorithm: HashAlgorithm) -> String {
    match algorithm {
        HashAlgorithm::RipeMD => "RIPEMD160".to_owned(),
        other => other.to_string(),
    }
}

/// rpm's names of the algorithms.
#[expect(deprecated, reason = "DSA and ElGamal are named although they are no longer to be used")]
fn public_key_name(algorithm: PublicKeyAlgorithm) -> String {
    match algorithm {
        PublicKeyAlgorithm::RSAEncryptSign | PublicKeyAlgorithm::RSASign => "RSA".to_owned(),
        PublicKeyAlgorithm::DSA => "DSA".to_owned(),
        PublicKeyAlgorithm::ECDSA => "ECDSA".to_owned(),
        PublicKeyAlgorithm::EdDSA => "EdDSA".to_owned(),
        PublicKeyAlgorithm::Ed25519 => "Ed25519".to_owned(),
        PublicKeyAlgorithm::Ed448 => "Ed448".to_owned(),
        PublicKeyAlgorithm::SLHDSA128s => "SLH-DSA-SHAKE-128s".to_owned(),
        PublicKeyAlgorithm::SLHDSA128f => "SLH-DSA-SHAKE-128f".to_owned(),
        PublicKeyAlgorithm::SLHDSA256s => "SLH-DSA-SHAKE-256s".to_owned(),
        other => other.to_string(),
    }
}

/// Shows as rpm does: `Header OpenPGP V4 RSA/SHA256 signature, key ID 4344591e1964c5fc`, or the fingerprint when the
/// key is known.
impl fmt::Display for SignatureInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SignatureInfo { version, public_key, hash, key_id, certificate, range, .. } = self;
        let range = match range {
            Some(SignedRange::Header) => "Header ",
            Some(SignedRange::HeaderAndPayload) => "Legacy ",
            None => "",
        };
        write!(f, "{range}OpenPGP V{version} {public_key}/{hash} signature, ")?;
        match certificate {
            Some(certificate) => write!(f, "key fingerprint: {certificate}"),
            None => write!(f, "key ID {key_id}"),
        }
    }
}

/// Why a signature that is arithmetically right is not relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// The certificate had expired when the signature was made.
    #[error("the certificate was expired")]
    CertificateExpired,
    /// The certificate was revoked.
    #[error("the certificate is revoked")]
    CertificateRevoked,
    /// The signing key had expired when the signature was made.
    #[error("the signing key was expired")]
    KeyExpired,
    /// The signing key was revoked.
    #[error("the signing key is revoked")]
    KeyRevoked,
    /// The signature uses an algorithm that is no longer safe.
    #[error("the signature uses a weak algorithm")]
    WeakSignature,
    /// The certificate uses an algorithm that is no longer safe, or has no valid self-signature.
    #[error("the certificate is not acceptable")]
    WeakCertificate,
}

/// What a signature is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureStatus {
    /// Made by a trusted key over these bytes; upper-case fingerprint of the certificate.
    Good {
        /// Fingerprint of the primary key.
        fingerprint: String,
    },
    /// Nothing is known of the issuer (rpm: NOKEY).
    NoKey,
    /// Made by a known key over these bytes, but not to be relied on (rpm: NOTTRUSTED).
    NotTrusted {
        /// Fingerprint of the primary key; empty when nothing is known of the issuer either.
        fingerprint: String,
        /// The reason.
        reason: Distrust,
    },
    /// Not made over these bytes by the key that it names, or not usable as a signature (rpm: BAD).
    Bad {
        /// What is wrong.
        reason: String,
    },
}

/// A signature and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureReport {
    /// What the signature says of itself.
    pub info: SignatureInfo,
    /// What it is worth.
    pub status: SignatureStatus,
    /// What rpm's OpenPGP library says of keys that do not go with it, several lines each.
    pub complaints: Vec<String>,
}

/// Shows as `rpmkeys -Kv` does: the signature, then `OK`, `NOKEY`, `NOTTRUSTED` or `BAD`.
impl fmt::Display for SignatureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match &self.status {
            SignatureStatus::Good { .. } => "OK",
            SignatureStatus::NoKey => "NOKEY",
            SignatureStatus::NotTrusted { .. } => "NOTTRUSTED",
            SignatureStatus::Bad { .. } => "BAD",
        };
        write!(f, "{}: {word}", self.info)
    }
}

impl SignatureReport {
    /// Returns the problem, unless the signature is good.
    pub(super) fn problem(&self) -> Option<SignatureProblem> {
        let info = Box::new(self.info.clone());
        match &self.status {
            SignatureStatus::Good { .. } => None,
            SignatureStatus::NoKey => Some(SignatureProblem::NoKey { signature: info }),
            SignatureStatus::NotTrusted { reason, .. } => {
                Some(SignatureProblem::NotTrusted { signature: info, source: *reason })
            }
            SignatureStatus::Bad { reason } => Some(SignatureProblem::Bad { signature: info, reason: reason.clone() }),
        }
    }
}

/// Why something is not accepted as signed and intact.
#[derive(Debug, thiserror::Error)]
pub enum SignatureProblem {
    /// There is no signature although one is asked for.
    #[error("no signature")]
    Unsigned,
    /// There is no digest that covers everything although one is asked for.
    #[error("no digest")]
    NoDigest,
    /// The issuer's key is not in the keyring.
    #[error("{signature}: NOKEY")]
    NoKey {
        /// The signature.
        signature: Box<SignatureInfo>,
    },
    /// The key or the signature is not good enough.
    #[error("{signature}: NOTTRUSTED")]
    NotTrusted {
        /// The signature.
        signature: Box<SignatureInfo>,
        /// The reason.
        source: Distrust,
    },
    /// The signature does not belong to the bytes.
    #[error("{signature}: BAD ({reason})")]
    Bad {
        /// The signature.
        signature: Box<SignatureInfo>,
        /// What is wrong.
        reason: String,
    },
    /// A digest does not belong to the bytes.
    #[error("{check}")]
    Digest {
        /// The comparison; shown in rpm's words.
        check: Box<DigestCheck>,
    },
    /// A package file is damaged.
    #[error("cannot verify package")]
    Package {
        /// The cause.
        source: PackageError,
    },
    /// A signature or package cannot be understood.
    #[error("malformed signature data: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// The bytes cannot be read.
    #[error("cannot read {what} for signature verification")]
    Read {
        /// What was read.
        what: String,
        /// The cause.
        source: io::Error,
    },
}

/// Parses the signature packets of binary or armored data; packets of other kinds are an error.
pub(super) fn parse(data: &[u8]) -> Result<Vec<Signature>, String> {
    let blocks = armor::blocks(data, Kind::Signature).map_err(|error| error.to_string())?;
    let mut signatures = Vec::new();
    for block in &blocks {
        let mut next = PacketParser::from_bytes(block.as_ref()).map_err(|error| error.to_string())?;
        while let PacketParserResult::Some(parser) = next {
            let (packet, rest) = parser.next().map_err(|error| error.to_string())?;
            match packet {
                Packet::Signature(signature) => signatures.push(signature),
                // RFC 9580 wants both ignored.
                Packet::Marker(_) | Packet::Padding(_) => {}
                other => return Err(format!("unexpected {} packet", other.tag())),
            }
            next = rest;
        }
    }
    Ok(signatures)
}

/// Parses one binary signature and nothing else; the error has the words of rpm's OpenPGP library.
pub(super) fn parse_bare(data: &[u8]) -> Result<Signature, String> {
    // What does not begin like a packet at all is not even looked into.
    if data.first().is_some_and(|first| first & 0x80 == 0) {
        return Err("invalid OpenPGP signature".to_owned());
    }
    let failed = |error: &dyn Fn() -> Vec<String>| {
        let causes = error().join("\n      because: ");
        format!("invalid OpenPGP signature: Parsing an OpenPGP packet:\n  {causes}")
    };
    let chain =
        |error: &sequoia_openpgp::anyhow::Error| -> Vec<String> { error.chain().map(ToString::to_string).collect() };
    match PacketParser::from_bytes(data).map_err(|error| failed(&|| chain(&error)))? {
        PacketParserResult::EOF(_) => {
            Err(failed(&|| vec!["Expected an OpenPGP packet, encountered the end of the file".to_owned()]))
        }
        PacketParserResult::Some(parser) => {
            let (packet, rest) = parser.next().map_err(|error| failed(&|| chain(&error)))?;
            let Packet::Signature(signature) = packet else {
                if let Packet::Unknown(unknown) = &packet {
                    let causes = chain(unknown.error());
                    return Err(failed(&|| {
                        let mut all = vec![format!("Failed to parse {} Packet", unknown.tag())];
                        all.extend(causes.clone());
                        all
                    }));
                }
                return Err(failed(&|| vec![format!("Expected a signature, got a {} Packet", packet.tag())]));
            };
            if let PacketParserResult::Some(next) = rest {
                let tag = next.packet.tag();
                return Err(failed(&|| {
                    vec![format!("Expected a bare OpenPGP signature, but it's followed by a {tag} Packet")]
                }));
            }
            Ok(signature)
        }
    }
}

/// Starts the digest that a signature signs; `None` when its algorithm is not known.
pub(super) fn start_digest(signature: &Signature) -> Option<Context> {
    let mut context = signature.hash_algo().context().ok()?.for_signature(signature.version());
    if let Some(salt) = signature.salt() {
        context.update(salt);
    }
    Some(context)
}

/// Judges signatures with a set of certificates.
pub(super) struct Judge<'a> {
    pub(super) certs: &'a [&'a Cert],
    pub(super) policy: &'a dyn Policy,
    /// Accepts what the policy has given up.
    pub(super) lenient: &'a dyn Policy,
    /// The policy has given up RSA keys of less than 2048 bits.
    pub(super) weak_rsa: bool,
    pub(super) now: SystemTime,
}

/// Compares the first bytes of a digest with those that the signature names.
fn prefix_matches(signature: &Signature, digest: &Context) -> bool {
    let mut digest = digest.clone();
    let finished = signature.hash(&mut digest).and_then(|()| digest.into_digest());
    finished.is_ok_and(|bytes| bytes.starts_with(signature.digest_prefix()))
}

/// Clocks of signing machines may be ahead by this much.
const CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);

impl Judge<'_> {
    /// Judges a signature over bytes that were digested into `digest` (see [`start_digest`]).
    pub(super) fn judge(&self, signature: &Signature, digest: Option<Context>) -> SignatureReport {
        let mut info = SignatureInfo::of(signature);
        let mut complaints = Vec::new();
        let status = match digest {
            Some(digest) => self.status(signature, digest, &mut info.certificate, &mut complaints),
            None => bad(format!("unknown digest algorithm {}", signature.hash_algo())),
        };
        SignatureReport { info, status, complaints }
    }

    /// Returns the certificate that has the key which the signature names.
    fn claimed_by(&self, signature: &Signature) -> Option<&Cert> {
        let issuer = signature.get_issuers().into_iter().next()?;
        self.certs.iter().copied().find(|cert| cert.keys().key_handle(issuer.clone()).next().is_some())
    }

    /// Looks at the signature alone: when it was made, and who is said to have made it. The error is what it is worth.
    fn issuer(
        &self,
        signature: &Signature,
        digest: &Context,
    ) -> Result<(SystemTime, KeyHandle), (SignatureStatus, Complaints)> {
        let mut complaints = Complaints::default();
        if !matches!(signature.typ(), SignatureType::Binary | SignatureType::Text) {
            return Err((bad(format!("not a signature over data but a {}", signature.typ())), complaints));
        }
        let Some(created) = signature.signature_creation_time() else {
            complaints.signature(signature, "signature missing a creation time", None);
            return Err((bad("the signature has no creation time"), complaints));
        };
        if let Err(error) = signature.signature_alive(self.now, CLOCK_SKEW) {
            complaints.signature(signature, "signature is not alive", Some(&error));
            return Err((bad(format!("the signature is not alive: {error}")), complaints));
        }
        // With these two bytes rpm notices at once that other bytes were signed, whoever signed them.
        if !prefix_matches(signature, digest) {
            return Err((bad("it was made over other bytes"), complaints));
        }
        // rpm looks at the first issuer only; a signature cannot say more than who made it.
        match signature.get_issuers().into_iter().next() {
            Some(issuer) => Ok((created, issuer)),
            None => {
                complaints.signature(signature, "signature has no issuer subpacket", None);
                Err((bad("the signature does not name its issuer"), complaints))
            }
        }
    }

    /// Says why the policy does not accept the packet and its digest, if so; keys are judged with their certificate.
    fn weakness(&self, signature: &Signature) -> Option<anyhow::Error> {
        let packet = || self.policy.packet(&Packet::from(signature.clone()));
        let judged = self.policy.signature(signature, HashAlgoSecurity::CollisionResistance);
        judged.err().or_else(|| packet().err())
    }

    /// Tells what the signature is worth, and names the certificate that decided it.
    fn status(
        &self,
        signature: &Signature,
        digest: Context,
        certificate: &mut Option<String>,
        complaints: &mut Vec<String>,
    ) -> SignatureStatus {
        let hex = |cert: &Cert| cert.fingerprint().to_hex().to_ascii_lowercase();
        let (created, issuer) = match self.issuer(signature, &digest) {
            Ok(known) => known,
            Err((status, trouble)) => {
                let cert = self.claimed_by(signature);
                *certificate = cert.map(hex);
                complaints.extend(trouble.text(cert));
                return status;
            }
        };
        let weakness = self.weakness(signature);
        // Key ids collide, so that several certificates may claim the signature; a good one wins.
        let mut best = SignatureStatus::NoKey;
        for cert in self.certs.iter().filter(|cert| cert.keys().key_handles([issuer.clone()].iter()).next().is_some()) {
            let mut trouble = Complaints::default();
            if let Some(error) = &weakness {
                trouble.signature(signature, "signature relies on legacy cryptography", Some(error));
            }
            let claim = Claim { cert, issuer: &issuer, created, weak_signature: weakness.is_some() };
            let status = self.status_with(signature, digest.clone(), &claim, &mut trouble);
            if matches!(status, SignatureStatus::Bad { .. } | SignatureStatus::NotTrusted { .. }) {
                complaints.extend(trouble.text(Some(cert)));
            }
            let better = match &status {
                SignatureStatus::Good { .. } | SignatureStatus::NotTrusted { .. } => true,
                SignatureStatus::Bad { .. } | SignatureStatus::NoKey => best == SignatureStatus::NoKey,
            };
            if better {
                *certificate = Some(hex(cert));
                best = status;
            }
            if matches!(best, SignatureStatus::Good { .. }) {
                break;
            }
        }
        let mut alone = Complaints::default();
        match best {
            // A weak signature need not wait for its key.
            SignatureStatus::NoKey if weakness.is_some() || self.weak_rsa && is_short_rsa(signature) => {
                if let Some(error) = &weakness {
                    alone.signature(signature, "signature relies on legacy cryptography", Some(error));
                }
                complaints.extend(alone.text(None));
                SignatureStatus::NotTrusted { fingerprint: String::new(), reason: Distrust::WeakSignature }
            }
            best => best,
        }
    }

    fn status_with(
        &self,
        signature: &Signature,
        digest: Context,
        claim: &Claim<'_>,
        complaints: &mut Complaints,
    ) -> SignatureStatus {
        let Claim { cert, issuer, created, weak_signature } = *claim;
        let mut distrust = weak_signature.then_some(Distrust::WeakSignature);
        // Old self-signatures are often stripped from certificates, so that the present state has to do.
        let valid = cert.with_policy(self.policy, created).or_else(|early| {
            cert.with_policy(self.policy, self.now).inspect_err(|_| {
                complaints.add(format!("Certificate {} invalid: policy violation", cert.keyid()), Some(&early));
            })
        });
        let valid = match valid {
            Ok(valid) => valid,
            Err(refused) => {
                complaints.add(format!("Certificate {} invalid: policy violation", cert.keyid()), Some(&refused));
                match cert.with_policy(self.lenient, created) {
                    Ok(valid) => {
                        distrust.get_or_insert(Distrust::WeakCertificate);
                        valid
                    }
                    Err(error) => return bad(format!("certificate {} is not valid: {error}", cert.keyid())),
                }
            }
        };
        if let Err(error) = valid.alive() {
            complaints.add(format!("Certificate {} invalid: certificate is not alive", cert.keyid()), Some(&error));
            distrust = Some(Distrust::CertificateExpired);
        }
        if matches!(valid.revocation_status(), RevocationStatus::Revoked(_)) {
            complaints.add(format!("Certificate {} invalid: certificate is revoked", cert.keyid()), None);
            distrust = Some(Distrust::CertificateRevoked);
        }
        let Some(key) = valid.keys().key_handle(issuer.clone()).next() else {
            let told = format!("Certificate {} does not contain key {issuer} or it is not valid", cert.keyid());
            complaints.add(told.clone(), None);
            return bad(told);
        };
        if !key.for_signing() {
            let told = format!("Key {} invalid: not signing capable", key.key().keyid());
            complaints.add(told.clone(), None);
            return bad(told);
        }
        if let Err(error) = key.alive() {
            complaints.add(format!("Key {} invalid: key is not alive", key.key().keyid()), Some(&error));
            distrust.get_or_insert(Distrust::KeyExpired);
        }
        if matches!(key.revocation_status(), RevocationStatus::Revoked(_)) {
            complaints.add(format!("Key {} is invalid: key is revoked", key.key().keyid()), None);
            distrust.get_or_insert(Distrust::KeyRevoked);
        }
        if let Err(error) = signature.verify_hash(key.key(), digest) {
            return bad(error.to_string());
        }
        let fingerprint = cert.fingerprint().to_hex();
        match distrust {
            None => SignatureStatus::Good { fingerprint },
            Some(reason) => SignatureStatus::NotTrusted { fingerprint, reason },
        }
    }
}

/// A certificate that may have made a signature.
#[derive(Clone, Copy)]
struct Claim<'a> {
    cert: &'a Cert,
    issuer: &'a KeyHandle,
    created: SystemTime,
    weak_signature: bool,
}

/// Tells whether a signature was made by an RSA key of less than 2048 bits.
///
/// The number itself may be a little shorter than the key, by 64 bits in one of more cases than anybody will sign.
fn is_short_rsa(signature: &Signature) -> bool {
    matches!(signature.mpis(), mpi::Signature::RSA { s } if s.bits() <= 2048 - 64)
}

fn bad(reason: impl Into<String>) -> SignatureStatus {
    SignatureStatus::Bad { reason: reason.into() }
}
