//! Which options must not stand together; in dnf5 the order often matters.

use clap::{Arg, Command};

/// An option that was read, and whether it was called by one of its other names.
///
/// Another name is an option of its own in dnf5, a clone of the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) arg: &'a Arg,
    pub(super) by_other_name: bool,
}

impl Given<'_> {
    /// Returns the name by which messages call it: the letter, if it has one.
    pub(super) fn first_name(&self) -> String {
        let other_letter = || self.arg.get_all_short_aliases().and_then(|letters| letters.first().copied());
        let letter = if self.by_other_name { other_letter() } else { self.arg.get_short() };
        if let Some(letter) = letter {
            return format!("-{letter}");
        }
        let other = self.arg.get_all_aliases().and_then(|names| names.first().copied());
        match (other.filter(|_| self.by_other_name), self.arg.get_long()) {
            (Some(name), _) | (None, Some(name)) => format!("--{name}"),
            (None, None) => self.arg.get_id().to_string(),
        }
    }
}

/// Options of `repoquery` that are about installed packages.
const OF_INSTALLED: &[&str] =
    &["leaves", "userinstalled", "duplicates", "unneeded", "installonly", "extras", "installed-from-repo", "upgrades"];

/// What `--installed-from-repo` of `list` and `info` does not go with.
const SCOPE: &[&str] = &["installed", "available", "extras", "obsoletes", "recent", "upgrades", "autoremove"];

/// A command, an option, and others that it does not go with.
type Row = (&'static str, &'static str, &'static [&'static str]);

// witness: compat-tests/tests/arguments.rs::options_that_exclude_each_other
const NEVER_TOGETHER: &[Row] = &[
    ("automatic", "downloadupdates", &["no-downloadupdates"]),
    ("automatic", "installupdates", &["no-installupdates", "no-downloadupdates"]),
    ("addrepo", "from-repofile", &["id", "set", "add-or-replace"]),
    ("dnf5", "cacheonly", &["refresh"]),
    ("info", "installed-from-repo", SCOPE),
    ("list", "installed-from-repo", SCOPE),
    ("remove", "duplicates", &["oldinstallonly", "limit"]),
    ("repoquery", "exactdeps", &["recursive"]),
];

/// The option must not follow the others; the other order is allowed.
const MUST_NOT_FOLLOW: &[Row] = &[
    ("repoquery", "available", OF_INSTALLED),
    ("repoquery", "installed", OF_INSTALLED),
    ("repoquery", "leaves", &["available"]),
    ("repoquery", "upgrades", OF_INSTALLED),
    ("repoquery", "userinstalled", &["installed"]),
];

/// Tells whether the later of two options must not follow the earlier one.
///
/// `global` says that the later one belongs to the program, not to `command`.
pub(super) fn excluded(command: &Command, global: bool, earlier: Given<'_>, later: Given<'_>) -> bool {
    let in_one_group = command.get_groups().any(|group| {
        let holds = |arg: &Arg| group.get_args().any(|id| id == arg.get_id());
        // clap asks for `&mut` here.
        holds(earlier.arg) && holds(later.arg) && !group.clone().is_multiple()
    });
    if earlier.arg.get_id() == later.arg.get_id() {
        return in_one_group && earlier.by_other_name && !later.by_other_name;
    }
    let name = if global { "dnf5" } else { command.get_name() };
    let (Some(earlier), Some(later)) = (earlier.arg.get_long(), later.arg.get_long()) else { return in_one_group };
    let in_table = |table: &[Row], option: &str, other: &str| {
        table.iter().any(|(of, own, others)| *of == name && *own == option && others.contains(&other))
    };
    in_one_group
        || in_table(MUST_NOT_FOLLOW, later, earlier)
        || in_table(NEVER_TOGETHER, later, earlier)
        || in_table(NEVER_TOGETHER, earlier, later)
}
