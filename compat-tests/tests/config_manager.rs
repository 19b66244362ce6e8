//! `config-manager`: what it writes, byte for byte, and what it says.

use std::fs;
use std::os::unix::fs::symlink;

use oxidnf_testkit::World;
use oxidnf_testkit::http::Server;
use oxidnf_testkit::world::Side;

const OVERRIDES: &str = "/etc/dnf/repos.override.d/99-config_manager.repo";
const REPOS: &str = "[a]\nname=A\nbaseurl=file:///x\nenabled=1\n\n[b]\nname=B\nbaseurl=file:///x\n";
const URL: &str = "--set=baseurl=http://example.com/repo/x";

/// Two repositories, and directories for everything that may be written.
fn world() -> World {
    let world = bare_world();
    for side in [Side::Real, Side::Ours] {
        for dir in ["etc/dnf/repos.override.d", "etc/dnf/vars"] {
            fs::create_dir_all(world.root(side).join(dir)).expect("the root is writable");
        }
    }
    world
}

fn bare_world() -> World {
    let world = World::new();
    world.write("/etc/yum.repos.d/a.repo", REPOS);
    // dnf5 writes dnf.conf in place, so that the time of the directory stays; oxidnf renames.
    world.write("/etc/dnf/other", "");
    world
}

fn read(world: &World, path: &str) -> String {
    fs::read_to_string(world.root(Side::Ours).join(&path[1..])).expect("it was written")
}

fn each(world: &World, code: i32, lines: &[&str]) {
    for line in lines {
        world.both(&format!("config-manager {line}")).exits(code);
    }
}

#[test]
fn options_are_set() {
    let world = world();
    each(
        &world,
        0,
        &[
            "setopt keepcache=1",
            "setopt keepcache=1 best=1",
            "setopt a.enabled=0",
            "setopt b.enabled=0 a*.cost=5 installonly_limit=4",
            "setopt keepcache=1 keepcache=1",
            "setopt installonlypkgs=foo excludepkgs=x,y exclude=z",
            "setopt a.name=",
            "setopt *.priority=3 --create-missing-dir",
            "setopt 'excludepkgs=a\nb'",
            "setopt a.excludepkgs=q a.gpgcheck=1 b.proxy=_none_ b.repo_gpgcheck=yes",
        ],
    );
    assert!(read(&world, OVERRIDES).contains("[a]\nenabled=0\ncost=5\nname=\npriority=3\nexcludepkgs=q\n"));
    world.both("repo list --all").exits(0).says("disabled");
    world.both("--dump-repo-config=a").exits(0).says("gpgcheck = 1");
    world.both("--dump-repo-config=b").exits(0).says("priority = 3");
    assert!(read(&world, "/etc/dnf/dnf.conf").contains("installonly_limit=4\n"));
}

#[test]
fn options_that_cannot_be_set() {
    let world = world();
    each(
        &world,
        1,
        &[
            "setopt nosuch=1",
            "setopt a.nosuch=1",
            "setopt c.enabled=1",
            "setopt c*.enabled=1",
            "setopt main.enabled=1",
            "setopt keepcache=maybe",
            "setopt keepcache=1 installonly_limit=3 best=maybe nosuch=1",
            "setopt a.cost=x",
            "setopt keepcache=",
            "setopt keepcache=1 keepcache=0",
            "setopt a.cost=1 a.cost=2",
            "setopt a.cost=7 keepcache=maybe",
            "setopt a.cost=1 *.cost=2",
            "setopt *.cost=2 a.priority=3 a.cost=1",
            "setopt a.b.cost=1",
            "setopt baseurl=x",
            "setopt a.keepcache=1",
            "setopt keepcache=1 nosuch.enabled=1",
            "setopt a.cost=1 nosuch.enabled=1",
        ],
    );
    each(
        &world,
        2,
        &["setopt keepcache", "setopt =1", "setopt .x=1", "setopt a.=1", "setopt", "", "nosuch", "--foo setopt a=1"],
    );
}

