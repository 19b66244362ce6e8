//! Running a plan: locks, checks, the rpm transaction, state and history (reference of dnf5, section 7).

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxidnf_core::conf::Priority;
use oxidnf_core::event::{Event, Outcome as TaskOutcome, Reporter, Task, TaskId};
use oxidnf_core::package_file::PackageFile;
use oxidnf_core::{Action, Nevra, Plan, PlanItem, Reason, Reldep, Verified};
use oxidnf_repo::cache::TemporaryFiles;
use oxidnf_rpmdb::{Access, LockKind, RpmDb};
use oxidnf_transaction::{
    Element, ElementEnd, Interrupted, Journal, Outcome, Prepared, Problem, Refusal, Times, TransactionError,
    VerifyLevel, replaced_by_upgrade,
};

use super::{Session, groups, settle};
use crate::clock::Stopwatch;
use crate::commit::{CommitOptions, FailedElement, FailedScriptlet, Report};
use crate::download::Downloaded;
use crate::error::{CheckPhase, Error, chain};
use crate::history::{History, NewItem, NewTransaction, RunningTransaction, TransactionState};
use crate::journal::Notes;
use crate::locks::{TransactionDetails, TransactionLock};
use crate::log::Level;
use crate::prompt::Prompt;
use crate::resolved::Resolved;
use crate::state::State;
use crate::tsflags;

