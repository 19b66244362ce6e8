//! `module`: looking at modules and deciding which streams are used

use clap::{Args, Subcommand};
use oxidnf_engine::modules::{ModuleAction, ModuleItem, ModuleSack, ModuleStatus};
use oxidnf_engine::{Load, Operation, Request, Session};

use super::options::{SkipBroken, SkipUnavailable};
use crate::context::{CommandResult, Context, Failure};
use crate::driver::{self, Change};
use crate::face::dnf5::modules;

/// Manage modules
#[derive(Debug, Clone, Args)]
pub struct ModuleArgs {
    #[command(subcommand)]
    action: Subaction,
}

#[derive(Debug, Clone, Subcommand)]
enum Subaction {
    /// List streams of modules
    #[command(before_help = "Query Commands:")]
    List(Selection),
    /// Show details of streams of modules
    #[command(before_help = "Query Commands:")]
    Info(Selection),
    /// Use streams of modules, and what they require
    #[command(before_help = "Stream Management Commands:")]
    Enable(EnableArgs),
    /// Forget what was decided about modules
    #[command(before_help = "Stream Management Commands:")]
    Reset(ChangeArgs),
    /// Use no stream of modules, not even the default one
    #[command(before_help = "Stream Management Commands:")]
    Disable(ChangeArgs),
}

#[derive(Debug, Clone, Default, Args)]
struct Selection {
    /// Show only enabled modules
    #[arg(long)]
    enabled: bool,
    /// Show only disabled modules
    #[arg(long)]
    disabled: bool,
    /// Patterns for name:stream:version:context:architecture
    #[arg(value_name = "module-spec")]
    specs: Vec<String>,
}

/// Arguments of `module enable`
#[derive(Debug, Clone, Default, Args)]
struct EnableArgs {
    #[command(flatten)]
    broken: SkipBroken,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    /// Modules, with their streams where that is not clear
    #[arg(required = true, value_name = "specs")]
    specs: Vec<String>,
}

/// Arguments of `module disable` and `module reset`
#[derive(Debug, Clone, Default, Args)]
struct ChangeArgs {
    #[command(flatten)]
    unavailable: SkipUnavailable,
    /// Modules
    #[arg(required = true, value_name = "specs")]
    specs: Vec<String>,
}

impl ModuleArgs {
    /// Prints modules, or changes which streams are used.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        match self.action {
            Subaction::List(selection) => selection.show(cx, modules::print_list),
            Subaction::Info(selection) => selection.show(cx, modules::print_details),
            Subaction::Enable(EnableArgs { broken, unavailable, specs }) => {
                let mut change = lower(ModuleAction::Enable, unavailable, specs);
                change.request.options.skip_broken = broken.skip_broken.then_some(true);
                driver::run(cx, change)
            }
            Subaction::Disable(ChangeArgs { unavailable, specs }) => {
                driver::run(cx, lower(ModuleAction::Disable, unavailable, specs))
            }
            Subaction::Reset(ChangeArgs { unavailable, specs }) => {
                driver::run(cx, lower(ModuleAction::Reset, unavailable, specs))
            }
        }
    }
}

fn lower(action: ModuleAction, unavailable: SkipUnavailable, specs: Vec<String>) -> Change {
    let mut request = Request::new(Operation::Module(action), specs);
    request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
    Change::new(request)
}

/// Prints some of the modules.
type Print = fn(&crate::output::Output, &ModuleSack, &[&ModuleItem]);

impl Selection {
    fn show(&self, cx: &mut Context, print: Print) -> CommandResult {
        let session = load(cx)?;
        let sack = session.modules();
        let mut chosen: Vec<&ModuleItem> = sack.items().filter(|item| self.has_status(sack, item)).collect();
        if chosen.is_empty() {
            self.tell_none(cx, &session);
            return Ok(0);
        }
        let mut missed = Vec::new();
        if !self.specs.is_empty() {
            let mut named: Vec<&ModuleItem> = Vec::new();
            for spec in &self.specs {
                let found = sack.matching_among(spec, &chosen);
                if found.is_empty() {
                    missed.push(spec);
                }
                named.extend(found);
            }
            chosen.retain(|item| named.iter().any(|other| std::ptr::eq(*other, *item)));
        }
        if chosen.is_empty() {
            cx.tell_no_matches(&session, true);
            return Ok(0);
        }
        print(&cx.output, sack, &chosen);
        missed.sort();
        missed.dedup();
        for spec in missed {
            cx.output.info(format!("No matches found for \"{spec}\"."));
        }
        Ok(0)
    }

    fn has_status(&self, sack: &ModuleSack, item: &ModuleItem) -> bool {
        (!self.enabled || sack.status(item) == ModuleStatus::Enabled)
            && (!self.disabled || sack.status(item) == ModuleStatus::Disabled)
    }

    fn tell_none(&self, cx: &Context, session: &Session) {
        let any = |status| session.modules().items().any(|item| session.modules().status(item) == status);
        let what = if self.enabled && !any(ModuleStatus::Enabled) {
            "are enabled"
        } else if self.disabled && !any(ModuleStatus::Disabled) {
            "are disabled"
        } else if session.modules().is_empty() {
            "exist"
        } else {
            return cx.tell_no_matches(session, true);
        };
        if !cx.tell_about_empty_installroot(session) {
            cx.output.info(format!("No matches found: no module streams {what}."));
        }
    }
}

fn load(cx: &mut Context) -> Result<Session, Failure> {
    let mut session = cx.open()?;
    cx.load(&mut session, &Load::query(), true)?;
    Ok(session)
}
