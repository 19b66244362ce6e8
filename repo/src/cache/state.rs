//! What is remembered of a repository beyond the life of its cache: `PERSISTDIR/repos/<name of the cache directory>/`.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;

use tempfile::NamedTempFile;

use super::{CacheSettings, directory_name};
use crate::config::RepoConfig;

/// The newest state of the metadata that was accepted.
const NEWEST: &str = "newest";
/// Fingerprints of the keys that may sign the repository's packages.
const PINNED: &str = "pinned_keys";

/// The place of one repository's memory; nothing is remembered where the run has no such place.
#[derive(Debug, Clone)]
pub struct RepoState {
    dir: Option<PathBuf>,
}

impl RepoState {
    /// Returns the memory of a repository; nothing is looked up or created.
    pub fn new(settings: &CacheSettings, repo: &RepoConfig) -> Self {
        RepoState { dir: settings.state_dir.as_ref().map(|dir| dir.join("repos").join(directory_name(repo))) }
    }

    /// Returns the time of the newest metadata that was accepted, in seconds since 1970.
    ///
    /// A damaged file is an error: it may have been damaged to make old metadata acceptable.
    pub fn newest(&self) -> io::Result<Option<u64>> {
        let Some(text) = self.read(NEWEST)? else { return Ok(None) };
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, format!("\"{}\" is not a time", text.trim()));
        text.trim().parse().map(Some).map_err(|_| damaged())
    }

    /// Remembers the time of metadata that was accepted, if it is newer than all before.
    pub fn accept(&self, time: u64) -> io::Result<()> {
        if self.newest()?.is_some_and(|newest| newest >= time) {
            Ok(())
        } else {
            self.write(NEWEST, &format!("{time}\n"))
        }
    }

    /// Returns the fingerprints of the keys that the repository's packages were bound to, in upper-case hex.
    pub fn pinned_keys(&self) -> io::Result<Option<BTreeSet<String>>> {
        let text = self.read(PINNED)?;
        let fingerprints = |text: String| text.split_whitespace().map(str::to_ascii_uppercase).collect();
        Ok(text.map(fingerprints))
    }

    /// Binds the repository's packages to these keys.
    pub fn pin_keys(&self, fingerprints: &BTreeSet<String>) -> io::Result<()> {
        self.write(PINNED, &fingerprints.iter().fold(String::new(), |text, fingerprint| text + fingerprint + "\n"))
    }

    /// Returns the file of the bound keys, for messages.
    pub fn pinned_keys_file(&self) -> Option<PathBuf> {
        self.dir.as_ref().map(|dir| dir.join(PINNED))
    }

    fn read(&self, name: &str) -> io::Result<Option<String>> {
        let Some(dir) = &self.dir else { return Ok(None) };
        match std::fs::read_to_string(dir.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let Some(dir) = &self.dir else { return Ok(()) };
        std::fs::create_dir_all(dir)?;
        let mut file = NamedTempFile::new_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(dir.join(name)).map(drop).map_err(|error| error.error)
    }
}
