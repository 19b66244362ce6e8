//! Caches that cannot be written: read-only, or on a full disk; and keys where only the cache may be asked.

use std::fs;

use oxidnf_testkit::disk::SmallDisk;
use oxidnf_testkit::fixture::key_file;
use oxidnf_testkit::http::Server;
use oxidnf_testkit::random::noise;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, Rpm, World, rpm};
use rstest::rstest;

const SIGNER: &str = "Fixture Signer <signer@example.org>";

fn packages() -> [Rpm; 2] {
    [rpm("foo").file("/usr/share/foo", "f"), rpm("big").file("/opt/big", &noise(400_000))]
}

/// A repository behind a server, and a disk of its own below the cache of each side.
fn on_a_disk(kib: u32, conf: &str) -> (World, Server, [SmallDisk; 2]) {
    let world = World::new().repo_conf("base", packages(), conf);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), conf);
    world.edit(|root| fs::create_dir_all(root.join("var/cache/libdnf5")).expect("the root is writable"));
    let disks = [Side::Real, Side::Ours].map(|side| SmallDisk::mount(&world.root(side).join("var/cache"), kib));
    world.edit(|root| fs::create_dir_all(root.join("var/cache/libdnf5")).expect("the disk is empty"));
    (world, server, disks)
}

/// Names of what a run may not leave below the cache of a side; what can be continued by a later one may stay.
fn leftovers(world: &World, side: Side) -> Vec<String> {
    let mut found = Vec::new();
    let mut dirs = vec![world.root(side).join("var/cache")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if (name.starts_with("tmpdir.") || name.contains(".part")) && name != "tmpdir.partial" {
                found.push(entry.path().display().to_string());
            }
            if entry.path().is_dir() {
                dirs.push(entry.path());
            }
        }
    }
    found
}

#[rstest]
#[case("makecache")]
#[case("repoquery")]
#[case("repoquery -C")]
#[case("install -y foo")]
#[case("download foo --destdir=/srv/t/root/opt")]
#[case("repo list")]
#[case("list --installed")]
#[case("clean all")]
#[case("clean expire-cache")]
fn nothing_on_a_read_only_disk(#[case] command: &str) {
    let (world, _server, disks) = on_a_disk(4000, "gpgcheck=0\n");
    disks.iter().for_each(SmallDisk::freeze);
    world.both(command);
}

#[rstest]
#[case("makecache", 0)]
#[case("repoquery", 0)]
#[case("repoquery -C", 0)]
#[case("install -y foo", 1)]
#[case("install -y --downloadonly foo", 1)]
#[case("download foo --destdir=/srv/t/root/opt", 0)]
#[case("clean expire-cache", 0)]
fn metadata_on_a_read_only_disk(#[case] command: &str, #[case] status: i32) {
    let (world, _server, disks) = on_a_disk(4000, "gpgcheck=0\n");
    world.both("makecache").exits(0);
    disks.iter().for_each(SmallDisk::freeze);
    world.both(command).exits(status);
    // What was there is there.
    world.both("-C repoquery").exits(0).says("foo");
}

#[rstest]
#[case("clean all")]
#[case("clean metadata")]
#[case("clean packages")]
fn cleaning_of_a_read_only_disk(#[case] command: &str) {
    let (world, _server, disks) = on_a_disk(4000, "gpgcheck=0\n");
    world.both("install -y --downloadonly foo").exits(0);
    disks.iter().for_each(SmallDisk::freeze);
    let world = world
        .ignoring(Axis::Stdout, "each counts the files that it made")
        .ignoring(Axis::Stderr, "dnf5 does not tell what it could not remove");
    world.both(command).exits(0).says("Removed 0 files, 0 directories");
    world.both("-C repoquery").exits(0).says("foo");
}

#[rstest]
#[case("makecache", 1)]
#[case("repoquery", 1)]
#[case("install -y foo", 1)]
#[case("--setopt=skip_if_unavailable=1 repoquery", 1)]
fn old_metadata_on_a_read_only_disk(#[case] command: &str, #[case] status: i32) {
    let (world, _server, disks) = on_a_disk(4000, "gpgcheck=0\n");
    world.both("makecache").exits(0);
    world.both("clean expire-cache").exits(0);
    disks.iter().for_each(SmallDisk::freeze);
    world.both(command).exits(status);
}

