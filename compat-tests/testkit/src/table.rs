//! Tables of short commands: each case has files and a root of its own, and each program runs all cases of a table in
//! one start of the oracle.
//!
//! What is compared are both streams, the exit code, and the warnings and errors in the log.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::compare::{self, diff};
use crate::oracle::Oracle;
use crate::world::{Side, copy_tree, put_program, split_words};

/// Where the directories of the cases are, inside the oracle.
const PLACE: &str = "/srv/t";
const BIN: &str = "/srv/bin";
/// Directories of the host that cases may change; each run has a copy of them.
const HOST_DIRS: [&str; 2] = ["/etc/dnf", "/usr/share/dnf5"];

/// How many cases of a table run at a time.
const LANES: usize = 4;

/// Where the build of the oracle looks for plug-ins, and where dnf5 does if nobody says otherwise.
const PLUGINS_OF_DEBIAN: &str = "= /usr/lib/x86_64-linux-gnu/libdnf5/plugins/";
const PLUGINS: &str = "= /usr/lib64/libdnf5/plugins/";

/// One command and the files that it finds.
#[derive(Debug, Clone, Default)]
pub struct Case {
    name: String,
    args: Vec<String>,
    files: Vec<(String, String)>,
    host_files: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    /// Why oxidnf does something else here.
    departure: Option<&'static str>,
}

impl Case {
    /// Makes a case of a command; words are split at blanks, single quotes keep them together.
    pub fn new(args: &str) -> Self {
        Case { name: args.to_owned(), args: split_words(args), ..Case::default() }
    }

    /// Adds an argument that may hold anything.
    #[must_use]
    pub fn arg(mut self, arg: &str) -> Self {
        let _ = write!(self.name, " {arg}");
        self.args.push(arg.to_owned());
        self
    }

    /// Adds a file to the root.
    #[must_use]
    pub fn file(mut self, path: &str, content: &str) -> Self {
        self.files.push((path.to_owned(), content.to_owned()));
        self
    }

    /// Sets the main configuration file of the root.
    #[must_use]
    pub fn conf(self, content: &str) -> Self {
        self.file("/etc/dnf/dnf.conf", content)
    }

    /// Adds a file to the host, below `/etc/dnf` or `/usr/share/dnf5`.
    #[must_use]
    pub fn host_file(mut self, path: &str, content: &str) -> Self {
        self.host_files.push((path.to_owned(), content.to_owned()));
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.name, " ({name}={value})");
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Says that oxidnf does something else here, and why; it is a mistake then if both do the same.
    #[must_use]
    pub fn departs(mut self, reason: &'static str) -> Self {
        self.departure = Some(reason);
        self
    }

    /// Returns the lines that prepare and run the case in its directory.
    fn script(&self, number: usize) -> String {
        let mut script = format!("cd {PLACE}/{number:03}\n");
        if !self.host_files.is_empty() {
            script.push_str("reset_host\n");
            for dir in HOST_DIRS {
                let _ = writeln!(script, "[ ! -d host{dir} ] || cp -a host{dir}/. {dir}/");
            }
        }
        let mut words: Vec<String> = vec!["env".to_owned()];
        words.extend(self.environment.iter().map(|(name, value)| quoted(&format!("{name}={value}"))));
        words.extend(["timeout".to_owned(), "60".to_owned(), "dnf5".to_owned()]);
        words.push(format!("--installroot={PLACE}/{number:03}/root"));
        words.extend(self.args.iter().map(|arg| quoted(arg)));
        let _ = writeln!(script, "{} >out 2>err </dev/null; echo $? >rc", words.join(" "));
        if !self.host_files.is_empty() {
            script.push_str("reset_host\n");
        }
        script
    }
}

/// Runs every case with both programs.
///
/// # Panics
/// When any case differs; the text shows the differences of all of them.
pub fn compare(cases: &[Case]) {
    let results = Sides::run(cases);
    let mut report = String::new();
    let mut wrong = 0;
    for (number, case) in cases.iter().enumerate() {
        let (real, ours) = (results.of(Side::Real, number), results.of(Side::Ours, number));
        let difference = match (diff("", &real, &ours), case.departure) {
            (Some(_), Some(_)) | (None, None) => None,
            (Some(difference), None) => Some(difference),
            (None, Some(reason)) => Some(format!("no difference any more, although: {reason}")),
        };
        if let Some(difference) = difference {
            wrong += 1;
            let files: String = case
                .files
                .iter()
                .chain(&case.host_files)
                .filter(|(_, content)| content.len() < 400)
                .map(|(path, content)| format!("  {path}: {content:?}\n"))
                .collect();
            let _ = writeln!(report, "\n== {} ==\n{files}{difference}", case.name);
        }
    }
    assert!(wrong == 0, "\n{wrong} of {} cases differ\n{report}", cases.len());
}

/// Runs cases that the real dnf5 dies of, and checks that oxidnf ends in order.
///
/// # Panics
/// When dnf5 does not die, so that the case can be compared, or oxidnf does.
pub fn survives(cases: &[Case]) {
    let results = Sides::run(cases);
    for (number, case) in cases.iter().enumerate() {
        assert!(results.crashed(Side::Real, number), "dnf5 does not die of `{}` {:?}", case.name, case.files);
        assert!(!results.crashed(Side::Ours, number), "oxidnf dies of `{}` {:?}", case.name, case.files);
    }
}

/// The outputs of both programs.
struct Sides {
    dir: tempfile::TempDir,
}

