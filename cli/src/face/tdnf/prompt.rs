//! `Is this ok [y/N]:`

use std::io::BufRead as _;

use oxidnf_engine::Prompt;
use oxidnf_engine::prompt::{KeyQuestion, LockHolder};

use super::console::Console;
use super::context::{Context, Done};
use super::failure::{Failure, number};

/// Asks on standard output and reads standard input.
pub struct Terminal {
    console: Console,
    yes: bool,
    no: bool,
    /// Why a question found no answer.
    failure: Option<Failure>,
    /// The key that the last question was about.
    last_key: String,
}

/// What a line of input means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    Again,
}

fn answer(line: &str) -> Answer {
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        "" | "n" | "no" => Answer::No,
        _ => Answer::Again,
    }
}

impl Terminal {
    /// Asks for a command; `-y` wins over `--assumeno`.
    pub fn new(cx: &Context) -> Self {
        let (yes, no) = (cx.has("assumeyes"), cx.has("assumeno"));
        Terminal { console: cx.console.clone(), yes, no, failure: None, last_key: String::new() }
    }

    /// Asks; the end of the input is an error of its own.
    pub fn confirm(&mut self) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        if self.no {
            return Ok(false);
        }
        loop {
            self.console.ask("Is this ok [y/N]: ");
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line).unwrap_or(0);
            if read == 0 {
                return Err(Failure::new(number::INVALID_INPUT));
            }
            match answer(&line) {
                Answer::Yes => return Ok(true),
                Answer::No => return Ok(false),
                Answer::Again => {}
            }
        }
    }

    /// Returns the failure of a question that was asked on the way, if any.
    pub fn outcome(&mut self) -> Done {
        self.failure.take().map_or(Ok(()), Err)
    }
}

impl Prompt for Terminal {
    fn import_key(&mut self, question: &KeyQuestion) -> bool {
        // A file with several keys is one question.
        if self.last_key == question.url {
            return self.failure.is_none();
        }
        self.last_key.clone_from(&question.url);
        self.console.result(format!("importing key from {}", question.url));
        match self.confirm() {
            Ok(true) => true,
            Ok(false) => {
                self.failure = Some(Failure::new(number::ABORTED));
                false
            }
            Err(failure) => {
                self.failure = Some(failure);
                false
            }
        }
    }

    fn waiting_for_lock(&mut self, holders: &[LockHolder]) {
        for LockHolder { pid, command } in holders {
            self.console.progress(format!("waiting for the lock of the system, held by {pid} ({command})"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // tdnf.md 3.1: y, yes, n, no, empty (= no), any case; anything else asks again.
    #[rstest]
    #[case("y\n", Answer::Yes)]
    #[case("YES\n", Answer::Yes)]
    #[case("N\n", Answer::No)]
    #[case("no\n", Answer::No)]
    #[case("\n", Answer::No)]
    #[case("maybe\n", Answer::Again)]
    fn answers(#[case] line: &str, #[case] want: Answer) {
        assert_eq!(answer(line), want);
    }
}
