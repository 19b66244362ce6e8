//! One alias file.

use std::path::Path;

use clap::Command;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::names::Locale;
use super::{Aliases, Attached, CommandAlias, Group, Macro, OptionAlias, OptionKind, command_at, option_at};
use crate::grammar::COMMAND_ALIASES;

/// Versions of the format.
const VERSIONS: [&str; 2] = ["1.0", "1.1"];

/// An element of a file that is dropped; what is to be said about it has been said.
struct Dropped;

type Value<'t> = Spanned<DeValue<'t>>;

/// Reads a file and notes what is wrong with it, in dnf5's words.
// witness: compat-tests/tests/aliases.rs
pub(super) struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    root: &'a Command,
    locale: &'a Locale,
    /// Whether the file may say again what the grammar knows.
    repeats: bool,
    aliases: &'a mut Aliases,
    version: String,
    pub(super) mistakes: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        path: &'a Path,
        text: &'a str,
        root: &'a Command,
        locale: &'a Locale,
        repeats: bool,
        aliases: &'a mut Aliases,
    ) -> Self {
        Reader { path, text, root, locale, repeats, aliases, version: String::new(), mistakes: Vec::new() }
    }

    /// Takes over everything that is right.
    pub(super) fn read(&mut self) {
        let table = match DeTable::parse(self.text) {
            Ok(table) => table,
            Err(error) => {
                let (line, text) = self.line(error.span().map_or(0, |span| span.start));
                let message = error.message();
                self.mistakes.push(format!("{message} in file \"{}\" on line {line}: {text}", self.path.display()));
                return;
            }
        };
        let entries = in_order(table.get_ref());
        if !self.has_version(&entries) {
            return;
        }
        for (key, value) in entries.into_iter().filter(|(key, _)| *key.get_ref() != "version") {
            let DeValue::Table(element) = value.get_ref() else {
                self.at(key.span().start, &format!("Unknown key \"{}\"", key.get_ref()));
                continue;
            };
            // What was wrong has been noted.
            let _ = self.element(key.get_ref(), key.span().start, &in_order(element));
        }
    }

    fn has_version(&mut self, entries: &[(&Spanned<std::borrow::Cow<'_, str>>, &Value<'_>)]) -> bool {
        let Some((_, value)) = entries.iter().find(|(key, _)| *key.get_ref() == "version") else {
            self.whole("Missing attribute \"version\"");
            return false;
        };
        let DeValue::String(version) = value.get_ref() else {
            self.at(value.span().start, "Bad value type of attribute \"version\"");
            return false;
        };
        if !VERSIONS.contains(&&**version) {
            let supported = VERSIONS.join(", ");
            self.whole(&format!("Unsupported version \"{version}\""));
            if let Some(last) = self.mistakes.last_mut() {
                last.push_str(&format!(". Supported versions: {supported}"));
            }
            return false;
        }
        self.version = version.to_string();
        true
    }

    fn element(
        &mut self,
        name: &str,
        at: usize,
        entries: &[(&Spanned<std::borrow::Cow<'_, str>>, &Value<'_>)],
    ) -> Result<(), Dropped> {
        let Some((_, kind)) = entries.iter().find(|(key, _)| *key.get_ref() == "type") else {
            self.whole(&format!("Missing attribute \"type\" for element \"{name}\""));
            return Err(Dropped);
        };
        let kind_at = kind.span().start;
        let kind = self.string(kind)?;
        let mut scope = path_of(name);
        let id = scope.pop().unwrap_or_default();
        if !["command", "named_arg", "cloned_named_arg", "group"].contains(&&*kind) {
            self.at(kind_at, &format!("Unknown type \"{kind}\" of element \"{name}\""));
            return Err(Dropped);
        }
        if let Err((parent, missing)) = command_at(self.root, &scope) {
            let parents = scope.join(".");
            self.requested(
                at,
                &format!("Parent command \"{parents}\" not found: {}", lacks(parent, "subcommand", &missing)),
            );
            return Err(Dropped);
        }
        let element = Element { name, at, scope, id, entries };
        match &*kind {
            "command" => self.command(&element),
            "group" => self.group(&element),
            kind => self.option(&element, kind == "cloned_named_arg"),
        }
    }

    fn command(&mut self, element: &Element<'_>) -> Result<(), Dropped> {
        let Element { name, at, ref scope, ref id, entries } = *element;
        let siblings = command_at(self.root, scope).unwrap_or_default();
        let parent = siblings.last().copied().unwrap_or(self.root);
        let known = parent.get_subcommands().any(|sub| sub.get_name() == id)
            || scope.is_empty() && COMMAND_ALIASES.iter().any(|(alias, _)| alias == id)
            || self.aliases.commands.iter().any(|alias| alias.scope == *scope && alias.name == *id);
        if known {
            self.registered(at, &format!("Command \"{name}\" already registered."));
            return Err(Dropped);
        }
        let mut alias = CommandAlias { scope: scope.clone(), name: id.clone(), ..CommandAlias::default() };
        let mut target = None;
        for (key, value) in entries {
            match &**key.get_ref() {
                "type" => {}
                "attached_command" => target = self.target(value)?,
                "descr" => alias.description = self.description(value)?,
                "group_id" => alias.group = self.group_of(element, value)?,
                "complete" => self.boolean(value).map(drop)?,
                "attached_named_args" => alias.options = self.attached(name, value)?,
                "required_values" if self.version == VERSIONS[0] => {
                    let text = format!(
                        "Used config file version \"1.0\" for attribute \"required_values\" of command \"{name}\""
                    );
                    self.at(key.span().start, &text);
                }
                "required_values" => alias.values = self.required_values(name, value)?,
                other => {
                    let text = format!("Unknown attribute \"{other}\" of command \"{name}\"");
                    self.at(key.span().start, &text);
                }
            }
        }
        let Some(target) = target else {
            self.whole(&format!("Missing attribute \"attached_command\" for command \"{name}\""));
            return Err(Dropped);
        };
        alias.target = target;
        self.aliases.commands.push(alias);
        Ok(())
    }

    /// Returns the command that an alias stands for; `None` when there is none, which has been noted.
    fn target(&mut self, value: &Value<'_>) -> Result<Option<Vec<String>>, Dropped> {
        let text = self.string(value)?;
        let path = path_of(&text);
        if let Err((parent, missing)) = command_at(self.root, &path) {
            let cause = lacks(parent, "subcommand", &missing);
            self.requested(value.span().start, &format!("Attached command \"{text}\" not found: {cause}"));
            return if self.repeats { Err(Dropped) } else { Ok(None) };
        }
        Ok(Some(path))
    }

    fn group(&mut self, element: &Element<'_>) -> Result<(), Dropped> {
        let name = element.name;
        let mut header = None;
        for (key, value) in element.entries {
            match &**key.get_ref() {
                "type" => {}
                "header" => header = Some(self.string(value)?),
                other => {
                    self.at(key.span().start, &format!("Unknown attribute \"{other}\" of group \"{name}\""));
                }
            }
        }
        let Some(header) = header else {
            self.whole(&format!("Missing attribute \"header\" for element \"{name}\""));
            return Err(Dropped);
        };
        let group = Group { scope: element.scope.clone(), id: element.id.clone(), header };
        let known = |other: &Group| other.id == group.id && other.scope == group.scope;
        if !BUILT_IN_GROUPS.contains(&&*group.id) && !self.aliases.groups.iter().any(known) {
            self.aliases.groups.push(group);
        }
        Ok(())
    }

    fn option(&mut self, element: &Element<'_>, clones: bool) -> Result<(), Dropped> {
        let Element { name, at, ref scope, ref id, entries } = *element;
        let mut path = scope.clone();
        path.push(id.clone());
        let known = self.aliases.options.iter().any(|alias| alias.scope == *scope && alias.id == *id);
        if known || option_at(self.root, &path).is_some() {
            self.registered(at, &format!("Named argument \"{name}\" already registered."));
            return Err(Dropped);
        }
        let mut alias = OptionAlias { scope: scope.clone(), id: id.clone(), ..OptionAlias::default() };
        let (mut source, mut expands, mut has_value) = (None, Macro::default(), false);
        let mut value_name = "VALUE".to_owned();
        for (key, value) in entries {
            match &**key.get_ref() {
                "type" => {}
                "long_name" => alias.long = Some(self.string(value)?).filter(|name| !name.is_empty()),
                "short_name" => alias.short = self.letter(name, value)?,
                "group_id" => alias.group = self.group_of(element, value)?,
                "complete" => self.boolean(value).map(drop)?,
                "source" if clones => source = self.source(value)?,
                "has_value" if !clones => has_value = self.boolean(value)?,
                "value_help" if !clones => value_name = self.description(value)?,
                "const_value" if !clones => expands.constant = Some(self.string(value)?),
                "descr" if !clones => expands.description = self.description(value)?,
                "attached_named_args" if !clones => expands.options = self.attached(name, value)?,
                other => {
                    self.at(key.span().start, &format!("Unknown attribute \"{other}\" of named argument \"{name}\""));
                }
            }
        }
        if alias.long.is_none() && alias.short.is_none() {
            let names = "At least one of the attributes \"long_name\" and \"short_name\" must be set";
            self.whole(&format!("{names} for named argument \"{name}\""));
            return Err(Dropped);
        }
        alias.kind = if clones {
            let Some(source) = source else {
                self.whole(&format!("Missing attribute \"source\" for named argument \"{name}\""));
                return Err(Dropped);
            };
            OptionKind::Clone(source)
        } else {
            expands.value_name = has_value.then_some(value_name);
            OptionKind::Macro(expands)
        };
        self.aliases.options.push(alias);
        Ok(())
    }

    fn source(&mut self, value: &Value<'_>) -> Result<Option<Vec<String>>, Dropped> {
        let text = self.string(value)?;
        let path = path_of(&text);
        if option_at(self.root, &path).is_some() {
            return Ok(Some(path));
        }
        let text = format!("Source \"{text}\" not found: Named argument with path id \"{text}\" not found:");
        self.requested(value.span().start, text.trim_end_matches(':'));
        if self.repeats { Err(Dropped) } else { Ok(None) }
    }

    fn letter(&mut self, name: &str, value: &Value<'_>) -> Result<Option<char>, Dropped> {
        let text = self.string(value)?;
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => Ok(Some(letter)),
            _ => {
                let what = "must be one character long";
                let text = format!("The \"short_name\" attribute of named argument \"{name}\" {what}");
                self.at(value.span().start, &text);
                Ok(None)
            }
        }
    }

    fn attached(&mut self, name: &str, value: &Value<'_>) -> Result<Vec<Attached>, Dropped> {
        let mut all = Vec::new();
        for table in self.tables(value)? {
            let (mut path, mut text) = (None, String::new());
            for (key, value) in in_order(table) {
                match &**key.get_ref() {
                    "id_path" => {
                        let id = self.string(value)?;
                        if option_at(self.root, &path_of(&id)).is_none() {
                            let cause = format!("Named argument with path id \"{id}\" not found");
                            let text = format!("Attached named argument \"{id}\" not found: {cause}");
                            self.requested(value.span().start, &text);
                            return Err(Dropped);
                        }
                        path = Some(path_of(&id));
                    }
                    "value" => text = self.string(value)?,
                    other => {
                        let text =
                            format!("Unknown attribute \"{other}\" of attached named argument for alias \"{name}\"");
                        self.at(key.span().start, &text);
                    }
                }
            }
            let Some(path) = path else {
                self.whole(&format!("Missing attribute \"id_path\" for alias \"{name}\""));
                return Err(Dropped);
            };
            all.push(Attached { path, value: text });
        }
        Ok(all)
    }

    /// Returns how many values an alias takes.
    fn required_values(&mut self, name: &str, value: &Value<'_>) -> Result<usize, Dropped> {
        let tables = self.tables(value)?;
        for table in &tables {
            let mut named = false;
            for (key, value) in in_order(table) {
                match &**key.get_ref() {
                    "value_help" => {
                        self.description(value)?;
                        named = true;
                    }
                    "descr" => self.description(value).map(drop)?,
                    other => {
                        let text = format!("Unknown attribute \"{other}\" of required value for alias \"{name}\"");
                        self.at(key.span().start, &text);
                    }
                }
            }
            if !named {
                self.whole(&format!("Missing attribute \"value_help\" of required value for alias \"{name}\""));
                return Err(Dropped);
            }
        }
        Ok(tables.len())
    }

    fn tables<'v, 't>(&mut self, value: &'v Value<'t>) -> Result<Vec<&'v DeTable<'t>>, Dropped> {
        let table = |item: &'v Value<'t>| match item.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => None,
        };
        let tables = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(table).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        tables.ok_or_else(|| self.bad_type(value))
    }

    /// Returns the group that an element is in; one that does not exist is noted, and the element is in none.
    fn group_of(&mut self, element: &Element<'_>, value: &Value<'_>) -> Result<Option<String>, Dropped> {
        let id = self.string(value)?;
        let known = |group: &Group| group.id == id && group.scope == element.scope;
        if self.aliases.groups.iter().any(known) || BUILT_IN_GROUPS.contains(&&*id) {
            return Ok(Some(id));
        }
        let parent = element.scope.last().map_or_else(|| self.root.get_name().to_owned(), Clone::clone);
        self.requested(value.span().start, &format!("Group \"{id}\" not found: {}", lacks(&parent, "group", &id)));
        Ok(None)
    }

    /// Returns a text that may be there in several languages.
    fn description(&mut self, value: &Value<'_>) -> Result<String, Dropped> {
        match value.get_ref() {
            DeValue::Table(languages) => {
                let text_of = |language: &str| match languages.get(language).map(Spanned::get_ref) {
                    Some(DeValue::String(text)) => Some(&**text),
                    _ => None,
                };
                Ok(self.locale.choose(text_of).unwrap_or_default().to_owned())
            }
            _ => self.string(value),
        }
    }

    fn string(&mut self, value: &Value<'_>) -> Result<String, Dropped> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(self.bad_type(value)),
        }
    }

    fn boolean(&mut self, value: &Value<'_>) -> Result<bool, Dropped> {
        match value.get_ref() {
            DeValue::Boolean(yes) => Ok(*yes),
            _ => Err(self.bad_type(value)),
        }
    }

    fn bad_type(&mut self, value: &Value<'_>) -> Dropped {
        self.at(value.span().start, "Bad value type");
        Dropped
    }

    /// Notes a mistake that is about no line.
    fn whole(&mut self, text: &str) {
        self.mistakes.push(format!("{text} in file \"{}\"", self.path.display()));
    }

    /// Notes a mistake at a place of the file.
    fn at(&mut self, offset: usize, text: &str) {
        let (line, content) = self.line(offset);
        self.mistakes.push(format!("{text} in file \"{}\" on line {line}: {content}", self.path.display()));
    }

    /// Notes that something does not exist which a distribution may have and this program has not.
    fn requested(&mut self, offset: usize, text: &str) {
        if !self.repeats {
            self.at(offset, &format!("{text}: Requested"));
        }
    }

    /// Notes that something exists already, unless the file may say it again.
    fn registered(&mut self, offset: usize, text: &str) {
        if !self.repeats {
            self.at(offset, &format!("{text} Requested"));
        }
    }

    /// Returns number and text of the line with a byte.
    fn line(&self, offset: usize) -> (usize, &str) {
        let before = self.text.get(..offset).unwrap_or(self.text).matches('\n').count();
        (before + 1, self.text.lines().nth(before).unwrap_or_default())
    }
}

/// An element of a file.
struct Element<'e> {
    /// As it is written.
    name: &'e str,
    at: usize,
    scope: Vec<String>,
    id: String,
    entries: &'e [(&'e Spanned<std::borrow::Cow<'e, str>>, &'e Value<'e>)],
}

/// Groups that dnf5's own files define, and which the help page has without them.
const BUILT_IN_GROUPS: [&str; 2] = ["options-compatibility-aliases", "commands-compatibility-aliases"];

fn lacks(command: &str, what: &str, id: &str) -> String {
    format!("Command id \"{command}\" does not contain {what} with id \"{id}\"")
}

fn path_of(text: &str) -> Vec<String> {
    text.split('.').map(str::to_owned).collect()
}

/// Returns the entries of a table in the order of the file.
fn in_order<'v, 't>(table: &'v DeTable<'t>) -> Vec<(&'v Spanned<std::borrow::Cow<'t, str>>, &'v Value<'t>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
