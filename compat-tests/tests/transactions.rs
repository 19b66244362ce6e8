//! Transactions of real rpm and of the transaction engine, compared after each step: database byte for byte, tree,
//! scriptlet log, messages.
//!
//! `random_sequences` is a short run of the generator; `make fuzz-transactions` runs as many as you like.

use oxidnf_testkit::Oracle;
use oxidnf_testkit::fuzz::package::{Family, Moment, Sense, flag, sense};
use oxidnf_testkit::fuzz::{Arena, Defect, File, Kind, Package, Sequence, Step, generate, judge};

fn arena() -> Arena {
    Arena::new(&Oracle::find(), &judge::transact()).expect("two roots can be made in the temporary directory")
}

/// Runs a sequence on both sides.
fn same(arena: &mut Arena, what: &str, sequence: &Sequence) {
    let difference = arena.run(sequence).expect("the oracle's shells answer");
    assert!(
        difference.is_none(),
        "{what}\n{sequence}{}",
        difference.map(|found| found.to_string()).unwrap_or_default()
    );
}

#[test]
fn random_sequences() {
    let mut arena = arena();
    for seed in 1..=40 {
        same(&mut arena, &format!("seed {seed}"), &generate::sequence(seed));
    }
}

#[test]
fn random_dependencies() {
    let mut arena = arena();
    for seed in 1..=60 {
        same(&mut arena, &format!("seed {seed}"), &generate::dependencies(seed));
    }
}

/// Runs packages and steps on both sides; a step is a call of rpm (`-U a-1-1.noarch`), or after `# ` a script of the
/// admin.
fn steps(what: &str, packages: impl IntoIterator<Item = Package>, lines: &[&str]) {
    steps_in(&mut arena(), what, packages, lines);
}

/// As [`steps`], in an arena that is there already.
fn steps_in(arena: &mut Arena, what: &str, packages: impl IntoIterator<Item = Package>, lines: &[&str]) {
    let step = |line: &&str| line.strip_prefix("# ").map_or_else(|| Step::rpm(line), Step::admin);
    same(arena, what, &Sequence::new(packages, lines.iter().map(step)));
}

fn package(name: &str, version: &str) -> Package {
    Package::new(name, version)
}

fn logs_everything(package: Package) -> Package {
    Moment::ALL.into_iter().fold(package, Package::logs)
}

#[test]
fn prefixes_are_told_to_scriptlets() {
    let tell = |package: Package, moment: Moment| {
        package.script(moment, &format!("{{ echo {moment:?} $*; env | grep ^RPM_ | sort; }} >>/scripts.log"))
    };
    let movable = |version| {
        let mut made = Moment::ALL.into_iter().fold(package("movable", version), tell);
        made.prefixes = vec!["/opt".to_owned(), "/usr".to_owned()];
        made.file(File::regular("/opt/x", "x"))
    };
    steps("prefixes", [movable("1"), movable("2")], &["-U movable-1-1.noarch", "-U movable-2-1.noarch", "-e movable"]);
}

#[test]
fn excluded_prefixes_are_told_to_nobody() {
    let tell = |package: Package, moment: Moment| {
        package.script(moment, &format!("{{ echo {moment:?} $*; env | grep ^RPM_ | sort; }} >>/scripts.log"))
    };
    let movable = |version: &str, prefixes: &[&str]| {
        let mut made = Moment::ALL.into_iter().fold(package("movable", version), tell);
        made.prefixes = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        made.file(File::regular("/opt/x", "x")).file(File::regular("/usr/y", "y"))
    };
    for excluded in ["/opt", "/opt/", "/op", "/opt/x"] {
        steps(
            excluded,
            [movable("1", &["/opt"]), movable("2", &["/opt", "/usr"])],
            &[
                &format!("-U --excludepath={excluded} movable-1-1.noarch"),
                &format!("-U --excludepath={excluded} movable-2-1.noarch"),
                "-e movable",
            ],
        );
    }
}

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
fn pretrans_runs_before_conflicts_are_found() {
    let file = |name: &str, content: &str| package(name, "1").file(File::regular("/usr/share/f", content));
    steps(
        "without a test before",
        [file("a", "1"), logs_everything(file("b", "2"))],
        &["-U a-1-1.noarch", "-U b-1-1.noarch", "-U --test b-1-1.noarch"],
    );
}

