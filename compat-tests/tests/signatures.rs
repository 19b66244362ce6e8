//! Signed packages: key import, refusal.

use oxidnf_testkit::fixture::key_file;
use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::{Axis, World, rpm};

const KEY: &str = "Fixture Signer <signer@example.org>";

fn signed(conf: &str) -> World {
    let world =
        World::new().repo_conf("base", [rpm("foo").signed_by(KEY), rpm("bar").requires("foo").signed_by(KEY)], conf);
    let key = std::fs::read_to_string(key_file(KEY)).expect("the first signed package made the key");
    world.write("/etc/key.asc", &key);
    world
}

#[test]
fn the_key_is_imported_and_used() {
    let world = signed("gpgcheck=1\ngpgkey=file:///srv/t/root/etc/key.asc\n");
    world.both("install -y bar").exits(0).says("The key was successfully imported.");
    world.rpm("-qa");
    world.both("reinstall -y foo").exits(0);
}

#[test]
fn without_a_key_nothing_is_installed() {
    let world = signed("gpgcheck=1\n");
    world.both("install -y foo").exits(1).says("Signature verification failed.");
}

#[test]
fn unsigned_packages_are_refused() {
    let world = World::new().repo_conf("base", [rpm("foo")], "gpgcheck=1\n");
    world.both("install -y foo").exits(1).says("Signature verification failed.");
    world.both("install -y --nogpgcheck foo").exits(0);
}

#[test]
fn signed_by_another_key() {
    let world = World::new()
        .repo_conf(
            "other",
            [rpm("baz").signed_by("Stranger <stranger@example.org>")],
            "gpgcheck=1\ngpgkey=file:///srv/t/root/etc/key.asc\n",
        )
        .repo_conf("base", [rpm("foo").signed_by(KEY)], "gpgcheck=1\n");
    let key = std::fs::read_to_string(key_file(KEY)).expect("the first signed package made the key");
    world.write("/etc/key.asc", &key);
    world.both("install -y baz").exits(1);
}

/// Keys of packages that come over the network.
#[test]
fn keys_over_http() {
    let world = World::new().repo_conf("base", [rpm("foo").signed_by(KEY)], "");
    let world = world.ignoring(Axis::Stderr, "dnf5 shows a bar for each key, and what kept it from coming");
    let server = Server::start(&world.repos_dir());
    let key = std::fs::read(key_file(KEY)).expect("the first signed package made the key");
    std::fs::write(world.repos_dir().join("key.asc"), key).expect("writable");
    let conf = |name: &str| format!("gpgcheck=1\ngpgkey={}/{name}\n", server.url());
    world.repo_at("base", "file:///srv/repos/base", &conf("nothing.asc"));
    world.both("install -y foo").exits(1);
    world.repo_at("base", "file:///srv/repos/base", &conf("key.asc"));
    server.fault("key.asc", Fault::Hangup);
    world.both("install -y foo").exits(1);
    server.heal();
    world.both("install -y foo").exits(0).says("The key was successfully imported.");
    assert!(server.requests().iter().filter(|path| path.contains("key.asc")).count() >= 4);
}

/// Packages of a key that nobody knows, where nobody asks for signatures: rpm tells of the key, dnf5 passes it on.
#[test]
fn by_an_unknown_key_without_a_check() {
    let packages = || {
        [("4", "foo"), ("6", "bar")]
            .map(|(format, name)| rpm(name).define("_rpmformat", format).signed_by(KEY))
            .into_iter()
            .chain([rpm("baz").signed_by(KEY), rpm("qux").signed_by("Stranger <stranger@example.org>")])
    };
    let world = World::new().repo_conf("base", packages(), "gpgcheck=0\n");
    world.both("install -y foo").exits(0);
    world.both("install -y bar baz qux").exits(0);
    world.both("reinstall -y bar foo").exits(0);
    world.both("remove -y bar foo").exits(0);
}
