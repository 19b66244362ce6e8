//! What a face tells the engine before a session starts; the last place where the environment is seen, as data.

use std::path::PathBuf;

/// Everything that a session needs to know from outside.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Program name and arguments, for the history and the log.
    pub arguments: Vec<String>,
    /// `--comment`: text for the history.
    pub comment: Option<String>,
    /// `--installroot`; must be absolute. `None` is `/`.
    pub installroot: Option<PathBuf>,
    /// `--use-host-config`: configuration, repositories and variables come from the host although there is an
    /// installroot.
    pub use_host_config: bool,
    /// `--config`: this file instead of `/etc/dnf/dnf.conf`; it must exist.
    pub config_file: Option<PathBuf>,
    /// Options of the command line in their order: those of `--setopt` and those that other switches stand for.
    pub options: Vec<OptionSetting>,
    /// Variables of the command line in their order: those of `--setvar` and those that other switches stand for.
    pub variables: Vec<(String, String)>,
    /// `--repofrompath`: id and path or URL, variables not yet substituted.
    pub repos_from_path: Vec<(String, String)>,
    /// `--refresh`: all metadata counts as expired.
    pub refresh: bool,
    /// `--no-plugins`, `--enable-plugin`, `--disable-plugin`.
    pub plugins: PluginSwitches,
    /// What the environment says.
    pub environment: Environment,
    /// Stops downloads when a face says so, for example on SIGINT; clones share one switch.
    pub cancel: oxidnf_repo::fetch::CancelToken,
    /// Name and version of the program, for the user agent of plug-ins and logs.
    pub program_version: String,
    /// No configuration file and no repository file is read: [`Settings::options`] are all the configuration there is,
    /// and who opened the session adds the repositories to [`Session::repos_mut`](crate::Session::repos_mut).
    pub only_options: bool,
    /// The files of `automatic` are read, whose `[base]` changes the main configuration.
    pub automatic: bool,
    /// Provides that tell `$releasever`, strongest first; empty for dnf5's.
    pub release_provides: Vec<String>,
    /// Hides what came into the repositories later than a point in time.
    pub snapshot: Option<Snapshot>,
    /// Names of packages and the versions below which builds of them are hidden.
    pub minimum_versions: Vec<(String, String)>,
    /// rpm macros that win over those of macro files: name and body.
    pub macros: Vec<(String, String)>,
    /// Repositories that are directories of package files without metadata: id and path.
    pub repos_from_directory: Vec<(String, PathBuf)>,
    /// Directories below the target root in which an older program may have left its memory, besides the usual ones.
    pub foreign_state_dirs: Vec<PathBuf>,
    /// Modules are not known, so that they hide nothing.
    pub ignore_modules: bool,
    /// Digests in packages whose signature is checked are not looked at.
    pub skip_digests: bool,
    /// Directory of the host that gets package files, at `REPOSITORY/rpms/LOCATION`, instead of the cache of metadata.
    pub packages_dir: Option<PathBuf>,
}

/// A point in time at which repositories are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Seconds since 1970; packages whose file is newer in the metadata (`<time file=…>`) are hidden.
    pub time: u64,
    /// Ids and globs of repositories that are seen as they are now.
    pub except: Vec<String>,
}

/// One option set on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionSetting {
    /// Glob of repository ids, or `None` for a main option.
    pub repo: Option<String>,
    /// Key as in a configuration file.
    pub key: String,
    /// Value as in a configuration file.
    pub value: String,
}

impl OptionSetting {
    /// Makes a main option.
    pub fn main(key: &str, value: impl Into<String>) -> Self {
        OptionSetting { repo: None, key: key.to_owned(), value: value.into() }
    }

    /// Makes an option of all repositories that match a glob.
    pub fn repo(glob: &str, key: &str, value: impl Into<String>) -> Self {
        OptionSetting { repo: Some(glob.to_owned()), key: key.to_owned(), value: value.into() }
    }

    /// Parses the argument of `--setopt`: `key=value` or `repoglob.key=value`.
    ///
    /// The key is what follows the last dot before the first `=`; the glob may be empty, although nothing matches it.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, value) = text.split_once('=')?;
        let (repo, key) = match path.rsplit_once('.') {
            Some((repo, key)) => (Some(repo), key),
            None => (None, path),
        };
        let setting = || OptionSetting { repo: repo.map(str::to_owned), key: key.to_owned(), value: value.to_owned() };
        (!key.is_empty()).then(setting)
    }
}

