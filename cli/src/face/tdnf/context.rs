//! What every command is handed, and the way to an open, loaded session.

use std::path::PathBuf;
use std::sync::Arc;

use oxidnf_engine::settings::{Environment as EngineEnvironment, OptionSetting, PluginSwitches, Snapshot};
use oxidnf_engine::{Load, Session, Settings};

use super::conf::Conf;
use super::conf::repos::{self, Refused, Variables};
use super::console::Console;
use super::failure::{Failure, number};
use super::faults;
use super::grammar::Line;
use super::progress::Progress;
use super::prompt::Terminal;
use crate::environment::Environment;
use crate::settings::PROGRAM_VERSION;

/// The outcome of a command.
pub type Done = Result<(), Failure>;

/// Provides that tell the release when the configuration names none.
const RELEASE: [&str; 6] = [
    "system-release(releasever)",
    "system-release",
    "redhat-release",
    "azurelinux-release",
    "mariner-release",
    "photon-release",
];

/// What a command works with.
pub struct Context {
    /// Where words go.
    pub console: Console,
    /// The command line.
    pub line: Line,
    /// The configuration.
    pub conf: Conf,
    /// The environment, of which only proxies and the current directory matter.
    pub environment: Environment,
    /// What happens while the engine works.
    pub progress: Arc<Progress>,
}

impl Context {
    /// Opens a session: configuration, release, repositories.
    pub fn open(&self) -> Result<Session, Failure> {
        let mut settings = self.settings()?;
        let release_named = !self.conf.distroverpkg.is_empty();
        // Repositories that are directories are known before the others, which need `$releasever`.
        settings.repos_from_directory = directories(&self.line);
        let mut session = Session::open(settings).map_err(|error| faults::tell(&self.console, &error))?;
        let releasever = session.vars().get("releasever").map(str::to_owned);
        if release_named && releasever.is_none() {
            return Err(Failure::new(number::NO_DISTROVERPKG));
        }
        let variables = Variables::new(&self.conf, releasever.as_deref().unwrap_or_default());
        let found = repos::read(&self.conf, &self.line, &variables).map_err(|Refused { said, failure }| {
            if let Some(said) = said {
                self.console.error(said);
            }
            failure
        })?;
        for warning in &found.warnings {
            self.console.always(warning);
        }
        *session.repos_mut() = found.repos;
        Ok(session)
    }

    /// Opens a session and loads packages.
    pub fn loaded(&self, load: &Load) -> Result<Session, Failure> {
        let mut session = self.open()?;
        self.load(&mut session, load)?;
        Ok(session)
    }

    /// Loads packages into a session.
    pub fn load(&self, session: &mut Session, load: &Load) -> Done {
        if load.available {
            self.check_sources(session)?;
        }
        let mut prompt = Terminal::new(self);
        self.progress.set_names(session.repos());
        let loaded = session.load(load, &mut prompt, self.progress.as_ref());
        prompt.outcome()?;
        faults::tell_skipped(&self.console, session);
        loaded.map_err(|error| faults::tell_with(&self.console, &error, session.repos()))?;
        Ok(())
    }

    /// Fails when an enabled repository says nowhere where it is.
    fn check_sources(&self, session: &Session) -> Done {
        use oxidnf_engine::repo_config::Source;
        let lost = session.repos().iter().find(|repo| repo.enabled && repo.source() == Source::Nothing);
        let Some(repo) = lost else { return Ok(()) };
        let failure = Failure::new(number::NO_BASE_URL);
        if repo.options.skip_if_unavailable {
            return Ok(());
        }
        self.console.error(format!("Error({}) : {}", failure.number(), failure.text()));
        self.console.error(format!("Error: Failed to synchronize cache for repo '{}'", repo.name));
        Err(failure)
    }

    /// Tells whether an option was given, as flag or through `--setopt`.
    pub fn has(&self, flag: &str) -> bool {
        self.line.has(flag)
    }

