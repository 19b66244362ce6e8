//! `transaction`: status, resume and abort of an interrupted transaction

use std::sync::Arc;

use clap::{Args, Subcommand};
use oxidnf_engine::Error;

use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::interrupted;
use crate::prompt::Terminal;
use crate::unfinished;

/// Finish or undo an interrupted transaction
#[derive(Debug, Clone, Args)]
pub struct TransactionArgs {
    #[command(subcommand)]
    action: TransactionAction,
}

#[derive(Debug, Clone, Subcommand)]
enum TransactionAction {
    /// Show how far an interrupted transaction has come
    #[command(before_help = "Commands:")]
    Status(StatusArgs),
    /// Finish an interrupted transaction
    #[command(before_help = "Commands:")]
    Resume(ResumeArgs),
    /// Undo an interrupted transaction that has changed nothing for good
    #[command(before_help = "Commands:")]
    Abort(AbortArgs),
}

#[derive(Debug, Clone, Args)]
struct StatusArgs {}

#[derive(Debug, Clone, Args)]
struct ResumeArgs {}

#[derive(Debug, Clone, Args)]
struct AbortArgs {
    /// Give the transaction up also when it cannot be undone, and leave everything as it is
    #[arg(long)]
    forget: bool,
}

impl TransactionArgs {
    /// Looks at an interrupted transaction, or ends it one way or the other.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let TransactionArgs { action } = self;
        let mut session = cx.open_quietly()?;
        match action {
            TransactionAction::Status(StatusArgs {}) => {
                match session.interrupted()? {
                    Some(found) => interrupted::print_status(&cx.output, &found),
                    None => cx.output.info("No transaction was interrupted."),
                }
                Ok(0)
            }
            TransactionAction::Resume(ResumeArgs {}) => {
                session.check_privilege()?;
                if !session.has_interrupted() {
                    cx.output.info("Nothing to do: no transaction was interrupted.");
                    return Ok(0);
                }
                unfinished::resume(cx, &mut session)
            }
            TransactionAction::Abort(AbortArgs { forget }) => {
                session.check_privilege()?;
                let Some(found) = session.interrupted()? else {
                    cx.output.info("Nothing to do: no transaction was interrupted.");
                    return Ok(0);
                };
                let answers = cx.answers(&session);
                let mut terminal = Terminal::new(Arc::clone(&cx.output), answers);
                if forget {
                    interrupted::print_status(&cx.output, &found);
                    cx.output.error("The transaction is given up; what it has done so far stays.");
                    cx.output.flush();
                    if !terminal.confirm() {
                        cx.output.error("Operation aborted by the user.");
                        return Err(Failure::Silent);
                    }
                    session.forget(&mut terminal)?;
                } else {
                    match session.abort(&mut terminal) {
                        Err(Error::Irreversible) => {
                            interrupted::print_irreversible(&cx.output, &found);
                            return Err(Failure::Silent);
                        }
                        other => other?,
                    }
                }
                cx.output.info("Complete!");
                Ok(0)
            }
        }
    }
}
