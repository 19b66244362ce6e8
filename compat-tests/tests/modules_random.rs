//! Random modules in random repositories, and random commands about them, by the real dnf5 and by oxidnf.
//!
//! `OXIDNF_MODULE_SEEDS=100..200` chooses other cases than the usual ones.

use std::ops::Range;

use oxidnf_testkit::random::Random;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Rpm, World, rpm};

const MODULES: [&str; 5] = ["app", "base", "core", "data", "extra"];
const STREAMS: [&str; 3] = ["1", "2", "10"];

fn seeds() -> Range<u64> {
    let given = std::env::var("OXIDNF_MODULE_SEEDS").ok();
    let range = given.as_deref().and_then(|text| text.split_once(".."));
    range.and_then(|(start, end)| Some(start.parse().ok()?..end.parse().ok()?)).unwrap_or(0..8)
}

/// A build of a module; its package has the module's name, and the stream and the number of the build as its version.
fn build(random: &mut Random, module: &str, stream: &str, number: usize) -> String {
    let mut requires = Vec::new();
    for other in MODULES.iter().filter(|other| **other != module) {
        if random.chance(20) {
            let streams: Vec<String> =
                STREAMS.iter().filter(|_| random.chance(40)).map(|stream| format!("'{stream}'")).collect();
            requires.push(format!("{other}: [{}]", streams.join(", ")));
        }
    }
    if random.chance(30) {
        requires.push(format!("platform: [{}]", random.one_of(&["", "f38", "f38", "f39"])));
    }
    let context = random.one_of(&["c", "c", "d"]);
    let fixed = if random.chance(25) { "  static_context: true\n" } else { "" };
    let arch = random.one_of(&["x86_64", "x86_64", "noarch", "aarch64"]);
    let arch = if random.chance(90) { "x86_64" } else { arch };
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {module}\n  stream: \"{stream}\"\n  version: {number}\n  \
         context: {context}\n  arch: {arch}\n{fixed}  summary: {module} {stream}\n  description: d\n  \
         license: {{module: [MIT]}}\n  dependencies: [{{requires: {{{}}}}}]\n  \
         artifacts: {{rpms: ['{module}-0:{stream}-{number}.noarch']}}\n...\n",
        requires.join(", ")
    )
}

fn packages() -> Vec<Rpm> {
    let mut packages = Vec::new();
    for module in MODULES {
        packages.push(rpm(module).evr("5-5"));
        for stream in STREAMS {
            packages.extend([1, 2].map(|number| rpm(module).evr(&format!("{stream}-{number}"))));
        }
    }
    packages
}

fn modules(random: &mut Random) -> String {
    let mut yaml = String::new();
    let some = |random: &mut Random, all: &[&'static str], percent: usize| -> Vec<&'static str> {
        all.iter().copied().filter(|_| random.chance(percent)).collect()
    };
    for module in some(random, &MODULES, 80) {
        for stream in some(random, &STREAMS, 70) {
            for number in 1..=1 + random.below(2) {
                yaml += &build(random, module, stream, number);
            }
        }
        if random.chance(50) {
            let stream = random.one_of(&STREAMS);
            yaml += &format!(
                "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: {module}\n  modified: {}\n  stream: \
                 '{stream}'\n...\n",
                random.below(2)
            );
        }
    }
    yaml
}

fn command(random: &mut Random) -> String {
    let module = *random.one_of(&MODULES);
    let spec = match random.below(6) {
        0 => module.to_owned(),
        1 => format!("{module}:*"),
        2 => format!("{}:{}", random.one_of(&["*", "?a*"]), random.one_of(&STREAMS)),
        3 => format!("{module}:{} {}", random.one_of(&STREAMS), random.one_of(&MODULES)),
        _ => format!("{module}:{}", random.one_of(&STREAMS)),
    };
    let skip = random.one_of(&["", "", " --skip-unavailable", " --setopt=module_stream_switch=1"]);
    match random.below(10) {
        0 => format!("module disable -y '{module}'{skip}"),
        1 => format!("module reset -y '{module}'{skip}"),
        2 => format!("install -y {module}"),
        3 => "upgrade -y".to_owned(),
        4 => "distro-sync -y".to_owned(),
        _ => {
            let specs: Vec<String> = spec.split(' ').map(|word| format!("'{word}'")).collect();
            format!("module enable -y {}{skip}", specs.join(" "))
        }
    }
}

#[test]
fn random_modules() {
    let (mut compared, mut changed) = (0, 0);
    for seed in seeds() {
        let mut random = Random::new(seed);
        let world = World::new().with_modules().repo("one", packages()).repo("two", [rpm("other")]);
        world.modulate("one", &modules(&mut random), "");
        if random.chance(40) {
            world.modulate("two", &modules(&mut random), "zstd");
        }
        if random.chance(85) {
            world.write("/etc/os-release", "PLATFORM_ID=\"platform:f38\"\n");
        }
        let mut commands = vec!["module info".to_owned(), "repoquery --available".to_owned()];
        for _ in 0..5 {
            commands.extend([command(&mut random), "module info".to_owned(), "repoquery --available".to_owned()]);
        }
        for args in commands {
            let real = world.run(Side::Real, &args);
            // Nothing can be compared with a crash.
            let Some(status) = real.status.code() else { break };
            let ours = world.run(Side::Ours, &args);
            let differences = world.differences(&real, &ours);
            assert!(differences.is_empty(), "seed {seed}: `{args}` differs\n{}", differences.concat());
            compared += 1;
            changed += usize::from(status == 0 && args.contains(" -y"));
        }
    }
    assert!(changed * 10 > compared, "of {compared} commands only {changed} changed something");
}
