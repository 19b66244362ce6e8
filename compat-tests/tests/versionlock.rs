//! `versionlock`, its file, and what it means for other commands.

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

const FILE: &str = "/etc/dnf/versionlock.toml";

fn world() -> World {
    let kernel = |version: &str| rpm("kern").evr(version).provides("installonlypkg(kernel)");
    let world = World::new().repo(
        "base",
        [
            rpm("zeta").evr("1-1"),
            rpm("zeta").evr("2-1"),
            rpm("zeta").evr("9-1"),
            rpm("zeta").evr("10-1"),
            kernel("1-1"),
            kernel("2-1"),
            kernel("3-1"),
            rpm("alpha").evr("1-1"),
            rpm("alpha").evr("2-1"),
            rpm("alpha").evr("3-1"),
            rpm("beta").evr("1-1"),
            rpm("beta").evr("1:2-1"),
            rpm("fresh").evr("1-1"),
            rpm("fresh").evr("2-1"),
            rpm("new-alpha").evr("5-1").provides("alpha = 5").obsoletes("alpha < 5"),
        ],
    );
    world.real_in_both("install -y zeta-1-1 alpha-1-1 kern-1-1 beta-1-1").exits(0);
    world.real_in_both("install -y kern-2-1").exits(0);
    world
}

/// Writes the file with these entries: name, then conditions as `key comparator value`.
fn write(world: &World, entries: &[(&str, &[[&str; 3]])]) {
    let mut text = "version = \"1.0\"\n".to_owned();
    for (name, conditions) in entries {
        let conditions: Vec<String> = conditions
            .iter()
            .map(|[key, how, value]| format!("{{key = \"{key}\", comparator = \"{how}\", value = \"{value}\"}}"))
            .collect();
        text += &format!("[[packages]]\nname = \"{name}\"\nconditions = [{}]\n", conditions.join(", "));
    }
    world.write(FILE, &text);
}

#[test]
fn entries_are_added() {
    let world = world();
    world.both("versionlock list").exits(0);
    world.both("versionlock add alpha").exits(0).says("Adding versionlock on \"alpha = 1-1\".");
    for args in [
        "add alpha",
        "add zeta beta",
        "add nosuch",
        "add 'k*'",
        "add kern",
        "add fresh",
        "add fresh",
        "add alpha-3-1 beta-1:2-1 zeta-9",
        "add zeta zeta-1-1 zeta alpha.noarch",
        "add ALPHA",
        "list",
        "exclude alpha",
        "exclude alpha-1-1 fresh-1",
        "exclude fresh",
        "exclude fresh",
        "exclude nosuch busybox",
        "exclude 'k*'",
        "list",
        "delete alpha",
        "delete nosuch",
        "delete 'z*' zeta-1-1",
        "delete kern zeta",
        "list",
    ] {
        world.both(&format!("versionlock {args}")).exits(0);
    }
    world.both("-q versionlock list").exits(0).says("fresh");
    world.both("versionlock clear").exits(0);
    world.both("versionlock list").exits(0);
    world.both("versionlock add beta").exits(0);
    world.both("versionlock delete beta").exits(0).says("Deleting versionlock entry:");
    assert_eq!(
        std::fs::read_to_string(world.root(Side::Ours).join(&FILE[1..])).expect("it was written"),
        "packages = []\nversion = \"1.0\"\n\n"
    );
}

#[test]
fn mistakes() {
    let world = world();
    for args in ["versionlock", "versionlock add", "versionlock delete", "versionlock exclude", "versionlock foo"] {
        world.both(args).exits(2);
    }
    world.both("--exclude=alpha versionlock add alpha").exits(0).says("No package found");
    world.both("versionlock add alpha").exits(0).says("Adding");
}

