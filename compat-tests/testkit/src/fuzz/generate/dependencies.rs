//! Sequences that are about nothing but dependencies.

use crate::fuzz::package::{Dependency, File, Package, sense};
use crate::fuzz::sequence::{CHECKED, Mode, Sequence, Step};
use crate::random::Random;

const NAMES: [&str; 6] = ["pa", "pb", "pc", "pd", "pe", "pf"];
const PROVIDED: [&str; 3] = ["cap", "lib()(64bit)", "user(alice)"];
const FILES: [&str; 4] = ["/usr/lib/tool", "/opt/b/one", "/opt/b/other", "/usr/share/x"];
/// How dependencies call them: through a link, too. Of paths with one last component rpm 6.1 keeps only the first in
/// mind when it looks for what an erasure breaks, so these differ.
const PATHS: [&str; 4] = ["/lib/tool", "/opt/b/one", "/opt/b/other", "/usr/share/x"];

/// Returns the sequence of a seed, the same one everywhere.
pub fn dependencies(seed: u64) -> Sequence {
    let random = &mut Random::new(seed ^ 0xdeb5);
    let mut packages = Vec::new();
    for name in &NAMES[..random.between(2, NAMES.len())] {
        let epoch = random.chance(15).then_some(1);
        for version in 1..=random.between(1, 2) {
            let mut package = Package::new(name, &version.to_string());
            package.epoch = epoch;
            describe(random, &mut package);
            packages.push(package);
        }
    }
    // rpm looks for links on the host while it checks dependencies, not below the root: this one is in both.
    let mut steps = vec![Step::admin("mkdir -p /usr/lib; ln -s usr/lib /lib")];
    for _ in 0..random.between(3, 8) {
        steps.push(step(random, &packages));
    }
    Sequence { packages, steps }
}

fn describe(random: &mut Random, package: &mut Package) {
    for path in FILES {
        if random.chance(25) {
            package.files.push(File::regular(path, path));
        }
    }
    for name in PROVIDED {
        if random.chance(20) {
            package.provides.push((name.to_owned(), sense::EQUAL, version(random)));
        } else if random.chance(15) {
            package.provides.push((name.to_owned(), sense::ANY, String::new()));
        }
    }
    if random.chance(8) {
        package.provides.push((PATHS[3].to_owned(), sense::ANY, String::new()));
    }
    for _ in 0..random.below(4) {
        let flags = *random.one_of(&[
            0,
            0,
            0,
            0,
            sense::PRE,
            sense::POSTUN,
            sense::PRETRANS,
            sense::PREUNTRANS,
            sense::PRE | sense::PREUN,
            sense::MISSINGOK,
        ]);
        let dep = dependency(random, flags, true);
        package.requires.push(dep);
    }
    if random.chance(5) {
        let feature = (*random.one_of(&["rpmlib(PayloadIsZstd)", "rpmlib(Telepathy)"])).to_owned();
        package.requires.push((feature, sense::RPMLIB | sense::LESS | sense::EQUAL, "5.4.18-1".to_owned()));
    }
    if random.chance(25) {
        let dep = dependency(random, 0, true);
        package.conflicts.push(dep);
    }
    if random.chance(8) {
        let dep = dependency(random, 0, false);
        package.obsoletes.push(dep);
    }
}

fn version(random: &mut Random) -> String {
    (*random.one_of(&["1", "2", "1-1", "2-1", "1:1-1", "3"])).to_owned()
}

/// Makes a name with or without a range.
fn plain(random: &mut Random) -> Dependency {
    const SENSES: [u32; 5] =
        [sense::LESS, sense::LESS | sense::EQUAL, sense::EQUAL, sense::GREATER | sense::EQUAL, sense::GREATER];
    let name = match random.below(10) {
        0..5 => *random.one_of(&NAMES),
        5..8 => *random.one_of(&PROVIDED),
        _ => return ((*random.one_of(&PATHS)).to_owned(), sense::ANY, String::new()),
    };
    if random.chance(50) {
        return (name.to_owned(), sense::ANY, String::new());
    }
    (name.to_owned(), *random.one_of(&SENSES), version(random))
}

fn dependency(random: &mut Random, flags: u32, rich: bool) -> Dependency {
    if rich && random.chance(30) {
        return (self::rich(random, 2), flags, String::new());
    }
    let (name, comparison, version) = plain(random);
    (name, comparison | flags, version)
}

fn rich(random: &mut Random, depth: usize) -> String {
    let operand = |random: &mut Random| {
        if depth > 0 && random.chance(30) {
            return rich(random, depth - 1);
        }
        let (name, comparison, version) = plain(random);
        let operator = match comparison {
            sense::ANY => return name,
            sense::LESS => "<",
            sense::EQUAL => "=",
            sense::GREATER => ">",
            comparison if comparison & sense::LESS != 0 => "<=",
            _ => ">=",
        };
        format!("{name} {operator} {version}")
    };
    let (one, other) = (operand(random), operand(random));
    match random.below(10) {
        0 | 1 => format!("({one} or {other})"),
        2 | 3 => format!("({one} and {other})"),
        4 => format!("({one} if {other})"),
        5 => format!("({one} if {other} else {})", operand(random)),
        6 => format!("({one} unless {other})"),
        7 => format!("({one} without {other})"),
        8 => format!("({one})"),
        _ => format!("({one} with {other})"),
    }
}

fn step(random: &mut Random, packages: &[Package]) -> Step {
    let mode =
        *random.one_of(&[Mode::Upgrade, Mode::Upgrade, Mode::Upgrade, Mode::Install, Mode::Erase, Mode::Reinstall]);
    let mut targets: Vec<String> = Vec::new();
    for _ in 0..random.between(1, 4) {
        let package = random.one_of(packages);
        let target = if mode == Mode::Erase { package.name.clone() } else { package.nevra() };
        // rpm drops one of two versions, and of a package and what obsoletes it, when it makes the set.
        let clashes = packages.iter().filter(|other| targets.contains(&other.nevra())).any(|other| {
            let hides = |one: &Package, two: &Package| one.obsoletes.iter().any(|(name, ..)| *name == two.name);
            other.name == package.name || hides(other, package) || hides(package, other)
        });
        if !targets.contains(&target) && !clashes {
            targets.push(target);
        }
    }
    let mut options = Vec::new();
    // Now and then something is forced, so that there are broken systems to look at.
    if random.chance(75) {
        options.push(CHECKED.to_owned());
    }
    if mode != Mode::Erase {
        options.extend(["--oldpackage", "--replacefiles"].map(str::to_owned));
    }
    if mode == Mode::Erase {
        options.push("--allmatches".to_owned());
    }
    Step::Rpm { mode, options, targets }
}
