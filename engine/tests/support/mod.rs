//! A repository of small packages in a temporary directory, and sessions on a root beside it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use oxidnf_core::event::Silent;
use oxidnf_core::{Checksum, ChecksumKind};
use oxidnf_engine::prompt::Accept;
use oxidnf_engine::request::is_package_file;
use oxidnf_engine::settings::OptionSetting;
use oxidnf_engine::{CommitOptions, Error, Load, Report, Request, Resolved, Session, Settings};
use rpm::{BuildConfig, CompressionType, Dependency, FileOptions, PackageBuilder};

/// A package to be built.
#[derive(Clone, Default)]
pub(crate) struct Package {
    name: String,
    version: String,
    requires: Vec<String>,
    provides: Vec<String>,
    obsoletes: Vec<String>,
    recommends: Vec<String>,
}

/// Describes a package without dependencies that owns `/usr/share/NAME`.
pub(crate) fn package(name: &str, version: &str) -> Package {
    Package { name: name.to_owned(), version: version.to_owned(), ..Package::default() }
}

impl Package {
    pub(crate) fn requires(mut self, name: &str) -> Self {
        self.requires.push(name.to_owned());
        self
    }

    pub(crate) fn provides(mut self, name: &str) -> Self {
        self.provides.push(name.to_owned());
        self
    }

    pub(crate) fn obsoletes(mut self, name: &str) -> Self {
        self.obsoletes.push(name.to_owned());
        self
    }

    pub(crate) fn recommends(mut self, name: &str) -> Self {
        self.recommends.push(name.to_owned());
        self
    }

    fn file(&self) -> String {
        format!("{}-{}-1.noarch.rpm", self.name, self.version)
    }

    fn build(&self, path: &Path) {
        let config = BuildConfig::v4().source_date(1_000_000_000).compression(CompressionType::Gzip);
        let content = path.with_extension("content");
        fs::write(&content, format!("{} {}\n", self.name, self.version)).expect("the directory is writable");
        let mut builder = PackageBuilder::new(&self.name, &self.version, "MIT", "noarch", "test");
        builder.using_config(config).release("1");
        builder.with_file(&content, FileOptions::new(format!("/usr/share/{}", self.name))).expect("the file is there");
        for name in &self.requires {
            builder.requires(Dependency::any(name));
        }
        for name in &self.provides {
            builder.provides(Dependency::any(name));
        }
        for name in &self.obsoletes {
            builder.obsoletes(Dependency::any(name));
        }
        for name in &self.recommends {
            builder.recommends(Dependency::any(name));
        }
        builder.build().expect("complete").write_file(path).expect("the directory is writable");
        fs::remove_file(content).expect("just written");
    }

