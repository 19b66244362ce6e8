//! rpm's macro language, but for what runs programs: definitions, references, parameters and built-in functions.

mod builtin;
mod definition;
mod expand;
mod frame;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use oxidnf_core::Root;

use builtin::Builtin;
use definition::{Definition, Parsed, matching_end};
use expand::{End, Expansion};

/// Definitions of macros.
///
/// Bodies are expanded when they are used. References to what is not defined stay as they are, as rpm leaves them; so do
/// `%(…)` and `%{lua:…}`, which would run programs.
#[derive(Debug, Clone, Default)]
pub struct Macros {
    /// By name; of several the last one counts.
    definitions: HashMap<String, Vec<Definition>>,
    /// Names whose definitions have changed, since somebody wants to know.
    changed: Option<BTreeSet<String>>,
}

/// All definitions of one name, oldest first: letters of the options, of a macro that takes parameters, and body.
///
/// Each letter stands for the byte of its number, as texts need not be UTF-8.
pub type Definitions = Vec<(Option<String>, String)>;

/// What came of an expansion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text; after a mistake, what there was by then.
    pub text: Vec<u8>,
    /// What is to be told, with `warning: ` or `error: ` before it, or as `%{echo:…}` wants it.
    pub messages: Vec<String>,
    /// Whether there was a mistake, which ends the expansion.
    pub failed: bool,
}

/// A file of macros exists and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read macro file {}", .path.display())]
pub struct MacrosError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

/// Returns a text with a letter for each byte: rpm takes texts as they are, in whatever encoding.
fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Returns the bytes of a text that [`letters`] has made.
fn bytes(letters: &str) -> Vec<u8> {
    // Every letter is one of a byte.
    letters.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}

/// Returns the text for people of what [`letters`] has made.
fn readable(letters: &str) -> String {
    String::from_utf8_lossy(&bytes(letters)).into_owned()
}

/// Returns the files that rpm reads for a platform (`x86_64-linux`), later ones winning.
///
/// The last component may hold `*`. The user's own file comes on top and is up to the caller.
pub fn standard_files(platform: &str) -> Vec<PathBuf> {
    [
        "/usr/lib/rpm/macros".to_owned(),
        "/usr/lib/rpm/macros.d/macros.*".to_owned(),
        format!("/usr/lib/rpm/platform/{platform}/macros"),
        // Distributions patch their own directory into rpm's path.
        "/usr/lib/rpm/redhat/macros".to_owned(),
        "/usr/lib/rpm/vendor/macros".to_owned(),
        "/etc/rpm/macros.*".to_owned(),
        "/etc/rpm/macros".to_owned(),
        format!("/etc/rpm/{platform}/macros"),
    ]
    .map(PathBuf::from)
    .to_vec()
}

impl Macros {
    /// Reads files in order; those that do not exist are left out.
    ///
    /// rpm always reads the macros of the host, also when it works in another root.
    pub fn load(host: &Root, files: &[PathBuf]) -> Result<Self, MacrosError> {
        let mut macros = Macros::default();
        for pattern in files {
            for path in matching(host, pattern)? {
                match host.read(&path) {
                    Ok(bytes) => macros.read(&bytes),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(source) => return Err(MacrosError { path, source }),
                }
            }
        }
        Ok(macros)
    }

    /// Takes the definitions of a text; lines that are no definitions are ignored.
    pub fn read(&mut self, text: &[u8]) {
        let text = letters(text);
        let mut lines = text.lines();
        while let Some(first) = lines.next() {
            let mut line = first.to_owned();
            while is_open(&line) {
                let Some(next) = lines.next() else { break };
                line.push('\n');
                line.push_str(next);
            }
            if let Some(Ok(parsed)) = line.trim_start().strip_prefix('%').map(definition::parse) {
                self.push(parsed.name, parsed.definition);
            }
        }
    }

    /// Defines a macro without parameters, as `--define` does.
    pub fn define(&mut self, name: &str, body: &str) {
        let definition = Definition { options: None, body: letters(body.as_bytes()), level: 0 };
        self.push(name, definition);
    }

    fn push(&mut self, name: &str, definition: Definition) {
        self.note(name);
        self.definitions.entry(name.to_owned()).or_default().push(definition);
    }

    /// From now on, keeps in mind which definitions change.
    pub fn watch(&mut self) {
        self.changed = Some(BTreeSet::new());
    }

    fn note(&mut self, name: &str) {
        if let Some(changed) = &mut self.changed {
            changed.insert(name.to_owned());
        }
    }

    /// Returns the definitions that have changed since the last call, as they are now.
    pub fn take_changes(&mut self) -> Vec<(String, Definitions)> {
        let names = self.changed.as_mut().map(std::mem::take).unwrap_or_default();
        let as_is = |name: String| {
            let definitions = self.definitions.get(&name).map_or(&[][..], Vec::as_slice);
            let plain = definitions.iter().map(|definition| (definition.options.clone(), definition.body.clone()));
            let plain = plain.collect();
            (name, plain)
        };
        names.into_iter().map(as_is).collect()
    }

    /// Puts the definitions of a name in the place of those that are there.
    pub fn restore(&mut self, name: &str, definitions: Definitions) {
        let made = definitions.into_iter().map(|(options, body)| Definition { options, body, level: 0 });
        self.keep(HashMap::from([(name.to_owned(), made.collect())]));
    }

    /// Defines what a text says: `name body` or `name(options) body`.
    ///
    /// # Errors
    /// What is wrong with it, in rpm's words.
    pub fn define_text(&mut self, text: &[u8]) -> Result<(), String> {
        let text = letters(text);
        let Parsed { name, definition, .. } = definition::parse(&text).map_err(|reason| readable(&reason))?;
        self.push(name, definition);
        Ok(())
    }

