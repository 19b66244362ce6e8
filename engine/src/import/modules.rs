//! What dnf4 stored about modules: a file for each in `/etc/dnf/modules.d`.

use std::collections::BTreeMap;
use std::path::Path;

use oxidnf_core::conf::Ini;
use oxidnf_core::root::Root;

use crate::modules::{AVAILABLE, DISABLED, ENABLED};
use crate::state::ModuleState;

const DIR: &str = "/etc/dnf/modules.d";

/// Reads the files; what cannot be read is left alone, as the past must not make a run fail.
pub(crate) fn read(root: &Root) -> BTreeMap<String, ModuleState> {
    let entries = root.read_dir(Path::new(DIR)).unwrap_or_default();
    let texts = entries
        .iter()
        .map(|entry| Path::new(DIR).join(&entry.name))
        .filter(|path| path.extension().is_some_and(|extension| extension == "module"))
        .filter_map(|path| root.read_to_string(&path).ok());
    texts.filter_map(|text| Ini::parse(&text).ok()).flat_map(|file| states(&file)).collect()
}

fn states(file: &Ini) -> Vec<(String, ModuleState)> {
    let state = |name: &str| {
        let value = |key| file.value(name, key).unwrap_or_default().trim();
        let profiles = value("profiles").split(',').map(str::trim).filter(|profile| !profile.is_empty());
        let state = match value("state") {
            "enabled" => ENABLED,
            "disabled" => DISABLED,
            _ => AVAILABLE,
        };
        ModuleState {
            enabled_stream: value("stream").to_owned(),
            installed_profiles: profiles.map(str::to_owned).collect(),
            state: state.to_owned(),
        }
    };
    file.sections.iter().map(|section| (section.name.clone(), state(&section.name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // witness: compat-tests/tests/modules.rs::state_of_dnf4_is_taken_over
    #[test]
    fn files() {
        let text = "[nodejs]\nname=nodejs\nstream=12\nprofiles=default, minimal\nstate=enabled\n";
        let known = states(&Ini::parse(text).expect("valid"));
        let state = ModuleState {
            enabled_stream: "12".to_owned(),
            installed_profiles: vec!["default".to_owned(), "minimal".to_owned()],
            state: ENABLED.to_owned(),
        };
        assert_eq!(known, [("nodejs".to_owned(), state)]);
    }
}
