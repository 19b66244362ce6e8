//! rpm's query formats: `%{NAME}`, `[%{BASENAMES}\n]`, `%|EPOCH?{%{EPOCH}}:{0}|`.
//!
//! Scriptlets with the flag `-q` are such texts. Values are those of the header; of the computed tags those about
//! names, versions, file names and dependencies are known, of the formats those that need no locale or time zone.

mod format;
mod value;

use std::str::FromStr;

use super::Header;
use format::Format;
use value::{Column, column};

/// Texts may be nested this deep; rpm has no limit, and no text needs it.
const DEPTH: usize = 32;

/// Why a text is no query format, in rpm's words behind `incorrect format: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryFormatError {
    /// There is no such tag.
    #[error("unknown tag: \"{0}\"")]
    UnknownTag(String),
    /// There is no such format, or it is not known here.
    #[error("unknown format: \"{0}\"")]
    UnknownFormat(String),
    /// A `%` stands alone.
    #[error("missing {{ after %")]
    NoBrace,
    /// `%{` is not closed.
    #[error("missing }} after %{{")]
    OpenBrace,
    /// `]` without `[`.
    #[error("unexpected ]")]
    Bracket,
    /// `[` without `]`.
    #[error("] expected at end of array")]
    OpenBracket,
    /// A condition is not written as `%|TAG?{…}:{…}|`.
    #[error("? expected in expression")]
    Condition,
    /// Tags of one `[…]` have different numbers of elements.
    #[error("array iterator used with different sized arrays")]
    Sizes,
    /// Nested too deep.
    #[error("nested too deep")]
    Depth,
}

/// A part of a format.
#[derive(Debug)]
enum Part {
    Text(Vec<u8>),
    Field(Field),
    Each(Vec<Part>),
    If { tag: String, present: Vec<Part>, missing: Vec<Part> },
}

/// `%-10{=NAME:format}`
#[derive(Debug)]
struct Field {
    tag: String,
    format: Format,
    width: usize,
    left: bool,
    /// Always the first element, also where others are gone through.
    first: bool,
}

impl Header {
    /// Returns the text that a query format makes of this header.
    pub fn query(&self, text: &[u8]) -> Result<Vec<u8>, QueryFormatError> {
        let mut parser = Parser { text, at: 0 };
        let parts = parser.parts(End::Text, 0)?;
        let mut out = Vec::new();
        self.write_parts(&parts, None, &mut out)?;
        Ok(out)
    }

