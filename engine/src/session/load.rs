//! Bringing packages into a session.

use std::cell::RefCell;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use oxidnf_catalog::{Catalog, RepoInfo, RepoKind, Sack};
use oxidnf_core::event::Reporter;
use oxidnf_repo::cache::{CacheSettings, Counting, MetadataTypes};
use oxidnf_repo::catalog_cache::{self, CatalogOrigin, CatalogSettings};
use oxidnf_repo::config::RepoConfig;
use oxidnf_repo::fetch::{self, FetchOptions, Fetcher, KeyOffer, KeyPrompt, ProxyEnvironment, RepoError};
use oxidnf_repo::metadata::Metadata;
use oxidnf_repo::path_cache;

use super::Session;
use crate::error::{Error, FetchFault, chain};
use crate::locks::SystemLock;
use crate::log::Level;
use crate::prompt::{KeyQuestion, Prompt};
use crate::request::Load;

/// A repository's metadata, kept for what catalogs do not hold.
pub(crate) struct LoadedRepo {
    pub(crate) id: String,
    pub(crate) metadata: Metadata,
    pub(crate) catalog: Arc<Catalog>,
    /// Whether the metadata came in this run.
    pub(crate) is_new: bool,
    /// Whether the lists of files were asked for; they may be there without.
    pub(crate) with_file_lists: bool,
}

impl Session {
    pub(super) fn load_packages(
        &mut self,
        load: &Load,
        prompt: &mut dyn Prompt,
        reporter: &dyn Reporter,
    ) -> Result<(), Error> {
        self.lock(load, prompt)?;
        if load.exclusive && self.has_interrupted() {
            return Err(Error::Unfinished);
        }
        let available = if load.available { self.sync_repos(load, prompt, reporter)? } else { Vec::new() };
        let mut sack = Sack::new();
        if load.system {
            sack.add_repo(RepoInfo::system(), self.system_catalog()?);
        }
        // Where packages are equal, dnf5 prefers those of the repository that it loaded first: those whose metadata is
        // at hand, by id, and then the others in the order in which they come, which for equally fast ones is from
        // the last to the first.
        let (new, kept): (Vec<&LoadedRepo>, Vec<&LoadedRepo>) = available.iter().partition(|repo| repo.is_new);
        for repo in kept.into_iter().chain(new.into_iter().rev()) {
            sack.add_repo(self.repo_info(&repo.id, repo.is_new), Arc::clone(&repo.catalog));
        }
        if load.available {
            for (id, catalog) in self.directory_catalogs()? {
                sack.add_repo(self.repo_info(&id, true), catalog);
            }
        }
        self.available = available;
        self.sack = sack;
        if load.system && load.exclusive {
            self.import_foreign_state()?;
        }
        if load.system && load.available {
            self.mend_copies()?;
        }
        self.each_plugin(|plugin, cx| plugin.repos_loaded(cx))?;
        self.add_command_line(&load.command_line_packages, reporter)?;
        self.apply_excludes()?;
        self.load_modules()
    }

    fn repo_info(&self, id: &str, is_new: bool) -> RepoInfo {
        let config = self.repos.iter().find(|config| config.id == id);
        let (priority, cost) = config.map_or((99, 1000), |config| (config.priority, config.cost));
        RepoInfo { id: id.to_owned(), kind: RepoKind::Available, priority, cost, is_new }
    }

    /// Takes the lock on the installed packages that loading needs, and waits for it; [`Session::load`] does it, too.
    pub fn lock(&mut self, load: &Load, prompt: &mut dyn Prompt) -> Result<(), Error> {
        // Who does not look at the installed packages needs none.
        if load.system || load.exclusive { self.lock_system(load.exclusive, prompt) } else { Ok(()) }
    }

    pub(crate) fn lock_system(&mut self, exclusive: bool, prompt: &mut dyn Prompt) -> Result<(), Error> {
        let options = &self.config.options;
        if options.skip_system_repo_lock.value() || self.lock.is_some() {
            return Ok(());
        }
        let persist = PathBuf::from(options.persistdir.get());
        self.lock = SystemLock::take(&self.roots.target, &persist, exclusive, prompt)?;
        if exclusive {
            oxidnf_transaction::remove_empty(&self.roots.target);
        }
        Ok(())
    }

