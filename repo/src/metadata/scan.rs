//! A scanner for XML that is in memory, made for the files with one element per package or path.
//!
//! It borrows everything from the text and looks at each byte once. What it leaves out is what repository metadata
//! never use: namespaces are cut off names, and a document type is passed over.

use super::entity::unescape_from;

/// Text of an element or attribute: a part of the document, or unescaped into scratch memory.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Piece<'a> {
    borrowed: &'a str,
    scratch: (u32, u32),
}

impl<'a> Piece<'a> {
    /// Wraps a part of the document.
    pub(crate) fn borrowed(text: &'a str) -> Self {
        Piece { borrowed: text, scratch: (0, 0) }
    }

    /// Takes what was appended to scratch memory from `start` on.
    pub(crate) fn scratched(scratch: &str, start: usize) -> Self {
        // Scratch memory holds less than a package, and packages are capped far below 4 GiB.
        Piece { borrowed: "", scratch: (start as u32, scratch.len() as u32) }
    }

    /// Returns the text; `scratch` must be the memory that the piece was made with.
    pub(crate) fn get<'b>(&self, scratch: &'b str) -> &'b str
    where
        'a: 'b,
    {
        match self.scratch {
            (_, 0) => self.borrowed,
            (start, end) => scratch.get(start as usize..end as usize).unwrap_or_default(),
        }
    }

    /// Returns where the text is in scratch memory, if it is there.
    pub(crate) fn scratch_range(&self) -> Option<std::ops::Range<usize>> {
        (self.scratch.1 != 0).then_some(self.scratch.0 as usize..self.scratch.1 as usize)
    }

    /// Tells whether the text is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.borrowed.is_empty() && self.scratch.0 == self.scratch.1
    }
}

/// What the scanner stands before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A start tag; its attributes come from [`Scanner::attribute`].
    Start(&'a str),
    /// An end tag.
    End(&'a str),
    /// The end of the text.
    Eof,
}

/// Trouble at a byte of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScanError {
    /// The byte.
    pub(crate) offset: usize,
    /// What is wrong.
    pub(crate) reason: &'static str,
}

/// An attribute: name and value as written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    /// Name with its prefix.
    pub(crate) name: &'a str,
    /// Value between the quotes.
    pub(crate) raw: &'a str,
    /// Where the first `&` is.
    reference: Option<usize>,
}

impl<'a> Attribute<'a> {
    /// Returns the value with references resolved.
    pub(crate) fn value(&self, scratch: &mut String) -> Piece<'a> {
        match self.reference {
            None => Piece::borrowed(self.raw),
            Some(first) => {
                let start = scratch.len();
                unescape_from(self.raw, first, scratch);
                Piece::scratched(scratch, start)
            }
        }
    }

    /// Returns the value as a number, 0 when it is none, as libsolv reads it.
    pub(crate) fn number<T: std::str::FromStr + Default>(&self) -> T {
        self.raw.trim().parse().unwrap_or_default()
    }
}

/// Where the scanner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Content,
    /// Behind the name or an attribute of a start tag.
    Tag,
    /// Behind `/>`: an end tag is due.
    Empty,
}

/// A cursor in a text.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    place: Place,
    /// Name of the start tag that was scanned last.
    name: &'a str,
}

impl<'a> Scanner<'a> {
    /// Starts at the beginning.
    pub(crate) fn new(text: &'a str) -> Self {
        Scanner { text, at: 0, place: Place::Content, name: "" }
    }

