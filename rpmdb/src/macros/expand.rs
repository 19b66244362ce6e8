//! Replaces references in a text.

use std::collections::HashMap;

use super::Macros;
use super::builtin::{self, Builtin};
use super::definition::{self, Definition, Parsed, matching_end};
use super::frame::Frame;

/// Definitions may refer to each other this deep, as in rpm.
const DEPTH: usize = 64;
/// What an expansion may grow to, all levels together; definitions can double each other.
const SIZE: usize = 16 << 20;
/// References that an expansion may meet; what says nothing can double as well.
const REFERENCES: usize = 1 << 20;
const TOO_DEEP: &str = "error: Too many levels of recursion in macro expansion. It is likely caused by recursive macro \
                        declaration.";
/// What `%{quote:…}` holds a word with blanks together with; no letter of a text, so that it can be told from them.
pub(super) const QUOTE: char = '\u{100}';

/// What an expansion leaves beside its text.
pub(super) struct End {
    pub(super) messages: Vec<String>,
    pub(super) failed: bool,
    /// Definitions that have changed.
    pub(super) changes: HashMap<String, Vec<Definition>>,
}

/// The expansion has ended early; what is to be told about it is told already.
#[derive(Debug)]
pub(super) struct Failed;

/// One expansion with all that it needs to know.
pub(super) struct Expansion<'m> {
    macros: &'m Macros,
    /// Definitions that are not those of before.
    changes: HashMap<String, Vec<Definition>>,
    /// Calls that are at work, outermost first.
    frames: Vec<Frame>,
    depth: usize,
    /// Bytes written so far, all levels together.
    written: usize,
    /// References met so far.
    met: usize,
    messages: Vec<String>,
}

/// A reference in a text.
struct Reference<'t> {
    name: &'t str,
    /// `?`: asks whether it is there.
    asks: bool,
    /// `!`
    negated: bool,
    given: Given<'t>,
    /// What follows it.
    after: &'t str,
}

