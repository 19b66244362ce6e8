//! Digests of bytes.

use std::fmt;

use openssl::hash::{Hasher as OpensslHasher, MessageDigest};

/// A digest algorithm known to rpm or rpm-md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the algorithms'")]
pub enum ChecksumKind {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha3_256,
    Sha3_512,
}

impl ChecksumKind {
    /// Returns the kind for rpm-md's `type` attribute (`sha` is an old name of sha1).
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "md5" => ChecksumKind::Md5,
            "sha" | "sha1" => ChecksumKind::Sha1,
            "sha224" => ChecksumKind::Sha224,
            "sha256" => ChecksumKind::Sha256,
            "sha384" => ChecksumKind::Sha384,
            "sha512" => ChecksumKind::Sha512,
            "sha3-256" | "sha3_256" => ChecksumKind::Sha3_256,
            "sha3-512" | "sha3_512" => ChecksumKind::Sha3_512,
            _ => return None,
        })
    }

    /// Returns the kind for the number in FILEDIGESTALGO and friends (OpenPGP's numbers; reference of rpm, 1.6).
    pub const fn from_rpm_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => ChecksumKind::Md5,
            2 => ChecksumKind::Sha1,
            8 => ChecksumKind::Sha256,
            9 => ChecksumKind::Sha384,
            10 => ChecksumKind::Sha512,
            11 => ChecksumKind::Sha224,
            12 => ChecksumKind::Sha3_256,
            14 => ChecksumKind::Sha3_512,
            _ => return None,
        })
    }

    /// Returns rpm-md's name of the algorithm.
    pub const fn name(self) -> &'static str {
        match self {
            ChecksumKind::Md5 => "md5",
            ChecksumKind::Sha1 => "sha1",
            ChecksumKind::Sha224 => "sha224",
            ChecksumKind::Sha256 => "sha256",
            ChecksumKind::Sha384 => "sha384",
            ChecksumKind::Sha512 => "sha512",
            ChecksumKind::Sha3_256 => "sha3-256",
            ChecksumKind::Sha3_512 => "sha3-512",
        }
    }

    /// Returns the number of bytes of a digest.
    #[expect(clippy::len_without_is_empty, reason = "no digest is empty")]
    pub const fn len(self) -> usize {
        match self {
            ChecksumKind::Md5 => 16,
            ChecksumKind::Sha1 => 20,
            ChecksumKind::Sha224 => 28,
            ChecksumKind::Sha256 | ChecksumKind::Sha3_256 => 32,
            ChecksumKind::Sha384 => 48,
            ChecksumKind::Sha512 | ChecksumKind::Sha3_512 => 64,
        }
    }

    fn digest(self) -> MessageDigest {
        match self {
            ChecksumKind::Md5 => MessageDigest::md5(),
            ChecksumKind::Sha1 => MessageDigest::sha1(),
            ChecksumKind::Sha224 => MessageDigest::sha224(),
            ChecksumKind::Sha256 => MessageDigest::sha256(),
            ChecksumKind::Sha384 => MessageDigest::sha384(),
            ChecksumKind::Sha512 => MessageDigest::sha512(),
            ChecksumKind::Sha3_256 => MessageDigest::sha3_256(),
            ChecksumKind::Sha3_512 => MessageDigest::sha3_512(),
        }
    }
}

/// A digest with its algorithm.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Checksum {
    /// Algorithm.
    pub kind: ChecksumKind,
    /// The digest; its length is `kind.len()`.
    bytes: Vec<u8>,
}

impl Checksum {
    /// Parses a hexadecimal digest; `None` when it is not hex or has another length than the algorithm's.
    pub fn from_hex(kind: ChecksumKind, text: &str) -> Option<Self> {
        let bytes = hex::decode(text.trim()).ok()?;
        (bytes.len() == kind.len()).then_some(Checksum { kind, bytes })
    }

    /// Takes a binary digest; `None` when it has another length than the algorithm's.
    pub fn from_bytes(kind: ChecksumKind, bytes: &[u8]) -> Option<Self> {
        (bytes.len() == kind.len()).then(|| Checksum { kind, bytes: bytes.to_vec() })
    }

    /// Digests bytes that are at hand.
    pub fn of(kind: ChecksumKind, data: &[u8]) -> Result<Self, ChecksumError> {
        let mut hasher = Hasher::new(kind)?;
        hasher.update(data);
        hasher.finish()
    }

    /// Returns the digest.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the digest in lower-case hex.
    pub fn hex(&self) -> String {
        hex::encode(&self.bytes)
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.hex())
    }
}

/// The crypto library refused an algorithm, for example MD5 under a FIPS policy.
#[derive(Debug, thiserror::Error)]
#[error("cannot compute a {} digest", .kind.name())]
pub struct ChecksumError {
    /// Algorithm asked for.
    pub kind: ChecksumKind,
    /// What OpenSSL said.
    pub source: openssl::error::ErrorStack,
}

/// Digests bytes as they arrive.
pub struct Hasher {
    kind: ChecksumKind,
    inner: OpensslHasher,
    failed: Option<openssl::error::ErrorStack>,
}

impl Hasher {
    /// Starts a digest.
    pub fn new(kind: ChecksumKind) -> Result<Self, ChecksumError> {
        let inner = OpensslHasher::new(kind.digest()).map_err(|source| ChecksumError { kind, source })?;
        Ok(Hasher { kind, inner, failed: None })
    }

    /// Adds bytes; an error of the crypto library is kept for [`Hasher::finish`].
    pub fn update(&mut self, data: &[u8]) {
        if let Err(error) = self.inner.update(data) {
            self.failed = Some(error);
        }
    }

    /// Returns the digest of everything added.
    pub fn finish(mut self) -> Result<Checksum, ChecksumError> {
        let kind = self.kind;
        if let Some(source) = self.failed {
            return Err(ChecksumError { kind, source });
        }
        let digest = self.inner.finish().map_err(|source| ChecksumError { kind, source })?;
        Ok(Checksum { kind, bytes: digest.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests() {
        let sum = Checksum::of(ChecksumKind::Sha256, b"abc").expect("sha256 is always there");
        assert_eq!(sum.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Checksum::from_hex(ChecksumKind::Sha256, &sum.hex()), Some(sum));
        assert_eq!(Checksum::from_hex(ChecksumKind::Sha256, "00"), None);
    }
}
