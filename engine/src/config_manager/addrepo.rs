//! New files of repositories.

use std::path::{Path, PathBuf};

use oxidnf_core::conf::{Ini, split_list};
use oxidnf_core::event::{Event, Outcome, Reporter, Task, TaskId};
use oxidnf_repo::config::local_path;

use super::{ConfigManager, ConfigManagerError, Pairs, check_repo_option, files, repo_id};
use crate::session::Session;

/// A repository that is described on the command line.
#[derive(Debug, Clone, Default)]
pub struct NewRepo {
    /// Its id; made from its URL if it is not set.
    pub id: Option<String>,
    /// Its options.
    pub options: Pairs,
    /// Where it is written.
    pub file: NewFile,
    /// A file that is there may be added to, and may have this repository already.
    pub add_or_replace: bool,
}

/// The file that a repository is written to.
#[derive(Debug, Clone, Default)]
pub struct NewFile {
    /// Its name, with or without `.repo`; found out from the repository if it is not set.
    pub name: Option<String>,
    /// A file that is there may be replaced.
    pub overwrite: bool,
}

/// Options of which one says where a repository is, in the order in which ids are made from them.
const PLACES: [&str; 3] = ["baseurl", "mirrorlist", "metalink"];

impl NewRepo {
    /// Tells whether it is said where the repository is.
    pub fn has_place(&self) -> bool {
        self.place().is_some()
    }

    /// Returns where the repository is; of several base locations the first counts.
    fn place(&self) -> Option<String> {
        let key = PLACES.into_iter().find(|key| self.options.get(*key).is_some_and(|value| !value.is_empty()))?;
        let value = self.options.get(key)?;
        if key == "baseurl" { split_list(value).into_iter().next() } else { Some(value.clone()) }
    }

    /// Returns the given id, or the one made from the URL.
    fn id(&self) -> String {
        match self.id.as_ref().filter(|id| !id.is_empty()) {
            Some(id) => id.clone(),
            None => repo_id::from_url(&self.place().unwrap_or_default()),
        }
    }
}

impl ConfigManager<'_> {
    /// Writes the file of a repository that is described by options; returns its path and the repository's id.
    pub fn add_repo(&self, new: &NewRepo) -> Result<(PathBuf, String), ConfigManagerError> {
        let dir = self.repos_dir()?;
        let id = new.id();
        let path = dir.join(file_name(new.file.name.as_deref().unwrap_or_default(), &id));
        if !new.add_or_replace && !new.file.overwrite && self.host.exists(&path) {
            let ids = self.ids_in(&path)?;
            return Err(ConfigManagerError::Exists { path, ids });
        }
        self.check_ids(&path, std::slice::from_ref(&id))?;
        let before = if new.add_or_replace { files::read_text(self.host, &path)? } else { None };
        let mut file = before.unwrap_or_default();
        file.remove_section(&id);
        // These two come first, whatever was said of them.
        let name = new.options.get("name").cloned();
        file.set(&id, "name", &name.unwrap_or_else(|| format!("{id} - Created by dnf5 config-manager")));
        file.set(&id, "enabled", new.options.get("enabled").map_or("1", String::as_str));
        for (key, value) in &new.options {
            file.set(&id, key, value);
        }
        self.save(&path, file.render().as_bytes())?;
        Ok((path, id))
    }

    /// Checks a file with repositories, on this machine or behind a URL, and takes it over as it is; returns its path.
    pub fn add_repo_file(
        &self,
        session: &Session,
        place: &str,
        new: &NewFile,
        reporter: &dyn Reporter,
    ) -> Result<PathBuf, ConfigManagerError> {
        let dir = self.repos_dir()?;
        let located = if is_url(place) { place.split(['?', '#']).next().unwrap_or_default() } else { place };
        let base = located.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let path = dir.join(file_name(new.name.as_deref().unwrap_or_default(), base));
        if !new.overwrite && self.host.exists(&path) {
            let ids = self.ids_in(&path)?;
            return Err(ConfigManagerError::FileExists { path, ids });
        }
        let bytes = if is_url(place) { fetch(session, place, reporter)? } else { read_local(place)? };
        let ini = Ini::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|source| ConfigManagerError::Syntax { path: PathBuf::from(place), source })?;
        let mut ids = Vec::new();
        for section in &ini.sections {
            for entry in &section.entries {
                check_entry(&entry.key, &entry.value)?;
            }
            ids.push(section.name.clone());
        }
        self.check_ids(&path, &ids)?;
        self.save(&path, &bytes)?;
        Ok(path)
    }

    /// Returns the directory of new files, which is the first of those with repositories.
    fn repos_dir(&self) -> Result<&Path, ConfigManagerError> {
        let dir = self.repos_dirs.first().ok_or(ConfigManagerError::NoReposDir)?;
        files::need_directory(self.host, dir, self.create_missing_dirs)?;
        Ok(dir)
    }

    fn ids_in(&self, path: &Path) -> Result<Vec<String>, ConfigManagerError> {
        Ok(files::read_ini(self.host, path)?.sections.into_iter().map(|section| section.name).collect())
    }

    /// Fails when another file has one of these repositories already.
    fn check_ids(&self, path: &Path, ids: &[String]) -> Result<(), ConfigManagerError> {
        let defined = self.defined(Some(path))?;
        match defined.into_iter().find(|(id, _)| ids.contains(id)) {
            Some((id, path)) => Err(ConfigManagerError::Configured { id, path }),
            None => Ok(()),
        }
    }

    fn save(&self, path: &Path, bytes: &[u8]) -> Result<(), ConfigManagerError> {
        let path = path.to_owned();
        files::put(self.host, &path, bytes).map_err(|source| ConfigManagerError::Save { path, source })
    }
}

