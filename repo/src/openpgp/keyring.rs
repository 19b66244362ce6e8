//! A set of certificates that are trusted to sign.

use std::io::Read;
use std::time::SystemTime;

use oxidnf_core::Trust;
use sequoia_openpgp::crypto::hash::Context;
use sequoia_openpgp::packet::Signature;
use sequoia_openpgp::policy::{AsymmetricAlgorithm, StandardPolicy};
use sequoia_openpgp::types::SignatureType;
use sequoia_openpgp::{Cert, KeyHandle};

use super::key::{Key, KeyError, KeyFacts};
use super::policy::{lenient_policy, policy};
use super::signature::{self, Judge, SignatureProblem, SignatureReport, SignatureStatus};

/// What became of a key at its import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It was not there before.
    New,
    /// It was there, and something was added to it.
    Updated,
    /// It was there with all it has.
    Unchanged,
}

struct Entry {
    key: Key,
    origin: String,
}

/// A set of certificates, each with the place it came from.
pub struct Keyring {
    entries: Vec<Entry>,
    policy: StandardPolicy<'static>,
    lenient: StandardPolicy<'static>,
    now: SystemTime,
}

impl Keyring {
    /// Makes an empty keyring that judges as of `now`.
    pub fn new(now: SystemTime) -> Self {
        Keyring { entries: Vec::new(), policy: policy(now), lenient: lenient_policy(now), now }
    }

    /// Adds all keys of a binary or armored file; returns what became of each, by fingerprint.
    pub fn import(&mut self, data: &[u8], origin: &str) -> Result<Vec<(String, Imported)>, KeyError> {
        Key::read_all(data)?
            .into_iter()
            .map(|key| {
                let fingerprint = key.fingerprint();
                self.add(key, origin).map(|imported| (fingerprint, imported))
            })
            .collect()
    }

    /// Adds a key, or merges it with the one that is there.
    pub fn add(&mut self, key: Key, origin: &str) -> Result<Imported, KeyError> {
        let fingerprint = key.cert.fingerprint();
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key.cert.fingerprint() == fingerprint) {
            return Ok(if entry.key.merge(&key)? { Imported::Updated } else { Imported::Unchanged });
        }
        self.entries.push(Entry { key, origin: origin.to_owned() });
        Ok(Imported::New)
    }

    /// Takes a key out; returns whether it was there. The fingerprint is in hex of any case.
    pub fn remove(&mut self, fingerprint: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| !entry.key.fingerprint().eq_ignore_ascii_case(fingerprint));
        self.entries.len() != before
    }

    /// Tells whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the keys with their origins, in the order of import.
    pub fn keys(&self) -> impl Iterator<Item = (&Key, &str)> {
        self.entries.iter().map(|entry| (&entry.key, entry.origin.as_str()))
    }

    /// Returns the facts of all keys as of the keyring's time.
    pub fn facts(&self) -> impl Iterator<Item = KeyFacts> {
        self.entries.iter().map(|entry| entry.key.facts_under(&self.policy, self.now))
    }

    /// Finds a key by its fingerprint, the fingerprint of a subkey, or the 16-digit id of either.
    pub fn find(&self, id: &str) -> Option<&Key> {
        let handle: KeyHandle = id.parse().ok()?;
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.key.cert.keys().key_handle(handle.clone()).next().is_some()).map(|entry| &entry.key)
    }

    /// Judges every signature of a detached signature file (binary or armored) over a stream.
    pub fn judge_detached(&self, signature: &[u8], data: impl Read) -> Result<Vec<SignatureReport>, SignatureProblem> {
        let signatures = signature::parse(signature).map_err(|reason| SignatureProblem::Malformed { reason })?;
        let digests = digest_stream(&signatures, data)?;
        Ok(self.judge_all(&signatures, digests))
    }

    /// Accepts data with a detached signature when a key of this ring made one of its signatures and none is bad.
    ///
    /// Signatures by unknown keys beside a good one are tolerated: files are signed twice while keys are replaced.
    pub fn verify_detached(&self, signature: &[u8], data: impl Read) -> Result<Trust, SignatureProblem> {
        let reports = self.judge_detached(signature, data)?;
        if let Some(report) = reports.iter().find(|report| matches!(report.status, SignatureStatus::Bad { .. })) {
            return Err(report.problem().expect("a bad signature is a problem"));
        }
        for report in &reports {
            if let SignatureStatus::Good { fingerprint } = &report.status {
                return Ok(Trust::Signature { fingerprint: fingerprint.clone() });
            }
        }
        let known = reports.iter().find(|report| matches!(report.status, SignatureStatus::NotTrusted { .. }));
        let problem = known.or(reports.first()).and_then(SignatureReport::problem);
        Err(problem.unwrap_or(SignatureProblem::Unsigned))
    }

    pub(super) fn judge_all(&self, signatures: &[Signature], digests: Vec<Option<Context>>) -> Vec<SignatureReport> {
        let certs: Vec<&Cert> = self.entries.iter().map(|entry| &entry.key.cert).collect();
        let given_up = self.policy.asymmetric_algo_cutoff(AsymmetricAlgorithm::RSA1024);
        let weak_rsa = given_up.is_some_and(|cutoff| cutoff <= self.now);
        let judge = Judge { certs: &certs, policy: &self.policy, lenient: &self.lenient, weak_rsa, now: self.now };
        signatures.iter().zip(digests).map(|(signature, digest)| judge.judge(signature, digest)).collect()
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys = self.entries.iter().map(|entry| (entry.key.fingerprint(), &entry.origin));
        f.debug_map().entries(keys).finish()
    }
}

/// Digests a stream once for all signatures.
fn digest_stream(signatures: &[Signature], mut data: impl Read) -> Result<Vec<Option<Context>>, SignatureProblem> {
    let mut digests: Vec<Option<Context>> = signatures.iter().map(signature::start_digest).collect();
    let mut texts = signatures.iter().map(|_| LineEnds::default()).collect::<Vec<_>>();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = match data.read(&mut buffer) {
            Ok(0) => return Ok(digests),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(SignatureProblem::Read { what: "signed data".to_owned(), source }),
        };
        for ((signature, digest), text) in signatures.iter().zip(&mut digests).zip(&mut texts) {
            let Some(digest) = digest else { continue };
            if signature.typ() == SignatureType::Text {
                text.update(&buffer[..read], digest);
            } else {
                digest.update(&buffer[..read]);
            }
        }
    }
}

/// Signatures over text see every line end as CR LF.
#[derive(Default)]
struct LineEnds {
    after_cr: bool,
}

impl LineEnds {
    fn update(&mut self, data: &[u8], digest: &mut Context) {
        for line in data.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) => {
                    digest.update(text);
                    let has_cr = text.last().map_or(self.after_cr, |byte| *byte == b'\r');
                    digest.update(if has_cr { b"\n" } else { b"\r\n" });
                    self.after_cr = false;
                }
                None => {
                    digest.update(line);
                    self.after_cr = line.last() == Some(&b'\r');
                }
            }
        }
    }
}
