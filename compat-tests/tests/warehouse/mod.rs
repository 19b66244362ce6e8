//! Two repositories with several versions, odd names and all kinds of dependencies, and a system that uses them.

use oxidnf_testkit::{Rpm, World, rpm};

const LONG: &str = "a-package-with-a-very-long-name-that-does-not-fit-into-eighty-columns-of-a-terminal";

fn app(evr: &str) -> Rpm {
    rpm("app")
        .evr(evr)
        .vendor("Acme Corporation")
        .summary("An application")
        .tag("URL: https://acme.example.org/app")
        .tag("Packager: Pat <pat@example.org>")
        .tag("Group: Applications/Text")
        .requires("lib >= 1")
        .requires("/usr/bin/tool")
        .tag("Requires(post): tool")
        .tag("Requires(preun): /usr/bin/tool")
        .requires("(docs if hunspell)")
        .recommends("hunspell")
        .tag("Suggests: docs")
        .conflicts("old-app < 1")
        .file_as("%attr(755,root,root)", "/usr/bin/app", "app")
        .file("/usr/share/app/data", "data")
        .dir("", "/usr/share/app")
}

fn lib(evr: &str) -> Rpm {
    rpm("lib").evr(evr).arch("x86_64").summary("A library").provides("lib(api) = 7").file("/usr/lib64/lib.so", "lib")
}

fn world() -> World {
    let base = [
        app("1-1"),
        app("2-1"),
        lib("1-1"),
        lib("2-1"),
        rpm("tool").summary("The TOOL of the app").file_as("%attr(755,root,root)", "/usr/bin/tool", "tool"),
        rpm("hunspell").summary("日本語の要約 – naïve ñ").supplements("app"),
        rpm("docs").tag("Enhances: app"),
        rpm("old-app").evr("1-1").summary("The application of old"),
        rpm(LONG).evr("12:1.2.3.4.5.6.7~rc1^git20240101-1.long.release").summary(LONG),
        rpm("kernel").evr("1-1").provides("installonlypkg(kernel)"),
        rpm("kernel").evr("2-1").provides("installonlypkg(kernel)"),
        rpm("virtual")
            .provides("/opt/virtual")
            .provides("/bin/virt")
            .file("/bin/old", "1")
            .file("/sbin/older", "1")
            .file("/usr/sbin/news", "1"),
    ];
    let updates = [
        app("3-1"),
        lib("2-1"),
        lib("3-1"),
        rpm("new-app").evr("2-1").obsoletes("old-app < 2").provides("old-app = 2").summary("The app that is new"),
        rpm("kernel").evr("3-1").provides("installonlypkg(kernel)"),
        rpm("docs").evr("1-0"),
    ];
    World::new().repo("base", base).repo("updates", updates)
}

/// Returns a world in which old versions are installed, so that there is something to upgrade, to obsolete
/// and to remove.
pub(crate) fn used() -> World {
    let world = world();
    world.both("install -y --repo=base app-1 lib-1 old-app kernel-1").exits(0);
    world.both("install -y --repo=base kernel-2").exits(0);
    world
}
