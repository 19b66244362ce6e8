//! Decides random cases with dnf5 and with oxidnf: `fuzz-decisions COUNT SEED`, or those in files:
//! `fuzz-decisions FILE…`.
//!
//! Cases have the seeds from SEED on; those that differ are made smaller and shown, at most `SHOW` of them (3), or with
//! `AS_IT_IS=1` shown without being made smaller. `SAID=1` shows what dnf5 said about each case.
//! `COMPS=1` makes cases about groups and environments, `MODULES=1` about modules, `HISTORY=1` histories that both programs write in turn,
//! `QUESTIONS=1` cases of commands that change nothing.
//! `JOBS` batches run side by side (4). Needs the oracle (`OXIDNF_ORACLE`) and the program (`OXIDNF_BIN`).

#![expect(clippy::print_stdout, reason = "a tool for developers")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use oxidnf_testkit::Oracle;
use oxidnf_testkit::decisions::{Case, run, shrink};

/// Cases that share the processes of the oracle.
const BATCH: u64 = 20;

#[derive(Default)]
struct Sums {
    cases: usize,
    changed: usize,
    problems: usize,
    aborted: usize,
    differing: Vec<(u64, String)>,
}

fn main() -> ExitCode {
    let number = |text: Option<String>, default: u64| text.and_then(|text| text.parse().ok()).unwrap_or(default);
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.peek().is_some_and(|first| first.parse::<u64>().is_err()) {
        return from_files(arguments);
    }
    let count = number(arguments.next(), 100);
    let first = number(arguments.next(), 1);
    let jobs = number(std::env::var("JOBS").ok(), 4);
    let show = number(std::env::var("SHOW").ok(), 3);
    let oracle = Oracle::find();
    let next = AtomicU64::new(first);
    let sums = Mutex::new(Sums::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| work(&oracle, &next, first + count, &sums));
        }
    });
    let mut sums = sums.into_inner().unwrap_or_default();
    sums.differing.sort_unstable();
    for (seed, differences) in sums.differing.iter().take(usize::try_from(show).unwrap_or(usize::MAX)) {
        if std::env::var_os("AS_IT_IS").is_some() {
            println!("=====\n{}{differences}", case_of(*seed));
            continue;
        }
        match shrink(&oracle, case_of(*seed)) {
            Ok((case, outcome)) => println!("=====\n{case}{}", outcome.differences),
            Err(error) => println!("seed {seed}: {error}"),
        }
    }
    let Sums { cases, changed, problems, aborted, differing } = sums;
    let differing: Vec<u64> = differing.into_iter().map(|(seed, _)| seed).collect();
    println!(
        "{cases} cases, {changed} ({}%) changed something, {problems} ({}%) had problems, {aborted} ended by an assertion of dnf5, {} differ: {differing:?}",
        changed * 100 / cases.max(1),
        problems * 100 / cases.max(1),
        differing.len()
    );
    if differing.is_empty() && cases as u64 == count { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Shows what dnf5 says about cases in files, and what oxidnf does otherwise.
fn from_files(files: impl Iterator<Item = String>) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        let outcome = std::fs::read_to_string(&file)
            .map_err(Into::into)
            .and_then(|text| text.parse::<Case>().map_err(Into::into))
            .and_then(|case| run(&Oracle::find(), &[case]));
        match outcome {
            Ok(outcomes) => {
                for outcome in outcomes {
                    println!("===== {file}\n{}{}", outcome.said, outcome.differences);
                    if !outcome.differences.is_empty() {
                        code = ExitCode::FAILURE;
                    }
                }
            }
            Err(error) => {
                println!("===== {file}: {error}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

/// Returns the case of a seed; with `COMPS=1` one about groups, with `MODULES=1` about modules, with `HISTORY=1` a history, with
/// `QUESTIONS=1` one that only asks.
fn case_of(seed: u64) -> Case {
    let asked = |name: &str| std::env::var_os(name).is_some();
    if asked("HISTORY") {
        Case::history(seed)
    } else if asked("QUESTIONS") {
        Case::with_questions(seed)
    } else if asked("COMPS") {
        Case::with_groups(seed)
    } else if asked("MODULES") {
        Case::with_modules(seed)
    } else {
        Case::from_seed(seed)
    }
}

fn work(oracle: &Oracle, next: &AtomicU64, end: u64, sums: &Mutex<Sums>) {
    loop {
        let start = next.fetch_add(BATCH, Ordering::Relaxed);
        if start >= end {
            return;
        }
        let cases: Vec<Case> = (start..end.min(start + BATCH)).map(case_of).collect();
        let outcomes = match run(oracle, &cases) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                println!("seeds from {start}: {error}");
                return;
            }
        };
        let Ok(mut sums) = sums.lock() else { return };
        for (case, outcome) in cases.iter().zip(outcomes) {
            if std::env::var_os("SAID").is_some() {
                println!("===== said {}\n{}", case.seed, outcome.said);
            }
            sums.cases += 1;
            sums.changed += usize::from(outcome.changed);
            sums.problems += usize::from(outcome.problems);
            sums.aborted += usize::from(outcome.aborted);
            if !outcome.differences.is_empty() {
                sums.differing.push((case.seed, outcome.differences));
            }
        }
    }
}
