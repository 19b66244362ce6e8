//! The keys that a root trusts, from wherever its rpm keeps them.

use std::time::SystemTime;

use oxidnf_repo::openpgp::{Key, Keyring};
use oxidnf_rpmdb::{DbError, KeyStore, PubkeyFacts, StoredKey};

/// What was read from a key store.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The keys.
    pub(crate) ring: Keyring,
    /// What could not be used, in rpm's words.
    pub(crate) warnings: Vec<String>,
}

/// Reads the keys of a root.
///
/// What nobody can read is told and left out: it does not make the other keys useless.
pub(crate) fn load(store: &KeyStore, now: SystemTime) -> Result<Keys, DbError> {
    let mut keys = Keys { ring: Keyring::new(now), warnings: Vec::new() };
    keys.warnings.extend(store.unknown().map(|word| format!("unknown keyring type: {word}, using rpmdb")));
    let (stored, damaged) = store.read()?;
    keys.warnings.extend(damaged.iter().map(|record| format!("rpmdb: {record}")));
    for stored in stored {
        match stored {
            StoredKey::Record(certificate) => drop(keys.ring.import(&certificate, "rpmdb")),
            StoredKey::Stranger(label) => keys.warnings.push(format!("{label} is not a valid public key")),
            StoredKey::File { path, bytes } => {
                let key = armored(&bytes).then(|| Key::read_all(&bytes).ok()?.into_iter().next()).flatten();
                let origin = path.display().to_string();
                if key.is_none_or(|key| keys.ring.add(key, &origin).is_err()) {
                    keys.warnings.push(format!("Could not read key {origin}"));
                }
            }
        }
    }
    Ok(keys)
}

/// Tells whether there is an armored key in a file; rpm reads no other.
pub(crate) fn armored(bytes: &[u8]) -> bool {
    let begin = b"-----BEGIN PGP PUBLIC KEY BLOCK-----";
    bytes.windows(begin.len()).any(|window| window == begin)
}

/// Returns what has to be known of a key to store it in this form.
pub(crate) fn facts(key: &Key, certificate: &[u8], now: SystemTime) -> PubkeyFacts {
    let facts = key.facts(now);
    PubkeyFacts {
        version: facts.version,
        fingerprint: facts.fingerprint_lower(),
        key_id: facts.key_id_lower(),
        created: u32::try_from(facts.created).unwrap_or(u32::MAX),
        user_id: facts.user_id,
        certificate: certificate.to_vec(),
    }
}
