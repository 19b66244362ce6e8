//! The sentences about why a request cannot be carried out: one case for each of them.
//! `every_kind_of_rule` says which rules of libsolv there are, and which of them dnf5 cannot bring about.

use oxidnf_testkit::decisions::{Case, run};
use oxidnf_testkit::{Oracle, Rpm, World, rpm};

fn world(packages: impl IntoIterator<Item = Rpm>) -> World {
    World::new().repo("base", packages)
}

#[test]
fn nothing_provides() {
    let world = world([
        rpm("app").requires("gone"),
        rpm("versioned").requires("lib >= 3"),
        rpm("lib").evr("2-1"),
        rpm("filed").requires("/no/such/file"),
        rpm("rich").requires("(gone or away)"),
    ]);
    for spec in ["app", "versioned", "filed", "rich"] {
        world.both(&format!("install -y {spec}")).exits(1).says("nothing provides");
        world.both(&format!("install -y --skip-broken {spec}")).exits(0).says("Nothing to do.");
    }
    world.both("install -y app versioned filed rich").exits(1).says("Problem 4:");
    world.both("install -y app lib --skip-broken").exits(0).says("Complete!");
    world.both("install -y filed --setopt=optional_metadata_types=filelists").exits(1);
    world.both("install -y app --no-best").exits(1);
}

#[test]
fn requirements_that_cannot_be_installed() {
    let world = world([
        rpm("app").requires("middle"),
        rpm("middle").requires("lib"),
        rpm("lib").requires("gone"),
        rpm("two").requires("either"),
        rpm("one-of").provides("either").requires("gone"),
        rpm("other-of").provides("either").requires("away"),
    ]);
    world.both("install -y app").exits(1).says("none of the providers can be installed");
    world.both("install -y two").exits(1).says("none of the providers can be installed");
    world.both("install -y two app --skip-broken").exits(0);
}

#[test]
fn conflicts() {
    let world = world([
        rpm("one").conflicts("two"),
        rpm("two"),
        rpm("three").conflicts("capability"),
        rpm("four").provides("capability = 1"),
        rpm("own").provides("mine").conflicts("mine"),
        rpm("hates-shell").conflicts("busybox"),
        rpm("disliked").provides("dislike"),
        rpm("hates-it").conflicts("dislike < 2"),
        rpm("file-hater").conflicts("/usr/share/four"),
    ]);
    world.both("install -y one two").exits(1).says("conflicts with two provided by");
    world.both("install -y one two --allowerasing").exits(1);
    world.both("install -y three four").exits(1).says("conflicts with capability");
    world.both("install -y own").exits(0);
    world.both("install -y hates-shell").exits(1).says("busybox");
    world.both("install -y disliked").exits(0);
    world.both("install -y hates-it").exits(1).says("conflicts with dislike");
    world.both("install -y hates-it --allowerasing").exits(0).says("Removing dependent packages:");
    world.both("install -y one").exits(0);
    world.both("install -y two").exits(1).says("installed package one-1-1.noarch conflicts");
    world.both("install -y two --skip-broken").exits(0);
    world.both("install -y two --allowerasing").exits(0);
}

#[test]
fn obsoletes() {
    let world = world([
        rpm("old").evr("1-1"),
        rpm("new").evr("2-1").obsoletes("old < 2"),
        rpm("newer").evr("3-1").obsoletes("old < 2"),
        rpm("needs-old").requires("old = 1"),
        rpm("needs-new").requires("new"),
    ]);
    world.both("install -y needs-old needs-new").exits(1).says("obsoletes old");
    world.both("install -y new newer").exits(0);
    world.both("install -y needs-old").exits(1).says("obsoletes");
    world.both("install -y old-1-1").exits(1);
}

