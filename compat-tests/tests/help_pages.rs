//! The help of every command: the same commands, options with their arguments, and usage lines as dnf5's; what they do
//! is told in words of our own, and their order is that of the grammar.

use std::collections::BTreeSet;

use oxidnf_testkit::World;
use oxidnf_testkit::world::Side;

/// What dnf5 has and this program has not, by page.
const MISSING: &[(&str, &str)] = &[
    // What it dumps is for those who look for mistakes in libsolv's use.
    ("", "--debugsolver"),
    // It asks systemd, by D-Bus.
    ("needs-restarting", "-s, --services"),
    // The short name belongs to the option that it is a short name of.
    ("", "--config=CONFIG_FILE_PATH"),
    ("", "-c CONFIG_FILE_PATH"),
    // Arguments are in angle brackets there only.
    ("reposync", "-a <ARCH>,..., --arch=<ARCH>,..."),
    ("reposync", "--destdir=<DIR>"),
    ("reposync", "--safe-write-path=<DIR>"),
    ("reposync", "--metadata-path=<DIR>"),
    ("reposync", "-p <DIR>, --download-path=<DIR>"),
];

/// Returns the usage line and the names of what a page lists, which stand in front of two blanks.
fn entries(page: &str) -> BTreeSet<String> {
    let mut heading = "";
    let mut found = BTreeSet::new();
    for line in page.lines() {
        if !line.starts_with(' ') {
            heading = line.trim_end();
            continue;
        }
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        if heading == "Usage:" {
            found.insert(text.to_owned());
        } else if heading != "Description:" && line.starts_with("  ") && !line.starts_with("   ") {
            found.insert(text.split("  ").next().unwrap_or_default().to_owned());
        }
    }
    found
}

/// Returns the commands that a page lists.
fn commands(page: &str) -> Vec<String> {
    let mut in_commands = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if !line.starts_with(' ') && !line.trim().is_empty() {
            let heading = line.trim_end();
            in_commands = ["ommands:", "Compatibility Aliases:"].iter().any(|end| heading.ends_with(end));
            continue;
        }
        let name = line.trim().split(' ').next().unwrap_or_default();
        if in_commands && line.starts_with("  ") && !line.starts_with("   ") && !name.is_empty() {
            found.push(name.to_owned());
        }
    }
    found
}

#[test]
fn every_page() {
    let world = World::new();
    let page = |side, path: &str| {
        let output = world.run(side, &format!("{path} --help"));
        assert_eq!(output.status.code(), Some(0), "{path} on {side:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let mut waiting = vec![String::new()];
    let (mut seen, mut different) = (0, Vec::new());
    while let Some(path) = waiting.pop() {
        seen += 1;
        let (real, ours) = (page(Side::Real, &path), page(Side::Ours, &path));
        waiting.extend(commands(&real).iter().map(|name| format!("{path} {name}").trim().to_owned()));
        // Names of groups of commands stand for the group: dnf5 says so in the usage of those below.
        let is_below_another_name = ["grp ", "updateinfo "].iter().any(|name| path.starts_with(name));
        let (real, ours) = (entries(&real), entries(&ours));
        let is_known =
            |entry: &str| MISSING.contains(&(&*path, entry)) || (is_below_another_name && entry.starts_with("dnf5 "));
        different
            .extend(real.difference(&ours).filter(|entry| !is_known(entry)).map(|entry| format!("{path}: {entry}")));
        // The program's own page also has commands and options that dnf5 has not; all others have nothing more.
        let more = ours.difference(&real).filter(|_| !path.is_empty() && path != "reposync");
        let more = more.filter(|entry| !is_known(entry));
        different.extend(more.map(|entry| format!("{path}: {entry} is not dnf5's")));
    }
    assert!(different.is_empty(), "{different:#?}");
    assert!(seen > 130, "{seen} pages");
}

#[test]
fn other_names_of_options() {
    let world = World::new();
    for options in ["--advisory=x", "--bz=1", "--cve=CVE-1", "--advisories=x --bzs=1,2 --cves=CVE-1"] {
        world.both(&format!("offline-upgrade download {options}"));
    }
}
