//! Writing a decided transaction down, with its package files, for `replay` and for the next boot (reference of dnf5,
//! section 6.4).

use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::plan::SYSTEM_REPO;
use oxidnf_core::{Action, PlanItem};

use super::{Replay, ReplayGroup, ReplayPackage};
use crate::download::Downloaded;
use crate::resolved::{GroupChange, GroupSubject, Resolved};
use crate::session::Session;

/// Name of the file that describes a stored transaction.
pub const TRANSACTION_FILE: &str = "transaction.json";
/// Name of the directory with its package files.
pub const PACKAGES_DIR: &str = "packages";

/// Name of the directory with the descriptions of its groups and environments.
const COMPS_DIR: &str = "comps";

/// A transaction that could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A directory cannot be made.
    #[error("cannot create directories: {source} [{path}]")]
    Directory {
        /// The directory, on the host.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file, on the host.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// A package file of the command line cannot be copied.
    #[error("cannot copy {from} to {to}: {source}")]
    Copy {
        /// The package file.
        from: PathBuf,
        /// Its place in the stored transaction.
        to: PathBuf,
        /// Cause.
        source: io::Error,
    },
}

/// Where a stored transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFor {
    /// `replay`, on any system: packages are named relative to the directory, and their repositories as stored ones.
    Replay,
    /// The next boot of this system: packages have absolute places, and repositories their names.
    NextBoot,
}

impl Session {
    /// Makes a directory on the host that a transaction is going to be stored in; packages of one that is there already
    /// go.
    pub fn make_store(directory: &Path) -> Result<(), StoreError> {
        let packages = directory.join(PACKAGES_DIR);
        if directory.join(TRANSACTION_FILE).exists() && packages.exists() {
            std::fs::remove_dir_all(&packages).map_err(|source| StoreError::Write { path: packages, source })?;
        }
        std::fs::create_dir_all(directory)
            .map_err(|source| StoreError::Directory { path: directory.to_owned(), source })
    }

    /// Writes a decision into a directory of the host; package files that lie elsewhere are copied to `packages`.
    ///
    /// The description is written last, so that a stored transaction is a whole one.
    pub fn store(
        &self,
        resolved: &Resolved,
        downloaded: &Downloaded,
        directory: &Path,
        packages: &Path,
        purpose: StoreFor,
    ) -> Result<(), StoreError> {
        let mut replay = Replay::default();
        let mut files = downloaded.files.iter();
        let mut places = std::collections::HashMap::new();
        for item in resolved.plan.inbound() {
            if let Some(file) = files.next() {
                places.insert(std::ptr::from_ref(item), kept(file, packages)?);
            }
        }
        for item in resolved.plan.in_sequence() {
            let path = places.remove(&std::ptr::from_ref(item));
            replay.packages.push(described(item, path, purpose));
        }
        let comps = packages.parent().unwrap_or(directory).join(COMPS_DIR);
        for change in &resolved.groups {
            replay.groups.push(described_group(change, &comps, purpose)?);
        }
        let path = directory.join(TRANSACTION_FILE);
        let failed = |source| StoreError::Write { path: path.clone(), source };
        std::fs::create_dir_all(directory)
            .map_err(|source| StoreError::Directory { path: directory.to_owned(), source })?;
        let mut file = tempfile::Builder::new().prefix(".transaction.").tempfile_in(directory).map_err(failed)?;
        io::Write::write_all(&mut file, replay.to_json().as_bytes()).map_err(failed)?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

/// Returns the place of a package file in the directory of packages, where it is put if it is not there.
fn kept(file: &Path, packages: &Path) -> Result<PathBuf, StoreError> {
    let place = packages.join(file.file_name().unwrap_or_default());
    let there = |path: &Path| std::fs::canonicalize(path).ok();
    if there(file).is_some() && there(file) == there(&place) {
        return Ok(place);
    }
    std::fs::create_dir_all(packages).map_err(|source| StoreError::Directory { path: packages.to_owned(), source })?;
    std::fs::copy(file, &place).map_err(|source| StoreError::Copy {
        from: file.to_owned(),
        to: place.clone(),
        source,
    })?;
    Ok(place)
}

/// Describes what happens to a group or an environment, and writes the comps file of one that comes.
fn described_group(change: &GroupChange, comps: &Path, purpose: StoreFor) -> Result<ReplayGroup, StoreError> {
    let (environment, kind, text) = match &change.subject {
        GroupSubject::Group(group) => (false, "groups", group.to_xml()),
        GroupSubject::Environment(environment) => (true, "environments", environment.to_xml()),
    };
    let id = change.subject.id().to_owned();
    let (mut repo_id, mut path) = (SYSTEM_REPO.to_owned(), None);
    if change.action != Action::Remove {
        let name = format!("{}.xml", id.replace('/', "_"));
        let place = comps.join(kind).join(&name);
        let dir = comps.join(kind);
        std::fs::create_dir_all(&dir).map_err(|source| StoreError::Directory { path: dir, source })?;
        std::fs::write(&place, text).map_err(|source| StoreError::Write { path: place.clone(), source })?;
        (repo_id, path) = match purpose {
            StoreFor::Replay => {
                (format!("@stored_transaction({})", change.repo_id()), Some(format!("./{COMPS_DIR}/{kind}/{name}")))
            }
            StoreFor::NextBoot => (change.repo_id().to_owned(), Some(place.to_string_lossy().into_owned())),
        };
    }
    let (action, reason, kinds) = (change.action, change.reason, change.kinds.clone());
    Ok(ReplayGroup { id, environment, action, reason, repo_id, kinds, path })
}

fn described(item: &PlanItem, place: Option<PathBuf>, purpose: StoreFor) -> ReplayPackage {
    let package = &item.package;
    let name = place.as_deref().and_then(Path::file_name).map(PathBuf::from);
    let (repo_id, path) = match purpose {
        _ if !item.action.is_inbound() => (SYSTEM_REPO.to_owned(), None),
        StoreFor::Replay => {
            let relative = name.map(|name| Path::new("./").join(PACKAGES_DIR).join(name));
            (format!("@stored_transaction({})", package.repo_id), relative)
        }
        StoreFor::NextBoot => (package.repo_id.clone(), place),
    };
    ReplayPackage {
        nevra: package.nevra.clone(),
        action: item.action,
        reason: item.reason,
        repo_id,
        group_id: item.group_id.clone(),
        path,
    }
}
