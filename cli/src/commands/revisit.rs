//! `history undo`, `history redo` and `history rollback`

use std::ops::RangeInclusive;

use clap::Args;
use oxidnf_engine::history::Selection;
use oxidnf_engine::replay::{Past, Replay};
use oxidnf_engine::{Error, Request, Session};

use super::options::SkipUnavailable;
use crate::context::Failure;
use crate::driver::Change;

/// What `undo` and `rollback` take.
#[derive(Debug, Clone, Args)]
pub struct RevertArgs {
    #[command(flatten)]
    unavailable: SkipUnavailable,
    /// Let packages come and go that the transaction does not name
    #[arg(long)]
    ignore_extras: bool,
    /// Let the installed packages be others than the transaction expects
    #[arg(long)]
    ignore_installed: bool,
    /// Transaction: a number, last or last-NUMBER
    #[arg(required = true, value_name = "transaction-id")]
    id: String,
}

/// What `redo` takes.
#[derive(Debug, Clone, Args)]
pub struct RedoArgs {
    #[command(flatten)]
    unavailable: SkipUnavailable,
    /// Transaction: a number, last or last-NUMBER
    #[arg(required = true, value_name = "transaction-id")]
    id: String,
}

/// In which way transactions of the past are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Back over one.
    Undo,
    /// Over one again.
    Redo,
    /// Back to one.
    Rollback,
}

/// A wish about transactions of the past; which they are shows when the system is open.
#[derive(Debug, Clone)]
pub struct Revisit {
    way: Way,
    id: String,
    ignore_extras: bool,
    ignore_installed: bool,
}

impl RevertArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self, way: Way) -> Change {
        let RevertArgs { unavailable, ignore_extras, ignore_installed, id } = self;
        change(Revisit { way, id, ignore_extras, ignore_installed }, unavailable)
    }
}

impl RedoArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let RedoArgs { unavailable, id } = self;
        change(Revisit { way: Way::Redo, id, ignore_extras: false, ignore_installed: false }, unavailable)
    }
}

fn change(past: Revisit, unavailable: SkipUnavailable) -> Change {
    let mut request = Request::default();
    request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
    Change { request, past: Some(past), ..Change::default() }
}

impl Revisit {
    /// Finds the one transaction that is meant, and what it makes to do.
    pub fn replay(&self, session: &Session) -> Result<Replay, Failure> {
        let history = session.history()?;
        let transactions = history.transactions().map_err(Error::from)?;
        let newest = transactions.iter().map(|past| past.id).max().unwrap_or(0);
        let range = choose(&self.id, newest)?;
        let mut matching = transactions.iter().map(|past| past.id).filter(|id| range.contains(id));
        let message = |text: &str| Failure::Message(text.to_owned());
        let id = matching.next().ok_or_else(|| message("No matching transaction ID found, exactly one required."))?;
        if matching.next().is_some() {
            return Err(message("Matched more than one transaction ID, exactly one required."));
        }
        let past = match self.way {
            Way::Undo => Past::Undo(id),
            Way::Redo => Past::Redo(id),
            Way::Rollback => Past::Rollback(id),
        };
        let mut replay = session.replay_of(past)?;
        replay.ignore_extras |= self.ignore_extras;
        replay.ignore_installed |= self.ignore_installed;
        Ok(replay)
    }
}

/// Returns the numbers that a text of the command line stands for.
pub(super) fn choose(text: &str, newest: i64) -> Result<RangeInclusive<i64>, Failure> {
    let selection = Selection::parse(text).map_err(|_| {
        Failure::Message(format!(
            "Invalid transaction ID range \"{text}\", \"ID\" or \"ID..ID\" expected, where ID is \"NUMBER\", \"last\" \
             or \"last-NUMBER\"."
        ))
    })?;
    Ok(selection.ids(newest))
}