impl Session {
    pub(super) fn run_transaction(
        &mut self,
        resolved: &Resolved,
        downloaded: &Downloaded,
        options: &CommitOptions,
        prompt: &mut dyn Prompt,
        reporter: &dyn Reporter,
    ) -> Result<Report, Error> {
        if resolved.is_failed() {
            return Err(Error::Unresolved);
        }
        // Asked before the lock was taken, and not again: opening and closing a locked file would end the lock.
        if self.lock.is_none() {
            self.check_privilege()?;
        }
        let mut flags = tsflags::parse(&self.config.options.tsflags.get())?;
        flags.test |= options.test;
        let plan = &resolved.plan;
        let inbound: Vec<&PlanItem> = plan.inbound().collect();
        let mut watch = Stopwatch::start();
        let checked = self.verify_files(&inbound, downloaded, (prompt, reporter))?;
        watch.lap("verify");
        let mut report = Report::new(checked.unchecked.into_iter().collect(), downloaded.files.clone());
        let path = self.db_path()?;
        let target = self.roots.target.clone();
        let description = options.description.clone().unwrap_or_else(|| self.settings.arguments.join(" "));
        let comment = options.comment.clone().or_else(|| self.settings.comment.clone()).unwrap_or_default();
        let _lock = TransactionLock::take(&target, &self.details(&description, &comment))?;
        if self.has_interrupted() {
            return Err(Error::Unfinished);
        }
        let database = |operation: &'static str| {
            let path = path.clone();
            move |source| Error::Database { operation, path, source: Error::boxed(source) }
        };
        let db = RpmDb::open(&target, &path, Access::Write).map_err(database("open"))?;
        let _rpm_lock = db.lock(LockKind::Exclusive).map_err(database("lock"))?;
        let mut settings = self.transaction_settings(plan, flags)?;
        let failed = |source| Error::Transaction { source: Error::boxed(source) };
        let by_rpm = |package: &Verified<PackageFile>| replaced_by_upgrade(&db, package.get().header(), settings.color);
        let elements = elements(plan, checked.packages, by_rpm).map_err(failed)?;
        let unplanned = unplanned(plan, &elements, &db);
        if !unplanned.is_empty() {
            let problems = vec![unplanned_removal(&unplanned)];
            let unchecked = report.unchecked.clone();
            return Err(Error::TransactionCheck { phase: CheckPhase::Check, problems, unchecked });
        }
        settings.signatures = self.signature_judge(&elements)?;
        let verified = settings.verify != VerifyLevel::None;
        watch.lap("open");
        let prepared = Prepared::new(elements, &db, &target, settings).map_err(|error| {
            match not_taken(&error, plan, &downloaded.files) {
                Some(problems) => {
                    Error::TransactionCheck { phase: CheckPhase::Check, problems, unchecked: report.unchecked.clone() }
                }
                None => failed(error),
            }
        })?;
        // Silent, as dnf5's test is: what it is about to say belongs to the run.
        let tested = prepared.test(&Warnings(reporter)).map_err(|refusal| match refusal {
            Refusal::Problems(problems) => {
                let (phase, problems) = refused(&problems, plan, &self.users_files(plan, &downloaded.files));
                Error::TransactionCheck { phase, problems, unchecked: report.unchecked.clone() }
            }
            Refusal::Error(error) => failed(error),
        })?;
        if flags.test {
            report.test_only = true;
            return Ok(report);
        }
        watch.lap("prepare");
        self.each_plugin(|plugin, cx| plugin.pre_transaction(cx, plan))?;
        let new = NewTransaction {
            begin: self.clock.recorded(),
            rpmdb_begin: db.cookie().map_err(database("read"))?,
            releasever: self.vars.get("releasever").unwrap_or_default().to_owned(),
            user_id: login_user(),
            description,
            comment,
            groups: self.history_groups(resolved),
            items: history_items(resolved, self.clock.is_limited()),
        };
        let history = History::open_write(&target, &self.config.history_file())?;
        let running = history.begin(&new)?;
        report.history_id = Some(running.id());
        // dnf5 notices this when it writes the state, and leaves the transaction started.
        let unknown = plan.items.iter().filter(|item| item.reason == Reason::Group).find_map(|item| {
            let nameless = (item.action == Action::ReasonChange).then(String::new);
            let id = &item.group_id.clone().or(nameless)?;
            let comes = resolved.groups.iter().any(|change| change.subject.id() == id);
            (!comes && !self.state.groups().contains_key(id)).then(|| id.clone())
        });
        if let Some(id) = unknown {
            running.leave(self.clock.recorded())?;
            return Err(Error::NoGroupState { id });
        }
        let notes = Notes {
            history: running.id(),
            tsflags: self.config.options.tsflags.get().clone(),
            state: self.settled(resolved).render().map(|(name, text)| (name.to_owned(), text)).to_vec(),
            copies: groups::copies(&resolved.groups),
            plan: plan.clone(),
            downloaded: downloaded.clone(),
        };
        let journal = match tested.journal(
            &notes.render(),
            &self.users_files(plan, &downloaded.files).into_iter().map(|(_, file)| file).collect::<Vec<_>>(),
        ) {
            Ok(journal) => journal,
            Err(error) => {
                // The first error is the one to tell.
                let _ = running.finish(TransactionState::Error, self.clock.recorded(), &new.rpmdb_begin);
                return Err(failed(error));
            }
        };
        self.log.write(Level::Info, &format!("transaction {} started", running.id()));
        tell_tested(plan, verified, reporter);
        watch.lap("books");
        match tested.run_with(&journal, reporter) {
            Ok(outcome) => {
                watch.lap("run");
                let Times { unpack, erase, scripts, database, sync } = outcome.times;
                let parts = [unpack, erase, scripts, database, sync];
                for (part, taken) in ["unpack", "erase", "scripts", "database", "sync"].into_iter().zip(parts) {
                    watch.add(part, taken);
                }
                self.log.write(Level::Debug, watch.line());
                self.close_books(Books { notes, running, journal, db, report }, &outcome)
            }
            Err(error) => Err(self.stopped(running, &db, Error::boxed(error))),
        }
    }

    /// Returns the state files as they are once a plan was carried out.
    fn settled(&self, resolved: &Resolved) -> State {
        let mut state = (*self.state).clone();
        settle::settle(&mut state, resolved, &self.sack);
        state
    }

    /// Writes down what came of a run that has reached its end, in whatever way, and forgets its journal.
    ///
    /// Where that fails the journal stays, so that it can be done later.
    pub(super) fn close_books(&mut self, books: Books, outcome: &Outcome) -> Result<Report, Error> {
        let Books { notes, running, journal, db, mut report } = books;
        let target = self.roots.target.clone();
        let interrupted = |source| Error::Interrupted { source };
        report.take(outcome);
        let cookie = db.cookie().map_err(|error| interrupted(Error::boxed(error)))?;
        let good = outcome.is_ok();
        if good {
            let mut state = State::from_texts(&notes.state)?;
            state.set_rpmdb_cookie(cookie.clone());
            let dir = self.config.state_dir();
            state.save(&target, &dir).map_err(|error| interrupted(Error::boxed(error)))?;
            crate::comps::write_copies(&target, &dir, &notes.copies)
                .map_err(|error| interrupted(Error::boxed(error)))?;
            self.state = Arc::new(state);
        }
        report.state = if good { TransactionState::Ok } else { TransactionState::Error };
        let finished = running.finish(report.state, self.clock.recorded(), &cookie);
        finished.map_err(|error| interrupted(Error::boxed(error)))?;
        journal.finish(&target).map_err(|error| interrupted(Error::boxed(error)))?;
        let closed = if self.config.options.rpmdb_parked.value() { db.close_parked() } else { db.close() };
        report.aftermath.extend(closed.err().map(|error| chain(&error).join(": ")));
        let hooked = self.after(&notes.plan, &notes.downloaded, &mut report);
        if good { hooked.map(|()| report) } else { Err(Error::TransactionFailed { report: Box::new(report) }) }
    }

    /// Judges a run that was stopped in the middle: where nothing was changed for good it is undone at once.
    pub(super) fn stopped(
        &mut self,
        running: RunningTransaction,
        db: &RpmDb,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> Error {
        let target = self.roots.target.clone();
        let undone = match Interrupted::find(&target) {
            Ok(Some(interrupted)) if !interrupted.is_irreversible() => interrupted.abort(db).is_ok(),
            _ => false,
        };
        self.log.write(Level::Error, &format!("transaction stopped: {source}"));
        if !undone {
            return Error::Interrupted { source };
        }
        let cookie = db.cookie().unwrap_or_default();
        // The cause of the stop is the error to tell.
        let _ = running.finish(TransactionState::Error, self.clock.recorded(), &cookie);
        Error::Transaction { source }
    }

    pub(super) fn details(&self, description: &str, comment: &str) -> TransactionDetails {
        TransactionDetails {
            description: description.to_owned(),
            comment: comment.to_owned(),
            pid: std::process::id(),
            start_time: self.clock.now(),
        }
    }

    /// Hooks and cleaning. As in dnf5 a hook that fails ends the run before the packages are deleted, though everything
    /// is done and written down.
    fn after(&mut self, plan: &Plan, downloaded: &Downloaded, report: &mut Report) -> Result<(), Error> {
        let succeeded = report.state == TransactionState::Ok;
        let files = &downloaded.files;
        if let Err(error) = self.each_plugin(|plugin, cx| plugin.post_transaction(cx, plan, files, succeeded)) {
            self.log.write(Level::Error, &format!("Command returned error: {error}"));
            if succeeded {
                return Err(error.into());
            }
            report.aftermath.extend(chain(&error));
        }
        if succeeded && !downloaded.keep && !self.config.options.keepcache.value() && !files.is_empty() {
            let cachedir = self.config.cache_dir();
            if let Err(error) = TemporaryFiles::new(&cachedir).remove(files) {
                report.aftermath.push(format!("cannot delete packages in {}: {error}", cachedir.display()));
            }
        }
        let end = if succeeded { "succeeded" } else { "failed" };
        self.log.write(Level::Info, &format!("transaction {end}"));
        for text in &report.aftermath {
            self.log.write(Level::Error, text);
        }
        Ok(())
    }

    /// Tells whether the transaction will check package files before it changes anything.
    pub fn verifies_packages(&mut self) -> Result<bool, Error> {
        let flags = tsflags::parse(&self.config.options.tsflags.get())?;
        Ok(tsflags::verify_level(&*self.macros()?, flags) != VerifyLevel::None)
    }

    fn transaction_settings(
        &mut self,
        plan: &Plan,
        flags: tsflags::TsFlags,
    ) -> Result<oxidnf_transaction::Settings, Error> {
        let macros = self.macros()?;
        let arch = super::open::native_arch();
        let options = &self.config.options;
        let ignore_arch = options.ignorearch.value();
        let older = plan.items.iter().any(|item| item.action == Action::Downgrade) || self.installs_older(plan);
        let label_files = options.label_files.value();
        let facts = tsflags::Facts { arch: &arch, ignore_arch, older, label_files, clock: self.clock };
        Ok(tsflags::settings(&macros, flags, &facts))
    }

    /// Tells whether an installonly package comes in beside a newer version of itself, of whatever architecture; of
    /// several architectures dnf5 looks at the one that was installed first.
    // witness: compat-tests/tests/decisions.rs::older_installonly_package_beside_a_newer_one
    fn installs_older(&self, plan: &Plan) -> bool {
        let installonly = self.config.options.installonlypkgs.get();
        let installonly: Vec<Reldep> = installonly.iter().filter_map(|text| Reldep::parse(text)).collect();
        let installonly: Vec<_> = installonly.iter().map(Reldep::as_ref).collect();
        plan.items.iter().filter(|item| item.action == Action::Install).any(|item| {
            let nevra = &item.package.nevra;
            let newest = oxidnf_catalog::Query::from_set(&self.sack, self.sack.installed())
                .filter_name(oxidnf_catalog::Match::Exact, &[nevra.name.as_str()])
                .filter_provides(&installonly)
                .filter_latest(1);
            let first = newest.packages().iter().next();
            first.is_some_and(|id| self.sack.package(id).evr().rpm_cmp(&nevra.evr()).is_gt())
        })
    }

    /// Sets an option while the session runs, as plug-ins and offline transactions do.
    pub fn set_runtime(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let bad =
            |source| crate::config::ConfigError::BadValue { key: key.to_owned(), value: value.to_owned(), source };
        if self.config.options.set(key, Priority::Runtime, value).map_err(bad)? {
            return Ok(());
        }
        Err(crate::config::ConfigError::UnknownOption { key: key.to_owned(), value: value.to_owned() }.into())
    }
}

