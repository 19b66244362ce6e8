//! Variables in configuration values (reference of dnf5, section 2.6).

use std::collections::BTreeMap;

/// Where a variable came from; a later one wins when its priority is equal or higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are dnf5's")]
pub enum VarPriority {
    Default = 10,
    Auto = 20,
    VarsDir = 30,
    Plugin = 40,
    Environment = 50,
    CommandLine = 60,
    Runtime = 70,
}

/// How deep words of `${name:-word}` may nest.
const MAXIMUM_DEPTH: usize = 32;

/// The variables in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vars {
    values: BTreeMap<String, (String, VarPriority)>,
}

impl Vars {
    /// Makes an empty set.
    pub fn new() -> Self {
        Vars::default()
    }

    /// Sets a variable unless a stronger value is in force; tells whether it did.
    ///
    /// Setting `releasever` other than by detection also sets `releasever_major` and `releasever_minor`, as dnf5 does:
    /// the texts before and after the first dot, as far as there are any.
    pub fn set(&mut self, name: &str, value: &str, priority: VarPriority) -> bool {
        let set = self.set_one(name, value, priority);
        if set && name == "releasever" && priority != VarPriority::Auto {
            let (major, minor) = value.split_once('.').unwrap_or((value, ""));
            for (name, part) in [("releasever_major", major), ("releasever_minor", minor)] {
                if !part.is_empty() {
                    self.set_one(name, part, priority);
                }
            }
        }
        set
    }

    fn set_one(&mut self, name: &str, value: &str, priority: VarPriority) -> bool {
        let wins = self.values.get(name).is_none_or(|(_, current)| priority >= *current);
        if wins {
            self.values.insert(name.to_owned(), (value.to_owned(), priority));
        }
        wins
    }

    /// Removes a variable unless a stronger value is in force; tells whether it did.
    pub fn unset(&mut self, name: &str, priority: VarPriority) -> bool {
        let removable = self.values.get(name).is_some_and(|(_, current)| priority >= *current);
        if removable {
            self.values.remove(name);
        }
        removable
    }

    /// Returns a variable's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    /// Returns a variable's priority.
    pub fn priority(&self, name: &str) -> Option<VarPriority> {
        self.values.get(name).map(|(_, priority)| *priority)
    }

    /// Iterates over names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, (value, _))| (name.as_str(), value.as_str()))
    }

    /// Returns the text with every known variable replaced.
    ///
    /// Forms are `$name`, `${name}`, `${name:-word}` and `${name:+word}`; a backslash takes the meaning from what
    /// follows it and goes away. Unknown names and malformed expressions stay as they are.
    pub fn substitute(&self, text: &str) -> String {
        if !text.contains(['$', '\\']) {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        self.expand(text, 0, &mut out, &mut Unterminated::new());
        out
    }

    /// Expands `text` into `out` and returns how many bytes were read; inside a word (`depth` > 0) an unescaped `}`
    /// ends it.
    fn expand(&self, text: &str, depth: usize, out: &mut String, seen: &mut Unterminated) -> usize {
        if depth > MAXIMUM_DEPTH {
            out.push_str(text);
            return text.len();
        }
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            match c {
                '}' if depth > 0 => return at,
                '\\' => {
                    match text[at + 1..].chars().next() {
                        Some(next) => out.push(next),
                        None => out.push('\\'),
                    }
                    at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
                }
                '$' => at += self.expression(&text[at..], depth, out, seen),
                _ => {
                    out.push(c);
                    at += c.len_utf8();
                }
            }
        }
        at
    }

    /// Expands the expression that starts with the `$` at the head of `text`; returns how many bytes it took.
    fn expression(&self, text: &str, depth: usize, out: &mut String, seen: &mut Unterminated) -> usize {
        let braces = text[1..].starts_with('{');
        let start = if braces { 2 } else { 1 };
        let length = text[start..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let end = start + length;
        let value = self.get(&text[start..end]);
        if !braces {
            out.push_str(value.unwrap_or(&text[..end]));
            return end;
        }
        let rest = &text[end..];
        if rest.starts_with('}') {
            out.push_str(value.unwrap_or(&text[..=end]));
            return end + 1;
        }
        let set = value.filter(|value| !value.is_empty());
        let mode = rest.strip_prefix(':').and_then(|rest| rest.chars().next()).filter(|mode| matches!(mode, '-' | '+'));
        // What lies behind an expression without an end is looked at again, and must not be each time.
        let place = (text.len(), depth);
        if let Some(mode) = mode.filter(|_| !seen.contains(&place)) {
            let word_start = end + 2;
            let mut word = String::new();
            let word_end = word_start + self.expand(&text[word_start..], depth + 1, &mut word, seen);
            if text[word_end..].starts_with('}') {
                match (mode, set) {
                    ('-', Some(value)) => out.push_str(value),
                    ('-', None) | ('+', Some(_)) => out.push_str(&word),
                    _ => {}
                }
                return word_end + 1;
            }
            seen.insert(place);
        }
        // Not an expression after all: the text stands for itself.
        out.push_str(&text[..end]);
        end
    }
}

