//! Packages hidden by configuration, and weak dependencies that stay away.

use oxidnf_testkit::{World, rpm};

fn world(main: &str, base: &str) -> World {
    let packages = || [rpm("app").requires("lib").recommends("extra"), rpm("lib"), rpm("lib").evr("2-1"), rpm("extra")];
    let world = World::new()
        .repo_conf("base", packages(), &format!("gpgcheck=0\n{base}"))
        .repo("more", [rpm("lib").evr("3-1"), rpm("plug").supplements("app")]);
    world.write("/etc/dnf/dnf.conf", &format!("[main]\n{main}"));
    world.real_in_both("makecache").exits(0);
    world
}

const LOOKS: [&str; 4] =
    ["repoquery", "list --available", "install --assumeno app", "install --assumeno lib extra --skip-unavailable"];

#[test]
fn lists_and_what_switches_them_off() {
    for (main, base) in [
        ("excludepkgs=lib-3*\n", ""),
        ("excludepkgs=extra,plug\n", "excludepkgs=lib-2-1\n"),
        ("includepkgs=app,lib\n", ""),
        ("", "includepkgs=app,lib-1-1\n"),
        ("includepkgs=lib,app\nexcludepkgs=lib-1-1\n", "includepkgs=extra\n"),
    ] {
        let world = world(main, base);
        for look in LOOKS {
            for disable in
                ["", "--setopt=disable_excludes=main", "--setopt=disable_excludes=b*", "--setopt=disable_excludes='*'"]
            {
                let args = format!("{look} {disable}");
                let real =
                    world.run(oxidnf_testkit::world::Side::Real, &args).status.code().expect("dnf5 ends by itself");
                world.both(&args).exits(real);
            }
        }
    }
}

#[test]
fn weak_dependencies_that_stay_away() {
    let world = world("", "");
    world.both("install -y app --setopt=exclude_from_weak='ex*'").exits(0).says("plug");
    world.both("remove -y plug").exits(0);
    world.both("reinstall -y app").exits(0);
    world.both("install -y extra plug").exits(0);
    let world = self::world("exclude_from_weak_autodetect=0\n", "");
    world.both("install -y app --setopt=install_weak_deps=0").exits(0);
    world.both("reinstall -y app").exits(0);
    world.both("upgrade -y").exits(0);
}
