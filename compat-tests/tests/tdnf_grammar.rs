//! The face of tdnf: grammar, exit statuses and the three classes of output (tdnf.md, section 1).

mod photon;

use oxidnf_testkit::Machine;

// 1: `tdnf --version`; json.
#[test]
fn version() {
    let machine = Machine::new();
    machine.tdnf("--version").exits(0).out("tdnf: 3.6.0\n").err("");
    machine.tdnf("--version -j").exits(0).out("{\"Name\":\"tdnf\",\"Version\":\"3.6.0\"}");
    // The whole line is parsed before anything runs.
    machine.tdnf("--version --bogus").exits(140);
    machine.tdnf("--version --help nosuchcommand").exits(0).out("tdnf: 3.6.0\n");
}

// 1: then --help, else no command (usage text, 912), else command.
#[test]
fn usage() {
    let machine = Machine::new();
    let help = machine.tdnf("--help").exits(0).out.clone();
    assert!(help.starts_with("Usage: tdnf [options] COMMAND\n"), "{help}");
    for name in "autoerase autoremove check check-local check-update clean count distro-sync downgrade erase help \
                 history info install list makecache mark provides whatprovides reinstall remove repolist reposync \
                 repoquery search update update-to upgrade upgrade-to updateinfo"
        .split_whitespace()
    {
        assert!(help.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name} is not in the usage");
    }
    machine.tdnf("-h").exits(0).out(&help);
    machine.tdnf("help anything ignored").exits(0).out(&help);
    machine.tdnf("").exits(144).out(&help).err("Error(912) : Please check your command\n");
}

// 1: unknown command; no aliases but those of the table.
#[test]
fn unknown_commands() {
    let machine = Machine::new();
    for name in ["foo", "in", "rm", "up", "ls", "groupinstall", "module", "deplist", "repoinfo", "swap", "List"] {
        machine
            .tdnf(name)
            .exits(144)
            .out(&format!("No such command: {name}. Please use /usr/bin/tdnf --help\n"))
            .err("Error(912) : Please check your command\n");
    }
    let json = "{\"Error\":912,\"ErrorMessage\":\"Please check your command\"}";
    assert!(machine.tdnf("-j foo").exits(144).out.ends_with(json));
}

// 1: unknown option, missing value, value that is not wanted, setopt without `=`, empty argument.
#[test]
fn bad_options() {
    let machine = Machine::new();
    machine
        .tdnf("list --bogus")
        .exits(140)
        .out("No such option: --bogus. Please use /usr/bin/tdnf --help\n")
        .err("Error(908) : Command line error: option is invalid.\n");
    machine
        .tdnf("list --releasever")
        .exits(141)
        .out("")
        .err("Option --releasever requires an argument\nError(909) : Command line error: expected one argument.\n");
    machine.tdnf("list --refresh=1").exits(142).err("Error(910) : Command line error: argument was unexpected.\n");
    machine.tdnf("list --setopt=x").exits(143).err(
        "Error(911) : Missing equal sign in setopt argument. setopt requires an argument of the form key=value.\n",
    );
    let empty = ["tdnf", "install", ""].map(str::to_owned);
    machine.argv(&empty, "").exits(86).err("argument is empty string\nError(1622) : Invalid argument\n");
}

// 4: not options of tdnf.
#[test]
fn options_of_others() {
    let machine = Machine::new();
    for option in [
        "--forcearch=x",
        "--excludepkgs=x",
        "--no-gpgcheck",
        "--nobest",
        "--showduplicates",
        "--comment=x",
        "--skip-unavailable",
        "--setvar=x",
        "--enable-repo=x",
    ] {
        machine.tdnf(&format!("list {option}")).exits(140);
    }
}

