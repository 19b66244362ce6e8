//! The face of tdnf: install, update, downgrade, erase, reinstall, distro-sync, autoremove (tdnf.md, section 3.1).

mod photon;

use photon::machine;

const TABLE: &str = "
Installing:
one              noarch       1.0.1-2          photon-test    8.00b     6.47k

Total installed size:   8.00b
Total download size:   6.47k
";

// The table, the lines of the run, no `Complete!`.
#[test]
fn install() {
    let machine = machine();
    machine.tdnf("-q makecache").exits(0);
    machine
        .tdnf("-y install one")
        .exits(0)
        .out(&format!("{TABLE}Testing transaction\nRunning transaction\nInstalling/Updating: one-1.0.1-2.noarch\n"))
        .err("");
    assert!(machine.has("/etc/one.conf"));
}

// Metadata fetch is told, with the repository's name.
#[test]
fn refresh() {
    let machine = machine();
    let first = machine.tdnf("-y install one");
    assert!(first.exits(0).out.starts_with("Refreshing metadata for: 'photon-test packages'\n"), "{first}");
}

// Prompt: y, yes, n, no, empty, any case; anything else asks again; end of file is 1033; -y wins over --assumeno.
#[test]
fn answers() {
    let machine = machine();
    machine.tdnf("-q makecache").exits(0);
    let asked = format!("{TABLE}Is this ok [y/N]: ");
    for input in ["n\n", "NO\n", "\n"] {
        machine.run("tdnf", "install one", input).exits(8).out(&asked).err("Error(1032) : Operation aborted.\n");
    }
    machine.run("tdnf", "install one", "").exits(9).out(&asked).err("Error(1033) : Invalid input.\n");
    machine.tdnf("--assumeno install one").exits(8).out(TABLE).err("Error(1032) : Operation aborted.\n");
    let again = machine.run("tdnf", "install one", "perhaps\nYes\n");
    assert!(again.exits(0).out.contains("[y/N]: Is this ok [y/N]: Testing transaction\n"), "{again}");
    machine.tdnf("-y --assumeno install two").exits(0);
}

// JSON: one object before the transaction; `Evr` without epoch; nothing to do is empty; --assumeno is status 0; end of
// file is the object and a second one.
#[test]
fn documents() {
    let machine = machine();
    let two = "{\"Name\":\"two\",\"Arch\":\"noarch\",\"Evr\":\"1.0-1\",\"InstallSize\":0,\"Repo\":\"photon-test\"}";
    let one = "{\"Name\":\"one\",\"Arch\":\"noarch\",\"Evr\":\"1.0.1-2\",\"InstallSize\":8,\"Repo\":\"photon-test\"}";
    let install = format!("{{\"Install\":[{one},{two}]}}");
    machine.tdnf("-j --assumeno install two").exits(0).out(&install).err("");
    machine.run("tdnf", "-j install two", "n\n").exits(0).out(&install);
    let eof = "{\"Error\":1033,\"ErrorMessage\":\"Invalid input.\"}";
    machine.tdnf("-j install two").exits(9).out(&format!("{install}{eof}"));
    machine.tdnf("-j -y install two").exits(0).out(&install);
    machine.tdnf("-j -y install two").exits(0).out("").err("Package two is already installed.\n");
    let skipped = machine.tdnf("-j -y --skip-broken install nosuch weak");
    assert!(skipped.exits(0).out.starts_with("{\"Install\":[{\"Name\":\"weak\","), "{skipped}");
    let removed = "\"Repo\":\"@System\"}";
    assert!(machine.tdnf("-j -y erase two").exits(0).out.ends_with(&format!("{removed}]}}")));
    // The output of scriptlets goes to standard error.
    let script = machine.tdnf("-j -y install script-says");
    assert!(script.exits(0).err.contains("from the scriptlet\n") && !script.out.contains("scriptlet"), "{script}");
}

