//! Add-on repositories of Copr hubs, as dnf5's plug-in has them (reference of dnf5, section 9.7).

mod error;
mod hub;
mod spec;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::conf::{Ini, IniText};
use oxidnf_core::event::Reporter;

pub use error::CoprError;
pub use hub::CoprRepo;
pub use spec::ProjectSpec;

use crate::config::os_release_value;
use crate::session::Session;
use crate::verify::LostKey;
use hub::{Choice, Project};

/// The hub that is asked where none is named.
const DEFAULT_HUB: &str = "copr.fedorainfracloud.org";
/// What stands where nothing is known of the system.
const UNSET: &str = "UNSET";

/// A project whose repositories are configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// `HUB/OWNER/PROJECT`
    pub name: String,
    /// Whether its own repository is enabled.
    pub enabled: bool,
    /// Whether repositories of others belong to it.
    pub has_dependencies: bool,
    /// Whether it has a repository of a second architecture.
    pub has_multilib: bool,
}

/// Something about repository files that is told and no failure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Oddity {
    OldFormat { path: PathBuf, name: String },
    Suspicious { id: String, path: PathBuf },
    Elsewhere { id: String, path: PathBuf },
}

/// What is to be written for a project.
pub struct Enabling {
    /// All repositories, the project's own and those that it needs, sorted by id.
    pub repos: Vec<CoprRepo>,
    path: PathBuf,
    old: PathBuf,
}

impl Enabling {
    /// Returns the repositories that the project needs.
    pub fn dependencies(&self) -> impl Iterator<Item = &CoprRepo> {
        self.repos.iter().filter(|repo| repo.id.starts_with("coprdep:"))
    }

    /// Writes the file; returns the path of one in the former format that was removed.
    pub fn write(&self) -> Result<Option<&Path>, CoprError> {
        let text = self.repos.iter().map(CoprRepo::render).collect::<Vec<_>>().join("\n");
        put(&self.path, &text)?;
        match std::fs::remove_file(&self.old) {
            Ok(()) => Ok(Some(&self.old)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(CoprError::File { doing: "remove", path: self.old.clone(), source }),
        }
    }
}

/// Hubs and the repositories that came from them.
///
/// Like dnf5's plug-in it works on the host's `/etc`, whatever the root.
pub struct Copr<'s> {
    session: &'s Session,
    etc: PathBuf,
    /// Configuration of hubs; the last that says something is right.
    files: Vec<Ini>,
}

impl<'s> Copr<'s> {
    /// Reads the configuration; `etc` stands in for `/etc`.
    pub fn new(session: &'s Session, etc: Option<PathBuf>) -> Result<Self, CoprError> {
        let etc = etc.unwrap_or_else(|| PathBuf::from("/etc"));
        let plugins = etc.join("dnf/plugins");
        let mut paths = vec![
            PathBuf::from("/usr/share/dnf/plugins/copr.vendor.conf"),
            plugins.join("copr.vendor.conf"),
            plugins.join("copr.conf"),
        ];
        let more = std::fs::read_dir(plugins.join("copr.d")).into_iter().flatten().flatten();
        let mut more: Vec<PathBuf> = more.map(|entry| entry.path()).collect();
        more.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
        more.sort();
        paths.append(&mut more);
        let mut files = Vec::new();
        for path in paths {
            match std::fs::read_to_string(&path) {
                Ok(text) => files.push(Ini::parse(&text).map_err(|source| CoprError::Syntax { path, source })?),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(CoprError::File { doing: "read", path, source }),
            }
        }
        Ok(Copr { session, etc, files })
    }

    fn option(&self, section: &str, key: &str) -> Option<&str> {
        self.files.iter().rev().find_map(|file| file.value(section, key))
    }

    /// Returns the hub that is asked: that of the project, else the one of the command line, else the usual one.
    pub fn hub<'a>(&self, spec: Option<&'a ProjectSpec>, given: Option<&'a str>) -> &'a str {
        spec.and_then(|spec| spec.hub.as_deref()).or(given).unwrap_or(DEFAULT_HUB)
    }

    /// Returns the name of a hub's host.
    pub fn hostname(&self, hub: &str) -> String {
        self.option(hub, "hostname").unwrap_or(hub).to_owned()
    }

    fn url(&self, hub: &str) -> String {
        let protocol = self.option(hub, "protocol").unwrap_or("https");
        let port = self.option(hub, "port").map(|port| format!(":{port}")).unwrap_or_default();
        format!("{protocol}://{}{port}", self.hostname(hub))
    }

    /// Returns name and version of the system, by which hubs know it.
    pub fn name_version(&self) -> String {
        let text = std::fs::read_to_string(self.etc.join("os-release")).unwrap_or_default();
        let value =
            |key: &str| text.lines().find_map(|line| os_release_value(line.strip_prefix(key)?.strip_prefix('=')?));
        let name = self.option("main", "distribution").or_else(|| value("ID")).unwrap_or(UNSET);
        let rawhide = || value("REDHAT_SUPPORT_PRODUCT_VERSION").filter(|version| *version == "rawhide");
        let version = self.option("main", "releasever").or_else(|| rawhide().filter(|_| name == "fedora"));
        format!("{name}-{}", version.or_else(|| value("VERSION_ID")).unwrap_or(UNSET))
    }

    /// Returns the releases whose packages the system can use, the best first.
    pub fn releases(&self) -> Vec<String> {
        fallbacks(&self.name_version())
    }

