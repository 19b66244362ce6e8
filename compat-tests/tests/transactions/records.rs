//! Elements of a transaction and their records: which replace which, and which are marked.

use oxidnf_testkit::fuzz::package::{Family, Moment, Sense, sense};
use oxidnf_testkit::fuzz::{Arena, File, Package};

use super::{logs_everything, package, steps, steps_in};

#[test]
fn problems_are_told_by_element() {
    let file = |name: &str, content: &str| package(name, "1").file(File::regular("/usr/share/f", content));
    steps(
        "already installed, and conflicts of both kinds",
        [file("a", "1"), file("b", "2"), file("c", "3")],
        &["-U a-1-1.noarch", "-U a-1-1.noarch b-1-1.noarch c-1-1.noarch", "-i b-1-1.noarch a-1-1.noarch"],
    );
    steps(
        "newer ones before the same one, which is told once",
        [package("a", "1"), package("a", "2")],
        &["-U a-1-1.noarch", "-i a-2-1.noarch", "-U a-1-1.noarch"],
    );
}

#[test]
fn without_colours_no_architecture_is_another_one() {
    let of = |arch: &'static str| {
        let mut made = package("a", "1");
        made.arch = arch;
        made
    };
    let upgrade = ["-U a-1-1.i686", "-U --define=_transaction_color\u{a0}0 a-1-1.x86_64"];
    steps("no colours", [of("i686"), of("x86_64")], &upgrade);
}

#[test]
fn the_last_one_replaces_a_record() {
    let of = |arch: &'static str| package("a", "1").arch(arch).logs(Moment::PostTrans).logs(Moment::PostUn);
    steps(
        "two architectures without colours",
        [of("x86_64"), of("i686")],
        &["-U a-1-1.x86_64", "-U --replacepkgs a-1-1.x86_64 a-1-1.i686"],
    );
}

#[test]
fn the_first_that_obsoletes_a_record_replaces_it() {
    let logs = |package: Package| package.logs(Moment::PostUn).logs(Moment::PostTrans);
    let made = |name: &str, version: &str, fails: bool| {
        let made = logs(package(name, version));
        if fails { made.script(Moment::Pre, "exit 1") } else { made }
    };
    let obsoleting = |name: &str, fails: bool| {
        let mut made = made(name, "1", fails);
        made.obsoletes.push(("a".to_owned(), sense::LESS | sense::EQUAL, "1-1".to_owned()));
        made
    };
    let mut arena = Arena::of_tests();
    for other in ["a-2-1.noarch", "c-1-1.noarch"] {
        for (one_fails, two_fails) in [(false, false), (true, false), (false, true)] {
            let one = if other.starts_with('a') { made("a", "2", one_fails) } else { obsoleting("c", one_fails) };
            let packages = [made("a", "1", false), one, obsoleting("b", two_fails)];
            for line in [format!("-U {other} b-1-1.noarch"), format!("-U b-1-1.noarch {other}")] {
                steps_in(&mut arena, &line, packages.clone(), &["-U a-1-1.noarch", &line]);
            }
        }
    }
}

#[test]
fn what_an_obsoleted_reinstallation_was_to_replace_goes() {
    let old = package("old", "1").file(File::dir("/top"));
    let new = package("new", "1").obsoletes("old");
    let watch = package("new", "0").trigger(Family::Package, Sense::Un, &["old"], None);
    steps(
        "in the order of rpm",
        [old, new, watch],
        &["-U new-0-1.noarch", "-i new-1-1.noarch old-1-1.noarch", "--reinstall old-1-1.noarch new-1-1.noarch"],
    );
}

#[test]
fn a_package_that_obsoletes_its_own_name() {
    let of = |version: &str, arch: &'static str, color: u32| {
        let mut file = File::regular("/usr/lib/l.so", version);
        (file.mode, file.color) = (0o755, color);
        let mut made = package("own", version).file(file);
        made.arch = arch;
        made
    };
    let mut arena = Arena::of_tests();
    for evr in [None, Some("2"), Some("1")] {
        let mut new = of("3", "x86_64", 2);
        new.obsoletes.extend(evr.map(|evr| ("own".to_owned(), sense::LESS, evr.to_owned())));
        let packages = [of("1", "i686", 1), new];
        steps_in(
            &mut arena,
            &format!("{evr:?}"),
            packages,
            &["-U --nodeps own-1-1.i686", "-U --nodeps own-3-1.x86_64"],
        );
    }
}

