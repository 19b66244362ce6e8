//! What dnf5 remembers about the system besides the rpm database (reference of dnf5, section 6.1).
//!
//! The files are read and written as dnf5 does, so that both programs can take turns.

mod files;
mod text;

pub(crate) use text::push_text;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::Reason;
use oxidnf_core::root::Root;

/// State that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The operating system refused.
    #[error("cannot read state file {path}")]
    Read {
        /// Path below the root.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The operating system refused.
    #[error("cannot write state file {path}")]
    Write {
        /// Path below the root.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("state file {path} is not valid: {reason}")]
    Syntax {
        /// Path below the root.
        path: PathBuf,
        /// What the parser says.
        reason: String,
    },
    /// The file has another shape than dnf5 gives it.
    #[error("state file {path} has no valid {key:?}")]
    Shape {
        /// Path below the root.
        path: PathBuf,
        /// Key that is missing or has the wrong type or value.
        key: String,
    },
    /// The file was written by a newer dnf5.
    #[error("unsupported version {version:?} of state file {path}")]
    Version {
        /// Path below the root.
        path: PathBuf,
        /// The version in the file.
        version: String,
    },
}

/// An installed group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupState {
    /// Types of packages that were asked for: `mandatory`, `default`, `conditional`, `optional`.
    pub package_types: Vec<String>,
    /// Names of member packages that are installed for it.
    pub packages: Vec<String>,
    /// Whether the user asked for the group itself.
    pub userinstalled: bool,
}

/// What is known of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleState {
    /// The enabled stream, empty when none is.
    pub enabled_stream: String,
    /// Installed profiles.
    pub installed_profiles: Vec<String>,
    /// `Available`, `Enabled` or `Disabled`.
    pub state: String,
}

/// Everything in dnf5's state directory but the history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    packages: BTreeMap<String, Reason>,
    nevras: BTreeMap<String, String>,
    groups: BTreeMap<String, GroupState>,
    environments: BTreeMap<String, Vec<String>>,
    modules: BTreeMap<String, ModuleState>,
    rpmdb_cookie: Option<String>,
}

impl State {
    /// Reads the files below a directory of the root; missing ones are empty, but for modules, of which dnf4's files are
    /// read then.
    pub fn load(root: &Root, dir: &Path) -> Result<Self, StateError> {
        let mut state = Self::from_documents(|name| files::read(root, &dir.join(name)))?;
        if !root.exists(dir.join("modules.toml")) {
            state.modules = crate::import::modules::read(root);
        }
        Ok(state)
    }

    fn from_documents(read: impl Fn(&str) -> Result<files::Document, StateError>) -> Result<Self, StateError> {
        Ok(State {
            packages: files::packages(read("packages.toml")?)?,
            nevras: files::nevras(read("nevras.toml")?)?,
            groups: files::groups(read("groups.toml")?)?,
            environments: files::environments(read("environments.toml")?)?,
            modules: files::modules(read("modules.toml")?)?,
            rpmdb_cookie: files::system(read("system.toml")?)?,
        })
    }

    /// Writes all files, `packages.toml` first; each replaces its predecessor at once.
    pub fn save(&self, root: &Root, dir: &Path) -> Result<(), StateError> {
        let write = |name: &str, text: String| {
            let path = dir.join(name);
            root.write_atomic(&path, text.as_bytes(), 0o644).map_err(|source| StateError::Write { path, source })
        };
        // dnf5 makes the places of installed groups with every transaction, used or not.
        for place in ["comps_groups/groups", "comps_groups/environments"] {
            let path = dir.join(place);
            root.create_dir_all(&path, 0o755).map_err(|source| StateError::Write { path, source })?;
        }
        self.render().into_iter().try_for_each(|(name, text)| write(name, text))
    }

