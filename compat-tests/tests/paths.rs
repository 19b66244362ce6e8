//! What other metadata than `primary` says: paths in `provides`, `install`, `repoquery` and dependencies; changelogs.

use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

/// `app` and `clash` name paths that only the file lists have.
fn library() -> World {
    World::new().repo(
        "base",
        [
            rpm("app").requires("/usr/share/words/list").file("/usr/share/app/data", "a"),
            rpm("words").file("/usr/share/words/list", "w").dir("", "/usr/share/words"),
            rpm("words-large").file("/usr/share/words/large+more", "w").file("/usr/share/words/list.d/x", "x"),
            rpm("clash").conflicts("/usr/share/app/data"),
            rpm("tool").file_as("%attr(755,root,root)", "/usr/bin/tool", "t").requires("/usr/share/nowhere"),
        ],
    )
}

#[test]
fn queries() {
    let world = library();
    // Twice: the first makes what the second finds.
    for _ in 0..2 {
        for args in [
            "provides /usr/share/words/list",
            "provides '/usr/share/words/*'",
            "provides '*/list'",
            "provides '/usr/share/words/large+more'",
            "provides /usr/share/words",
            "repoquery /usr/share/words/list",
            "repoquery --file /usr/share/app/data",
            "repoquery --file '*/data'",
            "repoquery --whatprovides /usr/share/words/list",
            "repoquery --files words-large",
        ] {
            world.both(args).exits(0);
        }
        world.both("provides /usr/share/words/lis").exits(1);
    }
}

#[test]
fn specs() {
    for spec in ["/usr/share/words/list", "'/usr/share/words/l*'", "'*/app/data'", "/usr/bin/tool"] {
        library().both(&format!("install -y {spec}"));
    }
}

#[test]
fn dependencies_need_the_file_lists() {
    library().both("install -y app").exits(1).says("optional_metadata_types=filelists");
    let world = library();
    world.both("install -y --setopt=optional_metadata_types=filelists app").exits(0).says("words");
    world.both("install -y --setopt=optional_metadata_types=filelists clash").exits(1);
    world.both("install -y --setopt=optional_metadata_types=filelists tool").exits(1);
    // A spec that is a path brings the file lists, and they serve the dependencies, too.
    library().both("install -y /usr/share/app/data").exits(0).says("words");
}

#[test]
fn changelogs() {
    let log = "* Wed Jan 01 2025 Ann <ann@example.org> - 1-1\n- newest\n- more\n\
               * Tue Dec 31 2024 Bob <b@example.org> - 0-1\n- older & <odd>";
    let world = World::new()
        .repo("base", [rpm("logged").script("changelog", log), rpm("silent"), rpm("other").script("changelog", log)]);
    for args in ["repoquery --changelogs", "repoquery --changelogs logged silent", "repoquery --changelogs nothere"] {
        world.both(args).exits(0);
    }
    world.both("install -y logged silent").exits(0);
    world.both("repoquery --installed --changelogs").exits(0);
    world.both("repoquery --changelogs --info logged");
}

#[test]
fn a_damaged_index_is_made_again() {
    let world = library();
    world.both("provides /usr/share/words/list").exits(0);
    let caches = world.root(Side::Ours).join("var/cache/libdnf5");
    let indexes = || -> Vec<_> {
        let dirs = std::fs::read_dir(&caches).expect("a cache").map(|entry| entry.expect("an entry").path());
        dirs.map(|dir| dir.join("oxidnf/filelists.paths")).filter(|path| path.is_file()).collect()
    };
    let [index] = &indexes()[..] else { panic!("{:?}", indexes()) };
    let whole = std::fs::read(index).expect("readable");
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        std::fs::write(index, damaged).expect("writable");
        world.both("provides /usr/share/words/list").exits(0);
    }
    assert_eq!(std::fs::read(index).expect("readable"), whole);
}
