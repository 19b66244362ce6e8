//! `tdnf-config` (tdnf.md, section 6): scripts switch repositories with it.

mod photon;

use photon::machine;

// As Photon's own pipelines call it: `tdnf-config edit photon-updates enabled=0`.
#[test]
fn edit() {
    let machine = machine();
    let tool = |args: &str| machine.run("tdnf-config", args, "");
    machine.define("photon-test", "# where it is\nbaseurl=file:///srv/repos/photon-test\nenabled = 1\ngpgcheck=0\n");
    tool("edit photon-test enabled=0 'name=Other name' priority=7").exits(0).out("").err("");
    assert_eq!(
        machine.read("/etc/yum.repos.d/photon-test.repo"),
        "[photon-test]\nname=Other name\n# where it is\nbaseurl=file:///srv/repos/photon-test\nenabled=0\ngpgcheck=0\npriority=7\n"
    );
    machine.tdnf("-q repolist").exits(0).out("");
    tool("edit main clean_requirements_on_remove=1").exits(0);
    tool("get main clean_requirements_on_remove").exits(0).out("1\n");
    tool("get photon-test enabled").exits(0).out("0\n");
    tool("remove photon-test priority name").exits(0);
    tool("get photon-test priority").exits(4).err("'priority' not found in 'photon-test'\n");
    tool("edit photon-test enabled=1").exits(0);
    machine.tdnf("-q list one").exits(0);
}

#[test]
fn create_and_remove() {
    let machine = machine();
    let tool = |args: &str| machine.run("tdnf-config", args, "");
    tool("create own baseurl=file:///srv/repos/photon-test enabled=1 gpgcheck=0").exits(0);
    machine.tdnf("-q --repo=own list one").exits(0);
    tool("create own enabled=1").exits(5).err("repo 'own' already exists\n");
    tool("-f /etc/yum.repos.d/own.repo create second enabled=0").exits(0);
    tool("-j dump second").exits(0).out("{\"second\":{\"enabled\":\"0\"}}");
    tool("dump second").exits(0).has_line("[own]").has_line("[second]");
    tool("removerepo second").exits(0);
    assert!(machine.has("/etc/yum.repos.d/own.repo"));
    tool("removerepo own").exits(0);
    assert!(!machine.has("/etc/yum.repos.d/own.repo"));
    machine.write("/jobs/other.conf", "[main]\nrepodir=/jobs/repos\n");
    machine.write("/jobs/repos/x.repo", "[x]\nenabled=1\n");
    tool("-c /jobs/other.conf get x enabled").exits(0).out("1\n");
}

#[test]
fn mistakes() {
    let machine = machine();
    let cases = [
        ("", 0, ""),
        ("edit", 1, "expected main or repo name\n"),
        ("edit photon-test", 1, "Expected at least one setting.\n"),
        ("edit photon-test enabled", 1, "expected '=' after key enabled\n"),
        ("edit nosuch enabled=1", 3, "repo 'nosuch' not found\n"),
        ("get photon-test", 1, "expected one setting\n"),
        ("remove photon-test nosuch", 4, "key 'nosuch' not found\n"),
        ("removerepo nosuch", 3, "repo 'nosuch' not found\n"),
        ("create main a=1", 1, "invalid repo name 'main'\n"),
        ("paint photon-test", 1, "Unknown command 'paint'\n"),
        ("-c /missing get main x", 2, "could not parse config file /missing\n"),
        ("--colour", 1, "unrecognized option '--colour'\n"),
        ("get -c", 1, "option '-c' requires an argument\n"),
    ];
    for (args, status, err) in cases {
        machine.run("tdnf-config", args, "").exits(status).out("").err(err);
    }
    machine.write("/etc/yum.repos.d/photon-test.repo", "[photon-test]\nenabled=1\n");
    machine.run("tdnf-config", "edit photon-test enabled=0 oops", "").exits(1);
    assert_eq!(machine.read("/etc/yum.repos.d/photon-test.repo"), "[photon-test]\nenabled=1\n");
}
