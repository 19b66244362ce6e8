//! What goes wrong on the way: each ends with a clear error, exit code 1, and nothing changed in the root.
//!
//! Exit code and effect on the root are compared with the real dnf5 too; the texts are oxidnf's own, because they name
//! the file and the cause where dnf5's do not.

use std::fs;
use std::time::Duration;

use oxidnf_testkit::disk::SmallDisk;
use oxidnf_testkit::fixture::key_file;
use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::random::noise;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Rpm, World, rpm};

fn app() -> [Rpm; 2] {
    [
        rpm("app").requires("lib").file("/usr/share/app", &"x".repeat(50_000)).logs("pre"),
        rpm("lib").file("/usr/share/lib", "l"),
    ]
}

/// A world whose repository is served over HTTP.
fn served(packages: impl IntoIterator<Item = Rpm>, conf: &str) -> (World, Server) {
    let world = World::new().repo_conf("base", packages, conf);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), conf);
    (world, server)
}

/// Runs on both sides; both must fail with exit code 1 and leave the roots as they were.
fn fails_and_changes_nothing(world: &World, args: &str, ours_says: &[&str]) {
    for side in [Side::Real, Side::Ours] {
        let before = world.snapshot(side);
        let output = world.run(side, args);
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{side:?} {args}\n{said}");
        assert_eq!(
            without_traces(&world.snapshot(side)),
            without_traces(&before),
            "{side:?} {args} changed the root\n{said}"
        );
        if side == Side::Ours {
            for text in ours_says {
                assert!(said.contains(text), "`{text}` is not in:\n{said}");
            }
        }
    }
}

/// Drops what a failed command may leave: locks, an empty history, directories made on the way.
fn without_traces(snapshot: &str) -> String {
    let keep = |line: &&str| {
        let directory_of_state = line.starts_with('/') && line.contains(" dir ");
        let lock = line.contains("/system-repo.lock ") || line.contains("/rpmtransaction.lock ");
        !directory_of_state
            && !lock
            && !line.starts_with("schema:")
            && !line.starts_with("config:")
            && *line != "no history"
    };
    snapshot.lines().filter(keep).collect::<Vec<_>>().join("\n")
}

#[test]
fn missing_repository() {
    let (world, server) = served(app(), "gpgcheck=0\n");
    world.repo_at("base", &format!("{}/nowhere", server.url()), "gpgcheck=0\n");
    fails_and_changes_nothing(&world, "install -y app", &["base", "404"]);
}

#[test]
fn server_that_is_not_there() {
    let (world, server) = served(app(), "gpgcheck=0\n");
    let url = server.url();
    drop(server);
    world.repo_at("base", &format!("{url}/base"), "gpgcheck=0\n");
    fails_and_changes_nothing(&world, "install -y app", &["base"]);
}

#[test]
fn network_dies_during_the_metadata() {
    let (world, server) = served(app(), "gpgcheck=0\n");
    server.fault("primary", Fault::CloseAfter(100));
    fails_and_changes_nothing(&world, "install -y app", &["base", "primary"]);
}

#[test]
fn network_dies_during_a_package() {
    let (world, server) = served(app(), "gpgcheck=0\n");
    // One package: whether a second one arrives before the first is given up is chance, also with dnf5.
    server.fault("lib-1-1", Fault::CloseAfter(1000));
    fails_and_changes_nothing(&world, "install -y lib", &["lib-1-1.noarch"]);
    server.heal();
    world.both("install -y lib").exits(0);
}

#[test]
fn wrong_checksum_of_a_package() {
    let (world, server) = served(app(), "gpgcheck=0\n");
    server.fault("app-1-1", Fault::Corrupt);
    fails_and_changes_nothing(&world, "install -y app", &["app-1-1.noarch", "checksum"]);
}

#[test]
fn wrong_checksum_of_the_metadata() {
    let (world, server) = served(app(), "gpgcheck=0\n");
    server.fault("primary", Fault::Corrupt);
    fails_and_changes_nothing(&world, "install -y app", &["base", "primary", "checksum"]);
}

#[test]
fn package_that_is_gone() {
    let (world, server) = served(app(), "gpgcheck=0\n");
    server.fault("app-1-1", Fault::Status(404));
    fails_and_changes_nothing(&world, "install -y app", &["app-1-1.noarch", "404"]);
}

