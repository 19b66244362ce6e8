//! Random repositories, systems, configurations and commands, decided by the real dnf5 and by oxidnf.
//!
//! `make fuzz-decisions N=5000 SEED=1` tries more than these, and makes what differs as small as it can.

use oxidnf_testkit::Oracle;
use oxidnf_testkit::decisions::{Case, run};

#[test]
fn the_same_for_usual_seeds() {
    const SEEDS: std::ops::Range<u64> = 320..400;
    let cases: Vec<Case> = SEEDS.map(Case::from_seed).collect();
    let outcomes = run(&Oracle::find(), &cases).expect("the oracle takes every case");
    let differing: Vec<String> = cases
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| !outcome.differences.is_empty())
        .map(|(case, outcome)| format!("{case}{}", outcome.differences))
        .collect();
    assert!(differing.is_empty(), "{} differ, the first is\n{}", differing.len(), differing[0]);
    // A comparison of nothing would not say anything.
    let changed = outcomes.iter().filter(|outcome| outcome.changed).count();
    let problems = outcomes.iter().filter(|outcome| outcome.problems).count();
    assert!(changed * 3 > cases.len() && problems * 10 > cases.len(), "{changed} changed, {problems} had problems");
}
