//! The face of tdnf: list, info, repolist, provides, search, check-update, clean, makecache, count, check
//! (tdnf.md, sections 3.2 to 3.6, 3.8 and 3.9).

mod photon;

use photon::machine;

// 3.2: layout, scopes as words in any case and as options, installed first, every version.
#[test]
fn list() {
    let machine = machine();
    machine.tdnf("-q -y install one-1.0.1-1 two").exits(0);
    let installed = "one.noarch                                   1.0.1-1                   @System\n";
    let old = "one.noarch                                   1.0.1-1               photon-test\n";
    let new = "one.noarch                                   1.0.1-2               photon-test\n";
    for all in ["list one", "list all one", "list ALL one", "list --all one", "list extras one", "list recent one"] {
        machine.tdnf(all).exits(0).out(&format!("{installed}{old}{new}"));
    }
    for args in ["list installed one", "list --installed one", "list INSTALLED one"] {
        machine.tdnf(args).exits(0).out(installed);
    }
    machine.tdnf("list available one").exits(0).out(&format!("{old}{new}"));
    for args in ["list upgrades", "list updates", "list --upgrades", "list --updates"] {
        machine.tdnf(args).exits(0).out(new);
    }
    machine.tdnf("list downgrades").exits(0).out("").err("");
    machine
        .tdnf("list installed two")
        .exits(0)
        .out("two.noarch                                   2:1.0-1                   @System\n");
    machine.tdnf("list nosuch").exits(243).out("").err("Error(1011) : No matching packages\n");
    machine.tdnf("-j list nosuch").exits(0).out("[]");
    machine
        .tdnf("-j list installed two")
        .exits(0)
        .out("[{\"Name\":\"two\",\"Arch\":\"noarch\",\"Evr\":\"2:1.0-1\",\"Repo\":\"@System\"}]");
    machine.tdnf("list 'tw?' tool.noarch").exits(0).lacks("one");
    machine.tdnf("list ONE").exits(0).has_line("[ignoring case for 'ONE']");
}

// 11, trap 18: `updates` lists every newer version.
#[test]
fn all_newer_versions() {
    let many = ["1-1", "2-1", "3-1"].map(|evr| oxidnf_testkit::rpm("many").evr(evr));
    let machine = oxidnf_testkit::Machine::new().repo("photon-test", many);
    machine.tdnf("-q -y install many-1").exits(0);
    let rows = machine.tdnf("-q list updates").out.lines().count();
    assert_eq!(rows, 2);
    machine.tdnf("-y update").exits(0).has_line("Installing/Updating: many-3-1.noarch");
}

// tdnf knows nothing of modules, so that they hide nothing.
#[test]
fn modules_hide_nothing() {
    let nodes = ["10-1", "12-1"].map(|evr| oxidnf_testkit::rpm("node").evr(evr));
    let machine = oxidnf_testkit::Machine::new().repo("photon-test", nodes);
    machine.in_repo(
        "photon-test",
        "cd /srv/build; cat >modules.yaml <<'E'\n---\ndocument: modulemd\nversion: 2\ndata:\n  name: nodejs\n  stream: '12'\n  version: \
         1\n  context: c\n  arch: x86_64\n  summary: s\n  description: d\n  license: {module: [MIT]}\n  artifacts: \
         {rpms: ['node-0:12-1.noarch']}\n...\nE\nmodifyrepo_c --mdtype=modules modules.yaml repodata >/dev/null",
    );
    assert_eq!(machine.tdnf("-q list node").out.lines().count(), 2);
    machine.tdnf("-y install node").exits(0).has_line("Installing/Updating: node-12-1.noarch");
}

// 3.3: blocks and total; Download Size only for what is not installed.
#[test]
fn info() {
    let machine = machine();
    machine.tdnf("-q makecache").exits(0);
    let block = "Name          : two\nArch          : noarch\nEpoch         : 2\nVersion       : 1.0\nRelease       : 1\n\
                 Install Size  :   0.00b (0)\nDownload Size  :   5.87k (6008)\nRepo          : photon-test\n\
                 Summary       : Needs the first\nURL           : \nLicense       : MIT\n\
                 Description   : A package for tests, called two.\n\n\nTotal Size:   0.00b (0)\n";
    machine.tdnf("info two").exits(0).out(block);
    machine.tdnf("-j info two").exits(0).out(
        "[{\"Name\":\"two\",\"Arch\":\"noarch\",\"Evr\":\"2:1.0-1\",\"Repo\":\"photon-test\",\"Url\":\"\",\
         \"InstallSize\":0,\"DownloadSize\":6008,\"Summary\":\"Needs the first\",\"License\":\"MIT\",\
         \"Description\":\"A package for tests, called two.\"}]",
    );
    machine.tdnf("-q -y install two").exits(0);
    machine.tdnf("info installed two").exits(0).lacks("Download Size").has_line("Repo          : @System");
    let json = machine.tdnf("-j info --installed two");
    assert!(!json.exits(0).out.contains("DownloadSize"), "{json}");
    machine.tdnf("info nosuch").exits(243);
    machine.tdnf("-j info nosuch").exits(0).out("[]");
}

