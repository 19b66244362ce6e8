//! rpm's query formats: `%{NAME}`, `[%{BASENAMES}\n]`, `%|EPOCH?{%{EPOCH}}:{0}|`.
//!
//! `rpm --queryformat` and scriptlets with the flag `-q` are such texts. All tags of rpm 6.1 are known, those that it
//! computes included, and all formatters. What a text asks of the machine is behind [`QueryHost`].
//!
//! witness: compat-tests/tests/query_formats.rs

mod bits;
mod column;
mod computed;
mod files;
mod formatter;
mod host;
mod markup;
mod parse;
mod render;
#[cfg(test)]
mod tests;
mod triggers;

use super::Header;

pub use bits::{file_flags, verify_flags};
pub use host::{BareHost, DateStyle, QueryHost, SignatureFacts};

use parse::Node;

/// Why a text is no query format, or cannot be filled in; rpm's words behind `incorrect format: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the variants are")]
pub enum QueryFormatError {
    /// There is no such tag, or no such formatter: rpm names the tag in both cases.
    #[error("unknown tag: \"{0}\"")]
    UnknownTag(String),
    #[error("{0}")]
    Syntax(&'static str),
    #[error("array iterator used with different sized arrays")]
    DifferentSizes,
    /// rpm has no limit, and no text needs one.
    #[error("nested too deep")]
    Depth,
    /// What came out grew beyond every use.
    #[error("more than {} bytes of text", render::OUTPUT)]
    Output,
}

/// A query format that was understood.
#[derive(Debug, Clone)]
pub struct QueryFormat {
    nodes: Vec<Node>,
}

/// What a format is filled in from.
pub struct QueryContext<'a> {
    /// Number of the record in the database; 0 for a package file.
    pub instance: u32,
    /// Whether VERBOSE is there, as with `rpm -v`.
    pub verbose: bool,
    /// The machine.
    pub host: &'a dyn QueryHost,
}

impl QueryFormat {
    /// Reads a format; tags, formatters and brackets are checked here.
    pub fn parse(text: &[u8]) -> Result<Self, QueryFormatError> {
        Ok(QueryFormat { nodes: parse::parse(text)? })
    }

    /// Appends what the format says of a header.
    ///
    /// Nothing is appended on an error, nor when a formatter has no text at all for a value: as in rpm, that empties
    /// the whole.
    pub fn render(
        &self,
        header: &Header,
        context: &QueryContext<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), QueryFormatError> {
        render::render(&self.nodes, header, context, out)
    }
}