/// What stands behind the name.
#[derive(Clone, Copy)]
enum Given<'t> {
    Nothing,
    /// `:…`, one text.
    One(&'t str),
    /// Words within the brackets.
    Words(&'t str),
    /// Words up to the end of the line, if the macro takes any.
    Line(&'t str),
}

/// What a name stands for.
enum Found {
    /// Of the call that is at work; its text is not looked at again.
    Parameter(String),
    Macro(Definition),
    Builtin(Builtin),
}

impl<'m> Expansion<'m> {
    pub(super) fn new(macros: &'m Macros) -> Self {
        let (changes, frames, messages) = (HashMap::new(), Vec::new(), Vec::new());
        Expansion { macros, changes, frames, depth: 0, written: 0, met: 0, messages }
    }

    /// Expands a text.
    pub(super) fn run(mut self, text: &str) -> (String, End) {
        let mut out = String::new();
        let failed = self.text(text, &mut out).is_err();
        self.end(out, failed)
    }

    fn end(self, mut text: String, failed: bool) -> (String, End) {
        // What held words together has done its work.
        text.retain(|c| c != QUOTE);
        (text, End { messages: self.messages, failed, changes: self.changes })
    }

    /// Calls a macro with words that are taken as they are.
    pub(super) fn call(mut self, name: &str, words: Vec<String>) -> (String, End) {
        let mut out = String::new();
        let result = match self.find(name) {
            Some(Found::Macro(definition)) => self.body(name, &definition, Some(words), &mut out),
            Some(Found::Builtin(found)) => self.builtin(found, words.first().map(String::as_str), &mut out),
            _ => Ok(()),
        };
        self.end(out, result.is_err())
    }

    fn text(&mut self, text: &str, out: &mut String) -> Result<(), Failed> {
        if self.depth >= DEPTH {
            return self.fail(TOO_DEEP.to_owned());
        }
        self.depth += 1;
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            self.add(&rest[..at], out)?;
            rest = self.reference(&rest[at..], out)?;
        }
        self.add(rest, out)?;
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn add(&mut self, text: &str, out: &mut String) -> Result<(), Failed> {
        self.written += text.len();
        if self.written > SIZE || self.met > REFERENCES {
            return self.fail("error: Target buffer overflow".to_owned());
        }
        out.push_str(text);
        Ok(())
    }

    pub(super) fn fail<T>(&mut self, message: String) -> Result<T, Failed> {
        self.messages.push(message);
        Err(Failed)
    }

    /// Tells something.
    pub(super) fn tell(&mut self, message: String) {
        self.messages.push(message);
    }

    /// Expands a text of its own.
    pub(super) fn apart(&mut self, text: &str) -> Result<String, Failed> {
        let mut out = String::new();
        self.text(text, &mut out)?;
        Ok(out)
    }

    /// Expands the reference at the start of a text; returns what follows it.
    fn reference<'t>(&mut self, text: &'t str, out: &mut String) -> Result<&'t str, Failed> {
        self.met += 1;
        let body = &text[1..];
        let whole = |end: Option<usize>| text.split_at(end.map_or(text.len(), |end| end + 2));
        let reference = match body.as_bytes().first() {
            Some(b'%') => {
                self.add("%", out)?;
                return Ok(&body[1..]);
            }
            // They would run programs, or are no references.
            Some(b'(') => {
                let (program, after) = whole(matching_end(body, b'(', b')'));
                self.add(program, out)?;
                return Ok(after);
            }
            Some(b'[') => {
                let (expression, after) = whole(matching_end(body, b'[', b']'));
                self.add(expression, out)?;
                return Ok(after);
            }
            Some(b'{') => match matching_end(body, b'{', b'}') {
                Some(end) => braced(&body[1..end], &body[end + 1..]),
                None => {
                    self.tell(format!("error: Unterminated {{: {body}"));
                    self.add(text, out)?;
                    return Err(Failed);
                }
            },
            _ => plain(body),
        };
        if reference.name.is_empty() {
            self.add("%", out)?;
            return Ok(if body.starts_with('{') { body } else { reference.after });
        }
        self.replace(&reference, body, out)
    }

    fn replace<'t>(&mut self, reference: &Reference<'t>, body: &'t str, out: &mut String) -> Result<&'t str, Failed> {
        let Reference { name, asks, negated, given, after } = *reference;
        let found = self.find(name);
        if asks || name.starts_with('-') {
            match (found, given) {
                (found, _) if found.is_some() == negated => {}
                (_, Given::One(alternative)) if !alternative.is_empty() => self.text(alternative, out)?,
                (Some(Found::Macro(definition)), _) => self.text(&definition.body, out)?,
                (Some(Found::Parameter(text)), _) => self.add(&text, out)?,
                _ => {}
            }
            return Ok(after);
        }
        match found {
            // What is not known stays, but references within it are replaced.
            None => {
                self.add("%", out)?;
                Ok(body)
            }
            Some(Found::Parameter(text)) => {
                self.add(&text, out)?;
                Ok(after)
            }
            Some(Found::Macro(definition)) if definition.options.is_none() => {
                if matches!(given, Given::One(_) | Given::Words(_)) {
                    self.tell(format!("warning: unexpected argument to non-parametric macro %{name}"));
                }
                self.body(name, &definition, None, out)?;
                Ok(after)
            }
            Some(Found::Macro(definition)) => {
                let (words, after) = self.words(given, after)?;
                self.body(name, &definition, Some(words), out)?;
                Ok(after)
            }
            Some(Found::Builtin(found)) if found.reads_on() => self.reading(found, given, after, out),
            Some(Found::Builtin(found)) => {
                let (words, after) = match given {
                    Given::Line(_) if !found.takes_parameters() => (Vec::new(), after),
                    given => self.words(given, after)?,
                };
                let word = (!matches!(given, Given::Nothing)).then(|| words.first().map_or("", String::as_str));
                self.builtin(found, word, out)?;
                Ok(after)
            }
        }
    }

    /// Returns the words of a call, and what follows them.
    fn words<'t>(&mut self, given: Given<'t>, after: &'t str) -> Result<(Vec<String>, &'t str), Failed> {
        Ok(match given {
            Given::Nothing => (Vec::new(), after),
            Given::One(text) => (vec![self.apart(text)?], after),
            Given::Words(text) => (builtin::split(&self.apart(text)?), after),
            Given::Line(line) => {
                let end = line.find('\n').unwrap_or(line.len());
                let words = builtin::split(&self.apart(&line[..end])?);
                // A backslash takes the end of the line away, and stays a word all the same.
                let end = if line[..end].ends_with('\\') { (end + 1).min(line.len()) } else { end };
                (words, &line[end..])
            }
        })
    }

    /// Expands a body, with words if the macro takes any.
    fn body(
        &mut self,
        name: &str,
        definition: &Definition,
        words: Option<Vec<String>>,
        out: &mut String,
    ) -> Result<(), Failed> {
        let Some((letters, words)) = definition.options.as_ref().zip(words) else {
            return self.text(&definition.body, out);
        };
        match Frame::new(name, letters, words) {
            Ok(frame) => self.frames.push(frame),
            Err(messages) => {
                self.messages.extend(messages);
                return Err(Failed);
            }
        }
        let done = self.text(&definition.body, out);
        self.frames.pop();
        let level = self.frames.len();
        // What it has defined goes with it.
        for definitions in self.changes.values_mut() {
            definitions.retain(|definition| definition.level <= level);
        }
        done
    }

    fn find(&self, name: &str) -> Option<Found> {
        let parameter = self.frames.last().and_then(|frame| frame.get(name));
        let defined = || self.definitions(name).last().cloned().map(Found::Macro);
        parameter.map(Found::Parameter).or_else(defined).or_else(|| Builtin::of(name).map(Found::Builtin))
    }

    fn definitions(&self, name: &str) -> &[Definition] {
        let known = self.changes.get(name).or_else(|| self.macros.definitions.get(name));
        known.map_or(&[], Vec::as_slice)
    }

    /// Returns the body of a macro.
    pub(super) fn body_of(&self, name: &str) -> Option<String> {
        self.definitions(name).last().map(|definition| definition.body.clone())
    }

    /// `%define`, `%global`, `%undefine` and `%dnl`, which take what follows as it stands.
    fn reading<'t>(
        &mut self,
        found: Builtin,
        given: Given<'t>,
        after: &'t str,
        out: &mut String,
    ) -> Result<&'t str, Failed> {
        let (text, line) = match given {
            Given::Nothing => ("", None),
            Given::One(text) | Given::Words(text) => (text, None),
            Given::Line(line) => (line, Some(line)),
        };
        let used = match found {
            Builtin::Undefine => {
                let blanks = text.len() - text.trim_start_matches([' ', '\t']).len();
                let name = definition::name_of(&text[blanks..]);
                self.undefine(name);
                blanks + name.len()
            }
            Builtin::Dnl => text.find('\n').map_or(text.len(), |end| end + 1),
            _ => match definition::parse(text) {
                Ok(parsed) => self.define(found, parsed)?,
                Err(reason) => return self.fail(format!("error: {reason}")),
            },
        };
        match (line, found) {
            (Some(line), _) => Ok(&line[used..]),
            // What follows a definition within the brackets is text again.
            (None, Builtin::Define | Builtin::Global) => {
                self.text(&text[used..], out)?;
                Ok(after)
            }
            (None, _) => Ok(after),
        }
    }

    fn define(&mut self, found: Builtin, parsed: Parsed<'_>) -> Result<usize, Failed> {
        let Parsed { name, mut definition, length } = parsed;
        if found == Builtin::Global {
            definition.body = self.apart(&definition.body)?;
        } else {
            definition.level = self.frames.len();
        }
        self.changed(name).push(definition);
        Ok(length)
    }

    fn undefine(&mut self, name: &str) {
        self.changed(name).pop();
    }

    fn changed(&mut self, name: &str) -> &mut Vec<Definition> {
        let before = self.macros.definitions.get(name);
        self.changes.entry(name.to_owned()).or_insert_with(|| before.cloned().unwrap_or_default())
    }
}

