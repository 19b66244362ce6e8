//! Certificates in the database: records named `gpg-pubkey`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oxidnf_core::checksum::ChecksumKind;
use oxidnf_core::header::{Entry, Header, HeaderBuilder, OwnedValue, Tag};
use oxidnf_core::reldep::Sense;

use crate::connection::RpmDb;
use crate::error::{DamagedRecord, DbError};
use crate::index::Index;
use crate::write::Write;
use crate::{Hnum, RPM_VERSION};

const NAME: &str = "gpg-pubkey";

/// What has to be known of a certificate to store it; whoever can read OpenPGP says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PubkeyFacts {
    /// Version of the OpenPGP key, 4 or 6.
    pub version: u8,
    /// Fingerprint of the primary key in hex.
    pub fingerprint: String,
    /// Key id of the primary key, 16 hex digits.
    pub key_id: String,
    /// When the primary key was made, seconds since 1970.
    pub created: u32,
    /// User id, `Name <address>`.
    pub user_id: String,
    /// The certificate, binary.
    pub certificate: Vec<u8>,
}

/// A stored certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PubkeyRecord {
    /// Record.
    pub hnum: Hnum,
    /// Fingerprint, or the last eight digits of the key id in records of old rpms.
    pub version: String,
    /// Time of creation in hex.
    pub release: String,
    /// User id.
    pub user_id: String,
    /// Certificates, binary.
    pub certificates: Vec<Vec<u8>>,
}

impl PubkeyFacts {
    /// Returns the record that `rpmkeys --import` would write; `time` is the time of writing.
    pub fn to_record(&self, time: u32, tid: u32) -> Result<Header, DbError> {
        let fingerprint = self.fingerprint.to_ascii_lowercase();
        let key_id = self.key_id.to_ascii_lowercase();
        let created = format!("{:x}", self.created);
        let short = &key_id[key_id.len().saturating_sub(8)..];
        let provides = [&self.user_id, short, &key_id].map(|what| format!("gpg({what})"));
        let version = format!("{}:{fingerprint}-{created}", self.version);
        let sense = Sense::KEYRING | Sense::EQUAL;
        let region = HeaderBuilder::new()
            .texts(Tag::PUBKEYS, [base64_lines(&self.certificate)])
            .text(Tag::NAME, NAME)
            .text(Tag::VERSION, fingerprint)
            .text(Tag::RELEASE, created)
            .entry(Tag::SUMMARY, translated(format!("{} public key", self.user_id)))
            .entry(Tag::DESCRIPTION, translated(armored(&self.certificate)))
            .u32s(Tag::BUILDTIME, [self.created])
            .text(Tag::BUILDHOST, "localhost")
            .u32s(Tag::SIZE, [0])
            .text(Tag::LICENSE, "pubkey")
            .text(Tag::PACKAGER, self.user_id.as_str())
            .entry(Tag::GROUP, translated("Public Keys".to_owned()))
            .text(Tag::SOURCERPM, "(none)")
            .texts(Tag::PROVIDENAME, provides)
            .text(Tag::RPMVERSION, RPM_VERSION)
            .u32s(Tag::PROVIDEFLAGS, [sense.0; 3])
            .texts(Tag::PROVIDEVERSION, [version.as_str(); 3])
            .build()?;
        let number = |tag, number| Entry::new(tag, OwnedValue::Int32(vec![number]));
        let mut dribbles = vec![number(Tag::INSTALLTIME, time), number(Tag::INSTALLTID, tid)];
        for (tag, kind) in [
            (Tag::SHA1HEADER, ChecksumKind::Sha1),
            (Tag::SHA256HEADER, ChecksumKind::Sha256),
            (Tag::SHA3_256HEADER, ChecksumKind::Sha3_256),
        ] {
            dribbles.push(Entry::new(tag, OwnedValue::text(region.region_digest(kind)?.hex())));
        }
        Ok(region.with_dribbles(dribbles)?)
    }
}

impl PubkeyFacts {
    /// Returns the certificate as an armored block, as rpm writes it into records and files.
    pub fn armored(&self) -> String {
        armored(&self.certificate)
    }
}

/// Makes a text that could have translations.
fn translated(text: String) -> OwnedValue {
    OwnedValue::I18nString(vec![text.into_bytes()])
}

/// Encodes in lines of 64 characters, each with its end.
fn base64_lines(bytes: &[u8]) -> String {
    /// Bytes that make one line.
    const LINE: usize = 48;
    bytes.chunks(LINE).map(|line| STANDARD.encode(line) + "\n").collect()
}

