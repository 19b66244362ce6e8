//! What a hub says of a project, and the repositories that come of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::CoprError;
use super::spec::ProjectSpec;

/// Lines of a repository file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoprRepo {
    /// Section of the file.
    pub id: String,
    name: String,
    /// Where its packages are.
    pub baseurl: String,
    gpgkey: Option<String>,
    cost: Option<String>,
    priority: Option<String>,
    module_hotfixes: bool,
}

impl CoprRepo {
    /// Returns the section in the order and form of dnf5.
    pub(super) fn render(&self) -> String {
        let CoprRepo { id, name, baseurl, gpgkey, cost, priority, module_hotfixes } = self;
        let mut text =
            format!("[{id}]\nname={name}\nbaseurl={baseurl}\ntype=rpm-md\nskip_if_unavailable=True\ngpgcheck=");
        match gpgkey {
            Some(key) => text.push_str(&format!("1\ngpgkey={key}\n")),
            None => text.push_str("0\n"),
        }
        text.push_str("repo_gpgcheck=0\n");
        if let Some(cost) = cost {
            text.push_str(&format!("cost={cost}\n"));
        }
        text.push_str("enabled=1\nenabled_metadata=1\n");
        if let Some(priority) = priority {
            text.push_str(&format!("priority={priority}\n"));
        }
        if *module_hotfixes {
            text.push_str("module_hotfixes=1\n");
        }
        text
    }

    /// Takes the options that the hub gives for a repository.
    fn with_options(mut self, options: Option<&Value>) -> Self {
        let text = |key: &str| match options?.get(key)? {
            Value::String(text) => Some(single_line(text)),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        self.id = text("id").unwrap_or(self.id);
        self.name = text("name").unwrap_or(self.name);
        self.cost = text("cost").or(self.cost);
        self.priority = text("priority").or(self.priority);
        self.module_hotfixes |= text("module_hotfixes").is_some_and(|value| value == "1");
        self
    }
}

/// What a server says must not become other lines of a configuration file.
fn single_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// The answer of a hub about a project.
pub(super) struct Project {
    document: Value,
}

/// What was chosen of a project.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice<'a> {
    pub(super) spec: &'a ProjectSpec,
    /// Name of the hub in ids.
    pub(super) host: &'a str,
    pub(super) arch: &'a str,
}

impl Project {
    pub(super) fn parse(url: &str, bytes: &[u8]) -> Result<Self, CoprError> {
        let damaged = |reason: String| CoprError::Answer { url: url.to_owned(), reason };
        let document: Value = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
        for (key, there) in [
            ("repos", document.get("repos").is_some_and(Value::is_object)),
            ("results_url", document.get("results_url").is_some_and(Value::is_string)),
        ] {
            if !there {
                return Err(damaged(format!("Can't find item {key}")));
            }
        }
        Ok(Project { document })
    }

    fn results(&self) -> String {
        self.document.get("results_url").and_then(Value::as_str).map(single_line).unwrap_or_default()
    }

    fn arches(&self, release: &str) -> Option<&serde_json::Map<String, Value>> {
        self.document.get("repos")?.get(release)?.get("arch")?.as_object()
    }

    /// Fails when the project has no such directory.
    pub(super) fn check_directory(&self, spec: &ProjectSpec) -> Result<(), CoprError> {
        let Some(directories) = self.document.get("directories").and_then(Value::as_object) else { return Ok(()) };
        if directories.contains_key(&spec.directory) {
            return Ok(());
        }
        let named = |directory: &String| format!("{}/{}", spec.owner, single_line(directory));
        let mut available: Vec<String> = directories.keys().map(named).collect();
        available.sort();
        let (wanted, project) = (named(&spec.directory), format!("{}/{}", spec.owner, spec.project()));
        Err(CoprError::NoDirectory { wanted, project, available })
    }

    /// Returns all chroots, sorted.
    fn chroots(&self) -> Vec<String> {
        let releases = self.document.get("repos").and_then(Value::as_object);
        let mut all: Vec<String> = releases
            .into_iter()
            .flatten()
            .flat_map(|(release, _)| {
                let arches = self.arches(release).into_iter().flatten();
                arches.map(move |(arch, _)| single_line(&format!("{release}-{arch}")))
            })
            .collect();
        all.sort();
        all
    }

    /// Returns the repositories for the first of the releases that the project has packages for.
    pub(super) fn for_releases(&self, choice: Choice<'_>, releases: &[String]) -> Result<Vec<CoprRepo>, CoprError> {
        let found = releases.iter().find(|release| self.has(release, choice.arch));
        match found {
            Some(release) => Ok(self.repositories(choice, release, &with_variables(release), "$basearch")),
            None => Err(self.no_chroot(format!("{}-{}", releases[0], choice.arch), releases)),
        }
    }

