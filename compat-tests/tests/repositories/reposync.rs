//! `reposync`: copies of repositories.

use std::fs;
use std::path::Path;

use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, Oracle, Rpm, World, fixture, rpm};
use rstest::rstest;

/// Where copies go, as the programs see it.
const OUT: &str = "/srv/t/root/out";

fn packages() -> Vec<Rpm> {
    vec![rpm("foo"), rpm("foo").evr("2-1"), rpm("bar")]
}

/// A repository with packages of several versions in several directories, source packages among them.
fn world() -> World {
    let world = World::new().repo("base", packages());
    let source = fixture::source(&Oracle::find(), &spec());
    let script = "cd /srv/repos/base; mkdir -p Packages/f; mv foo-1* foo-2* Packages/f; cp /srv/t/*.src.rpm Packages; \
                  rm -rf repodata; createrepo_c -q .";
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos"), (source.dir().to_owned(), "/srv/t")], script);
    world
}

fn spec() -> String {
    "Name: solo\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\n%description\nd\n%files\n".to_owned()
}

/// Files below the copies, with contents.
fn copies(world: &World, side: Side) -> Vec<(String, Vec<u8>)> {
    let top = world.root(side).join("out");
    let mut all = Vec::new();
    walk(&top, &top, &mut all);
    all.sort();
    all
}

fn walk(top: &Path, dir: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(top, &path, all);
        } else {
            let name = path.strip_prefix(top).expect("below it").display().to_string();
            all.push((name, fs::read(&path).expect("readable")));
        }
    }
}

/// Runs the command on both sides and returns what they copied, which must be the same.
fn both(world: &World, args: &str, status: i32) -> Vec<String> {
    world.both(&format!("reposync --destdir={OUT} {args}")).exits(status);
    let (real, ours) = (copies(world, Side::Real), copies(world, Side::Ours));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&real), names(&ours), "{args}");
    assert!(real == ours, "{args}: the contents differ");
    names(&ours)
}

#[rstest]
#[case::everything("", 4)]
#[case::newest("-n", 3)]
#[case::newest_in_full("--newest-only", 3)]
#[case::sources("--srpm", 1)]
#[case::sources_by_another_name("--source", 1)]
#[case::one_architecture("--arch=noarch", 3)]
#[case::two_architectures("-a noarch -a src", 4)]
#[case::in_one_word("--arch=noarch,src", 4)]
#[case::sources_too("--srpm --arch=noarch", 4)]
#[case::no_such_architecture("--arch=no*", 0)]
#[case::excluded("--exclude=foo", 2)]
#[case::without_the_id("--norepopath", 4)]
#[case::quietly("-q", 4)]
#[case::built_long_ago("--min-buildtime=1999-12-31", 4)]
#[case::built_in_the_future("--min-buildtime=2999-12-31", 0)]
#[case::never_asking("--assumeno", 4)]
fn packages_that_are_meant(#[case] options: &str, #[case] count: usize) {
    let world = world();
    assert_eq!(both(&world, options, 0).len(), count);
    // A second time nothing has to be fetched.
    assert_eq!(both(&world, options, 0).len(), count);
}

#[rstest]
#[case("--urls")]
#[case("-u -n")]
#[case("--urls --download-metadata")]
#[case("--urls --srpm")]
#[case("--urls --destdir=/nowhere --delete --gpgcheck")]
fn places(#[case] options: &str) {
    let world = world();
    world.both(&format!("reposync {options}")).exits(0);
    let world = world.ignoring(Axis::Stderr, "dnf5 asks dead places first for each file");
    let (dead, here) = ("127.0.0.1:1/m", "file:///srv/repos/base");
    for places in [
        format!("http://{dead} {here} https://{dead}"),
        format!("http://{dead} {here}"),
        format!("{here} http://{dead}"),
        format!("{here} https://{dead} http://{dead}"),
    ] {
        world.repo_at("base", &places, "gpgcheck=0\n");
        world.both(&format!("reposync {options}")).exits(0);
    }
}

#[rstest]
#[case("--min-buildtime=2021-1")]
#[case("--min-buildtime=2024-13-45")]
#[case("--min-buildtime=")]
#[case("--urls=1")]
#[case("foo")]
#[case("--repo=nothere")]
fn mistakes(#[case] options: &str) {
    world().both(&format!("reposync {options}")).exits(2);
}

#[test]
fn for_one_repository_only() {
    let world = World::new().repo("base", packages()).repo("other", [rpm("solo")]);
    world.both("reposync --norepopath").exits(2);
    world.both("reposync --safe-write-path=/tmp").exits(2);
    assert_eq!(both(&world, "", 0).len(), 4);
    assert_eq!(both(&world, "--repo=other --norepopath", 0).len(), 5);
    world.both("reposync --disable-repo=*").exits(0);
}

#[test]
fn metadata_as_well() {
    let world = world().ignoring(Axis::Tree, "oxidnf keeps digests of what it copies where dnf5 does");
    let files = both(&world, "--download-metadata", 0);
    assert_eq!(files.iter().filter(|name| name.starts_with("base/repodata/")).count(), 4, "{files:?}");
    // The copy is a repository.
    for side in [Side::Real, Side::Ours] {
        let output = world.run(side, &format!("--repofrompath=x,{OUT}/base --repo=x repoquery"));
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 4);
    }
    let files = both(&world, &format!("--download-metadata --metadata-path={OUT}/meta"), 0);
    assert!(files.contains(&"meta/base/repodata/repomd.xml".to_owned()), "{files:?}");
    let files = both(&world, &format!("--norepopath --download-metadata --metadata-path={OUT}/flat"), 0);
    assert!(files.contains(&"flat/repodata/repomd.xml".to_owned()), "{files:?}");
}

