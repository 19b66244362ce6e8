//! `history store` and `replay`: the file, what is wrong with it, and what is carried out.

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

/// Where the transaction lies for both programs.
const PLACE: &str = "/srv/t/stored";

fn world() -> World {
    let world = World::new().repo(
        "base",
        [
            rpm("app").evr("1-1").requires("lib"),
            rpm("app").evr("2-1").requires("lib"),
            rpm("lib"),
            rpm("rich").recommends("extra"),
            rpm("extra"),
            rpm("tool").evr("1-1"),
            rpm("tool").evr("2-1"),
        ],
    );
    world.both("install -y app-1 tool-1").exits(0);
    world
}

/// Replays a transaction of these packages: `nevra action reason`.
fn replay(world: &World, packages: &str, options: &str, code: i32, text: &str) {
    let object = |line: &str| {
        let mut words = line.split('|');
        let mut next = || words.next().expect("three words");
        let (nevra, action, reason) = (next(), next(), next());
        format!(r#"{{"nevra":"{nevra}","action":"{action}","reason":"{reason}","repo_id":"base"}}"#)
    };
    let packages: Vec<String> = packages.split(' ').map(|line| object(&line.replace('_', " "))).collect();
    put(world, &format!(r#"{{"rpms":[{}],"version":"1.0"}}"#, packages.join(",")));
    world.both(&format!("replay -y {PLACE} {options}")).exits(code).says(text);
}

/// Writes the file for both programs, outside of the root.
fn put(world: &World, text: &str) {
    for side in [Side::Real, Side::Ours] {
        let root = world.root(side);
        let place = root.parent().expect("the root lies in a directory").join("stored");
        std::fs::create_dir_all(&place).expect("the directory of the side is writable");
        std::fs::write(place.join("transaction.json"), text).expect("the directory of the side is writable");
    }
}

fn stored(world: &World, side: Side) -> String {
    let root = world.root(side);
    let file = root.parent().expect("the root lies in a directory").join("stored/transaction.json");
    std::fs::read_to_string(file).expect("the transaction was stored")
}

#[test]
fn store_and_replay() {
    let world = world();
    for (id, code) in [("1", 0), ("last", 0), ("9", 1), ("x", 1)] {
        world.both(&format!("history store -y {id} -o {PLACE}")).exits(code);
        assert_eq!(stored(&world, Side::Real), stored(&world, Side::Ours));
    }
    world.both(&format!("history store --assumeno -o {PLACE}")).exits(1).says("already exists");
    world.both("remove -y app tool").exits(0);
    world.both(&format!("replay -y {PLACE}")).exits(0).says("Installing dependencies");
    world.both("upgrade -y tool").exits(0);
    world.both(&format!("history store -y -o {PLACE}")).exits(0);
    assert_eq!(stored(&world, Side::Real), stored(&world, Side::Ours));
    for ids in ["1..2", "1 2"] {
        world.both(&format!("history store -y {ids} -o {PLACE}")).exits(1).says("only one allowed");
    }
    world.both("history undo -y last").exits(0);
    world.both(&format!("replay -y {PLACE}")).exits(0).says("Upgrading");
}

#[test]
fn packages_that_do_not_fit_what_is_installed() {
    let world = world();
    replay(&world, "none-1-1.noarch|Install|User", "", 1, "no match for: none-1-1.noarch");
    replay(&world, "none-1-1.noarch|Install|User", "--skip-unavailable", 0, "Nothing to do");
    replay(&world, "app-2-1.noarch|Install|User", "", 1, "is installed in a different version");
    replay(&world, "app-1-1.noarch|Install|Dependency", "", 1, "is already installed");
    replay(&world, "app-1-1.noarch|Install|Dependency", "--ignore-installed", 0, "Nothing to do");
    replay(&world, "extra-1-1.noarch|Remove|User", "", 1, "because it is not installed");
    replay(&world, "extra-1-1.noarch|Remove|User", "--ignore-installed", 0, "Nothing to do");
    replay(&world, "app-2-1.noarch|Remove|User", "", 1, "is installed in a different version");
    replay(&world, "extra-1-1.noarch|Reinstall|User", "", 1, "not installed");
    replay(&world, "app-1-1.noarch|Reason_Change|User", "", 0, "already installed with reason");
    replay(&world, "tool-2-1.noarch|Upgrade|User", "", 1, "--ignore-extras");
    replay(&world, "rich-1-1.noarch|Install|User", "", 1, "Extra package 'extra-1-1.noarch'");
}

#[test]
fn packages_that_fit() {
    let world = world();
    replay(&world, "app-1-1.noarch|Reason_Change|Dependency", "", 0, "Changing reason");
    replay(&world, "app-1-1.noarch|Reinstall|User", "", 0, "Reinstalling");
    replay(&world, "tool-2-1.noarch|Install|Dependency tool-1-1.noarch|Replaced|Clean", "", 0, "Upgrading");
    replay(&world, "tool-2-1.noarch|Reason_Change|Dependency", "", 0, "Changing reason");
    replay(&world, "tool-1-1.noarch|Install|Dependency tool-2-1.noarch|Replaced|User", "", 0, "Downgrading");
    replay(&world, "tool-2-1.noarch|Install|User tool-1-1.noarch|Replaced|User", "", 0, "Upgrading");
    replay(&world, "rich-1-1.noarch|Install|Weak_Dependency extra-1-1.noarch|Install|User", "", 0, "Installing");
    replay(&world, "extra-1-1.noarch|Remove|Clean", "", 0, "Removing unused dependencies");
    replay(&world, "app-2-1.noarch|Install|User", "--ignore-installed", 0, "Upgrading");
}

#[test]
fn files_that_are_none() {
    let world = world();
    world.both("replay -y /none").exits(1).says("cannot open file: (2)");
    world.both("replay -y").exits(2);
    world.both("replay -y a b").exits(2);
    for text in [
        "",
        "{",
        "[]",
        r#"{"version":1}"#,
        r#"{"version":"2.0"}"#,
        r#"{"version":"1.0.0"}"#,
        r#"{"version":"1.0","rpms":{}}"#,
        r#"{"version":"1.0","rpms":1,"groups":1}"#,
        r#"{"version":"1.0","environments":[{"id":"e"}]}"#,
        r#"{"version":"1.0","groups":[{"id":"g"}]}"#,
        r#"{"version":"1.0","rpms":[1]}"#,
        r#"{"version":"1.0","rpms":[{"nevra":"a-1-1.noarch"}]}"#,
        r#"{"version":"1.0","rpms":[{"nevra":"a-1-1.noarch","action":"Install"}]}"#,
        r#"{"version":"1.0","rpms":[{"nevra":"a","action":"Install","reason":"User"}]}"#,
        r#"{"version":"1.0","rpms":[{"nevra":"a-1-1.noarch","action":"Foo","reason":"User"}]}"#,
        r#"{"version":"1.0","rpms":[{"nevra":"a-1-1.noarch","action":"Install","reason":"Foo"}]}"#,
        r#"{"version":"1.0","rpms":[{"nevra":"a-1-1.noarch","action":"Reason Change","reason":"Group"}]}"#,
    ] {
        put(&world, text);
        world.both(&format!("replay -y {PLACE}")).exits(1);
    }
    put(&world, r#"{"version":"1.7"}"#);
    world.both(&format!("replay -y {PLACE}")).exits(0).says("Nothing to do");
}