// 3.4: columns, filters, the pseudo repository, nothing at all when empty.
#[test]
fn repolist() {
    let machine = machine();
    machine.define("off", "baseurl=file:///nowhere\n");
    let head = "repo id             repo name                                status   \n";
    let on = "photon-test         photon-test packages                     enabled  \n";
    let off = "off                 off packages                             disabled \n";
    let pseudo = "@cmdline            @cmdline                                 disabled \n";
    machine.tdnf("repolist").exits(0).out(&format!("{head}{on}"));
    machine.tdnf("repolist enabled").exits(0).out(&format!("{head}{on}"));
    machine.tdnf("repolist all").exits(0).out(&format!("{head}{pseudo}{off}{on}"));
    machine.tdnf("repolist disabled").exits(0).out(&format!("{head}{pseudo}{off}"));
    machine.tdnf("--disablerepo=* repolist").exits(0).out("");
    machine.tdnf("repolist some").exits(133).err("Error(901) : There was no match for the search.\n");
    machine
        .tdnf("-j repolist")
        .exits(0)
        .out("[{\"Repo\":\"photon-test\",\"RepoName\":\"photon-test packages\",\"Enabled\":true}]");
}

// 3.5: two lines a hit, highest version first, names, capabilities, globs, paths; nothing is no failure.
#[test]
fn provides() {
    let machine = machine();
    machine.tdnf("-q makecache").exits(0);
    let one = "one-1.0.1-2.noarch : The first package\nRepo\t : photon-test\n\
               one-1.0.1-1.noarch : The first package\nRepo\t : photon-test\n";
    machine.tdnf("provides one").exits(0).out(one);
    machine.tdnf("whatprovides one tool").exits(0).out(one);
    machine.tdnf("provides 'on?'").exits(0).out(one);
    machine
        .tdnf("provides second")
        .exits(0)
        .has_line("[using capability match for 'second']")
        .has_line("two-2:1.0-1.noarch : Needs the first");
    machine
        .tdnf("provides /usr/share/old")
        .exits(0)
        .has_line("[using file list match for '/usr/share/old']")
        .has_line("old-1-1.noarch : The old package");
    machine.tdnf("provides nosuch").exits(0).out("").err("No data available\n");
    machine.tdnf("-j provides nosuch").exits(0).out("").err("");
    machine.tdnf("provides").exits(139).err("Error(907) : Need an item to match.\n");
    machine
        .tdnf("-j provides second")
        .exits(0)
        .out("[{\"Name\":\"two\",\"Arch\":\"noarch\",\"Evr\":\"2:1.0-1\",\"Summary\":\"Needs the first\"}]");
}

// 3.6: substring without case in name, summary, description; words are OR; a first word `all…` is dropped.
#[test]
fn search() {
    let machine = machine();
    machine.tdnf("-q makecache").exits(0);
    machine
        .tdnf("search FIRST")
        .exits(0)
        .out("one : The first package\none : The first package\ntwo : Needs the first\n");
    machine.tdnf("search capital called-nothing").exits(0).out("Mixed : A name with a capital letter\n");
    machine.tdnf("search 'tests, called tool'").exits(0).out("tool : The tool package\n");
    machine.tdnf("search nosuch").exits(63).out("").err("Error(1599) : No matches found\n");
    machine.tdnf("-j search nosuch").exits(0).out("[]");
    machine.tdnf("search allegro").exits(63);
    machine.tdnf("search all capital").exits(0).out("Mixed : A name with a capital letter\n");
    machine
        .tdnf("-j search capital")
        .exits(0)
        .out("[{\"Name\":\"Mixed\",\"Summary\":\"A name with a capital letter\"}]");
}

