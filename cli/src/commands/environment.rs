//! `environment`: looking at environments; changing them is in `comps`

use clap::{Args, Subcommand};
use oxidnf_engine::catalog::Glob;
use oxidnf_engine::comps::{Comps, Environment};

use oxidnf_engine::request::GroupSearch;

use super::comps::{InstallArgs, RemoveArgs, UpgradeArgs};
use super::group::{load, tell_no_matches};
use crate::context::{CommandResult, Context};
use crate::driver;
use crate::face::dnf5::groups;

/// Manage environments, which are groups of groups
#[derive(Debug, Clone, Args)]
pub struct EnvironmentArgs {
    #[command(subcommand)]
    action: EnvironmentAction,
}

#[derive(Debug, Clone, Subcommand)]
enum EnvironmentAction {
    /// List environments
    #[command(before_help = "Query Commands:")]
    List(EnvironmentSelection),
    /// Show details of environments
    #[command(before_help = "Query Commands:")]
    Info(EnvironmentSelection),
    /// Install groups and environments with their packages
    #[command(before_help = "Software Management Commands:")]
    Install(InstallArgs),
    /// Remove groups and environments with their packages
    #[command(before_help = "Software Management Commands:")]
    Remove(RemoveArgs),
    /// Upgrade groups and environments with their packages
    #[command(before_help = "Software Management Commands:")]
    Upgrade(UpgradeArgs),
}

#[derive(Debug, Clone, Default, Args)]
struct EnvironmentSelection {
    /// Show only what is available
    #[arg(long)]
    available: bool,
    /// Show only what is installed
    #[arg(long)]
    installed: bool,
    /// Patterns for ids and names of environments
    #[arg(value_name = "environment-spec")]
    specs: Vec<String>,
}

impl EnvironmentArgs {
    /// Prints environments, or changes which are installed.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let EnvironmentArgs { action } = self;
        match action {
            EnvironmentAction::Install(args) => driver::run(cx, args.lower(GroupSearch::Environments)),
            EnvironmentAction::Remove(args) => driver::run(cx, args.lower(GroupSearch::Environments)),
            EnvironmentAction::Upgrade(args) => driver::run(cx, args.lower(GroupSearch::Environments)),
            EnvironmentAction::List(selection) => {
                let (session, comps) = load(cx)?;
                let shown = selection.choose(&comps);
                groups::print_environments(&cx.output, &shown);
                if shown.is_empty() {
                    let any = comps.environments.iter().any(|environment| selection.in_scope(environment));
                    tell_no_matches(cx, &session, "environments", selection.kind(), any);
                }
                Ok(0)
            }
            EnvironmentAction::Info(selection) => {
                let (session, comps) = load(cx)?;
                let shown = selection.choose(&comps);
                for environment in &shown {
                    groups::print_environment(&cx.output, environment);
                }
                if shown.is_empty() {
                    let any = comps.environments.iter().any(|environment| selection.in_scope(environment));
                    tell_no_matches(cx, &session, "environments", selection.kind(), any);
                }
                Ok(0)
            }
        }
    }
}

impl EnvironmentSelection {
    /// Whether only installed or only available ones are wanted.
    fn kind(&self) -> Option<bool> {
        if self.installed { Some(true) } else { self.available.then_some(false) }
    }

    fn in_scope(&self, environment: &Environment) -> bool {
        self.kind().is_none_or(|installed| environment.installed == installed)
    }

    /// Returns the environments that are meant in the order of display; an installed one does not hide the available.
    fn choose<'c>(&self, comps: &'c Comps) -> Vec<&'c Environment> {
        let specs: Vec<Glob> = self.specs.iter().map(|spec| Glob::new(spec, true)).collect();
        let named = |environment: &Environment| {
            specs.is_empty()
                || specs.iter().any(|spec| spec.matches(&environment.id) || spec.matches(environment.name()))
        };
        let all = comps.environments.iter();
        let mut chosen: Vec<&Environment> =
            all.filter(|environment| self.in_scope(environment) && named(environment)).collect();
        groups::sort_by_order(&mut chosen, |environment| environment.display_order.as_deref());
        chosen
    }
}
