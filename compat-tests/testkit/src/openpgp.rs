//! OpenPGP keys and signatures as nobody should make them: expired, revoked, weak, badly bound, and of kinds that few
//! programs know yet.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openssl::base64;
use oxidnf_core::header::{OwnedValue, Tag};
use sequoia_openpgp as openpgp;

use openpgp::armor::{Kind, Writer};
use openpgp::cert::{CertRevocationBuilder, SubkeyRevocationBuilder};
use openpgp::packet::key::{Key4, Key6, PrimaryRole, SecretParts, SubordinateRole};
use openpgp::packet::signature::SignatureBuilder;
use openpgp::packet::{Key, UserID};
use openpgp::serialize::SerializeInto as _;
use openpgp::types::{Curve, KeyFlags, ReasonForRevocation, SignatureType};
use openpgp::{Cert, Packet};

pub use openpgp::types::HashAlgorithm as Hash;

use crate::mangle::Pieces;

/// Kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the standards; the number is bits")]
pub enum Algorithm {
    Rsa(usize),
    Dsa(usize),
    /// EdDSA of version 4.
    EdDsa,
    P256,
    V6Ed25519,
    V6Ed448,
    V6Rsa(usize),
    /// ML-DSA-65+Ed25519
    MlDsa65,
    /// ML-DSA-87+Ed448
    MlDsa87,
    SlhDsa128s,
}

impl Algorithm {
    fn generate(self) -> openpgp::Result<Key<SecretParts, PrimaryRole>> {
        Ok(match self {
            Algorithm::Rsa(bits) => Key4::generate_rsa(bits)?.into(),
            Algorithm::Dsa(bits) => Key4::generate_dsa(bits)?.into(),
            Algorithm::EdDsa => Key4::generate_ecc(true, Curve::Ed25519)?.into(),
            Algorithm::P256 => Key4::generate_ecc(true, Curve::NistP256)?.into(),
            Algorithm::V6Ed25519 => Key6::generate_ed25519()?.into(),
            Algorithm::V6Ed448 => Key6::generate_ed448()?.into(),
            Algorithm::V6Rsa(bits) => Key6::generate_rsa(bits)?.into(),
            Algorithm::MlDsa65 => Key6::generate_mldsa65_ed25519()?.into(),
            Algorithm::MlDsa87 => Key6::generate_mldsa87_ed448()?.into(),
            Algorithm::SlhDsa128s => Key6::generate_slhdsa128s()?.into(),
        })
    }
}

/// A moment in seconds since 1970.
pub fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Days as a duration.
pub const fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

/// What a signing subkey is like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Binding {
    /// How long it is valid.
    pub validity: Option<Duration>,
    /// The subkey does not confirm that it belongs to the primary key.
    pub unconfirmed: bool,
    /// It is not said to be for signing.
    pub no_flags: bool,
}

/// A certificate with its secrets.
#[derive(Debug, Clone)]
pub struct Secret {
    cert: Cert,
    primary: Key<SecretParts, PrimaryRole>,
    created: SystemTime,
    hash: Hash,
}

/// A signing key of a certificate: the primary key or a subkey.
pub type Signer = Key<SecretParts, SubordinateRole>;

impl Secret {
    /// Makes a certificate of this age with one user id; `validity` says how long it is valid, `hash` with what its own
    /// signatures are made.
    ///
    /// # Panics
    /// When the crypto library refuses.
    pub fn new(
        user_id: &str,
        algorithm: Algorithm,
        created: SystemTime,
        validity: Option<Duration>,
        hash: Hash,
    ) -> Self {
        let mut primary = algorithm.generate().expect("a key can be made");
        primary.set_creation_time(created).expect("a time of our days");
        let cert = Cert::try_from(vec![Packet::from(primary.clone())]).expect("a primary key is a certificate");
        let mut secret = Secret { cert, primary, created, hash };
        let flags = KeyFlags::empty().set_certification().set_signing();
        secret.describe(user_id, validity, &flags);
        secret
    }

    fn describe(&mut self, user_id: &str, validity: Option<Duration>, flags: &KeyFlags) {
        let (user_id, mut signer) = (UserID::from(user_id), self.pair());
        let binding = self
            .binding(SignatureType::PositiveCertification)
            .set_key_flags(flags.clone())
            .and_then(|builder| builder.set_key_validity_period(validity))
            .and_then(|builder| user_id.bind(&mut signer, &self.cert, builder))
            .expect("a user id can be bound");
        let mut packets = vec![Packet::from(user_id), binding.into()];
        if self.primary.version() >= 6 {
            let direct = self
                .binding(SignatureType::DirectKey)
                .set_key_flags(flags.clone())
                .and_then(|builder| builder.set_key_validity_period(validity))
                .and_then(|builder| builder.sign_direct_key(&mut signer, self.primary.parts_as_public()))
                .expect("a key can sign itself");
            packets.insert(0, direct.into());
        }
        self.add(packets);
    }

    fn pair(&self) -> openpgp::crypto::KeyPair {
        self.primary.clone().into_keypair().expect("the secret is not locked")
    }

    fn binding(&self, kind: SignatureType) -> SignatureBuilder {
        let builder = SignatureBuilder::new(kind).set_hash_algo(self.hash);
        builder.set_signature_creation_time(self.created).expect("a time of our days")
    }

    fn add(&mut self, packets: Vec<Packet>) {
        self.cert = self.cert.clone().insert_packets(packets).expect("packets of this certificate").0;
    }

