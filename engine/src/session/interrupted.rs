//! Finishing or undoing a transaction that an earlier run has left behind.

use std::path::PathBuf;

use oxidnf_core::event::Reporter;
use oxidnf_repo::fetch::{Place, Wanted};
use oxidnf_rpmdb::{Access, LockKind, RpmDb};
use oxidnf_transaction::{Interrupted, ResumeRefusal, is_interrupted};

use super::Session;
use super::transact::Books;
use crate::commit::Report;
use crate::error::{DownloadFailure, Error};
use crate::history::{History, RunningTransaction, TransactionState};
use crate::interrupted::{CannotResume, InterruptedTransaction};
use crate::journal::Notes;
use crate::locks::TransactionLock;
use crate::log::Level;
use crate::prompt::Prompt;
use crate::tsflags;

impl Session {
    /// Tells whether a transaction was interrupted on the target.
    pub fn has_interrupted(&self) -> bool {
        is_interrupted(&self.roots.target)
    }

    /// Returns what is known of the interrupted transaction, if there is one.
    pub fn interrupted(&self) -> Result<Option<InterruptedTransaction>, Error> {
        let Some(mut found) = Interrupted::find(&self.roots.target).map_err(failed)? else { return Ok(None) };
        let notes = notes(&found)?;
        // Elements may have come further than the last line says.
        if let Ok(db) = RpmDb::open(&self.roots.target, found.db_path(), Access::Read) {
            found.others(&db).map_err(failed)?;
        }
        let scriptlet = found.unfinished_scriptlet().and_then(|key| {
            let mut parts = key.rsplit('/').skip(1);
            let package = parts.next()?.to_owned();
            Some((parts.next()?.to_owned(), package))
        });
        Ok(Some(InterruptedTransaction {
            history_id: notes.history,
            begin: found.tid().into(),
            elements: found.elements(),
            irreversible: found.is_irreversible(),
            over: found.is_over(),
            scriptlet,
            process: found.living_scriptlet(),
        }))
    }

    /// Carries the interrupted transaction to its end.
    ///
    /// `remaining` hears how many elements are left, and how many of them are installed.
    pub fn resume(
        &mut self,
        remaining: &mut dyn FnMut(usize, usize),
        prompt: &mut dyn Prompt,
        reporter: &dyn Reporter,
    ) -> Result<Report, Error> {
        self.lock_system(true, prompt)?;
        let target = self.roots.target.clone();
        let _lock = TransactionLock::take(&target, &self.details(&self.settings.arguments.join(" "), ""))?;
        let found = self.found()?;
        let notes = notes(&found)?;
        let flags = tsflags::parse(&notes.tsflags)?;
        let db = self.open_database(&found)?;
        let _rpm_lock = db.lock(LockKind::Exclusive).map_err(|source| self.database("lock", &found, source))?;
        let macros = self.macros()?;
        let arch = super::open::native_arch();
        // What could refuse a package was asked before the transaction began.
        let label_files = self.config.options.label_files.value();
        let facts = tsflags::Facts { arch: &arch, ignore_arch: true, older: true, label_files, clock: self.clock };
        let settings = tsflags::settings(&macros, flags, &facts);
        let running = self.running(notes.history)?;
        let mut report = Report::new(Vec::new(), notes.downloaded.files.clone());
        report.history_id = Some(notes.history);
        self.fetch_missing(&found, &notes, reporter)?;
        if found.is_over() {
            let outcome = found.outcome();
            let journal = found.into_journal().map_err(failed)?;
            self.remove_leftovers();
            return self.close_books(Books { notes, running, journal, db, report }, &outcome);
        }
        let prepared = found.resume(&db, &target, settings);
        let (tested, journal) = prepared.map_err(|refusal| match refusal {
            ResumeRefusal::Changed(others) => {
                CannotResume::Changed { added: others.added, removed: others.removed.len() }.into()
            }
            ResumeRefusal::Running(pid) => CannotResume::Running(pid).into(),
            ResumeRefusal::Packages(files) => CannotResume::Packages(files).into(),
            ResumeRefusal::Error(error) => failed(error),
        })?;
        let (left, installs) = tested.remaining();
        remaining(left, installs);
        self.log.write(Level::Info, &format!("transaction {} resumed", notes.history));
        match tested.run_with(&journal, reporter) {
            Ok(outcome) => {
                self.remove_leftovers();
                self.close_books(Books { notes, running, journal, db, report }, &outcome)
            }
            Err(error) => Err(self.stopped(running, &db, Error::boxed(error))),
        }
    }

    /// Takes the interrupted transaction back, which is possible only while nothing was changed for good.
    pub fn abort(&mut self, prompt: &mut dyn Prompt) -> Result<(), Error> {
        self.give_up(false, prompt)
    }

