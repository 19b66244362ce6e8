//! A session: configuration, packages, a request, a transaction.

mod advisories;
mod builddep;
mod changelogs;
mod check;
mod command_line;
pub mod copies;
mod directory;
mod excludes;
mod files;
mod groups;
mod interrupted;
mod leaves;
mod load;
mod modules;
mod network;
mod notes;
mod open;
mod packages;
mod paths;
mod reboot;
mod resolve;
mod settle;
mod sources;
mod system;
mod transact;
mod versionlock;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use oxidnf_catalog::{PackageId, Sack};
use oxidnf_core::conf::Vars;
use oxidnf_core::event::Reporter;
use oxidnf_repo::config::RepoConfig;
use oxidnf_rpmdb::Macros;

use crate::clock::Clock;
use crate::commit::{CommitOptions, Report};
use crate::config::{Config, Roots};
use crate::download::Downloaded;
use crate::error::Error;
use crate::fixed::LockedSet;
use crate::history::History;
use crate::locks::{self, SystemLock};
use crate::log::Log;
use crate::modules::ModuleSack;
use crate::plugin::Plugin;
use crate::prompt::Prompt;
use crate::request::{Load, Request};
use crate::resolved::Resolved;
use crate::settings::Settings;
use crate::state::State;

pub use builddep::BuildDependencies;
pub use changelogs::ChangelogEntry;
pub(crate) use open::build_arch;
pub use packages::PackageOrigin;

/// What was odd while a session was opened; nothing of it stops the run.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// About the main configuration; dnf5 only logs these.
    pub config: Vec<crate::config::ConfigNote>,
    /// About repository files.
    pub repos: Vec<oxidnf_repo::config::ConfigNote>,
    /// Options of the command line that repositories do not take.
    pub refused: Vec<oxidnf_repo::config::RefusedSetOpt>,
    /// The log file cannot be written: path and cause.
    pub log_unwritable: Option<(std::path::PathBuf, String)>,
    /// Repositories that were skipped because they could not be loaded: id and causes, outermost first.
    pub skipped_repos: Vec<(String, Vec<String>)>,
    /// Of what kind their failures are, in the same order.
    pub skipped_faults: Vec<crate::error::FetchFault>,
}

/// Everything that one run of a program knows.
pub struct Session {
    pub(crate) settings: Settings,
    pub(crate) roots: Roots,
    pub(crate) config: Config,
    pub(crate) vars: Vars,
    pub(crate) repos: Vec<RepoConfig>,
    pub(crate) notes: Notes,
    pub(crate) state: Arc<State>,
    pub(crate) log: Arc<Log>,
    pub(crate) clock: Clock,
    pub(crate) sack: Sack,
    /// The repositories in the sack, with what catalogs do not hold.
    pub(crate) available: Vec<load::LoadedRepo>,
    /// The modules of the repositories.
    pub(crate) modules: ModuleSack,
    /// Packages of the command line by the texts that named them.
    pub(crate) command_line: HashMap<String, PackageId>,
    /// Ids of repositories whose packages are those of a stored transaction.
    pub(crate) stored_repos: BTreeSet<String>,
    pub(crate) macros: Option<Arc<Macros>>,
    pub(crate) lock: Option<SystemLock>,
    /// What a lock file leaves to choose from.
    pub(crate) locked: Option<LockedSet>,
    pub(crate) plugins: Vec<Box<dyn Plugin>>,
}

impl Session {
    /// Reads configuration, variables, repository files and state.
    pub fn open(settings: Settings) -> Result<Self, Error> {
        Self::open_with(settings, Vec::new())
    }

    /// As [`Session::open`], with plug-ins, whose first hooks run.
    pub fn open_with(settings: Settings, plugins: Vec<Box<dyn Plugin>>) -> Result<Self, Error> {
        open::open(settings, plugins)
    }

    pub(crate) fn roots(&self) -> &Roots {
        &self.roots
    }

    /// Returns the main configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the main configuration, for settings of [`Priority::Runtime`](oxidnf_core::conf::Priority::Runtime).
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// Returns the variables.
    pub fn vars(&self) -> &Vars {
        &self.vars
    }

    /// Returns all configured repositories, enabled or not, in the order of definition.
    pub fn repos(&self) -> &[RepoConfig] {
        &self.repos
    }

    /// Returns the repositories, for commands that enable or change them before loading.
    pub fn repos_mut(&mut self) -> &mut Vec<RepoConfig> {
        &mut self.repos
    }

    /// Returns what was odd so far.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Returns dnf5's state files.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the transaction history, opened for reading.
    pub fn history(&self) -> Result<History, Error> {
        Ok(History::open(&self.roots.target, &self.config.history_file())?)
    }

    /// Returns the settings that the session was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the log.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Returns the packages that were loaded; empty before [`Session::load`].
    pub fn sack(&self) -> &Sack {
        &self.sack
    }

    /// Fails when the user may not change the system.
    ///
    /// To be asked before [`Session::load`], which takes the locks.
    pub fn check_privilege(&self) -> Result<(), Error> {
        let persist = self.config.options.persistdir.get();
        if locks::may_change(&self.roots.target, std::path::Path::new(persist)) {
            Ok(())
        } else {
            Err(Error::Privilege)
        }
    }

    /// Locks the system repository, brings metadata up to date and loads packages.
    pub fn load(&mut self, load: &Load, prompt: &mut dyn Prompt, reporter: &dyn Reporter) -> Result<(), Error> {
        self.load_packages(load, prompt, reporter)
    }

    /// Decides a request.
    pub fn resolve(&mut self, request: &Request) -> Result<Resolved, Error> {
        self.resolve_request(request)
    }

    /// Fetches the package files of a plan into the cache, or into its `destdir`.
    pub fn download(&self, resolved: &Resolved, reporter: &dyn Reporter) -> Result<Downloaded, Error> {
        self.download_files(resolved, reporter)
    }

    /// Verifies the package files and runs the transaction.
    pub fn commit(
        &mut self,
        resolved: &Resolved,
        downloaded: &Downloaded,
        options: &CommitOptions,
        prompt: &mut dyn Prompt,
        reporter: &dyn Reporter,
    ) -> Result<Report, Error> {
        self.run_transaction(resolved, downloaded, options, prompt, reporter)
    }
}

/// Writes the last line of the log.
impl Drop for Session {
    fn drop(&mut self) {
        self.log.write(crate::log::Level::Info, "DNF5 finished");
    }
}
