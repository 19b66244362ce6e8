//! Deciding whether package files may be installed (reference of dnf5, section 4.4).

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oxidnf_core::conf::CacheOnly;
use oxidnf_core::event::{LastTry, Reporter, Silent};
use oxidnf_core::package_file::{PackageFile, StampedDigests, VerifyFlags, VerifyItem};
use oxidnf_core::{PlanItem, Trust, Verified};
use oxidnf_repo::config::{RepoConfig, local_path};
use oxidnf_repo::openpgp::{Key, Keyring, PackagePolicy, SignatureProblem, VerifyLevel};
use oxidnf_rpmdb::{KeyStore, LockKind};
use oxidnf_transaction::{Element, SignatureJudge};

use crate::download::Downloaded;
use crate::error::{CheckPhase, Error, FetchFault, chain};
use crate::keyring;
use crate::prompt::{KeyQuestion, KeyTrouble, Prompt};
use crate::session::Session;

/// A package that the signature policy refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFailure {
    /// Its NEVRA without an epoch of 0.
    pub nevra: String,
    /// The file.
    pub path: PathBuf,
    /// Its repository.
    pub repo_id: String,
    /// What is wrong.
    pub cause: SignatureCause,
    /// More about it, outermost first.
    pub details: Vec<String>,
}

/// Why a package is refused; the first failure of a package that could not be repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureCause {
    /// No corresponding key was found.
    NoKey,
    /// The signature is valid, but the key is not trusted.
    NotTrusted,
    /// The package is not signed.
    NotSigned,
    /// The file cannot be read, or is damaged.
    Failed,
    /// The file is another package than the metadata says.
    OtherPackage,
    /// The repository does not have any OpenPGP keys configured.
    NoKeysConfigured,
    /// A key of the repository could not be fetched or read.
    KeyUnavailable,
    /// The user did not want the key.
    Declined,
    /// The key could not be put into the rpm database.
    ImportFailed,
    /// The key is one that nobody can use; the details are where it came from, and what is wrong with it in rpm's words.
    UnusableKey,
    /// Import of the key didn't help, wrong key?
    WrongKey,
    /// The key is there, but has expired, was revoked, or is too weak.
    UntrustedKey,
    /// The key is trusted, but not for this repository.
    OtherRepository,
}

/// Why the keys of a repository were no help.
struct KeysRefused {
    cause: SignatureCause,
    details: Vec<String>,
    /// The file that ended the round, if it could not be had.
    lost: Option<Box<LostKey>>,
}

impl From<(SignatureCause, Vec<String>)> for KeysRefused {
    fn from((cause, details): (SignatureCause, Vec<String>)) -> Self {
        KeysRefused { cause, details, lost: None }
    }
}

/// A key file that a repository names, but that could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostKey {
    /// Where it should be: a URL or a path.
    pub url: String,
    /// What went wrong.
    pub trouble: KeyTrouble,
    /// The last try to fetch it, if there was one.
    pub last: Option<Box<LastTry>>,
}

/// A key file that could not be had.
#[derive(Debug)]
pub(crate) struct Unfetched {
    pub(crate) trouble: KeyTrouble,
    /// The last try to fetch it, if there was one.
    last: Option<Box<LastTry>>,
    /// The causes, outermost first.
    pub(crate) details: Vec<String>,
}

impl From<KeyTrouble> for Unfetched {
    fn from(trouble: KeyTrouble) -> Self {
        Unfetched { trouble, last: None, details: Vec::new() }
    }
}

impl From<std::io::Error> for Unfetched {
    fn from(error: std::io::Error) -> Self {
        Unfetched { details: chain(&error), ..KeyTrouble::File(error.raw_os_error().unwrap_or(0)).into() }
    }
}

/// Package files that passed, and how many were not looked at.
pub(crate) struct VerifiedFiles {
    /// In the order of the plan's inbound items.
    pub(crate) packages: Vec<Verified<PackageFile>>,
    /// Repositories with the number of their packages that were not checked.
    pub(crate) unchecked: BTreeMap<String, usize>,
}

/// One inbound item with its file.
struct Candidate<'a> {
    item: &'a PlanItem,
    path: &'a Path,
    check: bool,
    /// What is looked at in a package that is checked.
    policy: PackagePolicy,
    digests: Option<&'a StampedDigests>,
}

/// A file that did not pass; opened and digested, so that it need not be read again when the keys are there.
struct Refused {
    failure: SignatureFailure,
    package: Option<PackageFile>,
    /// Of a file that rpm cannot read, and whose signatures nobody asked for: what is said when rpm comes to it.
    unread: Option<[String; 2]>,
}

