//! The arrows of ARCHITECTURE.md: which room may use which, and which outside crates have one room only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Room, and the rooms that it may use. Tests of a room may use no other rooms either.
const ARROWS: &[(&str, &[&str])] = &[
    ("oxidnf-core", &[]),
    ("oxidnf-catalog", &["oxidnf-core"]),
    ("oxidnf-repo", &["oxidnf-core", "oxidnf-catalog"]),
    ("oxidnf-solver", &["oxidnf-core", "oxidnf-catalog"]),
    ("oxidnf-rpmdb", &["oxidnf-core", "oxidnf-catalog"]),
    ("oxidnf-transaction", &["oxidnf-core", "oxidnf-rpmdb"]),
    (
        "oxidnf-engine",
        &["oxidnf-core", "oxidnf-catalog", "oxidnf-repo", "oxidnf-solver", "oxidnf-rpmdb", "oxidnf-transaction"],
    ),
    ("oxidnf-plugins", &["oxidnf-core", "oxidnf-engine"]),
    ("oxidnf-migrate", &[]),
    ("oxidnf-cli", &["oxidnf-core", "oxidnf-catalog", "oxidnf-engine", "oxidnf-plugins", "oxidnf-migrate"]),
    ("oxidnf-man", &["oxidnf-cli"]),
    ("oxidnf-testkit", &["oxidnf-core"]),
    ("oxidnf-compat-tests", &["oxidnf-testkit"]),
    ("oxidnf-fuzz", &["oxidnf-core", "oxidnf-catalog", "oxidnf-repo", "oxidnf-rpmdb", "oxidnf-transaction"]),
];

/// Outside crates that only these rooms may name.
const ONE_ROOM: &[(&str, &[&str])] = &[
    ("tokio", &["oxidnf-repo"]),
    ("hyper", &["oxidnf-repo"]),
    ("hyper-util", &["oxidnf-repo"]),
    ("quick-xml", &["oxidnf-repo"]),
    ("sequoia-openpgp", &["oxidnf-repo", "oxidnf-testkit"]),
    ("sequoia-policy-config", &["oxidnf-repo"]),
    ("libsolv-sys", &["oxidnf-solver"]),
    ("clap", &["oxidnf-cli", "oxidnf-man"]),
    ("indicatif", &["oxidnf-cli"]),
    ("mlua", &["oxidnf-transaction"]),
    ("tree-sitter", &["oxidnf-migrate"]),
    ("memmap2", &["oxidnf-catalog"]),
    ("rusqlite", &["oxidnf-rpmdb", "oxidnf-engine", "oxidnf-testkit", "oxidnf-compat-tests"]),
];

/// The only files that may hold `unsafe`.
const UNSAFE_ROOMS: &[&str] = &["solver/src/sys", "engine/transaction/src/sys", "catalog/src/map"];

struct Member {
    name: String,
    dir: String,
    dependencies: BTreeSet<String>,
}

fn members() -> Vec<Member> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs where cargo test does");
    metadata
        .packages
        .iter()
        .map(|package| Member {
            name: package.name.to_string(),
            dir: package.manifest_path.parent().expect("a manifest lies in a folder").to_string(),
            dependencies: package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Build)
                .map(|dependency| dependency.name.clone())
                .collect(),
        })
        .collect()
}

#[test]
fn rooms_use_only_the_rooms_they_may() {
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    for member in members() {
        let may = allowed.get(member.name.as_str());
        let may = may.unwrap_or_else(|| panic!("{} is a new room: say in arrows.rs what it may use", member.name));
        for dependency in member.dependencies.iter().filter(|name| name.starts_with("oxidnf-")) {
            assert!(may.contains(&dependency.as_str()), "{} must not use {dependency}", member.name);
        }
    }
}

#[test]
fn outside_crates_stay_in_their_rooms() {
    for member in members() {
        for (name, rooms) in ONE_ROOM {
            let uses = member.dependencies.contains(*name);
            assert!(!uses || rooms.contains(&member.name.as_str()), "{} must not use {name}", member.name);
        }
    }
}

#[test]
fn unsafe_code_stays_in_its_rooms() {
    for member in members() {
        for (path, text) in sources(Path::new(&member.dir)) {
            let here = UNSAFE_ROOMS.iter().any(|room| path.contains(room));
            let uses = text.lines().any(|line| {
                let code = line.trim_start();
                !code.starts_with("//")
                    && (code.contains("unsafe {") || code.contains("unsafe fn") || code.contains("unsafe impl"))
            });
            assert!(here || !uses || path.ends_with("arrows.rs"), "{path} holds unsafe code");
        }
    }
}

#[test]
fn only_the_command_line_reads_the_environment() {
    for member in members() {
        if ["oxidnf-cli", "oxidnf-man", "oxidnf-testkit", "oxidnf-compat-tests"].contains(&member.name.as_str()) {
            continue;
        }
        for (path, text) in sources(Path::new(&member.dir)) {
            // Build scripts and tests are run by cargo, which talks to them through the environment.
            if path.contains("/tests/")
                || path.contains("/benches/")
                || path.contains("/examples/")
                || path.ends_with("build.rs")
            {
                continue;
            }
            let code = text.split("#[cfg(test)]").next().unwrap_or("");
            assert!(!code.contains("env::var"), "{path} reads the environment");
            assert!(!code.contains("env::args"), "{path} reads the arguments");
        }
    }
}

/// Faces are chosen, and known, by the command line only; what reads another program's files may name the program.
#[test]
fn nothing_below_the_command_line_knows_a_face() {
    for member in members() {
        // The words of older programs are what migrate is about; it draws no face.
        let above = ["oxidnf-cli", "oxidnf-man", "oxidnf-migrate", "oxidnf-testkit", "oxidnf-compat-tests"];
        if above.contains(&member.name.as_str()) {
            continue;
        }
        for (path, text) in sources(Path::new(&member.dir)) {
            let importer = path.contains("/engine/src/import/");
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let code = code.join("\n");
            assert!(importer || !code.to_lowercase().contains("tdnf"), "{path} knows the face of tdnf");
            assert!(!code.contains("Face::") && !code.contains("enum Face"), "{path} knows faces");
            assert!(!code.contains("Error({") && !code.contains("Complete!"), "{path} has words of a face");
        }
    }
}

fn sources(dir: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Ok(list) = fs::read_dir(dir) else { return found };
    for entry in list.flatten() {
        let path = entry.path();
        // Nested packages are members of their own.
        if path.is_dir() && !path.ends_with("target") && !path.join("Cargo.toml").exists() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap_or_default()));
        }
    }
    found
}
