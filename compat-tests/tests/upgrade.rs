//! `upgrade`, `downgrade`, `distro-sync`, `check-upgrade`.

use oxidnf_testkit::{Oracle, World, repo, rpm};

fn with_second_repo(mut world: World, packages: &[oxidnf_testkit::Rpm]) -> World {
    world.add_repo("updates", &repo(&Oracle::find(), packages), "gpgcheck=0\n");
    world
}

#[test]
fn all_packages() {
    let world = World::new().repo("base", [rpm("a").file("/usr/share/a", "1"), rpm("b").requires("a")]);
    world.both("install -y b").exits(0);
    let world = with_second_repo(
        world,
        &[rpm("a").evr("2-1").file("/usr/share/a", "2"), rpm("b").evr("2-1").requires("a = 2")],
    );
    world.both("check-upgrade").exits(100);
    world.both("upgrade -y").exits(0).says("Upgrading:");
    world.both("check-upgrade").exits(0);
    world.both("upgrade -y").exits(0).says("Nothing to do.");
    world.rpm("-Va");
}

#[test]
fn one_package_and_what_it_needs() {
    let world = World::new().repo("base", [rpm("a").requires("lib"), rpm("lib"), rpm("c")]);
    world.both("install -y a c").exits(0);
    let world = with_second_repo(
        world,
        &[rpm("a").evr("2-1").requires("lib >= 2"), rpm("lib").evr("2-1"), rpm("c").evr("2-1"), rpm("new")],
    );
    world.both("upgrade -y a").exits(0);
    world.both("upgrade -y nothere").exits(1);
    world.both("upgrade -y new").exits(1);
    world.both("repoquery --installed --qf '%{full_nevra} %{reason}\\n'").exits(0);
}

#[test]
fn best_candidate_is_broken() {
    let world = World::new().repo("base", [rpm("a")]);
    world.both("install -y a").exits(0);
    let world = with_second_repo(world, &[rpm("a").evr("3-1").requires("missing"), rpm("a").evr("2-1")]);
    world.both("upgrade -y --best").exits(1);
    world.both("upgrade -y --no-best").exits(0);
}

#[test]
fn downgrade() {
    let world = World::new().repo("base", [rpm("a").evr("1-1"), rpm("a").evr("2-1"), rpm("a").evr("3-1")]);
    world.both("install -y a").exits(0);
    world.both("downgrade -y a").exits(0).says("Downgrading:");
    world.both("downgrade -y a-1").exits(0);
    world.both("downgrade -y a").exits(0);
}

#[test]
fn distro_sync() {
    let world = World::new().repo("base", [rpm("a").evr("2-1"), rpm("b").evr("1-1")]);
    world.both("install -y a b").exits(0);
    let world = with_second_repo(world, &[rpm("a").evr("1-1"), rpm("b").evr("2-1")]);
    world.both("distro-sync -y --disablerepo=base").exits(0);
    world.both("distro-sync -y").exits(0);
}

#[test]
fn reasons_survive() {
    let world = World::new().repo("base", [rpm("a").requires("b"), rpm("b")]);
    world.both("install -y a").exits(0);
    let world = with_second_repo(world, &[rpm("b").evr("2-1")]);
    world.both("upgrade -y").exits(0);
    world.both("remove -y a").exits(0).says("Removing unused dependencies:");
}

#[test]
fn new_dependencies_of_an_upgrade() {
    let world = World::new().repo("base", [rpm("a")]);
    world.both("install -y a").exits(0);
    let world =
        with_second_repo(world, &[rpm("a").evr("2-1").requires("fresh").recommends("nice"), rpm("fresh"), rpm("nice")]);
    world.both("upgrade -y").exits(0);
    world.both("autoremove -y").exits(0);
}

#[test]
fn upgrade_that_would_break_an_installed_package() {
    let world = World::new().repo("base", [rpm("a"), rpm("user").requires("a = 1")]);
    world.both("install -y user").exits(0);
    let world = with_second_repo(world, &[rpm("a").evr("2-1")]);
    world.both("upgrade -y").exits(1).says("cannot install the best update candidate");
    world.both("upgrade -y --no-best").exits(0);
    world.both("upgrade -y --allowerasing --best").exits(0);
}