#[test]
fn bad_xml() {
    let world = World::new().repo("base", app());
    let repomd = world.repo_dir("base").join("repodata/repomd.xml");
    fs::write(repomd, "<repomd><data type=\"primary\">").expect("the copy is writable");
    fails_and_changes_nothing(&world, "install -y app", &["base", "repomd.xml"]);
}

const KEY: &str = "Fixture Signer <signer@example.org>";

#[test]
fn bad_signature() {
    // The signed header is changed after signing: the file's checksum in the metadata is made right again.
    let world = World::new().repo_conf(
        "base",
        [rpm("app").file("/usr/share/app", "x").signed_by(KEY)],
        "gpgcheck=1\ngpgkey=file:///srv/t/root/etc/key.asc\n",
    );
    world.write("/etc/key.asc", &fs::read_to_string(key_file(KEY)).expect("the first signed package made the key"));
    let file = world.repo_dir("base").join("app-1-1.noarch.rpm");
    let mut bytes = fs::read(&file).expect("the package is there");
    let summary = b"The app package";
    let at = bytes.windows(summary.len()).position(|window| window == summary).expect("the header holds the summary");
    bytes[at] = b't';
    fs::write(&file, bytes).expect("the copy is writable");
    remake_metadata(&world);
    fails_and_changes_nothing(&world, "install -y app", &["app-1-1.noarch"]);
}

#[test]
fn truncated_package() {
    let world = World::new().repo("base", app());
    let file = world.repo_dir("base").join("app-1-1.noarch.rpm");
    let length = fs::metadata(&file).expect("the package is there").len();
    fs::OpenOptions::new().write(true).open(&file).and_then(|file| file.set_len(length - 40)).expect("writable");
    remake_metadata(&world);
    fails_and_changes_nothing(&world, "install -y app", &["app-1-1.noarch"]);
}

#[test]
fn truncated_local_package() {
    let world = World::new().repo("base", app());
    let bytes = fs::read(world.repo_dir("base").join("lib-1-1.noarch.rpm")).expect("the package is there");
    for length in [0, 10, 96, 500, bytes.len() - 10] {
        world.edit(|root| fs::write(root.join("cut.rpm"), &bytes[..length]).expect("the root is writable"));
        fails_and_changes_nothing(&world, "install -y /srv/t/root/cut.rpm", &["cut.rpm"]);
    }
}

fn remake_metadata(world: &World) {
    oxidnf_testkit::Oracle::find()
        .script(&[(world.repos_dir(), "/srv/repos")], "createrepo_c --quiet --update /srv/repos/base >/dev/null");
}

#[test]
fn full_disk_is_seen_before_anything_is_written() {
    let world = World::new().repo("base", [rpm("big").file("/opt/big", &noise(3_000_000)).logs("pre")]);
    let (real, ours) = (world.root(Side::Real).join("opt"), world.root(Side::Ours).join("opt"));
    world.edit(|root| fs::create_dir_all(root.join("opt")).expect("the root is writable"));
    let _disks = [SmallDisk::mount(&real, 2000), SmallDisk::mount(&ours, 2000)];
    world.both("install -y big").exits(1).says("more space on the");
    fails_and_changes_nothing(&world, "install -y big", &["big-1-1.noarch", "more space"]);
}

#[test]
fn full_disk_under_the_cache() {
    let world = World::new().repo("base", [rpm("big").file("/opt/big", &noise(3_000_000))]);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\n");
    let (real, ours) = (world.root(Side::Real).join("var/cache"), world.root(Side::Ours).join("var/cache"));
    world.edit(|root| fs::create_dir_all(root.join("var/cache")).expect("the root is writable"));
    let _disks = [SmallDisk::mount(&real, 300), SmallDisk::mount(&ours, 300)];
    fails_and_changes_nothing(&world, "install -y big", &["No space left on device"]);
}

#[test]
fn slow_server_is_waited_for() {
    let (world, server) = served(app(), "gpgcheck=0\n");
    server.fault("lib-1-1", Fault::Delay(Duration::from_millis(300)));
    world.both("install -y app").exits(0);
}
