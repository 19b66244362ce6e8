//! Repository configuration: `.repo` files turned into resolved values (reference of dnf5, 2.1 to 2.5).
//!
//! Nothing here is fatal but what is fatal to dnf5: a file that cannot be parsed and a bad repository id. The rest is
//! told as [`ConfigNote`]s.

mod glob;
mod options;
mod read;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxidnf_core::conf::{IniError, ValueError, Vars};

pub use glob::glob_match;
pub use options::{RepoOptions, Secret};
pub use read::{RefusedSetOpt, RepoSet, RepoSources, SetOpt};

/// Values of `[main]` that a repository inherits for everything it does not set itself.
///
/// They are main's current values, whatever set them, so a command-line `--setopt=timeout=5` reaches every repository
/// that has no `timeout` of its own.
pub type RepoDefaults = RepoOptions;

/// One repository with all its values resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct RepoConfig {
    /// Its id.
    pub id: String,
    /// Its name; the id when the file gives none.
    pub name: String,
    /// Whether it is used.
    pub enabled: bool,
    /// Where it is defined; `None` for repositories of the command line.
    pub file: Option<PathBuf>,
    /// Base locations.
    pub baseurl: Vec<String>,
    /// Location of a list of base locations; an empty one counts as none.
    pub mirrorlist: Option<String>,
    /// Location of a metalink document for `repomd.xml`; an empty one counts as none.
    pub metalink: Option<String>,
    /// Locations of OpenPGP keys.
    pub gpgkey: Vec<String>,
    /// Packages of repositories with lower numbers are preferred, whatever their version.
    pub priority: i32,
    /// Among equal packages the one from the cheapest repository is taken.
    pub cost: i32,
    /// Whether packages are exempt from modular filtering.
    pub module_hotfixes: bool,
    /// Kind of repository; only rpm-md is known and every value accepted, as by dnf5.
    pub kind: String,
    /// Accepted, without effect.
    pub mediaid: String,
    /// Accepted, without effect.
    pub enabled_metadata: String,
    /// Packages of this repository that are not considered; main's list is not included.
    pub excludepkgs: Vec<String>,
    /// The only packages of this repository that are considered, if any are named; main's list is not included.
    pub includepkgs: Vec<String>,
    /// Kinds of metadata that are neither fetched nor used, whatever else asks for them; no key of dnf5 sets it.
    pub unwanted_metadata: Vec<String>,
    /// Options shared with `[main]`.
    pub options: RepoOptions,
    /// Variables, which also occur in the lists that mirror servers send.
    pub vars: Arc<Vars>,
}

/// Where the metadata of a repository comes from; the first of these that is set counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source<'a> {
    /// A metalink document.
    Metalink(&'a str),
    /// A list of mirrors.
    Mirrorlist(&'a str),
    /// Base locations.
    Baseurl(&'a [String]),
    /// Nothing is set.
    Nothing,
}

impl RepoConfig {
    /// Makes an enabled repository with nothing but an id.
    pub fn new(id: &str, defaults: &RepoDefaults) -> Self {
        RepoConfig {
            id: id.to_owned(),
            name: id.to_owned(),
            enabled: true,
            file: None,
            baseurl: Vec::new(),
            mirrorlist: None,
            metalink: None,
            gpgkey: Vec::new(),
            priority: 99,
            cost: 1000,
            module_hotfixes: false,
            kind: String::new(),
            mediaid: String::new(),
            enabled_metadata: String::new(),
            excludepkgs: Vec::new(),
            includepkgs: Vec::new(),
            unwanted_metadata: Vec::new(),
            options: defaults.clone(),
            vars: Arc::default(),
        }
    }

    /// Makes the repository that packages named by URL on the command line are fetched with.
    pub fn command_line(defaults: &RepoDefaults) -> Self {
        RepoConfig::new("@commandline", defaults)
    }

    /// Returns where the metadata comes from.
    ///
    /// A mirror list whose location contains the word `metalink` is a metalink, as for dnf5.
    pub fn source(&self) -> Source<'_> {
        fn given(url: Option<&String>) -> Option<&String> {
            url.filter(|url| !url.is_empty())
        }
        if let Some(url) = given(self.metalink.as_ref()) {
            return Source::Metalink(url);
        }
        match given(self.mirrorlist.as_ref()) {
            Some(url) if url.contains("metalink") => Source::Metalink(url),
            Some(url) => Source::Mirrorlist(url),
            None if self.baseurl.is_empty() => Source::Nothing,
            None => Source::Baseurl(&self.baseurl),
        }
    }

    /// Returns the locations of keys; a list that begins with a comma has an empty item, which is none.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.gpgkey.iter().filter(|url| !url.is_empty())
    }

    /// Tells whether everything comes from the file system.
    pub fn is_local(&self) -> bool {
        match self.source() {
            Source::Metalink(_) | Source::Mirrorlist(_) | Source::Nothing => false,
            Source::Baseurl(urls) => {
                urls.iter().find(|url| !url.is_empty()).is_some_and(|url| local_path(url).is_some())
            }
        }
    }
}