/// What is written down at the end of a transaction, and with what.
pub(super) struct Books {
    pub(super) notes: Notes,
    pub(super) running: RunningTransaction,
    pub(super) journal: Journal,
    pub(super) db: RpmDb,
    pub(super) report: Report,
}

impl Session {
    /// Returns the package files that the user named, and may move or delete, with the names of their packages.
    fn users_files(&self, plan: &Plan, files: &[PathBuf]) -> Vec<(String, PathBuf)> {
        let given = plan.inbound().zip(files).filter(|(item, _)| self.is_at_hand(&item.package.repo_id));
        given.map(|(item, file)| (item.package.nevra.to_string(), file.clone())).collect()
    }
}

/// Turns a plan into elements, in dnf5's order; files are in that of the inbound items.
///
/// rpm itself adds the erasures of what an upgrade replaces, behind the upgrade: `by_rpm` says which. What else goes for
/// something new is erased by name, after all removals, and does not wait for what comes in its place.
// witness: compat-tests/tests/decisions.rs::removals_in_dnf5s_order
fn elements(
    plan: &Plan,
    packages: Vec<Verified<PackageFile>>,
    by_rpm: impl Fn(&Verified<PackageFile>) -> Result<Vec<u32>, TransactionError>,
) -> Result<Vec<Element>, TransactionError> {
    let same_build = |new: &Nevra| {
        let leaving = plan.items.iter().filter(|old| old.action == Action::Replaced && old.package.nevra == *new);
        leaving.filter_map(|old| old.package.hnum).collect()
    };
    let mut packages: HashMap<*const PlanItem, _> = plan.inbound().map(std::ptr::from_ref).zip(packages).collect();
    let mut elements = Vec::new();
    let mut gone: HashSet<u32> = HashSet::new();
    for item in plan.in_sequence() {
        if let Some(package) = packages.remove(&std::ptr::from_ref(item)) {
            // dnf5 does not ask rpm to upgrade when it installs.
            let mut replaces: Vec<u32> = match item.action {
                Action::Upgrade | Action::Downgrade => by_rpm(&package)?,
                Action::Reinstall => same_build(&item.package.nevra),
                _ => Vec::new(),
            };
            replaces.retain(|hnum| gone.insert(*hnum));
            elements.push(Element::Install { package, action: item.action, replaces });
        } else if matches!(item.action, Action::Remove | Action::Replaced) {
            let hnum = item.package.hnum.filter(|hnum| gone.insert(*hnum));
            elements.extend(hnum.map(|hnum| Element::Erase { hnum }));
        }
    }
    Ok(elements)
}

