//! Reading repositories from their files, with dnf5's precedence.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxidnf_core::conf::{Entry, Ini, Section, ValueError, Vars, split_list};

use super::glob::glob_match;
use super::{ConfigError, ConfigNote, RepoConfig, RepoDefaults, check_id};

/// Where repositories are defined.
///
/// All paths are given as they are to be opened; whether they lie below an installroot was decided before.
pub struct RepoSources<'a> {
    /// The main configuration file, whose sections other than `main` are repositories.
    pub main: Option<(&'a Path, &'a Ini)>,
    /// Directories of `*.repo` files, strongest first.
    pub dirs: &'a [PathBuf],
    /// Directories of override files, strongest first; a file hides those of the same name in later directories.
    pub override_dirs: &'a [PathBuf],
    /// Variables for section names and values.
    pub vars: &'a Vars,
    /// What repositories inherit.
    pub defaults: &'a RepoDefaults,
    /// Whether `gpgcheck` in a file also speaks of the repository's own signature (`gpgcheck_policy` full and all).
    pub gpgcheck_is_full: bool,
    /// Ids and locations of `--repofrompath`.
    pub from_path: &'a [(String, String)],
    /// Options set on the command line, applied last.
    pub setopts: &'a [SetOpt],
}

/// `--setopt=PATTERN.KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOpt {
    /// Pattern of repository ids.
    pub pattern: String,
    /// Option.
    pub key: String,
    /// Value as in a file, without variables.
    pub value: String,
}

/// The repositories that were found.
#[derive(Debug, Default)]
pub struct RepoSet {
    /// Enabled and disabled ones, in the order of definition.
    pub repos: Vec<RepoConfig>,
    /// What was odd.
    pub notes: Vec<ConfigNote>,
    /// Options of the command line that a repository does not take, once for each repository.
    pub refused: Vec<RefusedSetOpt>,
    /// Patterns of the command line that no repository matches, in their order.
    pub unmatched: Vec<String>,
}

/// An option of the command line that a repository does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedSetOpt {
    /// The option.
    pub setopt: SetOpt,
    /// What is wrong with its value; `None` when no option has this name.
    pub error: Option<ValueError>,
}

impl RepoSet {
    /// Returns the repositories whose id matches a shell pattern.
    pub fn matching_mut<'s>(&'s mut self, pattern: &'s str) -> impl Iterator<Item = &'s mut RepoConfig> {
        self.repos.iter_mut().filter(move |repo| glob_match(pattern, &repo.id))
    }

    /// Returns the repository of this id.
    pub fn get(&self, id: &str) -> Option<&RepoConfig> {
        self.repos.iter().find(|repo| repo.id == id)
    }
}

impl RepoConfig {
    /// Reads every repository definition.
    ///
    /// The first definition of an id counts. Overrides come after all definitions, then the command line.
    pub fn read_dirs(sources: &RepoSources<'_>) -> Result<RepoSet, ConfigError> {
        let vars = Arc::new(sources.vars.clone());
        let mut reader = Reader { sources, vars, set: RepoSet::default(), known: HashMap::new() };
        if let Some((path, ini)) = sources.main {
            reader.definitions(path, ini)?;
        }
        for dir in sources.dirs {
            for path in repo_files(dir)? {
                let ini = parse_file(&path)?;
                reader.definitions(&path, &ini)?;
            }
        }
        for path in override_files(sources.override_dirs)? {
            let ini = parse_file(&path)?;
            reader.overrides(&path, &ini);
        }
        for (id, location) in sources.from_path {
            reader.command_line(id, location)?;
        }
        sources.setopts.iter().for_each(|setopt| reader.set_opt(setopt));
        // Whoever names a place wants it, whatever is said of the others.
        for repo in reader.set.repos.iter_mut().filter(|repo| repo.file.is_none()) {
            repo.enabled = true;
        }
        Ok(reader.set)
    }
}

struct Reader<'a> {
    sources: &'a RepoSources<'a>,
    vars: Arc<Vars>,
    set: RepoSet,
    /// Index of every id in `set.repos`.
    known: HashMap<String, usize>,
}