/// Returns the path of a `file:` URL or of a plain absolute path.
pub fn local_path(url: &str) -> Option<PathBuf> {
    if url.starts_with('/') {
        return Some(PathBuf::from(url));
    }
    let rest = strip_prefix_ignore_case(url, "file:")?;
    let path = match rest.strip_prefix("//") {
        // An authority can only be this machine.
        Some(after) => &after[after.find('/')?..],
        None => rest,
    };
    path.starts_with('/').then(|| PathBuf::from(crate::fetch::url::percent_decode(path)))
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Checks a repository id: letters, digits, `-`, `_`, `.` and `:`.
pub fn check_id(id: &str) -> Result<(), char> {
    match id.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))) {
        Some(bad) => Err(bad),
        None => Ok(()),
    }
}

/// What stops the reading of repository configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("cannot read repository file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file cannot be understood.
    #[error("error in repository file {path}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: IniError,
    },
    /// An id has a character that is not allowed.
    #[error("invalid repository id {id:?}: unexpected character {character:?}")]
    InvalidId {
        /// The id.
        id: String,
        /// Its first bad character.
        character: char,
    },
    /// A repository without a name between the brackets.
    #[error("repository without an id in {origin}")]
    EmptyId {
        /// File or option.
        origin: String,
    },
    /// A repository of the command line whose id is already defined, with different locations.
    #[error("repository {id} is already defined")]
    AlreadyDefined {
        /// The id.
        id: String,
    },
}

/// Something odd in the configuration that does not stop the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigNote {
    /// A repository is defined again; the first definition counts.
    Duplicate {
        /// Its id.
        id: String,
        /// The file with the ignored definition.
        path: PathBuf,
    },
    /// A repository has no name; its id is used.
    NoName {
        /// Its id.
        id: String,
        /// The file.
        path: PathBuf,
    },
    /// A value does not fit its option; the option keeps what it had.
    BadValue {
        /// The file.
        path: PathBuf,
        /// Section as written.
        section: String,
        /// Option.
        key: String,
        /// Line, counted from 1.
        line: usize,
        /// What is wrong.
        error: ValueError,
    },
    /// An option that no repository has.
    UnknownOption {
        /// The file.
        path: PathBuf,
        /// Section as written.
        section: String,
        /// Option.
        key: String,
        /// Line, counted from 1.
        line: usize,
    },
}

impl ConfigNote {
    /// Returns the file that the note is about.
    pub fn path(&self) -> &Path {
        match self {
            ConfigNote::Duplicate { path, .. }
            | ConfigNote::NoName { path, .. }
            | ConfigNote::BadValue { path, .. }
            | ConfigNote::UnknownOption { path, .. } => path,
        }
    }
}
