//! The face of tdnf: configuration, repository files, variables, plug-ins, locks (tdnf.md, section 5).

mod photon;

use oxidnf_testkit::{Machine, rpm};
use photon::machine;

// 5.1: booleans are numbers or `true`; `yes` is false and warned about; unknown keys are ignored.
#[test]
fn truths() {
    let machine = machine();
    machine.tdnf("-q -y install two").exits(0);
    machine.configure("clean_requirements_on_remove=yes\nnosuchkey=1");
    machine
        .tdnf("-y --assumeno list installed two")
        .exits(0)
        .has_line("two.noarch                                   2:1.0-1                   @System");
    machine.write("/etc/tdnf/tdnf.conf", "[main]\nclean_requirements_on_remove=yes\n");
    let ran = machine.tdnf("-y erase two");
    assert!(ran.exits(0).out.starts_with("WARNING: invalid arg to strtoi: 'yes'\n"), "{ran}");
    ran.lacks("Removing: one-");
}

// 5.1: no file at all is the defaults here; a file that was named must exist; one that is no ini is 1002.
#[test]
fn files() {
    let machine = machine();
    machine.tdnf("-c /missing.conf list").exits(66);
    machine.write("/jobs/other.conf", "[main]\nexcludepkgs=one\n");
    machine.tdnf("-q -c /jobs/other.conf list one").exits(243);
    machine.tdnf("-q --config=/jobs/other.conf list two").exits(0);
    machine.write("/jobs/broken.conf", "this is no ini\n");
    machine.tdnf("-c /jobs/broken.conf list").exits(234);
    std::fs::remove_file(machine.root().join("etc/tdnf/tdnf.conf")).expect("is there");
    machine.tdnf("-q list one").exits(0);
}

// 5.1: minversions, locks.d, protected.d beside the file.
#[test]
fn drop_ins() {
    let machine = machine();
    machine.write("/etc/tdnf/minversions.d/one.conf", "one=1.0.1-2\n");
    machine
        .tdnf("-q list one")
        .exits(0)
        .out("one.noarch                                   1.0.1-2               photon-test\n");
    machine.tdnf("-y install one-1.0.1-1").exits(243);
    machine.configure("minversions=one=9");
    machine.tdnf("-q list one").exits(243);
    let machine = photon::machine();
    machine.tdnf("-q -y install two").exits(0);
    machine.write("/etc/tdnf/protected.d/x.conf", "# a comment\ntwo\n");
    machine
        .tdnf("-y erase two")
        .exits(6)
        .err("package two is protected\nError(1030) : The operation would result in removing a protected package.\n");
    machine.tdnf("-y erase one").exits(6).err(
        "package two would be removed but it is protected\n\
         Error(1030) : The operation would result in removing a protected package.\n",
    );
    machine.write("/etc/tdnf/locks.d/x.conf", "tool\n");
    machine
        .tdnf("-y install tool")
        .exits(21)
        .err("1. conflicting requests\nFound 1 problem(s) while resolving\nError(1301) : Solv general runtime error\n");
}

// 5.1: installonly packages by their exact names, and how many stay.
#[test]
fn installonly() {
    let kernels = ["1-1", "2-1", "3-1", "4-1"].map(|evr| rpm("kernel").evr(evr));
    let machine = Machine::new().repo("photon-test", kernels);
    machine.write("/etc/tdnf/tdnf.conf", "[main]\ninstallonly_limit=3\ninstallonlypkgs=kernel kernel-mshv\n");
    for version in 1..=3 {
        machine.tdnf(&format!("-q -y install kernel-{version}")).exits(0);
    }
    assert_eq!(machine.tdnf("-q list installed kernel").out.lines().count(), 3);
    machine.tdnf("-y install kernel").exits(0).has_line("Removing: kernel-1-1.noarch");
}

