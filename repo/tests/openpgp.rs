//! Keys and signatures: by the real gpg and rpmsign, judged as the real rpmkeys judges them, and made here.
#![allow(missing_docs, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oxidnf_core::Trust;
use oxidnf_core::header::{Entry, Header, HeaderBuilder, MAGIC, OwnedValue, Tag, tag::sig};
use oxidnf_core::package_file::{PackageFile, WantedDigests};
use oxidnf_core::{Checksum, ChecksumKind};
use oxidnf_repo::openpgp::{
    Distrust, Imported, Key, Keyring, PackagePolicy, SignatureProblem, SignatureStatus, VerifyLevel,
};
use proptest::prelude::*;
use rstest::rstest;
use sequoia_openpgp as pgp;
use sequoia_openpgp::cert::prelude::*;
use sequoia_openpgp::packet::signature::SignatureBuilder;
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::serialize::SerializeInto;
use sequoia_openpgp::types::{HashAlgorithm, ReasonForRevocation, SignatureType};
use tempfile::TempDir;

/// 2026-11-23, shortly after the fixtures were made.
const NOW: u64 = 1_795_400_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/signed").join(name)
}

fn read(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).expect("fixture")
}

const KNOWN: [&str; 6] = ["rsa", "ed", "sub", "expired", "revoked", "p384"];

fn real_keyring() -> Keyring {
    let mut ring = Keyring::new(now());
    for name in KNOWN {
        let imported = ring.import(&read(&format!("{name}.asc")), name).expect("the key is good");
        assert!(matches!(imported[..], [(_, Imported::New)]), "{name}: {imported:?}");
    }
    ring
}

fn package(name: &str) -> PackageFile {
    PackageFile::open(fixture(&format!("{name}.rpm"))).expect("the package is good")
}

/// What the real `rpmkeys -Kv` printed, by package.
fn rpmkeys() -> BTreeMap<String, Vec<String>> {
    let text = String::from_utf8(read("rpmkeys-Kv.txt")).expect("text");
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        match line.strip_prefix("    ") {
            Some(item) => all.entry(name.clone()).or_default().push(item.to_owned()),
            None => line.clone_into(&mut name),
        }
    }
    all
}

#[test]
fn items_are_what_rpmkeys_prints() {
    let ring = real_keyring();
    for (name, mut want) in rpmkeys() {
        let package = package(&name);
        // Level digest never refuses these packages, so that everything can be looked at.
        let policy = PackagePolicy::new(VerifyLevel::Digest);
        let verdict = ring.check_package(&package, policy, &WantedDigests::default()).expect(&name);
        let digests = verdict.digests.expect("was read");
        let mut found: Vec<String> = verdict.signatures.iter().map(ToString::to_string).collect();
        // The default flags leave SHA-1 aside.
        let digests = digests.header.iter().filter(|check| check.kind != ChecksumKind::Sha1).chain(&digests.payload);
        found.extend(digests.map(ToString::to_string));
        found.sort();
        want.sort();
        assert_eq!(found, want, "{name}");
    }
}