type Judged = Result<Verified<PackageFile>, Box<Refused>>;

impl Session {
    /// Opens package files and checks the signatures of those whose repository asks for it.
    ///
    /// Keys that are missing are fetched from where the repository says and imported if `prompt` agrees. One that cannot
    /// be had ends the run, as nobody can say what it would have been good for.
    pub(crate) fn verify_files(
        &mut self,
        items: &[&PlanItem],
        downloaded: &Downloaded,
        (prompt, reporter): (&mut dyn Prompt, &dyn Reporter),
    ) -> Result<VerifiedFiles, Error> {
        let policy = if self.settings.skip_digests {
            PackagePolicy { level: VerifyLevel::Signature, disabled: VerifyFlags::DIGESTS }
        } else {
            PackagePolicy::new(VerifyLevel::All)
        };
        let mut candidates = Vec::new();
        let mut unchecked = BTreeMap::new();
        for (item, path) in items.iter().zip(&downloaded.files) {
            let check = self.is_checked(&item.package.repo_id)?;
            if !check {
                *unchecked.entry(item.package.repo_id.clone()).or_insert(0) += 1;
            }
            let digests = downloaded.digests.get(path);
            candidates.push(Candidate { item, path, check, policy, digests });
        }
        let mut ring = Keyring::new(self.now());
        if candidates.iter().any(|candidate| candidate.check) {
            ring = self.keyring()?;
        }
        let all = (0..candidates.len()).map(|index| (index, None)).collect();
        let mut results: Vec<Judged> =
            judge_all(&ring, &candidates, all).into_iter().map(|(_, judged)| judged).collect();
        let mut failures = Vec::new();
        let mut unusable = None;
        let mut keys = KeyRounds::default();
        for index in by_importance(&candidates) {
            if let Ok(package) = &results[index] {
                failures.extend(self.foreign(&candidates[index], package)?);
            }
            let Err(refused) = &mut results[index] else { continue };
            let Refused { failure, package, unread } = &mut **refused;
            if let Some(lines) = unread.take() {
                unusable.get_or_insert(lines);
                continue;
            }
            let missing_key = matches!(failure.cause, SignatureCause::NoKey | SignatureCause::NotTrusted);
            if missing_key {
                let repo = self.any_repo(&failure.repo_id)?;
                // One failure with a repository's keys says it for all of its packages.
                if keys.spoilt.contains(&repo.id) {
                    continue;
                }
                let opened = package.take();
                let first = keys.asked.insert(repo.id.clone());
                let imported = if first { self.import_keys(&repo, &mut ring, (prompt, reporter)) } else { Ok(()) };
                match imported.and_then(|()| Ok(retry(&ring, &candidates[index], opened)?)) {
                    Ok(package) => {
                        failures.extend(self.foreign(&candidates[index], &package)?);
                        results[index] = Ok(package);
                        if first {
                            judge_again(&ring, &candidates, &mut results, &repo.id);
                        }
                        continue;
                    }
                    Err(KeysRefused { cause, details, lost }) => {
                        keys.spoilt.insert(repo.id);
                        failure.cause = cause;
                        // What is wrong with the key says it all.
                        if cause == SignatureCause::UnusableKey {
                            failure.details.clear();
                        }
                        failure.details.extend(details);
                        if let Some(lost) = lost {
                            return Err(Error::LostKey { failure: Box::new(failure.clone()), lost });
                        }
                    }
                }
            }
            failures.push(failure.clone());
        }
        if !failures.is_empty() {
            return Err(Error::Signature { failures });
        }
        // dnf5 stops at the first package that rpm does not take.
        if let Some(problems) = unusable {
            let (phase, unchecked) = (CheckPhase::Check, unchecked.into_iter().collect());
            return Err(Error::TransactionCheck { phase, problems: problems.into(), unchecked });
        }
        let packages = results.into_iter().flatten().collect();
        Ok(VerifiedFiles { packages, unchecked })
    }

    /// Returns the failure of a package that another repository's key vouches for.
    fn foreign(
        &self,
        candidate: &Candidate<'_>,
        package: &Verified<PackageFile>,
    ) -> Result<Option<SignatureFailure>, Error> {
        let repo_id = &candidate.item.package.repo_id;
        let refused = self.check_pin(&self.any_repo(repo_id)?, package).err();
        Ok(refused.map(|(cause, details)| SignatureFailure {
            nevra: candidate.item.package.nevra.to_string(),
            path: candidate.path.to_owned(),
            repo_id: repo_id.clone(),
            cause,
            details,
        }))
    }

