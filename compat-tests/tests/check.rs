//! `check`: what is wrong with what is installed.

use oxidnf_testkit::{Rpm, World, rpm};

/// Makes a system of packages that need not go together.
fn system(packages: Vec<Rpm>) -> World {
    let names: Vec<String> = packages.iter().map(Rpm::file_name).collect();
    let world = World::new().repo("base", packages);
    for name in names {
        world.rpm(&format!("-i --nodeps --force --justdb --noscripts /srv/repos/base/{name}"));
    }
    world
}

fn kernel(evr: &str) -> Rpm {
    rpm("kern").evr(evr).provides("installonlypkg(kernel)")
}

#[test]
fn a_sound_system() {
    let world = system(vec![rpm("app").requires("lib"), rpm("lib"), kernel("1-1"), kernel("2-1")]);
    for args in ["", "--dependencies", "--duplicates", "--obsoleted", "--dependencies --obsoleted"] {
        world.both(&format!("check {args}")).exits(0);
    }
    world.both("check app").exits(2);
}

#[test]
fn every_kind() {
    let world = system(vec![
        rpm("app").requires("lib >= 2").requires("gone").requires("gone2 = 3"),
        rpm("lib"),
        rpm("conf").conflicts("lib < 5").conflicts("conf"),
        rpm("obs").obsoletes("lib < 3").obsoletes("obs").obsoletes("obs2").provides("obs2"),
        rpm("obs2"),
        rpm("dup").evr("1-1").requires("nothing"),
        rpm("dup").evr("9-1"),
        rpm("dup").evr("10-1").conflicts("app"),
        kernel("1-1"),
        kernel("2-1"),
        rpm("dup-more"),
        rpm("multi").arch("x86_64"),
        rpm("multi").evr("2-1"),
        rpm("pre").requires("rpmlib(Foo) <= 3-1").requires("/no/such/file").requires("/etc").recommends("norec"),
        rpm("early").tag("Requires(pre): nopre").tag("Requires(post): nopost").tag("Requires(preun): nopreun"),
        rpm("epoch").evr("3:1-1").requires("old = 1:2"),
        rpm("old").evr("1:3-1"),
        rpm("self").conflicts("selfish").provides("selfish"),
        rpm("versions").conflicts("old = 3").obsoletes("epoch < 3:1-2"),
    ]);
    world.both("check").exits(1).says("missing require");
    world.both("-q check").exits(1).says("Check discovered");
    world.both("check --dependencies").exits(1).says("installed conflict");
    world.both("check --duplicates").exits(1).says("duplicate with");
    world.both("check --obsoleted").exits(1).says("obsoleted by");
    world.both("check --duplicates --obsoleted").exits(1);
}

#[test]
fn rich_dependencies() {
    let world = system(vec![
        rpm("lib"),
        rpm("rich").requires("(nope if lib)").requires("(a or b)"),
        rpm("richer").requires("(nope if lib)").requires("aa").requires("(zz if lib)").requires("(lib or zz)"),
        rpm("cf").conflicts("(lib and rich)").conflicts("nothing"),
        rpm("fine").requires("(nope if nothing)").requires("(lib and rich)"),
        rpm("with").requires("(lib with nothing)"),
        rpm("other").requires("(nope if nothing else zz)").requires("(zz if with else yy)"),
    ]);
    world.both("check").exits(1).says("(nope if lib)");
}

#[test]
fn files_behind_links() {
    let world = system(vec![
        rpm("tool").dir("", "/usr/sbin").file("/usr/sbin/tool", "x"),
        rpm("user").requires("/sbin/tool").requires("/usr/sbin/tool").requires("/bin/nothing"),
        rpm("hater").conflicts("/usr/sbin/tool"),
    ]);
    // Below another root the real rpm looks for the link on the host, which has this one.
    world.edit(|root| {
        let _ = std::fs::remove_dir(root.join("sbin"));
        std::fs::create_dir_all(root.join("usr/sbin")).expect("the root is writable");
        std::os::unix::fs::symlink("usr/sbin", root.join("sbin")).expect("the root is writable");
    });
    world.both("check").exits(1).says("/bin/nothing");
}
