//! Reads an argument list by dnf5's rules and brings it into one order that clap can take apart.
//!
//! dnf5 lets global options stand anywhere and a command's own options only after the command, and it has its own words
//! for mistakes. Both differ from clap, so the arguments are looked at here against the definitions that clap holds;
//! what is handed on has the global options first and every option in its long form.

use clap::{Arg, Command};

use super::aliases::{Aliases, Attached, CommandAlias, Macro, OptionAlias, OptionKind, command_at, option_at};
use super::exclusion::{Given, excluded};
use super::repeated::said_before;
use super::{COMMAND_ALIASES, UsageError};

/// Arguments in canonical order and the commands they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Canonical arguments, without the program's name.
    pub arguments: Vec<String>,
    /// Path of the command that was chosen: `["repo", "list"]`; empty when none was named.
    pub path: Vec<String>,
    /// Name of the last command as it was typed, for messages.
    pub typed: String,
    /// The commands as they were typed, for help pages.
    pub shown: Vec<String>,
    /// `-h` or `--help` was among the arguments.
    pub help: bool,
}

/// A word that starts with a dash, taken apart.
struct Option_<'a> {
    /// As messages name it: `--best=1`, `-z`.
    shown: String,
    /// The definition and the kind of name that was used.
    given: Given<'a>,
    /// Whether it belongs to the program and not to a command.
    global: bool,
    /// The command in the path that owns it.
    owner: usize,
    value: Option<String>,
}

struct Scan<'a> {
    program: &'a str,
    root: &'a Command,
    aliases: &'a Aliases,
    /// Options that aliases stand for, with the commands that they belong to.
    attached: Vec<(Vec<&'a str>, String)>,
    shown: Vec<String>,
    path: Vec<&'a Command>,
    typed: String,
    globals: Vec<String>,
    /// Options of each command of the path.
    options: Vec<Vec<String>>,
    positionals: Vec<String>,
    seen: Vec<Given<'a>>,
    help: bool,
    only_positionals: bool,
    /// Whether anything stood behind the last positional argument.
    interrupted: bool,
}

/// Scans `arguments` (without the program's name) against the definitions in `root` and in alias files.
///
/// `program` is the name that messages use.
pub fn scan(root: &Command, program: &str, arguments: &[String], aliases: &Aliases) -> Result<Scanned, UsageError> {
    let mut scan = Scan {
        program,
        root,
        aliases,
        attached: Vec::new(),
        shown: Vec::new(),
        path: Vec::new(),
        typed: program.to_owned(),
        globals: Vec::new(),
        options: Vec::new(),
        positionals: Vec::new(),
        seen: Vec::new(),
        help: false,
        only_positionals: false,
        interrupted: false,
    };
    // Help wins over every mistake, wherever it stands.
    let wants_help = arguments.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h");
    let result = scan.walk(arguments).and_then(|()| if scan.help { Ok(()) } else { scan.check() });
    match result {
        Err(_) if wants_help => scan.help = true,
        other => other?,
    }
    Ok(scan.finish())
}

