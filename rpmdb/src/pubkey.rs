//! Certificates in the database: records named `gpg-pubkey`.

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
    /// The certificate, binary and in base64 on one line.
    pub base64: String,
    /// The certificate as an armored block.
    pub armored: String,
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
    /// Certificates, binary, in base64.
    pub base64: Vec<Vec<u8>>,
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
            .texts(Tag::PUBKEYS, [self.base64.as_str()])
            .text(Tag::NAME, NAME)
            .text(Tag::VERSION, fingerprint)
            .text(Tag::RELEASE, created)
            .text(Tag::SUMMARY, format!("{} public key", self.user_id))
            .text(Tag::DESCRIPTION, self.armored.as_str())
            .u32s(Tag::BUILDTIME, [self.created])
            .text(Tag::BUILDHOST, "localhost")
            .u32s(Tag::SIZE, [0])
            .text(Tag::LICENSE, "pubkey")
            .text(Tag::PACKAGER, self.user_id.as_str())
            .text(Tag::GROUP, "Public Keys")
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

impl PubkeyRecord {
    /// Takes a record apart; `None` when it is no certificate.
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
            base64: header.strings(Tag::PUBKEYS).map(<[u8]>::to_vec).collect(),
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
