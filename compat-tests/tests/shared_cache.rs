//! One cache for many processes and both programs, and downloads that are interrupted.

use std::fs;

use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, Rpm, World, rpm};

fn served() -> (World, Server) {
    let packages: [Rpm; 2] =
        ["foo", "bar"].map(|name| rpm(name).file(&format!("/usr/share/{name}"), &name.repeat(20_000)));
    let world = World::new().repo_conf("base", packages, "gpgcheck=0\n");
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\n");
    (world, server)
}

#[test]
fn two_hundred_starts_on_an_empty_cache() {
    let (world, server) = served();
    let failed = world.run_crowd(Side::Ours, "makecache", 200);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let fetched = |part: &str| server.requests().iter().filter(|path| path.contains(part)).count();
    assert_eq!(fetched("primary"), 1, "who finds another at work waits for its result");
    // Nothing is lost and nothing is left over: dnf5 goes on with what is there, without the network.
    assert_eq!(world.run(Side::Real, "makecache").status.code(), Some(0));
    server.forget();
    world.real_in_both("-C repoquery --queryformat='%{name}\\n'").exits(0).says("foo");
    world.ours_in_both("-C repoquery --queryformat='%{name}\\n'").exits(0).says("bar");
    assert!(server.requests().is_empty());
    let cache = world.root(Side::Ours).join("var/cache/libdnf5");
    let repo = fs::read_dir(cache).expect("there is a cache").flatten().find(|entry| entry.path().is_dir());
    let repo = repo.expect("there is a repository").path();
    let names: Vec<_> = fs::read_dir(repo).expect("readable").flatten().map(|entry| entry.file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().starts_with("tmpdir")), "{names:?}");
}

#[test]
fn what_one_fetched_the_other_uses() {
    let (world, server) = served();
    world.both("install -y --downloadonly foo").exits(0);
    server.forget();
    world.real_in_both("install -y --downloadonly foo").exits(0).says("Already downloaded");
    world.ours_in_both("install -y foo").exits(0).says("Already downloaded");
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

#[test]
fn interrupted_downloads() {
    let (world, server) = served();
    world.both("makecache").exits(0);
    server.fault("foo-1-1", Fault::HangAfter(1000));
    let runs = [Side::Real, Side::Ours].map(|side| world.run_interrupted(side, "install -y foo", 8));
    let report = world.differences(&runs[0], &runs[1]);
    assert!(report.is_empty(), "{}", report.concat());
    let said = String::from_utf8_lossy(&runs[1].stderr).into_owned();
    assert_eq!(runs[1].status.code(), Some(1), "{said}");
    assert!(said.contains("Librepo error: Interrupted by a SIGINT signal"), "{said}");
    server.heal();
    server.forget();
    let world = world.ignoring(Axis::Stderr, "dnf5 begins anew and shows more");
    world.both("install -y foo").exits(0);
    // dnf5 begins again, oxidnf goes on.
    let starts: Vec<_> = server.seen().into_iter().filter(|seen| seen.path.contains("foo")).map(|s| s.start).collect();
    assert_eq!(starts, [None, Some(1000)]);
}

#[test]
fn interrupted_metadata() {
    let (world, server) = served();
    server.fault("primary", Fault::HangAfter(10));
    for side in [Side::Real, Side::Ours] {
        let run = world.run_interrupted(side, "makecache", 8);
        assert_eq!(run.status.code(), Some(1), "{side:?} {}", String::from_utf8_lossy(&run.stderr));
    }
    server.heal();
    world.both("makecache").exits(0);
}

#[test]
fn dnf5_goes_on_where_oxidnf_was_interrupted() {
    let (world, server) = served();
    let world = world.ignoring(Axis::Stderr, "dnf5 shows only what was still to come");
    world.both("makecache").exits(0);
    server.fault("foo-1-1", Fault::HangAfter(1000));
    assert_eq!(world.run_interrupted(Side::Ours, "install -y foo", 8).status.code(), Some(1));
    server.heal();
    server.forget();
    world.real_in_both("install -y foo").exits(0);
    let mut starts: Vec<_> =
        server.seen().into_iter().filter(|seen| seen.path.contains("foo")).map(|s| s.start).collect();
    starts.sort();
    assert_eq!(starts, [None, Some(1000)]);
}