    fn write_parts(&self, parts: &[Part], at: Option<usize>, out: &mut Vec<u8>) -> Result<(), QueryFormatError> {
        for part in parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Field(field) => self.write_field(field, at, out)?,
                Part::Each(inner) => {
                    for index in 0..self.elements(inner)?.unwrap_or(0) {
                        self.write_parts(inner, Some(index), out)?;
                    }
                }
                Part::If { tag, present, missing } => {
                    let chosen = if column(self, tag)?.len() > 0 { present } else { missing };
                    self.write_parts(chosen, at, out)?;
                }
            }
        }
        Ok(())
    }

    fn write_field(&self, field: &Field, at: Option<usize>, out: &mut Vec<u8>) -> Result<(), QueryFormatError> {
        let values = column(self, &field.tag)?;
        let index = if field.first { 0 } else { at.unwrap_or(0) };
        let text = field.format.write(&values, index);
        let padding = field.width.saturating_sub(text.len());
        if !field.left {
            out.resize(out.len() + padding, b' ');
        }
        out.extend_from_slice(&text);
        if field.left {
            out.resize(out.len() + padding, b' ');
        }
        Ok(())
    }

    /// Returns how often `[…]` is repeated: the common number of elements of its tags; none when no tag is there.
    fn elements(&self, parts: &[Part]) -> Result<Option<usize>, QueryFormatError> {
        let mut found = None;
        for part in parts {
            let here = match part {
                Part::Field(field) if !field.first => {
                    let values = column(self, &field.tag)?;
                    (!matches!(values, Column::Missing)).then(|| field.format.count(&values))
                }
                Part::Each(inner) => self.elements(inner)?,
                Part::If { present, missing, .. } => self.elements(present)?.or(self.elements(missing)?),
                Part::Field(_) | Part::Text(_) => None,
            };
            if let (Some(one), Some(other)) = (found, here)
                && one != other
            {
                return Err(QueryFormatError::Sizes);
            }
            found = found.or(here);
        }
        Ok(found)
    }
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

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn parts(&mut self, end: End, depth: usize) -> Result<Vec<Part>, QueryFormatError> {
        if depth > DEPTH {
            return Err(QueryFormatError::Depth);
        }
        let mut parts = Vec::new();
        let mut text = Vec::new();
        while let Some(byte) = self.peek() {
            self.at += 1;
            let part = match byte {
                b'%' if self.take(b'%') => {
                    text.push(b'%');
                    continue;
                }
                b'%' if self.take(b'|') => self.condition(depth)?,
                b'%' => Part::Field(self.field()?),
                b'[' => Part::Each(self.parts(End::Bracket, depth + 1)?),
                b']' if end == End::Bracket => {
                    flush(&mut text, &mut parts);
                    return Ok(parts);
                }
                b']' => return Err(QueryFormatError::Bracket),
                b'}' if end == End::Brace => {
                    flush(&mut text, &mut parts);
                    return Ok(parts);
                }
                b'\\' => {
                    text.extend(self.peek().map(escaped));
                    self.at += 1;
                    continue;
                }
                other => {
                    text.push(other);
                    continue;
                }
            };
            flush(&mut text, &mut parts);
            parts.push(part);
        }
        flush(&mut text, &mut parts);
        match end {
            End::Text => Ok(parts),
            End::Bracket => Err(QueryFormatError::OpenBracket),
            End::Brace => Err(QueryFormatError::OpenBrace),
        }
    }

    /// Reads what follows `%`: width, `{`, tag, format, `}`.
    fn field(&mut self) -> Result<Field, QueryFormatError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte != b'{') {
            let byte = self.text[self.at];
            if !(byte.is_ascii_digit() || byte == b'-' || byte == b'.' || byte == b' ') {
                return Err(QueryFormatError::NoBrace);
            }
            self.at += 1;
        }
        let padding = String::from_utf8_lossy(&self.text[start..self.at]).into_owned();
        if !self.take(b'{') {
            return Err(QueryFormatError::NoBrace);
        }
        let start = self.at;
        while self.peek().is_some_and(|byte| byte != b'}') {
            self.at += 1;
        }
        let inside = String::from_utf8_lossy(&self.text[start..self.at.min(self.text.len())]).into_owned();
        if !self.take(b'}') {
            return Err(QueryFormatError::OpenBrace);
        }
        let first = inside.starts_with('=');
        let inside = inside.trim_start_matches('=');
        let (tag, format) = inside.split_once(':').map_or((inside, ""), |(tag, format)| (tag, format));
        let digits: String =
            padding.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        // A width that no line has is a mistake, and would only fill memory.
        let width = usize::from_str(&digits).unwrap_or(0).min(4096);
        Ok(Field { tag: tag.to_owned(), format: Format::parse(format)?, width, left: padding.contains('-'), first })
    }

    /// Reads what follows `%|`.
    fn condition(&mut self, depth: usize) -> Result<Part, QueryFormatError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte != b'?') {
            self.at += 1;
        }
        let tag = String::from_utf8_lossy(&self.text[start..self.at.min(self.text.len())]).into_owned();
        let branch = |parser: &mut Self| -> Result<Vec<Part>, QueryFormatError> {
            if parser.take(b'{') { parser.parts(End::Brace, depth + 1) } else { Err(QueryFormatError::Condition) }
        };
        if !self.take(b'?') {
            return Err(QueryFormatError::Condition);
        }
        let present = branch(self)?;
        let missing = if self.take(b':') { branch(self)? } else { Vec::new() };
        if self.take(b'|') { Ok(Part::If { tag, present, missing }) } else { Err(QueryFormatError::Condition) }
    }
}