// 1: options anywhere, `--` ends them, a single dash for long options, abbreviations, bundles, `-x`, `-j`.
#[test]
fn placement() {
    let machine = photon::machine();
    let plain = machine.tdnf("-q list one").exits(0).out.clone();
    assert_eq!(plain.lines().count(), 2);
    for args in [
        "list one -q",
        "list -quiet one",
        "--qui list one",
        "-q list --releasever=3.0 one",
        "-q list --releasever 3.0 one",
        "-q list -releasever=3.0 one",
        "-qy list one",
        "-q -d 3 -e 1 -4 -6 -b list one",
        "-q list one -- ",
    ] {
        machine.tdnf(args).exits(0).out(&plain);
    }
    for args in ["-jy list", "-yj list", "list --releasev=3.0"] {
        machine.tdnf(args).exits(140);
    }
    assert!(machine.tdnf("-j list one").exits(0).out.starts_with("[{\"Name\":\"one\""));
    machine.tdnf("-x foo install bar").exits(144).has_line("No such command: foo. Please use /usr/bin/tdnf --help");
    // Behind `--` everything is a name.
    machine.tdnf("-q list -- -q").exits(243);
    // Options of other commands are accepted and ignored.
    machine.tdnf("-q list one --delete --norepopath --from 1 --changelogs").exits(0).out(&plain);
}

// 1: `tdnfj` is `-j -y`.
#[test]
fn the_other_name() {
    let machine = photon::machine();
    let ran = machine.run("tdnfj", "install one", "");
    ran.exits(0).out(
        "{\"Install\":[{\"Name\":\"one\",\"Arch\":\"noarch\",\"Evr\":\"1.0.1-2\",\"InstallSize\":8,\"Repo\":\"photon-test\"}]}",
    );
    assert!(machine.has("/etc/one.conf"));
}

// 1: commands that need root check it first; all others run as any user.
#[test]
fn who_may() {
    let machine = photon::machine();
    machine.tdnf("-q makecache").exits(0);
    for command in [
        "autoerase",
        "autoremove",
        "distro-sync",
        "downgrade",
        "erase x",
        "history",
        "install x",
        "reinstall x",
        "remove x",
        "update",
        "update-to",
        "upgrade",
        "upgrade-to",
    ] {
        machine
            .as_nobody(command)
            .exits(65)
            .out("")
            .err("Error(1601) : Operation not permitted. You have to be root.\n");
    }
    machine.as_nobody("-q list one").exits(0);
    machine.as_nobody("-q search first").exits(0);
    // A mistake in the arguments comes before the question who asks.
    machine.as_nobody("install x --bogus").exits(140);
}

// 1.1: progress is hidden by -q and -j, results by -j, errors by nothing.
#[test]
fn classes() {
    let machine = photon::machine();
    let refresh = "Refreshing metadata for: 'photon-test packages'";
    machine.tdnf("--refresh list one").exits(0).has_line(refresh);
    machine.tdnf("--refresh -q list one").exits(0).lacks("Refreshing");
    machine.tdnf("--refresh -j list one").exits(0).lacks("Refreshing");
    machine.tdnf("-q count").exits(0).out("Package count = 19\n");
    machine.tdnf("-j count").exits(0).out("19");
    machine.tdnf("-q makecache").exits(0).out("Metadata cache created.\n");
    machine.tdnf("-j makecache").exits(0).out("");
    machine.tdnf("-q -y install one").exits(0).out("").err("");
    machine.tdnf("-q -y install one").exits(0).out("").err("Package one is already installed.\nNothing to do.\n");
    machine.tdnf("-j -y install one").exits(0).out("").err("Package one is already installed.\n");
    // -q alone: no table, but the prompt.
    machine.run("tdnf", "-q install two", "n\n").exits(8).out("Is this ok [y/N]: ");
    machine
        .tdnf("-q erase nosuch")
        .exits(243)
        .err("nosuch package not found or not installed\nError(1011) : No matching packages\n");
    machine.tdnf("-j erase nosuch").exits(243).out("{\"Error\":1011,\"ErrorMessage\":\"No matching packages\"}");
}

// 4: -v prints the recorded options.
#[test]
fn verbose() {
    let machine = photon::machine();
    machine
        .tdnf("-v --repoid=photon-test --setopt=tsflags=nodocs repolist")
        .exits(0)
        .has_line("Setting options:")
        .has_line("\trepoid = photon-test")
        .has_line("\ttsflags = nodocs");
    let ran = machine.tdnf("-v -y install one");
    let line = ran.exits(0).out.lines().find_map(|line| line.strip_prefix("one 100% "));
    assert!(line.is_some_and(|bytes| bytes.parse::<u64>().is_ok()), "{ran}");
}