#[test]
fn options_are_unset() {
    let world = world();
    world.write("/etc/dnf/dnf.conf", "[main]\nbest=1\nkeepcache=1\n# why\n");
    world.write(OVERRIDES, "# own\n[a]\n# in a\ncost=1\n\n[*]\nenabled=0\n[b]\n#c\n[bb]\nenabled=1\ncost=1\n");
    each(
        &world,
        0,
        &[
            "unsetopt keepcache",
            "unsetopt keepcache",
            "unsetopt best best keepcache",
            "setopt a.priority=1 b.priority=1",
            "unsetopt a.cost a.priority b.priority a.timeout",
            "unsetopt *.enabled",
            "unsetopt b*.priority",
            "unsetopt a.enabled",
            "unsetopt b*.cost b*.timeout",
            "setopt b.cost=1 a.cost=2",
            "unsetopt [ab].cost [ab].proxy *.nosuch",
            "unsetopt nosuch a.nosuch zz.cost zz.priority",
            "unsetopt keepcache=1",
        ],
    );
    assert!(read(&world, OVERRIDES).ends_with("[a]\n# in a\n\n[b]\n#c\n"), "{}", read(&world, OVERRIDES));
    world.edit(|root| fs::remove_file(root.join(&OVERRIDES[1..])).expect("it was there"));
    world.both("config-manager unsetopt a.cost").exits(0).says("file with overrides not found");
    each(&world, 2, &["unsetopt", "unsetopt a.", "unsetopt .a"]);
    world.edit(|root| fs::remove_file(root.join("etc/dnf/dnf.conf")).expect("it was there"));
    world.both("config-manager unsetopt best").exits(0).says("config file not found");
    world.both("config-manager setopt best=1").exits(0);
}

#[test]
fn what_was_written_by_hand_stays() {
    let world = world();
    for text in [
        "# top\n\n[main]\nbest=1\nexclude=a\n  b",
        "# top only",
        "[q]\nname=x",
        "[main]\r\nbest=1\r\n\r\n",
        "[main]\nbest=1\n# mid\nbest=0\n[q]\nname=Q\n[main]\n;semi\nkeepcache = \"1\"  \n\n",
        "  [main]  # x\n best=1\n".trim_start(),
        "[main]\n\n\ntimeout = 7 \n  \n\n# end\n[z]\n",
    ] {
        world.write("/etc/dnf/dnf.conf", text);
        let step = world.both("config-manager setopt timeout=5 best=0");
        if !text.contains("# x") {
            step.exits(0);
        }
        world.both("config-manager unsetopt timeout best");
    }
    world.write("/etc/dnf/dnf.conf", "[main]\nbest=1\n");
    world.edit(|root| {
        fs::rename(root.join("etc/dnf/dnf.conf"), root.join("etc/dnf/real.conf")).expect("it was written");
        symlink("real.conf", root.join("etc/dnf/dnf.conf")).expect("the root is writable");
    });
    world.both("config-manager setopt timeout=6").exits(0);
    assert_eq!(read(&world, "/etc/dnf/real.conf"), "[main]\nbest=1\ntimeout=6\n");
}

#[test]
fn missing_directories() {
    let world = bare_world();
    each(
        &world,
        1,
        &[
            "setopt keepcache=1 a.enabled=0",
            "setvar foo=bar",
            "enable a",
            "disable a",
            "enable nosuch --create-missing-dir",
        ],
    );
    assert_eq!(read(&world, "/etc/dnf/dnf.conf"), "[main]\nkeepcache=1\n", "main is written before repositories");
    each(
        &world,
        0,
        &[
            "unsetvar foo",
            "unsetopt a.enabled",
            "setopt a.enabled=0 --create-missing-dir",
            "setvar foo=bar --create-missing-dir",
        ],
    );
    world.edit(|root| fs::remove_dir_all(root.join("etc/dnf")).expect("it was there"));
    each(&world, 1, &["setopt timeout=5"]);
    each(&world, 0, &["setopt timeout=5 --create-missing-dir"]);
    world.edit(|root| {
        fs::write(root.join("etc/dnf/vars"), "").expect("the root is writable");
        symlink("nowhere", root.join("etc/dnf/repos.override.d")).expect("the root is writable");
        fs::remove_dir_all(root.join("etc/yum.repos.d")).expect("it was there");
    });
    each(&world, 1, &["setvar foo=1", "setvar foo=1 --create-missing-dir", &format!("addrepo --id=t {URL}")]);
    each(&world, 0, &["unsetvar foo", &format!("addrepo --id=t {URL} --create-missing-dir")]);
    each(&world, 1, &["enable t", "enable t --create-missing-dir"]);
}

