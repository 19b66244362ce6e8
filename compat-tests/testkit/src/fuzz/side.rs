//! One of the two roots with a shell of the oracle that waits for commands, as starting one costs more than a step.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::sequence::ALSO_ERASE;
use crate::oracle::Oracle;

/// The program that the other side is compared with.
pub const RPM: &str = "rpm";

/// Where the side's directory is inside the oracle.
const SIDE: &str = "/srv/t";
/// The root inside the oracle.
pub const ROOT: &str = "/srv/t/root";
/// Where the packages are inside the oracle.
pub const PACKAGES: &str = "/srv/repos";
/// Where the program under test is inside the oracle.
const BIN: &str = "/srv/bin";
/// What lets rpm erase and install in one transaction, there.
const LIBRARY: &str = "also_erase.so";
/// Where the shell of the root is; a place that comparisons leave out.
const SHELL: &str = "usr/lib/sysimage/oxidnf/busybox";
const APPLETS: &str =
    "sh cat echo ls id env sort rm touch mkdir true false sleep grep sed test date ln chmod chown mv kill";
/// A step that takes longer hangs.
const SECONDS: u32 = 60;

/// Makes the library for rpm in the directory of programs.
///
/// # Errors
/// When there is no C compiler.
pub fn make_library(bin: &Path) -> io::Result<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fuzz/also_erase.c");
    let mut compiler = Command::new("cc");
    let status = compiler.args(["-shared", "-fPIC", "-O", "-o"]).arg(bin.join(LIBRARY)).arg(&source).status()?;
    let failed = || io::Error::other(format!("cc cannot compile {}", source.display()));
    status.success().then_some(()).ok_or_else(failed)
}

/// What a command said and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Exit code, 128 + n for signal n, 124 after the time was over.
    pub code: i32,
    /// Both streams.
    pub text: String,
}

/// One side.
pub struct Side {
    dir: PathBuf,
    program: String,
    shell: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Side {
    /// Starts a shell for a directory; `program` is what is called for the steps.
    pub fn start(oracle: &Oracle, dir: &Path, packages: &Path, bin: &Path, program: &str) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let binds = [(dir, SIDE), (packages, PACKAGES), (bin, BIN)];
        let mut command = oracle.command(&binds, &["sh"]);
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let missing = || io::Error::other("a spawned process has the pipes it was given");
        let input = shell.stdin.take().ok_or_else(missing)?;
        let output = BufReader::new(shell.stdout.take().ok_or_else(missing)?);
        Ok(Side { dir: dir.to_owned(), program: program.to_owned(), shell, input, output })
    }

    /// Returns the root as the host sees it.
    pub fn root(&self) -> PathBuf {
        self.dir.join("root")
    }

    /// Makes the root new: a shell for scriptlets, users, and nothing else.
    pub fn reset(&mut self, busybox: &Path) -> io::Result<()> {
        let root = self.root();
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        for dir in ["bin", "etc", "var/tmp", "tmp", "usr/lib/sysimage/oxidnf"] {
            fs::create_dir_all(root.join(dir))?;
        }
        for dir in ["var/tmp", "tmp"] {
            fs::set_permissions(root.join(dir), fs::Permissions::from_mode(0o1777))?;
        }
        let shell = root.join(SHELL);
        if fs::hard_link(busybox, &shell).is_err() {
            fs::copy(busybox, &shell)?;
        }
        for name in APPLETS.split(' ') {
            symlink(format!("/{SHELL}"), root.join("bin").join(name))?;
        }
        fs::write(
            root.join("etc/passwd"),
            "root:x:0:0::/root:/bin/sh\nbin:x:1:1::/:/bin/false\nuser:x:1000:1000::/:\n",
        )?;
        fs::write(root.join("etc/group"), "root:x:0:\nbin:x:1:\nuser:x:1000:\n")
    }

    /// Calls the side's program with words behind `--root`.
    pub fn call(&mut self, words: &[String], epoch: u32) -> io::Result<Said> {
        let real = self.program == RPM;
        let erased: Vec<&str> = words.iter().filter_map(|word| word.strip_prefix(ALSO_ERASE)).collect();
        let known = |word: &&String| !(real && word.starts_with(ALSO_ERASE));
        let words: Vec<String> = words.iter().filter(known).map(|word| quote(word)).collect();
        let library = if real && !erased.is_empty() {
            format!("LD_PRELOAD={BIN}/{LIBRARY} OXIDNF_ALSO_ERASE={} ", quote(&erased.join(" ")))
        } else {
            String::new()
        };
        // Not `env`, whose variables would be those of scriptlets in both cases.
        let call = format!("{} --root {ROOT} {}", self.program, words.join(" "));
        self.run(&format!("SOURCE_DATE_EPOCH={epoch} {library}timeout -s KILL {SECONDS} {call}"))
    }

    /// Calls a program of rpm's, the same on both sides.
    pub fn rpm(&mut self, program: &str, words: &str) -> io::Result<Said> {
        self.run(&format!("timeout {SECONDS} {program} --root {ROOT} {words}"))
    }

    /// Runs a script in the root, as an admin would.
    pub fn admin(&mut self, script: &str) -> io::Result<Said> {
        self.run(&format!("timeout {SECONDS} chroot {ROOT} /{SHELL} sh -c {}", quote(script)))
    }

    fn run(&mut self, command: &str) -> io::Result<Said> {
        writeln!(self.input, "{command} >{SIDE}/said 2>&1 </dev/null; echo $?")?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let code = line.trim().parse().map_err(|_| io::Error::other(format!("the oracle's shell said `{line}`")))?;
        let text = String::from_utf8_lossy(&fs::read(self.dir.join("said"))?).into_owned();
        Ok(Said { code, text })
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // The shell may have ended already.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
