//! Carrying cases out on both sides.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use oxidnf_core::header::{Header, Limits};
use rusqlite::{Connection, OpenFlags};

use super::build::{Failure, Places, lay_out};
use super::case::Case;
use super::chance::{WildKinds, settled_history, settled_state};
use super::histories::REAL;
use crate::compare::{self, diff};
use crate::oracle::Oracle;
use crate::world::{RPM_POOL, put_program, put_rpm_pool};

/// Where the cases of a side are inside the oracle, each in a directory with its number.
const SIDE: &str = "/srv/t";
const REPOS: &str = "/srv/repos";
const BIN: &str = "/srv/bin";
/// Exit codes of a program that a failed assertion or a wild pointer ended.
const ABORTED: [&str; 2] = ["134", "139"];

/// What came of a case.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What is different, as short diffs; empty when nothing is.
    pub differences: String,
    /// Whether dnf5 changed the system or its state.
    pub changed: bool,
    /// Whether dnf5 failed to resolve a transaction or had problems to report.
    pub problems: bool,
    /// Whether dnf5 itself was ended by a failed assertion or crashed; then nothing is compared.
    pub aborted: bool,
    /// What the real dnf5 said.
    pub said: String,
}

/// Carries cases out, all of them in two processes of the oracle, and compares.
///
/// # Errors
/// When a case cannot be laid out or the oracle cannot be entered.
pub fn run(oracle: &Oracle, cases: &[Case]) -> Result<Vec<Outcome>, Failure> {
    let work = tempfile::Builder::new().prefix("oxidnf-decisions-").tempdir()?;
    let bench = Bench { oracle, dir: work.path().to_owned() };
    bench.lay_out(cases)?;
    let before: Vec<String> = (0..cases.len()).map(|number| bench.state("real", number)).collect();
    let mut sides = [bench.start("real", cases)?, bench.start("ours", cases)?];
    for side in &mut sides {
        side.wait()?;
    }
    Ok(cases.iter().enumerate().map(|(number, case)| bench.outcome(number, case, &before[number])).collect())
}

struct Bench<'o> {
    oracle: &'o Oracle,
    dir: PathBuf,
}

