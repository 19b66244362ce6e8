//! `debuginfo-install`: which debug packages belong to which packages, where they are looked for, and what is said when
//! there are none.

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Oracle, World, fixture, rpm};

/// A source package with a part and the debug packages of both, of one version.
fn family(version: &str, parts: &[&str]) -> fixture::Repo {
    let mut spec = format!(
        "%global debug_package %{{nil}}\nName: foo\nVersion: {version}\nRelease: 1\nSummary: s\nLicense: MIT\n\
         AutoReqProv: no\n%description\nd\n%files\n"
    );
    for part in parts {
        spec.push_str(&format!("%package {part}\nSummary: s\n%description {part}\nd\n%files {part}\n"));
    }
    fixture::family(&Oracle::find(), &spec)
}

/// What is built from foo: all in one repository, where libs have no debug package of their own.
const PARTS: [&str; 5] = ["libs", "tools", "debuginfo", "tools-debuginfo", "debugsource"];

/// A repository for each version of foo.
fn world(versions: &[&str]) -> World {
    let mut world = World::new();
    for version in versions {
        world.add_repo(&format!("v{version}"), &family(version, &PARTS), "gpgcheck=0\n");
    }
    world
}

/// Packages of one version and architecture, as debug packages are.
fn simple(names: &[&str], evr: &str) -> Vec<fixture::Rpm> {
    names.iter().map(|name| rpm(name).evr(evr)).collect()
}

#[test]
fn of_an_installed_package() {
    let world = world(&["1"]);
    world.both("install -y foo").exits(0);
    world.both("debuginfo-install -y foo").exits(0).says("foo-debugsource");
    // They are there now.
    world.both("debuginfo-install -y foo").exits(0).says("Nothing to do.");
    world.both("history list").exits(0);
    world.both("repoquery --userinstalled").exits(0);
    world.both("autoremove -y").exits(0);
}

#[test]
fn of_a_package_that_is_not_installed() {
    let world = world(&["1"]);
    world.both("debuginfo-install -y foo-tools").exits(0).says("foo-tools-debuginfo");
    world.both("list --installed").exits(0);
    world.both("debuginfo-install -y foo-tools foo").exits(0);
}

#[test]
fn parts_without_their_own() {
    let world = world(&["1"]);
    // The debug information of the source package stands in.
    world.both("debuginfo-install --assumeno foo-libs").exits(1).says("foo-debuginfo");
    world.both("install -y foo-libs").exits(0);
    world.both("debuginfo-install -y foo-libs").exits(0).says("foo-debuginfo");
}

#[test]
fn wildcards() {
    let world = world(&["1"]);
    world.both("debuginfo-install --assumeno 'foo*'").exits(1);
    world.both("debuginfo-install --assumeno '*'").exits(1);
    world.both("debuginfo-install --assumeno '*-debuginfo'").exits(1);
    world.both("debuginfo-install --assumeno 'nothere*'").exits(1).says("No match for argument");
    world.both("install -y foo-tools").exits(0);
    world.both("debuginfo-install --assumeno 'foo-t*'").exits(1);
    world.both("debuginfo-install -y 'foo*'").exits(0);
}

#[test]
fn several_versions() {
    let world = world(&["1", "2"]);
    world.both("debuginfo-install --assumeno foo").exits(1).says("foo-debuginfo");
    world.both("debuginfo-install --assumeno foo-1").exits(1);
    world.both("debuginfo-install --assumeno foo-1-1.noarch foo-tools-2").exits(1);
    world.both("install -y foo-1").exits(0);
    // The installed version decides, whatever else there is.
    world.both("debuginfo-install --assumeno 'foo'").exits(1);
    world.both("debuginfo-install --assumeno 'foo-2'").exits(1);
    world.both("debuginfo-install --assumeno 'foo*'").exits(1);
    world.both("debuginfo-install -y foo").exits(0);
    world.both("upgrade -y foo").exits(0);
    world.both("debuginfo-install -y foo").exits(0);
}

#[test]
fn none_at_all() {
    let world = World::new()
        .repo("base", simple(&["bare", "half", "half-debuginfo", "sourced", "sourced-debugsource"], "3:1.5-2"));
    world.both("debuginfo-install -y bare").exits(0).says("Could not find debuginfo package");
    world.both("debuginfo-install --assumeno half").exits(1).says("Could not find debugsource package");
    world.both("debuginfo-install --assumeno sourced").exits(1);
}

