//! Global options lowered to what the engine is told.

use std::path::{Path, PathBuf};

use oxidnf_core::conf::ConfValue;
use oxidnf_engine::Settings;
use oxidnf_engine::settings::{Environment as EngineEnvironment, OptionSetting, Snapshot};

use crate::environment::Environment;
use crate::grammar::{GlobalArgs, UsageError, split_list};

/// Name and version of this program, for the log and for servers.
pub const PROGRAM_VERSION: &str = concat!("oxidnf ", env!("CARGO_PKG_VERSION"));

/// Lowers the global options; `arguments` is the whole command line with the program's name.
pub fn lower(globals: &GlobalArgs, environment: &Environment, arguments: Vec<String>) -> Result<Settings, UsageError> {
    let text = |pair: &(std::ffi::OsString, std::ffi::OsString)| {
        Some((pair.0.to_str()?.to_owned(), pair.1.to_str()?.to_owned()))
    };
    let mut settings = Settings {
        arguments,
        comment: globals.comment.clone(),
        refresh: globals.refresh,
        environment: EngineEnvironment::from_variables(environment.variables.iter().filter_map(text)),
        program_version: PROGRAM_VERSION.to_owned(),
        snapshot: snapshot(globals)?,
        ..Settings::default()
    };
    for (name, value) in &globals.given {
        given(&mut settings, name, value)?;
    }
    for (_, place) in &mut settings.repos_from_path {
        if let Some(path) = beside_us(place, &environment.current_dir) {
            *place = path;
        }
    }
    Ok(settings)
}

/// Returns the absolute path of a place that is given from the current directory, if it is there.
// witness: compat-tests/tests/trouble/places.rs::on_the_command_line
fn beside_us(place: &str, current_dir: &Path) -> Option<String> {
    if place.contains("://") || place.starts_with('/') || place.starts_with("file:/") {
        return None;
    }
    std::fs::canonicalize(current_dir.join(place)).ok()?.into_os_string().into_string().ok()
}

/// Lowers one option; those that only the face needs have no meaning here.
fn given(settings: &mut Settings, name: &str, value: &str) -> Result<(), UsageError> {
    match name {
        "setopt" => set_option(settings, value)?,
        "setvar" => {
            // Nothing at all is no variable, and no mistake.
            if !value.is_empty() {
                settings.variables.push(pair(value, '=').ok_or_else(|| badly_formatted("setvar", value))?);
            }
        }
        "releasever" | "releasever_major" | "releasever_minor" => {
            settings.variables.push((name.to_owned(), value.to_owned()));
        }
        "forcearch" => {
            check_arch(value)?;
            settings.variables.push(("arch".to_owned(), value.to_owned()));
            settings.options.push(OptionSetting::main("ignorearch", "1"));
        }
        "config" => settings.config_file = Some(PathBuf::from(value)),
        "installroot" => settings.installroot = Some(PathBuf::from(value)),
        "use_host_config" => settings.use_host_config = true,
        "repofrompath" => {
            let repo = pair(value, ',').filter(|(_, path)| !path.is_empty());
            settings.repos_from_path.push(repo.ok_or_else(|| {
                UsageError::Other(format!("repofrompath: Incorrect repoid and path specification \"{value}\""))
            })?);
        }
        "repo" | "enable_repo" | "disable_repo" => switch_repos(settings, name, value),
        "no_plugins" => {
            settings.plugins.none = true;
            settings.options.push(OptionSetting::main("plugins", "0"));
        }
        "enable_plugin" | "disable_plugin" => {
            let names = split_list(&[value.to_owned()]).into_iter();
            settings.plugins.switches.extend(names.map(|plugin| (plugin, name == "enable_plugin")));
        }
        "exclude" => settings.options.push(OptionSetting::main("excludepkgs", value)),
        "color" => settings.options.push(OptionSetting::main("color", value)),
        "no_gpgchecks" => {
            let main = ["pkg_gpgcheck", "repo_gpgcheck", "localpkg_gpgcheck"].map(|key| OptionSetting::main(key, "0"));
            let repos = ["pkg_gpgcheck", "repo_gpgcheck"].map(|key| OptionSetting::repo("*", key, "0"));
            settings.options.extend(main.into_iter().chain(repos));
        }
        other => {
            let switch = SWITCHES.iter().find(|(name, ..)| *name == other);
            settings.options.extend(switch.map(|(_, key, value)| OptionSetting::main(key, *value)));
        }
    }
    Ok(())
}

