//! Packages and repositories for tests, described in code and built by the real rpmbuild and createrepo_c.
//!
//! A repository is built once per content: it is kept under `target/fixtures` by the hash of everything that went in.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use oxidnf_core::{Checksum, ChecksumKind};

use crate::oracle::Oracle;
use crate::target_dir;

/// Starts the description of a package `name-1-1.noarch`.
pub fn rpm(name: &str) -> Rpm {
    Rpm {
        name: name.to_owned(),
        version: "1".to_owned(),
        release: "1".to_owned(),
        arch: "noarch".to_owned(),
        summary: format!("The {name} package"),
        ..Rpm::default()
    }
}

/// A package to be built; every method adds to the description and returns it.
#[derive(Debug, Clone, Default)]
pub struct Rpm {
    name: String,
    epoch: Option<u32>,
    version: String,
    release: String,
    arch: String,
    summary: String,
    vendor: Option<String>,
    preamble: String,
    install: String,
    files: String,
    scripts: String,
    defines: Vec<(String, String)>,
    sign: Option<String>,
}

impl Rpm {
    /// Sets `[epoch:]version-release`.
    #[must_use]
    pub fn evr(mut self, evr: &str) -> Self {
        let (epoch, rest) = evr.split_once(':').map_or((None, evr), |(epoch, rest)| (Some(epoch), rest));
        self.epoch = epoch.map(|epoch| epoch.parse().expect("a fixture's epoch is a number"));
        let (version, release) = rest.rsplit_once('-').unwrap_or((rest, "1"));
        self.version = version.to_owned();
        self.release = release.to_owned();
        self
    }

    /// Returns the name of the file that is built.
    pub fn file_name(&self) -> String {
        format!("{}-{}-{}.{}.rpm", self.name, self.version, self.release, self.arch)
    }

    /// Sets the architecture.
    #[must_use]
    pub fn arch(mut self, arch: &str) -> Self {
        arch.clone_into(&mut self.arch);
        self
    }

    /// Sets the vendor.
    #[must_use]
    pub fn vendor(mut self, vendor: &str) -> Self {
        self.vendor = Some(vendor.to_owned());
        self
    }

    /// Sets the summary.
    #[must_use]
    pub fn summary(mut self, summary: &str) -> Self {
        summary.clone_into(&mut self.summary);
        self
    }

    /// Adds a line to the preamble: `Requires: x`, `Recommends: y`, `Prefix: /usr`…
    #[must_use]
    pub fn tag(mut self, line: &str) -> Self {
        writeln!(self.preamble, "{line}").expect("writing to a String cannot fail");
        self
    }

    /// Adds a dependency.
    #[must_use]
    pub fn requires(self, dep: &str) -> Self {
        self.tag(&format!("Requires: {dep}"))
    }

    /// Adds a provide.
    #[must_use]
    pub fn provides(self, dep: &str) -> Self {
        self.tag(&format!("Provides: {dep}"))
    }

    /// Adds a conflict.
    #[must_use]
    pub fn conflicts(self, dep: &str) -> Self {
        self.tag(&format!("Conflicts: {dep}"))
    }

    /// Adds an obsoletes.
    #[must_use]
    pub fn obsoletes(self, dep: &str) -> Self {
        self.tag(&format!("Obsoletes: {dep}"))
    }

    /// Adds a recommendation.
    #[must_use]
    pub fn recommends(self, dep: &str) -> Self {
        self.tag(&format!("Recommends: {dep}"))
    }

    /// Adds a supplement.
    #[must_use]
    pub fn supplements(self, dep: &str) -> Self {
        self.tag(&format!("Supplements: {dep}"))
    }

    /// Adds a regular file.
    #[must_use]
    pub fn file(self, path: &str, content: &str) -> Self {
        self.file_as("", path, content)
    }

    /// Adds a regular file with a prefix in the file list, such as `%config(noreplace)` or `%attr(4755,root,root)`.
    #[must_use]
    pub fn file_as(mut self, prefix: &str, path: &str, content: &str) -> Self {
        self.put(path, &format!("cat >\"$f\" <<'OXIDNF_EOF'\n{content}\nOXIDNF_EOF"));
        writeln!(self.files, "{prefix} {path}").expect("writing to a String cannot fail");
        self
    }

    /// Adds a configuration file.
    #[must_use]
    pub fn config(self, path: &str, content: &str) -> Self {
        self.file_as("%config", path, content)
    }

    /// Adds a configuration file that is never replaced once edited.
    #[must_use]
    pub fn config_noreplace(self, path: &str, content: &str) -> Self {
        self.file_as("%config(noreplace)", path, content)
    }

