//! Programs that take the text of tdnf and dnf5 apart: each test applies the program's own rule to our output
//! (tdnf.md, section 7; users.md, section 4).

mod photon;

use oxidnf_testkit::http::{Fault, Server};
use photon::machine;

/// Azure Linux toolkit, `InstallPackageRegex`: name, architecture and version-release at the start of a line.
fn install_rows(out: &str) -> Vec<(String, String, String)> {
    let word =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.+-:~^".contains(c));
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [name, arch, evr, ..] = fields[..] else { return None };
        let version = evr.contains('-') && evr.chars().any(|c| c.is_ascii_digit());
        let arch_like = ["x86_64", "aarch64", "noarch"].contains(&arch);
        let fits = !line.starts_with(' ') && word(name) && word(evr) && version && arch_like;
        fits.then(|| (name.to_owned(), arch.to_owned(), evr.to_owned()))
    };
    out.lines().filter_map(row).collect()
}

// tdnf.go: the rows of the table.
#[test]
fn toolkit_install_rows() {
    let machine = machine();
    let ran = machine.tdnf("install --assumeno two");
    let want = [("one", "noarch", "1.0.1-2"), ("two", "noarch", "2:1.0-1")];
    let want = want.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(install_rows(&ran.exits(8).out), want, "{ran}");
}

/// tdnf.go, `PackageProvidesRegex`: `(\S+)\s+:[^\n]*\nRepo\s+:\s+[^@]`.
fn providers(out: &str) -> Vec<String> {
    let lines: Vec<&str> = out.lines().collect();
    let hit = |pair: &[&str]| {
        let (name, _) = pair[0].split_once(char::is_whitespace)?;
        let colon = pair[0][name.len()..].trim_start().starts_with(':');
        let repo = pair[1].strip_prefix("Repo")?;
        let after = repo.trim_start().strip_prefix(':')?;
        let id = after.trim_start();
        let spaced = repo.starts_with(char::is_whitespace) && after.starts_with(char::is_whitespace);
        (colon && spaced && !id.is_empty() && !id.starts_with('@')).then(|| name.to_owned())
    };
    lines.windows(2).filter_map(hit).collect()
}

// tdnf.go and rpmrepocloner: what provides something, highest version first, installed ones skipped.
#[test]
fn toolkit_providers() {
    let machine = machine();
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    let ran = machine.tdnf("provides one --releasever=3.0 --disablerepo=* --enablerepo=photon-test");
    assert_eq!(providers(&ran.exits(0).out), ["one-1.0.1-2.noarch", "one-1.0.1-1.noarch"], "{ran}");
    assert_eq!(providers(&machine.tdnf("provides nosuch").exits(0).out), Vec::<String>::new());
}

// tdnf.go, `ListedPackageRegex` on `list ALL`: `name.arch  version-release`.
#[test]
fn toolkit_list_all() {
    let machine = machine();
    let ran = machine.tdnf("list ALL --disablerepo=none --enablerepo=photon-test --releasever=3.0");
    let rows = ran.exits(0).out.lines().filter_map(|line| {
        let (name, evr) = line.split_once(".noarch ")?;
        Some((name.to_owned(), evr.split_whitespace().next()?.to_owned()))
    });
    let rows: Vec<(String, String)> = rows.collect();
    assert!(rows.contains(&("one".to_owned(), "1.0.1-2".to_owned())), "{ran}");
    assert!(rows.contains(&("Mixed".to_owned(), "1-1".to_owned())), "{ran}");
}

// tdnf.go, `DidCaseInsensitiveMatchRegex`.
#[test]
fn toolkit_case() {
    let ran = machine().tdnf("install --assumeno MIXED");
    assert!(ran.exits(8).out.lines().any(|line| line == "[ignoring case for 'MIXED']"), "{ran}");
}

// rpmrepocloner: lines that start with `No package` and end with `available`.
#[test]
fn cloner_missing() {
    let ran = machine().tdnf("-y install --downloadonly --skip-broken one nosuch");
    let missing = ran.exits(0).out.lines().filter(|l| l.starts_with("No package") && l.ends_with("available")).count();
    assert_eq!(missing, 1, "{ran}");
}

// rpmrepocloner retries on `Error: (5\d{2}) when downloading`.
#[test]
fn cloner_retries() {
    let machine = machine();
    let server = Server::start(&machine.root().join("srv/repos"));
    let lines = format!("baseurl={}/photon-test\nenabled=1\ngpgcheck=0\n", server.url());
    machine.define("photon-test", &lines);
    machine.tdnf("-q makecache").exits(0);
    server.fault("tool-1-1", Fault::Status(503));
    let ran = machine.tdnf("-y install tool");
    let retried = ran.err.lines().any(|line| {
        let rest = line.strip_prefix("Error: 5").unwrap_or_default();
        rest.len() > 2 && rest[..2].bytes().all(|b| b.is_ascii_digit()) && rest[2..].starts_with(" when downloading")
    });
    assert!(retried && ran.status != Some(0), "{ran}");
}

