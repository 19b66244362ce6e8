//! File systems that are too small, or that nobody may write.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system of its own for a directory; unmounted when dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts an empty file system of so many KiB.
    ///
    /// # Panics
    /// When it cannot be mounted.
    pub fn mount(dir: &Path, kib: u32) -> Self {
        mount(&["-t", "tmpfs", "-o", &format!("size={kib}k,mode=755"), "tmpfs"], dir);
        SmallDisk(dir.to_owned())
    }

    /// Lets nobody write any more.
    ///
    /// # Panics
    /// When the mount cannot be changed.
    pub fn freeze(&self) {
        mount(&["-o", "remount,ro"], &self.0);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn mount(options: &[&str], dir: &Path) {
    let done = Command::new("mount").args(options).arg(dir).status();
    assert!(done.is_ok_and(|status| status.success()), "cannot mount a tmpfs: run the tests as root");
}
