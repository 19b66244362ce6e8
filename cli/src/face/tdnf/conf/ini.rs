//! Ini files as tdnf reads them (reference of tdnf, section 5.1): no continuation lines, `#` comments only.

/// tdnf's reader has so much room for a line; what is beyond is lost.
const LINE: usize = 1023;

/// A section: its name, and its keys with values in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Name between the brackets.
    pub name: String,
    /// Keys and values.
    pub entries: Vec<(String, String)>,
}

impl Section {
    /// Returns the last value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().rev().find(|(other, _)| other == key).map(|(_, value)| value.as_str())
    }
}

/// Reads the sections of a text.
///
/// Lines that are no header and no setting are left out, as are settings before the first header; a header without its
/// closing bracket is one all the same.
pub fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = cut(line).trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.split(']').next().unwrap_or_default().trim().to_owned();
            sections.push(Section { name, entries: Vec::new() });
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        if value == "{" || value.starts_with('{') && !value.contains('}') {
            // A nested block; tdnf has no use for any.
            lines.by_ref().find(|line| line.trim().starts_with('}'));
            continue;
        }
        if let Some(section) = sections.last_mut() {
            section.entries.push((key.to_owned(), value.to_owned()));
        }
    }
    sections
}

fn cut(line: &str) -> &str {
    let end = (0..=line.len().min(LINE)).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
    &line[..end]
}

/// What a text means as a truth value: any number but 0, or `true`.
///
/// `yes` and `on` are false, as in tdnf; `Err` has the text that tdnf warns about.
pub fn truth(text: &str) -> Result<bool, String> {
    if text.eq_ignore_ascii_case("true") {
        return Ok(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Ok(false);
    }
    match text.parse::<i64>() {
        Ok(number) => Ok(number != 0),
        Err(_) => Err(format!("WARNING: invalid arg to strtoi: '{text}'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialect() {
        let text = "lost=1\n[main]\n# no\nkeepcache = 1\nlist=a b\n  c\nblock={\n x=1\n}\n[broken\nname=x\n";
        let found = sections(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].get("keepcache"), Some("1"));
        assert_eq!(found[0].get("list"), Some("a b"));
        assert_eq!(found[0].get("x"), None);
        assert_eq!((found[1].name.as_str(), found[1].get("name")), ("broken", Some("x")));
        let long = format!("[a]\nk={}\n", "x".repeat(2000));
        assert_eq!(sections(&long)[0].get("k").map(str::len), Some(LINE - 2));
    }

    #[test]
    fn truths() {
        assert_eq!((truth("1"), truth("7"), truth("true"), truth("0")), (Ok(true), Ok(true), Ok(true), Ok(false)));
        assert_eq!(truth("yes").expect_err("tdnf does not take it"), "WARNING: invalid arg to strtoi: 'yes'");
    }
}
