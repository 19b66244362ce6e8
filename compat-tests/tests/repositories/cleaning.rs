//! `clean`: what is left of a cache that both programs know, and what is told.

use std::fs;
use std::path::Path;

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

/// Two repositories whose metadata and one package are in the cache, fetched by dnf5: it counts what it made of the
/// metadata, and oxidnf would also count what it made itself.
fn filled() -> World {
    let keep = "gpgcheck=0\nkeepcache=1\n";
    let world = World::new().repo_conf("base", [rpm("foo")], keep).repo_conf("more", [rpm("bar")], keep);
    world.real_in_both("install -y --downloadonly foo --setopt=keepcache=1").exits(0);
    world
}

#[test]
fn every_kind() {
    for kinds in [
        "all",
        "packages",
        "metadata",
        "dbcache",
        "expire-cache",
        "metadata packages",
        "packages dbcache",
        "expire-cache metadata",
        "expire-cache dbcache",
        "all all",
        "all expire-cache",
    ] {
        let world = filled();
        world.both(&format!("clean {kinds}")).exits(0);
        same_cache(&world, kinds);
        world.both(&format!("clean {kinds}")).exits(0);
        same_cache(&world, kinds);
        // Whatever was removed, both go on.
        world.both("repoquery --queryformat='%{name}\\n'").exits(0).says("foo");
    }
}

#[test]
fn caches_of_repositories_that_are_gone() {
    let world = filled();
    world.both("clean all --repo=more");
    same_cache(&world, "all --repo=more");
    let world = filled();
    world.edit(|root| fs::remove_file(root.join("etc/yum.repos.d/base.repo")).expect("there is such a file"));
    world.both("clean packages").exits(0);
    same_cache(&world, "packages of a repository that is gone");
}

#[test]
fn mistakes() {
    let world = World::new().repo("base", [rpm("foo")]);
    for args in ["clean", "clean cache", "clean all nonsense", "clean ALL", "clean all --setopt=cachedir=/nowhere"] {
        world.both(args);
    }
    world.both("clean all").exits(0);
}

/// The caches have the same files, without what oxidnf makes of metadata for itself.
fn same_cache(world: &World, what: &str) {
    let [real, ours] = [Side::Real, Side::Ours].map(|side| {
        let mut names = Vec::new();
        let cache = world.root(side).join("var/cache/libdnf5");
        walk(&cache, &cache, &mut names);
        names
    });
    assert_eq!(real, ours, "after clean {what}");
}

fn walk(top: &Path, dir: &Path, names: &mut Vec<String>) {
    let mut entries: Vec<_> = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.file_name().is_some_and(|name| name == "oxidnf") {
            continue;
        }
        names.push(path.strip_prefix(top).expect("below the top").to_string_lossy().into_owned());
        if path.is_dir() {
            walk(top, &path, names);
        }
    }
}
