//! The command lines found in Azure Linux's own sources do what they did (tdnf.md, section 8); the numbers are those of
//! the table.

mod photon;

use oxidnf_testkit::Machine;
use oxidnf_testkit::machine::Ran;
use photon::machine;

/// Runs lines of a shell, as scripts have them.
fn shell(machine: &Machine, script: &str) -> Ran {
    machine.argv(&["sh", "-c", script].map(str::to_owned), "")
}

fn installed(machine: &Machine, name: &str) -> bool {
    machine.tdnf(&format!("-q list installed {name}")).status == Some(0)
}

// 1, 2, 7, 35
#[test]
fn install() {
    for line in [
        "tdnf install -y one",
        "tdnf -y install one",
        "tdnf install one -y",
        "tdnf install -y --releasever=3.0 one",
        "tdnf install --releasever=3.0 -qy one",
    ] {
        let machine = machine();
        shell(&machine, line).exits(0);
        assert!(installed(&machine, "one"), "{line}");
    }
    // An older version that is installed is upgraded; an unknown name is 243.
    let machine = machine();
    shell(&machine, "tdnf install -y one-1.0.1-1 && tdnf install -y one").exits(0).has_line("Upgrading:");
    shell(&machine, "tdnf install -y nosuch").exits(243);
}

// 3, 4, 5, 6, 36
#[test]
fn upkeep() {
    let machine = machine();
    shell(&machine, "tdnf install -y one-1.0.1-1; tdnf update -y").exits(0).has_line("Upgrading:");
    shell(&machine, "tdnf makecache").exits(0).has_line("Metadata cache created.");
    shell(&machine, "tdnf makecache --releasever=3.0 --enablerepo=*").exits(0);
    for line in ["tdnf clean all", "tdnf -y clean all"] {
        shell(&machine, "tdnf -q makecache").exits(0);
        shell(&machine, line).exits(0);
        assert_eq!(machine.files("/var/cache/tdnf"), Vec::<String>::new(), "{line}");
    }
    shell(&machine, "tdnf -q makecache; rm -rf /var/cache/tdnf; tdnf -q list one").exits(0);
}

// 8, 9, 10
#[test]
fn installroots() {
    let machine = machine();
    shell(&machine, "tdnf install -y --releasever=3.0 --installroot /staging one").exits(0);
    assert!(machine.has("/staging/etc/one.conf"));
    let line = "tdnf -v install two --installroot /r --nogpgcheck --assumeyes --setopt reposdir=/etc/yum.repos.d/ --releasever=3.0";
    shell(&machine, line).exits(0);
    assert!(machine.has("/r/etc/one.conf"));
    shell(&machine, "tdnf install --releasever=3.0 --assumeno --nogpgcheck tool --installroot /r")
        .exits(8)
        .err("Error(1032) : Operation aborted.\n");
}

// 11, 12, 13, 14
#[test]
fn downloads() {
    for (line, count) in [
        ("tdnf install -y --nodeps --downloadonly --downloaddir /d two", 1),
        ("tdnf install -y --alldeps --downloadonly --downloaddir /d two", 2),
        ("tdnf -y --downloadonly --downloaddir=/d install two", 2),
        (
            "tdnf install --downloadonly -y --disablerepo=* --enablerepo=photon-test --alldeps --downloaddir /d two tool",
            3,
        ),
        ("tdnf -y install --downloadonly --alldeps --nogpgcheck --downloaddir /d $(echo two tool)", 3),
    ] {
        let machine = machine();
        std::fs::create_dir(machine.root().join("d")).expect("the root is writable");
        shell(&machine, line).exits(0);
        assert_eq!(machine.files("/d").len(), count, "{line}");
        assert!(!installed(&machine, "two"), "{line}");
    }
}

// 15, 16, 17, 18
#[test]
fn specs() {
    for line in [
        "cd /srv/repos/photon-test && tdnf install -y ./one-1.0.1-2.noarch.rpm",
        "tdnf install -y /srv/repos/photon-test/one-1.0.1-2.noarch.rpm",
        "tdnf install -y one-1.0.1-2",
        "tdnf install -y one-1.0.1",
        "tdnf install -y \"one = 1.0.1-2\"",
        "tdnf install -y \"one < 1.0.1-2\"",
        "tdnf install -y one=1.0.1-2",
        "tdnf install -y one=1.0.1",
    ] {
        let machine = machine();
        shell(&machine, line).exits(0);
        assert!(installed(&machine, "one"), "{line}");
    }
    shell(&machine(), "tdnf install -y ./missing.rpm").exits(0).err("Nothing to do.\n");
}

