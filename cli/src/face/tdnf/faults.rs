//! From the engine's errors to tdnf's numbers.

use std::io::Read as _;
use std::path::Path;

use oxidnf_core::event::{IndexSignature, TransferFault};
use oxidnf_engine::config::ConfigError;
use oxidnf_engine::error::{CheckPhase, FetchFault, chain};
use oxidnf_engine::repo_config::RepoConfig;
use oxidnf_engine::verify::{SignatureCause, SignatureFailure};
use oxidnf_engine::{Error, FailureKind, RepoFault, Session};

use super::console::Console;
use super::failure::{Failure, number};

/// What a user without rights is told to do.
const NO_PERMISSION: &str = "tdnf repo cache needs to be refreshed but you have insufficient permissions
Ask root to run 'tdnf makecache',
or use the cache as it is, with -C,
or use a cache of your own, with --setopt=cachedir=DIR";

/// Says what is to be said about an error besides its number, and returns the failure.
pub fn tell(console: &Console, error: &Error) -> Failure {
    tell_with(console, error, &[])
}

/// As [`tell`], with the repositories, whose names tdnf shows.
pub fn tell_with(console: &Console, error: &Error, repos: &[RepoConfig]) -> Failure {
    match error {
        Error::Repository { id, .. } => {
            let mut failure = repository(error);
            // A metalink that names nobody is not a repository that says nothing.
            let linked = repos.iter().any(|repo| repo.id == *id && repo.metalink.is_some());
            if failure.number() == number::NO_BASE_URL && linked {
                failure = Failure::new(number::NO_METALINK_RESOURCE);
            }
            if let Some(RepoFault::Signature { kind, .. }) = error.repo_fault() {
                failure = index_signature(console, *kind);
            }
            // tdnf tells it where it happens, then which repository it was, and then it ends with it.
            if !console.json {
                console.error(format!("Error({}) : {}", failure.number(), failure.text()));
            }
            let name = repos.iter().find(|repo| repo.id == *id).map_or(id.as_str(), |repo| repo.name.as_str());
            console.error(format!("Error: Failed to synchronize cache for repo '{name}'"));
            if failure.number() == number::NO_PERMISSION {
                console.error(NO_PERMISSION);
            }
            failure
        }
        Error::Download { failures } => {
            for failure in failures {
                let place = failure.unavailable.as_deref().unwrap_or(&failure.package);
                console.error(format!("Error processing package: {place}"));
            }
            failures.first().map_or_else(|| Failure::new(number::INVALID_PARAMETER), |failure| transfer(&failure.fault))
        }
        Error::Signature { failures } => signatures(console, failures),
        Error::LostKey { failure, .. } => signatures(console, std::slice::from_ref(&**failure)),
        Error::TransactionCheck { phase, problems, .. } => {
            console.result(format!("Found {} problems", problems.len()));
            for problem in problems {
                console.result(problem);
            }
            Failure::new(match phase {
                CheckPhase::Check => number::RPM_CHECK,
                CheckPhase::Test => number::TRANSACTION,
            })
        }
        Error::TransactionFailed { report } => {
            details(console, &report.aftermath);
            Failure::new(number::TRANSACTION)
        }
        Error::Transaction { .. } | Error::TransactionLocked { .. } | Error::InvalidTsflag { .. } => {
            details(console, &chain(error));
            Failure::new(number::TRANSACTION)
        }
        Error::Unfinished | Error::Interrupted { .. } => {
            details(console, &chain(error));
            console.error("Error: run \"oxidnf transaction resume\" to finish the interrupted transaction");
            Failure::new(number::TRANSACTION)
        }
        // libsolv reads package files of the command line, and does not say why it cannot.
        Error::PackageFile { .. } => {
            details(console, &chain(error));
            Failure::new(number::INVALID_PARAMETER)
        }
        Error::Privilege => Failure::new(number::NOT_ROOT),
        Error::Config(ConfigError::RelativeInstallroot { .. }) => Failure::new(number::INVALID_PARAMETER),
        Error::History(_) | Error::State(_) => {
            details(console, &chain(error));
            Failure::new(number::HISTORY)
        }
        other => {
            details(console, &chain(other));
            system(other)
        }
    }
}

