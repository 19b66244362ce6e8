//! Questions to the user.

use std::io::BufRead;
use std::sync::Arc;

use oxidnf_engine::Prompt;
use oxidnf_engine::prompt::{KeyQuestion, LockHolder};

use crate::output::Output;

/// Answers that the configuration or the command line give in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answers {
    /// `assumeyes`
    pub assume_yes: bool,
    /// `assumeno`
    pub assume_no: bool,
    /// `defaultyes`
    pub default_yes: bool,
}

/// Asks on stderr and reads from stdin.
pub struct Terminal {
    output: Arc<Output>,
    answers: Answers,
}

impl Terminal {
    /// Asks through this output.
    pub fn new(output: Arc<Output>, answers: Answers) -> Self {
        Terminal { output, answers }
    }

    /// Asks "Is this ok"; without an answer on the command line a line is read, and an empty line or the end of the
    /// input is the default.
    ///
    /// As in dnf5 `assumeno` is silent and wins.
    pub fn confirm(&mut self) -> bool {
        let Answers { assume_yes, assume_no, default_yes } = self.answers;
        if assume_no {
            return false;
        }
        if assume_yes {
            return true;
        }
        loop {
            self.output.error_text(if default_yes { "Is this ok [Y/n]: " } else { "Is this ok [y/N]: " });
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line).unwrap_or(0);
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => return true,
                "n" | "no" => return false,
                "" => return default_yes,
                _ if read == 0 => return default_yes,
                _ => {}
            }
        }
    }
}

impl Prompt for Terminal {
    fn import_key(&mut self, question: &KeyQuestion) -> bool {
        let KeyQuestion { short_id, user_ids, fingerprint, url, repo_id: _ } = question;
        if self.answers.assume_no {
            // Nobody is asked, so nothing is told.
            return false;
        }
        self.output.error(format!("Importing OpenPGP key 0x{short_id}:"));
        for user_id in user_ids {
            self.output.error(format!(" UserID     : \"{user_id}\""));
        }
        self.output.error(format!(" Fingerprint: {fingerprint}"));
        self.output.error(format!(" From       : {url}"));
        self.confirm()
    }

    fn key_imported(&mut self, _question: &KeyQuestion) {
        self.output.error("The key was successfully imported.");
    }

    fn waiting_for_lock(&mut self, holders: &[LockHolder]) {
        self.output
            .error("Waiting for a lock on the system repository. The following processes are currently accessing it:");
        for LockHolder { pid, command } in holders {
            self.output.error(format!("{pid}\t{command}"));
        }
        self.output.error("Use the \"--skip-file-locks\" option to bypass the lock.");
    }
}