#[test]
fn variables() {
    let world = world();
    each(
        &world,
        0,
        &[
            "setvar foo=bar",
            "setvar foo=bar2 x=",
            "setvar releasever=3 arch=z",
            "setvar foo=1=2",
            "unsetvar foo nosuch",
            "unsetvar foo",
            "unsetvar x arch releasever",
            "setvar releasever_major=1 releasever_minor=2",
        ],
    );
    each(&world, 1, &["setvar fo-o=1", "setvar foo=1 foo=2", "unsetvar f/o", "unsetvar foo=1"]);
    each(&world, 2, &["setvar foo", "setvar =1", "setvar", "unsetvar"]);
}

#[test]
fn repositories_are_switched() {
    let world = world();
    each(&world, 0, &["enable a", "disable a b", "disable '*'", "disable a --create-missing-dir", "enable a* b"]);
    each(&world, 1, &["enable a* nosuch", "enable nosuch", "enable a,b", "disable main"]);
    each(&world, 2, &["enable", "disable"]);
    assert!(read(&world, OVERRIDES).ends_with("[a]\nenabled=1\n[b]\nenabled=1\n"));
}

#[test]
fn repositories_are_added() {
    let world = world();
    let add = |code: i32, args: &str| {
        world.both(&format!("config-manager addrepo {}", args.replace("URL", URL))).exits(code);
    };
    for args in [
        "URL",
        "URL --overwrite",
        "URL --add-or-replace",
        "URL --add-or-replace --overwrite",
        "--id=new URL --set=enabled=0 --set=gpgcheck=1 --set=name=Hello",
        "--id=zz URL --save-filename=a --add-or-replace",
        "--id=zz URL --save-filename=a.repo --add-or-replace --set=cost=3",
        "--id=a URL --save-filename=a --add-or-replace",
        "--id=a URL --save-filename=a.repo --overwrite",
        "--id=q:w URL",
        "--id=t1 --set=baseurl=foo",
        "--id=t2 --set=mirrorlist=nonsense",
        "--id=t3 --set=baseurl=http://a/ --set=mirrorlist=http://b/",
        "--id=t4 URL --set=cost=1 --set=cost=1",
        "--id=t6 --id=t7 URL",
        "--id=t9 URL --create-missing-dir",
        "--id=t11 URL --save-filename=",
        "--id=t12 --set=baseurl=http://a/,http://b/ '--set=excludepkgs=a b'",
        "--id=t15 URL --set=name=",
        "--id=t16 URL --set=name=x --set=enabled=yes",
        "--id=t17 URL --save-filename=../x",
        "--id=t18 URL --save-filename=x.repo.repo",
    ] {
        add(0, args);
    }
    for args in [
        "URL",
        "--id=new URL",
        "--id=a URL --save-filename=b",
        "--id=b2 URL --save-filename=a",
        "'--id=we ird/$' URL",
        "--id=t21 URL --set=nosuch=1",
        "--id=t21 URL --set=enabled=x",
        "--id=t24 URL --set=cost=1 --set=cost=2",
        "--id=t25 URL --set=cost=",
        "--id=t25 URL --set=a.b=1",
        "--id=t30 URL --save-filename=x/y",
        "--id=main URL",
    ] {
        add(1, args);
    }
    for args in
        ["", "--id=t1", "--id=t1 --set=baseurl=", "--id=t5 URL --set=cost", "--id=t8 URL extra", "--overwrite=1"]
    {
        add(2, args);
    }
    world.both("repo list --all").exits(0).says("t16");
}