#[test]
fn the_same_name() {
    let world = world([
        rpm("lib").evr("1-1"),
        rpm("lib").evr("2-1"),
        rpm("old-app").requires("lib = 1"),
        rpm("new-app").requires("lib = 2"),
    ]);
    world.both("install -y old-app new-app").exits(1).says("cannot install both");
    world.both("install -y lib-1-1 lib-2-1").exits(1);
    world.both("install -y old-app").exits(0);
    world.both("install -y new-app").exits(1).says("cannot install both");
    world.both("install -y new-app --allowerasing").exits(0);
    world.both("install -y old-app --skip-broken").exits(0);
}

#[test]
fn excluded_and_other_architectures() {
    let world = world([
        rpm("app").requires("lib"),
        rpm("lib"),
        rpm("foreign").arch("aarch64"),
        rpm("user").requires("foreign"),
        rpm("chain").requires("app"),
    ]);
    world.both("install -y app --exclude=lib").exits(1).says("filtered out by exclude filtering");
    world.both("install -y chain --exclude=lib").exits(1).says("filtered out by exclude filtering");
    world.both("install -y lib --exclude=lib").exits(1).says("matches only excluded packages");
    world.both("install -y user").exits(1);
    world.both("install -y foreign").exits(1);
    world.both("install -y 'foreign*' LIB nothere").exits(1).says("Maybe you meant");
    world.both("remove -y lib").exits(0).says("No packages to remove");
}

#[test]
fn the_best_candidate() {
    let world = world([
        rpm("app").evr("1-1"),
        rpm("app").evr("2-1").requires("gone"),
        rpm("lib").evr("1-1"),
        rpm("lib").evr("2-1"),
        rpm("holder").requires("lib = 1"),
    ]);
    world.both("install -y app --best").exits(1).says("the best candidate");
    world.both("install -y app --no-best").exits(0);
    world.both("upgrade -y app --best").exits(1).says("cannot install the best update candidate");
    world.both("upgrade -y --best").exits(1).says("Problem");
    world.both("upgrade -y --no-best").exits(0).says("Nothing to do.");
    world.both("install -y holder").exits(0);
    world.both("upgrade -y --best").exits(1).says("Problem 2:");
    world.both("upgrade -y --no-best").exits(0);
    world.both("distro-sync -y").exits(1);
    world.both("distro-sync -y --no-best").exits(0);
    world.both("distro-sync -y --skip-broken").exits(1);
}

#[test]
fn removals() {
    let world = world([rpm("lib"), rpm("app").requires("lib"), rpm("kept"), rpm("user").requires("kept")]);
    world.write("/etc/dnf/protected.d/kept.conf", "kept\n");
    world.both("install -y app user").exits(0);
    world.both("remove -y kept").exits(1).says("protected packages: kept");
    world.both("remove -y kept lib").exits(1).says("protected packages: kept");
    world.both("remove -y nothing lib --exclude=app").exits(1);
    world.both("remove -y lib").exits(0).says("Removing dependent packages:");
    world.both("install -y kept").exits(0).says("already installed");
}

#[test]
fn broken_by_an_upgrade() {
    let world = world([
        rpm("lib").evr("1-1").provides("abi = 1"),
        rpm("app").requires("abi = 1"),
        rpm("needs-next").requires("abi = 2"),
    ]);
    world.both("install -y app").exits(0);
    let mut world = world;
    let next = oxidnf_testkit::repo(&Oracle::find(), &[rpm("lib").evr("2-1").provides("abi = 2")]);
    world.add_repo("next", &next, "gpgcheck=0\n");
    world.both("install -y needs-next").exits(1).says("installed package app-1-1.noarch requires abi = 1");
    world.both("upgrade -y lib").exits(1);
    world.both("upgrade -y").exits(1);
    world.both("upgrade -y --no-best").exits(0);
    world.both("install -y needs-next --allowerasing").exits(0);
}

#[test]
fn priorities() {
    let world = World::new()
        .repo_conf("first", [rpm("lib").evr("1-1")], "gpgcheck=0\npriority=10\n")
        .repo("second", [rpm("lib").evr("2-1"), rpm("app").requires("lib = 2")]);
    world.both("install -y app --exclude=lib-2-1").exits(1);
    world.both("install -y lib").exits(0);
    world.both("upgrade -y").exits(0).says("Nothing to do.");
    world.both("install -y app").exits(0).says("lib");
}

