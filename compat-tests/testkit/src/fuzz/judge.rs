//! Runs a sequence on both sides and compares after each step.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::package::LUA_PRINTS;
use super::sequence::{Sequence, Step};
use super::side::{self, PACKAGES, RPM, Said, Side};
use super::write;
use crate::compare::{self, diff, text};
use crate::oracle::Oracle;
use crate::target_dir;

/// Time of the first transaction of a sequence; each step is a minute later.
const EPOCH: u32 = 1_760_000_000;
/// Exit code of a shell for a command that died so.
const SEGMENTATION_FAULT: i32 = 139;
/// Exit code of what hung on one side.
const KILLED: i32 = 137;

/// What differs, and after which step.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Number of the step, from 0; one more than there are for the checks at the end.
    pub step: usize,
    /// What differs, as short diffs: rpm's side against the engine's.
    pub text: String,
    /// What both said.
    pub said: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after step {}:\n{}{}", self.step, self.text, self.said)
    }
}

/// Two roots in which sequences are run one after the other.
pub struct Arena {
    dir: tempfile::TempDir,
    busybox: PathBuf,
    real: Side,
    ours: Side,
}

impl Arena {
    /// Makes an arena; `transact` is the engine's example program.
    pub fn new(oracle: &Oracle, transact: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("oxidnf-fuzz-");
        // In memory it takes a third of the time, as rpm waits for the disk in every step.
        let dir = builder.tempdir_in("/dev/shm").or_else(|_| builder.tempdir())?;
        let (packages, bin) = (dir.path().join("packages"), dir.path().join("bin"));
        fs::create_dir(&packages)?;
        fs::create_dir(&bin)?;
        fs::copy(transact, bin.join("transact"))?;
        side::make_library(&bin)?;
        let busybox = dir.path().join("busybox");
        fs::copy(oracle.root().join("bin/busybox"), &busybox)?;
        let start = |name: &str, program: &str| Side::start(oracle, &dir.path().join(name), &packages, &bin, program);
        let (real, ours) = (start("real", RPM)?, start("ours", "/srv/bin/transact")?);
        Ok(Arena { dir, busybox, real, ours })
    }

    /// Makes the arena of a test: [`Oracle::find`]'s, with the `transact` that was built for the tests.
    ///
    /// # Panics
    ///
    /// When the temporary directory or the oracle cannot be used.
    pub fn of_tests() -> Self {
        Arena::new(&Oracle::find(), &transact()).expect("two roots can be made in the temporary directory")
    }

    /// Runs a sequence as [`Arena::run`].
    ///
    /// # Panics
    ///
    /// With the sequence and the difference, when there is one; `what` tells which case this is.
    pub fn assert_same(&mut self, what: &str, sequence: &Sequence) {
        if let Some(difference) = self.run(sequence).expect("the oracle's shells answer") {
            panic!("{what}\n{sequence}{difference}");
        }
    }

    /// Runs a sequence in fresh roots; returns the first difference.
    pub fn run(&mut self, sequence: &Sequence) -> io::Result<Option<Difference>> {
        let packages = self.dir.path().join("packages");
        for entry in fs::read_dir(&packages)? {
            fs::remove_file(entry?.path())?;
        }
        for package in &sequence.packages {
            fs::write(packages.join(format!("{}.rpm", package.nevra())), write::write(package))?;
        }
        // The kernel's clock for files runs a little behind, which matters around the change of a second.
        let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64 - 2);
        self.real.reset(&self.busybox)?;
        self.ours.reset(&self.busybox)?;
        let mut failed = false;
        for (number, step) in sequence.steps.iter().enumerate() {
            let epoch = EPOCH + 60 * number as u32;
            let (real, ours) = self.both(|side| match step {
                Step::Rpm { .. } => side.call(&step.words(PACKAGES), epoch),
                Step::Admin(script) => side.admin(script),
            })?;
            if real.code == SEGMENTATION_FAULT {
                // rpm 6.1 dies when a package of the set replaces another one that brought erasures; nothing can be
                // learnt from that.
                return Ok(None);
            }
            if real.code == KILLED && ours.code == KILLED {
                // Both were killed after a minute, somewhere; nothing can be learnt from that either.
                return Ok(None);
            }
            failed |= real.text.contains("unpacking of archive failed");
            if let Some(text) = self.differences(&real, &ours, started, failed) {
                return Ok(Some(Difference { step: number, text, said: both_said(&real, &ours) }));
            }
        }
        self.checks(sequence.steps.len())
    }

    /// Lets rpm judge both roots at the end.
    fn checks(&mut self, step: usize) -> io::Result<Option<Difference>> {
        for (program, words) in [("rpm", "-Va"), ("rpmdb", "--verifydb")] {
            let (real, ours) = self.both(|side| side.rpm(program, words))?;
            if real != ours {
                let text = diff(&format!("{program} {words}"), &real.text, &ours.text).unwrap_or_default();
                return Ok(Some(Difference { step, text, said: both_said(&real, &ours) }));
            }
        }
        Ok(None)
    }

    fn both(&mut self, act: impl Fn(&mut Side) -> io::Result<Said> + Sync) -> io::Result<(Said, Said)> {
        let (real, ours) = (&mut self.real, &mut self.ours);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| act(ours));
            let real = act(real)?;
            let ours = other.join().map_err(|_| io::Error::other("the thread of a side panicked"))??;
            Ok((real, ours))
        })
    }

    /// `failed` says that some unpacking has failed: then rpm has made and removed names in directories into which we
    /// put none, so their times differ.
    fn differences(&self, real: &Said, ours: &Said, started: i64, failed: bool) -> Option<String> {
        let said = |said: &Said| {
            format!("exit code {}\n{}", said.code, text::normalise(&lua_last(&without_stale_reasons(&said.text))))
        };
        let tree = |side: &Side| {
            let tree = top(&side.root(), started) + &compare::tree::describe(&side.root(), started);
            if failed { without_directory_times(&without_temporary_files(&tree)) } else { tree }
        };
        let database = |side: &Side| compare::rpmdb::dump_exact(&side.root().join("usr/lib/sysimage/rpm"));
        let log = |side: &Side| {
            let bytes = fs::read(side.root().join("scripts.log")).unwrap_or_default();
            text::normalise(&String::from_utf8_lossy(&bytes))
        };
        let found: Vec<String> = [
            diff("output", &said(real), &said(ours)),
            diff("scriptlet log", &log(&self.real), &log(&self.ours)),
            diff("tree", &tree(&self.real), &tree(&self.ours)),
            diff("database", &database(&self.real), &database(&self.ours)),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!found.is_empty()).then(|| found.concat())
    }
}

