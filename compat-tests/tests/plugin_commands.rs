//! Commands that dnf5 has as plug-ins: `changelog`, `repoclosure`, `repomanage`.

use std::fs;

use oxidnf_testkit::{World, rpm};

#[test]
fn changelogs() {
    let days = ["Wed Jan 01", "Thu Jan 02", "Fri Jan 03"];
    let entries = |last: usize| -> String {
        (0..last)
            .rev()
            .map(|day| format!("* {} 2025 Ann <a@x> - 1-{}\n- change {day}\n- more\n\n", days[day], day + 1))
            .collect()
    };
    let package = |name: &str, last: usize| {
        rpm(name)
            .evr(&format!("1-{last}"))
            .define("source_date_epoch_from_changelog", "0")
            .script("changelog", &entries(last))
    };
    let world = World::new()
        .repo("one", [package("foo", 1), package("foo", 3), package("bar", 2), rpm("silent")])
        .repo("two", [package("foo", 2), package("baz", 1), package("bar", 3)]);
    for args in [
        "changelog",
        "changelog foo",
        "changelog foo bar",
        "-q changelog foo",
        "changelog nosuch",
        "changelog foo nosuch silent",
        "changelog b*",
        "changelog foo-1-1 FOO",
        "changelog foo --count=1",
        "changelog foo --count=2",
        "changelog foo --count=9",
        "changelog foo --count=-1",
        "changelog foo --count=-9",
        "changelog foo --count=0",
        "changelog foo --since=2025-01-02",
        "changelog --since=2025-1-3",
        "changelog foo --since=2026-01-01",
        "changelog foo --upgrades",
        "changelog --repo=two",
        "changelog /bin/sh",
    ] {
        world.both(args).exits(0);
    }
    world.both("changelog foo --count=x").exits(1);
    for args in
        ["changelog foo --since=x", "changelog foo --since=2025-01-01 --count=1", "changelog --count=1 --upgrades"]
    {
        world.both(args).exits(2);
    }
    world.real_in_both("install -y foo-1-1 bar-1-2").exits(0);
    for args in [
        "changelog --upgrades",
        "changelog foo --upgrades",
        "changelog bar foo baz --upgrades",
        "changelog foo bar",
        "changelog",
    ] {
        world.both(args).exits(0);
    }
}

fn broken_repos() -> World {
    World::new()
        .repo(
            "one",
            [
                rpm("foo").evr("1-1").requires("nothere").requires("alsonot >= 2"),
                rpm("foo").evr("2-1").requires("bar").requires("/bin/tool"),
                rpm("rich").requires("(nothere or nix)").requires("/no/file").requires("nothere"),
                rpm("rich2").requires("(foo or nix)").requires("(nothere if foo)").requires("(foo if nothere)"),
                rpm("rich3").requires("(foo and nothere)").requires("(foo with bar)").requires("(foo without bar)"),
                rpm("rich4")
                    .requires("(nix or nothere)")
                    .requires("(nix if foo else bar)")
                    .requires("(nix and (foo or bar))"),
                rpm("tool").file("/bin/tool", "x").requires("/bin/sh"),
                rpm("weak").recommends("nothere"),
                rpm("self").provides("own = 2").requires("own = 2").requires("own >= 3"),
            ],
        )
        .repo(
            "two",
            [
                rpm("bar").evr("2-1").requires("missing2"),
                rpm("other").requires("foo"),
                rpm("foo").evr("3-1").requires("bar = 2"),
            ],
        )
}