    /// Returns what the room of repositories has to know about the cache.
    pub(crate) fn cache_settings(&self, extra: &[String]) -> CacheSettings {
        let options = &self.config.options;
        let mut types = MetadataTypes(options.optional_metadata_types.get());
        for kind in extra {
            types = types.with(kind);
        }
        let now = UNIX_EPOCH + Duration::from_secs(self.clock.now().unsigned_abs());
        let persist = options.persistdir.get();
        CacheSettings {
            state_dir: Some(self.roots.target.path().join(persist.trim_start_matches('/'))),
            counting: counting(Path::new(persist)),
            cachedir: PathBuf::from(options.cachedir.get()),
            system_cachedir: PathBuf::from(options.system_cachedir.get()),
            cacheonly: options.cacheonly.value(),
            check_config_file_age: options.check_config_file_age.value(),
            refresh: self.settings.refresh,
            types,
            now,
        }
    }

    pub(crate) fn fetcher<'a>(&self, reporter: &'a dyn Reporter) -> Result<Fetcher<'a>, Error> {
        let options = FetchOptions {
            max_parallel_downloads: self.config.options.max_parallel_downloads.get().get() as usize,
            environment: proxies(&self.settings.environment.proxies),
            cancel: self.settings.cancel.clone(),
            ..FetchOptions::default()
        };
        Fetcher::new(options, reporter).map_err(|error| Error::Io {
            operation: "start the downloader for",
            path: self.config.cache_dir(),
            source: error.source,
        })
    }

    /// Brings the enabled repositories up to date and indexes them, in order of their ids.
    fn sync_repos(
        &mut self,
        load: &Load,
        prompt: &mut dyn Prompt,
        reporter: &dyn Reporter,
    ) -> Result<Vec<LoadedRepo>, Error> {
        let synced = |repo: &&RepoConfig| repo.enabled && !self.is_directory_repo(&repo.id);
        let mut repos: Vec<RepoConfig> = self.repos.iter().filter(synced).cloned().collect();
        repos.sort_by(|one, two| one.id.cmp(&two.id));
        let settings = self.cache_settings(&load.metadata);
        let mut results: Vec<Option<Result<Metadata, Box<RepoError>>>> =
            repos.iter().map(|repo| Some(fetch::from_cache(repo, &settings)?.map_err(Box::new))).collect();
        let waiting: Vec<RepoConfig> =
            repos.iter().zip(&results).filter(|(_, result)| result.is_none()).map(|(repo, _)| repo.clone()).collect();
        if !waiting.is_empty() {
            let keys = KeyPrompts(RefCell::new(prompt));
            let fetcher = self.fetcher(reporter)?.with_prompt(&keys);
            let synced = fetcher.sync(&waiting, &settings);
            for (slot, (_, result)) in results.iter_mut().filter(|result| result.is_none()).zip(synced) {
                *slot = Some(result.map_err(Box::new));
            }
        }
        let mut loaded = Vec::new();
        for (repo, result) in repos.iter().zip(results) {
            match result {
                Some(Ok(metadata)) => loaded.push(index(repo, metadata, &settings.types)?),
                Some(Err(error)) if error.skip => self.skip_repo(&repo.id, &error),
                Some(Err(error)) => {
                    return Err(Error::Repository { id: repo.id.clone(), source: error });
                }
                // `sync` answers for every repository that it is given.
                None => {}
            }
        }
        Ok(loaded)
    }

    /// Goes on without a repository that `skip_if_unavailable` allows to miss.
    fn skip_repo(&mut self, id: &str, error: &RepoError) {
        let reasons = chain(error);
        let text = format!("Error loading repo \"{id}\" (skipping due to \"skip_if_unavailable=true\"):");
        self.log.write(Level::Warning, &format!("{text} {}", reasons.join(": ")));
        self.notes.skipped_repos.push((id.to_owned(), reasons));
        self.notes.skipped_faults.push(FetchFault::of_repo(error));
        if let Some(repo) = self.repos.iter_mut().find(|repo| repo.id == id) {
            repo.enabled = false;
        }
    }

    /// Returns the directory of a loaded repository's metadata and the metadata itself.
    pub fn metadata(&self, repo_id: &str) -> Option<&Metadata> {
        self.available.iter().find(|repo| repo.id == repo_id).map(|repo| &repo.metadata)
    }

    /// Returns the directory that a repository has in the cache, whether or not it exists.
    pub fn repo_cache_dir(&self, repo: &RepoConfig) -> PathBuf {
        let settings = self.cache_settings(&[]);
        oxidnf_repo::cache::RepoCache::new(&settings, repo).dir().to_owned()
    }
}

