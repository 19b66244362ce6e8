//! What every command is handed.

use std::path::Path;
use std::sync::Arc;

use oxidnf_core::conf::{ColorMode, Persistence};
use oxidnf_engine::offline::OfflineState;
use oxidnf_engine::repo_config::{RefusedSetOpt, SetOpt};
use oxidnf_engine::{CancelToken, Error, Load, Session, Settings};

use crate::environment::Environment;
use crate::face::dnf5::progress::Progress;
use crate::face::dnf5::{errors, interrupted};
use crate::grammar::{GlobalArgs, UsageError};
use crate::output::{ColorWhen, Output};
use crate::prompt::{Answers, Terminal};
use crate::settings;

/// Why a command ends early. What is to be said has been said when it is [`Failure::Silent`].
#[derive(Debug)]
pub enum Failure {
    /// A mistake in the arguments.
    Usage(UsageError),
    /// The engine's error and, when known, the session's repositories for its words.
    Engine(Box<Error>, Vec<oxidnf_engine::repo_config::RepoConfig>),
    /// A sentence for the user.
    Message(String),
    /// Everything has been said.
    Silent,
}

impl From<UsageError> for Failure {
    fn from(error: UsageError) -> Self {
        Failure::Usage(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Engine(Box::new(error), Vec::new())
    }
}

impl Failure {
    /// Prints what is to be said and returns the exit status.
    pub fn print(self, output: &Output) -> u8 {
        match self {
            Failure::Usage(error) => {
                output.error(error.to_string());
                errors::USAGE
            }
            Failure::Engine(error, repos) => errors::print(output, &error, &repos),
            Failure::Message(text) => {
                output.error(text);
                errors::FAILURE
            }
            Failure::Silent => errors::FAILURE,
        }
    }
}

/// The exit status of a command, or why it ended early.
pub type CommandResult = Result<u8, Failure>;

/// What a command works with.
pub struct Context {
    /// The streams.
    pub output: Arc<Output>,
    /// The global options.
    pub globals: GlobalArgs,
    /// The environment.
    pub environment: Environment,
    /// The command with its subcommands: `history undo`.
    pub command: String,
    /// The whole command line.
    pub arguments: Vec<String>,
    /// Long names of the options that the running command has, global ones included.
    pub options: Vec<String>,
    /// Repositories that the command takes packages from, which are enabled for it.
    pub from_repos: Vec<String>,
    /// What Ctrl-C sets while something is fetched.
    pub cancel: CancelToken,
}

impl Context {
    /// Opens a session with the global options and the built-in plug-ins.
    pub fn open(&mut self) -> Result<Session, Failure> {
        let session = self.open_quietly()?;
        check_persistence(&session)?;
        if session.has_interrupted() {
            interrupted::print_hint(&self.output);
        }
        Ok(session)
    }

    /// As [`Context::open`], for commands that deal with an interrupted transaction instead of mentioning it.
    pub fn open_quietly(&mut self) -> Result<Session, Failure> {
        self.open_changed(|_| ())
    }

    /// As [`Context::open_quietly`], with a change of what the engine is told.
    pub fn open_changed(&mut self, change: impl FnOnce(&mut Settings)) -> Result<Session, Failure> {
        let mut settings = settings::lower(&self.globals, &self.environment, self.arguments.clone())?;
        change(&mut settings);
        settings.cancel = self.cancel.clone();
        settings::enable_repos(&mut settings, &self.from_repos);
        let root = settings.installroot.as_deref();
        let own_root = root.is_some_and(|root| root != Path::new("/")) && !settings.use_host_config;
        let opened = Session::open_with(settings, oxidnf_plugins::all());
        let session = opened.map_err(|error| self.usage(error, own_root))?;
        let color = match session.config().options.color.value() {
            ColorMode::Auto => ColorWhen::Auto,
            ColorMode::Always => ColorWhen::Always,
            ColorMode::Never => ColorWhen::Never,
        };
        if let Some(output) = Arc::get_mut(&mut self.output) {
            output.set_color(color);
        }
        self.tell_refused(&session.notes().refused);
        if let Some((path, cause)) = &session.notes().log_unwritable {
            self.output.error(format!(
                "Cannot open log file {}: {cause}. Dropping all logs. To redirect the log file location use the \
                 \"logdir\" configuration option.",
                path.display()
            ));
        }
        Ok(session)
    }