impl<'a> Scan<'a> {
    fn walk(&mut self, arguments: &[String]) -> Result<(), UsageError> {
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            if self.only_positionals || !word.starts_with('-') || word.len() == 1 {
                self.plain(word, &mut words)?;
                continue;
            }
            self.interrupted = true;
            if word == "--" {
                self.only_positionals = true;
            } else if word.starts_with("--") {
                match self.long(word) {
                    Ok(option) => self.take(option, &mut words)?,
                    Err(error) => self.long_alias(word, &mut words).unwrap_or(Err(error))?,
                }
            } else {
                self.short(word, &mut words)?;
            }
        }
        Ok(())
    }

    fn plain(&mut self, word: &str, words: &mut std::slice::Iter<'_, String>) -> Result<(), UsageError> {
        let command = self.path.last().copied().unwrap_or(self.root);
        if command.has_subcommands() && !self.only_positionals {
            self.shown.push(word.to_owned());
            if self.path.is_empty()
                && let Some((_, target)) = COMMAND_ALIASES.iter().find(|(alias, _)| *alias == word)
            {
                let mut command = self.root;
                for name in target.split(' ') {
                    if let Some(option) = name.strip_prefix("--") {
                        let last = self.options.len() - 1;
                        self.options[last].push(format!("--{option}"));
                    } else if let Some(next) = command.find_subcommand(name) {
                        command = next;
                        self.enter(next);
                    }
                }
                word.clone_into(&mut self.typed);
                return Ok(());
            }
            if let Some(next) = command.get_subcommands().find(|next| next.get_name() == word) {
                self.enter(next);
                word.clone_into(&mut self.typed);
                return Ok(());
            }
            let names = self.names();
            let aliases = self.aliases;
            if let Some(alias) = aliases.command(&names, word) {
                return self.command_alias(alias, words);
            }
            return Err(self.unknown(word, self.path.is_empty()));
        }
        let single = |arg: &Arg| !matches!(arg.get_action(), clap::ArgAction::Append);
        if command.get_positionals().all(single) && self.positionals.len() >= command.get_positionals().count() {
            return Err(self.unknown(word, false));
        }
        // A list ends with the first option behind it.
        let listed = self.positionals.len() >= command.get_positionals().count();
        if listed && self.interrupted && !goes_on_behind_options(command) {
            return Err(self.unknown(word, false));
        }
        self.interrupted = false;
        self.positionals.push(word.to_owned());
        Ok(())
    }

    /// Returns the names of the commands so far.
    fn names(&self) -> Vec<&'a str> {
        self.path.iter().map(|command| command.get_name()).collect()
    }

    fn command_alias(
        &mut self,
        alias: &'a CommandAlias,
        words: &mut std::slice::Iter<'_, String>,
    ) -> Result<(), UsageError> {
        let root = self.root;
        let target = command_at(root, &alias.target).unwrap_or_default();
        let earlier = std::mem::take(&mut self.options);
        self.path.clear();
        for command in target {
            self.enter(command);
        }
        // What was said to a command before stays with it.
        for (options, earlier) in self.options.iter_mut().zip(earlier) {
            *options = earlier;
        }
        alias.name.clone_into(&mut self.typed);
        let mut values = vec![alias.name.clone()];
        values.extend(words.by_ref().take(alias.values).cloned());
        if values.len() <= alias.values {
            return Err(UsageError::Other(format!("Missing value for command alias \"{}\"", alias.name)));
        }
        for attached in &alias.options {
            let mut value = attached.value.clone();
            for (index, text) in values.iter().enumerate() {
                value = value.replace(&format!("${{{index}}}"), text);
            }
            self.attach(attached, &value, &format!("--{}", alias.name))?;
        }
        Ok(())
    }

    fn option_alias(&self, test: impl Fn(&OptionAlias) -> bool) -> Option<&'a OptionAlias> {
        let aliases = self.aliases;
        aliases.option(&self.names(), test)
    }

    /// Takes a long option that an alias file defines, if there is one.
    fn long_alias(&mut self, word: &str, words: &mut std::slice::Iter<'_, String>) -> Option<Result<(), UsageError>> {
        let body = word.strip_prefix("--")?;
        let (name, value) = body.split_once('=').map_or((body, None), |(name, value)| (name, Some(value)));
        let alias = self.option_alias(|alias| alias.long.as_deref() == Some(name))?;
        Some(self.take_alias(alias, word.to_owned(), value, words).map(drop))
    }

    /// Takes an option that an alias file defines; tells whether it used up the value that stood with it.
    fn take_alias(
        &mut self,
        alias: &'a OptionAlias,
        shown: String,
        value: Option<&str>,
        words: &mut std::slice::Iter<'_, String>,
    ) -> Result<bool, UsageError> {
        let root = self.root;
        let short = !shown.starts_with("--");
        let with_value = match &alias.kind {
            OptionKind::Clone(source) => option_at(root, source).is_some_and(|(_, arg)| takes_value(arg)),
            OptionKind::Macro(expands) => expands.value_name.is_some(),
        };
        let value = match (value, with_value) {
            (Some(_), false) if !short => return Err(UsageError::UnexpectedValue { argument: shown }),
            (_, false) => None,
            (Some(value), true) => Some(value.to_owned()),
            (None, true) => {
                Some(words.next().ok_or_else(|| UsageError::MissingValue { argument: shown.clone() })?.clone())
            }
        };
        match &alias.kind {
            OptionKind::Clone(source) => {
                let attached = Attached { path: source.clone(), value: String::new() };
                self.attach(&attached, value.as_deref().unwrap_or_default(), &shown)?;
            }
            OptionKind::Macro(Macro { constant, options, .. }) => {
                let value = value.as_deref().or(constant.as_deref()).unwrap_or_default();
                for attached in options {
                    self.attach(attached, &attached.value.replace("${}", value), &alias.shown())?;
                }
            }
        }
        Ok(with_value)
    }

    /// Takes an option that an alias stands for; whether its command is the one that runs shows at the end.
    fn attach(&mut self, attached: &Attached, value: &str, shown: &str) -> Result<(), UsageError> {
        let root = self.root;
        let Some((commands, arg)) = option_at(root, &attached.path) else { return Ok(()) };
        let command = commands.last().copied().unwrap_or(root);
        let given = Given { arg, by_other_name: true };
        if let Some(other) = self.seen.iter().find(|other| excluded(command, commands.is_empty(), **other, given)) {
            return Err(UsageError::NotTogether { argument: shown.to_owned(), other: other.first_name() });
        }
        self.seen.push(Given { arg, by_other_name: false });
        let long = arg.get_long().unwrap_or_default();
        self.help |= long == "help" && commands.is_empty();
        let text = if takes_value(arg) { format!("--{long}={value}") } else { format!("--{long}") };
        let names = commands.iter().map(|command| command.get_name()).collect();
        if takes_value(arg) || !self.attached.iter().any(|(_, known)| *known == text) {
            self.attached.push((names, text));
        }
        Ok(())
    }

    fn enter(&mut self, command: &'a Command) {
        self.path.push(command);
        self.options.push(Vec::new());
    }

    /// Finds an option in the commands of the path, the innermost first, then among the global ones.
    fn find(&self, test: impl Fn(&Arg) -> bool) -> Option<(&'a Arg, bool, usize)> {
        for (owner, command) in self.path.iter().copied().enumerate().rev() {
            if let Some(arg) = command.get_opts_and_flags().find(|arg| test(arg)) {
                return Some((arg, false, owner));
            }
        }
        self.root.get_opts_and_flags().find(|arg| test(arg)).map(|arg| (arg, true, 0))
    }

    fn long(&self, word: &str) -> Result<Option_<'a>, UsageError> {
        let body = &word[2..];
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (body, None),
        };
        match self.find(|arg| has_long(arg, name)) {
            Some((arg, global, owner)) => {
                let given = Given { arg, by_other_name: arg.get_long() != Some(name) };
                Ok(Option_ { shown: word.to_owned(), given, global, owner, value })
            }
            None => Err(self.unknown(word, false)),
        }
    }

    fn short(&mut self, word: &str, words: &mut std::slice::Iter<'_, String>) -> Result<(), UsageError> {
        let letters = word[1..].char_indices();
        for (at, letter) in letters {
            let shown = format!("-{letter}");
            let Some((arg, global, owner)) = self.find(|arg| has_short(arg, letter)) else {
                let rest = &word[1 + at + letter.len_utf8()..];
                match self.option_alias(|alias| alias.short == Some(letter)) {
                    Some(alias) => {
                        let taken = self.take_alias(alias, shown, Some(rest).filter(|rest| !rest.is_empty()), words)?;
                        if taken {
                            return Ok(());
                        }
                        continue;
                    }
                    None => return Err(self.unknown(&shown, false)),
                }
            };
            let given = Given { arg, by_other_name: arg.get_short() != Some(letter) };
            let mut option = Option_ { shown, given, global, owner, value: None };
            if !takes_value(arg) {
                self.take(option, words)?;
                continue;
            }
            // The rest of the word is the value, also if it begins with an equals sign.
            let rest = &word[1 + at + letter.len_utf8()..];
            if !rest.is_empty() {
                option.value = Some(rest.to_owned());
            }
            return self.take(option, words);
        }
        Ok(())
    }

    fn take(&mut self, option: Option_<'a>, words: &mut std::slice::Iter<'_, String>) -> Result<(), UsageError> {
        let Option_ { shown, given, global, owner, mut value } = option;
        let arg = given.arg;
        let with_value = takes_value(arg);
        if value.is_some() && !with_value {
            return Err(UsageError::UnexpectedValue { argument: shown });
        }
        if with_value && value.is_none() {
            let next = words.next().ok_or_else(|| UsageError::MissingValue { argument: shown.clone() })?;
            value = Some(next.clone());
        }
        let long = arg.get_long().unwrap_or_default();
        let command = if global { self.root } else { self.path[owner] };
        if let Some(other) = self.seen.iter().find(|other| excluded(command, global, **other, given)) {
            return Err(UsageError::NotTogether { argument: shown, other: other.first_name() });
        }
        self.seen.push(given);
        self.help |= long == "help" && global;
        if !global
            && let Some(value) = &value
            && said_before(command, long, value, &mut self.options[owner])?
        {
            return Ok(());
        }
        let text = match value {
            Some(value) => format!("--{long}={value}"),
            None => format!("--{long}"),
        };
        // What is said between items is about the items behind it.
        let between_items = match command.get_name() {
            "do" => matches!(long, "action" | "type"),
            "builddep" => matches!(long, "spec" | "srpm"),
            _ => false,
        };
        if between_items {
            self.positionals.push(text);
            return Ok(());
        }
        // A repeated switch is no mistake in dnf5; clap would complain.
        let list = if global { &mut self.globals } else { &mut self.options[owner] };
        if with_value || !list.contains(&text) {
            list.push(text);
        }
        Ok(())
    }

    fn unknown(&self, argument: &str, maybe_command: bool) -> UsageError {
        let name = argument.split_once('=').map_or(argument, |(name, _)| name);
        let mut owners = Vec::new();
        if name.len() > 1 && name.starts_with('-') {
            let is_named = |arg: &Arg| match name.strip_prefix("--") {
                Some(long) => has_long(arg, long),
                None => name[1..].chars().next().is_some_and(|letter| has_short(arg, letter)),
            };
            owners = super::owners::owners(self.root, &is_named, self.aliases.owners(name));
        }
        UsageError::Unknown {
            argument: argument.to_owned(),
            command: self.typed.clone(),
            owners,
            plugin: maybe_command.then(|| argument.to_owned()),
        }
    }

    fn check(&self) -> Result<(), UsageError> {
        let Some(command) = self.path.last() else {
            let alone = ["version", "dump-main-config", "dump-repo-config", "dump-variables"];
            let enough = self.seen.iter().any(|given| given.arg.get_long().is_some_and(|long| alone.contains(&long)));
            return if enough { Ok(()) } else { Err(UsageError::MissingCommand) };
        };
        if command.has_subcommands() {
            return Err(UsageError::MissingCommand);
        }
        let needed = command.get_positionals().filter(|arg| arg.is_required_set());
        for (index, arg) in needed.enumerate() {
            if self.positionals.len() <= index {
                let argument = super::positional_name(arg);
                return Err(UsageError::MissingPositional { argument, command: self.typed.clone() });
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Scanned {
        let names = self.names();
        for (commands, text) in std::mem::take(&mut self.attached) {
            let list = match commands.len() {
                0 => &mut self.globals,
                length if names.get(..length) == Some(&commands[..]) => &mut self.options[length - 1],
                _ => continue,
            };
            if !list.contains(&text) {
                list.push(text);
            }
        }
        let mut arguments = self.globals;
        for (command, options) in self.path.iter().zip(self.options) {
            arguments.push(command.get_name().to_owned());
            arguments.extend(options);
        }
        if !self.positionals.is_empty() {
            arguments.push("--".to_owned());
            arguments.extend(self.positionals);
        }
        let path = self.path.iter().map(|command| command.get_name().to_owned()).collect();
        let typed = if self.path.is_empty() { self.program.to_owned() } else { self.typed };
        Scanned { arguments, path, typed, shown: self.shown, help: self.help }
    }
}

/// Returns whether the list of arguments of `command` may have options within.
///
/// witness: dnf5 5.4.6: `do --action=install a --type=package b`, `builddep a --assumeno b`, `config-manager setopt`.
fn goes_on_behind_options(command: &Command) -> bool {
    matches!(command.get_name(), "do" | "builddep" | "setopt")
}

pub(super) fn has_long(arg: &Arg, name: &str) -> bool {
    arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
}

fn has_short(arg: &Arg, letter: char) -> bool {
    arg.get_short() == Some(letter) || arg.get_all_short_aliases().is_some_and(|letters| letters.contains(&letter))
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

trait OptsAndFlags {
    /// Options with and without value, without positional arguments.
    fn get_opts_and_flags(&self) -> impl Iterator<Item = &Arg>;
}

impl OptsAndFlags for Command {
    fn get_opts_and_flags(&self) -> impl Iterator<Item = &Arg> {
        self.get_arguments().filter(|arg| !arg.is_positional())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn scanned(line: &str) -> Result<Scanned, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        scan(&super::super::command("dnf5"), "dnf5", &words, &Aliases::default()).map_err(|error| error.to_string())
    }

    #[rstest]
    #[case("-yq install a -x b", "--assumeyes --quiet --exclude=b install -- a")]
    #[case("install --repo r1 a b --skip-broken", "--repo=r1 install --skip-broken -- a b")]
    #[case("swap a --assumeyes b", "--assumeyes swap -- a b")]
    #[case("rm a", "remove -- a")]
    #[case("repolist --all", "repo list --all")]
    #[case("upgrade-minimal", "upgrade --minimal")]
    #[case("mark user --skip-unavailable a", "mark --skip-unavailable user -- a")]
    #[case("list -- --installed", "list -- --installed")]
    #[case("rq --qf=%{name} --enablerepo a", "--enable-repo=a repoquery --queryformat=%{name}")]
    #[case("-y -y makecache", "--assumeyes makecache")]
    fn brings_into_order(#[case] line: &str, #[case] want: &str) {
        assert_eq!(scanned(line).map(|scanned| scanned.arguments.join(" ")), Ok(want.to_owned()));
    }

    // witness: the real dnf5 5.4.6 with the same arguments; it knows more commands to name.
    #[rstest]
    #[case(
        "foo",
        "Unknown argument \"foo\" for command \"dnf5\".\nIt could be a command provided by a plugin, try: dnf5 install 'dnf5-command(foo)'"
    )]
    #[case(
        "-l list",
        "Unknown argument \"-l\" for command \"dnf5\".\nThe argument is available for commands: repoquery. (It has to be placed after the command.)"
    )]
    #[case("if --foo", "Unknown argument \"--foo\" for command \"if\".")]
    #[case("-yz list", "Unknown argument \"-z\" for command \"dnf5\".")]
    #[case("--setopt", "Missing value for named argument \"--setopt\".")]
    #[case("list --available=1", "Unexpected value for named argument \"--available=1\".")]
    #[case("list --installed --available", "\"--available\" not allowed together with named argument \"--installed\".")]
    #[case("--best --no-best list", "\"--no-best\" not allowed together with named argument \"--best\".")]
    #[case("repo", "Missing command.")]
    #[case("in", "Missing positional argument \"specs\" for command \"in\".")]
    #[case("install a --skip-broken b", "Unknown argument \"b\" for command \"install\".")]
    #[case("list a --installed b", "Unknown argument \"b\" for command \"list\".")]
    #[case("makecache foo", "Unknown argument \"foo\" for command \"makecache\".")]
    fn finds_mistakes(#[case] line: &str, #[case] want: &str) {
        let help = " Add \"--help\" for more information about the arguments.";
        let error = scanned(line).expect_err("a mistake");
        assert_eq!(error.replacen(help, "", 1), want);
    }

    #[rstest]
    #[case("install --help", "install")]
    #[case("install --nonsense -h", "install")]
    #[case("-h repo list", "repo list")]
    #[case("--help", "")]
    fn help_wins(#[case] line: &str, #[case] want: &str) {
        let scanned = scanned(line).expect("help is no mistake");
        assert!(scanned.help);
        assert_eq!(scanned.path.join(" "), want);
    }
}
