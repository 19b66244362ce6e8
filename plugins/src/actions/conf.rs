//! Where the plug-in's files are, and whether they switch it on.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use oxidnf_core::conf::{ConfValue, Ini, Priority};
use oxidnf_engine::plugin::HookCx;

use super::{Failure, NAME};

/// Returns the directories of plug-in configuration, the strongest first; they are the host's whatever the root.
pub(super) fn dirs(cx: &HookCx<'_>) -> Vec<PathBuf> {
    let options = &cx.config.options;
    let old = &options.pluginconfpath;
    // `pluginconfpath` is the older name, which counts as long as nobody sets the newer one.
    let dirs = if options.plugin_conf_dir.priority() <= Priority::Default && old.priority() > Priority::Default {
        Vec::parse(old.get()).unwrap_or_default()
    } else {
        options.plugin_conf_dir.get().clone()
    };
    dirs.into_iter().map(PathBuf::from).collect()
}

/// Returns the files with an ending in directories, sorted by name; a name counts in the first directory that has it.
pub(super) fn files(dirs: &[PathBuf], ending: &str) -> Vec<PathBuf> {
    let mut found: BTreeMap<OsString, PathBuf> = BTreeMap::new();
    for dir in dirs {
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if let Some(name) = path.file_name().filter(|name| name.as_encoded_bytes().ends_with(ending.as_bytes())) {
                found.entry(name.to_owned()).or_insert_with(|| path.clone());
            }
        }
    }
    found.into_values().collect()
}

/// Tells whether a configuration file switches the plug-in on for the root in force.
///
/// The command line is stronger than the files, but a file must be there.
pub(super) fn is_switched_on(cx: &HookCx<'_>) -> Result<bool, Failure> {
    let in_root = cx.config.options.installroot.get() != "/";
    let switched = cx.switched(NAME);
    for path in files(&dirs(cx), ".conf") {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let is_named_so = path.file_stem().is_some_and(|stem| stem == NAME);
        let enabled = match Ini::parse(&text) {
            Ok(ini) if ini.value("main", "name").map_or(is_named_so, |name| name == NAME) => enabled(&ini, in_root),
            Err(error) if is_named_so => {
                let (file, reason) = (path.display(), capitalized(&error.to_string()));
                Err(format!("Error in configuration file \"{file}\"\n {reason}"))
            }
            _ => continue,
        };
        let enabled = enabled.map_err(|cause| unusable(&path, cause))?;
        if switched.unwrap_or(enabled) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn enabled(ini: &Ini, in_root: bool) -> Result<bool, String> {
    let value = ini.value("main", "enabled");
    match value.ok_or_else(|| "Section \"main\" does not contain option \"enabled\"".to_owned())? {
        "host-only" => Ok(!in_root),
        "installroot-only" => Ok(in_root),
        other => bool::parse(other).map_err(|_| format!("Invalid option value: enabled={other}")),
    }
}

fn unusable(path: &Path, cause: String) -> Failure {
    let message = format!("Cannot load libdnf plugin enabled from: {}", path.display());
    Failure { message, cause: Some(cause) }
}

/// Returns a text with its first letter as a capital, as dnf5 begins its messages.
pub(super) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // witness: compat-tests/tests/actions.rs::switches
    #[rstest]
    #[case("[main]\nenabled=1\n", Ok(true))]
    #[case("[main]\nenabled=no\n", Ok(false))]
    #[case("[main]\nenabled=host-only\n", Ok(false))]
    #[case("[main]\nenabled=installroot-only\n", Ok(true))]
    #[case("[main]\nenabled=maybe\n", Err("Invalid option value: enabled=maybe"))]
    #[case("[main]\nname=actions\n", Err("Section \"main\" does not contain option \"enabled\""))]
    fn in_a_root(#[case] text: &str, #[case] want: Result<bool, &str>) {
        let ini = Ini::parse(text).expect("well formed");
        assert_eq!(enabled(&ini, true), want.map_err(str::to_owned));
    }

    #[test]
    fn the_first_directory_hides_names_of_others() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let dirs = [dir.path().join("one"), dir.path().join("nothing"), dir.path().join("two")];
        for (dir, names) in [(&dirs[0], ["a.x", "z.x", "b.y"]), (&dirs[2], ["a.x", "m.x", "c.y"])] {
            std::fs::create_dir(dir).expect("fresh");
            for name in names {
                std::fs::write(dir.join(name), "").expect("writable");
            }
        }
        let want = [dirs[0].join("a.x"), dirs[2].join("m.x"), dirs[0].join("z.x")];
        assert_eq!(files(&dirs, ".x"), want);
    }
}
