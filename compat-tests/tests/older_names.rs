//! Under the names yum, dnf and microdnf, spellings of dnf 4 do what dnf5 does, and a line tells dnf5's words. What dnf5
//! makes of its own words is compared with the real program elsewhere.

use oxidnf_testkit::{Machine, rpm};

fn machine() -> Machine {
    let app = rpm("app").evr("1-1").requires("lib").file("/usr/share/app", "1");
    Machine::new().repo("base", [app, rpm("lib").evr("1-1"), rpm("old").evr("1-1")])
}

#[test]
fn the_same_as_in_new_words() {
    let machine = machine();
    machine.run("dnf5", "install -y app old", "").exits(0);
    for (old, new) in [
        ("list installed", "list --installed"),
        ("list available app", "list --available app"),
        ("list all", "list"),
        ("repolist all", "repolist --all"),
        ("-v repolist", "repo info"),
        ("history", "history list"),
        ("whatprovides app", "provides app"),
        ("erase --assumeno nothere", "remove --assumeno nothere"),
        ("install -y -d 1 -e0 app", "install -y app"),
        ("makecache fast", "makecache"),
        ("check-update -v", "check-update"),
    ] {
        // The first run may fetch what the later ones find in the cache.
        machine.run("dnf5", new, "");
        let want = machine.run("dnf5", new, "");
        for name in ["yum", "dnf", "microdnf"] {
            let got = machine.run(name, old, "");
            let (line, rest) = got.err.split_once('\n').unwrap_or_default();
            assert_eq!(line, format!("In dnf5's words this is: {name} {new}"), "{got}");
            assert_eq!((got.status, &*got.out, rest), (want.status, &*want.out, &*want.err), "{got}");
        }
    }
}

#[test]
fn dnf5_itself_accepts_nothing_more() {
    let machine = machine();
    for words in ["erase app", "groupinstall app", "whatprovides app", "autoremove app", "-v list"] {
        let ran = machine.run("dnf5", words, "");
        ran.exits(2);
        assert!(!ran.err.contains("In dnf5's words"), "{ran}");
    }
    // Here `installed` is a package.
    machine.run("dnf5", "list installed", "").exits(1);
}

#[test]
fn autoremove_of_names_removes_them_and_what_only_they_needed() {
    let machine = machine();
    machine.run("dnf5", "install -y app", "").exits(0);
    machine.run("yum", "autoremove -y app", "").exits(0);
    let left = machine.run("dnf5", "list --installed", "").exits(0).out.clone();
    assert!(!left.contains("app") && !left.contains("lib"), "{left}");
}

#[test]
fn words_of_dnf5_pass_without_a_line() {
    let machine = machine();
    machine.run("yum", "install -y app", "").exits(0);
    for words in ["list --installed", "update -y", "check-update", "repolist", "remove -y app", "history list"] {
        let ran = machine.run("yum", words, "");
        ran.exits(0);
        assert!(!ran.err.contains("In dnf5's words"), "{ran}");
    }
}
