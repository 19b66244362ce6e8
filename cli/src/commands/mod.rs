//! One file for each command: its arguments, and what it does with them.

pub mod advisory;
pub mod apply;
pub mod automatic;
pub mod autoremove;
pub mod builddep;
pub mod changelog;
mod changelogs;
pub mod check;
pub mod check_upgrade;
pub mod clean;
pub mod comps;
pub mod config_manager;
pub mod copr;
pub mod debuginfo_install;
pub mod distro_sync;
pub mod do_;
pub mod downgrade;
pub mod download;
pub mod dump;
pub mod environment;
pub mod group;
pub mod history;
pub mod info;
pub mod install;
pub mod leaves;
pub mod list;
pub mod lock;
pub mod makecache;
pub mod mark;
pub mod migrate;
pub mod module;
pub mod needs_restarting;
pub mod offline;
pub mod options;
pub mod provides;
pub mod reinstall;
pub mod remove;
pub mod repo;
pub mod repoclosure;
pub mod repomanage;
pub mod repoquery;
pub mod reposync;
pub mod revisit;
pub mod rpm;
pub mod search;
pub mod status;
pub mod swap;
pub mod system_upgrade;
pub mod transaction;
pub mod upgrade;
pub mod versionlock;
pub mod why;
pub mod why_not;

use crate::context::{CommandResult, Context};
use crate::driver;
use crate::grammar::Action;

/// Runs a command and returns the exit status.
pub fn run(cx: &mut Context, action: Action) -> CommandResult {
    match action {
        Action::Install(args) => driver::run(cx, args.lower()),
        Action::Upgrade(args) => driver::run(cx, args.lower()),
        Action::Remove(args) => driver::run(cx, args.lower()?),
        Action::DistroSync(args) => driver::run(cx, args.lower()),
        Action::Downgrade(args) => driver::run(cx, args.lower()),
        Action::Reinstall(args) => driver::run(cx, args.lower()),
        Action::DebuginfoInstall(args) => driver::run(cx, args.lower()),
        Action::Swap(args) => driver::run(cx, args.lower()),
        Action::Do(args) => driver::run(cx, args.lower()?),
        Action::Mark(args) => driver::run(cx, args.lower()),
        Action::Autoremove(args) => driver::run(cx, args.lower()),
        Action::Automatic(args) => args.run(cx),
        Action::Provides(args) => args.run(cx),
        Action::Advisory(args) => args.run(cx),
        Action::Versionlock(args) => args.run(cx),
        Action::Check(args) => args.run(cx),
        Action::CheckUpgrade(args) => args.run(cx),
        Action::Leaves(args) => args.run(cx),
        Action::Repoquery(args) => args.run(cx),
        Action::Search(args) => args.run(cx),
        Action::List(args) => args.run(cx),
        Action::Info(args) => args.run(cx),
        Action::ConfigManager(args) => args.run(cx),
        Action::Copr(args) => args.run(cx),
        Action::Group(args) => args.run(cx),
        Action::Environment(args) => args.run(cx),
        Action::History(args) => args.run(cx),
        Action::Replay(args) => driver::run(cx, args.lower()),
        Action::Apply(args) => driver::run(cx, args.lower()?),
        Action::Lock(args) => args.run(cx),
        Action::Repo(args) => args.run(cx),
        Action::Status(args) => args.run(cx),
        Action::Builddep(args) => driver::run(cx, args.lower()),
        Action::Changelog(args) => args.run(cx),
        Action::Repoclosure(args) => args.run(cx),
        Action::Repomanage(args) => args.run(cx),
        Action::Reposync(args) => args.run(cx),
        Action::Clean(args) => args.run(cx),
        Action::Download(args) => args.run(cx),
        Action::Makecache(args) => args.run(cx),
        Action::Migrate(args) => args.run(cx),
        Action::Module(args) => args.run(cx),
        Action::NeedsRestarting(args) => args.run(cx),
        Action::Transaction(args) => args.run(cx),
        Action::Offline(args) => args.run(cx),
        Action::SystemUpgrade(args) => args.run(cx),
        Action::OfflineUpgrade(args) => args.run(cx),
        Action::OfflineDistrosync(args) => args.run(cx),
        Action::Why(args) => args.run(cx),
        Action::WhyNot(args) => args.run(cx),
    }
}
