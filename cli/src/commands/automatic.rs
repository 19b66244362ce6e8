//! `automatic`

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use oxidnf_core::conf::Priority;
use oxidnf_core::plan::Plan;
use oxidnf_engine::config::{AutomaticConfig, ConfigNote, Reboot, UpgradeType};
use oxidnf_engine::request::AdvisoryFilter;
use oxidnf_engine::{CommitOptions, Error, Load, Operation, Request, Resolved, Session};
use oxidnf_plugins::report::run_shell;

use super::needs_restarting::{CORE, advised};
use crate::context::{CommandResult, Context, Failure};
use crate::driver::print_table;
use crate::face::dnf5::automatic::{Narration, ReportText, Stage, short_message};
use crate::face::dnf5::{errors, interrupted, problems};
use crate::output::Output;
use crate::prompt::Terminal;
use crate::unfinished;

mod emitters;

/// An alternative CLI to 'dnf upgrade' suitable to be executed automatically and regularly.
#[derive(Debug, Clone, Default, Args)]
pub struct AutomaticArgs {
    /// Apply random delay before execution.
    #[arg(long)]
    timer: bool,
    /// Automatically download updated packages
    #[arg(long)]
    downloadupdates: bool,
    /// Do not automatically download updated packages
    #[arg(long)]
    no_downloadupdates: bool,
    /// Automatically install downloaded updates
    #[arg(long)]
    installupdates: bool,
    /// Do not automatically install downloaded updates
    #[arg(long)]
    no_installupdates: bool,
}

/// How a run ended, for those who read of it.
pub(crate) struct Report {
    /// What happened, line by line.
    pub(crate) text: String,
    /// The sentence that sums it up.
    pub(crate) summary: String,
}

impl AutomaticArgs {
    /// Looks for upgrades, downloads and installs them as far as the configuration says, and reports.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let mut session = cx.open_changed(|settings| settings.automatic = true)?;
        tell_old_places(cx, &session);
        let mut config = session.config().automatic.clone().unwrap_or_default();
        self.override_config(&mut config);
        if self.timer {
            sleep(random_delay(*config.random_sleep.get()));
        }
        let stage = stage(&config);
        if session.has_interrupted() {
            if stage == Stage::Apply {
                unfinished::settle(cx, &mut session)?;
                // What was read belongs to the time before.
                drop(session);
                session = cx.open_changed(|settings| settings.automatic = true)?;
            } else {
                interrupted::print_hint(&cx.output);
            }
        }
        if stage == Stage::Apply {
            session.check_privilege()?;
        }
        session.wait_for_network(Duration::from_secs(u64::try_from(*config.network_online_timeout.get()).unwrap_or(0)));
        let run = Run::new(cx, &config, stage);
        run.load(cx, &mut session)?;
        let resolved = run.resolve(&mut session)?;
        let nothing = resolved.is_empty() || resolved.is_failed();
        let success = nothing || run.carry_out(cx, &mut session, &resolved);
        if success && nothing && !*config.emit_no_updates.get() {
            return Ok(0);
        }
        let upgrades = resolved.plan.outbound().count();
        let summary = short_message(stage, nothing, success.then_some(upgrades));
        emitters::emit(cx, &session, &config, &Report { text: run.report.text(), summary })?;
        if !success {
            return Err(Failure::Silent);
        }
        if !nothing && stage == Stage::Apply && reboots(&session, &config, &resolved.plan)? {
            reboot(cx, config.reboot_command.get())?;
        }
        Ok(0)
    }

    /// Applies the options of the command line, which win over the configuration.
    fn override_config(&self, config: &mut AutomaticConfig) {
        let AutomaticArgs { timer: _, downloadupdates, no_downloadupdates, installupdates, no_installupdates } = *self;
        for (given, value) in [(downloadupdates, true), (no_downloadupdates, false)] {
            if given {
                config.download_updates.set(Priority::CommandLine, value);
            }
        }
        for (given, value) in [(installupdates, true), (no_installupdates, false)] {
            if given {
                config.apply_updates.set(Priority::CommandLine, value);
            }
        }
    }
}

/// Tells of configuration files in places that are not documented any more.
fn tell_old_places(cx: &Context, session: &Session) {
    for note in &session.config().notes {
        if let ConfigNote::OldPlace { path } = note {
            cx.output.error(format!(
                "Warning: Configuration file location \"{}\" for dnf automatic is deprecated. See dnf5-automatic(8) for \
                 details.",
                path.display()
            ));
        }
    }
}

fn stage(config: &AutomaticConfig) -> Stage {
    match (*config.apply_updates.get(), *config.download_updates.get()) {
        (true, _) => Stage::Apply,
        (false, true) => Stage::Download,
        (false, false) => Stage::Check,
    }
}

