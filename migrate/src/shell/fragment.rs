//! A piece of shell text and where each part of it stands in the file.

use std::ops::Range;

/// How text of a fragment has to be written in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Inside single quotes of a shell.
    ShellSingle,
    /// Inside double quotes of a shell.
    ShellDouble,
    /// Inside single quotes of YAML.
    YamlSingle,
    /// Inside double quotes of YAML or JSON.
    YamlDouble,
    /// In a recipe of a makefile.
    Make,
}

impl Encoding {
    /// Writes text; nothing if it cannot stand there.
    fn write(self, text: &str) -> Option<String> {
        match self {
            Encoding::ShellSingle => (!text.contains('\'')).then(|| text.to_owned()),
            Encoding::ShellDouble => (!text.contains(['"', '$', '`', '\\'])).then(|| text.to_owned()),
            Encoding::YamlSingle => Some(text.replace('\'', "''")),
            Encoding::YamlDouble => Some(text.replace('\\', "\\\\").replace('"', "\\\"")),
            Encoding::Make => Some(text.replace('$', "$$")),
        }
    }
}

/// A run of bytes that stands in the file as a whole: of equal length, or nothing inside it can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) at: usize,
    pub(crate) len: usize,
    pub(crate) file_at: usize,
    pub(crate) file_len: usize,
}

/// Stands in a fragment for each byte that something else fills in before a shell sees it.
pub(crate) const HIDDEN: char = '\u{1}';

/// A piece of shell text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fragment {
    /// The text that a shell would see, with [`HIDDEN`] for what is not known yet.
    pub(crate) text: String,
    /// The same text as it was before anything was hidden, byte for byte.
    pub(crate) raw: String,
    /// In order, without gaps in `text`.
    pub(crate) segments: Vec<Segment>,
    /// How to write, the innermost first.
    pub(crate) encodings: Vec<Encoding>,
    /// Whether a failed command ends it.
    pub(crate) failure_ends: bool,
}

impl Fragment {
    /// A fragment that is a part of the file as it stands.
    pub(crate) fn of_file(file: &str, range: Range<usize>) -> Fragment {
        let mut fragment = Fragment::default();
        fragment.push_range(file, range);
        fragment
    }

    /// Adds a part of the file as it stands.
    pub(crate) fn push_range(&mut self, file: &str, range: Range<usize>) {
        self.push(&file[range.clone()], range);
    }

    /// Adds text that stands for a part of the file.
    pub(crate) fn push(&mut self, text: &str, file: Range<usize>) {
        if text.is_empty() {
            return;
        }
        let segment = Segment { at: self.text.len(), len: text.len(), file_at: file.start, file_len: file.len() };
        self.text.push_str(text);
        self.raw.push_str(text);
        self.segments.push(segment);
    }

    /// Hides what something else fills in.
    pub(crate) fn hide(&mut self, range: Range<usize>) {
        self.text.replace_range(range.clone(), &HIDDEN.to_string().repeat(range.len()));
    }

    /// Where a range stands in the file.
    pub(crate) fn file_range(&self, range: Range<usize>) -> Option<Range<usize>> {
        Some(self.file_place(range.start, false)?..self.file_place(range.end, true)?)
    }

    fn file_place(&self, at: usize, is_end: bool) -> Option<usize> {
        let inside = |segment: &&Segment| {
            if is_end {
                segment.at < at && at <= segment.at + segment.len
            } else {
                segment.at <= at && at < segment.at + segment.len
            }
        };
        let segment = self.segments.iter().find(inside)?;
        let offset = at - segment.at;
        if segment.len == segment.file_len || offset == 0 {
            Some(segment.file_at + offset)
        } else if offset == segment.len {
            Some(segment.file_at + segment.file_len)
        } else {
            None
        }
    }

    /// Writes text as it has to stand in the file.
    pub(crate) fn encode(&self, text: &str) -> Option<String> {
        self.encodings.iter().try_fold(text.to_owned(), |text, encoding| encoding.write(&text))
    }

    /// A part of this fragment that is shell text itself, in single or double quotes.
    pub(crate) fn inner(&self, range: Range<usize>, encoding: Encoding) -> Option<Fragment> {
        let mut inner = Fragment { failure_ends: false, ..Fragment::default() };
        let text = &self.text[range.clone()];
        let mut at = range.start;
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let escaped =
                if encoding == Encoding::ShellDouble && first == '\\' { rest[1..].chars().next() } else { None };
            let (shown, len) = match escaped {
                Some(next @ ('"' | '\\' | '$' | '`')) => (next, 1 + next.len_utf8()),
                _ => (first, first.len_utf8()),
            };
            let file = self.file_range(at..at + len)?;
            inner.push_char(shown, file);
            at += len;
            rest = &rest[len..];
        }
        if inner.raw.len() == text.len() {
            inner.raw = self.raw[range].to_owned();
        }
        inner.encodings = vec![encoding];
        inner.encodings.extend(&self.encodings);
        Some(inner)
    }

    /// Adds a character, to the last segment if it goes on there.
    pub(crate) fn push_char(&mut self, shown: char, file: Range<usize>) {
        let len = shown.len_utf8();
        if let Some(last) = self.segments.last_mut()
            && last.len == last.file_len
            && len == file.len()
            && last.file_at + last.file_len == file.start
        {
            last.len += len;
            last.file_len += len;
            self.text.push(shown);
            self.raw.push(shown);
            return;
        }
        let mut buffer = [0; 4];
        self.push(shown.encode_utf8(&mut buffer), file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_file() {
        let file = "RUN tdnf \\\n# why\n install x";
        let mut fragment = Fragment::default();
        fragment.push_range(file, 4..11);
        fragment.push_range(file, 17..27);
        assert_eq!(fragment.text, "tdnf \\\n install x");
        assert_eq!(fragment.file_range(0..4), Some(4..8));
        assert_eq!(fragment.file_range(8..15), Some(18..25));
    }

    #[test]
    fn text_in_double_quotes_keeps_its_places() {
        let file = r#"sh -c "echo \"a\"; tdnf list""#;
        let outer = Fragment::of_file(file, 0..file.len());
        let inner = outer.inner(7..file.len() - 1, Encoding::ShellDouble).expect("it is all there");
        assert_eq!(inner.text, r#"echo "a"; tdnf list"#);
        let at = inner.text.find("tdnf").expect("it is there");
        assert_eq!(&file[inner.file_range(at..at + 4).expect("a place")], "tdnf");
        assert_eq!(inner.encode("a 'b'"), Some("a 'b'".to_owned()));
        assert_eq!(inner.encode("$x"), None);
    }
}
