//! Interrupts one transaction in every way and at every step, finishes it, and compares with an undisturbed run:
//! `kill-sweep [--seed N] [--random N] [--threads N] [--only KIND]`.
//!
//! Kinds: steps, calls, plain, random, twice, abort, full, broken.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use oxidnf_testkit::sweep::{CHANGES, Fate, Fault, Sweep, Transaction, WRITES};

struct Options {
    seed: u64,
    random: u32,
    threads: usize,
    only: Option<String>,
}

fn main() -> std::process::ExitCode {
    let options = options();
    let sweep = Sweep::prepare(Transaction::Everything);
    tell(&format!("an undisturbed run takes {:.0} ms from its journal to its end", sweep.duration.as_secs_f64() * 1e3));
    let wants = |kind: &str| options.only.as_deref().is_none_or(|only| only == kind);
    let mut ok = true;
    let mut all = |title: &str, trial: &Trial<'_>| ok &= series(title, options.threads, u32::MAX, trial);
    if wants("steps") {
        all("killed at every step of the journal", &|name, n| sweep.resume(name, Fault::KillAtStep(n)));
    }
    for call in CHANGES.into_iter().filter(|_| wants("calls")) {
        all(&format!("killed at every {call}"), &|name, n| sweep.resume(name, Fault::KillAtCall(call, n)));
    }
    if wants("plain") {
        // Without scriptlets several elements share one commit of the database.
        let plain = Sweep::prepare(Transaction::Plain);
        all("killed at every step without scriptlets", &|name, n| plain.resume(name, Fault::KillAtStep(n)));
        for call in CHANGES {
            let title = format!("killed at every {call} without scriptlets");
            all(&title, &|name, n| plain.resume(name, Fault::KillAtCall(call, n)));
        }
    }
    if wants("twice") {
        let twice = |name: &str, n| sweep.resume_twice(name, Fault::KillAtStep(n), Fault::KillAtStep(1 + n % 7));
        all("killed at every step, and again while resuming", &twice);
    }
    if wants("abort") {
        let title = "killed at every step and taken back, or refused";
        all(title, &|name, n| sweep.abort(name, Fault::KillAtStep(n)));
        let plain = Sweep::prepare(Transaction::Plain);
        for call in CHANGES {
            let title = format!("killed at every {call} without scriptlets and taken back, or refused");
            all(&title, &|name, n| plain.abort(name, Fault::KillAtCall(call, n)));
        }
    }
    if wants("full") || wants("broken") {
        // Without downloads, whose threads wake each other by writes that no disk can fail.
        let local = Sweep::prepare(Transaction::Local);
        for call in WRITES.into_iter().filter(|_| wants("full")) {
            all(&format!("disk full from every {call} on"), &|name, n| local.resume(name, Fault::Full(call, n)));
        }
        for call in WRITES.into_iter().filter(|_| wants("broken")) {
            all(&format!("input/output error at every {call}"), &|name, n| local.resume(name, Fault::Broken(call, n)));
        }
    }
    if wants("random") {
        let title = format!("killed at random instants, seed {}", options.seed);
        let random = |name: &str, n| sweep.resume(name, Fault::KillAfter(instant(&options, n, sweep.duration)));
        ok &= series(&title, options.threads, options.random, &random);
    }
    if ok { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

fn options() -> Options {
    let mut options = Options { seed: 1, random: 500, threads: 2, only: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|word| word.parse().ok()).expect("the option takes a number");
        match word.as_str() {
            "--seed" => options.seed = number(),
            "--random" => options.random = u32::try_from(number()).expect("a number of runs"),
            "--threads" => options.threads = usize::try_from(number()).expect("a number of threads"),
            "--only" => options.only = words.next(),
            _ => panic!("usage: kill-sweep [--seed N] [--random N] [--threads N] [--only KIND]"),
        }
    }
    options
}

/// Returns the nth instant of a seed, within the time that a run takes.
fn instant(options: &Options, number: u32, duration: Duration) -> Duration {
    // splitmix64
    let mut z = options.seed.wrapping_add(u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    duration.mul_f64((z ^ (z >> 31)) as f64 / u64::MAX as f64)
}

type Trial<'a> = dyn Fn(&str, u32) -> Result<Fate, String> + Sync + 'a;

/// Tries the numbers from 1 to `last`, or until a run was over before its fault could hit when that is `u32::MAX`;
/// prints what came of them.
fn series(title: &str, threads: usize, last: u32, trial: &Trial<'_>) -> bool {
    let began = Instant::now();
    let bounded = last != u32::MAX;
    let mut numbers = 1..=last;
    let over = AtomicU32::new(u32::MAX);
    let next = Mutex::new(&mut numbers);
    let counts: [AtomicUsize; 3] = Default::default();
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (next, over, counts, failures) = (&next, &over, &counts, &failures);
            scope.spawn(move || {
                loop {
                    let number = next.lock().expect("no thread panics while it holds the lock").next();
                    let Some(number) = number.filter(|number| *number < over.load(Ordering::SeqCst)) else { return };
                    match trial(&format!("root{thread}"), number) {
                        Ok(Fate::Over) if !bounded => {
                            over.fetch_min(number, Ordering::SeqCst);
                        }
                        Ok(Fate::Interrupted) => _ = counts[0].fetch_add(1, Ordering::SeqCst),
                        Ok(_) => _ = counts[1].fetch_add(1, Ordering::SeqCst),
                        Err(difference) => {
                            counts[2].fetch_add(1, Ordering::SeqCst);
                            failures.lock().expect("no thread panics while it holds the lock").push(difference);
                        }
                    }
                }
            });
        }
    });
    let [interrupted, harmless, failed] = counts.map(AtomicUsize::into_inner);
    tell(&format!(
        "{title}: {} runs, {interrupted} in the middle of the transaction, {harmless} others, {failed} wrong ({:.0} s)",
        interrupted + harmless + failed,
        began.elapsed().as_secs_f64()
    ));
    for failure in failures.into_inner().expect("no thread panics while it holds the lock").iter().take(3) {
        tell(failure);
    }
    failed == 0
}

#[expect(clippy::print_stdout, reason = "this program is made to be watched")]
fn tell(text: &str) {
    println!("{text}");
}
