//! rpm's own check of dependencies before a run: what the solver could not see. Random cases of it are in
//! `transactions`.

use oxidnf_testkit::{Rpm, World, rpm};

/// A conflict with a path that only the file lists of a package know, which nobody loads for it.
fn unseen() -> [Rpm; 3] {
    [
        rpm("app").file("/usr/share/app/data", "data").file("/usr/share/app/more", "more"),
        rpm("clash").conflicts("/usr/share/app/data"),
        rpm("crash").conflicts("/usr/share/app/more").file("/usr/share/app/data", "other data"),
    ]
}

#[test]
fn added_packages_conflict_with_paths() {
    let world = World::new().repo("base", unseen());
    let told = "  - /usr/share/app/data conflicts with clash-1-1.noarch";
    world.both("install -y app clash").exits(1).says("Rpm transaction failed.").says(told);
    world.both("install -y clash app --setopt=tsflags=test").exits(1).says(told);
    // With what the files say of each other.
    world.both("install -y app clash crash").exits(1).says("/usr/share/app/more conflicts with crash-1-1.noarch");
}

#[test]
fn installed_packages_conflict_with_paths() {
    let world = World::new().repo("base", unseen());
    world.both("install -y app").exits(0);
    world.both("install -y clash crash").exits(1);
    world.both("remove -y app").exits(0);
    world.both("install -y clash").exits(0);
    world.both("install -y app").exits(1).says("/usr/share/app/data conflicts with (installed) clash-1-1.noarch");
}

#[test]
fn forced_systems_are_not_made_worse() {
    let world = World::new().repo("base", [rpm("app").requires("lib"), rpm("lib"), rpm("lib").evr("2-1"), rpm("x")]);
    world.rpm("-i --nodeps /srv/repos/base/app-1-1.noarch.rpm");
    // What was broken before is nobody's problem.
    world.both("install -y x").exits(0);
    world.both("install -y lib-1").exits(0);
    world.both("upgrade -y").exits(0);
}