#[rstest]
#[case("unsigned-v4", "digest", "no signature")]
#[case("unsigned-v6", "digest", "no signature")]
#[case("rsa-v4", "d337239fead447ebe18013bfd40f5a828b3d5616", "d337239fead447ebe18013bfd40f5a828b3d5616")]
#[case("rsa-v6", "d337239fead447ebe18013bfd40f5a828b3d5616", "d337239fead447ebe18013bfd40f5a828b3d5616")]
#[case("rsa-legacy-v4", "d337239fead447ebe18013bfd40f5a828b3d5616", "d337239fead447ebe18013bfd40f5a828b3d5616")]
#[case("rsa-rpmv6-v4", "d337239fead447ebe18013bfd40f5a828b3d5616", "d337239fead447ebe18013bfd40f5a828b3d5616")]
#[case("sub-v6", "85b8fecfd06b838e185f330ccc032873e9f28f98", "85b8fecfd06b838e185f330ccc032873e9f28f98")]
#[case("p384-v6", "ba06a13ebe108fbf36455bef10ebbc2e8954de5b", "ba06a13ebe108fbf36455bef10ebbc2e8954de5b")]
#[case("expired-in-time-v6", "6d84819634c18ceb4a7dbfb8d7e3499a5583fac9", "6d84819634c18ceb4a7dbfb8d7e3499a5583fac9")]
#[case("unknown-v6", "digest", "Header OpenPGP V4 EdDSA/SHA512 signature, key ID a5ef8eeac6634066: NOKEY")]
#[case(
    "rsa-unknown-v6",
    "d337239fead447ebe18013bfd40f5a828b3d5616",
    "Header OpenPGP V4 EdDSA/SHA512 signature, key ID a5ef8eeac6634066: NOKEY"
)]
#[case(
    "revoked-v6",
    "digest",
    "Header OpenPGP V4 EdDSA/SHA512 signature, key fingerprint: aa61184daa13c07b084b76b5dfb37b5707a2cecc: NOTTRUSTED"
)]
#[case(
    "rsa-sha1-v4",
    "digest",
    "Header OpenPGP V4 RSA/SHA1 signature, key fingerprint: d337239fead447ebe18013bfd40f5a828b3d5616: NOTTRUSTED"
)]
fn levels_decide_as_in_rpm(#[case] name: &str, #[case] at_digest: &str, #[case] at_all: &str) {
    let ring = real_keyring();
    let verify = |level| match ring.verify_package(&package(name), PackagePolicy::new(level)) {
        Ok(Trust::Signature { fingerprint }) => fingerprint.to_ascii_lowercase(),
        Ok(Trust::Digest) => "digest".to_owned(),
        Ok(Trust::Unchecked) => "unchecked".to_owned(),
        Err(problem) => problem.to_string(),
    };
    // witness: the texts are those of the real `rpm -U` at these levels.
    assert_eq!(verify(VerifyLevel::Digest), at_digest);
    assert_eq!(verify(VerifyLevel::All), at_all);
    assert_eq!(verify(VerifyLevel::Signature), at_all);
    assert_eq!(verify(VerifyLevel::None), "unchecked");
}

#[test]
fn facts_are_those_of_rpms_record() {
    let text = String::from_utf8(read("gpg-pubkey.txt")).expect("text");
    let mut compared = 0;
    for record in text.split("====\n").filter(|record| !record.is_empty()) {
        let (fingerprint, rest) = record.split_once('\n').expect("has a fingerprint");
        let (base64, armored) = rest.split_once("\n-----BEGIN").expect("has armor");
        let ring = real_keyring();
        let key = ring.find(fingerprint).expect("was imported");
        assert_eq!(key.base64(), base64);
        assert_eq!(
            key.armored(&[]).expect("serializes"),
            format!("-----BEGIN{}", armored.trim_end_matches("\n\n")) + "\n"
        );
        assert_eq!(key.facts(now()).fingerprint_lower(), fingerprint);
        compared += 1;
    }
    assert_eq!(compared, 6);
    let ring = real_keyring();
    let facts: Vec<_> = ring.facts().collect();
    assert_eq!(facts[0].user_id, "RSA Key <rsa@example.org>");
    assert_eq!((facts[0].key_id_lower().as_str(), facts[0].short_id()), ("d40f5a828b3d5616", "8B3D5616"));
    assert_eq!((facts[0].created, facts[0].version, facts[0].expires), (0x6b02_dc1f, 4, None));
    assert_eq!(facts[2].subkeys.len(), 1);
    assert_eq!(facts[3].expires, Some(1_706_659_200));
    assert_eq!(facts.iter().map(|facts| facts.revoked).collect::<Vec<_>>(), [false, false, false, false, true, false]);
    let subkey = facts[2].subkeys[0].clone();
    assert_eq!(ring.find(&subkey).map(Key::fingerprint), Some(facts[2].fingerprint.clone()));
}