#[test]
fn directories_made_on_the_way_inherit_a_group() {
    let deep = package("a", "1").file(File::dir("/opt/d").mode(0o2755)).file(File::regular("/opt/d/e/f", "f"));
    steps("setgid", [deep], &["-U a-1-1.noarch"]);
}

#[test]
fn links_in_the_place_of_directories() {
    let link = |target: &str| package("link", "1").file(File::link("/opt/x", target));
    let dir = package("dir", "1").file(File::dir("/opt/x")).file(File::regular("/opt/x/y", "y"));
    for target in ["x", "nowhere", "/etc", "real", "/etc/passwd"] {
        steps(
            target,
            [link(target), dir.clone()],
            &["-U link-1-1.noarch", "# mkdir -p /opt/real", "-U --replacefiles dir-1-1.noarch", "-e dir"],
        );
    }
    steps(
        "a link that others may have made",
        [dir],
        &["# mkdir -p /opt/real; ln -s real /opt/x; chown -h user /opt/x", "-U dir-1-1.noarch"],
    );
    steps(
        "such a link on the way, to a directory and to a file",
        [package("file", "1").file(File::regular("/opt/x/y", "y"))],
        &[
            "# mkdir -p /opt/real; ln -s real /opt/x; chown -h user /opt/x",
            "-U file-1-1.noarch",
            "# rm -r /opt/real; echo f >/opt/real",
            "-U file-1-1.noarch",
        ],
    );
}

#[test]
fn files_in_the_place_of_directories() {
    let deep = package("a", "1").file(File::regular("/opt/t/d/f", "f"));
    for script in ["# echo f >/opt", "# mkdir /opt; echo f >/opt/t", "# mkdir -p /opt/t; ln -s /etc/passwd /opt/t/d"] {
        steps(script, [deep.clone()], &[script, "-U a-1-1.noarch"]);
    }
}

#[test]
fn owners_matter_only_to_what_is_put_in_place() {
    let all = package("a", "1")
        .file(File::regular("/opt/ghost", "g").flags(flag::GHOST).owner("nobody", "nogroup"))
        .file(File::regular("/opt/shared", "s").owner("nobody", "root"))
        .file(File::regular("/opt/real", "r").mode(0o6755).owner("nobody", "nogroup"));
    steps(
        "unknown owners",
        [all],
        &["-U a-1-1.noarch", "-e a", "-U --define=_netsharedpath\u{a0}/opt/shared a-1-1.noarch"],
    );
}

#[test]
fn a_package_may_own_the_root() {
    let root = |name: &str, mode: u16| package(name, "1").file(File::dir("/").mode(mode));
    steps(
        "modes differ and are no conflict",
        [root("a", 0o755), root("b", 0o555)],
        &["-U a-1-1.noarch", "-U b-1-1.noarch", "-e a", "-e b"],
    );
}

#[test]
fn capabilities_of_nothing() {
    let with = |caps: &'static str| {
        let mut file = File::regular("/usr/bin/p", "p").mode(0o755);
        file.caps = caps;
        package("a", if caps == "=" { "1" } else { "2" }).file(file)
    };
    steps("= and some", [with("="), with("cap_net_raw=ep")], &["-U a-1-1.noarch", "-U a-2-1.noarch", "-e a"]);
}

#[test]
fn empty_directories_go_when_unpacking_fails() {
    let keeper = package("keeper", "1").file(File::dir("/opt/d"));
    let failing = package("failing", "1")
        .file(File::dir("/opt/a"))
        .file(File::dir("/opt/d"))
        .file(File::regular("/opt/file", "f"))
        .file(File::dir("/opt/z"));
    steps(
        "found, made and not yet reached",
        [keeper, failing],
        &["-U keeper-1-1.noarch", "# mkdir -p /opt/file/x /opt/z", "-U failing-1-1.noarch"],
    );
}

