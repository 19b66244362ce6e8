//! Broken repositories and packages, compared with dnf5; `faults.rs` holds what has no counterpart there.

use oxidnf_testkit::{World, rpm};

#[test]
fn missing_repository() {
    let world = World::new().repo("base", [rpm("foo")]);
    world.write(
        "/etc/yum.repos.d/gone.repo",
        "[gone]\nname=gone\nbaseurl=file:///srv/repos/gone\nskip_if_unavailable=1\n",
    );
    world.both("install -y foo").exits(0);
    world.write("/etc/yum.repos.d/gone.repo", "[gone]\nname=gone\nbaseurl=file:///srv/repos/gone\n");
    world.both("list foo").exits(1);
}

#[test]
fn no_repositories() {
    let world = World::new();
    world.both("install -y foo").exits(1);
    world.both("list").exits(0);
    world.both("repo list").exits(0);
}

#[test]
fn cache_only_without_cache() {
    let world = World::new().repo("base", [rpm("foo")]);
    world.both("-C list foo").exits(1);
}