#[test]
fn vendors() {
    let world = world([
        rpm("lib").evr("1-1").vendor("One"),
        rpm("lib").evr("2-1").vendor("Two"),
        rpm("bare").evr("1-1"),
        rpm("bare").evr("2-1").vendor("Two"),
        rpm("app").requires("lib = 2"),
    ]);
    world.both("install -y lib-1-1 bare-1-1").exits(0);
    world.both("upgrade -y --no-allow-vendor-change").exits(0).says("due to vendor change restriction");
    world.both("upgrade -y --no-allow-vendor-change lib").exits(0);
    world.both("install -y --no-allow-vendor-change app").exits(1);
    world.both("install -y --no-allow-vendor-change app --skip-broken").exits(0);
    world.both("install -y --setopt=allow_vendor_change=0 lib-2-1").exits(1);
    world.both("distro-sync -y --no-allow-vendor-change").exits(0);
    world.both("upgrade -y --no-allow-vendor-change --allow-vendor-change").exits(2);
    world.both("upgrade -y --allow-vendor-change").exits(0);
}

#[test]
fn sources_of_packages() {
    let world =
        World::new().repo("one", [rpm("lib").evr("1-1"), rpm("only").evr("1-1")]).repo("two", [rpm("lib").evr("2-1")]);
    world.both("install -y --from-repo=nothere lib").exits(2);
    world.both("install -y --from-repo=two only").exits(1).says("in repositories");
    world.both("install -y --from-repo=one lib").exits(0);
    world.both("upgrade -y --from-repo=one lib").exits(0).says("Nothing to do.");
    world.both("upgrade -y --installed-from-repo=two").exits(1);
    world.both("upgrade -y --installed-from-repo=nothere lib").exits(1);
    world.both("upgrade -y --from-repo='t*' lib").exits(0);
    world.both("downgrade -y --from-repo=two lib").exits(0);
    world.both("reinstall -y --from-repo=one lib").exits(1);
    world.both("distro-sync -y --from-repo=one lib").exits(0);
    world.both("install -y --from-vendor=Nobody lib").exits(1);
}

#[test]
fn requests_that_say_nothing() {
    let world = world([
        rpm("app").evr("1-1"),
        rpm("app").evr("2-1"),
        rpm("lib"),
        rpm("alt-one").provides("alternative-for(vi)"),
    ]);
    world.both("install -y app-1-1").exits(0);
    world.both("reinstall -y lib").exits(1);
    world.both("downgrade -y lib").exits(1);
    world.both("downgrade -y app").exits(0).says("lowest available version");
    world.both("upgrade -y lib").exits(1);
    world.both("upgrade -y nothere APP").exits(1).says("Maybe you meant");
    world.both("reinstall -y app-2-1").exits(1);
    world.both("install -y vi").exits(1).says("alternatives");
    world.both("swap -y nothere lib").exits(0);
    world.both("mark user nothere").exits(1);
    world.both("mark user nothere --skip-unavailable").exits(0);
    world.both("autoremove -y").exits(0);
    world.both("install -y @nogroup").exits(1);
    world.both("install -y ./nothere.rpm").exits(1);
}

/// One package that nothing can install provides all that another one requires: the causes of one rule, which libsolv
/// sorts by its numbers, the first time as the metadata was parsed and then as its cache has them.
#[test]
fn several_causes_of_one_rule() {
    let names = ["zeta", "beta", "libx.so.1()(64bit)", "/etc/lib/file", "alpha"];
    let versioned = ["eta = 2", "gamma >= 1", "theta < 3"];
    let mut lib = rpm("lib").requires("gone").file("/etc/lib/file", "");
    for name in names.iter().filter(|name| !name.starts_with('/')) {
        lib = lib.provides(name);
    }
    for name in ["eta = 2", "gamma = 1", "theta = 1"] {
        lib = lib.provides(name);
    }
    let mut app = rpm("app").requires("(beta and alpha)").requires("lib");
    let mut mixed = rpm("mixed");
    for dep in versioned.iter().chain(&names) {
        (app, mixed) = (app.requires(dep), mixed.requires(dep));
    }
    // What is used more often has a lower number.
    let users = (1..5).map(|number| {
        let user = rpm(&format!("user{number}")).requires("beta").requires("theta < 3");
        if number > 2 { user.requires("zeta").requires("gamma >= 1") } else { user }
    });
    let many = (1..40).map(|number| rpm(&format!("other{number}")).provides(&format!("some{number} = {number}")));
    let world = world(users.chain([app, lib, mixed]).chain(many));
    for _ in 0..2 {
        world.both("install -y app").exits(1).says("requires beta");
        world.both("install -y mixed").exits(1).says("requires zeta");
        world.both("install -y user1 user4").exits(1).says("requires theta < 3");
    }
}

