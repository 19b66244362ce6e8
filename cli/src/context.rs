//! What every command is handed.

use std::sync::Arc;

use oxidnf_core::conf::ColorMode;
use oxidnf_engine::{Error, Load, Session};

use crate::environment::Environment;
use crate::face::dnf5::errors;
use crate::face::dnf5::progress::Progress;
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
    /// The whole command line.
    pub arguments: Vec<String>,
    /// Long names of the options that the running command has, global ones included.
    pub options: Vec<String>,
}

impl Context {
    /// Opens a session with the global options and the built-in plug-ins.
    pub fn open(&mut self) -> Result<Session, Failure> {
        let settings = settings::lower(&self.globals, &self.environment, self.arguments.clone())?;
        let session = Session::open_with(settings, oxidnf_plugins::all())?;
        let color = match session.config().options.color.value() {
            ColorMode::Auto => ColorWhen::Auto,
            ColorMode::Always => ColorWhen::Always,
            ColorMode::Never => ColorWhen::Never,
        };
        if let Some(output) = Arc::get_mut(&mut self.output) {
            output.set_color(color);
        }
        // dnf5 writes a dot before the value here.
        let dotted = |text: &str| text.replacen('=', ".", 1);
        for option in &session.notes().unknown_repo_options {
            let key = option.split('=').next().and_then(|path| path.rsplit('.').next()).unwrap_or_default();
            self.output.error(format!("setopt: \"{}\": Option \"{key}\" not found", dotted(option)));
        }
        for (option, cause) in &session.notes().bad_repo_options {
            let path = format!("{}.{}", option.repo.as_deref().unwrap_or_default(), option.key);
            let cause = errors::capitalized(&cause.to_string());
            self.output.error(format!("setopt: \"{path}.{}\": {cause}", option.value));
        }
        if let Some((path, cause)) = &session.notes().log_unwritable {
            self.output.error(format!(
                "Cannot open log file {}: {cause}. Dropping all logs. To redirect the log file location use the \
                 \"logdir\" configuration option.",
                path.display()
            ));
        }
        Ok(session)
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
        if said {
            self.output.info("Updating and loading repositories:");
        }
        let progress = Progress::new(Arc::clone(&self.output));
        progress.repositories();
        progress.set_hidden(!said);
        let mut terminal = Terminal::new(Arc::clone(&self.output), self.answers(session));
        let loaded = session.load(load, &mut terminal, &progress);
        progress.end();
        // Package files of the command line are read when the repositories are there.
        if let (true, Err(Error::PackageFile { .. })) = (said, &loaded) {
            self.output.info("Repositories loaded.");
        }
        loaded.map_err(|error| Failure::Engine(Box::new(error), session.repos().to_vec()))?;
        if said {
            self.output.info("Repositories loaded.");
            self.tell_about_empty_installroot(session);
        }
        Ok(())
    }

    /// Explains why there are no repositories in an installroot that has no configuration of its own.
    pub fn tell_about_empty_installroot(&self, session: &Session) {
        let settings = session.settings();
        let own_root = settings.installroot.as_deref().is_some_and(|root| root != std::path::Path::new("/"));
        if own_root && !settings.use_host_config && session.repos().is_empty() {
            self.output.info(
                "No repositories were loaded from the installroot. To use the configuration and repositories of the \
                 host system, pass --use-host-config.",
            );
        }
    }

    /// Tells whether the running command has an option of that name.
    pub fn owns(&self, option: &str) -> bool {
        self.options.iter().any(|known| known == option)
    }
}
