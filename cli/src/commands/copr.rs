//! `copr list`, `enable`, `disable`, `remove` and `debug`

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use oxidnf_engine::copr::{self, Copr, CoprError, Enabling, Oddity, ProjectSpec};

use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::copr::{about, about_dependencies, listed, oddity, words};
use crate::face::dnf5::progress::Progress;
use crate::grammar::UsageError;
use crate::prompt::Terminal;

/// Stands in for `/etc`, as for dnf5.
const ETC: &str = "TEST_COPR_CONFIG_DIR";

/// Manage repositories of Copr, which users and communities provide
#[derive(Debug, Clone, Args)]
pub struct CoprArgs {
    /// Hostname of the hub, the server that is asked
    #[arg(long, value_name = "HOSTNAME", global = true)]
    hub: Option<String>,
    #[command(subcommand)]
    action: CoprAction,
}

#[derive(Debug, Clone, Subcommand)]
enum CoprAction {
    /// List the projects whose repositories are configured
    List,
    /// Ask a hub about a project and configure its repositories
    Enable {
        /// [HUB/]OWNER/PROJECT; a group as owner is written @GROUP
        #[arg(value_name = "PROJECT_SPEC", required = true)]
        project_spec: String,
        /// NAME-RELEASE-ARCH, found out from the system without it
        #[arg(value_name = "CHROOT")]
        chroot: Option<String>,
    },
    /// Disable the repositories of a project and keep their file
    Disable(ProjectArgs),
    /// Remove the repositories of a project with their file
    Remove(ProjectArgs),
    /// Print what is known of hubs and the system
    Debug,
}

#[derive(Debug, Clone, Args)]
struct ProjectArgs {
    /// [HUB/]OWNER/PROJECT; a group as owner is written @GROUP
    #[arg(value_name = "PROJECT_SPEC", required = true)]
    project_spec: String,
}

fn parse(text: &str) -> Result<ProjectSpec, UsageError> {
    ProjectSpec::parse(text).ok_or_else(|| UsageError::Other(format!("Invalid PROJECT_SPEC format '{text}'")))
}

fn failure(error: &CoprError) -> Failure {
    Failure::Message(words(error).join("\n"))
}

impl CoprArgs {
    /// Finds names that are none of projects.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        match &self.action {
            CoprAction::Enable { project_spec, .. }
            | CoprAction::Disable(ProjectArgs { project_spec })
            | CoprAction::Remove(ProjectArgs { project_spec }) => parse(project_spec).map(|_| ()),
            CoprAction::List | CoprAction::Debug => Ok(()),
        }
    }

    /// Runs the subcommand.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let session = cx.open()?;
        let etc = std::env::var_os(ETC).filter(|value| !value.is_empty()).map(PathBuf::from);
        let copr = Copr::new(&session, etc).map_err(|error| failure(&error))?;
        let hub = self.hub.as_deref();
        match &self.action {
            CoprAction::List => {
                if cx.tell_about_empty_installroot(&session) {
                    return Ok(0);
                }
                let (projects, odd) = copr.list();
                tell(cx, &odd);
                for project in &projects {
                    cx.output.line(listed(project));
                }
            }
            CoprAction::Enable { project_spec, chroot } => {
                let spec = parse(project_spec)?;
                let progress = Progress::new(Arc::clone(&cx.output));
                progress.repositories();
                let asked = copr.enabling(&spec, copr.hub(Some(&spec), hub), chroot.as_deref(), &progress);
                progress.end();
                let enabling = asked.map_err(|error| failure(&error))?;
                let mut terminal = Terminal::new(Arc::clone(&cx.output), cx.answers(&session));
                return enable(cx, &mut terminal, &enabling);
            }
            CoprAction::Disable(ProjectArgs { project_spec }) => {
                let spec = parse(project_spec)?;
                let hub = copr.hub(Some(&spec), hub);
                let path = file(cx, &copr, &spec, hub)?;
                copr::disable(&path).map_err(|error| failure(&error))?;
                let (host, ProjectSpec { owner, directory, .. }) = (copr.hostname(hub), &spec);
                cx.output
                    .line(format!("Copr repository '{host}/{owner}/{directory}' in '{}' disabled.", path.display()));
            }
            CoprAction::Remove(ProjectArgs { project_spec }) => {
                let spec = parse(project_spec)?;
                let path = file(cx, &copr, &spec, copr.hub(Some(&spec), hub))?;
                copr::remove(&path).map_err(|error| failure(&error))?;
                cx.output.line(format!("Repo file {} successfully removed", path.display()));
            }
            CoprAction::Debug => {
                let hub = copr.hub(None, hub);
                cx.output.line(format!("default_hubspec: {hub}"));
                cx.output.line(format!("default_hub_hostname: {}", copr.hostname(hub)));
                cx.output.line(format!("name_version: {}", copr.name_version()));
                cx.output.line(format!("arch: {}", copr.arch()));
                cx.output.line("repo_fallback_priority:");
                for release in copr.releases() {
                    cx.output.line(format!("  - {release}"));
                }
            }
        }
        Ok(0)
    }
}

fn enable(cx: &Context, terminal: &mut Terminal, enabling: &Enabling) -> CommandResult {
    cx.output.error(about());
    let dependencies: Vec<_> = enabling.dependencies().collect();
    if !dependencies.is_empty() {
        cx.output.error(about_dependencies(&dependencies));
    }
    if !terminal.confirm() {
        return Ok(0);
    }
    if let Some(old) = enabling.write().map_err(|error| failure(&error))? {
        cx.output.error(format!("Removing old config file '{}'", old.display()));
    }
    Ok(0)
}

fn tell(cx: &Context, odd: &[Oddity]) {
    for odd in odd {
        cx.output.error(oddity(odd));
    }
}

fn file(cx: &Context, copr: &Copr<'_>, spec: &ProjectSpec, hub: &str) -> Result<PathBuf, Failure> {
    let (path, odd) = copr.file(spec, hub);
    tell(cx, &odd);
    path.map_err(|error| failure(&error))
}
