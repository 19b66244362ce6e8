//! The commands that change the system, and the one way that all of them go (reference of tdnf, section 3.1).

use std::path::PathBuf;
use std::sync::Arc;

use oxidnf_core::plan::{Action, Plan};
use oxidnf_engine::request::RequestOptions;
use oxidnf_engine::rpm::{Checked, Rpm};
use oxidnf_engine::{CommitOptions, Downloaded, Load, Operation, Problem, Request, Resolved, Rule, Session};

use super::goal::{self, Goal, Lowering};
use super::updateinfo;
use crate::face::tdnf::context::{Context, Done};
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::faults;
use crate::face::tdnf::limits::OpenFiles;
use crate::face::tdnf::prompt::Terminal;
use crate::face::tdnf::render::{plan as table, problems};
use crate::face::tdnf::space;

/// `install SPEC…`
pub(super) fn install(cx: &Context) -> Done {
    let arguments = names(cx)?;
    // Files of source packages can be meant in no other way.
    if cx.has("source") || !cx.has("builddeps") && arguments.iter().all(|argument| goal::is_source_file(argument)) {
        return super::reposync::sources(cx, arguments);
    }
    if cx.has("nodeps") {
        return super::reposync::only_named(cx, arguments);
    }
    let mut session = load(cx, arguments)?;
    let goal = if cx.has("builddeps") {
        Lowering::new(cx, &session).build_dependencies(arguments)?
    } else {
        Lowering::new(cx, &session).install(arguments)?
    };
    run(cx, &mut session, goal, RequestOptions::default())
}

/// `update [SPEC…]`
pub(super) fn update(cx: &Context) -> Done {
    let arguments = cx.line.arguments();
    let mut session = load(cx, arguments)?;
    if updateinfo::limits(cx) {
        let names = updateinfo::names_to_update(cx, &session)?;
        if names.is_empty() {
            cx.console.result("0 updates.");
            return Ok(());
        }
        let goal = Lowering::new(cx, &session).update_names(names.iter().map(String::as_str));
        return run(cx, &mut session, goal, RequestOptions::default());
    }
    if arguments.is_empty() {
        let goal = Lowering::new(cx, &session).update_all(Operation::Upgrade);
        return run(cx, &mut session, goal, RequestOptions::default());
    }
    let goal = Lowering::new(cx, &session).update(arguments)?;
    // A version that was asked for, or the newest one: nothing less will do.
    run(cx, &mut session, goal, RequestOptions { best: Some(true), ..RequestOptions::default() })
}

/// `downgrade [SPEC…]`
pub(super) fn downgrade(cx: &Context) -> Done {
    let mut session = load(cx, &[])?;
    let goal = Lowering::new(cx, &session).downgrade(cx.line.arguments())?;
    run(cx, &mut session, goal, RequestOptions::default())
}

/// `distro-sync [SPEC…]`
pub(super) fn distro_sync(cx: &Context) -> Done {
    let mut session = load(cx, &[])?;
    let mut lowering = Lowering::new(cx, &session);
    lowering.check_names(cx.line.arguments())?;
    let mut goal = lowering.update_all(Operation::DistroSync);
    if cx.conf.distrosync_reinstall {
        goal.items.extend(goal::changed(&session));
    }
    run(cx, &mut session, goal, RequestOptions { allow_erasing: true, ..RequestOptions::default() })
}

/// `reinstall SPEC…`
pub(super) fn reinstall(cx: &Context) -> Done {
    let arguments = names(cx)?;
    let mut session = load(cx, arguments)?;
    let goal = Lowering::new(cx, &session).reinstall(arguments)?;
    run(cx, &mut session, goal, RequestOptions::default())
}

/// `erase SPEC…`
pub(super) fn erase(cx: &Context) -> Done {
    let arguments = names(cx)?;
    let mut session = load(cx, &[])?;
    let goal = Lowering::new(cx, &session).erase(arguments)?;
    run(cx, &mut session, goal, RequestOptions { allow_erasing: true, ..RequestOptions::default() })
}

