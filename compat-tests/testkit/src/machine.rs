//! One small machine on which oxidnf is called as tdnf, as scripts call it: its root is `/`, no options are added.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use crate::fixture::{self, Rpm};
use crate::oracle::Oracle;
use crate::world::{base_root, copy_tree, program};

/// Where repositories are on the machine.
pub const REPOS: &str = "/srv/repos";

/// The configuration that Azure Linux ships, in short.
const CONF: &str = "[main]\ngpgcheck=1\ninstallonly_limit=3\nclean_requirements_on_remove=0\nrepodir=/etc/yum.repos.d\ncachedir=/var/cache/tdnf\n";

/// A root with a shell, a rpm database and `/usr/bin/tdnf`.
pub struct Machine {
    oracle: Oracle,
    dir: tempfile::TempDir,
}

impl Machine {
    /// Makes a machine without repositories.
    pub fn new() -> Self {
        let oracle = Oracle::find();
        let dir = tempfile::Builder::new().prefix("oxidnf-machine-").tempdir().expect("temporary files can be made");
        let machine = Machine { oracle, dir };
        let root = machine.root();
        copy_tree(&base_root(&machine.oracle), &root);
        for place in ["proc", "dev", "run", "var/run", "root", "srv/repos", "usr/bin", "etc/yum.repos.d", "jobs"] {
            fs::create_dir_all(root.join(place)).expect("a fresh root is writable");
        }
        // The program needs the C library of the oracle, and nothing else.
        for (from, to) in machine.libraries() {
            fs::create_dir_all(root.join(to.trim_start_matches('/'))).expect("a fresh root is writable");
            assert!(from.exists(), "{} is missing", from.display());
        }
        symlink("usr/lib", root.join("lib")).expect("a fresh root is writable");
        let place = root.join("usr/bin/oxidnf");
        if fs::hard_link(program(), &place).is_err() {
            fs::copy(program(), &place).expect("the program can be copied");
            fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).expect("a fresh file has an owner");
        }
        for name in ["tdnf", "tdnfj", "tdnf-config", "dnf5", "dnf", "yum", "microdnf"] {
            symlink("oxidnf", root.join("usr/bin").join(name)).expect("a fresh root is writable");
        }
        machine.write("/usr/lib/rpm/macros", "%_dbpath /usr/lib/sysimage/rpm\n");
        machine.write("/etc/tdnf/tdnf.conf", CONF);
        machine.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n");
        machine
    }

    fn libraries(&self) -> Vec<(PathBuf, String)> {
        let root = self.oracle.root();
        let arch = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
        let mut places = vec![(root.join(arch.trim_start_matches('/')), arch)];
        if root.join("usr/lib64").exists() {
            places.push((root.join("usr/lib64"), "/lib64".to_owned()));
        }
        places
    }

    /// Returns the directory that the machine sees as `/`.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    /// Adds an enabled repository without signature checks.
    #[must_use]
    pub fn repo(self, id: &str, packages: impl IntoIterator<Item = Rpm>) -> Self {
        self.repo_conf(id, packages, "enabled=1\ngpgcheck=0\n")
    }

    /// Adds a repository with these lines of configuration.
    #[must_use]
    pub fn repo_conf(self, id: &str, packages: impl IntoIterator<Item = Rpm>, conf: &str) -> Self {
        let packages: Vec<Rpm> = packages.into_iter().collect();
        let repo = fixture::repo(&self.oracle, &packages);
        copy_tree(repo.dir(), &self.repo_dir(id));
        self.define(id, &format!("baseurl=file://{REPOS}/{id}\n{conf}"));
        self
    }

    /// Gives a repository advisories: the content of an `updateinfo.xml`.
    pub fn advise(&self, id: &str, xml: &str) {
        let dir = self.repo_dir(id);
        fs::write(dir.join("updateinfo.xml"), xml).expect("the repository is writable");
        let add = "modifyrepo_c /srv/build/updateinfo.xml /srv/build/repodata >/dev/null";
        self.oracle.script(&[(dir.as_path(), "/srv/build")], add);
    }

    /// Runs a script of the oracle that finds a repository at `/srv/build`.
    pub fn in_repo(&self, id: &str, script: &str) {
        self.oracle.script(&[(self.repo_dir(id).as_path(), "/srv/build")], script);
    }

    /// Builds a source package of a spec file and adds it to a repository.
    pub fn add_source(&self, id: &str, spec: &str) {
        let dir = self.repo_dir(id);
        fs::write(dir.join("source.spec"), spec).expect("the repository is writable");
        let build = "cd /srv/build; rpmbuild -bs --quiet --define '_srcrpmdir /srv/build' source.spec >/dev/null
            rm source.spec; createrepo_c --quiet . >/dev/null";
        self.oracle.script(&[(dir.as_path(), "/srv/build")], build);
    }

    /// Returns the directory of a repository, which may be changed.
    pub fn repo_dir(&self, id: &str) -> PathBuf {
        self.root().join(REPOS.trim_start_matches('/')).join(id)
    }

    /// Writes the definition of a repository.
    pub fn define(&self, id: &str, lines: &str) {
        self.write(&format!("/etc/yum.repos.d/{id}.repo"), &format!("[{id}]\nname={id} packages\n{lines}"));
    }

    /// Writes a file.
    pub fn write(&self, path: &str, content: &str) {
        let file = self.root().join(path.trim_start_matches('/'));
        let parent = file.parent().expect("a file below the root has a parent");
        fs::create_dir_all(parent).and_then(|()| fs::write(&file, content)).expect("the root is writable");
    }

    /// Appends to the configuration.
    pub fn configure(&self, line: &str) {
        self.write("/etc/tdnf/tdnf.conf", &format!("{CONF}{line}\n"));
    }

    /// Returns the content of a file.
    ///
    /// # Panics
    /// When there is none.
    pub fn read(&self, path: &str) -> String {
        let file = self.root().join(path.trim_start_matches('/'));
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// Tells whether a file is there.
    pub fn has(&self, path: &str) -> bool {
        self.root().join(path.trim_start_matches('/')).exists()
    }

    /// Lists the files below a directory, as paths of the machine, sorted.
    pub fn files(&self, dir: &str) -> Vec<String> {
        let root = self.root();
        let mut found = Vec::new();
        walk(&root.join(dir.trim_start_matches('/')), &mut |path| {
            let path = path.strip_prefix(&root).expect("found below the root");
            found.push(format!("/{}", path.display()));
        });
        found.sort();
        found
    }

    /// Runs `tdnf ARGS`; words are split at blanks, `'…'` keeps blanks, and there is no input.
    pub fn tdnf(&self, args: &str) -> Ran {
        self.run("tdnf", args, "")
    }

    /// Runs `tdnf ARGS` as a user without rights.
    pub fn as_nobody(&self, args: &str) -> Ran {
        let words = ["busybox", "su", "nobody", "-s", "/bin/sh", "-c", &format!("exec tdnf {args}")];
        self.argv(&words.map(str::to_owned), "")
    }

    /// Runs a program with an input.
    pub fn run(&self, program: &str, args: &str, input: &str) -> Ran {
        let mut argv = vec![program.to_owned()];
        argv.extend(crate::world::split_words(args));
        self.argv(&argv, input)
    }

    /// Runs a program with these words, of which the first is its name, and an input.
    pub fn argv(&self, argv: &[String], input: &str) -> Ran {
        let root = Oracle::at(self.root());
        let libraries = self.libraries();
        let binds: Vec<(&Path, &str)> = libraries.iter().map(|(from, to)| (from.as_path(), to.as_str())).collect();
        let mut command = root.command(&binds, argv);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("enter-oracle needs only sh(1) and util-linux");
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        // A program that does not read is no failure of the test.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the child was started");
        Ran::of(&argv.join(" "), &output)
    }
}

