//! `history`: looking at past transactions; going through them again is in `revisit`

use std::path::Path;
use std::sync::Arc;

use clap::{Args, Subcommand};
use oxidnf_engine::history::PastTransaction;
use oxidnf_engine::{Error, History};

use super::options::Json;
use super::revisit::{RedoArgs, RevertArgs, Way, choose, one};
use crate::context::{CommandResult, Context, Failure};
use crate::driver;
use crate::face::dnf5::history::{self, Details};
use crate::face::dnf5::json;
use crate::grammar::split_list;
use crate::prompt::Terminal;
use crate::sanitize::one_line;

/// Show past transactions
#[derive(Debug, Clone, Args)]
pub struct HistoryArgs {
    #[command(subcommand)]
    action: HistoryAction,
}

#[derive(Debug, Clone, Subcommand)]
enum HistoryAction {
    /// List transactions
    #[command(before_help = "Query Commands:")]
    List(HistorySelection),
    /// Show details of transactions
    #[command(before_help = "Query Commands:")]
    Info(HistorySelection),
    /// Take back what a transaction did
    #[command(before_help = "Software Management Commands:")]
    Undo(RevertArgs),
    /// Do again what a transaction did
    #[command(before_help = "Software Management Commands:")]
    Redo(RedoArgs),
    /// Take back what all transactions after this one did
    #[command(before_help = "Software Management Commands:")]
    Rollback(RevertArgs),
    /// Write a transaction into a file that can be replayed
    #[command(before_help = "Software Management Commands:")]
    Store(StoreArgs),
}

#[derive(Debug, Clone, Args)]
struct StoreArgs {
    /// Directory for the file
    #[arg(short = 'o', long, value_name = "PATH", default_value = "./transaction")]
    output: String,
    /// Transaction: a number, last or last-NUMBER; the last one if not given
    #[arg(value_name = "transaction-id")]
    ids: Vec<String>,
}

#[derive(Debug, Clone, Default, Args)]
struct HistorySelection {
    /// Oldest transactions first
    #[arg(long)]
    reverse: bool,
    /// Show only transactions with packages of these names
    #[arg(long, value_name = "PACKAGE_NAME,...")]
    contains_pkgs: Vec<String>,
    #[command(flatten)]
    json: Json,
    /// Transactions: a number, last, last-NUMBER, or a range of two of them with ..
    #[arg(value_name = "transaction-id")]
    ids: Vec<String>,
}

impl HistoryArgs {
    /// Prints past transactions.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let HistoryArgs { action } = self;
        let look = |cx: &mut Context| -> Result<History, Failure> { Ok(cx.open()?.history()?) };
        match action {
            HistoryAction::Undo(args) => return driver::run(cx, args.lower(Way::Undo)),
            HistoryAction::Redo(args) => return driver::run(cx, args.lower()),
            HistoryAction::Rollback(args) => return driver::run(cx, args.lower(Way::Rollback)),
            HistoryAction::Store(args) => return args.run(cx),
            HistoryAction::List(selection) => {
                let past = look(cx)?;
                let transactions = selection.choose(&past, false)?;
                if selection.json.json {
                    cx.output.line(json::render(&history::list_json(&transactions)));
                } else if !transactions.is_empty() {
                    history::print_list(&cx.output, &transactions);
                }
            }
            HistoryAction::Info(selection) => {
                let past = look(cx)?;
                let transactions = selection.choose(&past, true)?;
                let details = details(&past, transactions)?;
                if selection.json.json {
                    cx.output.line(json::render(&history::details_json(&details)));
                } else {
                    for details in &details {
                        history::print_details(&cx.output, details);
                    }
                }
            }
        }
        Ok(0)
    }
}

impl StoreArgs {
    fn run(self, cx: &mut Context) -> CommandResult {
        let StoreArgs { output: place, ids } = self;
        let session = cx.open()?;
        let several = "Multiple transactions selected for storing, only one allowed.";
        let id = match ids.as_slice() {
            [] => one(&session, "last", several)?,
            [id] => one(&session, id, several)?,
            _ => return Err(Failure::Message(several.to_owned())),
        };
        let text = session.stored(id)?.to_json();
        let directory = Path::new(&place);
        let file = directory.join("transaction.json");
        let failed = |what: &str, error: &std::io::Error| {
            Failure::Message(format!("cannot {what} {}: {error}", one_line(&file.to_string_lossy())))
        };
        if file.exists() {
            let shown = one_line(&file.to_string_lossy()).into_owned();
            cx.output.error(format!("File \"{shown}\" already exists, it will be overwritten."));
            cx.output.flush();
            let mut terminal = Terminal::new(Arc::clone(&cx.output), cx.answers(&session));
            if !terminal.confirm() {
                cx.output.error("Operation aborted by the user.");
                return Err(Failure::Silent);
            }
        }
        std::fs::create_dir_all(directory).map_err(|error| failed("make the directory of", &error))?;
        std::fs::write(&file, text).map_err(|error| failed("write", &error))?;
        cx.output.info(format!("Transaction saved to {}.", one_line(&place)));
        Ok(0)
    }
}

impl HistorySelection {
    /// Returns the transactions, newest first unless `--reverse`; without ids all, or the last one only.
    fn choose(&self, past: &History, last_only: bool) -> Result<Vec<PastTransaction>, Failure> {
        let HistorySelection { reverse, contains_pkgs, json: _, ids } = self;
        let mut transactions = past.transactions().map_err(Error::from)?;
        let newest = transactions.iter().map(|transaction| transaction.id).max().unwrap_or(0);
        if !ids.is_empty() {
            let ranges = ids.iter().map(|id| choose(id, newest)).collect::<Result<Vec<_>, _>>()?;
            transactions.retain(|transaction| ranges.iter().any(|range| range.contains(&transaction.id)));
        } else if last_only && contains_pkgs.is_empty() {
            transactions.retain(|transaction| transaction.id == newest);
        }
        let patterns = split_list(contains_pkgs);
        if !patterns.is_empty() {
            let with = past.ids_with_package(&patterns).map_err(Error::from)?;
            transactions.retain(|transaction| with.contains(&transaction.id));
        }
        if !*reverse {
            transactions.reverse();
        }
        Ok(transactions)
    }
}

fn details(past: &History, transactions: Vec<PastTransaction>) -> Result<Vec<Details>, Failure> {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let details = |transaction: PastTransaction| {
        let packages = past.packages(transaction.id).map_err(Error::from)?;
        let groups = past.groups(transaction.id).map_err(Error::from)?;
        Ok(Details { user: user(&passwd, transaction.user_id), transaction, packages, groups })
    };
    transactions.into_iter().map(details).collect()
}

/// Shows a user as dnf5 does: `0 root <root>`, that is number, real name, login name.
fn user(passwd: &str, id: u32) -> String {
    let number = id.to_string();
    let entry = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    match entry.into_iter().find(|fields| fields.get(2) == Some(&number.as_str())) {
        Some(fields) => {
            let name = fields.get(4).and_then(|gecos| gecos.split(',').next()).unwrap_or_default();
            format!("{number} {name} <{}>", fields[0])
        }
        None => number,
    }
}

#[cfg(test)]
mod tests {
    use super::user;

    #[test]
    fn users() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:Ann Example,,,:/home/ann:/bin/sh\n";
        assert_eq!(user(passwd, 0), "0 root <root>");
        assert_eq!(user(passwd, 1000), "1000 Ann Example <ann>");
        assert_eq!(user(passwd, 7), "7");
    }
}
