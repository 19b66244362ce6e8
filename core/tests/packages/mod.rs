//! Packages for tests, built in memory.

#![allow(unreachable_pub, reason = "shared by test binaries")]

use std::path::PathBuf;
use std::sync::OnceLock;

use rpm::{BuildConfig, Dependency, FileOptions, PackageBuilder, Scriptlet};

/// Builds a package with a bit of everything.
pub fn build(config: BuildConfig) -> Vec<u8> {
    let mut builder = PackageBuilder::new("alpha", "1.2", "MIT", "x86_64", "first of all");
    builder
        .using_config(config.source_date(1_600_000_000u32))
        .epoch(3)
        .release("4.fc40")
        .requires(Dependency::greater_eq("beta", "2.0"))
        .requires(Dependency::any("(gamma if delta)"))
        .provides(Dependency::eq("alpha(feature)", "1"))
        .conflicts(Dependency::less("omega", "1"))
        .obsoletes(Dependency::less("alef", "1"))
        .recommends(Dependency::any("nice"))
        .post_install_script(Scriptlet::new("echo post"))
        .pre_uninstall_script(Scriptlet::new("return 1").prog(vec!["<lua>"]))
        .trigger_in("beta", None, Scriptlet::new("echo trigger"));
    let file = |path: &str| FileOptions::new(path);
    builder.with_file_contents("hello\n", file("/etc/alpha.conf").permissions(0o644)).expect("file");
    builder.with_file_contents("#!/bin/sh\n", file("/usr/bin/alpha").permissions(0o755)).expect("file");
    builder.with_dir_entry(FileOptions::dir("/var/lib/alpha")).expect("directory");
    builder.with_symlink(FileOptions::symlink("/usr/bin/alef", "alpha")).expect("link");
    let mut bytes = Vec::new();
    builder.build().expect("builds").write(&mut bytes).expect("memory does not fail");
    bytes
}

/// Packages of the fourth and of the sixth format.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    // Compressing takes longer than everything that the tests do.
    static BUILT: OnceLock<Vec<(&str, Vec<u8>)>> = OnceLock::new();
    BUILT.get_or_init(|| vec![("v4", build(BuildConfig::v4())), ("v6", build(BuildConfig::v6()))]).clone()
}

/// Writes bytes to a file of a directory that lives as long as the returned guard.
#[allow(dead_code, reason = "not every test binary opens files")]
pub fn on_disk(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("temporary directory");
    let path = directory.path().join("package.rpm");
    std::fs::write(&path, bytes).expect("written");
    (directory, path)
}
