//! `offline`, and what `system-upgrade`, `offline-upgrade` and `offline-distrosync` share with it

use std::path::Path;
use std::sync::Arc;

use clap::{Args, Subcommand};
use oxidnf_engine::offline::{OfflineState, OfflineStatus, TRIGGER};
use oxidnf_engine::{Error, Session};

use super::revisit::Revisit;
use crate::boot::journal::{self, Boot, Message};
use crate::boot::power::{self, Power};
use crate::boot::splash;
use crate::context::{CommandResult, Context, Failure};
use crate::driver::{self, Change};
use crate::face::dnf5::history::local_time;
use crate::prompt::Terminal;
use crate::sanitize::one_line;

/// When set, the machine is neither restarted nor switched off.
const NO_REBOOT: &str = "DNF_SYSTEM_UPGRADE_NO_REBOOT";

/// Manage transactions that are performed at the next boot
#[derive(Debug, Clone, Args)]
pub struct OfflineArgs {
    #[command(subcommand)]
    action: OfflineAction,
}

#[derive(Debug, Clone, Subcommand)]
enum OfflineAction {
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
    /// Perform the transaction; for the system's own use at boot
    #[command(name = "_execute", before_help = "Commands:")]
    Execute(ExecuteArgs),
}

/// What `clean` takes.
#[derive(Debug, Clone, Args)]
pub struct CleanArgs {}

/// What `status` takes.
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {}

#[derive(Debug, Clone, Args)]
struct ExecuteArgs {}

/// What `log` takes.
#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// Which log to show; without it the logs are listed
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    number: Option<String>,
}

/// What `reboot` takes.
#[derive(Debug, Clone, Args)]
pub struct RebootArgs {
    /// Power off the system after the operation is complete
    #[arg(long)]
    poweroff: bool,
}

impl OfflineArgs {
    /// Looks at, schedules, performs or drops the transaction of the next boot.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        match self.action {
            OfflineAction::Clean(args) => args.run(cx),
            OfflineAction::Log(args) => args.run(cx),
            OfflineAction::Reboot(args) => args.run(cx),
            OfflineAction::Status(args) => args.run(cx),
            OfflineAction::Execute(ExecuteArgs {}) => execute(cx),
        }
    }
}

impl CleanArgs {
    /// Removes the stored transaction.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let CleanArgs {} = self;
        let session = open(cx)?;
        session.clean_offline()?;
        Ok(0)
    }
}

impl StatusArgs {
    /// Tells what waits.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let StatusArgs {} = self;
        let mut session = open(cx)?;
        let output = Arc::clone(&cx.output);
        let Some(state) = state(&session)? else {
            output.line("No offline transaction is stored.");
            return Ok(0);
        };
        let command = one_line(&state.cmd_line).into_owned();
        if state.status == OfflineStatus::DownloadIncomplete {
            output.line("No offline transaction is stored.");
        } else if state.status == OfflineStatus::TransactionIncomplete {
            output.line(
                "An offline transaction was started, but it did not finish. Run `dnf5 offline log` for more \
                 information. The command that initiated the transaction was:",
            );
            output.line(format!("\t{command}"));
        } else if let OfflineStatus::Other(word) = &state.status {
            output.line(format!("Unknown offline transaction status: `{}`", one_line(word)));
        } else if !session.offline_fits(&state)? {
            output.line(
                "The system has been modified since the offline transaction was prepared. The offline transaction \
                 initiated by the following command is no longer valid:",
            );
            output.line(format!("  {command}"));
            output.line("To reschedule, run the command above. To clean up, run `dnf5 offline clean`.");
        } else {
            output.line("An offline transaction was initiated by the following command:");
            output.line(format!("\t{command}"));
            output.line("Run `dnf5 offline reboot` to reboot and perform the offline transaction.");
        }
        Ok(0)
    }
}

impl LogArgs {
    /// Lists the boots with offline transactions, or shows the log of one.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let number = match self.number.as_deref().map(str::parse::<i64>) {
            None => None,
            Some(Ok(number)) => Some(number),
            Some(Err(_)) => {
                return Err(Failure::Message("Option '--number' has to be a number.".to_owned()));
            }
        };
        let _session = open(cx)?;
        let boots = journal::boots();
        let Some(number) = number else {
            print_boots(cx, &boots);
            return Ok(0);
        };
        let count = i64::try_from(boots.len()).unwrap_or(i64::MAX);
        let place = if number < 0 { count + number } else { number - 1 };
        let boot = usize::try_from(place).ok().and_then(|place| boots.get(place));
        let boot = boot.ok_or_else(|| Failure::Message("Cannot find logs with this index.".to_owned()))?;
        cx.output.flush();
        if journal::show(boot) {
            Ok(0)
        } else {
            Err(Failure::Message("Unable to match systemd journal entry.".to_owned()))
        }
    }
}

fn print_boots(cx: &Context, boots: &[Boot]) {
    if boots.is_empty() {
        cx.output.line("No logs were found.");
        return;
    }
    cx.output.line("The following boots appear to contain offline transaction logs:");
    for (place, boot) in boots.iter().enumerate() {
        let Boot { id, time, system_releasever, target_releasever } = boot;
        let time = local_time(i64::try_from(time / 1_000_000).unwrap_or(i64::MAX));
        cx.output.line(format!("{} / {id}: {time} {system_releasever}→{target_releasever}", place + 1));
    }
}

