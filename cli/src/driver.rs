//! The one way in which all commands that change the system go: load, resolve, show, ask, download, run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxidnf_core::plan::Action;
use oxidnf_engine::advisories::AdvisoryMiss;
use oxidnf_engine::catalog::PackageId;
use oxidnf_engine::fixed::PlanFile;
use oxidnf_engine::request::{is_package_file, needs_filelists};
use oxidnf_engine::{CommitOptions, Error, Load, Operation, Request, Resolved, Session};

use crate::commands::lock;
use crate::commands::options::print_misses;
use crate::commands::revisit::Revisit;
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::advisories::miss_sentence;
use crate::face::dnf5::progress::Progress;
use crate::face::dnf5::table::{self, SkippedPackage, Table};
use crate::face::dnf5::{errors, fixed, interrupted, problems};
use crate::grammar::UsageError;
use crate::prompt::Terminal;
use crate::unfinished;

/// What a changing command wants besides its request.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The request.
    pub request: Request,
    /// Only installed packages matter.
    pub system_only: bool,
    /// `--downloadonly`
    pub download_only: bool,
    /// Transactions of the past to go through again.
    pub past: Option<Revisit>,
    /// A plan that is to be carried out as it is.
    pub decided: Option<PlanFile>,
    /// A lock file whose requests are to be installed.
    pub locked: Option<PathBuf>,
    /// `--destdir`
    pub destdir: Option<PathBuf>,
    /// What is wrong with the arguments, which dnf5 finds only when it has opened the system.
    pub mistake: Option<UsageError>,
    /// What is wrong with the request, which dnf5 finds only when the packages are loaded.
    pub complaint: Option<String>,
}

impl Change {
    /// Wraps a request.
    pub fn new(request: Request) -> Self {
        Change { request, ..Change::default() }
    }

    /// Returns what has to be loaded.
    fn load(&self) -> Load {
        let specs = || self.request.items.iter().flat_map(|item| &item.specs);
        let mut load =
            if self.system_only { Load { exclusive: true, ..Load::system_only() } } else { Load::transaction() };
        if !self.system_only {
            load.command_line_packages = specs().filter(|spec| is_package_file(spec)).cloned().collect();
            load.command_line_packages.extend(self.decided.iter().flat_map(PlanFile::package_files));
            if specs().any(|spec| needs_filelists(spec)) {
                load.metadata.push("filelists".to_owned());
            }
            if self.request.names_groups() {
                load.metadata.push("comps".to_owned());
            }
            if self.request.options.advisories.is_some() || self.request.options.minimal {
                load.metadata.push("updateinfo".to_owned());
            }
        }
        load
    }
}

/// Carries a change out and returns the exit status.
pub fn run(cx: &mut Context, change: Change) -> CommandResult {
    let mut session = cx.open_quietly()?;
    let answers = cx.answers(&session);
    let only_looks = answers.assume_no || change.download_only || cx.globals.plan.is_some();
    if session.has_interrupted() && only_looks {
        interrupted::print_hint(&cx.output);
    } else if session.has_interrupted() {
        unfinished::settle(cx, &mut session)?;
        // What was read belongs to the time before.
        drop(session);
        session = cx.open_quietly()?;
    }
    if !only_looks {
        session.check_privilege()?;
    }
    let mut change = change;
    let locked = change.locked.clone().or_else(|| cx.globals.locked.clone());
    if let Some(path) = &locked {
        let architecture = session.vars().get("basearch").unwrap_or_default();
        let set = lock::locked_set(path, architecture)?;
        if change.locked.is_some() {
            change.request = Request::new(Operation::Install, set.requests.clone());
        }
        session.lock_to(set);
    }
    let mut load = change.load();
    // Without changes the system must only stay as it is while it is looked at.
    load.exclusive = !only_looks;
    if let Some(mistake) = change.mistake {
        let locks = Load { available: false, ..load };
        cx.load(&mut session, &locks, true)?;
        return Err(mistake.into());
    }
    cx.load(&mut session, &load, true)?;
    if let Some(complaint) = change.complaint.take() {
        return Err(Failure::Message(complaint));
    }
    if let Some(past) = change.past.take() {
        change.request.replay = Some(past.replay(&cx.output, &session)?);
    }
    check_fixed(cx, &mut session, locked.as_deref(), change.decided.as_ref())?;
    check_advisories(cx, &session, &change.request)?;
    let mut resolved = session.resolve(&change.request)?;
    resolved.destdir.clone_from(&change.destdir);
    resolved.download_only = change.download_only;
    let output = Arc::clone(&cx.output);
    if resolved.is_failed() {
        problems::print_failure(&output, &resolved, &|| cx.tell_about_empty_installroot(&session), &|option| {
            cx.owns(option)
        });
        return Err(Failure::Silent);
    }
    if let Some(plan) = &change.decided {
        let departures = session.departures(plan, &resolved)?;
        if !departures.is_empty() {
            fixed::print_differences(&output, &departures);
            return Err(Failure::Silent);
        }
    }
    problems::print_remarks(&output, &resolved);
    let anything = show(cx, &session, &resolved);
    if !anything {
        output.line("Nothing to do.");
    }
    problems::print_vendor_changes(&output, &resolved.vendor_restricted, &|option| cx.owns(option));
    if let Some(path) = &cx.globals.plan {
        session.plan_file(&resolved)?.write(path).map_err(Error::from)?;
        output.info(format!("The plan is in {}; \"apply\" carries it out.", path.display()));
        return Ok(0);
    }
    if !anything {
        return Ok(0);
    }
    table::print_sizes(&output, &resolved.plan, &resolved.sizes);
    if change.download_only {
        output.error("The operation will only download packages for the transaction.");
    } else if session.config().options.tsflags.get().iter().any(|flag| flag == "test") {
        output.error(
            "Test mode enabled: Only package downloads, OpenPGP key installations and transaction checks will be performed.",
        );
    }
    let mut terminal = Terminal::new(Arc::clone(&output), answers);
    output.flush();
    if !terminal.confirm() {
        output.error("Operation aborted by the user.");
        return Err(Failure::Silent);
    }
    finish(cx, &mut session, &resolved, change.download_only, &mut terminal)
}