#[test]
fn the_running_kernel() {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("Linux says which it is");
    let modules = format!("/lib/modules/{}", release.trim());
    let world = world([
        rpm("my-kernel").evr("1-1").file(&format!("{modules}/modules.order"), "").dir("", &modules),
        rpm("my-kernel").evr("2-1"),
        rpm("tool").requires("my-kernel = 1"),
        rpm("replacement").obsoletes("my-kernel"),
        rpm("enemy").conflicts("my-kernel"),
    ]);
    world.both("install -y my-kernel-1-1 tool").exits(0);
    world.both("remove -y my-kernel").exits(1).says("in removing of running kernel: my-kernel-0:1-1.noarch");
    world.both("install -y replacement").exits(1);
    world.both("install -y enemy").exits(1);
    world.both("install -y enemy --allowerasing").exits(1);
    world.both("upgrade -y my-kernel --best").exits(1);
    world.both("remove -y tool my-kernel").exits(1);
    world
        .both("install -y enemy --allowerasing --setopt=protect_running_kernel=0 --setopt=protected_packages=tool")
        .exits(1);
    world.both("remove -y my-kernel --setopt=protect_running_kernel=0").exits(0);
}

#[test]
fn inferior_architectures() {
    let world = world([
        rpm("lib").evr("1-1").arch("i686").provides("old-abi"),
        rpm("lib").evr("2-1").arch("x86_64").provides("new-abi"),
        rpm("old-app").requires("old-abi"),
        rpm("new-app").requires("new-abi"),
        rpm("any-app").requires("lib"),
        rpm("both").evr("1-1").arch("i686").provides("b32"),
        rpm("both").evr("1-1").arch("x86_64").provides("b64"),
        rpm("b32-app").requires("b32"),
        rpm("bb-app").requires("b32").requires("b64"),
    ]);
    for spec in
        ["old-app new-app", "old-app any-app", "old-app lib", "lib.i686 new-app", "b32-app", "bb-app", "old-app"]
    {
        world.both(&format!("install --assumeno {spec}")).exits(1);
    }
    world.both("install -y lib.i686").exits(0);
    world.both("install --assumeno new-app").exits(1);
    world.both("upgrade --assumeno").exits(0);
    world.both("distro-sync --assumeno").exits(0);
    world.both("install --assumeno lib.x86_64 old-app").exits(1);
}

#[test]
fn outside_of_a_distupgrade() {
    let mut world = world([
        rpm("lib").evr("3-1"),
        rpm("app").requires("lib = 3"),
        rpm("other").evr("3-1"),
        rpm("user").requires("other >= 3"),
    ]);
    world.both("install -y app user").exits(0);
    let older = oxidnf_testkit::repo(
        &Oracle::find(),
        &[rpm("lib").evr("1-1"), rpm("other").evr("1-1"), rpm("other").evr("2-1"), rpm("new").requires("lib = 3")],
    );
    world.add_repo("older", &older, "gpgcheck=0\n");
    let only = "--repo=older";
    world.both(&format!("distro-sync --assumeno {only}")).exits(1).says("does not belong to a distupgrade repository");
    world.both(&format!("distro-sync --assumeno {only} lib")).exits(1);
    world.both(&format!("distro-sync --assumeno {only} other --no-best")).exits(0).says("Problem");
    world.both(&format!("distro-sync --assumeno {only} other --skip-broken")).exits(1);
    world.both(&format!("distro-sync --assumeno {only} lib --setopt=protected_packages=app")).exits(1);
    world.both("distro-sync --assumeno").exits(0);
}

