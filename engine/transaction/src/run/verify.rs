//! The check of whole package files, several at a time (reference of rpm, 1.7).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use oxidnf_core::event::{Event, Outcome, Reporter, Task, TaskId};
use oxidnf_core::header::DigestCheck;
use oxidnf_core::package_file::{
    PackageDigests, PackageError, PackageFile, Verification, VerifyFlags, VerifyLevel, WantedDigests,
};

use crate::element::Member;
use crate::problem::Problem;
use crate::settings::{Filter, Settings};

/// What came of one package.
type Slot = Mutex<Option<Result<Judged, PackageError>>>;

/// The digests of a package, what is wrong with it, and whether rpm would not even read its header.
type Judged = (Arc<PackageDigests>, Option<String>, bool);

/// Digests every package file that was not digested when it came or was judged, and notes the digests for its record.
pub(crate) fn verify(members: &mut [Member], settings: &Settings, reporter: &dyn Reporter) -> Vec<Problem> {
    if settings.verify == VerifyLevel::None || settings.filter.any(Filter::VERIFY) {
        return Vec::new();
    }
    let packages: Vec<(usize, PackageFile)> =
        members.iter().enumerate().filter_map(|(number, member)| Some((number, member.package.clone()?))).collect();
    if packages.is_empty() {
        return Vec::new();
    }
    let id = TaskId::fresh();
    reporter.report(Event::Started { id, task: Task::Verify, total: Some(packages.len() as u64) });
    let slots: Vec<Slot> = packages.iter().map(|_| Mutex::new(None)).collect();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..settings.threads.get().min(packages.len()) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some((_, package)) = packages.get(place) else { return };
                    let result = check(package, settings);
                    let number = done.fetch_add(1, Ordering::Relaxed) + 1;
                    *slots[place].lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(result);
                    reporter.report(Event::Advanced { id, done: number as u64 });
                }
            });
        }
    });
    reporter.report(Event::Finished { id, outcome: Outcome::Ok });
    let mut problems = Vec::new();
    for ((number, _), slot) in packages.iter().zip(slots) {
        let member = &mut members[*number];
        match slot.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(Ok((digests, problem, bad_header))) => {
                let nevra = member.nevra.to_string();
                problems.extend(problem.map(|message| match &member.package {
                    Some(package) if bad_header => {
                        Problem::BadHeader { nevra, path: package.path().to_owned(), message }
                    }
                    _ => Problem::Verify { nevra, message },
                }));
                member.package_digests.clone_from(&digests.whole);
            }
            Some(Err(error)) => {
                problems.push(Problem::Verify { nevra: member.nevra.to_string(), message: error.to_string() });
            }
            None => {}
        }
    }
    problems
}

/// Digests a package, unless that was done when it came, and judges digests and signatures together.
fn check(package: &PackageFile, settings: &Settings) -> Result<Judged, PackageError> {
    let flags = settings.verify_flags;
    let digests = if flags.any(VerifyFlags::NOMD5) {
        package.clone().digest()?
    } else {
        Arc::new(package.digests(&WantedDigests { legacy_md5: true, ..WantedDigests::default() })?)
    };
    let signatures = match &settings.signatures {
        Some(judge) => judge.judge(package, flags),
        None => Ok(Vec::new()),
    };
    Ok(match signatures {
        Ok(signatures) => {
            let verification = Verification::new(package.signature(), settings.verify, flags, &digests, signatures);
            // A package whose header any digest contradicts is not even read, whatever is left out of this check.
            let wrong = digests.header.iter().find(|digest| !digest.ok());
            match (verification.problem(), wrong) {
                (None, Some(wrong)) => {
                    let message = format!("{}: BAD", DigestCheck::title(wrong.range, wrong.kind));
                    (digests, Some(message), true)
                }
                (problem, wrong) => {
                    let bad = verification.has_bad_header() || wrong.is_some();
                    (digests, problem, bad)
                }
            }
        }
        Err(message) => (digests, Some(message), false),
    })
}
