//! One external program: fed, watched, and its output collected.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};

use oxidnf_core::event::ScriptletEnd;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use crate::plugins::scriptlets::Changes;
use crate::sys::{self, ChildSetup, Gate};

/// Output beyond this is thrown away, so that a script cannot fill our memory.
pub(crate) const MAX_OUTPUT: usize = 4 << 20;

/// A program to run.
pub(crate) struct Process<'a> {
    /// Program and arguments.
    pub(crate) argv: Vec<Vec<u8>>,
    /// Variables beside the inherited ones, the last one of a name counts; those without a value are not inherited.
    pub(crate) env: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// What it reads.
    pub(crate) stdin: &'a [u8],
    /// Its root; none is ours.
    pub(crate) root: Option<BorrowedFd<'a>>,
    /// What plug-ins change for it.
    pub(crate) changes: Option<&'a Changes>,
    /// Its context of SELinux, and whether it must not run without.
    pub(crate) context: Option<(Vec<u8>, bool)>,
}

/// How a program ended and what it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: ScriptletEnd,
    pub(crate) output: Vec<u8>,
    /// Why it could not be started.
    pub(crate) error: Option<io::Error>,
}

impl Process<'_> {
    /// Runs the program to its end.
    ///
    /// Whoever inherits the output from it, such as a daemon, is not waited for.
    pub(crate) fn run(&self) -> Ended {
        self.ended(self.spawn(None))
    }

    /// As [`Process::run`]; the program begins only after `note` has heard the number of its process.
    ///
    /// A program that kills us in its first moment is known, then. If we die before `note` returns, it never begins.
    pub(crate) fn run_noting(&self, note: &mut dyn FnMut(u32)) -> Ended {
        self.ended(self.spawn_noting(note))
    }

    fn ended(&self, spawned: io::Result<Spawned>) -> Ended {
        match spawned.and_then(|spawned| self.attend(spawned)) {
            Ok((end, output)) => Ended { end, output, error: None },
            // A shell would say 127, and so does rpm's child.
            Err(error) => Ended { end: ScriptletEnd::Exit(127), output: Vec::new(), error: Some(error) },
        }
    }

    /// Feeds a program and takes what it writes, until it ends.
    fn attend(&self, Spawned { mut child, output: reader }: Spawned) -> io::Result<(ScriptletEnd, Vec<u8>)> {
        let mut stdin = child.stdin.take();
        if self.stdin.is_empty() {
            // rpm closes the pipe at once: scriptlets read an end of file.
            stdin = None;
        }
        let ended = sys::pidfd(child.id())?;
        let mut output = Output { bytes: Vec::new(), reader: File::from(std::os::fd::OwnedFd::from(reader)) };
        unblock(output.reader.as_fd())?;
        if let Some(pipe) = &stdin {
            unblock(pipe.as_fd())?;
        }
        let mut unwritten = self.stdin;
        loop {
            let mut fds = vec![
                PollFd::from_borrowed_fd(ended.as_fd(), PollFlags::IN),
                PollFd::from_borrowed_fd(output.reader.as_fd(), PollFlags::IN),
            ];
            if let Some(pipe) = &stdin {
                fds.push(PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::OUT));
            }
            match poll(&mut fds, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            let over = !fds[0].revents().is_empty();
            drop(fds);
            let open = output.drain();
            if let Some(pipe) = &mut stdin
                && !feed(pipe, &mut unwritten)
            {
                stdin = None;
            }
            if over {
                break;
            }
            if !open && stdin.is_none() {
                break;
            }
        }
        let end = wait(&mut child)?;
        output.drain();
        Ok((end, output.bytes))
    }

    /// Starts the program behind a gate that opens when `note` has returned.
    fn spawn_noting(&self, note: &mut dyn FnMut(u32)) -> io::Result<Spawned> {
        let (here, there) = UnixStream::pair()?;
        let gate = Gate { child: there.as_raw_fd(), parent: here.as_raw_fd() };
        std::thread::scope(|scope| {
            // Whoever spawns waits until the program begins.
            let spawning = std::thread::Builder::new().spawn_scoped(scope, move || {
                let spawned = self.spawn(Some(gate));
                drop(there);
                spawned
            })?;
            let mut pid = [0; 4];
            // Nothing comes from a child that could not get so far; spawning says why.
            let born = (&here).read_exact(&mut pid).is_ok();
            if born {
                note(u32::from_ne_bytes(pid));
            }
            // A child that is gone already does not need it.
            let opened = if born { sys::open_gate(here.as_fd()) } else { Ok(()) };
            // Without it, the end is what the child sees.
            drop(here);
            let spawned = spawning.join().map_err(|_| io::Error::other("the thread that starts it panicked"))?;
            match (spawned, opened) {
                (Err(_), Err(error)) => Err(error),
                (spawned, _) => spawned,
            }
        })
    }

    fn spawn(&self, gate: Option<Gate>) -> io::Result<Spawned> {
        let (reader, output) = io::pipe()?;
        let program = self.argv.first().ok_or(io::ErrorKind::InvalidInput)?;
        let os = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
        // rpm calls execv, which searches no PATH: a bare name is one in the working directory, `/`.
        let path = if program.contains(&b'/') { os(program) } else { os(&[b"./", &program[..]].concat()) };
        let mut command = Command::new(path);
        command.arg0(os(program)).args(self.argv[1..].iter().map(|argument| os(argument)));
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(os(name), os(value)),
                None => command.env_remove(os(name)),
            };
        }
        command.stdin(Stdio::piped()).stdout(output.try_clone()?).stderr(output.try_clone()?);
        let context = self.context.as_ref().map(|(context, needed)| (&context[..], *needed));
        sys::set_up(&mut command, ChildSetup { root: self.root, changes: self.changes, context, gate });
        Ok(Spawned { child: command.spawn()?, output: reader })
    }
}

