//! dnf5's words for errors, and the exit status of each.

use std::io::ErrorKind;

use oxidnf_core::package_file::PackageError;
use oxidnf_engine::config::ConfigError;
use oxidnf_engine::error::{CheckPhase, DownloadFailure, chain, numbered as numbered_error};
use oxidnf_engine::prompt::KeyTrouble;
use oxidnf_engine::replay::StoreError;
use oxidnf_engine::repo_config::{ConfigError as RepoConfigError, RepoConfig, Source};
use oxidnf_engine::verify::{LostKey, SignatureCause, SignatureFailure};
use oxidnf_engine::{Error, Report};
use oxidnf_engine::{MetadataError, RepoFault, redact_text};

use super::{interrupted, transfers};
use crate::output::Output;
use crate::sanitize::one_line;

/// What the fetching room says when only the cache may be used and there is none.
const NOT_CACHED: &str = "nothing is cached and the network must not be used";

const HELP: &str = "Add \"--help\" for more information about the arguments.";

/// Exit status of errors in the arguments.
pub const USAGE: u8 = 2;
/// Exit status of everything else that goes wrong.
pub const FAILURE: u8 = 1;

/// Prints an error and returns the exit status.
///
/// `repos` serves to show where a repository was to be loaded from.
pub fn print(output: &Output, error: &Error, repos: &[RepoConfig]) -> u8 {
    if error.is_interrupted() && error.repo_fault().is_some() {
        // Who interrupts the loading of repositories knows why nothing more comes.
        return FAILURE;
    }
    let (lines, status) = lines(error, repos, output.quiet());
    for line in lines {
        output.error(line);
    }
    if let Error::TransactionFailed { report } = error {
        print_unchecked(output, report);
    }
    status
}

/// Prints how many packages of which repositories were not checked.
pub fn print_unchecked(output: &Output, report: &Report) {
    if let Some(line) = unchecked_line(&report.unchecked) {
        output.error(line);
    }
}

fn unchecked_line(unchecked: &[(String, usize)]) -> Option<String> {
    let count: usize = unchecked.iter().map(|(_, count)| count).sum();
    let packages = if count == 1 { "package" } else { "packages" };
    let repositories = if unchecked.len() == 1 { "repository" } else { "repositories" };
    let ids: Vec<&str> = unchecked.iter().map(|(id, _)| id.as_str()).collect();
    let list = ids.join(", ");
    (count > 0).then(|| format!("Warning: skipped OpenPGP checks for {count} {packages} from {repositories}: {list}"))
}

