//! In which order elements run: random universes, with real dnf5 as the judge.
//!
//! `OXIDNF_SEEDS=100..400` tries other seeds than the usual ones; every difference is then reported, not only the first.

use std::fmt::Write as _;
use std::ops::Range;

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Oracle, World, family};

/// Numbers that are the same for the same seed everywhere (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one_of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len())]
    }
}

/// Packages of several repositories and commands over them.
struct Universe {
    /// Identifier and spec file of each repository.
    repos: Vec<(String, String)>,
    commands: Vec<String>,
}

impl Universe {
    fn new(seed: u64) -> Self {
        let random = &mut Random(seed);
        let count = 5 + random.below(26);
        let names = names(random, count);
        let loops = *random.one_of(&[0, 20, 60]);
        let mut repos = Vec::new();
        // Repositories do not come in the order of their ids.
        let ids = *random.one_of(&[["mid", "zed", "alpha"], ["alpha", "mid", "zed"], ["zed", "mid", "alpha"]]);
        let versions = 1 + random.below(3);
        for (number, id) in ids.into_iter().take(versions).enumerate() {
            repos.push((id.to_owned(), spec(random, &names, number + 1, loops)));
        }
        let commands = commands(random, &names, ids[0]);
        Universe { repos, commands }
    }
}

fn names(random: &mut Random, count: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    while names.len() < count {
        let length = 2 + random.below(2);
        let name: String = (0..length).map(|_| *random.one_of(&['a', 'b', 'c', 'd', 'e'])).collect();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Writes the spec file of a repository; the first one holds all packages, later ones newer versions of some.
fn spec(random: &mut Random, names: &[String], version: usize, loops: usize) -> String {
    let mut spec = format!(
        "Name: source{version}\nVersion: 1\nRelease: 1\nSummary: none\nLicense: MIT\nBuildArch: noarch\n%description\nNone.\n"
    );
    for (place, name) in names.iter().enumerate() {
        if version > 1 && !random.chance(60) {
            continue;
        }
        write!(spec, "%package -n {name}\nVersion: {version}\nRelease: 1\nSummary: none\nProvides: any{}\n", place % 4)
            .expect("writing to a String cannot fail");
        for _ in 0..random.below(4) {
            let other = if random.chance(loops) { random.below(names.len()) } else { random.below(place + 1) };
            writeln!(spec, "{}", dependency(random, names, other)).expect("writing to a String cannot fail");
        }
        write!(spec, "%description -n {name}\nNone.\n%files -n {name}\n").expect("writing to a String cannot fail");
    }
    spec
}

fn dependency(random: &mut Random, names: &[String], other: usize) -> String {
    const KINDS: [&str; 16] = [
        "Requires",
        "Requires",
        "Requires",
        "Requires",
        "Requires",
        "Requires(pre)",
        "Requires(post)",
        "Requires(preun)",
        "Requires(posttrans)",
        "Recommends",
        "Recommends",
        "Recommends",
        "Supplements",
        "Suggests",
        "Enhances",
        "OrderWithRequires",
    ];
    let kind = *random.one_of(&KINDS);
    let name = &names[other];
    let second = random.one_of(names).clone();
    let target = match random.below(12) {
        // rpmbuild takes no rich dependencies there.
        _ if kind == "OrderWithRequires" => name.clone(),
        0 => format!("({name} or {second})"),
        1 => format!("({name} and {second})"),
        2 if !matches!(kind, "Supplements" | "Enhances") => format!("({name} if {second})"),
        3 => format!("any{}", random.below(4)),
        4 | 5 => format!("{name} >= 1"),
        _ => name.clone(),
    };
    format!("{kind}: {target}")
}

fn commands(random: &mut Random, names: &[String], first: &str) -> Vec<String> {
    let some = |random: &mut Random, most: usize| {
        let count = 1 + random.below(most);
        let mut words: Vec<String> = Vec::new();
        for _ in 0..count {
            let name = random.one_of(names).clone();
            let word = if random.chance(20) { format!("{}*", &name[..1]) } else { name };
            // Said twice, dnf5 changes the reason of an installed package twice.
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.join(" ")
    };
    let mut commands = vec![format!("install -y --repo={first} {}", some(random, 4))];
    commands.push(format!("install -y {}", some(random, 3)));
    if random.chance(50) {
        commands.push(format!("upgrade -y {}", some(random, 3)));
    }
    if random.chance(50) {
        commands.push(format!("reinstall -y {}", some(random, 3)));
    }
    commands.push("upgrade -y".to_owned());
    commands.push(format!("{} -y {}", random.one_of(&["downgrade", "remove", "reinstall"]), some(random, 3)));
    commands.push("distro-sync -y".to_owned());
    commands.push(format!("remove -y {}", some(random, 4)));
    commands.push("remove -y '[a-e]*'".to_owned());
    commands
}

/// Returns what a run did: the exit code, the table and the elements as they were finished.
fn story(output: &std::process::Output) -> String {
    let mut story = format!("{:?}\n", output.status.code());
    story += &String::from_utf8_lossy(&output.stdout);
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        let element = line.split_once("] ").map(|(_, rest)| rest.trim());
        const VERBS: [&str; 5] = ["Installing ", "Upgrading ", "Downgrading ", "Reinstalling ", "Removing "];
        if let Some(element) = element.filter(|text| VERBS.iter().any(|verb| text.starts_with(verb))) {
            let end = element.find("  ").unwrap_or(element.len());
            story += &element[..end];
            story.push('\n');
        }
    }
    story
}

/// Runs the commands of a universe on both sides; returns how many agreed, and the first difference.
fn compare(seed: u64) -> (usize, Option<String>) {
    let universe = Universe::new(seed);
    let oracle = Oracle::find();
    let mut world = World::new();
    for (id, spec) in &universe.repos {
        world.add_repo(id, &family(&oracle, spec), "gpgcheck=0\n");
    }
    for (done, command) in universe.commands.iter().enumerate() {
        let real = story(&world.run(Side::Real, command));
        let ours = story(&world.run(Side::Ours, command));
        if real != ours {
            let difference = format!("seed {seed}: `{command}`\n-- dnf5 --\n{real}\n-- oxidnf --\n{ours}");
            return (done, Some(difference));
        }
    }
    (universe.commands.len(), None)
}

fn check(seeds: Range<u64>) {
    let mut same = 0;
    let mut differences = Vec::new();
    for seed in seeds.clone() {
        let (agreed, difference) = compare(seed);
        same += agreed;
        differences.extend(difference);
    }
    assert!(
        differences.is_empty(),
        "{} of {} universes differ, {same} commands were alike\n{}",
        differences.len(),
        seeds.count(),
        differences.join("\n")
    );
}

#[test]
fn random_universes() {
    let seeds = std::env::var("OXIDNF_SEEDS").ok();
    let parsed = seeds.as_deref().and_then(|text| text.split_once("..")).map(|(from, to)| (from.parse(), to.parse()));
    match parsed {
        Some((Ok(from), Ok(to))) => check(from..to),
        _ => check(0..10),
    }
}