impl Reader<'_> {
    fn definitions(&mut self, path: &Path, ini: &Ini) -> Result<(), ConfigError> {
        for section in &ini.sections {
            if section.name != "main" {
                self.definition(path, section)?;
            }
        }
        Ok(())
    }

    fn definition(&mut self, path: &Path, section: &Section) -> Result<(), ConfigError> {
        let id = self.sources.vars.substitute(&section.name);
        checked(&id, || path.display().to_string())?;
        if self.known.contains_key(&id) {
            self.set.notes.push(ConfigNote::Duplicate { id, path: path.to_owned() });
            return Ok(());
        }
        let mut repo = RepoConfig::new(&id, self.sources.defaults);
        repo.file = Some(path.to_owned());
        repo.vars = Arc::clone(&self.vars);
        self.apply(&mut repo, path, section);
        if !section.entries.iter().any(|entry| entry.key == "name") {
            self.set.notes.push(ConfigNote::NoName { id: id.clone(), path: path.to_owned() });
        }
        self.add(repo);
        Ok(())
    }

    fn add(&mut self, repo: RepoConfig) {
        self.known.insert(repo.id.clone(), self.set.repos.len());
        self.set.repos.push(repo);
    }

    fn apply(&mut self, repo: &mut RepoConfig, path: &Path, section: &Section) {
        for Entry { key, value, line } in &section.entries {
            let note = match repo.set(key, &self.sources.vars.substitute(value)) {
                Ok(true) => continue,
                Ok(false) => ConfigNote::UnknownOption {
                    path: path.to_owned(),
                    section: section.name.clone(),
                    key: key.clone(),
                    line: *line,
                },
                Err(error) => ConfigNote::BadValue {
                    path: path.to_owned(),
                    section: section.name.clone(),
                    key: key.clone(),
                    line: *line,
                    error,
                },
            };
            // An override section applies to many repositories, but is wrong once.
            if !self.set.notes.contains(&note) {
                self.set.notes.push(note);
            }
        }
        let says = |name: &str| section.entries.iter().any(|entry| entry.key == name);
        if self.sources.gpgcheck_is_full && says("gpgcheck") && !says("repo_gpgcheck") {
            repo.options.repo_gpgcheck = repo.options.pkg_gpgcheck;
        }
    }

    fn overrides(&mut self, path: &Path, ini: &Ini) {
        let mut repos = std::mem::take(&mut self.set.repos);
        for section in &ini.sections {
            let pattern = self.sources.vars.substitute(&section.name);
            for repo in repos.iter_mut().filter(|repo| glob_match(&pattern, &repo.id)) {
                self.apply(repo, path, section);
            }
        }
        self.set.repos = repos;
    }

    fn command_line(&mut self, id: &str, location: &str) -> Result<(), ConfigError> {
        let id = self.sources.vars.substitute(id);
        checked(&id, || "--repofrompath".to_owned())?;
        if self.known.contains_key(&id) {
            return Err(ConfigError::AlreadyDefined { id });
        }
        let location = self.sources.vars.substitute(location);
        let mut repo = RepoConfig::new(&id, self.sources.defaults);
        repo.vars = Arc::clone(&self.vars);
        // The text is a list like every baseurl, so a path with a comma is two.
        repo.baseurl = split_list(&location);
        self.add(repo);
        Ok(())
    }

    /// Sets an option in all repositories that it is for; what does not fit is noted, once for each.
    fn set_opt(&mut self, setopt: &SetOpt) {
        let mut matched = false;
        let mut faults = Vec::new();
        for repo in self.set.matching_mut(&setopt.pattern) {
            matched = true;
            match repo.set(&setopt.key, &setopt.value) {
                Ok(true) => {}
                Ok(false) => faults.push(None),
                Err(error) => faults.push(Some(error)),
            }
        }
        self.set.refused.extend(faults.into_iter().map(|error| RefusedSetOpt { setopt: setopt.clone(), error }));
        if !matched {
            self.set.unmatched.push(setopt.pattern.clone());
        }
    }
}

fn checked(id: &str, origin: impl FnOnce() -> String) -> Result<(), ConfigError> {
    if id.is_empty() {
        return Err(ConfigError::EmptyId { origin: origin() });
    }
    check_id(id).map_err(|character| ConfigError::InvalidId { id: id.to_owned(), character })
}

fn parse_file(path: &Path) -> Result<Ini, ConfigError> {
    let bytes = std::fs::read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    // Names in old files are in any encoding; one bad letter must not disable a repository.
    let text = String::from_utf8_lossy(&bytes);
    Ini::parse(&text).map_err(|source| ConfigError::Syntax { path: path.to_owned(), source })
}

/// Returns the `*.repo` files of a directory, sorted; none when there is no such directory.
fn repo_files(dir: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let failed = |source| ConfigError::Read { path: dir.to_owned(), source };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let is_repo = path.extension().is_some_and(|extension| extension == "repo");
        if is_repo && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Returns override files sorted by name; a name is taken from the first directory that has it.
fn override_files(dirs: &[PathBuf]) -> Result<Vec<PathBuf>, ConfigError> {
    let mut by_name: BTreeMap<OsString, PathBuf> = BTreeMap::new();
    for dir in dirs {
        for path in repo_files(dir)? {
            let name = path.file_name().map(OsString::from).unwrap_or_default();
            by_name.entry(name).or_insert(path);
        }
    }
    Ok(by_name.into_values().collect())
}