#[test]
fn own_triggers_go_by_all_names() {
    let mut owner = package("owner", "1");
    owner = owner.trigger(Family::Package, Sense::In, &["other"], None);
    owner = owner.trigger(Family::Package, Sense::Un, &["owner", "other"], None);
    steps(
        "the name that is met first decides",
        [owner, package("owner", "2"), package("other", "1")],
        &["-U owner-1-1.noarch other-1-1.noarch", "-U owner-2-1.noarch"],
    );
}

#[test]
fn transaction_file_triggers_after_erasures() {
    let owner = package("owner", "1")
        .trigger(Family::TransFile, Sense::PostUn, &["/opt/t/d"], Some(0))
        .trigger(Family::TransFile, Sense::In, &["/opt/t/d"], None)
        .trigger(Family::TransFile, Sense::Un, &["/opt/t/"], None)
        .file(File::dir("/opt/t/d"));
    let other = package("other", "1").file(File::regular("/opt/t/d", "d"));
    steps(
        "whole paths",
        [owner.clone(), other.clone()],
        &[
            "-U owner-1-1.noarch",
            "--reinstall owner-1-1.noarch",
            "-U --replacefiles other-1-1.noarch",
            "-e other",
            "-e owner",
        ],
    );
    let stays = owner.script(Moment::PreUnTrans, "exit 1");
    steps(
        "an owner whose erasure failed",
        [stays, other],
        &["-U --replacefiles owner-1-1.noarch other-1-1.noarch", "-e owner other"],
    );
}

#[test]
fn a_directory_becomes_what_is_there_already() {
    let mut pipe = File::regular("/opt/d", "");
    pipe.kind = Kind::Fifo;
    for new in [File::regular("/opt/d", "f"), File::link("/opt/d", "t"), pipe] {
        let what = format!("{:?}", new.kind);
        let own = package("dir", "2").file(new.clone());
        let packages =
            [package("dir", "1").file(File::dir("/opt/d")), own, package("dir", "3"), package("other", "1").file(new)];
        for there in ["true", "echo f >/opt/d", "ln -s nowhere /opt/d", "ln -s /etc /opt/d", "ln -s d /opt/d"] {
            let script = format!("# rm -r /opt/d; {there}");
            for last in ["-U dir-2-1.noarch", "-U dir-3-1.noarch other-1-1.noarch"] {
                steps(&what, packages.clone(), &["-U dir-1-1.noarch", &script, last]);
            }
        }
        steps(&what, packages, &["-U dir-1-1.noarch", "-U dir-2-1.noarch"]);
    }
}

#[test]
fn a_link_that_became_a_directory_is_no_conflict() {
    let link = package("link", "1").file(File::link("/opt/x", "t"));
    let dir = package("dir", "1").file(File::dir("/opt/x"));
    let link2 = package("link", "2");
    steps(
        "the disk counts",
        [link, dir, link2],
        &["-U --replacefiles link-1-1.noarch dir-1-1.noarch", "-U --replacepkgs link-2-1.noarch dir-1-1.noarch"],
    );
}

#[test]
fn skipped_configuration_meets_nobody() {
    let config = package("a", "1").file(File::regular("/etc/c", "a\n").flags(flag::CONFIG | flag::NOREPLACE));
    let plain = |name: &str, content: &str| package(name, "1").file(File::regular("/etc/c", content));
    steps(
        "edited, so skipped",
        [config, plain("b", "b\n"), plain("c", "c\n")],
        &["-U a-1-1.noarch", "-i --replacefiles c-1-1.noarch", "-U a-1-1.noarch b-1-1.noarch"],
    );
}

#[test]
fn edited_configuration_that_another_package_brings_is_left_alone() {
    let config = |version: &str, flags: u32| {
        package("new", version).file(File::regular("/etc/c", &format!("{version}\n")).flags(flags)).requires("first", 0)
    };
    for first in [File::dir("/etc/c"), File::regular("/etc/c", "first\n"), File::link("/etc/c", "x")] {
        let what = format!("{:?}", first.kind);
        for flags in [0, flag::CONFIG, flag::CONFIG | flag::NOREPLACE] {
            for script in
                ["# true", "# echo edited >/etc/c", "# echo 2 >/etc/c", "# rm /etc/c", "# rm /etc/c; mkdir /etc/c"]
            {
                steps(
                    &what,
                    [config("1", flag::CONFIG), config("2", flags), package("first", "1").file(first.clone())],
                    &["-U new-1-1.noarch", script, "-U --replacefiles first-1-1.noarch new-2-1.noarch"],
                );
            }
        }
    }
}