    fn settings(&self) -> Result<Settings, Failure> {
        let text = |pair: &(std::ffi::OsString, std::ffi::OsString)| {
            Some((pair.0.to_str()?.to_owned(), pair.1.to_str()?.to_owned()))
        };
        let environment = EngineEnvironment::from_variables(self.environment.variables.iter().filter_map(text));
        let root = (self.conf.root != std::path::Path::new("/")).then(|| self.conf.root.clone());
        let mut macros = Vec::new();
        for definition in self.line.values("rpmdefine") {
            let (name, body) = definition.trim().split_once(char::is_whitespace).unwrap_or((definition, ""));
            macros.push((name.to_owned(), body.trim().to_owned()));
        }
        let release = if self.conf.distroverpkg.is_empty() {
            RELEASE.map(str::to_owned).to_vec()
        } else {
            self.conf.distroverpkg.clone()
        };
        Ok(Settings {
            arguments: std::iter::once("tdnf".to_owned()).chain(self.line.reordered.iter().cloned()).collect(),
            installroot: root,
            options: self.options(),
            variables: self
                .line
                .value("releasever")
                .map(|v| ("releasever".to_owned(), v.to_owned()))
                .into_iter()
                .collect(),
            refresh: self.has("refresh"),
            plugins: PluginSwitches { none: true, switches: Vec::new() },
            environment,
            program_version: PROGRAM_VERSION.to_owned(),
            only_options: true,
            release_provides: release,
            snapshot: self.snapshot()?,
            minimum_versions: self.conf.minversions.clone(),
            macros,
            foreign_state_dirs: self.conf.persistdir.iter().cloned().collect(),
            ignore_modules: true,
            skip_digests: self.has("skipdigest"),
            packages_dir: Some(self.conf.cachedir.clone()),
            ..Settings::default()
        })
    }

    fn options(&self) -> Vec<OptionSetting> {
        let conf = &self.conf;
        let number = |on: bool| if on { "1" } else { "0" };
        let clean = conf.clean_requirements && !self.has("noautoremove");
        let cachedir = conf.cachedir.to_string_lossy().into_owned();
        // A comma in front takes the place of dnf5's own list.
        let list = |items: &[String]| format!(",{}", items.join(","));
        let limit = conf.installonly_limit.to_string();
        let mut options = vec![
            OptionSetting::main("cachedir", cachedir.clone()),
            OptionSetting::main("system_cachedir", cachedir),
            OptionSetting::main("keepcache", number(conf.keepcache || self.has("downloadonly"))),
            OptionSetting::main("clean_requirements_on_remove", number(clean)),
            OptionSetting::main("installonly_limit", limit),
            OptionSetting::main("installonlypkgs", list(&conf.installonly)),
            OptionSetting::main("protected_packages", list(&conf.protected)),
            OptionSetting::main("protect_running_kernel", "0"),
            OptionSetting::main("exclude_from_weak_autodetect", "0"),
            OptionSetting::main("optional_metadata_types", ","),
            OptionSetting::main("best", "0"),
            OptionSetting::main("cacheonly", if self.has("cacheonly") { "metadata" } else { "none" }),
            OptionSetting::main("debug_solver", number(self.has("debugsolver"))),
        ];
        let excludes = self.excludes();
        if !excludes.is_empty() {
            options.push(OptionSetting::main("excludepkgs", excludes.join(",")));
        }
        for flag in self.transaction_flags() {
            options.push(OptionSetting::main("tsflags", flag));
        }
        options
    }

    /// Names and globs, separated by commas or colons on the command line and by blanks in the file.
    fn excludes(&self) -> Vec<String> {
        let given = self.line.values("exclude").flat_map(|value| value.split([',', ':']));
        let mut all: Vec<String> = given.filter(|item| !item.is_empty()).map(str::to_owned).collect();
        if !self.has("disableexcludes") {
            all.extend(self.conf.excludes.iter().cloned());
        }
        all
    }

    fn transaction_flags(&self) -> Vec<&str> {
        let mut flags: Vec<&str> =
            self.line.values("tsflags").filter(|flag| matches!(*flag, "noscripts" | "nodocs")).collect();
        if self.has("testonly") {
            flags.push("test");
        }
        if self.has("nogpgcheck") || self.has("skipdigest") {
            flags.push("nocrypto");
        }
        flags
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, Failure> {
        let Some(text) = self.line.value("snapshottime").or(self.conf.snapshottime.as_deref()) else {
            return Ok(None);
        };
        let bad = || Failure::with_text(1902, format!("snapshot time '{text}' is not a number of seconds"));
        let time = text.trim().parse().map_err(|_| bad())?;
        let except = self.line.values("snapshotexcluderepos").flat_map(|value| value.split(','));
        let except = except.map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
        Ok(Some(Snapshot { time, except }))
    }
}

/// Returns ids and paths of `--repofromdir`, as far as they can be used; what is wrong is told when all repositories
/// are read.
fn directories(line: &Line) -> Vec<(String, PathBuf)> {
    let pair = |value: &str| {
        let (id, dir) = value.split_once(',')?;
        Some((id.to_owned(), std::fs::canonicalize(dir).ok()?))
    };
    line.values("repofromdir").filter_map(pair).collect()
}