/// Fails unless there is a file at this place, or something that is a URL.
pub fn check_source(place: &str) -> Result<(), ConfigManagerError> {
    let found = is_url(place) || Path::new(place).exists();
    if found { Ok(()) } else { Err(ConfigManagerError::NoSource { place: place.to_owned() }) }
}

fn is_url(place: &str) -> bool {
    place.split_once("://").is_some_and(|(_, rest)| !rest.is_empty())
}

/// Returns the name of a file: what was given, else the other, with the extension that makes it count.
fn file_name(given: &str, other: &str) -> String {
    let name = if given.is_empty() { other } else { given };
    format!("{}.repo", name.strip_suffix(".repo").unwrap_or(name))
}

fn check_entry(key: &str, value: &str) -> Result<(), ConfigManagerError> {
    let (key, value) = (key.to_owned(), value.to_owned());
    match check_repo_option(&key, &value) {
        Ok(true) => Ok(()),
        Ok(false) => Err(ConfigManagerError::UnknownOption { key, value }),
        Err(source) => Err(ConfigManagerError::BadValue { key, value, source }),
    }
}

fn read_local(place: &str) -> Result<Vec<u8>, ConfigManagerError> {
    std::fs::read(place).map_err(|source| ConfigManagerError::Copy { place: place.to_owned(), source })
}

fn fetch(session: &Session, url: &str, reporter: &dyn Reporter) -> Result<Vec<u8>, ConfigManagerError> {
    let id = TaskId::fresh();
    reporter.report(Event::Started { id, task: Task::Key(url), total: None });
    let fetched = match local_path(url) {
        Some(path) => std::fs::read(&path).map_err(|error| format!("Could not open file {}: {error}", path.display())),
        None => session.fetch_file(url),
    };
    match fetched {
        Ok(bytes) => {
            reporter.report(Event::Advanced { id, done: bytes.len() as u64 });
            reporter.report(Event::Finished { id, outcome: Outcome::Ok });
            Ok(bytes)
        }
        Err(reason) => {
            reporter.report(Event::Finished { id, outcome: Outcome::Failed(reason) });
            Err(ConfigManagerError::Download { place: url.to_owned() })
        }
    }
}
