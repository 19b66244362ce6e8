//! One element: installation or erasure with its scriptlets and triggers (reference of rpm, 3.3).

use std::sync::Arc;
use std::time::Instant;

use oxidnf_core::event::{Event, Outcome as TaskOutcome, ScriptletKind, Task, TaskId};
use oxidnf_core::package_file::PackageFile;

use super::phases::{Run, Supply};
use super::record;
use crate::element::Placement;
use crate::error::TransactionError;
use crate::files::state::flag;
use crate::fsm::context::Context;
use crate::fsm::crew::Crew;
use crate::fsm::dirs::DirWalker;
use crate::fsm::erase;
use crate::fsm::unpack::Unpack;

use crate::journal::entry::{Entry, Level};
use crate::outcome::{ElementEnd, Times};
use crate::plugins::attributes::Attributes;
use crate::settings::Flags;
use crate::stage::Feed;
use crate::sysusers;
use crate::trigger::{Class, TriggerSense};
use crate::users::Owner;

impl Run<'_> {
    /// Runs one element, unless something that it depends on failed.
    pub(crate) fn element(&mut self, number: usize, supply: &mut Supply<'_>) -> Result<(), TransactionError> {
        let payload = supply.payloads.remove(&number);
        if self.journal.standing(number).is_some_and(|standing| standing.end.is_some()) {
            return Ok(());
        }
        self.journal.scope(&number.to_string());
        let member = &self.members[number];
        let nevra = member.nevra.clone();
        let (id, install) = (TaskId::fresh(), member.is_install());
        let verb = if install { "install" } else { "erase" };
        let (task, total) = if install {
            let sizes = (0..member.files.len()).map(|file| member.files.archive_size(file));
            // A hostile header may claim more than there can be.
            let bytes = sizes.fold(0, u64::saturating_add);
            (Task::Install { nevra: &nevra, action: member.action }, bytes)
        } else {
            (Task::Remove(&nevra), member.files.len() as u64)
        };
        self.reporter.report(Event::Started { id, task, total: Some(total) });
        if member.end.is_some() {
            let outcome = TaskOutcome::Failed(format!("{nevra}: {verb} skipped"));
            self.reporter.report(Event::Finished { id, outcome });
            return Ok(());
        }
        if self.reached(number) < Level::Begun {
            self.journal.level(number, Level::Begun);
        }
        self.refresh_labels();
        let done = if install {
            if let Some((turn, _)) = &payload {
                supply.budget.set_turn(*turn);
            }
            self.install(number, id, supply, payload.map(|(_, feed)| feed))?
        } else {
            self.erase(number, id, supply.crew)?
        };
        // Before anything is called failed: what stops the run now may be gone when it is resumed.
        self.journal.check()?;
        let outcome = if done {
            self.members[number].end = Some(ElementEnd::Done);
            self.journal.end(number, ElementEnd::Done);
            TaskOutcome::Ok
        } else {
            self.fail(number, ElementEnd::Failed);
            TaskOutcome::Failed(format!("{nevra}: {verb} failed"))
        };
        self.scripts.syslog.element(install, &nevra.to_string(), done);
        self.reporter.report(Event::Finished { id, outcome });
        self.sync_sometimes()
    }

    /// Reads the policy anew if an earlier element has brought another one; one that makes no sense does not stop what
    /// is begun.
    fn refresh_labels(&mut self) {
        let refreshed = self.labeller.as_ref().map_or(Ok(()), |labeller| labeller.labels.refresh());
        if let Err(error) = refreshed {
            let reason = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            self.warn(vec![format!("{error}: {reason}; the policy of before counts")]);
        }
    }

    /// Returns how far the interrupted run has come with an element.
    fn reached(&self, number: usize) -> Level {
        self.journal.standing(number).map_or(Level::Waiting, |standing| standing.level)
    }

    fn install(
        &mut self,
        number: usize,
        id: TaskId,
        supply: &Supply<'_>,
        payload: Option<Feed>,
    ) -> Result<bool, TransactionError> {
        let flags = self.settings.flags;
        let member = &self.members[number];
        if member.package.as_ref().is_some_and(PackageFile::is_deprecated) {
            self.warn(vec![format!("RPM v3 packages are deprecated: {}", member.nevra)]);
        }
        let reached = self.reached(number);
        let recorded = reached >= Level::Recorded;
        // As it was when the element began.
        let before = self.count(&self.members[number].nevra.name)? - i32::from(recorded);
        let arg = before + 1;
        if reached < Level::Moving && !self.before_files(number, before)? {
            return Ok(false);
        }
        // Where nothing is to be unpacked, the record is the first change.
        self.journal.check()?;
        if let Some(payload) = payload {
            let start = Instant::now();
            let unpacked = self.unpack(number, id, supply, &payload);
            self.times.unpack += start.elapsed();
            if !unpacked {
                return Ok(false);
            }
        }
        if !recorded {
            self.journal.level(number, Level::Moved);
            self.journal.check()?;
            let start = Instant::now();
            self.add_record(number)?;
            self.times.database += start.elapsed();
        }
        self.file_triggers(number, TriggerSense::In, arg, Class::Early)?;
        // What usually only warns may be marked as critical.
        if !flags.any(Flags::NOPOST) && !self.own_scriptlet(number, ScriptletKind::Post, arg) {
            return Ok(false);
        }
        if !flags.any(Flags::NOTRIGGERIN) {
            let now = self.count(&self.members[number].nevra.name)?;
            let ok = self.triggers_of_others(number, TriggerSense::In, now)?;
            if !ok || !self.own_triggers(number, TriggerSense::In, 0)? {
                return Ok(false);
            }
        }
        self.file_triggers(number, TriggerSense::In, arg, Class::Late)?;
        if !flags.any(Flags::NODB) {
            record::change_states(&self.members[number], self.db, &self.batch)?;
        }
        Ok(true)
    }

    /// Runs what comes before the files of an installation; false if the element must fail.
    fn before_files(&mut self, number: usize, before: i32) -> Result<bool, TransactionError> {
        let flags = self.settings.flags;
        if !flags.any(Flags::NOSYSUSERS) && !self.sysusers(number) {
            return Ok(false);
        }
        if !flags.any(Flags::NOTRIGGERPREIN) {
            let ok = self.triggers_of_others(number, TriggerSense::PreIn, before)?;
            if !ok || !self.own_triggers(number, TriggerSense::PreIn, 0)? {
                return Ok(false);
            }
        }
        Ok(flags.any(Flags::NOPRE) || self.own_scriptlet(number, ScriptletKind::Pre, before + 1))
    }

    /// Writes the record of an installed member; one of the same name and version that nobody erases makes room.
    fn add_record(&mut self, number: usize) -> Result<(), TransactionError> {
        if self.settings.flags.any(Flags::NODB) {
            return Ok(());
        }
        let replaced = self.same_package(number)?;
        let hnum = record::add(&self.members[number], replaced, &self.batch, self.settings, &mut self.clock)?;
        self.members[number].hnum = hnum;
        if let Some(hnum) = hnum {
            self.journal.note_record(&Entry::Hnum { element: number, hnum });
        }
        self.journal.note_record(&Entry::Level { element: number, level: Level::Recorded });
        Ok(())
    }

    /// Returns the first record of the very same package that stays in this transaction: a replacement without erasure.
    // There are several where an erasure failed; rpm knows one.
    // witness: compat-tests/tests/transactions/records.rs::of_several_records_of_one_package_one_is_replaced
    fn same_package(&self, number: usize) -> Result<Option<u32>, TransactionError> {
        let failed = TransactionError::database("search");
        let nevra = &self.members[number].nevra;
        let found = self.db.find(oxidnf_rpmdb::Index::Name, nevra.name.as_bytes()).map_err(failed)?;
        let erased = |hnum: u32| self.members.iter().any(|other| !other.is_install() && other.hnum == Some(hnum));
        let same = |hnum: &u32| {
            let header = self.db.header(*hnum).ok();
            header.and_then(|header| header.nevra().ok()).is_some_and(|other| self.settings.same_package(nevra, &other))
        };
        Ok(found.into_iter().map(|found| found.hnum).filter(|hnum| !erased(*hnum)).find(same))
    }

    fn erase(&mut self, number: usize, id: TaskId, crew: &Crew) -> Result<bool, TransactionError> {
        let flags = self.settings.flags;
        let arg = self.count(&self.members[number].nevra.name)? - 1;
        let reached = self.reached(number);
        if reached < Level::Moving && !self.before_erasure(number, arg)? {
            return Ok(false);
        }
        if reached < Level::Moved {
            self.journal.level(number, Level::Moving);
            self.journal.check()?;
            if !flags.any(Flags::JUSTDB) {
                let start = Instant::now();
                self.erase_files(number, id, crew);
                self.times.erase += start.elapsed();
                self.journal.check()?;
            }
            self.journal.level(number, Level::Moved);
        }
        self.file_triggers(number, TriggerSense::PostUn, arg, Class::Early)?;
        if !flags.any(Flags::NOPOSTUN) && !self.own_scriptlet(number, ScriptletKind::PostUn, arg) {
            return Ok(false);
        }
        if !flags.any(Flags::NOTRIGGERPOSTUN) && !self.triggers_of_others(number, TriggerSense::PostUn, arg)? {
            return Ok(false);
        }
        self.file_triggers(number, TriggerSense::PostUn, arg, Class::Late)?;
        self.collect_trans_file_triggers(number)?;
        // Without its record nobody would know what was not run.
        self.journal.check()?;
        if let Some(hnum) = self.members[number].hnum
            && !flags.any(Flags::NODB)
        {
            Times::measure(&mut self.times.database, || record::remove(hnum, &self.batch))?;
        }
        Ok(true)
    }

    /// Runs what comes before the files of an erasure; false if the element must fail.
    fn before_erasure(&mut self, number: usize, arg: i32) -> Result<bool, TransactionError> {
        let flags = self.settings.flags;
        self.file_triggers(number, TriggerSense::Un, arg, Class::Early)?;
        if !flags.any(Flags::NOTRIGGERUN) {
            let ok = self.own_triggers(number, TriggerSense::Un, -1)?;
            if !ok || !self.triggers_of_others(number, TriggerSense::Un, arg)? {
                return Ok(false);
            }
        }
        if !flags.any(Flags::NOPREUN) && !self.own_scriptlet(number, ScriptletKind::PreUn, arg) {
            return Ok(false);
        }
        self.file_triggers(number, TriggerSense::Un, arg, Class::Late)?;
        Ok(true)
    }

    fn erase_files(&mut self, number: usize, id: TaskId, crew: &Crew) {
        let member = &self.members[number];
        let mut walker = DirWalker::new(self.dir);
        let mut report = |done| self.reporter.report(Event::Advanced { id, done });
        let again = self.reached(number) >= Level::Moving;
        let (warnings, passing) = erase::erase((&mut walker, crew), &member.files, &member.actions, again, &mut report);
        self.journal.stop_for(|| format!("remove all files of {}", member.nevra), passing);
        self.warn(warnings);
    }

    fn unpack(&mut self, number: usize, id: TaskId, supply: &Supply<'_>, payload: &Feed) -> bool {
        let table = Arc::clone(&self.members[number].files);
        let is_root = rustix::process::geteuid().is_root();
        let mut owners = Vec::new();
        if is_root {
            owners.reserve(table.len());
            for file in 0..table.len() {
                // Nobody asks who owns what is not put in place, so nobody complains that the owner is unknown.
                let skipped = self.members[number].actions[file].skips();
                owners.push(if skipped || table.files[file].has(flag::GHOST) {
                    Owner::default()
                } else {
                    self.users.owner(self.dir, table.user(file), table.group(file))
                });
            }
            let unknown = self.users.take_unknown();
            self.warn(unknown);
        }
        let flags = self.settings.flags;
        let caps = !flags.any(Flags::NOCAPS);
        let labeller = self.labeller.as_ref();
        let member = &self.members[number];
        let signature = member.package.as_ref().map_or(&member.header, |package| package.signature());
        let headers = [signature, &member.header];
        let attributes = Attributes::of(headers, &table, &self.settings.plugins, labeller);
        let context = Arc::new(Context {
            table,
            owners,
            attributes,
            suffix: self.settings.temporary_suffix().into(),
            caps,
            crew: supply.crew.clone(),
        });
        let member = &self.members[number];
        let again = member.placement == Placement::Again;
        let files = (member.unpacking(), &member.doubles);
        let walker = DirWalker::new(self.dir).labelling(labeller.cloned());
        let unpack = Unpack::new(walker, context, files, supply.budget).again(again);
        let (reporter, journal) = (self.reporter, self.journal);
        let mut advanced = |done| reporter.report(Event::Advanced { id, done });
        let fresh = self.reached(number) < Level::Moving;
        let (warnings, result) = unpack.run(payload, &mut advanced, &mut || {
            if fresh {
                journal.level(number, Level::Moving);
            }
            journal.is_good()
        });
        self.warn(warnings);
        let Err(failure) = result else { return true };
        let nevra = &self.members[number].nevra;
        journal.stop_for(|| format!("install {nevra}"), failure.error.errno());
        for message in failure.messages() {
            self.reporter.report(Event::UnpackFailed { nevra, message: &message });
        }
        false
    }

    /// Makes the users and groups that a package asks for.
    fn sysusers(&mut self, number: usize) -> bool {
        let requests = sysusers::requests(&self.members[number].header);
        let Some(program) = &self.settings.sysusers else { return true };
        let owner = self.members[number].nevra.clone();
        let mut ok = true;
        for request in requests {
            ok &= self.scripts.run_on_host(&owner, request.command(program, self.root_path), &request.lines);
        }
        self.users.refresh();
        ok
    }
}
