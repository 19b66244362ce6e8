//! Makes a sequence from a seed.
//!
//! Each sequence has its own habits ([`Habits`]): one is full of triggers, another one of configuration files. Among
//! sequences that have everything, rare meetings would be rarer still.

mod dependencies;
mod files;
mod lua;
mod packages;
mod scripts;
mod steps;

pub use dependencies::dependencies;

use super::sequence::Sequence;
use crate::random::Random;

/// How likely things are in one sequence, in percent.
#[derive(Debug, Clone)]
struct Habits {
    scripts: usize,
    triggers: usize,
    failing: usize,
    lua: usize,
    admin: usize,
    options: usize,
    colors: bool,
    odd: usize,
    config: usize,
    sharing: usize,
    dependencies: usize,
    prefixes: bool,
    /// Packages of version 6.
    modern: usize,
    /// Packages whose archive is broken.
    defects: usize,
    /// Users and groups that packages ask for.
    users: usize,
    /// Erasures beside installations.
    mixed: usize,
}

impl Habits {
    fn new(random: &mut Random) -> Self {
        Habits {
            scripts: *random.one_of(&[0, 0, 12, 40]),
            triggers: *random.one_of(&[0, 0, 30, 90]),
            failing: *random.one_of(&[0, 0, 6, 25]),
            lua: *random.one_of(&[0, 10, 50]),
            admin: *random.one_of(&[0, 20, 60]),
            options: *random.one_of(&[0, 15, 60]),
            colors: random.chance(20),
            odd: *random.one_of(&[0, 5, 25]),
            config: *random.one_of(&[5, 30, 80]),
            sharing: *random.one_of(&[20, 60, 95]),
            dependencies: *random.one_of(&[0, 30, 70]),
            prefixes: random.chance(12),
            modern: *random.one_of(&[0, 0, 50]),
            defects: *random.one_of(&[0, 0, 0, 20]),
            users: *random.one_of(&[0, 0, 3, 40]),
            mixed: *random.one_of(&[0, 0, 40]),
        }
    }
}

/// Returns the sequence of a seed, the same one everywhere.
pub fn sequence(seed: u64) -> Sequence {
    let random = &mut Random::new(seed);
    let habits = Habits::new(random);
    let places = files::places(random, &habits);
    let packages = packages::packages(random, &habits, &places);
    let steps = steps::steps(random, &habits, &places, &packages);
    Sequence { packages, steps }
}
