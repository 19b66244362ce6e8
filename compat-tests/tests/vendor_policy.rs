//! Changes of vendor: what is refused, what policy files allow, and what `--from-vendor` asks for.

use oxidnf_testkit::{World, rpm};

const FILE: &str = "/etc/dnf/vendors.d/50-test.conf";

fn world() -> World {
    let world = World::new()
        .repo(
            "base",
            [
                rpm("one").evr("1-1").vendor("Red Hat"),
                rpm("two").evr("1-1").vendor("Blue.org"),
                rpm("bare").evr("1-1"),
                rpm("app").evr("2-1").vendor("Red Hat").requires("two >= 2"),
            ],
        )
        .repo(
            "next",
            [
                rpm("one").evr("2-1").vendor("Blue.org"),
                rpm("one").evr("3-1").vendor("red hat"),
                rpm("two").evr("2-1").vendor("Green"),
                rpm("bare").evr("1:2-1").vendor("Blue.org"),
            ],
        );
    world.real_in_both("install -y one-1-1 two-1-1 bare-1-1").exits(0);
    world
}

const COMMANDS: [&str; 4] = [
    "upgrade --assumeno --no-allow-vendor-change",
    "upgrade --assumeno --no-allow-vendor-change one",
    "distro-sync --assumeno --no-allow-vendor-change --no-best",
    "install --assumeno --no-allow-vendor-change app",
];

/// Compares the commands under a policy; the exit codes are those of the real dnf5.
fn agrees(world: &World, policy: &str) {
    world.write(FILE, policy);
    for command in COMMANDS {
        let real = world.run(oxidnf_testkit::world::Side::Real, command).status.code().expect("dnf5 ends by itself");
        world.both(command).exits(real);
    }
}

#[test]
fn without_policies() {
    let world = world();
    for command in COMMANDS {
        let step = world.both(command);
        assert!(step.stdout().contains("due to vendor change restriction"), "{command}");
    }
    world.both("upgrade --assumeno --no-allow-vendor-change --from-vendor=Green two").exits(1).says("two");
    world.both("upgrade --assumeno --no-allow-vendor-change --from-vendor=Blue.org one").exits(1).says("one");
    world.both("install --assumeno --no-allow-vendor-change --from-vendor='Red Hat' app").exits(1).says("No match");
    world.both("install --assumeno --no-allow-vendor-change --from-vendor='Red\\ Hat' app").exits(1).says("Problem");
    world.both("upgrade --assumeno --no-allow-vendor-change --from-vendor=Blue.org").exits(0);
    world.both("distro-sync --assumeno --no-allow-vendor-change --from-vendor=Blue.org bare").exits(1);
    world.both("upgrade --assumeno").exits(1).says("Upgrading:");
}

#[test]
fn lists_of_vendors() {
    let world = world();
    for policy in [
        "version = '1.0'\n[[equivalent_vendors]]\nvendor = 'Red Hat'\n[[equivalent_vendors]]\nvendor = 'Blue.org'\n",
        "version = '1.0'\n[[outgoing_vendors]]\nvendor = 'Red Hat'\n[[incoming_vendors]]\nvendor = 'Blue.org'\n",
        "version = '1.0'\n",
        "version = '1.1'\n[[incoming_vendors]]\nvendor = 'Blue.org'\n",
        "version = '1.1'\n[[outgoing_vendors]]\nvendor = 'Blue.org'\n",
        "version = '1.2'\n[[outgoing_vendors]]\nvendor = ''\n",
        "version = '1.2'\n[[equivalent_vendors]]\nvendor = 'Red Hat'\n[[incoming_vendors]]\nvendor = 'Blue.org'\n",
        "version = '1.2'\n[[equivalent_vendors]]\nvendor = 'Blue.org'\nexclude = true\n[[equivalent_vendors]]\nvendor = '*'\ncomparator = 'GLOB'\n",
        "version = '1.2'\n[[equivalent_vendors]]\nvendor = '*'\ncomparator = 'GLOB'\n[[equivalent_vendors]]\nvendor = 'Blue.org'\nexclude = true\n",
    ] {
        agrees(&world, policy);
    }
}

