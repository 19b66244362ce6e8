//! Installs a base system of several hundred real packages with both programs and compares everything:
//! `base-system DIR`, where DIR was made by `bench/prepare`.
//!
//! Afterwards each program goes on with what the other one installed: lists, upgrades and removes.

use std::path::PathBuf;
use std::time::Instant;

use oxidnf_testkit::World;
use oxidnf_testkit::http::Server;

fn main() {
    let dir = PathBuf::from(std::env::args_os().nth(1).expect("usage: base-system DIR"));
    let removable = std::fs::read_to_string(dir.join("removable")).expect("bench/prepare writes DIR/removable");
    let server = Server::start(&dir.join("repo"));
    let conf = "gpgcheck=1\ngpgkey=file:///srv/repos/key.asc\n";
    let world = || {
        let world = World::empty();
        std::fs::copy(dir.join("key.asc"), world.repos_dir().join("key.asc"))
            .expect("bench/prepare writes DIR/key.asc");
        world.repo_at("base", &format!("{}/base", server.url()), conf);
        world
    };
    let with_updates = |world: &World| world.repo_at("updates", &format!("{}/updates", server.url()), conf);
    let remove = format!("remove -y --no-autoremove {}", removable.trim());

    let first = world();
    step("install by both, compared", || {
        first.both("install -y '*'").exits(0);
    });
    step("rpm -Va of both, compared", || tell(&format!("  {} lines", first.rpm("-Va").lines().count())));
    step("verifydb of both", || assert_eq!(first.rpmdb("--verifydb"), "", "rpmdb --verifydb found something"));
    step("list by the real dnf5", || {
        first.real_in_both("list --installed").exits(0);
    });
    with_updates(&first);
    step("upgrade by the real dnf5", || {
        first.real_in_both("upgrade -y").exits(0);
    });
    step("remove by the real dnf5", || {
        first.real_in_both(&remove).exits(0);
    });
    drop(first);

    let second = world();
    step("install by the real dnf5", || {
        second.real_in_both("install -y '*'").exits(0);
    });
    with_updates(&second);
    step("list by oxidnf", || {
        second.ours_in_both("list --installed").exits(0);
    });
    step("upgrade by both, compared", || {
        second.both("upgrade -y").exits(0);
    });
    step("remove by both, compared", || {
        second.both(&remove).exits(0);
    });
    step("rpm -Va of both, compared", || tell(&format!("  {} lines", second.rpm("-Va").lines().count())));
    tell("The real programs and oxidnf agree about everything.");
}

fn step(title: &str, run: impl FnOnce()) {
    let start = Instant::now();
    run();
    tell(&format!("{title}: ok, {:.1} s", start.elapsed().as_secs_f32()));
}

#[expect(clippy::print_stdout, reason = "this program is made to be watched")]
fn tell(text: &str) {
    println!("{text}");
}
