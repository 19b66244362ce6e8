//! INI text as dnf5 reads it (reference of dnf5, section 2.2).

use std::fmt;

/// A parsed configuration file: sections in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ini {
    /// The sections; a name that occurs twice is here twice.
    pub sections: Vec<Section>,
}

/// One `[name]` and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Text between the brackets, variables not yet substituted.
    pub name: String,
    /// Line of the header, counted from 1.
    pub line: usize,
    /// The assignments in the order of the file.
    pub entries: Vec<Entry>,
}

/// One `key = value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Key without surrounding blanks.
    pub key: String,
    /// Value without surrounding blanks and quotes; continuation lines are joined with `\n`.
    pub value: String,
    /// Line of the key, counted from 1.
    pub line: usize,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IniFault {
    /// A section header without closing bracket.
    MissingBracket,
    /// `[]`.
    EmptySectionName,
    /// A line that starts with a blank where no value can continue.
    IllegalContinuationLine,
    /// `= value`.
    MissingKey,
    /// A line without `=`.
    MissingEqual,
    /// An assignment before the first section header.
    MissingSectionHeader,
}

impl fmt::Display for IniFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            IniFault::MissingBracket => "missing ']'",
            IniFault::EmptySectionName => "empty section name",
            IniFault::IllegalContinuationLine => "illegal continuation line",
            IniFault::MissingKey => "missing option name",
            IniFault::MissingEqual => "missing '='",
            IniFault::MissingSectionHeader => "missing section header",
        })
    }
}

/// A line that cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault} on line {line}")]
pub struct IniError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: IniFault,
}

impl Ini {
    /// Parses the text of a file.
    ///
    /// A byte order mark is skipped. The first bad line ends the parse, as in dnf5.
    pub fn parse(text: &str) -> Result<Self, IniError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut parser = Parser { ini: Ini::default(), open: false };
        for (index, line) in text.split('\n').enumerate() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            parser.line(line, index + 1).map_err(|fault| IniError { line: index + 1, fault })?;
        }
        parser.close();
        Ok(parser.ini)
    }

    /// Returns the value that a section's key has at last, if both exist.
    pub fn value(&self, section: &str, key: &str) -> Option<&str> {
        let sections = self.sections.iter().rev().filter(|candidate| candidate.name == section);
        sections.flat_map(|section| section.entries.iter().rev()).find(|entry| entry.key == key).map(|e| &*e.value)
    }
}

struct Parser {
    ini: Ini,
    /// Whether the last line belongs to a value that the next line may continue.
    open: bool,
}

impl Parser {
    fn line(&mut self, line: &str, number: usize) -> Result<(), IniFault> {
        if line.starts_with([' ', '\t']) {
            return self.continuation(line);
        }
        self.close();
        if line.is_empty() || line.starts_with(['#', ';']) {
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix('[') {
            let section = Section { name: section_name(rest)?.to_owned(), line: number, entries: Vec::new() };
            self.ini.sections.push(section);
            return Ok(());
        }
        let section = self.ini.sections.last_mut().ok_or(IniFault::MissingSectionHeader)?;
        let (key, value) = line.split_once('=').ok_or(IniFault::MissingEqual)?;
        let key = trim(key);
        if key.is_empty() {
            return Err(IniFault::MissingKey);
        }
        section.entries.push(Entry { key: key.to_owned(), value: trim(value).to_owned(), line: number });
        self.open = true;
        Ok(())
    }

    fn continuation(&mut self, line: &str) -> Result<(), IniFault> {
        let more = trim(line);
        if more.is_empty() {
            // A line of blanks ends a value as an empty line does.
            self.close();
            return Ok(());
        }
        match self.current() {
            Some(entry) => {
                entry.value.push('\n');
                entry.value.push_str(more);
                Ok(())
            }
            None => Err(IniFault::IllegalContinuationLine),
        }
    }

    fn current(&mut self) -> Option<&mut Entry> {
        if !self.open {
            return None;
        }
        self.ini.sections.last_mut()?.entries.last_mut()
    }

    /// Ends the open value: strips one pair of equal quotes.
    fn close(&mut self) {
        if let Some(entry) = self.current() {
            let stripped = ['"', '\''].into_iter().find_map(|q| entry.value.strip_prefix(q)?.strip_suffix(q));
            if let Some(stripped) = stripped {
                entry.value = stripped.to_owned();
            }
        }
        self.open = false;
    }
}

/// Returns the name in the text after `[`; brackets inside it must be balanced, as in `[repo-[a-z]]`.
fn section_name(rest: &str) -> Result<&str, IniFault> {
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth > 0 => depth -= 1,
            ']' => {
                // What follows the bracket is ignored, be it a comment or not.
                return if at == 0 { Err(IniFault::EmptySectionName) } else { Ok(&rest[..at]) };
            }
            _ => {}
        }
    }
    Err(IniFault::MissingBracket)
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[test]
    fn reads_sections_and_values() {
        let text =
            "\u{feff}# head\n[main]\nkey = value  \nlist=a,\n  b\n\tc\n\n[repo-[a-z]]  # why\nname=\"x y\"\r\nq='x\n";
        let ini = Ini::parse(text).expect("good text");
        assert_eq!(ini.value("main", "key"), Some("value"));
        assert_eq!(ini.value("main", "list"), Some("a,\nb\nc"));
        assert_eq!(ini.value("repo-[a-z]", "name"), Some("x y"));
        assert_eq!(ini.value("repo-[a-z]", "q"), Some("'x"));
        assert_eq!(ini.sections[1].line, 8);
        assert_eq!(ini.value("main", "nothing"), None);
    }

    #[rstest]
    #[case("[main", 1, IniFault::MissingBracket)]
    #[case("[]", 1, IniFault::EmptySectionName)]
    #[case("\n b", 2, IniFault::IllegalContinuationLine)]
    #[case("[a]\nx=1\n\n  y", 4, IniFault::IllegalContinuationLine)]
    #[case("[a]\nx", 2, IniFault::MissingEqual)]
    #[case("[a]\n=x", 2, IniFault::MissingKey)]
    #[case("x=1", 1, IniFault::MissingSectionHeader)]
    fn names_the_bad_line(#[case] text: &str, #[case] line: usize, #[case] fault: IniFault) {
        assert_eq!(Ini::parse(text), Err(IniError { line, fault }));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[\\[\\]a=# \t\n\"';\r]{0,80}") {
            let _ = Ini::parse(&text);
        }
    }
}
