//! Hooks into a session, in dnf5's order (reference of dnf5, section 8.1). All default to nothing.

use std::path::PathBuf;

use oxidnf_core::Plan;

use crate::config::Config;
use crate::request::Request;

/// Why a hook stops the run.
#[derive(Debug, thiserror::Error)]
#[error("plug-in {plugin} stopped the run: {message}")]
pub struct HookError {
    /// Name of the plug-in.
    pub plugin: String,
    /// Its text.
    pub message: String,
}

/// What a hook returns.
pub type HookResult = Result<(), HookError>;

/// What a hook may look at and change.
pub struct HookCx<'a> {
    /// The configuration in force.
    pub config: &'a mut Config,
    /// The variables in force.
    pub vars: &'a mut oxidnf_core::conf::Vars,
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
    fn repos_configured(
        &mut self,
        _cx: &mut HookCx<'_>,
        _repos: &mut Vec<oxidnf_repo::config::RepoConfig>,
    ) -> HookResult {
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
