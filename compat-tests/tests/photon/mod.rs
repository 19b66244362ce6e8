//! A machine with the packages that the tests of the tdnf face work with.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::os::unix::fs::MetadataExt as _;

use oxidnf_testkit::machine::Machine;
use oxidnf_testkit::{Rpm, rpm};

/// Packages of the repository `photon-test`.
pub(crate) fn packages() -> Vec<Rpm> {
    vec![
        rpm("one").evr("1.0.1-1").summary("The first package").file("/usr/share/one/data", "one 1"),
        rpm("one")
            .evr("1.0.1-2")
            .summary("The first package")
            .file("/usr/share/one/data", "one 2")
            .file("/etc/one.conf", "x"),
        rpm("two").evr("2:1.0-1").summary("Needs the first").requires("one").provides("second = 2"),
        rpm("Mixed").evr("1-1").summary("A name with a capital letter").provides("mixture = 1"),
        rpm("weak").evr("1-1").recommends("one"),
        rpm("broken").evr("1-1").requires("nothing-has-this"),
        rpm("fights").evr("1-1").conflicts("one"),
        rpm("old").evr("1-1").file("/usr/share/old", "old"),
        rpm("new").evr("1-1").obsoletes("old < 2").provides("old = 2"),
        rpm("tool").evr("1-1").file("/usr/bin/tool", "#!/bin/sh").provides("/usr/bin/provided"),
        rpm("script-pre").evr("1-1").script("pre", "exit 3"),
        rpm("script-post").evr("1-1").script("post", "echo from the scriptlet; exit 4"),
        rpm("script-says").evr("1-1").script("post", "echo from the scriptlet"),
        rpm("documented").evr("1-1").file_as("%doc", "/usr/share/doc/documented", "a manual"),
        rpm("script-slow").evr("1-1").script("post", "sleep 3"),
        rpm("logged").evr("1-1").script("changelog", "* Tue Jul 06 2021 Somebody <a@b.example> 1-1\n- a change"),
        rpm("same-a").evr("1-1").file("/usr/share/same", "a"),
        rpm("same-b").evr("1-1").file("/usr/share/same", "b"),
    ]
}

/// The machine with its repository.
pub(crate) fn machine() -> Machine {
    Machine::new().repo("photon-test", packages())
}

/// Returns the times of the package files, which are those of the metadata.
pub(crate) fn file_times(machine: &Machine) -> Vec<u64> {
    let files = std::fs::read_dir(machine.repo_dir("photon-test")).expect("the repository is there").flatten();
    let packages = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "rpm"));
    let time = |file: std::fs::DirEntry| file.metadata().map_or(0, |metadata| metadata.mtime());
    packages.map(|file| u64::try_from(time(file)).unwrap_or(0)).collect()
}

/// Changes `primary.xml` of the repository `photon-test` with a shell script that works in its directory `repodata`.
pub(crate) fn change_primary(machine: &Machine, script: &str) {
    let unpack =
        "cd /srv/build/repodata\nfor f in *primary.xml.*; do (zstdcat $f 2>/dev/null || zcat $f) >primary.xml; done\n";
    let pack = "\nmodifyrepo_c --mdtype=primary primary.xml . >/dev/null";
    machine.in_repo("photon-test", &format!("{unpack}{script}{pack}"));
}

/// Adds a source package `built`, which needs `tool`, to a repository.
pub(crate) fn add_source(machine: &Machine, id: &str) {
    machine.add_source(id, "Name: built\nVersion: 1\nRelease: 1\nSummary: A source\nLicense: MIT\nBuildRequires: tool\n%description\nA source.\n");
}
