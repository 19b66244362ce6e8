//! From the text of a format to its parts.

use super::formatters::Formatter;
use super::values::TagSource;

/// Brackets may nest this deep.
const DEPTH: usize = 32;

/// A part of a format.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(String),
    Tag(Reference),
    /// `[…]`: once for each element.
    Array(Vec<Node>),
    /// `%|TAG?{…}:{…}|`.
    Condition {
        source: TagSource,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
}

/// `%-10{=TAG:formatter}`.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) source: TagSource,
    pub(super) formatter: Formatter,
    /// Columns; negative aligns to the left.
    pub(super) width: i32,
    /// `=`: the first element in every round of an array.
    pub(super) first_only: bool,
    /// `#`: the number of elements.
    pub(super) count: bool,
}

/// Why a format is refused; rpm's words where rpm refuses it, too.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the variants are")]
pub enum FormatError {
    #[error("incorrect format: unknown tag: \"{0}\"")]
    UnknownTag(String),
    #[error("incorrect format: missing }} after %{{")]
    MissingBrace,
    #[error("incorrect format: {0}")]
    Syntax(&'static str),
    #[error("incorrect format: array iterator used with different sized arrays")]
    DifferentSizes,
    #[error("the query tag {0} is one of those that oxidnf does not compute")]
    UnsupportedTag(String),
    #[error(
        "the query formatter :{0} is not one of those that oxidnf knows: string, date, day, octal, hex, perms, fflags, \
         depflags, shescape, arraysize, pgpsig, base64"
    )]
    UnsupportedFormatter(String),
}

/// Reads a whole format.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, FormatError> {
    let mut parser = Parser { rest: text, depth: 0 };
    let nodes = parser.nodes(None)?;
    Ok(nodes)
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl Parser<'_> {
    /// Reads nodes up to a closing character, which is consumed, or to the end.
    fn nodes(&mut self, close: Option<char>) -> Result<Vec<Node>, FormatError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(FormatError::Syntax("nested too deep"));
        }
        let mut nodes = Vec::new();
        let mut text = String::new();
        loop {
            let Some(next) = self.rest.chars().next() else {
                if close.is_some() {
                    return Err(FormatError::Syntax(if close == Some(']') {
                        "] expected at end of array"
                    } else {
                        "} expected in expression"
                    }));
                }
                break;
            };
            self.rest = &self.rest[next.len_utf8()..];
            if Some(next) == close {
                break;
            }
            let node = match next {
                '\\' => {
                    text.push(self.escape());
                    continue;
                }
                '%' if self.rest.starts_with('%') => {
                    self.rest = &self.rest[1..];
                    text.push('%');
                    continue;
                }
                '%' => self.percent()?,
                '[' => Node::Array(self.nodes(Some(']'))?),
                ']' => return Err(FormatError::Syntax("unexpected ]")),
                '}' => return Err(FormatError::Syntax("unexpected }")),
                other => {
                    text.push(other);
                    continue;
                }
            };
            if !text.is_empty() {
                nodes.push(Node::Text(std::mem::take(&mut text)));
            }
            nodes.push(node);
        }
        if !text.is_empty() {
            nodes.push(Node::Text(text));
        }
        self.depth -= 1;
        Ok(nodes)
    }

    fn escape(&mut self) -> char {
        let Some(next) = self.rest.chars().next() else { return '\\' };
        self.rest = &self.rest[next.len_utf8()..];
        match next {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            other => other,
        }
    }

    /// Reads what follows a `%`.
    fn percent(&mut self) -> Result<Node, FormatError> {
        if let Some(rest) = self.rest.strip_prefix('|') {
            self.rest = rest;
            return self.condition();
        }
        let digits = self.rest.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (width, rest) = self.rest.split_at(digits);
        let Some(inside) = rest.strip_prefix('{') else {
            return Err(FormatError::Syntax("missing { after %"));
        };
        let end = inside.find('}').ok_or(FormatError::MissingBrace)?;
        let (body, rest) = (&inside[..end], &inside[end + 1..]);
        self.rest = rest;
        let (first_only, body) = body.strip_prefix('=').map_or((false, body), |body| (true, body));
        let (count, body) = body.strip_prefix('#').map_or((false, body), |body| (true, body));
        let (name, formatter) = body.split_once(':').map_or((body, None), |(name, text)| (name, Some(text)));
        if name.is_empty() {
            return Err(FormatError::Syntax("empty tag name"));
        }
        let formatter = formatter.map_or(Ok(Formatter::Plain), Formatter::named)?;
        let width = if width.is_empty() { 0 } else { width.parse().unwrap_or(0) };
        Ok(Node::Tag(Reference { source: TagSource::named(name)?, formatter, width, first_only, count }))
    }

    /// Reads what follows `%|`.
    fn condition(&mut self) -> Result<Node, FormatError> {
        let end = self.rest.find('?').ok_or(FormatError::Syntax("? expected in expression"))?;
        let source = TagSource::named(&self.rest[..end])?;
        self.rest = &self.rest[end + 1..];
        let then = self.branch("{ expected after ? in expression")?;
        let otherwise = match self.rest.strip_prefix(':') {
            Some(rest) => {
                self.rest = rest;
                self.branch("{ expected after : in expression")?
            }
            None => Vec::new(),
        };
        self.rest = self.rest.strip_prefix('|').ok_or(FormatError::Syntax("} expected in expression"))?;
        Ok(Node::Condition { source, then, otherwise })
    }

    fn branch(&mut self, complaint: &'static str) -> Result<Vec<Node>, FormatError> {
        self.rest = self.rest.strip_prefix('{').ok_or(FormatError::Syntax(complaint))?;
        self.nodes(Some('}'))
    }
}
