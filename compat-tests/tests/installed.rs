//! `make install` and `make install-tdnf`: what lies where afterwards, and that it works from there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use oxidnf_testkit::Machine;
use oxidnf_testkit::world::program;

/// Runs a target of the Makefile, and more arguments behind it, with what was built already.
fn make(target: &str, dest: &Path, pages: &Path) {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a directory of the project");
    let built = program().parent().expect("a program lies in a directory").to_owned();
    assert!(
        built.join("oxidnf-man").exists(),
        "{} is missing: cargo build -p oxidnf-man",
        built.join("oxidnf-man").display()
    );
    let set = |name: &str, path: &Path| format!("{name}={}", path.display());
    let ran = Command::new("make")
        .current_dir(top)
        .args(target.split(' '))
        .args(["CARGO=true", "PREFIX=/usr"])
        .args([set("DESTDIR", dest), set("PAGES", pages), set("BUILT", &built)])
        .output()
        .expect("make is there, or this would not have been built");
    assert!(ran.status.success(), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
}

/// Lists what is below a directory, links with their targets.
fn tree(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(current) = open.pop() {
        for entry in fs::read_dir(&current).expect("readable").flatten() {
            let path = entry.path();
            let name = path.strip_prefix(dir).expect("below it").display().to_string();
            match fs::read_link(&path) {
                Ok(target) => found.push(format!("{name} -> {}", target.display())),
                Err(_) if path.is_dir() => open.push(path),
                Err(_) => found.push(name),
            }
        }
    }
    found.sort();
    found
}

const TDNF: [&str; 9] = [
    "usr/bin/tdnf -> oxidnf",
    "usr/bin/tdnf-config -> oxidnf",
    "usr/bin/tdnfj -> oxidnf",
    "usr/share/bash-completion/completions/tdnf",
    "usr/share/fish/vendor_completions.d/tdnf.fish",
    "usr/share/man/man8/tdnf-config.8",
    "usr/share/man/man8/tdnf.8",
    "usr/share/man/man8/tdnfj.8",
    "usr/share/zsh/site-functions/_tdnf",
];

fn places() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().expect("temporary files can be made");
    let (dest, pages) = (dir.path().join("dest"), dir.path().join("pages"));
    (dir, dest, pages)
}

#[test]
fn the_files_of_tdnf() {
    let (_dir, dest, pages) = places();
    make("install-tdnf", &dest, &pages);
    assert_eq!(tree(&dest), TDNF);
    let page = fs::read_to_string(dest.join("usr/share/man/man8/tdnf.8")).expect("was installed");
    for part in ["NAME", "WHERE THIS DIFFERS FROM TDNF", "COMPANIONS"] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(
        fs::read_to_string(dest.join("usr/share/man/man8/tdnfj.8")).expect("was installed"),
        ".so man8/tdnf.8\n"
    );
}

// Nothing of the one package is in the other: both can be installed, and each removed.
#[test]
fn two_packages() {
    let (_dir, dest, pages) = places();
    make("install-oxidnf", &dest, &pages);
    let own = tree(&dest);
    for name in ["oxidnf", "dnf5 -> oxidnf", "dnf -> oxidnf", "yum -> oxidnf", "microdnf -> oxidnf"] {
        assert!(own.contains(&format!("usr/bin/{name}")), "{name}: {own:?}");
    }
    for file in ["man/man8/oxidnf.8", "man/man8/oxidnf-install.8", "licenses/oxidnf/LICENSE-MIT"] {
        assert!(own.contains(&format!("usr/share/{file}")), "{file}: {own:?}");
    }
    assert!(TDNF.iter().all(|file| !own.contains(&(*file).to_owned())), "{own:?}");
    make("install-tdnf", &dest, &pages);
    let mut both = own;
    both.extend(TDNF.map(str::to_owned));
    both.sort();
    assert_eq!(tree(&dest), both);
    // Once more changes nothing.
    make("install", &dest, &pages);
    assert_eq!(tree(&dest), both);
}

// In the place of tdnf alone, as the README says it: other programs stay as they are, and what tdnf knew is there.
#[test]
fn in_the_place_of_tdnf() {
    let machine = Machine::new()
        .repo("base", [oxidnf_testkit::rpm("one").evr("1-1"), oxidnf_testkit::rpm("two").requires("one")]);
    machine.tdnf("-q -y install two").exits(0);
    let bin = machine.root().join("usr/bin");
    for name in ["dnf5", "dnf", "yum", "microdnf", "tdnf"] {
        fs::remove_file(bin.join(name)).expect("the machine has it");
        machine.write(&format!("/usr/bin/{name}"), "somebody else's\n");
    }
    let (_dir, _, pages) = places();
    make("install FACES=", &machine.root(), &pages);
    for name in ["dnf5", "dnf", "yum", "microdnf"] {
        assert_eq!(machine.read(&format!("/usr/bin/{name}")), "somebody else's\n");
    }
    machine.tdnf("history list").exits(0);
    machine.tdnf("-y erase two").exits(0);
    machine.tdnf("-y autoremove").exits(0).has_line("Removing: one-1-1.noarch");
    machine.tdnf("clean all").exits(0);
}

// What was installed works in a root, under each name.
#[test]
fn works_from_there() {
    let machine = Machine::new().repo("base", [oxidnf_testkit::rpm("one").evr("1-1").file("/etc/one", "1")]);
    let bin = machine.root().join("usr/bin");
    for name in ["oxidnf", "tdnf", "tdnfj", "tdnf-config", "dnf5", "dnf", "yum", "microdnf"] {
        fs::remove_file(bin.join(name)).expect("the machine has it");
    }
    let (_dir, _, pages) = places();
    make("install", &machine.root(), &pages);
    machine.tdnf("--version").exits(0).out("tdnf: 3.6.0\n");
    machine.run("tdnfj", "--version", "").exits(0).out("{\"Name\":\"tdnf\",\"Version\":\"3.6.0\"}");
    machine.tdnf("-y install one").exits(0).has_line("Installing/Updating: one-1-1.noarch");
    assert!(machine.has("/etc/one"));
    machine.run("dnf5", "list --installed one", "").exits(0);
    machine.run("yum", "-q list installed one", "").exits(0);
    let completions = machine.read("/usr/share/bash-completion/completions/tdnf");
    for part in ["--snapshottime", "whatprovides", "complete -F _tdnf"] {
        assert!(completions.contains(part), "{part}");
    }
}
