//! Packages and steps over them.

use std::fmt;

use super::package::{File, Package};

/// What rpm is called with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `-U`.
    Upgrade,
    /// `-i`.
    Install,
    /// `-e`.
    Erase,
    /// `--reinstall`.
    Reinstall,
    /// `--restore`.
    Restore,
}

/// An option of steps that rpm does not know: dependencies are checked, which is otherwise the solver's matter.
pub const CHECKED: &str = "--checked";

/// An option of installing steps that rpm's command line does not know: installed packages that go in the same transaction.
pub const ALSO_ERASE: &str = "--erase=";

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A call of rpm.
    Rpm {
        /// What it does.
        mode: Mode,
        /// Options, each a word of the command line.
        options: Vec<String>,
        /// Package files, by their NEVRA, or names of installed packages.
        targets: Vec<String>,
    },
    /// What an admin does by hand: a script for the shell in the root.
    Admin(String),
}

impl Step {
    /// Makes a call of rpm; `words` are the mode (`-U`), options and targets, as on its command line.
    ///
    /// Words are split at blanks; a no-break space is a blank within a word.
    ///
    /// # Panics
    /// When there is no mode.
    pub fn rpm(words: &str) -> Self {
        let mut mode = None;
        let (mut options, mut targets) = (Vec::new(), Vec::new());
        for word in words.split(' ').filter(|word| !word.is_empty()).map(|word| word.replace('\u{a0}', " ")) {
            match word.as_str() {
                "-U" => mode = Some(Mode::Upgrade),
                "-i" => mode = Some(Mode::Install),
                "-e" => mode = Some(Mode::Erase),
                "--reinstall" => mode = Some(Mode::Reinstall),
                "--restore" => mode = Some(Mode::Restore),
                option if option.starts_with('-') => options.push(option.to_owned()),
                target => targets.push(target.to_owned()),
            }
        }
        Step::Rpm { mode: mode.expect("a call of rpm has a mode"), options, targets }
    }

    /// Makes a script of the admin.
    pub fn admin(script: &str) -> Self {
        Step::Admin(script.to_owned())
    }

    /// Returns the words of the command line behind the program's name and its root; package files lie in `packages`.
    pub fn words(&self, packages: &str) -> Vec<String> {
        let Step::Rpm { mode, options, targets } = self else { return Vec::new() };
        let mode_word = match mode {
            Mode::Upgrade => "-U",
            Mode::Install => "-i",
            Mode::Erase => "-e",
            Mode::Reinstall => "--reinstall",
            Mode::Restore => "--restore",
        };
        let mut words = vec![mode_word.to_owned()];
        if *mode != Mode::Restore && !options.iter().any(|option| option == CHECKED) {
            words.push("--nodeps".to_owned());
        }
        words.extend(options.iter().filter(|option| *option != CHECKED).cloned());
        for target in targets {
            match mode {
                Mode::Erase | Mode::Restore => words.push(target.clone()),
                _ => words.push(format!("{packages}/{target}.rpm")),
            }
        }
        words
    }
}

/// Packages and what is done with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// All packages that steps may name.
    pub packages: Vec<Package>,
    /// The steps in their order.
    pub steps: Vec<Step>,
}

impl Sequence {
    /// Makes a sequence.
    pub fn new(packages: impl IntoIterator<Item = Package>, steps: impl IntoIterator<Item = Step>) -> Self {
        Sequence { packages: packages.into_iter().collect(), steps: steps.into_iter().collect() }
    }

    /// Makes a sequence of steps as they are printed: a call of rpm (`-U a-1-1.noarch`), or after `# ` a script of the
    /// admin. A no-break space is a blank within a word.
    pub fn of_lines(packages: impl IntoIterator<Item = Package>, lines: &[&str]) -> Self {
        let step = |line: &&str| line.strip_prefix("# ").map_or_else(|| Step::rpm(line), Step::admin);
        Sequence::new(packages, lines.iter().map(step))
    }
}

/// Writes only what is not as usual, one line for each file, script, trigger and step.
impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for package in &self.packages {
            write_package(f, package)?;
        }
        for step in &self.steps {
            match step {
                Step::Rpm { .. } => writeln!(f, "$ rpm {}", step.words("").join(" "))?,
                Step::Admin(script) => writeln!(f, "# {script}")?,
            }
        }
        Ok(())
    }
}

fn write_package(f: &mut fmt::Formatter<'_>, package: &Package) -> fmt::Result {
    write!(f, "package {} {}", package.nevra(), package.evr())?;
    if package.format >= 6 {
        write!(f, " v6")?;
    }
    if !package.prefixes.is_empty() {
        write!(f, " prefixes {:?}", package.prefixes)?;
    }
    if let Some(defect) = package.defect {
        write!(f, " {defect:?}")?;
    }
    writeln!(f)?;
    for file in &package.files {
        let File { path, kind, mode, user, group, flags, mtime, color, langs, caps, link_set } = file;
        write!(f, "  {path:?} {kind:.80?} {mode:o}")?;
        if (*user, *group) != ("root", "root") {
            write!(f, " {user}:{group}")?;
        }
        for (name, value) in [("flags", *flags), ("color", *color), ("links", *link_set)] {
            if value != 0 {
                write!(f, " {name}={value}")?;
            }
        }
        for (name, value) in [("langs", langs), ("caps", caps)] {
            if !value.is_empty() {
                write!(f, " {name}={value}")?;
            }
        }
        writeln!(f, " @{mtime}")?;
    }
    for script in &package.scripts {
        writeln!(f, "  {script:?}")?;
    }
    for trigger in &package.triggers {
        writeln!(f, "  {trigger:?}")?;
    }
    for (name, list) in [
        ("requires", &package.requires),
        ("provides", &package.provides),
        ("conflicts", &package.conflicts),
        ("obsoletes", &package.obsoletes),
        ("recommends", &package.recommends),
        ("order", &package.order),
    ] {
        if !list.is_empty() {
            writeln!(f, "  {name} {list:?}")?;
        }
    }
    Ok(())
}
