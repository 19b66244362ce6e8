//! What happens during a run, told as facts; faces make words and progress bars of them.

use std::net::IpAddr;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::nevra::Nevra;

/// Names one running task; made by the sender, unique in the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(NonZeroU64);

impl TaskId {
    /// Returns an id that was never returned before in this process.
    pub fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        TaskId(NonZeroU64::new(number).expect("the counter starts at 1 and cannot wrap in practice"))
    }
}

/// A piece of work that takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task<'a> {
    /// Metadata of a repository is fetched or loaded. Total: bytes.
    Repository {
        /// Repository id.
        id: &'a str,
        /// Repository name, shown by dnf5.
        name: &'a str,
    },
    /// A package file is downloaded. Total: bytes.
    Download(&'a Nevra),
    /// A key, or a file with repositories, is downloaded from this URL. Total: bytes.
    Key(&'a str),
    /// All downloads of a run together. Total: bytes.
    DownloadTotal {
        /// Number of files.
        files: usize,
    },
    /// Signatures and digests of package files are checked. Total: number of packages.
    Verify,
    /// The transaction is prepared (conflicts, disk space). Total: number of elements.
    Prepare,
    /// An element is installed with this action. Total: bytes of payload.
    Install {
        /// The package.
        nevra: &'a Nevra,
        /// One of the inbound actions.
        action: crate::plan::Action,
    },
    /// An element is removed (or replaced). Total: files.
    Remove(&'a Nevra),
    /// Scriptlets and triggers that run outside any element (pretrans, posttrans, transaction file triggers).
    Scriptlets,
}

/// Which scriptlet runs; dnf5 shows these names with a leading `%` (reference of dnf5, section 5.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are rpm's")]
pub enum ScriptletKind {
    PreTrans,
    Pre,
    Post,
    PreUn,
    PostUn,
    PostTrans,
    PreUnTrans,
    PostUnTrans,
    TriggerPreIn,
    TriggerIn,
    TriggerUn,
    TriggerPostUn,
    FileTriggerIn,
    FileTriggerUn,
    FileTriggerPostUn,
    TransFileTriggerIn,
    TransFileTriggerUn,
    TransFileTriggerPostUn,
    SysUsers,
    Verify,
}

impl ScriptletKind {
    /// Returns rpm's name in messages: `prein`, `post`, `preun`, … (note: `prein` but `post`).
    pub const fn rpm_name(self) -> &'static str {
        match self {
            ScriptletKind::PreTrans => "pretrans",
            ScriptletKind::Pre => "prein",
            ScriptletKind::Post => "post",
            ScriptletKind::PreUn => "preun",
            ScriptletKind::PostUn => "postun",
            ScriptletKind::PostTrans => "posttrans",
            ScriptletKind::PreUnTrans => "preuntrans",
            ScriptletKind::PostUnTrans => "postuntrans",
            ScriptletKind::TriggerPreIn => "triggerprein",
            ScriptletKind::TriggerIn => "triggerin",
            ScriptletKind::TriggerUn => "triggerun",
            ScriptletKind::TriggerPostUn => "triggerpostun",
            ScriptletKind::FileTriggerIn => "filetriggerin",
            ScriptletKind::FileTriggerUn => "filetriggerun",
            ScriptletKind::FileTriggerPostUn => "filetriggerpostun",
            ScriptletKind::TransFileTriggerIn => "transfiletriggerin",
            ScriptletKind::TransFileTriggerUn => "transfiletriggerun",
            ScriptletKind::TransFileTriggerPostUn => "transfiletriggerpostun",
            ScriptletKind::SysUsers => "sysusers",
            ScriptletKind::Verify => "verify",
        }
    }
}

/// How a process or task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptletEnd {
    /// Exit status 0.
    Ok,
    /// Exit status other than 0.
    Exit(i32),
    /// Killed by this signal.
    Signal(i32),
    /// Could not be started, or an embedded interpreter reported an error.
    Failed,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Ok,
    /// Nothing had to be done (the file was already there, the metadata unchanged).
    AlreadyDone,
    /// Not done; the reason is an error text for people.
    Failed(String),
    /// Not fetched: nobody had it. Why, was told of each mirror with [`Event::MirrorFailed`].
    Unavailable(Unavailable),
    /// Fetched, but of no use; what is wrong is told elsewhere.
    Unusable,
    /// Given up before its end, because something else ended the run.
    GivenUp(GivenUp),
}

/// What was not to be had, or not in a form that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// The index of a repository, by which it stands and falls.
    Index,
    /// Any other file.
    File,
    /// The list of a repository's mirrors.
    Mirrors {
        /// Whether the list is a metalink.
        metalink: bool,
        /// What came of asking for it.
        last: LastTry,
    },
    /// The list of a repository's mirrors came, but is none.
    List {
        /// Line of the file, from 1; `None` where it is understood, but about something else.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// Any place: the list of mirrors came, but names none.
    Places {
        /// Whether the list is a metalink.
        metalink: bool,
    },
    /// The signature of a repository's index.
    Signature(LastTry),
    /// A key.
    Key(LastTry),
    /// Anything that goes over the network, because the certificates to check servers with cannot be used.
    Certificates,
    /// The index of a repository came, but is none.
    Parsed {
        /// Line of the file, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The index of a repository is not signed as it should be.
    Trusted(IndexSignature),
}

/// Why the last try to fetch something failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastTry {
    /// The URL, without credentials.
    pub url: String,
    /// What happened.
    pub fault: TransferFault,
    /// The cause.
    pub reason: String,
}

