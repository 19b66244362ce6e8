//! The one way in which all commands that change the system go: load, resolve, show, ask, download, run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxidnf_core::event::Reporter;
use oxidnf_core::plan::Action;
use oxidnf_engine::advisories::AdvisoryMiss;
use oxidnf_engine::catalog::PackageId;
use oxidnf_engine::fixed::PlanFile;
use oxidnf_engine::offline::OfflineState;
use oxidnf_engine::request::{is_package_file, needs_filelists};
use oxidnf_engine::{CommitOptions, Error, Load, Operation, Request, RequestItem, Resolved, Session};

use crate::boot::splash::Splash;
use crate::commands::builddep::BuildInputs;
use crate::commands::download::{enable_debug_repositories, enable_source_repositories};
use crate::commands::lock;
use crate::commands::options::{Keep, print_misses};
use crate::commands::revisit::Revisit;
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::advisories::miss_sentence;
use crate::face::dnf5::progress::Progress;
use crate::face::dnf5::table::{self, SkippedPackage, Table};
use crate::face::dnf5::{errors, fixed, interrupted, problems};
use crate::grammar::UsageError;
use crate::outlet::{self, Outlet};
use crate::output::Output;
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
    /// What is done instead of running the transaction.
    pub keep: Keep,
    /// The command that a transaction for the next boot counts as; the one that was given if it is not set.
    pub verb: Option<&'static str>,
    /// The transaction was kept for the next boot, which is now.
    pub at_boot: Option<OfflineState>,
    /// Transactions of the past to go through again.
    pub past: Option<Revisit>,
    /// A plan that is to be carried out as it is.
    pub decided: Option<PlanFile>,
    /// A lock file whose requests are to be installed.
    pub locked: Option<PathBuf>,
    /// `--destdir`
    pub destdir: Option<PathBuf>,
    /// What is to be built, whose requirements are to be installed.
    pub build: Option<BuildInputs>,
    /// The repositories of the debug packages of enabled ones are enabled, too.
    pub debug_repositories: bool,
    /// What is wrong with the arguments, which dnf5 finds only when it has opened the system.
    pub mistake: Option<UsageError>,
    /// Whether paths among the arguments make it load the lists of files.
    pub looks_up_files: bool,
    /// What is wrong with the request, which dnf5 finds only when the packages are loaded.
    pub complaint: Option<String>,
}

/// Returns what dnf5 says when a package file is among what is to be removed.
pub fn unremovable_file(request: &Request) -> Option<String> {
    let removals = request.items.iter().filter(|item| matches!(item.operation, Operation::Remove));
    let file = removals.flat_map(|item| &item.specs).find(|spec| is_package_file(spec))?;
    Some(format!("Unsupported argument for REMOVE action: {file}"))
}

impl Change {
    /// Wraps a request.
    pub fn new(request: Request) -> Self {
        Change { request, ..Change::default() }
    }

