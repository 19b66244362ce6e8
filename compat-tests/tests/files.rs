//! Files of every kind: owners, modes, links, directories, conflicts, payload formats.

use oxidnf_testkit::{Oracle, World, repo, rpm};

#[test]
fn modes_owners_and_links() {
    let world = World::new().repo(
        "base",
        [rpm("kinds")
            .file_as("%attr(4755,root,root)", "/usr/bin/suid", "s")
            .file_as("%attr(0600,nobody,nogroup)", "/etc/private", "p")
            .dir("%attr(2770,root,root)", "/var/lib/kinds")
            .symlink("/usr/bin/link", "suid")
            .symlink("/usr/bin/dangling", "/no/where")
            .file("/usr/share/kinds/one", "same inode")
            .hardlink("/usr/share/kinds/two", "/usr/share/kinds/one")
            .hardlink("/usr/share/kinds/three", "/usr/share/kinds/one")
            .ghost("", "/var/log/kinds.log")
            .file("/usr/share/kinds/empty", "")],
    );
    world.both("install -y kinds").exits(0);
    world.rpm("-V kinds");
    world.both("remove -y kinds").exits(0);
}

#[test]
fn special_files_and_capabilities() {
    let world = World::new().repo(
        "base",
        [rpm("special")
            .raw("mkdir -p %{buildroot}/dev %{buildroot}/run", "%dev(c,1,3) %attr(0666,root,root) /dev/nully\n%dev(b,7,9) /dev/loopy")
            .raw("mkfifo %{buildroot}/run/pipe", "%attr(0620,root,root) /run/pipe")
            .file_as("%caps(cap_net_raw=ep)", "/usr/bin/capable", "c")
            .raw("mkdir -p %{buildroot}/usr/share/special; printf 'x\\000y' > '%{buildroot}/usr/share/special/with space'", "\"/usr/share/special/with space\"")],
    );
    world.both("install -y special").exits(0);
    world.rpm("-V special");
    world.both("remove -y special").exits(0);
}

#[test]
fn payload_formats() {
    for (format, payload) in [
        ("4", "w9.gzdio"),
        ("4", "w2.xzdio"),
        ("4", "w9.bzdio"),
        ("4", "w3.zstdio"),
        ("6", "w19.zstdio"),
        ("6", "w6.gzdio"),
        ("4", "w.ufdio"),
    ] {
        let big: String = (0..20_000).map(|n| format!("{n:x}")).collect();
        let world = World::new().repo(
            "base",
            [rpm("load")
                .file("/usr/share/load/big", &big)
                .file("/usr/share/load/small", "s")
                .symlink("/usr/share/load/link", "small")
                .hardlink("/usr/share/load/again", "/usr/share/load/big")
                .define("_rpmformat", format)
                .define("_binary_payload", payload)],
        );
        world.both("install -y load").exits(0);
        world.rpm("-V load");
    }
}

#[test]
fn shared_files_and_directories() {
    let world = World::new().repo(
        "base",
        [
            rpm("one").file("/usr/share/common/same", "equal").dir("", "/usr/share/common"),
            rpm("two").file("/usr/share/common/same", "equal").dir("", "/usr/share/common"),
        ],
    );
    world.both("install -y one two").exits(0);
    world.both("remove -y one").exits(0);
    world.both("remove -y two").exits(0);
}

#[test]
fn file_conflicts_are_refused() {
    let world = World::new().repo(
        "base",
        [rpm("one").file("/usr/share/thing", "1"), rpm("two").file("/usr/share/thing", "2"), rpm("three")],
    );
    world.both("install -y one two").exits(1).says("conflicts between attempted installs of");
    world.both("install -y one").exits(0);
    world.both("install -y two three").exits(1).says("conflicts with file from package");
    world.both("list --installed").exits(0);
}

#[test]
fn files_move_between_packages() {
    let mut world = World::new().repo("base", [rpm("a").file("/usr/share/f", "1").file("/usr/share/g", "g"), rpm("b")]);
    world.both("install -y a b").exits(0);
    world.add_repo(
        "updates",
        &repo(
            &Oracle::find(),
            &[rpm("a").evr("2-1").file("/usr/share/g", "g2"), rpm("b").evr("2-1").file("/usr/share/f", "2")],
        ),
        "gpgcheck=0\n",
    );
    world.both("upgrade -y").exits(0);
    world.rpm("-Va");
}

#[test]
fn type_changes() {
    let mut world = World::new().repo(
        "base",
        [rpm("t")
            .file("/usr/share/t/file-to-dir", "f")
            .symlink("/usr/share/t/link-to-file", "x")
            .file("/usr/share/t/file-to-link", "f")],
    );
    world.both("install -y t").exits(0);
    world.add_repo(
        "updates",
        &repo(
            &Oracle::find(),
            &[rpm("t")
                .evr("2-1")
                .dir("", "/usr/share/t/file-to-dir")
                .file("/usr/share/t/file-to-dir/inside", "i")
                .file("/usr/share/t/link-to-file", "f")
                .symlink("/usr/share/t/file-to-link", "link-to-file")],
        ),
        "gpgcheck=0\n",
    );
    world.both("upgrade -y").exits(0);
    world.rpm("-Va");
}

#[test]
fn directory_behind_a_symlink() {
    let world = World::new().repo("base", [rpm("d").dir("", "/opt/data").file("/opt/data/f", "f")]);
    world.edit(|root| {
        std::fs::create_dir_all(root.join("opt")).expect("the root is writable");
        std::fs::create_dir_all(root.join("real")).expect("the root is writable");
        std::os::unix::fs::symlink("/real", root.join("opt/data")).expect("the root is writable");
    });
    world.both("install -y d").exits(0);
    world.rpm("-V d");
}

#[test]
fn non_empty_directories_stay() {
    let world = World::new().repo("base", [rpm("d").dir("", "/opt/d").file("/opt/d/f", "f")]);
    world.both("install -y d").exits(0);
    world.write("/opt/d/mine", "m");
    world.both("remove -y d").exits(0);
}

#[test]
fn no_docs() {
    let world = World::new().repo(
        "base",
        [rpm("d")
            .file_as("%doc", "/usr/share/doc/d/README", "r")
            .file_as("%license", "/usr/share/licenses/d/L", "l")
            .file("/usr/bin/d", "d")],
    );
    world.both("install -y --setopt=tsflags=nodocs d").exits(0);
    world.rpm("-Va");
}

#[test]
fn many_files() {
    let world = World::new().repo(
        "base",
        [rpm("many").raw(
            "mkdir -p %{buildroot}/usr/share/many; for i in $(seq 1 1500); do echo $i >%{buildroot}/usr/share/many/$i; done",
            "/usr/share/many",
        )],
    );
    world.both("install -y many").exits(0);
    world.both("remove -y many").exits(0);
}
