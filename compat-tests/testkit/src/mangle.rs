//! Package files changed where it hurts: what a bad mirror, a bad disk or a bad person might do.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use oxidnf_core::header::{Entry, HeaderBuilder, MAGIC, OwnedValue, Tag};
use oxidnf_core::package_file::PackageFile;
use oxidnf_core::{Checksum, ChecksumKind};

/// A package file in pieces.
#[derive(Debug, Clone)]
pub struct Pieces {
    lead: Vec<u8>,
    /// Entries of the signature header.
    pub signature: Vec<Entry>,
    /// The main header with its magic.
    pub header: Vec<u8>,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Pieces {
    /// Takes a package file apart.
    ///
    /// # Panics
    /// When it is none.
    pub fn of(bytes: &[u8]) -> Self {
        let mut file = tempfile::NamedTempFile::new().expect("the temporary directory is writable");
        std::io::Write::write_all(&mut file, bytes).expect("the temporary directory is writable");
        let package = PackageFile::open(file.path()).expect("a fixture is a package");
        let (header, payload) = (package.header_offset() as usize, package.payload_offset() as usize);
        let signature = package.signature().entries().map(|value| Entry::new(value.tag(), value.to_owned())).collect();
        Pieces {
            lead: bytes[..96].to_vec(),
            signature,
            header: bytes[header..payload].to_vec(),
            payload: bytes[payload..].to_vec(),
        }
    }

    /// Puts the pieces together.
    ///
    /// # Panics
    /// When the signature header cannot be built.
    pub fn bytes(&self) -> Vec<u8> {
        let build = |builder: HeaderBuilder, entry: &Entry| builder.entry(entry.tag, entry.value.clone());
        let signature = self.signature.iter().fold(HeaderBuilder::new(), build).build_signature();
        let mut bytes = self.lead.clone();
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(signature.expect("the entries are well formed").bytes());
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.extend_from_slice(&self.header);
        bytes.extend_from_slice(&self.payload);
        bytes
    }

    /// Changes one bit of the payload.
    #[must_use]
    pub fn bad_payload(mut self) -> Self {
        let at = self.payload.len() - 3;
        self.payload[at] ^= 1;
        self
    }

    /// Changes a word of the main header, which stays well formed.
    ///
    /// # Panics
    /// When the word is not there.
    #[must_use]
    pub fn bad_header(mut self, word: &[u8]) -> Self {
        let at = self.header.windows(word.len()).position(|window| window == word).expect("the word is there");
        self.header[at] ^= 1;
        self
    }

    /// Leaves the payload of gzip uncompressed.
    ///
    /// # Panics
    /// When it is not of gzip.
    #[must_use]
    pub fn plain_payload(mut self) -> Self {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&self.payload[..]).read_to_end(&mut plain).expect("a payload of gzip");
        self.payload = plain;
        self
    }

    /// Takes an entry out of the signature header.
    #[must_use]
    pub fn without(mut self, tag: Tag) -> Self {
        self.signature.retain(|entry| entry.tag != tag);
        self
    }

    /// Adds an entry to the signature header, in place of the one it has.
    #[must_use]
    pub fn with(self, tag: Tag, value: OwnedValue) -> Self {
        let mut pieces = self.without(tag);
        pieces.signature.push(Entry::new(tag, value));
        pieces.signature.sort_by_key(|entry| entry.tag);
        pieces
    }

    /// Returns an entry of the signature header.
    ///
    /// # Panics
    /// When it is not there.
    pub fn entry(&self, tag: Tag) -> &OwnedValue {
        let entry = self.signature.iter().find(|entry| entry.tag == tag);
        &entry.unwrap_or_else(|| panic!("no entry {tag} in the signature header")).value
    }
}

/// Puts `bytes` in the place of a package of a repository, and changes the metadata as if its maker had not looked.
///
/// # Panics
/// When the repository or the package is not there, or the metadata is not of gzip.
pub fn mislead(repo: &Path, package: &str, bytes: &[u8]) {
    let digest = |bytes: &[u8]| Checksum::of(ChecksumKind::Sha256, bytes).expect("the crypto library digests").hex();
    let whole = fs::read(repo.join(package)).expect("the package is there");
    let repomd = fs::read_to_string(repo.join("repodata/repomd.xml")).expect("the metadata is there");
    let mut files = fs::read_dir(repo.join("repodata")).expect("the metadata is there").flatten();
    let is_primary = |path: &PathBuf| path.to_string_lossy().ends_with("primary.xml.gz");
    let primary = files.by_ref().map(|entry| entry.path()).find(is_primary).expect("the metadata is of gzip");
    let old = fs::read(&primary).expect("the metadata is there");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&old[..]).read_to_string(&mut text).expect("the metadata is of gzip");
    let sizes = [whole.len(), bytes.len()].map(|size| format!("package=\"{size}\""));
    let new = text.replace(&digest(&whole), &digest(bytes)).replace(&sizes[0], &sizes[1]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = encoder.write_all(new.as_bytes()).and_then(|()| encoder.finish()).expect("memory is writable");
    let repomd = repomd
        .replace(&digest(&old), &digest(&packed))
        .replace(&digest(text.as_bytes()), &digest(new.as_bytes()))
        .replace(&format!("<size>{}<", old.len()), &format!("<size>{}<", packed.len()))
        .replace(&format!("<open-size>{}<", text.len()), &format!("<open-size>{}<", new.len()));
    // The names of the files are those of the old digests.
    let named = |name: &str| primary.with_file_name(name);
    let name = format!("{}-primary.xml.gz", digest(&packed));
    fs::write(named(&name), packed).expect("the repository is writable");
    fs::remove_file(&primary).expect("the repository is writable");
    fs::write(named("repomd.xml"), repomd).expect("the repository is writable");
    fs::write(repo.join(package), bytes).expect("the repository is writable");
}
