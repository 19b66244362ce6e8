//! Repositories as tdnf defines and chooses them (reference of tdnf, sections 4 and 5.2).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxidnf_core::conf::{ConfValue, ProxyAuth, ProxyAuthMethods, Seconds, VarPriority, Vars};
use oxidnf_engine::repo_config::{RepoConfig, RepoOptions, Secret, glob_match};

use super::Conf;
use super::ini::{self, Section, truth};
use crate::face::tdnf::failure::{Failure, number};
use crate::face::tdnf::grammar::Line;

/// How often a failed transfer is tried again where nothing else is said.
pub const RETRIES: u32 = 10;

/// What tdnf puts in the place of variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Takes `$releasever`, `$basearch` and the variables of files.
    pub fn new(conf: &Conf, releasever: &str) -> Self {
        let machine = rustix::system::uname().machine().to_string_lossy().into_owned();
        let mut all = BTreeMap::new();
        for file in conf.varsdirs.iter().flat_map(|dir| std::fs::read_dir(dir).into_iter().flatten().flatten()) {
            let name = file.file_name().to_string_lossy().into_owned();
            if let Ok(text) = std::fs::read_to_string(file.path()) {
                all.entry(name).or_insert_with(|| text.lines().next().unwrap_or_default().trim().to_owned());
            }
        }
        all.insert("releasever".to_owned(), releasever.to_owned());
        all.insert("basearch".to_owned(), machine);
        Variables(all)
    }

    /// Replaces `$name`; unknown names become nothing, and there is no other form.
    pub fn substitute(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            let length = behind.bytes().take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit()).count();
            if length == 0 {
                out.push('$');
            } else if let Some(value) = self.0.get(&behind[..length]) {
                out.push_str(value);
            }
            rest = &behind[length..];
        }
        out + rest
    }

    fn for_mirrors(&self) -> Arc<Vars> {
        let mut vars = Vars::new();
        for (name, value) in &self.0 {
            vars.set(name, value, VarPriority::CommandLine);
        }
        Arc::new(vars)
    }
}

/// The repositories, and what tdnf prints while it reads them.
#[derive(Debug, Default)]
pub struct Repos {
    /// All of them, in their order.
    pub repos: Vec<RepoConfig>,
    /// Those that are directories of package files.
    pub directories: Vec<(String, PathBuf)>,
    /// Lines for standard output.
    pub warnings: Vec<String>,
}

/// What stops the reading: lines for standard error, and the failure.
pub struct Refused {
    /// Said before the failure.
    pub said: Option<String>,
    /// The failure.
    pub failure: Failure,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Refused { said: None, failure }
    }
}

/// Reads the repositories of the files and of the command line, and switches them.
pub fn read(conf: &Conf, line: &Line, variables: &Variables) -> Result<Repos, Refused> {
    let mut reader = Reader { conf, variables, found: Repos::default() };
    for path in repo_files(&conf.reposdir)? {
        let bytes = std::fs::read(&path).map_err(|error| Failure::system(&error))?;
        for section in ini::sections(&String::from_utf8_lossy(&bytes)) {
            reader.definition(&path, &section)?;
        }
    }
    for value in line.values("repofrompath") {
        reader.add_path(value)?;
    }
    for value in line.values("repofromdir") {
        reader.add_directory(value)?;
    }
    let mut found = reader.found;
    switch(&mut found.repos, line);
    gpg_switches(&mut found.repos, conf, line);
    Ok(found)
}

struct Reader<'a> {
    conf: &'a Conf,
    variables: &'a Variables,
    found: Repos,
}

