//! `needs-restarting --processes`: programs that run since before something that they need was updated.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::{Command, Stdio};

use oxidnf_engine::Session;
use oxidnf_engine::catalog::{Match, PackageId, Query};

/// Ticks of the clock in a second, as `/proc` counts for programs on every machine.
const TICKS: u64 = 100;
/// Which field of `/proc/PID/stat`, counted behind the name, is the time of the start.
const START: usize = 19;

/// A process that was started before something that its program needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Program and arguments.
    pub(super) words: Vec<String>,
    /// Name of the package that has the program.
    pub(super) package: String,
}

/// A process as `/proc` tells of it.
struct Running {
    pid: u32,
    /// Seconds since 1970.
    start: u64,
    /// Its program, wherever that was when it was started.
    program: Vec<u8>,
    words: Vec<Vec<u8>>,
}

/// Returns the processes to be started again, by their numbers.
///
/// What counts is when the package that has the program, or anything that this requires, was installed. Of several
/// processes of one program the first stands for all. `boot` is when the machine was booted.
// witness: compat-tests/tests/needs_restarting.rs::processes_to_start_again
pub(super) fn outdated(session: &Session, proc: &Path, boot: u64, excluded: &[u32]) -> Vec<Process> {
    let mut newest: HashMap<Vec<u8>, Option<(u64, String)>> = HashMap::new();
    let (mut found, mut told) = (Vec::new(), HashSet::new());
    for running in running(proc, boot) {
        let known = newest.entry(running.program.clone()).or_insert_with(|| newest_part(session, &running.program));
        let Some((time, package)) = known else { continue };
        if *time > running.start && !excluded.contains(&running.pid) && told.insert(running.program.clone()) {
            let words = running.words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
            found.push(Process { pid: running.pid, words, package: package.clone() });
        }
    }
    found
}

/// Returns when the newest part of what a program needs was installed, and the package that has it.
fn newest_part(session: &Session, program: &[u8]) -> Option<(u64, String)> {
    let sack = session.sack();
    let installed = || Query::new(sack).installed();
    let path = std::str::from_utf8(program).ok()?;
    let owner = installed().filter_file(Match::Exact, &[path]).into_packages().iter().next()?;
    let mut seen: Vec<PackageId> = vec![owner];
    let mut at = 0;
    while let Some(id) = seen.get(at).copied() {
        at += 1;
        let needs: Vec<_> = sack.package(id).requires().collect();
        if needs.is_empty() {
            continue;
        }
        for provider in installed().filter_provides(&needs).into_packages().iter() {
            if !seen.contains(&provider) {
                seen.push(provider);
            }
        }
    }
    let time = seen.iter().map(|id| sack.package(*id).install_time()).max()?;
    Some((time, sack.package(owner).name().to_owned()))
}

/// Returns all processes with what they were called with, by their numbers.
fn running(proc: &Path, boot: u64) -> Vec<Running> {
    let entries = std::fs::read_dir(proc).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut numbers: Vec<u32> = numbers.collect();
    numbers.sort_unstable();
    let of = |pid: u32| {
        let dir = proc.join(pid.to_string());
        // The kernel's own have none.
        let program = std::fs::read_link(dir.join("exe")).ok()?.into_os_string().into_vec();
        let program = program.strip_suffix(b" (deleted)").unwrap_or(&program).to_vec();
        let line = std::fs::read(dir.join("cmdline")).ok()?;
        let words: Vec<Vec<u8>> =
            line.strip_suffix(&[0]).unwrap_or(&line).split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
        let start = start_ticks(&std::fs::read(dir.join("stat")).ok()?)?;
        Some(Running { pid, start: boot + start / TICKS, program, words })
    };
    numbers.into_iter().filter_map(of).collect()
}

/// Reads the time of the start, in ticks since the boot, from `/proc/PID/stat`.
fn start_ticks(stat: &[u8]) -> Option<u64> {
    // The name of the program stands in brackets, and can hold whatever it likes.
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let mut fields = stat.get(end + 1..)?.split(|byte| byte.is_ascii_whitespace()).filter(|field| !field.is_empty());
    std::str::from_utf8(fields.nth(START)?).ok()?.parse().ok()
}

/// Returns the main processes of the services that systemd runs; none where it cannot be asked.
pub(super) fn of_services() -> Vec<u32> {
    let mut command = Command::new("systemctl");
    command.args(["show", "--property=MainPID", "--value", "--type=service", "*"]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    let number = |line: &[u8]| OsStr::from_bytes(line).to_str()?.trim().parse().ok();
    text.split(|byte| *byte == b'\n').filter_map(number).filter(|pid| *pid != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_brackets() {
        let stat = b"7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9";
        assert_eq!(start_ticks(stat), Some(4711));
        assert_eq!(start_ticks(b"7 (cut"), None);
        assert_eq!(start_ticks(b"7 (cut) S 1"), None);
    }
}