// 3.8: the layout of list, status 0 unless the key is set in the file.
#[test]
fn check_update() {
    let machine = machine();
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    let row = "one.noarch                                   1.0.1-2               photon-test\n";
    machine.tdnf("check-update").exits(0).out(row);
    machine.tdnf("check-update one").exits(0).out(row);
    machine.tdnf("check-update nosuch").exits(0).out("").err("");
    machine.tdnf("check-update --security").exits(0).out(row);
    machine.tdnf("--setopt=dnf_check_update_compat=1 check-update").exits(0);
    let json = "[{\"Name\":\"one\",\"Arch\":\"noarch\",\"Evr\":\"1.0.1-2\",\"Repo\":\"photon-test\"}]";
    machine.tdnf("-j check-update").exits(0).out(json);
    machine.configure("dnf_check_update_compat=1");
    machine.tdnf("check-update").exits(100).out(row).err("");
    machine.tdnf("-j check-update").exits(100).out(json).err("");
    machine.tdnf("-q -y update").exits(0);
    machine.tdnf("check-update").exits(0).out("");
}

// 3.9: clean.
#[test]
fn clean() {
    let machine = machine();
    machine
        .tdnf("clean")
        .exits(135)
        .err("Error(903) : Clean requires an option: packages, metadata, dbcache, plugins, expire-cache, all\n");
    machine.tdnf("clean plugins").exits(248);
    machine.tdnf("clean bogus").exits(133);
    machine.define("off", "baseurl=file:///nowhere\n");
    for kind in ["packages", "metadata", "dbcache", "keys", "expire-cache", "METADATA"] {
        let word = kind.to_lowercase();
        machine
            .tdnf(&format!("clean {kind}"))
            .exits(0)
            .out(&format!("cleaning off: {word}\ncleaning photon-test: {word}\nDone.\n"));
    }
    machine.tdnf("-q makecache").exits(0);
    machine.tdnf("-q -y install --downloadonly one").exits(0);
    assert!(machine.has("/var/cache/tdnf/photon-test/rpms/one-1.0.1-2.noarch.rpm"));
    machine.tdnf("clean packages").exits(0);
    assert!(!machine.files("/var/cache/tdnf").iter().any(|file| file.strip_suffix(".rpm").is_some()));
    assert!(machine.files("/var/cache/tdnf").iter().any(|file| file.ends_with("repomd.xml")));
    machine.tdnf("clean expire-cache").exits(0);
    machine.tdnf("count").exits(0).has_line("Refreshing metadata for: 'photon-test packages'");
    machine.tdnf("clean all").exits(0).has_line("cleaning off: metadata dbcache packages keys expire-cache");
    assert_eq!(machine.files("/var/cache/tdnf"), Vec::<String>::new());
    // Leftovers.
    machine.tdnf("-q makecache").exits(0);
    let repomd = machine.files("/var/cache/tdnf").into_iter().find(|file| file.ends_with("repomd.xml"));
    let dir = repomd.expect("made").replace("/repodata/repomd.xml", "/mine");
    machine.write(&dir, "x");
    machine.tdnf("clean all").exits(0).err("Cache directory for photon-test not removed because it's not empty.\n");
}

// 3.9: makecache and count.
#[test]
fn makecache_and_count() {
    let machine = machine();
    let told = "Refreshing metadata for: 'photon-test packages'\nMetadata cache created.\n";
    machine.tdnf("makecache").exits(0).out(told);
    machine.tdnf("makecache").exits(0).out(told);
    machine.tdnf("count").exits(0).out("Package count = 19\n");
    // Everything is at hand afterwards.
    machine
        .tdnf("-C provides /usr/share/old")
        .exits(0)
        .lacks("Refreshing")
        .has_line("old-1-1.noarch : The old package");
    machine.tdnf("-C repoquery --list old").exits(0).out("/usr/share/old\n");
    machine.tdnf("-C -q repoquery --changelogs logged").exits(0).has_line("- a change");
    machine.tdnf("-j count").exits(0).out("19");
}

// 3.9: check and check-local.
#[test]
fn check() {
    let machine = machine();
    let ran = machine.tdnf("check");
    assert!(ran.exits(21).err.starts_with("1. ") && ran.err.contains(" problem(s) while resolving\n"), "{ran}");
    machine
        .tdnf("check --skipconflicts --skipobsoletes --skip-broken")
        .exits(0)
        .has_line("Check completed without issues");
    machine
        .tdnf("check-local")
        .exits(138)
        .err("Error(906) : check-local requires path to rpm directory as a parameter\n");
    machine.tdnf("check-local /nowhere").exits(66).err("Error(1602) : No such file or directory\n");
    machine.tdnf("-q -y install --downloadonly --downloaddir /jobs two").exits(0);
    machine
        .tdnf("check-local /jobs")
        .exits(0)
        .out("Checking all packages from: /jobs\nFound 2 packages\nCheck completed without issues\n");
}

