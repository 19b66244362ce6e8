//! Places of repositories given on the command line.

use std::fs;

use oxidnf_testkit::fixture::key_file;
use oxidnf_testkit::{Axis, World, rpm};
use rstest::rstest;

const SIGNER: &str = "Fixture Signer <signer@example.org>";

#[rstest]
#[case("--repofrompath=x,srv/repos/base --repo=x repoquery")]
#[case("--repofrompath=x,./srv/repos/base --repo=x repoquery")]
#[case("--repofrompath=x,../srv/repos/base --repo=x repoquery")]
#[case("--repofrompath=x,/srv/repos/base --repo=x repoquery")]
#[case("--repofrompath=x,/srv/repos/nothing --repo=x repoquery")]
#[case("--repofrompath=x,file:///srv/repos/base --repo=x repoquery")]
#[case("--repofrompath=x, --repo=x repoquery")]
#[case("--repofrompath=,/srv/repos/base repoquery")]
#[case("--repofrompath=x repoquery")]
#[case("--repofrompath=/srv/repos/base repoquery")]
#[case("--repofrompath=base,/srv/repos/base repoquery")]
#[case("--repofrompath='x y,/srv/repos/base' repoquery")]
#[case("--repofrompath=x,http://127.0.0.1:9/ repoquery")]
#[case("--repofrompath=x,foo://bar/ repoquery")]
fn on_the_command_line(#[case] args: &str) {
    let world = World::new().repo("base", [rpm("foo")]);
    world.both(args);
}

#[rstest]
#[case("--repofrompath=x,nothing --repo=x repoquery")]
#[case("--repofrompath=x,file:srv/repos/base --repo=x repoquery")]
fn no_places(#[case] args: &str) {
    let world = World::new().repo("base", [rpm("foo")]);
    let world = world.ignoring(Axis::Tree, "dnf5 makes the cache directory before it looks");
    world.both(args).exits(1).says("Empty mirrorlist and no basepath specified!");
}

#[rstest]
#[case("/srv/repos/base")]
#[case("file:/srv/repos/base")]
#[case("file://localhost/srv/repos/base")]
#[case("file://elsewhere/srv/repos/base")]
#[case("http:///base")]
#[case("http://[::1/base")]
#[case("http://127.0.0.1:99999/base")]
#[case("srv/repos/base")]
#[case("./srv/../srv/repos/base/")]
#[case("srv/repos/base srv/repos/nothing")]
#[case("srv/repos/nothing srv/repos/base")]
#[case("foo:bar/base")]
fn in_the_configuration(#[case] place: &str) {
    let world = World::new().repo("base", [rpm("foo")]);
    world.repo_at("base", place, "gpgcheck=0\n");
    let world = world.ignoring(Axis::Tree, "dnf5 makes the cache directory of what leads nowhere");
    world.both("makecache");
    world.both("install -y foo");
    world.both("-C repoquery");
    world.both("repo info --all");
}

/// Keys and lists as paths from the working directory.
#[rstest]
#[case::key("baseurl=srv/repos/base\ngpgcheck=1\ngpgkey=srv/t/root/etc/key.asc\n")]
#[case::mirrorlist("mirrorlist=srv/t/root/etc/list\n")]
#[case::metalink("metalink=srv/t/root/etc/list\n")]
fn other_paths(#[case] conf: &str) {
    let world = World::new().repo("base", [rpm("foo").signed_by(SIGNER)]);
    world.write("/etc/key.asc", &fs::read_to_string(key_file(SIGNER)).expect("packages made the keys"));
    world.write("/etc/list", "file:///srv/repos/base\n");
    world.write("/etc/yum.repos.d/base.repo", &format!("[base]\nname=base\n{conf}"));
    let world = world.ignoring(Axis::Tree, "dnf5 makes the cache directory of what leads nowhere");
    world.both("-y makecache");
    world.both("-y install foo");
}
