//! INI text as dnf5 reads it (reference of dnf5, section 2.2).

use std::collections::HashMap;
use std::fmt;

/// A parsed configuration file: sections in the order of the file.
///
/// As in dnf5, a section that is opened again goes on, and a key that is set again keeps its place and gets the later
/// value: what was set before has no effect, not even on lists that add up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ini {
    /// The sections; each name is here once.
    pub sections: Vec<Section>,
}

/// One `[name]` and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Text between the brackets, variables not yet substituted.
    pub name: String,
    /// Line of the header, counted from 1.
    pub line: usize,
    /// The assignments in the order of the file; each key is here once.
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
        let mut parser = Parser::default();
        for (index, line) in text.split('\n').enumerate() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            parser.line(line, index + 1).map_err(|fault| IniError { line: index + 1, fault })?;
        }
        parser.close();
        Ok(parser.ini)
    }

    /// Returns the value of a section's key, if both exist.
    pub fn value(&self, section: &str, key: &str) -> Option<&str> {
        let section = self.sections.iter().find(|candidate| candidate.name == section)?;
        section.entries.iter().find(|entry| entry.key == key).map(|entry| &*entry.value)
    }
}

#[derive(Default)]
struct Parser {
    ini: Ini,
    /// Index of every section by its name.
    sections: HashMap<String, usize>,
    /// For every section the index of every entry by its key.
    entries: Vec<HashMap<String, usize>>,
    /// Index of the section that lines belong to.
    section: Option<usize>,
    /// Index of the entry whose value the next line may continue.
    entry: Option<usize>,
    /// Lines of blanks after the open value; they belong to it if it goes on.
    blanks: usize,
}

impl Parser {
    fn line(&mut self, line: &str, number: usize) -> Result<(), IniFault> {
        // A header is one also when it is indented, even behind a value that could go on.
        let unindented = line.trim_start_matches([' ', '\t']);
        let line = if unindented.starts_with('[') { unindented } else { line };
        if line.starts_with([' ', '\t']) {
            return self.continuation(line);
        }
        self.close();
        if line.is_empty() || line.starts_with(['#', ';']) {
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix('[') {
            self.enter(section_name(rest)?, number);
            return Ok(());
        }
        let section = self.section.ok_or(IniFault::MissingSectionHeader)?;
        let (key, value) = line.split_once('=').ok_or(IniFault::MissingEqual)?;
        let key = trim(key);
        if key.is_empty() {
            return Err(IniFault::MissingKey);
        }
        let entry = Entry { key: key.to_owned(), value: trim(value).to_owned(), line: number };
        let entries = &mut self.ini.sections[section].entries;
        let at = *self.entries[section].entry(key.to_owned()).or_insert(entries.len());
        match entries.get_mut(at) {
            Some(earlier) => *earlier = entry,
            None => entries.push(entry),
        }
        self.entry = Some(at);
        Ok(())
    }

    fn enter(&mut self, name: &str, number: usize) {
        let at = *self.sections.entry(name.to_owned()).or_insert(self.ini.sections.len());
        if at == self.ini.sections.len() {
            self.ini.sections.push(Section { name: name.to_owned(), line: number, entries: Vec::new() });
            self.entries.push(HashMap::new());
        }
        self.section = Some(at);
    }

    fn continuation(&mut self, line: &str) -> Result<(), IniFault> {
        let more = trim(line);
        if more.is_empty() {
            self.blanks += 1;
            return Ok(());
        }
        let blanks = std::mem::take(&mut self.blanks);
        if self.section.is_none() {
            return Err(IniFault::MissingSectionHeader);
        }
        let entry = self.current().ok_or(IniFault::IllegalContinuationLine)?;
        entry.value.extend(std::iter::repeat_n('\n', blanks + 1));
        entry.value.push_str(more);
        Ok(())
    }

    fn current(&mut self) -> Option<&mut Entry> {
        self.ini.sections.get_mut(self.section?)?.entries.get_mut(self.entry?)
    }

    /// Ends the open value: strips one pair of equal quotes.
    fn close(&mut self) {
        if let Some(entry) = self.current() {
            let stripped = ['"', '\''].into_iter().find_map(|q| entry.value.strip_prefix(q)?.strip_suffix(q));
            if let Some(stripped) = stripped {
                entry.value = stripped.to_owned();
            }
        }
        self.entry = None;
        self.blanks = 0;
    }
}

/// Returns the name in the text after `[`; brackets inside it must be balanced, as in `[repo-[a-z]]`.
pub(super) fn section_name(rest: &str) -> Result<&str, IniFault> {
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

    // witness: compat-tests/tests/configuration/syntax.rs
    #[test]
    fn sections_and_keys_go_on() {
        let ini = Ini::parse(" [a]\nx=1\ny=2\n [b]\nz=3\n[a]\nx=4\nlist=p\n \n q\n \n").expect("good text");
        let names: Vec<&str> = ini.sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        let entries: Vec<_> = ini.sections[0].entries.iter().map(|e| (&*e.key, &*e.value, e.line)).collect();
        assert_eq!(entries, [("x", "4", 7), ("y", "2", 3), ("list", "p\n\nq", 8)]);
    }

    #[rstest]
    #[case(" x=1\n[a]", 1, IniFault::MissingSectionHeader)]
    #[case("[main", 1, IniFault::MissingBracket)]
    #[case("[]", 1, IniFault::EmptySectionName)]
    #[case("\n b", 2, IniFault::MissingSectionHeader)]
    #[case("[a]\n b", 2, IniFault::IllegalContinuationLine)]
    #[case("[a]\nx=1\n [b", 3, IniFault::MissingBracket)]
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
