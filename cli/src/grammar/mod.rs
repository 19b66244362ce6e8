//! The command line: definitions, dnf5's rules for reading it, and its help pages.

mod aliases;
mod exclusion;
pub mod globals;
mod help;
mod owners;
mod repeated;
mod scan;
mod tree;

use std::fmt;

use clap::{Arg, Command};

pub use aliases::Aliases;
pub use globals::{GlobalArgs, split_list, split_words};
pub use help::print_help;
pub use scan::{Scanned, scan};
pub use tree::{Action, parse};

/// Other names of commands: name, what it stands for: a path, then options.
pub const COMMAND_ALIASES: &[(&str, &str)] = &[
    ("build-dep", "builddep"),
    ("check-update", "check-upgrade"),
    ("dg", "downgrade"),
    ("dsync", "distro-sync"),
    ("grp", "group"),
    ("if", "info"),
    ("in", "install"),
    ("ls", "list"),
    ("mc", "makecache"),
    ("rei", "reinstall"),
    ("repoinfo", "repo info"),
    ("repolist", "repo list"),
    ("rm", "remove"),
    ("rq", "repoquery"),
    ("se", "search"),
    ("up", "upgrade"),
    ("update", "upgrade"),
    ("updateinfo", "advisory"),
    ("upgrade-minimal", "upgrade --minimal"),
];

/// Sections of the main help page and the commands in them, in order.
pub const COMMAND_SECTIONS: &[(&str, &[&str])] = &[
    (
        "Software Management Commands:",
        &[
            "install",
            "upgrade",
            "remove",
            "distro-sync",
            "downgrade",
            "reinstall",
            "debuginfo-install",
            "swap",
            "mark",
            "autoremove",
            "do",
            "provides",
            "replay",
            "apply",
            "check-upgrade",
            "check",
        ],
    ),
    ("Query Commands:", &["leaves", "repoquery", "search", "list", "info", "why", "why-not"]),
    (
        "Subcommands:",
        &[
            "status",
            "group",
            "environment",
            "module",
            "history",
            "offline",
            "offline-distrosync",
            "offline-upgrade",
            "repo",
            "advisory",
            "system-upgrade",
            "transaction",
            "versionlock",
            "config-manager",
            "copr",
        ],
    ),
    (
        "Commands:",
        &[
            "automatic",
            "clean",
            "download",
            "lock",
            "makecache",
            "builddep",
            "changelog",
            "repoclosure",
            "repomanage",
            "reposync",
            "migrate",
            "needs-restarting",
        ],
    ),
];

/// Returns the whole grammar under the name that is shown in usage lines.
pub fn command(program: &str) -> Command {
    tree::command(program)
}

/// Returns the grammar with other names of commands as clap knows them, for completions.
pub fn command_with_aliases(program: &str) -> Command {
    COMMAND_ALIASES.iter().fold(command(program), |root, (alias, target)| {
        if root.find_subcommand(target).is_some() {
            root.mut_subcommand(*target, |command| command.visible_alias(*alias))
        } else {
            root
        }
    })
}

/// A mistake in the arguments; the program ends with status 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageError {
    /// No such command or option here.
    Unknown {
        /// As typed.
        argument: String,
        /// The command that was read last.
        command: String,
        /// Commands that have such an option.
        owners: Vec<String>,
        /// The word that a plugin might provide as a command.
        plugin: Option<String>,
    },
    /// An option stands without its value.
    MissingValue {
        /// As typed.
        argument: String,
    },
    /// A switch was given a value.
    UnexpectedValue {
        /// As typed.
        argument: String,
    },
    /// Two options exclude each other.
    NotTogether {
        /// The later one, as typed.
        argument: String,
        /// The earlier one.
        other: String,
    },
    /// No command was named.
    MissingCommand,
    /// A command needs an argument.
    MissingPositional {
        /// Name of the argument.
        argument: String,
        /// Name of the command.
        command: String,
    },
    /// Another mistake, in dnf5's words.
    Other(String),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UsageError::Unknown { argument, command, .. } => {
                write!(f, "Unknown argument \"{argument}\" for command \"{command}\".")?;
            }
            UsageError::MissingValue { argument } => write!(f, "Missing value for named argument \"{argument}\".")?,
            UsageError::UnexpectedValue { argument } => {
                write!(f, "Unexpected value for named argument \"{argument}\".")?;
            }
            UsageError::NotTogether { argument, other } => {
                write!(f, "\"{argument}\" not allowed together with named argument \"{other}\".")?;
            }
            UsageError::MissingCommand => f.write_str("Missing command.")?,
            UsageError::MissingPositional { argument, command } => {
                write!(f, "Missing positional argument \"{argument}\" for command \"{command}\".")?;
            }
            UsageError::Other(text) => write!(f, "{text}.")?,
        }
        f.write_str(" Add \"--help\" for more information about the arguments.")?;
        if let UsageError::Unknown { owners, plugin, .. } = self {
            if !owners.is_empty() {
                let owners = owners.join(", ");
                write!(
                    f,
                    "\nThe argument is available for commands: {owners}. (It has to be placed after the command.)"
                )?;
            }
            if let Some(word) = plugin {
                write!(f, "\nIt could be a command provided by a plugin, try: dnf5 install 'dnf5-command({word})'")?;
            }
        }
        Ok(())
    }
}

/// Returns the name of a positional argument as help pages and messages show it.
fn positional_name(arg: &Arg) -> String {
    match arg.get_value_names() {
        Some([name, ..]) => name.to_string(),
        _ => arg.get_id().to_string(),
    }
}