// Details that a front end must copy: unknown names.
#[test]
fn unknown_names() {
    let machine = machine();
    machine.tdnf("-q makecache").exits(0);
    machine
        .tdnf("-y install one nosuch two")
        .exits(243)
        .out("")
        .err("nosuch package not found or not installed\nError(1011) : No matching packages\n");
    assert!(!machine.has("/etc/one.conf"));
    machine.tdnf("-y install 'nosuch*'").exits(243);
    machine.tdnf("-y install @core").exits(243);
    machine.tdnf("-y install /usr/share/old").exits(243);
    machine.tdnf("-y install /usr/bin/tool").exits(243);
    machine
        .tdnf("-y install one nosuch --skip-broken")
        .exits(0)
        .has_line("No package \u{1b}[1m\u{1b}[30mnosuch \u{1b}[0mavailable")
        .has_line("Installing/Updating: one-1.0.1-2.noarch");
}

// Already installed; newer available; older asked for; forms of specs.
#[test]
fn versions() {
    let machine = machine();
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    machine.tdnf("-y install one").exits(0).has_line("Upgrading:").has_line("Removing: one-1.0.1-1.noarch");
    machine.tdnf("-y install one").exits(0).out("").err("Package one is already installed.\nNothing to do.\n");
    for older in ["one-1.0.1-1", "one=1.0.1-1", "'one = 1.0.1-1'", "'one<1.0.1-2'", "one-1.0.1-1.noarch"] {
        machine.tdnf(&format!("-y install {older}")).exits(0).has_line("Downgrading:");
        machine.tdnf("-q -y install 'one>=1.0.1-2'").exits(0);
    }
    machine.tdnf("-y install one.noarch").exits(0).err("Package one.noarch is already installed.\nNothing to do.\n");
    machine.tdnf("-q -y install two-2:1.0").exits(0);
}

// Capabilities and the retry without case; install prints each notice twice.
#[test]
fn notices() {
    let machine = machine();
    machine.tdnf("-q makecache").exits(0);
    let by_capability = "[using capability match for 'mixture']\n";
    let ran = machine.tdnf("--assumeno install mixture");
    assert!(ran.exits(8).out.starts_with(&format!("{by_capability}{by_capability}\nInstalling:\n")), "{ran}");
    let ignoring = "[ignoring case for 'MIXED']\n";
    let ran = machine.tdnf("--assumeno install MIXED");
    assert!(ran.exits(8).out.starts_with(&format!("{ignoring}{ignoring}\nInstalling:\n")), "{ran}");
    machine.tdnf("-q --assumeno install mixture").exits(8).out("");
    // A path is a capability when a package provides it.
    machine
        .tdnf("--assumeno install /usr/bin/provided")
        .exits(8)
        .has_line("[using capability match for '/usr/bin/provided']");
}

// An obsoleted name installs the obsoleting package.
#[test]
fn obsoletes() {
    let machine = machine();
    machine.tdnf("-y install old").exits(0).has_line("Installing/Updating: new-1-1.noarch");
    let machine = photon::machine();
    machine.tdnf("-q -y install /srv/repos/photon-test/old-1-1.noarch.rpm").exits(0);
    machine
        .tdnf("-y update")
        .exits(0)
        .has_line("Installing:")
        .has_line("Obsoleting:")
        .has_line("old              noarch       1-1              @System        4.00b     0.00b");
}

// Package files: with dependencies; one that does not exist is silently skipped.
#[test]
fn files() {
    let machine = machine();
    machine.tdnf("-q makecache").exits(0);
    machine.tdnf("-y install /nowhere/a.rpm").exits(0).out("").err("Nothing to do.\n");
    machine
        .tdnf("-y install /srv/repos/photon-test/two-1.0-1.noarch.rpm")
        .exits(0)
        .has_line("two              noarch       2:1.0-1          @cmdline       0.00b     5.87k")
        .has_line("Installing/Updating: one-1.0.1-2.noarch");
    machine.tdnf("-q -y install file:///srv/repos/photon-test/tool-1-1.noarch.rpm").exits(0);
    assert!(machine.has("/usr/bin/tool"));
}

