//! From the text of a format to its parts.

use super::QueryFormatError;
use super::column;
use super::formatter::Formatter;
use crate::header::Tag;

/// Brackets and conditions may nest this deep.
const DEPTH: usize = 64;
/// Columns that a field may take; rpm goes up to what its memory holds.
const WIDTH: usize = 1 << 16;

/// A part of a format.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(Vec<u8>),
    Field(Field),
    /// `[…]`: once for each element.
    Each(Vec<Node>),
    /// `%|TAG?{…}:{…}|`; a name that is no tag is never there.
    If {
        tag: Option<Tag>,
        present: Vec<Node>,
        absent: Vec<Node>,
    },
}

/// `%-10{=TAG:formatter}`.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) subject: Subject,
    pub(super) formatter: Formatter,
    pub(super) padding: Padding,
    /// `=`, `#`: the first element in every round of an array, which is not counted for it.
    pub(super) first_only: bool,
}

/// What a field shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Tag(Tag),
    /// `*`: each entry of the header in turn, where the format begins with it.
    Entries,
}

/// What stands between `%` and `{`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Padding {
    /// Columns at least; and whether the text stands at the left of them.
    Columns(usize, bool),
    /// What C's printf does not understand and prints as it is, in the place of the value.
    Literal(Vec<u8>),
}

/// Reads a whole format.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Node>, QueryFormatError> {
    // A C string ends here.
    let end = memchr::memchr(0, text).unwrap_or(text.len());
    Parser { text: &text[..end], at: 0 }.nodes(End::Text, 0)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Bracket,
    Brace,
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// Takes everything before a byte, and this one too; none when it does not come any more.
    fn until(&mut self, byte: u8) -> Option<&'t [u8]> {
        let rest = &self.text[self.at..];
        let length = memchr::memchr(byte, rest)?;
        self.at += length + 1;
        Some(&rest[..length])
    }

    fn nodes(&mut self, end: End, depth: usize) -> Result<Vec<Node>, QueryFormatError> {
        use QueryFormatError::Syntax;
        if depth > DEPTH {
            return Err(QueryFormatError::Depth);
        }
        let mut nodes = Vec::new();
        let mut text = Vec::new();
        while let Some(byte) = self.peek() {
            self.at += 1;
            let node = match byte {
                b'%' if self.take(b'%') => {
                    text.push(b'%');
                    continue;
                }
                b'%' if self.take(b'|') => self.condition(depth)?,
                b'%' => Node::Field(self.field()?),
                b'[' => Node::Each(self.nodes(End::Bracket, depth + 1)?),
                b']' if end != End::Bracket => return Err(Syntax("unexpected ]")),
                b'}' if end != End::Brace => return Err(Syntax("unexpected }")),
                b']' | b'}' => {
                    flush(&mut text, &mut nodes);
                    return Ok(nodes);
                }
                b'\\' => {
                    let Some(next) = self.peek() else { return Err(Syntax("escaped char expected after \\")) };
                    text.push(escaped(next));
                    self.at += 1;
                    continue;
                }
                other => {
                    text.push(other);
                    continue;
                }
            };
            flush(&mut text, &mut nodes);
            nodes.push(node);
        }
        flush(&mut text, &mut nodes);
        match end {
            End::Text => Ok(nodes),
            End::Bracket => Err(Syntax("] expected at end of array")),
            End::Brace => Err(Syntax("} expected in expression")),
        }
    }

    /// Reads what follows `%`: width, `{`, tag, formatter, `}`.
    fn field(&mut self) -> Result<Field, QueryFormatError> {
        use QueryFormatError::Syntax;
        let start = self.at;
        while let Some(byte) = self.peek().filter(|byte| *byte != b'{' && *byte != b'%') {
            if !(byte.is_ascii_digit() || byte == b'-') {
                return Err(Syntax("invalid field width"));
            }
            self.at += 1;
        }
        let width = &self.text[start..self.at];
        if !self.take(b'{') {
            return Err(Syntax("missing { after %"));
        }
        let counted = self.peek() == Some(b'#');
        let first_only = self.take(b'=') || self.take(b'#');
        let inside = self.until(b'}').ok_or(Syntax("missing } after %{"))?;
        let (name, wanted) = match memchr::memchr(b':', inside) {
            Some(colon) => (&inside[..colon], Some(&inside[colon + 1..])),
            None => (inside, None),
        };
        if wanted.is_some_and(<[u8]>::is_empty) {
            return Err(Syntax("empty tag format"));
        }
        if name.is_empty() {
            return Err(Syntax("empty tag name"));
        }
        let unknown = || QueryFormatError::UnknownTag(String::from_utf8_lossy(name).into_owned());
        let subject =
            if name == b"*" { Subject::Entries } else { Subject::Tag(column::tag_by_name(name).ok_or_else(unknown)?) };
        let formatter = match wanted {
            Some(wanted) => Formatter::named(wanted).ok_or_else(unknown)?,
            None if counted => Formatter::ArraySize,
            None => Formatter::Plain,
        };
        Ok(Field { subject, formatter, padding: padding(width)?, first_only })
    }

    /// Reads what follows `%|`.
    fn condition(&mut self, depth: usize) -> Result<Node, QueryFormatError> {
        use QueryFormatError::Syntax;
        let name = self.until(b'?').ok_or(Syntax("? expected in expression"))?;
        let tag = column::tag_by_name(name);
        if !self.take(b'{') {
            return Err(Syntax("{ expected after ? in expression"));
        }
        let present = self.branch(depth)?;
        if self.take(b'|') {
            return Ok(Node::If { tag, present, absent: Vec::new() });
        }
        if !self.take(b':') {
            return Err(Syntax(": expected following ? subexpression"));
        }
        if !self.take(b'{') {
            return Err(Syntax("{ expected after : in expression"));
        }
        let absent = self.branch(depth)?;
        if !self.take(b'|') {
            return Err(Syntax("| expected at end of expression"));
        }
        Ok(Node::If { tag, present, absent })
    }

    /// Reads one side of a condition, behind which something has to come.
    fn branch(&mut self, depth: usize) -> Result<Vec<Node>, QueryFormatError> {
        let nodes = self.nodes(End::Brace, depth + 1)?;
        if self.peek().is_none() { Err(QueryFormatError::Syntax("} expected in expression")) } else { Ok(nodes) }
    }
}

/// Understands a width as C's printf understands what stands before its `s`.
fn padding(text: &[u8]) -> Result<Padding, QueryFormatError> {
    let flags = text.iter().position(|byte| !matches!(byte, b'-' | b'0')).unwrap_or(text.len());
    let (flags, digits) = text.split_at(flags);
    if digits.contains(&b'-') {
        return Ok(Padding::Literal([b"%", text, b"s"].concat()));
    }
    let width =
        digits.iter().try_fold(0usize, |width, digit| width.checked_mul(10)?.checked_add((digit - b'0').into()));
    match width.filter(|width| *width <= WIDTH) {
        Some(width) => Ok(Padding::Columns(width, flags.contains(&b'-'))),
        None => Err(QueryFormatError::Syntax("invalid field width")),
    }
}

fn flush(text: &mut Vec<u8>, nodes: &mut Vec<Node>) {
    if !text.is_empty() {
        nodes.push(Node::Text(std::mem::take(text)));
    }
}

fn escaped(byte: u8) -> u8 {
    match byte {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        other => other,
    }
}