#[test]
fn configuration_is_judged_by_its_old_type() {
    let config = package("a", "1").file(File::regular("/etc/c", "a\n").flags(flag::CONFIG));
    let link = |name: &str, version: &str| package(name, version).file(File::link("/etc/c", "/etc/d"));
    steps(
        "a link where a file was",
        [config, link("b", "1"), link("b", "2")],
        &["-U --replacefiles b-1-1.noarch a-1-1.noarch", "-i --force b-2-1.noarch"],
    );
}

#[test]
fn critical_scriptlets_fail_their_element() {
    let critical = |name: &str, moment: Moment| {
        let mut made = package(name, "1").file(File::regular(&format!("/opt/{name}"), "f")).script(moment, "exit 3");
        made.scripts[0].flags = 4;
        made.logs(Moment::PostTrans).trigger(Family::Package, Sense::In, &[name], None)
    };
    steps("post", [critical("a", Moment::Post), package("a", "2")], &["-U a-1-1.noarch", "-U a-2-1.noarch"]);
    steps("postun", [critical("b", Moment::PostUn)], &["-U b-1-1.noarch", "-e b"]);
    steps("posttrans", [critical("c", Moment::PostTrans)], &["-U c-1-1.noarch"]);
    // What was replaced by what failed in the end is not asked any more.
    let failing = |name: &str| {
        let mut made = package(name, "1").script(Moment::PostTrans, "exit 3");
        made.scripts[0].flags = 4;
        made.logs(Moment::PostUnTrans)
    };
    let old = package("d", "0").logs(Moment::PostUnTrans);
    steps("posttrans of an upgrade", [old, failing("d")], &["-U d-0-1.noarch", "-U d-1-1.noarch"]);
    steps("posttrans of a reinstallation", [failing("e")], &["-U e-1-1.noarch", "--reinstall e-1-1.noarch"]);
    let triggered = failing("f").trigger(Family::TransFile, Sense::In, &["/"], None);
    steps("posttrans before file triggers", [triggered.file(File::regular("/opt/f", "f"))], &["-U f-1-1.noarch"]);
}