    /// Gives the interrupted transaction up without doing anything about what it has left behind.
    pub fn forget(&mut self, prompt: &mut dyn Prompt) -> Result<(), Error> {
        self.give_up(true, prompt)
    }

    fn give_up(&mut self, in_any_case: bool, prompt: &mut dyn Prompt) -> Result<(), Error> {
        self.lock_system(true, prompt)?;
        let target = self.roots.target.clone();
        let _lock = TransactionLock::take(&target, &self.details(&self.settings.arguments.join(" "), ""))?;
        let found = self.found()?;
        let irreversible = found.is_irreversible();
        if irreversible && !in_any_case {
            return Err(Error::Irreversible);
        }
        let history = notes(&found).map(|notes| notes.history);
        let db = self.open_database(&found)?;
        let _rpm_lock = db.lock(LockKind::Exclusive).map_err(|source| self.database("lock", &found, source))?;
        let cookie = db.cookie().map_err(|source| self.database("read", &found, source))?;
        if irreversible { found.forget() } else { found.abort(&db) }.map_err(failed)?;
        self.remove_leftovers();
        self.log.write(Level::Info, "interrupted transaction given up");
        // A journal that the engine cannot read any more is given up all the same.
        if let Ok(id) = history {
            self.running(id)?.finish(TransactionState::Error, self.clock.recorded(), &cookie)?;
        }
        Ok(())
    }

    /// Fetches package files again that neither the journal nor the cache has any more.
    fn fetch_missing(&self, found: &Interrupted, notes: &Notes, reporter: &dyn Reporter) -> Result<(), Error> {
        let missing: Vec<PathBuf> = found.elements().into_iter().filter_map(|element| element.missing).collect();
        let mut wanted = Vec::new();
        for (item, file) in notes.plan.inbound().zip(&notes.downloaded.files) {
            // What cannot be fetched is told by name when the transaction is to be resumed.
            let Ok(repo) = self.repo_config(&item.package.repo_id) else { continue };
            let Some(href) = item.package.location.clone().filter(|_| missing.contains(file)) else { continue };
            wanted.push(Wanted {
                repo,
                place: Place::Location { href, base: item.package.location_base.clone() },
                dest: file.clone(),
                size: Some(item.package.download_size),
                checksum: item.package.checksum.clone(),
                nevra: Some(item.package.nevra.clone()),
                observer: None,
            });
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = wanted.iter().map(|wanted| wanted.dest.display().to_string()).collect();
        let results = self.fetcher(reporter)?.packages(&self.cache_settings(&[]), wanted);
        let failures = DownloadFailure::of(names, results.into_iter().map(|result| result.map(drop)));
        if failures.is_empty() { Ok(()) } else { Err(Error::Download { failures }) }
    }

    fn found(&self) -> Result<Interrupted, Error> {
        Interrupted::find(&self.roots.target).map_err(failed)?.ok_or(Error::NothingInterrupted)
    }

    fn open_database(&self, found: &Interrupted) -> Result<RpmDb, Error> {
        let opened = RpmDb::open(&self.roots.target, found.db_path(), Access::Write);
        opened.map_err(|source| self.database("open", found, source))
    }

    #[expect(clippy::unused_self, reason = "reads as the other steps do")]
    fn database(&self, operation: &'static str, found: &Interrupted, source: oxidnf_rpmdb::DbError) -> Error {
        Error::Database { operation, path: found.db_path().to_owned(), source: Error::boxed(source) }
    }

    fn running(&self, id: i64) -> Result<RunningTransaction, Error> {
        Ok(History::open_write(&self.roots.target, &self.config.history_file())?.resume(id))
    }

    /// Removes state files that were being written when the run was interrupted.
    fn remove_leftovers(&self) {
        let dir = self.config.state_dir();
        for entry in self.roots.target.read_dir(&dir).unwrap_or_default() {
            let name = entry.name.to_string_lossy();
            let left = name.strip_prefix('.').and_then(|name| name.split_once(".toml."));
            if left.is_some_and(|(_, rest)| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')) {
                // What stays is in nobody's way.
                let _ = self.roots.target.remove_file(dir.join(&entry.name));
            }
        }
    }
}

impl From<CannotResume> for Error {
    fn from(reason: CannotResume) -> Self {
        Error::CannotResume { reason }
    }
}

fn notes(found: &Interrupted) -> Result<Notes, Error> {
    Notes::parse(found.notes()).ok_or_else(|| failed(oxidnf_transaction::TransactionError::JournalDamaged))
}

fn failed(source: oxidnf_transaction::TransactionError) -> Error {
    Error::Transaction { source: Error::boxed(source) }
}