// 19, 20, 21, 22, 23
#[test]
fn removals() {
    for line in ["tdnf remove -y two", "tdnf -v remove --assumeyes --disablerepo '*' two", "tdnf erase -y two weak"] {
        let machine = machine();
        shell(&machine, "tdnf -q -y install two weak").exits(0);
        shell(&machine, line).exits(0);
        assert!(!installed(&machine, "two") && installed(&machine, "one"), "{line}");
    }
    let machine = machine();
    shell(&machine, "tdnf -q -y install two").exits(0);
    shell(&machine, "tdnf -y reinstall $(echo one two)").exits(0).has_line("Reinstalling:");
    shell(&machine, "tdnf autoremove -y two").exits(0);
    assert!(!installed(&machine, "one"));
}

// 24, 25, 26, 27, 28, 29, 30, 31
#[test]
fn queries() {
    let machine = machine();
    shell(&machine, "tdnf -q -y install two").exits(0);
    shell(&machine, "tdnf repolist")
        .exits(0)
        .has_line("photon-test         photon-test packages                     enabled  ");
    shell(&machine, "tdnf list ALL --disablerepo=x --enablerepo=photon-test --releasever=3.0").exits(0);
    shell(&machine, "tdnf list one").exits(0);
    shell(&machine, "tdnf -q list available \"one = 1.0.1-2\"").exits(0);
    shell(&machine, "tdnf -q list installed \"two = 2:1.0-1\"").exits(0);
    shell(&machine, "tdnf provides mixture --releasever=3.0 --disablerepo=* --enablerepo=photon-test").exits(0);
    shell(&machine, "tdnf provides nosuch").exits(0);
    shell(&machine, "tdnf repoquery --installed two").exits(0).out("two-1.0-1.noarch\n");
    let json = shell(&machine, "tdnf repoquery --file /etc/one.conf --json");
    assert!(json.exits(0).out.starts_with("[{\"Nevra\":\"one-1.0.1-2.noarch\""), "{json}");
    shell(&machine, "tdnf repoquery --repoid=photon-test").exits(0).has_line("tool-1-1.noarch");
    shell(&machine, "tdnf -v check-update --refresh --nogpgcheck --assumeyes --setopt reposdir=/etc/yum.repos.d")
        .exits(0);
}

// 32, 33, 34, 37, 38
#[test]
fn special() {
    let machine = machine();
    shell(&machine, "tdnf -q makecache").exits(0);
    let line = "tdnf -v install --nogpgcheck --assumeyes --cacheonly --setopt reposdir=/etc/yum.repos.d one-1.0.1-1";
    shell(&machine, line).exits(0);
    let line = "tdnf -v update --nogpgcheck --assumeyes --cacheonly --setopt reposdir=/etc/yum.repos.d one";
    shell(&machine, line).exits(0).has_line("Upgrading:");
    shell(&machine, "tdnf -y install tool --snapshottime=1 --snapshotexcluderepos=a,b").exits(243);
    shell(&machine, "tdnf -y install tool --snapshottime=1 --snapshotexcluderepos=a,photon-test").exits(0);
    shell(
        &machine,
        "mkdir -p /r/etc/tdnf; echo '[main]' >/r/etc/tdnf/tdnf.conf; echo snapshottime=1 >> /r/etc/tdnf/tdnf.conf",
    )
    .exits(0);
    shell(&machine, "tdnf -y --installroot /r --releasever=3.0 install tool").exits(243);
    let ran = shell(&machine, "tdnf -q --refresh updateinfo | grep -vE '^Refreshing|^Disabling'");
    assert_eq!(ran.out.trim(), "0 updates.", "{ran}");
    let lines = "tdnf repolist -j; tdnf list installed; tdnf info one; tdnf update --security -y; tdnf updateinfo info; \
                 tdnf history; tdnf install -y --enablerepo=photon-test weak";
    shell(&machine, lines).exits(0);
}
