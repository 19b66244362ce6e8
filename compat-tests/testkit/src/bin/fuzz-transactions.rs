//! `fuzz-transactions [N] [SEED]`: runs N random sequences of transactions from a seed on, with real rpm beside.
//!
//! `DEPENDENCIES=1` makes sequences about nothing but dependencies.
//!
//! Prints each sequence that differs, made small, with its seed. Exits with 1 if there was one.
//! `OXIDNF_JOBS` is how many run at a time, `OXIDNF_TRANSACT` the program under test.
#![expect(clippy::print_stderr, clippy::print_stdout, clippy::exit, reason = "a program for the terminal")]

use std::process::exit;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use oxidnf_testkit::Oracle;
use oxidnf_testkit::fuzz::{Arena, generate, judge, shrink};

/// Smaller sequences that are tried for each one that differs.
const SHRINKS: usize = 400;
/// After so many differences, more of them would say the same again.
const ENOUGH: usize = 20;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|word| {
        word.parse::<u64>().unwrap_or_else(|_| {
            eprintln!("fuzz-transactions: `{word}` is no number; call it with how many sequences and the first seed");
            exit(2)
        })
    });
    let count = arguments.next().unwrap_or(200);
    let first = arguments.next().unwrap_or(1);
    let jobs = std::env::var("OXIDNF_JOBS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_u64).min(count.max(1));
    let (next, done, found) = (AtomicU64::new(first), AtomicU64::new(0), AtomicUsize::new(0));
    let printing = Mutex::new(());
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                let mut arena = Arena::new(&Oracle::find(), &judge::transact()).unwrap_or_else(|error| {
                    eprintln!("fuzz-transactions: cannot make the two roots: {error}");
                    exit(2)
                });
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count || found.load(Ordering::Relaxed) >= ENOUGH {
                        return;
                    }
                    if let Some(report) = try_seed(&mut arena, seed) {
                        found.fetch_add(1, Ordering::Relaxed);
                        let _one = printing.lock();
                        println!("{report}");
                    }
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if done % 100 == 0 {
                        eprintln!("{done} sequences, {:.2} s each", start.elapsed().as_secs_f64() / done as f64);
                    }
                }
            });
        }
    });
    let (done, found) = (done.load(Ordering::Relaxed), found.load(Ordering::Relaxed));
    println!("{done} sequences from seed {first} on, {found} differ, {:.0} s", start.elapsed().as_secs_f64());
    exit(i32::from(found > 0));
}

/// Runs the sequence of a seed; returns the small reproduction if it differs.
fn try_seed(arena: &mut Arena, seed: u64) -> Option<String> {
    let about_dependencies = std::env::var_os("DEPENDENCIES").is_some_and(|value| value == "1");
    let sequence = if about_dependencies { generate::dependencies(seed) } else { generate::sequence(seed) };
    let mut run = |sequence: &_| {
        arena.run(sequence).unwrap_or_else(|error| {
            eprintln!("fuzz-transactions: seed {seed}: {error}");
            exit(2)
        })
    };
    let first = run(&sequence)?;
    eprintln!("seed {seed} differs after step {}; it is made small", first.step);
    let whole = sequence.to_string();
    let small = shrink::shrink(sequence, SHRINKS, |smaller| run(smaller).is_some());
    let Some(difference) = run(&small) else {
        return Some(format!("==== seed {seed} differs only now and then ====\n{whole}{first}"));
    };
    Some(format!("==== seed {seed} ====\n{small}{difference}"))
}
