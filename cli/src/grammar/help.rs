//! Help pages in dnf5's layout, made from the definitions.

use clap::{Arg, Command};

use super::aliases::{Aliases, OptionAlias, OptionKind, option_at};
use super::{COMMAND_ALIASES, COMMAND_SECTIONS, Scanned, positional_name};
use crate::output::Output;

/// Left column of a page without long options.
const MINIMUM_COLUMN: usize = 32;

type Rows = Vec<(String, String)>;

/// Prints the help page of the scanned command; without one it is the main page.
pub fn print_help(output: &Output, root: &Command, scanned: &Scanned, aliases: &Aliases) {
    let path = &scanned.path;
    let mut command = root;
    let mut usage = format!("  {} [GLOBAL OPTIONS]", root.get_name());
    for name in path {
        if !command.get_name().is_empty() && command.get_name() != root.get_name() && has_options(command) {
            usage.push_str(" [OPTIONS]");
        }
        let Some(next) = command.find_subcommand(name) else { break };
        usage.push_str(&format!(" {}", next.get_name()));
        command = next;
    }
    let is_root = path.is_empty();
    if scanned.shown != *path && !is_root {
        // An alias stands for the whole way to its command.
        usage = format!("  {} [GLOBAL OPTIONS] {}", root.get_name(), scanned.shown.join(" "));
    }
    if !is_root && has_options(command) {
        usage.push_str(" [OPTIONS]");
    }
    if command.has_subcommands() {
        usage.push_str(" <COMMAND> ...");
    } else {
        usage.push_str(if command.get_positionals().next().is_some() { " [ARGUMENTS] " } else { " " });
    }
    output.line("Usage:");
    output.line(usage);
    if let Some(about) = command.get_long_about().filter(|_| is_root) {
        output.line("");
        output.line("Description:");
        for line in about.to_string().lines() {
            output.line(format!("  {line}"));
        }
    }
    let mut sections = if is_root { main_sections(command) } else { command_sections(command) };
    add_aliases(&mut sections, root, path, aliases);
    print_sections(output, &sections);
}

/// Adds what alias files define for a page.
fn add_aliases(sections: &mut Vec<(String, Rows)>, root: &Command, path: &[String], aliases: &Aliases) {
    let is_root = path.is_empty();
    let here = |scope: &[String]| scope == path;
    let header_of = |group: &Option<String>| {
        let groups = aliases.groups.iter().filter(|other| here(&other.scope));
        match group.as_deref() {
            Some("commands-compatibility-aliases") => Some("Compatibility Aliases:".to_owned()),
            Some("options-compatibility-aliases") => Some("Options Compatibility aliases:".to_owned()),
            Some(id) => groups.into_iter().find(|other| other.id == id).map(|other| other.header.clone()),
            None => None,
        }
    };
    let mut commands_at = sections.iter().position(|(title, _)| title == "Commands:");
    for alias in aliases.commands.iter().filter(|alias| here(&alias.scope)) {
        let row = (alias.name.clone(), alias.description.clone());
        let title = header_of(&alias.group).unwrap_or_else(|| "Commands:".to_owned());
        add_row(sections, title, row, &mut commands_at);
    }
    let usual = if is_root { "Unclassified options:" } else { "Options:" };
    let mut options_at = sections.iter().position(|(title, _)| title == "Options:");
    for alias in aliases.options.iter().filter(|alias| here(&alias.scope)) {
        let title = header_of(&alias.group).unwrap_or_else(|| usual.to_owned());
        add_row(sections, title, option_row(root, alias), &mut options_at);
    }
}

/// Adds a row to a section; a section that is new comes before the one at `before`, or at the end.
fn add_row(sections: &mut Vec<(String, Rows)>, title: String, row: (String, String), before: &mut Option<usize>) {
    if let Some((_, rows)) = sections.iter_mut().find(|(known, _)| *known == title) {
        rows.push(row);
        return;
    }
    sections.insert(before.unwrap_or(sections.len()), (title, vec![row]));
    *before = before.map(|at| at + 1);
}

