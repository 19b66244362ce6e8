//! The little of rpm's macro language that configuration needs: definitions and references.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use oxidnf_core::Root;

/// Definitions may refer to each other this deep, as in rpm.
const DEPTH: usize = 64;
/// What an expansion may grow to; definitions can double each other.
const SIZE: usize = 1 << 20;

/// The only built-in macro that paths are made with: `%{_rpmconfigdir}` is `%{getconfdir}`.
const CONFIG_DIR: (&str, &str) = ("getconfdir", "/usr/lib/rpm");

/// Definitions of macros, without parameters and without programs.
///
/// Bodies are expanded when they are used. References to what is not defined stay as they are, as rpm leaves them; so do
/// `%(…)`, `%[…]` and `%{lua:…}`, which would run programs.
#[derive(Debug, Clone, Default)]
pub struct Macros {
    bodies: HashMap<String, String>,
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
                    Ok(bytes) => macros.read(&String::from_utf8_lossy(&bytes)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(source) => return Err(MacrosError { path, source }),
                }
            }
        }
        Ok(macros)
    }

    /// Takes the definitions of a text; lines that are no definitions are ignored.
    pub fn read(&mut self, text: &str) {
        let mut lines = text.lines();
        while let Some(first) = lines.next() {
            let mut line = first.to_owned();
            while is_open(&line) {
                let Some(next) = lines.next() else { break };
                line.push('\n');
                line.push_str(next);
            }
            if let Some((name, body)) = definition(&line) {
                self.bodies.insert(name.to_owned(), body);
            }
        }
    }

    /// Defines a macro, as `--define` does.
    pub fn define(&mut self, name: &str, body: &str) {
        self.bodies.insert(name.to_owned(), body.to_owned());
    }

    /// Forgets a macro.
    pub fn undefine(&mut self, name: &str) {
        self.bodies.remove(name);
    }

    /// Returns the body of a macro as it was written.
    pub fn body(&self, name: &str) -> Option<&str> {
        self.bodies.get(name).map(String::as_str)
    }

    /// Returns the expansion of a macro; `None` when it is not defined.
    pub fn value(&self, name: &str) -> Option<String> {
        self.body(name).map(|body| self.expand(body))
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

    /// Replaces references by the bodies of macros.
    pub fn expand(&self, text: &str) -> String {
        let mut out = String::new();
        self.expand_into(text, &mut out, 0);
        out
    }

    /// Returns the directory of the rpm database (`_dbpath`); rpm's own default when no file defines it.
    pub fn db_path(&self) -> PathBuf {
        const DEFAULT: &str = "/var/lib/rpm";
        let path = self.value("_dbpath").filter(|path| path.starts_with('/') && !path.contains('%'));
        // `%{_var}/lib/rpm` with a slash at the end of `_var` means the same directory.
        let path = PathBuf::from(path.as_deref().unwrap_or(DEFAULT).trim());
        path.components().filter(|part| !matches!(part, Component::CurDir)).collect()
    }

    fn expand_into(&self, text: &str, out: &mut String, depth: usize) {
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            if out.len() > SIZE {
                return;
            }
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let (consumed, reference) = reference(rest);
            let (whole, after) = rest.split_at(consumed);
            rest = after;
            match reference {
                Reference::Percent => out.push('%'),
                Reference::Other => out.push_str(whole),
                Reference::Macro { name, test, alternative } => {
                    let builtin = (name == CONFIG_DIR.0).then_some(CONFIG_DIR.1);
                    let body = self.body(name).or(builtin);
                    let wanted = match test {
                        Test::None => body.is_some(),
                        Test::Defined => body.is_some(),
                        Test::Undefined => body.is_none(),
                    };
                    match (wanted, alternative, body) {
                        _ if depth >= DEPTH => out.push_str(whole),
                        (true, Some(alternative), _) if test != Test::None => {
                            self.expand_into(alternative, out, depth + 1);
                        }
                        (true, _, Some(body)) if test != Test::Undefined => self.expand_into(body, out, depth + 1),
                        (false, _, _) if test == Test::None => out.push_str(whole),
                        _ => {}
                    }
                }
            }
        }
        out.push_str(rest);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Test {
    None,
    Defined,
    Undefined,
}

enum Reference<'a> {
    /// `%%`
    Percent,
    /// `%name`, `%{name}`, `%{?name}`, `%{?name:alternative}`, `%{!?name:alternative}`
    Macro { name: &'a str, test: Test, alternative: Option<&'a str> },
    /// Anything else, copied as it stands.
    Other,
}

