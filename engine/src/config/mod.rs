//! The main configuration: which files are read, in which order, and what may override what
//! (reference of dnf5, section 2.1).

mod automatic;
mod files;
mod options;

use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::conf::{ConfValue, Ini, IniError, Opt, Priority, ValueError, VarPriority, Vars};
use oxidnf_core::root::Root;
use oxidnf_repo::config::{RepoDefaults, RepoOptions};

use crate::settings::Settings;

pub use automatic::{AutomaticConfig, EmailTls, Reboot, UpgradeType};
pub(crate) use files::os_release_value;
pub use options::{Options, Setting};

/// Options of `[main]` that dnf5 does not have.
const OWN_OPTIONS: [&str; 4] = ["label_files", "refuse_rollback", "repo_pinned_keys", "rpmdb_parked"];

/// Configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or directory cannot be read.
    #[error("cannot read configuration file {path}")]
    Read {
        /// The file as the user knows it, below the installroot.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// A file cannot be understood.
    #[error("error in configuration file {path}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: IniError,
    },
    /// `--setopt` names an option that does not exist.
    #[error("option {key:?} not found")]
    UnknownOption {
        /// Name.
        key: String,
        /// Value that was to be set.
        value: String,
    },
    /// `--setopt` has a value of the wrong type.
    #[error("invalid value for option {key:?}")]
    BadValue {
        /// Name of the option.
        key: String,
        /// The value.
        value: String,
        /// Cause.
        source: ValueError,
    },
    /// `--installroot` is not absolute.
    #[error("installroot {path} is not an absolute path")]
    RelativeInstallroot {
        /// The path.
        path: PathBuf,
    },
}

/// Something odd in a configuration file that does not stop the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigNote {
    /// An option that its section does not have.
    UnknownOption {
        /// The file.
        path: PathBuf,
        /// The section.
        section: String,
        /// Line, counted from 1.
        line: usize,
        /// Name.
        key: String,
    },
    /// A value of the wrong type; the option keeps what it had.
    BadValue {
        /// The file.
        path: PathBuf,
        /// The section.
        section: String,
        /// Line, counted from 1.
        line: usize,
        /// Name of the option.
        key: String,
        /// What is wrong.
        error: ValueError,
    },
    /// A file of `automatic` where earlier releases had it.
    OldPlace {
        /// The file, as a path of the host.
        path: PathBuf,
    },
}

/// The two file systems of a run: the host's and the one that packages go to. Often they are the same.
#[derive(Debug)]
pub struct Roots {
    /// Where this program runs.
    pub host: Root,
    /// The installroot.
    pub target: Root,
    /// Whether configuration is taken from the host.
    pub config_from_host: bool,
}

impl Roots {
    /// Opens both; the installroot is made if it is missing and `create` says so.
    pub fn open(settings: &Settings) -> Result<Self, ConfigError> {
        let read = |path: &Path| Root::open(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source });
        let target = settings.installroot.as_deref().unwrap_or(Path::new("/"));
        if !target.is_absolute() {
            return Err(ConfigError::RelativeInstallroot { path: target.to_owned() });
        }
        if !target.exists() {
            // A fresh root begins as an empty directory, as with dnf5.
            std::fs::create_dir_all(target).map_err(|source| ConfigError::Read { path: target.to_owned(), source })?;
        }
        Ok(Roots {
            host: read(Path::new("/"))?,
            target: read(target)?,
            config_from_host: settings.use_host_config || target == Path::new("/"),
        })
    }

    /// Returns the file system that configuration comes from.
    pub fn config(&self) -> &Root {
        if self.config_from_host { &self.host } else { &self.target }
    }
}

/// The main configuration in force.
#[derive(Debug, Clone)]
pub struct Config {
    /// Every option.
    pub options: Options,
    /// The main configuration file and its content, whose other sections are repositories; absent if there is none.
    pub main_file: Option<(PathBuf, Ini)>,
    /// What was odd in the files.
    pub notes: Vec<ConfigNote>,
    /// Names that must not be removed, from `protected_packages` and the files it names.
    pub protected: Vec<String>,
    /// What the files of `automatic` say, when they were asked for.
    pub automatic: Option<AutomaticConfig>,
    /// Whether a file has a key spelled `gpgcheck`; only then `gpgcheck_policy` has a meaning.
    says_gpgcheck: bool,
}

