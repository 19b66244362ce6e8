//! The plug-in `actions`: which rules run, what commands are given, and what is done with what they write.

use std::fs;

use oxidnf_testkit::world::{ROOT, Side};
use oxidnf_testkit::{World, rpm};
use rstest::rstest;

const CONF: &str = "[main]\nname = actions\nenabled = 1\n";

/// Writes its arguments, each in brackets, to a file that the comparison of trees sees.
const NOTE: &str = "#!/bin/sh\nfor word in \"$@\"; do printf '[%s]' \"$word\"; done >>/srv/t/root/said\n\
                    echo >>/srv/t/root/said\n";

/// Writes its arguments to its standard output, one a line.
const SAY: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\"\n";

fn world() -> World {
    let package = |name: &str, evr: &str| rpm(name).evr(evr).file(&format!("/opt/{name}"), "x");
    let world = World::new()
        .repo("base", [package("foo", "1-1"), package("foo", "2-1"), package("bar", "3:1-1")])
        .repo_conf("other", [rpm("other")], "name=One, two\nenabled=0\n");
    world.write("/plug/actions.conf", CONF);
    for (name, script) in [("note", NOTE), ("say", SAY)] {
        world.write(&format!("/{name}"), script);
    }
    world.edit(|root| {
        use std::os::unix::fs::PermissionsExt;
        for name in ["note", "say"] {
            fs::set_permissions(root.join(name), fs::Permissions::from_mode(0o755)).expect("just written");
        }
    });
    world
}