#[test]
fn packages_on_a_read_only_disk() {
    let (world, server, disks) = on_a_disk(4000, "gpgcheck=0\n");
    world.both("install -y --downloadonly foo").exits(0);
    disks.iter().for_each(SmallDisk::freeze);
    server.forget();
    // dnf5 wants to write its list of files that are to be deleted, though nothing is new on it.
    let run = world.run(Side::Real, "install -y foo");
    assert_eq!(run.status.code(), Some(1), "dnf5 has learnt it: compare with it");
    let run = world.run(Side::Ours, "install -y foo");
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(world.root(Side::Ours).join("usr/share/foo").exists());
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

#[test]
fn full_disk_during_makecache() {
    let (world, _server, _disks) = on_a_disk(4, "gpgcheck=0\n");
    let world = world.ignoring(Axis::Stderr, "dnf5 says that the checksum is wrong, of what it could not write");
    for command in ["makecache", "install -y foo"] {
        world.both(command).exits(1).says("No space left on device");
        assert_eq!(leftovers(&world, Side::Ours), Vec::<String>::new());
    }
}

/// What oxidnf makes of metadata need not fit; what dnf5 makes must.
#[test]
fn metadata_that_just_fits() {
    let (world, _server, _disks) = on_a_disk(8, "gpgcheck=0\n");
    assert_eq!(world.run(Side::Real, "makecache").status.code(), Some(1), "dnf5 has learnt it: compare with it");
    for command in ["makecache", "repoquery", "-C repoquery"] {
        let run = world.run(Side::Ours, command);
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    }
    assert_eq!(leftovers(&world, Side::Ours), Vec::<String>::new());
}

#[test]
fn full_disk_during_a_download() {
    let (world, _server, disks) = on_a_disk(200, "gpgcheck=0\n");
    world.both("makecache").exits(0);
    let world = world.ignoring(Axis::Stderr, "dnf5 says that the checksum is wrong, of what it could not write");
    world.both("install -y big").exits(1).says("No space left on device");
    assert!(!world.root(Side::Ours).join("opt/big").exists());
    // The metadata did not suffer, and what fits is installed.
    world.both("install -y foo").exits(0);
    drop(disks);
    world.both("install -y big").exits(0);
}

/// A repository of signed packages that names a key behind a server or on this machine.
fn signed(over_http: bool) -> (World, Server) {
    let world = World::new().repo_conf("base", [rpm("foo").signed_by(SIGNER)], "");
    fs::copy(key_file(SIGNER), world.repos_dir().join("key.asc")).expect("packages made the key");
    let server = Server::start(&world.repos_dir());
    let key = if over_http { format!("{}/key.asc", server.url()) } else { "file:///srv/repos/key.asc".to_owned() };
    world.repo_at("base", &format!("{}/base", server.url()), &format!("gpgcheck=1\ngpgkey={key}\n"));
    (world, server)
}

#[rstest]
#[case::of_a_server(true)]
#[case::of_this_machine(false)]
fn package_keys_with_only_the_cache(#[case] over_http: bool) {
    let (world, server) = signed(over_http);
    world.both("-C -y install foo").exits(1);
    world.both("-y install --downloadonly foo");
    server.forget();
    world.both("-C -y install foo");
    world.both("-y install foo").exits(0);
    world.both("-C -y reinstall foo");
}

#[test]
fn metadata_keys_with_only_the_cache() {
    let world = World::new().repo_conf("base", [rpm("foo").signed_by(SIGNER)], "");
    fs::copy(key_file(SIGNER), world.repos_dir().join("key.asc")).expect("packages made the key");
    oxidnf_testkit::fixture::sign_file(SIGNER, &world.repo_dir("base").join("repodata/repomd.xml"));
    let server = Server::start(&world.repos_dir());
    let conf = format!("gpgcheck=0\nrepo_gpgcheck=1\ngpgkey={}/key.asc\n", server.url());
    world.repo_at("base", &format!("{}/base", server.url()), &conf);
    world.both("-y makecache").exits(0).says("The key was successfully imported.");
    server.forget();
    world.both("-C repoquery").exits(0).says("foo");
    assert!(server.requests().is_empty(), "{:?}", server.requests());
    // Metadata that were never checked do not count once a check is asked for.
    let world = World::new().repo("base", [rpm("foo")]);
    world.both("makecache").exits(0);
    world.repo_at("base", "file:///srv/repos/base", "gpgcheck=0\nrepo_gpgcheck=1\n");
    world.both("-C repoquery");
}