#[test]
fn files_by_hand() {
    let world = world();
    let hand = "# mine\nversion = \"1.0\"\nextra = 1\n[[packages]]\nname = \"a*\" # glob\ncomment = \"two\\nlines \\\\ ü \\\"\"\n\
        [[packages.conditions]]\nkey = \"evr\"\ncomparator = \">=\"\nvalue = \"1\"\nother = \"x\"\n\
        [[packages.conditions]]\nkey = \"arch\"\ncomparator = \"=\"\nvalue = \"noarch\"\n\
        [[packages]]\nname = \"none\"\n[[packages]]\ncomment = \"noname\"\n[[packages.conditions]]\nkey = \"epoch\"\n\
        comparator = \"<>\"\nvalue = 1\n[[packages]]\n";
    world.write(FILE, hand);
    world.both("versionlock list").exits(0).says("entry is invalid");
    world.both("versionlock add alpha").exits(0);
    world.both("versionlock list").exits(0);
    world.both("versionlock delete none").exits(0);
    let bad = [
        ["epoch", "=", "x"],
        ["", "=", "x"],
        ["arch", "", ""],
        ["foo", "~", ""],
        ["arch", "~", "k"],
        ["arch", "<", "k"],
        ["epoch", "<", "-1"],
        ["epoch", "<", " 1x"],
        ["evr", "<", "a b"],
    ];
    write(&world, &[("alpha", &bad)]);
    world.both("versionlock list").exits(0).says("invalid condition key");
    for other in
        ["version = \"1.1\"\n[[packages]]\nname = \"x\"\n", "name = \"x\"\n", "version = \"1.0\"\npackages = 4\n", ""]
    {
        world.write(FILE, other);
        world.both("versionlock list").exits(0);
        world.both("versionlock delete x").exits(0);
        world.both("versionlock add alpha").exits(0).says("Adding");
    }
}

#[test]
fn what_counts_as_locked() {
    let world = world();
    let evr = |how: &'static str, value: &'static str| ["evr", how, value];
    for (entries, command) in [
        (vec![("alpha", vec![evr("=", "1-1"), ["arch", "=", "noarch"]])], "add alpha"),
        (vec![("alpha", vec![evr("==", "1-1")])], "add alpha"),
        (vec![("alpha", vec![evr("==", "0:1-1")])], "add alpha"),
        (vec![("al*", vec![evr("=", "1-1")])], "add alpha"),
        (vec![("alpha", vec![evr("!=", "1-1")])], "add alpha"),
        (vec![("alpha", vec![evr("=", "1-1"), evr("=", "2-1")])], "add alpha-2-1"),
        (vec![("zeta", vec![evr("!=", "1-1"), ["arch", "=", "noarch"]])], "exclude zeta-1-1"),
        (vec![("beta", vec![evr("<>", "1-1")])], "exclude beta"),
        (vec![("alpha", vec![evr("!=", "3-1")]), ("alpha", vec![evr("!=", "2-1")])], "exclude alpha"),
    ] {
        let entries: Vec<(&str, &[[&str; 3]])> = entries.iter().map(|(name, all)| (*name, all.as_slice())).collect();
        write(&world, &entries);
        world.both(&format!("versionlock {command}")).exits(0);
    }
}

#[test]
fn equal_packages_in_two_repositories() {
    let packages = || [rpm("alpha").evr("1-1"), rpm("alpha").evr("2-1")];
    let world = World::new().repo("base", packages()).repo("more", packages());
    world.both("versionlock add alpha").exits(0);
    world.both("versionlock exclude alpha").exits(0);
    world.both("versionlock exclude alpha").exits(0).says("already excluded");
    world.both("versionlock list").exits(0);
}

#[test]
fn a_link_stays_a_link() {
    let world = world();
    world.edit(|root| {
        std::os::unix::fs::symlink("elsewhere.toml", root.join(&FILE[1..])).expect("the root is writable");
    });
    let world = world.ignoring(oxidnf_testkit::Axis::Tree, "the file behind the link holds a time");
    world.both("versionlock add alpha").exits(0);
    for side in [Side::Real, Side::Ours] {
        let root = world.root(side);
        assert!(root.join(&FILE[1..]).is_symlink());
        let text = std::fs::read_to_string(root.join("etc/dnf/elsewhere.toml")).expect("the link was followed");
        assert!(text.contains("value = \"1-1\""));
    }
}

