//! What changing commands do about a transaction that an earlier run has left unfinished.

use std::io::IsTerminal;
use std::sync::Arc;

use oxidnf_engine::Session;

use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::progress::Progress;
use crate::face::dnf5::{errors, interrupted};
use crate::prompt::{Answers, Terminal};

/// Sees to it that no transaction is unfinished before another one is begun: finishes it when `--resume` asks for that
/// or the user agrees, else ends the command.
pub(crate) fn settle(cx: &mut Context, session: &mut Session) -> Result<(), Failure> {
    let Some(found) = session.interrupted()? else { return Ok(()) };
    session.check_privilege()?;
    interrupted::print_found(&cx.output, &found);
    let agreed = cx.globals.resume || {
        // A yes to everything was meant for the command's own question, not for this one.
        let watched = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let mut terminal = Terminal::new(Arc::clone(&cx.output), Answers::default());
        watched && {
            cx.output.error("It can be finished now, before anything else is done.");
            cx.output.flush();
            terminal.confirm()
        }
    };
    if !agreed {
        interrupted::print_ways_out(&cx.output);
        return Err(Failure::Silent);
    }
    resume(cx, session).map(drop)
}

/// Carries the unfinished transaction to its end.
pub(crate) fn resume(cx: &Context, session: &mut Session) -> CommandResult {
    let output = &cx.output;
    output.info("Resuming the interrupted transaction");
    let mut terminal = Terminal::new(Arc::clone(output), cx.answers(session));
    let progress = Progress::new(Arc::clone(output));
    // The checks that come first are not shown, as they were when the transaction began.
    let mut remaining = |left: usize, _installs: usize| progress.transaction(left);
    let report = session.resume(&mut remaining, &mut terminal, &progress);
    progress.end();
    let report = report.map_err(|error| Failure::Engine(Box::new(error), session.repos().to_vec()))?;
    errors::print_unchecked(output, &report);
    for problem in &report.aftermath {
        output.error(problem);
    }
    output.info("Complete!");
    Ok(0)
}