/// Looks at the reference at the start of a text that starts with `%`; returns its length, too.
fn reference(text: &str) -> (usize, Reference<'_>) {
    let body = &text[1..];
    match body.chars().next() {
        Some('%') => (2, Reference::Percent),
        Some('{') => match matching_end(body, '{', '}') {
            Some(end) => (end + 2, braced(&body[1..end])),
            None => (text.len(), Reference::Other),
        },
        Some('(') => (matching_end(body, '(', ')').map_or(text.len(), |end| end + 2), Reference::Other),
        Some('[') => (matching_end(body, '[', ']').map_or(text.len(), |end| end + 2), Reference::Other),
        _ => {
            let (test, name_at) = test(body);
            let name = name_of(&body[name_at..]);
            let length = 1 + name_at + name.len();
            if name.is_empty() {
                (1, Reference::Other)
            } else {
                (length, Reference::Macro { name, test, alternative: None })
            }
        }
    }
}

fn braced(inside: &str) -> Reference<'_> {
    let (test, name_at) = test(inside);
    let name = name_of(&inside[name_at..]);
    let rest = &inside[name_at + name.len()..];
    match rest.strip_prefix(':') {
        _ if name.is_empty() => Reference::Other,
        None if rest.is_empty() => Reference::Macro { name, test, alternative: None },
        Some(alternative) if test != Test::None => Reference::Macro { name, test, alternative: Some(alternative) },
        // Arguments and built-in functions.
        _ => Reference::Other,
    }
}

/// Reads any number of `?` and `!`; each `!` turns the test around.
fn test(text: &str) -> (Test, usize) {
    let length = text.bytes().take_while(|byte| matches!(byte, b'?' | b'!')).count();
    let signs = &text[..length];
    let negated = signs.bytes().filter(|byte| *byte == b'!').count() % 2 == 1;
    match (signs.contains('?'), negated) {
        (false, _) => (Test::None, length),
        (true, false) => (Test::Defined, length),
        (true, true) => (Test::Undefined, length),
    }
}

fn name_of(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) { "" } else { &text[..end] }
}

/// Returns where the bracket that opens a text is closed.
fn matching_end(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// Tells whether a line goes on: a backslash at its end, or an unclosed bracket of a reference.
fn is_open(line: &str) -> bool {
    if !line.trim_start().starts_with('%') {
        return false;
    }
    let trailing = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
    let unclosed = |open, close| {
        let mut rest = line;
        while let Some(at) = rest.find(['%', open]).filter(|_| !rest.is_empty()) {
            let part = &rest[at..];
            let after = part.strip_prefix('%').unwrap_or(part);
            if part.starts_with('%') && after.starts_with(open) {
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
    trailing % 2 == 1 || unclosed('{', '}') || unclosed('(', ')')
}

/// Splits `%name body`; `None` for comments, other lines and macros with parameters.
fn definition(line: &str) -> Option<(&str, String)> {
    let line = line.trim_start().strip_prefix('%')?;
    let name = name_of(line);
    let rest = &line[name.len()..];
    if name.len() < 2 || !rest.starts_with([' ', '\t', '\n', '\\']) {
        return None;
    }
    // A backslash at the end of a line only joins lines.
    let body = rest.replace("\\\n", "\n");
    Some((name, body.trim().to_owned()))
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
        macros.bodies.iter().map(|(name, body)| (name.clone(), body.clone())).collect()
    }
}