impl Config {
    /// Reads drop-in files, then the main file, then applies the command line.
    ///
    /// Values are substituted only with the variables of the command line: dnf5 reads the others later.
    pub fn load(settings: &Settings, roots: &Roots) -> Result<Self, ConfigError> {
        let mut config = Config {
            options: Options::default(),
            main_file: None,
            notes: Vec::new(),
            protected: Vec::new(),
            automatic: None,
            says_gpgcheck: false,
        };
        let mut vars = Vars::new();
        for (name, value) in &settings.variables {
            vars.set(name, value, VarPriority::CommandLine);
        }
        config.set_places(settings);
        if !settings.only_options {
            for path in files::drop_ins(roots.config())? {
                let ini = files::parse(roots.config(), &path)?;
                config.apply(&path, &ini, &vars);
            }
            config.read_main_file(settings, roots, &vars)?;
            if settings.automatic {
                config.read_automatic(roots, &vars)?;
            }
        }
        config.command_line(settings)?;
        if config.says_gpgcheck {
            config.options.spread_gpgcheck();
        }
        config.finish_places(settings);
        config.read_protected(roots)?;
        Ok(config)
    }

    fn read_main_file(&mut self, settings: &Settings, roots: &Roots, vars: &Vars) -> Result<(), ConfigError> {
        let ini = match &settings.config_file {
            // Named by the user: relative to where the user is, on the host, and it must exist.
            Some(path) => Some((path.clone(), files::parse_host(path)?)),
            None => {
                let path = PathBuf::from(self.options.config_file_path.get());
                files::parse_optional(roots.config(), &path)?.map(|ini| (path, ini))
            }
        };
        if let Some((path, ini)) = ini {
            self.apply(&path, &ini, vars);
            if settings.config_file.is_some() {
                self.options.config_file_path.set(Priority::CommandLine, path.to_string_lossy().into_owned());
            }
            self.main_file = Some((path, ini));
        }
        Ok(())
    }

    fn apply(&mut self, path: &Path, ini: &Ini, vars: &Vars) {
        for entry in ini.sections.iter().filter(|section| section.name == "main").flat_map(|s| &s.entries) {
            self.says_gpgcheck |= entry.key == "gpgcheck";
            let note = match self.options.set(&entry.key, Priority::MainConfig, &vars.substitute(&entry.value)) {
                Ok(true) => continue,
                Ok(false) => ConfigNote::UnknownOption {
                    path: path.to_owned(),
                    section: "main".to_owned(),
                    line: entry.line,
                    key: entry.key.clone(),
                },
                Err(error) => ConfigNote::BadValue {
                    path: path.to_owned(),
                    section: "main".to_owned(),
                    line: entry.line,
                    key: entry.key.clone(),
                    error,
                },
            };
            self.notes.push(note);
        }
    }

    fn command_line(&mut self, settings: &Settings) -> Result<(), ConfigError> {
        for setting in settings.options.iter().filter(|setting| setting.repo.is_none()) {
            let (key, value) = (&setting.key, &setting.value);
            match self.options.set(key, Priority::CommandLine, value) {
                Ok(true) => {}
                Ok(false) => return Err(ConfigError::UnknownOption { key: key.clone(), value: value.clone() }),
                Err(source) => {
                    return Err(ConfigError::BadValue { key: key.clone(), value: value.clone(), source });
                }
            }
        }
        if let Some(root) = &settings.installroot {
            self.options.installroot.set(Priority::CommandLine, root.to_string_lossy().into_owned());
        }
        if settings.use_host_config {
            self.options.use_host_config.set(Priority::CommandLine, true);
        }
        Ok(())
    }

    /// Sets the places that depend on who runs the program.
    fn set_places(&mut self, settings: &Settings) {
        let options = &mut self.options;
        options.cachedir = options.system_cachedir.clone();
        if rustix::process::geteuid().is_root() {
            return;
        }
        let environment = &settings.environment;
        let under_home = |set: &Option<PathBuf>, below: &str| {
            set.clone().or_else(|| environment.home.as_ref().map(|home| home.join(below)))
        };
        if let Some(cache) = under_home(&environment.xdg_cache_home, ".cache") {
            options.cachedir = Opt::new(cache.join("libdnf5").to_string_lossy().into_owned());
        }
        if let Some(state) = under_home(&environment.xdg_state_home, ".local/state") {
            options.logdir = Opt::new(state.to_string_lossy().into_owned());
        }
    }