/// Why the signature of a repository's index is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexSignature {
    /// Nobody trusts the key, or nobody has it.
    NoKey,
    /// It is no signature of this index.
    Bad,
    /// The key has expired.
    Expired,
    /// The key was revoked.
    Revoked,
    /// Key or signature use algorithms that are given up.
    Weak,
    /// There is no signature in the file.
    Malformed,
}

/// Why something was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenUp {
    /// Another file could not be had; its location in the repository.
    Failed(String),
    /// The user or another program asked for the end.
    Interrupted,
}

/// Why a URL could not be fetched, in kinds that people tell apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferFault {
    /// A local file cannot be read.
    File,
    /// The scheme of the URL is not supported.
    Scheme(String),
    /// What should be a URL is none.
    Malformed,
    /// The host name has no address.
    Resolve,
    /// There is no connection to be had.
    Connect {
        /// Milliseconds that were spent on it.
        millis: u64,
    },
    /// The name of the proxy has no address.
    ProxyName(String),
    /// Proxies of this kind are not supported; the proxy without credentials.
    ProxyScheme(String),
    /// There is no connection to the proxy to be had.
    ProxyConnect {
        /// What was to be connected to: the server, or the proxy where it fetches by itself. Host and port.
        to: String,
        /// The proxy's host.
        proxy: String,
        /// Milliseconds that were spent on it.
        millis: u64,
    },
    /// The proxy refused with this HTTP status to lead the connection on.
    Tunnel(u16),
    /// The proxy broke the connection when it was asked to lead it on.
    ProxyAborted,
    /// A SOCKS proxy did not do it; the text is told in curl's words.
    Socks(String),
    /// Nothing or too little came for too long.
    Slow {
        /// Bytes per second that would have been enough.
        minrate: u64,
        /// Seconds that were waited.
        seconds: u64,
    },
    /// No connection in time.
    Timeout {
        /// Milliseconds that were waited.
        millis: u64,
    },
    /// The connection ended early.
    Partial {
        /// Bytes that did not come, if the server told how many there are.
        missing: Option<u64>,
    },
    /// The server closed the connection without an answer.
    Empty,
    /// The connection broke.
    Reset,
    /// Redirected more often than this.
    Redirects(usize),
    /// The encrypted connection could not be set up.
    Tls,
    /// The certificate of the server does not prove that it is the one.
    Certificate,
    /// The certificates to check the server with cannot be used.
    Authorities,
    /// The certificate to be shown to the server, or its key, cannot be used.
    Identity,
    /// The server answered with a status that is no success.
    Status {
        /// The HTTP status.
        code: u16,
        /// The server's address.
        address: Option<IpAddr>,
    },
    /// The server announced another length than the metadata.
    Length {
        /// The server's.
        announced: u64,
        /// The metadata's.
        expected: u64,
    },
    /// The file came, but it is another one.
    Checksum {
        /// What it has.
        found: crate::Checksum,
        /// What it should have, in hexadecimal digits, or what stands there instead of them.
        wanted: String,
    },
    /// Anything else.
    Other,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A task began.
    Started {
        /// Its id.
        id: TaskId,
        /// What it is.
        task: Task<'a>,
        /// Amount of work in the task's unit, if known.
        total: Option<u64>,
    },
    /// A task came to know its amount of work.
    Total {
        /// Its id.
        id: TaskId,
        /// Amount of work in the task's unit.
        total: u64,
    },
    /// A task went on; `done` counts from the start.
    Advanced {
        /// Its id.
        id: TaskId,
        /// Amount done.
        done: u64,
    },
    /// A task ended.
    Finished {
        /// Its id.
        id: TaskId,
        /// How.
        outcome: Outcome,
    },
    /// A scriptlet or trigger started.
    ScriptletStarted {
        /// Owner of the scriptlet.
        nevra: &'a Nevra,
        /// Which one.
        kind: ScriptletKind,
    },
    /// A scriptlet or trigger ended.
    ScriptletFinished {
        /// Owner of the scriptlet.
        nevra: &'a Nevra,
        /// Which one.
        kind: ScriptletKind,
        /// Exit status.
        end: ScriptletEnd,
        /// Whether a failure made its element fail.
        critical: bool,
        /// Everything it wrote to stdout and stderr, uncleaned.
        output: &'a [u8],
    },
    /// A mirror failed; the same or another one will be tried, if there are tries left.
    MirrorFailed {
        /// The task that wanted the file.
        id: Option<TaskId>,
        /// The URL without credentials.
        url: &'a str,
        /// Its kind.
        fault: TransferFault,
        /// The cause.
        reason: &'a str,
    },
    /// A warning in rpm's own words about the transaction (`/etc/x created as /etc/x.rpmnew`).
    RpmWarning(&'a str),
    /// Unpacking an element failed.
    UnpackFailed {
        /// The element.
        nevra: &'a Nevra,
        /// rpm's text.
        message: &'a str,
    },
}

/// Receives the events of a run; called from several threads.
pub trait Reporter: Sync {
    /// Takes note of one event. Must be quick and must not panic.
    fn report(&self, event: Event<'_>);
}

/// A reporter that ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _event: Event<'_>) {}
}
