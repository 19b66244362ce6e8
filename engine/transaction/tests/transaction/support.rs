//! A root in a temporary directory, packages for it, and transactions on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use oxidnf_core::event::{Event, Reporter, ScriptletEnd};
use oxidnf_core::package_file::PackageFile;
use oxidnf_core::root::Root;
use oxidnf_core::{Action, Trust, Verified};
use oxidnf_rpmdb::{Access, Index, RpmDb};
use oxidnf_transaction::{Clock, Element, Outcome, Prepared, Problem, Refusal, Settings};
use rpm::{BuildConfig, CompressionType, FileOptions, PackageBuilder};

/// Transaction id of all tests.
pub(crate) const TID: u32 = 0x6000_0000;

/// A target system.
pub(crate) struct System {
    dir: tempfile::TempDir,
    built: usize,
}

/// Collects what a run tells.
#[derive(Default)]
pub(crate) struct Notes(pub(crate) Mutex<Vec<String>>);

impl Reporter for Notes {
    fn report(&self, event: Event<'_>) {
        let note = match event {
            Event::RpmWarning(text) => format!("warning: {text}"),
            Event::UnpackFailed { message, .. } => format!("error: {message}"),
            Event::ScriptletFinished { kind, end: ScriptletEnd::Ok, .. } => format!("%{}", kind.rpm_name()),
            _ => return,
        };
        self.0.lock().expect("no test panics while it holds the lock").push(note);
    }
}

impl Notes {
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no test panics while it holds the lock"))
    }
}

/// Tells whether the test may change owners and roots; says so if not.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub(crate) fn is_root(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("{test} is skipped: it changes the root directory, which needs the rights of root");
    }
    root
}

impl System {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for name in ["root/etc", "root/var/tmp", "root/usr", "packages"] {
            fs::create_dir_all(dir.path().join(name)).expect("new directories");
        }
        let system = System { dir, built: 0 };
        fs::write(system.path("/etc/passwd"), "root:x:0:0::/:/bin/sh\nuser:x:777:888::/:/bin/sh\n").expect("new file");
        fs::write(system.path("/etc/group"), "root:x:0:\ngroup:x:888:\n").expect("new file");
        system
    }

    /// Puts the shell of the host and its libraries into the root.
    pub(crate) fn with_shell(self) -> Self {
        let listed = Command::new("ldd").arg("/bin/sh").output().expect("ldd is a part of the C library");
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let libraries = listed.split_whitespace().filter(|word| word.starts_with('/'));
        for file in libraries.chain(["/bin/sh"]) {
            let target = self.path(file);
            fs::create_dir_all(target.parent().expect("a file has a directory")).expect("new directories");
            fs::copy(file, target).expect("the host has its shell");
        }
        self
    }

    /// Returns the path on the host.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join("root").join(path.trim_start_matches('/'))
    }

    pub(crate) fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path(path)).ok()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().expect("a file has a directory")).expect("new directories");
        fs::write(self.path(path), text).expect("the root is writable");
    }

    /// Builds a package of these files and whatever `more` adds.
    pub(crate) fn package(
        &mut self,
        name: &str,
        version: &str,
        files: &[(&str, &str)],
        more: impl FnOnce(&mut PackageBuilder),
    ) -> PathBuf {
        self.built += 1;
        let path = self.dir.path().join(format!("packages/{name}-{version}-{}.rpm", self.built));
        let config = BuildConfig::v4().source_date(1_000_000_000).compression(CompressionType::Gzip);
        let mut builder = PackageBuilder::new(name, version, "MIT", "noarch", "test");
        builder.using_config(config).release("1");
        for (target, content) in files {
            let mut options = FileOptions::new(target.trim_end_matches("#config")).permissions(0o644);
            if target.ends_with("#config") {
                options = options.config();
            }
            builder.with_file_contents(*content, options).expect("a regular file");
        }
        more(&mut builder);
        builder.build().expect("a complete package").write_file(&path).expect("the directory is writable");
        path
    }

    fn database(&self) -> (Root, RpmDb) {
        let root = Root::open(self.path("/")).expect("the root is there");
        let db = RpmDb::open(&root, Path::new("/usr/lib/sysimage/rpm"), Access::Write).expect("a database");
        (root, db)
    }

    /// Returns the full names of installed packages in the order of their records.
    pub(crate) fn installed(&self) -> Vec<String> {
        let (_, db) = self.database();
        let packages = db.packages().expect("a readable database");
        packages.map(|package| package.expect("sound records").1.nevra().expect("named").to_string()).collect()
    }

    /// Installs packages, replacing installed ones of the same names.
    pub(crate) fn install(&self, packages: &[&Path], notes: &Notes) -> Result<Outcome, Vec<Problem>> {
        self.transact(packages, &[], notes)
    }

    /// Erases packages by name.
    pub(crate) fn erase(&self, names: &[&str], notes: &Notes) -> Outcome {
        self.transact(&[], names, notes).expect("nothing stands in the way of an erasure")
    }

    pub(crate) fn transact(&self, packages: &[&Path], erase: &[&str], notes: &Notes) -> Result<Outcome, Vec<Problem>> {
        self.transact_with(packages, erase, notes, |_| {})
    }

    /// As [`System::transact`], with other settings.
    pub(crate) fn transact_with(
        &self,
        packages: &[&Path],
        erase: &[&str],
        notes: &Notes,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Outcome, Vec<Problem>> {
        let (root, db) = self.database();
        let hnums = |name: &str| -> Vec<u32> {
            let found = db.find(Index::Name, name.as_bytes()).expect("a readable database");
            found.into_iter().map(|hit| hit.hnum).collect()
        };
        let mut elements = Vec::new();
        for path in packages {
            let package = PackageFile::open(*path).expect("a sound package");
            let replaces = hnums(&package.nevra().expect("named").name);
            let action = if replaces.is_empty() { Action::Install } else { Action::Upgrade };
            elements.push(Element::Install { package: Verified::new(package, Trust::Digest), action, replaces });
        }
        elements.extend(erase.iter().flat_map(|name| hnums(name)).map(|hnum| Element::Erase { hnum }));
        let mut settings = Settings::new(TID, Clock::Epoch(u64::from(TID)));
        // The shell of these roots is in no package.
        settings.check_dependencies = false;
        change(&mut settings);
        let prepared = Prepared::new(elements, &db, &root, settings).expect("readable elements");
        match prepared.test(notes) {
            Ok(tested) => Ok(tested.run(notes).expect("a run to the end")),
            Err(Refusal::Problems(problems)) => Err(problems),
            Err(Refusal::Error(error)) => panic!("the test failed: {error}"),
        }
    }

    /// Installs packages; returns why the run itself stopped.
    pub(crate) fn try_transact(
        &self,
        packages: &[&Path],
        notes: &Notes,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Outcome, oxidnf_transaction::TransactionError> {
        let (root, db) = self.database();
        let install = |path: &&Path| {
            let package = PackageFile::open(*path).expect("a sound package");
            let package = Verified::new(package, Trust::Digest);
            Element::Install { package, action: Action::Install, replaces: Vec::new() }
        };
        let mut settings = Settings::new(TID, Clock::Epoch(u64::from(TID)));
        settings.check_dependencies = false;
        change(&mut settings);
        let elements = packages.iter().map(install).collect();
        let prepared = Prepared::new(elements, &db, &root, settings).expect("readable elements");
        prepared.test(notes).map_err(|_| ()).expect("nothing stands in the way").run(notes)
    }
}
