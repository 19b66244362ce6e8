//! The sample repository of `make demo` is one that the real programs accept.

use oxidnf_testkit::{World, sample};

const CONF: &str = "gpgcheck=1\ngpgkey=file:///srv/repos/key.asc\n";

#[test]
fn real_dnf5_installs_and_upgrades_from_it() {
    let world = World::new();
    sample::write(&world.repos_dir()).expect("the sample can be made anywhere");
    world.repo_at("base", "file:///srv/repos/base", CONF);
    // The sample's shell is the machine's own; these roots have one already.
    world.real_in_both("install -y -x sample-shell greeter").exits(0).says("The key was successfully imported.");
    world.rpm("-V greeter");
}

#[test]
fn both_programs_agree_on_it() {
    let world = World::new();
    sample::write(&world.repos_dir()).expect("the sample can be made anywhere");
    world.repo_at("base", "file:///srv/repos/base", CONF);
    world.both("install -y -x sample-shell greeter").exits(0);
    world.repo_at("updates", "file:///srv/repos/updates", CONF);
    world.write("/etc/greeter.conf", "language = eo\n");
    world.both("upgrade -y").exits(0).says("greeter.conf.rpmnew");
    world.both("remove -y greeter").exits(0);
}