#[test]
fn closures() {
    let world = broken_repos();
    for args in [
        "repoclosure",
        "-q repoclosure",
        "repoclosure --newest",
        "repoclosure --check=one",
        "repoclosure --check=t*",
        "repoclosure --repo=one",
        "repoclosure --repo=two",
        "repoclosure --check=two,nosuch",
        "repoclosure foo",
        "repoclosure f* bar",
        "repoclosure rich --check=one --newest",
        "repoclosure nosuch",
        "repoclosure foo nosuch other2",
        "repoclosure --json",
        "repoclosure --json nosuch",
        "repoclosure --arch=noarch",
        "repoclosure --disable-repo=two foo-2-1 --newest",
        "repoclosure --exclude=tool",
        "repoclosure FOO",
        "repoclosure nothere",
        "repoclosure own",
    ] {
        world.both(args).exits(1);
    }
    for args in [
        "repoclosure --check=nosuch",
        "repoclosure --arch=x86_64",
        "repoclosure --arch=foo",
        "repoclosure foo-2-1",
        "repoclosure other weak --json",
        "repoclosure /bin/tool --exclude=nothing",
    ] {
        world.both(args);
    }
    world.both("repoclosure --newest weak other").exits(0);
    world.both("repoclosure --repo=nosuch").exits(2);
}

#[test]
fn directories_of_packages() {
    let world = World::new().repo(
        "base",
        [
            rpm("foo").evr("1-1"),
            rpm("foo").evr("2-1"),
            rpm("foo").evr("1:0-1"),
            rpm("bar"),
            rpm("arch").arch(std::env::consts::ARCH),
            rpm("arch").evr("2-1"),
        ],
    );
    let repo = "/srv/repos/base";
    for args in [
        "",
        "--old",
        "--new",
        "-o -k 2",
        "-n -k 2",
        "-k 0",
        "-k 0 -o",
        "-k -1",
        "--keep=-1 --old",
        "-s",
        "-s -o",
        "-k9 -o",
    ] {
        world.both(&format!("repomanage {args} {repo}")).exits(0);
        world.both(&format!("-q repomanage {args} {repo}/")).exits(0);
    }
    world.both(&format!("repomanage -k x {repo}")).exits(1);
    for args in ["--old --new", "-n -o", "", "a b"] {
        world.both(&format!("repomanage {args}")).exits(2);
    }
    // dnf5 makes the directory of the cache when it reads files.
    world.edit(|root| fs::create_dir_all(root.join("var/cache/libdnf5")).expect("the root is writable"));
    let dir = world.repo_dir("base");
    fs::remove_dir_all(dir.join("repodata")).expect("it was made");
    fs::create_dir(dir.join("sub")).expect("the repository is writable");
    fs::rename(dir.join("bar-1-1.noarch.rpm"), dir.join("sub/bar-1-1.noarch.rpm")).expect("it was made");
    fs::copy(dir.join("foo-1-1.noarch.rpm"), dir.join("sub/copy.rpm")).expect("it was made");
    fs::create_dir(dir.join("sub/dir.rpm")).expect("the repository is writable");
    std::os::unix::fs::symlink("foo-2-1.noarch.rpm", dir.join("link.rpm")).expect("the repository is writable");
    for args in ["", "--old", "-k 2", "-s"] {
        world.both(&format!("repomanage {args} {repo}")).exits(0);
    }
    world.both(&format!("repomanage {repo}/sub/dir.rpm")).exits(0);
    world.both("repomanage /srv/nosuch").exits(0).says("No such file or directory");
    world.both(&format!("repomanage {repo}/link.rpm")).exits(0);
    fs::write(dir.join("bad.rpm"), "junk").expect("the repository is writable");
    world.both(&format!("repomanage {repo}")).exits(1).says("Failed to load RPM");
}

