//! The comparison itself: it finds nothing between equal roots, and it finds each kind of difference.

use std::os::unix::fs::PermissionsExt as _;

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

fn installed() -> World {
    let world = World::new().repo("base", [rpm("foo").file("/usr/share/foo", "x"), rpm("bar")]);
    world.real_in_both("install -y foo").exits(0);
    world
}

/// Spoils our side and returns what the comparison says.
fn spoiled(world: &World, spoil: impl Fn(&std::path::Path)) -> String {
    spoil(&world.root(Side::Ours));
    let same = world.run(Side::Real, "repo list");
    world.differences(&same, &same).concat()
}

#[test]
fn equal_roots_have_no_difference() {
    assert_eq!(spoiled(&installed(), |_| {}), "");
}

#[test]
fn a_mode_is_seen() {
    let said = spoiled(&installed(), |root| {
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(root.join("usr/share/foo"), mode).expect("the file is there");
    });
    assert!(said.contains("Tree differs") && said.contains("/usr/share/foo"), "{said}");
}

#[test]
fn content_is_seen() {
    let said = spoiled(&installed(), |root| std::fs::write(root.join("usr/share/foo"), "y").expect("writable"));
    assert!(said.contains("Tree differs"), "{said}");
}

#[test]
fn a_state_file_is_seen() {
    let said = spoiled(&installed(), |root| {
        let file = root.join("usr/lib/sysimage/libdnf5/packages.toml");
        let text = std::fs::read_to_string(&file).expect("dnf5 wrote it").replace("User", "Dependency");
        std::fs::write(file, text).expect("writable");
    });
    assert!(said.contains("State differs"), "{said}");
}

#[test]
fn an_index_row_is_seen() {
    let said = spoiled(&installed(), |root| {
        let db = rusqlite::Connection::open(root.join("usr/lib/sysimage/rpm/rpmdb.sqlite")).expect("rpm wrote it");
        db.execute("DELETE FROM Providename WHERE key = 'foo'", []).expect("the table is there");
    });
    assert!(said.contains("RpmIndex differs"), "{said}");
}

#[test]
fn a_history_row_is_seen() {
    let said = spoiled(&installed(), |root| {
        let file = root.join("usr/lib/sysimage/libdnf5/transaction_history.sqlite");
        let db = rusqlite::Connection::open(file).expect("dnf5 wrote it");
        db.execute("UPDATE trans_item SET reason_id = 3", []).expect("the table is there");
    });
    assert!(said.contains("History differs"), "{said}");
}

#[test]
fn other_output_and_exit_codes_are_seen() {
    let world = installed();
    let one = world.run(Side::Real, "list foo");
    let other = world.run(Side::Real, "list nothere");
    let said = world.differences(&one, &other).concat();
    assert!(said.contains("ExitCode differs") && said.contains("Stdout differs"), "{said}");
}