// Erase: available only, unknown, dependents, dependencies kept unless configured.
#[test]
fn erase() {
    let machine = machine();
    machine.tdnf("-q -y install two").exits(0);
    machine.tdnf("-y erase tool").exits(0).out("").err("Nothing to do.\n");
    machine.tdnf("-y erase nosuch").exits(243);
    machine.tdnf("-y erase two").exits(0).lacks("Removing: one-");
    machine.tdnf("-q -y install two").exits(0);
    machine
        .tdnf("-y remove one")
        .exits(0)
        .has_line("Removing:")
        .has_line("two              noarch       2:1.0-1          @System        0.00b     0.00b");
    machine.configure("clean_requirements_on_remove=1");
    machine.tdnf("-q -y install two").exits(0);
    machine.tdnf("-y erase two").exits(0).has_line("Removing: one-1.0.1-2.noarch");
    machine.tdnf("-q -y install two").exits(0);
    machine.tdnf("-y --noautoremove erase two").exits(0).lacks("Removing: one-");
}

// Weak dependencies are installed; no switch stops it.
#[test]
fn weak_dependencies() {
    let machine = machine();
    machine
        .tdnf("-y --setopt=install_weak_deps=False install weak")
        .exits(0)
        .has_line("Installing/Updating: one-1.0.1-2.noarch");
}

// Excludes: nothing to do, for erase as well.
#[test]
fn excludes() {
    let machine = machine();
    machine.tdnf("-q -y install weak").exits(0);
    machine.tdnf("-y --exclude=two install two").exits(0).out("").err("Nothing to do.\n");
    machine.tdnf("-y --exclude=weak erase weak").exits(0).out("").err("Nothing to do.\n");
    machine.tdnf("-y --exclude 'tw*:x,tool' install two tool").exits(0).err("Nothing to do.\n");
    machine.configure("excludepkgs=two tool");
    machine.tdnf("-y install two").exits(0).err("Nothing to do.\n");
    machine.tdnf("-y --disableexcludes install two").exits(0).has_line("Installing:");
}

// Reinstall, update and downgrade of what is not there or has no other version.
#[test]
fn paths_of_versions() {
    let machine = machine();
    machine.tdnf("-q -y install one-1.0.1-1 tool").exits(0);
    machine.tdnf("-y reinstall two").exits(243);
    machine
        .tdnf("-y update two")
        .exits(243)
        .err("two package not found or not installed\nError(1011) : No matching packages\n");
    machine.tdnf("-y downgrade one").exits(0).err("There is no downgrade path for one.\nNothing to do.\n");
    machine.tdnf("-y update tool").exits(0).err("There is no upgrade path for tool.\nNothing to do.\n");
    for alias in ["update", "upgrade", "update-to", "upgrade-to"] {
        machine.tdnf(&format!("-y {alias} one")).exits(0).has_line("Upgrading:");
        machine.tdnf("-y downgrade one").exits(0).has_line("Downgrading:");
    }
    machine
        .tdnf("-y reinstall one")
        .exits(0)
        .has_line("Reinstalling:")
        .has_line("Installing/Updating: one-1.0.1-1.noarch")
        .has_line("Removing: one-1.0.1-1.noarch");
    machine.tdnf("-y update").exits(0).has_line("Upgrading:");
    machine.tdnf("-y downgrade").exits(0).has_line("Downgrading:");
    machine.tdnf("-y distro-sync").exits(0).has_line("Upgrading:");
    machine.tdnf("-y distro-sync nosuch").exits(243);
    machine.tdnf("-y update").exits(0).out("").err("Nothing to do.\n");
}

// Without names: 1001, before anything else is looked at.
#[test]
fn names_are_required() {
    let machine = machine();
    for command in ["install", "reinstall", "erase", "remove"] {
        machine.tdnf(command).exits(233).out("").err("Error(1001) : Package name expected but was not provided\n");
    }
}

