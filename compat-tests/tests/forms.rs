//! Forms of changing commands that no other file tries: options of `remove`, `mark --store`, limits to repositories,
//! and a system that rpm changed between two runs.

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

/// Where a transaction is stored for both programs.
const PLACE: &str = "/srv/t/stored";

/// Three versions of a tool, which needs a library, in one repository.
fn versions() -> World {
    let tool = |evr: &str| rpm("tool").evr(evr).requires("lib");
    World::new().repo("base", [tool("1-1"), tool("2-1"), tool("3-1"), rpm("lib"), rpm("other")])
}

/// Installs these versions of the tool beside each other, as only rpm does.
fn beside_each_other(world: &World, versions: &[u32]) {
    for version in versions {
        world.rpm(&format!("-i --force --nodeps /srv/repos/base/tool-{version}-1.noarch.rpm"));
    }
}

fn stored(world: &World, side: Side) -> String {
    let root = world.root(side);
    let file = root.parent().expect("the root lies in a directory").join("stored/transaction.json");
    std::fs::read_to_string(file).expect("the transaction was stored")
}

#[test]
fn duplicates_are_removed() {
    let world = versions();
    world.both("install -y lib").exits(0);
    world.both("remove -y --duplicates").exits(0).says("Nothing to do.");
    beside_each_other(&world, &[1, 2, 3]);
    world.both("remove --assumeno --duplicates").exits(1);
    world.both("list --installed");
    world.both("remove -y --duplicates");
    world.both("history info last");
}

#[test]
fn duplicates_whose_newest_is_not_available() {
    let world = versions();
    world.both("install -y lib").exits(0);
    beside_each_other(&world, &[1, 3]);
    world.both("remove -y --duplicates --exclude=tool-3");
    world.both("list --installed");
}

#[test]
fn marks_are_stored() {
    let world = versions();
    world.both("install -y tool").exits(0);
    for mark in ["user lib", "dependency tool", "weak tool lib", "user --skip-unavailable lib nothere"] {
        world.both(&format!("mark {mark} -y --store={PLACE}")).exits(0);
        assert_eq!(stored(&world, Side::Real), stored(&world, Side::Ours), "mark {mark}");
    }
    world.both(&format!("mark user -y --store={PLACE} nothere")).exits(1);
    world.both(&format!("mark user -y --store={PLACE} tool"));
    world.both(&format!("mark weak -y --store={PLACE} tool")).exits(0);
    world.both(&format!("replay -y {PLACE}")).exits(0).says("Changing reason");
    world.both("mark group -y nothere tool");
    world.both("mark dependency -y --skip-unavailable nothere").exits(0);
}

#[test]
fn limits_to_the_repository_of_the_installed() {
    let tool = |evr: &str| rpm("tool").evr(evr).requires("lib");
    let world = World::new()
        .repo("base", [tool("1-1"), tool("2-1"), rpm("lib"), rpm("other").evr("1-1")])
        .repo("more", [tool("1-1"), tool("3-1"), rpm("other").evr("1-1"), rpm("other").evr("2-1")]);
    world.both("install -y --from-repo=base tool-1").exits(0);
    world.both("install -y --from-repo=more other-1").exits(0);
    for command in ["upgrade", "distro-sync", "reinstall", "downgrade", "remove"] {
        for repo in ["base", "more", "m*", "base,more", "nothere"] {
            for spec in ["", " tool other"] {
                world.both(&format!("{command} --assumeno --installed-from-repo={repo}{spec}"));
            }
        }
    }
    world.both("swap --assumeno --installed-from-repo=more other lib");
    world.both("swap --assumeno --installed-from-repo=base other lib");
    world.both("upgrade -y --installed-from-repo=more other").exits(0).says("Upgrading");
    world.both("remove -y --installed-from-repo=base other tool");
}

#[test]
fn downgrades_are_allowed_or_not() {
    let world = World::new().repo(
        "base",
        [
            rpm("app").requires("lib = 1"),
            rpm("lib").evr("1-1").provides("lib = 1"),
            rpm("lib").evr("2-1").provides("lib = 2"),
            rpm("tool").evr("1-1"),
            rpm("tool").evr("2-1").requires("lib = 1"),
        ],
    );
    world.both("install -y lib tool-1").exits(0);
    for command in ["install --assumeno app", "upgrade --assumeno", "upgrade --assumeno tool"] {
        for option in ["--allow-downgrade", "--no-allow-downgrade", "--allow-downgrade --no-allow-downgrade"] {
            world.both(&format!("{command} {option}"));
        }
    }
    world.both("install -y --allow-downgrade app").exits(0).says("Downgrading");
}

#[test]
fn rpm_erased_and_installed_in_between() {
    let world = versions();
    world.both("install -y tool-1 other").exits(0);
    world.both("mark weak -y other").exits(0);
    // The reason of what was erased waits in the state, and is there again when the package comes back.
    world.rpm("-e other");
    world.both("repoquery --installed --qf=%{full_nevra}_%{reason}_%{from_repo}\\n").exits(0);
    world.both("mark user -y lib").exits(0);
    world.rpm("-i /srv/repos/base/other-1-1.noarch.rpm");
    world.both("repoquery --installed --qf=%{full_nevra}_%{reason}_%{from_repo}\\n").exits(0);
    world.both("autoremove -y");
    world.rpm("-U /srv/repos/base/tool-2-1.noarch.rpm");
    world.both("repoquery --installed --qf=%{full_nevra}_%{reason}_%{from_repo}\\n").exits(0);
    world.both("upgrade -y").exits(0).says("Upgrading");
    world.both("history undo -y last").exits(0);
    world.rpm("-e tool");
    world.both("history undo -y last");
    world.both("history rollback -y 1");
    world.both("history redo -y 1");
    world.rpm("-e --nodeps lib");
    world.both("check").exits(1);
    world.both("install -y other");
    world.both("remove -y tool");
    world.both("install -y tool").exits(0);
    world.both("history list").exits(0);
    world.both("history info last").exits(0);
}

/// Arguments beside these options are names or globs of names and nothing else; other packages stay as they are.
#[test]
fn names_limit_what_is_old_or_twice() {
    let names = ["tool", "lib", "kernel"];
    let packages = (1..=3).flat_map(|version| names.map(|name| rpm(name).evr(&format!("{version}-1"))));
    let world = World::new().repo("base", packages);
    for (name, version) in (1..=3).flat_map(|version| names.map(|name| (name, version))) {
        world.rpm(&format!("-i --force --nodeps /srv/repos/base/{name}-{version}-1.noarch.rpm"));
    }
    for specs in ["", "nothere", "tool", "tool-1", "tool-1 tool-4", "nothere tool", "'l*' TOOL", "kernel", "/usr/bin/x"]
    {
        for option in ["--duplicates", "--oldinstallonly", "--oldinstallonly --limit=1", "--oldinstallonly --limit=2"] {
            world.both(&format!("remove --assumeno {option} {specs}"));
        }
    }
    world.both("remove --assumeno --oldinstallonly --limit=1 'k?rnel' kernel-4");
    world.both("remove --assumeno --duplicates --disable-repo=* tool");
    world.both("remove -y --duplicates tool").exits(0);
    world.both("list --installed");
}