/// `autoremove [SPEC…]`
pub(super) fn autoremove(cx: &Context) -> Done {
    let arguments = cx.line.arguments();
    let mut session = load(cx, &[])?;
    super::history::check_exists(&session)?;
    if arguments.is_empty() {
        let items = Request::new(Operation::Autoremove, Vec::<String>::new()).items;
        return run(cx, &mut session, Goal { items, ..Goal::default() }, RequestOptions::default());
    }
    let goal = Lowering::new(cx, &session).erase(arguments)?;
    let options = RequestOptions { allow_erasing: true, clean_requirements: Some(true), ..RequestOptions::default() };
    run(cx, &mut session, goal, options)
}

fn names(cx: &Context) -> Result<&[String], Failure> {
    let arguments = cx.line.arguments();
    if arguments.is_empty() { Err(Failure::new(number::PACKAGE_REQUIRED)) } else { Ok(arguments) }
}

/// Opens a session with what a change needs; package files among the arguments are read, too.
fn load(cx: &Context, arguments: &[String]) -> Result<Session, Failure> {
    let mut load = Load::transaction();
    load.command_line_packages = goal::files(arguments);
    if cx.has("alldeps") {
        // As if nothing were installed.
        load.system = false;
    }
    if updateinfo::limits(cx) {
        load.metadata.push("updateinfo".to_owned());
    }
    if cx.has("builddeps") {
        load.metadata.push("filelists".to_owned());
    }
    cx.loaded(&load)
}

/// Carries a goal out: resolve, show, ask, download, run.
pub(super) fn run(cx: &Context, session: &mut Session, goal: Goal, options: RequestOptions) -> Done {
    let Goal { items, asked } = goal;
    let options = RequestOptions {
        allow_erasing: options.allow_erasing || cx.has("allowerasing"),
        best: if cx.has("best") { Some(true) } else { options.best },
        skip_broken: Some(cx.has("skip-broken")),
        skip_unavailable: Some(cx.has("skip-broken")),
        ..options
    };
    let mut resolved = session
        .resolve(&Request { items, options, replay: None })
        .map_err(|error| faults::tell(&cx.console, &error))?;
    check(cx, &mut resolved, &asked)?;
    let only_reasons = resolved.plan.items.iter().all(|item| item.action == Action::ReasonChange);
    if only_reasons {
        if !resolved.plan.is_empty() && !cx.has("assumeno") {
            commit(cx, session, &resolved)?;
        }
        return Err(Failure::new(number::NOTHING_TO_DO));
    }
    resolved.destdir = cx.line.value("downloaddir").map(|dir| cx.environment.current_dir.join(dir));
    resolved.download_only = cx.has("downloadonly");
    if !confirmed(cx, &resolved.plan)? {
        return Ok(());
    }
    if cx.has("downloadonly") {
        session.download(&resolved, cx.progress.as_ref()).map_err(|error| faults::tell(&cx.console, &error))?;
        return Ok(());
    }
    commit(cx, session, &resolved)
}

/// Fails when there is no solution, or none that leaves locked packages alone.
fn check(cx: &Context, resolved: &mut Resolved, asked: &[String]) -> Done {
    if let Some(note) = resolved.notes.iter().find(|note| note.fatal) {
        cx.console.error(format!("{} package not found or not installed", note.spec));
        return Err(Failure::new(number::NO_MATCH));
    }
    let locked = &cx.conf.locked;
    let touches = |plan: &Plan| {
        let mut changes = plan.items.iter().filter(|item| item.action != Action::ReasonChange);
        changes.any(|item| locked.contains(&item.package.nevra.name))
    };
    if touches(&resolved.plan) {
        resolved.problems.push(Problem::Unsolvable { rules: vec![Rule::ConflictingRequests] });
    }
    let (conflicts, obsoletes) = (cx.has("skipconflicts"), cx.has("skipobsoletes"));
    let had_problems = !resolved.problems.is_empty();
    resolved.problems.retain(|problem| !problems::is_skipped(problem, conflicts, obsoletes, false));
    if !resolved.problems.is_empty() {
        let (lines, failure) = problems::render(&resolved.problems, asked);
        for line in lines {
            cx.console.error(line);
        }
        return Err(failure);
    }
    // Problems that are not to be told still leave nothing that could be done.
    if had_problems { Err(Failure::new(number::NOTHING_TO_DO)) } else { Ok(()) }
}

