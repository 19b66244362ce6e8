//! Transactions that are killed or stopped in the middle, and what later runs do about them.
//!
//! dnf5 and rpm have nothing of the kind: there is no behaviour to compare with but that of a run that nobody disturbs.
//! `make kill-sweep` tries every step; here it is a sample of them.

use std::process::Output;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use oxidnf_testkit::sweep::{Fate, Fault, Sweep, Transaction};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

/// Runs of one kind, from the given one on with a distance, until one is over before its fault; returns how many were
/// interrupted in the middle.
///
/// Where all of a few faults hit what does not matter, such as a line on the terminal, the places between are tried.
fn every(step: u32, first: u32, trial: impl Fn(u32) -> Result<Fate, String>) -> u32 {
    let shifts = [0, step / 2, step / 4, 3 * step / 4, step / 8, 3 * step / 8, 5 * step / 8, 7 * step / 8];
    for shift in shifts {
        let mut interrupted = 0;
        for number in (first + shift..).step_by(step as usize) {
            match trial(number) {
                Ok(Fate::Over) => break,
                Ok(Fate::Interrupted) => interrupted += 1,
                Ok(Fate::Harmless) => {}
                Err(difference) => panic!("\n{difference}"),
            }
        }
        if interrupted > 0 {
            return interrupted;
        }
    }
    0
}

/// Prepared once for the tests that run at a time; the last one removes its directories, which a static would leave.
static EVERYTHING: Mutex<Weak<Sweep>> = Mutex::new(Weak::new());
static LOCAL: Mutex<Weak<Sweep>> = Mutex::new(Weak::new());

fn everything() -> Arc<Sweep> {
    shared(&EVERYTHING, Transaction::Everything)
}

/// Without downloads, whose threads wake each other by writes that no disk can fail.
fn local() -> Arc<Sweep> {
    shared(&LOCAL, Transaction::Local)
}

fn shared(place: &Mutex<Weak<Sweep>>, transaction: Transaction) -> Arc<Sweep> {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    place.upgrade().unwrap_or_else(|| {
        let sweep = Arc::new(Sweep::prepare(transaction));
        *place = Arc::downgrade(&sweep);
        sweep
    })
}

#[test]
fn killed_at_a_step_of_the_journal() {
    let sweep = everything();
    assert!(every(11, 3, |n| sweep.resume("steps", Fault::KillAtStep(n))) > 8);
}

#[test]
fn killed_at_a_system_call() {
    let sweep = everything();
    for (call, first, step) in [("renameat2", 4, 7), ("unlinkat", 9, 11), ("pwrite64", 130, 90), ("fchmod", 12, 9)] {
        assert!(every(step, first, |n| sweep.resume("calls", Fault::KillAtCall(call, n))) > 0, "{call}");
    }
}

#[test]
fn killed_at_an_instant() {
    let sweep = everything();
    for part in 1..=8 {
        let delay = sweep.duration.mul_f64(f64::from(part) / 9.0);
        sweep.resume("instants", Fault::KillAfter(delay)).unwrap_or_else(|difference| panic!("\n{difference}"));
    }
}

#[test]
fn killed_while_it_is_resumed() {
    let sweep = everything();
    let twice = |n| sweep.resume_twice("twice", Fault::KillAtStep(n), Fault::KillAtStep(2));
    assert!(every(29, 5, twice) > 2);
}

#[test]
fn full_disk() {
    let sweep = local();
    for (call, first, step) in [("write", 60, 80), ("pwrite64", 130, 90)] {
        assert!(every(step, first, |n| sweep.resume("full", Fault::Full(call, n))) > 0, "{call}");
    }
}

#[test]
fn broken_disk() {
    let sweep = local();
    for (call, first, step) in [("write", 65, 80), ("pwrite64", 140, 90)] {
        assert!(every(step, first, |n| sweep.resume("broken", Fault::Broken(call, n))) > 0, "{call}");
    }
}

#[test]
fn taken_back_as_long_as_nothing_was_changed_for_good() {
    let plain = Sweep::prepare(Transaction::Plain);
    for (call, first) in [("mkdirat", 15), ("fchmod", 1), ("symlinkat", 1)] {
        assert!(every(1, first, |n| plain.abort("plain", Fault::KillAtCall(call, n))) > 0, "{call}");
    }
}

/// A package whose %post kills the program that runs it, once; it is installed before `later`.
fn with_killer() -> World {
    with_killer_that("sleep 2")
}

/// As [`with_killer`]; `then` is what the scriptlet does afterwards.
fn with_killer_that(then: &str) -> World {
    let post = format!("test -e /killed && exit 0; >/killed; kill -9 $PPID; {then}");
    World::new().repo(
        "base",
        [
            rpm("killer").logs("pre").script("post", &post),
            rpm("later").requires("killer").file("/usr/share/later", "l").logs("post"),
            rpm("other").file("/usr/share/other", "o"),
            rpm("another"),
        ],
    )
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn says(world: &World, args: &str, code: i32, texts: &[&str]) {
    let output = world.run(Side::Ours, args);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(code), "{args}\n{said}");
    for text in texts {
        assert!(said.contains(text), "`{text}` is not in what {args} says:\n{said}");
    }
}