impl Reader<'_> {
    fn new_repo(&self, id: &str) -> RepoConfig {
        let options = RepoOptions {
            pkg_gpgcheck: true,
            metadata_expire: Seconds::Of(172_800),
            timeout: Seconds::Of(0),
            max_tries: RETRIES + 1,
            minrate: oxidnf_core::conf::Bytes(0),
            sslverify: self.conf.sslverify,
            proxy: self.conf.proxy.clone().unwrap_or_default(),
            proxy_username: self.conf.proxy_login.as_ref().map(|(user, _)| user.clone()),
            proxy_password: self.conf.proxy_login.as_ref().map(|(_, password)| Secret::new(password)),
            // What curl does for who does not ask for more.
            proxy_auth_method: ProxyAuthMethods(vec![ProxyAuth::Basic]),
            user_agent: user_agent(),
            ..RepoOptions::default()
        };
        let mut repo = RepoConfig::new(id, &options);
        repo.enabled = false;
        repo.priority = 50;
        repo.vars = self.variables.for_mirrors();
        repo
    }

    fn definition(&mut self, path: &Path, section: &Section) -> Result<(), Refused> {
        let id = &section.name;
        if self.found.repos.iter().any(|repo| repo.id == *id) {
            let said = Some(format!("ERROR: duplicate repo id: {id}"));
            return Err(Refused { said, failure: Failure::new(number::DUPLICATE_REPO) });
        }
        let mut repo = self.new_repo(id);
        repo.file = Some(path.to_owned());
        for (key, value) in &section.entries {
            let value = self.variables.substitute(value);
            self.set(&mut repo, key, &value)?;
        }
        self.found.repos.push(repo);
        Ok(())
    }

    fn truth(&mut self, text: &str) -> bool {
        truth(text).unwrap_or_else(|warning| {
            self.found.warnings.push(warning);
            false
        })
    }

    fn set(&mut self, repo: &mut RepoConfig, key: &str, value: &str) -> Result<(), Failure> {
        let words = || value.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let not_empty = || (!value.is_empty()).then(|| value.to_owned());
        match key {
            "enabled" => repo.enabled = self.truth(value),
            "name" => value.clone_into(&mut repo.name),
            "baseurl" => repo.baseurl = words(),
            "mirrorlist" => repo.mirrorlist = not_empty(),
            "metalink" => repo.metalink = not_empty(),
            "gpgkey" => repo.gpgkey = words(),
            "gpgcheck" => repo.options.pkg_gpgcheck = self.truth(value),
            "repo_gpgcheck" => repo.options.repo_gpgcheck = self.truth(value),
            "skip_if_unavailable" => repo.options.skip_if_unavailable = self.truth(value),
            "sslverify" => repo.options.sslverify = self.truth(value),
            "skip_md_filelists" | "skip_md_updateinfo" | "skip_md_other" => {
                let kind = key.trim_start_matches("skip_md_").to_owned();
                let skip = self.truth(value);
                repo.unwanted_metadata.retain(|present| *present != kind);
                repo.unwanted_metadata.extend(skip.then_some(kind));
            }
            "priority" => repo.priority = value.parse().unwrap_or(50),
            "metadata_expire" => repo.options.metadata_expire = expire(value)?,
            "username" | "password" | "sslcacert" | "sslclientcert" | "sslclientkey" | "throttle" | "minrate"
            | "timeout" => {
                // What cannot be read stays as it was, as atoi's 0 does no good to anybody.
                let _ = repo.options.set(key, value);
            }
            "retries" => repo.options.max_tries = value.parse::<u32>().unwrap_or(0).saturating_add(1),
            // Everything else has no meaning for tdnf.
            _ => {}
        }
        Ok(())
    }

    /// `--repofrompath ID,PATH|URL`
    fn add_path(&mut self, value: &str) -> Result<(), Failure> {
        let (id, location) = value.split_once(',').ok_or(Failure::new(number::INVALID_PARAMETER))?;
        let location = self.variables.substitute(location);
        let url = if location.contains("://") {
            location
        } else {
            let path = std::fs::canonicalize(&location).map_err(|error| Failure::system(&error))?;
            format!("file://{}", path.display())
        };
        self.add(id, url);
        Ok(())
    }

    /// `--repofromdir ID,DIR`
    fn add_directory(&mut self, value: &str) -> Result<(), Failure> {
        let (id, dir) = value.split_once(',').ok_or(Failure::new(number::INVALID_PARAMETER))?;
        let path = std::fs::canonicalize(dir).map_err(|error| Failure::system(&error))?;
        if !path.is_dir() {
            return Err(Failure::system(&std::io::Error::from_raw_os_error(20)));
        }
        self.add(id, format!("file://{}", path.display()));
        self.found.directories.push((id.to_owned(), path));
        Ok(())
    }

    fn add(&mut self, id: &str, url: String) {
        let mut repo = self.new_repo(id);
        repo.enabled = true;
        repo.baseurl = vec![url];
        self.found.repos.retain(|other| other.id != id);
        self.found.repos.push(repo);
    }
}

