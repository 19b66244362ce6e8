//! What can go wrong with a download, as data.

use std::fmt;
use std::io;
use std::path::PathBuf;

use oxidnf_core::event::{GivenUp, IndexSignature, LastTry, Outcome, TransferFault, Unavailable};

use crate::config::{RepoConfig, Source};
use crate::metadata::{MetadataError, XmlError};
use crate::metalink::MetalinkError;

use super::url::{UnsafeLocation, redact_text};

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The server has no such file (404, 410; no such local file).
    NotFound,
    /// The server does not allow it (401, 403).
    Denied,
    /// Another status that is not success.
    Status,
    /// The host name has no address.
    Resolve,
    /// No server listens there.
    Refused,
    /// The server could not be reached for another reason.
    Connect,
    /// The proxy did not do its part.
    Proxy,
    /// The proxy's name has no address.
    ProxyName,
    /// No connection or no answer in time.
    Timeout,
    /// The transfer stayed below the least speed.
    Slow,
    /// The server's certificate or the TLS handshake is bad.
    Tls,
    /// The certificates to check servers with cannot be used.
    Authorities,
    /// The certificate to be shown to the server, or its key, cannot be used.
    Identity,
    /// The connection broke.
    Reset,
    /// The connection ended before the whole file was there.
    Truncated,
    /// The file has another size than the metadata says, or is too large.
    Size,
    /// The file has another checksum than the metadata says.
    Checksum,
    /// Too many redirects, or one that is not followed.
    Redirect,
    /// A URL that is not understood, or with a scheme that is not supported.
    Url,
    /// The metadata names the file in a way that is not safe.
    Location,
    /// There is nothing to fetch from.
    NoSource,
    /// Nothing may be fetched and the file is not in the cache.
    NotCached,
    /// A document that was fetched cannot be understood.
    Malformed,
    /// The signature of the metadata is missing, bad or of an unknown key.
    Signature,
    /// A local file or directory cannot be used.
    Io,
    /// The run was cancelled.
    Cancelled,
    /// Anything else.
    Other,
}

/// One URL that was tried in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The URL without credentials.
    pub url: String,
    /// What kind of failure it was.
    pub kind: FailureKind,
    /// HTTP status, if the server sent one.
    pub status: Option<u16>,
    /// The same as reporters are told it.
    pub fault: TransferFault,
    /// The cause, for people.
    pub reason: String,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.reason)
    }
}

/// What a file is to its repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Role {
    /// The list of mirrors.
    Mirrors {
        /// Whether it is a metalink.
        metalink: bool,
    },
    /// `repomd.xml`.
    Index,
    /// The signature of `repomd.xml`.
    Signature,
    /// A key for signatures.
    Key,
    /// Anything else.
    #[default]
    File,
}

/// A file could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadError {
    /// The file: its location in the repository, or its URL without credentials.
    pub target: String,
    /// The kind of the failure that decided.
    pub kind: FailureKind,
    /// A cause that is not about a URL.
    pub reason: Option<String>,
    /// The URLs that were tried, in order.
    pub attempts: Vec<Attempt>,
    /// What the file is to its repository.
    pub role: Role,
    /// Whether it was given up because of something else.
    pub given_up: Option<GivenUp>,
}

impl DownloadError {
    pub(crate) fn new(target: impl Into<String>, kind: FailureKind, reason: impl Into<String>) -> Self {
        let (target, reason) = (target.into(), Some(reason.into()));
        DownloadError { target, kind, reason, attempts: Vec::new(), role: Role::File, given_up: None }
    }

    pub(crate) fn tried(target: impl Into<String>, role: Role, attempts: Vec<Attempt>) -> Self {
        let kind = attempts.last().map_or(FailureKind::NoSource, |attempt| attempt.kind);
        DownloadError { target: target.into(), kind, reason: None, attempts, role, given_up: None }
    }

    pub(crate) fn io(target: impl Into<String>, path: &std::path::Path, error: &io::Error) -> Self {
        DownloadError::new(target, FailureKind::Io, format!("{}: {error}", path.display()))
    }

    pub(crate) fn location(href: &str, problem: UnsafeLocation) -> Self {
        DownloadError::new(href.escape_debug().to_string(), FailureKind::Location, problem.to_string())
    }