#[test]
fn ways_of_comparing() {
    let world = world();
    for (comparator, vendor) in [
        ("EXACT", "red hat"),
        ("IEXACT", "RED HAT"),
        ("GLOB", "Blue*"),
        ("IGLOB", "blue?ORG"),
        ("REGEX", "Blue"),
        ("REGEX", "Blue.org"),
        ("IREGEX", "red.*"),
        ("CONTAINS", "lue"),
        ("ICONTAINS", "HAT"),
        ("STARTSWITH", "Red"),
        ("ISTARTSWITH", "red"),
        ("ENDSWITH", ".org"),
        ("IENDSWITH", "HAT"),
        ("NOT_EXACT", "Green"),
        ("NOT_IGLOB", "RED*"),
        ("NOT_REGEX", "Gre.*"),
        ("NOT_ISTARTSWITH", "gre"),
    ] {
        agrees(
            &world,
            &format!("version = '1.2'\n[[incoming_vendors]]\nvendor = '{vendor}'\ncomparator = '{comparator}'\n"),
        );
    }
}

#[test]
fn filters_of_packages() {
    let world = world();
    for filters in [
        "{filter = 'name', value = 'one'}",
        "{filter = 'name', value = 't*', comparator = 'GLOB'}",
        "{filter = 'source_name', value = 'one'}",
        "{filter = 'evr', value = '2-1', comparator = 'GTE'}",
        "{filter = 'evr', value = '2'}",
        "{filter = 'epoch', value = '1'}",
        "{filter = 'version', value = '2', comparator = 'GT'}",
        "{filter = 'evr', value = '2-1', comparator = 'NOT_EXACT'}",
        "{filter = 'version', value = '2', comparator = 'NOT_EXACT'}",
        "{filter = 'arch', value = 'noarch'}, {filter = 'name', value = 'two'}",
        "{filter = 'repoid', value = 'next'}",
        "{filter = 'cmdline_repo', value = 'true'}",
        "{filter = 'cmdline_repo', value = '0'}",
    ] {
        agrees(&world, &format!("version = '1.2'\n[[incoming_packages]]\nfilters = [{filters}]\n"));
    }
    for filters in [
        "{filter = 'name', value = 'one'}",
        "{filter = 'repoid', value = '@System'}",
        "{filter = 'version', value = '1'}",
    ] {
        agrees(&world, &format!("version = '1.1'\n[[outgoing_packages]]\nfilters = [{filters}]\n"));
    }
    agrees(
        &world,
        "version = '1.1'\n[[incoming_packages]]\nexclude = true\nfilters = [{filter = 'name', value = 'one'}]\n\
         [[incoming_packages]]\nfilters = [{filter = 'arch', value = 'noarch'}]\n[[outgoing_vendors]]\nvendor = 'Blue.org'\n",
    );
}

#[test]
fn files_in_both_places() {
    let world = world();
    let allow = |vendor: &str| format!("version = '1.2'\n[[incoming_vendors]]\nvendor = '{vendor}'\n");
    world.write("/usr/share/dnf5/vendors.d/10.conf", &allow("Blue.org"));
    world.write("/usr/share/dnf5/vendors.d/50-test.conf", &allow("Green"));
    world.write("/etc/dnf/vendors.d/60.other", &allow("Green"));
    agrees(&world, &allow("red hat"));
    agrees(&world, "version = '1.2'\n");
}

#[test]
fn broken_files_end_the_run() {
    let world = world();
    for policy in ["version = '1.3'\n", "", "version = \n", "version = '1.2'\nother = 1\n"] {
        world.write(FILE, policy);
        for side in [oxidnf_testkit::world::Side::Real, oxidnf_testkit::world::Side::Ours] {
            let output = world.run(side, "upgrade --assumeno");
            assert_eq!(output.status.code(), Some(1), "{policy}");
            assert!(String::from_utf8_lossy(&output.stderr).contains("50-test.conf"), "{policy}");
        }
    }
}
