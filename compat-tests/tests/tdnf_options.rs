//! The face of tdnf: options (tdnf.md, section 4).

mod photon;

use oxidnf_testkit::{Machine, rpm};
use photon::machine;

// --downloadonly with its three companions; where files go.
#[test]
fn downloads() {
    let machine = machine();
    machine.tdnf("-q makecache").exits(0);
    machine
        .tdnf("-y install --downloadonly two")
        .exits(0)
        .has_line("tdnf will only download packages needed for the transaction")
        .lacks("Testing");
    let cached = ["one-1.0.1-2", "two-1.0-1"].map(|name| format!("/var/cache/tdnf/photon-test/rpms/{name}.noarch.rpm"));
    for file in &cached {
        assert!(machine.has(file), "{file}");
    }
    machine.tdnf("list installed two").exits(243);
    machine
        .tdnf("-y install --downloaddir /jobs two")
        .exits(145)
        .err("Error(913) : --downloaddir requires --downloadonly\n");
    machine.tdnf("-y install --alldeps two").exits(147).err("Error(915) : --alldeps requires --downloadonly\n");
    machine.tdnf("-y install --nodeps two").exits(148).err("Error(916) : --nodeps requires --downloadonly\n");
    machine.tdnf("-y install --downloadonly --downloaddir /missing two").exits(66);
    machine.tdnf("-q -y install --downloadonly --nodeps --downloaddir /jobs two").exits(0);
    assert_eq!(machine.files("/jobs"), ["/jobs/two-1.0-1.noarch.rpm"]);
    machine.tdnf("-q -y install one").exits(0);
    machine.tdnf("-q -y install --downloadonly --alldeps --downloaddir /jobs two").exits(0);
    assert_eq!(machine.files("/jobs"), ["/jobs/one-1.0.1-2.noarch.rpm", "/jobs/two-1.0-1.noarch.rpm"]);
}

// The cache is emptied of packages after a transaction, unless keepcache says otherwise.
#[test]
fn keepcache() {
    let machine = machine();
    let rpms = |machine: &Machine| {
        machine.files("/var/cache/tdnf").iter().filter(|file| file.strip_suffix(".rpm").is_some()).count()
    };
    machine.tdnf("-q -y install one").exits(0);
    assert_eq!(rpms(&machine), 0);
    machine.tdnf("-q -y --setopt=keepcache=1 install tool").exits(0);
    assert_eq!(rpms(&machine), 1);
    machine.configure("keepcache=1");
    machine.tdnf("-q -y install weak").exits(0);
    assert_eq!(rpms(&machine), 2);
}

