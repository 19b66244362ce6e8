//! Interrupting a transaction at every step, and looking whether it can be finished.
//!
//! The program is run on a small root with one transaction that installs, upgrades, obsoletes and erases packages with
//! scriptlets, triggers and edited configuration files. It is killed or made to fail from outside, by signals and by
//! strace, so what is tested is the very program that is shipped. `SOURCE_DATE_EPOCH` is set, so that everything that is
//! written is the same in every run, down to the bytes of the database's records.

mod scenario;
mod view;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Oracle;
use crate::world::{copy_tree, program};

pub use view::View;

/// Where the journal is, below the root.
const JOURNAL: &str = "usr/lib/sysimage/oxidnf/transaction/journal";
/// Time that all transactions claim to run at.
const EPOCH: &str = "1700000000";

/// How a transaction is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL before the program writes to the journal for the nth time.
    KillAtStep(u32),
    /// SIGKILL before a thread's nth system call of this name.
    KillAtCall(&'static str, u32),
    /// SIGKILL this long after the journal was written.
    KillAfter(Duration),
    /// From its nth call of this name on, each thread finds the disk full.
    Full(&'static str, u32),
    /// The nth call of this name of each thread fails with an input/output error.
    Broken(&'static str, u32),
}

/// What is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transaction {
    /// Packages are installed, upgraded, obsoleted and erased.
    Everything,
    /// The same, from package files that are at hand.
    Local,
    /// One package without scriptlets is installed, so that there is something that can be taken back.
    Plain,
}

/// System calls that change files, as far as a transaction uses them.
pub const CHANGES: [&str; 21] = [
    "write",
    "pwrite64",
    "renameat",
    "renameat2",
    "unlinkat",
    "mkdirat",
    "linkat",
    "symlinkat",
    "fchmod",
    "fchmodat",
    "fchown",
    "fchownat",
    "utimensat",
    "ftruncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "syncfs",
    "rename",
    "unlink",
    "clone3",
];
/// System calls that bring content to a disk and can find it full or broken.
pub const WRITES: [&str; 6] = ["write", "pwrite64", "fallocate", "ftruncate", "fsync", "fdatasync"];

/// What came of an interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The fault hit, and the transaction was begun by then.
    Interrupted,
    /// The fault hit before the transaction began, or hit nothing that mattered.
    Harmless,
    /// The run was over before the fault could hit.
    Over,
}

/// A prepared transaction that can be run again and again.
pub struct Sweep {
    dir: tempfile::TempDir,
    program: PathBuf,
    started: i64,
    before: View,
    after: View,
    second: Vec<String>,
    /// How long an undisturbed run takes from its journal to its end.
    pub duration: Duration,
}

