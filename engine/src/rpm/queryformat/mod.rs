//! Query formats: `%{NAME} %-10{VERSION} [%{FILENAMES}\n] %|EPOCH?{…}:{…}|`.

mod formatters;
mod parse;
mod values;

use oxidnf_core::header::Header;
use oxidnf_rpmdb::Hnum;

use self::parse::{Node, Reference};
use self::values::Values;

pub(crate) use self::formatters::file_flags;
pub use self::parse::FormatError;

/// A format that was understood.
#[derive(Debug, Clone)]
pub struct QueryFormat {
    nodes: Vec<Node>,
}

impl QueryFormat {
    /// Reads a format; tags, formatters and brackets are checked here.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        Ok(QueryFormat { nodes: parse::parse(text)? })
    }

    /// Writes what the format says of a header; `hnum` is the number of its record, 0 for a package file.
    ///
    /// Fails when arrays of different sizes are to be shown side by side, as rpm does.
    pub fn render(&self, header: &Header, hnum: Hnum, out: &mut Vec<u8>) -> Result<(), FormatError> {
        let view = View { header, hnum };
        view.nodes(&self.nodes, 0, out)
    }
}

struct View<'a> {
    header: &'a Header,
    hnum: Hnum,
}

impl View<'_> {
    /// Writes nodes with the elements at a position of their arrays.
    fn nodes(&self, nodes: &[Node], at: usize, out: &mut Vec<u8>) -> Result<(), FormatError> {
        for node in nodes {
            match node {
                Node::Text(text) => out.extend_from_slice(text.as_bytes()),
                Node::Tag(reference) => self.tag(reference, at, out),
                Node::Array(inside) => {
                    for at in 0..self.elements(inside)? {
                        self.nodes(inside, at, out)?;
                    }
                }
                Node::Condition { source, then, otherwise } => {
                    let branch = if source.values(self.header, self.hnum).is_missing() { otherwise } else { then };
                    self.nodes(branch, at, out)?;
                }
            }
        }
        Ok(())
    }

    fn tag(&self, reference: &Reference, at: usize, out: &mut Vec<u8>) {
        let values = reference.source.values(self.header, self.hnum);
        let at = if reference.first_only { 0 } else { at };
        let text = if reference.count {
            values.len().to_string().into_bytes()
        } else {
            formatters::format(reference.formatter, &values, at)
        };
        let missing = reference.width.unsigned_abs() as usize;
        let padding = vec![b' '; missing.saturating_sub(text.len())];
        if reference.width < 0 {
            out.extend([text, padding].concat());
        } else {
            out.extend([padding, text].concat());
        }
    }

    /// Returns how often an array is gone through: as often as its tags have elements.
    fn elements(&self, nodes: &[Node]) -> Result<usize, FormatError> {
        let mut elements = None;
        for reference in references(nodes) {
            if reference.first_only || reference.count {
                continue;
            }
            let values: Values = reference.source.values(self.header, self.hnum);
            if values.is_missing() {
                continue;
            }
            match elements {
                None => elements = Some(values.len()),
                Some(known) if known == values.len() => {}
                Some(_) => return Err(FormatError::DifferentSizes),
            }
        }
        Ok(elements.unwrap_or(0))
    }
}

/// Returns all references inside an array, those in conditions included.
fn references(nodes: &[Node]) -> Vec<&Reference> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            Node::Tag(reference) => found.push(reference),
            Node::Condition { then, otherwise, .. } => {
                found.extend(references(then));
                found.extend(references(otherwise));
            }
            Node::Text(_) | Node::Array(_) => {}
        }
    }
    found
}
