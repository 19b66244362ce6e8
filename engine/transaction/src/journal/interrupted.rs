//! A transaction that an earlier run has begun and not finished.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use oxidnf_core::header::Tag;
use oxidnf_core::root::Root;
use oxidnf_core::{Action, Nevra};
use oxidnf_rpmdb::{DbError, Index, RpmDb};

use super::entry::{Level, Phase};
use super::replay::{self, Intent, Known, Unreadable};
use super::{Journal, file, is_interrupted, keep, log, process};
use crate::error::TransactionError;
use crate::outcome::{ElementEnd, ElementOutcome, Outcome, Times};
use crate::settings::{Filter, Flags};

/// A transaction that was interrupted, as its journal tells it.
#[derive(Debug)]
pub struct Interrupted {
    pub(super) root: Root,
    pub(super) intent: Intent,
    pub(super) known: Known,
}

/// How far an element of an interrupted transaction has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was done.
    Waiting,
    /// Something was done.
    Begun,
    /// It is over.
    Over(ElementEnd),
}

/// One element of an interrupted transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementStatus {
    /// The package.
    pub nevra: Nevra,
    /// What it is for the user.
    pub action: Action,
    /// How far it has come.
    pub progress: Progress,
    /// Of an installation: the package file cannot be found any more.
    pub missing: Option<PathBuf>,
}

/// What others did to the rpm database since the transaction was interrupted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Others {
    /// Packages that came.
    pub added: Vec<Nevra>,
    /// Numbers of records that went.
    pub removed: Vec<u32>,
}

impl Others {
    /// Tells whether there is nothing of that kind.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

impl Interrupted {
    /// Reads the journal on a root; none when no transaction was interrupted.
    pub fn find(root: &Root) -> Result<Option<Self>, TransactionError> {
        if !is_interrupted(root) {
            return Ok(None);
        }
        let bytes = root.read(file()).map_err(TransactionError::journal("read"))?;
        let (intent, mut known) = replay::read(&bytes).map_err(|unreadable| match unreadable {
            Unreadable::Version(version) => TransactionError::JournalVersion { version },
            Unreadable::Damaged => TransactionError::JournalDamaged,
        })?;
        if !replay::is_sound(&intent) {
            return Err(TransactionError::JournalDamaged);
        }
        // Where the kernel does not tell, the worst is assumed.
        let boot = process::boot_id();
        if boot.is_empty() || boot != intent.boot {
            known.lose_power(&intent);
        }
        Ok(Some(Interrupted { root: root.clone(), intent, known }))
    }

    /// Returns what the caller of [`Tested::journal`](crate::Tested::journal) noted.
    pub fn notes(&self) -> &str {
        &self.intent.notes
    }

    /// Returns the transaction id, which is the time of its start.
    pub fn tid(&self) -> u32 {
        self.intent.tid
    }

    /// Returns the directory of its rpm database.
    pub fn db_path(&self) -> &Path {
        &self.intent.db_path
    }

    /// Returns its flags.
    pub fn flags(&self) -> Flags {
        Flags(self.intent.flags)
    }

    /// Returns its filter.
    pub fn filter(&self) -> Filter {
        Filter(self.intent.filter)
    }

    /// Returns `SOURCE_DATE_EPOCH` of the interrupted run.
    pub fn epoch(&self) -> Option<u64> {
        self.intent.epoch
    }

    /// Tells whether everything has run, so that only the caller's books are left.
    pub fn is_over(&self) -> bool {
        self.known.phase == Some(Phase::Over)
    }

    /// Tells whether something was done that cannot be taken back: a scriptlet was begun, or files were put in place.
    pub fn is_irreversible(&self) -> bool {
        self.known.is_irreversible()
    }

    /// Returns the scriptlet that was running, as `SCOPE/KIND/PACKAGE/TURN`.
    pub fn unfinished_scriptlet(&self) -> Option<String> {
        self.known.unfinished.as_ref().map(|key| String::from_utf8_lossy(key).into_owned())
    }

    /// Returns the process of a scriptlet that the interrupted run has left running.
    pub fn living_scriptlet(&self) -> Option<u32> {
        self.known.process.filter(|(pid, start)| process::is_alive(*pid, *start)).map(|(pid, _)| pid)
    }

    /// Returns the elements in the order in which they run.
    pub fn elements(&self) -> Vec<ElementStatus> {
        let status = |(number, (planned, standing)): (usize, (&_, &replay::Standing))| {
            let planned: &super::entry::PlannedElement = planned;
            let progress = match standing.end {
                Some(end) => Progress::Over(end),
                None if standing.level == Level::Waiting => Progress::Waiting,
                None => Progress::Begun,
            };
            let missing = planned
                .package
                .as_ref()
                .filter(|package| !keep::is_there(&self.root, number, package))
                .map(|package| package.path.clone());
            ElementStatus { nevra: planned.nevra.clone(), action: planned.action, progress, missing }
        };
        self.intent.elements.iter().zip(&self.known.elements).enumerate().map(status).collect()
    }