    /// Returns all files by name, in the order in which they are written.
    pub(crate) fn render(&self) -> [(&'static str, String); 6] {
        [
            ("packages.toml", files::render_packages(&self.packages)),
            ("nevras.toml", files::render_nevras(&self.nevras)),
            ("groups.toml", files::render_groups(&self.groups)),
            ("environments.toml", files::render_environments(&self.environments)),
            ("modules.toml", files::render_modules(&self.modules)),
            ("system.toml", files::render_system(self.rpmdb_cookie.as_deref().unwrap_or_default())),
        ]
    }

    /// Reads files from their texts, as [`State::load`] does from a directory; missing ones are empty.
    pub(crate) fn from_texts(texts: &[(String, String)]) -> Result<Self, StateError> {
        let read = |name: &str| {
            let text = texts.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
            files::of_text(Path::new(name), text)
        };
        Self::from_documents(read)
    }

    /// Tells whether nothing was ever remembered.
    pub fn is_pristine(&self) -> bool {
        *self == State { modules: self.modules.clone(), ..State::default() }
    }

    /// Returns what is known about the reason of a package, installed or not.
    pub fn stored_reason(&self, name: &str, arch: &str) -> Option<Reason> {
        let stored = self.packages.get(&format!("{name}.{arch}")).copied();
        let weak = stored.is_none_or(|reason| reason.strength() < Reason::Group.strength());
        let in_group = || self.groups.values().any(|group| group.packages.iter().any(|package| package == name));
        if weak && in_group() { Some(Reason::Group) } else { stored }
    }

    /// Returns why an installed package is there.
    ///
    /// A reason weaker than `Group` gives way when an installed group lists the package; a package that nothing is
    /// known of was brought by something else than dnf5 ([`Reason::ExternalUser`]).
    pub fn reason(&self, name: &str, arch: &str) -> Reason {
        self.stored_reason(name, arch).unwrap_or(Reason::ExternalUser)
    }

    /// Returns the repository that an installed package came from, if dnf5 or this program brought it.
    ///
    /// `nevra` is written without an epoch of 0.
    pub fn from_repo(&self, nevra: &str) -> Option<&str> {
        self.nevras.get(nevra).map(String::as_str)
    }

    /// Says why a package that comes is there. `Group` is not stored here but follows from the groups.
    pub fn set_reason(&mut self, name: &str, arch: &str, reason: Reason) {
        let key = format!("{name}.{arch}");
        if reason == Reason::Group {
            self.packages.remove(&key);
        } else {
            self.packages.insert(key, reason);
        }
    }

    /// Says why a package is there from now on; one that is nothing but a dependency any more is held by no group.
    pub fn change_reason(&mut self, name: &str, arch: &str, reason: Reason) {
        if reason.strength() <= Reason::Dependency.strength() {
            for group in self.groups.values_mut() {
                group.packages.retain(|package| package != name);
            }
        }
        self.set_reason(name, arch, reason);
    }

    /// Says which repository an installed package came from.
    pub fn set_from_repo(&mut self, nevra: String, repo_id: String) {
        self.nevras.insert(nevra, repo_id);
    }

    /// Forgets one build of a package.
    pub fn remove_nevra(&mut self, nevra: &str) {
        self.nevras.remove(nevra);
    }

    /// Forgets a package of which no build is installed any more.
    pub fn remove_package(&mut self, name: &str, arch: &str) {
        self.packages.remove(&format!("{name}.{arch}"));
    }

    /// Returns the installed groups by id.
    pub fn groups(&self) -> &BTreeMap<String, GroupState> {
        &self.groups
    }

    /// Returns the installed groups by id, for changing.
    pub fn groups_mut(&mut self) -> &mut BTreeMap<String, GroupState> {
        &mut self.groups
    }

    /// Returns the installed environments and the ids of their groups.
    pub fn environments(&self) -> &BTreeMap<String, Vec<String>> {
        &self.environments
    }

    /// Returns the installed environments, for changing.
    pub fn environments_mut(&mut self) -> &mut BTreeMap<String, Vec<String>> {
        &mut self.environments
    }

    /// Returns what is known of modules.
    pub fn modules(&self) -> &BTreeMap<String, ModuleState> {
        &self.modules
    }

    /// Returns what is known of modules, for changing.
    pub fn modules_mut(&mut self) -> &mut BTreeMap<String, ModuleState> {
        &mut self.modules
    }

    /// Returns the rpm database's cookie at the time of the last transaction, if there was one.
    pub fn rpmdb_cookie(&self) -> Option<&str> {
        self.rpmdb_cookie.as_deref()
    }

    /// Notes the rpm database's cookie.
    pub fn set_rpmdb_cookie(&mut self, cookie: String) {
        self.rpmdb_cookie = Some(cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons() {
        let mut state = State::default();
        assert_eq!(state.reason("a", "noarch"), Reason::ExternalUser);
        state.set_reason("a", "noarch", Reason::Dependency);
        let group = GroupState { packages: vec!["a".to_owned()], ..GroupState::default() };
        state.groups_mut().insert("g".to_owned(), group);
        assert_eq!(state.reason("a", "noarch"), Reason::Group);
        state.set_reason("a", "noarch", Reason::User);
        assert_eq!(state.reason("a", "noarch"), Reason::User);
        state.set_reason("a", "noarch", Reason::WeakDependency);
        assert_eq!(state.reason("a", "noarch"), Reason::Group);
        state.change_reason("a", "noarch", Reason::WeakDependency);
        assert_eq!(state.reason("a", "noarch"), Reason::WeakDependency);
        assert!(state.groups()["g"].packages.is_empty());
    }
}
