//! Where the keys are that packages are judged by: rpm's `%_keyring`.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use oxidnf_core::Root;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::connection::{Access, RpmDb};
use crate::error::{DamagedRecord, DbError};
use crate::lock::{LockKind, TransactionLock};
use crate::macros::Macros;
use crate::pubkey::PubkeyFacts;

/// What `%_keyring` can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStoreKind {
    /// `rpmdb`: records named `gpg-pubkey`.
    Rpmdb,
    /// `fs`: armored files `gpg-pubkey-<fingerprint>.key` in one directory.
    Fs,
    /// `openpgp`: armored files in the directories of the shared OpenPGP certificate directory.
    OpenPgp,
}

/// The place of the keys of one root.
#[derive(Debug, Clone)]
pub struct KeyStore {
    root: Root,
    db_path: PathBuf,
    /// `%_keyringpath`, the directory of the stores made of files.
    directory: PathBuf,
    kind: KeyStoreKind,
    unknown: Option<String>,
}

/// A certificate as it is stored; reading it is up to who can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredKey {
    /// In a record, binary.
    Record(Vec<u8>),
    /// The label of a record that has the name of keys and is none.
    Stranger(String),
    /// In a file, armored. rpm takes the first certificate of a file and none when it is binary.
    File {
        /// On the host.
        path: PathBuf,
        /// What is in it; nothing when it cannot be read.
        bytes: Vec<u8>,
    },
}

impl KeyStoreKind {
    /// Reads a word of `%_keyring`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "rpmdb" => Some(KeyStoreKind::Rpmdb),
            "fs" => Some(KeyStoreKind::Fs),
            "openpgp" => Some(KeyStoreKind::OpenPgp),
            _ => None,
        }
    }
}

impl KeyStore {
    /// Returns the store that the macros name for a root; one that rpm does not know stands for the database.
    pub fn of_macros(root: &Root, macros: &Macros) -> Self {
        let word = macros.value("_keyring").map(|word| word.trim().to_owned()).filter(|word| !word.is_empty());
        let kind = word.as_deref().map_or(Some(KeyStoreKind::Rpmdb), KeyStoreKind::from_word);
        let db_path = macros.db_path();
        let directory = macros.value("_keyringpath").map(|path| path.trim().to_owned());
        let directory = directory.filter(|path| path.starts_with('/') && !path.contains('%'));
        let directory =
            directory.map_or_else(|| db_path.join("pubkeys"), |path| Path::new(&path).components().collect());
        KeyStore {
            root: root.clone(),
            directory,
            db_path,
            kind: kind.unwrap_or(KeyStoreKind::Rpmdb),
            unknown: word.filter(|_| kind.is_none()),
        }
    }

    /// Returns the store of another kind for the same root.
    #[must_use]
    pub fn with_kind(&self, kind: KeyStoreKind) -> Self {
        KeyStore { kind, unknown: None, ..self.clone() }
    }

