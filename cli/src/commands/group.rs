//! `group`: looking at groups; changing them is in `comps`

use clap::{Args, Subcommand};
use oxidnf_engine::catalog::Glob;
use oxidnf_engine::comps::{Comps, Group};
use oxidnf_engine::{Load, Session};

use oxidnf_engine::request::GroupSearch;

use super::comps::{InstallArgs, RemoveArgs, Scope, UpgradeArgs};
use crate::context::{CommandResult, Context, no_repository_is_enabled};
use crate::driver;
use crate::face::dnf5::groups;
use crate::grammar::split_list;

/// Manage groups of packages
#[derive(Debug, Clone, Args)]
pub struct GroupArgs {
    #[command(subcommand)]
    action: GroupAction,
}

#[derive(Debug, Clone, Subcommand)]
enum GroupAction {
    /// List groups
    #[command(before_help = "Query Commands:")]
    List(GroupSelection),
    /// Show details of groups
    #[command(before_help = "Query Commands:")]
    Info(GroupSelection),
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
struct GroupSelection {
    #[command(flatten)]
    scope: Scope,
    /// Show hidden groups, too
    #[arg(long)]
    hidden: bool,
    /// Show only groups with packages of these names
    #[arg(long, value_name = "PACKAGE_NAME,...")]
    contains_pkgs: Vec<String>,
    /// Patterns for ids and names of groups
    #[arg(value_name = "group-spec")]
    specs: Vec<String>,
}

impl GroupArgs {
    /// Prints groups, or changes which are installed.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let GroupArgs { action } = self;
        match action {
            GroupAction::Install(args) => driver::run(cx, args.lower(GroupSearch::Groups)),
            GroupAction::Remove(args) => driver::run(cx, args.lower(GroupSearch::Groups)),
            GroupAction::Upgrade(args) => driver::run(cx, args.lower(GroupSearch::Groups)),
            GroupAction::List(selection) => {
                let (session, comps) = load(cx)?;
                let shown = selection.choose(&comps);
                groups::print_list(&cx.output, &shown);
                if shown.is_empty() {
                    let kind = selection.scope.choice();
                    let mut kinds = comps.groups.iter().map(|group| group.installed);
                    let any = kinds.any(|installed| kind.is_none_or(|kind| kind == installed));
                    tell_no_matches(cx, &session, "groups", kind, any);
                }
                Ok(0)
            }
            GroupAction::Info(selection) => {
                let (session, comps) = load(cx)?;
                let shown = selection.choose(&comps);
                for group in &shown {
                    groups::print_details(&cx.output, group);
                }
                if shown.is_empty() {
                    let kind = selection.scope.choice();
                    let mut kinds = comps.groups.iter().map(|group| group.installed);
                    let any = kinds.any(|installed| kind.is_none_or(|kind| kind == installed));
                    tell_no_matches(cx, &session, "groups", kind, any);
                }
                Ok(0)
            }
        }
    }
}

/// Loads the groups and environments of the system and the repositories.
pub(super) fn load(cx: &mut Context) -> Result<(Session, Comps), crate::context::Failure> {
    let mut session = cx.open()?;
    let load = Load { metadata: vec!["comps".to_owned()], ..Load::query() };
    cx.load(&mut session, &load, true)?;
    let comps = session.comps()?;
    Ok((session, comps))
}

/// Says that nothing matches, of what is installed or available or of all; `any` tells that there are some of that kind.
// witness: compat-tests/tests/decisions.rs::queries_of_nothing
pub(super) fn tell_no_matches(cx: &Context, session: &Session, what: &str, installed: Option<bool>, any: bool) {
    let nothing = match installed {
        Some(true) => "are installed",
        Some(false) => "are available",
        None => "exist",
    };
    if any || installed != Some(true) && no_repository_is_enabled(session) {
        cx.tell_no_matches(session, true);
    } else {
        cx.output.info(format!("No matches found: no {what} {nothing}."));
    }
}

impl GroupSelection {
    /// Returns the groups that are meant in the order of display: what is installed stands for what is available.
    fn choose<'c>(&self, comps: &'c Comps) -> Vec<&'c Group> {
        let GroupSelection { scope, hidden, contains_pkgs, specs } = self;
        let globs =
            |patterns: &[String]| -> Vec<Glob> { patterns.iter().map(|pattern| Glob::new(pattern, true)).collect() };
        let (specs, packages) = (globs(specs), globs(&split_list(contains_pkgs)));
        let named = |group: &Group| {
            let mut specs = specs.iter().peekable();
            match specs.peek() {
                // Who names a group sees it.
                Some(_) => specs.any(|spec| spec.matches(&group.id) || spec.matches(group.name())),
                None => *hidden || !group.hidden,
            }
        };
        let contains = |group: &Group| {
            packages.is_empty()
                || group.packages.iter().any(|package| packages.iter().any(|glob| glob.matches(&package.name)))
        };
        let in_scope = |group: &Group| match scope.choice() {
            Some(installed) => group.installed == installed,
            None => group.installed || comps.group(&group.id, true).is_none(),
        };
        let mut chosen: Vec<&Group> =
            comps.groups.iter().filter(|group| in_scope(group) && named(group) && contains(group)).collect();
        groups::sort_by_order(&mut chosen, |group| group.display_order.as_deref());
        chosen
    }
}
