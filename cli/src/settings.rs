//! Global options lowered to what the engine is told.

use std::path::PathBuf;

use oxidnf_engine::Settings;
use oxidnf_engine::settings::{
    Environment as EngineEnvironment, OptionSetting, PluginSwitches, RepoSwitch as Switch, Snapshot,
};

use crate::environment::Environment;
use crate::grammar::{GlobalArgs, RepoSwitch, UsageError, split_list};

/// Name and version of this program, for the log and for servers.
pub const PROGRAM_VERSION: &str = concat!("oxidnf ", env!("CARGO_PKG_VERSION"));

/// Lowers the global options; `arguments` is the whole command line with the program's name.
pub fn lower(globals: &GlobalArgs, environment: &Environment, arguments: Vec<String>) -> Result<Settings, UsageError> {
    let text = |pair: &(std::ffi::OsString, std::ffi::OsString)| {
        Some((pair.0.to_str()?.to_owned(), pair.1.to_str()?.to_owned()))
    };
    let variables = environment.variables.iter().filter_map(text);
    Ok(Settings {
        arguments,
        comment: globals.comment.clone(),
        installroot: globals.installroot.as_deref().map(PathBuf::from),
        use_host_config: globals.use_host_config,
        config_file: globals.config.as_deref().map(PathBuf::from),
        options: options(globals)?,
        variables: pairs(&globals.setvar, '=', |text| badly_formatted("setvar", text))?,
        releasever: globals.releasever.clone(),
        releasever_major: globals.releasever_major.clone(),
        releasever_minor: globals.releasever_minor.clone(),
        forcearch: globals.forcearch.clone(),
        repo_switches: repo_switches(globals),
        repos_from_path: pairs(&globals.repofrompath, ',', |text| {
            UsageError::Other(format!("repofrompath: Incorrect repoid and path specification \"{text}\""))
        })?,
        refresh: globals.refresh,
        skip_file_locks: globals.skip_file_locks,
        plugins: plugins(globals),
        environment: EngineEnvironment::from_variables(variables),
        cancel: oxidnf_engine::CancelToken::default(),
        program_version: PROGRAM_VERSION.to_owned(),
        only_options: false,
        release_provides: Vec::new(),
        snapshot: snapshot(globals)?,
        minimum_versions: Vec::new(),
        macros: Vec::new(),
        repos_from_directory: Vec::new(),
        foreign_state_dirs: Vec::new(),
        packages_dir: None,
        skip_digests: false,
    })
}

fn options(globals: &GlobalArgs) -> Result<Vec<OptionSetting>, UsageError> {
    let mut options = Vec::new();
    let switches = [
        (globals.cacheonly, "cacheonly", "all"),
        (globals.assumeyes, "assumeyes", "1"),
        (globals.assumeno, "assumeno", "1"),
        (globals.best, "best", "1"),
        (globals.no_best, "best", "0"),
        (globals.allow_vendor_change, "allow_vendor_change", "1"),
        (globals.no_allow_vendor_change, "allow_vendor_change", "0"),
        (globals.no_docs, "tsflags", "nodocs"),
    ];
    options.extend(switches.into_iter().filter(|(on, ..)| *on).map(|(_, key, value)| OptionSetting::main(key, value)));
    if let Some(color) = &globals.color {
        options.push(OptionSetting::main("color", color));
    }
    let excludes = split_list(&globals.exclude);
    if !excludes.is_empty() {
        options.push(OptionSetting::main("excludepkgs", excludes.join(",")));
    }
    if globals.no_gpgchecks {
        for key in ["pkg_gpgcheck", "repo_gpgcheck", "localpkg_gpgcheck"] {
            options.push(OptionSetting::main(key, "0"));
        }
        for key in ["pkg_gpgcheck", "repo_gpgcheck"] {
            options.push(OptionSetting::repo("*", key, "0"));
        }
    }
    for text in &globals.setopt {
        let setting = OptionSetting::parse(text);
        options.push(setting.ok_or_else(|| badly_formatted("setopt", text))?);
    }
    Ok(options)
}

fn pairs(
    values: &[String],
    separator: char,
    complaint: impl Fn(&str) -> UsageError,
) -> Result<Vec<(String, String)>, UsageError> {
    let split = |text: &String| {
        let (key, value) = text.split_once(separator).filter(|(key, _)| !key.is_empty())?;
        Some((key.to_owned(), value.to_owned()))
    };
    values.iter().map(|text| split(text).ok_or_else(|| complaint(text))).collect()
}