/// Shows what will happen and asks; `false` ends a run whose document is the answer.
pub(super) fn confirmed(cx: &Context, plan: &Plan) -> Result<bool, Failure> {
    space::check(&cx.conf.cachedir, plan)?;
    if cx.console.json {
        cx.console.document(&table::json(plan));
    }
    for line in table::table(plan, cx.console.width()) {
        cx.console.progress(line);
    }
    if cx.has("downloadonly") {
        cx.console.progress("tdnf will only download packages needed for the transaction");
    }
    match Terminal::new(cx).confirm()? {
        true => Ok(true),
        false if cx.console.json => Ok(false),
        false => Err(Failure::new(number::ABORTED)),
    }
}

/// Downloads, tests and runs.
fn commit(cx: &Context, session: &mut Session, resolved: &Resolved) -> Done {
    let tell = |error| faults::tell(&cx.console, &error);
    let downloaded = session.download(resolved, cx.progress.as_ref()).map_err(tell)?;
    if cx.console.verbose {
        tell_verification(cx, session, resolved, &downloaded)?;
    }
    let mut prompt = Terminal::new(cx);
    let changes = resolved.plan.items.iter().any(|item| item.action != Action::ReasonChange);
    if changes {
        cx.console.progress("Testing transaction");
    }
    let options = CommitOptions::default();
    let progress = Arc::clone(&cx.progress);
    let _limit = OpenFiles::limit(&cx.conf.root, cx.conf.openmax);
    let report = session.commit(resolved, &downloaded, &options, &mut prompt, progress.as_ref());
    prompt.outcome()?;
    let report = report.map_err(tell)?;
    for line in &report.aftermath {
        cx.console.error(format!("Error: {line}"));
    }
    Ok(())
}

/// Shows source packages, asks, and unpacks them.
pub(super) fn unpack(cx: &Context, session: &mut Session, plan: Plan) -> Done {
    if plan.is_empty() {
        return Err(Failure::new(number::NOTHING_TO_DO));
    }
    if !confirmed(cx, &plan)? {
        return Ok(());
    }
    let tell = |error| faults::tell(&cx.console, &error);
    let resolved = Resolved { plan, ..Resolved::default() };
    let downloaded = session.download(&resolved, cx.progress.as_ref()).map_err(tell)?;
    cx.console.progress("Testing transaction");
    if cx.has("testonly") {
        return Ok(());
    }
    let mut prompt = Terminal::new(cx);
    let unpacked = session.unpack_sources(&resolved, &downloaded, &mut prompt, cx.progress.as_ref());
    prompt.outcome()?;
    unpacked.map_err(tell)?;
    Ok(())
}

/// Shows what rpm finds out about the packages whose signatures are checked.
fn tell_verification(cx: &Context, session: &Session, resolved: &Resolved, downloaded: &Downloaded) -> Done {
    let checked = |id: &str| session.repos().iter().any(|repo| repo.id == id && repo.options.pkg_gpgcheck);
    let inbound = resolved.plan.inbound().zip(&downloaded.files);
    let paths: Vec<String> = inbound
        .filter(|(item, _)| checked(&item.package.repo_id))
        .map(|(_, path)| path.display().to_string())
        .collect();
    let tell = |error| faults::tell(&cx.console, &error);
    let rpm = Rpm::open(&cx.conf.root, &[]).map_err(tell)?;
    let (checked, _) = rpm.checksig(&paths).map_err(tell)?;
    for (path, checked) in paths.iter().zip(checked) {
        if let Checked::Read { items, .. } = checked {
            cx.console.progress(format!("{path}:"));
            for item in items {
                cx.console.progress(format!("    {item}"));
            }
        }
    }
    Ok(())
}

/// Returns where `--downloaddir` says that files belong, which must exist.
pub(super) fn downloaddir(cx: &Context) -> Option<PathBuf> {
    cx.line.value("downloaddir").map(|dir| cx.environment.current_dir.join(dir))
}

/// Shows a plan that was made without the solver, asks, and downloads it.
pub(super) fn download(cx: &Context, session: &Session, plan: Plan) -> Done {
    if plan.is_empty() {
        return Err(Failure::new(number::NOTHING_TO_DO));
    }
    if !confirmed(cx, &plan)? {
        return Ok(());
    }
    let resolved = Resolved { plan, destdir: downloaddir(cx), ..Resolved::default() };
    session.download(&resolved, cx.progress.as_ref()).map_err(|error| faults::tell(&cx.console, &error))?;
    Ok(())
}
