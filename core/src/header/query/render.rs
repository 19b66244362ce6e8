//! From a format and a header to text.

use std::collections::HashMap;
use std::rc::Rc;

use super::column::{Column, column, raw};
use super::formatter::Formatter;
use super::markup::Frame;
use super::parse::{Field, Node, Padding, Subject};
use super::{QueryContext, QueryFormatError};
use crate::header::{Header, Tag};

/// Bytes of text that one header may become; arrays in arrays grow without an end otherwise.
pub(super) const OUTPUT: usize = 512 << 20;

/// Why filling in ends early.
enum Stop {
    Error(QueryFormatError),
    /// A value has no text: rpm throws away what it has so far.
    Nothing,
}

pub(super) fn render(
    nodes: &[Node],
    header: &Header,
    context: &QueryContext<'_>,
    out: &mut Vec<u8>,
) -> Result<(), QueryFormatError> {
    let start = out.len();
    let (entries, frame) = match entries_field(nodes) {
        None => (false, Frame::None),
        Some(Formatter::Xml) => (true, Frame::Xml),
        Some(Formatter::Json) => (true, Frame::Json),
        Some(_) => (true, Frame::None),
    };
    let mut view = View { header, context, frame, current: None, columns: HashMap::new() };
    frame.open(out);
    let filled = if entries {
        // Only what begins the format is looked at, once for each entry.
        header.entries().try_for_each(|entry| {
            view.current = Some(entry.tag());
            view.node(&nodes[0], 0, out)
        })
    } else {
        view.nodes(nodes, 0, out)
    };
    match filled {
        Ok(()) => {}
        Err(Stop::Nothing) => out.truncate(start),
        Err(Stop::Error(error)) => {
            out.truncate(start);
            return Err(error);
        }
    }
    frame.close(out, start);
    Ok(())
}

/// Returns the formatter of `%{*}` where a format begins with it, or with an array that does.
fn entries_field(nodes: &[Node]) -> Option<Formatter> {
    let first = match nodes.first()? {
        Node::Each(inside) => inside.first()?,
        first => first,
    };
    match first {
        Node::Field(Field { subject: Subject::Entries, formatter, .. }) => Some(*formatter),
        _ => None,
    }
}

struct View<'a> {
    header: &'a Header,
    context: &'a QueryContext<'a>,
    frame: Frame,
    /// The entry that `*` stands for.
    current: Option<Tag>,
    /// Values that were asked for already.
    columns: HashMap<Tag, Option<Rc<Column>>>,
}

impl View<'_> {
    /// Writes nodes with the elements at a position of their arrays.
    fn nodes(&mut self, nodes: &[Node], at: usize, out: &mut Vec<u8>) -> Result<(), Stop> {
        nodes.iter().try_for_each(|node| self.node(node, at, out))
    }

    fn node(&mut self, node: &Node, at: usize, out: &mut Vec<u8>) -> Result<(), Stop> {
        match node {
            Node::Text(text) => out.extend_from_slice(text),
            Node::Field(field) => self.field(field, at, out)?,
            Node::Each(inside) => self.each(inside, out)?,
            Node::If { tag, present, absent } => {
                let there = tag.is_some_and(|tag| self.values(tag).is_some());
                self.nodes(if there { present } else { absent }, at, out)?;
            }
        }
        if out.len() > OUTPUT { Err(Stop::Error(QueryFormatError::Output)) } else { Ok(()) }
    }

    fn each(&mut self, inside: &[Node], out: &mut Vec<u8>) -> Result<(), Stop> {
        let Some(elements) = self.elements(inside)? else { return Ok(()) };
        let frame = self.frame;
        let tag = match inside.first() {
            Some(Node::Field(Field { subject: Subject::Tag(tag), .. })) => Some(*tag),
            _ => self.current,
        };
        if let Some(tag) = tag {
            frame.open_entry(out, tag, elements);
        }
        for at in 0..elements {
            for node in inside {
                frame.open_element(out);
                let done = self.node(node, at, out);
                frame.close_element(out, at, elements);
                done?;
            }
        }
        frame.close_entry(out, elements);
        Ok(())
    }

    fn field(&mut self, field: &Field, at: usize, out: &mut Vec<u8>) -> Result<(), Stop> {
        let at = if field.first_only { 0 } else { at };
        let text = match self.subject(field.subject) {
            Some((tag, values)) if values.reaches(at) => {
                field.formatter.write(tag, &values, at, self.context.host).ok_or(Stop::Nothing)?
            }
            _ => b"(none)".to_vec(),
        };
        match &field.padding {
            Padding::Literal(literal) => out.extend_from_slice(literal),
            Padding::Columns(width, left) => {
                let fill = width.saturating_sub(text.len());
                if !left {
                    out.resize(out.len() + fill, b' ');
                }
                out.extend_from_slice(&text);
                if *left {
                    out.resize(out.len() + fill, b' ');
                }
            }
        }
        Ok(())
    }

    /// Returns how often an array is gone through: as often as its own fields have elements, those in conditions and
    /// inner arrays not counted; none when no field has any values.
    fn elements(&mut self, nodes: &[Node]) -> Result<Option<usize>, Stop> {
        let mut found: Option<usize> = None;
        for node in nodes {
            let Node::Field(Field { subject, first_only: false, .. }) = node else { continue };
            let Some((_, values)) = self.subject(*subject) else { continue };
            match found {
                Some(known) if known > 0 && known != values.len() => {
                    return Err(Stop::Error(QueryFormatError::DifferentSizes));
                }
                _ => found = Some(values.len().max(found.unwrap_or(0))),
            }
        }
        Ok(found)
    }

    fn subject(&mut self, subject: Subject) -> Option<(Tag, Rc<Column>)> {
        let tag = match subject {
            Subject::Tag(tag) => tag,
            Subject::Entries => self.current?,
        };
        Some((tag, self.values(tag)?))
    }

    fn values(&mut self, tag: Tag) -> Option<Rc<Column>> {
        let View { header, context, current, columns, .. } = self;
        let look_up = || match current {
            // Entry by entry rpm shows what is stored.
            Some(_) => raw(header, tag),
            None => column(header, tag, context.instance, context.verbose),
        };
        columns.entry(tag).or_insert_with(|| look_up().map(Rc::new)).clone()
    }
}
