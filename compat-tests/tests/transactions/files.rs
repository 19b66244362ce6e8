//! Where files go, what they replace, and what is left behind.

use oxidnf_testkit::fuzz::package::{Family, Moment, Sense, flag};
use oxidnf_testkit::fuzz::{Arena, Defect, File, Kind, Package};

use super::{package, steps, steps_in};

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
fn links_in_the_place_of_unchanged_configuration() {
    let conf = |name: &str, text: &str| package(name, "1").file(File::regular("/etc/a.conf", text));
    let mut changed = File::regular("/etc/a.conf", "alpha\n").flags(flag::CONFIG).mode(0o4711).owner("user", "user");
    changed.mtime = 1_700_000_000;
    let touched = package("touched", "1").file(changed);
    let mut arena = Arena::of_tests();
    // What the link leads to gets what the unchanged file was to get, if the link is safe.
    for target in ["b.conf", "/etc/b.conf", "nowhere", "/", "a.conf", "/etc/alias"] {
        for owner in ["root", "user", "bin"] {
            let link = package("link", "1").file(File::link("/etc/a.conf", target).owner(owner, "root"));
            let packages = [conf("old", "alpha\n"), touched.clone(), link];
            let lines = [
                "-U old-1-1.noarch",
                "# echo b >/etc/b.conf; chown user /etc/b.conf; ln -s b.conf /etc/alias; chown -h bin /etc/alias",
                "-U --replacefiles touched-1-1.noarch link-1-1.noarch",
            ];
            steps_in(&mut arena, &format!("{target} of {owner}"), packages, &lines);
        }
    }
    let dir = package("link", "1").file(File::dir("/etc/a.conf"));
    let lines = ["-U old-1-1.noarch", "-U --replacefiles touched-1-1.noarch link-1-1.noarch"];
    steps_in(&mut arena, "a directory", [conf("old", "alpha\n"), touched, dir], &lines);
}

#[test]
fn unchanged_configuration_that_is_gone_by_then() {
    let mut arena = Arena::of_tests();
    let conf = File::regular("/etc/c.d/a.conf", "a").flags(flag::CONFIG);
    let of = |script: &str| {
        let made = package("a", "1").file(conf.clone()).file(File::regular("/etc/d.d/b", "b"));
        made.script(Moment::PreUnTrans, script)
    };
    for script in
        ["rm /etc/c.d/a.conf", "rm -r /etc/c.d", "mv /etc/c.d /etc/moved", "mv /etc/c.d /opt; ln -s /opt /etc/c.d"]
    {
        steps_in(&mut arena, script, [of(script)], &["-U a-1-1.noarch", "--reinstall a-1-1.noarch"]);
    }
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
fn shared_paths_end_as_they_are_written() {
    let made = package("a", "1")
        .file(File::dir("/top"))
        .file(File::dir("/opt"))
        .file(File::regular("/opt/x", "x"))
        .file(File::dir("/opt/deep"))
        .file(File::regular("/opt/deep/y", "y"));
    let mut arena = Arena::of_tests();
    for shared in ["/", "/opt", "/opt/", "/opt//", "/opt/x", "/opt/x/", "/opt/deep/", "/op", "/opt/deep/y/z"] {
        let with = |line: &str| line.replace("SHARED", &format!("--define=_netsharedpath\u{a0}{shared}"));
        for lines in [["-U SHARED a-1-1.noarch", "-e a"], ["-U a-1-1.noarch", "-e SHARED a"]] {
            steps_in(&mut arena, shared, [made.clone()], &[&with(lines[0]), &with(lines[1])]);
        }
    }
}

#[test]
fn two_files_of_a_package_meet_behind_a_link() {
    let mut arena = Arena::of_tests();
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
    let mut arena = Arena::of_tests();
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
    let mut arena = Arena::of_tests();
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
fn programs_that_lose_their_name_are_disarmed() {
    let mut arena = Arena::of_tests();
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
    let mut arena = Arena::of_tests();
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
fn hard_links_that_lose_a_name_are_disarmed() {
    let mut arena = Arena::of_tests();
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
    let mut arena = Arena::of_tests();
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
    // Only the header says which member of a set of hard links has the content, and how much it is.
    for format in [4, 6] {
        let names = ["/opt/a", "/opt/b", "/opt/c"];
        let linked = names.map(|path| File::regular(path, "some content").linked(1));
        let mut turned = linked.into_iter().fold(package("a", "1"), Package::file);
        (turned.defect, turned.format) = (Some(Defect::Backwards), format);
        steps_in(&mut arena, "hard links that are turned round", [turned], &["-U a-1-1.noarch"]);
    }
    // Content that nobody needs, as the configuration is unchanged, is missed all the same.
    let conf = |version: &str| {
        let text = "a long line of text\n".repeat(20);
        package("a", version).file(File::regular("/etc/a", &text).flags(flag::CONFIG)).file(File::dir("/opt/d"))
    };
    for (format, cut) in [(4, 50), (4, 130), (4, 300), (4, 530), (6, 10), (6, 20), (6, 300), (6, 425)] {
        let mut cut_off = conf("2");
        (cut_off.defect, cut_off.format, cut_off.compressed) = (Some(Defect::Cut(cut)), format, cut % 20 == 0);
        let lines = ["-U a-1-1.noarch", "-U a-2-1.noarch"];
        steps_in(&mut arena, "unchanged configuration", [conf("1"), cut_off], &lines);
    }
    for (defect, format) in defects.into_iter().flatten().flat_map(|defect| [(defect, 4), (defect, 6)]) {
        let mut broken = good(format);
        broken.defect = Some(defect);
        let what = format!("{defect:?} {format}");
        steps_in(&mut arena, &what, [broken], &["-U a-1-1.noarch"]);
    }
}

#[test]
fn links_that_come_in_the_same_transaction() {
    let mut arena = Arena::of_tests();
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

#[test]
fn only_ways_to_files_before_the_one_that_fails_are_made() {
    // rpm makes temporary names that are too long of this one.
    let long = format!("/opt/b/{}", "0".repeat(250));
    let ways = |package: Package| {
        package
            .file(File::regular("/opt/a/x/y/early", &"early\n".repeat(100_000)))
            .file(File::regular(&long, "too long"))
            .file(File::dir("/opt/t/d/z/deep"))
            .file(File::regular("/opt/t/d/z/late", "late"))
            .file(File::dir("/opt/a2/b"))
    };
    let mut arena = Arena::of_tests();
    for _ in 0..10 {
        steps_in(&mut arena, "contents come later than directories", [ways(package("a", "1"))], &["-U a-1-1.noarch"]);
    }
    // What comes before is a matter of the archive, which need not have the order of the header.
    let mut backwards = package("a", "1")
        .file(File::regular("/opt/k/first", "comes last"))
        .file(File::regular("/opt/l/de/m", "cannot be made"));
    backwards.defect = Some(Defect::Backwards);
    let file_in_the_way = "# mkdir -p /opt/l; echo edited >/opt/l/de";
    steps_in(&mut arena, "an archive that is turned round", [backwards], &[file_in_the_way, "-U a-1-1.noarch"]);
}
