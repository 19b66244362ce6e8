//! The three classes of output and the options that hide them (reference of tdnf, section 1.1).

use std::sync::Arc;

use super::failure::Failure;
use super::json::Json;
use crate::output::Output;

/// Where a command's words go.
#[derive(Clone)]
pub struct Console {
    output: Arc<Output>,
    /// `-q`: progress is hidden.
    pub quiet: bool,
    /// `-j`: progress and results are hidden, and documents take their place.
    pub json: bool,
    /// `-v`
    pub verbose: bool,
}

impl Console {
    /// Writes to these streams.
    pub fn new(output: Arc<Output>) -> Self {
        Console { output, quiet: false, json: false, verbose: false }
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.output.real_terminal().unwrap_or(crate::output::DEFAULT_WIDTH)
    }

    /// Whether standard output is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.output.real_terminal().is_some()
    }

    /// Whether progress is shown.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && !self.json
    }

    /// Writes a line of progress.
    pub fn progress(&self, line: impl AsRef<str>) {
        if self.shows_progress() {
            self.output.line(line);
            self.output.flush();
        }
    }

    /// Writes a line of the result.
    pub fn result(&self, line: impl AsRef<str>) {
        if !self.json {
            self.output.line(line);
        }
    }

    /// Writes text of the result without a newline, and hands it to the system.
    pub fn ask(&self, text: &str) {
        if !self.json {
            self.output.text(text);
        }
        self.output.flush();
    }

    /// Writes what a scriptlet wrote; in documents there is no place for it.
    pub fn scriptlet(&self, text: &str) {
        if self.json {
            self.output.error_text(text);
        } else {
            self.output.text(text);
            self.output.flush();
        }
    }

    /// Writes a line to standard error, which nothing hides.
    pub fn error(&self, line: impl AsRef<str>) {
        self.output.error(line);
    }

    /// Writes a line to standard output that nothing hides.
    pub fn always(&self, line: impl AsRef<str>) {
        self.output.line(line);
    }

    /// Writes a document.
    pub fn document(&self, json: &Json) {
        self.output.text(json.render());
        self.output.flush();
    }

    /// Writes a failure as tdnf does and returns the exit status.
    pub fn fail(&self, failure: &Failure) -> u8 {
        let (number, text) = (failure.number(), failure.text());
        if failure.is_remark() {
            if !self.json {
                self.error(text);
            }
        } else if number == super::failure::number::UPDATES_AVAILABLE {
            // The number is the message.
        } else if self.json {
            self.document(&Json::Object(vec![
                ("Error", Json::Number(i64::from(number))),
                ("ErrorMessage", Json::text(text)),
            ]));
        } else {
            self.error(format!("Error({number}) : {text}"));
        }
        self.flush();
        failure.status()
    }

    /// Hands everything to the system.
    pub fn flush(&self) {
        self.output.flush();
    }
}
