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

#[test]
fn options_said_twice() {
    let world = World::new().repo("a", [rpm("foo")]).repo("b", [rpm("bar")]);
    for command in [
        "install foo",
        "upgrade",
        "distro-sync",
        "reinstall foo",
        "downgrade foo",
        "swap foo bar",
        "download foo",
        "builddep foo",
    ] {
        let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
        for (option, called) in [("from-repo", "from_repo"), ("from-vendor", "from_vendor")] {
            let complaint = format!("\"--{called}\" already defined with different value.");
            world.both(&format!("{name} --{option}=a --{option}=b {rest}")).exits(2).says(&complaint);
        }
    }
    for command in ["list", "info", "repoquery", "remove foo", "reinstall foo", "upgrade", "swap foo bar"] {
        let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
        let complaint = "\"--installed-from_repo\" already defined with different value.";
        world.both(&format!("{name} --installed-from-repo=a --installed-from-repo=b {rest}")).exits(2).says(complaint);
        world.both(&format!("{name} --installed-from-repo=a --installed-from-repo=a {rest}"));
    }
    let different = "already defined with different value";
    for (values, status, says) in [
        (&["a", "a"][..], 0, "foo"),
        (&["a,b", "a,b"], 0, "foo"),
        (&["", "a"], 0, "foo"),
        (&["a", ""], 2, different),
        (&["a", "a,a"], 2, different),
        (&["a,b", "b,a"], 2, different),
        (&["a", "a", "b"], 2, different),
        (&["zz", "zz"], 2, "No matching repositories for zz."),
        (&["zz,zz,yy"], 2, "No matching repositories for zz, zz, yy."),
    ] {
        let options: Vec<String> = values.iter().map(|value| format!("--from-repo={value}")).collect();
        world.both(&format!("install --downloadonly -y {} foo", options.join(" "))).exits(status).says(says);
    }
    world.both("do -y --downloadonly --from-repo=b --from-repo=a --action=install foo").exits(0);
    world.both("do -y --downloadonly --action=install --from-repo=a foo --from-repo=b bar").exits(0);
    // The first mistake is the one that is told.
    world.both("install --from-repo=a --foo --from-repo=b").exits(2).says("Unknown argument \"--foo\"");
    world.both("install --from-repo=a --from-repo=b --foo").exits(2).says(different);
}
