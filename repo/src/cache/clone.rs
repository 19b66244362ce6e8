//! Filling a user's empty cache from the system's.

use std::fs::File;
use std::io;
use std::path::Path;

use super::RepoCache;

/// What is taken over: metadata, where it came from, and what was made of it.
const NAMES: &[&str] = &["repodata", "metalink.xml", "mirrorlist", "solv", "oxidnf"];

impl RepoCache {
    /// Copies the system's metadata of the same repository if there is none here; tells whether it did.
    ///
    /// File times are kept, because they are the clock of expiry. On file systems that can share blocks nothing is
    /// really copied.
    pub(crate) fn fill_from_system(&self) -> io::Result<bool> {
        let wanted = self.dir != self.system_dir && !self.repomd().exists();
        if !wanted || !self.system_dir.join("repodata/repomd.xml").exists() {
            return Ok(false);
        }
        std::fs::create_dir_all(&self.dir)?;
        for name in NAMES {
            let staged = tempfile::Builder::new().prefix("tmpdir.").rand_bytes(6).tempdir_in(&self.dir)?;
            let copy = staged.path().join(name);
            copy_tree(&self.system_dir.join(name), &copy)?;
            if copy.exists() && !self.dir.join(name).exists() {
                std::fs::rename(&copy, self.dir.join(name))?;
            }
        }
        Ok(true)
    }
}

/// Copies plain files and directories; anything else, and what is not there, is passed over.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = match from.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if metadata.is_dir() {
        std::fs::create_dir(to)?;
        for entry in std::fs::read_dir(from)? {
            let name = entry?.file_name();
            copy_tree(&from.join(&name), &to.join(&name))?;
        }
    } else if metadata.is_file() {
        let mut source = File::open(from)?;
        let mut copy = File::create_new(to)?;
        if rustix::fs::ioctl_ficlone(&copy, &source).is_err() {
            io::copy(&mut source, &mut copy)?;
        }
        copy.set_times(std::fs::FileTimes::new().set_modified(metadata.modified()?))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_over_with_times() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let cache = RepoCache { dir: dir.path().join("user"), system_dir: dir.path().join("system") };
        assert!(!cache.fill_from_system().expect("nothing to do"));
        let repodata = cache.system_dir.join("repodata");
        std::fs::create_dir_all(&repodata).expect("writable");
        std::fs::write(repodata.join("repomd.xml"), "x").expect("writable");
        std::fs::create_dir_all(cache.system_dir.join("packages")).expect("writable");
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        File::open(repodata.join("repomd.xml")).and_then(|file| file.set_modified(old)).expect("own file");
        assert!(cache.fill_from_system().expect("readable"));
        assert_eq!(cache.repomd().metadata().and_then(|metadata| metadata.modified()).expect("there"), old);
        assert!(!cache.packages().exists());
        assert!(!cache.fill_from_system().expect("nothing to do"));
        assert_eq!(std::fs::read_dir(&cache.dir).expect("readable").count(), 1);
    }
}
