//! The record of an installed package: its header, and what installing adds.

use oxidnf_core::checksum::{Checksum, ChecksumKind};
use oxidnf_core::header::{Entry, FileState, Header, OwnedValue, Tag};
use oxidnf_core::package_file::PackageFile;

use crate::error::DbError;

/// What installing knows and the package does not.
#[derive(Debug, Clone, Default)]
pub struct InstallFacts {
    /// When the record is written, seconds since 1970 (INSTALLTIME).
    pub time: u32,
    /// The transaction's time, the same for all its packages (INSTALLTID).
    pub tid: u32,
    /// Which ELF classes the system takes, 3 on `x86_64` (INSTALLCOLOR).
    pub color: u32,
    /// One state for each file (FILESTATES); empty for a package without files.
    pub states: Vec<FileState>,
    /// Digests of the whole package file, SHA256 and SHA512, when it was verified (PACKAGEDIGESTS); else empty.
    pub digests: Vec<Checksum>,
    /// Where the prefixes of a relocatable package went; `None` leaves them where they are.
    pub prefixes: Option<Vec<Vec<u8>>>,
    /// Further entries, such as the paths of a relocated package with their originals.
    pub extra: Vec<Entry>,
}

/// Makes records.
#[derive(Debug, Clone, Copy)]
pub struct InstalledRecord;

impl InstalledRecord {
    /// Returns the header that goes into the database: the package's main header, byte for byte, with entries behind
    /// it from the signature header and from `facts`.
    pub fn from_package(package: &PackageFile, facts: InstallFacts) -> Result<Header, DbError> {
        Self::from_parts(package.header(), package.signature_dribbles()?, facts)
    }

    /// The same for a main header and the entries that its signature header gave.
    pub fn from_parts(header: &Header, signature: Vec<Entry>, facts: InstallFacts) -> Result<Header, DbError> {
        let InstallFacts { time, tid, color, states, digests, prefixes, extra } = facts;
        let files = header.files()?.len();
        if states.len() != files {
            let nevra = header.nevra()?.to_string();
            return Err(DbError::States { nevra, files, states: states.len() });
        }
        let number = |tag, number| Entry::new(tag, OwnedValue::Int32(vec![number]));
        // Base names that were made of whole paths when the package was read.
        let mut dribbles: Vec<Entry> =
            header.dribbles().map(|value| Entry::new(value.tag(), value.to_owned())).collect();
        dribbles.extend(signature);
        dribbles.push(number(Tag::INSTALLTIME, time));
        // An empty array is not written, as for a package without files.
        dribbles.push(Entry::new(Tag::FILESTATES, Self::states(&states)));
        // rpm relocates files; where there are none it records no prefixes either.
        if files > 0 && header.has(Tag::PREFIXES) {
            let prefixes = prefixes.unwrap_or_else(|| header.strings(Tag::PREFIXES).map(<[u8]>::to_vec).collect());
            // Nor where all of them are left out.
            if !prefixes.is_empty() {
                dribbles.push(Entry::new(Tag::INSTPREFIXES, OwnedValue::StringArray(prefixes)));
            }
        }
        dribbles.push(number(Tag::INSTALLCOLOR, color));
        dribbles.push(number(Tag::INSTALLTID, tid));
        let texts = OwnedValue::texts(digests.iter().map(Checksum::hex));
        dribbles.push(Entry::new(Tag::PACKAGEDIGESTS, texts));
        let algorithms = digests.iter().map(|sum| rpm_number(sum.kind)).collect();
        dribbles.push(Entry::new(Tag::PACKAGEDIGESTALGOS, OwnedValue::Int32(algorithms)));
        dribbles.extend(extra);
        Ok(header.without_dribbles()?.with_dribbles(dribbles)?)
    }

    /// Returns a record with other file states, everything else byte for byte.
    pub fn with_states(record: &Header, states: &[FileState]) -> Result<Header, DbError> {
        let files = record.files()?.len();
        if states.len() != files {
            let nevra = record.nevra()?.to_string();
            return Err(DbError::States { nevra, files, states: states.len() });
        }
        Ok(record.with_dribbles(vec![Entry::new(Tag::FILESTATES, Self::states(states))])?)
    }

    fn states(states: &[FileState]) -> OwnedValue {
        OwnedValue::Char(states.iter().map(|state| *state as u8).collect())
    }
}

/// Returns rpm's number of a digest algorithm.
fn rpm_number(kind: ChecksumKind) -> u32 {
    match kind {
        ChecksumKind::Md5 => 1,
        ChecksumKind::Sha1 => 2,
        ChecksumKind::Sha256 => 8,
        ChecksumKind::Sha384 => 9,
        ChecksumKind::Sha512 => 10,
        ChecksumKind::Sha224 => 11,
        ChecksumKind::Sha3_256 => 12,
        ChecksumKind::Sha3_512 => 14,
    }
}
