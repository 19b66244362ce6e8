//! `copr`: what is asked of a hub, what is written, and what is said, beside dnf5.

use std::fs;

use oxidnf_testkit::compare::{diff, text};
use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Oracle, World};
use rstest::rstest;
use serde_json::{Value, json};

/// Stands in for `/etc`.
const ETC: &str = "/srv/t/etc";

/// A hub that answers what a test puts there.
struct Hub {
    world: World,
    server: Server,
}

impl Hub {
    fn new() -> Self {
        let world = World::new();
        let server = Server::start(&world.repos_dir());
        let hub = Hub { world, server };
        hub.configure("distribution=fedora\nreleasever=40\n");
        hub
    }

    /// Writes a file below what stands in for `/etc`, on both sides.
    fn write(&self, path: &str, text: &str) {
        self.world.edit(|root| {
            let file = root.parent().expect("a root lies in a side's directory").join("etc").join(path);
            fs::create_dir_all(file.parent().expect("a file has a directory")).expect("the directory is writable");
            fs::create_dir_all(root.join("../etc/yum.repos.d")).expect("the directory is writable");
            fs::write(file, text).expect("the directory is writable");
        });
    }

    fn configure(&self, main: &str) {
        let port = self.server.url().rsplit(':').next().expect("a port").to_owned();
        let hub = format!("[hub]\nhostname=127.0.0.1\nprotocol=http\nport={port}\n");
        self.write("dnf/plugins/copr.conf", &format!("[main]\n{main}{hub}"));
    }

    /// Answers about a project for a release.
    fn project(&self, owner: &str, directory: &str, release: &str, answer: &Value) {
        let place = self.world.repos_dir().join("api_3/rpmrepo").join(owner).join(directory);
        fs::create_dir_all(&place).expect("the directory is writable");
        fs::write(place.join(release), answer.to_string()).expect("the directory is writable");
    }

    /// Runs `copr ARGS` on both sides, compares everything that is said and all repository files, and returns that.
    fn both(&self, args: &str, input: &str) -> String {
        let run = |side: Side| {
            let path = match side {
                Side::Real => "/usr/bin",
                Side::Ours => "/srv/bin",
            };
            let root = oxidnf_testkit::world::ROOT;
            let script = format!(
                "cd {ETC}; export TEST_COPR_CONFIG_DIR={ETC} PATH={path}:/usr/sbin:/usr/bin:/sbin:/bin; \
                 echo '{input}' | dnf5 --installroot={root} --setopt=reposdir={ETC}/yum.repos.d {args}; echo \"rc $?\"; \
                 for file in yum.repos.d/*; do [ ! -e \"$file\" ] || {{ stat -c '%a %n' \"$file\"; cat \"$file\"; }}; done"
            );
            let child = self.world.start(side, &["sh", "-c", &script]);
            let output = child.wait_with_output().expect("it was started");
            let stream = |bytes: &[u8]| text::normalise(&String::from_utf8_lossy(bytes));
            format!("{}-- stderr --\n{}", stream(&output.stdout), stream(&output.stderr))
        };
        let (real, ours) = (run(Side::Real), run(Side::Ours));
        if let Some(difference) = diff(&format!("copr {args}"), &real, &ours) {
            panic!("\n{difference}\n-- dnf5 --\n{real}\n-- oxidnf --\n{ours}");
        }
        ours
    }
}

fn simple(releases: &[&str]) -> Value {
    let release = json!({"arch": {"x86_64": {"opts": {}}, "i386": {"opts": {}}}, "opts": {}});
    let repos: serde_json::Map<String, Value> =
        releases.iter().map(|name| ((*name).to_owned(), release.clone())).collect();
    json!({
        "results_url": "http://127.0.0.1:1/results", "directories": {"proj": {}, "proj:pr:1": {}},
        "repos": repos, "dependencies": []
    })
}

