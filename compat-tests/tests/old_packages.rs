//! Packages older than rpm 4: whole paths in the place of directories and names, no explicit provide of the own name.

use std::fs;

use oxidnf_testkit::raw_header::RawPackage;
use oxidnf_testkit::tag::{Entry, OwnedValue, Tag};
use oxidnf_testkit::{Oracle, World, fixture, rpm};

/// A package of today.
fn package() -> RawPackage {
    let made = rpm("old").define("_rpmformat", "4").file("/opt/old/a", "a").config("/etc/old.conf", "b");
    let repo = fixture::repo(&Oracle::find(), &[made]);
    RawPackage::of(&fs::read(repo.dir().join("old-1-1.noarch.rpm")).expect("the fixture was built"))
}

/// Puts whole paths in the place of base names and directories.
fn with_whole_paths(package: RawPackage, paths: &[&str], keep: &[Tag]) -> Vec<u8> {
    let old = |entries: &mut Vec<Entry>| {
        let gone = [Tag::BASENAMES, Tag::DIRNAMES, Tag::DIRINDEXES];
        entries.retain(|entry| !gone.contains(&entry.tag) || keep.contains(&entry.tag));
        entries.push(Entry::new(Tag::OLDFILENAMES, OwnedValue::texts(paths.iter().copied())));
        entries.sort_by_key(|entry| entry.tag);
    };
    package.with_entries(old).with_digests().bytes()
}

const PATHS: [&str; 2] = ["/etc/old.conf", "/opt/old/a"];

#[test]
fn queries() {
    let world = World::new();
    for (name, bytes) in [
        ("old", with_whole_paths(package(), &PATHS, &[])),
        ("both", with_whole_paths(package(), &PATHS, &[Tag::BASENAMES, Tag::DIRNAMES, Tag::DIRINDEXES])),
        ("fewer", with_whole_paths(package(), &PATHS[..1], &[])),
        ("odd", with_whole_paths(package(), &["plain", "/"], &[])),
    ] {
        let path = world.put(&format!("{name}.rpm"), &bytes);
        for args in [
            "-K",
            "-Kv",
            "-qp",
            "-qpl",
            "-qpi",
            "-qpc",
            "-qp --provides",
            r"-qp --qf '[%{FILENAMES}|%{OLDFILENAMES}|%{BASENAMES}|%{DIRNAMES}\n]%{FILENAMES} %{BASENAMES} %{OLDFILENAMES}\n'",
            "-qp --xml",
        ] {
            world.both_rpms(&format!("{args} {path}"));
        }
    }
}

#[test]
fn installation() {
    for bytes in [
        with_whole_paths(package(), &PATHS, &[]),
        with_whole_paths(package(), &PATHS, &[Tag::BASENAMES, Tag::DIRNAMES, Tag::DIRINDEXES]),
    ] {
        let world = World::new();
        let path = world.put("old.rpm", &bytes);
        world.both(&format!("install -y {path}")).exits(0);
        for args in ["-qa", "-ql old", "-qf /opt/old/a", "-V old", "-q --qf [%{*:tagnum},] old"] {
            world.both_rpms(args);
        }
        world.both("reinstall -y old").exits(1);
        world.both("remove -y old").exits(0);
    }
}
