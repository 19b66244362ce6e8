//! Commands and options by their paths: `repo.list`, `repo.list.all`.

use clap::{Arg, Command};

use super::super::scan::has_long;

/// Returns the commands of a path, or the first command that lacks the next one, with the name of that.
pub(in crate::grammar) fn command_at<'c>(
    root: &'c Command,
    path: &[String],
) -> Result<Vec<&'c Command>, (&'c str, String)> {
    let mut found: Vec<&Command> = Vec::new();
    for name in path {
        let command = found.last().copied().unwrap_or(root);
        let next = command.get_subcommands().find(|next| next.get_name() == name);
        found.push(next.ok_or_else(|| (command.get_name(), name.clone()))?);
    }
    Ok(found)
}

/// Returns an option and the commands that it belongs to; none for the options of the program.
pub(in crate::grammar) fn option_at<'c>(root: &'c Command, path: &[String]) -> Option<(Vec<&'c Command>, &'c Arg)> {
    let (id, commands) = path.split_last()?;
    let commands = command_at(root, commands).ok()?;
    let command = commands.last().copied().unwrap_or(root);
    let mut options = command.get_arguments().filter(|arg| !arg.is_positional());
    let by_short = |arg: &Arg| {
        let mut letters = id.chars();
        let letter = letters.next().filter(|_| letters.next().is_none());
        letter.is_some_and(|letter| arg.get_all_short_aliases().is_some_and(|known| known.contains(&letter)))
    };
    let option = options.find(|arg| has_long(arg, id) || by_short(arg))?;
    Some((commands, option))
}
