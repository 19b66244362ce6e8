//! Commands when no repository is left, as all were skipped.

use oxidnf_testkit::{Axis, World, rpm};
use rstest::rstest;

fn skipped() -> World {
    let world = World::new().repo("base", [rpm("foo")]);
    world.repo_at("base", "http://127.0.0.1:9/base", "gpgcheck=0\nskip_if_unavailable=1\n");
    world
}

#[rstest]
#[case("makecache")]
#[case("repoquery")]
#[case("repoquery foo")]
#[case("repoquery --installed")]
#[case("list")]
#[case("list --available")]
#[case("list foo")]
#[case("info foo")]
#[case("search foo")]
#[case("provides foo")]
#[case("provides /usr/bin/foo")]
#[case("check-upgrade")]
#[case("upgrade -y")]
#[case("install -y foo")]
#[case("install -y @foo")]
#[case("download foo")]
#[case("group list")]
#[case("advisory list")]
#[case("module list")]
#[case("repoclosure")]
#[case("changelog foo")]
#[case("repo list")]
#[case("repo info")]
#[case("distro-sync -y")]
#[case("reinstall -y busybox")]
#[case("builddep foo")]
fn commands(#[case] args: &str) {
    skipped().both(args);
}

/// The same where one of two is left.
#[rstest]
#[case("makecache")]
#[case("repoquery")]
#[case("install -y bar")]
#[case("install -y foo")]
#[case("list --available")]
fn one_is_left(#[case] args: &str) {
    let world = World::new().repo("base", [rpm("foo")]).repo("other", [rpm("bar")]);
    world.repo_at("base", "http://127.0.0.1:9/base", "gpgcheck=0\nskip_if_unavailable=1\n");
    world.both(args);
}

/// No repositories at all, and only such as are not enabled.
#[rstest]
#[case("makecache")]
#[case("repoquery")]
#[case("list")]
#[case("install -y foo")]
#[case("upgrade -y")]
#[case("search foo")]
fn none_configured(#[case] args: &str) {
    let world = World::new();
    world.both(args);
    let world = World::new().repo_conf("base", [rpm("foo")], "gpgcheck=0\nenabled=0\n");
    world.both(args);
}

/// Only the cache may be asked, and there is none.
#[rstest]
#[case("-C repoquery", "")]
#[case("-C install -y foo", "")]
#[case("-C repoquery", "skip_if_unavailable=1\n")]
#[case("-C install -y foo", "skip_if_unavailable=1\n")]
#[case("-C makecache", "")]
fn nothing_cached(#[case] args: &str, #[case] conf: &str) {
    let world = World::new().repo_conf("base", [rpm("foo")], &format!("gpgcheck=0\n{conf}"));
    world.ignoring(Axis::Tree, "dnf5 makes directories of caches that it does not fill").both(args);
}
