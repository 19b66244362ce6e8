//! Advisories: what is listed, and what changes are limited to them.

use oxidnf_testkit::{World, rpm};

/// A build that an advisory names: name, epoch, version, architecture; the release is always 1.
type Build = (&'static str, u32, &'static str, &'static str);

struct Advisory {
    id: &'static str,
    kind: &'static str,
    /// Elements besides title, references and packages.
    more: &'static str,
    references: &'static [(&'static str, &'static str)],
    builds: &'static [Build],
}

impl Advisory {
    const fn new(id: &'static str, kind: &'static str, more: &'static str, builds: &'static [Build]) -> Self {
        Advisory { id, kind, more, references: &[], builds }
    }

    const fn refers(self, references: &'static [(&'static str, &'static str)]) -> Self {
        Advisory { references, ..self }
    }

    fn xml(&self) -> String {
        let Advisory { id, kind, more, references, builds } = self;
        let references: String = references
            .iter()
            .map(|(kind, id)| {
                format!("<reference href=\"http://x/{id}\" id=\"{id}\" title=\"About {id}\" type=\"{kind}\"/>")
            })
            .collect();
        let builds: String = builds
            .iter()
            .map(|(name, epoch, version, arch)| {
                format!(
                    "<package name=\"{name}\" epoch=\"{epoch}\" version=\"{version}\" release=\"1\" arch=\"{arch}\" \
                     src=\"{name}-{version}-1.src.rpm\"><filename>{name}-{version}-1.{arch}.rpm</filename>\
                     <reboot_suggested>True</reboot_suggested></package>"
                )
            })
            .collect();
        format!(
            "<update from=\"updates@example.org\" status=\"final\" type=\"{kind}\" version=\"1.4\"><id>{id}</id>\
             <title>Title of {id}</title><release>One</release>{more}<references>{references}</references><pkglist>\
             <collection short=\"C\"><name>Coll</name>{builds}</collection></pkglist></update>\n"
        )
    }
}

fn document(advisories: &[Advisory]) -> String {
    let body: String = advisories.iter().map(Advisory::xml).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<updates>\n{body}</updates>\n")
}

const ADVISORIES: &[Advisory] = &[
    Advisory::new(
        "Z-10",
        "security",
        "<severity>Low</severity><issued date=\"2024-05-03 04:05:06\"/><updated date=\"2024-03-03 04:05:06\"/>",
        &[("zeta", 0, "10", "noarch")],
    ),
    Advisory::new(
        "B-9",
        "security",
        "<severity>Important</severity><issued date=\"2024-02-03 04:05:06\"/><updated date=\"2025-01-02\"/>\
         <description>  First line\nsecond\n\n  last &amp; least\n</description><rights>Nobody's</rights>\
         <message>A message</message><summary>Sum</summary><solution>Sol</solution>",
        &[("zeta", 0, "9", "noarch"), ("alpha", 0, "3", "noarch"), ("arched", 0, "2", "x86_64")],
    )
    .refers(&[("cve", "CVE-1"), ("bugzilla", "20"), ("self", "B-9")]),
    Advisory::new(
        "Z-2",
        "bugfix",
        "<severity>Moderate</severity><issued date=\"1700000000\"/>",
        &[("zeta", 0, "2", "noarch"), ("zeta", 0, "2", "noarch")],
    )
    .refers(&[("bugzilla", "7"), ("bugzilla", "10"), ("cve", "CVE-2"), ("CVE", "CVE-3")]),
    Advisory::new("C-9", "security", "<severity>Critical</severity>", &[("zeta", 0, "9", "noarch")]),
    Advisory::new(
        "K-2",
        "enhancement",
        "<severity>Critical</severity><issued date=\"2024-05-03T04:05:06Z\"/>",
        &[("kern", 0, "2", "noarch"), ("kern", 0, "3", "noarch"), ("kern", 0, "1", "noarch")],
    ),
    Advisory::new(
        "W-3",
        "security",
        "<severity>weird</severity><issued date=\"2024-05-03 04:05\"/>",
        &[("arched", 0, "4", "x86_64")],
    ),
    Advisory::new("H-1", "newpackage", "<severity>low</severity>", &[("nothere", 0, "2", "noarch")]),
    Advisory::new(
        "O-1",
        "other",
        "",
        &[("beta", 1, "1", "noarch"), ("arched", 0, "2", "noarch"), ("beta", 0, "2", "x86_64")],
    ),
    Advisory::new("D-1", "bugfix", "", &[("done", 0, "1", "noarch")]).refers(&[("bugzilla", "30")]),
];

fn world(compression: &str) -> World {
    let kernel = |version: &str| rpm("kern").evr(version).provides("installonlypkg(kernel)");
    let world = World::new().repo(
        "base",
        [
            rpm("zeta").evr("1-1"),
            rpm("zeta").evr("2-1"),
            rpm("zeta").evr("9-1"),
            rpm("zeta").evr("10-1"),
            rpm("zeta").evr("11-1"),
            kernel("1-1"),
            kernel("2-1"),
            kernel("3-1"),
            rpm("arched").evr("1-1").arch("x86_64"),
            rpm("arched").evr("2-1").arch("x86_64"),
            rpm("arched").evr("3-1").arch("x86_64"),
            rpm("alpha").evr("1-1"),
            rpm("alpha").evr("3-1"),
            rpm("beta").evr("1-1"),
            rpm("beta").evr("1:2-1"),
            rpm("done").evr("1-1"),
            rpm("fresh").evr("2-1"),
        ],
    );
    world.advise("base", &document(ADVISORIES), compression);
    world.real_in_both("install -y zeta-1-1 alpha-1-1 kern-1-1 arched-1-1 done").exits(0);
    world.real_in_both("install -y kern-2-1 beta-1-1").exits(0);
    world
}

#[test]
fn list() {
    let world = world("gz");
    world.both("advisory list").exits(0).says("Issued");
    for args in [
        "--all",
        "--available",
        "--installed",
        "--updates",
        "--security",
        "--bugfix --enhancement",
        "--newpackage",
        "--advisory-severities=critical,LOW",
        "--advisory-severities=none",
        "--security --bzs=7",
        "--bz 7 --cve CVE-1",
        "--cves=CVE-3",
        "--contains-pkgs='ZE*'",
        "--contains-pkgs=alpha --contains-pkgs=kern --all",
        "--contains-pkgs=nothere --all",
        "--contains-pkgs='alpha zeta'",
        "--bzs='7 20'",
        "--with-bz",
        "--with-bz --all",
        "--with-cve",
        "--with-cve --with-bz",
        "--with-cve --bugfix",
        "B-9 Z-2",
        "B-9 Z-2 --enhancement",
        "H-1 --all",
        "b-9",
        "nothing here",
        "'B-*'",
        "--bzs=3,4 --cves=X nothing",
    ] {
        world.both(&format!("advisory list {args}")).exits(0);
    }
    world.both("updateinfo list").exits(0).says("Z-10");
    world.both("-q advisory list nothing").exits(0).says("No advisory found");
}

#[test]
fn list_as_json() {
    let world = world("xz");
    for args in ["", "--all", "--installed", "--with-bz", "--with-cve --all", "nothing", "--bzs=3"] {
        world.both(&format!("advisory list --json {args}")).exits(0);
    }
}

#[test]
fn info() {
    let world = world("zstd");
    for args in
        ["", "--all", "--installed", "--updates", "--all H-1", "--all --enhancement", "--with-bz", "B-9", "nothing"]
    {
        world.both(&format!("advisory info {args}")).exits(0);
        world.both(&format!("advisory info --json {args}")).exits(0);
    }
    world.both("advisory info B-9").exits(0).says("second");
}

#[test]
fn summary() {
    let world = world("bz2");
    for args in ["", "--all", "--installed", "--updates", "--all --newpackage", "--security", "nothing", "K-2"] {
        world.both(&format!("advisory summary {args}")).exits(0).says("advisory information summary:");
    }
    world.both("updateinfo summary").exits(0).says("Security");
}

#[test]
fn mistakes() {
    let world = world("");
    world.both("advisory list --all --installed").exits(2);
    world.both("advisory list --installed --updates").exits(2);
    world.both("advisory list --advisory-severities=bogus").exits(1).says("OptionValueNotAllowedError");
    world.both("upgrade --advisory-severities=critical,Foo").exits(1).says("OptionValueNotAllowedError");
    world.both("advisory").exits(2).says("Missing command.");
    world.both("advisory list").exits(0).says("K-2");
}

#[test]
fn several_collections_and_modules() {
    let world = World::new().repo("base", [rpm("alpha").evr("1-1"), rpm("beta").evr("1-1")]);
    let package = |name: &str| {
        format!(
            "<package name=\"{name}\" epoch=\"0\" version=\"2\" release=\"1\" arch=\"noarch\"><filename>f</filename></package>"
        )
    };
    let (alpha, beta) = (package("alpha"), package("beta"));
    let xml = format!(
        "<updates><update type=\"security\"><id>TWO</id><title>t</title><issued date=\"2024-01-01 00:00:00\"/><pkglist>\
         <collection><name>a</name>{alpha}</collection><collection><name>b</name>{beta}{beta}</collection>\
         </pkglist></update><update type=\"bugfix\"><id>NONE</id><pkglist><collection><name>c</name></collection>\
         </pkglist></update><update type=\"bugfix\"><id>SAME</id><pkglist><collection><name>c</name>{alpha}</collection>\
         </pkglist></update><update type=\"enhancement\"><id>SAME</id><pkglist><collection><name>c</name>{alpha}\
         </collection></pkglist></update></updates>"
    );
    world.advise("base", &xml, "gz");
    world.real_in_both("install -y alpha beta").exits(0);
    // Of several collections the real one makes `"collections":0` in JSON.
    for args in ["list", "list --json", "info", "info --json SAME", "info --all", "summary", "list SAME", "info NONE"] {
        world.both(&format!("advisory {args}")).exits(0);
    }
}

#[test]
fn several_repositories() {
    let mut world = World::new().repo("base", [rpm("alpha").evr("1-1")]).repo("more", [rpm("alpha").evr("2-1")]);
    let advisory = |id| document(&[Advisory::new(id, "security", "", &[("alpha", 0, "2", "noarch")])]);
    world.advise("base", &advisory("FIRST"), "gz");
    world.advise("more", &advisory("SECOND"), "gz");
    world.real_in_both("install -y alpha-1-1").exits(0);
    for args in ["list", "list --json", "info", "list --with-bz"] {
        world.both(&format!("advisory {args}")).exits(0);
    }
    world.both("advisory list --repo more").exits(0).says("SECOND");
    world = world.ignoring(oxidnf_testkit::Axis::Tree, "the cache of a disabled repository stays");
    world.both("upgrade -y --security").exits(0).says("alpha");
}

#[test]
fn check_upgrade() {
    let world = world("gz");
    for (args, status) in [
        ("", 100),
        ("--security", 100),
        ("--bugfix", 100),
        ("--bugfix --minimal", 100),
        ("--minimal", 100),
        ("--minimal alpha", 100),
        ("--security --minimal zeta", 100),
        ("--newpackage", 0),
        ("--newpackage alpha", 0),
        ("--newpackage done", 0),
        ("--cves=4", 0),
        ("--advisories=4,5 --minimal", 0),
        ("--advisory-severities=none", 0),
        ("--advisories=Z-2,B-9", 100),
        ("--cves=4 --json", 0),
        ("--security --json", 0),
        ("--changelogs", 100),
        ("--changelogs zeta --minimal", 100),
    ] {
        world.both(&format!("check-upgrade {args}")).exits(status);
    }
}

#[test]
fn repoquery() {
    let world = world("gz");
    for args in [
        "--security",
        "--advisory=Z-2",
        "--upgrades --advisory=Z-2",
        "--advisories=nothing",
        "--newpackage",
        "--advisory-severities=none",
        "--advisory-severities=none --bzs=9",
        "--installed --bugfix",
        "--installed --available --bugfix",
        "--enhancement zeta kern",
        "--security --latest-limit=1",
    ] {
        world.both(&format!("repoquery {args}")).exits(0);
    }
}

// What is there and what is not: limits that match nothing, and those that do.
#[test]
fn limited_changes_are_announced() {
    let world = world("gz");
    for (args, status) in [
        ("upgrade --assumeno --advisory=nope", 1),
        ("upgrade --assumeno --cves=nope --security", 1),
        ("upgrade --assumeno --security", 1),
        ("upgrade --assumeno --minimal", 1),
        ("upgrade-minimal --assumeno zeta", 1),
        ("upgrade --assumeno --minimal --bugfix", 1),
        ("upgrade --assumeno --bugfix zeta kern", 1),
        ("upgrade --assumeno --bugfix zeta kern --skip-unavailable", 1),
        ("upgrade --assumeno --advisories=W-3", 0),
        ("upgrade --assumeno --advisories=W-3,B-9", 1),
        ("upgrade --assumeno --advisories=H-1", 0),
        ("upgrade --assumeno --advisories=D-1", 0),
        ("upgrade --assumeno --advisories=D-1 done", 1),
        ("upgrade --assumeno --advisories=O-1", 1),
        ("upgrade --assumeno --advisory-severities=none", 0),
        ("upgrade --assumeno --advisory-severities=none zeta", 1),
        ("upgrade --assumeno --enhancement", 1),
        ("upgrade --assumeno --security 'z*'", 1),
        ("upgrade --assumeno --security nothere", 1),
        ("install --assumeno --security zeta", 1),
        ("install --assumeno --advisory=B-9 zeta", 1),
        ("install --assumeno --advisory=D-1 zeta", 1),
        ("install --assumeno --advisory=D-1 zeta --skip-unavailable", 0),
        ("install --assumeno --advisory=D-1 fresh", 1),
        ("install --assumeno --advisory=nope zeta", 1),
        ("do --action=upgrade --security zeta --assumeno", 1),
        ("do --action=install --bugfix zeta --assumeno", 1),
    ] {
        world.both(args).exits(status);
    }
}

#[test]
fn limited_upgrades_are_carried_out() {
    let first = world("gz");
    first.both("upgrade -y --bugfix --minimal").exits(0).says("zeta");
    first.both("upgrade -y --security").exits(0);
    first.both("advisory list --installed").exits(0);
    first.both("upgrade -y --security").exits(0).says("Nothing to do.");
    let second = world("gz");
    second.both("upgrade-minimal -y").exits(0);
    second.both("advisory list --all").exits(0);
}
