//! What tdnf's plug-ins do (reference of tdnf, section 5.7). Both are built in here.

use oxidnf_engine::repo_config::glob_match;

use super::conf::Conf;
use super::conf::ini::{self, truth};
use super::grammar::Line;

/// The plug-ins in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plugins {
    /// `tdnfrepogpgcheck`: `repo_gpgcheck` in repositories counts.
    pub repo_gpgcheck: bool,
    /// `tdnfmetalink`: `metalink` in repositories counts.
    pub metalink: bool,
}

const NAMES: [&str; 2] = ["tdnfmetalink", "tdnfrepogpgcheck"];

/// Finds out which plug-ins configuration and command line load.
pub fn loaded(conf: &Conf, line: &Line) -> Plugins {
    let [metalink, repo_gpgcheck] = NAMES.map(|name| is_loaded(conf, line, name));
    Plugins { repo_gpgcheck, metalink }
}

/// Returns the names of loaded plug-ins, each of which gets a line before everything else.
pub fn names(conf: &Conf, line: &Line) -> Vec<&'static str> {
    NAMES.into_iter().filter(|name| is_loaded(conf, line, name)).collect()
}

fn is_loaded(conf: &Conf, line: &Line, name: &str) -> bool {
    if line.has("noplugins") || !conf.plugins {
        return false;
    }
    let text = std::fs::read_to_string(conf.pluginconfpath.join(format!("{name}.conf")));
    let sections = ini::sections(&text.unwrap_or_default());
    let enabled = sections.first().and_then(|main| main.get("enabled")).is_some_and(|text| truth(text) == Ok(true));
    let switches = line.recorded.iter().filter(|(_, pattern)| glob_match(pattern, name));
    switches.fold(enabled, |enabled, (key, _)| match key.as_str() {
        "enableplugin" => true,
        "disableplugin" => false,
        _ => enabled,
    })
}