impl Bench<'_> {
    fn lay_out(&self, cases: &[Case]) -> Result<(), Failure> {
        for name in ["real", "ours", "repos"] {
            fs::create_dir(self.dir.join(name))?;
        }
        put_program(&self.dir.join("bin"));
        if cases.iter().any(Case::has_modules) {
            put_rpm_pool(&self.dir.join("bin"));
        }
        let mut script = String::new();
        for (number, case) in cases.iter().enumerate() {
            let side = self.dir.join("real").join(number.to_string());
            let repos = self.dir.join("repos").join(number.to_string());
            fs::create_dir(&side)?;
            fs::create_dir(&repos)?;
            let repos_inside = format!("{REPOS}/{number}");
            let places = Places { repos: &repos, repos_inside: &repos_inside, side: &side };
            if let Some(line) = lay_out(case, &places)? {
                script += &format!("cd {SIDE}/{number}\n{line} >>{SIDE}/log 2>&1 || {{ cat {SIDE}/log; exit 1; }}\n");
            }
        }
        self.oracle.script(&self.binds("real"), &script);
        // The rest is the same for both.
        let copied = Command::new("cp").arg("-a").arg(self.dir.join("real/.")).arg(self.dir.join("ours")).status()?;
        if copied.success() { Ok(()) } else { Err("cannot copy the roots".into()) }
    }

    fn binds(&self, side: &str) -> [(PathBuf, &'static str); 3] {
        [(self.dir.join(side), SIDE), (self.dir.join("repos"), REPOS), (self.dir.join("bin"), BIN)]
    }

    /// Starts all commands of a side, one after the other.
    fn start(&self, side: &str, cases: &[Case]) -> Result<Child, Failure> {
        let path = if side == "ours" { format!("PATH={BIN}:$PATH\n") } else { String::new() };
        let mut script = path;
        for (number, case) in cases.iter().enumerate() {
            for (step, command) in case.commands.iter().enumerate() {
                let real = command.first().is_some_and(|word| word == REAL);
                let words: Vec<String> = command.iter().skip(usize::from(real)).map(|word| quoted(word)).collect();
                let place = format!("{SIDE}/{number}");
                let program = if real { "PATH=/usr/sbin:/usr/bin:/sbin:/bin dnf5" } else { "dnf5" };
                let preload = if case.has_modules() { format!("LD_PRELOAD={BIN}/{RPM_POOL} ") } else { String::new() };
                script += &format!(
                    "cd {place}; timeout 120 env {preload}{program} --installroot={place}/root {} >{place}/{step}.out 2>{place}/{step}.err; echo $? >{place}/{step}.rc\n",
                    words.join(" ")
                );
            }
        }
        let mut command = self.oracle.command(&self.binds(side), &["sh", "-c", &script]);
        Ok(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
    }

    fn root(&self, side: &str, number: usize) -> PathBuf {
        self.dir.join(side).join(number.to_string()).join("root")
    }

    fn state(&self, side: &str, number: usize) -> String {
        let root = self.root(side, number);
        format!("{}{}", installed(&root), compare::state::dump(&root))
    }

    fn text(&self, side: &str, number: usize, name: &str) -> String {
        let path = self.dir.join(side).join(number.to_string()).join(name);
        String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
    }

    fn outcome(&self, number: usize, case: &Case, before: &str) -> Outcome {
        let mut outcome = Outcome::default();
        let mut differ = |title: String, of: &dyn Fn(&str) -> String| {
            let (real, ours) = (of("real"), of("ours"));
            outcome.differences += &diff(&title, &real, &ours).unwrap_or_default();
            real
        };
        for (step, command) in case.commands.iter().enumerate() {
            let command = command.join(" ");
            differ(format!("exit code of `{command}`"), &|side| self.text(side, number, &format!("{step}.rc")));
            for stream in ["out", "err"] {
                let name = format!("{step}.{stream}");
                let said = differ(format!("std{stream} of `{command}`"), &|side| {
                    compare::text::normalise(&self.text(side, number, &name))
                });
                outcome.problems |= said.contains("Problem");
                outcome.problems |= said.contains("Failed to resolve");
                outcome.said += &said;
            }
        }
        let codes = (0..case.commands.len()).map(|step| self.text("real", number, &format!("{step}.rc")));
        let aborted = codes.into_iter().any(|code| ABORTED.contains(&code.trim()));
        let history = |side: &str| compare::history::dump(&self.root(side, number));
        let wild = WildKinds::find(&history("real"));
        let after = differ("state".to_owned(), &|side| settled_state(&self.state(side, number), &wild));
        differ("history".to_owned(), &|side| settled_history(&history(side), &wild));
        outcome.changed = after != before;
        outcome.aborted = aborted;
        if aborted {
            outcome.differences.clear();
        }
        outcome
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Returns the installed packages, one a line, in the order of their numbers.
fn installed(root: &Path) -> String {
    let list = || -> Result<String, Failure> {
        let file = root.join("usr/lib/sysimage/rpm/rpmdb.sqlite");
        if !file.exists() {
            // dnf5 makes one when it looks at the installed packages.
            return Ok(String::new());
        }
        let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mut statement = db.prepare("SELECT hnum, blob FROM Packages ORDER BY hnum")?;
        let mut rows = statement.query([])?;
        let mut text = String::new();
        while let Some(row) = rows.next()? {
            let header = Header::parse(row.get::<_, Vec<u8>>(1)?, Limits::DATABASE)?;
            text += &format!("{} {}\n", row.get::<_, i64>(0)?, header.nevra()?);
        }
        Ok(text)
    };
    list().unwrap_or_else(|error| format!("unreadable database: {error}\n"))
}