fn flush(text: &mut Vec<u8>, parts: &mut Vec<Part>) {
    if !text.is_empty() {
        parts.push(Part::Text(std::mem::take(text)));
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

#[cfg(test)]
mod tests {
    use super::super::{HeaderBuilder, OwnedValue, Tag};
    use super::*;

    fn header() -> Header {
        HeaderBuilder::new()
            .text(Tag::NAME, "kinds")
            .text(Tag::VERSION, "1")
            .text(Tag::RELEASE, "1")
            .text(Tag::ARCH, "noarch")
            .u32s(Tag::SIZE, [300])
            .texts(Tag::BASENAMES, ["private", "suid"])
            .texts(Tag::DIRNAMES, ["/etc/", "/usr/bin/"])
            .u32s(Tag::DIRINDEXES, [0, 1])
            .entry(Tag::FILEMODES, OwnedValue::Int16(vec![0o100_600, 0o104_755]))
            .u32s(Tag::FILEFLAGS, [17, 0])
            .texts(Tag::PROVIDENAME, ["kinds"])
            .u32s(Tag::PROVIDEFLAGS, [8])
            .texts(Tag::PROVIDEVERSION, ["1-1"])
            .build()
            .expect("a valid header")
    }

    fn query(format: &str) -> String {
        match header().query(format.as_bytes()) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn texts_are_rpms() {
        // Each line was printed by `rpm -qp --qf` of rpm 6.1 for a package like this one.
        for (format, text) in [
            ("%{NAME}-%{VERSION} %{EPOCH}", "kinds-1 (none)"),
            ("[%{BASENAMES}:%{FILEMODES:octal} ]", "private:100600 suid:104755 "),
            ("[%{=NAME} %{BASENAMES} %{LONGSIGSIZE}\\n]", "kinds private (none)\nkinds suid (none)\n"),
            ("%{BASENAMES}", "private"),
            ("%-10{NAME}|%10{NAME}|", "kinds     |     kinds|"),
            ("%{FILEMODES:perms} %{SIZE:hex}", "-rw------- 12c"),
            ("%{NAME:shescape} %{BASENAMES:arraysize}", "'kinds' 2"),
            ("%|EPOCH?{e %{EPOCH}}:{none}| %|NAME?{yes}| %|EPOCH?{yes}|.", "none yes ."),
            (
                "%{NVRA} %{NEVRA} %{EVR} %{NVR} %{NEVR} %{EPOCHNUM}",
                "kinds-1-1.noarch kinds-1-1.noarch 1-1 kinds-1-1 kinds-1-1 0",
            ),
            ("[%{FILENAMES}\\t%{FILEFLAGS:fflags}\\n]", "/etc/private\tcn\n/usr/bin/suid\t\n"),
            ("[%{PROVIDENEVRS}\\n]%{NAME:hex}", "kinds = 1-1\n(not a number)"),
            ("[%{CONFLICTNAME}x][lit]", ""),
            ("%{RPMTAG_NAME} %{name}", "kinds kinds"),
            ("%{nosuchtag}", "error: unknown tag: \"nosuchtag\""),
            ("%{name", "error: missing } after %{"),
            ("100%", "error: missing { after %"),
            ("[%{NAME} %{BASENAMES}]", "error: array iterator used with different sized arrays"),
            ("]", "error: unexpected ]"),
            ("[%{BASENAMES}", "error: ] expected at end of array"),
        ] {
            assert_eq!(query(format), text, "{format}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(format in r"[%{}\[\]|?:=0-9a-zA-Z\\-]{0,40}") {
            let _ = header().query(format.as_bytes());
        }
    }
}