/// A program that has begun.
struct Spawned {
    child: Child,
    /// What it writes.
    output: io::PipeReader,
}

struct Output {
    bytes: Vec<u8>,
    reader: File,
}

impl Output {
    /// Takes what is there; false once everybody has closed the pipe.
    fn drain(&mut self) -> bool {
        let mut buffer = [0; 4096];
        loop {
            match self.reader.read(&mut buffer) {
                Ok(0) => return false,
                Ok(got) => {
                    let room = MAX_OUTPUT.saturating_sub(self.bytes.len()).min(got);
                    self.bytes.extend(&buffer[..room]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return true,
            }
        }
    }
}

/// Writes as much as the reader takes; false when done or when it does not want more, which is no error.
fn feed(pipe: &mut impl Write, unwritten: &mut &[u8]) -> bool {
    while !unwritten.is_empty() {
        match pipe.write(unwritten) {
            Ok(done) => *unwritten = &unwritten[done..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
    }
    false
}

fn unblock(fd: BorrowedFd<'_>) -> io::Result<()> {
    let flags = fcntl_getfl(fd)?;
    Ok(fcntl_setfl(fd, flags | OFlags::NONBLOCK)?)
}

fn wait(child: &mut Child) -> io::Result<ScriptletEnd> {
    let status = child.wait()?;
    Ok(match (status.code(), status.signal()) {
        (Some(0), _) => ScriptletEnd::Ok,
        (Some(code), _) => ScriptletEnd::Exit(code),
        (None, Some(signal)) => ScriptletEnd::Signal(signal),
        (None, None) => ScriptletEnd::Failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, stdin: &[u8]) -> Ended {
        let argv = ["/bin/sh", "-c", script].map(|part| part.as_bytes().to_vec()).to_vec();
        Process {
            argv,
            env: vec![(b"PATH".to_vec(), Some(b"/usr/bin:/bin".to_vec()))],
            stdin,
            root: None,
            changes: None,
            context: None,
        }
        .run()
    }

    #[test]
    fn ends_are_told_apart() {
        assert_eq!(sh("exit 0", b"").end, ScriptletEnd::Ok);
        assert_eq!(sh("exit 3", b"").end, ScriptletEnd::Exit(3));
        assert_eq!(sh("kill -9 $$", b"").end, ScriptletEnd::Signal(9));
        let missing = Process {
            argv: vec![b"/no/such".to_vec()],
            env: vec![],
            stdin: b"",
            root: None,
            changes: None,
            context: None,
        }
        .run();
        assert_eq!(missing.end, ScriptletEnd::Exit(127));
        assert!(missing.error.is_some());
    }

    #[test]
    fn surroundings_are_rpms() {
        let ended = sh("pwd; umask; cat; echo err >&2; ls /proc/self/fd | wc -l", b"");
        assert_eq!(String::from_utf8_lossy(&ended.output), "/\n0022\nerr\n4\n");
    }

    #[test]
    fn nothing_runs_before_it_was_noted() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mark = dir.path().join("mark");
        let argv = ["/bin/sh", "-c", "echo $$ >\"$1\"; cat", "sh", mark.to_str().expect("plain")];
        let argv = argv.map(|part| part.as_bytes().to_vec()).to_vec();
        let process = Process { argv, env: vec![], stdin: b"read", root: None, changes: None, context: None };
        let mut noted = None;
        let ended = process.run_noting(&mut |pid| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert!(!mark.exists(), "it has begun");
            assert!(std::path::Path::new(&format!("/proc/{pid}")).exists(), "it is there");
            noted = Some(pid);
        });
        assert_eq!((ended.end, &ended.output[..]), (ScriptletEnd::Ok, &b"read"[..]));
        let pid = std::fs::read_to_string(&mark).expect("it has run");
        assert_eq!(pid.trim().parse().ok(), noted);
        let missing = Process {
            argv: vec![b"/no/such".to_vec()],
            env: vec![],
            stdin: b"",
            root: None,
            changes: None,
            context: None,
        };
        assert!(missing.run_noting(&mut |_| {}).error.is_some());
    }

    #[test]
    fn much_input_and_output_do_not_block() {
        let input = b"/some/path\n".repeat(50_000);
        let ended = sh("cat", &input);
        assert_eq!(ended.output.len(), input.len());
        assert_eq!(sh("exec <&-; exit 0", &input).end, ScriptletEnd::Ok);
    }

    #[test]
    fn a_daemon_is_not_waited_for() {
        let start = std::time::Instant::now();
        assert_eq!(sh("sleep 20 & echo started", b"").output, b"started\n");
        assert!(start.elapsed().as_secs() < 10);
    }
}
