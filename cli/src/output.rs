//! The two streams of the program and what is known about the terminal behind them.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::environment::Environment;
use crate::sanitize::sanitize;

/// Columns that are assumed when nothing says how wide the terminal is, as dnf5 does.
pub const DEFAULT_WIDTH: usize = 80;

/// When colours are used (the `color` option and `--color`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorWhen {
    /// On a terminal, unless the environment says NO_COLOR.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorWhen {
    /// Parses dnf5's words, with the synonyms that dnf5 takes.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "auto" | "tty" | "if-tty" => ColorWhen::Auto,
            "always" | "on" | "yes" | "1" | "true" => ColorWhen::Always,
            "never" | "off" | "no" | "0" | "false" => ColorWhen::Never,
            _ => return None,
        })
    }
}

/// Writes results to stdout and everything else to stderr; can be shared between threads.
pub struct Output {
    out: Mutex<Box<dyn Write + Send>>,
    err: Mutex<Box<dyn Write + Send>>,
    terminal: Option<usize>,
    real_terminal: Option<usize>,
    interactive: bool,
    clean: bool,
    color: bool,
    quiet: bool,
}

impl Output {
    /// Takes the process's streams.
    ///
    /// As in dnf5 the width and the question whether a person is watching are those of stdout, although progress
    /// bars go to stderr.
    pub fn of_process(environment: &Environment) -> Self {
        let terminal = io::stdout().is_terminal();
        Output {
            out: Mutex::new(Box::new(BufWriter::with_capacity(1 << 16, io::stdout()))),
            err: Mutex::new(Box::new(io::stderr())),
            terminal: environment.columns.or_else(terminal_width),
            real_terminal: terminal_width(),
            interactive: environment.force_interactive || terminal,
            clean: terminal || io::stderr().is_terminal(),
            color: terminal && !environment.no_color,
            quiet: false,
        }
    }

    /// Takes other streams, of a terminal of that width or of none, not interactive and without colours.
    pub fn to_writers(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, terminal: Option<usize>) -> Self {
        Output {
            out: Mutex::new(out),
            err: Mutex::new(err),
            terminal,
            real_terminal: terminal,
            interactive: false,
            clean: false,
            color: false,
            quiet: false,
        }
    }

    /// Sets whether informational lines are dropped (`-q`).
    pub fn set_quiet(&mut self, quiet: bool) {
        self.quiet = quiet;
    }

    /// Applies `--color` or the `color` option; `Auto` keeps what was found out from the terminal.
    pub fn set_color(&mut self, when: ColorWhen) {
        match when {
            ColorWhen::Auto => {}
            ColorWhen::Always => self.color = true,
            ColorWhen::Never => self.color = false,
        }
    }

    /// Number of columns for what is always laid out for a terminal.
    pub fn width(&self) -> usize {
        self.terminal.unwrap_or(DEFAULT_WIDTH)
    }

    /// Number of columns of the terminal; `None` when stdout is no terminal and nobody set a width.
    pub fn terminal(&self) -> Option<usize> {
        self.terminal
    }

    /// Number of columns of the terminal, whatever the environment says; `None` when stdout is no terminal.
    ///
    /// Lists are cut only for a real terminal.
    pub fn real_terminal(&self) -> Option<usize> {
        self.real_terminal
    }

    /// Whether a person is watching, so that bars may move.
    pub fn interactive(&self) -> bool {
        self.interactive
    }

    /// Whether colours may be used.
    pub fn color(&self) -> bool {
        self.color
    }

    /// Whether informational lines are dropped.
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// Writes a line to stdout.
    pub fn line(&self, text: impl AsRef<str>) {
        self.text(text.as_ref());
        self.text("\n");
    }

    /// Writes text to stdout as it is, without a newline.
    ///
    /// Errors are ignored here: a closed pipe is no reason to fail a transaction that is running.
    pub fn text(&self, text: impl AsRef<str>) {
        let text = text.as_ref();
        let _ = if self.clean {
            lock(&self.out).write_all(sanitize(text).as_bytes())
        } else {
            lock(&self.out).write_all(text.as_bytes())
        };
    }

    /// Writes bytes to stdout: paths need not be UTF-8. Before a terminal they are cleaned like any text.
    pub fn bytes(&self, bytes: &[u8]) {
        if self.clean {
            self.text(String::from_utf8_lossy(bytes));
        } else {
            let _ = lock(&self.out).write_all(bytes);
        }
    }

    /// Writes a line to stderr.
    pub fn error(&self, text: impl AsRef<str>) {
        self.error_text(text.as_ref());
        self.error_text("\n");
    }

    /// Writes text to stderr without a newline.
    pub fn error_text(&self, text: impl AsRef<str>) {
        let text = text.as_ref();
        self.flush();
        let _ = if self.clean {
            lock(&self.err).write_all(sanitize(text).as_bytes())
        } else {
            lock(&self.err).write_all(text.as_bytes())
        };
        let _ = lock(&self.err).flush();
    }

    /// Writes an informational line to stderr, unless `-q` was given.
    pub fn info(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.error(text);
        }
    }

    /// Hands everything written so far to the system.
    pub fn flush(&self) {
        let _ = lock(&self.out).flush();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in another thread while it wrote leaves at worst half a line.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

#[cfg(test)]
pub(crate) mod testing {
    //! An output that keeps what was written.

    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::Output;

    /// What was written to both streams, each line marked with its stream.
    #[derive(Clone, Default)]
    pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

    impl Written {
        /// Returns an output of a terminal with 80 columns and what it writes.
        pub(crate) fn terminal() -> (Output, Written) {
            let written = Written::default();
            let output = Output::to_writers(Box::new(written.clone()), Box::new(written.clone()), Some(80));
            (output, written)
        }

        /// Returns the text so far.
        pub(crate) fn text(&self) -> String {
            let bytes = self.0.lock().expect("no test thread panics while writing").clone();
            String::from_utf8(bytes).expect("output is UTF-8")
        }
    }

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no test thread panics while writing").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