// 5.2: repositories without `enabled=` are off, gpgcheck is on; other keys have no meaning; an id twice is 1037.
#[test]
fn repository_defaults() {
    let machine = Machine::new().repo_conf("photon-test", photon::packages(), "nosuchkey=1\ncost=1\n");
    machine.tdnf("repolist").exits(0).out("");
    machine.tdnf("-y --enablerepo=photon-test install one").exits(232).err(
        "Error processing package: /var/cache/tdnf/photon-test/rpms/one-1.0.1-2.noarch.rpm\n\
         Error(1512) : RPM not signed. Use --skipsignature or --nogpgcheck to ignore.\n",
    );
    machine.tdnf("-q -y --enablerepo=photon-test --skipsignature install one").exits(0);
    machine.write("/etc/yum.repos.d/broken.repo", "[no bracket\nname=x\nbaseurl=file:///nowhere\n");
    machine.tdnf("repolist disabled").exits(0);
    machine.write("/etc/yum.repos.d/twice.repo", "[photon-test]\nname=x\n");
    machine.tdnf("repolist").exits(13).err("ERROR: duplicate repo id: photon-test\nError(1037) : Duplicate repo id\n");
}

// 5.2: the lower priority wins whatever the versions.
#[test]
fn priorities() {
    let machine = Machine::new()
        .repo_conf("high", [rpm("one").evr("1-1")], "enabled=1\ngpgcheck=0\npriority=10\n")
        .repo("low", [rpm("one").evr("2-1")]);
    machine.tdnf("-y install one").exits(0).has_line("Installing/Updating: one-1-1.noarch");
}

// 5.2: variables: $releasever, $basearch and files; no ${name}; metadata_expire that cannot be read.
#[test]
fn variables() {
    let machine = machine();
    machine.define("photon-test", "baseurl=file:///srv/$where/photon-test$unknown\nenabled=1\ngpgcheck=0\n");
    machine.write("/etc/tdnf/vars/where", "repos\n");
    machine.tdnf("-q list one").exits(0);
    machine.define("photon-test", "baseurl=file:///srv/repos/$releasever-$basearch\nenabled=1\ngpgcheck=0\n");
    let place = machine.repo_dir(&format!("3.0-{}", std::env::consts::ARCH));
    std::fs::rename(machine.repo_dir("photon-test"), place).expect("the root is writable");
    machine.tdnf("-q --releasever=3.0 list one").exits(0);
    machine.tdnf("-q --releasever=4.0 list one").exits(214);
    machine.define("photon-test", "baseurl=file:///x\nenabled=1\nmetadata_expire=soon\n");
    machine.tdnf("list").exits(5);
}

// 5.1: the release comes from what a package provides; a package that was named and is missing is 1022 for all.
#[test]
fn release() {
    let release = rpm("azurelinux-release").evr("3.0-1").provides("system-release = 3.0");
    let machine = Machine::new().repo("photon-test", [release]);
    machine.define("by-release", "baseurl=file:///srv/$releasever\nenabled=1\ngpgcheck=0\n");
    machine.tdnf("-q -y --disablerepo=by-release install azurelinux-release").exits(0);
    machine.tdnf("-q makecache").exits(214).err(
        "Error(1238) : Could not read a file:// file\n\
         Error: Failed to synchronize cache for repo 'by-release packages'\n\
         Error(1238) : Could not read a file:// file\n",
    );
    let moved = std::fs::rename(machine.repo_dir("photon-test"), machine.root().join("srv/3.0"));
    moved.expect("the root is writable");
    machine.tdnf("-q --repo=by-release list available").exits(0);
    // A system without a release is none that tdnf 3.6 refuses: the variable is empty. Azure Linux refuses it, and
    // names the package; so it is here when the file names it.
    let bare = photon::machine();
    bare.define("by-release", "baseurl=file:///srv/repos/photon-test$releasever\nenabled=1\ngpgcheck=0\n");
    bare.tdnf("-q --repo=by-release list one").exits(0);
    bare.configure("distroverpkg=azurelinux-release");
    bare.tdnf("-q --repo=by-release list one").exits(254);
    machine.configure("distroverpkg=mariner-release");
    for command in ["list", "repolist", "count"] {
        let ran = machine.tdnf(command);
        assert!(
            ran.exits(254)
                .err
                .starts_with("Error(1022) : distroverpkg config entry is set to a package that is not installed."),
            "{ran}"
        );
    }
    machine.tdnf("-q --releasever=3.0 --repo=by-release list available").exits(0);
}

