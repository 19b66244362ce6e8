//! Transactions of real rpm and of the transaction engine, compared after each step: database byte for byte, tree,
//! scriptlet log, messages.
//!
//! `random_sequences` is a short run of the generator; `make fuzz-transactions` runs as many as you like.

mod files;
mod records;
mod scripts;

use oxidnf_testkit::fuzz::package::Moment;
use oxidnf_testkit::fuzz::{Arena, Package, Sequence, generate};

#[test]
fn random_sequences() {
    let mut arena = Arena::of_tests();
    for seed in 1..=40 {
        arena.assert_same(&format!("seed {seed}"), &generate::sequence(seed));
    }
}

#[test]
fn random_dependencies() {
    let mut arena = Arena::of_tests();
    for seed in 1..=60 {
        arena.assert_same(&format!("seed {seed}"), &generate::dependencies(seed));
    }
}

/// Runs packages and steps, as [`Sequence::of_lines`] reads them, on both sides.
fn steps(what: &str, packages: impl IntoIterator<Item = Package>, lines: &[&str]) {
    steps_in(&mut Arena::of_tests(), what, packages, lines);
}

/// As [`steps`], in an arena that is there already.
fn steps_in(arena: &mut Arena, what: &str, packages: impl IntoIterator<Item = Package>, lines: &[&str]) {
    arena.assert_same(what, &Sequence::of_lines(packages, lines));
}

fn package(name: &str, version: &str) -> Package {
    Package::new(name, version)
}

fn logs_everything(package: Package) -> Package {
    Moment::ALL.into_iter().fold(package, Package::logs)
}