/// Runs a command of dnf5 under rules, in which `NOTE` and `SAY` are the programs above; compares the log, too.
fn run(world: &World, rules: &str, args: &str, status: i32) {
    let rules = rules.replace("NOTE", &format!("{ROOT}/note")).replace("SAY", &format!("{ROOT}/say"));
    world.write("/plug/actions.d/a.actions", &rules);
    world.edit(|root| drop(fs::remove_file(root.join("var/log/dnf5.log"))));
    world.both(&format!("--setopt=pluginconfpath={ROOT}/plug {args}")).exits(status);
    let told = |side| {
        let log = fs::read_to_string(world.root(side).join("var/log/dnf5.log")).unwrap_or_default();
        let lines = log.lines().filter(|line| line.contains(" Actions plugin: "));
        lines.filter_map(|line| Some(line.split_once("] ")?.1.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(told(Side::Real), told(Side::Ours), "{rules}");
}

fn said(world: &World) -> String {
    fs::read_to_string(world.root(Side::Ours).join("said")).unwrap_or_default()
}

#[test]
fn callbacks() {
    let world = world();
    let hooks = [
        "pre_base_setup",
        "post_base_setup",
        "repos_configured",
        "repos_loaded",
        "pre_add_cmdline_packages",
        "post_add_cmdline_packages",
        "goal_resolved",
        "pre_transaction",
        "post_transaction",
    ];
    let rules: String = hooks.iter().map(|hook| format!("{hook}::::NOTE {hook}\n")).collect();
    let file =
        world.put("foo-2-1.noarch.rpm", &fs::read(world.repo_dir("base").join("foo-2-1.noarch.rpm")).expect("built"));
    for (args, status) in [
        ("install -y foo-1", 0),
        (&*format!("install -y {file}"), 0),
        ("install -y nosuch", 1),
        ("upgrade", 0),
        ("remove -y foo", 0),
        ("repolist", 0),
        ("list", 0),
        ("makecache", 0),
        ("history list", 0),
        ("install --assumeno foo", 1),
    ] {
        run(&world, &rules, args, status);
    }
    assert!(hooks.iter().all(|hook| said(&world).contains(&format!("[{hook}]\n"))));
}

#[test]
fn packages() {
    let world = world();
    let attributes = "name arch version release epoch na evr nevra full_nevra repo_id license vendor action";
    let attributes: String = attributes.split(' ').map(|name| format!(" ${{pkg.{name}}}")).collect();
    let mut rules = String::new();
    for hook in ["goal_resolved", "pre_transaction", "post_transaction"] {
        for direction in ["in", "out", ""] {
            rules += &format!("{hook}:*:{direction}::NOTE {hook} ({direction}){attributes} (${{pkg.location}})\n");
        }
    }
    let filters = [
        "bar",
        "bar.noarch",
        "bar-1-1",
        "bar-1-1.noarch",
        "bar-3",
        "BAR",
        "b?r",
        "/opt/bar",
        "/opt/*",
        "/opt/ba",
        "opt/bar",
        "bar-1",
        "bar*noarch",
        "*/bar",
        "foo,bar",
        "bar foo",
        "@System",
        "bar = 3",
    ];
    for filter in filters {
        rules += &format!("pre_transaction:{filter}:::NOTE {filter} ${{pkg.full_nevra}}\n");
    }
    run(&world, &rules, "install -y foo-1 bar", 0);
    for args in
        ["upgrade -y foo", "reinstall -y bar", "mark -y dependency bar", "downgrade -y foo", "remove -y foo bar"]
    {
        run(&world, &rules, args, 0);
    }
    assert!(said(&world).contains("[/opt/*][bar-3:1-1.noarch]"));
}

#[rstest]
#[case::variables(
    "SAY tmp.a=1\\ 2 tmp.b=x\\\\ty tmp.c=$\\{tmp.a} var.zz=ü",
    "NOTE ${tmp.a} ${tmp.b} ${tmp.c} ${var.zz} x${tmp.a}y"
)]
#[case::unset("SAY tmp.a=1 tmp.a tmp.c tmp.=q", "NOTE ${tmp.a}")]
#[case::empty_name("SAY tmp.=q", "NOTE x${tmp.}y")]
#[case::no_value("SAY var.yy junk var", "NOTE ${var.nosuch}")]
#[case::options(
    "SAY conf.best=1 conf.nosuch=1 conf.best=maybe conf.best conf.=1 conf..x=1",
    "NOTE ${conf.best} ${conf.gpgcheck}"
)]
#[case::unknown_option("SAY x", "NOTE ${conf.nosuch}")]
#[case::levels(
    "SAY log.CRITICAL=a log.ERROR=b log.WARNING=c log.NOTICE=d log.INFO=e log.DEBUG=f log.TRACE=g log.info=h log.=i log.INFO",
    "NOTE x"
)]
#[case::errors("SAY error=bad tmp.a=2 error= junk=1", "NOTE ${tmp.a}")]
#[case::ends("/bin/sh -c exit\\ 3", "/bin/sh -c kill\\ -9\\ $$")]
#[case::not_there("/srv/nosuch a b\\ c", "/etc/passwd")]
#[case::path("sh -c echo\\ tmp.a=1", "NOTE ${tmp.a}")]
#[case::letters("SAY tmp.a=\\\\n\\\\$", "NOTE ${tmp.a} \\${tmp.a} a\\tb\\\\q\\x41 $x$ end\\")]
#[case::names("SAY x", "NOTE ${nosuch} ${pkg.name}")]
#[case::no_name("SAY x", "NOTE ${}")]
#[case::open("SAY x", "NOTE a${open b")]
#[case::version("SAY x", "NOTE ${plugin.version}")]
#[case::no_version("SAY x", "NOTE ${plugin.nosuch}")]
#[case::no_package("SAY x", "NOTE ${pkg.name}")]
fn answers(#[case] first: &str, #[case] second: &str) {
    let world = world();
    let rules = |options: &str| format!("post_base_setup:::{options}:{first}\npost_base_setup:::{options}:{second}\n");
    run(&world, &rules(""), "repolist", 0);
}

/// With `raise_error=1` the first mistake ends the run, and `stop=` does always.
#[rstest]
#[case("SAY conf.nosuch=1", "raise_error=1")]
#[case("SAY conf.best=maybe", "raise_error=1")]
#[case("SAY conf.best", "raise_error=1")]
#[case("SAY junk", "raise_error=1")]
#[case("SAY junk=1", "raise_error=1")]
#[case("SAY error=bad", "raise_error=1")]
#[case("SAY log.x=1", "raise_error=1")]
#[case("SAY stop=halt", "")]
#[case("SAY stop=", "raise_error=0")]
#[case("/bin/sh -c exit\\ 3", "raise_error=1")]
#[case("/bin/sh -c kill\\ -9\\ $$", "raise_error=1")]
#[case("/srv/nosuch a b\\ c", "raise_error=1")]
#[case("SAY conf.base.nosuch=1", "raise_error=1")]
#[case("SAY conf.base.cost=x", "raise_error=1")]
#[case("SAY conf.base.=x", "raise_error=1")]
fn ends(#[case] command: &str, #[case] options: &str) {
    let world = world();
    run(&world, &format!("repos_configured:::{options}:{command}\nrepos_configured::::NOTE x\n"), "repolist", 1);
    assert_eq!(said(&world), "");
}

