//! One OpenPGP certificate and what people and the rpm database want to know of it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openssl::base64;
use sequoia_openpgp::armor::{Kind, Writer};
use sequoia_openpgp::cert::raw::RawCertParser;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::policy::Policy;
use sequoia_openpgp::serialize::SerializeInto;
use sequoia_openpgp::types::RevocationStatus;
use sequoia_openpgp::{Cert, Profile};

use super::armor;

/// An OpenPGP certificate ("public key" in rpm's and dnf5's words).
#[derive(Debug, Clone)]
pub struct Key {
    pub(super) cert: Cert,
    /// The packets in the form that dnf5 puts into the rpm database.
    raw: Arc<[u8]>,
    /// The packets as they came, which rpm itself stores.
    original: Arc<[u8]>,
}

/// Why bytes are no usable key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The ASCII armor is damaged.
    #[error("cannot read the ASCII armor of an OpenPGP key")]
    Armor {
        /// The cause.
        source: io::Error,
    },
    /// There is no certificate in the data.
    #[error("no OpenPGP key found")]
    NoKey,
    /// The packets are damaged or unknown.
    #[error("cannot parse an OpenPGP key: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// A certificate cannot be written.
    #[error("cannot serialize OpenPGP key {fingerprint}: {reason}")]
    Serialize {
        /// Fingerprint of the certificate.
        fingerprint: String,
        /// What is wrong.
        reason: String,
    },
}

/// What is known of a key, for import prompts and records in the rpm database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// Fingerprint of the primary key in upper-case hex, 40 digits (v4) or 64 (v6).
    pub fingerprint: String,
    /// Key id in upper-case hex, 16 digits.
    pub key_id: String,
    /// The primary user id, or the first one; empty when there is none.
    pub user_id: String,
    /// All user ids.
    pub user_ids: Vec<String>,
    /// Creation time of the primary key in seconds since 1970.
    pub created: u64,
    /// Version of the primary key packet (4 or 6).
    pub version: u8,
    /// When the certificate expires, if it does and is acceptable at all.
    pub expires: Option<u64>,
    /// Whether the certificate was revoked.
    pub revoked: bool,
    /// Why the policy refuses the certificate as of now, if it does; signatures by it will not be trusted.
    pub refused: Option<String>,
    /// Fingerprints of the subkeys in upper-case hex.
    pub subkeys: Vec<String>,
}

impl KeyFacts {
    /// Returns the fingerprint in lower-case hex, as rpm writes it.
    pub fn fingerprint_lower(&self) -> String {
        self.fingerprint.to_ascii_lowercase()
    }

    /// Returns the key id in lower-case hex, as rpm writes it.
    pub fn key_id_lower(&self) -> String {
        self.key_id.to_ascii_lowercase()
    }

    /// Returns the last eight hex digits of the key id in upper case, as dnf5 shows it behind `0x`.
    pub fn short_id(&self) -> &str {
        &self.key_id[self.key_id.len().saturating_sub(8)..]
    }
}

impl Key {
    /// Reads all keys of a file: binary, or armored in any number of blocks with any number of keys each.
    ///
    /// A key that cannot be used is left out as long as there is another one.
    pub fn read_all(data: &[u8]) -> Result<Vec<Key>, KeyError> {
        let blocks = armor::blocks(data, Kind::PublicKey).map_err(|source| KeyError::Armor { source })?;
        let mut keys = Vec::new();
        let mut trouble = None;
        for block in &blocks {
            let parser = match RawCertParser::from_bytes(block.as_ref()) {
                Ok(parser) => parser,
                Err(error) => {
                    trouble.get_or_insert(error);
                    continue;
                }
            };
            for raw in parser {
                let key = raw.and_then(|raw| {
                    let (bytes, original) = (old_headers(raw.as_bytes()), raw.as_bytes().into());
                    let cert = Cert::try_from(raw)?;
                    if !cert.is_tsk() {
                        return Ok(Key { cert, raw: bytes.into(), original });
                    }
                    // Secret parts never belong into a keyring.
                    let cert = cert.strip_secret_key_material();
                    let raw: Arc<[u8]> = cert.to_vec()?.into();
                    Ok(Key { cert, original: Arc::clone(&raw), raw })
                });
                match key {
                    Ok(key) => keys.push(key),
                    Err(error) => {
                        trouble.get_or_insert(error);
                    }
                }
            }
        }
        match trouble {
            _ if !keys.is_empty() => Ok(keys),
            Some(error) => Err(KeyError::Malformed { reason: error.to_string() }),
            None => Err(KeyError::NoKey),
        }
    }

    /// Returns the fingerprint of the primary key in upper-case hex.
    pub fn fingerprint(&self) -> String {
        self.cert.fingerprint().to_hex()
    }

    /// Returns the facts; expiry and policy are judged as of `now`.
    pub fn facts(&self, now: SystemTime) -> KeyFacts {
        let policy = super::policy::policy(now);
        self.facts_under(&policy, now)
    }