    /// Returns the last place that was asked, and what came of it.
    pub fn last_try(&self) -> Option<LastTry> {
        let last = self.attempts.last()?;
        Some(LastTry { url: last.url.clone(), fault: last.fault.clone(), reason: last.reason.clone() })
    }

    /// Returns what nobody had, when that is the failure.
    pub fn unavailable(&self) -> Option<Unavailable> {
        let (kind, last) = (self.attempts.last()?.kind, self.last_try()?);
        Some(match (self.role, kind) {
            (_, FailureKind::Authorities | FailureKind::ProxyName) => Unavailable::Certificates,
            (Role::Mirrors { metalink }, _) => Unavailable::Mirrors { metalink, last },
            (Role::Signature, _) => Unavailable::Signature(last),
            (Role::Key, _) => Unavailable::Key(last),
            (Role::Index, _) => Unavailable::Index,
            (Role::File, _) => Unavailable::File,
        })
    }

    /// Returns how the task that wanted the file ended.
    pub(crate) fn outcome(&self) -> Outcome {
        match (&self.given_up, self.unavailable()) {
            (Some(cause), _) => Outcome::GivenUp(cause.clone()),
            (None, Some(what)) => Outcome::Unavailable(what),
            (None, None) => Outcome::Failed(self.to_string()),
        }
    }

    /// The file was given up because another one could not be had.
    pub(crate) fn given_up(target: impl Into<String>, cause: &str) -> Self {
        let given_up = Some(GivenUp::Failed(cause.to_owned()));
        DownloadError { given_up, ..DownloadError::new(target, FailureKind::Cancelled, "given up") }
    }

    pub(crate) fn cancelled(target: impl Into<String>) -> Self {
        let given_up = Some(GivenUp::Interrupted);
        DownloadError { given_up, ..DownloadError::new(target, FailureKind::Cancelled, "cancelled") }
    }
}

impl fmt::Display for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot download {}", self.target)?;
        if let Some(reason) = &self.reason {
            write!(f, ": {reason}")?;
        }
        if let Some(last) = self.attempts.last() {
            write!(f, ": {last}")?;
        }
        Ok(())
    }
}

impl std::error::Error for DownloadError {}

/// Where a repository's metadata was looked for, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceText {
    /// Metalink document.
    Metalink(String),
    /// List of mirrors.
    Mirrorlist(String),
    /// Base locations.
    Baseurl(Vec<String>),
    /// Nothing configured.
    Nothing,
}

impl SourceText {
    /// Returns the source of a repository without credentials.
    pub fn of(repo: &RepoConfig) -> Self {
        match repo.source() {
            Source::Metalink(url) => SourceText::Metalink(redact_text(url)),
            Source::Mirrorlist(url) => SourceText::Mirrorlist(redact_text(url)),
            Source::Baseurl(urls) => SourceText::Baseurl(urls.iter().map(|url| redact_text(url)).collect()),
            Source::Nothing => SourceText::Nothing,
        }
    }
}

/// A repository could not be brought up to date.
#[derive(Debug, thiserror::Error)]
#[error("cannot load repository {id}")]
pub struct RepoError {
    /// Repository id.
    pub id: String,
    /// Where its metadata was looked for.
    pub origin: SourceText,
    /// Whether the configuration allows to go on without it.
    pub skip: bool,
    /// The cause.
    #[source]
    pub fault: Box<RepoFault>,
}

impl RepoError {
    pub(crate) fn new(repo: &RepoConfig, fault: RepoFault) -> Self {
        // What is there and has no packages is not unavailable, to dnf5.
        // witness: compat-tests/tests/trouble/kinds.rs::documents
        // Nor is it when the cache cannot be used.
        // witness: compat-tests/tests/cache_trouble.rs::old_metadata_on_a_read_only_disk
        let never = matches!(fault, RepoFault::NotListed { .. } | RepoFault::Setup { .. })
            || fault.kind() == FailureKind::Cancelled;
        let skip = repo.options.skip_if_unavailable && !never;
        RepoError { id: repo.id.clone(), origin: SourceText::of(repo), skip, fault: Box::new(fault) }
    }

    /// Returns the kind of the failure.
    pub fn kind(&self) -> FailureKind {
        self.fault.kind()
    }
}

