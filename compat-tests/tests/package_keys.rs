//! Keys that packages need and repositories name: how they are fetched, and what is said when they cannot be.

use std::fs;

use oxidnf_testkit::fixture::key_file;
use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::{World, rpm};
use rstest::rstest;

const ONE: &str = "Fixture Signer <signer@example.org>";
const TWO: &str = "Stranger <stranger@example.org>";

/// A repository behind a server, with a package by one signer; the keys of both lie beside it.
fn served(keys: &[&str]) -> (World, Server) {
    let world = World::new().repo_conf("base", [rpm("foo").signed_by(ONE), rpm("bar").signed_by(TWO)], "");
    for (name, signer) in [("one.asc", ONE), ("copy.asc", ONE), ("two.asc", TWO)] {
        fs::copy(key_file(signer), world.repos_dir().join(name)).expect("packages made the keys");
    }
    let server = Server::start(&world.repos_dir());
    let urls: Vec<String> = keys.iter().map(|key| format!("{}/{key}", server.url())).collect();
    let conf = format!("gpgcheck=1\ngpgkey={}\n", urls.join(" "));
    world.repo_at("base", &format!("{}/base", server.url()), &conf);
    (world, server)
}

/// A repository of this machine that names a key.
fn local(key: &str) -> World {
    let world = World::new().repo_conf("base", [rpm("foo").signed_by(ONE)], &format!("gpgcheck=1\ngpgkey={key}\n"));
    for name in ["one.asc", "copy.asc"] {
        world.write(&format!("/etc/{name}"), &fs::read_to_string(key_file(ONE)).expect("packages made the keys"));
    }
    world
}

#[rstest]
#[case::shown("-y install foo", &["one.asc"])]
#[case::quiet("-q -y install foo", &["one.asc"])]
#[case::another_first("-y install foo", &["two.asc", "one.asc"])]
#[case::of_two_signers("-y install foo bar", &["two.asc", "one.asc"])]
fn fetched_keys(#[case] command: &str, #[case] keys: &[&str]) {
    let (world, _server) = served(keys);
    world.both(command).exits(0).says("The key was successfully imported.");
    world.both("-y reinstall foo").exits(0);
}

#[test]
fn one_key_in_two_files() {
    served(&["one.asc", "copy.asc"]).0.both("-y install foo").exits(0);
    local("file:///srv/t/root/etc/one.asc file:///srv/t/root/etc/copy.asc").both("-y install foo").exits(0);
}

#[test]
fn keys_that_were_there() {
    let (world, _server) = served(&["one.asc"]);
    world.both("-y install foo").exits(0).says("The key was successfully imported.");
    world.both("-y install bar").exits(1).says("The key was successfully imported.");
}

#[rstest]
#[case::gone(Fault::Status(404), "-y install foo")]
#[case::forbidden(Fault::Status(403), "-y install foo")]
#[case::quiet(Fault::Status(404), "-q -y install foo")]
#[case::busy_once(Fault::StatusTimes(503, 1), "-y install foo")]
#[case::hangs_up(Fault::Hangup, "-y install foo")]
#[case::resets(Fault::Reset, "-y install foo")]
#[case::redirects_for_ever(Fault::RedirectLoop, "-y install foo")]
fn keys_that_do_not_come(#[case] fault: Fault, #[case] command: &str) {
    for keys in [&["one.asc"][..], &["two.asc", "one.asc"]] {
        let (world, server) = served(keys);
        let ends_well = matches!(fault, Fault::StatusTimes(..));
        let runs = [oxidnf_testkit::world::Side::Real, oxidnf_testkit::world::Side::Ours].map(|side| {
            server.fault("one.asc", fault.clone());
            world.run(side, command)
        });
        let report = world.differences(&runs[0], &runs[1]);
        assert!(report.is_empty(), "{}", report.concat());
        assert_eq!(runs[1].status.code(), Some(i32::from(!ends_well)));
        server.heal();
        world.both("-y install foo").exits(0);
    }
}

#[rstest]
#[case::unknown_host("http://no.such.invalid/key")]
#[case::refused("https://127.0.0.1:9/key")]
#[case::no_file("file:///srv/t/root/etc/nothing")]
#[case::no_scheme_that_is_known("foo://x/y")]
fn keys_that_are_nowhere(#[case] url: &str) {
    local(url).both("-y install foo").exits(1);
}

#[test]
fn key_of_a_plain_path() {
    local("/srv/t/root/etc/one.asc").both("-y install foo").exits(0);
}
