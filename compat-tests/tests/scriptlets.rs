//! Scriptlets: order, arguments, environment, failures.

use oxidnf_testkit::{Oracle, Rpm, World, repo, rpm};

fn with_all_scripts(package: Rpm) -> Rpm {
    ["pretrans", "pre", "post", "preun", "postun", "posttrans", "preuntrans", "postuntrans"]
        .into_iter()
        .fold(package, Rpm::logs)
}

#[test]
fn order_and_arguments() {
    let mut world = World::new().repo("base", [with_all_scripts(rpm("a").requires("b")), with_all_scripts(rpm("b"))]);
    world.both("install -y a").exits(0);
    world.add_repo(
        "updates",
        &repo(
            &Oracle::find(),
            &[with_all_scripts(rpm("a").evr("2-1").requires("b >= 2")), with_all_scripts(rpm("b").evr("2-1"))],
        ),
        "gpgcheck=0\n",
    );
    world.both("upgrade -y").exits(0);
    world.both("remove -y b").exits(0);
}

#[test]
fn environment() {
    let script = "pwd >>/scripts.log; umask >>/scripts.log; id -u >>/scripts.log; echo \"$PATH\" >>/scripts.log; sed 1d </dev/stdin >>/scripts.log; ls /proc/self/fd >>/scripts.log 2>&1; test -e /proc/self && echo proc >>/scripts.log; true";
    let world = World::new().repo("base", [rpm("env").script("post", script)]);
    world.both("install -y env").exits(0);
}

#[test]
fn other_interpreters_and_no_body() {
    let world = World::new().repo(
        "base",
        [
            rpm("args")
                .script("post -p \"/bin/sh -e -u\"", "echo strict $1 >>/scripts.log; false; echo never >>/scripts.log"),
            rpm("nobody").script("post -p /bin/true", ""),
            rpm("busy").script("post -p \"/bin/busybox sh\"", "echo busy $# >>/scripts.log"),
        ],
    );
    world.both("install -y busy nobody").exits(0);
    world.both("install -y args").exits(1);
}

#[test]
fn output_is_shown() {
    let world = World::new()
        .repo("base", [rpm("talks").script("post", "echo to stdout; echo to stderr >&2"), rpm("quiet").logs("post")]);
    world.both("install -y talks quiet").exits(0);
}

#[test]
fn failing_pre_skips_the_package() {
    let world = World::new().repo(
        "base",
        [rpm("bad").script("pre", "exit 3").file("/usr/share/bad", "b"), rpm("good").file("/usr/share/good", "g")],
    );
    world.both("install -y bad good").exits(1);
    world.both("list --installed").exits(0);
}

#[test]
fn failing_post_is_reported() {
    let world = World::new().repo("base", [rpm("bad").script("post", "echo oops; exit 3").file("/usr/share/bad", "b")]);
    world.both("install -y bad").exits(1);
    world.both("list --installed").exits(0);
}

#[test]
fn failing_preun_keeps_the_package() {
    let world =
        World::new().repo("base", [rpm("stays").script("preun", "exit 1").file("/usr/share/stays", "s"), rpm("goes")]);
    world.both("install -y stays goes").exits(0);
    world.both("remove -y stays goes").exits(1);
    world.both("list --installed").exits(0);
}

#[test]
fn ordering_follows_dependencies() {
    let chain = |name: &str, requires: &[&str]| {
        requires.iter().fold(rpm(name).logs("post"), |package, dep| package.requires(dep))
    };
    let world = World::new().repo(
        "base",
        [
            chain("top", &["left", "right"]),
            chain("left", &["bottom"]),
            chain("right", &["bottom"]),
            chain("bottom", &[]),
            chain("loop1", &["loop2"]),
            chain("loop2", &["loop1"]),
            rpm("pre-needs").tag("Requires(pre): loop1").logs("post"),
            chain("lone1", &[]),
            chain("lone2", &[]),
        ],
    );
    world.both("install -y top pre-needs lone1 lone2").exits(0);
    world.both("remove -y 'lo*' top left right bottom pre-needs").exits(0);
}

#[test]
fn noscripts() {
    let world = World::new().repo("base", [with_all_scripts(rpm("a"))]);
    world.both("install -y --setopt=tsflags=noscripts a").exits(0);
}