/// Why a repository could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum RepoFault {
    /// It has no baseurl, mirrorlist or metalink.
    #[error("no baseurl, mirrorlist or metalink is configured")]
    NoSource,
    /// What it has for a baseurl is none.
    #[error("no baseurl is a URL or the absolute path of a directory")]
    NoPlace,
    /// Nothing may be fetched and there is nothing in the cache.
    #[error("nothing is cached and the network must not be used")]
    NotCached,
    /// A file could not be fetched.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The metalink cannot be understood.
    #[error("cannot parse the metalink")]
    Metalink(#[source] MetalinkError),
    /// The metalink or mirror list names no mirror that can be used.
    #[error("the list of mirrors names none that can be used")]
    NoMirrors {
        /// Whether the list is a metalink.
        metalink: bool,
        /// Whether it names places of which none can be fetched from.
        names_places: bool,
    },
    /// Metadata cannot be used.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The index of the repository cannot be understood.
    #[error("cannot parse repomd.xml")]
    Repomd(#[source] XmlError),
    /// The index lacks a file that every repository has.
    #[error("the repository has no {kind}")]
    NotListed {
        /// Type of the record.
        kind: String,
    },
    /// The signature of the index does not hold.
    #[error("the signature of repomd.xml cannot be verified: {reason}")]
    Signature {
        /// What is wrong with it.
        reason: String,
        /// The same in kinds.
        kind: IndexSignature,
    },
    /// The metadata is older than what was accepted before.
    #[error("the metadata is of {offered}, but of {seen} was seen before")]
    Rollback {
        /// Time of the newest metadata so far, in seconds since 1970.
        seen: u64,
        /// Time of what the mirror offers.
        offered: u64,
    },
    /// A key that the signature of the index may need could not be fetched.
    #[error("cannot fetch a key")]
    Key {
        /// Where it was looked for, without credentials.
        url: String,
        /// The cause.
        source: Box<DownloadError>,
    },
    /// The cache cannot be read or written.
    #[error("cannot use cache file {path}")]
    Cache {
        /// File or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A directory of the cache cannot be made.
    #[error("cannot make cache directory {path}")]
    Setup {
        /// The directory; for one with a name of its own what its names are like.
        path: PathBuf,
        /// Whether it is one that is there only while metadata is fetched.
        temporary: bool,
        /// The cause.
        source: io::Error,
    },
    /// The run was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl RepoFault {
    /// Makes a fault of a directory that cannot be made.
    pub(super) fn setup(path: PathBuf, temporary: bool, source: io::Error) -> Self {
        RepoFault::Setup { path, temporary, source }
    }

    /// Returns what was not to be had, or not in a usable form, when that is the fault.
    pub fn unavailable(&self) -> Option<Unavailable> {
        match self {
            RepoFault::Download(error) => error.unavailable(),
            RepoFault::Repomd(error) => Some(Unavailable::Parsed { line: error.line, reason: error.reason.clone() }),
            RepoFault::Metalink(MetalinkError::Xml(XmlError { line, reason })) => {
                Some(Unavailable::List { line: Some(*line), reason: reason.clone() })
            }
            RepoFault::Metalink(error) => Some(Unavailable::List { line: None, reason: error.to_string() }),
            RepoFault::Signature { kind, .. } => Some(Unavailable::Trusted(*kind)),
            RepoFault::NoMirrors { names_places: true, .. } => Some(Unavailable::Index),
            RepoFault::NoMirrors { metalink, .. } => Some(Unavailable::Places { metalink: *metalink }),
            _ => None,
        }
    }

    /// Returns the kind of the failure.
    pub fn kind(&self) -> FailureKind {
        match self {
            RepoFault::NoSource | RepoFault::NoPlace | RepoFault::NoMirrors { .. } => FailureKind::NoSource,
            RepoFault::NotCached => FailureKind::NotCached,
            RepoFault::Download(error) => error.kind,
            RepoFault::Metalink(_) | RepoFault::Repomd(_) | RepoFault::NotListed { .. } => FailureKind::Malformed,
            RepoFault::Metadata(_) => FailureKind::Malformed,
            RepoFault::Signature { .. } => FailureKind::Signature,
            RepoFault::Rollback { .. } => FailureKind::Signature,
            RepoFault::Key { source, .. } => source.kind,
            RepoFault::Cache { .. } | RepoFault::Setup { .. } => FailureKind::Io,
            RepoFault::Cancelled => FailureKind::Cancelled,
        }
    }
}

/// The downloader itself could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the downloader")]
pub struct SetupError {
    /// The cause.
    #[from]
    pub source: io::Error,
}