fn lines(error: &Error, repos: &[RepoConfig], quiet: bool) -> (Vec<String>, u8) {
    let lines = match error {
        Error::Config(ConfigError::UnknownOption { key, value }) => {
            return (vec![format!("setopt: \"{key}={value}\": Option \"{key}\" not found. {HELP}")], USAGE);
        }
        Error::Config(ConfigError::BadValue { key, value, source }) => {
            let cause = capitalized(&source.to_string());
            return (vec![format!("setopt: \"{key}={value}\": {cause}. {HELP}")], USAGE);
        }
        Error::Config(ConfigError::Syntax { path, source })
        | Error::RepoConfig(RepoConfigError::Syntax { path, source }) => {
            vec![
                format!("Error in configuration file \"{}\"", path.display()),
                format!(" {}", capitalized(&source.to_string())),
            ]
        }
        Error::Hook(error) => {
            let cause = error.cause.iter().flat_map(|cause| cause.split('\n')).map(|line| format!(" {line}"));
            std::iter::once(error.message.clone()).chain(cause).collect()
        }
        Error::RepoConfig(RepoConfigError::InvalidId { id, character }) => {
            vec![format!("Invalid repository id \"{}\": unexpected character '{character}'", one_line(id))]
        }
        Error::RepoConfig(RepoConfigError::AlreadyDefined { id }) => {
            vec![format!(
                "Failed to create repo \"{}\": Id is present more than once in the configuration",
                one_line(id)
            )]
        }
        Error::Config(ConfigError::RelativeInstallroot { path }) => vec![format!(
            "OptionValueNotAllowedError: Only absolute paths allowed, relative path \"{}\" detected",
            path.display()
        )],
        Error::NoSuchRepo { patterns, refused: _ } => {
            return (vec![format!("No matching repositories for {}. {HELP}", patterns.join(", "))], USAGE);
        }
        Error::Config(ConfigError::Read { path, source }) => {
            let path = path.display();
            let (head, doing) = match source.kind() {
                ErrorKind::NotFound => (format!("Configuration file \"{path}\" not found"), "cannot open file"),
                // A directory can be opened.
                ErrorKind::IsADirectory => {
                    (format!("Unable to access configuration file \"{path}\""), "error reading a line from file")
                }
                _ => (format!("Unable to access configuration file \"{path}\""), "cannot open file"),
            };
            vec![head, format!(" {doing}: {} [{path}]", numbered_error(source))]
        }
        Error::Privilege => vec![
            "The requested operation requires superuser privileges. Please log in as a user with elevated rights, or \
             use the \"--assumeno\" or \"--downloadonly\" options to run the command without modifying the system \
             state."
                .to_owned(),
        ],
        Error::Repository { id, .. } if unusable(error, id).is_some() => unusable(error, id).unwrap_or_default(),
        Error::Catalog { id, source } if let Some(path) = damaged(source.as_ref()) => {
            let cause = causes(source.as_ref());
            vec![format!("Failed to load primary for repo \"{id}\" from \"{}\": {cause}", path.display())]
        }
        Error::Repository { id, source } => {
            let place = repos.iter().find(|repo| repo.id == *id).map(place).unwrap_or_default();
            // The outermost cause says again which repository it is.
            let causes = causes(source.as_ref());
            let cause = causes.strip_prefix(&format!("cannot load repository {id}: ")).unwrap_or(&causes);
            if cause == NOT_CACHED {
                return (vec![format!("Cache-only enabled but no cache for repository \"{}\"", one_line(id))], FAILURE);
            }
            let unavailable = error.unavailable();
            let sentence = unavailable.as_ref().map_or_else(|| cause.to_owned(), transfers::no_repository);
            let mut lines = vec![format!("Failed to download metadata{place} for repository \"{id}\": {sentence}")];
            if unavailable.is_some() && quiet {
                // Without bars nothing else tells the cause.
                lines.push(format!(" {cause}"));
            }
            lines
        }
        Error::PackageFile { path, source } => {
            vec![no_package(path, source.as_ref())]
        }
        Error::Download { failures } => downloads(failures, quiet),
        Error::PackagesDirectory { path, source } => vec![
            "Failed to download packages".to_owned(),
            format!(" filesystem error: cannot create directories: {} [{}]", plain(source), path.display()),
        ],
        Error::OnlyCache { package } => {
            vec![format!("Cannot download the \"{package}\" package, cacheonly option is activated.")]
        }
        Error::Store(StoreError::Directory { path, source }) => {
            vec![format!("filesystem error: cannot create directories: {} [{}]", plain(source), path.display())]
        }
        Error::Signature { failures } => {
            let mut lines = vec!["Transaction failed: Signature verification failed.".to_owned()];
            lines.extend(failures.iter().flat_map(unusable_key));
            lines.extend(failures.iter().map(signature));
            lines
        }
        Error::LostKey { failure, lost } => lost_key(failure, lost),
        Error::TransactionLocked { details } => {
            let mut lines = vec![
                "Transaction failed: Failed to obtain rpm transaction lock. Another transaction is in progress."
                    .to_owned(),
            ];
            if let Some(details) = details {
                lines.push("Details about the currently running transaction:".to_owned());
                lines.extend(format!("{details:?}").lines().map(|line| format!("  {line}")));
            }
            lines
        }
        Error::TransactionCheck { phase, problems, unchecked } => {
            let sentence = match phase {
                CheckPhase::Check => "Rpm transaction check failed.",
                CheckPhase::Test => "Rpm transaction failed.",
            };
            let mut lines = vec![format!("Transaction failed: {sentence}")];
            lines.extend(unchecked_line(unchecked));
            lines.extend(problems.iter().map(|problem| format!("  - {problem}")));
            lines
        }
        Error::Interrupted { source } => vec![
            format!("Transaction failed: {}", causes(source.as_ref())),
            "It was stopped in the middle. When the cause is gone, \"oxidnf transaction resume\" finishes it."
                .to_owned(),
        ],
        Error::Unfinished => vec![
            "An earlier transaction was interrupted, and must be finished first: see \"oxidnf transaction status\" and \
             \"oxidnf transaction resume\"."
                .to_owned(),
        ],
        Error::CannotResume { reason } => interrupted::cannot_resume(reason),
        Error::TransactionFailed { .. } => vec!["Transaction failed: Rpm transaction failed.".to_owned()],
        Error::Transaction { source } => {
            vec![format!("Transaction failed: {}", causes(source.as_ref()))]
        }
        Error::InvalidTsflag { flag } => vec![format!("Invalid tsflag: {flag}")],
        other => vec![causes(other)],
    };
    (lines.iter().map(|line| one_line(line).into_owned()).collect(), FAILURE)
}