/// Returns what rpm would erase for an upgrade although the plan does not say so, in rpm's order: without colours all that
/// has the name goes, also of another architecture.
// witness: compat-tests/tests/decisions.rs::removals_that_nobody_planned
fn unplanned(plan: &Plan, elements: &[Element], db: &RpmDb) -> Vec<Nevra> {
    let planned: HashSet<u32> = plan.outbound().filter_map(|item| item.package.hnum).collect();
    let replaced = elements.iter().flat_map(|element| match element {
        Element::Install { replaces, .. } => replaces.as_slice(),
        Element::Erase { .. } => &[],
    });
    let unplanned = replaced.filter(|hnum| !planned.contains(hnum));
    unplanned.filter_map(|hnum| db.header(*hnum).ok()?.nevra().ok()).collect()
}

/// Says what [`unplanned`] has found, in dnf5's words.
fn unplanned_removal(packages: &[Nevra]) -> String {
    let names: Vec<String> = packages.iter().map(|nevra| nevra.with_epoch().to_string()).collect();
    format!(
        "The rpm transaction would unexpectedly remove packages not planned by the solver: {}. This typically happens \
         when the rpmdb contains duplicate package versions after an interrupted upgrade. Please remove the duplicate \
         packages using \"dnf remove\" and retry.",
        names.join(", ")
    )
}

