//! The keys that are trusted for the signatures of one repository's metadata, kept beside its cache.
//!
//! librepo keeps them in one of two forms, depending on what it was built with, and reads no other: a file
//! `KEYID.pub` for each key (with librpm), or GnuPG's `pubring.kbx` (with GPGME). Both are read and both are written,
//! so that whichever dnf5 there is trusts what was accepted here, and the other way round.

use std::fs::{DirBuilder, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::NamedTempFile;

use super::key::{Key, KeyFacts};
use super::keybox::{self, Listed};
use super::keyring::Keyring;

const KEYBOX: &str = "pubring.kbx";

/// The directory of a repository's keys.
#[derive(Debug)]
pub struct Pubring {
    dir: PathBuf,
}

impl Pubring {
    /// Names the directory; nothing is looked up or created.
    pub fn new(dir: PathBuf) -> Self {
        Pubring { dir }
    }

    /// Returns the directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads the keys that were accepted before, by this program or by dnf5.
    pub fn keyring(&self, now: SystemTime) -> io::Result<Keyring> {
        let mut keyring = Keyring::new(now);
        for data in self.keys()? {
            // A key that has become unreadable is as good as none: its signatures will lack it.
            let _ = keyring.import(&data, "pubring");
        }
        Ok(keyring)
    }

    fn keys(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut keys = keybox::keys(&absent_is_empty(std::fs::read(self.dir.join(KEYBOX)))?);
        let entries = match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(keys),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            // Sixteen digits and the ending; librepo looks at nothing else.
            if name.len() == 20 && name.as_encoded_bytes().ends_with(b".pub") {
                keys.push(std::fs::read(entry.path())?);
            }
        }
        Ok(keys)
    }

    /// Stores a key that was accepted.
    pub fn store(&self, key: &Key, facts: &KeyFacts) -> io::Result<()> {
        // GnuPG wants nobody else in there.
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        let name = format!("{}.pub", facts.key_id.to_ascii_uppercase());
        self.write(&name, key.bytes())?;
        self.add_to_keybox(key, facts)
    }

    fn add_to_keybox(&self, key: &Key, facts: &KeyFacts) -> io::Result<()> {
        let fingerprint = |hex: &String| <[u8; 20]>::try_from(hex::decode(hex).ok()?).ok();
        let fingerprints: Option<Vec<_>> =
            std::iter::once(&facts.fingerprint).chain(&facts.subkeys).map(fingerprint).collect();
        // GnuPG does not know keys with longer fingerprints, and nothing can be told to it about them.
        let Some(fingerprints) = fingerprints else { return Ok(()) };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let now = u32::try_from(now).unwrap_or(u32::MAX);
        let mut keybox = absent_is_empty(std::fs::read(self.dir.join(KEYBOX)))?;
        if keybox.is_empty() {
            keybox = keybox::header(now);
        }
        if keybox::keys(&keybox).iter().any(|present| present == key.bytes()) {
            return Ok(());
        }
        let Some(record) = keybox::record(&Listed { fingerprints, packets: key.bytes() }, now) else { return Ok(()) };
        keybox.extend(record);
        self.write(KEYBOX, &keybox)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(&self.dir)?;
        file.write_all(bytes)?;
        file.as_file().set_permissions(Permissions::from_mode(0o644))?;
        file.persist(self.dir.join(name)).map(drop).map_err(|error| error.error)
    }
}

fn absent_is_empty(read: io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}