#[test]
fn a_project_comes_and_goes() {
    let hub = Hub::new();
    hub.project("me", "proj", "fedora-40", &simple(&["fedora-40", "epel-9"]));
    assert!(!hub.both("copr enable hub/me/proj", "").contains("[copr:"));
    assert!(!hub.both("--assumeno copr enable hub/me/proj", "").contains("[copr:"));
    assert!(hub.both("copr enable hub/me/proj", "y").contains("[copr:127.0.0.1:me:proj]"));
    hub.both("copr list", "");
    assert!(hub.both("-y copr enable hub/me/proj epel-9-x86_64", "").contains("/epel-9-x86_64/"));
    hub.both("-y copr enable hub/me/proj fedora-40-i386", "");
    assert!(hub.both("copr disable hub/me/proj", "").contains("enabled=0"));
    assert!(hub.both("copr list", "").contains("127.0.0.1/me/proj (disabled)"));
    hub.both("copr disable hub/me/proj", "");
    hub.both("-y copr --hub=hub enable me/proj", "");
    hub.both("copr disable me/proj --hub=hub", "");
    hub.both("copr disable 127.0.0.1/me/proj", "");
    assert!(hub.both("copr remove hub/me/proj", "").contains("successfully removed"));
    hub.both("copr remove hub/me/proj", "");
    hub.both("copr disable hub/me/proj", "");
    hub.both("copr list", "");
}

#[test]
fn what_a_project_needs() {
    let hub = Hub::new();
    let options = json!({"module_hotfixes": "1", "priority": "20"});
    let answer = json!({
        "results_url": "http://127.0.0.1:1/results", "directories": {"big": {}, "big:pr:1": {}},
        "repos": {"fedora-40": {"arch": {
            "x86_64": {"opts": options, "multilib": {"i386": {"opts": {"cost": "1100"}}}},
            "aarch64": {"opts": {}, "delete_after_days": 3}
        }, "opts": {}}},
        "dependencies": [
            {"data": {"owner": "@copr", "projectname": "copr-dev"},
             "opts": {"id": "coprdep:localhost:testuser:dep1", "name": "Dep one"}, "type": "copr"},
            {"data": {"pattern": "https://dl/$chroot/$distname/$releasever/x"},
             "opts": {"id": "coprdep:ext", "name": "ext", "priority": "7", "cost": "5"}, "type": "external_baseurl"},
            {"data": {}, "opts": {"id": "coprdep:odd", "name": "ext"}, "type": "other"}
        ]
    });
    hub.project("@grp", "big:pr:1", "fedora-40", &answer);
    hub.project("@grp", "big:pr:2", "fedora-40", &answer);
    let said = hub.both("-y copr enable hub/@grp/big:pr:1", "");
    assert!(said.contains("[coprdep:ext]") && said.contains(":ml]") && !said.contains("coprdep:odd"), "{said}");
    assert!(hub.both("copr list", "").contains("127.0.0.1/@grp/big:pr:1 [eternal_deps] [multilib]\n"));
    hub.both("copr disable hub/@grp/big:pr:1", "");
    hub.both("copr list", "");
    assert!(hub.both("-y copr enable hub/@grp/big:pr:2", "").contains("available directories"));
    hub.both("-y copr enable hub/@grp/big:pr:1 fedora-40-aarch64", "");
    hub.both("copr remove hub/@grp/big:pr:1", "");
}

#[rstest]
#[case("distribution=fedora\nreleasever=rawhide\n", "fedora-rawhide")]
#[case("distribution=fedora\nreleasever=eln\n", "fedora-eln")]
#[case("distribution=rhel\nreleasever=9\n", "rhel-9")]
#[case("distribution=rhel\nreleasever=9.3\n", "rhel-9.3")]
#[case("distribution=centos\nreleasever=9\n", "centos-9")]
#[case("distribution=almalinux\nreleasever=9\n", "almalinux-9")]
#[case("distribution=almalinux\nreleasever=10.1\n", "almalinux-10.1")]
#[case("distribution=opensuse-leap\nreleasever=15.5\n", "opensuse-leap-15.5")]
#[case("distribution=opensuse-tumbleweed\nreleasever=20240101\n", "opensuse-tumbleweed-20240101")]
#[case("distribution=mageia\nreleasever=9\n", "mageia-9")]
#[case("distribution=mageia\nreleasever=cauldron\n", "mageia-cauldron")]
#[case("distribution=custom\nreleasever=1\n", "custom-1")]
#[case("distribution=eln\nreleasever=140\n", "eln-140")]
#[case("distribution=fedora\nreleasever=99\n", "fedora-99")]
#[case("distribution=fedora\n", "fedora-UNSET")]
#[case("", "UNSET-UNSET")]
fn systems(#[case] main: &str, #[case] release: &str) {
    let hub = Hub::new();
    hub.configure(main);
    hub.both("copr debug", "");
    hub.both("copr --hub=hub debug", "");
    let releases = [
        "fedora-rawhide",
        "fedora-eln",
        "rhel-9",
        "epel-9",
        "opensuse-leap-15.5",
        "opensuse-tumbleweed",
        "mageia-9",
        "mageia-cauldron",
        "custom-1",
        "centos-stream-9",
    ];
    hub.project("me", "proj", release, &simple(&releases));
    hub.both("-y copr enable hub/me/proj", "");
}

