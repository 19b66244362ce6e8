//! The log file, in dnf5's format and with its rotation (reference of dnf5, section 6.8).

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rustix::fs::FlockOperation;

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are dnf5's")]
pub enum Level {
    Critical,
    Error,
    Warning,
    Notice,
    Info,
    Debug,
    Trace,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Level::Critical => "CRITICAL",
            Level::Error => "ERROR",
            Level::Warning => "WARNING",
            Level::Notice => "NOTICE",
            Level::Info => "INFO",
            Level::Debug => "DEBUG",
            Level::Trace => "TRACE",
        }
    }
}

#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    limit: u64,
    keep: u32,
}

/// The log of a session. Lines are kept in memory until the file is opened; without a file they are dropped.
#[derive(Debug, Default)]
pub struct Log {
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Waiting(Vec<u8>),
    Open(Open),
    Off,
}

impl Default for State {
    fn default() -> Self {
        State::Waiting(Vec::new())
    }
}

impl Log {
    /// Makes a log that drops everything.
    pub fn off() -> Self {
        Log { state: Mutex::new(State::Off) }
    }

    /// Opens `dnf5.log` in a directory of the host and writes what has waited.
    ///
    /// On failure everything is dropped from now on; the caller tells the user once.
    pub fn open(&self, dir: &Path, limit: u64, keep: u32) -> Result<(), io::Error> {
        let path = dir.join("dnf5.log");
        let opened =
            std::fs::create_dir_all(dir).and_then(|()| OpenOptions::new().append(true).create(true).open(&path));
        let mut state = self.lock();
        match opened {
            Ok(file) => {
                let mut open = Open { file, path, limit, keep };
                let waiting = if let State::Waiting(bytes) = &mut *state { std::mem::take(bytes) } else { Vec::new() };
                let written = open.write(&waiting);
                *state = State::Open(open);
                written
            }
            Err(error) => {
                *state = State::Off;
                Err(error)
            }
        }
    }

    /// Writes one line.
    pub fn write(&self, level: Level, text: &str) {
        let mut state = self.lock();
        if matches!(*state, State::Off) {
            return;
        }
        let now = jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%z").to_string();
        let line = format!("{now} [{}] {} {text}\n", std::process::id(), level.as_str());
        match &mut *state {
            State::Waiting(bytes) => bytes.extend_from_slice(line.as_bytes()),
            // A full disk must not stop a transaction.
            State::Open(open) => drop(open.write(line.as_bytes())),
            State::Off => {}
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.limit > 0 && self.file.metadata()?.len() + bytes.len() as u64 > self.limit {
            self.rotate()?;
        }
        self.file.write_all(bytes)
    }

    /// Renames `dnf5.log` to `.1`, `.1` to `.2` and so on, under a lock that other processes respect.
    fn rotate(&mut self) -> io::Result<()> {
        let reopen = || OpenOptions::new().append(true).create(true).open(&self.path);
        let current = reopen()?;
        rustix::fs::flock(&current, FlockOperation::LockExclusive)?;
        // Somebody else may have rotated while this process waited.
        let (ours, theirs) = (rustix::fs::fstat(&self.file)?, rustix::fs::fstat(&current)?);
        if (ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino) {
            let numbered = |n: u32| PathBuf::from(format!("{}.{n}", self.path.display()));
            if self.keep == 0 {
                self.file.set_len(0)?;
                return Ok(());
            }
            for n in (1..self.keep).rev() {
                if numbered(n).exists() {
                    std::fs::rename(numbered(n), numbered(n + 1))?;
                }
            }
            std::fs::rename(&self.path, numbered(1))?;
        }
        self.file = reopen()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_rotation() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let log = Log::default();
        log.write(Level::Info, "early");
        log.open(dir.path(), 200, 2).expect("writable");
        for _ in 0..12 {
            log.write(Level::Debug, "a line of some length");
        }
        let text = std::fs::read_to_string(dir.path().join("dnf5.log.2")).expect("rotated twice");
        let line = text.lines().next().expect("a line");
        assert!(line.contains(&format!(" [{}] DEBUG a line", std::process::id())), "{line}");
        assert!(!dir.path().join("dnf5.log.3").exists());
        assert!(std::fs::metadata(dir.path().join("dnf5.log")).expect("there").len() <= 200);
    }
}
