//! Transactions of real rpm and of the transaction engine, compared after each step: database byte for byte, tree,
//! scriptlet log, messages.
//!
//! `random_sequences` is a short run of the generator; `make fuzz-transactions` runs as many as you like.

mod files;
mod records;
mod scripts;

use oxidnf_testkit::Oracle;
use oxidnf_testkit::fuzz::package::Moment;
use oxidnf_testkit::fuzz::{Arena, Package, Sequence, Step, generate, judge};

fn arena() -> Arena {
    Arena::new(&Oracle::find(), &judge::transact()).expect("two roots can be made in the temporary directory")
}

/// Runs a sequence on both sides.
fn same(arena: &mut Arena, what: &str, sequence: &Sequence) {
    let difference = arena.run(sequence).expect("the oracle's shells answer");
    assert!(
        difference.is_none(),
        "{what}\n{sequence}{}",
        difference.map(|found| found.to_string()).unwrap_or_default()
    );
}

#[test]
fn random_sequences() {
    let mut arena = arena();
    for seed in 1..=40 {
        same(&mut arena, &format!("seed {seed}"), &generate::sequence(seed));
    }
}

#[test]
fn random_dependencies() {
    let mut arena = arena();
    for seed in 1..=60 {
        same(&mut arena, &format!("seed {seed}"), &generate::dependencies(seed));
    }
}

/// Runs packages and steps on both sides; a step is a call of rpm (`-U a-1-1.noarch`), or after `# ` a script of the
/// admin.
fn steps(what: &str, packages: impl IntoIterator<Item = Package>, lines: &[&str]) {
    steps_in(&mut arena(), what, packages, lines);
}

/// As [`steps`], in an arena that is there already.
fn steps_in(arena: &mut Arena, what: &str, packages: impl IntoIterator<Item = Package>, lines: &[&str]) {
    let step = |line: &&str| line.strip_prefix("# ").map_or_else(|| Step::rpm(line), Step::admin);
    same(arena, what, &Sequence::new(packages, lines.iter().map(step)));
}

fn package(name: &str, version: &str) -> Package {
    Package::new(name, version)
}

fn logs_everything(package: Package) -> Package {
    Moment::ALL.into_iter().fold(package, Package::logs)
}