#[test]
fn several_blocks_and_binary_keys() {
    let both = [read("rsa.asc"), b"some text between\n".to_vec(), read("ed.asc")].concat();
    let keys = Key::read_all(&both).expect("two blocks");
    assert_eq!(keys.len(), 2);
    let binary: Vec<u8> = keys.iter().flat_map(|key| key.bytes().to_vec()).collect();
    let again = Key::read_all(&binary).expect("two certificates");
    assert_eq!(
        again.iter().map(Key::fingerprint).collect::<Vec<_>>(),
        keys.iter().map(Key::fingerprint).collect::<Vec<_>>()
    );
    let broken = [
        read("rsa.asc"),
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n".to_vec(),
    ]
    .concat();
    assert_eq!(Key::read_all(&broken).map(|keys| keys.len()).ok(), Some(1));
    assert!(Key::read_all(b"").is_err());
    assert!(Key::read_all(b"no key at all").is_err());
}

// ---------------------------------------------------------------------------------------------------------------------
// Keys and signatures made here.

fn cert(name: &str) -> Cert {
    made(CertBuilder::new().add_userid(format!("{name} <{name}@example.org>")).add_signing_subkey())
}

fn made(builder: CertBuilder<'_>) -> Cert {
    let (cert, _) =
        builder.set_creation_time(UNIX_EPOCH + Duration::from_secs(NOW - 100_000)).generate().expect("generates");
    cert
}

fn public(cert: &Cert) -> Vec<u8> {
    cert.to_vec().expect("serializes")
}

fn ring(certs: &[&Cert]) -> Keyring {
    let mut ring = Keyring::new(now());
    for cert in certs {
        ring.import(&public(cert), "test").expect("is a key");
    }
    ring
}

fn sign_at(cert: &Cert, data: &[u8], hash: HashAlgorithm, time: u64) -> Vec<u8> {
    let policy = StandardPolicy::new();
    let key = cert
        .keys()
        .secret()
        .with_policy(&policy, UNIX_EPOCH + Duration::from_secs(NOW - 100_000))
        .for_signing()
        .next()
        .expect("has a signing key");
    let mut signer = key.key().clone().into_keypair().expect("is not encrypted");
    let mut builder = SignatureBuilder::new(SignatureType::Binary)
        .set_hash_algo(hash)
        .set_signature_creation_time(UNIX_EPOCH + Duration::from_secs(time))
        .expect("is a time")
        .set_issuer_fingerprint(key.key().fingerprint())
        .expect("fits");
    if key.key().version() < 6 {
        builder = builder.set_issuer(key.key().keyid()).expect("fits");
    }
    let signature = builder.sign_message(&mut signer, data).expect("signs");
    pgp::Packet::from(signature).to_vec().expect("serializes")
}

fn sign(cert: &Cert, data: &[u8]) -> Vec<u8> {
    sign_at(cert, data, HashAlgorithm::SHA256, NOW - 1000)
}

#[test]
fn detached_signatures() {
    let (alice, bob) = (cert("alice"), cert("bob"));
    let ring = ring(&[&alice]);
    let data = b"<repomd/>";
    let signature = sign(&alice, data);
    let Trust::Signature { fingerprint } = ring.verify_detached(&signature, &data[..]).expect("is good") else {
        panic!("no signature")
    };
    assert_eq!(fingerprint, alice.fingerprint().to_hex());
    assert!(matches!(ring.verify_detached(&signature, &b"<repomd>"[..]), Err(SignatureProblem::Bad { .. })));
    let by_bob = sign(&bob, data);
    let problem = ring.verify_detached(&by_bob, &data[..]).expect_err("bob is not known");
    let SignatureProblem::NoKey { signature: info } = problem else { panic!("{problem:?}") };
    assert_eq!(info.key_id.len(), 16);
    assert!(info.fingerprint.is_some());
    // While keys are replaced, a file is signed by both.
    let both = [by_bob, signature].concat();
    ring.verify_detached(&both, &data[..]).expect("one of them is known");
    assert!(matches!(
        ring.verify_detached(b"", &data[..]),
        Err(SignatureProblem::Malformed { .. } | SignatureProblem::Unsigned)
    ));
    assert!(matches!(ring.verify_detached(&public(&alice), &data[..]), Err(SignatureProblem::Malformed { .. })));
}

