//! `Is this ok [y/N]:`

use std::io::BufRead as _;

use oxidnf_engine::Prompt;
use oxidnf_engine::prompt::{KeyQuestion, KeyTrouble, LockHolder};

use super::console::Console;
use super::context::{Context, Done};
use super::failure::{Failure, number};
use super::faults;

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

/// The system's number for a directory in the place of a file.
const IS_A_DIRECTORY: i32 = 21;

/// Fails for places that tdnf does not take keys from.
fn check_place(url: &str) -> Result<(), Failure> {
    let Some((scheme, path)) = url.split_once("://") else { return Err(Failure::new(number::BAD_KEY_URL)) };
    if !["file", "http", "https", "ftp"].contains(&scheme) {
        return Err(Failure::new(number::UNSUPPORTED_KEY_URL));
    }
    if path.split('/').any(|part| part == "..") {
        return Err(Failure::new(number::BAD_KEY_URL));
    }
    Ok(())
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
    // tdnf asks before it looks at a file.
    fn look_at_key(&mut self, url: &str) -> bool {
        url.clone_into(&mut self.last_key);
        self.console.progress(format!("importing key from {url}"));
        let wanted = match self.confirm() {
            Ok(true) => check_place(url),
            Ok(false) => Err(Failure::new(number::ABORTED)),
            Err(failure) => Err(failure),
        };
        self.failure = wanted.err();
        self.failure.is_none()
    }

    fn import_key(&mut self, question: &KeyQuestion) -> bool {
        // A file with several keys is one question; the keys of a repository's index are asked for one by one.
        if self.last_key == question.url { self.failure.is_none() } else { self.look_at_key(&question.url) }
    }

    fn key_trouble(&mut self, url: &str, trouble: &KeyTrouble) {
        self.failure = Some(match trouble {
            KeyTrouble::NoKey => Failure::new(number::BAD_KEY_FILE),
            KeyTrouble::File(IS_A_DIRECTORY) => Failure::new(number::BAD_KEY_URL),
            KeyTrouble::File(code) => {
                self.console.error(format!("Error: Accessing gpgkey at {}", url.trim_start_matches("file://")));
                Failure::system(&std::io::Error::from_raw_os_error(*code))
            }
            // `-C` of tdnf is about metadata.
            KeyTrouble::OnlyCache => Failure::new(number::BAD_KEY_URL),
            KeyTrouble::Fetch(fault) => {
                self.console.error(format!("Error processing key: {url}"));
                faults::transfer(fault)
            }
        });
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
