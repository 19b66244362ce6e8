//! Changing a repository's directory so that others never see half of it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use rustix::io::Errno;
use tempfile::TempDir;

use super::RepoCache;

/// Interrupted downloads that are older than this are removed.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// Keeps other processes from fetching the same repository at the same time.
///
/// The lock is on the directory itself: no file has to be there for it, it belongs to the open descriptor and is gone
/// with the process. It only spares double work. What is in the directory stays whole without it, too, because
/// everything is made elsewhere and moved into place.
#[derive(Debug)]
pub(crate) struct RepoLock(#[expect(dead_code, reason = "the lock lives as long as the descriptor")] File);

impl RepoLock {
    /// Takes the lock of a directory; `None` when another process has it.
    pub(crate) fn try_take(dir: &Path) -> io::Result<Option<Self>> {
        let file = File::open(dir)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(RepoLock(file))),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// A directory in which a new state of a repository is put together.
#[derive(Debug)]
pub(crate) struct Staging {
    dir: TempDir,
    target: PathBuf,
}

impl Staging {
    /// Makes an empty one inside the repository's directory, so that moving from it is a rename.
    pub(crate) fn new(cache: &RepoCache) -> io::Result<Self> {
        remove_stale(&cache.dir);
        let dir = tempfile::Builder::new().prefix("tmpdir.").rand_bytes(6).tempdir_in(&cache.dir)?;
        std::fs::create_dir(dir.path().join("repodata"))?;
        Ok(Staging { dir, target: cache.dir.clone() })
    }

    /// Returns the path of a file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Puts its content into place.
    ///
    /// The directory of the metadata is exchanged in one step, so that a reader finds the old or the new one.
    pub(crate) fn install(self) -> io::Result<()> {
        for name in ["repodata", "metalink.xml", "mirrorlist"] {
            let (from, to) = (self.dir.path().join(name), self.target.join(name));
            if from.exists() {
                put(&from, &to)?;
            } else {
                match std::fs::remove_file(&to) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        // What was exchanged goes with the directory; what cannot be removed is left for a later run.
        let _ = self.dir.close();
        Ok(())
    }
}

fn put(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() && to.symlink_metadata().is_ok() {
        match renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE) {
            // Not every file system can exchange.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => std::fs::remove_dir_all(to)?,
            other => return Ok(other?),
        }
    }
    std::fs::rename(from, to)
}

fn remove_stale(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with("tmpdir.");
        let age = entry.metadata().ok().and_then(|metadata| metadata.modified().ok());
        let age = age.and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if ours && age.is_some_and(|age| age > STALE) {
            // The next run tries again.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(dir: &Path) -> RepoCache {
        RepoCache { dir: dir.to_owned(), system_dir: dir.to_owned() }
    }

    #[test]
    fn locks_exclude_each_other() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let first = RepoLock::try_take(dir.path()).expect("directory can be locked");
        assert!(first.is_some());
        assert!(RepoLock::try_take(dir.path()).expect("directory can be asked").is_none());
        drop(first);
        assert!(RepoLock::try_take(dir.path()).expect("directory can be locked").is_some());
    }

    #[test]
    fn installs_over_an_old_state() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let target = dir.path();
        std::fs::create_dir(target.join("repodata")).expect("writable");
        std::fs::write(target.join("repodata/old"), "").expect("writable");
        std::fs::write(target.join("mirrorlist"), "old").expect("writable");
        let staging = Staging::new(&cache(target)).expect("writable");
        std::fs::write(staging.path("repodata/new"), "").expect("writable");
        std::fs::write(staging.path("metalink.xml"), "new").expect("writable");
        staging.install().expect("writable");
        let mut names: Vec<_> = std::fs::read_dir(target).expect("readable").flatten().map(|e| e.file_name()).collect();
        names.sort();
        assert_eq!(names, ["metalink.xml", "repodata"]);
        assert!(target.join("repodata/new").exists() && !target.join("repodata/old").exists());
    }
}
