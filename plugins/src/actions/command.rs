//! Running the command of a rule.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};

use oxidnf_engine::error::numbered;

use super::Failure;

/// Runs a program with its arguments, without a shell; returns its output, and what went wrong with it at its end.
///
/// Its standard input is an empty pipe.
pub(super) fn run(words: &[String]) -> Result<(Vec<u8>, Option<Failure>), Failure> {
    let Some((program, arguments)) = words.split_first() else { return Err("Missing command".to_owned().into()) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let ended = command.spawn().and_then(std::process::Child::wait_with_output).map_err(|error| {
        let arguments = arguments.join(" ");
        let message = format!("Cannot execute action, command \"{program}\" arguments \"{arguments}\"");
        Failure { message, cause: Some(numbered(&error)) }
    })?;
    Ok((ended.stdout, bad_end(ended.status)))
}

fn bad_end(status: ExitStatus) -> Option<Failure> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("Exit code: {code}").into()),
        (None, signal) => Some(format!("Terminated by signal: {}", signal.unwrap_or_default()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Result<(Vec<u8>, Option<Failure>), Failure> {
        run(&["/bin/sh", "-c", script].map(str::to_owned))
    }

    // witness: compat-tests/tests/actions.rs::ends
    #[test]
    fn tells_what_happened() {
        assert_eq!(sh("echo tmp.a=1; cat"), Ok((b"tmp.a=1\n".to_vec(), None)));
        assert_eq!(sh("exit 3"), Ok((Vec::new(), Some("Exit code: 3".to_owned().into()))));
        assert_eq!(sh("kill -9 $$"), Ok((Vec::new(), Some("Terminated by signal: 9".to_owned().into()))));
        let message = "Cannot execute action, command \"/nonexistent\" arguments \"a b\"".to_owned();
        let cause = Some("(2) - No such file or directory".to_owned());
        assert_eq!(run(&["/nonexistent", "a", "b"].map(str::to_owned)), Err(Failure { message, cause }));
    }
}