/// Returns where dnf5 would have stopped, and what it would have said: at the first package that rpm would not take, else
/// at all problems together. Why rpm would not take it is our own line.
fn refused(problems: &[Problem], plan: &Plan, given: &[(String, PathBuf)]) -> (CheckPhase, Vec<String>) {
    let named = |nevra: &str| {
        let item = plan.inbound().find(|item| item.package.nevra.to_string() == nevra);
        item.map_or_else(|| nevra.to_owned(), |item| item.package.nevra.with_epoch().to_string())
    };
    let unread = problems.iter().find_map(|problem| match problem {
        Problem::BadHeader { path, .. } => {
            Some(vec![format!("Failed to read package header from file \"{}\"", path.display())])
        }
        Problem::Unusable { nevra, .. } | Problem::Payload { nevra, .. } => {
            Some(vec![format!("Cannot install package \"{}\"", named(nevra)), problem.to_string()])
        }
        _ => None,
    });
    match unread {
        Some(lines) => (CheckPhase::Check, lines),
        None => (CheckPhase::Test, problems_told(problems, given)),
    }
}

/// Returns what dnf5 says of a package whose file list contradicts itself, and why rpm would not take it.
fn not_taken(error: &TransactionError, plan: &Plan, files: &[PathBuf]) -> Option<Vec<String>> {
    let TransactionError::Header { package, source } = error else { return None };
    let (item, _) = plan.inbound().zip(files).find(|(_, file)| file.as_path() == Path::new(package))?;
    Some(vec![format!("Cannot install package \"{}\"", item.package.nevra.with_epoch()), source.to_string()])
}