#[test]
fn other_commands_obey() {
    let world = world();
    write(&world, &[("zeta", &[["evr", "=", "9-1"]]), ("alpha", &[["evr", "<", "3"]])]);
    for (args, status) in [
        ("check-upgrade", 100),
        ("upgrade --assumeno zeta", 1),
        ("upgrade --assumeno", 1),
        ("install --assumeno zeta-10-1", 1),
        ("install --assumeno zeta-9-1", 1),
        ("install --assumeno zeta", 1),
        ("install --assumeno new-alpha", 1),
        ("distro-sync --assumeno zeta", 1),
        ("distro-sync --assumeno", 1),
        ("downgrade --assumeno zeta", 0),
        ("reinstall --assumeno zeta", 1),
        ("swap --assumeno beta zeta-10-1", 1),
        ("repoquery zeta", 0),
        ("repoquery zeta --upgrades", 0),
        ("list zeta", 0),
        ("list --upgrades", 0),
        ("list --obsoletes", 0),
        ("info zeta", 0),
        ("search zeta", 0),
        ("provides zeta", 0),
        ("repoquery --leaves", 0),
        ("remove --assumeno zeta", 1),
        ("download --url zeta-10-1", 0),
        ("--setopt=disable_excludes='*' check-upgrade", 100),
        ("--setopt=disable_excludes=main check-upgrade", 100),
        ("--setopt=disable_excludes=base check-upgrade", 100),
    ] {
        world.both(args).exits(status);
    }
    write(&world, &[("zeta", &[["evr", "=", "77"]])]);
    for (args, status) in [
        ("install zeta", 0),
        ("upgrade zeta", 0),
        ("install zeta-10-1", 1),
        ("install --assumeno 'z*'", 0),
        ("install --assumeno --skip-unavailable zeta-10-1", 0),
        ("upgrade --assumeno zeta-10-1", 1),
        ("do --action=install zeta-10-1 --assumeno", 1),
        ("upgrade -y beta kern zeta", 0),
    ] {
        world.both(args).exits(status);
    }
}

#[test]
fn meaning_of_conditions() {
    let world = world();
    let evr = |how: &'static str, value: &'static str| ["evr", how, value];
    for entries in [
        vec![("alpha", vec![evr("<", "3")]), ("alpha", vec![])],
        vec![("alpha", vec![evr("<", "3")]), ("alpha", vec![["bad", "=", "x"]])],
        vec![("alpha", vec![evr("<", "2"), ["bad", "=", "x"]])],
        vec![("alpha", vec![evr(">=", "2"), evr("!=", "3-1")])],
        vec![("alpha", vec![evr("=", "2")])],
        vec![("alpha", vec![evr("=", "2-2")])],
        vec![("beta", vec![["epoch", "<", "1"]])],
        vec![("beta", vec![["epoch", "=", "1x"]])],
        vec![("beta", vec![["epoch", "<=", "-1"]])],
        vec![("alpha", vec![["arch", "=", "*"]])],
        vec![("al*", vec![["arch", "=", "noarch"]])],
        vec![("al*", vec![["arch", "<>", "noarch"]])],
        vec![("AL*", vec![evr("=", "1")])],
        vec![("*", vec![evr("=", "2-1")])],
        vec![("[ab]*", vec![evr(">", "1-1"), evr("<=", "2-1")])],
        vec![("alpha", vec![evr("!=", "3-1")]), ("alpha", vec![evr("!=", "2-1")])],
        vec![("zeta", vec![evr("<=", "9")])],
        vec![("zeta", vec![evr("==", "0:9-1")])],
        vec![("", vec![evr("=", "1")])],
    ] {
        let entries: Vec<(&str, &[[&str; 3]])> = entries.iter().map(|(name, all)| (*name, all.as_slice())).collect();
        write(&world, &entries);
        world.both("list --upgrades").exits(0);
        let real = world.run(Side::Real, "check-upgrade").status.code().expect("dnf5 ends by itself");
        world.both("check-upgrade").exits(real);
    }
}

// dnf 4's file has no meaning any more.
#[test]
fn the_older_list_is_not_read() {
    let world = world();
    world.write("/etc/dnf/plugins/versionlock.list", "alpha-0:1-1.*\n");
    world.both("check-upgrade alpha").exits(100).says("alpha");
}

// dnf5 ends with an abort of its TOML library; we say what is wrong.
#[test]
fn a_broken_file_is_an_error() {
    let world = world();
    world.write(FILE, "version = \"1.0\n");
    for args in ["versionlock list", "versionlock add alpha", "repoquery alpha", "upgrade --assumeno"] {
        assert!(!world.run(Side::Real, args).status.success());
        let ours = world.run(Side::Ours, args);
        assert_eq!(ours.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&ours.stderr).contains(FILE));
    }
}