/// Returns the words about metadata that came but cannot be used, or about a key that did not come.
fn unusable(error: &Error, id: &str) -> Option<Vec<String>> {
    match error.repo_fault()? {
        RepoFault::Rollback { seen, offered } => {
            let (seen, offered) = (date(*seen), date(*offered));
            Some(vec![
                "Failed to download metadata".to_owned(),
                format!(
                    " The metadata of repository \"{id}\" is older than what was seen before: {offered} instead of {seen}"
                ),
                " The mirror may be stale or somebody holds updates back; \"refuse_rollback=0\" accepts it".to_owned(),
            ])
        }
        RepoFault::NoSource => Some(vec![
            "Failed to set up metadata download".to_owned(),
            format!(" No valid source (baseurl, mirrorlist or metalink) found for repository \"{id}\""),
        ]),
        RepoFault::Setup { path, temporary, source } => {
            let path = path.display();
            let cause = if *temporary {
                format!(" cannot create temporary directory: {} [{path}]", numbered_error(source))
            } else {
                format!(" filesystem error: cannot create directories: {} [{path}]", plain(source))
            };
            Some(vec!["Failed to set up metadata download".to_owned(), cause])
        }
        RepoFault::NoPlace => Some(vec![
            "Failed to download metadata".to_owned(),
            " Librepo error: Empty mirrorlist and no basepath specified!".to_owned(),
        ]),
        RepoFault::NotListed { kind } => {
            Some(vec![format!("Failed to load repository: \"{kind}\" data not present or in unsupported format")])
        }
        RepoFault::Metadata(error) => Some(vec![
            "Failed to download metadata".to_owned(),
            format!(" Error loading local metadata for repository \"{id}\""),
            format!("  {}", causes(error)),
        ]),
        RepoFault::Key { url, source } => {
            let (verb, cause) = match url.strip_prefix("file://") {
                Some(path) => {
                    let reason = source.attempts.last().map(|last| numbered(&last.reason)).unwrap_or_default();
                    ("read", format!("cannot open file: {reason} [{path}]"))
                }
                None => (
                    "download",
                    source.unavailable().map_or_else(|| causes(source), |what| transfers::unavailable(&what)),
                ),
            };
            Some(vec![format!("Failed to {verb} key from {url} for repository \"{id}\": {cause}")])
        }
        _ => None,
    }
}

/// Returns a time in words, in UTC.
fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| seconds.to_string(), |time| time.to_string())
}

