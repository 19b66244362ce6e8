//! The lock files of dnf5 (reference of dnf5, section 3.7).

use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use oxidnf_core::lock::FileLock;
use oxidnf_core::root::Root;
use rustix::fs::{Mode, OFlags};

use crate::error::Error;
use crate::prompt::{LockHolder, Prompt};

/// Path of the transaction lock, below the root.
const TRANSACTION_LOCK: &str = "/run/dnf/rpmtransaction.lock";

/// Name of the system-repository lock in `persistdir`.
const SYSTEM_LOCK: &str = "system-repo.lock";

/// Held from before packages are loaded until the program ends, so that nobody changes the system in between.
#[derive(Debug)]
pub struct SystemLock {
    _lock: FileLock,
}

impl SystemLock {
    /// Takes the lock, waiting for whoever holds it after telling `prompt` about them.
    ///
    /// A reader that may not open the file goes without, as dnf5's does. Root's readers make the file, so that the
    /// first writer waits for them; other users' write nothing.
    pub fn take(
        root: &Root,
        persistdir: &Path,
        exclusive: bool,
        prompt: &mut dyn Prompt,
    ) -> Result<Option<Self>, Error> {
        let path = persistdir.join(SYSTEM_LOCK);
        let failed = |source| Error::Lock { path: path.clone(), source };
        let make = || {
            root.create_dir_all(persistdir, 0o755)?;
            root.open_file(&path, OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC, Mode::from(0o644))
        };
        let look = || root.open_file(&path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        let opened = match (exclusive, rustix::process::geteuid().is_root()) {
            (true, _) => make(),
            (false, true) => make().or_else(|_| look()),
            (false, false) => look(),
        };
        let file = match opened {
            Ok(file) => file,
            Err(_) if !exclusive => return Ok(None),
            Err(source) => return Err(failed(source)),
        };
        let again = file.try_clone().map_err(failed)?;
        let tried = if exclusive { FileLock::try_exclusive(file) } else { FileLock::try_shared(file) };
        if let Some(lock) = tried.map_err(failed)? {
            // The clone must live as long as the lock: closing any descriptor of the file would end it.
            std::mem::forget(again);
            return Ok(Some(SystemLock { _lock: lock }));
        }
        prompt.waiting_for_lock(&holders(&again));
        let waited = if exclusive { FileLock::exclusive_wait(again) } else { FileLock::shared_wait(again) };
        Ok(Some(SystemLock { _lock: waited.map_err(failed)? }))
    }
}

/// Returns the processes that hold locks on a file, from the kernel's list.
fn holders(file: &std::fs::File) -> Vec<LockHolder> {
    let Ok(stat) = rustix::fs::fstat(file) else { return Vec::new() };
    let wanted =
        format!("{:02x}:{:02x}:{}", rustix::fs::major(stat.st_dev), rustix::fs::minor(stat.st_dev), stat.st_ino);
    let list = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let mut pids: Vec<u32> = list
        .lines()
        .filter_map(|line| {
            // `1: POSIX  ADVISORY  WRITE 1234 08:01:5678 0 EOF`; waiting ones have `->` after the number.
            let fields: Vec<&str> = line.split_whitespace().collect();
            let at = fields.iter().position(|field| *field == wanted)?;
            (fields.get(1) != Some(&"->")).then(|| fields.get(at.checked_sub(1)?)?.parse().ok())?
        })
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids.into_iter().map(|pid| LockHolder { pid, command: command_of(pid) }).collect()
}

fn command_of(pid: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.trim_end_matches('\0').replace('\0', " ")
}

/// What a running transaction tells about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionDetails {
    /// The command line.
    pub description: String,
    /// `--comment`.
    pub comment: String,
    /// Process id.
    pub pid: u32,
    /// When the process started, seconds since 1970.
    pub start_time: i64,
}

impl TransactionDetails {
    fn render(&self) -> String {
        let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
        format!(
            "comment = {}\ndescription = {}\npid = {}\nstart_time = {}\n",
            text(&self.comment),
            text(&self.description),
            self.pid,
            self.start_time
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let table: toml::Table = text.parse().ok()?;
        let word = |key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let number = |key: &str| table.get(key).and_then(toml::Value::as_integer);
        Some(TransactionDetails {
            description: word("description"),
            comment: word("comment"),
            pid: u32::try_from(number("pid")?).ok()?,
            start_time: number("start_time")?,
        })
    }
}

/// Held while the rpm database changes; the file goes away with it.
#[derive(Debug)]
pub struct TransactionLock<'r> {
    root: &'r Root,
    lock: Option<FileLock>,
}

