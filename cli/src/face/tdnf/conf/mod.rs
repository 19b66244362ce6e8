//! `/etc/tdnf/tdnf.conf` and the directories beside it (reference of tdnf, sections 5.1 and 5.3).

pub mod ini;
pub mod repos;

use std::path::{Path, PathBuf};

use ini::{Section, truth};

use super::failure::{Failure, number};
use super::grammar::Line;

/// Where the configuration is.
const CONF: &str = "/etc/tdnf/tdnf.conf";
/// The configuration in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conf {
    /// Directory of the file, which holds the drop-in directories, too.
    pub dir: PathBuf,
    /// The root that packages go to; `/` without `--installroot`.
    pub root: PathBuf,
    /// `installonly_limit`
    pub installonly_limit: u32,
    /// `installonlypkgs`: exact names.
    pub installonly: Vec<String>,
    /// `clean_requirements_on_remove`
    pub clean_requirements: bool,
    /// `repodir` or `reposdir`, as a path of the host.
    pub reposdir: PathBuf,
    /// `cachedir`, as a path of the host.
    pub cachedir: PathBuf,
    /// `persistdir`, below the root; `None` when nothing names it.
    pub persistdir: Option<PathBuf>,
    /// `keepcache`
    pub keepcache: bool,
    /// `distroverpkg`, when the file names it.
    pub distroverpkg: Vec<String>,
    /// `excludepkgs`
    pub excludes: Vec<String>,
    /// `minversions` and the files of that name: names and lowest versions.
    pub minversions: Vec<(String, String)>,
    /// Names that must not change.
    pub locked: Vec<String>,
    /// Names that must not go.
    pub protected: Vec<String>,
    /// `proxy`
    pub proxy: Option<String>,
    /// `proxy_username` and `proxy_password`, when both are there.
    pub proxy_login: Option<(String, String)>,
    /// `sslverify`
    pub sslverify: bool,
    /// `plugins`
    pub plugins: bool,
    /// `pluginconfpath`, as a path of the host.
    pub pluginconfpath: PathBuf,
    /// `varsdir`, as paths of the host.
    pub varsdirs: Vec<PathBuf>,
    /// `dnf_check_update_compat`
    pub check_update_compat: bool,
    /// `distrosync_reinstall_changed`
    pub distrosync_reinstall: bool,
    /// `openmax`; 0 for no limit.
    pub openmax: u64,
    /// `snapshottime`
    pub snapshottime: Option<String>,
    /// What tdnf's reader would complain about on standard output.
    pub warnings: Vec<String>,
}

/// Reads the configuration that a command line means.
pub fn read(line: &Line) -> Result<Conf, Failure> {
    let root = PathBuf::from(line.value("installroot").unwrap_or("/"));
    let path = place(line, &root);
    let text = match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        // Without a file the defaults hold, unless the user named it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && line.value("config").is_none() => String::new(),
        Err(error) => return Err(Failure::system(&error)),
    };
    let sections = ini::sections(&text);
    if sections.is_empty() && text.lines().any(|line| !line.trim().is_empty() && !line.trim().starts_with('#')) {
        return Err(Failure::new(number::CONF_FILE));
    }
    let dir = path.parent().unwrap_or(Path::new("/")).to_owned();
    Ok(Reader { main: sections.into_iter().next().unwrap_or_default(), root, dir, warnings: Vec::new() }.read(line))
}

/// Returns the file: that of the command line, that of the installroot if it has one, else the host's.
fn place(line: &Line, root: &Path) -> PathBuf {
    if let Some(path) = line.value("config") {
        return PathBuf::from(path);
    }
    let own = below(root, CONF);
    if own.is_file() { own } else { PathBuf::from(CONF) }
}

/// Puts an absolute path below the root.
pub fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

struct Reader {
    main: Section,
    root: PathBuf,
    dir: PathBuf,
    warnings: Vec<String>,
}

