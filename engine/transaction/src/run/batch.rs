//! Changes of the database that are committed together.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use oxidnf_rpmdb::{DbError, RpmDb, Write};

use crate::error::TransactionError;
use crate::journal::Journal;

/// Changes that one commit takes at most.
const MOST_CHANGES: usize = 64;
/// How long others may have to wait for a record that was written.
const LONGEST: Duration = Duration::from_millis(250);

/// Writes records, several elements at a time.
///
/// Each page of the database that several elements change is written once then. What was not committed when the program
/// dies was never done: the journal says how far an element has come with its record only after the commit, and
/// a resumed run writes the record anew. Whoever runs a program commits before, as that may ask the database.
pub(crate) struct Batch<'a> {
    db: &'a RpmDb,
    journal: &'a Journal,
    open: RefCell<Option<Open<'a>>>,
}

struct Open<'a> {
    write: Write<'a>,
    since: Instant,
    changes: usize,
}

impl<'a> Batch<'a> {
    /// Starts with nothing to commit.
    pub(crate) fn new(db: &'a RpmDb, journal: &'a Journal) -> Self {
        Batch { db, journal, open: RefCell::new(None) }
    }

    /// Lets commits wait for the disk only at the end, if a journal knows what has to be done again after a power cut.
    pub(crate) fn relax(&self) -> Result<(), DbError> {
        if self.journal.is_kept() { self.db.sync_commits(false) } else { Ok(()) }
    }

    /// Changes records; without a journal the change is durable at once.
    pub(crate) fn change<T>(&self, work: impl FnOnce(&mut Write<'a>) -> Result<T, DbError>) -> Result<T, DbError> {
        if !self.journal.is_kept() {
            return work(&mut self.db.write()?);
        }
        let mut open = self.open.borrow_mut();
        let open = match &mut *open {
            Some(open) => open,
            empty => {
                let mut write = self.db.write()?;
                write.begin()?;
                self.journal.hold();
                empty.insert(Open { write, since: Instant::now(), changes: 0 })
            }
        };
        open.changes += 1;
        work(&mut open.write)
    }

    /// Commits if enough has come together.
    pub(crate) fn commit_sometimes(&self) -> Result<(), TransactionError> {
        let due = |open: &Open<'_>| open.changes >= MOST_CHANGES || open.since.elapsed() >= LONGEST;
        if self.open.borrow().as_ref().is_some_and(due) { self.commit() } else { Ok(()) }
    }

    /// Makes everybody see the changes, and the journal tell of them.
    pub(crate) fn commit(&self) -> Result<(), TransactionError> {
        if let Some(Open { mut write, .. }) = self.open.take() {
            write.commit().map_err(TransactionError::database("write to"))?;
            self.journal.let_go();
        }
        Ok(())
    }

    /// As [`Batch::commit`]; a failure stops the transaction at the next [`Journal::check`].
    pub(crate) fn commit_or_stop(&self) {
        if let Err(error) = self.commit() {
            self.journal.stop(error);
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        // What is still open belongs to a run that cannot go on; it is undone before the commits of others are durable.
        drop(self.open.take());
        // Outside of a batch nothing can refuse it.
        let _ = self.db.sync_commits(true);
    }
}