/// Reads what stands between brackets.
fn braced<'t>(inside: &'t str, after: &'t str) -> Reference<'t> {
    let (asks, negated, at) = signs(inside);
    let body = &inside[at..];
    let end = body.find([' ', ':']).unwrap_or(body.len());
    let (name, rest) = body.split_at(end);
    let given = match rest.as_bytes().first() {
        Some(b':') => Given::One(&rest[1..]),
        Some(_) => Given::Words(&rest[1..]),
        None => Given::Nothing,
    };
    Reference { name, asks, negated, given, after }
}

/// Reads a name that stands alone.
fn plain(body: &str) -> Reference<'_> {
    let (asks, negated, at) = signs(body);
    let text = &body[at..];
    let dash = usize::from(text.starts_with('-'));
    let letters = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let mut end = dash + text[dash..].find(letters).unwrap_or(text.len() - dash);
    if end == dash {
        end = ["**", "*", "#"].into_iter().find(|sign| dash == 0 && text.starts_with(sign)).map_or(0, str::len);
    }
    let (name, after) = text.split_at(end);
    let given = if after.starts_with([' ', '\t']) { Given::Line(after) } else { Given::Nothing };
    Reference { name, asks, negated, given, after }
}

/// Reads any number of `?` and `!`; each `!` turns the question around.
fn signs(text: &str) -> (bool, bool, usize) {
    let length = text.bytes().take_while(|byte| matches!(byte, b'?' | b'!')).count();
    let signs = &text[..length];
    let negated = signs.bytes().filter(|byte| *byte == b'!').count() % 2 == 1;
    (signs.contains('?'), negated, length)
}
