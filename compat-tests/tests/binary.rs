//! The release binary as a file: what it links, and that it needs nothing beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn binary() -> PathBuf {
    let binary = std::env::var_os("OXIDNF_BIN")
        .map_or_else(|| oxidnf_testkit::target_dir().join("release/oxidnf"), PathBuf::from);
    assert!(binary.exists(), "{} does not exist: build it with `cargo build --release`", binary.display());
    binary
}

/// Returns the libraries that the dynamic section names.
fn needed(file: &Path) -> BTreeSet<String> {
    let output = Command::new("readelf").arg("-d").arg(file).output().expect("readelf comes with the C compiler");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| Some(line.split_once('[')?.1.trim_end_matches(']').to_owned()))
        .collect()
}

#[test]
fn links_the_c_library_only() {
    let of_the_c_library = ["libc.so.", "libm.so.", "libpthread.so.", "libdl.so.", "librt.so.", "ld-linux"];
    for library in needed(&binary()) {
        assert!(of_the_c_library.iter().any(|prefix| library.starts_with(prefix)), "the binary needs {library}");
    }
}

#[test]
fn starts_in_a_root_that_holds_only_it_and_the_c_library() {
    let root = tempfile::tempdir().expect("the temporary directory is writable");
    let binary = binary();
    fs::create_dir_all(root.path().join("bin")).expect("a fresh directory is writable");
    fs::copy(&binary, root.path().join("bin/oxidnf")).expect("the program can be copied");
    let listed = Command::new("ldd").arg(&binary).output().expect("ldd comes with the C library");
    for path in String::from_utf8_lossy(&listed.stdout).split_whitespace().filter(|word| word.starts_with('/')) {
        let place = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(place.parent().expect("a library lies in a directory")).expect("writable");
        fs::copy(path, place).expect("the library can be copied");
    }
    for args in [&["--version"][..], &["--help"], &["--installroot=/r", "list", "--installed"]] {
        let output =
            Command::new("chroot").arg(root.path()).arg("/bin/oxidnf").args(args).output().expect("chroot runs");
        assert!(
            output.status.success(),
            "{args:?}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
