//! `--snapshottime`: what is shown and done is what dnf5 shows and does with a repository that never had the later packages.
//!
//! dnf5 5.4.6 has no such option, so the witness is real dnf5 with filtered repositories.

use oxidnf_testkit::fixture;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, Oracle, Rpm, World, rpm};
use rstest::rstest;

/// What was published before this time is what the filtered repositories have.
const TIME: u64 = 1_700_000_000;

fn early() -> Vec<Rpm> {
    vec![
        rpm("app").evr("1-1").requires("lib").file("/usr/bin/app", "1"),
        rpm("lib").evr("1-1").provides("cap = 1"),
        rpm("steady").evr("1-1").file("/usr/share/steady", "1"),
    ]
}

fn late() -> Vec<Rpm> {
    vec![
        rpm("app").evr("2-1").requires("lib >= 2").file("/usr/bin/app", "2"),
        rpm("lib").evr("2-1").provides("cap = 2"),
        rpm("newcomer").requires("app").file("/usr/bin/newcomer", "1"),
        rpm("usurper").obsoletes("steady").provides("steady = 9"),
    ]
}

/// Two sides with a repository each that differ in what came later; `excepted` has later packages on both.
fn world() -> World {
    let everything = early().into_iter().chain(late());
    let world = World::new()
        .repo("full", everything)
        .repo("old", early())
        .repo("excepted", [rpm("extra").evr("7-1").requires("lib")])
        .ignoring(Axis::Tree, "the repositories have different places, and so have their caches")
        .ignoring(Axis::State, "the repositories have different checksums")
        .ignoring(Axis::History, "the command lines differ");
    let touch = |dir: &str, names: &[&str], time: u64| {
        let files: Vec<String> = names.iter().map(|name| format!("{dir}/{name}-1.noarch.rpm")).collect();
        format!("touch -d @{time} {};", files.join(" "))
    };
    let (at_first, later) = (["app-1", "lib-1", "steady-1"], ["app-2", "lib-2", "newcomer-1", "usurper-1"]);
    let script = [
        touch("full", &at_first, TIME),
        touch("full", &later, TIME + 1),
        touch("old", &at_first, TIME),
        touch("excepted", &["extra-7"], TIME + 1),
        "for dir in full old excepted; do createrepo_c -q $dir; done".to_owned(),
    ];
    let script = format!("cd /srv/repos; {}", script.concat());
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], &script);
    for (side, dir) in [(Side::Real, "old"), (Side::Ours, "full")] {
        let repos = world.root(side).join("etc/yum.repos.d");
        std::fs::remove_file(repos.join("full.repo")).expect("it was written");
        std::fs::remove_file(repos.join("old.repo")).expect("it was written");
        let text = format!("[base]\nname=base\nbaseurl=file:///srv/repos/{dir}\nenabled=1\ngpgcheck=0\n");
        std::fs::write(repos.join("base.repo"), text).expect("the root is writable");
        // The sizes of the metadata differ, and are shown when it is loaded for the first time.
        assert!(world.run(side, "makecache").status.success());
    }
    world
}

/// Runs a command at the time, and compares it with dnf5 that knows nothing of what came later.
fn at_the_time(world: &World, args: &str, status: i32) {
    let real = world.run(Side::Real, args);
    let ours = world.run(Side::Ours, &format!("--snapshottime={TIME} --snapshotexcluderepos=nothing,exc* {args}"));
    let report = world.differences(&real, &ours);
    assert!(report.is_empty(), "`{args}` differs\n{}", report.concat());
    assert_eq!(ours.status.code(), Some(status), "{args}: {}", String::from_utf8_lossy(&ours.stderr));
}