#[test]
fn ends_at_each_callback() {
    let world = world();
    let path = world.put("bar.rpm", &fs::read(world.repo_dir("base").join("bar-1-1.noarch.rpm")).expect("built"));
    for (hook, args) in [
        ("pre_base_setup", "install -y bar"),
        ("post_base_setup", "install -y bar"),
        ("repos_configured", "install -y bar"),
        ("repos_loaded", "install -y bar"),
        ("pre_add_cmdline_packages", &*format!("install -y {path}")),
        ("post_add_cmdline_packages", &*format!("install -y {path}")),
        ("goal_resolved", "install -y bar"),
        ("pre_transaction", "install -y bar"),
        ("post_transaction", "install -y bar"),
    ] {
        run(&world, &format!("{hook}:::raise_error=1:/bin/false\n"), args, 1);
    }
    run(&world, "", "list --installed bar", 0);
    run(&world, "post_transaction::::SAY stop=no\n", "remove -y bar", 1);
    run(&world, "repos_configured:::raise_error=1:NOTE ${nosuch}\n", "repolist", 0);
}

#[test]
fn repositories() {
    let world = world();
    let rules = "repos_configured::::SAY conf.other.enabled=1 conf.*.cost=5 conf.nosuch.enabled=1 conf.a.b.c=x conf.base.nosuch=1 conf.base.cost=x conf.o*.name=N,n\n\
                 repos_configured::::NOTE ${conf.base.cost} ${conf.other.cost} ${conf.*.name=N*} ${conf.o*.enabled=1} ${conf.base.exclude} x\n\
                 repos_configured::::NOTE ${conf.base.enabled=0}\nrepos_configured::::NOTE ${conf.base.nosuch}\nrepos_configured::::NOTE ${conf.nosuch.enabled}\n\
                 repos_configured::::NOTE ${conf..enabled}\nrepos_configured::::NOTE ${conf.base.}\n\
                 post_base_setup::::NOTE ${conf.base.enabled}\nrepos_loaded::::NOTE ${conf.base.cost}\n";
    run(&world, rules, "repo list --all", 0);
    run(&world, rules, "repoquery other", 0);
    assert!(
        said(&world).contains("[base.cost=5][other.cost=5][other.name=N\\x2Cn][other.enabled=1]"),
        "{}",
        said(&world)
    );
    run(
        &world,
        "post_base_setup::::SAY var.basearch=q var.releasever=7\nrepos_configured::::NOTE ${var.basearch}\n",
        "repolist",
        0,
    );
}

#[test]
fn each_command_once() {
    let world = world();
    world.write("/plug/actions.d/b.actions", &format!("post_base_setup::::{ROOT}/note b\n"));
    world.write("/plug/actions.d/c.action", "junk\n");
    let rules = "post_base_setup::::NOTE 1\npost_base_setup::::NOTE 1\npost_base_setup::::NOTE b\nrepos_configured::::NOTE 1\n\
                 post_base_setup::::/bin/false\npost_base_setup:::raise_error=1:/bin/false\n";
    run(&world, rules, "repolist", 0);
    assert_eq!(said(&world), "[1]\n[b]\n[1]\n");
}