// 5.2 and 1.2: failing repositories: twice the error, then the name; skip_if_unavailable goes on.
#[test]
fn unavailable() {
    let machine = machine();
    machine.define("gone", "baseurl=file:///nowhere\nenabled=1\nskip_if_unavailable=1\n");
    let ran = machine.tdnf("list one");
    ran.exits(0)
        .has_line("Disabling Repo: 'gone packages'")
        .has_line("one.noarch                                   1.0.1-2               photon-test");
    assert!(ran.err.contains("Error: Failed to synchronize cache for repo 'gone packages'\n"), "{ran}");
    machine.define("gone", "enabled=1\n");
    machine.tdnf("-q list one").exits(196).err(
        "Error(2500) : Base URL and Metalink URL not found in the repo file\n\
         Error: Failed to synchronize cache for repo 'gone packages'\n\
         Error(2500) : Base URL and Metalink URL not found in the repo file\n",
    );
}

// 1.2: transfers: curl's numbers, and 404 with its two lines.
#[test]
fn transfers() {
    let machine = machine();
    let server = oxidnf_testkit::http::Server::start(&machine.root().join("srv/repos"));
    let at = |url: &str| machine.define("photon-test", &format!("baseurl={url}\nenabled=1\ngpgcheck=0\n"));
    at(&format!("{}/nothing", server.url()));
    let ran = machine.tdnf("-q list one");
    let line = format!(
        "Error: 404 when downloading {}/nothing/repodata/repomd.xml\n. Please check repo url or refresh metadata with 'tdnf makecache'.\n",
        server.url()
    );
    assert!(ran.exits(86).err.starts_with(&line), "{ran}");
    assert!(ran.err.ends_with("Error(1622) : Invalid argument\n"), "{ran}");
    at("http://127.0.0.1:9/x");
    let ran = machine.tdnf("-q list one");
    assert!(ran.exits(184).err.ends_with("Error(1208) : Could not connect to server\n"), "{ran}");
    at("http://name.invalid/x");
    let ran = machine.tdnf("-q list one");
    assert!(ran.exits(183).err.ends_with("Error(1207) : Could not resolve hostname\n"), "{ran}");
    at(&format!("{}/photon-test", server.url()));
    machine.tdnf("-q -y install one").exits(0);
}

// 3.1: URLs of package files, also those without a file behind them.
#[test]
fn package_urls() {
    let machine = machine();
    let server = oxidnf_testkit::http::Server::start(&machine.root().join("srv/repos"));
    let at = |file: &str| format!("{}/photon-test/{file}", server.url());
    let ran = machine.tdnf(&format!("-y --nogpgcheck install {}", at("two-1.0-1.noarch.rpm")));
    ran.exits(0).has_line("Installing/Updating: one-1.0.1-2.noarch");
    ran.has_line("Installing/Updating: two-2:1.0-1.noarch");
    let gone = machine.tdnf(&format!("-y --nogpgcheck install {}", at("gone-1-1.noarch.rpm")));
    assert!(gone.exits(86).err.ends_with("Error(1622) : Invalid argument\n"), "{gone}");
    machine.tdnf("-q -y --nogpgcheck install file:///srv/repos/photon-test/tool-1-1.noarch.rpm").exits(0);
    assert!(machine.has("/usr/bin/tool"));
}

