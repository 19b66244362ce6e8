//! `_pkgverify_level` and `_pkgverify_flags`: which packages rpm installs, and what it says of the others.

use std::fs;

use oxidnf_testkit::fixture::{self, key_file};
use oxidnf_testkit::mangle::Pieces;
use oxidnf_testkit::{Oracle, World, rpm};

const KEY: &str = "Fixture Signer <signer@example.org>";
const STRANGER: &str = "Stranger <stranger@example.org>";
const LEVELS: [&str; 4] = ["digest", "signature", "all", "none"];
/// Without a check a damaged payload breaks off while it is unpacked, which is another matter.
const CHECKED: [&str; 3] = ["digest", "signature", "all"];

/// Reads a package of a fixture, whose content is the same whoever signed it.
fn package(format: &str, signer: Option<&str>) -> Pieces {
    let package = rpm("foo").file("/opt/foo", "hello\n").define("_rpmformat", format);
    let package = match signer {
        Some(key) => package.signed_by(key),
        None => package,
    };
    let repo = fixture::repo(&Oracle::find(), &[package]);
    Pieces::of(&fs::read(repo.dir().join("foo-1-1.noarch.rpm")).expect("the fixture was built"))
}

/// A world whose database knows the signer and not the stranger.
fn world() -> World {
    package("4", Some(KEY));
    // A damaged file of the command line is named, too.
    let world = World::new().overlooking("package foo-1-1.noarch is in ");
    let key = fs::read_to_string(key_file(KEY)).expect("the first signed package made the key");
    let key = world.put("key.asc", key.as_bytes());
    world.rpm(&format!("--import {key}"));
    world
}

/// Installs a package file at every level and takes it away again.
fn at_levels(levels: &[&str], world: &World, name: &str, pieces: &Pieces, flags: &str) {
    let path = world.put(&format!("{name}.rpm"), &pieces.bytes());
    for level in levels {
        world.macros(&format!("%_pkgverify_level {level}\n%_pkgverify_flags {flags}"));
        world.both(&format!("install -y {path}"));
        world.rpm(&format!("-K -v {path}"));
        if world.rpm("-q foo").starts_with("foo-1-1") {
            world.real_in_both("remove -y foo").exits(0);
        }
    }
}

/// What rpm ignores by default.
const DEFAULT: &str = "0x20100";

#[test]
fn packages_of_the_fourth_format() {
    let world = world();
    for (name, signer) in [("unsigned", None), ("signed", Some(KEY)), ("stranger", Some(STRANGER))] {
        let pieces = package("4", signer);
        at_levels(&LEVELS, &world, name, &pieces, DEFAULT);
        at_levels(&CHECKED, &world, name, &pieces.clone().bad_payload(), DEFAULT);
        at_levels(&LEVELS, &world, name, &pieces.plain_payload(), DEFAULT);
    }
}

#[test]
fn packages_of_the_sixth_format() {
    let world = world();
    for (name, signer) in [("unsigned", None), ("signed", Some(KEY)), ("stranger", Some(STRANGER))] {
        let pieces = package("6", signer);
        at_levels(&LEVELS, &world, name, &pieces, DEFAULT);
        at_levels(&CHECKED, &world, name, &pieces.bad_payload(), DEFAULT);
    }
}

#[test]
fn several_signatures() {
    let (first, second) = (package("6", Some(KEY)), package("6", Some(STRANGER)));
    let tag = oxidnf_testkit::tag::OPENPGP;
    let texts = |pieces: &Pieces| match pieces.entry(tag) {
        oxidnf_testkit::tag::OwnedValue::StringArray(texts) => texts.clone(),
        other => panic!("not an array: {other:?}"),
    };
    let both = [texts(&first), texts(&second)].concat();
    let twice = [texts(&first), texts(&first)].concat();
    let world = world();
    for (name, texts) in [("both", both), ("twice", twice)] {
        let pieces = first.clone().with(tag, oxidnf_testkit::tag::OwnedValue::StringArray(texts));
        at_levels(&LEVELS, &world, name, &pieces, DEFAULT);
        at_levels(&CHECKED, &world, name, &pieces.bad_payload(), DEFAULT);
    }
}

#[test]
fn flags_leave_items_out() {
    let world = world();
    for flags in ["0x0", "0x30100", "0x22300"] {
        for (name, signer) in [("unsigned", None), ("signed", Some(KEY)), ("stranger", Some(STRANGER))] {
            at_levels(&["digest"], &world, name, &package("4", signer), flags);
        }
    }
}
