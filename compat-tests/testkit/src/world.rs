//! Two equal roots: the real dnf5 works in one, oxidnf in the other.

mod programs;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::compare::{self, diff};
use crate::fixture::{self, Repo, Rpm};
use crate::oracle::Oracle;
use crate::target_dir;

/// Where the side's directory is inside the oracle.
const SIDE: &str = "/srv/t";
/// The root that both programs change, inside the oracle.
pub const ROOT: &str = "/srv/t/root";
const REPOS: &str = "/srv/repos";
const BIN: &str = "/srv/bin";
/// A library that gives all of libsolv's pools rpm's semantics.
pub(crate) const RPM_POOL: &str = "rpm-pool.so";
/// Directory of a world that stands in for the host's `/etc/rpm`.
const MACROS: &str = "etc-rpm";

/// One thing that is compared after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// Exit code.
    ExitCode,
    /// Standard output, normalised by [`compare::text`].
    Stdout,
    /// Standard error, normalised by [`compare::text`].
    Stderr,
    /// All tags of all packages as the real rpm prints them, but times.
    RpmTags,
    /// Rows of the index tables of the rpm database.
    RpmIndex,
    /// The file tree.
    Tree,
    /// `/scripts.log`, which the scriptlets of fixtures write.
    ScriptLog,
    /// dnf5's state files.
    State,
    /// dnf5's history.
    History,
}

const ALL_AXES: [Axis; 9] = [
    Axis::ExitCode,
    Axis::Stdout,
    Axis::Stderr,
    Axis::RpmTags,
    Axis::RpmIndex,
    Axis::Tree,
    Axis::ScriptLog,
    Axis::State,
    Axis::History,
];

/// Which of the two roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one in which the real dnf5 works.
    Real,
    /// The one in which oxidnf works.
    Ours,
}

/// Two equal roots with repositories.
pub struct World {
    oracle: Oracle,
    dir: tempfile::TempDir,
    repos: BTreeMap<String, PathBuf>,
    ignored: BTreeMap<Axis, &'static str>,
    overlooked: Vec<&'static str>,
    cut: Vec<&'static str>,
    started: i64,
}

impl World {
    /// Makes two equal roots that hold nothing but a shell (busybox) and the configuration files.
    pub fn new() -> Self {
        let oracle = Oracle::find();
        let base = base_root(&oracle);
        Self::from_root(oracle, Some(&base))
    }

    /// Makes two roots that hold nothing but an empty `/etc/dnf/dnf.conf`, for base systems that bring their own shell.
    pub fn empty() -> Self {
        let world = Self::from_root(Oracle::find(), None);
        world.write("/etc/dnf/dnf.conf", "[main]\n");
        world
    }

