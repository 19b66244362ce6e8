//! Rows of rpm's behaviour that random transactions meet all the time, each once by hand, beside real rpm.
//!
//! `ROWS.md` says which rows these are.

use oxidnf_testkit::fuzz::package::{Family, Moment, Sense, flag, sense};
use oxidnf_testkit::fuzz::{Arena, File, Kind, Package, Sequence};

/// Runs packages and steps, as [`Sequence::of_lines`] reads them, on both sides.
fn steps(arena: &mut Arena, what: &str, packages: impl IntoIterator<Item = Package>, lines: &[&str]) {
    arena.assert_same(what, &Sequence::of_lines(packages, lines));
}

fn package(name: &str, version: &str) -> Package {
    Package::new(name, version)
}

fn logs_everything(package: Package) -> Package {
    Moment::ALL.into_iter().fold(package, Package::logs)
}

/// A package with triggers of every kind on another one and its files.
fn watches_everything(package: Package, name: &str) -> Package {
    let senses = [Sense::PreIn, Sense::In, Sense::Un, Sense::PostUn];
    let package = senses.into_iter().fold(package, |it, sense| it.trigger(Family::Package, sense, &[name], None));
    let later = [Sense::In, Sense::Un, Sense::PostUn];
    let package = [Some(9_999), Some(10_000), None]
        .into_iter()
        .flat_map(|priority| later.map(|sense| (priority, sense)))
        .fold(package, |it, (priority, sense)| it.trigger(Family::File, sense, &["/opt", "/usr/"], priority));
    later.into_iter().fold(package, |it, sense| it.trigger(Family::TransFile, sense, &["/opt/", "/usr/share"], Some(7)))
}

#[test]
fn files_that_are_left_out() {
    let mut arena = Arena::of_tests();
    let mut german = File::regular("/usr/share/locale/de/a.mo", "de");
    german.langs = "de";
    let mut both = File::regular("/usr/share/locale/a.mo", "both");
    both.langs = "fr|de";
    let all = |version: &str| {
        package("a", version)
            .file(File::dir("/usr/share/doc/a"))
            .file(File::regular("/usr/share/doc/a/README", version).flags(flag::DOC))
            .file(File::regular("/usr/share/doc/a/COPYING", version).flags(flag::DOC | flag::LICENSE))
            .file(File::regular("/etc/a.conf", version).flags(flag::CONFIG))
            .file(File::regular("/etc/gone.conf", version).flags(flag::CONFIG | flag::MISSINGOK))
            .file(File::regular("/usr/lib/.build-id/a", version).flags(flag::ARTIFACT))
            .file(german.clone())
            .file(both.clone())
            .file(File::regular("/opt/net/a", version))
            .file(File::regular("/opt/network", version))
    };
    for option in [
        "--excludedocs",
        "--excludeconfigs",
        "--excludeartifacts",
        "--allfiles",
        "--excludepath=/opt/net",
        "--excludepath=/usr/share/",
        "--define=_netsharedpath\u{a0}/opt/net:/srv",
        "--define=_install_langs\u{a0}de_DE:it",
        "--define=_install_langs\u{a0}fr",
        "--define=_install_langs\u{a0}it",
        "--define=_excludedocs\u{a0}1",
    ] {
        steps(
            &mut arena,
            option,
            [all("1"), all("2")],
            &[
                &format!("-U {option} a-1-1.noarch"),
                "# rm -f /etc/gone.conf; echo edited >>/etc/a.conf",
                &format!("-U {option} a-2-1.noarch"),
                "-U --oldpackage a-1-1.noarch",
                "-e a",
            ],
        );
    }
}

#[test]
fn programs_of_two_colours() {
    let mut arena = Arena::of_tests();
    let of = |arch: &'static str, color: u32, version: &str| {
        package("a", version)
            .arch(arch)
            .file(File::regular("/usr/bin/p", arch).mode(0o755).color(color))
            .file(File::regular(&format!("/usr/lib/{arch}"), arch).color(color))
            .file(File::regular("/usr/share/same", "same"))
    };
    let packages = || [of("x86_64", 2, "1"), of("i686", 1, "1"), of("x86_64", 2, "2"), of("i686", 1, "2")];
    for lines in [
        ["-U a-1-1.x86_64 a-1-1.i686", "-U a-2-1.x86_64 a-2-1.i686", "-e a-2-1.x86_64", "-e a"],
        ["-U a-1-1.i686 a-1-1.x86_64", "-U a-2-1.i686", "-e a-1-1.x86_64", "-e a"],
        ["-i a-1-1.i686", "-i a-1-1.x86_64", "-U a-2-1.x86_64", "-e --allmatches a"],
        ["-i a-1-1.x86_64", "-i a-1-1.i686", "--reinstall a-1-1.i686", "-e --allmatches a"],
    ] {
        steps(&mut arena, lines[0], packages(), &lines);
    }
}

