//! A system goes back and forth between the real programs and oxidnf.

use oxidnf_testkit::{Oracle, World, repo, rpm};

#[test]
fn real_dnf5_upgrades_and_removes_what_oxidnf_installed() {
    let mut world = World::new()
        .repo("base", [rpm("a").requires("b").config("/etc/a", "1").logs("postun"), rpm("b").logs("preun")]);
    world.both("install -y a").exits(0);
    world.real_in_both("list --installed").exits(0);
    world.add_repo(
        "updates",
        &repo(&Oracle::find(), &[rpm("a").evr("2-1").requires("b").config("/etc/a", "2"), rpm("b").evr("2-1")]),
        "gpgcheck=0\n",
    );
    world.real_in_both("upgrade -y").exits(0);
    world.real_in_both("remove -y a").exits(0);
}

#[test]
fn oxidnf_upgrades_and_removes_what_real_dnf5_installed() {
    let mut world = World::new()
        .repo("base", [rpm("a").requires("b").config("/etc/a", "1").logs("postun"), rpm("b").logs("preun")]);
    world.real_in_both("install -y a").exits(0);
    world.ours_in_both("list --installed").exits(0);
    world.add_repo(
        "updates",
        &repo(&Oracle::find(), &[rpm("a").evr("2-1").requires("b").config("/etc/a", "2"), rpm("b").evr("2-1")]),
        "gpgcheck=0\n",
    );
    world.ours_in_both("upgrade -y").exits(0);
    world.ours_in_both("remove -y a").exits(0);
}

#[test]
fn rpm_accepts_the_database() {
    let world = World::new().repo("base", [rpm("a").file("/usr/share/a", "a"), rpm("b").requires("(a or c)")]);
    world.both("install -y a b").exits(0);
    assert_eq!(world.rpm("-Va"), "");
    world.rpm("-qa --qf '%{name}\\n'");
    world.rpm("-q --whatrequires a");
    world.rpm("-qf /usr/share/a");
    world.rpm("--rebuilddb");
    world.rpm("-e b");
}