/// Lets the scriptlet that has outlived its program come to its end.
fn interrupt(world: &World) {
    assert_eq!(world.run(Side::Ours, "install -y later").status.code(), None, "the program was not killed");
    std::thread::sleep(std::time::Duration::from_millis(2500));
}

#[test]
fn commands_notice_and_resume() {
    let world = with_killer();
    interrupt(&world);
    says(&world, "list --installed", 0, &["Warning: a transaction was interrupted", "killer"]);
    says(&world, "install -y other", 1, &["1, begun", "0 of 2 packages are done", "transaction resume", "--resume"]);
    says(&world, "install --assumeno other", 1, &["Warning: a transaction was interrupted"]);
    says(&world, "clean packages", 1, &["needed to finish the interrupted transaction"]);
    says(
        &world,
        "transaction status",
        0,
        &["%post(killer-1-1.noarch) was running", "begun", "waiting  install    later"],
    );
    says(&world, "transaction abort", 1, &["cannot be undone", "abort --forget"]);
    says(
        &world,
        "--resume install -y other",
        0,
        &["Resuming the interrupted transaction", "later-0:1-1.noarch", "other"],
    );
    says(&world, "transaction status", 0, &["No transaction was interrupted."]);
    says(&world, "history info 1", 0, &["install -y later", "Ok"]);
    says(&world, "history info 2", 0, &["--resume install -y other", "Ok"]);
    let log = std::fs::read_to_string(world.root(Side::Ours).join("scripts.log")).expect("scriptlets have run");
    assert_eq!(log, "killer-1-1 pre 1\nlater-1-1 post 1\n");
    // The real dnf5 finds everything as if nothing had happened.
    world.run(Side::Real, "install -y other");
    let real = world.run(Side::Real, "install -y later");
    assert_eq!(real.status.code(), None, "dnf5 was not killed:\n{}", said(&real));
}

#[test]
fn a_resumed_transaction_leaves_what_dnf5_leaves() {
    let world = with_killer();
    // In the other root nobody is killed.
    std::fs::write(world.root(Side::Real).join("killed"), "").expect("the root is writable");
    interrupt(&world);
    let real = world.run(Side::Real, "install -y later");
    let ours = world.run(Side::Ours, "transaction resume");
    let mut differences = world.differences(&real, &ours);
    // What they print is different, of course.
    differences.retain(|difference| !difference.starts_with("== Std"));
    assert!(differences.is_empty(), "\n{}", differences.concat());
    world.rpm("-Va");
}

#[test]
fn others_have_changed_packages_in_between() {
    let world = with_killer();
    world.both("install -y other").exits(0);
    interrupt(&world);
    world.rpm("-e other");
    says(&world, "transaction resume", 1, &["changed by another program", "1 package was removed", "abort --forget"]);
    world.run(Side::Ours, "list");
    says(&world, "transaction abort --forget", 1, &["given up", "Is this ok"]);
    says(&world, "-y transaction abort --forget", 0, &["begun", "given up", "Complete!"]);
    says(&world, "install -y another later", 0, &["Complete!"]);
    says(&world, "history info 2", 0, &["install -y later", "Error"]);
    says(&world, "history info 3", 0, &["install -y another later", "Ok"]);
}

#[test]
fn packages_that_are_gone_are_fetched_again() {
    let world = with_killer();
    interrupt(&world);
    let root = world.root(Side::Ours);
    let mut removed = 0;
    for place in ["usr/lib/sysimage/oxidnf/transaction", "var/cache/libdnf5"] {
        for file in files_below(&root.join(place)) {
            if file.extension().is_some_and(|end| end == "rpm") {
                std::fs::remove_file(file).expect("the root is writable");
                removed += 1;
            }
        }
    }
    assert_eq!(removed, 4, "each package has two names");
    says(&world, "transaction status", 0, &["is missing"]);
    says(&world, "transaction resume", 0, &["Complete!"]);
    says(&world, "list --installed", 0, &["killer", "later"]);
}

fn files_below(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[test]
fn a_scriptlet_that_still_runs_is_not_run_beside() {
    let world = with_killer_that("until test -e /go; do sleep 0.1; done");
    assert_eq!(world.run(Side::Ours, "install -y later").status.code(), None, "the program was not killed");
    says(&world, "transaction resume", 1, &["still runs as process", "try again"]);
    std::fs::write(world.root(Side::Ours).join("go"), "").expect("the root is writable");
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let last = loop {
        let output = world.run(Side::Ours, "transaction resume");
        let text = said(&output);
        if !text.contains("still runs as process") || std::time::Instant::now() > end {
            break text;
        }
    };
    assert!(last.contains("Complete!"), "{last}");
}

#[test]
fn dnf5_has_installed_packages_in_between() {
    let world = with_killer();
    interrupt(&world);
    let output = world.run_real_on_ours("install -y another");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    says(&world, "--resume install -y other", 1, &["another-1-1.noarch was installed", "abort --forget"]);
}

#[test]
fn without_an_interrupted_transaction_there_is_nothing_to_do() {
    let world = with_killer();
    says(&world, "transaction resume", 0, &["Nothing to do"]);
    says(&world, "transaction abort", 0, &["Nothing to do"]);
    says(&world, "--resume install -y other", 0, &["Complete!"]);
    assert!(!world.root(Side::Ours).join("usr/lib/sysimage/oxidnf").exists());
}
