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