    fn from_root(oracle: Oracle, base: Option<&Path>) -> Self {
        let dir =
            tempfile::Builder::new().prefix("oxidnf-world-").tempdir().expect("the temporary directory is writable");
        for side in [Side::Real, Side::Ours] {
            let side = dir.path().join(side_name(side));
            fs::create_dir(&side).expect("a fresh directory is writable");
            match base {
                Some(base) => copy_tree(base, &side.join("root")),
                None => fs::create_dir(side.join("root")).expect("a fresh directory is writable"),
            }
        }
        fs::create_dir(dir.path().join("repos")).expect("a fresh directory is writable");
        put_program(&dir.path().join("bin"));
        let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64);
        World {
            oracle,
            dir,
            repos: BTreeMap::new(),
            ignored: BTreeMap::new(),
            overlooked: Vec::new(),
            cut: Vec::new(),
            started,
        }
    }

    /// Adds a repository of these packages, enabled, without signature checks.
    #[must_use]
    pub fn repo(self, id: &str, packages: impl IntoIterator<Item = Rpm>) -> Self {
        self.repo_conf(id, packages, "gpgcheck=0\n")
    }

    /// Adds a repository with lines of configuration of its own.
    #[must_use]
    pub fn repo_conf(mut self, id: &str, packages: impl IntoIterator<Item = Rpm>, conf: &str) -> Self {
        let packages: Vec<Rpm> = packages.into_iter().collect();
        let repo = fixture::repo(&self.oracle, &packages);
        self.add_repo(id, &repo, conf);
        self
    }

    /// Adds a repository that was built before.
    pub fn add_repo(&mut self, id: &str, repo: &Repo, conf: &str) {
        let place = self.dir.path().join("repos").join(id);
        copy_tree(repo.dir(), &place);
        self.repos.insert(id.to_owned(), place);
        self.write(
            &format!("/etc/yum.repos.d/{id}.repo"),
            &format!("[{id}]\nname={id} repository\nbaseurl=file://{REPOS}/{id}\nenabled=1\n{conf}"),
        );
    }

    /// Adds a repository at a URL.
    pub fn repo_at(&self, id: &str, url: &str, conf: &str) {
        self.write(
            &format!("/etc/yum.repos.d/{id}.repo"),
            &format!("[{id}]\nname={id} repository\nbaseurl={url}\nenabled=1\n{conf}"),
        );
    }

    /// Describes everything that a command may not change when it fails early: files, databases, state.
    pub fn snapshot(&self, side: Side) -> String {
        [Axis::Tree, Axis::RpmTags, Axis::RpmIndex, Axis::ScriptLog, Axis::State, Axis::History]
            .map(|axis| self.view(axis, side))
            .concat()
    }

    /// Returns the directory of a repository of this world, which may be changed.
    ///
    /// # Panics
    /// When there is no such repository.
    pub fn repo_dir(&self, id: &str) -> &Path {
        &self.repos[id]
    }

    /// Gives a repository of this world the advisories of an `updateinfo` document; `compression` is a type that
    /// modifyrepo_c knows, or empty for none.
    pub fn advise(&self, id: &str, xml: &str, compression: &str) {
        self.add_metadata(id, "updateinfo", "updateinfo.xml", xml, compression);
    }

    fn add_metadata(&self, id: &str, kind: &str, name: &str, text: &str, compression: &str) {
        let repo = self.repo_dir(id);
        fs::write(repo.join(name), text).expect("the repository is writable");
        let how =
            if compression.is_empty() { "--no-compress".to_owned() } else { format!("--compress-type={compression}") };
        self.oracle.script(
            &[(repo, REPOS)],
            &format!("cd {REPOS}; modifyrepo_c {how} --mdtype={kind} {name} repodata >/dev/null"),
        );
        fs::remove_file(repo.join(name)).expect("the repository is writable");
    }

    /// Lets the real dnf5 understand modules.
    ///
    /// Debian's libsolv makes pools with the semantics of its own packages; dnf5 corrects that for its pool of packages,
    /// and not for the one of modules, so that nothing there can be resolved.
    #[must_use]
    pub fn with_modules(self) -> Self {
        put_rpm_pool(&self.dir.path().join("bin"));
        self
    }

    /// Gives a repository of this world the modules of a YAML document; `compression` is a type that modifyrepo_c knows,
    /// or empty for none.
    pub fn modulate(&self, id: &str, yaml: &str, compression: &str) {
        self.add_metadata(id, "modules", "modules.yaml", yaml, compression);
    }

    /// Leaves an axis out, with the reason.
    #[must_use]
    pub fn ignoring(mut self, axis: Axis, reason: &'static str) -> Self {
        self.ignored.insert(axis, reason);
        self
    }

    /// Overlooks lines of oxidnf's standard error that hold a text: what it says on purpose and dnf5 does not.
    #[must_use]
    pub fn overlooking(mut self, text: &'static str) -> Self {
        self.overlooked.push(text);
        self
    }

    /// Compares lines of standard error that hold a text only up to its end, as the words behind it are a library's own.
    #[must_use]
    pub fn up_to(mut self, text: &'static str) -> Self {
        self.cut.push(text);
        self
    }

    /// Returns the directory of the repositories, for an HTTP server.
    pub fn repos_dir(&self) -> PathBuf {
        self.dir.path().join("repos")
    }

    /// Returns the root of one side.
    pub fn root(&self, side: Side) -> PathBuf {
        self.dir.path().join(side_name(side)).join("root")
    }

    /// Writes a file in both roots.
    pub fn write(&self, path: &str, content: &str) {
        self.edit(|root| {
            let file = root.join(path.trim_start_matches('/'));
            let parent = file.parent().expect("a file below the root has a parent");
            fs::create_dir_all(parent).and_then(|()| fs::write(&file, content)).expect("the root is writable");
        });
    }

    /// Does the same by hand in both roots, as an admin would.
    pub fn edit(&self, change: impl Fn(&Path)) {
        for side in [Side::Real, Side::Ours] {
            change(&self.root(side));
        }
    }

    /// Runs `dnf5 --installroot=… ARGS` with the real dnf5 and with oxidnf, and compares everything.
    ///
    /// Words are split at blanks; `'…'` keeps blanks.
    ///
    /// # Panics
    /// When there is a difference; the text is a short diff.
    pub fn both(&self, args: &str) -> Step {
        self.compare_after(args, self.run(Side::Real, args), self.run(Side::Ours, args))
    }

    /// Runs a command with the real dnf5 in both roots, to prepare them or to see it go on where oxidnf stopped.
    ///
    /// # Panics
    /// When dnf5 does not treat both roots alike.
    pub fn real_in_both(&self, args: &str) -> Step {
        let on_ours = self.run_program("/usr/bin/dnf5", Side::Ours, args);
        self.compare_after(args, self.run(Side::Real, args), on_ours)
    }

    /// Runs the real dnf5 in oxidnf's root only.
    pub fn run_real_on_ours(&self, args: &str) -> Output {
        self.run_program("/usr/bin/dnf5", Side::Ours, args)
    }

    /// Runs a command with oxidnf in both roots.
    ///
    /// # Panics
    /// When oxidnf does not treat both roots alike.
    pub fn ours_in_both(&self, args: &str) -> Step {
        let on_real = self.run_program(&format!("{BIN}/dnf5"), Side::Real, args);
        self.compare_after(args, on_real, self.run(Side::Ours, args))
    }

    /// Defines macros of the host for both programs, in place of those that an earlier call defined.
    pub fn macros(&self, lines: &str) {
        let macros = self.dir.path().join(MACROS);
        if !macros.is_dir() {
            copy_tree(&self.oracle.root().join("etc/rpm"), &macros);
        }
        fs::write(macros.join("macros.world"), format!("{lines}\n")).expect("a fresh directory is writable");
    }

    /// Puts a file beside the repositories and returns its path inside the oracle.
    pub fn put(&self, name: &str, content: &[u8]) -> String {
        let dir = self.dir.path().join("repos/files");
        fs::create_dir_all(&dir).and_then(|()| fs::write(dir.join(name), content)).expect("the directory is writable");
        format!("{REPOS}/files/{name}")
    }

    fn compare_after(&self, args: &str, real: Output, ours: Output) -> Step {
        let report = self.differences(&real, &ours);
        assert!(
            report.is_empty(),
            "\n`{args}` differs\n{}\n-- dnf5 said --\n{}\n-- oxidnf said --\n{}",
            report.concat(),
            text_of(&real),
            text_of(&ours)
        );
        Step { output: ours }
    }

    /// Returns all differences between the two sides after a command, as short diffs.
    pub fn differences(&self, real: &Output, ours: &Output) -> Vec<String> {
        let stream = |bytes: &[u8]| compare::text::normalise(&String::from_utf8_lossy(bytes));
        ALL_AXES
            .into_iter()
            .filter(|axis| !self.ignored.contains_key(axis))
            .filter_map(|axis| {
                let (real, ours) = match axis {
                    Axis::ExitCode => (exit_code(real), exit_code(ours)),
                    Axis::Stdout => (stream(&real.stdout), stream(&ours.stdout)),
                    Axis::Stderr => {
                        (self.cut(&stream(&real.stderr)), self.cut(&self.without_overlooked(stream(&ours.stderr))))
                    }
                    _ => (self.view(axis, Side::Real), self.view(axis, Side::Ours)),
                };
                diff(&format!("{axis:?}"), &real, &ours)
            })
            .collect()
    }

    /// Describes the rpm database of one side: tables and rows.
    pub fn dump_database(&self, side: Side) -> String {
        self.view(Axis::RpmIndex, side)
    }

    fn cut(&self, text: &str) -> String {
        let head = |line: &str| {
            let ends = self.cut.iter().filter_map(|cut| line.find(cut).map(|at| at + cut.len()));
            ends.min().map_or_else(|| line.to_owned(), |end| format!("{}\n", &line[..end]))
        };
        text.split_inclusive('\n').map(head).collect()
    }

    fn without_overlooked(&self, text: String) -> String {
        let kept = |line: &&str| !self.overlooked.iter().any(|overlooked| line.contains(overlooked));
        text.split_inclusive('\n').filter(kept).collect()
    }

    fn view(&self, axis: Axis, side: Side) -> String {
        let root = self.root(side);
        match axis {
            Axis::RpmTags => {
                let output = self.oracle.run(&self.binds(side), &["rpm", "--root", ROOT, "-qa", "--xml"]);
                compare::rpmdb::mask_xml(&text_of(&output))
            }
            Axis::RpmIndex => compare::rpmdb::dump(&root.join("usr/lib/sysimage/rpm")),
            Axis::Tree => compare::tree::describe(&root, self.started),
            Axis::ScriptLog => fs::read_to_string(root.join("scripts.log")).unwrap_or_default(),
            Axis::State => compare::state::dump(&root),
            Axis::History => compare::history::dump(&root),
            Axis::ExitCode | Axis::Stdout | Axis::Stderr => String::new(),
        }
    }
}

