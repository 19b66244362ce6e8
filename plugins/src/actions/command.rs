//! Running one command of a rule.

use std::process::{Command, Stdio};

/// What a command that succeeded wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The lines of its stdout.
    pub(crate) lines: Vec<String>,
}

/// Runs a program with its arguments, without a shell; an error says what went wrong, for people.
pub(crate) fn run(words: &[String]) -> Result<Outcome, String> {
    let (program, arguments) = words.split_first().ok_or("the command is empty")?;
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} failed: {}", output.status));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| format!("{program} wrote something that is not UTF-8"))?;
    Ok(Outcome { lines: text.lines().map(str::to_owned).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn tells_what_happened() {
        let lines = run(&words(&["/bin/echo", "tmp.a=1"])).map(|outcome| outcome.lines);
        assert_eq!(lines, Ok(vec!["tmp.a=1".to_owned()]));
        assert!(run(&words(&["/bin/false"])).is_err_and(|text| text.contains("/bin/false failed")));
        assert!(run(&words(&["/nonexistent"])).is_err_and(|text| text.starts_with("cannot run /nonexistent")));
    }
}
