//! The journal of a running transaction.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use oxidnf_core::Nevra;
use oxidnf_core::event::{ScriptletEnd, ScriptletKind};
use oxidnf_core::root::Root;
use rustix::fs::{FallocateFlags, OFlags};
use rustix::io::Errno;

use super::entry::{Entry, Level, Phase};
use super::replay::{Fates, Known, PastScript, Standing};
use super::{DIRECTORY, file};
use crate::error::TransactionError;
use crate::outcome::{ElementEnd, ScriptletFailure};

/// Files are made durable in the middle of a transaction when it runs longer than this.
const SYNC_EVERY: Duration = Duration::from_secs(30);

/// Keeps note of what a transaction does, so that it can be finished after it was interrupted.
///
/// Entries reach the system with one call each, which is enough to survive the end of this process. They are not forced
/// to the disk one by one: after a power cut nothing that was done after the last [`Journal::synced`] is relied on.
#[derive(Debug)]
pub struct Journal {
    log: Option<RefCell<Log>>,
    /// What the interrupted run had done; empty in a first run.
    known: Known,
    stopped: Cell<bool>,
}

#[derive(Debug)]
struct Log {
    file: File,
    /// The first thing that makes going on senseless.
    failure: Option<TransactionError>,
    /// Lines about records that are not committed yet; none when records are committed one by one.
    held: Option<Vec<u8>>,
    scope: String,
    /// How often a kind of scriptlet of an owner ran in the scope.
    turns: HashMap<String, u32>,
    synced: Instant,
}

impl Journal {
    /// Makes one that keeps nothing, for transactions that nobody wants to finish later.
    pub fn none() -> Self {
        Journal { log: None, known: Known::default(), stopped: Cell::new(false) }
    }

    /// Goes on at the end of a journal that is there.
    pub(super) fn append(root: &Root, known: Known, room: u64) -> Result<Self, TransactionError> {
        let failed = TransactionError::journal("open");
        // The end of what is whole: a torn line must not hide what follows it.
        let path = file();
        let bytes = root.read(&path).map_err(&failed)?;
        let whole = whole_length(&bytes);
        let log = root.open_file(&path, OFlags::WRONLY, rustix::fs::Mode::empty()).map_err(&failed)?;
        log.set_len(whole).map_err(&failed)?;
        // Taken in advance, so that a full disk stops the packages and not the notes about them; a file system that
        // cannot do it loses only that.
        let _ = rustix::fs::fallocate(&log, FallocateFlags::KEEP_SIZE, whole, room);
        let mut log = log;
        io::Seek::seek(&mut log, io::SeekFrom::Start(whole)).map_err(&failed)?;
        let log = Log {
            file: log,
            failure: None,
            held: None,
            scope: String::new(),
            turns: HashMap::new(),
            synced: Instant::now(),
        };
        Ok(Journal { log: Some(RefCell::new(log)), known, stopped: Cell::new(false) })
    }

    /// Tells whether anything is kept.
    pub fn is_kept(&self) -> bool {
        self.log.is_some()
    }

    /// Returns what the interrupted run had done.
    pub(crate) fn known(&self) -> &Known {
        &self.known
    }

    /// Returns how an element stood when the interrupted run ended.
    pub(crate) fn standing(&self, element: usize) -> Option<&Standing> {
        self.known.elements.get(element)
    }

    /// Writes an entry; a failure is kept for [`Journal::check`], and nothing more is written after it.
    pub(crate) fn note(&self, entry: &Entry) {
        self.write(&entry.encode());
    }

    fn write(&self, lines: &[u8]) {
        let Some(log) = &self.log else { return };
        let mut log = log.borrow_mut();
        if log.failure.is_none()
            && let Err(source) = log.file.write_all(lines)
        {
            log.failure = Some(TransactionError::journal("write")(source));
            self.stopped.set(true);
        }
    }

    /// Notes what is true once the changes of the database are committed.
    pub(crate) fn note_record(&self, entry: &Entry) {
        let Some(log) = &self.log else { return };
        if let Some(held) = &mut log.borrow_mut().held {
            held.extend(entry.encode());
            return;
        }
        self.note(entry);
    }

    /// Keeps what [`Journal::note_record`] says until [`Journal::let_go`].
    pub(crate) fn hold(&self) {
        if let Some(log) = &self.log {
            log.borrow_mut().held.get_or_insert_default();
        }
    }

    /// Writes what was kept.
    pub(crate) fn let_go(&self) {
        let held = self.log.as_ref().and_then(|log| log.borrow_mut().held.take());
        if let Some(lines) = held {
            self.write(&lines);
        }
    }

    /// Stops the transaction at the next [`Journal::check`].
    pub(crate) fn stop(&self, failure: TransactionError) {
        let Some(log) = &self.log else { return };
        log.borrow_mut().failure.get_or_insert(failure);
        self.stopped.set(true);
    }

    /// Tells whether nothing has failed so far.
    pub(crate) fn is_good(&self) -> bool {
        !self.stopped.get()
    }

