//! Configuration files that are changed: what nobody asked to change stays as it was written.

use super::ini::{Ini, IniError, section_name};

/// The text of a configuration file, section by section and item by item.
///
/// As in dnf5 a section that is opened again is written together with the first, and of a key that is set twice only the
/// later line is left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IniText {
    /// Everything before the first section, ending with a newline unless it is empty.
    head: String,
    sections: Vec<TextSection>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct TextSection {
    name: String,
    header: String,
    items: Vec<Item>,
}

/// A key with its value, or a comment or an empty line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    key: Option<String>,
    /// Lines as they are written, each with its newline.
    raw: String,
}

impl IniText {
    /// Reads the text of a file; what [`Ini::parse`] refuses is refused.
    pub fn parse(text: &str) -> Result<Self, IniError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ini::parse(text)?;
        let mut file = IniText::default();
        let mut current = None;
        for line in text.split_inclusive('\n') {
            let line = line.strip_suffix('\n').unwrap_or(line);
            current = file.line(line.trim_end_matches('\r'), current);
        }
        Ok(file)
    }

    /// Takes a line in; returns the section that the next one belongs to.
    fn line(&mut self, line: &str, current: Option<usize>) -> Option<usize> {
        let raw = format!("{line}\n");
        let unindented = line.trim_start_matches([' ', '\t']);
        if let Some(Ok(name)) = unindented.strip_prefix('[').map(section_name) {
            let known = self.sections.iter().position(|section| section.name == name);
            return Some(known.unwrap_or_else(|| self.open(name, raw)));
        }
        let Some(section) = current.and_then(|at| self.sections.get_mut(at)) else {
            self.head.push_str(&raw);
            return current;
        };
        match section.items.last_mut().filter(|item| item.key.is_some()) {
            Some(item) if line.starts_with([' ', '\t']) => item.raw.push_str(&raw),
            _ => section.put(key_of(line), raw),
        }
        current
    }

    fn open(&mut self, name: &str, header: String) -> usize {
        self.sections.push(TextSection { name: name.to_owned(), header, items: Vec::new() });
        self.sections.len() - 1
    }

    /// Replaces everything before the first section by these lines.
    pub fn set_head(&mut self, head: &str) {
        head.clone_into(&mut self.head);
    }

    /// Tells whether there is such a section.
    pub fn has_section(&self, name: &str) -> bool {
        self.sections.iter().any(|section| section.name == name)
    }

    /// Returns the names of the sections, in order.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| section.name.as_str())
    }

    /// Adds a section at the end unless it is there.
    pub fn add_section(&mut self, name: &str) {
        if !self.has_section(name) {
            self.open(name, format!("[{name}]\n"));
        }
    }

    /// Sets a key in its place, or at the end of its section, which is added if it is missing.
    pub fn set(&mut self, section: &str, key: &str, value: &str) {
        self.add_section(section);
        let raw = format!("{key}={}\n", value.replace('\n', "\n "));
        if let Some(section) = self.sections.iter_mut().find(|known| known.name == section) {
            section.put(Some(key.to_owned()), raw);
        }
    }

    /// Removes a key; tells whether it was there.
    pub fn remove(&mut self, section: &str, key: &str) -> bool {
        let Some(section) = self.sections.iter_mut().find(|known| known.name == section) else { return false };
        let before = section.items.len();
        section.items.retain(|item| item.key.as_deref() != Some(key));
        section.items.len() < before
    }

    /// Removes a section with everything in it.
    pub fn remove_section(&mut self, name: &str) {
        self.sections.retain(|section| section.name != name);
    }

    /// Removes the section if nothing is left in it, not even a comment or an empty line.
    pub fn remove_empty_section(&mut self, name: &str) {
        self.sections.retain(|section| section.name != name || !section.items.is_empty());
    }

    /// Returns the text of the changed file.
    pub fn render(&self) -> String {
        let mut text = self.head.clone();
        for section in &self.sections {
            text.push_str(&section.header);
            text.extend(section.items.iter().map(|item| &*item.raw));
        }
        text
    }
}

impl TextSection {
    fn put(&mut self, key: Option<String>, raw: String) {
        let known = key.as_ref().and_then(|_| self.items.iter_mut().find(|item| item.key == key));
        match known {
            Some(item) => item.raw = raw,
            None => self.items.push(Item { key, raw }),
        }
    }
}

/// Returns the key that a line sets; `None` for comments and empty lines.
fn key_of(line: &str) -> Option<String> {
    let (key, _) = line.split_once('=').filter(|_| !line.starts_with(['#', ';', ' ', '\t']))?;
    Some(key.trim_matches([' ', '\t', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // witness: compat-tests/tests/config_manager.rs::what_was_written_by_hand_stays
    #[test]
    fn keeps_what_is_not_changed() {
        let text = "# top\n\n[main]\n# why\nbest = 0\nexclude=a\n  b\n\n[q]\nname=Q";
        let mut file = IniText::parse(text).expect("good text");
        assert_eq!(file.render(), format!("{text}\n"));
        file.set("main", "best", "1");
        file.set("main", "timeout", "4");
        file.set("new", "x", "1\n2");
        assert_eq!(
            file.render(),
            "# top\n\n[main]\n# why\nbest=1\nexclude=a\n  b\n\ntimeout=4\n[q]\nname=Q\n[new]\nx=1\n 2\n"
        );
        assert!(file.remove("main", "exclude"));
        assert!(!file.remove("main", "exclude"));
        assert!(!file.remove("nosuch", "x"));
        file.remove_section("q");
        file.remove("new", "x");
        file.remove_empty_section("new");
        file.remove_empty_section("main");
        assert_eq!(file.render(), "# top\n\n[main]\n# why\nbest=1\n\ntimeout=4\n");
    }

    proptest! {
        #[test]
        fn what_is_set_is_read(text in "[\\[\\]a=# \t\n\"';\r]{0,60}", value in "[a-z0-9]{1,8}") {
            if let Ok(mut file) = IniText::parse(&text) {
                file.set("main", "key", &value);
                let read = Ini::parse(&file.render()).expect("a changed file is still a good one");
                prop_assert_eq!(read.value("main", "key"), Some(value.as_str()));
                prop_assert_eq!(IniText::parse(&file.render()).expect("good"), file);
            }
        }
    }
}