/// Which plug-ins run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginSwitches {
    /// None at all, whatever the configuration says.
    pub none: bool,
    /// Globs of plug-ins to enable (`true`) or disable, in order.
    pub switches: Vec<(String, bool)>,
}

impl PluginSwitches {
    /// Tells whether a plug-in is switched on or off by its name; what is said last counts.
    pub fn of(&self, plugin: &str) -> Option<bool> {
        let said = self.switches.iter().rev().find(|(glob, _)| oxidnf_repo::config::glob_match(glob, plugin));
        said.map(|(_, enabled)| *enabled)
    }
}

/// The part of the process environment that dnf5 looks at.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `DNF_VAR_NAME=value` as (NAME, value), and `DNF0` … `DNF9` under their own names.
    pub variables: Vec<(String, String)>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `XDG_CACHE_HOME`.
    pub xdg_cache_home: Option<PathBuf>,
    /// `XDG_STATE_HOME`.
    pub xdg_state_home: Option<PathBuf>,
    /// `SOURCE_DATE_EPOCH`.
    pub source_date_epoch: Option<i64>,
    /// `http_proxy`, `https_proxy`, `ftp_proxy`, `all_proxy`, `no_proxy` (either case) as they are set.
    pub proxies: Vec<(String, String)>,
    /// `LIBDNF_PLUGINS_CONFIG_DIR`, split.
    pub plugin_conf_dirs: Option<Vec<PathBuf>>,
}

impl Environment {
    /// Picks what matters out of all variables of a process.
    pub fn from_variables(all: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut environment = Environment::default();
        for (name, value) in all {
            environment.take(name, value);
        }
        environment
    }

    fn take(&mut self, name: String, value: String) {
        const PROXIES: [&str; 5] = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"];
        let path = |value: String| (!value.is_empty()).then(|| PathBuf::from(value));
        match name.as_str() {
            "HOME" => self.home = path(value),
            "XDG_CACHE_HOME" => self.xdg_cache_home = path(value),
            "XDG_STATE_HOME" => self.xdg_state_home = path(value),
            "SOURCE_DATE_EPOCH" => self.source_date_epoch = value.parse().ok(),
            "LIBDNF_PLUGINS_CONFIG_DIR" => {
                let dirs = value.split([':', ',', ' ']).filter(|dir| !dir.is_empty());
                self.plugin_conf_dirs = Some(dirs.map(PathBuf::from).collect());
            }
            _ if PROXIES.contains(&name.to_ascii_lowercase().as_str()) => self.proxies.push((name, value)),
            _ => {
                if let Some(variable) = name.strip_prefix("DNF_VAR_").filter(|rest| is_variable_name(rest)) {
                    self.variables.push((variable.to_owned(), value));
                } else if let Some(digit) = name.strip_prefix("DNF")
                    && digit.len() == 1
                    && digit.as_bytes()[0].is_ascii_digit()
                {
                    self.variables.push((name, value));
                }
            }
        }
    }
}

fn is_variable_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setopt_is_cut_at_the_last_dot() {
        let setting = OptionSetting::parse("copr:x.y.excludepkgs=a=b").expect("complete");
        assert_eq!(setting, OptionSetting::repo("copr:x.y", "excludepkgs", "a=b"));
        assert_eq!(OptionSetting::parse("best=1"), Some(OptionSetting::main("best", "1")));
        assert_eq!((OptionSetting::parse("best"), OptionSetting::parse("a.=1")), (None, None));
        assert_eq!(OptionSetting::parse(".best=1"), Some(OptionSetting::repo("", "best", "1")));
    }

    #[test]
    fn environment_is_picked() {
        let given = [("DNF_VAR_a", "1"), ("DNF3", "x"), ("DNF33", "y"), ("HTTP_PROXY", "p"), ("PATH", "z")];
        let environment = Environment::from_variables(given.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(environment.variables, [("a".to_owned(), "1".to_owned()), ("DNF3".to_owned(), "x".to_owned())]);
        assert_eq!(environment.proxies.len(), 1);
    }
}