fn badly_formatted(option: &str, value: &str) -> UsageError {
    UsageError::Other(format!("{option}: Badly formatted argument value \"{value}\""))
}

/// Returns the point in time at which repositories are looked at; repositories that are left alone have no meaning
/// without it.
fn snapshot(globals: &GlobalArgs) -> Result<Option<Snapshot>, UsageError> {
    let Some(text) = &globals.snapshottime else { return Ok(None) };
    let time = text.parse().map_err(|_| badly_formatted("snapshottime", text))?;
    Ok(Some(Snapshot { time, except: split_list(&globals.snapshotexcluderepos) }))
}

fn repo_switches(globals: &GlobalArgs) -> Vec<Switch> {
    let mut switches = Vec::new();
    for switch in &globals.repo_switches {
        let (make, value): (fn(String) -> Switch, _) = match switch {
            RepoSwitch::Only(value) => (Switch::Only, value),
            RepoSwitch::Enable(value) => (Switch::Enable, value),
            RepoSwitch::Disable(value) => (Switch::Disable, value),
        };
        switches.extend(split_list(std::slice::from_ref(value)).into_iter().map(make));
    }
    switches
}

fn plugins(globals: &GlobalArgs) -> PluginSwitches {
    let enabled = split_list(&globals.enable_plugin).into_iter().map(|name| (name, true));
    let disabled = split_list(&globals.disable_plugin).into_iter().map(|name| (name, false));
    PluginSwitches { none: globals.no_plugins, switches: enabled.chain(disabled).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(globals: GlobalArgs) -> Result<Settings, String> {
        lower(&globals, &Environment::default(), vec!["dnf5".to_owned()]).map_err(|error| error.to_string())
    }

    #[test]
    fn switches_become_options() {
        let globals = GlobalArgs {
            assumeyes: true,
            no_best: true,
            exclude: vec!["a,b".to_owned(), "c".to_owned()],
            setopt: vec!["r.gpgcheck=0".to_owned()],
            ..GlobalArgs::default()
        };
        let options = lowered(globals).expect("well formed").options;
        assert_eq!(
            options,
            [
                OptionSetting::main("assumeyes", "1"),
                OptionSetting::main("best", "0"),
                OptionSetting::main("excludepkgs", "a,b,c"),
                OptionSetting::repo("r", "gpgcheck", "0"),
            ]
        );
    }

    #[test]
    fn bad_pairs_are_named() {
        let globals = GlobalArgs { setopt: vec!["nox".to_owned()], ..GlobalArgs::default() };
        insta::assert_snapshot!(lowered(globals).expect_err("no equals sign"), @r#"setopt: Badly formatted argument value "nox". Add "--help" for more information about the arguments."#);
    }

    #[test]
    fn a_point_in_time() {
        let at = |time: &str| GlobalArgs {
            snapshottime: Some(time.to_owned()),
            snapshotexcluderepos: vec!["a,b*".to_owned(), "c".to_owned()],
            ..GlobalArgs::default()
        };
        let want = Snapshot { time: 5, except: ["a", "b*", "c"].map(str::to_owned).to_vec() };
        assert_eq!(lowered(at("5")).expect("well formed").snapshot, Some(want));
        insta::assert_snapshot!(lowered(at("soon")).expect_err("no number"), @r#"snapshottime: Badly formatted argument value "soon". Add "--help" for more information about the arguments."#);
        let without = GlobalArgs { snapshotexcluderepos: vec!["a".to_owned()], ..GlobalArgs::default() };
        assert_eq!(lowered(without).expect("well formed").snapshot, None);
    }

    #[test]
    fn repositories_keep_their_order() {
        let globals = GlobalArgs {
            repo_switches: vec![RepoSwitch::Only("a,b".to_owned()), RepoSwitch::Disable("b".to_owned())],
            ..GlobalArgs::default()
        };
        let switches = lowered(globals).expect("well formed").repo_switches;
        let want = [Switch::Only("a".to_owned()), Switch::Only("b".to_owned()), Switch::Disable("b".to_owned())];
        assert_eq!(switches, want);
    }
}