impl Sides {
    fn run(cases: &[Case]) -> Self {
        let oracle = Oracle::find();
        let dir = tempfile::Builder::new().prefix("oxidnf-table-").tempdir().expect("temporary files can be made");
        put_program(&dir.path().join("bin"));
        let sides = Sides { dir };
        std::thread::scope(|scope| {
            for side in [Side::Real, Side::Ours] {
                let (sides, oracle) = (&sides, &oracle);
                scope.spawn(move || sides.run_side(oracle, side, cases));
            }
        });
        sides
    }

    fn place(&self, side: Side) -> PathBuf {
        self.dir.path().join(match side {
            Side::Real => "real",
            Side::Ours => "ours",
        })
    }

    fn run_side(&self, oracle: &Oracle, side: Side, cases: &[Case]) {
        let place = self.place(side);
        for (number, case) in cases.iter().enumerate() {
            let dir = place.join(format!("{number:03}"));
            fs::create_dir_all(dir.join("root")).expect("a fresh directory is writable");
            for (below, files) in [("root", &case.files), ("host", &case.host_files)] {
                for (path, content) in files {
                    write(&dir.join(below), path, content);
                }
            }
        }
        let mut binds = vec![(place.clone(), PLACE), (self.dir.path().join("bin"), BIN)];
        let mut script = String::from("reset_host() {\n");
        for (number, dir) in HOST_DIRS.into_iter().enumerate() {
            let _ = writeln!(script, "find {dir} -mindepth 1 -delete; cp -a {PLACE}/host{number}/. {dir}/");
            let copy = place.join(format!("bound{number}"));
            copy_tree(&oracle.root().join(&dir[1..]), &copy);
            copy_tree(&copy, &place.join(format!("host{number}")));
            binds.push((copy, dir));
        }
        script.push_str("}\n");
        if side == Side::Ours {
            let _ = writeln!(script, "PATH={BIN}:$PATH");
        }
        script.push_str(&in_lanes(cases));
        write(&place, "script", &script);
        oracle.script(&binds, &format!("set +e; . {PLACE}/script; true"));
    }

    fn crashed(&self, side: Side, number: usize) -> bool {
        let code = fs::read_to_string(self.place(side).join(format!("{number:03}/rc"))).unwrap_or_default();
        code.trim().parse().is_ok_and(|code: i32| code >= 128)
    }

    /// Returns everything that is compared of one case.
    fn of(&self, side: Side, number: usize) -> String {
        let dir = self.place(side).join(format!("{number:03}"));
        let read = |name: &str| String::from_utf8_lossy(&fs::read(dir.join(name)).unwrap_or_default()).into_owned();
        let (out, err) = (compare::text::normalise(&read("out")), compare::text::normalise(&read("err")));
        let err: String = err.lines().map(|line| format!("{}\n", masked(line))).collect();
        let log = warnings(&read("root/var/log/dnf5.log"));
        let out = in_order(&out.replace(PLUGINS_OF_DEBIAN, PLUGINS));
        format!("{out}-- stderr --\n{err}-- log --\n{log}-- exit code --\n{}", read("rc"))
    }
}

/// Returns the lines that run all cases: side by side those that leave the host alone, then the others in turn.
///
/// A start takes 40 ms of a processor, and on a busy machine many times that until it has had them: one after the other,
/// a table would take a minute.
fn in_lanes(cases: &[Case]) -> String {
    let numbered = || cases.iter().enumerate();
    let mut script = String::new();
    for lane in 0..LANES {
        let own = numbered().filter(|(number, case)| case.host_files.is_empty() && number % LANES == lane);
        let lines: String = own.map(|(number, case)| case.script(number)).collect();
        let _ = writeln!(script, "(\n:\n{lines}) &");
    }
    script.push_str("wait\n");
    script.extend(numbered().filter(|(_, case)| !case.host_files.is_empty()).map(|(number, case)| case.script(number)));
    script
}

/// Sorts the dumps of repositories by id: dnf5 shows them in the order of their places in memory.
fn in_order(text: &str) -> String {
    const MARK: &str = "======== \"";
    let Some(start) = text.find(MARK) else { return text.to_owned() };
    let (head, repos) = text.split_at(start);
    let end = repos.find("======== Variables").unwrap_or(repos.len());
    let (repos, tail) = repos.split_at(end);
    let mut repos: Vec<&str> = repos.split(MARK).filter(|repo| !repo.is_empty()).collect();
    repos.sort_unstable();
    let repos: String = repos.into_iter().map(|repo| format!("{MARK}{repo}")).collect();
    format!("{head}{repos}{tail}")
}

/// Returns the warnings and errors of a log, without time and process, and without the file and line that only oxidnf
/// tells; the number in words about ranges is masked, because dnf5 names the old value there instead of the wrong one.
fn warnings(log: &str) -> String {
    let mut kept = String::new();
    for line in log.lines() {
        let message = line.split_once("] ").map_or(line, |(_, message)| message);
        // What ended the command is on the standard error already; oxidnf does not log it once more.
        let repeated = message.starts_with("ERROR Command returned error");
        if (message.starts_with("WARNING") || message.starts_with("ERROR")) && !repeated {
            let message = message.split(" (file \"").next().unwrap_or(message);
            let _ = writeln!(kept, "{}", masked(message));
        }
    }
    kept
}

/// Masks the value in `Input value 3 is outside the allowed range …`.
fn masked(line: &str) -> String {
    let (mark, after) = ("Input value ", " is outside the allowed range");
    match (line.split_once(mark), line.find(after)) {
        (Some((head, _)), Some(end)) => format!("{head}{mark}N{}", &line[end..]),
        _ => line.to_owned(),
    }
}

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(path.parent().expect("a path below a root has a parent")).expect("a fresh root is writable");
    fs::write(path, content).expect("a fresh root is writable");
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