/// Drops files under rpm's temporary names: it leaves them where a directory was moved away meanwhile.
fn without_temporary_files(tree: &str) -> String {
    let temporary = |line: &&str| {
        let tail = |part: &str| {
            part.split_once(' ').is_some_and(|(id, _)| id.len() == 8 && u32::from_str_radix(id, 16).is_ok_and(is_step))
        };
        line.split(';').skip(1).any(tail)
    };
    tree.lines().filter(|line| !temporary(line)).map(|line| line.to_owned() + "\n").collect()
}

/// Tells whether a number is the time of some step of a sequence.
fn is_step(time: u32) -> bool {
    (EPOCH..EPOCH + 3600).contains(&time)
}

/// Drops the last word of the lines about directories.
fn without_directory_times(tree: &str) -> String {
    let is_directory = |line: &str| line.contains(" dir ") || line.starts_with("/ ");
    let end = |line: &str| if is_directory(line) { line.rfind(' ').unwrap_or(line.len()) } else { line.len() };
    tree.lines().map(|line| line[..end(line)].to_owned() + "\n").collect()
}

/// Describes the root itself, which a package may own.
fn top(root: &Path, started: i64) -> String {
    let Ok(meta) = fs::symlink_metadata(root) else { return "no root\n".to_owned() };
    let time = if meta.mtime() >= started { "now".to_owned() } else { meta.mtime().to_string() };
    format!("/ {:o} {}:{} {time}\n", meta.mode(), meta.uid(), meta.gid())
}

/// Drops the reason of a failed unpacking: what rpm prints there is left over from cleaning up as often as not.
///
/// For the same cause it also tells now this, now that where a file stands in the way of a directory.
fn without_stale_reasons(text: &str) -> String {
    let text = text.replace(": cpio: Not a directory", ": cpio: mkdir failed - File exists");
    let stale = |line: &str| {
        let failed = line.starts_with("error: unpacking of archive failed").then(|| line.find(" failed - ")).flatten();
        failed.map_or_else(|| line.to_owned(), |at| line[..at].to_owned())
    };
    text.lines().map(|line| stale(line) + "\n").collect()
}

/// Moves what Lua prints to the end: into a file, the C library writes it when rpm ends or its buffer is full, programs
/// and messages write at once.
fn lua_last(text: &str) -> String {
    let (printed, others): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| *line == LUA_PRINTS);
    others.into_iter().chain(printed).map(|line| line.to_owned() + "\n").collect()
}

fn both_said(real: &Said, ours: &Said) -> String {
    if real == ours {
        return String::new();
    }
    format!("-- rpm said ({}) --\n{}-- oxidnf said ({}) --\n{}", real.code, real.text, ours.code, ours.text)
}

/// Finds the engine's example program: `$OXIDNF_TRANSACT`, else the newest one below `target`.
///
/// # Panics
/// When there is none; the text says how to make it.
pub fn transact() -> PathBuf {
    if let Some(path) = std::env::var_os("OXIDNF_TRANSACT") {
        return path.into();
    }
    let places = ["debug", "release"].map(|profile| target_dir().join(profile).join("examples/transact"));
    let built = |path: &PathBuf| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let newest = places.into_iter().filter(|path| built(path).is_some()).max_by_key(built);
    newest.expect("transact is not built: run `cargo build -p oxidnf-transaction --example transact`")
}