/// Switches that stand for one option of the main configuration each: name, option, value.
const SWITCHES: [(&str, &str, &str); 9] = [
    ("allow_vendor_change", "allow_vendor_change", "1"),
    ("assumeno", "assumeno", "1"),
    ("assumeyes", "assumeyes", "1"),
    ("best", "best", "1"),
    ("cacheonly", "cacheonly", "all"),
    ("no_allow_vendor_change", "allow_vendor_change", "0"),
    ("no_best", "best", "0"),
    ("no_docs", "tsflags", "nodocs"),
    ("skip_file_locks", "skip_system_repo_lock", "1"),
];

/// Applies an argument of `--setopt`. Options that decide where the configuration is are taken out here, because they
/// must be known before it is read.
fn set_option(settings: &mut Settings, text: &str) -> Result<(), UsageError> {
    if text.split_once('=').is_some_and(|(path, _)| path.ends_with('.')) {
        return Err(UsageError::Other(format!(
            "setopt: Badly formatted argument value: Last key character cannot be '.': {text}"
        )));
    }
    let setting = OptionSetting::parse(text).ok_or_else(|| badly_formatted("setopt", text))?;
    let OptionSetting { repo, key, value } = &setting;
    let path = PathBuf::from(value.strip_prefix("file://").unwrap_or(value));
    match key.as_str() {
        _ if repo.is_some() => {}
        // A relative one is refused where all values are checked.
        "installroot" if path.is_absolute() => settings.installroot = Some(path),
        "config_file_path" => settings.config_file = Some(path),
        "use_host_config" => settings.use_host_config = bool::parse(value).unwrap_or(settings.use_host_config),
        _ => {}
    }
    settings.options.push(setting);
    Ok(())
}

/// Lowers `--repo`, `--enable-repo` and `--disable-repo` to what they set in repositories.
fn switch_repos(settings: &mut Settings, name: &str, value: &str) {
    let first = !settings.options.iter().any(|option| *option == all_off());
    if name == "repo" && first {
        settings.options.push(all_off());
    }
    let enabled = if name == "disable_repo" { "0" } else { "1" };
    let ids = split_list(&[value.to_owned()]);
    settings.options.extend(ids.iter().map(|id| OptionSetting::repo(id, "enabled", enabled)));
}

/// Enables repositories that a command takes packages from; what the global options say of them wins.
pub(crate) fn enable_repos(settings: &mut Settings, ids: &[String]) {
    let place = settings.options.iter().position(|option| *option == all_off()).map_or(0, |place| place + 1);
    let enabled = ids.iter().map(|id| OptionSetting::repo(id, "enabled", "1"));
    settings.options.splice(place..place, enabled);
}

/// The first `--repo` switches off what is not named.
fn all_off() -> OptionSetting {
    OptionSetting::repo("*", "enabled", "0")
}

fn pair(text: &str, separator: char) -> Option<(String, String)> {
    let (key, value) = text.split_once(separator).filter(|(key, _)| !key.is_empty())?;
    Some((key.to_owned(), value.to_owned()))
}

fn badly_formatted(option: &str, value: &str) -> UsageError {
    UsageError::Other(format!("{option}: Badly formatted argument value \"{value}\""))
}

/// Refuses an architecture that dnf5 does not know.
pub(crate) fn check_arch(arch: &str) -> Result<(), UsageError> {
    if SUPPORTED.contains(&arch) {
        return Ok(());
    }
    let known = SUPPORTED.map(|arch| format!("\"{arch}\"")).join(", ");
    Err(UsageError::Other(format!("Unsupported architecture \"{arch}\". Please choose one from {known}")))
}