/// Ends the run when a plan was made on another system, or when locked packages cannot be had.
fn check_fixed(
    cx: &Context,
    session: &mut Session,
    locked: Option<&Path>,
    plan: Option<&PlanFile>,
) -> Result<(), Failure> {
    let unmet = session.unmet_locks();
    if let (false, Some(path)) = (unmet.is_empty(), locked) {
        fixed::print_unmet(&cx.output, &path.to_string_lossy(), &unmet);
        return Err(Failure::Silent);
    }
    let Some(plan) = plan else { return Ok(()) };
    let changes = session.changes_since(plan);
    if !changes.is_empty() {
        fixed::print_differences(&cx.output, &changes);
        return Err(Failure::Silent);
    }
    session.follow_plan();
    Ok(())
}

/// Says which choices of advisories nothing meets; a name or a reference that does not exist ends the run.
fn check_advisories(cx: &Context, session: &Session, request: &Request) -> Result<(), Failure> {
    let Some(filter) = &request.options.advisories else { return Ok(()) };
    let misses = session.select_advisories(Some(filter))?.misses;
    if let Some(miss) = misses.iter().find(|miss| **miss != AdvisoryMiss::Filters) {
        return Err(Failure::Message(miss_sentence(miss)));
    }
    print_misses(cx, &misses);
    Ok(())
}

/// Shows what will happen; tells whether anything will.
fn show(cx: &Context, session: &Session, resolved: &Resolved) -> bool {
    let skipped = |packages: &[oxidnf_engine::PackageRef]| -> Vec<SkippedPackage> {
        packages.iter().map(|package| skipped_package(session, package.id, &package.repo)).collect()
    };
    let conflicts = skipped(&resolved.skipped.conflicting);
    let broken = skipped(&resolved.skipped.broken);
    let (plan, groups) = (&resolved.plan, &resolved.groups[..]);
    let table = Table { plan, groups, skipped_conflicts: &conflicts, skipped_broken: &broken };
    if !resolved.is_empty() || !conflicts.is_empty() || !broken.is_empty() {
        table::print(&cx.output, &table);
    }
    !resolved.is_empty()
}

fn skipped_package(session: &Session, id: PackageId, repo: &str) -> SkippedPackage {
    let package = session.sack().package(id);
    SkippedPackage {
        name: package.name().to_owned(),
        arch: package.arch().to_owned(),
        evr: package.evr().to_string(),
        repo_id: repo.to_owned(),
        install_size: package.install_size(),
    }
}

fn finish(
    cx: &Context,
    session: &mut Session,
    resolved: &Resolved,
    download_only: bool,
    terminal: &mut Terminal,
) -> CommandResult {
    let output = &cx.output;
    let progress = Progress::new(Arc::clone(output));
    let inbound = resolved.plan.inbound().count();
    let at_hand = |repo: &str| repo == oxidnf_core::plan::COMMANDLINE_REPO;
    let fetched = resolved.plan.inbound().filter(|item| !at_hand(&item.package.repo_id)).count();
    progress.downloads(fetched);
    let downloaded = session.download(resolved, &progress);
    progress.end();
    let downloaded = downloaded?;
    if download_only {
        output.info("Complete!");
        return Ok(0);
    }
    output.info("Running transaction");
    let outbound = resolved.plan.items.iter().filter(|item| item.action.is_outbound()).count();
    let reasons = resolved.plan.items.iter().filter(|item| item.action == Action::ReasonChange).count();
    let changes = resolved.plan.items.len() > reasons;
    // Steps: one for each package, the preparation, and the verification when files come in; dnf5 counts changes of
    // reasons, which it never shows.
    let verifies = inbound > 0 && session.verifies_packages()?;
    let steps = inbound + outbound + reasons + usize::from(changes) + usize::from(verifies);
    progress.transaction(steps);
    let report = session.commit(resolved, &downloaded, &CommitOptions::default(), terminal, &progress);
    progress.end();
    let report = match report {
        Ok(report) => report,
        Err(error) => return Err(Failure::Engine(Box::new(error), session.repos().to_vec())),
    };
    errors::print_unchecked(output, &report);
    for problem in &report.aftermath {
        output.error(problem);
    }
    output.info("Complete!");
    Ok(0)
}