// 3.7: selections, queries, text without epoch, documents.
#[test]
fn repoquery() {
    let machine = machine();
    machine.tdnf("-q -y install one-1.0.1-1 two").exits(0);
    let q = |args: &str| machine.tdnf(&format!("-q repoquery {args}"));
    q("two").exits(0).out("two-1.0-1.noarch\n");
    q("--available two").exits(0).out("two-1.0-1.noarch\n");
    q("one").exits(0).out("one-1.0.1-1.noarch\none-1.0.1-2.noarch\n");
    q("--installed one").exits(0).out("one-1.0.1-1.noarch\n");
    q("--available --installed one").exits(0).out("one-1.0.1-1.noarch\none-1.0.1-2.noarch\n");
    q("--extras").exits(0).out(&format!("busybox-1-1.{}\n", std::env::consts::ARCH));
    q("--duplicates").exits(0).out("").err("No data available\n");
    for mixed in ["--extras --installed", "--duplicates --available", "--extras --duplicates"] {
        q(mixed).exits(86);
    }
    machine.tdnf("mark remove one").exits(0);
    q("--userinstalled two").exits(0).out("two-1.0-1.noarch\n");
    q("--userinstalled one").exits(0).out("").err("No data available\n");
    q("one two").exits(134).err("Error(902) : Invalid argument.\n");
    q("--arch src one").exits(0).err("No data available\n");
    q("--arch noarch --arch src two").exits(0).out("two-1.0-1.noarch\n");
    q("--file /etc/one.conf").exits(0).out("one-1.0.1-2.noarch\n");
    q("--whatprovides second").exits(0).out("two-1.0-1.noarch\n");
    q("--whatrequires one,nothing-has-this").exits(0).out("broken-1-1.noarch\ntwo-1.0-1.noarch\n");
    q("--whatobsoletes old").exits(0).out("new-1-1.noarch\n");
    q("--whatconflicts one").exits(0).out("fights-1-1.noarch\n");
    q("--whatrecommends one").exits(0).out("weak-1-1.noarch\n");
    q("--whatdepends one").exits(0).out("two-1.0-1.noarch\nweak-1-1.noarch\n");
    for option in ["--whatsuggests", "--whatsupplements", "--whatenhances"] {
        q(&format!("{option} one")).exits(0).out("").err("No data available\n");
    }
    q("--list one").exits(0).out("/etc/one.conf\n/usr/share/one/data\n");
    q("-l one").exits(0).out("/etc/one.conf\n/usr/share/one/data\n");
    q("--source two").exits(0).out("two-1.0-1.src.rpm\n");
    q("--provides two").exits(0).out("second = 2\ntwo = 2:1.0-1\n");
    q("--requires two").exits(0).out("one\n");
    q("--obsoletes new").exits(0).out("old < 2\n");
    q("--conflicts fights").exits(0).out("one\n");
    q("--recommends weak").exits(0).out("one\n");
    q("--depends weak").exits(0).out("one\n");
    for option in ["--suggests", "--supplements", "--enhances", "--requires-pre"] {
        q(&format!("{option} two")).exits(0).out("");
    }
    q("--provides --requires two").exits(146).err("Error(914) : only one dependency allowed\n");
    q("--qf '%{name} %{evr} %{downloadsize} %{reponame}' two").exits(0).out("two 2:1.0-1   5.87k photon-test\n");
    q("--qf '%{nope}' two").exits(86).err("Package doesn't have attribute nope\nError(1622) : Invalid argument\n");
    q("--qf '%{name}' --arch noarch").exits(149);
    let head = "{\"Nevra\":\"two-1.0-1.noarch\",\"Name\":\"two\",\"Arch\":\"noarch\",\"Evr\":\"2:1.0-1\",\"Repo\":\"photon-test\"";
    machine.tdnf("-j repoquery two").exits(0).out(&format!("[{head}}}]"));
    machine.tdnf("-j repoquery --requires two").exits(0).out(&format!("[{head},\"Requires\":[\"one\"]}}]"));
    machine.tdnf("-j repoquery --list two").exits(0).out(&format!("[{head},\"Files\":[]}}]"));
    machine.tdnf("-j repoquery --source two").exits(0).out(&format!("[{head},\"Source\":\"two-1.0-1.src.rpm\"}}]"));
    machine.tdnf("-j repoquery --changelogs two").exits(0).out(&format!("[{head},\"ChangeLogs\":[]}}]"));
    machine.tdnf("-j repoquery nosuch").exits(0).out("").err("");
    machine.tdnf("repoquery nosuch").exits(0).err("No data available\n");
    q("--changelogs logged").exits(0).out("Tue Jul 06 2021 Somebody <a@b.example> 1-1\n- a change\n");
}