#[test]
fn time_and_revocation_decide() {
    let status = |cert: &Cert, hash, time| {
        let reports = ring(&[cert]).judge_detached(&sign_at(cert, b"data", hash, time), &b"data"[..]).expect("parses");
        reports[0].status.clone()
    };
    let distrust = |status| match status {
        SignatureStatus::NotTrusted { reason, .. } => Some(reason),
        other => panic!("{other:?}"),
    };
    let plain = cert("plain");
    assert!(matches!(status(&plain, HashAlgorithm::SHA512, NOW - 10), SignatureStatus::Good { .. }));
    assert!(matches!(status(&plain, HashAlgorithm::SHA256, NOW + 100), SignatureStatus::Good { .. }));
    assert!(matches!(status(&plain, HashAlgorithm::SHA256, NOW + 10_000), SignatureStatus::Bad { .. }));
    assert!(matches!(status(&plain, HashAlgorithm::SHA256, NOW - 200_000), SignatureStatus::Bad { .. }));
    assert_eq!(distrust(status(&plain, HashAlgorithm::SHA1, NOW - 10)), Some(Distrust::WeakSignature));

    let short = made(
        CertBuilder::new().add_userid("short").add_signing_subkey().set_validity_period(Duration::from_secs(50_000)),
    );
    assert!(matches!(status(&short, HashAlgorithm::SHA256, NOW - 60_000), SignatureStatus::Good { .. }));
    assert_eq!(distrust(status(&short, HashAlgorithm::SHA256, NOW - 10)), Some(Distrust::CertificateExpired));

    let revoke = |reason| {
        let mut signer =
            plain.primary_key().key().clone().parts_into_secret().expect("is secret").into_keypair().expect("opens");
        let revocation = CertRevocationBuilder::new()
            .set_reason_for_revocation(reason, b"")
            .expect("fits")
            .set_signature_creation_time(UNIX_EPOCH + Duration::from_secs(NOW - 5000))
            .expect("is a time")
            .build(&mut signer, &plain, None)
            .expect("signs");
        plain.clone().insert_packets(revocation).expect("belongs to it").0
    };
    let compromised = revoke(ReasonForRevocation::KeyCompromised);
    assert_eq!(distrust(status(&compromised, HashAlgorithm::SHA256, NOW - 60_000)), Some(Distrust::CertificateRevoked));
    let retired = revoke(ReasonForRevocation::KeyRetired);
    assert!(matches!(status(&retired, HashAlgorithm::SHA256, NOW - 60_000), SignatureStatus::Good { .. }));
    assert_eq!(distrust(status(&retired, HashAlgorithm::SHA256, NOW - 10)), Some(Distrust::CertificateRevoked));
}

#[test]
fn imports_merge() {
    let plain = cert("plain");
    let mut ring = ring(&[&plain]);
    let first = ring.import(&public(&plain), "again").expect("is a key");
    assert_eq!(first, [(plain.fingerprint().to_hex(), Imported::Unchanged)]);
    let mut signer =
        plain.primary_key().key().clone().parts_into_secret().expect("is secret").into_keypair().expect("opens");
    let revocation = CertRevocationBuilder::new()
        .set_reason_for_revocation(ReasonForRevocation::KeyCompromised, b"")
        .expect("fits")
        .build(&mut signer, &plain, None)
        .expect("signs");
    let revoked = plain.clone().insert_packets(revocation).expect("belongs to it").0;
    let second = ring.import(&public(&revoked), "update").expect("is a key");
    assert_eq!(second[0].1, Imported::Updated);
    assert_eq!(ring.len(), 1);
    assert!(ring.keys().all(|(_, origin)| origin == "test"));
    // Secret parts are never kept.
    let (key, _) = ring.keys().next().expect("one");
    let tsk = plain.as_tsk().to_vec().expect("serializes");
    let with_secret = Key::read_all(&tsk).expect("is a key");
    assert_eq!(with_secret[0].bytes(), public(&plain));
    assert_ne!(key.bytes(), public(&plain));
    assert!(ring.remove(&plain.fingerprint().to_hex().to_lowercase()) && ring.is_empty());
}

