//! The journal: what a transaction is about to do and how far it has come, so that it can be finished after the program
//! was killed, the power was cut or the disk was full.
//!
//! It is one file of lines beneath the target root. Everything that is going to happen stands in it, on the disk, before
//! anything happens; then a line is added for each step, before the step where it cannot be repeated or taken back
//! (a scriptlet runs, files are put in place), after it where repeating does no harm. The package files are kept
//! beside it as hard links. When all is over, also in the books of the caller, it is removed.

mod abort;
pub(crate) mod entry;
mod interrupted;
mod keep;
mod leftovers;
mod line;
mod log;
mod process;
mod repair;
mod replay;
mod resume;

pub use interrupted::{ElementStatus, Interrupted, Others, Progress};
pub use log::{Journal, remove_empty};
pub use resume::ResumeRefusal;

use std::path::{Path, PathBuf};

use oxidnf_core::Action;
use oxidnf_core::root::Root;
use oxidnf_rpmdb::Index;

use crate::element::Member;
use crate::error::TransactionError;
use crate::run::Tested;
use crate::settings::{Clock, Filter};
use entry::{Entry, PlannedElement};
use replay::{FORMAT, Known};

/// Directory of the journal beneath the target root: on the file system of the rpm database, and with it in snapshots.
pub(crate) const DIRECTORY: &str = "/usr/lib/sysimage/oxidnf/transaction";

/// Room in the journal that is taken in advance for each element.
const ROOM: u64 = 1024;
/// Room that is taken in any case.
const LEAST_ROOM: u64 = 64 << 10;

fn file() -> PathBuf {
    Path::new(DIRECTORY).join("journal")
}

/// Tells whether a transaction on this root was interrupted.
pub fn is_interrupted(root: &Root) -> bool {
    root.exists(file())
}

impl Tested<'_> {
    /// Writes down what is going to happen, and keeps the package files; the run must then be told of the journal.
    ///
    /// `notes` are given back by [`Interrupted::notes`]; `users` are package files that the user may move or delete.
    /// Everything is on the disk when this returns; nothing is left when it fails.
    pub fn journal(&self, notes: &str, users: &[PathBuf]) -> Result<Journal, TransactionError> {
        if self.members.is_empty() {
            return Ok(Journal::none());
        }
        let failed = TransactionError::journal("write");
        if is_interrupted(self.root) {
            return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
        }
        let written = self.write_journal(notes, users);
        if written.is_err() {
            // The first error is the one to tell.
            let _ = log::remove(self.root);
        }
        written
    }

    fn write_journal(&self, notes: &str, users: &[PathBuf]) -> Result<Journal, TransactionError> {
        let failed = TransactionError::journal("write");
        let root = self.root;
        root.create_dir_all(Path::new(DIRECTORY).parent().unwrap_or(Path::new("/")), 0o755).map_err(&failed)?;
        root.create_dir_all(DIRECTORY, 0o700).map_err(&failed)?;
        // Of a run that was killed right here.
        for entry in root.read_dir(DIRECTORY).map_err(&failed)? {
            root.remove_file(Path::new(DIRECTORY).join(entry.name)).map_err(&failed)?;
        }
        let mut entries = self.head()?;
        for (number, member) in self.members.iter().enumerate() {
            entries.push(Entry::Element(PlannedElement {
                nevra: member.nevra.clone(),
                action: member.action,
                hnum: member.hnum,
                partner: member.partner,
                package: keep::keep(root, number, member, users).map_err(&failed)?,
            }));
            if !member.is_install() {
                keep::keep_header(root, number, &member.header)?;
            }
        }
        let pretrans = self.has_pretrans();
        for (element, member) in self.members.iter().enumerate().filter(|_| !pretrans) {
            let (actions, changed) = member.fates();
            entries.push(Entry::Fates { element, actions, changed });
        }
        entries.push(Entry::Notes(notes.as_bytes().to_vec()));
        entries.push(Entry::Ready);
        let bytes: Vec<u8> = entries.iter().flat_map(Entry::encode).collect();
        root.write_atomic(file(), &bytes, 0o600).map_err(&failed)?;
        Journal::append(root, Known::default(), LEAST_ROOM + ROOM * self.members.len() as u64)
    }

    fn head(&self) -> Result<Vec<Entry>, TransactionError> {
        let settings = &self.settings;
        let epoch = match settings.clock {
            Clock::System(_) => None,
            Clock::Epoch(start) => Some(start),
        };
        let mut entries = vec![
            Entry::Format(FORMAT),
            Entry::Transaction {
                tid: settings.tid,
                flags: settings.flags.0,
                filter: settings.filter.0,
                epoch,
                pretrans: self.has_pretrans(),
            },
            Entry::Boot(process::boot_id()),
            Entry::Database(self.db.path().to_owned()),
            Entry::Records(self.db.hnums().map_err(TransactionError::database("read"))?),
        ];
        entries.extend(self.twins()?.into_iter().map(Entry::Twin));
        entries.extend(self.mounts.iter().flatten().map(|mount| Entry::Mount(mount.as_bytes().to_vec())));
        Ok(entries)
    }

    /// Returns records of the same packages as those to install that no element erases.
    fn twins(&self) -> Result<Vec<u32>, TransactionError> {
        let mut twins = Vec::new();
        let leaving: Vec<u32> = self.members.iter().filter_map(|member| member.hnum).collect();
        // In all other cases the check has refused a package that is installed already.
        let again =
            |member: &&Member| member.action == Action::Reinstall || self.settings.filter.any(Filter::REPLACEPKG);
        for member in self.members.iter().filter(|member| member.is_install()).filter(again) {
            let found = self.db.find(Index::Name, member.nevra.name.as_bytes());
            let found = found.map_err(TransactionError::database("search"))?.into_iter().map(|found| found.hnum);
            let same = |hnum: &u32| {
                let header = self.db.header(*hnum).ok();
                let other = header.and_then(|header| header.nevra().ok());
                other.is_some_and(|other| self.settings.same_package(&member.nevra, &other))
            };
            twins.extend(found.filter(|hnum| !leaving.contains(hnum)).filter(same));
        }
        Ok(twins)
    }
}

impl Member {
    /// Returns what was decided about its files.
    pub(crate) fn fates(&self) -> replay::Fates {
        (self.actions.clone(), self.changed.clone())
    }
}
