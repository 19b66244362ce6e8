//! `--show-new-leaves`: which packages will be leaves.

use oxidnf_testkit::{World, rpm};

#[test]
fn new_leaves() {
    let world = World::new().repo(
        "base",
        [
            rpm("lib"),
            rpm("app").requires("lib").recommends("extra"),
            rpm("extra"),
            rpm("solo"),
            rpm("one").requires("two"),
            rpm("two").requires("one"),
            rpm("need-solo").requires("solo"),
            rpm("old").evr("1-1"),
            rpm("old").evr("2-1").requires("lib"),
            rpm("replacement").obsoletes("old"),
        ],
    );
    world.both("install --assumeno --show-new-leaves app solo one").exits(1).says("New leaves:");
    for args in [
        "install -y app solo one",
        "install -y app",
        "install -y -q need-solo",
        "install -y old-1-1",
        "upgrade -y",
        "remove -y need-solo --no-autoremove",
        "remove -y app --no-autoremove",
        "mark -y user lib",
        "install -y replacement",
        "reinstall -y solo",
        "remove -y two",
        "list --installed",
        "autoremove -y",
        "install -y need-solo --downloadonly",
        "install -y nothere",
        "swap -y solo app",
    ] {
        world.both(&format!("{args} --show-new-leaves"));
    }
}
