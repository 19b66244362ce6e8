//! Commands of the configuration, which a shell runs.

use std::io::{self, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};

/// Runs a shell command that reads a text and waits for its end; its result does not matter.
pub fn pipe_into(command: &str, text: &str) -> io::Result<()> {
    let mut child = shell(command).stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(text.as_bytes()) {
            // Who does not read to the end knows enough; dnf5 dies of it.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    child.wait().map(drop)
}

/// Runs a shell command and returns how it ended.
pub fn run_shell(command: &str) -> io::Result<ExitStatus> {
    shell(command).status()
}

fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    // Complaints of the shell begin with the name that it is called by.
    shell.arg0("sh").args(["-c", "--", command]);
    shell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_the_text() {
        let place = std::env::temp_dir().join(format!("oxidnf-report-{}", std::process::id()));
        pipe_into(&format!("cat >{}", place.display()), "one\ntwo\n").expect("there is a shell");
        let text = std::fs::read_to_string(&place).expect("the command wrote it");
        std::fs::remove_file(&place).expect("it is ours");
        assert_eq!(text, "one\ntwo\n");
        pipe_into("exit 3", &"x".repeat(1 << 20)).expect("a command need not read");
        assert_eq!(run_shell("exit 7").expect("there is a shell").code(), Some(7));
    }
}