    /// Returns what has to be loaded.
    fn load(&self) -> Load {
        let specs = || self.request.items.iter().flat_map(|item| &item.specs);
        let mut load = if self.system_only || self.at_boot.is_some() {
            Load { exclusive: true, ..Load::system_only() }
        } else {
            Load::transaction()
        };
        if !self.system_only {
            // witness: compat-tests/tests/odd_specs.rs
            let takes_files =
                |item: &&RequestItem| !matches!(item.operation, Operation::Remove | Operation::DistroSync);
            let taken = self.request.items.iter().filter(takes_files).flat_map(|item| &item.specs);
            load.command_line_packages = taken.filter(|spec| is_package_file(spec)).cloned().collect();
            load.command_line_packages.extend(self.decided.iter().flat_map(PlanFile::package_files));
            if self.looks_up_files && specs().any(|spec| needs_filelists(spec)) {
                load.metadata.push("filelists".to_owned());
            }
            if self.request.names_groups() || self.decided.as_ref().is_some_and(|plan| !plan.groups.is_empty()) {
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
    cx.from_repos.clone_from(&change.request.options.from_repo);
    let mut session = cx.open_quietly()?;
    let answers = cx.answers(&session);
    let verb = change.verb.unwrap_or(&cx.command);
    let outlet = Outlet::new(change.download_only, &change.keep, verb);
    let only_looks = answers.assume_no || outlet.only_looks() || cx.globals.plan.is_some();
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
    if change.keep.transient {
        let text = "Error: transient transactions are only supported on bootc systems.";
        return Err(Failure::Message(text.to_owned()));
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
    if change.build.as_ref().is_some_and(BuildInputs::names_packages) {
        enable_source_repositories(&mut session);
    }
    if change.debug_repositories {
        enable_debug_repositories(&mut session);
    }
    cx.load(&mut session, &load, true)?;
    if let Some(build) = change.build.take() {
        change.request.items = build.wishes(cx, &mut session)?;
    }
    if let Some(complaint) = change.complaint.take() {
        return Err(Failure::Message(complaint));
    }
    if let Some(mut past) = change.past.take() {
        let packages = past.read(&cx.output)?;
        if !packages.is_empty() {
            session.add_stored(&packages)?;
        }
        change.request.replay = Some(past.replay(&cx.output, &session)?);
    }
    check_fixed(cx, &mut session, locked.as_deref(), change.decided.as_ref())?;
    check_advisories(cx, &session, &change.request)?;
    let mut resolved = session.resolve(&change.request)?;
    resolved.destdir = change.destdir.clone().or_else(|| outlet.packages(&session));
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
    let anything = show(cx, &session, &resolved)?;
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
    if change.at_boot.is_none() {
        table::print_sizes(&output, &resolved.plan, &resolved.sizes);
        outlet.announce(cx, &session);
    } else {
        output.line("");
    }
    let mut terminal = Terminal::new(Arc::clone(&output), answers);
    output.flush();
    if !terminal.confirm() {
        output.error("Operation aborted by the user.");
        return Err(Failure::Silent);
    }
    outlet.begin(cx, &session, &mut terminal)?;
    finish(cx, &mut session, &resolved, &outlet, change.at_boot.as_ref(), &mut terminal)
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

/// Says which choices of advisories nothing meets; a name or a reference that does not exist ends the run, unless what
/// is unavailable is to be skipped.
// witness: compat-tests/tests/decided/missing_reference_is_skipped.case
fn check_advisories(cx: &Context, session: &Session, request: &Request) -> Result<(), Failure> {
    let Some(filter) = &request.options.advisories else { return Ok(()) };
    let misses = session.select_advisories(Some(filter))?.misses;
    let config = &session.config().options;
    let skips = request.options.skip_unavailable.unwrap_or_else(|| config.skip_unavailable.value());
    if let Some(miss) = misses.iter().find(|miss| !skips && **miss != AdvisoryMiss::Filters) {
        return Err(Failure::Message(miss_sentence(miss)));
    }
    print_misses(cx, &misses);
    Ok(())
}

/// Shows what will happen; tells whether anything will.
fn show(cx: &Context, session: &Session, resolved: &Resolved) -> Result<bool, Failure> {
    let skipped = &resolved.skipped;
    if !resolved.is_empty() || !skipped.conflicting.is_empty() || !skipped.broken.is_empty() {
        print_table(&cx.output, session, resolved);
    }
    if cx.globals.show_new_leaves && !resolved.is_empty() {
        table::print_new_leaves(&cx.output, &session.new_leaves(&resolved.plan)?);
    }
    Ok(!resolved.is_empty())
}

/// Prints the table of what will happen and of what is skipped.
pub(crate) fn print_table(output: &Output, session: &Session, resolved: &Resolved) {
    let skipped = |packages: &[oxidnf_engine::PackageRef]| -> Vec<SkippedPackage> {
        packages.iter().map(|package| skipped_package(session, package.id, &package.repo)).collect()
    };
    let conflicts = skipped(&resolved.skipped.conflicting);
    let broken = skipped(&resolved.skipped.broken);
    let (plan, groups) = (&resolved.plan, &resolved.groups[..]);
    let modules = &resolved.modules;
    let table = Table { plan, groups, modules, skipped_conflicts: &conflicts, skipped_broken: &broken };
    table::print(output, &table);
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
    outlet: &Outlet,
    at_boot: Option<&OfflineState>,
    terminal: &mut Terminal,
) -> CommandResult {
    let output = &cx.output;
    let progress = Progress::new(Arc::clone(output));
    let inbound = resolved.plan.inbound().count();
    let fetched = resolved.plan.inbound().filter(|item| !session.is_at_hand(&item.package.repo_id)).count();
    progress.downloads(fetched);
    let downloaded = session.download(resolved, &progress);
    progress.end();
    let downloaded = downloaded?;
    match outlet {
        Outlet::Run => {}
        Outlet::Download | Outlet::DownloadForBoot => {
            output.info("Complete!");
            return Ok(0);
        }
        Outlet::Store(path) => return outlet::store(cx, session, resolved, &downloaded, path),
        Outlet::NextBoot(command) => return outlet::keep(cx, session, resolved, &downloaded, command, terminal),
    }
    if at_boot.is_none() {
        output.info("Running transaction");
    }
    let outbound = resolved.plan.items.iter().filter(|item| item.action.is_outbound()).count();
    let reasons = resolved.plan.items.iter().filter(|item| item.action == Action::ReasonChange).count();
    let changes = resolved.plan.items.len() > reasons;
    // Steps: one for each package, the preparation, and the verification when files come in; dnf5 counts changes of
    // reasons, which it never shows.
    let verifies = inbound > 0 && session.verifies_packages()?;
    let steps = inbound + outbound + reasons + usize::from(changes) + usize::from(verifies);
    progress.transaction(steps);
    let description = at_boot.map(|state| state.cmd_line.clone());
    let options = CommitOptions { description, ..CommitOptions::default() };
    let splash = at_boot.map(|_| Splash::new(&progress, steps));
    let reporter: &dyn Reporter = splash.as_ref().map_or(&progress, |splash| splash);
    let report = session.commit(resolved, &downloaded, &options, terminal, reporter);
    progress.end();
    let report = match report {
        Ok(report) => report,
        Err(error) => return Err(Failure::Engine(Box::new(error), session.repos().to_vec())),
    };
    errors::print_unchecked(output, &report);
    for problem in &report.aftermath {
        output.error(problem);
    }
    if at_boot.is_none() {
        outlet::print_invalidated(cx, session);
        output.info("Complete!");
    }
    Ok(0)
}