#[test]
fn users_from_provides() {
    let mut arena = Arena::of_tests();
    let service = |line: &str| {
        let mut made = logs_everything(package("svc", "1"));
        made.provides.push(("user(svc)".to_owned(), sense::EQUAL, line.to_owned()));
        made.file(File::regular("/opt/svc", "s").owner("svc", "svc"))
    };
    // `u svc - "Service"`, and what is no line.
    for line in ["dSBzdmMgLSAiU2VydmljZSIA", "nonsense"] {
        for options in ["", "--nosysusers ", "--noscripts ", "--justdb "] {
            steps(
                &mut arena,
                &format!("{line} {options}"),
                [service(line)],
                &[&format!("-U {options}svc-1-1.noarch"), "# cat /etc/passwd /etc/group >/opt/who", "-e svc"],
            );
        }
    }
}

#[test]
fn parts_that_are_switched_off() {
    let mut arena = Arena::of_tests();
    let target = |version: &str| logs_everything(package("t", version)).file(File::regular("/opt/t/f", version));
    let watch = watches_everything(package("w", "1"), "t");
    for flags in [
        "--noscripts",
        "--notriggers",
        "--justdb",
        "--test",
        "--nopretrans",
        "--nopre",
        "--nopost",
        "--nopreun",
        "--nopostun",
        "--noposttrans",
        "--nopreuntrans",
        "--nopostuntrans",
        "--notriggerprein",
        "--notriggerin",
        "--notriggerun",
        "--notriggerpostun",
    ] {
        let is_for_installs = !matches!(flags, "--nopreun" | "--nopostun" | "--nopreuntrans" | "--nopostuntrans");
        let is_for_erasures =
            !matches!(flags, "--nopre" | "--nopost" | "--nopretrans" | "--noposttrans" | "--notriggerprein");
        let (install, erase) = (if is_for_installs { flags } else { "" }, if is_for_erasures { flags } else { "" });
        steps(
            &mut arena,
            flags,
            [watch.clone(), target("1"), target("2")],
            &[
                "-U w-1-1.noarch",
                &format!("-U {install} t-1-1.noarch"),
                &format!("-U {install} t-2-1.noarch"),
                &format!("-e {erase} t"),
                "-U t-1-1.noarch",
                &format!("-e {erase} t w"),
            ],
        );
    }
}

