//! The metadata of one repository, as it lies in the cache.

pub mod comps;
mod entity;
pub mod error;
pub mod filelists;
mod glob;
pub mod modules;
pub mod other;
mod path_index;
mod primary;
pub mod repomd;
mod scan;
mod stream;
pub mod updateinfo;
pub(crate) mod xml;
mod yaml;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use oxidnf_core::{Checksum, ChecksumKind};

use crate::decompress::{Decompressor, Limits};
use crate::fetch::Ahead;

pub use comps::Comps;
pub use error::{MetadataError, XmlError};
pub use filelists::{PathOwner, PathQuery};
pub use modules::Modules;
pub use other::{ChangelogEntry, PackageChangelog};
pub use repomd::{Record, Repomd};
pub use updateinfo::Advisory;

/// The metadata of one repository in its cache directory: `repodata/repomd.xml` and the files beside it.
#[derive(Debug, Clone)]
pub struct Metadata {
    dir: PathBuf,
    repomd: Repomd,
    repomd_digest: [u8; 32],
    /// Packages that are being parsed since before all files had come; taken by who needs them first.
    ahead: Arc<Mutex<Option<Ahead>>>,
}

impl Metadata {
    /// Reads `repodata/repomd.xml` of a cache directory.
    ///
    /// The other files are looked at when they are asked for; whoever put them there has checked their checksums.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, MetadataError> {
        let dir = dir.into();
        let path = dir.join("repodata/repomd.xml");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(source) => return Err(MetadataError::Open { path, source }),
        };
        let repomd = match Repomd::parse(&bytes) {
            Ok(repomd) => repomd,
            Err(source) => return Err(MetadataError::Xml { path, source }),
        };
        let digest = match Checksum::of(ChecksumKind::Sha256, &bytes) {
            Ok(digest) => digest,
            Err(source) => return Err(MetadataError::Digest { path, source }),
        };
        let repomd_digest = digest.bytes().try_into().expect("SHA-256 has 32 bytes");
        Ok(Metadata { dir, repomd, repomd_digest, ahead: Arc::default() })
    }

    /// Takes along that the packages are being parsed.
    #[must_use]
    pub(crate) fn with_ahead(mut self, ahead: Option<Ahead>) -> Self {
        self.ahead = Arc::new(Mutex::new(ahead));
        self
    }

    /// Returns the packages that are being parsed, once.
    pub(crate) fn take_ahead(&self) -> Option<Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Forgets files of these kinds, as if the index did not list them.
    #[must_use]
    pub fn without(mut self, kinds: &[String]) -> Self {
        self.repomd.records.retain(|record| !kinds.contains(&record.kind));
        self
    }

    /// Returns the cache directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the index.
    pub fn repomd(&self) -> &Repomd {
        &self.repomd
    }

    /// Returns the SHA-256 of the index file's bytes, which names this state of the repository.
    pub fn repomd_digest(&self) -> &[u8; 32] {
        &self.repomd_digest
    }

    /// Returns the path of a type's file in the cache, whether or not it has been downloaded.
    pub fn path(&self, kind: &str) -> Result<PathBuf, MetadataError> {
        let (_, path) = self.record(kind)?;
        Ok(path)
    }

    fn record(&self, kind: &str) -> Result<(&Record, PathBuf), MetadataError> {
        let Some(record) = self.repomd.record(kind) else {
            return Err(MetadataError::NotListed { dir: self.dir.clone(), kind: kind.to_owned() });
        };
        match record.file_name() {
            Some(name) => Ok((record, self.dir.join("repodata").join(name))),
            None => Err(MetadataError::UnsafeLocation {
                dir: self.dir.clone(),
                kind: kind.to_owned(),
                href: record.href.clone(),
            }),
        }
    }

    /// Returns the open content of a type's file; `None` when the repository has no such type.
    ///
    /// For the types of moderate size; packages and file lists are streamed.
    pub fn read(&self, kind: &str) -> Result<Option<(PathBuf, Vec<u8>)>, MetadataError> {
        if self.repomd.record(kind).is_none() {
            return Ok(None);
        }
        let (record, path) = self.record(kind)?;
        let limits = MODERATE.with_open_size(record.open_size);
        let mut reader = match Decompressor::open(&path, limits) {
            Ok(reader) => reader,
            Err(source) => return Err(MetadataError::Open { path, source }),
        };
        let mut bytes = Vec::new();
        if let Err(source) = reader.read_to_end(&mut bytes) {
            return Err(MetadataError::Read { path, source });
        }
        if let Some(expected) = &record.open_checksum {
            check_open(&path, expected, &bytes)?;
        }
        Ok(Some((path, bytes)))
    }

    /// Returns the advisories; none when the repository has no `updateinfo`.
    pub fn advisories(&self) -> Result<Vec<Advisory>, MetadataError> {
        let Some((path, bytes)) = self.read("updateinfo")? else { return Ok(Vec::new()) };
        updateinfo::parse(&bytes).map_err(|source| MetadataError::Xml { path, source })
    }

    /// Returns the groups and environments; none when the repository has no `group` file.
    pub fn comps(&self) -> Result<Comps, MetadataError> {
        // createrepo_c lists the compressed file as group_gz (group_xz, group_zst) beside the plain one.
        for kind in COMPS_KINDS {
            let Some(path) = self.repomd.record(kind).and_then(|_| self.path(kind).ok()) else { continue };
            if !path.exists() {
                continue;
            }
            if let Some((path, bytes)) = self.read(kind)? {
                return comps::parse(&bytes).map_err(|source| MetadataError::Xml { path, source });
            }
        }
        Ok(Comps::default())
    }

    /// Returns the modules; none when the repository has no `modules`.
    pub fn modules(&self) -> Result<Modules, MetadataError> {
        Ok(self.read("modules")?.map(|(_, bytes)| modules::parse(&bytes)).unwrap_or_default())
    }
}

/// Record types under which groups are found, best first.
pub const COMPS_KINDS: [&str; 5] = ["group_zst", "group_gz", "group_xz", "group_bz2", "group"];

/// Ceiling for files that are read whole; the largest updateinfo seen is 80 MB open.
const MODERATE: Limits = Limits { open_size: None, max_size: 1 << 30 };

fn check_open(path: &Path, expected: &Checksum, bytes: &[u8]) -> Result<(), MetadataError> {
    let found = match Checksum::of(expected.kind, bytes) {
        Ok(found) => found,
        Err(source) => return Err(MetadataError::Digest { path: path.to_owned(), source }),
    };
    if found == *expected {
        return Ok(());
    }
    Err(MetadataError::OpenChecksum {
        path: path.to_owned(),
        expected: format!("{expected:?}"),
        found: format!("{found:?}"),
    })
}
