//! The splash screen (plymouth) while a transaction runs at boot; a machine without one shows nothing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use oxidnf_core::event::{Event, Reporter};

const PROGRAM: &str = "/usr/bin/plymouth";

/// Tells the splash screen what kind of boot this is.
pub(crate) fn begin() {
    plymouth(&["change-mode", "--system-upgrade"]);
    plymouth(&["system-update", "--progress=0"]);
}

/// Shows a line of text.
pub(crate) fn message(text: &str) {
    plymouth(&["display-message", &format!("--text={text}")]);
}

fn plymouth(arguments: &[&str]) {
    if Path::new(PROGRAM).exists() {
        // A splash screen that does not answer must not stop an upgrade.
        let quiet = Command::new(PROGRAM)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        drop(quiet);
    }
}

/// Passes events on, and shows on the splash screen how many of all steps have ended.
pub(crate) struct Splash<'a> {
    inner: &'a dyn Reporter,
    steps: usize,
    done: Mutex<usize>,
}

impl<'a> Splash<'a> {
    /// Counts up to so many steps.
    pub(crate) fn new(inner: &'a dyn Reporter, steps: usize) -> Self {
        Splash { inner, steps, done: Mutex::new(0) }
    }
}

impl Reporter for Splash<'_> {
    fn report(&self, event: Event<'_>) {
        if matches!(event, Event::Finished { .. })
            && let Ok(mut done) = self.done.lock()
        {
            *done += 1;
            let percent = (*done * 100 / self.steps.max(1)).min(100);
            plymouth(&["system-update", &format!("--progress={percent}")]);
        }
        self.inner.report(event);
    }
}