    /// Returns the architecture of packages.
    pub fn arch(&self) -> String {
        self.session.vars().get("basearch").unwrap_or_default().to_owned()
    }

    /// Asks the hub about a project, and finds what is to be written; `chroot` is `NAME-RELEASE-ARCH`.
    pub fn enabling(
        &self,
        spec: &ProjectSpec,
        hub: &str,
        chroot: Option<&str>,
        reporter: &dyn Reporter,
    ) -> Result<Enabling, CoprError> {
        let (host, releases) = (self.hostname(hub), self.releases());
        let url = format!("{}/api_3/rpmrepo/{}/{}/{}/", self.url(hub), spec.owner, spec.directory, releases[0]);
        let lost = |lost: LostKey| CoprError::Fetch(Box::new(lost));
        let bytes = self.session.fetch_document(&url, reporter).map_err(lost)?;
        let project = Project::parse(&url, &bytes)?;
        project.check_directory(spec)?;
        let arch = self.arch();
        let choice = Choice { spec, host: &host, arch: &arch };
        let repos = match chroot {
            Some(chroot) => project.for_chroot(choice, chroot)?,
            None => project.for_releases(choice, &releases)?,
        };
        let dir = self.etc.join("yum.repos.d");
        Ok(Enabling { repos, path: dir.join(spec.file_name(&host)), old: dir.join(spec.old_file_name()) })
    }

    /// Returns the projects whose repositories are configured, by their files, and what is odd about these.
    fn projects(&self) -> (BTreeMap<PathBuf, Configured>, Vec<Oddity>) {
        let (mut found, mut odd) = (BTreeMap::<PathBuf, Configured>::new(), Vec::new());
        let mut parts: Vec<(PathBuf, &str)> = Vec::new();
        for repo in self.session.repos() {
            let Some(path) = repo.file.clone() else { continue };
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(old) = file.strip_prefix("_copr_").and_then(|name| name.strip_suffix(".repo")) {
                odd.push(Oddity::OldFormat { path, name: old.replacen('-', "/", 1) });
            } else if !file.starts_with("_copr:") {
                continue;
            } else if file == format!("_{}.repo", repo.id) {
                let name = name_of(&repo.id);
                let configured =
                    Configured { name, enabled: repo.enabled, has_dependencies: false, has_multilib: false };
                found.insert(path, configured);
            } else if repo.id.starts_with("coprdep:") || file == format!("_{}.repo", repo.id.trim_end_matches(":ml")) {
                parts.push((path, &repo.id));
            } else if repo.id.starts_with("copr:") {
                odd.push(Oddity::Elsewhere { id: repo.id.clone(), path });
            } else {
                odd.push(Oddity::Suspicious { id: repo.id.clone(), path });
            }
        }
        for (path, id) in parts {
            if let Some(project) = found.get_mut(&path) {
                project.has_dependencies |= id.starts_with("coprdep:");
                project.has_multilib |= id.ends_with(":ml");
            }
        }
        (found, odd)
    }

    /// Returns the projects that are configured, sorted by their names, and what is odd about repository files.
    pub fn list(&self) -> (Vec<Configured>, Vec<Oddity>) {
        let (found, odd) = self.projects();
        (found.into_values().collect(), odd)
    }

    /// Returns the file of a project and what is odd about others.
    pub fn file(&self, spec: &ProjectSpec, hub: &str) -> (Result<PathBuf, CoprError>, Vec<Oddity>) {
        let name = format!("{}/{}/{}", self.hostname(hub), spec.owner, spec.directory);
        let (found, odd) = self.projects();
        let path = found.into_iter().find(|(_, project)| project.name == name).map(|(path, _)| path);
        (path.ok_or(CoprError::NotFound { name }), odd)
    }
}

fn name_of(id: &str) -> String {
    spec::name_of(id).unwrap_or_else(|| id.to_owned())
}

/// Disables everything in a repository file.
pub fn disable(path: &Path) -> Result<(), CoprError> {
    let text = std::fs::read_to_string(path).map_err(|source| CoprError::File {
        doing: "read",
        path: path.to_owned(),
        source,
    })?;
    let mut file = IniText::parse(&text).map_err(|source| CoprError::Syntax { path: path.to_owned(), source })?;
    let ids: Vec<String> = file.sections().map(str::to_owned).collect();
    for id in ids {
        file.set(&id, "enabled", "0");
    }
    put(path, &file.render())
}

/// Removes a repository file.
pub fn remove(path: &Path) -> Result<(), CoprError> {
    std::fs::remove_file(path).map_err(|source| CoprError::File { doing: "remove", path: path.to_owned(), source })
}

fn put(path: &Path, text: &str) -> Result<(), CoprError> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::Permissions::from_mode(0o644);
    let written = std::fs::write(path, text).and_then(|()| std::fs::set_permissions(path, permissions));
    written.map_err(|source| CoprError::File { doing: "write", path: path.to_owned(), source })
}

/// Returns the releases that are looked for on a system, the best first.
fn fallbacks(name_version: &str) -> Vec<String> {
    let mut all = vec![name_version.to_owned()];
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((name, version)) = name_version.split_once('-') else { return all };
    if name == "eln" && number(version) {
        all.push("fedora-eln".to_owned());
    } else if matches!(name, "rhel" | "centos" | "almalinux") {
        let major = match version.split_once('.') {
            Some((major, minor)) if number(major) && number(minor) => {
                all.push(format!("{name}-{major}"));
                major
            }
            None if number(version) => version,
            _ => return all,
        };
        all.push(format!("epel-{major}"));
    }
    all
}
