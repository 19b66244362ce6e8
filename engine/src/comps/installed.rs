//! Groups and environments that a session knows.

use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::root::Root;
use oxidnf_repo::metadata::comps::{self, GroupPackage, PackageKind};

use super::{Comps, Environment, Group, kept, merge};
use crate::error::Error;
use crate::log::Level;
use crate::replay::ReplayGroup;
use crate::session::Session;
use crate::state::{State, StateError};

/// The id of the installed system as a repository.
const SYSTEM: &str = oxidnf_core::plan::SYSTEM_REPO;

/// Where the copy of an installed group lies below the state directory.
pub(crate) fn group_copy(id: &str) -> PathBuf {
    Path::new("comps_groups/groups").join(file_name(id))
}

/// Where the copy of an installed environment lies below the state directory.
pub(crate) fn environment_copy(id: &str) -> PathBuf {
    Path::new("comps_groups/environments").join(file_name(id))
}

/// An id comes from a repository, and must not lead out of the directory.
fn file_name(id: &str) -> String {
    format!("{}.xml", id.replace('/', "_"))
}

/// Writes copies and removes those without a text; paths are below the state directory.
pub(crate) fn write_copies(root: &Root, dir: &Path, copies: &[(String, Option<String>)]) -> Result<(), StateError> {
    for (path, text) in copies {
        let path = dir.join(path);
        let done = match text {
            Some(text) => root
                .create_dir_all(path.parent().unwrap_or(dir), 0o755)
                .and_then(|()| root.write_atomic(&path, text.as_bytes(), 0o644)),
            None => root.remove_file(&path),
        };
        match done {
            Err(error) if text.is_none() && error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(|source| StateError::Write { path, source })?,
        }
    }
    Ok(())
}

impl Session {
    /// Returns the groups and environments of the loaded repositories and of the system.
    pub fn comps(&self) -> Result<Comps, Error> {
        let available = self.available_comps()?;
        let mut all = installed(&self.roots.target, &self.config.state_dir(), &self.state, &available);
        all.groups.extend(available.groups);
        all.environments.extend(available.environments);
        Ok(all)
    }

    /// Writes copies of installed groups and environments again that are missing, as far as repositories have them.
    ///
    /// Who may not write there goes without.
    pub(crate) fn mend_copies(&self) -> Result<(), Error> {
        let dir = self.config.state_dir();
        let root = &self.roots.target;
        let missing = |path: PathBuf| !root.exists(dir.join(path));
        let groups: Vec<&String> = self.state.groups().keys().filter(|id| missing(group_copy(id))).collect();
        let environments = self.state.environments().keys();
        let environments: Vec<&String> = environments.filter(|id| missing(environment_copy(id))).collect();
        if groups.is_empty() && environments.is_empty() {
            return Ok(());
        }
        let available = self.available_comps()?;
        let name = |path: PathBuf| path.to_string_lossy().into_owned();
        let groups = groups.into_iter().filter_map(|id| available.group(id, false));
        let mut copies: Vec<_> = groups.map(|group| (name(group_copy(&group.id)), Some(group.to_xml()))).collect();
        let environments = environments.into_iter().filter_map(|id| available.environment(id, false));
        copies.extend(environments.map(|known| (name(environment_copy(&known.id)), Some(known.to_xml()))));
        if let Err(error) = write_copies(root, &dir, &copies) {
            self.log.write(Level::Warning, &format!("cannot mend copies of groups: {error}"));
        }
        Ok(())
    }

    /// Returns what the repositories have, without what the configuration excludes.
    fn available_comps(&self) -> Result<Comps, Error> {
        let mut sources = Vec::new();
        for repo in &self.available {
            let mut comps = repo
                .metadata
                .comps()
                .map_err(|source| Error::Catalog { id: repo.id.clone(), source: Error::boxed(source) })?;
            if !repo.is_new {
                kept::sort(&mut comps);
            }
            sources.push((repo.id.as_str(), comps));
        }
        let sources: Vec<_> = sources.iter().map(|(id, comps)| (*id, comps)).collect();
        let mut available = merge::merge(&sources, false);
        let excluded = |globs: &[String], id: &str| globs.iter().any(|glob| oxidnf_repo::config::glob_match(glob, id));
        let groups = self.config.options.excludegroups.get();
        available.groups.retain(|group| !excluded(&groups, &group.id));
        let environments = self.config.options.excludeenvs.get();
        available.environments.retain(|environment| !excluded(&environments, &environment.id));
        Ok(available)
    }
}

impl Comps {
    /// Adds the groups and environments that a stored transaction brings to those of repositories.
    ///
    /// What cannot be read is looked for in repositories like any other.
    pub(crate) fn add_stored(&mut self, stored: &[ReplayGroup]) {
        for group in stored {
            let Some(bytes) = group.path.as_ref().and_then(|path| std::fs::read(path).ok()) else { continue };
            let Ok(parsed) = comps::parse(&bytes) else { continue };
            merge::add(self, (&group.repo_id, &parsed));
        }
    }
}

/// Returns what is installed. Where a copy is missing, what is available serves, and else what the state knows.
fn installed(root: &Root, dir: &Path, state: &State, available: &Comps) -> Comps {
    let copy = |path: PathBuf| {
        let bytes = root.read(dir.join(path)).ok()?;
        comps::parse(&bytes).ok()
    };
    let mut found = Comps::default();
    for (id, known) in state.groups() {
        let read = copy(group_copy(id)).map(|comps| merge::merge(&[(SYSTEM, &comps)], true));
        let group = read.and_then(|comps| comps.groups.into_iter().find(|group| group.id == *id));
        let group = group.or_else(|| available.group(id, false).cloned()).unwrap_or_else(|| Group {
            id: id.clone(),
            packages: known.packages.iter().map(|name| member(name)).collect(),
            ..Group::default()
        });
        found.groups.push(Group { repos: vec![SYSTEM.to_owned()], installed: true, ..group });
    }
    for id in state.environments().keys() {
        let read = copy(environment_copy(id)).map(|comps| merge::merge(&[(SYSTEM, &comps)], true));
        let environment = read.and_then(|comps| comps.environments.into_iter().find(|known| known.id == *id));
        let environment = environment.or_else(|| available.environment(id, false).cloned());
        // dnf5 thinks that it has a group without a name.
        let nameless = || Environment { id: id.clone(), groups: vec![String::new()], ..Environment::default() };
        let environment = environment.unwrap_or_else(nameless);
        found.environments.push(Environment { repos: vec![SYSTEM.to_owned()], installed: true, ..environment });
    }
    found
}

fn member(name: &str) -> GroupPackage {
    GroupPackage { name: name.to_owned(), kind: PackageKind::Default, condition: String::new(), base_arch_only: false }
}
