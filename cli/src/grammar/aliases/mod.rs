//! Alias files: other names of commands and options, which distributions, administrators and users write
//! (reference of dnf5, section 1.3).
//!
//! Aliases that dnf5 brings in files are part of the grammar here, so that they are there without files; a file that
//! says the same again changes nothing.

mod file;
mod lookup;
mod names;

use std::path::{Path, PathBuf};

use clap::Command;

pub(super) use lookup::{command_at, option_at};

use crate::environment::Environment;

/// Where distributions put their files. dnf5's own are there, so what they say again is no mistake.
const DISTRIBUTION: &str = "/usr/share/dnf5/aliases.d";
/// Where administrators put theirs.
const ADMINISTRATOR: &str = "/etc/dnf/dnf5-aliases.d";

/// What alias files define.
#[derive(Debug, Clone, Default)]
pub struct Aliases {
    pub(super) commands: Vec<CommandAlias>,
    pub(super) options: Vec<OptionAlias>,
    pub(super) groups: Vec<Group>,
}

/// A section of a help page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// The command on whose page it is.
    pub(super) scope: Vec<String>,
    pub(super) id: String,
    pub(super) header: String,
}

/// Another name of a command, with options that come with it.
#[derive(Debug, Clone, Default)]
pub(super) struct CommandAlias {
    /// The command after which it may stand.
    pub(super) scope: Vec<String>,
    pub(super) name: String,
    /// The command that it stands for.
    pub(super) target: Vec<String>,
    pub(super) options: Vec<Attached>,
    /// How many words after it belong to it.
    pub(super) values: usize,
    pub(super) description: String,
    pub(super) group: Option<String>,
}

/// Another name of an option, or a name for several.
#[derive(Debug, Clone, Default)]
pub(super) struct OptionAlias {
    pub(super) scope: Vec<String>,
    pub(super) id: String,
    pub(super) long: Option<String>,
    pub(super) short: Option<char>,
    pub(super) kind: OptionKind,
    pub(super) group: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) enum OptionKind {
    /// Another name of the option at this path.
    Clone(Vec<String>),
    /// Stands for other options.
    Macro(Macro),
}

impl Default for OptionKind {
    fn default() -> Self {
        OptionKind::Macro(Macro::default())
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Macro {
    /// How help pages call its value, if it takes one.
    pub(super) value_name: Option<String>,
    /// The value if it takes none.
    pub(super) constant: Option<String>,
    pub(super) options: Vec<Attached>,
    pub(super) description: String,
}

/// An option that an alias stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attached {
    /// Path of the command, then the option.
    pub(super) path: Vec<String>,
    /// Its value, with placeholders; empty if the file gives none, as in dnf5.
    pub(super) value: String,
}

impl Aliases {
    /// Reads all alias files; returns also what is wrong with them, in dnf5's words.
    pub fn read(environment: &Environment, root: &Command) -> (Self, Vec<String>) {
        let mut aliases = Aliases::default();
        let mut mistakes = Vec::new();
        let locale = names::Locale::of(environment);
        for dir in directories(environment) {
            let own = dir == Path::new(DISTRIBUTION);
            for path in files_in(&dir) {
                let text = match std::fs::read(&path) {
                    Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Err(error) => {
                        mistakes.push(format!("Cannot read alias file \"{}\": {error}", path.display()));
                        continue;
                    }
                };
                let mut reader = file::Reader::new(&path, &text, root, &locale, own, &mut aliases);
                reader.read();
                mistakes.append(&mut reader.mistakes);
            }
        }
        (aliases, mistakes)
    }

    /// Returns the commands that have an option of this name, which is written with its dashes.
    pub(super) fn owners(&self, name: &str) -> impl Iterator<Item = String> {
        let is_named = move |alias: &&OptionAlias| match name.strip_prefix("--") {
            Some(long) => alias.long.as_deref() == Some(long),
            None => alias.short.is_some() && alias.short == name.chars().nth(1),
        };
        self.options.iter().filter(is_named).map(|alias| alias.scope.join(" ")).filter(|scope| !scope.is_empty())
    }

    /// Returns the command alias of this name after these commands.
    pub(super) fn command(&self, scope: &[&str], name: &str) -> Option<&CommandAlias> {
        self.commands.iter().find(|alias| alias.name == name && alias.scope == scope)
    }

    /// Returns the option alias that one of the commands of the path, or the program, has.
    pub(super) fn option(&self, path: &[&str], test: impl Fn(&OptionAlias) -> bool) -> Option<&OptionAlias> {
        let reaches = |alias: &&OptionAlias| {
            alias.scope.len() <= path.len() && alias.scope.iter().zip(path).all(|(one, other)| one == other)
        };
        self.options.iter().filter(reaches).find(|alias| test(alias))
    }
}

impl OptionAlias {
    /// Returns the name that messages use.
    pub(super) fn shown(&self) -> String {
        match (&self.long, self.short) {
            (Some(long), _) => format!("--{long}"),
            (None, Some(short)) => format!("-{short}"),
            (None, None) => self.id.clone(),
        }
    }
}

fn directories(environment: &Environment) -> Vec<PathBuf> {
    let variable = |name: &str| environment.get(name).filter(|text| !text.is_empty()).map(PathBuf::from);
    let user = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
    let user = user.map(|dir| dir.join("dnf5/aliases.d"));
    [PathBuf::from(DISTRIBUTION), PathBuf::from(ADMINISTRATOR)].into_iter().chain(user).collect()
}

/// Returns the `*.conf` files of a directory, sorted.
fn files_in(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "conf") && !path.is_dir());
    paths.sort();
    paths
}