impl Default for World {
    fn default() -> Self {
        World::new()
    }
}

/// A command that ended alike on both sides.
pub struct Step {
    output: Output,
}

impl Step {
    /// Checks the exit code, so that a scenario cannot pass by failing alike.
    ///
    /// # Panics
    /// When it is another one.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(code), "\n{}", text_of(&self.output));
        self
    }

    /// Checks that a stream holds a text.
    ///
    /// # Panics
    /// When it does not.
    pub fn says(self, text: &str) -> Self {
        let all = text_of(&self.output);
        assert!(all.contains(text), "\n`{text}` is not in:\n{all}");
        self
    }

    /// Returns the standard output.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }
}

fn exit_code(output: &Output) -> String {
    format!("{:?}\n", output.status.code())
}

fn text_of(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Real => "real",
        Side::Ours => "ours",
    }
}

/// Splits at blanks; single quotes keep blanks together.
pub(crate) fn split_words(args: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in args.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("the list starts with one word").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

pub(crate) fn copy_tree(from: &Path, to: &Path) {
    let done = Command::new("cp").args(["-a", "--reflink=auto"]).arg(from).arg(to).status();
    assert!(done.is_ok_and(|status| status.success()), "cannot copy {} to {}", from.display(), to.display());
}

/// Returns the program under test: `$OXIDNF_BIN`, else that of the release build.
///
/// # Panics
/// When it does not exist.
pub fn program() -> PathBuf {
    let program = std::env::var_os("OXIDNF_BIN").map_or_else(|| target_dir().join("release/oxidnf"), PathBuf::from);
    assert!(program.exists(), "{} does not exist: build it with `cargo build --release`", program.display());
    program
}

/// Puts the program under test into a directory, under the name of the real one.
pub(crate) fn put_program(dir: &Path) {
    let program = program();
    fs::create_dir(dir).expect("a fresh directory is writable");
    let place = dir.join("dnf5");
    if fs::hard_link(&program, &place).is_err() {
        fs::copy(&program, &place).expect("the program can be copied");
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).expect("a fresh file has an owner");
    }
    fs::hard_link(&place, dir.join("oxidnf")).expect("a fresh directory is writable");
}

