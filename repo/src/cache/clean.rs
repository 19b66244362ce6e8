//! Removing what is in the cache, counted as dnf5 counts it.

use std::io;
use std::path::{Path, PathBuf};

/// What is removed; dnf5's words are `all`, `packages`, `metadata`, `dbcache` and `expire-cache`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CleanKinds {
    /// Everything the program knows of.
    pub all: bool,
    /// Downloaded packages.
    pub packages: bool,
    /// Repodata, lists of mirrors and what is made of repodata.
    pub metadata: bool,
    /// What is made of repodata.
    pub dbcache: bool,
    /// Nothing is removed; metadata is marked as expired.
    pub expire: bool,
}

impl CleanKinds {
    /// Adds a kind by dnf5's word; `false` when there is no such word.
    pub fn add(&mut self, word: &str) -> bool {
        let kind = match word {
            "all" => &mut self.all,
            "packages" => &mut self.packages,
            "metadata" => &mut self.metadata,
            "dbcache" => &mut self.dbcache,
            "expire-cache" => &mut self.expire,
            _ => return false,
        };
        *kind = true;
        true
    }
}

/// What was removed.
#[derive(Debug, Clone, Default)]
pub struct CleanReport {
    /// Number of files.
    pub files: u64,
    /// Number of directories.
    pub directories: u64,
    /// Bytes in the removed files.
    pub bytes: u64,
    /// What could not be removed.
    pub errors: Vec<String>,
    /// Directories of repositories that could not be marked as expired, and what could not be made there.
    pub unmarked: Vec<(PathBuf, String)>,
}

/// Made of repodata: dnf5's form and ours.
const DERIVED: &[&str] = &["solv", "oxidnf"];

/// Cleans every repository's directory below a cache directory, whether or not the repository is still configured.
///
/// Files that neither dnf5 nor this program puts there stay, and so do the directories that hold them.
pub fn clean(cachedir: &Path, kinds: CleanKinds) -> CleanReport {
    let mut report = CleanReport::default();
    let entries = match std::fs::read_dir(cachedir) {
        Ok(entries) => entries,
        Err(error) => {
            report.note(cachedir, &error);
            return report;
        }
    };
    for entry in entries {
        match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
            Ok((dir, kind)) if kind.is_dir() => report.clean_repository(&dir, kinds),
            Ok(_) => {}
            Err(error) => report.note(cachedir, &error),
        }
    }
    report
}

impl CleanReport {
    /// A file that is not there is what was asked for.
    fn note(&mut self, path: &Path, error: &io::Error) {
        if error.kind() != io::ErrorKind::NotFound {
            self.errors.push(format!("{}: {error}", path.display()));
        }
    }

    fn clean_repository(&mut self, dir: &Path, kinds: CleanKinds) {
        let CleanKinds { all, packages, metadata, dbcache, expire } = kinds;
        if all || metadata {
            for name in ["repodata", "metalink.xml", "mirrorlist"] {
                self.remove(&dir.join(name));
            }
        }
        if all || metadata || dbcache {
            for name in DERIVED {
                self.remove(&dir.join(name));
            }
        }
        if all || packages {
            self.remove(&dir.join("packages"));
        }
        if all {
            self.remove(&dir.join("attrs"));
            self.remove_interrupted(dir);
            match std::fs::remove_dir(dir) {
                Ok(()) => self.directories += 1,
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                Err(error) => self.note(dir, &error),
            }
        } else if expire && let Err(cause) = mark_expired(dir) {
            self.unmarked.push((dir.to_owned(), cause));
        }
    }

    /// Removes downloads that were killed on the way. One that is still going on fails, as it would without its target.
    fn remove_interrupted(&mut self, dir: &Path) {
        let Ok(entries) = std::fs::read_dir(dir) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with("tmpdir.") {
                self.remove(&entry.path());
            }
        }
    }

    /// Removes a file or a directory with all it holds. Links are removed, not followed.
    fn remove(&mut self, path: &Path) {
        let result = path.symlink_metadata().and_then(|metadata| {
            if !metadata.is_dir() {
                std::fs::remove_file(path)?;
                self.files += 1;
                self.bytes += metadata.len();
                return Ok(());
            }
            for entry in std::fs::read_dir(path)? {
                self.remove(&entry?.path());
            }
            std::fs::remove_dir(path)?;
            self.directories += 1;
            Ok(())
        });
        if let Err(error) = result {
            self.note(path, &error);
        }
    }
}

/// Marks the metadata in a directory as expired, or says in dnf5's words why not.
fn mark_expired(dir: &Path) -> Result<(), String> {
    let told = |doing: &str, path: &Path, error: io::Error| {
        let text = error.to_string();
        let reason = text.split_once(" (os error ").map_or(&*text, |(reason, _)| reason);
        format!("{doing}: {reason} [{}]", path.display())
    };
    let (attrs, mark) = (dir.join("attrs"), dir.join("attrs/expired"));
    std::fs::create_dir_all(&attrs)
        .map_err(|error| told("filesystem error: cannot create directory", &attrs, error))?;
    std::fs::File::create(&mark).map(drop).map_err(|error| told("cannot open file", &mark, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn repository(cachedir: &Path, name: &str) {
        for dir in ["repodata", "packages", "solv", "attrs"] {
            fs::create_dir_all(cachedir.join(name).join(dir)).expect("temporary directory is writable");
        }
        for file in ["repodata/repomd.xml", "packages/a.rpm", "solv/x.solv", "attrs/expired", "metalink.xml"] {
            fs::write(cachedir.join(name).join(file), "12345").expect("temporary directory is writable");
        }
    }

    fn counts(report: &CleanReport) -> (u64, u64, u64, usize) {
        (report.files, report.directories, report.bytes, report.errors.len())
    }

    // The numbers are those of `dnf5 clean` over the same trees.
    #[test]
    fn counts_as_dnf5() {
        let kinds = |word| {
            let mut kinds = CleanKinds::default();
            assert!(kinds.add(word));
            kinds
        };
        for (word, want) in [
            ("all", (5, 5, 25, 0)),
            ("metadata", (3, 2, 15, 0)),
            ("dbcache", (1, 1, 5, 0)),
            ("packages", (1, 1, 5, 0)),
            ("expire-cache", (0, 0, 0, 0)),
        ] {
            let dir = tempfile::tempdir().expect("temporary directory");
            repository(dir.path(), "a-0");
            fs::write(dir.path().join("temporary_files.toml"), "").expect("temporary directory is writable");
            assert_eq!(counts(&clean(dir.path(), kinds(word))), want, "{word}");
            assert_eq!(dir.path().join("a-0").exists(), word != "all");
        }
        assert!(!CleanKinds::default().add("cache"));
    }

    #[test]
    fn keeps_what_it_does_not_know() {
        let dir = tempfile::tempdir().expect("temporary directory");
        repository(dir.path(), "a-0");
        fs::write(dir.path().join("a-0/mine"), "x").expect("temporary directory is writable");
        std::os::unix::fs::symlink("/", dir.path().join("a-0/packages/root")).expect("links are possible");
        let report = clean(dir.path(), CleanKinds { all: true, ..CleanKinds::default() });
        assert_eq!((report.files, report.directories, report.errors.len()), (6, 4, 0));
        assert!(dir.path().join("a-0/mine").exists());
        assert!(clean(&dir.path().join("none"), CleanKinds::default()).errors.is_empty());
    }
}