#[test]
fn ids_come_from_urls() {
    let world = world();
    for url in [
        "http://example.com/repo/y/",
        "https://ex/metalink?repo=f-42&arch=x",
        "https://www.ex.org/ml?repo=f,.",
        "file:///a/$releasever/$basearch",
        "http://m//a///b?c?d/",
        "http://user:pw@host:80/path",
        "http://www.x/a~b|c#d",
        "ftp://é.org/ü{}x",
        "relative/place.",
        "..,/x/.,",
        "http://[::1]:80/x",
        &format!("http://x.org/{}", "a".repeat(300)),
    ] {
        world.both(&format!("config-manager addrepo --set=metalink={url}")).exits(0);
    }
    world.both("config-manager addrepo --set=baseurl=http://one/,http://two/ --set=metalink=http://three/").exits(0);
    world.both("config-manager addrepo --set=mirrorlist=http://four/ --set=metalink=http://five/").exits(0);
}

#[test]
fn files_are_taken_over() {
    let world = world();
    let put = |name: &str, text: &str| world.put(name, text.as_bytes());
    let good = put("f1.repo", "# comment\n[f1]\nname=F1\nbaseurl=http://f1/\n\n[f1b]\nbaseurl=file:///x");
    let add = |code: i32, args: &str| {
        world.both(&format!("config-manager addrepo --from-repofile={args}")).exits(code);
    };
    add(0, &good);
    add(1, &good);
    add(0, &format!("{good} --overwrite"));
    add(1, &format!("{good} --save-filename=other"));
    add(2, &format!("{good} --id=x"));
    add(2, &format!("{good} --set=enabled=0"));
    add(2, &format!("{good} --add-or-replace"));
    world.both(&format!("config-manager addrepo --id=x --from-repofile={good}")).exits(2);
    add(1, "/srv/nosuch.repo");
    add(1, "");
    add(1, "http://");
    let text = put("f2.txt", "[f2]\nname=F2\nbaseurl=http://f1/\n");
    add(0, &format!("file://{text}"));
    add(0, &format!("file://{text} --save-filename=f2.txt --overwrite"));
    add(1, &put("f3.repo", "[f3]\nname=F2\nbaseurl=http://f1/\nnosuch=1\n"));
    add(1, &put("f4.repo", "[f4]\nenabled=x\n"));
    add(0, &put("f5.repo", "[f5]\nenabled=1\n"));
    add(1, &put("f5.repo", "[f5]\nenabled=1\n"));
    add(0, &put("f6.repo", ""));
    add(1, &put("f7.repo", "[main]\ngpgcheck=1\n[f7]\nbaseurl=http://x\n"));
    add(1, &put("f8.repo", "[b]\nbaseurl=http://x\n"));
    world.both("repo list --all").exits(0).says("f1b");
    // Both name the place of the mistake, but dnf5 by a temporary name.
    let bad = put("f9.repo", "name=1\n");
    let step = world.run(Side::Ours, &format!("config-manager addrepo --from-repofile={bad}"));
    assert_eq!(step.status.code(), Some(1));
    let said = String::from_utf8_lossy(&step.stderr).into_owned();
    assert!(
        said.starts_with("Error in configuration file \"") && said.contains("\n Missing section header on line 1\n"),
        "{said}"
    );
}

#[test]
fn files_behind_urls() {
    let world = world();
    world.put("net.repo", b"[net]\nname=Net\nbaseurl=http://net/\n");
    let server = Server::start(&world.repos_dir());
    let url = format!("{}/files/net.repo", server.url());
    world.both(&format!("config-manager addrepo --from-repofile={url}")).exits(0);
    assert_eq!(read(&world, "/etc/yum.repos.d/net.repo"), "[net]\nname=Net\nbaseurl=http://net/\n");
    world.both(&format!("config-manager addrepo --from-repofile={url}?x=1")).exits(1);
}