/// Makes the library that lets the real dnf5 understand modules, in a directory.
pub(crate) fn put_rpm_pool(dir: &Path) {
    let library = dir.join(RPM_POOL);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rpm_pool.c");
    let mut compiler = Command::new("cc");
    let done = compiler.args(["-shared", "-fPIC", "-O", "-o"]).arg(&library).arg(&source).status();
    assert!(done.is_ok_and(|status| status.success()), "cannot compile {} with cc", source.display());
}

/// Returns a root, made once by the real rpm, in which a package `busybox` gives scriptlets a shell.
pub(crate) fn base_root(oracle: &Oracle) -> PathBuf {
    const APPLETS: &str = "sh cat echo ls id env sort rm touch mkdir true false sleep grep sed test date";
    let links: String = APPLETS.split(' ').map(|name| format!("ln -s busybox %{{buildroot}}/bin/{name}; ")).collect();
    let names: String = APPLETS.split(' ').map(|name| format!("/bin/{name}\n")).collect();
    let busybox = fixture::rpm("busybox")
        .arch(std::env::consts::ARCH)
        .provides("/bin/sh")
        .raw(
            &format!("mkdir -p %{{buildroot}}/bin; cp /bin/busybox %{{buildroot}}/bin/; {links}"),
            &format!("/bin/busybox\n{names}"),
        )
        .dir("", "/bin")
        .dir("%attr(1777,root,root)", "/var/tmp")
        .dir("%attr(1777,root,root)", "/tmp")
        .dir("", "/etc");
    let repo = fixture::repo(oracle, &[busybox]);
    let place = repo.dir().join("base-root");
    if place.exists() {
        return place;
    }
    let work = tempfile::Builder::new().prefix("base-").tempdir_in(repo.dir()).expect("target/fixtures is writable");
    oracle.script(
        &[(work.path(), SIDE), (repo.dir(), REPOS)],
        &format!(
            "mkdir -p {ROOT}; rpm --root {ROOT} -U {REPOS}/*.rpm; mkdir -p {ROOT}/etc/dnf; printf '[main]\\n' >{ROOT}/etc/dnf/dnf.conf; touch -d @1700000000 {ROOT}/etc/dnf/dnf.conf"
        ),
    );
    let _ = fs::rename(work.path().join("root"), &place);
    assert!(place.exists(), "the base root {} was not made", place.display());
    place
}