#[test]
fn what_is_gone_is_deleted() {
    let world = world();
    both(&world, "", 0);
    world.write("/out/base/keep.txt", "x");
    world.write("/out/base/old/deep/a.rpm", "x");
    both(&world, "", 0);
    let files = both(&world, "--delete", 0);
    assert_eq!(files.len(), 5, "{files:?}");
    // Also what is there, but not meant.
    let files = both(&world, "--delete --exclude=bar", 0);
    assert_eq!(files.len(), 4, "{files:?}");
    let files = both(&world, "--delete -n --exclude=bar", 0);
    assert_eq!(files.len(), 3, "{files:?}");
    let files = both(&world, "--delete --arch=noarch -n --exclude=bar", 0);
    assert_eq!(files, ["base/Packages/f/foo-2-1.noarch.rpm", "base/keep.txt"]);
}

#[test]
fn unsigned_packages() {
    let world = World::new().repo("base", [rpm("foo")]);
    assert!(both(&world, "--gpgcheck", 1).is_empty());
    assert!(both(&world, "-g --delete", 1).is_empty());
}

#[rstest]
#[case::gone(Fault::Status(404))]
#[case::corrupt(Fault::Corrupt)]
fn packages_that_do_not_come(#[case] fault: Fault) {
    let world = World::new().repo("base", packages()).repo("other", [rpm("solo")]);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\n");
    server.fault("foo-1-1", fault);
    let world = world.ignoring(Axis::Tree, "dnf5 leaves what is of no use");
    world.write("/out/base/old.rpm", "x");
    for options in ["", "--delete"] {
        let step = world.both(&format!("reposync --repo=base --destdir={OUT} {options}"));
        step.exits(1).says("Failed to download package: foo-0:1-1");
        let gone = world.root(Side::Ours).join("out/base/foo-1-1.noarch.rpm");
        assert!(!gone.exists(), "{}", gone.display());
    }
    // What came is looked at here although something else did not come; dnf5 leaves it unchecked.
    world.run(Side::Ours, &format!("reposync --repo=base --destdir={OUT} --gpgcheck"));
    assert!(!world.root(Side::Ours).join("out/base/bar-1-1.noarch.rpm").exists());
    // The other repository still comes; which one is the first is a matter of luck in dnf5.
    for side in [Side::Real, Side::Ours] {
        assert_eq!(world.run(side, &format!("reposync --destdir={OUT}")).status.code(), Some(1));
        assert!(world.root(side).join("out/other/solo-1-1.noarch.rpm").exists());
    }
    server.heal();
    both(&world, "--delete", 0);
}

/// Times of the files on the server, by which mirrors of mirrors are kept.
#[test]
fn times_of_the_server() {
    for over_http in [false, true] {
        let world = world();
        let server = Server::start(&world.repos_dir());
        if over_http {
            world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\n");
        }
        let dir = world.repo_dir("base").to_owned();
        let there = fs::File::options().write(true).open(dir.join("bar-1-1.noarch.rpm")).expect("writable");
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_234_567_890);
        there.set_modified(time).expect("writable");
        both(&world, "--remote-time", 0);
        for side in [Side::Real, Side::Ours] {
            let file = world.root(side).join("out/base/bar-1-1.noarch.rpm");
            let found = fs::metadata(file).expect("copied").modified().expect("a time");
            // The server of the tests tells no times.
            assert_eq!(found == time, !over_http, "{side:?}");
        }
    }
}

#[test]
fn places_that_are_not_safe() {
    let world = world();
    both(&world, "--srpm --safe-write-path=/tmp", 1);
    both(&world, &format!("--safe-write-path={OUT}"), 0);
    let out = "cd /srv/repos/base/repodata; zstd -qdc *primary.xml.zst | sed 's,href=\"bar,href=\"../store/bar,' >../p.xml; \
               rm ../repodata/*; mv ../p.xml primary.xml; mkdir -p ../../store; cp ../bar* ../../store; \
               printf '<repomd xmlns=\"http://linux.duke.edu/metadata/repo\"><data type=\"primary\"><checksum type=\"sha256\">%s</checksum>\
               <location href=\"repodata/primary.xml\"/></data></repomd>' $(sha256sum primary.xml | cut -d' ' -f1) >repomd.xml";
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], out);
    world.both(&format!("reposync --destdir={OUT}")).exits(1).says("is outside of safe write path");
    let files = both(&world, &format!("--safe-write-path={OUT}"), 0);
    assert!(files.contains(&"store/bar-1-1.noarch.rpm".to_owned()), "{files:?}");
    world.both(&format!("reposync --destdir={OUT} --urls")).exits(1);
}

#[test]
fn only_from_the_cache() {
    let world = world();
    world.both("makecache").exits(0);
    world.both(&format!("-C reposync --destdir={OUT}")).exits(1).says("cacheonly option is activated");
    world.both("reposync --destdir=/proc/nothing").exits(1).says("cannot create directories");
}
