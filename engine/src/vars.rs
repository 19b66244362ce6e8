//! Filling the variables (reference of dnf5, section 2.6).

use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::conf::{VarPriority, Vars};
use oxidnf_core::root::Root;

use crate::settings::Settings;

/// What the rpm database of the target says about the release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// `$releasever`.
    pub releasever: Option<String>,
    /// `$releasever_major`; empty when another package gives the release but none this.
    pub major: Option<String>,
    /// `$releasever_minor`.
    pub minor: Option<String>,
}

/// Provides that give the release, strongest first.
pub(crate) const RELEASE_PROVIDES: [&str; 6] = [
    "system-release(releasever)",
    "system-release",
    "distribution-release(releasever)",
    "distribution-release",
    "redhat-release",
    "suse-release",
];

/// Sets everything but the release: command line, environment, directories, architecture.
///
/// Returns the files that cannot be read.
pub(crate) fn fill(
    vars: &mut Vars,
    settings: &Settings,
    dirs: &[PathBuf],
    root: &Root,
    arch: &str,
) -> Vec<(PathBuf, io::Error)> {
    for (name, value) in &settings.variables {
        vars.set(name, value, VarPriority::CommandLine);
    }
    for (name, value) in &settings.environment.variables {
        vars.set(name, value, VarPriority::Environment);
    }
    let unreadable = dirs.iter().flat_map(|dir| from_directory(vars, root, dir)).collect();
    vars.set("arch", arch, VarPriority::Auto);
    let arch = vars.get("arch").unwrap_or(arch).to_owned();
    if let Some(base) = oxidnf_core::arch::basearch(&arch) {
        vars.set("basearch", base, VarPriority::Auto);
    }
    unreadable
}

/// Sets what the rpm database says, unless something else has said it.
pub(crate) fn set_release(vars: &mut Vars, release: &Release) {
    let Some(releasever) = &release.releasever else { return };
    vars.set("releasever", releasever, VarPriority::Auto);
    vars.set("releasever_major", release.major.as_deref().unwrap_or_default(), VarPriority::Auto);
    vars.set("releasever_minor", release.minor.as_deref().unwrap_or_default(), VarPriority::Auto);
}

/// A file is a variable: its name, and its first line. Returns the unreadable ones, which are left out, as in dnf5.
fn from_directory(vars: &mut Vars, root: &Root, dir: &Path) -> Vec<(PathBuf, io::Error)> {
    let mut unreadable = Vec::new();
    for entry in root.read_dir(dir).unwrap_or_default() {
        // Any name will do, as in dnf5, although no expression can name some of them.
        let Some(name) = entry.name.to_str() else { continue };
        let path = dir.join(name);
        match root.read(&path) {
            Ok(bytes) => {
                let content = String::from_utf8_lossy(&bytes);
                vars.set(name, content.lines().next().unwrap_or_default(), VarPriority::VarsDir);
            }
            // A link that leads nowhere.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => unreadable.push((root.host_path(&path), error)),
        }
    }
    unreadable
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Environment;

    #[test]
    fn sources_have_their_order() {
        let dir = tempfile::tempdir().expect("temporary directory");
        for (path, text) in [("a/x", "1\n2"), ("b/x", "3"), ("a/y", "4"), ("a/not-a-name", "5"), ("a/z", "6")] {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("has parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let settings = Settings {
            variables: vec![("z".to_owned(), "cli".to_owned())],
            environment: Environment { variables: vec![("y".to_owned(), "env".to_owned())], ..Default::default() },
            ..Default::default()
        };
        let mut vars = Vars::new();
        std::fs::create_dir(dir.path().join("b/dir")).expect("made");
        let root = Root::open(dir.path()).expect("opens");
        let unreadable = fill(&mut vars, &settings, &["/a".into(), "/b".into()], &root, "i686");
        assert_eq!(unreadable.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), [dir.path().join("b/dir")]);
        set_release(&mut vars, &Release { releasever: Some("9.4".to_owned()), ..Release::default() });
        let all: Vec<_> = vars.iter().collect();
        let want = [
            ("arch", "i686"),
            ("basearch", "i386"),
            ("not-a-name", "5"),
            ("releasever", "9.4"),
            ("releasever_major", ""),
            ("releasever_minor", ""),
            ("x", "3"),
            ("y", "env"),
            ("z", "cli"),
        ];
        assert_eq!(all, want);
    }
}
