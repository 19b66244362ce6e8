//! The commands and their options as clap definitions.

use clap::{ArgGroup, Command, FromArgMatches, Parser, Subcommand};

use super::globals::GlobalArgs;
use super::{Scanned, UsageError};
use crate::commands;

/// Everything that can stand on the command line.
#[derive(Debug, Parser)]
#[command(
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    subcommand_required = false,
    about = "Package manager for rpm based systems",
    long_about = "A package manager for rpm based systems that behaves as DNF5 does."
)]
struct Tree {
    #[command(flatten)]
    globals: GlobalArgs,
    #[command(subcommand)]
    action: Option<Action>,
}

/// The command that was chosen, with its arguments.
#[derive(Debug, Clone, Subcommand)]
#[allow(missing_docs, reason = "the names are the commands', which carry their own descriptions")]
pub enum Action {
    Install(commands::install::InstallArgs),
    Upgrade(commands::upgrade::UpgradeArgs),
    Remove(commands::remove::RemoveArgs),
    DistroSync(commands::distro_sync::DistroSyncArgs),
    Downgrade(commands::downgrade::DowngradeArgs),
    Reinstall(commands::reinstall::ReinstallArgs),
    DebuginfoInstall(commands::debuginfo_install::DebuginfoInstallArgs),
    Swap(commands::swap::SwapArgs),
    Mark(commands::mark::MarkArgs),
    Autoremove(commands::autoremove::AutoremoveArgs),
    Automatic(commands::automatic::AutomaticArgs),
    Do(commands::do_::DoArgs),
    Provides(commands::provides::ProvidesArgs),
    Replay(commands::revisit::ReplayArgs),
    Apply(commands::apply::ApplyArgs),
    Lock(commands::lock::LockArgs),
    Check(commands::check::CheckArgs),
    CheckUpgrade(commands::check_upgrade::CheckUpgradeArgs),
    Leaves(commands::leaves::LeavesArgs),
    NeedsRestarting(commands::needs_restarting::NeedsRestartingArgs),
    Repoquery(Box<commands::repoquery::RepoqueryArgs>),
    Search(commands::search::SearchArgs),
    List(commands::list::ListArgs),
    Info(commands::info::InfoArgs),
    ConfigManager(commands::config_manager::ConfigManagerArgs),
    Copr(commands::copr::CoprArgs),
    Group(commands::group::GroupArgs),
    Environment(commands::environment::EnvironmentArgs),
    Module(commands::module::ModuleArgs),
    Advisory(commands::advisory::AdvisoryArgs),
    History(commands::history::HistoryArgs),
    Repo(commands::repo::RepoArgs),
    Status(commands::status::StatusArgs),
    Builddep(commands::builddep::BuilddepArgs),
    Changelog(commands::changelog::ChangelogArgs),
    Repoclosure(commands::repoclosure::RepoclosureArgs),
    Repomanage(commands::repomanage::RepomanageArgs),
    Reposync(commands::reposync::ReposyncArgs),
    Clean(commands::clean::CleanArgs),
    Download(commands::download::DownloadArgs),
    Makecache(commands::makecache::MakecacheArgs),
    Migrate(commands::migrate::MigrateArgs),
    Transaction(commands::transaction::TransactionArgs),
    Versionlock(commands::versionlock::VersionlockArgs),
    Offline(commands::offline::OfflineArgs),
    SystemUpgrade(commands::system_upgrade::SystemUpgradeArgs),
    OfflineUpgrade(commands::system_upgrade::OfflineUpgradeArgs),
    OfflineDistrosync(commands::system_upgrade::OfflineDistroSyncArgs),
    Why(commands::why::WhyArgs),
    WhyNot(commands::why_not::WhyNotArgs),
}

impl Action {
    /// Tells whether the command decides a change of the system, so that `--plan` and `--locked` mean something.
    pub fn decides(&self) -> bool {
        matches!(
            self,
            Action::Install(_)
                | Action::Upgrade(_)
                | Action::Remove(_)
                | Action::DistroSync(_)
                | Action::Downgrade(_)
                | Action::Reinstall(_)
                | Action::DebuginfoInstall(_)
                | Action::Swap(_)
                | Action::Mark(_)
                | Action::Autoremove(_)
                | Action::Do(_)
                | Action::Builddep(_)
                | Action::Replay(_)
                | Action::Apply(_)
                | Action::History(_)
                | Action::Group(_)
                | Action::Environment(_)
        )
    }
}

/// Returns the definitions under the program's name.
pub(super) fn command(program: &str) -> Command {
    let pair = |id: &'static str, one: &'static str, two: &'static str| ArgGroup::new(id).args([one, two]);
    let root = <Tree as clap::CommandFactory>::command()
        .name(program.to_owned())
        .bin_name(program.to_owned())
        // The last of several values counts, as in dnf5.
        .args_override_self(true)
        .group(pair("best_or_not", "best", "no_best"))
        .group(pair("repo_or_enable", "repo", "enable_repo"))
        .group(pair("repo_or_disable", "repo", "disable_repo"))
        .group(pair("vendors", "allow_vendor_change", "no_allow_vendor_change"));
    OPTION_ALIASES.iter().fold(root, |root, (path, option, alias)| {
        at_path(root, path, |command| command.mut_arg(*option, |arg| arg.visible_alias(*alias)))
    })
}

/// Other names of options that not all commands have which share the option: path of the command, option, other name.
const OPTION_ALIASES: &[(&[&str], &str, &str)] = &[
    (&["advisory", "info"], "bzs", "bz"),
    (&["advisory", "info"], "cves", "cve"),
    (&["advisory", "list"], "bzs", "bz"),
    (&["advisory", "list"], "cves", "cve"),
    (&["advisory", "summary"], "bzs", "bz"),
    (&["advisory", "summary"], "cves", "cve"),
    (&["install"], "advisories", "advisory"),
    (&["install"], "bzs", "bz"),
    (&["install"], "cves", "cve"),
    (&["offline-upgrade", "download"], "advisories", "advisory"),
    (&["offline-upgrade", "download"], "bzs", "bz"),
    (&["offline-upgrade", "download"], "cves", "cve"),
    (&["repoquery"], "advisories", "advisory"),
    (&["repoquery"], "bzs", "bz"),
    (&["repoquery"], "cves", "cve"),
    (&["upgrade"], "advisories", "advisory"),
    (&["upgrade"], "bzs", "bz"),
    (&["upgrade"], "cves", "cve"),
];

/// Changes the command at the end of a path.
fn at_path(command: Command, path: &[&str], change: impl FnOnce(Command) -> Command) -> Command {
    match path {
        [] => change(command),
        [first, rest @ ..] => command.mut_subcommand(*first, |command| at_path(command, rest, change)),
    }
}

/// Takes scanned arguments apart.
///
/// What can be wrong was found by the scan; a complaint of clap is passed on in its own words.
pub fn parse(root: Command, scanned: &Scanned) -> Result<(GlobalArgs, Option<Action>), UsageError> {
    let program = root.get_name().to_owned();
    let words = std::iter::once(program).chain(scanned.arguments.iter().cloned());
    let complaint = |error: clap::Error| {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        UsageError::Other(line.strip_prefix("error: ").unwrap_or(line).to_owned())
    };
    let matches = root.try_get_matches_from(words).map_err(complaint)?;
    let tree = Tree::from_arg_matches(&matches).map_err(complaint)?;
    let globals = GlobalArgs::of_matches(&matches).map_err(complaint)?;
    Ok((globals, tree.action))
}