#[test]
fn what_is_not_there_is_said() {
    let world = World::new()
        .repo("base", simple(&["bare", "half", "half-debuginfo", "sourced", "sourced-debugsource"], "3:1.5-2"));
    world.both("debuginfo-install --assumeno sourced half bare").exits(1);
    world.both("debuginfo-install --assumeno '*'").exits(1);
    world.both("install -y bare half").exits(0);
    world.both("debuginfo-install -y bare").exits(0).says("bare-3:1.5-2.noarch");
    world.both("debuginfo-install -y '*a*'").exits(0);
}

#[test]
fn other_versions_do_not_count() {
    let world = World::new()
        .repo("base", [rpm("foo"), rpm("foo").evr("2-1"), rpm("foo-debuginfo").evr("2-1"), rpm("foo-debugsource")])
        .repo("arches", [rpm("bar").arch("x86_64"), rpm("bar-debuginfo"), rpm("bar-debugsource").arch("x86_64")]);
    world.both("debuginfo-install --assumeno foo").exits(1);
    world.both("debuginfo-install --assumeno bar").exits(1).says("Could not find debuginfo package");
    world.both("install -y foo-1 bar").exits(0);
    world.both("debuginfo-install --assumeno foo").exits(1).says("Could not find debuginfo package");
    world.both("debuginfo-install -y foo bar").exits(0);
}

#[test]
fn repositories_of_debug_packages() {
    let debug = |name: &str| simple(&[&format!("{name}-debuginfo"), &format!("{name}-debugsource")], "1-1");
    let mut world = World::new();
    for (id, name, beside) in [
        ("base", "one", "base-debuginfo"),
        ("more-rpms", "two", "more-debug-rpms"),
        ("odd-rpms", "three", "odd-rpms-debuginfo"),
    ] {
        world = world.repo(id, [rpm(name)]).repo_conf(beside, debug(name), "gpgcheck=0\nenabled=0\n");
    }
    world = world.repo_conf("off", [rpm("four")], "gpgcheck=0\nenabled=0\n");
    world = world.repo_conf("off-debuginfo", debug("four"), "gpgcheck=0\nenabled=0\n");
    world.both("debuginfo-install --assumeno one").exits(1).says("base-debuginfo");
    world.both("debuginfo-install --assumeno two").exits(1).says("more-debug-rpms");
    world.both("debuginfo-install -y three").exits(0).says("Could not find debuginfo package");
    world.both("debuginfo-install -y four").exits(1).says("No match for argument");
    world.both("debuginfo-install --assumeno --enable-repo=off four").exits(1).says("off-debuginfo");
    world.both("debuginfo-install --assumeno --repo=base one two").exits(1);
    world.both("debuginfo-install --assumeno --disable-repo=base-debuginfo one").exits(1);
    world.both("debuginfo-install -y one").exits(0);
    world.both("repo list --all").exits(0);
    world.both("upgrade -y").exits(0);
}

#[test]
fn debug_packages_by_name() {
    let world = world(&["1", "2"]);
    world.both("debuginfo-install --assumeno foo-debuginfo").exits(1);
    world.both("debuginfo-install --assumeno foo-debugsource-1").exits(1);
    world.both("install -y foo-1").exits(0);
    // The latest for the one, and the one that fits for the other.
    world.both("debuginfo-install -y foo-debuginfo foo").exits(1).says("cannot install both");
    world.both("debuginfo-install -y foo-tools-debuginfo").exits(0);
}

#[test]
fn what_is_not_available() {
    let world = world(&["1"]);
    world.write("/etc/dnf/dnf.conf", "[main]\nexcludepkgs=foo-tools\n");
    for spec in ["nothere", "Foo", "foo-3", "foo.src", "foo-tools", "/no/such/path", "(foo or bar)", "@group"] {
        world.both(&format!("debuginfo-install -y {spec}")).exits(1);
        world.both(&format!("debuginfo-install --assumeno --skip-unavailable {spec} foo"));
    }
    world.both("debuginfo-install -y --setopt=skip_unavailable=1 nothere").exits(0);
    world.both("debuginfo-install -y foo nothere").exits(1).says("--skip-unavailable");
    world.both("debuginfo-install -y ./nothere.rpm").exits(1);
    world.both("debuginfo-install -y /srv/repos/v1/foo-1-1.noarch.rpm");
    world.both("debuginfo-install -y --exclude='*-debuginfo' foo").exits(0);
}