#[rstest]
#[case(CipherSuite::RSA4k, 4)]
#[case(CipherSuite::P256, 4)]
#[case(CipherSuite::Cv25519, 6)]
#[case(CipherSuite::MLDSA65_Ed25519, 6)]
fn kinds_of_keys(#[case] suite: CipherSuite, #[case] version: u8) {
    // The vendored OpenSSL knows them all; one of the system may not.
    if suite.is_supported().is_err() {
        return;
    }
    let profile = if version == 6 { pgp::Profile::RFC9580 } else { pgp::Profile::RFC4880 };
    let builder = CertBuilder::new()
        .set_profile(profile)
        .expect("known profile")
        .set_cipher_suite(suite)
        .add_userid("key")
        .add_signing_subkey();
    let cert = made(builder);
    let ring = ring(&[&cert]);
    assert_eq!(ring.facts().next().expect("one").version, version);
    let signature = sign_at(&cert, b"data", HashAlgorithm::SHA512, NOW - 10);
    ring.verify_detached(&signature, &b"data"[..]).expect("is good");
    assert!(ring.verify_detached(&signature, &b"Data"[..]).is_err());

    let payload = b"payload";
    let bytes = Built::new(payload).openpgp(&[&cert]).bytes();
    let trust = verify(&ring, &bytes, VerifyLevel::All).expect("is good");
    assert_eq!(trust, Trust::Signature { fingerprint: cert.fingerprint().to_hex() });
}

// ---------------------------------------------------------------------------------------------------------------------
// Packages put together by hand.

/// A package whose parts can be left out or exchanged.
struct Built {
    header: Header,
    signature: Vec<Entry>,
    payload: Vec<u8>,
}

impl Built {
    fn new(payload: &[u8]) -> Self {
        let digest = Checksum::of(ChecksumKind::Sha256, payload).expect("digests").hex();
        Self::with(payload, |builder| builder.texts(Tag::PAYLOADSHA256, [digest]).u32s(Tag::PAYLOADSHA256ALGO, [8]))
    }

    fn with(payload: &[u8], more: impl FnOnce(HeaderBuilder) -> HeaderBuilder) -> Self {
        let builder = HeaderBuilder::new()
            .text(Tag::NAME, "made")
            .text(Tag::VERSION, "1")
            .text(Tag::RELEASE, "1")
            .text(Tag::ARCH, "noarch")
            .text(Tag::SOURCERPM, "made-1-1.src.rpm");
        let header = more(builder).build().expect("is a header");
        let digest = Checksum::of(ChecksumKind::Sha256, &header.region_bytes()).expect("digests").hex();
        let signature = vec![Entry::new(Tag::SHA256HEADER, OwnedValue::text(digest))];
        Built { header, signature, payload: payload.to_vec() }
    }

    fn entry(mut self, tag: Tag, value: OwnedValue) -> Self {
        self.signature.push(Entry::new(tag, value));
        self
    }

    fn openpgp(self, certs: &[&Cert]) -> Self {
        let region = self.header.region_bytes();
        let signatures: Vec<String> = certs
            .iter()
            .map(|cert| openssl::base64::encode_block(&sign_at(cert, &region, HashAlgorithm::SHA512, NOW - 10)))
            .collect();
        self.entry(Tag::OPENPGP, OwnedValue::texts(signatures))
    }

    fn rsa_header(self, cert: &Cert) -> Self {
        let signature = sign(cert, &self.header.region_bytes());
        self.entry(Tag::RSAHEADER, OwnedValue::Bin(signature))
    }

    fn legacy(self, cert: &Cert) -> Self {
        let signature = sign(cert, &[self.header.region_bytes(), self.payload.clone()].concat());
        self.entry(sig::PGP, OwnedValue::Bin(signature))
    }