/// Says what the plug-in says that looks at signatures of repositories, with GnuPG's words for the cause.
fn index_signature(console: &Console, kind: IndexSignature) -> Failure {
    let cause = match kind {
        IndexSignature::Malformed => "No data",
        IndexSignature::NoKey => "No public key",
        IndexSignature::Expired => "Key expired",
        IndexSignature::Revoked => "Certificate revoked",
        IndexSignature::Bad | IndexSignature::Weak => "Bad signature",
    };
    let (failure, summary) = if kind == IndexSignature::Malformed {
        console.error(format!("gpg verify failed: {cause}"));
        (Failure::new(number::REPO_SIGNATURE_UNREADABLE), "unknown error")
    } else {
        console.error(format!("repo md signature check: {cause}"));
        (Failure::new(number::REPO_SIGNATURE), "failed to verify signature")
    };
    console.error(format!("Error: TDNFVerifySignature {}", failure.number()));
    console.error(format!("Plugin error: repogpgcheck plugin error: {summary}"));
    failure
}

/// Tells which repositories are left out because they cannot be reached.
pub fn tell_skipped(console: &Console, session: &Session) {
    let notes = session.notes();
    for ((id, _), fault) in notes.skipped_repos.iter().zip(&notes.skipped_faults) {
        let name = session.repos().iter().find(|repo| repo.id == *id).map_or(id.as_str(), |repo| repo.name.as_str());
        let failure = transfer(fault);
        if !console.json {
            console.error(format!("Error({}) : {}", failure.number(), failure.text()));
        }
        console.error(format!("Error: Failed to synchronize cache for repo '{name}'"));
        console.progress(format!("Disabling Repo: '{name}'"));
    }
}

fn details(console: &Console, lines: &[String]) {
    for line in lines {
        // Rust adds the number to the sentences of the system.
        console.error(format!("Error: {}", line.split(" (os error ").next().unwrap_or(line)));
    }
}

fn repository(error: &Error) -> Failure {
    let about = |file: &str| chain(error).iter().any(|text| text.contains(file));
    let invalid = || Failure::new(number::INVALID_PARAMETER);
    match error.repository_fault() {
        // The plug-in that wants a signature has no number of its own for one that is not there.
        _ if about("repomd.xml.asc") => invalid(),
        // Nothing but a metalink says what the index must be.
        Some(fault) if fault.kind == FailureKind::Checksum && about("repomd.xml") => {
            Failure::new(number::METALINK_MISMATCH)
        }
        Some(fault) if fault.kind == FailureKind::Io => system(error),
        fault => fault.as_ref().map_or_else(invalid, transfer),
    }
}

/// Returns what a failed transfer comes to: curl's number, or that of the system for what is no transfer.
///
/// An HTTP status of 400 and more is an invalid argument for tdnf.
pub(super) fn transfer(fault: &FetchFault) -> Failure {
    if fault.status.is_some() {
        return Failure::new(number::INVALID_PARAMETER);
    }
    if let Some(code) = curl_code(&fault.fault) {
        return Failure::curl(code);
    }
    match fault.kind {
        FailureKind::NotFound | FailureKind::Denied => Failure::curl(37),
        FailureKind::Resolve => Failure::curl(6),
        FailureKind::Refused | FailureKind::Connect => Failure::curl(7),
        FailureKind::Proxy | FailureKind::ProxyName => Failure::curl(5),
        FailureKind::Timeout | FailureKind::Slow => Failure::curl(28),
        FailureKind::Tls => Failure::curl(60),
        FailureKind::Authorities => Failure::curl(77),
        FailureKind::Identity => Failure::curl(58),
        FailureKind::Reset => Failure::curl(56),
        FailureKind::Truncated => Failure::curl(18),
        FailureKind::Redirect => Failure::curl(47),
        FailureKind::Size => Failure::new(number::WRONG_SIZE),
        FailureKind::Checksum => Failure::new(number::WRONG_CHECKSUM),
        FailureKind::Url | FailureKind::Location => Failure::new(number::BAD_URL),
        FailureKind::NoSource => Failure::new(number::NO_BASE_URL),
        FailureKind::NotCached => Failure::new(number::CACHE_ONLY),
        FailureKind::Signature => Failure::new(number::REPO_SIGNATURE),
        FailureKind::Status
        | FailureKind::Malformed
        | FailureKind::Io
        | FailureKind::Cancelled
        | FailureKind::Other => Failure::new(number::INVALID_PARAMETER),
    }
}