    /// Returns of each package file why its signature does not hold by the keys of the rpm database, if it does not; no
    /// keys are fetched.
    pub fn signature_problems(&mut self, paths: &[PathBuf]) -> Result<Vec<Option<SignatureCause>>, Error> {
        let ring = self.keyring()?;
        let policy = PackagePolicy::new(VerifyLevel::All);
        let problem = |path: &PathBuf| match PackageFile::open(path) {
            Ok(package) => ring.verify_package(&package, policy).err().map(|problem| cause_of(&problem)),
            Err(_) => Some(SignatureCause::Failed),
        };
        Ok(paths.iter().map(problem).collect())
    }

    /// Tells of each package file whether it is signed by a key of the rpm database; no keys are fetched.
    pub fn are_signed(&mut self, paths: &[PathBuf]) -> Result<Vec<bool>, Error> {
        let ring = self.keyring()?;
        let policy = PackagePolicy::new(VerifyLevel::All);
        let signed =
            |path: &PathBuf| PackageFile::open(path).is_ok_and(|package| ring.verify_package(&package, policy).is_ok());
        Ok(paths.iter().map(signed).collect())
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.clock.now().unsigned_abs())
    }

    fn is_checked(&self, repo_id: &str) -> Result<bool, Error> {
        Ok(self.any_repo(repo_id)?.options.pkg_gpgcheck)
    }

    fn any_repo(&self, repo_id: &str) -> Result<RepoConfig, Error> {
        if self.is_at_hand(repo_id) {
            return Ok(self.command_line_repo());
        }
        self.repo_config(repo_id).cloned()
    }

    /// Reads the keys of the target.
    fn keyring(&mut self) -> Result<Keyring, Error> {
        let macros = self.macros()?;
        let store = KeyStore::of_macros(&self.roots.target, &macros);
        let path = self.db_path()?;
        // Whoever cannot take the lock can still read; nothing is changed here.
        let _lock = store.lock(LockKind::Shared).ok();
        let keys = keyring::load(&store, self.now()).map_err(|error| Error::Database {
            operation: "read keys of",
            path,
            source: Error::boxed(error),
        })?;
        for warning in keys.warnings {
            self.log.write(crate::log::Level::Warning, &warning);
        }
        Ok(keys.ring)
    }

    /// Returns a judge of signatures for the transaction's own check; none when there is nothing to judge.
    pub(crate) fn signature_judge(&mut self, elements: &[Element]) -> Result<Option<Arc<dyn SignatureJudge>>, Error> {
        let signed = elements.iter().any(|element| match element {
            Element::Install { package, .. } => !package.get().signatures().is_empty(),
            Element::Erase { .. } => false,
        });
        if !signed {
            return Ok(None);
        }
        Ok(Some(Arc::new(RingJudge { ring: self.keyring()? })))
    }

    /// Imports the keys of a repository; the error says why its packages stay unverified.
    fn import_keys(
        &mut self,
        repo: &RepoConfig,
        ring: &mut Keyring,
        (prompt, reporter): (&mut dyn Prompt, &dyn Reporter),
    ) -> Result<(), KeysRefused> {
        if repo.keys().next().is_none() {
            return Err((SignatureCause::NoKeysConfigured, Vec::new()).into());
        }
        for url in repo.keys() {
            if !prompt.look_at_key(url) {
                return Err((SignatureCause::Declined, Vec::new()).into());
            }
            let keys = self.fetch_key(repo, url, reporter).and_then(|bytes| {
                let no_key = |error| Unfetched { details: chain(&error), ..KeyTrouble::NoKey.into() };
                Key::read_all(&bytes).map_err(no_key)
            });
            let keys = match keys {
                Ok(keys) => keys,
                Err(Unfetched { trouble, last, details }) => {
                    prompt.key_trouble(url, &trouble);
                    let lost =
                        (trouble != KeyTrouble::NoKey).then(|| Box::new(LostKey { url: url.clone(), trouble, last }));
                    return Err(KeysRefused { cause: SignatureCause::KeyUnavailable, details, lost });
                }
            };
            for key in keys {
                let facts = key.facts(self.now());
                // One that is known is imported again, as in dnf5: it may be good for longer, or no longer good.
                let question = KeyQuestion {
                    short_id: facts.short_id().to_owned(),
                    user_ids: facts.user_ids.clone(),
                    fingerprint: facts.fingerprint.clone(),
                    url: url.clone(),
                    repo_id: repo.id.clone(),
                };
                if !prompt.import_key(&question) {
                    return Err((SignatureCause::Declined, Vec::new()).into());
                }
                let lint = key.lint(self.now());
                if !lint.usable {
                    let told = lint.text.unwrap_or_default();
                    let details = std::iter::once(url.clone()).chain(told.lines().map(str::to_owned)).collect();
                    return Err((SignatureCause::UnusableKey, details).into());
                }
                if let Err(details) = self.store_key(&key) {
                    return Err((SignatureCause::ImportFailed, details).into());
                }
                prompt.key_imported(&question);
                drop(ring.add(key, url));
            }
        }
        Ok(())
    }

    /// Returns the bytes of a key file; what is no URL is a path.
    pub(crate) fn fetch_key(
        &self,
        repo: &RepoConfig,
        url: &str,
        reporter: &dyn Reporter,
    ) -> Result<Vec<u8>, Unfetched> {
        let remote = ["http://", "https://", "ftp://"].iter().any(|scheme| url.starts_with(scheme));
        let plain = || (!remote).then(|| PathBuf::from(url));
        if let Some(path) = local_path(url).or_else(plain) {
            return std::fs::read(&path).map_err(|error| {
                let details = vec![format!("cannot read {}", path.display()), error.to_string()];
                Unfetched { details, ..Unfetched::from(error) }
            });
        }
        if self.config.options.cacheonly.value() == CacheOnly::All {
            return Err(KeyTrouble::OnlyCache.into());
        }
        let dir = tempfile::tempdir()?;
        let dest = dir.path().join("key");
        let no_fetcher = |error: Error| Unfetched { details: chain(&error), ..KeyTrouble::File(0).into() };
        let fetcher = self.fetcher(reporter).map_err(no_fetcher)?;
        fetcher.key(repo, url, &dest).map_err(|error| Unfetched {
            trouble: KeyTrouble::Fetch(FetchFault::of_download(&error)),
            last: error.last_try().map(Box::new),
            details: chain(&error),
        })?;
        Ok(std::fs::read(&dest)?)
    }

    /// Returns the bytes behind a URL; the reporter hears of their way.
    pub(crate) fn fetch_document(&self, url: &str, reporter: &dyn Reporter) -> Result<Vec<u8>, LostKey> {
        let lost = |Unfetched { trouble, last, .. }| LostKey { url: url.to_owned(), trouble, last };
        self.fetch_key(&self.command_line_repo(), url, reporter).map_err(lost)
    }

    /// Returns the bytes behind a URL, or what went wrong.
    pub(crate) fn fetch_file(&self, url: &str) -> Result<Vec<u8>, String> {
        let repo = self.command_line_repo();
        self.fetch_key(&repo, url, &Silent).map_err(|mut error| error.details.pop().unwrap_or_default())
    }

    /// Puts a key into the target's key store.
    fn store_key(&mut self, key: &Key) -> Result<(), Vec<String>> {
        let macros = self.macros().map_err(|error| chain(&error))?;
        let store = KeyStore::of_macros(&self.roots.target, &macros);
        let facts = keyring::facts(key, key.bytes(), self.now());
        let time = u32::try_from(self.clock.recorded()).unwrap_or(u32::MAX);
        let locked = store.lock(LockKind::Exclusive);
        locked.and_then(|_lock| store.import(&facts, time, time)).map(drop).map_err(|error| chain(&error))
    }
}