#[test]
fn requests_by_provide() {
    let world = world([rpm("lib"), rpm("app").requires("lib"), rpm("broken").provides("cap").requires("gone")]);
    for spec in [
        "'(lib and nothere)'",
        "'(lib or nothere)'",
        "'(nothere if lib)'",
        "'(rpmlib(CompressedFileNames) and lib)'",
        "'rpmlib(CompressedFileNames)'",
        "'rpmlib(CompressedFileNames) <= 4'",
        "'cap'",
        "'(cap with gone)'",
        "'(lib without app)'",
        "'lib > 5'",
        "'lib = 1'",
        "'lib >= 1-1'",
        "'lib<5'",
        "'lib <'",
        "'< 5'",
    ] {
        world.both(&format!("install --assumeno {spec}"));
    }
}

/// Decides the cases of a table beside dnf5, each for the sentences with the same place: both programs say the same, and
/// dnf5 says what the case is there for.
fn witnessed(cases: &str, sentences: &[(&str, &str)]) {
    let texts: Vec<&str> = cases.split("=====\n").collect();
    assert_eq!(texts.len(), sentences.len(), "each case has a sentence");
    let cases: Vec<Case> = texts.iter().map(|text| text.parse().expect("the case is written as cases are")).collect();
    let outcomes = run(&Oracle::find(), &cases).expect("the oracle takes every case");
    for ((text, outcome), (kind, sentence)) in texts.iter().zip(&outcomes).zip(sentences) {
        assert!(text.starts_with(&format!("# {kind}\n")), "the case of {kind} is another one:\n{text}");
        assert!(outcome.differences.is_empty(), "{text}{}", outcome.differences);
        assert!(outcome.said.contains(sentence), "{kind} is not what dnf5 speaks of:\n{text}{}", outcome.said);
    }
}

/// Every kind of rule of libsolv that can be part of a problem of dnf5's. The others:
///
/// * `PKG_SELF_CONFLICT`: only pools that forbid conflicts with oneself have it, which dnf5's does not (`conflicts` above
///   installs such a package).
/// * `PKG_IMPLICIT_OBSOLETES`: only in pools that look at provides for it, which dnf5's does not; else it is `PKG_SAME_NAME`.
/// * `PKG_NOT_INSTALLABLE` of a source package, "is not installable": dnf5 makes no jobs of source packages.
/// * `JOB_UNKNOWN_PACKAGE`, `JOB_PROVIDED_BY_SYSTEM`, `JOB_UNSUPPORTED`: dnf5 asks for packages that it found, not for names.
/// * `BLACK`, `STRICT_REPO_PRIORITY`: dnf5 makes no such jobs, and never sets that flag.
/// * `PKG_CONSTRAINS`: only packages of conda have constraints.
/// * `FEATURE`, `CHOICE`, `RECOMMENDS`, `PKG_RECOMMENDS`, `PKG_SUPPLEMENTS`, `LEARNT`: libsolv gives way before these are
///   causes, or resolves them into their causes.
#[test]
fn every_kind_of_rule() {
    let sentences = [
        ("SOLVER_RULE_JOB", "  - conflicting requests"),
        ("SOLVER_RULE_JOB_NOTHING_PROVIDES_DEP", "nothing provides requested (lib and gone)"),
        ("SOLVER_RULE_UPDATE", "problem with installed package"),
        ("SOLVER_RULE_BEST of a job", "cannot install the best candidate for the job"),
        ("SOLVER_RULE_BEST of an update", "cannot install the best update candidate for package app-1-1.noarch"),
        ("SOLVER_RULE_PKG_REQUIRES", "package app-1-1.noarch from base requires lib, but none of the providers can be"),
        ("SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP", "nothing provides gone >= 3 needed by app-1-1.noarch from base"),
        (
            "SOLVER_RULE_PKG_CONFLICTS",
            "package one-1-1.noarch from base conflicts with two < 2 provided by two-1-1.noarch",
        ),
        ("SOLVER_RULE_PKG_OBSOLETES", "package new-1-1.noarch from base obsoletes old provided by old-1-1.noarch"),
        ("SOLVER_RULE_PKG_INSTALLED_OBSOLETES", "installed package new-1-1.noarch obsoletes old provided by old-1-1"),
        ("SOLVER_RULE_PKG_SAME_NAME", "cannot install both lib-2-1.noarch from base and lib-1-1.noarch from base"),
        (
            "SOLVER_RULE_YUMOBS, of one that cannot be installed",
            "both package new-1-1.noarch from base and newer-1-1.noarch from base obsolete old",
        ),
        (
            "SOLVER_RULE_YUMOBS, of those that conflict",
            "both package newer-1-1.noarch from base and new-1-1.noarch from base obsolete old",
        ),
        ("SOLVER_RULE_INFARCH", "lib-1-1.i686 from base has inferior architecture"),
        ("SOLVER_RULE_DISTUPGRADE", "lib-3-1.noarch does not belong to a distupgrade repository"),
        ("SOLVER_RULE_PKG_NOT_INSTALLABLE, excluded", "lib-1-1.noarch from base is filtered out by exclude filtering"),
        (
            "SOLVER_RULE_PKG_NOT_INSTALLABLE, of another architecture",
            "package lib-1-1.aarch64 from base does not have a compatible architecture",
        ),
    ];
    witnessed(include_str!("decided/every_kind_of_rule.case"), &sentences);
}