/// Returns rpm's sentences; a file of the command line that is damaged is named, too, because its package may not be
/// what the user typed.
fn problems_told(problems: &[Problem], given: &[(String, PathBuf)]) -> Vec<String> {
    let mut lines = Vec::new();
    for problem in problems {
        lines.push(problem.to_string());
        let Problem::Verify { nevra, .. } = problem else { continue };
        let file = given.iter().find(|(name, _)| name == nevra);
        lines.extend(file.map(|(_, file)| format!("package {nevra} is in {}", file.display())));
    }
    lines
}

/// Returns the items for the history; reproducible runs write them sorted, as dnf5 does.
fn history_items(resolved: &Resolved, sorted: bool) -> Vec<NewItem> {
    let item = |item: &PlanItem| NewItem {
        nevra: item.package.nevra.clone(),
        action: item.action,
        reason: item.reason,
        repo_id: if item.action.is_inbound() {
            item.package.repo_id.clone()
        } else {
            oxidnf_core::plan::SYSTEM_REPO.to_owned()
        },
    };
    if sorted {
        resolved.plan.items.iter().map(item).collect()
    } else {
        resolved.plan.in_sequence().into_iter().map(item).collect()
    }
}

/// Passes only warnings on.
pub(super) struct Warnings<'a>(pub(super) &'a dyn Reporter);

impl Reporter for Warnings<'_> {
    fn report(&self, event: Event<'_>) {
        if matches!(event, Event::RpmWarning(_)) {
            self.0.report(event);
        }
    }
}

/// Tells about the checks that the run begins with; they are done already.
fn tell_tested(plan: &Plan, verified: bool, reporter: &dyn Reporter) {
    let inbound = plan.inbound().count() as u64;
    let all = inbound + plan.outbound().count() as u64;
    for (task, total) in [(Task::Verify, if verified { inbound } else { 0 }), (Task::Prepare, all)]
        .into_iter()
        .filter(|(_, total)| *total > 0)
    {
        let id = TaskId::fresh();
        reporter.report(Event::Started { id, task, total: Some(total) });
        reporter.report(Event::Finished { id, outcome: TaskOutcome::Ok });
    }
}

/// Returns the user who logged in, else the one who runs the program.
fn login_user() -> u32 {
    let login = std::fs::read_to_string(Path::new("/proc/self/loginuid"));
    let login = login.ok().and_then(|text| text.trim().parse::<u32>().ok()).filter(|uid| *uid != u32::MAX);
    login.unwrap_or_else(|| rustix::process::getuid().as_raw())
}

impl Report {
    pub(super) fn new(unchecked: Vec<(String, usize)>, packages: Vec<std::path::PathBuf>) -> Self {
        Report {
            state: TransactionState::Ok,
            history_id: None,
            test_only: false,
            failed: Vec::new(),
            scriptlets: Vec::new(),
            warnings: Vec::new(),
            unchecked,
            aftermath: Vec::new(),
            packages,
        }
    }

    fn take(&mut self, outcome: &Outcome) {
        self.warnings.clone_from(&outcome.warnings);
        self.failed = outcome
            .failed()
            .map(|element| FailedElement {
                nevra: element.nevra.clone(),
                install: element.install,
                skipped: element.end == ElementEnd::Skipped,
            })
            .collect();
        self.scriptlets = outcome
            .scriptlets
            .iter()
            .map(|failure| FailedScriptlet {
                nevra: failure.nevra.clone(),
                kind: failure.kind,
                end: failure.end,
                critical: failure.critical,
                message: failure.message.clone(),
            })
            .collect();
    }
}
