//! `remove`, `autoremove`, `mark`, protected packages.

use oxidnf_testkit::{World, rpm};

#[test]
fn a_package_and_its_unused_dependencies() {
    let world =
        World::new().repo("base", [rpm("a").requires("b"), rpm("b").requires("c"), rpm("c"), rpm("d").requires("c")]);
    world.both("install -y a d").exits(0);
    world.both("remove -y a").exits(0).says("Removing unused dependencies:");
    world.both("remove -y c").exits(0).says("Removing dependent packages:");
    world.both("remove -y nothere").exits(0).says("No packages to remove");
}

#[test]
fn dependencies_stay_with_no_autoremove() {
    let world = World::new().repo("base", [rpm("a").requires("b"), rpm("b")]);
    world.both("install -y a").exits(0);
    world.both("remove -y --no-autoremove a").exits(0);
    world.both("autoremove -y").exits(0);
    world.both("autoremove -y").exits(0).says("Nothing to do.");
}

#[test]
fn globs_and_several() {
    let world = World::new().repo("base", [rpm("a1"), rpm("a2"), rpm("b")]);
    world.both("install -y a1 a2 b").exits(0);
    world.both("remove -y 'a*'").exits(0);
    world.both("list --installed").exits(0);
}

#[test]
fn protected_packages_stay() {
    let world = World::new().repo("base", [rpm("precious").requires("lib"), rpm("lib")]);
    world.write("/etc/dnf/dnf.conf", "[main]\nprotected_packages=precious\n");
    world.both("install -y precious").exits(0);
    world.both("remove -y precious").exits(1).says("protected packages");
    world.both("remove -y lib").exits(1);
}

#[test]
fn mark_changes_reasons() {
    let world = World::new().repo("base", [rpm("a").requires("b"), rpm("b")]);
    world.both("install -y a").exits(0);
    world.both("mark user -y b").exits(0);
    world.both("mark dependency -y a").exits(0);
    world.both("mark user -y nothere").exits(1);
    world.both("autoremove -y").exits(0);
    world.both("repoquery --userinstalled").exits(0);
    world.both("repoquery --installed --userinstalled").exits(2);
}

#[test]
fn with_a_provide_nothing_is_removed() {
    let world = World::new().repo("base", [rpm("a").provides("thing")]);
    world.both("install -y a").exits(0);
    world.both("remove -y thing").exits(0);
}

#[test]
fn what_rpm_installed_is_known_as_external() {
    let world = World::new().repo("base", [rpm("a"), rpm("b")]);
    world.both("install -y a").exits(0);
    // rpm changes the system behind our back; package files are reached through the repository's directory.
    world.rpm("-U /srv/repos/base/b-1-1.noarch.rpm");
    world.both("list --installed").exits(0).says("<unknown>");
    world.both("remove -y b").exits(0);
    world.rpm("-e a");
    world.both("list --installed").exits(0);
    world.both("install -y a").exits(0);
}
