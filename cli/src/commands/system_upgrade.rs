//! `system-upgrade`, `offline-upgrade` and `offline-distrosync`: transactions for the next boot under names of their own

use clap::{Args, Subcommand};
use oxidnf_engine::{Operation, Request, RequestItem};

use super::distro_sync::DistroSyncArgs;
use super::offline::{CleanArgs, LogArgs, RebootArgs, StatusArgs};
use super::options::{AllowErasing, Keep};
use super::upgrade::UpgradeArgs;
use crate::context::{CommandResult, Context, Failure};
use crate::driver::{self, Change};

/// Upgrade the system to a new release at the next boot
#[derive(Debug, Clone, Args)]
pub struct SystemUpgradeArgs {
    #[command(subcommand)]
    action: SystemUpgrade,
}

/// Store an upgrade transaction to be performed at the next boot
#[derive(Debug, Clone, Args)]
pub struct OfflineUpgradeArgs {
    #[command(subcommand)]
    action: Shared<UpgradeArgs>,
}

/// Store a distro-sync transaction to be performed at the next boot
#[derive(Debug, Clone, Args)]
pub struct OfflineDistroSyncArgs {
    #[command(subcommand)]
    action: Shared<DistroSyncArgs>,
}

#[derive(Debug, Clone, Subcommand)]
enum SystemUpgrade {
    /// Remove any stored offline transaction and its package files
    #[command(before_help = "Commands:")]
    Clean(CleanArgs),
    /// Show the logs of past offline transactions
    #[command(before_help = "Commands:")]
    Log(LogArgs),
    /// Prepare the system for the offline transaction, and reboot to start it
    #[command(before_help = "Commands:")]
    Reboot(RebootArgs),
    /// Show what waits for the next boot
    #[command(before_help = "Commands:")]
    Status(StatusArgs),
    /// Download everything that the upgrade to a new release needs
    #[command(before_help = "Commands:")]
    Download(DownloadArgs),
}

#[derive(Debug, Clone, Subcommand)]
enum Shared<D: Args> {
    /// Remove any stored offline transaction and its package files
    #[command(before_help = "Commands:")]
    Clean(CleanArgs),
    /// Show the logs of past offline transactions
    #[command(before_help = "Commands:")]
    Log(LogArgs),
    /// Prepare the system for the offline transaction, and reboot to start it
    #[command(before_help = "Commands:")]
    Reboot(RebootArgs),
    /// Show what waits for the next boot
    #[command(before_help = "Commands:")]
    Status(StatusArgs),
    /// Download everything that the transaction needs
    #[command(before_help = "Commands:")]
    Download(D),
}

#[derive(Debug, Clone, Args)]
struct DownloadArgs {
    /// Leave packages alone of which the new release has only older versions
    #[arg(long)]
    no_downgrade: bool,
    #[command(flatten)]
    erasing: AllowErasing,
}

impl SystemUpgradeArgs {
    /// Stores the upgrade to another release for the next boot, or looks after it.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        match self.action {
            SystemUpgrade::Clean(args) => args.run(cx),
            SystemUpgrade::Log(args) => args.run(cx),
            SystemUpgrade::Reboot(args) => args.run(cx),
            SystemUpgrade::Status(args) => args.run(cx),
            SystemUpgrade::Download(args) => args.run(cx),
        }
    }
}

impl OfflineUpgradeArgs {
    /// Stores an upgrade for the next boot, or looks after it.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        self.action.run(cx, "upgrade", UpgradeArgs::lower)
    }
}

impl OfflineDistroSyncArgs {
    /// Stores a synchronisation with the repositories for the next boot, or looks after it.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        self.action.run(cx, "distro-sync", DistroSyncArgs::lower)
    }
}

impl<D: Args> Shared<D> {
    /// `download` stands for a command with `--offline`.
    fn run(self, cx: &mut Context, verb: &'static str, lower: impl FnOnce(D) -> Change) -> CommandResult {
        match self {
            Shared::Clean(args) => args.run(cx),
            Shared::Log(args) => args.run(cx),
            Shared::Reboot(args) => args.run(cx),
            Shared::Status(args) => args.run(cx),
            Shared::Download(args) => {
                let change = lower(args);
                let keep = Keep { offline: true, ..change.keep.clone() };
                driver::run(cx, Change { keep, verb: Some(verb), ..change })
            }
        }
    }
}

impl DownloadArgs {
    fn run(self, cx: &mut Context) -> CommandResult {
        let DownloadArgs { no_downgrade, erasing } = self;
        let mut session = cx.open_quietly()?;
        session.check_privilege()?;
        let target = session.vars().get("releasever").unwrap_or_default().to_owned();
        if session.detected_release()?.unwrap_or_default() == target {
            let text = "Need a --releasever greater than the current system version.";
            return Err(Failure::Message(text.to_owned()));
        }
        let (groups, environments) = (session.state().groups().keys(), session.state().environments().keys());
        let comps: Vec<String> = groups.chain(environments).map(|id| format!("@{id}")).collect();
        drop(session);
        let operation = if no_downgrade { Operation::Upgrade } else { Operation::DistroSync };
        let mut request = Request::new(operation, Vec::<String>::new());
        if !comps.is_empty() {
            request.items.push(RequestItem { operation: Operation::Upgrade, specs: comps });
        }
        request.options.allow_erasing = erasing.allowerasing;
        let keep = Keep { offline: true, ..Keep::default() };
        driver::run(cx, Change { request, keep, ..Change::default() })
    }
}