impl Default for Machine {
    fn default() -> Self {
        Machine::new()
    }
}

fn walk(dir: &Path, found: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, found);
        } else {
            found(&path);
        }
    }
}

/// What a command came to.
#[derive(Debug, Clone)]
pub struct Ran {
    command: String,
    /// Exit status.
    pub status: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    fn of(command: &str, output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran {
            command: command.to_owned(),
            status: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Checks the exit status.
    ///
    /// # Panics
    /// When it is another one.
    #[track_caller]
    pub fn exits(&self, status: i32) -> &Self {
        assert_eq!(self.status, Some(status), "\n{self}");
        self
    }

    /// Checks all of standard output.
    ///
    /// # Panics
    /// When it is another text.
    #[track_caller]
    pub fn out(&self, text: &str) -> &Self {
        assert_eq!(self.out, text, "\n{self}");
        self
    }

    /// Checks all of standard error.
    ///
    /// # Panics
    /// When it is another text.
    #[track_caller]
    pub fn err(&self, text: &str) -> &Self {
        assert_eq!(self.err, text, "\n{self}");
        self
    }

    /// Checks that standard output has a line.
    ///
    /// # Panics
    /// When it has not.
    #[track_caller]
    pub fn has_line(&self, line: &str) -> &Self {
        assert!(self.out.lines().any(|own| own == line), "no line `{line}`\n{self}");
        self
    }

    /// Checks that standard output has no line that begins so.
    ///
    /// # Panics
    /// When it has one.
    #[track_caller]
    pub fn lacks(&self, head: &str) -> &Self {
        assert!(!self.out.lines().any(|own| own.starts_with(head)), "a line `{head}…`\n{self}");
        self
    }
}

/// Shows everything, for messages and for snapshots.
impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = format!("$ {}\nexit {:?}\n", self.command, self.status);
        for (name, stream) in [("out", &self.out), ("err", &self.err)] {
            write!(text, "-- {name} --\n{stream}")?;
            if !stream.is_empty() && !stream.ends_with('\n') {
                text.push_str("(no newline)\n");
            }
        }
        f.write_str(&text)
    }
}
