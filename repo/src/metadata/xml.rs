//! Walking through a small XML document element by element.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::entity::{resolve, unescape};
use super::error::XmlError;

/// A cursor in a document that is in memory.
///
/// Every element that [`Xml::child`] returns must be consumed by [`Xml::text`], [`Xml::number`], [`Xml::skip`] or a
/// loop over its children until `None` before the next call for its parent.
pub(crate) struct Xml<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
}

/// A start tag.
pub(crate) struct Element<'a> {
    start: BytesStart<'a>,
    empty: bool,
}

impl Element<'_> {
    /// Returns the name without a namespace prefix.
    pub(crate) fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }

    /// Returns the value of an attribute, named with its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut attributes = self.start.attributes();
        // A repeated attribute is an error to the reader, not to us: the first one counts.
        attributes.with_checks(false);
        attributes.flatten().find(|attribute| attribute.key.into_inner() == name).map(|attribute| {
            match attribute.value {
                Cow::Borrowed(value) => unescape(value),
                Cow::Owned(value) => Cow::Owned(unescape(&value).into_owned()),
            }
        })
    }
}

impl<'a> Xml<'a> {
    /// Starts at the beginning of a document, which must be UTF-8.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, XmlError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| XmlError { line: line_of(bytes, error.valid_up_to()), reason: "not UTF-8".to_owned() })?;
        Ok(Xml { text, reader: Reader::from_str(text) })
    }

    /// Makes an error about the place of the cursor.
    pub(crate) fn error(&self, reason: impl Into<String>) -> XmlError {
        XmlError { line: self.line(self.reader.buffer_position()), reason: reason.into() }
    }

    fn line(&self, position: u64) -> usize {
        line_of(self.text.as_bytes(), usize::try_from(position).unwrap_or(usize::MAX))
    }

    fn event(&mut self) -> Result<Event<'a>, XmlError> {
        self.reader
            .read_event()
            .map_err(|error| XmlError { line: self.line(self.reader.error_position()), reason: error.to_string() })
    }

    /// Moves to the root element, which must have this name.
    pub(crate) fn root(&mut self, name: &str) -> Result<Element<'a>, XmlError> {
        let element = self.first()?.ok_or_else(|| self.error(format!("no element {name}")))?;
        if element.name() != name {
            return Err(self.error(format!("expected {name}, found {}", element.name())));
        }
        Ok(element)
    }

    /// Moves to the root element, whatever its name.
    pub(crate) fn any_root(&mut self) -> Result<Element<'a>, XmlError> {
        self.first()?.ok_or_else(|| self.error("no element"))
    }

    /// Moves to the first element; `None` where there is none.
    fn first(&mut self) -> Result<Option<Element<'a>>, XmlError> {
        loop {
            match self.event()? {
                Event::Start(start) => return Ok(Some(Element { start, empty: false })),
                Event::Empty(start) => return Ok(Some(Element { start, empty: true })),
                Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    /// Moves to the next child of `parent`; `None` after its last one.
    pub(crate) fn child(&mut self, parent: &Element<'_>) -> Result<Option<Element<'a>>, XmlError> {
        if parent.empty {
            return Ok(None);
        }
        loop {
            match self.event()? {
                Event::Start(start) => return Ok(Some(Element { start, empty: false })),
                Event::Empty(start) => return Ok(Some(Element { start, empty: true })),
                Event::End(_) => return Ok(None),
                Event::Eof => return Err(self.error(format!("{} is not closed", parent.name()))),
                _ => {}
            }
        }
    }

    /// Passes over an element.
    pub(crate) fn skip(&mut self, element: &Element<'_>) -> Result<(), XmlError> {
        let mut depth = usize::from(!element.empty);
        while depth > 0 {
            match self.event()? {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(self.error(format!("{} is not closed", element.name()))),
                _ => {}
            }
        }
        Ok(())
    }

    /// Consumes an element and returns its text, without blanks at both ends; nested elements are passed over.
    pub(crate) fn text(&mut self, element: &Element<'_>) -> Result<String, XmlError> {
        let text = self.raw_text(element)?;
        let trimmed = text.trim();
        Ok(if trimmed.len() == text.len() { text } else { trimmed.to_owned() })
    }

    /// Consumes an element and returns its text as it is.
    pub(crate) fn raw_text(&mut self, element: &Element<'_>) -> Result<String, XmlError> {
        let mut text = String::new();
        let mut depth = usize::from(!element.empty);
        while depth > 0 {
            match self.event()? {
                Event::Text(part) if depth == 1 => text.push_str(&part.into_inner()),
                Event::CData(part) if depth == 1 => text.push_str(&part.into_inner()),
                Event::GeneralRef(reference) if depth == 1 => {
                    let name = reference.into_inner();
                    match resolve(&name) {
                        Some(character) => text.push(character),
                        None => text.extend(["&", &name, ";"]),
                    }
                }
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(self.error(format!("{} is not closed", element.name()))),
                _ => {}
            }
        }
        Ok(text)
    }

    /// Consumes an element whose text is a number.
    pub(crate) fn number<T: std::str::FromStr>(&mut self, element: &Element<'_>) -> Result<T, XmlError> {
        let text = self.text(element)?;
        text.parse().map_err(|_| self.error(format!("{} \"{text}\" is not a number in range", element.name())))
    }
}

fn line_of(bytes: &[u8], position: usize) -> usize {
    let before = &bytes[..position.min(bytes.len())];
    memchr::memchr_iter(b'\n', before).count() + 1
}