#[test]
fn what_cannot_be_installed() {
    let world = World::new().repo(
        "base",
        [
            rpm("foo"),
            rpm("foo").evr("2-1"),
            rpm("foo-debuginfo"),
            rpm("foo-debuginfo").evr("2-1").requires("missing"),
            rpm("foo-debugsource"),
            rpm("foo-debugsource").evr("2-1"),
            rpm("bar"),
            rpm("bar-debuginfo").conflicts("old"),
            rpm("bar-debugsource"),
            rpm("old"),
        ],
    );
    for options in ["", "--best", "--no-best", "--skip-broken", "--best --skip-broken", "--no-best --skip-broken"] {
        world.both(&format!("debuginfo-install --assumeno {options} foo")).exits(1);
        world.both(&format!("debuginfo-install --assumeno {options} foo-2")).exits(1);
    }
    world.both("install -y old").exits(0);
    world.both("debuginfo-install --assumeno bar").exits(1);
    world.both("debuginfo-install --assumeno --skip-broken bar").exits(1);
    world.both("debuginfo-install -y --allowerasing bar").exits(0).says("Removing");
}

#[test]
fn several_architectures() {
    let of =
        |arch: &str, evr: &str| ["foo", "foo-debuginfo", "foo-debugsource"].map(|name| rpm(name).evr(evr).arch(arch));
    let world = World::new()
        .repo("base", of("x86_64", "1-1").into_iter().chain(of("i686", "1-1")))
        .repo("more", of("x86_64", "2-1").into_iter().chain([rpm("foo").evr("2-1").arch("i686")]));
    world.both("debuginfo-install --assumeno foo").exits(1);
    world.both("debuginfo-install --assumeno foo.i686").exits(1);
    world.both("install -y foo-1-1.x86_64 foo-1-1.i686").exits(0);
    world.both("debuginfo-install --assumeno foo").exits(1);
    world.both("debuginfo-install -y foo.i686").exits(0);
    world.both("upgrade -y foo").exits(0);
    world.both("debuginfo-install -y foo").exits(0).says("foo-0:2-1.i686");
}

#[test]
fn many_packages() {
    let names = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibex", "jay", "kite", "lynx", "mole", "newt"];
    let all = names.iter().flat_map(|name| ["", "-debuginfo", "-debugsource"].map(|end| rpm(&format!("{name}{end}"))));
    let world = World::new().repo("base", all);
    world.both("debuginfo-install --assumeno '*'").exits(1);
    world.both("install -y cat dog hen mole").exits(0);
    world.both("debuginfo-install -y '*'").exits(0);
    world.both("history info last").exits(0);
}

#[test]
fn kept_for_later() {
    let world = world(&["1"]);
    world.both("debuginfo-install -y --store=/srv/t/root/stored foo-tools").exits(0);
    world.both("debuginfo-install -y --transient foo");
    world.both("debuginfo-install").exits(2).says("Missing positional argument");
    for option in ["--nosuch", "--allow-downgrade", "--from-repo=base", "--allowerasing=1"] {
        world.both(&format!("debuginfo-install {option} foo")).exits(2);
    }
    for option in ["--allowerasing", "--skip-broken", "--skip-unavailable", "--offline", "--store=x", "--transient"] {
        world.both(&format!("{option} debuginfo-install foo")).exits(2).says("debuginfo-install");
    }
}

// dnf5 5.4.6 dies of this command: the table from which it words offline transactions does not have it.
#[test]
fn at_the_next_boot() {
    let world = world(&["1"]);
    let kept = world.run(Side::Ours, "debuginfo-install -y --offline foo");
    assert_eq!(kept.status.code(), Some(0), "{}", String::from_utf8_lossy(&kept.stderr));
    let status = world.run(Side::Ours, "offline status");
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("debuginfo-install -y --offline foo"), "{status}");
}