    /// Sets the options of a transaction that is carried out at boot: it was decided and checked before.
    pub fn at_boot(&mut self, state: &OfflineState) {
        let mut give = |name: &str, value: &str| self.globals.given.push((name.to_owned(), value.to_owned()));
        for switch in ["assumeyes", "cacheonly", "no_gpgchecks"] {
            give(switch, "");
        }
        give("setopt", "install_weak_deps=0");
        give("setopt", &format!("cachedir={}", state.cachedir));
        if !state.target_releasever.is_empty() {
            give("releasever", &state.target_releasever);
        }
    }

    /// Answers to questions that configuration and command line give.
    pub fn answers(&self, session: &Session) -> Answers {
        let options = &session.config().options;
        Answers {
            assume_yes: options.assumeyes.value(),
            assume_no: options.assumeno.value(),
            default_yes: options.defaultyes.value(),
        }
    }

    /// Loads packages, telling about it as dnf5 does; `said` off keeps quiet, as with `--json`.
    pub fn load(&self, session: &mut Session, load: &Load, said: bool) -> Result<(), Failure> {
        let said = said && load.available;
        let mut terminal = Terminal::new(Arc::clone(&self.output), self.answers(session));
        session.lock(load, &mut terminal)?;
        if said {
            self.output.info("Updating and loading repositories:");
        }
        let progress = Progress::new(Arc::clone(&self.output));
        progress.repositories();
        progress.set_hidden(!said);
        let loaded = session.load(load, &mut terminal, &progress);
        progress.end();
        // Package files of the command line are read when the repositories are there.
        let of_files = |error: &Error| match error {
            Error::PackageFile { .. } => true,
            Error::Hook(error) => error.hook.ends_with("_add_cmdline_packages"),
            _ => false,
        };
        if said && loaded.as_ref().is_err_and(of_files) {
            self.output.info("Repositories loaded.");
        }
        loaded.map_err(|error| Failure::Engine(Box::new(error), session.repos().to_vec()))?;
        if said {
            self.output.info("Repositories loaded.");
        }
        Ok(())
    }

    /// Tells whether repositories are missing because an installroot has no configuration of its own, and says so.
    pub fn tell_about_empty_installroot(&self, session: &Session) -> bool {
        let options = &session.config().options;
        let own_root = options.installroot.get() != "/" && !options.use_host_config.value();
        let empty = own_root && session.repos().is_empty();
        if empty {
            self.output.info(
                "No repositories were loaded from the installroot. To use the configuration and repositories of the \
                 host system, pass --use-host-config.",
            );
        }
        empty
    }

    /// Says that a query found nothing, and why if that is clear.
    pub fn tell_no_matches(&self, session: &Session, looked_at_repos: bool) {
        if looked_at_repos && self.tell_about_empty_installroot(session) {
            return;
        }
        let no_repos = looked_at_repos && no_repository_is_enabled(session);
        self.output.info(if no_repos { "No matches found: no repositories are enabled." } else { "No matches found." });
    }

    /// Tells of options of the command line that repositories do not take.
    fn tell_refused(&self, refused: &[RefusedSetOpt]) {
        for RefusedSetOpt { setopt: SetOpt { pattern, key, value }, error } in refused {
            let cause = match error {
                Some(error) => errors::capitalized(&error.to_string()),
                None => format!("Option \"{key}\" not found"),
            };
            // dnf5 writes a dot before the value here.
            self.output.error(format!("setopt: \"{pattern}.{key}.{value}\": {cause}"));
        }
    }

    /// A repository that does not exist is a mistake in the arguments.
    fn usage(&self, error: Error, own_root: bool) -> Failure {
        let Error::NoSuchRepo { patterns, refused } = error else { return error.into() };
        self.tell_refused(&refused);
        let hint =
            if own_root { ". To use repositories from a host system, pass --use-host-config option" } else { "" };
        Failure::Usage(UsageError::Other(format!("No matching repositories for {}{hint}", patterns.join(", "))))
    }

    /// Tells whether the running command has an option of that name.
    pub fn owns(&self, option: &str) -> bool {
        self.options.iter().any(|known| known == option)
    }
}

/// Fails when changes are to be dropped at the next start, which needs what an ordinary system does not have.
pub fn check_persistence(session: &Session) -> Result<(), Failure> {
    if session.config().options.persistence.value() != Persistence::Transient {
        return Ok(());
    }
    let text = if Path::new("/run/ostree-booted").exists() {
        "Error: transient transactions are not supported."
    } else {
        "Error: transient transactions are only supported on bootc systems."
    };
    Err(Failure::Message(text.to_owned()))
}

/// Tells whether the configuration enables no repository at all; one that was skipped is enabled.
// witness: compat-tests/tests/trouble/nothing_left.rs
pub fn no_repository_is_enabled(session: &Session) -> bool {
    session.notes().skipped_repos.is_empty() && !session.repos().iter().any(|repo| repo.enabled)
}
