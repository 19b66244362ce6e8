//! The signature of a repository's index (`repo_gpgcheck`).

use std::io;
use std::path::Path;
use std::time::SystemTime;

use oxidnf_core::Trust;
use oxidnf_core::event::{IndexSignature, Outcome};
use tokio::sync::oneshot;

use crate::cache::RepoCache;
use crate::config::RepoConfig;
use crate::openpgp::{Distrust, Key, Keyring, Pubring, SignatureProblem};

use super::company::Busy;
use super::error::{FailureKind, RepoFault};
use super::job::{Net, Origin};
use super::keys::fetch_key;
use super::message::{KeyOffer, Message, Messages, Work};
use super::meter::Meter;
use super::url::redact_text;

/// Who signs a repository, and how to ask for more keys.
pub(super) struct Signatures<'a> {
    pub(super) net: &'a Net,
    pub(super) origin: &'a Origin,
    pub(super) repo: &'a RepoConfig,
    pub(super) cache: &'a RepoCache,
    pub(super) messages: &'a Messages,
    /// The progress bar of the repository.
    pub(super) meter: &'a Meter,
    pub(super) now: SystemTime,
    pub(super) busy: &'a mut Busy,
}

impl Signatures<'_> {
    /// Verifies the index; keys that the repository offers are imported if the user agrees.
    ///
    /// `work` is a directory for downloads.
    pub(super) async fn verify(&mut self, repomd: &[u8], signature: &[u8], work: &Path) -> Result<(), RepoFault> {
        let pubring = Pubring::new(self.cache.pubring());
        let mut keyring = pubring.keyring(self.now).map_err(|source| broken(&pubring, source))?;
        let fault = match self.judge(&keyring, repomd, signature) {
            Err(fault @ RepoFault::Signature { kind: IndexSignature::NoKey, .. }) => fault,
            other => return other,
        };
        // The bar ends before anybody is asked about keys, and begins anew when they are there.
        self.messages.send(Message::Finished { id: self.meter.id(), outcome: Outcome::Ok, unstarted: None });
        if self.repo.keys().next().is_none() {
            return Err(fault);
        }
        self.busy.wait_for_others().await;
        for location in self.repo.keys() {
            self.import_from(location, &pubring, &mut keyring, work).await?;
        }
        let work = Work::Repository { id: self.repo.id.clone(), name: self.repo.name.clone() };
        self.messages.send(Message::Started { id: self.meter.id(), work, total: None });
        self.meter.repeat();
        self.judge(&keyring, repomd, signature)
    }

    /// Judges the signature with keys that are trusted; a key that is no longer good makes the signature bad whenever
    /// it was made, because metadata is about the present.
    fn judge(&self, keyring: &Keyring, repomd: &[u8], signature: &[u8]) -> Result<(), RepoFault> {
        let trust = keyring.verify_detached(signature, repomd).map_err(|problem| match fault(&problem) {
            // That it does not belong to the bytes can be seen without the key; dnf5 asks for the key first.
            RepoFault::Signature { kind: IndexSignature::Bad, reason } if !is_known(keyring, signature, repomd) => {
                RepoFault::Signature { kind: IndexSignature::NoKey, reason }
            }
            fault => fault,
        })?;
        let Trust::Signature { fingerprint } = trust else { return Ok(()) };
        let facts = keyring.find(&fingerprint).map(|key| key.facts(self.now));
        let now = self.now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let (kind, reason) = match facts {
            Some(facts) if facts.revoked => (IndexSignature::Revoked, "the key was revoked"),
            Some(facts) if facts.expires.is_some_and(|expires| expires <= now) => {
                (IndexSignature::Expired, "the key has expired")
            }
            _ => return Ok(()),
        };
        Err(RepoFault::Signature { reason: format!("{reason}: {fingerprint}"), kind })
    }

    async fn import_from(
        &self,
        location: &str,
        pubring: &Pubring,
        keyring: &mut Keyring,
        work: &Path,
    ) -> Result<(), RepoFault> {
        let data = self.fetch_key(location, work).await?;
        let shown = redact_text(location);
        // A file without keys is as good as none: the signature will lack its key.
        let keys = Key::read_all(&data).unwrap_or_default();
        for key in keys {
            let facts = key.facts(self.now);
            if keyring.find(&facts.fingerprint).is_some() {
                continue;
            }
            let offer = KeyOffer { repo: self.repo.id.clone(), url: shown.clone(), facts };
            if !self.ask(&offer).await? {
                continue;
            }
            pubring.store(&key, &offer.facts).map_err(|source| broken(pubring, source))?;
            // A key that cannot be merged was there already.
            let _ = keyring.add(key, &shown);
            self.messages.send(Message::KeyImported { offer: Box::new(offer) });
        }
        Ok(())
    }

    async fn ask(&self, offer: &KeyOffer) -> Result<bool, RepoFault> {
        let (answer, decision) = oneshot::channel();
        self.messages.send(Message::OfferKey { offer: Box::new(offer.clone()), answer });
        decision.await.map_err(|_| RepoFault::Cancelled)
    }

    async fn fetch_key(&self, location: &str, work: &Path) -> Result<Vec<u8>, RepoFault> {
        let dest = work.join("gpgkey");
        let fetched = fetch_key(self.net, self.origin, self.repo, location, &dest, self.messages).await;
        fetched.map_err(|source| match source.kind {
            FailureKind::Url => RepoFault::from(source),
            _ => RepoFault::Key { url: redact_text(location), source: Box::new(source) },
        })?;
        std::fs::read(&dest).map_err(|source| RepoFault::Cache { path: dest, source })
    }
}

/// Tells whether the key of a signature is there.
fn is_known(keyring: &Keyring, signature: &[u8], repomd: &[u8]) -> bool {
    let reports = keyring.judge_detached(signature, repomd).unwrap_or_default();
    reports.iter().any(|report| keyring.find(&report.info.key_id).is_some())
}

fn broken(pubring: &Pubring, source: io::Error) -> RepoFault {
    RepoFault::Cache { path: pubring.dir().to_owned(), source }
}

fn fault(problem: &SignatureProblem) -> RepoFault {
    let kind = match problem {
        SignatureProblem::NoKey { .. } => IndexSignature::NoKey,
        SignatureProblem::Malformed { .. } | SignatureProblem::Unsigned => IndexSignature::Malformed,
        SignatureProblem::NotTrusted { source, .. } => match source {
            Distrust::CertificateExpired | Distrust::KeyExpired => IndexSignature::Expired,
            Distrust::CertificateRevoked | Distrust::KeyRevoked => IndexSignature::Revoked,
            Distrust::WeakSignature | Distrust::WeakCertificate => IndexSignature::Weak,
        },
        _ => IndexSignature::Bad,
    };
    RepoFault::Signature { reason: problem.to_string(), kind }
}
