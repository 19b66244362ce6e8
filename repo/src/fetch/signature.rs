//! The signature of a repository's index (`repo_gpgcheck`).

use std::io;
use std::path::Path;
use std::time::SystemTime;

use reqwest::Url;
use tokio::sync::oneshot;

use crate::cache::RepoCache;
use crate::config::RepoConfig;
use crate::openpgp::{Key, Keyring, SignatureProblem};

use super::error::{DownloadError, FailureKind, RepoFault};
use super::job::{Job, Net, Origin, Place, download};
use super::message::{KeyOffer, Message, Messages};
use super::sink::Expect;
use super::url::{parse, redact, redact_text, same_origin};

/// The largest key file.
const MAX_KEYS: u64 = 4 << 20;

/// Who signs a repository, and how to ask for more keys.
pub(super) struct Signatures<'a> {
    pub(super) net: &'a Net,
    pub(super) origin: &'a Origin,
    pub(super) repo: &'a RepoConfig,
    pub(super) cache: &'a RepoCache,
    pub(super) messages: &'a Messages,
    pub(super) now: SystemTime,
}

impl Signatures<'_> {
    /// Verifies the index; keys that the repository offers are imported if the user agrees.
    ///
    /// `work` is a directory for downloads.
    pub(super) async fn verify(&self, repomd: &[u8], signature: &[u8], work: &Path) -> Result<(), RepoFault> {
        let mut keyring = self.stored_keys()?;
        let Err(problem) = keyring.verify_detached(signature, repomd) else { return Ok(()) };
        if !matches!(problem, SignatureProblem::NoKey { .. }) || self.repo.gpgkey.is_empty() {
            return Err(fault(&problem));
        }
        for location in &self.repo.gpgkey {
            self.import_from(location, &mut keyring, work).await?;
        }
        keyring.verify_detached(signature, repomd).map(drop).map_err(|problem| fault(&problem))
    }

    /// Reads the keys that were accepted before, by this program or by dnf5.
    fn stored_keys(&self) -> Result<Keyring, RepoFault> {
        let mut keyring = Keyring::new(self.now);
        let dir = self.cache.pubring();
        let failed = |source: io::Error| RepoFault::Cache { path: dir.clone(), source };
        let keys = read_ring(&dir).map_err(failed)?;
        for data in keys {
            // A key that has become unreadable is as good as none: its signatures will lack it.
            let _ = keyring.import(&data, "pubring");
        }
        Ok(keyring)
    }

    async fn import_from(&self, location: &str, keyring: &mut Keyring, work: &Path) -> Result<(), RepoFault> {
        let data = self.fetch_key(location, work).await?;
        let shown = redact_text(location);
        let unusable = |reason: String| DownloadError::new(shown.clone(), FailureKind::Malformed, reason);
        let keys = Key::read_all(&data).map_err(|error| unusable(error.to_string()))?;
        for key in keys {
            let facts = key.facts(self.now);
            if keyring.find(&facts.fingerprint).is_some() {
                continue;
            }
            let offer = KeyOffer { repo: self.repo.id.clone(), url: shown.clone(), facts };
            if !self.ask(&offer).await? {
                continue;
            }
            let fingerprint = offer.facts.fingerprint.clone();
            self.store(&fingerprint, key.bytes())?;
            keyring.add(key, &shown).map_err(|error| unusable(error.to_string()))?;
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
        let Some(url) = parse(location) else {
            let reason = "not a URL that can be fetched";
            return Err(DownloadError::new(redact_text(location), FailureKind::Url, reason).into());
        };
        let mut origin = self.origin.with_mirrors(Vec::new());
        if !self.is_own(&url) {
            // The password of the repository is nobody else's business.
            origin.terms.login = None;
        }
        let dest = work.join("gpgkey");
        let job = Job {
            target: redact(&url),
            place: Place::At(url),
            dest: dest.clone(),
            expect: Expect { limit: MAX_KEYS, ..Expect::default() },
            observer: None,
            meter: None,
            work: None,
            messages: self.messages.clone(),
        };
        download(self.net, &origin, job).await?;
        std::fs::read(&dest).map_err(|source| RepoFault::Cache { path: dest, source })
    }

    fn is_own(&self, url: &Url) -> bool {
        let RepoConfig { baseurl, mirrorlist, metalink, .. } = self.repo;
        let mut own = baseurl.iter().chain(mirrorlist).chain(metalink);
        own.any(|location| parse(location).is_some_and(|own| same_origin(&own, url)))
    }

    fn store(&self, fingerprint: &str, bytes: &[u8]) -> Result<(), RepoFault> {
        let dir = self.cache.pubring().join("oxidnf");
        let path = dir.join(format!("{}.pgp", fingerprint.to_ascii_uppercase()));
        std::fs::create_dir_all(&dir)
            .and_then(|()| {
                let mut file = tempfile::NamedTempFile::new_in(&dir)?;
                io::Write::write_all(&mut file, bytes)?;
                file.persist(&path).map_err(|error| error.error)
            })
            .map(drop)
            .map_err(|source| RepoFault::Cache { path, source })
    }
}

fn fault(problem: &SignatureProblem) -> RepoFault {
    let key_missing = matches!(problem, SignatureProblem::NoKey { .. });
    RepoFault::Signature { reason: problem.to_string(), key_missing }
}

/// Returns the keys in a repository's `pubring`: ours, one a file, and those in GnuPG's keybox that dnf5 made.
fn read_ring(dir: &Path) -> io::Result<Vec<Vec<u8>>> {
    let absent = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let mut keys = match std::fs::read(dir.join("pubring.kbx")) {
        Ok(keybox) => keybox_keys(&keybox),
        Err(error) if absent(&error) => Vec::new(),
        Err(error) => return Err(error),
    };
    match std::fs::read_dir(dir.join("oxidnf")) {
        Ok(entries) => {
            for entry in entries {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "pgp") {
                    keys.push(std::fs::read(path)?);
                }
            }
        }
        Err(error) if absent(&error) => {}
        Err(error) => return Err(error),
    }
    Ok(keys)
}

/// Takes the OpenPGP keys out of a keybox: blobs that begin with their length and type; those of type 2 tell at
/// offset 8 where the key is and how long it is.
fn keybox_keys(keybox: &[u8]) -> Vec<Vec<u8>> {
    let number = |blob: &[u8], at: usize| {
        let bytes = blob.get(at..at + 4)?;
        usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
    };
    let mut keys = Vec::new();
    let mut rest = keybox;
    while let Some(blob) = number(rest, 0).filter(|length| *length >= 5).and_then(|length| rest.get(..length)) {
        let key = || {
            let (start, length) = (number(blob, 8)?, number(blob, 12)?);
            blob.get(start..start.checked_add(length)?)
        };
        if blob[4] == 2 {
            keys.extend(key().map(<[u8]>::to_vec));
        }
        rest = &rest[blob.len()..];
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_keys_in_a_keybox() {
        let mut keybox = vec![0, 0, 0, 32, 1];
        keybox.resize(32, 0);
        let key = b"the key";
        let mut blob = vec![0, 0, 0, 27, 2, 1, 0, 0, 0, 0, 0, 20, 0, 0, 0, 7, 0, 0, 0, 0];
        blob.extend(key);
        keybox.extend(blob);
        assert_eq!(keybox_keys(&keybox), [key.to_vec()]);
        assert!(keybox_keys(&keybox[..50]).is_empty());
    }

    proptest! {
        #[test]
        fn damaged_keyboxes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = keybox_keys(&bytes);
        }
    }
}