    /// Makes an error about this place.
    pub(crate) fn error(&self, reason: &'static str) -> ScanError {
        ScanError { offset: self.at, reason }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// Moves behind `end`.
    fn skip_past(&mut self, end: &str, reason: &'static str) -> Result<(), ScanError> {
        match memchr::memmem::find(&self.bytes()[self.at..], end.as_bytes()) {
            Some(found) => {
                self.at += found + end.len();
                Ok(())
            }
            None => Err(self.error(reason)),
        }
    }

    /// Moves to the next tag; text and what is left of the present tag are passed over.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, ScanError> {
        if self.place == Place::Tag {
            while self.attribute()?.is_some() {}
        }
        if self.place == Place::Empty {
            self.place = Place::Content;
            return Ok(Token::End(self.name));
        }
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'<') => {}
                Some(_) => match memchr::memchr(b'<', &self.bytes()[self.at..]) {
                    Some(found) => self.at += found,
                    None => self.at = self.text.len(),
                },
                None => {}
            }
            match self.bytes().get(self.at + 1) {
                None if self.peek().is_none() => return Ok(Token::Eof),
                None => return Err(self.error("unfinished tag")),
                Some(b'/') => return self.end_tag().map(Token::End),
                Some(b'?') => self.skip_past("?>", "unfinished processing instruction")?,
                Some(b'!') => self.skip_declaration()?,
                Some(_) => {
                    self.at += 1;
                    self.name = self.tag_name()?;
                    self.place = Place::Tag;
                    return Ok(Token::Start(self.name));
                }
            }
        }
    }

    /// Scans a name and returns it without its prefix.
    fn tag_name(&mut self) -> Result<&'a str, ScanError> {
        let mut start = self.at;
        let mut at = self.at;
        let bytes = self.bytes();
        while let Some(byte) = bytes.get(at) {
            match byte {
                b':' => start = at + 1,
                b' ' | b'\n' | b'\t' | b'\r' | b'/' | b'>' => break,
                b'<' | b'"' | b'\'' | b'&' | b'=' => return Err(self.error("malformed tag name")),
                _ => {}
            }
            at += 1;
        }
        self.at = at;
        if start == at || at == bytes.len() {
            return Err(self.error("malformed tag name"));
        }
        Ok(&self.text[start..at])
    }

    fn end_tag(&mut self) -> Result<&'a str, ScanError> {
        self.at += 2;
        let name = self.tag_name()?;
        self.skip_blanks();
        if self.peek() != Some(b'>') {
            return Err(self.error("malformed end tag"));
        }
        self.at += 1;
        Ok(name)
    }

    /// Passes over a comment, a CDATA section outside of text that is wanted, or a document type.
    fn skip_declaration(&mut self) -> Result<(), ScanError> {
        let rest = &self.bytes()[self.at..];
        if rest.starts_with(b"<!--") {
            self.at += 4;
            self.skip_past("-->", "unfinished comment")
        } else if rest.starts_with(b"<![CDATA[") {
            self.skip_past("]]>", "unfinished CDATA section")
        } else {
            // Entities that a document type may define are not looked at.
            let subset = memchr::memchr2(b'[', b'>', rest).is_some_and(|found| rest[found] == b'[');
            if subset {
                self.skip_past("]", "unfinished document type")?;
            }
            self.skip_past(">", "unfinished document type")
        }
    }

    /// Returns the next attribute of the start tag that [`Scanner::next`] returned; `None` after the last one.
    pub(crate) fn attribute(&mut self) -> Result<Option<Attribute<'a>>, ScanError> {
        if self.place != Place::Tag {
            return Ok(None);
        }
        self.skip_blanks();
        let bytes = self.bytes();
        match self.peek() {
            Some(b'>') => {
                self.at += 1;
                self.place = Place::Content;
                return Ok(None);
            }
            Some(b'/') if bytes.get(self.at + 1) == Some(&b'>') => {
                self.at += 2;
                self.place = Place::Empty;
                return Ok(None);
            }
            _ => {}
        }
        let start = self.at;
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'=' | b' ' | b'\n' | b'\t' | b'\r' => break,
                b'<' | b'>' | b'/' | b'"' | b'\'' => return Err(self.error("malformed attribute")),
                _ => at += 1,
            }
        }
        let name = &self.text[start..at];
        self.at = at;
        self.skip_blanks();
        if self.peek() != Some(b'=') || name.is_empty() {
            return Err(self.error("malformed attribute"));
        }
        self.at += 1;
        self.skip_blanks();
        let Some(quote @ (b'"' | b'\'')) = self.peek() else { return Err(self.error("attribute without quotes")) };
        let start = self.at + 1;
        let mut at = start;
        let mut reference = None;
        // Values are short: a plain loop beats a search that has to be set up.
        loop {
            match bytes.get(at) {
                Some(byte) if *byte == quote => break,
                Some(b'&') if reference.is_none() => reference = Some(at - start),
                Some(b'<') | None => return Err(self.error("unfinished attribute")),
                Some(_) => {}
            }
            at += 1;
        }
        self.at = at + 1;
        Ok(Some(Attribute { name, raw: &self.text[start..at], reference }))
    }

    /// Consumes the element whose start tag was just returned, and returns its text; nested elements are passed over.
    pub(crate) fn text(&mut self, scratch: &mut String) -> Result<Piece<'a>, ScanError> {
        while self.attribute()?.is_some() {}
        let name = self.name;
        if self.place == Place::Empty {
            self.place = Place::Content;
            return Ok(Piece::default());
        }
        let raw = self.raw_text()?;
        // Nearly always the end tag comes right behind the text.
        if self.bytes().get(self.at + 1) == Some(&b'/') {
            return if self.end_tag()? == name {
                Ok(piece(raw, scratch))
            } else {
                Err(self.error("mismatched end tag"))
            };
        }
        let start = scratch.len();
        append(raw, scratch);
        loop {
            let rest = &self.text[self.at..];
            if let Some(data) = rest.strip_prefix("<![CDATA[") {
                let begin = self.at + "<![CDATA[".len();
                let end = data.find("]]>").ok_or_else(|| self.error("unfinished CDATA section"))?;
                scratch.push_str(&data[..end]);
                self.at = begin + end + 3;
            } else if rest.starts_with("<!") {
                self.skip_declaration()?;
            } else {
                match self.next()? {
                    Token::Start(_) => self.skip()?,
                    Token::End(end) if end == name => return Ok(Piece::scratched(scratch, start)),
                    Token::End(_) => return Err(self.error("mismatched end tag")),
                    Token::Eof => return Err(self.error("element is not closed")),
                }
            }
            append(self.raw_text()?, scratch);
        }
    }

    /// Consumes the element that comes next if it is `open`, text without references, and `close`, and returns the text;
    /// consumes nothing but blanks when it is anything else.
    pub(crate) fn plain_element(&mut self, open: &[u8], close: &[u8]) -> Option<&'a str> {
        if self.place != Place::Content {
            return None;
        }
        self.skip_blanks();
        let rest = self.bytes()[self.at..].strip_prefix(open)?;
        let len = memchr::memchr2(b'<', b'&', rest)?;
        rest[len..].starts_with(close).then_some(())?;
        let start = self.at + open.len();
        self.at = start + len + close.len();
        self.text.get(start..start + len)
    }

    /// Returns what is before the next `<`.
    fn raw_text(&mut self) -> Result<&'a str, ScanError> {
        match memchr::memchr(b'<', &self.bytes()[self.at..]) {
            Some(found) => {
                let raw = &self.text[self.at..self.at + found];
                self.at += found;
                Ok(raw)
            }
            None => Err(self.error("element is not closed")),
        }
    }

    /// Consumes the element whose start tag was just returned.
    pub(crate) fn skip(&mut self) -> Result<(), ScanError> {
        while self.attribute()?.is_some() {}
        // Most elements are empty, and nothing is to be remembered of them.
        if self.place == Place::Empty {
            self.place = Place::Content;
            return Ok(());
        }
        let mut open = vec![self.name];
        while let Some(last) = open.last() {
            match self.next()? {
                Token::Start(name) => open.push(name),
                Token::End(name) if name == *last => {
                    open.pop();
                }
                Token::End(_) => return Err(self.error("mismatched end tag")),
                Token::Eof => return Err(self.error("element is not closed")),
            }
        }
        Ok(())
    }

    /// Moves to the next child of the element `parent`; `None` behind its end tag.
    pub(crate) fn child(&mut self, parent: &str) -> Result<Option<&'a str>, ScanError> {
        match self.next()? {
            Token::Start(name) => Ok(Some(name)),
            Token::End(name) if name == parent => Ok(None),
            Token::End(_) => Err(self.error("mismatched end tag")),
            Token::Eof => Err(self.error("element is not closed")),
        }
    }
}

fn piece<'a>(raw: &'a str, scratch: &mut String) -> Piece<'a> {
    match memchr::memchr(b'&', raw.as_bytes()) {
        None => Piece::borrowed(raw),
        Some(first) => {
            let start = scratch.len();
            unescape_from(raw, first, scratch);
            Piece::scratched(scratch, start)
        }
    }
}

fn append(raw: &str, scratch: &mut String) {
    match memchr::memchr(b'&', raw.as_bytes()) {
        None => scratch.push_str(raw),
        Some(first) => unescape_from(raw, first, scratch),
    }
}