// Solver problems on stderr in libsolv's sentences, 1301.
#[test]
fn problems() {
    let machine = machine();
    machine.tdnf("-q -y install one").exits(0);
    machine.tdnf("-y install broken").exits(21).out("").err(
        "1. nothing provides nothing-has-this needed by broken-1-1.noarch\n\
         Found 1 problem(s) while resolving\nError(1301) : Solv general runtime error\n",
    );
    machine.tdnf("-y install fights").exits(21).err(
        "1. package fights-1-1.noarch conflicts with one provided by one-1.0.1-2.noarch\n\
         Found 1 problem(s) while resolving\nError(1301) : Solv general runtime error\n",
    );
    machine.tdnf("-y --allowerasing install fights").exits(0).has_line("Removing: one-1.0.1-2.noarch");
    machine.tdnf("-y --skip-broken install broken tool").exits(0).has_line("Installing/Updating: tool-1-1.noarch");
}

// rpm's problems on stdout, 1525.
#[test]
fn rpm_problems() {
    let machine = machine();
    let ran = machine.tdnf("-y install same-a same-b");
    ran.exits(245).err("Error(1525) : rpm transaction failed\n");
    let end = "Testing transaction\nFound 1 problems\nfile /usr/share/same conflicts between attempted installs of \
               same-a-1-1.noarch and same-b-1-1.noarch\n";
    assert!(ran.out.ends_with(end), "{ran}");
}

// Failed scriptlets: a line on stdout, rpm's own on stderr.
#[test]
fn scriptlets() {
    let machine = machine();
    machine
        .tdnf("-y install script-pre")
        .exits(245)
        .has_line("package script-pre-1-1.noarch: script error in %prein")
        .err(
            "error: %prein(script-pre-1-1.noarch) scriptlet failed, exit status 3\n\
             Error(1525) : rpm transaction failed\n",
        );
    machine
        .tdnf("-y install script-post")
        .has_line("from the scriptlet")
        .has_line("package script-post-1-1.noarch: script warning in %postin");
    machine.tdnf("-y --setopt=tsflags=noscripts install script-pre").exits(0);
}

// autoremove with and without names; no history: 1802.
#[test]
fn autoremove() {
    let machine = machine();
    machine.tdnf("-y autoremove").exits(10).err("Error(1802) : History database error\n");
    machine.tdnf("-q -y install two").exits(0);
    machine.tdnf("-q -y erase two").exits(0);
    machine.tdnf("-y autoremove").exits(0).has_line("Removing: one-1.0.1-2.noarch");
    machine.tdnf("-q -y install two").exits(0);
    machine
        .tdnf("-y autoerase two")
        .exits(0)
        .has_line("Removing: two-2:1.0-1.noarch")
        .has_line("Removing: one-1.0.1-2.noarch");
}

// A package that was a dependency and is asked for by name stays.
#[test]
fn asked_for_later() {
    let machine = machine();
    machine.tdnf("-q -y install two").exits(0);
    machine.tdnf("-y install one").exits(0).err("Package one is already installed.\nNothing to do.\n");
    machine.tdnf("-q -y erase two").exits(0);
    machine.tdnf("-y autoremove").exits(0).err("Nothing to do.\n");
}

// A run that is killed while a scriptlet works: the lock goes with it, questions are answered, a change says what to do
// first, and what was begun is finished when the scriptlet has ended. Azure's pipelines kill builds that take too long.
#[test]
fn killed() {
    let machine = photon::machine();
    let script = "tdnf -y install script-slow one >/jobs/first 2>&1 &\nsleep 1; kill -9 $!; wait\n\
        tdnf -q count; tdnf -q list one\ntdnf -y install two; echo status $?\nsleep 4\n\
        oxidnf transaction resume -y >/jobs/resumed 2>&1 || cat /jobs/resumed\ntdnf -q -y install two; echo status $?\n";
    machine.write("/jobs/run.sh", script);
    let ran = machine.run("sh", "/jobs/run.sh", "");
    let order: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("status ")).collect();
    assert_eq!(order, ["status 245", "status 0"], "{ran}");
    assert!(
        ran.err.contains("Error: run \"oxidnf transaction resume\" to finish the interrupted transaction\n"),
        "{ran}"
    );
    assert!(ran.out.contains("Package count = "), "{ran}");
    machine.tdnf("-q list installed one two script-slow").exits(0);
    assert!(machine.has("/usr/share/one/data"));
}