impl Sweep {
    /// Prepares the root, and runs a transaction once without disturbing it.
    ///
    /// # Panics
    /// When that does not work.
    pub fn prepare(transaction: Transaction) -> Self {
        let oracle = Oracle::find();
        // What is measured here is order, not the disk.
        let fast = Path::new("/dev/shm");
        let place = if fast.is_dir() { fast.to_owned() } else { std::env::temp_dir() };
        let dir = tempfile::Builder::new().prefix("oxidnf-sweep-").tempdir_in(place).expect("a writable directory");
        scenario::make(&oracle, dir.path());
        let second = scenario::second(transaction, dir.path());
        let start = dir.path().join("start");
        let mut sweep = Sweep {
            program: program(),
            started: 0,
            before: View::default(),
            after: View::default(),
            duration: Duration::ZERO,
            dir,
            second,
        };
        sweep.run_well(&start, scenario::FIRST);
        scenario::edit(&start);
        // Times of the past are compared; those of the runs are not.
        std::thread::sleep(Duration::from_millis(1100));
        sweep.started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64);
        sweep.before = View::of(&start, sweep.started);
        let root = sweep.fresh("reference");
        let child = sweep.command(&root, &sweep.second).spawn().expect("the program can be started");
        let begun = wait_for_journal(&root, child);
        let (since, child) = begun.expect("the transaction writes a journal");
        let output = child.wait_with_output().expect("the program ends");
        assert!(output.status.success(), "the undisturbed run failed:\n{}", text(&output));
        sweep.duration = since.elapsed();
        sweep.after = View::of(&root, sweep.started);
        assert!(!root.join(JOURNAL).exists(), "the journal is removed when all is over");
        sweep
    }

    /// Interrupts a run, finishes it with `--resume`, and compares with the undisturbed run.
    ///
    /// `name` keeps roots apart that are used at the same time. Fails with what differs.
    pub fn resume(&self, name: &str, fault: Fault) -> Result<Fate, String> {
        let root = self.fresh(name);
        let (output, over) = self.disturb(&root, &self.second, fault);
        let journal = root.join(JOURNAL).exists();
        if over && !output.status.success() {
            return Err(format!("{fault:?}: the run failed though nothing happened to it\n{}", text(&output)));
        }
        self.finish(&root)
            .map_err(|said| format!("{fault:?}: {said}\n-- the interrupted run --\n{}", text(&output)))?;
        let differences = self.after.differences(&View::of(&root, self.started), 1);
        if !differences.is_empty() {
            return Err(format!("{fault:?}\n{differences}-- the interrupted run --\n{}", text(&output)));
        }
        Ok(match (over, journal) {
            (true, _) => Fate::Over,
            (false, true) => Fate::Interrupted,
            (false, false) => Fate::Harmless,
        })
    }

    /// Interrupts a run, and the run that resumes it at the same kind of step, before a third one finishes it.
    pub fn resume_twice(&self, name: &str, first: Fault, second: Fault) -> Result<Fate, String> {
        let root = self.fresh(name);
        let (_, over) = self.disturb(&root, &self.second, first);
        let (_, again) = self.disturb(&root, &self.second, second);
        self.finish(&root).map_err(|said| format!("{first:?}, {second:?}: {said}"))?;
        let differences = self.after.differences(&View::of(&root, self.started), 2);
        if !differences.is_empty() {
            return Err(format!("{first:?}, {second:?}\n{differences}"));
        }
        Ok(if over || again { Fate::Over } else { Fate::Interrupted })
    }

    /// Interrupts a run and takes it back: everything must be as before, or `abort` must refuse and change nothing.
    pub fn abort(&self, name: &str, fault: Fault) -> Result<Fate, String> {
        let root = self.fresh(name);
        let (_, over) = self.disturb(&root, &self.second, fault);
        if over || !root.join(JOURNAL).exists() {
            return Ok(if over { Fate::Over } else { Fate::Harmless });
        }
        let middle = View::of(&root, self.started);
        wait_for_scriptlets(&root);
        let output = self.command(&root, &["transaction", "abort"]).output().expect("the program can be started");
        let now = View::of(&root, self.started);
        let differences = if output.status.success() {
            self.before.clone().without_times_of_directories().differences(&now.without_times_of_directories(), 0)
        } else {
            middle.differences(&now, 0)
        };
        if differences.is_empty() {
            return Ok(if output.status.success() { Fate::Interrupted } else { Fate::Harmless });
        }
        Err(format!("abort after {fault:?}\n{differences}-- abort --\n{}", text(&output)))
    }

    fn fresh(&self, name: &str) -> PathBuf {
        let root = self.dir.path().join(name);
        let _ = fs::remove_dir_all(&root);
        copy_tree(&self.dir.path().join("start"), &root);
        root
    }

    fn command<W: AsRef<OsStr>>(&self, root: &Path, arguments: &[W]) -> Command {
        self.prefixed(&[], root, arguments)
    }

    fn prefixed<W: AsRef<OsStr>>(&self, prefix: &[String], root: &Path, arguments: &[W]) -> Command {
        let mut words: Vec<std::ffi::OsString> = prefix.iter().map(Into::into).collect();
        words.push(self.program.clone().into());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(format!("--installroot={}", root.display())).args(arguments);
        command.env_clear().envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("HOME", "/root"), ("LC_ALL", "C.UTF-8")]);
        command.env("SOURCE_DATE_EPOCH", EPOCH);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run_well(&self, root: &Path, arguments: &[&str]) {
        let output = self.command(root, arguments).output().expect("the program can be started");
        assert!(output.status.success(), "{arguments:?} failed:\n{}", text(&output));
    }

    /// Runs under a fault; tells also whether the run was over before that could hit.
    fn disturb(&self, root: &Path, arguments: &[String], fault: Fault) -> (Output, bool) {
        let log = root.with_extension("strace");
        let strace = |filter: &[String], inject: String| {
            // Scriptlets are let go: what they do is not ours to disturb.
            let mut words = ["strace", "-f", "-b", "execve", "-qq", "-o"].map(str::to_owned).to_vec();
            words.push(log.display().to_string());
            words.extend(filter.iter().cloned());
            words.extend(["-e".to_owned(), inject]);
            let output = self.prefixed(&words, root, arguments).output().expect("strace is installed");
            let injected = fs::read(&log).is_ok_and(|log| String::from_utf8_lossy(&log).contains("(INJECTED)"));
            let over = output.status.success() && !injected;
            (output, over)
        };
        match fault {
            Fault::KillAtStep(number) => {
                let filter = ["-P".to_owned(), root.join(JOURNAL).display().to_string()];
                strace(&filter, format!("inject=write:signal=SIGKILL:when={number}"))
            }
            Fault::KillAtCall(call, number) => {
                strace(&trace(call), format!("inject={call}:signal=SIGKILL:when={number}"))
            }
            Fault::Full(call, number) => strace(&trace(call), format!("inject={call}:error=ENOSPC:when={number}+")),
            Fault::Broken(call, number) => strace(&trace(call), format!("inject={call}:error=EIO:when={number}")),
            Fault::KillAfter(delay) => {
                let child = self.command(root, arguments).spawn().expect("the program can be started");
                let Some((_, mut child)) = wait_for_journal(root, child) else {
                    unreachable!("the transaction writes a journal")
                };
                std::thread::sleep(delay);
                // It may have ended by itself.
                let _ = child.kill();
                let output = child.wait_with_output().expect("the program ends");
                let over = output.status.success();
                (output, over)
            }
        }
    }

    /// Runs the same command with `--resume` until no scriptlet of the interrupted run is in the way.
    fn finish(&self, root: &Path) -> Result<(), String> {
        wait_for_scriptlets(root);
        let output = self.command(root, &self.second).output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("the run that resumes failed\n{}", text(&output)));
        }
        let left = root.join(JOURNAL).ancestors().nth(1).is_some_and(Path::exists);
        if left { Err("the journal is still there".to_owned()) } else { Ok(()) }
    }
}

fn trace(call: &str) -> [String; 2] {
    ["-e".to_owned(), format!("trace={call}")]
}

fn text(output: &Output) -> String {
    format!("{}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Waits until the journal is there; none when the program ended without.
fn wait_for_journal(root: &Path, mut child: Child) -> Option<(Instant, Child)> {
    let journal = root.join(JOURNAL);
    while !journal.exists() {
        if matches!(child.try_wait(), Ok(Some(_))) && !journal.exists() {
            return None;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    Some((Instant::now(), child))
}

/// Waits until no process has its root in a root.
fn wait_for_scriptlets(root: &Path) {
    let inside = || -> io::Result<bool> {
        for entry in fs::read_dir("/proc")?.flatten() {
            if fs::read_link(entry.path().join("root")).is_ok_and(|link| link == root) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    for _ in 0..2000 {
        if !inside().unwrap_or(false) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