/// Judges with the keys that there were when the transaction began; packages cannot add to them meanwhile.
#[derive(Debug)]
struct RingJudge {
    ring: Keyring,
}

impl SignatureJudge for RingJudge {
    fn judge(&self, package: &PackageFile, disabled: VerifyFlags) -> Result<Vec<VerifyItem>, String> {
        self.ring.signature_items(package, disabled).map_err(|problem| chain(&problem).join(": "))
    }
}

/// Judges a package again after the keys of its repository were imported.
fn retry(
    ring: &Keyring,
    candidate: &Candidate<'_>,
    opened: Option<PackageFile>,
) -> Result<Verified<PackageFile>, (SignatureCause, Vec<String>)> {
    judge(ring, candidate, opened).map_err(|refused| match refused.failure.cause {
        SignatureCause::NoKey => (SignatureCause::WrongKey, Vec::new()),
        SignatureCause::NotTrusted => (SignatureCause::UntrustedKey, Vec::new()),
        other => (other, refused.failure.details),
    })
}

/// What happened to the keys of repositories, by their ids.
#[derive(Default)]
struct KeyRounds {
    /// Their keys were looked at.
    asked: HashSet<String>,
    /// Their keys were no help.
    spoilt: HashSet<String>,
}

/// Returns the candidates' indexes, those that the user asked for first: they name the failure best.
fn by_importance(candidates: &[Candidate<'_>]) -> Vec<usize> {
    let mut indexes: Vec<usize> = (0..candidates.len()).collect();
    indexes.sort_by_key(|index| std::cmp::Reverse(candidates[*index].item.reason.strength()));
    indexes
}

/// Judges files, several at a time: the candidates at these places, each with what an earlier round opened.
fn judge_all(
    ring: &Keyring,
    candidates: &[Candidate<'_>],
    work: Vec<(usize, Option<PackageFile>)>,
) -> Vec<(usize, Judged)> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get).min(work.len());
    let done = Mutex::new(Vec::with_capacity(work.len()));
    let work = Mutex::new(work.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let next = || work.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some((index, opened)) = next() {
                    let judged = judge(ring, &candidates[index], opened);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, judged));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done
}