impl RebootArgs {
    /// Makes the next boot perform the transaction, and boots.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let RebootArgs { poweroff } = self;
        let mut session = open(cx)?;
        let Some(state) = state(&session)? else {
            return Err(Failure::Message("No offline transaction is stored.".to_owned()));
        };
        if !matches!(state.status, OfflineStatus::DownloadComplete | OfflineStatus::Ready) {
            return Err(Failure::Message("System is not ready for offline transaction.".to_owned()));
        }
        check_fit(&mut session, &state)?;
        let output = Arc::clone(&cx.output);
        match power::is_wanted() {
            Ok(true) => {}
            Ok(false) => return Err(Failure::Message(power::not_wanted())),
            Err(warning) => output.error(warning),
        }
        if state.verb == "system-upgrade download" {
            output
                .line(format!("The system will now reboot to upgrade to release version {}.", state.target_releasever));
        } else {
            output.line(
                "The system will now reboot to perform the offline transaction initiated by the following command:",
            );
            output.line(format!("\t{}", one_line(&state.cmd_line)));
        }
        output.flush();
        let mut terminal = Terminal::new(Arc::clone(&output), cx.answers(&session));
        if !terminal.confirm() {
            return Ok(0);
        }
        session.schedule_offline(poweroff)?;
        let (system, target) = (&state.system_releasever, &state.target_releasever);
        journal::send(Message::RebootRequested, "Rebooting to perform offline transaction.", system, target);
        change_power(cx, Power::Reboot)
    }
}

/// Restarts the machine or switches it off, unless the environment says no.
fn change_power(cx: &Context, power: Power) -> CommandResult {
    if cx.environment.variables.iter().any(|(name, _)| name == NO_REBOOT) {
        let what = if power == Power::Off { "powering off" } else { "rebooting" };
        cx.output.error(format!("{NO_REBOOT} is set, not {what}."));
        return Ok(0);
    }
    cx.output.flush();
    power::request(power).map_err(Failure::Message)?;
    Ok(0)
}

/// Opens a session for a command that needs the rights to change the system.
fn open(cx: &mut Context) -> Result<Session, Failure> {
    let mut session = cx.open_quietly()?;
    session.check_privilege()?;
    let mut terminal = Terminal::new(Arc::clone(&cx.output), cx.answers(&session));
    session.open_offline(&mut terminal)?;
    Ok(session)
}

fn state(session: &Session) -> Result<Option<OfflineState>, Failure> {
    session.offline_state().map_err(|error| match error {
        Error::Offline(error) => Failure::Message(format!(
            "Error reading state: {error}. Rerun the command you used to initiate the offline transaction, e.g. `dnf5 \
             system-upgrade download [OPTIONS]`."
        )),
        other => other.into(),
    })
}

fn check_fit(session: &mut Session, state: &OfflineState) -> Result<(), Failure> {
    if session.offline_fits(state)? {
        return Ok(());
    }
    Err(Failure::Message(format!(
        "The system has been modified since the offline transaction was prepared. To reschedule, run: {}",
        one_line(&state.cmd_line)
    )))
}

/// Performs the stored transaction at boot.
fn execute(cx: &mut Context) -> CommandResult {
    let mut session = open(cx)?;
    let output = Arc::clone(&cx.output);
    if std::fs::symlink_metadata(TRIGGER).is_err() {
        output.error("Trigger file does not exist. Exiting.");
        return Ok(0);
    }
    let directory = |path: &Path| std::fs::canonicalize(path).ok();
    let own = directory(&session.offline_place());
    if own.is_none() || directory(Path::new(TRIGGER)) != own {
        output.error("Another offline transaction tool is running. Exiting.");
        return Ok(0);
    }
    // First of all, so that a boot that fails here is not followed by one that fails in the same way.
    std::fs::remove_file(Path::new(TRIGGER))
        .map_err(|error| Failure::Message(format!("cannot remove {TRIGGER}: {error}")))?;
    let Some(state) = state(&session)? else {
        return Err(Failure::Message("No offline transaction is stored.".to_owned()));
    };
    if state.status != OfflineStatus::Ready {
        return Err(Failure::Message("Use `dnf5 offline reboot` to begin the transaction.".to_owned()));
    }
    check_fit(&mut session, &state)?;
    session.set_offline_status(OfflineStatus::TransactionIncomplete)?;
    let replay = session.offline_transaction()?;
    drop(session);
    splash::begin();
    let starting = "Starting offline transaction. This will take a while.";
    splash::message(starting);
    let (system, target) = (&state.system_releasever, &state.target_releasever);
    journal::send(Message::Started, starting, system, target);
    cx.at_boot(&state);
    let change = Change { past: Some(Revisit::given(replay)), at_boot: Some(state.clone()), ..Change::default() };
    driver::run(cx, change)?;
    let session = open(cx)?;
    session.clean_offline()?;
    let (power, ending) = if state.poweroff_after {
        (Power::Off, "Transaction complete! Cleaning up and powering off...")
    } else {
        (Power::Reboot, "Transaction complete! Cleaning up and rebooting...")
    };
    splash::message(ending);
    journal::send(Message::Finished, ending, system, target);
    let status = change_power(cx, power);
    output.info("Complete!");
    status
}
