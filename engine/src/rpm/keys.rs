//! `rpmkeys --import`, and the keys for judging packages.

use std::path::Path;

use oxidnf_repo::openpgp::{Key, Keyring};
use oxidnf_rpmdb::{Access, LockKind, PubkeyFacts};

use super::Rpm;
use crate::clock;
use crate::error::{Error, chain};

/// Bytes that a key file has at least.
const SHORTEST: usize = 64;

/// Why a key file was not imported; shown in rpm's words.
#[derive(Debug, thiserror::Error)]
pub enum KeyTrouble {
    /// It cannot be read.
    #[error("{path}: import read failed({errno}).")]
    Read {
        /// As typed.
        path: String,
        /// The error's number.
        errno: i32,
    },
    /// There is no armored key in it.
    #[error("{path}: key 1 not an armored public key.")]
    NotArmored {
        /// As typed.
        path: String,
    },
    /// A key cannot be used.
    #[error("{path}: key {number} import failed.")]
    Import {
        /// As typed.
        path: String,
        /// Which of the file's keys.
        number: usize,
    },
}

/// What became of the keys of a file.
#[derive(Debug, Default)]
pub struct KeysImported {
    /// What is wrong with certificates, in rpm's words, and whether each can be used all the same.
    pub remarks: Vec<(String, bool)>,
    /// Why not all were imported.
    pub trouble: Option<KeyTrouble>,
}

impl From<KeyTrouble> for KeysImported {
    fn from(trouble: KeyTrouble) -> Self {
        KeysImported { remarks: Vec::new(), trouble: Some(trouble) }
    }
}

impl Rpm {
    /// Imports all keys of an armored file into the rpm database; what is known of a certificate already is kept.
    pub fn import(&self, path: &str) -> Result<KeysImported, Error> {
        let bytes = match std::fs::read(Path::new(path)) {
            Ok(bytes) => bytes,
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(0);
                return Ok(KeyTrouble::Read { path: path.to_owned(), errno }.into());
            }
        };
        // Nothing shorter can hold a key; rpm speaks of it as of a failed read.
        if bytes.len() < SHORTEST {
            return Ok(KeyTrouble::Read { path: path.to_owned(), errno: 0 }.into());
        }
        let armored = b"-----BEGIN PGP PUBLIC KEY BLOCK-----";
        if !bytes.windows(armored.len()).any(|window| window == armored) {
            return Ok(KeyTrouble::NotArmored { path: path.to_owned() }.into());
        }
        let Ok(keys) = Key::read_all(&bytes) else {
            return Ok(KeyTrouble::Import { path: path.to_owned(), number: 1 }.into());
        };
        let db = self.db(Access::Write)?;
        let _lock = db.lock(LockKind::Exclusive).map_err(self.failed("lock"))?;
        let (stored, _) = db.pubkeys().map_err(self.failed("read keys of"))?;
        let mut imported = KeysImported::default();
        'keys: for (number, mut key) in keys.into_iter().enumerate() {
            let lint = key.lint(Self::now());
            imported.remarks.extend(lint.text.map(|text| (text, lint.usable)));
            if !lint.usable {
                imported.trouble = Some(KeyTrouble::Import { path: path.to_owned(), number: number + 1 });
                continue;
            }
            let known = stored.iter().find(|record| record.version.eq_ignore_ascii_case(&key.fingerprint()));
            for certificate in known.iter().flat_map(|record| &record.certificates) {
                let old = Key::read_all(certificate).unwrap_or_default();
                if old.iter().any(|old| key.merge(old).is_err()) {
                    imported.trouble = Some(KeyTrouble::Import { path: path.to_owned(), number: number + 1 });
                    continue 'keys;
                }
            }
            let facts = key.facts(Self::now());
            let record = PubkeyFacts {
                version: facts.version,
                fingerprint: facts.fingerprint_lower(),
                key_id: facts.key_id_lower(),
                created: u32::try_from(facts.created).unwrap_or(u32::MAX),
                user_id: facts.user_id.clone(),
                certificate: key.original().to_vec(),
            };
            let time = u32::try_from(clock::unix_time()).unwrap_or(u32::MAX);
            let stored = db.write().and_then(|mut write| write.import_pubkey(&record, time, time));
            stored.map_err(self.failed("import a key into"))?;
        }
        db.close().map_err(self.failed("close"))?;
        Ok(imported)
    }

    /// Returns the keys that the root trusts.
    pub(super) fn keyring(&self) -> Result<Keyring, Error> {
        let mut ring = Keyring::new(Self::now());
        let db = self.db(Access::Read)?;
        let (records, _) = db.pubkeys().map_err(self.failed("read keys of"))?;
        for certificate in records.iter().flat_map(|record| &record.certificates) {
            // A key that nobody can use any more does not make the others useless.
            drop(ring.import(certificate, "rpmdb"));
        }
        Ok(ring)
    }
}

/// Says in one line why an error happened.
pub(super) fn told(error: &(dyn std::error::Error + 'static)) -> String {
    chain(error).join(": ")
}
