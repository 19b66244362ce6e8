//! What is said about arguments of all shapes: names, versions, architectures, globs, paths, provides, URLs, and what is
//! none of them.

use oxidnf_testkit::{World, rpm};

fn world() -> World {
    let world = World::new().repo(
        "base",
        [
            rpm("app")
                .evr("1-1")
                .arch("x86_64")
                .file("/usr/bin/app", "")
                .file("/usr/share/app/data", "")
                .provides("cap = 3"),
            rpm("app").evr("2-1").arch("x86_64").file("/usr/bin/app", "").file("/usr/share/app/data", ""),
            rpm("app").evr("2-1").arch("i686"),
            rpm("Mixed-Case").evr("1:3-4"),
            rpm("only-old").evr("1-1").arch("i686"),
            rpm("obsolete").evr("1-1"),
            rpm("successor").evr("2-1").obsoletes("obsolete < 2"),
            rpm("lib+x.y_z").evr("1.0~rc1-1"),
            rpm("foreign").arch("aarch64"),
            rpm("hidden"),
            rpm("alt-one").provides("alternative-for(vi)"),
            rpm("alt-two").provides("alternative-for(vi)"),
        ],
    );
    world.both("install -y app-1-1.x86_64 obsolete").exits(0);
    world
}

/// Arguments that every command gets, with quotes for the shell.
const SPECS: [&str; 63] = [
    "app",
    "APP",
    "ap",
    "apps",
    "app.x86_64",
    "app.i686",
    "app.noarch",
    "app.aarch64",
    "app-1",
    "app-2",
    "app-3",
    "app-1-1",
    "app-2-1",
    "app-0:1-1",
    "app-1:1-1",
    "0:app-1-1",
    "app-1-1.x86_64",
    "app-0:2-1.x86_64",
    "app-2-1.noarch",
    "'app*'",
    "'A*'",
    "'[ab]pp'",
    "'?pp'",
    "'zz*'",
    "'app-*-1'",
    "'*.i686'",
    "app-2*",
    "Mixed-Case",
    "mixed-case",
    "Mixed-Case-3-4",
    "Mixed-Case-1:3-4",
    "only-old",
    "only-old.x86_64",
    "obsolete",
    "successor",
    "lib+x.y_z",
    "'lib+x.y_z-1.0~rc1'",
    "foreign",
    "foreign.aarch64",
    "hidden",
    "vi",
    "cap",
    "'cap = 3'",
    "'cap >= 4'",
    "'cap=3'",
    "'app > 1'",
    "'app<2'",
    "'app = 2-1'",
    "'app >= 9'",
    "/usr/bin/app",
    "/usr/bin/none",
    "/usr/share/app/data",
    "/usr/bin/a*",
    "'*/bin/app'",
    "usr/bin/app",
    "./app",
    "../x.rpm",
    "''",
    "' '",
    "äpp",
    "'app '",
    "-- -app",
    "@nothing",
];

fn each(world: &World, command: &str) {
    for spec in SPECS {
        world.both(&format!("{command} {spec}"));
    }
}

#[test]
fn of_install() {
    each(&world(), "install --assumeno --exclude=hidden");
}

#[test]
fn of_upgrade() {
    each(&world(), "upgrade --assumeno --exclude=hidden");
}

#[test]
fn of_downgrade() {
    each(&world(), "downgrade --assumeno");
}

#[test]
fn of_reinstall() {
    each(&world(), "reinstall --assumeno");
}

#[test]
fn of_distro_sync() {
    each(&world(), "distro-sync --assumeno");
}

#[test]
fn of_remove_and_mark() {
    let world = world();
    each(&world, "remove --assumeno");
    each(&world, "mark --assumeno user");
    for spec in
        ["x.rpm", "https://127.0.0.1:1/x.rpm", "file:///x", "app x.rpm", "nothere x.rpm", "@nothing x.rpm", "'*.rpm'"]
    {
        world.both(&format!("remove --assumeno {spec}")).exits(1);
    }
}

#[test]
fn of_do() {
    each(&world(), "do --assumeno --action=install");
}

#[test]
fn of_swap() {
    let world = world();
    each(&world, "swap --assumeno obsolete");
    world.both("do --assumeno --action=remove ./x.rpm").exits(1);
    world.both("swap --assumeno ./x.rpm app").exits(1);
}

/// Hyphens, dots and colons in the brackets of a pattern do not take it apart.
#[test]
fn brackets() {
    let world = World::new().repo("base", [rpm("foo").evr("1-1"), rpm("foo").evr("2-1"), rpm("bar").evr("3:1-1")]);
    for spec in [
        "fo[a-z]",
        "foo-[1-3]-1",
        "foo-[1-3]-1.noarch",
        "foo-2-1.n[a-p]arch",
        "foo-[1.2-3]",
        "foo-[0-2]",
        "fo[a-z-2-1",
        "foo-2]-1",
        "f[n-p]o-2-1",
        "foo-2-[0-9]",
        "foo-[0-9]-[0-9].[m-o]oarch",
        "[a-f]ar-[2-4]:1-1",
        "foo.[m-o]oarch",
        "foo-[!2-3]-1",
        "foo-[]-3]-1",
        "fo[.-p]-2",
        "foo-[2-1",
        "foo-2-1].noarch",
    ] {
        world.both(&format!("repoquery {spec}")).exits(0);
    }
    world.both("repoquery foo-[1-3]-1").exits(0).says("foo-0:2-1.noarch");
    world.both("install -y bar-[0-2]-1").exits(0);
}