    /// Adds a directory; `prefix` as in [`Rpm::file_as`].
    #[must_use]
    pub fn dir(mut self, prefix: &str, path: &str) -> Self {
        writeln!(self.install, "mkdir -p %{{buildroot}}{path}").expect("writing to a String cannot fail");
        writeln!(self.files, "{prefix} %dir {path}").expect("writing to a String cannot fail");
        self
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn symlink(mut self, path: &str, target: &str) -> Self {
        self.put(path, &format!("ln -s '{target}' \"$f\""));
        writeln!(self.files, "{path}").expect("writing to a String cannot fail");
        self
    }

    /// Adds hard links to a file added before.
    #[must_use]
    pub fn hardlink(mut self, path: &str, to: &str) -> Self {
        self.put(path, &format!("ln %{{buildroot}}{to} \"$f\""));
        writeln!(self.files, "{path}").expect("writing to a String cannot fail");
        self
    }

    /// Adds a ghost.
    #[must_use]
    pub fn ghost(mut self, prefix: &str, path: &str) -> Self {
        self.put(path, "echo ghost >\"$f\"");
        writeln!(self.files, "{prefix} %ghost {path}").expect("writing to a String cannot fail");
        self
    }

    /// Adds lines to `%install` and `%files` as they are.
    #[must_use]
    pub fn raw(mut self, install: &str, files: &str) -> Self {
        writeln!(self.install, "{install}").expect("writing to a String cannot fail");
        writeln!(self.files, "{files}").expect("writing to a String cannot fail");
        self
    }

    /// Adds a scriptlet section: `kind` is what follows `%`, for example `post`, `triggerin -- foo`, `pre -p /bin/sh`.
    #[must_use]
    pub fn script(mut self, kind: &str, body: &str) -> Self {
        writeln!(self.scripts, "%{kind}\n{body}").expect("writing to a String cannot fail");
        self
    }

    /// Adds a scriptlet that writes one line to `/scripts.log`: package, kind, arguments.
    #[must_use]
    pub fn logs(self, kind: &str) -> Self {
        let label = format!("{}-{}-{} {kind}", self.name, self.version, self.release);
        self.script(kind, &format!("echo \"{label} $@\" >>/scripts.log"))
    }

    /// Defines an rpmbuild macro for this package: `_rpmformat`, `_binary_payload`…
    #[must_use]
    pub fn define(mut self, name: &str, value: &str) -> Self {
        self.defines.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Signs with the throwaway key of this user id (`Name <mail>`), made when first used.
    #[must_use]
    pub fn signed_by(mut self, key: &str) -> Self {
        self.sign = Some(key.to_owned());
        self
    }

    fn put(&mut self, path: &str, make: &str) {
        writeln!(self.install, "f=%{{buildroot}}{path}; mkdir -p \"${{f%/*}}\"; {make}")
            .expect("writing to a String cannot fail");
    }

    fn spec(&self) -> String {
        let mut spec = format!(
            "Name: {}\nVersion: {}\nRelease: {}\nSummary: {}\nLicense: MIT\nAutoReqProv: no\n",
            self.name, self.version, self.release, self.summary
        );
        for (key, value) in [("Epoch", self.epoch.map(|epoch| epoch.to_string())), ("Vendor", self.vendor.clone())] {
            if let Some(value) = value {
                writeln!(spec, "{key}: {value}").expect("writing to a String cannot fail");
            }
        }
        if self.arch == "noarch" {
            spec.push_str("BuildArch: noarch\n");
        }
        write!(
            spec,
            "{}%description\nA package for tests, called {}.\n%install\n{}%files\n{}{}",
            self.preamble, self.name, self.install, self.files, self.scripts
        )
        .expect("writing to a String cannot fail");
        spec
    }

    /// Returns the shell lines that build this package from `/srv/build/NAME.spec` into `/srv/build/out`.
    fn build_lines(&self, index: usize) -> String {
        let mut line = format!(
            "rpmbuild -bb --quiet --nodeps --target {}-linux --define '_topdir /srv/build/top{index}' --define '_rpmdir /srv/build/out' --define '_rpmfilename %{{NAME}}-%{{VERSION}}-%{{RELEASE}}.%{{ARCH}}.rpm' --define 'debug_package %{{nil}}' --define '__os_install_post %{{nil}}' --define '_build_id_links none' --define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' --define '_buildhost builder.example.org'",
            self.arch
        );
        for (name, value) in &self.defines {
            write!(line, " --define '{name} {value}'").expect("writing to a String cannot fail");
        }
        writeln!(
            line,
            " /srv/build/{index}.spec >/srv/build/{index}.log 2>&1 || {{ cat /srv/build/{index}.log; exit 1; }}"
        )
        .expect("writing to a String cannot fail");
        if let Some(key) = &self.sign {
            let file = format!("/srv/build/out/{}-{}-{}.{}.rpm", self.name, self.version, self.release, self.arch);
            writeln!(
                line,
                "rpmsign --define '_openpgp_sign gpg' --define '_gpg_name {key}' --addsign {file} >/dev/null"
            )
            .expect("writing to a String cannot fail");
        }
        line
    }

    fn identity(&self) -> String {
        format!("{}\n{:?}\n{:?}\n{}\n", self.spec(), self.defines, self.sign, self.arch)
    }
}

/// A repository on disk.
#[derive(Debug, Clone)]
pub struct Repo {
    dir: PathBuf,
}

impl Repo {
    /// Returns its directory; treat it as read-only, other tests use it too.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// Builds, or finds, a repository of these packages.
pub fn repo(oracle: &Oracle, packages: &[Rpm]) -> Repo {
    repo_with(oracle, packages, "")
}

/// Builds, or finds, a repository of these packages with further arguments for createrepo_c.
///
/// # Panics
/// When a package cannot be built; rpmbuild's output is in the text.
pub fn repo_with(oracle: &Oracle, packages: &[Rpm], createrepo: &str) -> Repo {
    let identity: String = packages.iter().map(Rpm::identity).collect::<String>() + createrepo;
    let hash = Checksum::of(ChecksumKind::Sha256, identity.as_bytes()).expect("sha256 is always there").hex();
    let fixtures = target_dir().join("fixtures");
    let dir = fixtures.join(&hash[..24]);
    if dir.join("repodata/repomd.xml").exists() {
        return Repo { dir };
    }
    fs::create_dir_all(&fixtures).expect("target/fixtures can be made");
    let work = tempfile::Builder::new().prefix("build-").tempdir_in(&fixtures).expect("target/fixtures is writable");
    fs::create_dir(work.path().join("out")).expect("a fresh directory is writable");
    // Signing keys are shared by all fixtures, so that repositories can be signed by the same key.
    let keys = fixtures.join("gnupg");
    let mut script = String::from("export SOURCE_DATE_EPOCH=1700000000 GNUPGHOME=/srv/build/gnupg\ncd /srv/build\n");
    for (index, package) in packages.iter().enumerate() {
        fs::write(work.path().join(format!("{index}.spec")), package.spec()).expect("a fresh directory is writable");
        script += &package.build_lines(index);
    }
    if packages.iter().any(|package| package.sign.is_some()) {
        crate::fixture::make_keys(oracle, &keys, packages.iter().filter_map(|package| package.sign.as_deref()));
        let copied = std::process::Command::new("cp").arg("-a").arg(&keys).arg(work.path().join("gnupg")).status();
        assert!(copied.is_ok_and(|status| status.success()), "cannot copy the signing keys");
    }
    writeln!(script, "createrepo_c --quiet --revision=1 --set-timestamp-to-revision {createrepo} out >/dev/null")
        .expect("writing to a String cannot fail");
    oracle.script(&[(work.path(), "/srv/build")], &script);
    // Another test may have been faster with the same repository; then its copy serves.
    let _ = fs::rename(work.path().join("out"), &dir);
    assert!(dir.join("repodata/repomd.xml").exists(), "the fixture repository {} was not made", dir.display());
    Repo { dir }
}

/// Builds, or finds, a repository of all packages of one spec file, which is much faster than one by one.
///
/// # Panics
/// When rpmbuild fails; its output is in the text.
pub fn family(oracle: &Oracle, spec: &str) -> Repo {
    built(oracle, spec, "-bb")
}

/// Builds, or finds, a repository of the source package of a spec file.
///
/// # Panics
/// When rpmbuild fails; its output is in the text.
pub fn source(oracle: &Oracle, spec: &str) -> Repo {
    built(oracle, spec, "-bs")
}

fn built(oracle: &Oracle, spec: &str, what: &str) -> Repo {
    let identity = if what == "-bb" { spec.to_owned() } else { format!("{what}\n{spec}") };
    let hash = Checksum::of(ChecksumKind::Sha256, identity.as_bytes()).expect("sha256 is always there").hex();
    let fixtures = target_dir().join("fixtures");
    let dir = fixtures.join(&hash[..24]);
    if dir.join("repodata/repomd.xml").exists() {
        return Repo { dir };
    }
    fs::create_dir_all(&fixtures).expect("target/fixtures can be made");
    let work = tempfile::Builder::new().prefix("build-").tempdir_in(&fixtures).expect("target/fixtures is writable");
    fs::write(work.path().join("family.spec"), spec).expect("a fresh directory is writable");
    // The macro %{NAME} would be that of the first package.
    let script = format!(
        "export SOURCE_DATE_EPOCH=1700000000
cd /srv/build
mkdir out
rpmbuild {what} --quiet --nodeps --define '_topdir /srv/build/top' --define '_rpmdir /srv/build/out' --define '_rpmfilename %%{{NAME}}-%%{{VERSION}}-%%{{RELEASE}}.%%{{ARCH}}.rpm' --define '_srcrpmdir /srv/build/out' --define 'use_source_date_epoch_as_buildtime 1' --define '_buildhost builder.example.org' family.spec >log 2>&1 || {{ cat log; exit 1; }}
createrepo_c --quiet --revision=1 --set-timestamp-to-revision out >/dev/null
"
    );
    oracle.script(&[(work.path(), "/srv/build")], &script);
    let _ = fs::rename(work.path().join("out"), &dir);
    assert!(dir.join("repodata/repomd.xml").exists(), "the fixture repository {} was not made", dir.display());
    Repo { dir }
}

/// Makes throwaway signing keys in a GnuPG home and exports each as `<home>/../<uid hash>.asc`.
fn make_keys<'a>(oracle: &Oracle, home: &Path, uids: impl Iterator<Item = &'a str>) {
    for uid in uids {
        let file = key_file(uid);
        if file.exists() {
            continue;
        }
        let _ = fs::create_dir_all(home);
        let parent = home.parent().expect("the key directory lies in target/fixtures");
        // One process at a time may write a GnuPG home.
        let lock = fs::File::create(parent.join("gnupg.lock")).expect("target/fixtures is writable");
        lock.lock().expect("a lock on a fresh file can be taken");
        if file.exists() {
            continue;
        }
        let name = file.file_name().expect("key_file returns a file").to_string_lossy().into_owned();
        oracle.script(
            &[(parent, "/srv/build")],
            &format!("export GNUPGHOME=/srv/build/gnupg; chmod 700 $GNUPGHOME; gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key '{uid}' rsa3072 sign never; gpg --batch --armor --export '{uid}' >/srv/build/{name}.new; mv /srv/build/{name}.new /srv/build/{name}; gpgconf --kill all"),
        );
    }
}

/// Returns the file with the armored public key of a throwaway signing key (made by the first package signed by it).
pub fn key_file(uid: &str) -> PathBuf {
    let hash = Checksum::of(ChecksumKind::Sha256, uid.as_bytes()).expect("sha256 is always there").hex();
    target_dir().join("fixtures").join(format!("key-{}.asc", &hash[..12]))
}

/// Signs a file with a throwaway key; the armored signature lies beside it with the ending `.asc`.
///
/// # Panics
/// When the key does not exist: the first package signed by it makes it.
pub fn sign_file(uid: &str, file: &Path) {
    let home = target_dir().join("fixtures/gnupg");
    let lock = fs::File::create(target_dir().join("fixtures/gnupg.lock")).expect("target/fixtures is writable");
    lock.lock().expect("a lock on a fresh file can be taken");
    let dir = file.parent().expect("a file lies in a directory");
    let name = file.file_name().expect("a file has a name").to_string_lossy();
    Oracle::find().script(
        &[(home.as_path(), "/srv/build"), (dir, "/srv/repos")],
        &format!(
            "export GNUPGHOME=/srv/build; gpg --batch --quiet --yes --pinentry-mode loopback --passphrase '' -u '{uid}' --armor --detach-sign /srv/repos/{name}; gpgconf --kill all"
        ),
    );
}

/// Returns a throwaway key as it looks after it expired, armored; the key itself stays good.
///
/// # Panics
/// When the key does not exist: the first package signed by it makes it.
pub fn expired_key(uid: &str) -> String {
    let home = target_dir().join("fixtures/gnupg");
    let lock = fs::File::create(target_dir().join("fixtures/gnupg.lock")).expect("target/fixtures is writable");
    lock.lock().expect("a lock on a fresh file can be taken");
    let dir = tempfile::tempdir().expect("temporary files can be made");
    Oracle::find().script(
        &[(home.as_path(), "/srv/build"), (dir.path(), "/srv/repos")],
        &format!(
            "mkdir -m 700 /srv/repos/home; cp -r /srv/build/. /srv/repos/home; export GNUPGHOME=/srv/repos/home\n\
             print=$(gpg --batch --with-colons --list-keys '{uid}' | awk -F: '$1 == \"fpr\" {{ print $10; exit }}')\n\
             gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-set-expire $print seconds=1\n\
             gpg --batch --armor --export $print >/srv/repos/key.asc; gpgconf --kill all; sleep 2"
        ),
    );
    fs::read_to_string(dir.path().join("key.asc")).expect("the script wrote it")
}
