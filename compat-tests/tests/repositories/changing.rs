//! Repositories that change between two looks at them: published meanwhile, or signed by a new key.

use std::fs;

use oxidnf_testkit::fixture::{key_file, sign_file};
use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::{Axis, Oracle, World, rpm};

const OLD: &str = "Fixture Signer <signer@example.org>";
const NEW: &str = "Stranger <stranger@example.org>";

/// The files that the metadata in the cache names are gone from the server, as a new version was published: the
/// index is looked at again.
#[test]
fn file_lists_of_an_index_that_is_gone() {
    let world = World::new().repo("base", [rpm("foo").file("/opt/foo", "f")]);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\n");
    world.both("makecache").exits(0);
    let publish =
        "cd /srv/repos/base; rm -r repodata; createrepo_c --quiet --revision=7 --general-compress-type=gz . >/dev/null";
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], publish);
    let query = "repoquery --queryformat=%{name}\\n --file=/opt/foo";
    // dnf5 asks for the index first whenever a file is missing, oxidnf when the file is gone, which is told.
    let world = world.overlooking("-filelists.xml.zst");
    world.both(query).exits(0).says("foo\n");
}

/// A package that is gone is no reason to do something else than was shown; the next run knows better.
#[test]
fn packages_of_an_index_that_is_gone() {
    let world = World::new().repo("base", [rpm("foo"), rpm("foo").evr("2-1")]);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\n");
    world.both("makecache").exits(0);
    server.fault("foo-2-1", Fault::Status(404));
    world.both("install -y foo").exits(1).says("foo-2-1.noarch.rpm");
    let publish = "cd /srv/repos/base; rm foo-2*; createrepo_c --quiet . >/dev/null";
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], publish);
    world.both("clean expire-cache").exits(0);
    world.both("install -y foo").exits(0).says("foo-0:1-1.noarch");
}

/// A repository that is signed by a new key: who accepted the old one is asked about the new one.
#[test]
fn keys_that_are_rotated() {
    let conf = "gpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file:///srv/repos/key.asc\n";
    let world = World::new().repo_conf("base", [rpm("foo").signed_by(OLD), rpm("bar").signed_by(NEW)], conf);
    let world = world.ignoring(Axis::Tree, "each program's keyring has files of its own");
    let sign = |signer: &str| {
        fs::copy(key_file(signer), world.repos_dir().join("key.asc")).expect("packages made the keys");
        sign_file(signer, &world.repo_dir("base").join("repodata/repomd.xml"));
    };
    sign(OLD);
    world.both("-y makecache").exits(0).says("The key was successfully imported.");
    world.both("-y install foo").exits(0).says("The key was successfully imported.");
    let publish = "createrepo_c --quiet --revision=7 /srv/repos/base >/dev/null";
    Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], publish);
    sign(NEW);
    world.both("clean expire-cache").exits(0);
    world.both("--assumeno makecache").exits(1).says("Signing key not found");
    world.both("-y makecache").exits(0).says("The key was successfully imported.");
    world.both("--assumeno install bar").exits(1);
    world.both("-y install bar").exits(0).says("The key was successfully imported.");
    // The old key is still good for what was signed by it.
    world.both("-y reinstall foo").exits(0);
}