    /// Forgets the last definition of a macro; one before it counts again.
    pub fn undefine(&mut self, name: &str) {
        self.note(name);
        if let Some(definitions) = self.definitions.get_mut(name) {
            definitions.pop();
            if definitions.is_empty() {
                self.definitions.remove(name);
            }
        }
    }

    /// Tells whether a macro is there, defined or built in; if it is, whether it takes parameters.
    pub fn takes_parameters(&self, name: &str) -> Option<bool> {
        match self.definitions.get(name).and_then(|definitions| definitions.last()) {
            Some(definition) => Some(definition.options.is_some()),
            None => Builtin::of(name).map(Builtin::takes_parameters),
        }
    }

    /// Returns the expansion of a macro; `None` when it is not defined.
    pub fn value(&self, name: &str) -> Option<String> {
        let body = &self.definitions.get(name)?.last()?.body;
        Some(readable(&Expansion::new(self).run(body).0))
    }

    /// Returns the expansion of a macro as a number: decimal, octal or hexadecimal.
    pub fn number(&self, name: &str) -> Option<i64> {
        let value = self.value(name)?;
        let value = value.trim();
        match value.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).ok(),
            None => value.parse().ok(),
        }
    }

    /// Replaces references by the bodies of macros; what the text defines is forgotten.
    pub fn expand(&self, text: &str) -> String {
        readable(&Expansion::new(self).run(&letters(text.as_bytes())).0)
    }

    /// Replaces references by the bodies of macros, and keeps what the text defines.
    pub fn expand_keeping(&mut self, text: &[u8]) -> Expanded {
        let (text, end) = Expansion::new(self).run(&letters(text));
        self.ended(&text, end)
    }

    /// Calls a macro that takes parameters with these; none of them is expanded.
    pub fn call(&mut self, name: &str, parameters: &[Vec<u8>]) -> Expanded {
        let parameters = parameters.iter().map(|parameter| letters(parameter)).collect();
        let (text, end) = Expansion::new(self).call(name, parameters);
        self.ended(&text, end)
    }

    fn ended(&mut self, text: &str, End { messages, failed, changes }: End) -> Expanded {
        self.keep(changes);
        Expanded { text: bytes(text), messages: messages.iter().map(|message| readable(message)).collect(), failed }
    }

    fn keep(&mut self, changes: HashMap<String, Vec<Definition>>) {
        for (name, definitions) in changes {
            self.note(&name);
            if definitions.is_empty() {
                self.definitions.remove(&name);
            } else {
                self.definitions.insert(name, definitions);
            }
        }
    }

    /// Returns the directory of the rpm database (`_dbpath`); rpm's own default when no file defines it.
    pub fn db_path(&self) -> PathBuf {
        const DEFAULT: &str = "/var/lib/rpm";
        let path = self.value("_dbpath").filter(|path| path.starts_with('/') && !path.contains('%'));
        // `%{_var}/lib/rpm` with a slash at the end of `_var` means the same directory.
        let path = PathBuf::from(path.as_deref().unwrap_or(DEFAULT).trim());
        path.components().filter(|part| !matches!(part, Component::CurDir)).collect()
    }
}

/// Tells whether a line goes on: a backslash at its end, or an unclosed bracket of a reference.
fn is_open(line: &str) -> bool {
    if !line.trim_start().starts_with('%') {
        return false;
    }
    let trailing = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
    let unclosed = |open: u8, close: u8| {
        let mut rest = line;
        while let Some(at) = rest.find(['%', open as char]).filter(|_| !rest.is_empty()) {
            let part = &rest[at..];
            let after = part.strip_prefix('%').unwrap_or(part);
            if part.starts_with('%') && after.starts_with(open as char) {
                match matching_end(after, open, close) {
                    Some(end) => rest = &after[end + 1..],
                    None => return true,
                }
            } else {
                rest = &part[part.chars().next().map_or(1, char::len_utf8)..];
            }
        }
        false
    };
    trailing % 2 == 1 || unclosed(b'{', b'}') || unclosed(b'(', b')')
}

/// Returns the files that a path stands for; a `*` is possible in its last component.
fn matching(host: &Root, pattern: &Path) -> Result<Vec<PathBuf>, MacrosError> {
    let name = pattern.file_name().map(|name| name.as_bytes()).unwrap_or_default();
    let Some(star) = name.iter().position(|byte| *byte == b'*') else { return Ok(vec![pattern.to_owned()]) };
    let (before, after) = (&name[..star], &name[star + 1..]);
    let directory = pattern.parent().unwrap_or(Path::new("/"));
    let entries = match host.read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(MacrosError { path: directory.to_owned(), source }),
    };
    let fits = |name: &[u8]| {
        name.len() >= before.len() + after.len()
            && name.starts_with(before)
            && name.ends_with(after)
            // rpm leaves out what editors and package managers leave behind.
            && !is_leftover(name)
    };
    let names = entries.into_iter().map(|entry| entry.name).filter(|name| fits(name.as_bytes()));
    Ok(names.map(|name| directory.join(name)).collect())
}

fn is_leftover(name: &[u8]) -> bool {
    [&b".rpmnew"[..], b".rpmsave", b".rpmorig", b"~"].iter().any(|end| name.ends_with(end))
}

/// All definitions by name, for showing.
impl From<&Macros> for BTreeMap<String, String> {
    fn from(macros: &Macros) -> Self {
        let last = |(name, definitions): (&String, &Vec<Definition>)| {
            definitions.last().map(|definition| (name.clone(), readable(&definition.body)))
        };
        macros.definitions.iter().filter_map(last).collect()
    }
}