/// Decodes base64 whatever its lines.
fn decode_lines(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok()
}

/// Encodes as an armored block with its checksum.
fn armored(certificate: &[u8]) -> String {
    let sum = STANDARD.encode(&crc24(certificate).to_be_bytes()[1..]);
    let lines = base64_lines(certificate);
    format!("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{lines}={sum}\n-----END PGP PUBLIC KEY BLOCK-----\n")
}

/// The checksum of armor (RFC 4880, section 6.1).
fn crc24(bytes: &[u8]) -> u32 {
    const START: u32 = 0xb7_04ce;
    const POLYNOMIAL: u32 = 0x186_4cfb;
    let step = |crc: u32| if crc & 0x80_0000 == 0 { crc << 1 } else { (crc << 1) ^ POLYNOMIAL };
    bytes.iter().fold(START, |crc, byte| (0..8).fold(crc ^ (u32::from(*byte) << 16), |crc, _| step(crc))) & 0xff_ffff
}

impl RpmDb {
    /// Returns the stored certificates, and the records of that name that cannot be read.
    ///
    /// A record that has an architecture or an operating system, or no certificate, is a package that pretends, and is
    /// left out.
    pub fn pubkeys(&self) -> Result<(Vec<PubkeyRecord>, Vec<DamagedRecord>), DbError> {
        let (mut keys, mut damaged) = (Vec::new(), Vec::new());
        for found in self.find(Index::Name, NAME.as_bytes())? {
            match self.header(found.hnum) {
                Ok(header) => keys.extend(PubkeyRecord::from_header(found.hnum, &header)),
                Err(DbError::Damaged(record)) => damaged.push(record),
                Err(error) => return Err(error),
            }
        }
        Ok((keys, damaged))
    }
}

impl RpmDb {
    /// Returns the labels of the records that [`RpmDb::pubkeys`] leaves out, as they only have the name of keys.
    pub fn false_pubkeys(&self) -> Result<Vec<String>, DbError> {
        let mut labels = Vec::new();
        for found in self.find(Index::Name, NAME.as_bytes())? {
            let Ok(header) = self.header(found.hnum) else { continue };
            if PubkeyRecord::from_header(found.hnum, &header).is_none_or(|record| record.certificates.is_empty()) {
                let text = |tag| header.str(tag).unwrap_or_default().into_owned();
                labels.push([Tag::NAME, Tag::VERSION, Tag::RELEASE].map(text).join("-"));
            }
        }
        Ok(labels)
    }
}

impl PubkeyRecord {
    /// Takes a record apart; `None` when it is no certificate.
    ///
    /// Certificates that are no base64 are left out.
    pub fn from_header(hnum: Hnum, header: &Header) -> Option<Self> {
        if header.has(Tag::ARCH) || header.has(Tag::OS) || !header.has(Tag::PUBKEYS) {
            return None;
        }
        let text = |tag| header.str(tag).unwrap_or_default().into_owned();
        Some(PubkeyRecord {
            hnum,
            version: text(Tag::VERSION),
            release: text(Tag::RELEASE),
            user_id: text(Tag::PACKAGER),
            certificates: header.strings(Tag::PUBKEYS).filter_map(decode_lines).collect(),
        })
    }
}

impl Write<'_> {
    /// Stores a certificate in place of older records of the same key, and returns the new record's number.
    ///
    /// Merging with what was known of the certificate is up to the caller. Records that old rpms named by the key id are
    /// replaced as well.
    pub fn import_pubkey(&mut self, facts: &PubkeyFacts, time: u32, tid: u32) -> Result<Hnum, DbError> {
        let record = facts.to_record(time, tid)?;
        let fingerprint = facts.fingerprint.to_ascii_lowercase();
        let key_id = facts.key_id.to_ascii_lowercase();
        let short = &key_id[key_id.len().saturating_sub(8)..];
        self.savepoint(|write| {
            let (old, _) = write.db().pubkeys()?;
            let hnum = write.insert(&record)?;
            for key in old {
                let version = key.version.to_ascii_lowercase();
                if version == fingerprint || version == short || version == key_id {
                    write.remove(key.hnum)?;
                }
            }
            Ok(hnum)
        })
    }

    /// Removes the certificate with this fingerprint; tells whether there was one.
    pub fn remove_pubkey(&mut self, fingerprint: &str) -> Result<bool, DbError> {
        let (keys, _) = self.db().pubkeys()?;
        let mut found = false;
        for key in keys.iter().filter(|key| key.version.eq_ignore_ascii_case(fingerprint)) {
            self.remove(key.hnum)?;
            found = true;
        }
        Ok(found)
    }
}