    fn bytes(self) -> Vec<u8> {
        let mut builder = HeaderBuilder::new();
        for entry in self.signature {
            builder = builder.entry(entry.tag, entry.value);
        }
        let signature = builder.build_signature().expect("is a signature header");
        let mut bytes = vec![0; 96];
        bytes[..6].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3, 0]);
        bytes[79] = 5;
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(signature.bytes());
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(self.header.bytes());
        bytes.extend_from_slice(&self.payload);
        bytes
    }
}

fn open(dir: &TempDir, bytes: &[u8]) -> PackageFile {
    let path = dir.path().join("made.rpm");
    fs::write(&path, bytes).expect("writes");
    PackageFile::open(path).expect("is a package")
}

fn verify(ring: &Keyring, bytes: &[u8], level: VerifyLevel) -> Result<Trust, SignatureProblem> {
    let dir = TempDir::new().expect("temporary directory");
    let package = open(&dir, bytes);
    let policy = PackagePolicy::new(level);
    let result = ring.verify_package(&package, policy);
    // Digests that were computed on the way give the same answer.
    let digests = package.digests(&WantedDigests::default()).expect("reads");
    let again = ring.check_digested_package(&package, policy, digests).map(|verdict| verdict.trust);
    assert_eq!(format!("{result:?}"), format!("{again:?}"));
    result
}

#[test]
fn coverage_is_demanded() {
    let alice = cert("alice");
    let ring = ring(&[&alice]);
    let payload = b"payload";
    let signed = Trust::Signature { fingerprint: alice.fingerprint().to_hex() };
    assert_eq!(verify(&ring, &Built::new(payload).rsa_header(&alice).bytes(), VerifyLevel::All).expect("good"), signed);

    // The header is signed but says nothing of the payload: anything could follow.
    let bare = || Built::with(payload, |builder| builder);
    let problem = verify(&ring, &bare().rsa_header(&alice).bytes(), VerifyLevel::Digest).expect_err("is partial");
    assert!(matches!(problem, SignatureProblem::Unsigned), "{problem:?}");
    // A signature over all of it covers the payload without a digest.
    let trust = verify(&ring, &bare().legacy(&alice).bytes(), VerifyLevel::Signature).expect("good");
    assert_eq!(trust, signed);
    let problem = verify(&ring, &bare().bytes(), VerifyLevel::Digest).expect_err("nothing covers the payload");
    assert!(matches!(problem, SignatureProblem::NoDigest), "{problem:?}");
    // SHA-256 over the payload, but not over the header.
    let mut no_header = Built::new(payload);
    no_header.signature = vec![Entry::new(sig::SIZE, OwnedValue::Int32(vec![1]))];
    assert!(matches!(verify(&ring, &no_header.bytes(), VerifyLevel::Digest), Err(SignatureProblem::NoDigest)));
}

#[test]
fn tampering_is_noticed() {
    let alice = cert("alice");
    let ring = ring(&[&alice]);
    let good = Built::new(b"payload").openpgp(&[&alice]).bytes();
    let mut payload = good.clone();
    *payload.last_mut().expect("not empty") ^= 1;
    let problem = verify(&ring, &payload, VerifyLevel::Digest).expect_err("payload was changed");
    assert!(matches!(problem, SignatureProblem::Digest { .. }), "{problem:?}");
    assert!(problem.to_string().starts_with("Payload SHA256 digest: BAD (Expected "), "{problem}");

    // A byte of the header (in the name), with its digest put right.
    let mut exchanged = Built::new(b"payload").openpgp(&[&alice]);
    let other = Built::with(b"payload", |builder| {
        let digest = Checksum::of(ChecksumKind::Sha256, b"payload").expect("digests").hex();
        builder.texts(Tag::PAYLOADSHA256, [digest]).u32s(Tag::PAYLOADSHA256ALGO, [8]).text(Tag::SUMMARY, "evil")
    });
    exchanged.header = other.header;
    exchanged.signature[0] = other.signature[0].clone();
    let problem = verify(&ring, &exchanged.bytes(), VerifyLevel::Digest).expect_err("header was exchanged");
    assert!(matches!(problem, SignatureProblem::Bad { .. }), "{problem:?}");
}