#[rstest]
#[case("pre_transaction:*:in:/bin/true")]
#[case("sometime::::/bin/true")]
#[case("repos_loaded:*:::/bin/true")]
#[case("pre_transaction::in::/bin/true")]
#[case("pre_transaction::::")]
#[case("pre_transaction:::mode=x:/bin/true")]
#[case("pre_transaction:*:x::/bin/true")]
#[case("pre_base_setup:::enabled=2:/bin/true")]
#[case("pre_base_setup:::enabled=:/bin/true")]
#[case("pre_base_setup:::enabled:/bin/true")]
#[case("pre_base_setup:::foo=2:/bin/true")]
#[case("pre_base_setup:::raise_error=2:/bin/true")]
#[case("pre_base_setup:::raise_error\\ =1:/bin/true")]
#[case("  pre_base_setup::::/bin/true")]
#[case("PRE_BASE_SETUP::::/bin/true")]
#[case("pre_base_setup :::: /bin/true")]
#[case("junk")]
#[case(" ")]
#[case("  # comment")]
#[case("junk:::foo=1:")]
#[case("junk:::mode=x:")]
#[case("junk:::raise_error=2:")]
#[case("pre_base_setup:x::mode=x:")]
#[case("pre_base_setup:x:zz::")]
#[case("pre_base_setup:::enabled=host-only foo=1:x")]
#[case("pre_base_setup:::raise_error=3 mode=x:")]
#[case("pre_transaction:bar-3:1-1:::/bin/true")]
fn mistakes(#[case] line: &str) {
    run(&world(), &format!("# comment\n\n{line}\n"), "repolist", 1);
}

#[test]
fn switches() {
    let world = world();
    let rules = "post_base_setup:::enabled=1:NOTE always\npost_base_setup:::enabled=host-only:NOTE host\n\
                 post_base_setup:::enabled=installroot-only:NOTE root\n\
                 post_base_setup:::enabled=1 mode=plain  raise_error=0 :  NOTE  more\njunk:::mode=x enabled=host-only:\n";
    for (conf, status) in [
        ("[main]\nname=actions\nenabled=1\n", 0),
        ("[main]\nname=actions\nenabled=0\n", 0),
        ("[main]\nname=actions\nenabled=yes\n", 0),
        ("[main]\nname=actions\nenabled=host-only\n", 0),
        ("[main]\nname=actions\nenabled=installroot-only\n", 0),
        ("[main]\nname=actions\nenabled=maybe\n", 1),
        ("[main]\nname=actions\n", 1),
        ("[main]\nenabled=1\n", 0),
        ("name=actions\n", 1),
    ] {
        world.write("/plug/actions.conf", conf);
        run(&world, rules, "repolist", status);
    }
    for (conf, options) in [
        (CONF, "--disable-plugin=actions"),
        (CONF, "--disable-plugin=*"),
        (CONF, "--no-plugins"),
        (CONF, "--setopt=plugins=0"),
        ("[main]\nname=actions\nenabled=0\n", "--enable-plugin=actions"),
        ("[main]\nname=actions\nenabled=0\n", "--enable-plugin=act*"),
    ] {
        world.write("/plug/actions.conf", conf);
        run(&world, rules, &format!("repolist {options}"), 0);
    }
    world.edit(|root| fs::rename(root.join("plug/actions.conf"), root.join("plug/more.conf")).expect("there"));
    world.write("/plug/more.conf", CONF);
    run(&world, rules, "repolist", 0);
    world.edit(|root| fs::remove_file(root.join("plug/more.conf")).expect("there"));
    run(&world, rules, "repolist", 0);
}

#[test]
fn directories() {
    let world = world();
    for name in ["a", "b", "z"] {
        let rule = format!("post_base_setup::::{ROOT}/note two-{name}\n");
        world.write(&format!("/two/actions.d/{name}.actions"), &rule);
    }
    world.write("/plug/actions.d/y.actions", &format!("post_base_setup::::{ROOT}/note one-y\n"));
    let rules = "post_base_setup::::NOTE one\n";
    let (one, two) = (format!("{ROOT}/plug"), format!("{ROOT}/two"));
    for dirs in [
        format!("--setopt=pluginconfpath={one},{two}"),
        format!("--setopt=pluginconfpath={two},{one}"),
        format!("--setopt=pluginconfpath={one}/"),
        format!("--setopt=plugin_conf_dir={one}"),
        format!("--setopt=plugin_conf_dir={two}"),
        format!("--setopt=plugin_conf_dir={two},{one}"),
        "--setopt=plugin_conf_dir=/nosuch".to_owned(),
    ] {
        run(&world, rules, &format!("repolist {dirs}"), 0);
    }
    world.write("/two/actions.conf", "[main]\nname=actions\nenabled=0\n");
    run(&world, rules, &format!("repolist --setopt=pluginconfpath={two},{one}"), 0);
    run(&world, rules, &format!("repolist --setopt=pluginconfpath={one},{two}"), 0);
}