    /// Removes all certificates of this kind, and their directory if nothing else is in it. The lock is up to the caller.
    pub fn clear(&self) -> Result<(), DbError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| self.failed(&path, source)
        };
        match self.kind {
            KeyStoreKind::Rpmdb => {
                let db = RpmDb::open(&self.root, &self.db_path, Access::Write)?;
                let (keys, _) = db.pubkeys()?;
                let mut write = db.write()?;
                keys.iter().try_for_each(|key| write.remove(key.hnum))?;
                drop(write);
                return db.close();
            }
            KeyStoreKind::Fs => {
                for path in self.entries(&self.directory, b".key")? {
                    self.root.remove_file(&path).map_err(failed(&path))?;
                }
            }
            KeyStoreKind::OpenPgp => {
                for path in self.certificate_files()? {
                    self.root.remove_file(&path).map_err(failed(&path))?;
                    // As long as there are others in it, it stays.
                    let _ = self.root.remove_dir(path.parent().unwrap_or(&self.directory));
                }
                let _ = self.root.remove_file(self.directory.join("writelock"));
            }
        }
        let _ = self.root.remove_dir(&self.directory);
        Ok(())
    }

    /// Returns the kind.
    pub fn kind(&self) -> KeyStoreKind {
        self.kind
    }

    /// Returns the word of `%_keyring` when it is none of rpm's.
    pub fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }

    /// Takes rpm's lock of the keys: shared by transactions and readers, exclusive for who changes them.
    ///
    /// Fails with [`DbError::KeyringLock`] when somebody else has it.
    pub fn lock(&self, kind: LockKind) -> Result<TransactionLock, DbError> {
        let path = self.db_path.join(".keyring.lock");
        if kind == LockKind::Exclusive {
            self.root.create_dir_all(&self.db_path, 0o755).map_err(|source| self.failed(&self.db_path, source))?;
        }
        TransactionLock::take(&self.root, &path, kind).map_err(|error| match error {
            DbError::Locked { source, .. } | DbError::Lock { source, .. } => {
                DbError::KeyringLock { path: self.root.host_path(&path), source }
            }
            other => other,
        })
    }

    /// Returns the certificates in rpm's order, and the records of keys that cannot be read.
    pub fn read(&self) -> Result<(Vec<StoredKey>, Vec<DamagedRecord>), DbError> {
        let paths = match self.kind {
            KeyStoreKind::Rpmdb => {
                let db = RpmDb::open(&self.root, &self.db_path, Access::Read)?;
                let (records, damaged) = db.pubkeys()?;
                let certificates = records.into_iter().flat_map(|record| record.certificates);
                let strangers = db.false_pubkeys()?.into_iter().map(StoredKey::Stranger);
                return Ok((certificates.map(StoredKey::Record).chain(strangers).collect(), damaged));
            }
            KeyStoreKind::Fs => self.entries(&self.directory, b".key")?,
            KeyStoreKind::OpenPgp => self.certificate_files()?,
        };
        let stored = |path: PathBuf| StoredKey::File {
            // What cannot be read holds no key, and is told like that.
            bytes: self.root.read(&path).unwrap_or_default(),
            path: self.root.host_path(&path),
        };
        Ok((paths.into_iter().map(stored).collect(), Vec::new()))
    }

    /// Stores a certificate in place of what was stored of it before; `time` and `tid` are for a record.
    ///
    /// Merging and the lock are up to the caller. Returns how many indexes of the database had to be made anew.
    pub fn import(&self, facts: &PubkeyFacts, time: u32, tid: u32) -> Result<usize, DbError> {
        match self.kind {
            KeyStoreKind::Rpmdb => {
                let db = RpmDb::open(&self.root, &self.db_path, Access::Write)?;
                let generated = db.generated();
                db.write()?.import_pubkey(facts, time, tid)?;
                db.close()?;
                Ok(generated)
            }
            KeyStoreKind::Fs => {
                self.make_directory(&self.directory)?;
                let path = self.directory.join(file_name(facts));
                self.write(&path, facts)?;
                self.remove_older(facts, Some(&path))?;
                Ok(0)
            }
            KeyStoreKind::OpenPgp => {
                self.make_directory(&self.directory)?;
                let _lock = self.lock_certificates()?;
                let path = self.certificate_path(facts);
                let directory = path.parent().unwrap_or(&self.directory);
                self.make_directory(directory)?;
                self.write(&path, facts)?;
                Ok(0)
            }
        }
    }

    /// Removes a certificate; tells whether it was there. The lock is up to the caller.
    pub fn delete(&self, facts: &PubkeyFacts) -> Result<bool, DbError> {
        match self.kind {
            KeyStoreKind::Rpmdb => {
                let db = RpmDb::open(&self.root, &self.db_path, Access::Write)?;
                let found = db.write()?.remove_pubkey(&facts.fingerprint)?;
                db.close()?;
                Ok(found)
            }
            KeyStoreKind::Fs => self.remove_older(facts, None),
            KeyStoreKind::OpenPgp => {
                let _lock = self.lock_certificates()?;
                let path = self.certificate_path(facts);
                match self.root.remove_file(&path) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                    Err(error) => return Err(self.failed(&path, error)),
                }
                // Other certificates may begin with the same digits.
                let _ = self.root.remove_dir(path.parent().unwrap_or(&self.directory));
                Ok(true)
            }
        }
    }

    /// Removes the files named after a key but one: by the fingerprint, or by the short id of older rpms.
    fn remove_older(&self, facts: &PubkeyFacts, kept: Option<&Path>) -> Result<bool, DbError> {
        let short = &facts.key_id[facts.key_id.len().saturating_sub(8)..];
        for id in [facts.fingerprint.as_str(), short] {
            let begin = format!("gpg-pubkey-{}", id.to_ascii_lowercase());
            let mut found = false;
            for path in self.entries(&self.directory, b".key")? {
                let named = path.file_name().is_some_and(|name| name.as_bytes().starts_with(begin.as_bytes()));
                if !named || Some(path.as_path()) == kept {
                    continue;
                }
                self.root.remove_file(&path).map_err(|source| self.failed(&path, source))?;
                found = true;
            }
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn write(&self, path: &Path, facts: &PubkeyFacts) -> Result<(), DbError> {
        self.root.write_atomic(path, facts.armored().as_bytes(), 0o644).map_err(|source| self.failed(path, source))
    }

    fn make_directory(&self, path: &Path) -> Result<(), DbError> {
        self.root.create_dir_all(path, 0o755).map_err(|source| self.failed(path, source))
    }

    /// Takes the lock of the certificate directory, which other programs know as well.
    fn lock_certificates(&self) -> Result<std::fs::File, DbError> {
        let path = self.directory.join("writelock");
        let locked = || -> io::Result<std::fs::File> {
            // rpm leaves the mode to chance.
            let file = self.root.open_file(&path, OFlags::RDWR | OFlags::CREATE, Mode::from_raw_mode(0o600))?;
            loop {
                match rustix::fs::flock(&file, FlockOperation::LockExclusive) {
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                    Ok(()) => return Ok(file),
                }
            }
        };
        locked().map_err(|source| self.failed(&path, source))
    }

    fn certificate_path(&self, facts: &PubkeyFacts) -> PathBuf {
        /// Digits of the name of the directory.
        const BEGIN: usize = 2;
        let fingerprint = facts.fingerprint.to_ascii_lowercase();
        let (directory, name) = fingerprint.split_at_checked(BEGIN).unwrap_or((&fingerprint, ""));
        self.directory.join(directory).join(name)
    }

    /// Returns the files two levels down, as rpm looks for them: whatever their names, but hidden ones.
    fn certificate_files(&self) -> Result<Vec<PathBuf>, DbError> {
        let mut files = Vec::new();
        for directory in self.entries(&self.directory, b"")? {
            files.extend(self.entries(&directory, b"")?);
        }
        Ok(files)
    }

    /// Returns what is in a directory and not hidden, with this end of the name; nothing when there is none.
    fn entries(&self, directory: &Path, end: &[u8]) -> Result<Vec<PathBuf>, DbError> {
        let entries = match self.root.read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(self.failed(directory, error)),
        };
        let names = entries.into_iter().map(|entry| entry.name);
        let wanted = names.filter(|name| !name.as_bytes().starts_with(b".") && name.as_bytes().ends_with(end));
        Ok(wanted.map(|name| directory.join(name)).collect())
    }

    fn failed(&self, path: &Path, source: io::Error) -> DbError {
        let relative = path.components().filter(|part| !matches!(part, Component::CurDir)).collect::<PathBuf>();
        DbError::KeyFile { path: self.root.host_path(relative), source }
    }
}

fn file_name(facts: &PubkeyFacts) -> String {
    format!("gpg-pubkey-{}.key", facts.fingerprint.to_ascii_lowercase())
}