/// Returns curl's number for what happened to a transfer; `None` where curl has nothing to complain of.
fn curl_code(fault: &TransferFault) -> Option<u32> {
    Some(match fault {
        TransferFault::Scheme(_) => 1,
        TransferFault::ProxyName(_) => 5,
        TransferFault::Resolve => 6,
        TransferFault::Connect { .. }
        | TransferFault::ProxyScheme(_)
        | TransferFault::ProxyConnect { .. }
        | TransferFault::Tunnel(_) => 7,
        TransferFault::Partial { .. } => 18,
        TransferFault::Slow { .. } | TransferFault::Timeout { .. } => 28,
        TransferFault::Tls => 35,
        TransferFault::File => 37,
        TransferFault::Redirects(_) => 47,
        TransferFault::Empty => 52,
        TransferFault::Reset | TransferFault::ProxyAborted => 56,
        TransferFault::Identity => 58,
        TransferFault::Certificate => 60,
        TransferFault::Authorities => 77,
        TransferFault::Socks(_) => 97,
        // tdnf looks at URLs before curl does.
        TransferFault::Malformed
        | TransferFault::Status { .. }
        | TransferFault::Length { .. }
        | TransferFault::Checksum { .. }
        | TransferFault::Other => return None,
    })
}

fn signatures(console: &Console, failures: &[SignatureFailure]) -> Failure {
    for failure in failures {
        console.error(format!("Error processing package: {}", failure.path.display()));
        // Where tdnf's own text says what is wrong, nothing is added to it.
        let unclear = matches!(
            failure.cause,
            SignatureCause::Failed
                | SignatureCause::KeyUnavailable
                | SignatureCause::ImportFailed
                | SignatureCause::UnusableKey
        );
        if unclear {
            details(console, &failure.details);
        }
    }
    failures.first().map_or_else(|| Failure::new(number::UNKNOWN_KEY), signature)
}

fn signature(failure: &SignatureFailure) -> Failure {
    Failure::new(match failure.cause {
        SignatureCause::Failed if is_package(&failure.path) => number::RPM_FILE_DAMAGED,
        SignatureCause::Failed => number::NO_RPM_FILE,
        SignatureCause::UntrustedKey => number::KEY_NOT_TRUSTED,
        SignatureCause::NotSigned => number::NOT_SIGNED,
        SignatureCause::NoKeysConfigured => number::NO_GPGKEY,
        SignatureCause::KeyUnavailable => number::BAD_KEY_URL,
        SignatureCause::ImportFailed | SignatureCause::UnusableKey => number::BAD_KEY_FILE,
        SignatureCause::Declined => number::ABORTED,
        SignatureCause::OtherPackage => number::WRONG_CHECKSUM,
        SignatureCause::NoKey
        | SignatureCause::NotTrusted
        | SignatureCause::WrongKey
        | SignatureCause::OtherRepository => number::UNKNOWN_KEY,
    })
}

/// Tells whether a file begins as packages do, which is what rpm calls a package that can be found.
fn is_package(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == LEAD_MAGIC
}

/// The first bytes of a package.
const LEAD_MAGIC: [u8; 4] = [0xed, 0xab, 0xee, 0xdb];

/// Returns the number of the system's error among the causes.
fn system(error: &Error) -> Failure {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = next {
        if let Some(error) = current.downcast_ref::<std::io::Error>()
            && error.raw_os_error().is_some()
        {
            return Failure::system(error);
        }
        next = current.source();
    }
    Failure::new(number::INVALID_PARAMETER)
}
