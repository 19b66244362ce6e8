//! Places of repositories given on the command line.

use oxidnf_testkit::{Axis, World, rpm};
use rstest::rstest;

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
fn in_the_configuration(#[case] place: &str) {
    let world = World::new().repo("base", [rpm("foo")]);
    world.repo_at("base", place, "gpgcheck=0\n");
    world.both("makecache");
}