/// The architectures that options accept, as dnf5 lists them.
#[rustfmt::skip]
const SUPPORTED: [&str; 63] = [
    "aarch64", "alpha", "alphaev4", "alphaev45", "alphaev5", "alphaev56", "alphaev6", "alphaev67",
    "alphaev68", "alphaev7", "alphapca56", "amd64", "armv5tejl", "armv5tel", "armv5tl", "armv6hl", "armv6l",
    "armv7hl", "armv7hnl", "armv7l", "armv8hcnl", "armv8hl", "armv8hnl", "armv8l", "athlon", "e2k", "e2kv4",
    "e2kv5", "e2v6", "geode", "i386", "i486", "i586", "i686", "ia32e", "ia64", "loongarch64", "mips",
    "mips64", "mips64el", "mipsel", "noarch", "ppc", "ppc64", "ppc64iseries", "ppc64le", "ppc64p7",
    "ppc64pseries", "riscv128", "riscv32", "riscv64", "s390", "s390x", "sh3", "sh4", "sh4a", "sparc",
    "sparc64", "sparc64v", "sparcv8", "sparcv9", "sparcv9v", "x86_64",
];

/// Returns the point in time at which repositories are looked at; repositories that are left alone have no meaning
/// without it.
fn snapshot(globals: &GlobalArgs) -> Result<Option<Snapshot>, UsageError> {
    let Some(text) = &globals.snapshottime else { return Ok(None) };
    let time = text.parse().map_err(|_| badly_formatted("snapshottime", text))?;
    Ok(Some(Snapshot { time, except: split_list(&globals.snapshotexcluderepos) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(globals: GlobalArgs) -> Result<Settings, String> {
        lower(&globals, &Environment::default(), vec!["dnf5".to_owned()]).map_err(|error| error.to_string())
    }

    fn given(options: &[(&str, &str)]) -> Result<Settings, String> {
        let given = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        lowered(GlobalArgs { given, ..GlobalArgs::default() })
    }

    #[test]
    fn options_keep_their_order() {
        let settings = given(&[
            ("assumeyes", ""),
            ("setopt", "best=1"),
            ("no_best", ""),
            ("exclude", "a,b"),
            ("setopt", "r.gpgcheck=0"),
            ("repo", "a,b"),
            ("disable_repo", "b"),
            ("repo", "c"),
        ]);
        let want = [
            OptionSetting::main("assumeyes", "1"),
            OptionSetting::main("best", "1"),
            OptionSetting::main("best", "0"),
            OptionSetting::main("excludepkgs", "a,b"),
            OptionSetting::repo("r", "gpgcheck", "0"),
            OptionSetting::repo("*", "enabled", "0"),
            OptionSetting::repo("a", "enabled", "1"),
            OptionSetting::repo("b", "enabled", "1"),
            OptionSetting::repo("b", "enabled", "0"),
            OptionSetting::repo("c", "enabled", "1"),
        ];
        assert_eq!(settings.expect("well formed").options, want);
    }

    #[test]
    fn places_and_variables_keep_their_order() {
        let settings = given(&[
            ("installroot", "/a"),
            ("setopt", "installroot=/b"),
            ("setopt", "use_host_config=1"),
            ("releasever", "9"),
            ("setvar", "releasever=8"),
            ("forcearch", "i686"),
        ])
        .expect("well formed");
        assert_eq!(settings.installroot, Some(PathBuf::from("/b")));
        assert!(settings.use_host_config);
        let names: Vec<_> = settings.variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(names, [("releasever", "9"), ("releasever", "8"), ("arch", "i686")]);
        assert!(settings.options.contains(&OptionSetting::main("ignorearch", "1")));
    }

    #[test]
    fn bad_values_are_named() {
        let bad = |name: &str, value: &str| given(&[(name, value)]).expect_err("is refused");
        insta::assert_snapshot!(bad("setopt", "nox"), @r#"setopt: Badly formatted argument value "nox". Add "--help" for more information about the arguments."#);
        insta::assert_snapshot!(bad("setopt", "r.=1"), @r#"setopt: Badly formatted argument value: Last key character cannot be '.': r.=1. Add "--help" for more information about the arguments."#);
        insta::assert_snapshot!(bad("repofrompath", "id,"), @r#"repofrompath: Incorrect repoid and path specification "id,". Add "--help" for more information about the arguments."#);
        assert!(
            bad("forcearch", "pdp11")
                .starts_with("Unsupported architecture \"pdp11\". Please choose one from \"aarch64\"")
        );
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
}