#[test]
fn links_that_are_ghosts() {
    let link = |name: &str, flags| package(name, "1").file(File::link("/etc/l", "a.conf").flags(flags));
    for (what, there) in [("led elsewhere", "/etc"), ("as it was", "a.conf")] {
        let edit = format!("# ln -s {there} /etc/l");
        let packages = || [link("a", flag::GHOST), link("b", flag::CONFIG | flag::NOREPLACE), link("c", flag::CONFIG)];
        steps(what, packages(), &[&edit, "-U a-1-1.noarch", "-U b-1-1.noarch", "-e a", "-U c-1-1.noarch"]);
        steps(what, packages(), &["-U a-1-1.noarch", &edit, "-U c-1-1.noarch", "-e c"]);
    }
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
fn ghosts_among_configuration() {
    let ghost = |kind: File| package("a", "1").file(kind.flags(flag::CONFIG | flag::GHOST));
    let watch = package("w", "1").trigger(Family::File, Sense::Un, &["/etc/"], Some(10_000));
    for kind in [File::dir("/etc/g"), File::regular("/etc/g", "g"), File::link("/etc/g", "x")] {
        for script in ["# true", "# echo edited >/etc/g", "# mkdir /etc/g"] {
            steps(script, [ghost(kind.clone()), watch.clone()], &["-U a-1-1.noarch w-1-1.noarch", script, "-e a"]);
        }
    }
}

#[test]
fn a_skipped_hard_link_makes_its_directories() {
    let links = package("a", "1")
        .file(File::regular("/opt/one", "same").linked(1))
        .file(File::regular("/usr/share/deep/two", "same").linked(1));
    steps("netshared", [links], &["-U --define=_netsharedpath\u{a0}/usr/share/deep a-1-1.noarch", "-e a"]);
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
    let mut arena = arena();
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
fn shared_paths_end_as_they_are_written() {
    let made = package("a", "1")
        .file(File::dir("/top"))
        .file(File::dir("/opt"))
        .file(File::regular("/opt/x", "x"))
        .file(File::dir("/opt/deep"))
        .file(File::regular("/opt/deep/y", "y"));
    let mut arena = arena();
    for shared in ["/", "/opt", "/opt/", "/opt//", "/opt/x", "/opt/x/", "/opt/deep/", "/op", "/opt/deep/y/z"] {
        let with = |line: &str| line.replace("SHARED", &format!("--define=_netsharedpath\u{a0}{shared}"));
        for lines in [["-U SHARED a-1-1.noarch", "-e a"], ["-U a-1-1.noarch", "-e SHARED a"]] {
            steps_in(&mut arena, shared, [made.clone()], &[&with(lines[0]), &with(lines[1])]);
        }
    }
}

#[test]
fn macros_and_query_formats_in_scriptlets() {
    let text = |flags: u32, body: &str| {
        let mut made = package("a", "1")
            .file(File::regular("/opt/b", "b").flags(flag::CONFIG))
            .file(File::dir("/opt/c"))
            .script(Moment::Post, body);
        made.scripts[0].flags = flags;
        made
    };
    for (flags, body) in [
        (1, "echo '%{_tmppath} %{?nosuch:x}%{!?nosuch:y} %% %{nosuch} 100%' >>/scripts.log"),
        (2, "echo '%{NAME}-%{VERSION} %{EPOCH} %{NEVRA} %{SIZE:hex} %{SUMMARY:shescape}' >>/scripts.log"),
        (2, "echo '[%{FILENAMES} %{FILEMODES:perms} %{FILEFLAGS:fflags} %{=NAME}|]%|EPOCH?{e}:{n}| %%' >>/scripts.log"),
        (2, "echo '[%{REQUIRENEVRS},]%-6{NAME}|%6{NAME}| %{BASENAMES:arraysize} %{FILEMODES:octal}' >>/scripts.log"),
        (3, "echo '%%{NAME} %{_tmppath}' >>/scripts.log"),
    ] {
        steps(body, [text(flags, body)], &["-U a-1-1.noarch"]);
    }
}

#[test]
fn only_files_that_are_there_set_off_triggers_of_erasures() {
    let watch = [Sense::Un, Sense::PostUn].into_iter().fold(package("w", "1"), |watch, sense| {
        let watch = watch.trigger(Family::TransFile, sense, &["/opt"], None);
        watch.trigger(Family::File, sense, &["/opt"], None)
    });
    let other = package("b", "1").file(File::regular("/opt/a", "b"));
    let one = package("a", "1").file(File::regular("/opt/a", "a").flags(flag::DOC));
    let two = one.clone().file(File::regular("/usr/b", "b"));
    for (what, packages, lines) in [
        ("left out by path", [one.clone(), other.clone()], ["-U --excludepath=/opt/a a-1-1.noarch", "-e a"]),
        ("all of a directory", [two, other.clone()], ["-U --excludepath=/opt/a a-1-1.noarch", "-e a"]),
        ("documentation", [one.clone(), other.clone()], ["-U --excludedocs a-1-1.noarch", "-e a"]),
        ("shared", [one.clone(), other.clone()], ["-U --define=_netsharedpath\u{a0}/opt a-1-1.noarch", "-e a"]),
        ("removed by hand", [one.clone(), other.clone()], ["-U a-1-1.noarch", "# rm /opt/a"]),
        ("replaced", [one, other], ["-U a-1-1.noarch", "-U --replacefiles b-1-1.noarch"]),
    ] {
        let last = if lines[1] == "-e a" { "# true" } else { "-e a" };
        let packages = packages.into_iter().chain([watch.clone()]);
        steps(what, packages, &["-U w-1-1.noarch", lines[0], lines[1], last]);
    }
}

#[test]
fn two_files_of_a_package_meet_behind_a_link() {
    let mut arena = arena();
    let link = package("b", "1").file(File::link("/opt/t", "real"));
    let pipe = |path: &str, _: &str| File::new(path, Kind::Fifo);
    let dir = |path: &str, _: &str| File::dir(path);
    let kinds: [fn(&str, &str) -> File; 4] = [File::regular, File::link, pipe, dir];
    for one in kinds {
        for other in kinds {
            for content in ["x", "y"] {
                let meeting = package("a", "1").file(one("/opt/real/d", "x")).file(other("/opt/t/d", content));
                let packages = [link.clone(), meeting];
                steps_in(
                    &mut arena,
                    "a link of the set",
                    packages.clone(),
                    &["-U --replacefiles a-1-1.noarch b-1-1.noarch"],
                );
                for call in ["-U --replacefiles a-1-1.noarch", "-U a-1-1.noarch"] {
                    steps_in(
                        &mut arena,
                        "a link on the disk",
                        packages.clone(),
                        &["# mkdir -p /opt/real; ln -s real /opt/t", call],
                    );
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_reached_is_not_erased() {
    let mut arena = arena();
    for flags in [0, flag::CONFIG] {
        for script in [
            "# rm -r /opt; ln -s /opt/real /opt",
            "# rm -r /opt/real; ln -s real /opt/real",
            "# mv /opt /opt2; ln -s opt2 /opt; chown -h bin /opt",
            "# mv /opt /opt2; ln -s opt2 /opt",
            "# echo edited >/opt/real/x; mv /opt /opt2; ln -s opt2 /opt; chown -h bin /opt",
            "# rm -r /opt; echo f >/opt",
        ] {
            let file = package("a", "1").file(File::regular("/opt/real/x", "x").flags(flags));
            steps_in(&mut arena, script, [file], &["-U a-1-1.noarch", script, "-e a"]);
        }
    }
}

#[test]
fn files_that_became_ghosts_among_configuration() {
    let mut arena = arena();
    let kinds = [File::regular("/etc/g", "x"), File::link("/etc/g", "x"), File::dir("/etc/g")];
    for (old, new) in kinds.iter().flat_map(|old| kinds.iter().map(move |new| (old.clone(), new.clone()))) {
        for script in ["# true", "# rm -r /etc/g; ln -s x /etc/g", "# rm -r /etc/g; printf x >/etc/g"] {
            let ghost = new.clone().flags(flag::CONFIG | flag::GHOST);
            let packages = [package("a", "1").file(old.clone()), package("a", "2").file(ghost)];
            steps_in(&mut arena, script, packages, &["-U a-1-1.noarch", "-U a-2-1.noarch", script, "-e a"]);
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
fn what_lua_prints_is_buffered() {
    let mut old = package("a", "1").script(Moment::PreUnTrans, "print('lua prints')");
    old.scripts[0].program = vec!["<lua>".to_owned()];
    let failing = package("b", "1").script(Moment::Pre, "echo said; exit 1");
    steps("until rpm ends", [old, package("a", "2"), failing], &["-U a-1-1.noarch", "-U a-2-1.noarch b-1-1.noarch"]);
}

#[test]
fn programs_that_lose_their_name_are_disarmed() {
    let mut arena = arena();
    for mode in [0o4755, 0o2755, 0o6711, 0o755] {
        let program = |version: &str| package("a", version).file(File::regular("/usr/bin/p", version).mode(mode));
        // A user keeps what an upgrade or an erasure means to take away.
        let keep = "# ln /usr/bin/p /tmp/kept";
        let packages = [program("1"), program("2")];
        let upgrade = ["-U a-1-1.noarch", keep, "-U a-2-1.noarch", "# ln /usr/bin/p /tmp/more", "-e a"];
        steps_in(&mut arena, &format!("{mode:o}"), packages, &upgrade);
    }
}

/// The first package of two with one file leaves it to the second, which fails: the file is owned, but there is no
/// directory yet, so that a link to be installed in its place leads the new file, but not the owned one, elsewhere.
#[test]
fn a_link_in_place_of_an_owned_directory_that_is_not_there() {
    let x = |package: Package, content| package.file(File::regular("/opt/t/x", content));
    let packages = || {
        [
            x(package("first", "1"), ""),
            x(package("second", "1"), "").script(Moment::PreTrans, "false"),
            x(package("second", "2"), "new"),
            x(package("third", "1"), "new"),
            package("link", "1").file(File::link("/opt/t", "elsewhere")),
            package("link", "2").file(File::link("/opt/t", "/opt/t")),
        ]
    };
    let mut arena = arena();
    for link in ["link-1-1.noarch", "link-2-1.noarch"] {
        for new in ["second-2-1.noarch", "third-1-1.noarch"] {
            let last = format!("-U {link} {new}");
            let lines = ["-U first-1-1.noarch second-1-1.noarch", &last];
            steps_in(&mut arena, &last, packages(), &lines);
        }
    }
}

/// Packages of another word size stay beside an upgrade, unless it says that it obsoletes its own name.
#[test]
fn a_package_that_obsoletes_its_own_name() {
    let of = |version: &str, arch: &'static str, color: u32| {
        let mut file = File::regular("/usr/lib/l.so", version);
        (file.mode, file.color) = (0o755, color);
        let mut made = package("own", version).file(file);
        made.arch = arch;
        made
    };
    let mut arena = arena();
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
fn hard_links_that_lose_a_name_are_disarmed() {
    let mut arena = arena();
    let cases = [(0o4755, "cap_net_raw=ep"), (0o755, "cap_net_raw=ep"), (0o6644, "cap_net_raw=ep"), (0o2711, "")];
    for (mode, caps) in cases {
        let linked = |path: &str| {
            let mut file = File::regular(path, "program").mode(mode);
            (file.link_set, file.caps) = (1, caps);
            file
        };
        let program = |paths: &[&str]| paths.iter().fold(package("a", "1"), |a, path| a.file(linked(path)));
        let text = format!("{mode:o} {caps}");
        // A directory of another package takes the place of one name.
        let directory = package("b", "1").file(File::dir("/usr/lib/k"));
        let packages = [directory, program(&["/usr/bin/p", "/usr/lib/k", "/usr/lib/l"])];
        steps_in(&mut arena, &text, packages, &["-U --replacefiles b-1-1.noarch a-1-1.noarch"]);
        // One name, then something between two names, is taken by a directory.
        let in_the_way = ["# mkdir -p /usr/lib/k", "-U a-1-1.noarch"];
        steps_in(&mut arena, &text, [program(&["/usr/bin/p", "/usr/lib/k", "/usr/lib/l"])], &in_the_way);
        let between = program(&["/usr/bin/p", "/usr/lib/l"]).file(File::regular("/usr/lib/k", "else"));
        steps_in(&mut arena, &text, [between], &in_the_way);
        // So is a link, pipe or directory that an upgrade brings.
        for (number, kind) in [Kind::Symlink("p".to_owned()), Kind::Fifo, Kind::Directory].into_iter().enumerate() {
            let kept = linked("/usr/bin/p");
            let new = package("a", "2").file(kept.clone()).file(File::new("/usr/lib/l", kind));
            let upgrade = ["-U a-1-1.noarch", "# ln /usr/lib/l /tmp/kept", "-U a-2-1.noarch"];
            let packages = [program(&["/usr/bin/p", "/usr/lib/l"]), new];
            steps_in(&mut arena, &format!("{text} {number}"), packages, &upgrade);
        }
    }
}

/// Digests are right, so nothing is noticed before files are made; what was made on the way to the mistake stays.
#[test]
fn broken_archives() {
    let good = |format| {
        let mut made = package("a", "1");
        made.format = format;
        ["/opt/one/x", "/opt/two/x", "/usr/share/three/x"]
            .into_iter()
            .fold(made, |made, path| made.file(File::regular(path, "some content")))
            .file(File::link("/srv/four/link", "x"))
            .file(File::dir("/srv/five/directory"))
    };
    let mut arena = arena();
    let at = |defect: fn(usize) -> Defect, places: &[usize]| places.iter().map(|at| defect(*at)).collect::<Vec<_>>();
    // One after the other they reach every part of heads, names, contents and padding.
    let everywhere: Vec<usize> = (0..900).step_by(37).collect();
    let defects = [
        at(Defect::Cut, &[3, 60, 125, 134, 136, 138, 250, 400, 600]),
        at(Defect::Cut, &everywhere),
        at(Defect::Spoilt, &everywhere),
        at(Defect::Missing, &[0, 1, 2, 3, 4]),
        at(Defect::Stranger, &[0, 1]),
        at(Defect::Digest, &[0, 2]),
        vec![Defect::Backwards],
    ];
    // A name to which rpm cannot add what it adds while a file is made is told before what is wrong with the content.
    let long = File::regular(&format!("/opt/{}", "x".repeat(250)), "some content");
    let mut two = package("a", "1").file(long.clone());
    two.defect = Some(Defect::Digest(0));
    steps_in(&mut arena, "too long", [two], &["-U a-1-1.noarch"]);
    let linked = [File::regular("/opt/a", "some content").linked(1), long.linked(1)];
    let linked = linked.into_iter().fold(package("a", "1"), Package::file);
    steps_in(&mut arena, "too long for a link", [linked], &["-U a-1-1.noarch"]);
    for (defect, format) in defects.into_iter().flatten().flat_map(|defect| [(defect, 4), (defect, 6)]) {
        let mut broken = good(format);
        broken.defect = Some(defect);
        let what = format!("{defect:?} {format}");
        steps_in(&mut arena, &what, [broken], &["-U a-1-1.noarch"]);
    }
}

#[test]
fn erasures_beside_installations() {
    let of = |name: &str, version: &str, file: &str| {
        logs_everything(package(name, version)).file(File::regular(file, version))
    };
    let mut arena = arena();
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
fn links_that_come_in_the_same_transaction() {
    let mut arena = arena();
    // Two ways to one place, if the link were there already.
    let link = package("link", "1").file(File::link("/opt/t", "/opt/real"));
    let twice = package("twice", "1").file(File::link("/opt/real/d", "/opt/t")).file(File::regular("/opt/t/d", "x"));
    let together = ["-U --replacefiles link-1-1.noarch twice-1-1.noarch"];
    steps_in(&mut arena, "the link comes later", [link, twice], &together);
    // The old version of a package goes the way of the new one.
    for flags in [flag::CONFIG | flag::GHOST, flag::CONFIG | flag::MISSINGOK, flag::CONFIG | flag::NOREPLACE] {
        let watch = package("watch", "1").trigger(Family::File, Sense::In, &["/"], None);
        let link = package("link", "1").file(File::link("/etc/c.d", "d"));
        let of = |version| package("a", version).file(File::regular("/etc/c.d/e.conf", version).flags(flags));
        let packages = [watch, link, of("1"), of("2")];
        let lines = [
            "-U watch-1-1.noarch a-1-1.noarch",
            "# rm -rf /etc/c.d",
            "-U a-2-1.noarch link-1-1.noarch",
            "-U --replacepkgs a-2-1.noarch",
        ];
        steps_in(&mut arena, &format!("{flags}"), packages, &lines);
    }
    // Of several links of one name the first is followed.
    let links = [("one", "d"), ("two", "../opt/real")];
    let orders =
        [["one", "two", "x", "y"], ["two", "one", "x", "y"], ["x", "y", "one", "two"], ["y", "two", "x", "one"]];
    for order in orders {
        let links = links.map(|(name, target)| package(name, "1").file(File::link("/opt/t", target)));
        let x = package("x", "1").file(File::regular("/opt/t/x", ""));
        let y = package("y", "1").file(File::regular("/opt/real/x", "y")).file(File::regular("/opt/d/x", "y"));
        let packages = links.into_iter().chain([x, y]);
        let line = order.iter().fold("-U".to_owned(), |line, name| format!("{line} {name}-1-1.noarch"));
        steps_in(&mut arena, &line, packages, &[&line]);
    }
}