/// Maps or makes the catalog of a repository.
///
/// With the file lists among the types, the index of all paths belongs to it.
fn index(repo: &RepoConfig, metadata: Metadata, types: &MetadataTypes) -> Result<LoadedRepo, Error> {
    let failed = |source| Error::Catalog { id: repo.id.clone(), source: Error::boxed(source) };
    let metadata = metadata.without(&repo.unwanted_metadata);
    let settings = CatalogSettings { keep: repo.options.build_cache, ..CatalogSettings::default() };
    let loaded = catalog_cache::load(&metadata, settings).map_err(failed)?;
    if types.has("filelists")
        && metadata.repomd().record("filelists").is_some()
        && let Some(paths) = path_cache::load(&metadata, &loaded.catalog, settings).map_err(failed)?
    {
        loaded.catalog.add_paths(paths);
    }
    Ok(LoadedRepo {
        id: repo.id.clone(),
        metadata,
        catalog: loaded.catalog,
        is_new: loaded.origin != CatalogOrigin::Kept,
        with_file_lists: types.has("filelists"),
    })
}

/// Lets a session's prompt answer for keys of repositories.
struct KeyPrompts<'p>(RefCell<&'p mut dyn Prompt>);

impl KeyPrompt for KeyPrompts<'_> {
    fn accept(&self, offer: &KeyOffer) -> bool {
        self.0.borrow_mut().import_key(&question(offer))
    }

    fn imported(&self, offer: &KeyOffer) {
        self.0.borrow_mut().key_imported(&question(offer));
    }
}

fn question(offer: &KeyOffer) -> KeyQuestion {
    KeyQuestion {
        short_id: offer.facts.short_id().to_owned(),
        user_ids: offer.facts.user_ids.clone(),
        fingerprint: offer.facts.fingerprint.clone(),
        url: offer.url.clone(),
        repo_id: offer.repo.clone(),
    }
}

/// Returns what repositories that count machines are told; only root's runs count, as with dnf5.
fn counting(persistdir: &Path) -> Option<Counting> {
    if !rustix::process::getuid().is_root() {
        return None;
    }
    // The identity is made when the machine is installed; an empty file waits for that.
    let identity = std::fs::metadata("/etc/machine-id").ok().filter(|file| file.len() > 0);
    let installed = identity.and_then(|file| file.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    // Fairness is all that is asked of this number, and every process starts its hashes from another.
    let drawn = RandomState::new().hash_one(0_u8) % 4;
    Some(Counting {
        dir: persistdir.to_owned(),
        installed: installed.and_then(|time| i64::try_from(time.as_secs()).ok()),
        draw: u8::try_from(drawn).map_or(1, |drawn| drawn + 1),
    })
}

fn proxies(environment: &[(String, String)]) -> ProxyEnvironment {
    // The lower-case name wins where both are set, as in curl; an upper-case HTTP_PROXY could come from a CGI request.
    let find = |name: &str| {
        let exact = environment.iter().find(|(key, _)| key == name);
        let upper = || environment.iter().find(|(key, _)| name != "http_proxy" && key.eq_ignore_ascii_case(name));
        exact.or_else(upper).map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    };
    ProxyEnvironment {
        http: find("http_proxy"),
        https: find("https_proxy"),
        all: find("all_proxy"),
        none_for: find("no_proxy"),
    }
}
