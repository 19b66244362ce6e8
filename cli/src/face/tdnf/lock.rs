//! One tdnf at a time (reference of tdnf, section 5.5).

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use oxidnf_core::lock::FileLock;

use super::console::Console;

const FILE: &str = "/var/run/.tdnf-instance-lockfile";

/// Held while a command runs; the file goes with it.
pub struct InstanceLock(Option<FileLock>);

impl InstanceLock {
    /// Waits for the lock without limit of time; only root takes it, and only where the file can be made.
    pub fn take(console: &Console) -> Self {
        if !rustix::process::geteuid().is_root() {
            return InstanceLock(None);
        }
        let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(FILE);
        let Ok(file) = open() else { return InstanceLock(None) };
        let lock = match FileLock::try_exclusive(file) {
            Ok(Some(lock)) => Some(lock),
            Ok(None) => {
                console.always(format!("waiting for tdnf_instance lock on {FILE}"));
                console.flush();
                open().and_then(FileLock::exclusive_wait).ok()
            }
            Err(_) => None,
        };
        if let Some(lock) = &lock {
            let mut file = lock.file();
            // The number is only for people who look into the file.
            let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        }
        InstanceLock(lock)
    }
}

impl Drop for InstanceLock {
    fn drop(&mut self) {
        if self.0.is_some() {
            let _ = std::fs::remove_file(Path::new(FILE));
        }
    }
}