    pub(super) fn facts_under(&self, policy: &dyn Policy, now: SystemTime) -> KeyFacts {
        let cert = &self.cert;
        let user_ids: Vec<String> =
            cert.userids().map(|id| String::from_utf8_lossy(id.userid().value()).into_owned()).collect();
        let valid = cert.with_policy(policy, now);
        let primary = valid.as_ref().ok().and_then(|valid| valid.primary_userid().ok());
        let user_id = match primary {
            Some(id) => String::from_utf8_lossy(id.userid().value()).into_owned(),
            None => user_ids.first().cloned().unwrap_or_default(),
        };
        let expires = valid.as_ref().ok().and_then(|valid| valid.primary_key().key_expiration_time());
        KeyFacts {
            fingerprint: self.fingerprint(),
            key_id: cert.keyid().to_hex(),
            user_id,
            user_ids,
            created: seconds(cert.primary_key().key().creation_time()),
            version: cert.primary_key().key().version(),
            expires: expires.map(seconds),
            revoked: matches!(cert.revocation_status(policy, now), RevocationStatus::Revoked(_)),
            refused: valid.err().map(|error| error.to_string()),
            subkeys: cert.keys().subkeys().map(|subkey| subkey.key().fingerprint().to_hex()).collect(),
        }
    }

    /// Returns the packets of the certificate as they came.
    pub fn original(&self) -> &[u8] {
        &self.original
    }

    /// Returns the packets of the certificate.
    pub fn bytes(&self) -> &[u8] {
        &self.raw
    }

    /// Returns the packets in base64 as PUBKEYS of a gpg-pubkey record holds them: lines of 64, each ended.
    pub fn base64(&self) -> String {
        let text = base64::encode_block(&self.raw);
        let mut lines = String::with_capacity(text.len() + text.len() / 64 + 1);
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, more) = rest.split_at(rest.len().min(64));
            lines.extend([line, "\n"]);
            rest = more;
        }
        lines
    }

    /// Returns the armored form with these armor headers (`Version`, …).
    pub fn armored(&self, headers: &[(&str, &str)]) -> Result<String, KeyError> {
        let armored = || -> io::Result<Vec<u8>> {
            let headers = headers.iter().copied();
            let mut writer = Writer::with_headers(Vec::new(), Kind::PublicKey, headers).map_err(io::Error::other)?;
            if self.cert.primary_key().key().version() < 6 {
                // With the checksum at the end, which newer versions leave out and older readers want.
                writer.set_profile(Profile::RFC4880).map_err(io::Error::other)?;
            }
            io::Write::write_all(&mut writer, &self.raw)?;
            writer.finalize().map_err(io::Error::other)
        };
        let text = armored().map_err(|error| self.serialize_error(&error))?;
        String::from_utf8(text).map_err(|error| self.serialize_error(&error))
    }

    fn serialize_error(&self, error: &dyn std::fmt::Display) -> KeyError {
        KeyError::Serialize { fingerprint: self.fingerprint(), reason: error.to_string() }
    }

    /// Adds what another version of the same certificate knows: new subkeys, user ids, expiry dates, revocations.
    ///
    /// Returns whether anything was new. Certificates with another fingerprint are refused.
    pub fn merge(&mut self, other: &Key) -> Result<bool, KeyError> {
        let malformed = |error: sequoia_openpgp::anyhow::Error| KeyError::Malformed { reason: error.to_string() };
        let merged = self.cert.clone().merge_public(other.cert.clone()).map_err(malformed)?;
        if merged == self.cert {
            return Ok(false);
        }
        let raw = merged.to_vec().map_err(|error| self.serialize_error(&error))?;
        self.cert = merged;
        self.raw = raw.into();
        self.original = Arc::clone(&self.raw);
        Ok(true)
    }
}

/// Returns packets with headers in the old format, as GnuPG writes them, through which dnf5 takes every key; in the
/// rpm database that shows. What has a tag or a length that the old format lacks stays as it is.
///
/// witness: compat-tests/tests/sample.rs::both_programs_agree_on_it
fn old_headers(packets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(packets.len());
    let mut rest = packets;
    while let Some((body_at, length)) = new_header(rest) {
        let tag = rest[0] & 0x3f;
        let Some(body) = rest.get(body_at..body_at + length) else { break };
        match (u8::try_from(length), u16::try_from(length), u32::try_from(length)) {
            (Ok(length), ..) => out.extend([0x80 | tag << 2, length]),
            (_, Ok(length), _) => {
                out.push(0x81 | tag << 2);
                out.extend(length.to_be_bytes());
            }
            (.., Ok(length)) => {
                out.push(0x82 | tag << 2);
                out.extend(length.to_be_bytes());
            }
            _ => break,
        }
        out.extend(body);
        rest = &rest[body_at + length..];
    }
    out.extend(rest);
    out
}

/// Returns where the body of a packet with a header of the new format begins and how long it is; `None` for others,
/// for tags that the old format has no room for and for bodies in parts (RFC 9580, section 4.2).
fn new_header(packet: &[u8]) -> Option<(usize, usize)> {
    let (first, rest) = packet.split_first()?;
    if first & 0xf0 != 0xc0 {
        return None;
    }
    match *rest {
        [length @ 0..=191, ..] => Some((2, usize::from(length))),
        [high @ 192..=223, low, ..] => Some((3, ((usize::from(high) - 192) << 8) + usize::from(low) + 192)),
        [255, a, b, c, d, ..] => Some((6, usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?)),
        _ => None,
    }
}

/// Returns seconds since 1970; 0 for earlier times.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