/// Packages, and sources that need some of them.
fn sources() -> World {
    let mut world = World::new();
    let base = [
        rpm("foo").evr("1-1"),
        rpm("foo").evr("2-1"),
        rpm("lib").provides("cap = 3").provides("/virt/path"),
        rpm("tool").file("/bin/tool", "x").file("/opt/tool", "x"),
        rpm("conf"),
    ];
    world = world.repo("base", base);
    let spec = |name: &str, lines: &str| {
        format!("Name: {name}\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\n{lines}\n%description\nd\n")
    };
    let sources = [
        ("pkg", "BuildRequires: foo > 1, cap, /virt/path, /bin/tool\nBuildConflicts: conf, lib < 1"),
        ("hard", "BuildRequires: (lib if foo), nothere"),
        ("plain", ""),
        // Lists of files are not looked at for this.
        ("far", "BuildRequires: /opt/tool"),
    ];
    for (name, lines) in sources {
        world.put(&format!("{name}.spec"), spec(name, lines).as_bytes());
    }
    let conditional = "%bcond_with x\n%if %{with x}\nBuildRequires: lib\n%endif\n%bcond_without y\n%if %{with y}\n\
                       BuildRequires: foo > 1\n%endif\n%if 0%{?mac:1}\nBuildRequires: nothere%{mac}\n%endif";
    world.put("cond.spec", spec("cond", conditional).as_bytes());
    world.put("bad.spec", b"bad %{\n");
    world.put("short.spec", b"Name: w\n");
    let built = world.start(
        oxidnf_testkit::world::Side::Real,
        &[
            "sh",
            "-c",
            "cd /srv/repos/files && rpmbuild -bs --nodeps --define '_srcrpmdir .' --define '_topdir /srv/t/top' pkg.spec \
             hard.spec plain.spec far.spec && createrepo_c -q . && rm -rf /srv/t/top",
        ],
    );
    let output = built.wait_with_output().expect("it was started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world.write(
        "/etc/yum.repos.d/src.repo",
        "[base-source]\nname=sources\nbaseurl=file:///srv/repos/files\nenabled=0\n",
    );
    world
}

#[test]
fn build_dependencies() {
    let world = sources();
    let files = "/srv/repos/files";
    world.both("builddep --assumeno pkg").exits(1).says("tool");
    for args in [
        "hard",
        "far",
        "nosuch",
        "foo",
        "p*",
        "pkg-1-1",
        "cap",
        "pkg nosuch plain",
        "FILES/hard-1-1.src.rpm",
        "FILES/pkg-1-1.src.rpm",
        "FILES/pkg-1-1.src.rpm FILES/cond.spec",
        "FILES/cond.spec",
        "FILES/cond.spec --with x",
        "FILES/cond.spec --with=x --without=y",
        "FILES/cond.spec -D 'mac 3'",
        "FILES/cond.spec --define='mac 4'",
        "FILES/bad.spec",
        "FILES/short.spec",
        "FILES/nosuch.spec",
        "FILES/nosuch.src.rpm",
        "FILES/nosuch.nosrc.rpm pkg",
        "./nosuch.rpm",
        "--spec FILES/pkg.spec --srpm FILES/pkg-1-1.src.rpm",
        "--spec FILES/pkg-1-1.src.rpm",
        "--srpm pkg",
    ] {
        world.both(&format!("builddep --assumeno {}", args.replace("FILES", files))).exits(1);
    }
    for args in [
        "hard --skip-unavailable",
        "plain",
        "FILES/plain-1-1.src.rpm",
        "--srpm FILES/pkg.spec",
        "FILES/cond.spec --without y",
    ] {
        world.both(&format!("builddep --assumeno {}", args.replace("FILES", files))).exits(0);
    }
    for args in ["", "FILES/cond.spec -D foo", "FILES/cond.spec -D", "pkg --nosuch"] {
        world.both(&format!("builddep {}", args.replace("FILES", files))).exits(2);
    }
    world.real_in_both("install -y conf foo-1-1").exits(0);
    world.both("builddep --assumeno pkg").exits(1).says("Removing");
    world.both("builddep -y pkg").exits(0);
    world.both("builddep -y pkg").exits(0).says("already installed");
    world.both("build-dep -y pkg plain").exits(0);
}

#[test]
fn status() {
    let sized = rpm("big").file("/usr/share/big", &"x".repeat(150_000));
    let world = World::new()
        .repo("one", [rpm("foo").requires("lib"), rpm("lib"), rpm("lib").evr("2-1"), sized])
        .repo_conf("two", [rpm("bar")], "enabled=0\n");
    // Before the first transaction dnf5 makes a history when it looks for one, which oxidnf does not.
    world.real_in_both("install -y foo big").exits(0);
    world.both("status").exits(0).says("Last Transaction");
    world.both("-q status --enable-repo=two").exits(0);
    world.both("status --exclude=lib").exits(0);
    world.both("status x").exits(2);
}