impl Reader {
    fn read(mut self, line: &Line) -> Conf {
        let clean_requirements = self.truth("clean_requirements_on_remove", false);
        let keepcache = self.truth("keepcache", false) || line.value("keepcache").is_some_and(|v| truth(v) == Ok(true));
        let sslverify = self.truth("sslverify", true);
        let plugins = self.truth("plugins", false);
        let check_update_compat = self.truth("dnf_check_update_compat", false);
        let distrosync_reinstall = self.truth("distrosync_reinstall_changed", false);
        let limit = self.main.get("installonly_limit").and_then(|text| text.parse().ok());
        let text = |key: &str| self.main.get(key).filter(|value| !value.is_empty()).map(str::to_owned);
        let mut minversions: Vec<String> = self.list("minversions");
        minversions.extend(self.drop_ins("minversions.d"));
        Conf {
            installonly_limit: limit.unwrap_or(2),
            installonly: self.list("installonlypkgs"),
            clean_requirements,
            reposdir: self.reposdir(line),
            cachedir: match line.value("cachedir") {
                Some(dir) => PathBuf::from(dir),
                None => below(&self.root, self.main.get("cachedir").unwrap_or("/var/cache/tdnf")),
            },
            persistdir: text("persistdir").map(PathBuf::from),
            keepcache,
            distroverpkg: self.list("distroverpkg"),
            excludes: self.list("excludepkgs"),
            minversions: minversions.iter().filter_map(|item| minimum(item)).collect(),
            locked: self.drop_ins("locks.d"),
            protected: self.drop_ins("protected.d"),
            proxy: text("proxy"),
            proxy_login: text("proxy_username").zip(text("proxy_password")),
            sslverify,
            plugins,
            pluginconfpath: PathBuf::from(text("pluginconfpath").unwrap_or("/etc/tdnf/pluginconf.d".to_owned())),
            varsdirs: self.varsdirs(),
            check_update_compat,
            distrosync_reinstall,
            openmax: self.main.get("openmax").and_then(|text| text.parse().ok()).unwrap_or(1024),
            snapshottime: text("snapshottime"),
            dir: self.dir,
            root: self.root,
            warnings: self.warnings,
        }
    }

    fn truth(&mut self, key: &str, default: bool) -> bool {
        let Some(text) = self.main.get(key) else { return default };
        match truth(text) {
            Ok(value) => value,
            Err(warning) => {
                self.warnings.push(warning);
                false
            }
        }
    }

    /// Lists are separated by blanks only.
    fn list(&self, key: &str) -> Vec<String> {
        self.main.get(key).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    /// A directory of the command line is the host's; that of the configuration is the root's if it is there.
    fn reposdir(&self, line: &Line) -> PathBuf {
        if let Some(dir) = line.value("reposdir") {
            return PathBuf::from(dir);
        }
        let configured = self.main.get("repodir").or_else(|| self.main.get("reposdir")).unwrap_or("/etc/yum.repos.d");
        let own = below(&self.root, configured);
        if own.is_dir() { own } else { PathBuf::from(configured) }
    }

    fn varsdirs(&self) -> Vec<PathBuf> {
        let mut configured = self.list("varsdir");
        if configured.is_empty() {
            configured = ["/etc/tdnf/vars", "/etc/dnf/vars", "/etc/yum/vars"].map(str::to_owned).to_vec();
        }
        let place = |dir: &String| {
            let own = below(&self.root, dir);
            if own.is_dir() { own } else { PathBuf::from(dir) }
        };
        configured.iter().map(place).collect()
    }

    /// Returns the lines of `*.conf` files in a directory beside the configuration, in order of their names.
    fn drop_ins(&self, dir: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.join(dir)).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
        files.sort();
        let texts = files.iter().filter_map(|path| std::fs::read_to_string(path).ok());
        let lines: Vec<String> =
            texts.flat_map(|text| text.lines().map(|l| l.trim().to_owned()).collect::<Vec<_>>()).collect();
        lines.into_iter().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
    }
}

fn minimum(item: &str) -> Option<(String, String)> {
    let (name, version) = item.split_once('=')?;
    Some((name.trim().to_owned(), version.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conf(root: &Path) -> Conf {
        let arguments = vec!["--installroot".to_owned(), root.display().to_string(), "list".to_owned()];
        read(&super::super::grammar::parse(&arguments).expect("good line")).expect("readable")
    }

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("has parent")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    #[test]
    fn files_of_the_root() {
        let dir = std::env::temp_dir().join(format!("oxidnf-tdnf-conf-{}", std::process::id()));
        write(
            &dir,
            "etc/tdnf/tdnf.conf",
            "[main]\ninstallonlypkgs=kernel kernel-mshv\nkeepcache=yes\nplugins=1\nminversions=a=2\n",
        );
        write(&dir, "etc/tdnf/minversions.d/b.conf", "b=1:3-1\n");
        write(&dir, "etc/tdnf/locks.d/x.conf", "# no\nlocked\n");
        write(&dir, "etc/tdnf/protected.d/x.conf", "kept\n");
        write(&dir, "etc/yum.repos.d/x.repo", "");
        let conf = conf(&dir);
        std::fs::remove_dir_all(&dir).expect("removed");
        assert_eq!(conf.installonly, ["kernel", "kernel-mshv"]);
        assert!(conf.plugins && !conf.keepcache && !conf.clean_requirements);
        assert_eq!(conf.warnings, ["WARNING: invalid arg to strtoi: 'yes'"]);
        let want = [("a".to_owned(), "2".to_owned()), ("b".to_owned(), "1:3-1".to_owned())];
        assert_eq!(conf.minversions, want);
        assert_eq!((conf.locked, conf.protected), (vec!["locked".to_owned()], vec!["kept".to_owned()]));
        assert_eq!(conf.reposdir, dir.join("etc/yum.repos.d"));
        assert_eq!(conf.cachedir, dir.join("var/cache/tdnf"));
        assert_eq!(conf.installonly_limit, 2);
    }
}