/// Applies `--enablerepo`, `--disablerepo`, `--repo` and `--repoid` in their order; what names nothing does nothing.
fn switch(repos: &mut [RepoConfig], line: &Line) {
    let mut only = false;
    for (key, pattern) in &line.recorded {
        let enable = match key.as_str() {
            "enablerepo" => true,
            "disablerepo" => false,
            "repo" | "repoid" => {
                if !only {
                    only = true;
                    for repo in repos.iter_mut() {
                        repo.enabled = false;
                    }
                }
                true
            }
            _ => continue,
        };
        for repo in repos.iter_mut().filter(|repo| glob_match(pattern, &repo.id)) {
            repo.enabled = enable;
        }
    }
}

/// Applies the plug-ins' switches and `--nogpgcheck`, `--skipsignature`.
fn gpg_switches(repos: &mut [RepoConfig], conf: &Conf, line: &Line) {
    let plugins = super::super::plugins::loaded(conf, line);
    let unchecked = line.has("nogpgcheck") || line.has("skipsignature");
    for repo in repos {
        if unchecked {
            repo.options.pkg_gpgcheck = false;
        }
        if !plugins.repo_gpgcheck {
            repo.options.repo_gpgcheck = false;
        }
        if !plugins.metalink {
            repo.metalink = None;
        }
    }
}

/// Seconds, with `s`, `m`, `h` or `d`; `never` and negative numbers are for ever.
fn expire(text: &str) -> Result<Seconds, Failure> {
    let bad = || Failure::new(number::METADATA_EXPIRE);
    if text == "never" || text.starts_with('-') {
        return Ok(Seconds::Never);
    }
    Seconds::parse(text).map_err(|_| bad())
}

/// Returns the `*.repo` files of the directory, sorted.
fn repo_files(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(dir).map_err(|_| Failure::new(number::REPO_DIR))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "repo"));
    files.sort();
    Ok(files)
}

/// `tdnf/VERSION ID/VERSION_ID`, the latter from os-release.
fn user_agent() -> String {
    let text = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or("unknown").trim_matches('"').to_owned()
    };
    format!("tdnf/{} {}/{}", crate::face::tdnf::VERSION, value("ID"), value("VERSION_ID"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        Variables([("releasever", "3.0"), ("basearch", "x86_64")].map(|(k, v)| (k.to_owned(), v.to_owned())).into())
    }

    // tdnf.md 5.2: only `$name`; no `${name}`, no `$arch`, unknown ones become empty.
    #[test]
    fn variables_have_one_form() {
        let variables = variables();
        assert_eq!(variables.substitute("a/$releasever/b-$basearch"), "a/3.0/b-x86_64");
        assert_eq!(variables.substitute("$arch|${releasever}|$"), "|${releasever}|$");
    }

    #[test]
    fn expiry() {
        assert_eq!(expire("never"), Ok(Seconds::Never));
        assert_eq!(expire("-1"), Ok(Seconds::Never));
        assert_eq!(expire("2h"), Ok(Seconds::Of(7200)));
        assert_eq!(expire("soon").expect_err("no number").number(), 1029);
    }

    #[test]
    fn order_of_switches_counts() {
        let mut repos: Vec<RepoConfig> = ["a", "b"].map(|id| RepoConfig::new(id, &RepoOptions::default())).to_vec();
        let words = ["--disablerepo=*", "--enablerepo=b", "--enablerepo=nothing", "list"].map(str::to_owned);
        switch(&mut repos, &super::super::super::grammar::parse(&words).expect("good line"));
        assert_eq!(repos.iter().map(|repo| repo.enabled).collect::<Vec<_>>(), [false, true]);
    }
}