    fn primary(&self, path: &Path) -> String {
        let bytes = fs::read(path).expect("just built");
        let digest = Checksum::of(ChecksumKind::Sha256, &bytes).expect("every policy has SHA-256");
        let entries = |names: &[String]| {
            names.iter().fold(String::new(), |mut text, name| {
                let _ = write!(text, r#"<rpm:entry name="{name}"/>"#);
                text
            })
        };
        let own = format!(r#"<rpm:entry name="{}" flags="EQ" epoch="0" ver="{}" rel="1"/>"#, self.name, self.version);
        format!(
            r#"<package type="rpm"><name>{name}</name><arch>noarch</arch><version epoch="0" ver="{version}" rel="1"/>
<checksum type="sha256" pkgid="YES">{digest}</checksum><summary>test</summary><description>test</description>
<packager/><url/><time file="1" build="1000000000"/><size package="{size}" installed="10" archive="100"/>
<location href="{file}"/><format><rpm:license>MIT</rpm:license><rpm:vendor/><rpm:group/><rpm:sourcerpm/>
<rpm:provides>{own}{provides}</rpm:provides><rpm:requires>{requires}</rpm:requires>
<rpm:obsoletes>{obsoletes}</rpm:obsoletes><rpm:recommends>{recommends}</rpm:recommends></format></package>
"#,
            name = self.name,
            version = self.version,
            digest = hex::encode(digest.bytes()),
            size = bytes.len(),
            file = self.file(),
            provides = entries(&self.provides),
            requires = entries(&self.requires),
            obsoletes = entries(&self.obsoletes),
            recommends = entries(&self.recommends),
        )
    }
}

/// A repository and a root.
pub(crate) struct World {
    dir: tempfile::TempDir,
    /// Options of every session.
    pub(crate) options: Vec<OptionSetting>,
}

impl World {
    /// Builds the packages and their metadata.
    pub(crate) fn new(packages: &[Package]) -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let world = World { dir, options: Vec::new() };
        fs::create_dir_all(world.repo().join("repodata")).expect("the directory is writable");
        fs::create_dir(world.root()).expect("the directory is writable");
        let mut primary = format!(
            r#"<?xml version="1.0"?><metadata xmlns="http://linux.duke.edu/metadata/common"
xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="{}">"#,
            packages.len()
        );
        for package in packages {
            let path = world.repo().join(package.file());
            package.build(&path);
            primary.push_str(&package.primary(&path));
        }
        primary.push_str("</metadata>");
        let digest = Checksum::of(ChecksumKind::Sha256, primary.as_bytes()).expect("every policy has SHA-256");
        let digest = hex::encode(digest.bytes());
        let repomd = format!(
            r#"<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>
<data type="primary"><checksum type="sha256">{digest}</checksum><open-checksum type="sha256">{digest}</open-checksum>
<location href="repodata/primary.xml"/><timestamp>1</timestamp><size>{size}</size><open-size>{size}</open-size></data>
</repomd>"#,
            size = primary.len()
        );
        fs::write(world.repo().join("repodata/primary.xml"), primary).expect("the directory is writable");
        fs::write(world.repo().join("repodata/repomd.xml"), repomd).expect("the directory is writable");
        world
    }

    pub(crate) fn repo(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    /// Returns the text of a file of the root, if it is there.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root().join(path)).ok()
    }

    /// Writes a file of the root.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("the directory is writable");
        fs::write(path, text).expect("the directory is writable");
    }

    /// Opens a session on the root.
    pub(crate) fn session(&self) -> Session {
        let settings = Settings {
            arguments: vec!["test".to_owned(), "run".to_owned()],
            installroot: Some(self.root()),
            repos_from_path: vec![("base".to_owned(), self.repo().to_string_lossy().into_owned())],
            options: self.options.clone(),
            variables: vec![("releasever".to_owned(), "1".to_owned())],
            ..Settings::default()
        };
        Session::open(settings).expect("the configuration is good")
    }

    /// Opens a session and loads what a transaction needs.
    pub(crate) fn loaded(&self, files: &[String]) -> Result<Session, Error> {
        let mut session = self.session();
        let load = Load { command_line_packages: files.to_vec(), ..Load::transaction() };
        session.load(&load, &mut Accept, &Silent)?;
        Ok(session)
    }

    /// Decides a request.
    pub(crate) fn resolve(&self, request: &Request) -> Result<(Session, Resolved), Error> {
        let specs = request.items.iter().flat_map(|item| &item.specs);
        let files: Vec<String> = specs.filter(|spec| is_package_file(spec)).cloned().collect();
        let mut session = self.loaded(&files)?;
        let resolved = session.resolve(request)?;
        Ok((session, resolved))
    }

    /// Carries a request out.
    pub(crate) fn run(&self, request: &Request) -> Result<Report, Error> {
        let (mut session, resolved) = self.resolve(request)?;
        let downloaded = session.download(&resolved, &Silent)?;
        session.commit(&resolved, &downloaded, &CommitOptions::default(), &mut Accept, &Silent)
    }

    /// Returns the installed packages, sorted.
    pub(crate) fn installed(&self) -> Vec<String> {
        let mut session = self.session();
        session.load(&Load::system_only(), &mut Accept, &Silent).expect("the database is good");
        let ids = oxidnf_engine::catalog::Query::new(session.sack()).installed().sorted();
        ids.into_iter().map(|id| session.nevra(id).to_string()).collect()
    }
}