#[test]
fn problems_that_are_overlooked() {
    let mut arena = Arena::of_tests();
    let file =
        |name: &str, version: &str| logs_everything(package(name, version)).file(File::regular("/opt/f", version));
    let foreign = package("foreign", "1").arch("aarch64");
    for options in ["", "--replacepkgs", "--oldpackage", "--replacefiles", "--force", "--ignorearch"] {
        let packages = [file("a", "1"), file("a", "2"), file("b", "3"), foreign.clone()];
        let calls = [
            "-U a-2-1.noarch",
            "-U a-2-1.noarch",
            "-U a-1-1.noarch",
            "-i a-2-1.noarch",
            "-U b-3-1.noarch",
            "-U foreign-1-1.aarch64",
        ];
        let lines: Vec<String> = calls.iter().map(|call| call.replacen(' ', &format!(" {options} "), 1)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        steps(&mut arena, options, packages, &lines);
    }
}

#[test]
fn formats_and_digests() {
    let mut arena = Arena::of_tests();
    for format in [4, 6] {
        for digest_algo in [1, 2, 8, 9, 10, 11, 12, 14] {
            for compressed in [false, true] {
                let of = |version: &str| {
                    let mut made = package("a", version)
                        .file(File::regular("/opt/a", version))
                        .file(File::regular("/opt/empty", ""))
                        .file(File::regular("/etc/c", "always\n").flags(flag::CONFIG))
                        .file(File::regular("/opt/one", "linked").linked(1))
                        .file(File::regular("/opt/two", "linked").linked(1))
                        .file(File::link("/opt/link", "a"))
                        .file(File::new("/opt/pipe", Kind::Fifo))
                        .file(File::new("/opt/null", Kind::Char(0x0103)))
                        .file(File::new("/opt/disk", Kind::Block(0x0800)));
                    (made.format, made.digest_algo, made.compressed) = (format, digest_algo, compressed);
                    made
                };
                let what = format!("version {format}, digests {digest_algo}, compressed {compressed}");
                let lines = ["-U a-1-1.noarch", "# echo edited >/etc/c", "-U a-2-1.noarch", "-e a"];
                steps(&mut arena, &what, [of("1"), of("2")], &lines);
            }
        }
    }
}

#[test]
fn triggers_of_every_kind() {
    let mut arena = Arena::of_tests();
    let target = |version: &str| {
        let files = package("t", version).file(File::dir("/opt/t")).file(File::regular("/opt/t/f", version));
        logs_everything(files)
            .file(File::regular("/usr/share/t", version))
            .file(File::regular(&format!("/usr/{version}"), ""))
    };
    // It watches itself, too.
    let watch = |version: &str| {
        let watch = watches_everything(package("w", version).file(File::regular("/opt/w", version)), "t");
        watch.trigger(Family::Package, Sense::In, &["w"], None).trigger(Family::Package, Sense::Un, &["w"], None)
    };
    let packages = [watch("1"), watch("2"), target("1"), target("2")];
    for lines in [
        ["-U w-1-1.noarch", "-U t-1-1.noarch", "-U t-2-1.noarch", "-e t", "-e w"],
        ["-U t-1-1.noarch", "-U w-1-1.noarch", "-U w-2-1.noarch", "-e w", "-e t"],
        [
            "-U t-1-1.noarch w-1-1.noarch",
            "-U t-2-1.noarch w-2-1.noarch",
            "--reinstall t-2-1.noarch w-2-1.noarch",
            "-e t w",
            "# true",
        ],
        ["-U w-1-1.noarch", "-i t-1-1.noarch", "-i t-2-1.noarch", "-e --allmatches t", "-e w"],
    ] {
        steps(&mut arena, lines[0], packages.clone(), &lines);
    }
}

#[test]
fn versions_in_conditions_of_triggers() {
    let mut arena = Arena::of_tests();
    for (comparison, version) in [
        (sense::LESS, "2"),
        (sense::GREATER, "1"),
        (sense::EQUAL, "2"),
        (sense::GREATER | sense::EQUAL, "2"),
        (sense::LESS | sense::EQUAL, "1-1"),
    ] {
        let watch = [Sense::PreIn, Sense::In, Sense::Un, Sense::PostUn]
            .into_iter()
            .fold(package("w", "1"), |it, sense| it.trigger(Family::Package, sense, &["t"], None));
        let mut watch = watch;
        for trigger in &mut watch.triggers {
            trigger.conditions = vec![("t".to_owned(), comparison, version.to_owned())];
        }
        let target = |version: &str| {
            let mut target = package("t", version);
            target.provides.push(("t".to_owned(), sense::EQUAL, format!("{version}-1")));
            target
        };
        steps(
            &mut arena,
            &format!("{comparison} {version}"),
            [watch, target("1"), target("2")],
            &["-U w-1-1.noarch", "-U t-1-1.noarch", "-U t-2-1.noarch", "-e t"],
        );
    }
}

#[test]
fn scriptlets_that_fail() {
    let mut arena = Arena::of_tests();
    for moment in Moment::ALL {
        for end in ["exit 3", "kill -9 $$", "kill -TERM $$"] {
            let failing = |version: &str| {
                let logged = Moment::ALL.into_iter().filter(|other| *other != moment);
                let package = package("a", version).file(File::regular("/opt/f", version));
                logged.fold(package, Package::logs).script(moment, &format!("echo {moment:?} $* >>/scripts.log; {end}"))
            };
            let other = logs_everything(package("z", "1")).requires("a", 0);
            steps(
                &mut arena,
                &format!("{moment:?} {end}"),
                [failing("1"), failing("2"), other],
                &["-U a-1-1.noarch z-1-1.noarch", "-U --force a-2-1.noarch", "-e --allmatches a"],
            );
        }
    }
}

#[test]
fn rich_dependencies_in_the_indexes() {
    let mut arena = Arena::of_tests();
    let mut rich = package("rich", "1");
    for text in ["(a if b)", "(a if b else c)", "(a or (b and c))", "(a unless b else c)", "((a with b) or c >= 1.0)"] {
        rich = rich.requires(text, 0);
        rich.recommends.push((text.to_owned(), sense::ANY, String::new()));
        rich.conflicts.push((text.to_owned(), sense::ANY, String::new()));
    }
    rich = rich.requires("early", sense::PRE).requires("late", sense::POSTUN).requires("rpmlib(X)", sense::RPMLIB);
    steps(&mut arena, "rich", [rich], &["-U rich-1-1.noarch", "-e rich"]);
}

#[test]
fn the_same_place_by_two_ways() {
    let mut arena = Arena::of_tests();
    let link = package("link", "1").file(File::link("/opt/short", "long/way"));
    let one = |content: &str| package("one", "1").file(File::regular("/opt/long/way/f", content));
    let two = |content: &str| package("two", "1").file(File::regular("/opt/short/f", content));
    for (a, b) in [("same", "same"), ("a", "b")] {
        for lines in [
            ["-U link-1-1.noarch", "-U one-1-1.noarch", "-U two-1-1.noarch", "-e one", "-e two"],
            ["-U one-1-1.noarch link-1-1.noarch", "-U two-1-1.noarch", "-e two", "-e one", "-e link"],
            ["-U one-1-1.noarch two-1-1.noarch link-1-1.noarch", "-e one", "-e two", "-e link", "# true"],
            [
                "-U --replacefiles two-1-1.noarch one-1-1.noarch link-1-1.noarch",
                "-e two",
                "-e link",
                "-e one",
                "# true",
            ],
        ] {
            steps(&mut arena, &format!("{a} {b} {}", lines[0]), [link.clone(), one(a), two(b)], &lines);
        }
    }
}
