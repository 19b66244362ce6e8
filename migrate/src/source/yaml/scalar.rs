//! Where the text of a YAML scalar stands in the file.

use std::ops::Range;

use saphyr_parser::{Marker, ScalarStyle, Span};

use crate::shell::{Encoding, Fragment};

/// The file, and where its lines begin.
pub(super) struct Places<'t> {
    text: &'t str,
    lines: Vec<usize>,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str) -> Places<'t> {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Places { text, lines }
    }

    /// The text of a scalar with the places of its parts.
    pub(super) fn fragment(&self, style: ScalarStyle, span: Span) -> Option<Fragment> {
        let start = self.byte(span.start)?;
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => Some(self.block(start, style == ScalarStyle::Folded)),
            _ => {
                let end = self.byte(span.end)?;
                self.flow(start..end, style)
            }
        }
    }

    /// Tells whether the text of a node begins so.
    pub(super) fn starts_with(&self, span: Span, first: char) -> bool {
        self.byte(span.start).is_some_and(|at| self.text[at..].starts_with(first))
    }

    fn byte(&self, marker: Marker) -> Option<usize> {
        let start = *self.lines.get(marker.line().checked_sub(1)?)?;
        let line = &self.text[start..];
        Some(start + line.char_indices().nth(marker.col()).map_or(line.len(), |(at, _)| at))
    }

    /// A block scalar: the lines behind its header that are indented as its first one.
    fn block(&self, start: usize, folded: bool) -> Fragment {
        let mut fragment = Fragment::default();
        // The parser tells the place of the header or of the first line; the content begins on a line of its own.
        let line = self.lines.partition_point(|line| *line <= start) - 1;
        let shown = &self.text[self.lines[line]..self.line_end(line)];
        let is_header = self.text[start..].starts_with(['|', '>'])
            && shown.trim_end().ends_with(['|', '>', '-', '+', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        let first = if is_header { line + 1 } else { line };
        let indent = (first..self.lines.len())
            .map(|line| &self.text[self.lines[line]..self.line_end(line)])
            .find(|line| !line.trim().is_empty())
            .map_or(0, |line| line.len() - line.trim_start_matches(' ').len());
        for line in first..self.lines.len() {
            let (start, end) = (self.lines[line], self.line_end(line));
            let shown = &self.text[start..end];
            if shown.trim().is_empty() {
                fragment.push("\n", end.saturating_sub(1).max(start)..end);
                continue;
            }
            if indent == 0 || shown.len() - shown.trim_start_matches(' ').len() < indent {
                break;
            }
            let has_end = shown.ends_with('\n');
            let content = start + indent..end - usize::from(has_end);
            let is_more_indented = self.text[content.clone()].starts_with(' ');
            fragment.push_range(self.text, content.clone());
            if has_end {
                let joins = folded && !is_more_indented && self.goes_on(line + 1, indent);
                fragment.push(if joins { " " } else { "\n" }, content.end..end);
            }
        }
        fragment
    }

    /// Tells whether a folded line is joined with the next one.
    fn goes_on(&self, line: usize, indent: usize) -> bool {
        self.lines.get(line).is_some_and(|start| {
            let shown = &self.text[*start..self.line_end(line)];
            let own = shown.len() - shown.trim_start_matches(' ').len();
            !shown.trim().is_empty() && own == indent
        })
    }

    fn line_end(&self, line: usize) -> usize {
        self.lines.get(line + 1).copied().unwrap_or(self.text.len())
    }

    /// A plain or quoted scalar.
    fn flow(&self, range: Range<usize>, style: ScalarStyle) -> Option<Fragment> {
        let mut fragment = Fragment::default();
        let raw = self.text.get(range.clone())?;
        let (range, quote) = match style {
            ScalarStyle::SingleQuoted => (quoted(raw, '\'', range)?, Some(Encoding::YamlSingle)),
            ScalarStyle::DoubleQuoted => (quoted(raw, '"', range)?, Some(Encoding::YamlDouble)),
            _ => {
                let end = range.start + raw.trim_end().len();
                (range.start..end, None)
            }
        };
        fragment.encodings.extend(quote);
        let mut at = range.start;
        while at < range.end {
            let rest = &self.text[at..range.end];
            let first = rest.chars().next()?;
            let (shown, len) = match (quote, first) {
                (_, '\n') => (' ', 1),
                (Some(Encoding::YamlSingle), '\'') => ('\'', 2),
                (Some(Encoding::YamlDouble), '\\') => escape(rest)?,
                _ => (first, first.len_utf8()),
            };
            fragment.push_char(shown, at..at + len);
            at += len;
        }
        Some(fragment)
    }
}

/// The inside of a quoted scalar.
fn quoted(raw: &str, quote: char, range: Range<usize>) -> Option<Range<usize>> {
    let inside = raw.trim_end().strip_prefix(quote)?.strip_suffix(quote)?;
    let start = range.start + 1;
    Some(start..start + inside.len())
}

/// A character behind a backslash; the rarer ones make the scalar unknown.
fn escape(text: &str) -> Option<(char, usize)> {
    match text[1..].chars().next()? {
        '"' => Some(('"', 2)),
        '\\' => Some(('\\', 2)),
        '/' => Some(('/', 2)),
        'n' => Some(('\n', 2)),
        't' => Some(('\t', 2)),
        _ => None,
    }
}
