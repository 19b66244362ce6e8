//! What the executor writes into the database.

use oxidnf_core::header::{FileState, Header, Tag};
use oxidnf_rpmdb::{InstallFacts, InstalledRecord, RpmDb};

use super::batch::Batch;
use crate::element::Member;
use crate::error::TransactionError;
use crate::settings::{Clock, Flags, Settings};

/// Gives the time of each record.
#[derive(Debug)]
pub(crate) struct RecordClock {
    clock: Clock,
    given: u64,
}

impl RecordClock {
    /// Starts with none given.
    pub(crate) fn new(clock: Clock) -> Self {
        RecordClock { clock, given: 0 }
    }

    fn next(&mut self) -> u32 {
        let time = match self.clock {
            Clock::System(now) => now(),
            Clock::Epoch(start) => start + self.given,
        };
        self.given += 1;
        // INSTALLTIME has 32 bits.
        time as u32
    }
}

/// Writes the record of an installed member in the place of another one, and returns its number.
pub(crate) fn add(
    member: &Member,
    replaced: Option<u32>,
    batch: &Batch<'_>,
    settings: &Settings,
    clock: &mut RecordClock,
) -> Result<Option<u32>, TransactionError> {
    let Some(package) = &member.package else { return Ok(None) };
    let failed = TransactionError::database("write to");
    let just_db = settings.flags.any(Flags::JUSTDB);
    let placed = |prefix: &&[u8]| !settings.selection.excludes_prefix(prefix);
    let prefixes = member.header.strings(Tag::PREFIXES).filter(placed).map(<[u8]>::to_vec).collect();
    let state = |action: &crate::files::state::FileAction| if just_db { FileState::Normal } else { action.state() };
    let facts = InstallFacts {
        time: clock.next(),
        tid: settings.tid,
        color: settings.color,
        states: member.actions.iter().map(state).collect(),
        digests: member.package_digests.clone(),
        prefixes: Some(prefixes),
        extra: Vec::new(),
    };
    let record = InstalledRecord::from_package(package, facts).map_err(&failed)?;
    // In one step, so that the package is not missing if we die in between.
    let written = batch.change(|write| {
        write.savepoint(|write| {
            replaced.map_or(Ok(()), |hnum| write.remove(hnum))?;
            write.insert(&record)
        })
    });
    written.map(Some).map_err(&failed)
}

/// Removes the record of an erased member.
pub(crate) fn remove(hnum: u32, batch: &Batch<'_>) -> Result<(), TransactionError> {
    batch.change(|write| write.remove(hnum)).map_err(TransactionError::database("write to"))
}

/// Marks files of other packages as replaced or of the wrong colour.
pub(crate) fn change_states(member: &Member, db: &RpmDb, batch: &Batch<'_>) -> Result<(), TransactionError> {
    let failed = TransactionError::database("write to");
    let mut others: Vec<u32> = member.changed.iter().map(|changed| changed.hnum).collect();
    others.sort_unstable();
    others.dedup();
    for hnum in others {
        // A record that is gone, which an earlier element has replaced or a scriptlet erased, ends the marking: rpm goes
        // through records and wanted changes side by side, and finds nothing any more for what comes behind.
        let Ok(header) = db.header(hnum) else { break };
        let Some(mut states) = states(&header) else { break };
        let before = states.clone();
        for changed in member.changed.iter().filter(|changed| changed.hnum == hnum) {
            if let Some(state) = states.get_mut(changed.file) {
                *state = changed.state;
            }
        }
        if states != before {
            let record = InstalledRecord::with_states(&header, &states).map_err(&failed)?;
            batch.change(|write| write.replace(hnum, &record)).map_err(&failed)?;
        }
    }
    Ok(())
}

fn states(header: &Header) -> Option<Vec<FileState>> {
    header.files().ok()?.iter().map(|file| file.state).collect()
}
