//! `rpmkeys`: import, list, export and deletion of keys, and the keys for judging packages.

use std::path::Path;

use oxidnf_repo::openpgp::{Key, Keyring};
use oxidnf_rpmdb::{DbError, KeyStore, KeyStoreKind, LockKind, PubkeyFacts, TransactionLock};

use super::Rpm;
use super::checksig::clean;
use crate::error::{Error, chain};
use crate::{clock, keyring};

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

/// What is told about keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRemark {
    /// rpm's words, several lines perhaps.
    pub text: String,
    /// Whether something could not be done because of it.
    pub error: bool,
}

impl std::fmt::Display for KeyRemark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", if self.error { "error" } else { "warning" }, self.text)
    }
}

impl KeyRemark {
    fn warning(text: String) -> Self {
        KeyRemark { text, error: false }
    }

    fn error(text: String) -> Self {
        KeyRemark { text, error: true }
    }
}

/// What became of the keys of a file.
#[derive(Debug, Default)]
pub struct KeysImported {
    /// What there is to say of the store and of certificates.
    pub remarks: Vec<KeyRemark>,
    /// Why not all were imported.
    pub trouble: Option<KeyTrouble>,
}

impl From<KeyTrouble> for KeysImported {
    fn from(trouble: KeyTrouble) -> Self {
        KeysImported { remarks: Vec::new(), trouble: Some(trouble) }
    }
}

/// A key that a root trusts.
#[derive(Debug)]
pub struct TrustedKey {
    facts: PubkeyFacts,
}

impl TrustedKey {
    /// Returns what `rpmkeys --list` shows: fingerprint and user id.
    pub fn summary(&self) -> String {
        format!("{} {} public key", self.facts.fingerprint, self.facts.user_id)
    }

    /// Returns the certificate as an armored block, its end of line included.
    pub fn armored(&self) -> String {
        self.facts.armored()
    }

    /// Tells whether it goes by this fingerprint, key id or last half of the key id.
    pub fn is_called(&self, id: &str) -> bool {
        let key_id = &self.facts.key_id;
        let short = &key_id[key_id.len().saturating_sub(8)..];
        [&self.facts.fingerprint, key_id, short].iter().any(|name| name.eq_ignore_ascii_case(id))
    }
}

impl Rpm {
    /// Imports all keys of an armored file; what is known of a certificate already is kept.
    ///
    /// With `test` nothing is changed, and only told what would not work.
    pub fn import(&self, path: &str, test: bool) -> Result<KeysImported, Error> {
        let keys = match read_file(path) {
            Ok(keys) => keys,
            Err(trouble) => return Ok(trouble.into()),
        };
        let store = self.key_store();
        let failed = |number| KeyTrouble::Import { path: path.to_owned(), number };
        let mut imported = KeysImported::default();
        let kind = if test { LockKind::Shared } else { LockKind::Exclusive };
        let _lock = match store.lock(kind) {
            Ok(lock) => Some(lock),
            // Where no lock file can be made, nobody imports.
            Err(DbError::KeyringLock { source, .. }) if test && source.kind() != std::io::ErrorKind::WouldBlock => None,
            Err(error) => {
                imported.remarks.push(KeyRemark::error(lock_trouble(&error)));
                imported.trouble = Some(failed(1));
                return Ok(imported);
            }
        };
        let (mut ring, remarks) = self.load_keys(&store)?;
        imported.remarks.extend(remarks);
        for (number, mut key) in (1..).zip(keys) {
            let lint = key.lint(Self::now());
            imported.remarks.extend(lint.text.map(|text| KeyRemark { text, error: !lint.usable }));
            let known = ring.keys().map(|(known, _)| known).find(|known| known.fingerprint() == key.fingerprint());
            if !lint.usable || known.is_some_and(|known| key.merge(known).is_err()) {
                imported.trouble = Some(failed(number));
                continue;
            }
            if test {
                continue;
            }
            let facts = keyring::facts(&key, key.original(), Self::now());
            let time = u32::try_from(clock::unix_time()).unwrap_or(u32::MAX);
            let generated = store.import(&facts, time, time).map_err(self.failed("import a key into"))?;
            if generated > 0 {
                let told = format!("Generating {generated} missing index(es), please wait...");
                imported.remarks.push(KeyRemark::warning(told));
            }
            drop(ring.add(key, path));
        }
        Ok(imported)
    }

    /// Returns the keys that the root trusts, by key id as rpm lists them, and what could not be read.
    pub fn keys(&self) -> Result<(Vec<TrustedKey>, Vec<KeyRemark>), Error> {
        let (ring, remarks) = self.keyring()?;
        let facts = |key: &Key| keyring::facts(key, key.original(), Self::now());
        let mut keys: Vec<TrustedKey> = ring.keys().map(|(key, _)| TrustedKey { facts: facts(key) }).collect();
        keys.sort_by(|one, two| one.facts.key_id.cmp(&two.facts.key_id));
        Ok((keys, remarks))
    }

