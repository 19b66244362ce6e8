//! Configuration files through upgrade and removal, the rows of rpm's table.

use oxidnf_testkit::{Oracle, Rpm, World, repo, rpm};

const FILE: &str = "/etc/c.conf";

/// Installs `old`, lets an admin leave `disk` in the file (or remove it), upgrades to `new`, and removes it.
fn upgrade(old: Rpm, disk: Option<&str>, new: Rpm) {
    let mut world = World::new().repo("base", [old]);
    world.both("install -y conf").exits(0);
    world.edit(|root| match disk {
        Some("") => std::fs::remove_file(root.join("etc/c.conf")).expect("the file is there"),
        Some(content) => std::fs::write(root.join("etc/c.conf"), content).expect("the root is writable"),
        None => {}
    });
    world.add_repo("updates", &repo(&Oracle::find(), &[new]), "gpgcheck=0\n");
    world.both("upgrade -y conf").exits(0);
    world.rpm("-Va");
    world.both("remove -y conf").exits(0);
}

fn old() -> Rpm {
    rpm("conf")
}

fn new() -> Rpm {
    rpm("conf").evr("2-1")
}

#[test]
fn pristine_is_replaced() {
    upgrade(old().config(FILE, "A"), None, new().config(FILE, "B"));
}

#[test]
fn edited_is_saved() {
    upgrade(old().config(FILE, "A"), Some("X\n"), new().config(FILE, "B"));
}

#[test]
fn edited_noreplace_is_kept() {
    upgrade(old().config_noreplace(FILE, "A"), Some("X\n"), new().config_noreplace(FILE, "B"));
}

#[test]
fn edited_but_unchanged_upstream_is_kept() {
    upgrade(old().config(FILE, "A"), Some("X\n"), new().config(FILE, "A"));
}

#[test]
fn edited_to_the_new_content() {
    upgrade(old().config_noreplace(FILE, "A"), Some("B\n"), new().config_noreplace(FILE, "B"));
}

#[test]
fn missing_is_recreated() {
    upgrade(old().config_noreplace(FILE, "A"), Some(""), new().config_noreplace(FILE, "B"));
}

#[test]
fn missingok_stays_missing() {
    upgrade(old().file_as("%config(missingok)", FILE, "A"), Some(""), new().file_as("%config(missingok)", FILE, "B"));
}

#[test]
fn config_becomes_plain() {
    upgrade(old().config(FILE, "A"), Some("X\n"), new().file(FILE, "B"));
}

#[test]
fn plain_becomes_noreplace() {
    upgrade(old().file(FILE, "A"), Some("X\n"), new().config_noreplace(FILE, "B"));
}

#[test]
fn config_becomes_ghost() {
    upgrade(old().config(FILE, "A"), Some("X\n"), new().ghost("", FILE));
}

#[test]
fn dropped_from_the_new_version() {
    upgrade(old().config(FILE, "A"), Some("X\n"), new());
    upgrade(old().config(FILE, "A"), None, new());
}

#[test]
fn over_a_foreign_file() {
    for package in [rpm("conf").config(FILE, "A"), rpm("conf").config_noreplace(FILE, "A"), rpm("conf").file(FILE, "A")]
    {
        let world = World::new().repo("base", [package]);
        world.write(FILE, "foreign\n");
        world.both("install -y conf").exits(0);
    }
}

#[test]
fn edited_is_saved_on_removal() {
    let world = World::new().repo("base", [rpm("conf").config(FILE, "A").config("/etc/d.conf", "D")]);
    world.both("install -y conf").exits(0);
    world.write(FILE, "X\n");
    world.both("remove -y conf").exits(0);
}
