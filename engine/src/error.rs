//! What can stop a session, and how a face sorts it.

use std::io;
use std::path::PathBuf;

use oxidnf_core::event::{GivenUp, TransferFault, Unavailable};
use oxidnf_repo::fetch::{DownloadError, FailureKind, RepoError, RepoFault};

use crate::config::ConfigError;
use crate::history::HistoryError;
use crate::modules::ProfileMismatch;
use crate::plugin::HookError;
use crate::state::StateError;

/// Kinds of errors; each face maps them to its words and exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The command line asks for something that cannot be.
    Argument,
    /// A configuration file is wrong.
    Configuration,
    /// The user may not do this.
    Privilege,
    /// Somebody else is at work.
    Locked,
    /// A repository could not be used.
    Repository,
    /// A package file could not be fetched or read.
    Download,
    /// A signature or digest is missing or wrong.
    Signature,
    /// The rpm database could not be used.
    Database,
    /// The transaction was refused or failed.
    Transaction,
    /// State or history could not be read or written.
    State,
    /// The request has no solution or names what does not exist.
    Unresolved,
    /// A plug-in stopped the run.
    Plugin,
    /// The user interrupted the run.
    Aborted,
    /// The operating system failed us in another way.
    System,
}

/// Why a session cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The main configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration of repositories.
    #[error(transparent)]
    RepoConfig(#[from] oxidnf_repo::config::ConfigError),
    /// The command line is about repositories that do not exist.
    #[error("no matching repositories for {}", patterns.join(", "))]
    NoSuchRepo {
        /// Ids and globs, in the order of the command line.
        patterns: Vec<String>,
        /// What else was wrong with the command line's options of repositories.
        refused: Vec<oxidnf_repo::config::RefusedSetOpt>,
    },
    /// A state file.
    #[error(transparent)]
    State(#[from] StateError),
    /// The history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A package is to belong to a group that is not installed.
    #[error("Group state for \"{id}\" not found.")]
    NoGroupState {
        /// Id of the group.
        id: String,
    },
    /// A transaction could not be stored.
    #[error(transparent)]
    Store(#[from] crate::replay::StoreError),
    /// A transaction for the next boot.
    #[error(transparent)]
    Offline(#[from] crate::offline::OfflineError),
    /// A plan or a lock file.
    #[error(transparent)]
    Fixed(#[from] crate::fixed::FixedError),
    /// The rpm database.
    #[error("cannot {operation} the rpm database {path}")]
    Database {
        /// What was attempted: `open`, `read`.
        operation: &'static str,
        /// Path below the root.
        path: PathBuf,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A repository that must be there could not be loaded.
    #[error("failed to load repository {id:?}")]
    Repository {
        /// Its id.
        id: String,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The catalog of installed or available packages could not be made.
    #[error("cannot index the packages of {id:?}")]
    Catalog {
        /// Repository id.
        id: String,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The modules of a repository cannot be read.
    #[error("Failed to load module metadata for repository \"{id}\"")]
    Modules {
        /// Repository id.
        id: String,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Repositories disagree about modules.
    #[error("Failed to resolve module metadata")]
    ModuleDefaults {
        /// About what.
        #[from]
        source: ProfileMismatch,
    },
    /// Different streams of a module were asked for.
    #[error("Cannot enable multiple streams for module '{module}'")]
    SeveralStreams {
        /// Its name.
        module: String,
    },
    /// The solver could not even try.
    #[error("cannot resolve")]
    Solver {
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Package files that could not be fetched.
    #[error("failed to download {} packages", failures.len())]
    Download {
        /// Each package and its cause.
        failures: Vec<DownloadFailure>,
    },
    /// The directory of a repository's packages cannot be made.
    #[error("cannot make the directory of packages {path}")]
    PackagesDirectory {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Nothing may be fetched, and a package is not in the cache.
    #[error("only the cache may be used, and {package} is not in it")]
    OnlyCache {
        /// `name-version-release.arch`, with the epoch where there is one.
        package: String,
    },
    /// A package file of the command line that cannot be read.
    #[error("cannot read package file {path}")]
    PackageFile {
        /// Path or URL as given.
        path: String,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Packages that the signature policy refuses.
    #[error("signature verification failed")]
    Signature {
        /// Each package and what is wrong with it.
        failures: Vec<crate::verify::SignatureFailure>,
    },
    /// A key that a package needs cannot be had.
    #[error("cannot get the key {}", lost.url)]
    LostKey {
        /// The package and what is wrong with it without the key.
        failure: Box<crate::verify::SignatureFailure>,
        /// The key.
        lost: Box<crate::verify::LostKey>,
    },
    /// A plug-in.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// The lock of the system repository is held and the user does not want to wait.
    #[error("the system repository is locked")]
    SystemLocked,
    /// Another transaction is running.
    #[error("another transaction is in progress")]
    TransactionLocked {
        /// What it wrote about itself, as far as it could be read.
        details: Option<crate::locks::TransactionDetails>,
    },
    /// A lock file cannot be used.
    #[error("cannot lock {path}")]
    Lock {
        /// Path below the root.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The user may not change the system.
    #[error("the requested operation requires superuser privileges")]
    Privilege,
    /// The plan cannot be run because the request failed.
    #[error("cannot run a transaction with resolving problems")]
    Unresolved,
    /// The transaction must not run.
    #[error("{} problems stand in the way of the transaction", problems.len())]
    TransactionCheck {
        /// Which check: `Rpm transaction check failed` or `Rpm transaction failed` in dnf5's words.
        phase: CheckPhase,
        /// rpm's sentences.
        problems: Vec<String>,
        /// Repositories whose packages were not checked for signatures, with the number of packages.
        unchecked: Vec<(String, usize)>,
    },
    /// The transaction ran and failed; parts of it may be in place.
    #[error("the rpm transaction failed")]
    TransactionFailed {
        /// The report of the run.
        report: Box<crate::commit::Report>,
    },
    /// The transaction could not be prepared or run at all.
    #[error("cannot run the rpm transaction")]
    Transaction {
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The transaction was stopped in the middle, and can be resumed.
    #[error("the transaction was interrupted")]
    Interrupted {
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An earlier transaction must be finished first.
    #[error("an earlier transaction was interrupted")]
    Unfinished,
    /// No transaction was interrupted.
    #[error("no transaction was interrupted")]
    NothingInterrupted,
    /// An interrupted transaction cannot be resumed as things are.
    #[error("the interrupted transaction cannot be resumed")]
    CannotResume {
        /// Why.
        reason: crate::interrupted::CannotResume,
    },
    /// An interrupted transaction has changed things for good.
    #[error("the interrupted transaction has changed things that cannot be taken back")]
    Irreversible,
    /// `tsflags` has a word that rpm does not know.
    #[error("invalid tsflag: {flag}")]
    InvalidTsflag {
        /// The word.
        flag: String,
    },
    /// Something that must be loaded first was not.
    #[error("{what} is not loaded")]
    NotLoaded {
        /// What: `package data`, `repository X`.
        what: String,
    },
    /// A file or directory that this program needs.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was attempted.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
}

/// When rpm's checks said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckPhase {
    /// Dependencies and order.
    Check,
    /// The test run: file conflicts, disk space.
    Test,
}

/// A package file that could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadFailure {
    /// Package, or path or URL of the command line.
    pub package: String,
    /// Every cause, the first one outermost.
    pub reasons: Vec<String>,
    /// Its location, when every mirror was tried in vain; reporters were told why each of them failed.
    pub unavailable: Option<String>,
    /// The kind of the failure that decided.
    pub fault: FetchFault,
    /// Whether the user or another program ended the run meanwhile.
    pub interrupted: bool,
}

/// The kind of a failed transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchFault {
    /// What went wrong.
    pub kind: FailureKind,
    /// The same as reporters are told it; `Other` where nothing was transferred.
    pub fault: TransferFault,
    /// The HTTP status, if a server sent one.
    pub status: Option<u16>,
}

impl FetchFault {
    /// Makes the fault of a failure that no server had a part in.
    pub(crate) fn local(kind: FailureKind) -> Self {
        FetchFault { kind, fault: TransferFault::Other, status: None }
    }

    pub(crate) fn of_download(error: &DownloadError) -> Self {
        let last = error.attempts.last();
        FetchFault {
            kind: error.kind,
            fault: last.map_or(TransferFault::Other, |attempt| attempt.fault.clone()),
            status: last.and_then(|attempt| attempt.status),
        }
    }

    pub(crate) fn of_repo(error: &RepoError) -> Self {
        match error.fault.as_ref() {
            RepoFault::Download(error) => Self::of_download(error),
            fault => Self::local(fault.kind()),
        }
    }
}

impl DownloadFailure {
    pub(crate) fn new(package: String, error: &DownloadError) -> Self {
        let unavailable = (!error.attempts.is_empty()).then(|| error.target.clone());
        let interrupted = error.given_up == Some(GivenUp::Interrupted);
        let fault = FetchFault::of_download(error);
        DownloadFailure { package, reasons: chain(error), unavailable, fault, interrupted }
    }

    /// Sums up downloads that ended together: the first one that could not be had made an end of the others.
    pub(crate) fn of<T>(
        packages: impl IntoIterator<Item = String>,
        results: impl IntoIterator<Item = Result<T, DownloadError>>,
    ) -> Vec<Self> {
        let failed = packages.into_iter().zip(results).filter_map(|(package, result)| Some((package, result.err()?)));
        let (given_up, mut failed): (Vec<_>, Vec<_>) = failed.partition(|(_, error)| error.given_up.is_some());
        if failed.is_empty() {
            failed.extend(given_up.into_iter().next());
        }
        failed.into_iter().map(|(package, error)| DownloadFailure::new(package, &error)).collect()
    }
}

impl Error {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Config(error) => match error {
                ConfigError::UnknownOption { .. }
                | ConfigError::BadValue { .. }
                | ConfigError::RelativeInstallroot { .. } => ErrorKind::Argument,
                ConfigError::Read { .. } | ConfigError::Syntax { .. } => ErrorKind::Configuration,
            },
            Error::RepoConfig(_) => ErrorKind::Configuration,
            Error::NoSuchRepo { .. } => ErrorKind::Argument,
            Error::Fixed(_) => ErrorKind::Argument,
            Error::Store(_) | Error::Offline(_) => ErrorKind::System,
            Error::State(_) | Error::History(_) | Error::NoGroupState { .. } => ErrorKind::State,
            Error::Database { .. } => ErrorKind::Database,
            Error::Repository { .. } | Error::Catalog { .. } | Error::Modules { .. } | Error::ModuleDefaults { .. } => {
                ErrorKind::Repository
            }
            Error::Solver { .. } | Error::Unresolved | Error::SeveralStreams { .. } => ErrorKind::Unresolved,
            Error::Download { .. }
            | Error::PackagesDirectory { .. }
            | Error::OnlyCache { .. }
            | Error::PackageFile { .. } => ErrorKind::Download,
            Error::Signature { .. } | Error::LostKey { .. } => ErrorKind::Signature,
            Error::Hook(_) => ErrorKind::Plugin,
            Error::SystemLocked | Error::TransactionLocked { .. } => ErrorKind::Locked,
            Error::Privilege => ErrorKind::Privilege,
            Error::TransactionCheck { .. }
            | Error::TransactionFailed { .. }
            | Error::Transaction { .. }
            | Error::Interrupted { .. }
            | Error::Unfinished
            | Error::NothingInterrupted
            | Error::CannotResume { .. }
            | Error::Irreversible
            | Error::InvalidTsflag { .. } => ErrorKind::Transaction,
            Error::NotLoaded { .. } | Error::Lock { .. } | Error::Io { .. } => ErrorKind::System,
        }
    }

    /// Returns what of a repository could not be fetched from anywhere; reporters were told why each URL failed.
    pub fn unavailable(&self) -> Option<Unavailable> {
        self.repo_fault()?.unavailable()
    }

    /// Tells whether the user or another program ended the run.
    pub fn is_interrupted(&self) -> bool {
        match self {
            Error::Download { failures } => failures.iter().any(|failure| failure.interrupted),
            _ => matches!(self.repo_fault(), Some(RepoFault::Cancelled)),
        }
    }

    /// Returns what is wrong with a repository, if the error is about one.
    pub fn repo_fault(&self) -> Option<&RepoFault> {
        let Error::Repository { source, .. } = self else { return None };
        source.downcast_ref::<RepoError>().map(|error| error.fault.as_ref())
    }

    /// Returns the kind of the failure, when this is a repository that could not be loaded.
    pub fn repository_fault(&self) -> Option<FetchFault> {
        let Error::Repository { source, .. } = self else { return None };
        source.downcast_ref::<RepoError>().map(FetchFault::of_repo)
    }

    /// Boxes a cause that belongs to another room.
    pub(crate) fn boxed(
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Box<dyn std::error::Error + Send + Sync> {
        Box::new(source)
    }
}

/// Returns the texts of an error and all its causes, outermost first.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let mut texts = Vec::new();
    let mut next = Some(error);
    while let Some(current) = next {
        let text = current.to_string();
        // A transparent wrapper repeats its cause.
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        next = current.source();
    }
    texts
}

/// Returns number and text of an error of the system, as libdnf5 writes them: `(2) - No such file or directory`.
pub fn numbered(error: &std::io::Error) -> String {
    let text = error.to_string();
    // An error that also names a path tells the number only in its text.
    let parts = text.split_once(" (os error ").and_then(|(reason, rest)| Some((reason, rest.split_once(')')?.0)));
    match parts {
        Some((reason, number)) => format!("({number}) - {reason}"),
        None => text,
    }
}
