//! What a session does for transactions of the next boot.

use std::path::{Path, PathBuf};

use oxidnf_core::root::Root;
use oxidnf_rpmdb::{Access, RpmDb};

use super::state::{OfflineError, OfflineState, OfflineStatus};
use crate::download::Downloaded;
use crate::error::Error;
use crate::prompt::Prompt;
use crate::replay::{PACKAGES_DIR, Replay, StoreFor, TRANSACTION_FILE};
use crate::resolved::Resolved;
use crate::session::Session;

/// The link that makes systemd boot into `system-update.target`; never below an install root.
pub const TRIGGER: &str = "/system-update";

impl Session {
    /// Locks the system for a look at what waits for the next boot, and makes its places, as dnf5 does also when
    /// nothing waits.
    pub fn open_offline(&mut self, prompt: &mut dyn Prompt) -> Result<(), Error> {
        self.lock_system(true, prompt)?;
        let persist = Path::new(self.config.options.persistdir.get()).join("offline");
        for directory in [self.config.state_dir(), persist] {
            let made = self.roots.target.create_dir_all(&directory, 0o755);
            made.map_err(|source| OfflineError::Io { operation: "make", path: directory, source })?;
        }
        Ok(())
    }

    /// Returns what waits for the next boot, if anything.
    pub fn offline_state(&self) -> Result<Option<OfflineState>, Error> {
        Ok(OfflineState::read(&self.roots.target, &self.offline_dir())?)
    }

    /// Tells whether the system is still the one that an offline transaction was decided on.
    pub fn offline_fits(&mut self, state: &OfflineState) -> Result<bool, Error> {
        Ok(self.rpmdb_cookie()? == state.rpmdb_cookie)
    }

    /// Directory of the host that package files of an offline transaction are fetched to.
    pub fn offline_packages(&self) -> PathBuf {
        let persist = self.config.options.persistdir.get();
        self.roots.target.host_path(Path::new(persist).join("offline").join(PACKAGES_DIR))
    }

    /// Directory of the host that describes the offline transaction; the trigger points to it.
    pub fn offline_place(&self) -> PathBuf {
        self.roots.target.host_path(self.offline_dir())
    }

    /// Stores a decision for the next boot, under the name of a command.
    pub fn store_offline(&mut self, resolved: &Resolved, downloaded: &Downloaded, verb: &str) -> Result<(), Error> {
        let packages = self.offline_packages();
        self.store(resolved, downloaded, &self.offline_place(), &packages, StoreFor::NextBoot)?;
        let module_platform_id = self.config.options.module_platform_id.get().clone();
        let state = OfflineState {
            status: OfflineStatus::DownloadComplete,
            rpmdb_cookie: self.rpmdb_cookie()?,
            verb: verb.to_owned(),
            cmd_line: self.settings.arguments.join(" "),
            system_releasever: self.detected_release()?.unwrap_or_default(),
            target_releasever: self.vars.get("releasever").unwrap_or_default().to_owned(),
            module_platform_id: module_platform_id.map(|id| id.0).unwrap_or_default(),
            cachedir: self.config.options.cachedir.get().clone(),
            poweroff_after: false,
        };
        Ok(state.write(&self.roots.target, &self.offline_dir())?)
    }

    /// Returns the transaction that is stored for the next boot.
    pub fn offline_transaction(&self) -> Result<Replay, Error> {
        let path = self.offline_dir().join(TRANSACTION_FILE);
        let text = self.roots.target.read_to_string(&path).map_err(|source| OfflineError::Io {
            operation: "read",
            path: path.clone(),
            source,
        })?;
        let unreadable = |error: crate::replay::JsonError| OfflineError::Unreadable { reason: error.to_string() };
        Ok(Replay::parse(&text).map_err(unreadable)?)
    }

    /// Writes another status, and with it whether the machine is to be switched off.
    pub fn set_offline_status(&self, status: OfflineStatus) -> Result<(), Error> {
        match self.offline_state()? {
            Some(state) => Ok(OfflineState { status, ..state }.write(&self.roots.target, &self.offline_dir())?),
            None => Ok(()),
        }
    }

    /// Makes the next boot carry the stored transaction out.
    pub fn schedule_offline(&self, poweroff_after: bool) -> Result<(), Error> {
        let Some(state) = self.offline_state()? else { return Ok(()) };
        let state = OfflineState { status: OfflineStatus::Ready, poweroff_after, ..state };
        state.write(&self.roots.target, &self.offline_dir())?;
        let failed = |operation| move |source| OfflineError::Io { operation, path: PathBuf::from(TRIGGER), source };
        match std::fs::remove_file(TRIGGER) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed("remove")(error).into()),
            _ => {}
        }
        std::os::unix::fs::symlink(self.offline_place(), TRIGGER).map_err(failed("make"))?;
        Ok(())
    }

    /// Removes the stored transaction and its package files.
    pub fn clean_offline(&self) -> Result<(), Error> {
        let persist = Path::new(self.config.options.persistdir.get()).join("offline");
        for directory in [self.offline_dir(), persist] {
            empty(&self.roots.target, &directory)?;
        }
        Ok(())
    }

    fn offline_dir(&self) -> PathBuf {
        self.config.state_dir().join("offline")
    }

    fn rpmdb_cookie(&mut self) -> Result<String, Error> {
        let path = self.db_path()?;
        let failed = |source| Error::Database { operation: "read", path: path.clone(), source: Error::boxed(source) };
        let db = RpmDb::open(&self.roots.target, &path, Access::Read).map_err(failed)?;
        db.cookie().map_err(failed)
    }
}

/// Removes what is in a directory, but not the directory.
fn empty(root: &Root, directory: &Path) -> Result<(), OfflineError> {
    if !root.exists(directory) {
        return Ok(());
    }
    let failed = |source| OfflineError::Io { operation: "remove", path: directory.to_owned(), source };
    // The descriptor is of a directory beneath the root, so that no link in between leads out of it.
    let host = root.open_dir(directory).map_err(failed)?;
    let place = PathBuf::from(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&host)));
    for entry in std::fs::read_dir(&place).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let is_dir = entry.file_type().map_err(failed)?.is_dir();
        if is_dir { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) }.map_err(failed)?;
    }
    Ok(())
}