/// Expressions that were found to have no end: bytes left behind them, and how deep they lie.
type Unterminated = std::collections::HashSet<(usize, usize)>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn vars() -> Vars {
        let mut vars = Vars::new();
        vars.set("vone", "VV", VarPriority::VarsDir);
        vars.set("vempty", "", VarPriority::VarsDir);
        vars
    }

    // The expected texts were printed by dnf5 5.4.6 for the same expressions in a repository's name.
    #[rstest]
    #[case("A $vone ${vone} ${nope:-w$vone} ${vempty:-e}", "A VV VV wVV e")]
    #[case("${vone:+alt}|${nope:+alt}|", "alt||")]
    #[case("$nope|${nope}", "$nope|${nope}")]
    #[case("\\$vone|\\}|\\\\|\\x", "$vone|}|\\|x")]
    #[case("${vone:?x}|${vone|$|a$", "${vone:?x}|${vone|$|a$")]
    #[case("${a:-${b:-${vone}}x}", "VVx")]
    #[case("${a:-b", "${a:-b")]
    fn substitutes(#[case] text: &str, #[case] want: &str) {
        assert_eq!(vars().substitute(text), want);
    }

    /// Found by the fuzz target of `.repo` files: each such expression doubled the time.
    #[test]
    fn expressions_without_an_end_take_no_time() {
        let text = "${vone:-a".repeat(200);
        assert_eq!(vars().substitute(&text), text);
        let text = format!("{}{}", "${vone:-a".repeat(200), "}".repeat(150));
        assert!(vars().substitute(&text).len() <= text.len());
    }

    #[test]
    fn releasever_is_split() {
        let mut vars = Vars::new();
        vars.set("releasever", "9.3.1", VarPriority::CommandLine);
        assert_eq!(vars.get("releasever_major"), Some("9"));
        assert_eq!(vars.get("releasever_minor"), Some("3.1"));
        let mut vars = Vars::new();
        vars.set("releasever", "42", VarPriority::CommandLine);
        assert_eq!((vars.get("releasever_major"), vars.get("releasever_minor")), (Some("42"), None));
        assert!(!vars.set("releasever", "41", VarPriority::Auto));
        let mut vars = Vars::new();
        vars.set("releasever", "41.", VarPriority::CommandLine);
        vars.set("releasever", ".2", VarPriority::CommandLine);
        vars.set("releasever", "", VarPriority::CommandLine);
        assert_eq!((vars.get("releasever_major"), vars.get("releasever_minor")), (Some("41"), Some("2")));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[${}:\\-+\\\\vone é]{0,60}") {
            let _ = vars().substitute(&text);
        }
    }
}