    /// Puts the keys of another store, by its word of `%_keyring`, into that of the macros, in the place of all that are
    /// there, and removes the other; without one the keys are written anew.
    ///
    /// What is there is removed only once everything is in place.
    pub fn rebuild_keys(&self, from: Option<&str>) -> Result<Result<Vec<KeyRemark>, KeyRemark>, Error> {
        let target = self.key_store();
        let source = match from.map(KeyStoreKind::from_word) {
            Some(None) => {
                let text = format!("unknown keyring type: {}", from.unwrap_or_default());
                return Ok(Err(KeyRemark::error(text)));
            }
            Some(Some(kind)) => target.with_kind(kind),
            None => target.clone(),
        };
        let _lock = match target.lock(LockKind::Exclusive) {
            Ok(lock) => lock,
            Err(error) => return Ok(Err(KeyRemark::error(lock_trouble(&error)))),
        };
        let (ring, remarks) = self.load_keys(&source)?;
        let all = |ring: &Keyring| {
            let facts = ring.keys().map(|(key, _)| keyring::facts(key, key.original(), Self::now()));
            facts.collect::<Vec<PubkeyFacts>>()
        };
        let failed = || self.failed("rebuild the keys of");
        if source.kind() == target.kind() {
            // Written anew in the same place: a directory takes them under their names again.
            self.import_all(&target, &all(&ring))?;
            return Ok(Ok(remarks));
        }
        let old = all(&keyring::load(&target, Self::now()).map_err(failed())?.ring);
        let new = all(&ring);
        self.import_all(&target, &new)?;
        for key in old.iter().filter(|old| new.iter().all(|new| new.fingerprint != old.fingerprint)) {
            target.delete(key).map_err(failed())?;
        }
        if new.is_empty() {
            target.clear().map_err(failed())?;
        }
        source.clear().map_err(failed())?;
        Ok(Ok(remarks))
    }

    fn import_all(&self, store: &KeyStore, keys: &[PubkeyFacts]) -> Result<(), Error> {
        let time = u32::try_from(clock::unix_time()).unwrap_or(u32::MAX);
        let import = |key: &PubkeyFacts| store.import(key, time, time).map(drop);
        keys.iter().try_for_each(import).map_err(self.failed("import a key into"))
    }

    /// Keeps others from the keys while some are deleted; the remark says that somebody else is at them.
    pub fn lock_keys(&self) -> Result<KeysLocked<'_>, KeyRemark> {
        let store = self.key_store();
        let lock = store.lock(LockKind::Exclusive).map_err(|error| KeyRemark::error(lock_trouble(&error)))?;
        Ok(KeysLocked { rpm: self, store, _lock: lock })
    }

    fn key_store(&self) -> KeyStore {
        KeyStore::of_macros(&self.root, &self.host.macros)
    }

    fn load_keys(&self, store: &KeyStore) -> Result<(Keyring, Vec<KeyRemark>), Error> {
        let keys = keyring::load(store, Self::now()).map_err(self.failed("read keys of"))?;
        // rpm reads the store once, whatever the number of files.
        let warnings = if self.keys_read.replace(true) { Vec::new() } else { keys.warnings };
        Ok((keys.ring, warnings.into_iter().map(KeyRemark::warning).collect()))
    }

    /// Returns the keys that the root trusts; none while somebody changes them, as with rpm.
    pub(super) fn keyring(&self) -> Result<(Keyring, Vec<KeyRemark>), Error> {
        let store = self.key_store();
        match store.lock(LockKind::Shared) {
            // Where no lock file can be made, nobody imports.
            Err(DbError::KeyringLock { source, .. }) if source.kind() != std::io::ErrorKind::WouldBlock => {
                self.load_keys(&store)
            }
            Err(error) => Ok((Keyring::new(Self::now()), vec![KeyRemark::error(lock_trouble(&error))])),
            Ok(_lock) => self.load_keys(&store),
        }
    }
}

/// The keys of a root, which nobody else changes meanwhile.
#[derive(Debug)]
pub struct KeysLocked<'a> {
    rpm: &'a Rpm,
    store: KeyStore,
    _lock: TransactionLock,
}

impl KeysLocked<'_> {
    /// Removes a key.
    pub fn delete(&self, key: &TrustedKey) -> Result<(), Error> {
        self.store.delete(&key.facts).map(drop).map_err(self.rpm.failed("delete a key from"))
    }
}

/// Reads the keys of a file as rpm reads it.
fn read_file(path: &str) -> Result<Vec<Key>, KeyTrouble> {
    let read = |errno| KeyTrouble::Read { path: path.to_owned(), errno };
    let bytes = std::fs::read(Path::new(path)).map_err(|error| read(error.raw_os_error().unwrap_or(0)))?;
    // Nothing shorter can hold a key; rpm speaks of it as of a failed read.
    if bytes.len() < SHORTEST {
        return Err(read(0));
    }
    if !keyring::armored(&bytes) {
        return Err(KeyTrouble::NotArmored { path: path.to_owned() });
    }
    Key::read_all(&bytes).map_err(|_| KeyTrouble::Import { path: path.to_owned(), number: 1 })
}

fn lock_trouble(error: &DbError) -> String {
    match error {
        DbError::KeyringLock { source, .. } => format!("{error} ({})", clean(source)),
        other => told(other),
    }
}

/// Says in one line why an error happened.
pub(super) fn told(error: &(dyn std::error::Error + 'static)) -> String {
    chain(error).join(": ")
}