#[test]
fn new_signatures_come_before_old_ones() {
    let (alice, bob) = (cert("alice"), cert("bob"));
    let ring = ring(&[&alice]);
    // The old one by a stranger is not looked at.
    let bytes = Built::new(b"payload").openpgp(&[&alice]).rsa_header(&bob).bytes();
    assert!(verify(&ring, &bytes, VerifyLevel::All).is_ok());
    // All new ones have to be known when signatures are demanded.
    let bytes = Built::new(b"payload").openpgp(&[&alice, &bob]).bytes();
    assert!(matches!(verify(&ring, &bytes, VerifyLevel::All), Err(SignatureProblem::NoKey { .. })));
    assert!(verify(&ring, &bytes, VerifyLevel::Digest).is_ok());
    // What is no signature is bad.
    let garbage = OwnedValue::texts(["AAAA"]);
    let bytes = Built::new(b"payload").entry(Tag::OPENPGP, garbage).bytes();
    assert!(matches!(verify(&ring, &bytes, VerifyLevel::Digest), Err(SignatureProblem::Bad { .. })));
}

#[test]
fn payload_that_was_left_uncompressed_passes_by_its_other_digest() {
    let open = b"the payload, open";
    let digest = |data: &[u8]| Checksum::of(ChecksumKind::Sha256, data).expect("digests").hex();
    let packed = zstd::encode_all(&open[..], 3).expect("compresses");
    let built = |payload: &[u8], alternative: &[u8]| {
        Built::with(payload, |builder| {
            builder
                .texts(Tag::PAYLOADSHA256, [digest(b"as it was compressed first")])
                .u32s(Tag::PAYLOADSHA256ALGO, [8])
                .texts(Tag::PAYLOADSHA256ALT, [digest(alternative)])
        })
        .bytes()
    };
    let ring = Keyring::new(now());
    assert_eq!(verify(&ring, &built(open, open), VerifyLevel::Digest).expect("matches"), Trust::Digest);
    assert!(verify(&ring, &built(open, b"else"), VerifyLevel::Digest).is_err());
    // rpm does not decompress to find out: what was compressed anew matches neither digest.
    assert!(verify(&ring, &built(&packed, open), VerifyLevel::Digest).is_err());
}

fn mutated(data: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = data.len();
    proptest::collection::vec((0..length, any::<u8>()), 1..8).prop_flat_map(move |changes| {
        let mut data = data.clone();
        for (at, byte) in changes {
            data[at] = byte;
        }
        (0..=length).prop_map(move |cut| if cut % 4 == 0 { data[..cut].to_vec() } else { data.clone() })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn keys_never_panic(data in mutated(read("sub.asc")), binary in any::<bool>()) {
        let data = if binary { Key::read_all(&read("sub.asc")).expect("good")[0].bytes().iter().zip(&data).map(|(a, b)| a ^ (b & 1)).collect() } else { data };
        let mut ring = Keyring::new(now());
        let _ = ring.import(&data, "x");
        let _ = ring.facts().count();
    }

    #[test]
    fn packages_never_panic(data in mutated(read("rsa-legacy-v4.rpm"))) {
        let dir = TempDir::new().expect("temporary directory");
        let path = dir.path().join("x.rpm");
        fs::write(&path, &data).expect("writes");
        if let Ok(package) = PackageFile::open(&path) {
            let ring = real_keyring();
            for level in [VerifyLevel::Digest, VerifyLevel::All] {
                if data != read("rsa-legacy-v4.rpm") {
                    let _ = ring.verify_package(&package, PackagePolicy::new(level));
                }
            }
        }
    }

    #[test]
    fn signatures_never_panic(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        let ring = real_keyring();
        let _ = ring.judge_detached(&data, &b"data"[..]);
        let signed = [&[0x89, 0x02, 0x33][..], &data].concat();
        let _ = ring.judge_detached(&signed, &b"data"[..]);
    }
}