/// Judges the packages of a repository that lacked a key, now that its keys are there; those that still lack one stay as
/// they are, because another repository may bring it.
fn judge_again(ring: &Keyring, candidates: &[Candidate<'_>], results: &mut [Judged], repo_id: &str) {
    let mut work = Vec::new();
    for (index, judged) in results.iter_mut().enumerate() {
        if let Err(refused) = judged
            && refused.failure.repo_id == repo_id
            && matches!(refused.failure.cause, SignatureCause::NoKey | SignatureCause::NotTrusted)
        {
            work.push((index, refused.package.take()));
        }
    }
    for (index, judged) in judge_all(ring, candidates, work) {
        match (&mut results[index], judged) {
            (Err(before), Err(again)) => before.package = again.package,
            (result, judged) => *result = judged,
        }
    }
}

/// Judges one file; `opened` is what an earlier round opened.
fn judge(ring: &Keyring, candidate: &Candidate<'_>, opened: Option<PackageFile>) -> Judged {
    let refused = |cause, details, package| {
        let failure = SignatureFailure {
            nevra: candidate.item.package.nevra.to_string(),
            path: candidate.path.to_owned(),
            repo_id: candidate.item.package.repo_id.clone(),
            cause,
            details,
        };
        Box::new(Refused { failure, package, unread: None })
    };
    // Without a check of signatures nobody looks at a file before rpm does.
    // witness: compat-tests/tests/damage.rs::installed_from_a_repository
    let unread = |said: String, reasons: Vec<String>| {
        let mut refused = refused(SignatureCause::Failed, reasons.clone(), None);
        refused.unread = (!candidate.check).then(|| [said, reasons.join(": ")]);
        refused
    };
    let mut package = match opened.map_or_else(|| PackageFile::open(candidate.path), Ok) {
        Ok(package) => package,
        Err(error) => {
            let said = format!("Failed to read package header from file \"{}\"", candidate.path.display());
            return Err(unread(said, chain(&error)));
        }
    };
    match package.header().nevra() {
        // A mirror that hands out another package, however well signed, must not decide what is installed.
        Ok(nevra) if nevra != candidate.item.package.nevra => {
            return Err(refused(SignatureCause::OtherPackage, vec![format!("the file is {nevra}")], None));
        }
        Ok(_) => {}
        Err(error) => {
            let said = format!("Cannot install package \"{}\"", candidate.item.package.nevra.with_epoch());
            return Err(unread(said, chain(&error)));
        }
    }
    if let Some(digests) = candidate.digests {
        package.adopt_digests(digests);
    }
    if !candidate.check {
        return Ok(Verified::new(package, Trust::Unchecked));
    }
    // The transaction's own check wants the same digests, and finds them in the package.
    let digests = match package.digest() {
        Ok(digests) => digests,
        Err(error) => return Err(refused(SignatureCause::Failed, chain(&error), None)),
    };
    match ring.check_digested_package(&package, candidate.policy, digests.as_ref().clone()) {
        Ok(verdict) => Ok(Verified::new(package, verdict.trust)),
        Err(problem) => {
            let cause = cause_of(&problem);
            Err(refused(cause, chain(&problem), Some(package)))
        }
    }
}

fn cause_of(problem: &SignatureProblem) -> SignatureCause {
    match problem {
        SignatureProblem::NoKey { .. } => SignatureCause::NoKey,
        SignatureProblem::NotTrusted { .. } => SignatureCause::NotTrusted,
        SignatureProblem::Unsigned => SignatureCause::NotSigned,
        _ => SignatureCause::Failed,
    }
}