    /// Fails when the transaction must stop here, to be finished when the cause is gone.
    pub(crate) fn check(&self) -> Result<(), TransactionError> {
        if !self.stopped.get() {
            return Ok(());
        }
        match self.log.as_ref().and_then(|log| log.borrow_mut().failure.take()) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// Stops the transaction at the next [`Journal::check`] if the system itself failed us, as with a full disk: what
    /// cannot be done now can be done later, and going on with other elements would make matters worse.
    ///
    /// Without a journal nothing could be finished later, so the element fails as with rpm.
    pub(crate) fn stop_for(&self, what: impl FnOnce() -> String, errno: Option<Errno>) {
        let Some((log, errno)) = self.log.as_ref().zip(errno.filter(|errno| is_passing(*errno))) else { return };
        let mut log = log.borrow_mut();
        if log.failure.is_none() {
            log.failure = Some(TransactionError::Stopped { what: what(), source: errno.into() });
            self.stopped.set(true);
        }
    }

    /// Enters a part of the run; false when the interrupted run had left it behind.
    pub(crate) fn enter(&self, phase: Phase) -> bool {
        if self.known.phase.is_some_and(|known| known > phase) {
            return false;
        }
        self.scope(phase.word());
        self.note(&Entry::Phase(phase));
        true
    }

    /// Notes how far an element has come.
    pub(crate) fn level(&self, element: usize, level: Level) {
        self.note(&Entry::Level { element, level });
    }

    /// Notes the end of an element.
    pub(crate) fn end(&self, element: usize, end: ElementEnd) {
        self.note_record(&Entry::End { element, end });
    }

    /// Notes what becomes of files.
    pub(crate) fn fates(&self, element: usize, (actions, changed): Fates) {
        self.note(&Entry::Fates { element, actions, changed });
    }

    /// Says in which phase or element scriptlets run from now on.
    pub(crate) fn scope(&self, scope: &str) {
        if let Some(log) = &self.log {
            let mut log = log.borrow_mut();
            scope.clone_into(&mut log.scope);
            log.turns.clear();
        }
    }

    /// Returns the name of the next run of a scriptlet, and its end if that run is over already.
    pub(crate) fn script(&self, kind: ScriptletKind, owner: &Nevra) -> (Vec<u8>, Option<&PastScript>) {
        let Some(log) = &self.log else { return (Vec::new(), None) };
        let mut log = log.borrow_mut();
        let name = format!("{}/{}/{owner}", log.scope, kind.rpm_name());
        let turn = log.turns.entry(name.clone()).or_default();
        let key = format!("{name}/{turn}").into_bytes();
        *turn += 1;
        let past = self.known.scripts.get(&key);
        (key, past)
    }

    /// Returns the scriptlets of the interrupted run that failed, in the order in which they ran.
    pub(crate) fn past_failures(&self) -> Vec<ScriptletFailure> {
        self.known.failures()
    }

    /// Notes that a scriptlet is about to run, with the path of its text if that is a file.
    pub(crate) fn runs(&self, key: &[u8], temporary: &[u8]) {
        self.note(&Entry::Run { key: key.to_vec(), temporary: temporary.to_vec() });
    }

    /// Notes the process of a scriptlet.
    pub(crate) fn process(&self, pid: u32) {
        if let Some(start) = super::process::start_of(pid) {
            self.note(&Entry::Process { pid, start });
        }
    }

    /// Notes how a scriptlet ended.
    pub(crate) fn ran(&self, key: &[u8], end: ScriptletEnd, critical: bool, message: &str) {
        let message = message.as_bytes().to_vec();
        self.note(&Entry::Ran { key: key.to_vec(), end, critical, message });
    }

    /// Tells whether it is time to make everything durable.
    pub(crate) fn wants_sync(&self) -> bool {
        self.log.as_ref().is_some_and(|log| log.borrow().synced.elapsed() > SYNC_EVERY)
    }

    /// Notes that all files are on the disk, and brings the journal there.
    pub(crate) fn synced(&self) {
        self.note(&Entry::Synced);
        if let Some(log) = &self.log {
            let mut log = log.borrow_mut();
            log.synced = Instant::now();
            // Where it fails, a later power cut makes more work; nothing becomes wrong.
            let _ = log.file.sync_data();
        }
    }

    /// Removes the journal and what was kept for it: the transaction is over, also in the books of the caller.
    pub fn finish(self, root: &Root) -> Result<(), TransactionError> {
        if self.is_kept() { remove(root) } else { Ok(()) }
    }
}

/// Removes a journal with everything that was kept for it.
pub(super) fn remove(root: &Root) -> Result<(), TransactionError> {
    let failed = TransactionError::journal("remove");
    // The journal last: as long as it is there, somebody will come and remove the rest.
    let journal = file();
    for entry in root.read_dir(DIRECTORY).map_err(&failed)? {
        if journal.file_name() != Some(&entry.name) {
            root.remove_file(Path::new(DIRECTORY).join(&entry.name)).map_err(&failed)?;
        }
    }
    match root.remove_file(journal) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    if let Ok(dir) = root.open_file(DIRECTORY, OFlags::RDONLY | OFlags::DIRECTORY, rustix::fs::Mode::empty()) {
        // A journal that came back with the power would be found to be over; this only saves the trouble.
        let _ = dir.sync_all();
    }
    remove_empty(root);
    Ok(())
}

/// Removes the directories of journals if they are empty, as a run that was killed at its very end leaves them.
pub fn remove_empty(root: &Root) {
    for dir in Path::new(DIRECTORY).ancestors().take(2) {
        // Something is in it: a journal, or what others keep in the directory above.
        let _ = root.remove_dir(dir);
    }
}

/// Errors that say nothing about the package: the same element can succeed later.
fn is_passing(errno: Errno) -> bool {
    const PASSING: [Errno; 7] =
        [Errno::NOSPC, Errno::DQUOT, Errno::IO, Errno::ROFS, Errno::NOMEM, Errno::MFILE, Errno::NFILE];
    PASSING.contains(&errno)
}

fn whole_length(bytes: &[u8]) -> u64 {
    let mut length = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.last() != Some(&b'\n') || Entry::decode(&line[..line.len() - 1]).is_none() {
            break;
        }
        length += line.len() as u64;
    }
    length
}

/// Returns the path of the kept file of an element.
pub(super) fn kept_path(element: usize) -> PathBuf {
    Path::new(DIRECTORY).join(format!("{element}.rpm"))
}