    /// Returns the primary key as a signer.
    pub fn signer(&self) -> Signer {
        self.primary.clone().role_into_subordinate()
    }

    /// Makes a key for [`Secret::with_subkey`].
    ///
    /// # Panics
    /// When the crypto library refuses.
    pub fn subkey(&self, algorithm: Algorithm) -> Signer {
        let mut key = algorithm.generate().expect("a key can be made");
        key.set_creation_time(self.created).expect("a time of our days");
        key.role_into_subordinate()
    }

    /// Binds a subkey for signing, which may be the primary key of another certificate.
    ///
    /// # Panics
    /// When the crypto library refuses.
    #[must_use]
    pub fn with_subkey(mut self, subkey: &Signer, binding: Binding) -> Self {
        let mut builder = self.binding(SignatureType::SubkeyBinding);
        if !binding.no_flags {
            builder = builder.set_key_flags(KeyFlags::empty().set_signing()).expect("flags fit");
        }
        builder = builder.set_key_validity_period(binding.validity).expect("a period fits");
        if !binding.unconfirmed {
            let mut pair = subkey.clone().into_keypair().expect("the secret is not locked");
            let confirmed = self.binding(SignatureType::PrimaryKeyBinding);
            let confirmed =
                confirmed.sign_primary_key_binding(&mut pair, self.primary.parts_as_public(), subkey.parts_as_public());
            builder = builder.set_embedded_signature(confirmed.expect("a subkey can sign")).expect("a signature fits");
        }
        let bound = subkey.bind(&mut self.pair(), &self.cert, builder).expect("a subkey can be bound");
        self.add(vec![subkey.clone().into(), bound.into()]);
        self
    }

    /// Revokes the certificate from a moment on; a superseded one was good before.
    ///
    /// # Panics
    /// When the crypto library refuses.
    #[must_use]
    pub fn revoked(mut self, compromised: bool, when: SystemTime) -> Self {
        let revocation = CertRevocationBuilder::new()
            .set_signature_creation_time(when)
            .and_then(|builder| builder.set_reason_for_revocation(reason(compromised), b""))
            .and_then(|builder| builder.build(&mut self.pair(), &self.cert, None));
        self.add(vec![revocation.expect("a certificate can be revoked").into()]);
        self
    }

    /// Revokes a subkey from a moment on.
    ///
    /// # Panics
    /// When the crypto library refuses.
    #[must_use]
    pub fn with_revoked_subkey(mut self, subkey: &Signer, compromised: bool, when: SystemTime) -> Self {
        let revocation = SubkeyRevocationBuilder::new()
            .set_signature_creation_time(when)
            .and_then(|builder| builder.set_reason_for_revocation(reason(compromised), b""))
            .and_then(|builder| builder.build(&mut self.pair(), &self.cert, subkey.parts_as_public(), None));
        self.add(vec![revocation.expect("a subkey can be revoked").into()]);
        self
    }

    /// Returns the public certificate, armored.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn armored(&self) -> Vec<u8> {
        self.cert.armored().to_vec().expect("a certificate can be written")
    }

    /// Returns the fingerprint in lower-case hex.
    pub fn fingerprint(&self) -> String {
        self.cert.fingerprint().to_hex().to_lowercase()
    }
}

fn reason(compromised: bool) -> ReasonForRevocation {
    if compromised { ReasonForRevocation::KeyCompromised } else { ReasonForRevocation::KeySuperseded }
}

/// Signs bytes; returns the packet.
///
/// # Panics
/// When the crypto library refuses.
pub fn sign(signer: &Signer, data: &[u8], hash: Hash, when: SystemTime) -> Vec<u8> {
    let mut pair = signer.clone().into_keypair().expect("the secret is not locked");
    let signature = SignatureBuilder::new(SignatureType::Binary)
        .set_hash_algo(hash)
        .set_signature_creation_time(when)
        .and_then(|builder| builder.sign_message(&mut pair, data));
    Packet::from(signature.expect("bytes can be signed")).to_vec().expect("a signature can be written")
}

/// Signs bytes; returns the armored signature as it lies beside a file.
///
/// # Panics
/// When the crypto library refuses.
pub fn sign_detached(signer: &Signer, data: &[u8], hash: Hash, when: SystemTime) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), Kind::Signature).expect("memory is writable");
    writer.write_all(&sign(signer, data, hash, when)).expect("memory is writable");
    writer.finalize().expect("memory is writable")
}

impl Pieces {
    /// Puts signatures over the header into the package, in place of those it has: those of version 6 rpms, any number.
    #[must_use]
    pub fn signed(self, signatures: &[Vec<u8>]) -> Self {
        let texts = signatures.iter().map(|packet| base64::encode_block(packet).into_bytes()).collect();
        self.unsigned().with(Tag::OPENPGP, OwnedValue::StringArray(texts))
    }

    /// Puts one signature over the header into the package in the place that rpm 4 has for it.
    #[must_use]
    pub fn signed_as_rpm4(self, signature: Vec<u8>, rsa: bool) -> Self {
        self.unsigned().with(if rsa { Tag::RSAHEADER } else { Tag::DSAHEADER }, OwnedValue::Bin(signature))
    }

    /// Takes all signatures over the header away.
    #[must_use]
    pub fn unsigned(self) -> Self {
        self.without(Tag::OPENPGP).without(Tag::RSAHEADER).without(Tag::DSAHEADER)
    }
}