#[rstest]
#[case("ID=fedora\nVERSION_ID=41\n")]
#[case("ID=\"fedora\"\nVERSION_ID=\"41\"\n")]
#[case("ID=fedora\nVERSION_ID=43\nREDHAT_SUPPORT_PRODUCT_VERSION=rawhide\n")]
#[case("ID=rhel\nVERSION_ID=9.3\n")]
#[case("ID=rhel\nVERSION_ID=\"9.3\"\n")]
#[case("ID=debian\n")]
#[case("ID='azurelinux'\nVERSION_ID='4.0'\n")]
#[case("ID=azurelinux\nVERSION_ID=\"4.0\"\n")]
fn os_release(#[case] text: &str) {
    let hub = Hub::new();
    hub.configure("");
    hub.write("os-release", text);
    hub.both("copr debug", "");
}

#[rstest]
#[case("copr enable nothing")]
#[case("copr enable hub/a/b/c")]
#[case("copr enable /a/b")]
#[case("copr disable nothing")]
#[case("copr remove ''")]
#[case("copr enable")]
#[case("copr nonsense")]
#[case("copr disable nothing/there")]
#[case("-y copr enable fedora/me/proj")]
#[case("--hub=fedora copr debug")]
#[case("copr debug --hub=fedora")]
#[case("-y copr enable hub/me/none")]
#[case("-y copr enable hub/me/proj fedora-41-x86_64")]
#[case("-y copr enable hub/me/proj nonsense")]
fn mistakes(#[case] args: &str) {
    let hub = Hub::new();
    hub.project("me", "proj", "fedora-40", &simple(&["fedora-40", "epel-9"]));
    hub.both(args, "");
}

#[rstest]
#[case(Fault::Status(500))]
#[case(Fault::Hangup)]
fn hubs_that_do_not_answer(#[case] fault: Fault) {
    let hub = Hub::new();
    hub.server.fault("api_3", fault);
    hub.both("-y copr enable hub/me/proj", "");
}

#[test]
fn odd_files() {
    let hub = Hub::new();
    hub.project("o", "proj", "fedora-40", &simple(&["fedora-40"]));
    hub.write("yum.repos.d/_copr_o-proj.repo", "[o-proj]\nname=x\nbaseurl=file:///x\n");
    hub.both("copr list", "");
    hub.both("copr disable hub/o/proj", "");
    hub.both("-y copr enable hub/o/proj", "");
    hub.both("copr list", "");
    hub.write("yum.repos.d/other.repo", "[copr:a:b:c]\nname=x\nbaseurl=file:///x\n");
    hub.both("copr list", "");
}

#[test]
fn nowhere_to_write() {
    let hub = Hub::new();
    hub.project("me", "proj", "fedora-40", &simple(&["fedora-40"]));
    hub.world.edit(|root| fs::remove_dir_all(root.join("../etc/yum.repos.d")).expect("it was made"));
    hub.both("-y copr enable hub/me/proj", "");
    assert!(!Oracle::find().root().join("etc/yum.repos.d/_copr:127.0.0.1:me:proj.repo").exists());
}

/// What a hub says becomes no further lines or sections of a file.
#[test]
fn answers_that_want_more() {
    let hub = Hub::new();
    let answer = json!({
        "results_url": "http://127.0.0.1:1/results\n[evil]\nbaseurl=http://evil", "directories": {"proj": {}},
        "repos": {"fedora-40": {"arch": {"x86_64": {"opts": {"priority": "1\n[evil2]", "name": "x\ngpgcheck=0"}}}}},
        "dependencies": []
    });
    hub.project("me", "proj", "fedora-40", &answer);
    let root = oxidnf_testkit::world::ROOT;
    let script = format!(
        "TEST_COPR_CONFIG_DIR={ETC} /srv/bin/dnf5 -y --installroot={root} copr enable hub/me/proj; cat {ETC}/yum.repos.d/*"
    );
    let output = hub.world.start(Side::Ours, &["sh", "-c", &script]).wait_with_output().expect("it was started");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.lines().filter(|line| line.starts_with('[')).count(), 1, "{said}");
    assert!(said.lines().any(|line| line == "gpgcheck=1") && !said.lines().any(|line| line == "gpgcheck=0"), "{said}");
}