/// A file that has lost one of its names, or was to get one that it cannot have, is disarmed under the others.

#[test]
fn erasures_beside_installations() {
    let of = |name: &str, version: &str, file: &str| {
        logs_everything(package(name, version)).file(File::regular(file, version))
    };
    let mut arena = Arena::of_tests();
    let packages = || {
        [
            of("a", "1", "/opt/a"),
            of("a", "2", "/opt/a"),
            of("b", "1", "/opt/b"),
            of("c", "1", "/opt/b"),
            of("d", "1", "/opt/d").obsoletes("b"),
        ]
    };
    for step in [
        "-U --erase=b c-1-1.noarch",
        "-U --erase=b a-2-1.noarch",
        "-U --erase=a a-2-1.noarch",
        "-i --erase=a a-2-1.noarch",
        "-i --erase=a a-1-1.noarch",
        "-U --erase=b d-1-1.noarch",
        "-U --erase=a --erase=b --noscripts c-1-1.noarch",
        "-i --erase=b c-1-1.noarch a-2-1.noarch",
    ] {
        steps_in(&mut arena, step, packages(), &["-U a-1-1.noarch b-1-1.noarch", step, "-e a b c d"]);
    }
}

/// A link that comes with a package leads files of others elsewhere, before it is there.

#[test]
fn a_record_that_is_gone_ends_the_marking() {
    let first = package("a", "1").file(File::regular("/opt/d", "one"));
    let second = package("a", "2").file(File::regular("/opt/d", "two")).file(File::regular("/opt/q", "a"));
    let other = package("b", "1").file(File::regular("/opt/q", "b"));
    let mut arena = Arena::of_tests();
    // The older record is that of `a` or that of `b`, and it is replaced before or after `b` is to be marked.
    for before in [["-U a-1-1.noarch", "-U b-1-1.noarch"], ["-U b-1-1.noarch", "-U a-1-1.noarch"]] {
        for targets in ["a-2-1.noarch a-1-1.noarch", "a-1-1.noarch a-2-1.noarch", "a-2-1.noarch"] {
            let line = format!("-i --replacefiles --replacepkgs {targets}");
            let packages = [first.clone(), second.clone(), other.clone()];
            steps_in(&mut arena, &line, packages, &[before[0], before[1], &line]);
        }
    }
}

#[test]
fn of_several_records_of_one_package_one_is_replaced() {
    // The record that is to be erased stays, and the new one comes beside it.
    let stays = |arch: &'static str| {
        let logged = [Moment::Pre, Moment::Post, Moment::PostTrans, Moment::PostUn];
        logged.into_iter().fold(package("a", "1").arch(arch), Package::logs).script(Moment::PreUn, "exit 1")
    };
    let mut arena = Arena::of_tests();
    let twins = ["-U a-1-1.noarch", "-U --replacepkgs a-1-1.noarch"];
    for line in [
        "-i --replacepkgs a-1-1.noarch",
        "-U --replacepkgs a-1-1.noarch",
        "--reinstall a-1-1.noarch",
        "-i --replacepkgs --justdb a-1-1.noarch",
        "-i --replacepkgs --define=_transaction_color\u{a0}0 a-1-1.noarch",
    ] {
        steps_in(&mut arena, line, [stays("noarch")], &[twins[0], twins[1], twins[1], line, line]);
    }
    for color in ["0", "3"] {
        let line = format!("-i --replacepkgs --define=_transaction_color\u{a0}{color} a-1-1.i686");
        let lines = ["-i a-1-1.x86_64", "-i a-1-1.i686", "-U --replacepkgs a-1-1.i686", &line, &line, &line];
        steps_in(&mut arena, &line, [stays("x86_64"), stays("i686")], &lines);
    }
}

#[test]
fn missing_dependencies_are_told_by_element() {
    let newer = package("a", "2").file(File::regular("/opt/b/one", "x"));
    let mut arena = Arena::of_tests();
    for needed in ["(x and a)", "(x without a > 3)", "a"] {
        let packages = [
            package("a", "1"),
            newer.clone(),
            package("b", "1").requires(needed, 0),
            package("c", "1").requires("/opt/b/one", 0),
        ];
        for last in ["-U --checked a-1-1.noarch", "-e --allmatches --checked a"] {
            let lines = ["-i a-2-1.noarch", "-i --oldpackage a-1-1.noarch", "-U b-1-1.noarch c-1-1.noarch", last];
            steps_in(&mut arena, &format!("{needed}, {last}"), packages.clone(), &lines);
        }
    }
}