fn option_row(root: &Command, alias: &OptionAlias) -> (String, String) {
    let (value, text) = match &alias.kind {
        OptionKind::Clone(source) => {
            let source = option_at(root, source).map(|(_, arg)| arg);
            let value = source.filter(|arg| arg.get_action().takes_values()).map(positional_name);
            let name = source.and_then(Arg::get_long).unwrap_or_default();
            (value, format!("Alias for '--{name}'"))
        }
        OptionKind::Macro(expands) => (expands.value_name.clone(), expands.description.clone()),
    };
    let short = alias.short.map(|short| match &value {
        Some(value) => format!("-{short} {value}"),
        None => format!("-{short}"),
    });
    let long = alias.long.as_ref().map(|long| match &value {
        Some(value) => format!("--{long}={value}"),
        None => format!("--{long}"),
    });
    (short.into_iter().chain(long).collect::<Vec<_>>().join(", "), text)
}

fn main_sections(root: &Command) -> Vec<(String, Rows)> {
    let mut sections: Vec<(String, Rows)> = COMMAND_SECTIONS
        .iter()
        .map(|(title, names)| {
            let commands = names.iter().filter_map(|name| root.find_subcommand(name));
            ((*title).to_owned(), commands.map(|sub| (sub.get_name().to_owned(), about(sub))).collect())
        })
        .collect();
    let aliases = COMMAND_ALIASES.iter().map(|(name, target)| ((*name).to_owned(), format!("Alias for '{target}'")));
    // dnf5 shows the aliases before the commands that plugins bring.
    sections.insert(sections.len().saturating_sub(1), ("Compatibility Aliases:".to_owned(), aliases.collect()));
    let (options, aliases) = options(root);
    sections.push(("Global options:".to_owned(), options));
    sections.push(("Options Compatibility aliases:".to_owned(), aliases));
    sections
}

fn command_sections(command: &Command) -> Vec<(String, Rows)> {
    let mut sections: Vec<(String, Rows)> = Vec::new();
    for sub in command.get_subcommands() {
        let title = sub.get_before_help().map_or_else(|| "Commands:".to_owned(), ToString::to_string);
        let row = (sub.get_name().to_owned(), about(sub));
        match sections.iter_mut().find(|(known, _)| *known == title) {
            Some((_, rows)) => rows.push(row),
            None => sections.push((title, vec![row])),
        }
    }
    let mut headings: Vec<&str> = Vec::new();
    for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
        let heading = arg.get_help_heading().unwrap_or("Options");
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for heading in headings {
        let (mut rows, aliases) = options_under(command, heading);
        rows.extend(aliases);
        sections.push((format!("{heading}:"), rows));
    }
    let arguments: Rows = command.get_positionals().map(|arg| (positional_name(arg), help(arg))).collect();
    if !arguments.is_empty() {
        sections.push(("Arguments:".to_owned(), arguments));
    }
    sections
}

fn options(command: &Command) -> (Rows, Rows) {
    options_under(command, "Options")
}

/// Returns the options below a heading and, separately, their aliases.
fn options_under(command: &Command, heading: &str) -> (Rows, Rows) {
    let (mut rows, mut aliases) = (Rows::new(), Rows::new());
    for arg in command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
        if arg.get_help_heading().unwrap_or("Options") != heading {
            continue;
        }
        let value = match arg.get_value_names() {
            Some([name, ..]) if arg.get_action().takes_values() => Some(name.to_string()),
            _ => None,
        };
        let long = arg.get_long().unwrap_or_default();
        let with_value = |name: &str| match &value {
            Some(value) => format!("{name}={value}"),
            None => name.to_owned(),
        };
        let names = match (arg.get_short(), &value) {
            (Some(short), Some(value)) => format!("-{short} {value}, --{long}={value}"),
            (Some(short), None) => format!("-{short}, --{long}"),
            (None, _) => with_value(&format!("--{long}")),
        };
        rows.push((names, help(arg)));
        let letters = arg.get_visible_short_aliases().unwrap_or_default();
        for (index, alias) in arg.get_visible_aliases().unwrap_or_default().into_iter().enumerate() {
            let letter = letters.get(index).map(|letter| format!("-{letter}, ")).unwrap_or_default();
            aliases.push((letter + &with_value(&format!("--{alias}")), format!("Alias for '--{long}'")));
        }
    }
    (rows, aliases)
}