// installutils, calculateTotalPackages: stderr is exactly the one line, and rows are counted.
#[test]
fn installutils_counts() {
    let machine = machine();
    let ran = machine.tdnf(
        "install --releasever=3.0 --assumeno --nogpgcheck two --installroot /jobs/root --setopt reposdir=/etc/yum.repos.d/",
    );
    ran.exits(8).err("Error(1032) : Operation aborted.\n");
    assert_eq!(install_rows(&ran.out).len(), 2, "{ran}");
}

// installutils and imagecustomizer follow the run by the beginnings of lines.
#[test]
fn progress_prefixes() {
    let machine = machine();
    let run = machine.tdnf(
        "-v install two --installroot /jobs/root --nogpgcheck --assumeyes --setopt reposdir=/etc/yum.repos.d/ --releasever=3.0",
    );
    let count =
        |ran: &oxidnf_testkit::machine::Ran, head: &str| ran.out.lines().filter(|l| l.starts_with(head)).count();
    assert_eq!(count(run.exits(0), "Installing/Updating: "), 2, "{run}");
    let remove = machine.tdnf("-v remove --assumeyes --installroot /jobs/root --disablerepo * two");
    assert_eq!(count(remove.exits(0), "Removing: "), 1, "{remove}");
}

// imagecustomizer: `^Found \d+ problems$` on stdout starts an error report.
#[test]
fn imagecustomizer_problems() {
    let ran = machine().tdnf("-y install same-a same-b");
    let starts = ran.out.lines().any(|line| {
        let number = line.strip_prefix("Found ").and_then(|rest| rest.strip_suffix(" problems"));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    });
    assert!(starts, "{ran}");
}

// pkgworker: a line that is exactly this.
#[test]
fn pkgworker_no_match() {
    let ran = machine().tdnf("-y install nosuch");
    assert!(ran.err.lines().any(|line| line == "Error(1011) : No matching packages"), "{ran}");
}

// setup_functions.sh: `tdnf repoquery --file F --json | jq -r 'map(.Name)'`.
#[test]
fn setup_functions_jq() {
    let ran = machine().tdnf("repoquery --file /etc/one.conf --json");
    let document: serde_json::Value = serde_json::from_str(&ran.exits(0).out).expect("one JSON document");
    let names: Vec<_> = document.as_array().expect("a list").iter().map(|package| &package["Name"]).collect();
    assert_eq!(names, ["one"], "{ran}");
}

// BuildGoldenContainer.sh: `repoquery --installed C | grep ^C`, cut at `-` and `.`.
#[test]
fn golden_container_versions() {
    let machine = machine();
    machine.tdnf("-q -y install two").exits(0);
    let ran = machine.tdnf("repoquery --installed two");
    let line = ran.exits(0).out.lines().find(|line| line.starts_with("two")).expect("one line");
    assert_eq!(line.split('-').nth(1), Some("1.0"), "{ran}");
}

// livepatching of Mariner 2.0: the exit status alone.
#[test]
fn livepatching_status() {
    let machine = machine();
    machine.tdnf("-q list available 'one = 1.0.1-2'").exits(0);
    machine.tdnf("-q list available 'one = 9-9'").exits(243);
    machine.tdnf("-q list installed 'one = 1.0.1-2'").exits(243);
}

// libguestfs.spec: packages of a download are found below the cache by their suffix.
#[test]
fn libguestfs_find() {
    let machine = machine();
    std::fs::create_dir_all(machine.root().join("var/cache/tdnf")).expect("the root is writable");
    machine.tdnf("install -y --downloadonly --alldeps --downloaddir /var/cache/tdnf two").exits(0);
    let found: Vec<String> =
        machine.files("/var/cache/tdnf").into_iter().filter(|file| file.strip_suffix(".rpm").is_some()).collect();
    assert_eq!(found.len(), 2, "{found:?}");
}

// tdnf-automatic: the table of repositories without its first line; the status of check-update; what is left of an
// upgrade that was not wanted.
#[test]
fn automatic() {
    let machine = machine();
    let ran = machine.tdnf("repolist enabled");
    let ids: Vec<&str> = ran.exits(0).out.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(ids, ["photon-test"], "{ran}");
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    machine.tdnf("-q check-update").exits(0);
    let ran = machine.tdnf("upgrade --assumeno");
    let kept =
        ran.exits(8).out.lines().filter(|line| !["Total", "aborted", "Upgrading"].iter().any(|w| line.contains(w)));
    let rows: Vec<&str> = kept.filter(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), 1, "{ran}");
    assert!(rows[0].starts_with("one "), "{ran}");
}

