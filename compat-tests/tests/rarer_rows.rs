//! Rows of rpm's behaviour that random transactions meet seldom or never, each by hand, beside real rpm.
//!
//! `ROWS.md` says which rows these are.

use oxidnf_testkit::fuzz::package::{Family, Moment, Sense, flag};
use oxidnf_testkit::fuzz::{Arena, File, Kind, Package, Sequence};

/// Runs packages and steps, as [`Sequence::of_lines`] reads them, on both sides.
fn steps(arena: &mut Arena, what: &str, packages: impl IntoIterator<Item = Package>, lines: &[&str]) {
    arena.assert_same(what, &Sequence::of_lines(packages, lines));
}

fn package(name: &str, version: &str) -> Package {
    Package::new(name, version)
}

/// What a file of a version can be; the last is not there.
const FATES: [(&str, Option<u32>); 8] = [
    ("plain", Some(0)),
    ("config", Some(flag::CONFIG)),
    ("noreplace", Some(flag::CONFIG | flag::NOREPLACE)),
    ("missingok", Some(flag::CONFIG | flag::MISSINGOK)),
    ("kept-or-missing", Some(flag::CONFIG | flag::NOREPLACE | flag::MISSINGOK)),
    ("ghost", Some(flag::GHOST)),
    ("ghost-config", Some(flag::CONFIG | flag::GHOST)),
    ("none", None),
];

/// What the admin does: the name, and the shell's words for `$f`.
const EDITS: [(&str, &str); 9] = [
    ("untouched", ":"),
    ("edited", "echo edited >$f"),
    ("as-the-new", "printf new >$f"),
    ("as-the-old", "printf old >$f"),
    ("missing", "rm -rf $f"),
    ("directory", "rm -rf $f; mkdir $f; echo inside >$f/inside"),
    ("link", "rm -rf $f; ln -s elsewhere $f"),
    ("link-to-it", "rm -rf $f.real; mv $f $f.real 2>/dev/null; ln -s ${f##*/}.real $f"),
    ("mode", "chmod 600 $f 2>/dev/null"),
];

/// Every old kind, every new one, every edit, with another content and with the same: what is installed, what is done by
/// hand in between, and what is left after an upgrade and after an erasure.
#[test]
fn the_matrix_of_configuration() {
    let mut arena = Arena::of_tests();
    for links in [false, true] {
        for same in [false, true] {
            for (edit, words) in EDITS {
                let mut versions = [package("a", "1"), package("a", "2")];
                let mut script = "mkdir -p /etc/m".to_owned();
                for (old, old_flags) in FATES {
                    for (new, new_flags) in FATES {
                        let path = format!("/etc/m/{old}.{new}");
                        let contents = ["old", if same { "old" } else { "new" }];
                        for ((version, flags), content) in versions.iter_mut().zip([old_flags, new_flags]).zip(contents)
                        {
                            let Some(flags) = flags else { continue };
                            let file = if links { File::link(&path, content) } else { File::regular(&path, content) };
                            version.files.push(file.flags(flags));
                        }
                        script.push_str(&format!("; f={path}; {words}"));
                    }
                }
                let change = format!("# {script}; true");
                let what = format!("{edit}, same {same}, links {links}");
                let lines = ["-U a-1-1.noarch", &change, "-U a-2-1.noarch", &change, "-e a"];
                steps(&mut arena, &what, versions.clone(), &lines);
                // Files that were there before anybody brought them, and a package that goes with them.
                steps(&mut arena, &what, versions, &[&change, "-U a-1-1.noarch", &change, "-e a"]);
            }
        }
    }
}