    /// Returns the repositories for a chroot that was named.
    pub(super) fn for_chroot(&self, choice: Choice<'_>, chroot: &str) -> Result<Vec<CoprRepo>, CoprError> {
        match chroot.rsplit_once('-').filter(|(release, arch)| self.has(release, arch)) {
            Some((release, arch)) => Ok(self.repositories(Choice { arch, ..choice }, release, release, arch)),
            None => Err(self.no_chroot(chroot.to_owned(), &[])),
        }
    }

    fn has(&self, release: &str, arch: &str) -> bool {
        self.arches(release).is_some_and(|arches| arches.contains_key(arch))
    }

    fn no_chroot(&self, wanted: String, tried: &[String]) -> CoprError {
        let tried = if tried.len() > 1 { tried.to_vec() } else { Vec::new() };
        CoprError::NoChroot { wanted, tried, available: self.chroots() }
    }

    /// Returns the repositories of a chroot, sorted by id; `release` and `arch` as they stand in URLs.
    fn repositories(&self, choice: Choice<'_>, of: &str, release: &str, arch: &str) -> Vec<CoprRepo> {
        let Choice { spec, host, .. } = choice;
        let (owner, directory, results) = (&spec.owner, &spec.directory, self.results());
        let described = self.arches(of).and_then(|arches| arches.get(choice.arch));
        let main = CoprRepo {
            id: spec.repo_id(host),
            name: format!("Copr repo for {directory} owned by {owner}"),
            baseurl: format!("{results}/{owner}/{directory}/{release}-{arch}/"),
            gpgkey: Some(format!("{results}/{owner}/{}/pubkey.gpg", spec.project())),
            cost: None,
            priority: None,
            module_hotfixes: false,
        };
        let main = main.with_options(described.and_then(|arch| arch.get("opts")));
        let mut repos = BTreeMap::new();
        let multilib = described.and_then(|arch| arch.get("multilib")).and_then(Value::as_object);
        for (other, options) in multilib.into_iter().flatten() {
            let other = single_line(other);
            let second = CoprRepo {
                id: format!("{}:ml", main.id),
                name: format!("{} ({other})", main.name),
                baseurl: format!("{results}/{owner}/{directory}/{release}-{other}/"),
                ..main.clone()
            };
            let second = second.with_options(options.get("opts"));
            repos.insert(second.id.clone(), second);
        }
        repos.insert(main.id.clone(), main);
        let dependencies = self.document.get("dependencies").and_then(Value::as_array);
        for dependency in dependencies.into_iter().flatten() {
            if let Some(repo) = dependency_repo(dependency, &results, (of, release, arch)) {
                repos.insert(repo.id.clone(), repo);
            }
        }
        repos.into_values().collect()
    }
}

/// Returns a repository that another one needs; none for kinds that nobody knows.
fn dependency_repo(dependency: &Value, results: &str, place: (&str, &str, &str)) -> Option<CoprRepo> {
    let (of, release, arch) = place;
    let data = |key: &str| dependency.get("data")?.get(key)?.as_str().map(single_line);
    let (baseurl, gpgkey) = match dependency.get("type")?.as_str()? {
        "copr" => {
            let (owner, project) = (data("owner")?, data("projectname")?);
            let key = format!("{results}/{owner}/{project}/pubkey.gpg");
            (format!("{results}/{owner}/{project}/{release}-{arch}/"), Some(key))
        }
        "external_baseurl" => {
            let name = of.rsplit_once('-').map_or(of, |(name, _)| name);
            let pattern = data("pattern")?;
            (pattern.replace("$chroot", &format!("{release}-{arch}")).replace("$distname", name), None)
        }
        _ => return None,
    };
    let repo = CoprRepo {
        id: String::new(),
        name: String::new(),
        baseurl,
        gpgkey,
        cost: None,
        priority: None,
        module_hotfixes: false,
    };
    Some(repo.with_options(dependency.get("opts"))).filter(|repo| !repo.id.is_empty())
}

/// Returns a release as it stands in URLs: with the variable where the system's own release is meant.
fn with_variables(release: &str) -> String {
    const FOLLOWING: [(&str, &str); 3] = [("fedora-", "eln"), ("opensuse-leap-", ""), ("mageia-", "cauldron")];
    let follows = |(head, fixed): &&(&str, &str)| release.strip_prefix(head).is_some_and(|rest| rest != *fixed);
    FOLLOWING.iter().find(follows).map_or_else(|| release.to_owned(), |(head, _)| format!("{head}$releasever"))
}