    /// Compares with the database: finds the records that the interrupted run has written, and what others did.
    pub fn others(&mut self, db: &RpmDb) -> Result<Others, TransactionError> {
        let failed = TransactionError::database("read");
        let now: HashSet<u32> = db.hnums().map_err(&failed)?.into_iter().collect();
        let before: HashSet<u32> = self.intent.records.iter().copied().collect();
        let mut ours = HashSet::new();
        let elements = self.intent.elements.iter().filter_map(|element| element.hnum);
        let leaving: HashSet<u32> = elements.chain(self.intent.twins.iter().copied()).collect();
        let mut others = Others::default();
        if self.flags().any(Flags::NODB) {
            return Ok(others);
        }
        for (planned, standing) in self.intent.elements.iter().zip(&mut self.known.elements) {
            if let Some(hnum) = planned.hnum {
                // Whoever erased it: it is gone.
                if !now.contains(&hnum) && standing.end.is_none() {
                    standing.end = Some(ElementEnd::Done);
                }
                continue;
            }
            match find_record(db, &planned.nevra, self.intent.tid, &before).map_err(&failed)? {
                Some(hnum) => {
                    ours.insert(hnum);
                    standing.hnum = Some(hnum);
                    standing.level = standing.level.max(Level::Recorded);
                }
                None if standing.level < Level::Recorded && standing.end.is_none() => {}
                // The machine went down before the database was on the disk.
                None if standing.suspect => (standing.level, standing.hnum) = (Level::Begun, None),
                None if standing.end.is_none_or(|end| end == ElementEnd::Done) => {
                    others.removed.extend(standing.hnum);
                }
                None => {}
            }
        }
        let mut added: Vec<u32> =
            now.iter().copied().filter(|hnum| !before.contains(hnum) && !ours.contains(hnum)).collect();
        added.sort_unstable();
        for hnum in added {
            let Ok(header) = db.header(hnum) else { continue };
            others.added.extend(header.nevra().ok());
        }
        let gone = self.intent.records.iter().copied().filter(|hnum| !now.contains(hnum) && !leaving.contains(hnum));
        others.removed.extend(gone);
        Ok(others)
    }

    /// Returns what came of a transaction that [is over](Interrupted::is_over).
    pub fn outcome(&self) -> Outcome {
        let elements = self.intent.elements.iter().zip(&self.known.elements);
        let ended = |(planned, standing): (&super::entry::PlannedElement, &replay::Standing)| ElementOutcome {
            nevra: planned.nevra.clone(),
            install: planned.package.is_some(),
            end: standing.end.unwrap_or(ElementEnd::Skipped),
            hnum: standing.hnum.or(planned.hnum),
        };
        Outcome {
            elements: elements.map(ended).collect(),
            scriptlets: self.known.failures(),
            warnings: Vec::new(),
            problems: Vec::new(),
            times: Times::default(),
        }
    }

    /// Returns the journal of a transaction that is over, to be finished.
    pub fn into_journal(self) -> Result<Journal, TransactionError> {
        Journal::append(&self.root, self.known, 0)
    }

    /// Gives the journal up; the system stays as it is.
    pub fn forget(self) -> Result<(), TransactionError> {
        self.remove_texts();
        log::remove(&self.root)
    }

    /// Removes texts of scriptlets that were left; their names are random, so nobody else has one of them.
    pub(super) fn remove_texts(&self) {
        for path in &self.known.temporaries {
            use std::os::unix::ffi::OsStrExt;
            // Most have gone with their scriptlets.
            let _ = self.root.remove_file(std::ffi::OsStr::from_bytes(path));
        }
    }
}

/// Finds the record that a transaction has written for a package.
fn find_record(db: &RpmDb, nevra: &Nevra, tid: u32, before: &HashSet<u32>) -> Result<Option<u32>, DbError> {
    let found = db.find(Index::Name, nevra.name.as_bytes())?;
    let ours = |hnum: &u32| {
        let Ok(header) = db.header(*hnum) else { return false };
        header.number(Tag::INSTALLTID) == Some(u64::from(tid)) && header.nevra().ok().as_ref() == Some(nevra)
    };
    Ok(found.into_iter().map(|found| found.hnum).filter(|hnum| !before.contains(hnum)).find(ours))
}