impl<'r> TransactionLock<'r> {
    /// Takes the lock without waiting and writes down who holds it.
    pub fn take(root: &'r Root, details: &TransactionDetails) -> Result<Self, Error> {
        let path = Path::new(TRANSACTION_LOCK);
        let failed = |source| Error::Lock { path: path.to_owned(), source };
        root.create_dir_all("/run/dnf", 0o755).map_err(failed)?;
        // Whoever held the lock may have unlinked the file between our opening and locking it.
        for _ in 0..100 {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
            let file = root.open_file(path, flags, Mode::from(0o600)).map_err(failed)?;
            let mut reading = file.try_clone().map_err(failed)?;
            let Some(lock) = FileLock::try_exclusive(file).map_err(failed)? else {
                let mut text = String::new();
                let details = reading.read_to_string(&mut text).ok().and_then(|_| TransactionDetails::parse(&text));
                return Err(Error::TransactionLocked { details });
            };
            // Closing the clone would end the lock, so it is leaked; the process ends soon after the transaction.
            std::mem::forget(reading);
            if !same_file(root, path, lock.file()).map_err(failed)? {
                continue;
            }
            let bytes = details.render().into_bytes();
            let file = lock.file();
            file.set_len(0).and_then(|()| file.write_all_at(&bytes, 0)).map_err(failed)?;
            return Ok(TransactionLock { root, lock: Some(lock) });
        }
        Err(Error::TransactionLocked { details: None })
    }
}

fn same_file(root: &Root, path: &Path, file: &std::fs::File) -> io::Result<bool> {
    let held = rustix::fs::fstat(file)?;
    match root.stat(path) {
        Ok(there) => Ok(there.st_dev == held.st_dev && there.st_ino == held.st_ino),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

impl Drop for TransactionLock<'_> {
    fn drop(&mut self) {
        // Unlinked while still locked, so that nobody locks a file that is about to go.
        let _ = self.root.remove_file(TRANSACTION_LOCK);
        self.lock.take();
    }
}

/// Tells whether the user may change the system: whether the lock files can be opened for writing.
pub fn may_change(root: &Root, persistdir: &Path) -> bool {
    let writable = |path: PathBuf| {
        let dir = path.parent().unwrap_or(Path::new("/")).to_owned();
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        root.create_dir_all(&dir, 0o755).is_ok() && root.open_file(&path, flags, Mode::from(0o644)).is_ok()
    };
    // The places are made in any case, as dnf5 does, also for root, who may always.
    let lock_dir = Path::new(TRANSACTION_LOCK).parent().unwrap_or(Path::new("/"));
    let made = root.create_dir_all(lock_dir, 0o755).is_ok();
    rustix::process::geteuid().is_root() && made
        || writable(PathBuf::from(TRANSACTION_LOCK)) && writable(persistdir.join(SYSTEM_LOCK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Refuse;

    #[test]
    fn transaction_lock_tells_and_goes() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let root = Root::open(dir.path()).expect("opens");
        let details = TransactionDetails {
            description: "dnf5 install \"a\"".to_owned(),
            comment: String::new(),
            pid: 12,
            start_time: 34,
        };
        let lock = TransactionLock::take(&root, &details).expect("free");
        let text = root.read_to_string(TRANSACTION_LOCK).expect("there");
        assert_eq!(TransactionDetails::parse(&text), Some(details));
        drop(lock);
        assert!(!root.exists(TRANSACTION_LOCK));
    }

    #[test]
    fn the_lock_file_is_made_where_dnf5_makes_it() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let root = Root::open(dir.path()).expect("opens");
        let persist = Path::new("/var/lib/dnf");
        let for_root = rustix::process::geteuid().is_root();
        let reader = SystemLock::take(&root, persist, false, &mut Refuse).expect("works");
        assert_eq!(reader.is_some(), for_root);
        drop(reader);
        assert_eq!(root.exists("/var"), for_root);
        assert!(SystemLock::take(&root, persist, true, &mut Refuse).expect("works").is_some());
        assert!(root.exists("/var/lib/dnf/system-repo.lock"));
    }
}
