//! Transactions of real rpm and of the transaction engine, compared after each step: database byte for byte, tree,
//! scriptlet log, messages.
//!
//! `random_sequences` is a short run of the generator; `make fuzz-transactions` runs as many as you like.

use std::sync::{LazyLock, Mutex, PoisonError};

use oxidnf_testkit::Oracle;
use oxidnf_testkit::fuzz::{Arena, Sequence, generate, judge};

/// One arena for all tests of this process; making one costs more than a sequence.
static ARENA: LazyLock<Mutex<Arena>> = LazyLock::new(|| {
    let arena = Arena::new(&Oracle::find(), &judge::transact());
    Mutex::new(arena.expect("two roots can be made in the temporary directory"))
});

/// Runs a sequence on both sides.
fn same(what: &str, sequence: &Sequence) {
    let mut arena = ARENA.lock().unwrap_or_else(PoisonError::into_inner);
    let difference = arena.run(sequence).expect("the oracle's shells answer");
    assert!(
        difference.is_none(),
        "{what}\n{sequence}{}",
        difference.map(|found| found.to_string()).unwrap_or_default()
    );
}

#[test]
fn random_sequences() {
    for seed in 1..=40 {
        same(&format!("seed {seed}"), &generate::sequence(seed));
    }
}
