//! The beginning of a session, up to the point where repositories are known.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxidnf_catalog::Sack;
use oxidnf_core::conf::{GpgcheckPolicy, Priority, Vars};
use oxidnf_repo::config::{RepoConfig, RepoSources, SetOpt};

use super::{Notes, Session, notes};
use crate::clock::Clock;
use crate::config::{Config, Roots};
use crate::error::Error;
use crate::log::{Level, Log};
use crate::modules::ModuleSack;
use crate::plugin::{HookCx, HookResult, Plugin};
use crate::settings::{OptionSetting, Settings};
use crate::state::State;
use crate::vars;

/// Directories of override files, strongest first.
const OVERRIDE_DIRS: [&str; 2] = ["/etc/dnf/repos.override.d", "/usr/share/dnf5/repos.override.d"];

pub(super) fn open(settings: Settings, plugins: Vec<Box<dyn Plugin>>) -> Result<Session, Error> {
    oxidnf_transaction::limit_allocator();
    let roots = Roots::open(&settings)?;
    let config = Config::load(&settings, &roots)?;
    let log = Arc::new(Log::default());
    log.write(Level::Info, &format!("--- DNF5 launched with arguments: \"{}\" ---", settings.arguments.join(" ")));
    let state = State::load(&roots.target, &config.state_dir())?;
    let mut session = Session {
        clock: Clock::limited(settings.environment.source_date_epoch),
        settings,
        roots,
        config,
        vars: Vars::new(),
        repos: Vec::new(),
        notes: Notes::default(),
        state: Arc::new(state),
        log,
        sack: Sack::new(),
        available: Vec::new(),
        modules: ModuleSack::default(),
        command_line: HashMap::new(),
        macros: None,
        lock: None,
        locked: None,
        stored_repos: std::collections::BTreeSet::new(),
        plugins,
    };
    session.notes.config.clone_from(&session.config.notes);
    session.choose_plugins();
    session.each_plugin(|plugin, cx| plugin.pre_base_setup(cx))?;
    session.fill_vars();
    session.detect_release()?;
    session.each_plugin(|plugin, cx| plugin.post_base_setup(cx))?;
    // What fails before leaves no log, as in dnf5.
    session.open_log();
    session.read_repos()?;
    Ok(session)
}

impl Session {
    /// Drops the plug-ins that configuration or command line switch off.
    fn choose_plugins(&mut self) {
        let switches = &self.settings.plugins;
        if switches.none || !self.config.options.plugins.value() {
            self.plugins.clear();
        }
        self.plugins.retain(|plugin| switches.of(plugin.name()).unwrap_or(true));
    }

    /// Runs one hook of every plug-in.
    pub(crate) fn each_plugin(
        &mut self,
        mut hook: impl FnMut(&mut dyn Plugin, &mut HookCx<'_>) -> HookResult,
    ) -> HookResult {
        let mut cx = HookCx {
            settings: &self.settings,
            config: &mut self.config,
            vars: &mut self.vars,
            repos: &mut self.repos,
            sack: &self.sack,
            log: &self.log,
        };
        self.plugins.iter_mut().try_for_each(|plugin| hook(plugin.as_mut(), &mut cx))
    }

    fn open_log(&mut self) {
        let options = &self.config.options;
        let dir = PathBuf::from(options.logdir.get());
        if let Err(error) = self.log.open(&dir, options.log_size.get().0, options.log_rotate.value().0) {
            self.notes.log_unwritable = Some((dir.join("dnf5.log"), error.to_string()));
        }
        for note in &self.notes.config {
            let (level, text) = notes::main_option(note);
            self.log.write(level, &text);
        }
    }

    fn fill_vars(&mut self) {
        let root = if self.vars_from_host() { &self.roots.host } else { &self.roots.target };
        let dirs: Vec<PathBuf> = self.config.options.varsdir.get().iter().map(|dir| Path::new("/").join(dir)).collect();
        for (path, error) in vars::fill(&mut self.vars, &self.settings, &dirs, root, &build_arch()) {
            self.log.write(Level::Warning, &notes::unreadable_variable(&path, &error));
        }
        let basearch = self.vars.get("basearch").unwrap_or_default().to_owned();
        self.config.set_user_agent(&self.roots, &basearch);
    }

    /// Directories of variables that the command line names are the host's, others are where the configuration is;
    /// relative ones begin at the top of either.
    fn vars_from_host(&self) -> bool {
        let options = &self.config.options;
        options.varsdir.priority() >= Priority::CommandLine || options.use_host_config.value()
    }

    /// Returns the directories of variables as paths of the host, the strongest last.
    pub(crate) fn vars_dirs(&self) -> Vec<PathBuf> {
        let root = if self.vars_from_host() { &self.roots.host } else { &self.roots.target };
        self.config.options.varsdir.get().iter().map(|dir| root.host_path(Path::new("/").join(dir))).collect()
    }

    fn read_repos(&mut self) -> Result<(), Error> {
        let mut dirs: Vec<PathBuf> = self.config.options.reposdir.get().iter().map(PathBuf::from).collect();
        let from_host = self.config.options.use_host_config.value();
        let root = if from_host { &self.roots.host } else { &self.roots.target };
        let mut override_dirs = OVERRIDE_DIRS.map(|dir| root.host_path(Path::new(dir))).to_vec();
        if self.settings.only_options {
            dirs.clear();
            override_dirs.clear();
        }
        let defaults = self.config.repo_defaults();
        let setopts: Vec<SetOpt> = self.settings.options.iter().filter_map(set_opt).collect();
        let set = RepoConfig::read_dirs(&RepoSources {
            main: self.config.main_file.as_ref().map(|(path, ini)| (path.as_path(), ini)),
            dirs: &dirs,
            override_dirs: &override_dirs,
            vars: &self.vars,
            defaults: &defaults,
            gpgcheck_is_full: self.config.options.gpgcheck_policy.value() != GpgcheckPolicy::Legacy,
            from_path: &self.settings.repos_from_path,
            setopts: &setopts,
        })?;
        self.repos = set.repos;
        for note in &set.notes {
            let (level, text) = notes::repository(note);
            self.log.write(level, &text);
        }
        self.notes.repos = set.notes;
        if !set.unmatched.is_empty() {
            return Err(Error::NoSuchRepo { patterns: set.unmatched, refused: set.refused });
        }
        self.notes.refused = set.refused;
        Ok(self.each_plugin(|plugin, cx| plugin.repos_configured(cx))?)
    }
}

/// Returns an option of the command line if it is one of repositories.
fn set_opt(option: &OptionSetting) -> Option<SetOpt> {
    let OptionSetting { repo, key, value } = option.clone();
    Some(SetOpt { pattern: repo?, key, value })
}

/// Returns the architecture that this machine's packages are built for, which is `$arch`.
pub(crate) fn build_arch() -> String {
    let uname = rustix::system::uname();
    let machine = uname.machine().to_string_lossy();
    // Of the processor's flags only those of ARM matter here, and reading them takes its time.
    let native = if machine.starts_with("arm") { native_arch() } else { oxidnf_core::arch::detect(&machine, []) };
    oxidnf_core::arch::build_arch(&native).to_owned()
}

/// Returns the architecture of this machine in rpm's words.
pub(crate) fn native_arch() -> String {
    let uname = rustix::system::uname();
    let machine = uname.machine().to_string_lossy().into_owned();
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("flags").or_else(|| line.strip_prefix("Features")))
        .unwrap_or_default();
    oxidnf_core::arch::detect(&machine, flags.split_whitespace())
}