// tdnf's own pytests: `^Error\((\d+)\) :` on stderr, and the status is that number modulo 256.
#[test]
fn pytests_numbers() {
    let machine = machine();
    for args in ["erase nosuch", "search nosuch", "provides", "clean", "install", "list --bogus", "-y install broken"] {
        let ran = machine.tdnf(args);
        let number = ran.err.lines().find_map(|line| {
            let rest = line.strip_prefix("Error(")?;
            rest.split_once(") :")?.0.parse::<i32>().ok()
        });
        assert_eq!(number.map(|number| number % 256), ran.status, "{ran}");
    }
}

// LinuxPatchExtension, TdnfPackageManager: updates are three columns, name.arch, version, repository.
#[test]
fn patch_extension_updates() {
    let machine = machine();
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    let ran = machine.tdnf("-q list updates");
    let rows: Vec<Vec<&str>> = ran.exits(0).out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows, [vec!["one.noarch", "1.0.1-2", "photon-test"]], "{ran}");
    let ran = machine.tdnf("list installed one");
    assert!(ran.exits(0).out.contains("one.noarch"), "{ran}");
}

// LinuxPatchExtension: a simulated installation ends with 8 and this text; sizes stand behind `Total download size:`.
#[test]
fn patch_extension_simulation() {
    let machine = machine();
    let ran = machine.tdnf("install --assumeno --skip-broken two");
    assert!(ran.exits(8).err.contains("Error(1032) : Operation aborted."), "{ran}");
    let size = ran.out.lines().find_map(|line| line.strip_prefix("Total download size:"));
    assert_eq!(size.map(str::trim), Some("12.34k"), "{ran}");
    machine.tdnf("-y upgrade --skip-broken --snapshottime 1735689600").exits(0).err("Nothing to do.\n");
}

// LinuxPatchExtension, Dnf5PackageManager: status 0 or 100; three columns up to `Obsoleting`.
#[test]
fn patch_extension_dnf5_updates() {
    let machine = machine();
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    let ran = machine.run("dnf5", "-q check-update", "");
    let rows: Vec<Vec<&str>> = ran
        .exits(100)
        .out
        .lines()
        .take_while(|line| !line.starts_with("Obsoleting"))
        .map(|line| line.split_whitespace().collect())
        .filter(|fields: &Vec<&str>| fields.len() == 3)
        .collect();
    assert_eq!(rows, [vec!["one.noarch", "1.0.1-2", "photon-test"]], "{ran}");
    machine.tdnf("-q -y update").exits(0);
    machine.run("dnf5", "-q check-update", "").exits(0);
}

// Dnf5PackageManager: status 1 and the text `No matching packages to list` mean that a package is not installed. dnf5
// 5.4 has other words for it, and so have we: the status is what is left of the rule.
// witness: compat-tests/tests/listing.rs::sections
#[test]
fn patch_extension_dnf5_installed() {
    let machine = machine();
    machine.run("dnf5", "list --installed one", "").exits(1).out("").err("No matches found.\n");
    machine.tdnf("-q -y install one").exits(0);
    let ran = machine.run("dnf5", "list --installed one", "");
    assert!(ran.exits(0).out.contains("one.noarch"), "{ran}");
}

// Dnf5PackageManager: rows between `Installing dependencies:` and `Transaction Summary` have exactly six fields.
#[test]
fn patch_extension_dnf5_rows() {
    let machine = machine();
    let ran = machine.run("dnf5", "install --assumeno --skip-broken two", "");
    let mut inside = false;
    let mut rows = Vec::new();
    for line in ran.out.lines() {
        inside = (inside || line.starts_with("Installing")) && !line.starts_with("Transaction Summary");
        let fields: Vec<&str> = line.split_whitespace().collect();
        if inside && fields.len() == 6 {
            rows.push(fields[0].to_owned());
        }
    }
    assert_eq!(rows, ["two", "one"], "{ran}");
}

// puppet and bumblebee-status: check-update of tdnf has the format of list.
#[test]
fn puppet_check_update() {
    let machine = machine();
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    let list = machine.tdnf("-q list updates").out.clone();
    machine.tdnf("-q check-update").exits(0).out(&list);
}

// tdnf-cache-updateinfo: what is left for the message of the day when lines of the run are taken out.
#[test]
fn cached_updateinfo() {
    let machine = machine();
    machine.advise(
        "photon-test",
        "<updates><update from=\"a@b.example\" status=\"final\" type=\"security\" version=\"1\"><id>P-1</id><title>t</title>\
         <severity>7</severity><issued date=\"2024-02-03 04:05:06\"/><description>d</description><pkglist><collection \
         short=\"c\"><name>c</name><package name=\"one\" version=\"1.0.1\" release=\"2\" epoch=\"0\" arch=\"noarch\">\
         <filename>one-1.0.1-2.noarch.rpm</filename></package></collection></pkglist></update></updates>",
    );
    machine.tdnf("-q -y install one-1.0.1-1").exits(0);
    let ran = machine.tdnf("-q --refresh updateinfo");
    let lines = ran.exits(0).out.lines().filter(|l| !l.starts_with("Refreshing") && !l.starts_with("Disabling"));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, ["1 Security notice(s)"], "{ran}");
}
