//! Each kind of broken repository with each kind of command, with and without leave to go on.

use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::{Axis, Oracle, World, rpm};
use rstest::rstest;

/// What is done with a broken repository beside a good one.
const COMMANDS: [&str; 3] = ["makecache", "install -y bar", "repoquery"];

/// Runs all commands without and with `skip_if_unavailable`, where they end with `skipped`.
fn all(world: &World, place: &str, conf: &str, skipped: i32) {
    world.repo_at("base", place, &format!("gpgcheck=0\ntimeout=1\n{conf}"));
    for command in COMMANDS {
        world.both(command).exits(1);
    }
    world.repo_at("base", place, &format!("gpgcheck=0\ntimeout=1\nskip_if_unavailable=1\n{conf}"));
    for command in COMMANDS {
        world.both(command).exits(skipped);
    }
}

fn world() -> World {
    World::new().repo("base", [rpm("foo")]).repo("good", [rpm("bar")])
}

#[rstest]
#[case::not_found(Fault::Status(404))]
#[case::broken_server(Fault::Status(500))]
#[case::hangs(Fault::HangAfter(0))]
#[case::resets(Fault::Reset)]
fn index(#[case] fault: Fault) {
    let world = world();
    let server = Server::start(&world.repos_dir());
    server.fault("repomd.xml", fault);
    all(&world, &format!("{}/base", server.url()), "", 0);
}

#[test]
fn refused() {
    all(&world(), "http://127.0.0.1:9/base", "", 0);
}

#[test]
fn bad_checksum() {
    let world = world();
    let server = Server::start(&world.repos_dir());
    server.fault("primary", Fault::Corrupt);
    all(&world, &format!("{}/base", server.url()), "", 0);
}

#[rstest]
#[case::bad_xml("echo '<html>' >repomd.xml", true, 0)]
#[case::no_packages("sed -i '/<data type=\"primary\">/,/<\\/data>/d' repomd.xml", false, 1)]
fn documents(#[case] change: &str, #[case] own_words: bool, #[case] skipped: i32) {
    let world = world();
    let script = format!("cd /srv/repos/base/repodata; {change}");
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], &script);
    let world = if own_words { world.ignoring(Axis::Stderr, "the details are a parser's own") } else { world };
    all(&world, "file:///srv/repos/base", "", skipped);
}

#[test]
fn unsigned_index() {
    all(&world(), "file:///srv/repos/base", "repo_gpgcheck=1\n", 0);
}
