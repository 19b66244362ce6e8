//! dnf5's state files, byte for byte.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The files of `/usr/lib/sysimage/libdnf5` that both programs write.
const FILES: &[&str] =
    &["packages.toml", "nevras.toml", "groups.toml", "environments.toml", "modules.toml", "system.toml"];

/// Returns all state files below `root` with their names as headings.
///
/// `system.toml` holds the cookie of the rpm database, which depends on record numbers: equal histories have equal
/// numbers, so it is compared too.
pub fn dump(root: &Path) -> String {
    let dir = root.join("usr/lib/sysimage/libdnf5");
    let mut text = String::new();
    for name in FILES {
        let content = fs::read_to_string(dir.join(name)).unwrap_or_else(|_| "missing\n".to_owned());
        writeln!(text, "--- {name}\n{content}").expect("writing to a String cannot fail");
    }
    // The copies of installed groups and environments.
    for kind in ["groups", "environments"] {
        let dir = dir.join("comps_groups").join(kind);
        let mut files: Vec<_> = fs::read_dir(&dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let content = fs::read_to_string(&file).unwrap_or_default();
            writeln!(text, "--- {kind}/{name}\n{content}").expect("writing to a String cannot fail");
        }
    }
    text
}