fn has_options(command: &Command) -> bool {
    command.get_arguments().any(|arg| !arg.is_positional() && !arg.is_hide_set())
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn help(arg: &Arg) -> String {
    arg.get_help().map(ToString::to_string).unwrap_or_default()
}

fn print_sections(output: &Output, sections: &[(String, Rows)]) {
    let longest = sections.iter().flat_map(|(_, rows)| rows).map(|(name, _)| name.len() + 4).max().unwrap_or(0);
    let column = longest.max(MINIMUM_COLUMN);
    for (title, rows) in sections.iter().filter(|(_, rows)| !rows.is_empty()) {
        output.line(" ".repeat(column));
        output.line(format!("{title:<column$}"));
        for (name, text) in rows {
            let name = format!("  {name}");
            output.line(format!("{name:<column$}{text}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::Written;

    fn page(path: &[&str]) -> String {
        let (output, written) = Written::terminal();
        let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        let scanned = Scanned { shown: path.clone(), path, arguments: Vec::new(), typed: String::new(), help: true };
        print_help(&output, &super::super::command("dnf5"), &scanned, &Aliases::default());
        // Trailing blanks, which dnf5 has too, would be lost in a snapshot.
        written.text().lines().map(|line| format!("{line}|\n")).collect()
    }

    #[test]
    fn command_with_options_and_aliases() {
        insta::assert_snapshot!(page(&["remove"]), @r"
        Usage:|
          dnf5 [GLOBAL OPTIONS] remove [OPTIONS] [ARGUMENTS] |
                                             |
        Options:                             |
          --installed-from-repo=REPO_ID,...  Limit installed packages to those that came from these repositories|
          --no-autoremove                    Keep dependencies that nothing needs any more|
          --oldinstallonly                   Remove old versions of packages of which several may be installed|
          --duplicates                       Remove old versions of packages that are installed twice, and reinstall the newest|
          --limit=LIMIT                      With --oldinstallonly: keep so many versions|
          --offline                          Store the transaction to be performed at the next boot|
          --store=STORED_TRANSACTION_PATH    Store the transaction with its packages in this directory, for `replay`|
          --transient                        Change /usr in an overlay that is gone after the next boot|
          --noautoremove                     Alias for '--no-autoremove'|
                                             |
        Arguments:                           |
          specs                              Installed packages to remove: names, versions or files of them|
        ");
    }

    #[test]
    fn command_with_subcommands() {
        insta::assert_snapshot!(page(&["mark"]), @r"
        Usage:|
          dnf5 [GLOBAL OPTIONS] mark [OPTIONS] <COMMAND> ...|
                                           |
        Commands:                          |
          user                             Mark packages as installed by the user|
          dependency                       Mark packages as dependencies|
          weak                             Mark packages as weak dependencies|
          group                            Mark packages as installed for a group|
                                           |
        Options:                           |
          --skip-unavailable               Leave out packages that are not available|
          --offline                        Store the transaction to be performed at the next boot|
          --store=STORED_TRANSACTION_PATH  Store the transaction with its packages in this directory, for `replay`|
          --transient                      Change /usr in an overlay that is gone after the next boot|
        ");
    }

    #[test]
    fn main_page_lists_everything() {
        let page = page(&[]);
        let root = super::super::command("dnf5");
        for command in root.get_subcommands() {
            assert!(page.contains(&format!("\n  {} ", command.get_name())), "{} is missing", command.get_name());
        }
        for (alias, _) in COMMAND_ALIASES {
            assert!(page.contains(&format!("\n  {alias} ")), "{alias} is missing");
        }
    }
}