// 1.2: size and checksum of a package that differ from the metadata.
#[test]
fn tampered() {
    let machine = machine();
    let file = machine.repo_dir("photon-test").join("tool-1-1.noarch.rpm");
    let mut bytes = std::fs::read(&file).expect("is there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&file, &bytes).expect("the repository is writable");
    let ran = machine.tdnf("-q -y install tool");
    assert!(ran.exits(248).err.ends_with("Error(1528) : File checksum does not match.\n"), "{ran}");
    bytes.push(0);
    std::fs::write(&file, &bytes).expect("the repository is writable");
    let ran = machine.tdnf("-q -y install tool");
    assert!(ran.exits(247).err.ends_with("Error(1527) : File size does not match.\n"), "{ran}");
}

const KEY: &str = "tdnf tests <tdnf@oxidnf.example>";

// 5.6: signed packages: no key in the file, import with a question, wrong key.
#[test]
fn signatures() {
    let signed = || [rpm("signed").evr("1-1").signed_by(KEY)];
    let conf = "enabled=1\n";
    let machine = Machine::new().repo_conf("photon-test", signed(), conf);
    let ran = machine.tdnf("-q -y install signed");
    assert!(ran.exits(243).err.contains("Error(1523) : gpgkey entry is missing for this repo."), "{ran}");
    machine.write("/etc/pki/key.asc", &std::fs::read_to_string(oxidnf_testkit::fixture::key_file(KEY)).expect("made"));
    machine.define("photon-test", "baseurl=file:///srv/repos/photon-test\nenabled=1\ngpgkey=file:///etc/pki/key.asc\n");
    let ran = machine.run("tdnf", "install signed", "y\nn\n");
    ran.exits(8).has_line("importing key from file:///etc/pki/key.asc");
    machine.tdnf("-y install signed").exits(0).has_line("importing key from file:///etc/pki/key.asc");
    let other = rpm("other").evr("1-1").signed_by("another <another@oxidnf.example>");
    let machine = Machine::new().repo_conf("photon-test", [other], conf);
    machine.write("/etc/pki/key.asc", &std::fs::read_to_string(oxidnf_testkit::fixture::key_file(KEY)).expect("made"));
    machine.define("photon-test", "baseurl=file:///srv/repos/photon-test\nenabled=1\ngpgkey=file:///etc/pki/key.asc\n");
    let ran = machine.tdnf("-q -y install other");
    assert!(
        ran.exits(234).err.ends_with(
            "Error(1514) : RPM is signed but failed to match with known keys. Use --nogpgcheck to ignore.\n"
        ),
        "{ran}"
    );
    machine.tdnf("-q -y --nogpgcheck install other").exits(0);
}

// 5.7: plug-ins: the first line, switches, and what they do.
#[test]
fn plugins() {
    let machine = machine();
    machine.write("/etc/tdnf/pluginconf.d/tdnfrepogpgcheck.conf", "[main]\nenabled=1\n");
    machine.tdnf("repolist").exits(0).lacks("Loaded");
    machine.configure("plugins=1");
    let ran = machine.tdnf("repolist");
    assert!(ran.exits(0).out.starts_with("Loaded plugin: tdnfrepogpgcheck\n"), "{ran}");
    machine.tdnf("-q repolist").exits(0).lacks("Loaded");
    machine.tdnf("--noplugins repolist").exits(0).lacks("Loaded");
    machine.tdnf("--disableplugin='tdnf*' repolist").exits(0).lacks("Loaded");
    machine
        .tdnf("--disableplugin=* --enableplugin=tdnfmetalink repolist")
        .exits(0)
        .has_line("Loaded plugin: tdnfmetalink");
    machine.define("photon-test", "baseurl=file:///srv/repos/photon-test\nenabled=1\ngpgcheck=0\nrepo_gpgcheck=1\n");
    machine.tdnf("list one").exits(86);
    machine.write("/srv/repos/photon-test/repodata/repomd.xml.asc", "no signature\n");
    machine.tdnf("-q list one").exits(209);
    machine.tdnf("--noplugins list one").exits(0);
}

// 5.1: distrosync_reinstall_changed reinstalls what was built again.
#[test]
fn rebuilt() {
    let old = || rpm("one").evr("1-1").define("_oxidnf_build", "1");
    let machine = Machine::new().repo("photon-test", [old()]);
    machine.tdnf("-q -y install one").exits(0);
    machine.tdnf("-y distro-sync").exits(0).err("Nothing to do.\n");
    machine.configure("distrosync_reinstall_changed=1");
    machine.tdnf("-y distro-sync").exits(0).err("Nothing to do.\n");
    let again = old()
        .define("source_date_epoch_from_changelog", "1")
        .script("changelog", "* Tue Jul 06 2021 A <a@b.example> 1-1\n- x");
    let rebuilt = Machine::new().repo("photon-test", [again.define("use_source_date_epoch_as_buildtime", "0")]);
    let from = rebuilt.repo_dir("photon-test");
    let to = machine.repo_dir("photon-test");
    std::fs::remove_dir_all(&to).expect("is there");
    std::fs::rename(from, to).expect("the same file system");
    machine.tdnf("-y --refresh distro-sync").exits(0).has_line("Reinstalling:");
}

// 5.7: metalink: mirrors and the digest of the index; without the plug-in the key has no meaning.
#[test]
fn metalinks() {
    let machine = machine();
    let server = oxidnf_testkit::http::Server::start(&machine.root().join("srv/repos"));
    let repomd = machine.repo_dir("photon-test").join("repodata/repomd.xml");
    let size = std::fs::metadata(&repomd).expect("is there").len();
    let link = |hash: &str| {
        let text = format!(
            "<metalink xmlns=\"http://www.metalinker.org/\"><files><file name=\"repomd.xml\"><size>{size}</size>\
             <verification>{hash}</verification><resources><url protocol=\"http\" type=\"http\" preference=\"100\">{}/photon-test/repodata/repomd.xml\
             </url></resources></file></files></metalink>",
            server.url()
        );
        machine.write("/srv/repos/metalink.xml", &text);
    };
    link("");
    machine.define("photon-test", &format!("metalink={}/metalink.xml\nenabled=1\ngpgcheck=0\n", server.url()));
    machine.tdnf("-q list one").exits(196);
    machine.write("/etc/tdnf/pluginconf.d/tdnfmetalink.conf", "[main]\nenabled=1\n");
    machine.configure("plugins=1");
    machine.tdnf("list one").exits(0).has_line("Loaded plugin: tdnfmetalink");
    machine.tdnf("-q clean all").exits(0);
    link(&format!("<hash type=\"sha256\">{}</hash>", "0".repeat(64)));
    let ran = machine.tdnf("-q list one");
    assert!(ran.exits(197).err.contains("Error(2501) : "), "{ran}");
    let nowhere = format!(
        "<metalink xmlns=\"http://www.metalinker.org/\"><files><file name=\"repomd.xml\"><size>{size}</size>\
         <resources></resources></file></files></metalink>"
    );
    machine.write("/srv/repos/metalink.xml", &nowhere);
    let ran = machine.tdnf("-q list one");
    assert!(ran.exits(198).err.contains("Error(2502) : "), "{ran}");
}

// 5.4: who may not write the cache is told what to do.
#[test]
fn without_permission() {
    let machine = machine();
    let ran = machine.as_nobody("list one");
    let hint = "tdnf repo cache needs to be refreshed but you have insufficient permissions";
    assert!(ran.exits(77).err.lines().any(|line| line.starts_with(hint)), "{ran}");
    machine.tdnf("-q makecache").exits(0);
    machine.as_nobody("-q list one").exits(0);
}

// 3.1: a package file of the command line that is none; in a repository it is 1471.
// witness: compat-tests/tests/tdnf_trust.rs::no_package
#[test]
fn no_package() {
    let machine = machine();
    machine.write("/jobs/x.rpm", "this is no package");
    let ran = machine.tdnf("-q -y install /jobs/x.rpm");
    assert!(ran.exits(86).err.ends_with("Error(1622) : Invalid argument\n"), "{ran}");
}

// 1.2: number 1036: the cache is too small for the packages; seen before anything is shown or fetched.
#[test]
fn full_cache() {
    let mut noise = 1_u64;
    let mut character = || {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        char::from(b'a' + u8::try_from(noise % 26).expect("less than 26"))
    };
    let text: String = (0..800_000).map(|_| character()).collect();
    let big = rpm("big").evr("1-1").file("/usr/share/big", &text);
    let machine = Machine::new().repo("photon-test", [big, rpm("small").evr("1-1")]);
    let small_cache = |arguments: &str| {
        let cache = "mkdir -p /var/cache/tdnf\nbusybox mount -t tmpfs -o size=200k tmpfs /var/cache/tdnf || exit 99\n";
        machine.write("/jobs/small.sh", &format!("{cache}tdnf {arguments}\n"));
        machine.run("sh", "/jobs/small.sh", "")
    };
    let text = "Insufficient disk space at cache directory /var/cache/tdnf (unless specified differently in config). \
                Try freeing space first.";
    let full = small_cache("-y install big");
    full.exits(12).lacks("Installing:").err(&format!("Error(1036) : {text}\n"));
    small_cache("-y -j install big").exits(12).out(&format!("{{\"Error\":1036,\"ErrorMessage\":\"{text}\"}}"));
    small_cache("-y install small").exits(0);
    machine.tdnf("-q -y install big").exits(0);
    // What goes out needs no room.
    small_cache("-q -y erase big").exits(0);
}

// 5.1: openmax: scriptlets see it where there is no /proc.
#[test]
fn openmax() {
    let limits = rpm("limits").evr("1-1").script("post", "ulimit -n");
    let machine = Machine::new().repo("photon-test", [limits]);
    let told = |before: &str| {
        machine.write("/jobs/run.sh", &format!("ulimit -Sn 2000\n{before}tdnf -y install limits\n"));
        let ran = machine.run("sh", "/jobs/run.sh", "");
        ran.exits(0);
        machine.tdnf("-q -y erase limits").exits(0);
        ran
    };
    let without = "busybox umount /proc\n";
    told("").has_line("2000");
    told(without).has_line("1024");
    machine.configure("openmax=500");
    told("").has_line("2000");
    told(without).has_line("500");
    machine.configure("openmax=0");
    told(without).has_line("2000");
}

// 5.2: skip_md_*: these metadata are neither fetched nor used.
#[test]
fn skipped_metadata() {
    let machine = machine();
    let update = "<updates><update from=\"a@b.example\" status=\"final\" type=\"security\" version=\"1\"><id>P-1</id>\
        <title>t</title><severity>7</severity><issued date=\"2024-02-03 04:05:06\"/><description>d</description><pkglist>\
        <collection short=\"c\"><name>c</name><package name=\"one\" version=\"1.0.1\" release=\"2\" epoch=\"0\" arch=\"noarch\">\
        <filename>one-1.0.1-2.noarch.rpm</filename></package></collection></pkglist></update></updates>";
    machine.advise("photon-test", update);
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    let define = |kind: &str, value: &str| {
        let common = "baseurl=file:///srv/repos/photon-test\nenabled=1\ngpgcheck=0\n";
        machine.define("photon-test", &format!("{common}skip_md_{kind}={value}\n"));
    };
    let cached = |kind: &str| {
        let files = machine.files("/var/cache/tdnf");
        files.iter().any(|file| file.ends_with(&format!("{kind}.xml.gz")) || file.ends_with(&format!("{kind}.xml.zst")))
    };
    let cases = [
        ("filelists", "-q repoquery --list documented", "/usr/share/doc/documented"),
        ("other", "-q repoquery --changelogs logged", "- a change"),
        ("updateinfo", "-q updateinfo", "1 Security notice(s)"),
    ];
    for (kind, question, answer) in cases {
        machine.tdnf("-q clean all").exits(0);
        define(kind, "1");
        machine.tdnf("-q makecache").exits(0);
        assert!(!cached(kind), "{kind}: {:?}", machine.files("/var/cache/tdnf"));
        machine.tdnf(question).exits(0).lacks(answer);
        define(kind, "0");
        machine.tdnf(question).exits(0).has_line(answer);
        assert!(cached(kind), "{kind}: {:?}", machine.files("/var/cache/tdnf"));
        // What is in the cache is not used, either.
        define(kind, "1");
        machine.tdnf(question).exits(0).lacks(answer);
    }
}

// 5.5: a second instance waits for the lock, and says so.
#[test]
fn lock() {
    let machine = machine();
    let held = std::fs::create_dir_all(machine.root().join("var/run"));
    held.expect("the root is writable");
    machine.write("/jobs/both.sh", "tdnf -y install script-slow >/jobs/first 2>&1 &\nsleep 1\ntdnf -q count\nwait\n");
    machine
        .run("sh", "/jobs/both.sh", "")
        .exits(0)
        .has_line("waiting for tdnf_instance lock on /var/run/.tdnf-instance-lockfile");
    assert!(!machine.has("/var/run/.tdnf-instance-lockfile"));
}
