//! `download`: which packages, from where, to where.

use std::fs;
use std::path::Path;

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Oracle, World, fixture, rpm};

/// A package of this version with parts, some of which have debug packages; those are another repository's.
fn spec(version: &str, parts: &[&str]) -> String {
    let mut spec = format!(
        "%global debug_package %{{nil}}\nName: foo\nVersion: {version}\nRelease: 1\nSummary: s\nLicense: MIT\n\
         AutoReqProv: no\n%description\nd\n"
    );
    for part in parts {
        let name = part.strip_prefix("foo-").map_or_else(|| format!("-n {part}"), str::to_owned);
        if *part != "foo" {
            spec.push_str(&format!("%package {name}\nSummary: s\n%description {name}\nd\n"));
        }
        spec.push_str(&format!("%files {}\n", if *part == "foo" { "" } else { &name }));
    }
    spec
}

/// A repository, those of its debug and source packages, and a system where nothing is installed.
fn with_debug_packages() -> World {
    let oracle = Oracle::find();
    let mut world = World::new().repo("other", [rpm("solo").requires("foo-libs")]);
    for (version, suffix) in [("1", "-old"), ("2", "")] {
        let main = fixture::family(&oracle, &spec(version, &["foo", "foo-bar", "foo-libs"]));
        let debug =
            fixture::family(&oracle, &spec(version, &["foo-debuginfo", "foo-debugsource", "foo-bar-debuginfo"]));
        let source = fixture::source(&oracle, &spec(version, &["foo"]));
        world.add_repo(&format!("base{suffix}"), &main, "gpgcheck=0\n");
        world.add_repo(&format!("base{suffix}-debuginfo"), &debug, "gpgcheck=0\nenabled=0\n");
        world.add_repo(&format!("base{suffix}-source"), &source, "gpgcheck=0\nenabled=0\n");
    }
    world
}

#[test]
fn other_packages_instead() {
    let world = with_debug_packages();
    for kinds in ["--debuginfo", "--debugsource", "--debuginfo --debugsource", "--srpm --debuginfo", "--srpm"] {
        for specs in ["foo", "foo-bar", "foo-libs", "solo", "foo-1", "foo*", "foo-debuginfo", "nothere", "foo solo"] {
            world.both(&format!("download {kinds} --url {specs}"));
        }
    }
    world.both("download --debuginfo --skip-unavailable --url nothere foo").exits(0).says("foo-debuginfo-2-1");
}

#[test]
fn places_of_packages() {
    let world = with_debug_packages();
    for options in
        ["", "--resolve", "--resolve --alldeps", "--alldeps", "--arch=noarch", "--arch=x86_64", "--arch=pdp11"]
    {
        world.both(&format!("download --url {options} solo"));
    }
    let places = format!("file://{}/other,http://127.0.0.1:1/m,https://127.0.0.1:1/m", "/srv/repos");
    world.repo_at("other", &places, "");
    for options in [
        "",
        "--allmirrors",
        "--urlprotocol=http",
        "--urlprotocol=http --urlprotocol=file",
        "--urlprotocol=https --urlprotocol=http --allmirrors",
        "--urlprotocol=ftp",
        "--urlprotocol=gopher",
        "--urlprotocol=http,file",
        "--allmirrors --resolve",
    ] {
        world.both(&format!("download --url {options} solo"));
    }
    world.both("download --url /nowhere/x.rpm").exits(1);
}

#[test]
fn from_some_repositories_and_vendors() {
    let world = World::new()
        .repo("one", [rpm("foo").vendor("Acme").requires("lib"), rpm("bar").vendor("Acme")])
        .repo("two", [rpm("foo").evr("2-1").vendor("Other"), rpm("lib").vendor("Other")]);
    world.write("/etc/yum.repos.d/off.repo", "[off]\nname=off\nbaseurl=file:///srv/repos/two\nenabled=0\ngpgcheck=0\n");
    for (options, status) in [
        ("foo", 0),
        ("--from-repo=one foo", 0),
        ("--from-repo=two foo", 0),
        ("--from-repo=one,two foo bar", 0),
        ("--from-repo=off foo", 0),
        ("--from-repo=o* foo", 0),
        ("--from-repo=two bar", 1),
        ("--from-repo=two --skip-unavailable foo bar", 0),
        ("--from-vendor=Acme foo", 0),
        ("--from-vendor=Other foo", 0),
        ("--from-vendor=Acme,Other foo", 0),
        ("--from-vendor=acme foo", 1),
        ("--from-vendor=Nobody foo", 1),
        ("--from-repo=two --from-vendor=Acme foo", 1),
        ("--from-repo=one --resolve foo", 0),
        ("--from-vendor=Acme --resolve --alldeps foo", 0),
    ] {
        world.both(&format!("download --url {options}")).exits(status);
    }
    world.both("download --url --from-repo=nothere foo");
    world.both("download --url --from-repo= foo");
}

#[test]
fn files_that_are_kept() {
    let world = with_debug_packages();
    for (args, dir) in [
        ("solo", "one"),
        ("solo foo", "two"),
        ("--resolve solo", "three"),
        ("--debuginfo foo-bar", "four"),
        ("foo-1", "five"),
        ("--arch=noarch foo solo --skip-unavailable", "six"),
        ("solo", "one"),
    ] {
        world.both(&format!("download --destdir=/srv/t/root/{dir} {args}")).exits(0);
        let [real, ours] = [Side::Real, Side::Ours].map(|side| files(&world.root(side).join(dir)));
        assert!(!real.is_empty());
        assert_eq!(real, ours, "download {args}");
    }
    world.both("install -y foo-libs").exits(0);
    world.both("download --url --resolve solo").exits(0);
    world.both("download --url --resolve --alldeps solo").exits(0);
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(dir).expect("the directory was made").flatten();
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("readable")))
        .collect();
    files.sort();
    files
}
