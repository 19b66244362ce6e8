//! `history undo`, `history redo`, `history rollback` and `replay`

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use clap::Args;
use oxidnf_engine::history::Selection;
use oxidnf_engine::replay::{JsonError, Past, Replay};
use oxidnf_engine::request::StoredPackage;
use oxidnf_engine::{Error, Request, Session};

use super::options::{Keep, SkipBroken, SkipUnavailable};
use crate::context::Failure;
use crate::driver::Change;
use crate::output::Output;
use crate::sanitize::one_line;

/// What `undo` and `rollback` take.
#[derive(Debug, Clone, Args)]
pub struct RevertArgs {
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    keep: Keep,
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
    #[command(flatten)]
    keep: Keep,
    /// Transaction: a number, last or last-NUMBER
    #[arg(required = true, value_name = "transaction-id")]
    id: String,
}

/// Carry out a transaction that was stored in a file
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    broken: SkipBroken,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    /// Let packages come and go that the transaction does not name
    #[arg(long)]
    ignore_extras: bool,
    /// Let the installed packages be others than the transaction expects
    #[arg(long)]
    ignore_installed: bool,
    /// Directory with the file transaction.json
    #[arg(required = true, value_name = "transaction-path")]
    path: PathBuf,
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

/// Where a given transaction comes from.
#[derive(Debug, Clone)]
enum Source {
    Past { way: Way, id: String },
    File { directory: PathBuf },
    Read(Box<Replay>),
}

/// A wish about a given transaction; what it is shows when the system is open.
#[derive(Debug, Clone)]
pub struct Revisit {
    source: Source,
    ignore_extras: bool,
    ignore_installed: bool,
}

impl RevertArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self, way: Way) -> Change {
        let RevertArgs { keep, unavailable, ignore_extras, ignore_installed, id } = self;
        Change {
            keep,
            ..change(Revisit { source: Source::Past { way, id }, ignore_extras, ignore_installed }, unavailable)
        }
    }
}

impl RedoArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let RedoArgs { keep, unavailable, id } = self;
        let source = Source::Past { way: Way::Redo, id };
        Change { keep, ..change(Revisit { source, ignore_extras: false, ignore_installed: false }, unavailable) }
    }
}

impl ReplayArgs {
    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Change {
        let ReplayArgs { broken, unavailable, ignore_extras, ignore_installed, path } = self;
        let source = Source::File { directory: path };
        let mut change = change(Revisit { source, ignore_extras, ignore_installed }, unavailable);
        change.request.options.skip_broken = broken.skip_broken.then_some(true);
        change
    }
}

fn change(past: Revisit, unavailable: SkipUnavailable) -> Change {
    let mut request = Request::default();
    request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
    Change { request, past: Some(past), ..Change::default() }
}

impl Revisit {
    /// Makes the wish for a transaction that is at hand.
    pub fn given(replay: Replay) -> Self {
        Revisit { source: Source::Read(Box::new(replay)), ignore_extras: false, ignore_installed: false }
    }

    /// Reads the transaction of a file and returns its package files, which have to be loaded before it means anything.
    pub fn read(&mut self, output: &Output) -> Result<Vec<StoredPackage>, Failure> {
        if let Source::File { directory } = &self.source {
            self.source = Source::Read(Box::new(read(output, directory)?));
        }
        let Source::Read(replay) = &self.source else { return Ok(Vec::new()) };
        Ok(replay.package_files())
    }

    /// Finds the transaction that is meant.
    pub fn replay(&self, output: &Output, session: &Session) -> Result<Replay, Failure> {
        let mut replay = match &self.source {
            Source::Past { way, id } => {
                let id = one(session, id, "Matched more than one transaction ID, exactly one required.")?;
                session.replay_of(match way {
                    Way::Undo => Past::Undo(id),
                    Way::Redo => Past::Redo(id),
                    Way::Rollback => Past::Rollback(id),
                })?
            }
            Source::File { directory } => read(output, directory)?,
            Source::Read(replay) => (**replay).clone(),
        };
        replay.ignore_extras |= self.ignore_extras;
        replay.ignore_installed |= self.ignore_installed;
        Ok(replay)
    }
}

/// Returns the number of the one transaction that a text of the command line stands for.
pub(super) fn one(session: &Session, text: &str, several: &str) -> Result<i64, Failure> {
    let transactions = session.history()?.transactions().map_err(Error::from)?;
    let newest = transactions.iter().map(|past| past.id).max().unwrap_or(0);
    let range = choose(text, newest)?;
    let mut matching = transactions.iter().map(|past| past.id).filter(|id| range.contains(id));
    let message = |text: &str| Failure::Message(text.to_owned());
    let id = matching.next().ok_or_else(|| message("No matching transaction ID found, exactly one required."))?;
    if matching.next().is_some() { Err(message(several)) } else { Ok(id) }
}

fn read(output: &Output, directory: &Path) -> Result<Replay, Failure> {
    let path = directory.join("transaction.json");
    let shown = one_line(&path.to_string_lossy()).into_owned();
    let text = std::fs::read(&path).map_err(|error| {
        let number = error.raw_os_error().unwrap_or_default();
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        Failure::Message(format!("cannot open file: ({number}) - {text} [{shown}]"))
    })?;
    let parsed = Replay::parse(&String::from_utf8_lossy(&text)).map(|mut replay| {
        replay.resolve_paths(directory);
        replay
    });
    parsed.map_err(|error| {
        let told = one_line(&error.to_string()).into_owned();
        match error {
            JsonError::Action { .. } | JsonError::Reason { .. } => Failure::Message(told),
            _ => {
                output.error("Failed to resolve the transaction:");
                output.error(format!("Cannot parse file: '{shown}': {told}."));
                output.error("");
                Failure::Silent
            }
        }
    })
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