/// Triggers that fail hold up what rpm lets them hold up, and no more.
#[test]
fn triggers_that_fail() {
    let mut arena = Arena::of_tests();
    let kinds = [Sense::PreIn, Sense::In, Sense::Un, Sense::PostUn].map(|sense| (Family::Package, sense, "t"));
    let others = [Family::File, Family::TransFile]
        .into_iter()
        .flat_map(|family| [Sense::In, Sense::Un, Sense::PostUn].map(|sense| (family, sense, "/opt/t")));
    let critical = 4;
    for (family, sense, name) in kinds.into_iter().chain(others) {
        for flags in [0, critical] {
            let mut watch = package("w", "1").trigger(family, sense, &[name], None);
            watch.triggers[0].body.push_str("; exit 7");
            watch.triggers[0].flags = flags;
            let target = |version: &str| {
                let files = package("t", version).file(File::dir("/opt/t")).file(File::regular("/opt/t/f", version));
                Moment::ALL.into_iter().fold(files, Package::logs)
            };
            let what = format!("{family:?} {sense:?} {flags}");
            let lines = ["-U w-1-1.noarch", "-U t-1-1.noarch", "-U t-2-1.noarch", "-e --allmatches t", "-e w"];
            steps(&mut arena, &what, [watch, target("1"), target("2")], &lines);
        }
    }
}

/// Prefixes are compared letter by letter, those of transaction file triggers with directories only.
#[test]
fn prefixes_of_file_triggers() {
    let mut arena = Arena::of_tests();
    let prefixes: [&[&str]; 8] = [
        &["/usr/f"],
        &["/usr/f/"],
        &["/usr/ft"],
        &["/usr/ft/one"],
        &["/usr/ft/one", "/usr/ft"],
        &["/"],
        &["/usr/ft/dir", "/usr/ft/dir/"],
        &["/nothing", "/usr/ft/t"],
    ];
    for family in [Family::File, Family::TransFile] {
        for prefixes in prefixes {
            let watch = [Sense::In, Sense::Un, Sense::PostUn]
                .into_iter()
                .fold(package("w", "1"), |it, sense| it.trigger(family, sense, prefixes, None));
            let target = |version: &str| {
                package("t", version)
                    .file(File::dir("/usr/ft"))
                    .file(File::regular("/usr/ft/one", version))
                    .file(File::regular("/usr/ft/two", version))
                    .file(File::dir("/usr/ft/dir"))
                    .file(File::regular(&format!("/usr/ft/dir/{version}"), version))
            };
            let what = format!("{family:?} {prefixes:?}");
            let lines = ["-U w-1-1.noarch", "-U t-1-1.noarch", "-U t-2-1.noarch", "-e t", "-e w"];
            steps(&mut arena, &what, [watch.clone(), target("1"), target("2")], &lines);
            let lines = ["-U t-1-1.noarch w-1-1.noarch", "-U t-2-1.noarch", "-e t w"];
            steps(&mut arena, &what, [watch, target("1"), target("2")], &lines);
        }
    }
}

/// Of triggers of one priority the owner that came first goes first, and of one owner the first script.
#[test]
fn triggers_of_one_priority() {
    let mut arena = Arena::of_tests();
    let watch = |name: &str| {
        [Some(5), None, Some(5), Some(20_000), Some(9_999), Some(10_000)].into_iter().fold(
            package(name, "1"),
            |it, priority| {
                let it = it.trigger(Family::File, Sense::In, &["/opt"], priority);
                it.trigger(Family::TransFile, Sense::In, &["/opt"], priority)
            },
        )
    };
    let target = package("t", "1").file(File::regular("/opt/t", ""));
    for lines in [
        ["-U a-1-1.noarch", "-U b-1-1.noarch", "-U t-1-1.noarch"],
        ["-U b-1-1.noarch", "-U a-1-1.noarch", "-U t-1-1.noarch"],
        ["-U b-1-1.noarch a-1-1.noarch t-1-1.noarch", "-U --replacepkgs a-1-1.noarch", "-U --replacepkgs t-1-1.noarch"],
    ] {
        steps(&mut arena, lines[0], [watch("a"), watch("b"), target.clone()], &lines);
    }
}

/// A socket where logs go is left alone; others are made.
#[test]
fn sockets() {
    let mut arena = Arena::of_tests();
    let sockets = |version: &str| {
        ["/dev/log", "/opt/log", "/opt/dev/log"]
            .into_iter()
            .fold(package("a", version), |it, path| it.file(File::new(path, Kind::Socket)))
    };
    let lines = ["-U a-1-1.noarch", "-U a-2-1.noarch", "-e a"];
    steps(&mut arena, "sockets", [sockets("1"), sockets("2")], &lines);
    let lines = ["# mkdir -p /dev; echo x >/dev/log", "-U a-1-1.noarch", "-e a"];
    steps(&mut arena, "a file is there", [sockets("1")], &lines);
}