/// Returns the file of packages that cannot be read.
fn damaged<'a>(source: &'a (dyn std::error::Error + 'static)) -> Option<&'a std::path::Path> {
    match source.downcast_ref::<MetadataError>()? {
        MetadataError::Open { path, .. }
        | MetadataError::Read { path, .. }
        | MetadataError::Xml { path, .. }
        | MetadataError::Package { path, .. }
        | MetadataError::OpenChecksum { path, .. }
        | MetadataError::Digest { path, .. } => Some(path),
        MetadataError::NotListed { .. } | MetadataError::UnsafeLocation { .. } | MetadataError::Catalog { .. } => None,
    }
}

/// Says where a repository's metadata was looked for, without passwords.
fn place(repo: &RepoConfig) -> String {
    match repo.source() {
        Source::Metalink(url) => format!(" (metalink: \"{}\")", redact_text(url)),
        Source::Mirrorlist(url) => format!(" (mirrorlist: \"{}\")", redact_text(url)),
        Source::Baseurl(urls) => {
            let urls: Vec<String> = urls.iter().map(|url| redact_text(url)).collect();
            format!(" (baseurl: \"{}\")", urls.join(", "))
        }
        Source::Nothing => String::new(),
    }
}

fn downloads(failures: &[DownloadFailure], quiet: bool) -> Vec<String> {
    let mut lines = vec!["Failed to download packages".to_owned()];
    if failures.iter().any(|failure| failure.interrupted) {
        lines.push(" Librepo error: Interrupted by a SIGINT signal".to_owned());
        return lines;
    }
    for DownloadFailure { package, reasons, unavailable, interrupted: _, fault: _ } in failures {
        let causes = reasons.join(": ");
        match unavailable {
            // The program is not librepo, but this line is what scripts look for.
            Some(location) => {
                lines.push(format!(" Librepo error: Cannot download {location}: All mirrors were tried"));
                if quiet {
                    lines.push(format!("  {causes}"));
                }
            }
            None => lines.push(format!(" Cannot download {package}: {causes}")),
        }
    }
    lines
}

/// Says why a file behind a URL cannot be had.
pub(crate) fn lost_file(lost: &LostKey) -> Vec<String> {
    match &lost.last {
        Some(last) => vec![
            "Failed to download files".to_owned(),
            format!(" Librepo error: {}", transfers::sentence(&last.fault, &last.url, &last.reason)),
        ],
        None => vec!["Failed to download files".to_owned(), format!(" {} is not a URL that can be fetched", lost.url)],
    }
}

/// Says why a key that a package needs cannot be had.
fn lost_key(failure: &SignatureFailure, lost: &LostKey) -> Vec<String> {
    match (&lost.trouble, &lost.last) {
        (KeyTrouble::Fetch(_), Some(last)) => vec![
            "Failed to download files".to_owned(),
            format!(" Librepo error: {}", transfers::sentence(&last.fault, &last.url, &last.reason)),
        ],
        (KeyTrouble::OnlyCache, _) => vec!["Cannot download files, cacheonly option is activated.".to_owned()],
        (KeyTrouble::File(code @ 1..), _) => {
            let path = lost.url.strip_prefix("file://").unwrap_or(&lost.url);
            vec![format!("cannot open file: {} [{path}]", numbered_error(&std::io::Error::from_raw_os_error(*code)))]
        }
        _ => {
            vec!["Failed to download files".to_owned(), format!(" {}: {}", lost.url, failure.details.join(": "))]
        }
    }
}

/// Says what is wrong with a key that nobody can use.
fn unusable_key(failure: &SignatureFailure) -> Vec<String> {
    let [url, first, rest @ ..] = failure.details.as_slice() else { return Vec::new() };
    if failure.cause != SignatureCause::UnusableKey {
        return Vec::new();
    }
    let heading =
        format!("An error occurred importing key \"{url}\": Failed to import public key \"{url}\" to rpmdb: {first}");
    std::iter::once(heading).chain(rest.iter().cloned()).collect()
}

/// Returns why a signature does not hold.
pub(crate) fn signature_cause(cause: SignatureCause) -> &'static str {
    match cause {
        SignatureCause::NoKey => "No corresponding key was found.",
        SignatureCause::NotTrusted => "The signature is valid, but the key is not trusted.",
        SignatureCause::NotSigned => "The package is not signed.",
        SignatureCause::Failed => "Problem occurred when opening the package.",
        SignatureCause::NoKeysConfigured => "The repository does not have any OpenPGP keys configured.",
        SignatureCause::KeyUnavailable => "Public key is not installed.",
        SignatureCause::OtherPackage => "The file holds another package.",
        SignatureCause::Declined => "Canceled by the user.",
        SignatureCause::ImportFailed | SignatureCause::UnusableKey => "Public key import failed.",
        SignatureCause::WrongKey | SignatureCause::UntrustedKey => "Import of the key didn't help, wrong key?",
        SignatureCause::OtherRepository => "The key is not one of this repository's.",
    }
}

fn signature(failure: &SignatureFailure) -> String {
    let SignatureFailure { nevra, path, repo_id, cause, details } = failure;
    let cause = signature_cause(*cause);
    let path = path.display();
    let mut line =
        format!("OpenPGP check for package \"{nevra}\" ({path}) from repo \"{repo_id}\" has failed: {cause}");
    // dnf5 keeps details to itself; here they are shown where its sentence alone does not say what to do.
    let unclear = matches!(
        failure.cause,
        SignatureCause::Failed
            | SignatureCause::KeyUnavailable
            | SignatureCause::ImportFailed
            | SignatureCause::OtherPackage
            | SignatureCause::OtherRepository
    );
    if unclear && !details.is_empty() {
        line.push_str(&format!(" ({})", details.join(": ")));
    }
    line
}

/// Puts the number of a system's error before its text, as libdnf5 does.
fn numbered(reason: &str) -> String {
    let parts = reason.strip_suffix(')').and_then(|reason| reason.rsplit_once(" (os error "));
    parts.map_or_else(|| reason.to_owned(), |(text, number)| format!("({number}) - {text}"))
}

/// Makes the first letter a capital.
pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Returns an error with all its causes, without the numbers that Rust adds to errors of the system.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    chain(error).iter().map(plain).collect::<Vec<_>>().join(": ")
}

pub(crate) fn plain(error: impl ToString) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) if text.ends_with(')') => text[..at].to_owned(),
        _ => text,
    }
}

/// Says why a file of the command line is no package; libsolv's words where dnf5 has those.
fn no_package(path: &str, source: &(dyn std::error::Error + 'static)) -> String {
    match source.downcast_ref::<PackageError>() {
        Some(PackageError::NotAPackage { .. } | PackageError::Truncated { part: "signature hdr", size: 16, .. }) => {
            format!("Failed to load RPM \"{path}\": {path}: not a rpm")
        }
        Some(PackageError::Truncated { .. } | PackageError::Padding { .. }) => {
            format!("Failed to load RPM \"{path}\": {path}: unexpected EOF")
        }
        _ => format!("Failed to access RPM \"{path}\": {}", causes(source)),
    }
}