// Repositories: sequential, globs, unknown ids are ignored, the first --repo disables all others.
#[test]
fn repositories() {
    let machine = machine();
    machine.define("off", "baseurl=file:///nowhere\n");
    let ids = |args: &str| {
        let ran = machine.tdnf(&format!("-j {args} repolist"));
        let out = ran.exits(0).out.clone();
        out.split("\"Repo\":\"").skip(1).map(|rest| rest.split('"').next().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(""), ["photon-test"]);
    assert_eq!(ids("--enablerepo=off"), ["off", "photon-test"]);
    assert_eq!(ids("--disablerepo=* --enablerepo=off"), ["off"]);
    assert_eq!(ids("--enablerepo=off --disablerepo=*"), Vec::<String>::new());
    assert_eq!(ids("--repo=off"), ["off"]);
    assert_eq!(ids("--repoid=o* --repo=photon-test"), ["off", "photon-test"]);
    assert_eq!(ids("--enablerepo=unknown --disablerepo=unknown"), ["photon-test"]);
    assert_eq!(ids("--repo=unknown"), Vec::<String>::new());
    // 4.1: one list with --setopt.
    assert_eq!(ids("--setopt=enablerepo=off"), ["off", "photon-test"]);
}

// --repofrompath: enabled, gpgcheck on; a local path must exist. --repofromdir: no metadata.
#[test]
fn repositories_of_the_line() {
    let machine = machine();
    machine
        .tdnf("-q --repo=extra --repofrompath=extra,/srv/repos/photon-test list tool")
        .exits(0)
        .out("tool.noarch                                  1-1                         extra\n");
    machine.tdnf("--repofrompath=extra,/nowhere list").exits(66);
    machine.tdnf("-y --repo=extra --repofrompath=extra,/srv/repos/photon-test install tool").exits(232).err(
        "Error processing package: /var/cache/tdnf/extra/rpms/tool-1-1.noarch.rpm\n\
         Error(1512) : RPM not signed. Use --skipsignature or --nogpgcheck to ignore.\n",
    );
    machine.tdnf("-y --nogpgcheck --repo=extra --repofrompath=extra,/srv/repos/photon-test install tool").exits(0);
    machine.tdnf("-q -y install --downloadonly --alldeps --downloaddir /jobs two").exits(0);
    machine
        .tdnf("-q --repo=dir --repofromdir=dir,/jobs list two")
        .exits(0)
        .out("two.noarch                                   2:1.0-1                       dir\n");
    machine
        .tdnf("-y --repo=dir --repofromdir=dir,/jobs --skipsignature install two")
        .exits(0)
        .has_line("two              noarch       2:1.0-1          dir            0.00b     5.87k");
}

// -C uses the cache and never fetches metadata; packages are still fetched.
#[test]
fn cacheonly() {
    let machine = machine();
    machine.tdnf("-C list one").exits(10).err(
        "Error(1034) : cache only is set, but no repo data found\n\
         Error: Failed to synchronize cache for repo 'photon-test packages'\n\
         Error(1034) : cache only is set, but no repo data found\n",
    );
    machine.tdnf("-q makecache").exits(0);
    machine.tdnf("-y --cacheonly install one").exits(0).lacks("Refreshing");
}

// --refresh fetches the index again.
#[test]
fn refresh() {
    let machine = machine();
    machine.tdnf("-q makecache").exits(0);
    machine.tdnf("list one").exits(0).lacks("Refreshing");
    machine.tdnf("--refresh list one").exits(0).has_line("Refreshing metadata for: 'photon-test packages'");
}

// --best and -b: the newest version or none; without them what is installed may stay.
#[test]
fn best() {
    let packages = [rpm("app").evr("1-1"), rpm("app").evr("2-1").requires("nothing-has-this"), rpm("other").evr("1-1")];
    let machine = Machine::new().repo("photon-test", packages);
    machine.tdnf("-q -y install app-1 other").exits(0);
    machine.tdnf("-y update").exits(0).err("Nothing to do.\n");
    for option in ["--best", "-b"] {
        let ran = machine.tdnf(&format!("-y {option} update"));
        assert!(
            ran.exits(21).err.contains("1. cannot install the best update candidate for package app-1-1.noarch"),
            "{ran}"
        );
        machine
            .tdnf(&format!("-y {option} update other"))
            .exits(0)
            .err("There is no upgrade path for other.\nNothing to do.\n");
    }
}

// --debugsolver is accepted; what libsolv writes for its own tests is not written.
#[test]
fn debugsolver() {
    let machine = machine();
    machine.tdnf("-y --debugsolver install one").exits(0).has_line("Installing/Updating: one-1.0.1-2.noarch");
    machine.tdnf("-y --debugsolver install broken").exits(21);
    assert!(!machine.has("/debugdata"));
}

// --testonly tests only.
#[test]
fn testonly() {
    let machine = machine();
    machine.tdnf("-y --testonly install one").exits(0).has_line("Testing transaction").lacks("Installing/");
    assert!(!machine.has("/etc/one.conf"));
}

// --snapshottime and --snapshotexcluderepos; the key in the file.
#[test]
fn snapshots() {
    let machine = machine();
    let times = photon::file_times(&machine);
    assert!(times.iter().all(|time| *time > 1));
    machine.tdnf("--snapshottime=1 list available one").exits(243);
    machine.tdnf("--snapshottime=1 -y install one").exits(243);
    machine.tdnf("--snapshottime=1 count").exits(0).has_line("Package count = 1");
    machine.tdnf("--snapshottime=1 --snapshotexcluderepos=other,photon* list available one").exits(0);
    let newest = times.iter().max().expect("there are packages");
    machine.tdnf(&format!("--snapshottime={newest} list available one")).exits(0);
    machine.tdnf("--snapshottime=soon list").exits(110);
    machine.configure("snapshottime=1");
    machine.tdnf("-y install one").exits(243);
    machine.tdnf("-y --setopt=snapshotexcluderepos=photon-test install one").exits(0);
}

// Section 9: dnf5 has no point in time; its face here knows tdnf's options as options of its own.
#[test]
fn snapshots_under_the_names_of_dnf5() {
    let machine = machine();
    let dnf5 = |arguments: &str| machine.run("dnf5", arguments, "");
    let newest = photon::file_times(&machine).into_iter().max().expect("there are packages");
    dnf5("--snapshottime=1 list --available one").exits(1);
    dnf5("list --snapshot-time=1 --available one").exits(1);
    dnf5("--snapshottime=1 --snapshotexcluderepos=other,photon* list --available one").exits(0);
    dnf5("--snapshot-time=1 --snapshot-exclude-repos=photon-test list --available one").exits(0);
    dnf5(&format!("--snapshottime={newest} list --available one")).exits(0);
    let refused = dnf5("--snapshottime=soon list");
    assert!(refused.exits(2).err.starts_with("snapshottime: Badly formatted argument value \"soon\"."), "{refused}");
    dnf5("-y --snapshottime=1 install one").exits(1);
    assert!(!machine.has("/etc/one.conf"));
    dnf5("-y install --snapshottime=1 --snapshotexcluderepos=photon-test one").exits(0);
    assert!(machine.has("/etc/one.conf"));
}

// --installroot and -i: absolute only; configuration and repositories fall back to the host; cache inside the root.
#[test]
fn installroot() {
    let machine = machine();
    machine
        .tdnf("--installroot relative list")
        .exits(86)
        .out("Install root must be an absolute path.\n")
        .err("Error(1622) : Invalid argument\n");
    machine.tdnf("-y -i /jobs/root --releasever=3.0 install one").exits(0);
    assert!(machine.has("/jobs/root/etc/one.conf"));
    assert!(machine.files("/jobs/root/var/cache/tdnf").iter().any(|file| file.ends_with("repomd.xml")));
    assert!(!machine.has("/var/cache/tdnf"));
    // Its own repositories and configuration win when they are there.
    machine.write("/jobs/root/etc/yum.repos.d/own.repo", "[own]\nname=own\nbaseurl=file:///nowhere\nenabled=1\n");
    machine
        .tdnf("-q --installroot /jobs/root repolist")
        .exits(0)
        .has_line("own                 own                                      enabled  ");
    machine.tdnf("-q --installroot /jobs/root --setopt=reposdir=/etc/yum.repos.d repolist").exits(0).lacks("own");
    machine.write("/jobs/root/etc/tdnf/tdnf.conf", "[main]\nexcludepkgs=one\n");
    machine
        .tdnf("-q --installroot /jobs/root --repofrompath=x,/srv/repos/photon-test --disablerepo=own list one")
        .exits(243);
}

// 4.1: --setopt: reposdir and cachedir are host paths, unknown keys are ignored.
#[test]
fn setopt() {
    let machine = machine();
    machine.tdnf("--setopt=reposdir=/missing list").exits(237);
    machine.tdnf("-q --setopt=cachedir=/jobs/cache makecache").exits(0);
    assert!(machine.files("/jobs/cache").iter().any(|file| file.ends_with("repomd.xml")));
    machine.tdnf("-q --setopt=nosuch=1 --setopt=photon-test.enabled=0 list one").exits(0);
    machine.tdnf("-q --setopt=exclude=one list one").exits(243);
    machine.tdnf("-q --setopt=excludepkgs=one list one").exits(0);
    machine.tdnf("-q -y --setopt=tsflags=nodocs install documented").exits(0);
    assert!(!machine.has("/usr/share/doc/documented"));
}

// --builddeps and --source.
#[test]
fn sources() {
    let machine = machine();
    photon::add_source(&machine, "photon-test");
    machine.tdnf("-y install --builddeps built").exits(0).has_line("Installing/Updating: tool-1-1.noarch");
    machine.tdnf("-q -y install --source --downloadonly --downloaddir /jobs built").exits(0);
    assert_eq!(machine.files("/jobs"), ["/jobs/built-1-1.src.rpm"]);
}

// --source without --downloadonly: the spec file and the sources go where rpm unpacks them, and that is all.
#[test]
fn unpacked_sources() {
    let machine = machine();
    let build = "cd /srv/build; mkdir s; echo data >s/data; echo patch >s/fix.patch; touch -d 2020-01-01 s/data\n\
        printf 'Name: two\\nVersion: 1.0\\nRelease: 1\\nEpoch: 2\\nSummary: s\\nLicense: MIT\\nSource0: data\\n\
        Patch0: fix.patch\\n%%description\\nx\\n' >s/two.spec\n\
        rpmbuild -bs --quiet --define '_srcrpmdir /srv/build' --define '_sourcedir /srv/build/s' s/two.spec >/dev/null\n\
        rm -r s; createrepo_c --quiet . >/dev/null";
    machine.in_repo("photon-test", build);
    let ran = machine.tdnf("-y install --source two");
    ran.exits(0).has_line("Testing transaction").has_line("Installing/Updating: two-2:1.0-1 (source)").err("");
    assert!(ran.out.contains("\nInstalling:\ntwo              src          2:1.0-1"), "{ran}");
    let unpacked =
        |top: &str| ["SOURCES/data", "SOURCES/fix.patch", "SPECS/two.spec"].map(|file| format!("{top}/{file}"));
    assert_eq!(machine.files("/root/rpmbuild"), unpacked("/root/rpmbuild"));
    assert_eq!(machine.read("/root/rpmbuild/SOURCES/data"), "data\n");
    machine.tdnf("list installed two").exits(243);
    machine.tdnf("history").exits(10);
    // Again, over what is there; elsewhere; from a file; into a root.
    machine.write("/root/rpmbuild/SOURCES/data", "changed\n");
    machine.tdnf("-q -y install --source two").exits(0).out("").err("");
    assert_eq!(machine.read("/root/rpmbuild/SOURCES/data"), "data\n");
    machine.tdnf("-q -y install --source --rpmdefine '_topdir /jobs/top' two").exits(0);
    assert_eq!(machine.files("/jobs/top"), unpacked("/jobs/top"));
    let file = "/srv/repos/photon-test/two-1.0-1.src.rpm";
    machine.tdnf(&format!("-q -y --nogpgcheck install --source --rpmdefine '_topdir /jobs/file' {file}")).exits(0);
    assert_eq!(machine.files("/jobs/file"), unpacked("/jobs/file"));
    // A file says itself that it is a source package; one that is not there is skipped as others are.
    machine.tdnf(&format!("-q -y --nogpgcheck install --rpmdefine '_topdir /jobs/plain' {file}")).exits(0);
    assert_eq!(machine.files("/jobs/plain"), unpacked("/jobs/plain"));
    machine.tdnf("-y install /jobs/missing.src.rpm").exits(0).err("Nothing to do.\n");
    machine.tdnf("-q -y -i /jobs/root install --source two --releasever 3").exits(0);
    assert_eq!(machine.files("/jobs/root/root/rpmbuild"), unpacked("/jobs/root/root/rpmbuild"));
    machine.tdnf("-y --testonly --rpmdefine '_topdir /jobs/test' install --source two").exits(0).lacks("Installing/");
    assert!(!machine.has("/jobs/test"));
    machine.tdnf("install --source two --assumeno").exits(8);
    machine.tdnf("-y install --source nosuch").exits(243);
    // Binary packages are no sources.
    machine.tdnf("-y install --source tool").exits(243);
    machine.tdnf("-j -y install --source two").exits(0).out(
        "{\"Install\":[{\"Name\":\"two\",\"Arch\":\"src\",\"Evr\":\"1.0-1\",\"InstallSize\":125,\"Repo\":\"photon-test\"}]}",
    );
}

// --rpmdefine defines a macro; here the one that decides which languages are installed.
#[test]
fn rpmdefine() {
    let machine = machine();
    machine.tdnf("-q -y install --rpmdefine '_excludedocs 1' documented").exits(0);
    assert!(!machine.has("/usr/share/doc/documented"));
    machine.tdnf("-q -y --rpmverbosity nonsense reinstall documented").exits(0);
    assert!(machine.has("/usr/share/doc/documented"));
}

// --rpmverbosity: what rpm says less urgently is not told; wrong words mean info.
#[test]
fn rpmverbosity() {
    let machine = machine();
    let says = |level: &str, package: &str| machine.tdnf(&format!("-q -y {level} install {package}")).err;
    for level in ["", "--rpmverbosity info", "--rpmverbosity nonsense", "--rpmverbosity error"] {
        let err = says(level, "script-pre");
        assert!(err.contains("error: %pre") && err.contains("failed, exit status 3"), "{level}: {err}");
    }
    for level in ["critical", "alert", "emergency"] {
        let err = says(&format!("--rpmverbosity {level}"), "script-pre");
        assert_eq!(err, "Error(1525) : rpm transaction failed\n", "{level}");
    }
    for (level, told) in [("error", false), ("critical", false), ("warning", true), ("debug", true), ("info", true)] {
        let err = says(&format!("--rpmverbosity {level}"), "script-post");
        assert_eq!(err.contains("warning: %post"), told, "{level}: {err}");
        machine.tdnf("-q -y remove script-post").exits(0);
    }
}

// 3.12: reposync.
#[test]
fn reposync() {
    let machine = machine();
    let refused = [
        ("--norepopath --delete", "cannot use --delete with --norepopath"),
        ("--source --arch noarch", "cannot use --source with --arch"),
    ];
    for (options, text) in refused {
        machine.tdnf(&format!("reposync {options}")).exits(86).out(&format!("{text}\n"));
    }
    machine.tdnf("-q reposync --download-path=/jobs --newest-only --download-metadata").exits(0);
    let files = machine.files("/jobs");
    assert!(files.contains(&"/jobs/photon-test/one-1.0.1-2.noarch.rpm".to_owned()), "{files:?}");
    assert!(!files.contains(&"/jobs/photon-test/one-1.0.1-1.noarch.rpm".to_owned()), "{files:?}");
    assert!(files.contains(&"/jobs/photon-test/repodata/repomd.xml".to_owned()), "{files:?}");
    machine.write("/jobs/photon-test/gone-1-1.noarch.rpm", "x");
    machine.tdnf("-q reposync --download-path=/jobs --delete").exits(0);
    assert!(!machine.has("/jobs/photon-test/gone-1-1.noarch.rpm"));
    machine
        .tdnf("-q reposync --urls --newest-only")
        .exits(0)
        .has_line("file:///srv/repos/photon-test/one-1.0.1-2.noarch.rpm");
    machine.tdnf("-q reposync --download-path=/jobs/flat --norepopath --arch noarch").exits(0);
    assert!(machine.has("/jobs/flat/two-1.0-1.noarch.rpm"));
}
