//! `$releasever` as the installed packages tell it.

use oxidnf_testkit::{World, rpm};

#[test]
fn told_by_installed_packages() {
    for (provides, evr) in [
        (&["system-release = 41"][..], "7-1"),
        (&["system-release"], "41.3-1"),
        (&["system-release(releasever) = 42.1"], "7-1"),
        (&["system-release(releasever) = 42.1", "system-release(releasever_major) = 8"], "7-1"),
        (
            &[
                "system-release(releasever) = 42.1",
                "system-release(releasever_major) = 8",
                "system-release(releasever_minor) = 9",
            ],
            "7-1",
        ),
        (&["distribution-release = 15.6"], "7-1"),
        (&["redhat-release"], "9.4-0.1"),
        (&["system-release = 41-5"], "7-1"),
        (&["system-release = 2:41"], "7-1"),
        (&["system-release >= 41"], "7-1"),
    ] {
        let mut package = rpm("the-release").evr(evr);
        for capability in provides {
            package = package.provides(capability);
        }
        let world = World::new().repo("base", [package]);
        world.both("install -y the-release").exits(0);
        world.both("--dump-variables").exits(0);
        world.both("--dump-variables --releasever=5.5").exits(0);
    }
}

#[test]
fn stronger_provides_come_first() {
    let world = World::new().repo(
        "base",
        [
            rpm("a").evr("1-1").provides("redhat-release"),
            rpm("b").evr("2-1").provides("suse-release"),
            rpm("c").evr("3-1").provides("distribution-release"),
            rpm("d").evr("4-1").provides("distribution-release(releasever) = 4.5"),
            rpm("e").evr("5-1").provides("system-release"),
        ],
    );
    for package in ["b", "a", "c", "d", "e"] {
        world.both(&format!("install -y {package}")).exits(0);
        world.both("--dump-variables").exits(0);
    }
}