#[rstest]
#[case::list("list", 0)]
#[case::list_available("list --available", 0)]
#[case::list_duplicates("list --available --showduplicates", 0)]
#[case::list_later("list newcomer", 1)]
#[case::info("info app", 0)]
#[case::search("search usurper newcomer", 0)]
#[case::provides("provides cap", 0)]
#[case::provides_path("provides /usr/bin/newcomer", 1)]
#[case::repoquery("repoquery", 0)]
#[case::repoquery_newest("repoquery --latest-limit=1", 0)]
#[case::repoquery_requires("repoquery --whatrequires=lib", 0)]
#[case::repoquery_obsoletes("repoquery --whatobsoletes=steady", 0)]
#[case::repoquery_file("repoquery --file=/usr/bin/app", 0)]
#[case::repoquery_later("repoquery app-2-1", 0)]
#[case::repoclosure("repoclosure", 0)]
#[case::changelog("changelog app", 0)]
#[case::download("download --destdir=/srv/t/root/fetched app", 0)]
#[case::install("install -y app", 0)]
#[case::install_excepted("install -y extra", 0)]
#[case::install_several("install -y extra steady app", 0)]
#[case::simulated("install --assumeno app", 1)]
fn commands(#[case] args: &str, #[case] status: i32) {
    at_the_time(&world(), args, status);
}

/// Who asks for what is hidden is told so, where dnf5 with the filtered repository knows nothing of it.
#[rstest]
#[case::name("install -y newcomer", "newcomer")]
#[case::version("install -y app-2", "app-2")]
#[case::path("install -y /usr/bin/newcomer", "/usr/bin/newcomer")]
#[case::upgrade("upgrade -y app-2", "app-2")]
fn what_is_hidden(#[case] args: &str, #[case] named: &str) {
    let world = world();
    let real = world.run(Side::Real, args);
    assert!(String::from_utf8_lossy(&real.stderr).contains(&format!("No match for argument: {named}\n")));
    let ours = world.run(Side::Ours, &format!("--snapshottime={TIME} {args}"));
    let told = String::from_utf8_lossy(&ours.stderr);
    assert!(told.contains(&format!("Argument '{named}' matches only excluded packages.")), "{told}");
    assert_eq!((real.status.code(), ours.status.code()), (Some(1), Some(1)));
    // One second later they are there.
    let ours = world.run(Side::Ours, &format!("--snapshottime={} install -y newcomer", TIME + 1));
    assert_eq!(ours.status.code(), Some(0), "{}", String::from_utf8_lossy(&ours.stderr));
}

#[test]
fn an_installed_system() {
    let world = world();
    at_the_time(&world, "install -y app steady", 0);
    for (args, status) in [
        ("list --upgrades", 0),
        ("list --obsoletes", 0),
        ("check-upgrade", 0),
        ("repoquery --upgrades", 0),
        ("repoquery --installed", 0),
        ("repoquery --extras", 0),
        ("upgrade -y", 0),
        ("reinstall -y app", 0),
        ("distro-sync -y", 0),
        ("downgrade -y app", 0),
        ("swap -y app extra", 0),
        ("remove -y extra", 0),
        ("autoremove -y", 0),
    ] {
        at_the_time(&world, args, status);
    }
}

/// What is installed from later is not hidden, and `distro-sync` and `downgrade` go back in time.
#[test]
fn a_system_from_later() {
    let world = world();
    let packages = fixture::repo(&Oracle::find(), &late());
    let later: Vec<_> = walk(packages.dir(), "app-2-1").into_iter().chain(walk(packages.dir(), "lib-2-1")).collect();
    for side in [Side::Real, Side::Ours] {
        for file in &later {
            let name = file.file_name().expect("a file").to_owned();
            std::fs::copy(file, world.root(side).join(name)).expect("the root is writable");
        }
    }
    let here = "install -y --no-gpgchecks /srv/t/root/app-2-1.noarch.rpm /srv/t/root/lib-2-1.noarch.rpm";
    at_the_time(&world, here, 0);
    at_the_time(&world, "list --installed", 0);
    at_the_time(&world, "list --extras", 0);
    at_the_time(&world, "upgrade -y", 0);
    at_the_time(&world, "downgrade -y app lib", 0);
    at_the_time(&world, here, 0);
    at_the_time(&world, "distro-sync -y", 0);
    at_the_time(&world, "list --installed", 0);
}

fn walk(dir: &std::path::Path, part: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).expect("the directory is readable").flatten().map(|entry| entry.path());
    let found = entries.flat_map(|path| if path.is_dir() { walk(&path, part) } else { vec![path] });
    found.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(part))).collect()
}