/// The problems that dnf5 finds itself, by the names of its `GoalProblem`. Those of the running kernel, of groups and
/// modules, and of stored transactions have tests of their own.
#[test]
fn every_goal_problem() {
    let sentences = [
        ("NOT_FOUND", "No match for argument: nothere"),
        ("EXCLUDED", "Argument 'lib' matches only excluded packages."),
        ("EXCLUDED_VERSIONLOCK", "Argument 'lib-2-1' matches only packages excluded by versionlock."),
        ("ONLY_SRC", "Argument 'lib' matches only source packages."),
        ("NOT_FOUND_IN_REPOSITORIES", "No match for argument 'lib' in repositories 'other'"),
        ("NOT_INSTALLED", "Packages for argument 'lib' available, but not installed."),
        ("NOT_INSTALLED_FOR_ARCHITECTURE", "available, but installed for a different architecture."),
        ("NOT_AVAILABLE", "Packages for argument 'own' installed, but not available."),
        ("INSTALLED_IN_DIFFERENT_VERSION", "are not available in repositories in the same version"),
        ("INSTALLED_LOWEST_VERSION", "The lowest available version of the \"lib.noarch\" package is already installed"),
        ("ALREADY_INSTALLED", "Package \"lib-1-1.noarch\" is already installed."),
        ("ALREADY_INSTALLED with a reason", "Package \"lib-1-1.noarch\" is already installed with reason \"User\"."),
        ("HINT_ICASE", "  * Maybe you meant: lib"),
        ("HINT_ALTERNATIVES", "There are following alternatives for 'vi': vim"),
        (
            "REMOVAL_OF_PROTECTED, of what needs it",
            "would result in broken dependencies for the following protected packages: app",
        ),
        ("REMOVAL_OF_PROTECTED, of itself", "would result in removing the following protected packages: lib"),
        ("nothing to remove", "No packages to remove for argument: lib"),
        ("UNSUPPORTED_ACTION", "Reinstall action for argument \"tools\" is not supported."),
        ("a group that is not there", "No match for argument: tools"),
        ("NOT_FOUND_DEBUGINFO", "Could not find debuginfo package for the following packages"),
        ("no match in advisories", "No match for argument 'lib' in selected advisories"),
    ];
    witnessed(include_str!("decided/every_goal_problem.case"), &sentences);
}