/// Returns some time from nothing to this many seconds.
///
/// It keeps many machines from asking a server at once, for which the parts of a second at which they started are as
/// good as any dice.
fn random_delay(most: u32) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mixed =
        (u64::from(now.subsec_nanos()) ^ (u64::from(std::process::id()) << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Duration::from_secs(((mixed >> 32) * (u64::from(most) + 1)) >> 32)
}

/// A run and what it reports.
struct Run<'a> {
    config: &'a AutomaticConfig,
    stage: Stage,
    report: ReportText,
    output: Output,
}

impl<'a> Run<'a> {
    fn new(cx: &Context, config: &'a AutomaticConfig, stage: Stage) -> Self {
        let report = ReportText::default();
        let mut output = report.output();
        output.set_quiet(cx.output.quiet());
        Run { config, stage, report, output }
    }

    /// Loads the packages; what goes wrong there is no matter of the report.
    fn load(&self, cx: &Context, session: &mut Session) -> Result<(), Failure> {
        let mut load = Load::transaction();
        // Without changes the system must only stay as it is while it is looked at.
        load.exclusive = self.stage == Stage::Apply;
        let asks_advisories =
            *self.config.upgrade_type.get() == UpgradeType::Security || *self.config.reboot.get() == Reboot::WhenNeeded;
        if asks_advisories {
            load.metadata.push("updateinfo".to_owned());
        }
        self.output.info("Updating and loading repositories:");
        let mut terminal = Terminal::new(Arc::clone(&cx.output), cx.answers(session));
        let loaded = session.load(&load, &mut terminal, &Narration::new(&self.report));
        loaded.map_err(|error| Failure::Engine(Box::new(error), session.repos().to_vec()))?;
        self.output.info("Repositories loaded.");
        Ok(())
    }

    /// Decides what is to be done and reports it.
    fn resolve(&self, session: &mut Session) -> Result<Resolved, Error> {
        let operation = match self.config.upgrade_type.get() {
            UpgradeType::Default | UpgradeType::Security => Operation::Upgrade,
            UpgradeType::DistroSync => Operation::DistroSync,
        };
        let mut request = Request::new(operation, Vec::<String>::new());
        if *self.config.upgrade_type.get() == UpgradeType::Security {
            let types = vec!["security".to_owned()];
            request.options.advisories = Some(AdvisoryFilter { types, ..AdvisoryFilter::default() });
        }
        let resolved = session.resolve(&request)?;
        self.output.line("");
        self.output.line("Resolved transaction:");
        problems::print_remarks(&self.output, &resolved);
        if !resolved.is_empty() && !resolved.is_failed() {
            print_table(&self.output, session, &resolved);
        }
        Ok(resolved)
    }

    /// Downloads and installs as far as this run goes; tells whether that went well.
    fn carry_out(&self, cx: &Context, session: &mut Session, resolved: &Resolved) -> bool {
        if self.stage == Stage::Check {
            return true;
        }
        self.output.line("Downloading packages:");
        let downloaded = match session.download(resolved, &Narration::new(&self.report)) {
            Ok(downloaded) => downloaded,
            // Each file that could not be had has a line already.
            Err(Error::Download { .. }) => return false,
            Err(error) => {
                errors::print(&self.output, &error, session.repos());
                return false;
            }
        };
        self.output.line("Packages downloaded.");
        if self.stage == Stage::Download {
            return true;
        }
        self.output.line("Running transaction:");
        let mut terminal = Terminal::new(Arc::clone(&cx.output), cx.answers(session));
        let narration = Narration::of_plan(&self.report, &resolved.plan);
        match session.commit(resolved, &downloaded, &CommitOptions::default(), &mut terminal, &narration) {
            Ok(report) => {
                for problem in &report.aftermath {
                    self.output.error(problem);
                }
                self.output.line("Transaction finished.");
                true
            }
            Err(error) => {
                errors::print(&self.output, &error, session.repos());
                false
            }
        }
    }
}

/// Tells whether the system is to be booted again after a plan was carried out.
fn reboots(session: &Session, config: &AutomaticConfig, plan: &Plan) -> Result<bool, Error> {
    Ok(match config.reboot.get() {
        Reboot::Never => false,
        Reboot::WhenChanged => true,
        Reboot::WhenNeeded => {
            let advised: BTreeSet<String> = advised(&session.advisories()?);
            let configured = session.suggested_reboots()?;
            plan.items.iter().any(|item| {
                let nevra = &item.package.nevra;
                CORE.contains(&nevra.name.as_str())
                    || configured.contains(&nevra.name)
                    || advised.contains(&nevra.with_epoch().to_string())
            })
        }
    })
}

fn reboot(cx: &Context, command: &str) -> Result<(), Failure> {
    cx.output.flush();
    let status = run_shell(command)
        .map_err(|error| Failure::Message(format!("Error: cannot run reboot command \"{command}\": {error}")))?;
    if status.success() {
        return Ok(());
    }
    let code = status.code().unwrap_or(0);
    Err(Failure::Message(format!("Error: reboot command returned nonzero exit code: {code}")))
}
