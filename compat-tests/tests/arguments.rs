//! Errors of the command line: texts and exit code 2.

use oxidnf_testkit::{World, rpm};

#[test]
fn wrong_arguments() {
    let world = World::new().repo("base", [rpm("foo")]);
    for args in [
        "nosuchcommand",
        "install",
        "--nosuchoption",
        "install --nosuchoption foo",
        "--best --nosuch install foo",
        "remove",
        "--setopt=nosuch=1 list",
        "--setopt=best=maybe list",
        "list --repo=nothere",
    ] {
        world.both(args).exits(2);
    }
}

#[test]
fn repository_options_are_checked_late() {
    let world = World::new().repo("base", [rpm("foo")]);
    world.both("--setopt=base.nosuch=1 list foo").exits(0);
    world.both("--setopt=nothere.enabled=1 list foo").exits(2);
}

#[test]
fn aliases() {
    let world = World::new().repo("base", [rpm("foo")]);
    for args in [
        "in -y foo",
        "ls foo",
        "if foo",
        "se foo",
        "rq foo",
        "rei -y foo",
        "up -y",
        "dsync -y",
        "rm -y foo",
        "mc",
        "repolist",
        "check-update",
    ] {
        world.both(args).exits(0);
    }
}

#[test]
fn options_that_exclude_each_other() {
    let world = World::new().repo("base", [rpm("foo")]);
    for args in [
        "--refresh -C list",
        "-C --refresh list",
        "list --installed --available",
        "list --installed-from-repo=base --available",
        "list --updates --upgrades",
        "info --recent --installed-from-repo=base",
        "remove --duplicates --oldinstallonly",
        "remove --oldinstallonly --duplicates",
        "remove --duplicates --limit=2",
        "repoquery --exactdeps --recursive",
        "repoquery --installed --userinstalled",
        "repoquery --available --leaves",
        "repoquery --extras --available",
        "repoquery --unneeded --upgrades",
        "repoquery --info --files",
        "repoquery -l --info",
        "repoquery --files --requires",
        "repoquery --list --files",
        "repoquery --qf=x --queryformat=y",
        "repoquery --qf=x --requires",
    ] {
        world.both(args).exits(2);
    }
    // Nothing is wrong with the other order of some.
    for args in ["repoquery --available --extras", "repoquery --queryformat=x --qf=y", "list --upgrades --updates"] {
        world.both(args).exits(0);
    }
}
