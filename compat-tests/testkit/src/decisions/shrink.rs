//! Making a case that differs smaller.

use super::build::Failure;
use super::case::Case;
use super::histories::REAL;
use super::run::{Outcome, run};
use crate::oracle::Oracle;

/// How many smaller cases are tried at once.
const AT_ONCE: usize = 16;

/// Takes away whatever can be taken away so that there still is a difference, and returns what is left.
///
/// # Errors
/// As [`run`].
pub fn shrink(oracle: &Oracle, case: Case) -> Result<(Case, Outcome), Failure> {
    let mut best = run(oracle, std::slice::from_ref(&case))?.pop().unwrap_or_default();
    let mut case = case;
    if best.differences.is_empty() {
        return Ok((case, best));
    }
    let mut step = 0;
    let mut since = 0;
    loop {
        let total = steps(&case);
        if total == 0 || since >= total {
            return Ok((case, best));
        }
        let tried: Vec<(usize, Case)> = (0..AT_ONCE.min(total))
            .map(|offset| (step + offset) % total)
            .map(|step| (step, without(&case, step)))
            .collect();
        let candidates: Vec<Case> = tried.iter().map(|(_, case)| case.clone()).collect();
        let outcomes = run(oracle, &candidates)?;
        let better = tried.into_iter().zip(outcomes).find(|(_, outcome)| !outcome.differences.is_empty());
        match better {
            Some(((place, smaller), outcome)) => {
                (case, best, step, since) = (smaller, outcome, place, 0);
            }
            None => {
                since += AT_ONCE;
                step = (step + AT_ONCE) % total;
            }
        }
    }
}

/// Returns how many parts can be taken away.
fn steps(case: &Case) -> usize {
    let mut count = 0;
    let mut copy = case.clone();
    visit(&mut copy, &mut |_| {
        count += 1;
        false
    });
    count
}

/// Returns the case without one part.
fn without(case: &Case, step: usize) -> Case {
    let mut copy = case.clone();
    let mut left = step;
    visit(&mut copy, &mut |_| {
        let now = left == 0;
        left = left.wrapping_sub(1);
        now
    });
    copy
}

/// Offers every part to `take`, which tells whether it goes; big parts come first.
fn visit(case: &mut Case, take: &mut dyn FnMut(&str) -> bool) {
    if case.commands.len() > 1 {
        case.commands.retain(|_| !take("command"));
    }
    case.repos.retain(|_| !take("repository"));
    for repo in &mut case.repos {
        repo.packages.retain(|_| !take("package"));
        repo.extras.retain(|_| !take("metadata"));
        repo.conf.retain(|_| !take("option"));
    }
    case.installed.retain(|_| !take("installed package"));
    case.conf.retain(|_| !take("option"));
    case.files.retain(|_| !take("file"));
    for command in &mut case.commands {
        let verb = command.iter().find(|word| *word != REAL).cloned().unwrap_or_default();
        let mut first = true;
        command.retain(|word| *word == REAL || std::mem::take(&mut first) || *word == verb || !take("word"));
    }
    let packages = case.repos.iter_mut().flat_map(|repo| &mut repo.packages);
    for package in packages.chain(case.installed.iter_mut().map(|installed| &mut installed.package)) {
        package.deps.retain(|_| !take("dependency"));
        package.files.retain(|_| !take("file"));
    }
}
