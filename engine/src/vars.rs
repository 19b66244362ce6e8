//! Filling the variables (reference of dnf5, section 2.6).

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
pub(crate) fn fill(vars: &mut Vars, settings: &Settings, dirs: &[PathBuf], root: Option<&Root>, arch: &str) {
    for (name, value) in &settings.variables {
        vars.set(name, value, VarPriority::CommandLine);
    }
    let given = [
        ("releasever", &settings.releasever),
        ("releasever_major", &settings.releasever_major),
        ("releasever_minor", &settings.releasever_minor),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            vars.set(name, value, VarPriority::CommandLine);
        }
    }
    for (name, value) in &settings.environment.variables {
        vars.set(name, value, VarPriority::Environment);
    }
    for dir in dirs {
        from_directory(vars, root, dir);
    }
    if let Some(arch) = &settings.forcearch {
        vars.set("arch", arch, VarPriority::CommandLine);
    }
    vars.set("arch", arch, VarPriority::Auto);
    let arch = vars.get("arch").unwrap_or(arch).to_owned();
    if let Some(base) = oxidnf_core::arch::basearch(&arch) {
        vars.set("basearch", base, VarPriority::Auto);
    }
}

/// Sets what the rpm database says, unless something else has said it.
pub(crate) fn set_release(vars: &mut Vars, release: &Release) {
    let Some(releasever) = &release.releasever else { return };
    vars.set("releasever", releasever, VarPriority::Auto);
    vars.set("releasever_major", release.major.as_deref().unwrap_or_default(), VarPriority::Auto);
    vars.set("releasever_minor", release.minor.as_deref().unwrap_or_default(), VarPriority::Auto);
}

/// A file is a variable: its name, and its first line. Unreadable ones are left out, as in dnf5.
fn from_directory(vars: &mut Vars, root: Option<&Root>, dir: &Path) {
    let read = |path: &Path| match root {
        Some(root) => root.read(path),
        None => std::fs::read(path),
    };
    let names: Vec<_> = match root {
        Some(root) => root.read_dir(dir).map(|entries| entries.into_iter().map(|entry| entry.name).collect()),
        None => std::fs::read_dir(dir).map(|entries| entries.flatten().map(|entry| entry.file_name()).collect()),
    }
    .unwrap_or_default();
    for name in names {
        let Some(text) = name.to_str() else { continue };
        // Any name will do, as in dnf5, although no expression can name some of them.
        if let Ok(bytes) = read(&dir.join(&name)) {
            let content = String::from_utf8_lossy(&bytes);
            vars.set(text, content.lines().next().unwrap_or_default(), VarPriority::VarsDir);
        }
    }
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
        let dirs = [dir.path().join("a"), dir.path().join("b")];
        fill(&mut vars, &settings, &dirs, None, "i686");
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
