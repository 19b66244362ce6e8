//! Hooks into a session, in dnf5's order (reference of dnf5, section 8.1). All default to nothing.

use std::path::PathBuf;

use oxidnf_catalog::{Excludes, PackageId, PackageSet, Query, Sack, SpecSettings};
use oxidnf_core::Plan;
use oxidnf_core::conf::Vars;
use oxidnf_core::plan::{PlanPackage, SYSTEM_REPO};
use oxidnf_repo::config::RepoConfig;

use crate::config::Config;
use crate::log::Log;
use crate::request::Request;
use crate::settings::Settings;

/// Why a hook stops the run.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct HookError {
    /// Name of the plug-in.
    pub plugin: String,
    /// The hook, by dnf5's name.
    pub hook: &'static str,
    /// Its text.
    pub message: String,
    /// What lies behind it, in the words of the plug-in; one line for each step.
    pub cause: Option<String>,
}

/// What a hook returns.
pub type HookResult = Result<(), HookError>;

/// What a hook may look at and change.
pub struct HookCx<'a> {
    /// What the session was opened with.
    pub settings: &'a Settings,
    /// The configuration in force.
    pub config: &'a mut Config,
    /// The variables in force.
    pub vars: &'a mut Vars,
    /// The repositories, once they are configured.
    pub repos: &'a mut Vec<RepoConfig>,
    /// The packages, once they are loaded.
    pub sack: &'a Sack,
    /// The log of the session.
    pub log: &'a Log,
}

impl HookCx<'_> {
    /// Tells whether the command line switches a plug-in on or off; what is said last counts.
    pub fn switched(&self, plugin: &str) -> Option<bool> {
        self.settings.plugins.of(plugin)
    }

    /// Returns the licence of a package of a plan; empty when the package is not among those that were loaded.
    pub fn license(&self, package: &PlanPackage) -> String {
        self.find(package).map(|id| self.sack.package(id).license().to_owned()).unwrap_or_default()
    }

    /// Returns those of some packages of a plan that a spec means, by name, NEVRA or file, those of the system first.
    ///
    /// Only files that were loaded count, which of available packages are those in `primary.xml`.
    pub fn matching<'p, T>(&self, items: &[&'p T], package: impl Fn(&T) -> &PlanPackage, spec: &str) -> Vec<&'p T> {
        let mut found: Vec<(PackageId, &'p T)> =
            items.iter().filter_map(|item| Some((self.find(package(item))?, *item))).collect();
        found.sort_by_key(|(id, _)| *id);
        let mut among = PackageSet::new();
        among.extend(found.iter().map(|(id, _)| *id));
        let settings =
            SpecSettings { with_provides: false, with_binaries: false, with_source: true, ..SpecSettings::default() };
        let meant = Query::from_set(self.sack, among).resolve_spec(spec, &settings).packages;
        found.into_iter().filter(|(id, _)| meant.contains(*id)).map(|(_, item)| item).collect()
    }

    fn find(&self, package: &PlanPackage) -> Option<PackageId> {
        let is_installed = package.repo_id == SYSTEM_REPO;
        // What is excluded may be in a transaction all the same, such as a locked package that is removed.
        let same = Query::with_excludes(self.sack, Excludes::NONE)
            .filter_exact_nevra(std::slice::from_ref(&package.nevra))
            .into_packages();
        same.iter().find(|id| {
            self.sack.is_installed(*id) == is_installed
                && (is_installed || self.sack.repo(self.sack.repo_of(*id)).id == package.repo_id)
        })
    }
}

/// Something that takes part in sessions.
///
/// A hook that fails before the transaction ends the run; what fails afterwards is only reported.
pub trait Plugin {
    /// Returns the plug-in's name, which `--enable-plugin` and `--disable-plugin` match.
    fn name(&self) -> &str;

    /// Before anything is set up.
    fn pre_base_setup(&mut self, _cx: &mut HookCx<'_>) -> HookResult {
        Ok(())
    }

    /// Variables are known.
    fn post_base_setup(&mut self, _cx: &mut HookCx<'_>) -> HookResult {
        Ok(())
    }

    /// Repositories are configured and may still be changed.
    fn repos_configured(&mut self, _cx: &mut HookCx<'_>) -> HookResult {
        Ok(())
    }

    /// Packages are loaded.
    fn repos_loaded(&mut self, _cx: &mut HookCx<'_>) -> HookResult {
        Ok(())
    }

    /// Package files of the command line are about to be read.
    fn pre_add_cmdline_packages(&mut self, _cx: &mut HookCx<'_>, _paths: &[String]) -> HookResult {
        Ok(())
    }

    /// Package files of the command line were read.
    fn post_add_cmdline_packages(&mut self, _cx: &mut HookCx<'_>) -> HookResult {
        Ok(())
    }

    /// A request is decided.
    fn goal_resolved(&mut self, _cx: &mut HookCx<'_>, _request: &Request, _plan: &Plan) -> HookResult {
        Ok(())
    }

    /// The transaction is about to change the system.
    fn pre_transaction(&mut self, _cx: &mut HookCx<'_>, _plan: &Plan) -> HookResult {
        Ok(())
    }

    /// The transaction is over, well or not; the paths are those of inbound package files.
    fn post_transaction(
        &mut self,
        _cx: &mut HookCx<'_>,
        _plan: &Plan,
        _packages: &[PathBuf],
        _succeeded: bool,
    ) -> HookResult {
        Ok(())
    }
}