    /// Puts places below the installroot that belong there.
    fn finish_places(&mut self, settings: &Settings) {
        let options = &mut self.options;
        if rustix::process::geteuid().is_root() {
            // For root the system's cache is the cache, whatever dnf.conf says; only the command line can differ.
            let system = options.system_cachedir.get().clone();
            options.cachedir.set(Priority::MainConfig, system);
        }
        let Some(root) = settings.installroot.as_deref().filter(|root| *root != Path::new("/")) else { return };
        let below = |path: &str| root.join(path.trim_start_matches('/')).to_string_lossy().into_owned();
        for place in [&mut options.logdir, &mut options.cachedir, &mut options.system_cachedir] {
            if place.priority() < Priority::CommandLine {
                let path = below(place.get());
                place.set(Priority::InstallRoot, path);
            }
        }
        if !options.use_host_config.value() && options.reposdir.priority() < Priority::CommandLine {
            let dirs = options.reposdir.get().iter().map(|dir| below(dir)).collect();
            options.reposdir.set(Priority::InstallRoot, dirs);
        }
    }

    /// Replaces `glob:` items of `protected_packages` by the names in those files.
    fn read_protected(&mut self, roots: &Roots) -> Result<(), ConfigError> {
        for list in [&mut self.options.usr_drift_protected_paths, &mut self.options.protected_packages] {
            let text = with_files(roots, &list.get().render().unwrap_or_default())?;
            list.add(Priority::Runtime, &text);
        }
        let mut named = self.options.protected_packages.get();
        named.retain(|name| !name.starts_with("glob:"));
        named.sort();
        named.dedup();
        self.protected = named;
        Ok(())
    }

    /// Returns what repositories inherit.
    pub fn repo_defaults(&self) -> RepoDefaults {
        let mut defaults = RepoDefaults::default();
        let settings = self.options.settings();
        for name in RepoOptions::NAMES {
            let text = settings.iter().find(|(other, _)| other == name).and_then(|(_, setting)| setting.render());
            if let Some(text) = text {
                // Both sides read the same types, so a rendered value is always accepted.
                let _ = defaults.set(name, &text);
            }
        }
        // Its rendered form is rounded, and a part of the bandwidth reads as a rate.
        defaults.throttle = self.options.throttle.value();
        defaults
    }

    /// Returns names and values as `--dump-main-config` shows them; `None` is an unset value.
    ///
    /// Options that dnf5 does not have are left out as long as nobody has set them.
    pub fn dump(&self) -> Vec<(&'static str, Option<String>)> {
        let shown = |(name, setting): &(&str, &dyn options::Setting)| {
            !OWN_OPTIONS.contains(name) || setting.set_by() > Priority::Default
        };
        let settings = self.options.settings().into_iter().filter(shown);
        settings.map(|(name, setting)| (name, setting.render())).collect()
    }

    /// Returns the directory of the state files, below the target root.
    pub fn state_dir(&self) -> PathBuf {
        PathBuf::from(self.options.system_state_dir.get())
    }

    /// Returns the file of the transaction history, below the target root.
    pub fn history_file(&self) -> PathBuf {
        Path::new(self.options.transaction_history_dir.get()).join("transaction_history.sqlite")
    }

    /// Returns the cache directory as a path of the host.
    pub fn cache_dir(&self) -> PathBuf {
        PathBuf::from(self.options.cachedir.get())
    }

    /// Sets the name that is told to servers, from what os-release says of the system.
    pub fn set_user_agent(&mut self, roots: &Roots, basearch: &str) {
        // dnf5 tells of the system that it runs on, whatever root it works in.
        if let Some(agent) = files::user_agent(&roots.host, basearch) {
            let agent_is_default = !self.options.user_agent.is_set();
            if agent_is_default {
                self.options.user_agent = Opt::new(agent);
            }
        }
    }
}

/// Returns the text of a list with the lines of the files that `glob:` items name in the place of these items.
///
/// As in dnf5 the text is cut at every separator, escaped or not, and put together with blanks: `a\\,b` becomes one item
/// with a blank in it. Lines are added as they are, so one line may hold several items.
fn with_files(roots: &Roots, text: &str) -> Result<String, ConfigError> {
    let mut words = Vec::new();
    for word in text.split([' ', ',', '\n']).filter(|word| !word.is_empty()) {
        match word.strip_prefix("glob:") {
            // Always the target's: they name what the target cannot do without.
            Some(pattern) => words.extend(files::lines_in_files(&roots.target, pattern)?),
            None => words.push(word.to_owned()),
        }
    }
    Ok(words.join(" "))
}

/// Renders a value for messages about a single option.
pub fn render<T: ConfValue>(option: &Opt<T>) -> String {
    option.get().render().unwrap_or_default()
}
