//! Globs over paths, as fnmatch(3) without flags reads them.

/// A glob.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    parts: Vec<Part>,
    /// The longest run of plain characters, which every match contains.
    literal: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Char(char),
    /// `?`
    Any,
    /// `*`
    Many,
    /// `[a-z]` or `[!a-z]`
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
        classes: Vec<fn(char) -> bool>,
    },
}

impl Glob {
    /// Tells whether a text has a character that is special in globs.
    pub(crate) fn is_glob(text: &str) -> bool {
        text.contains(['*', '?', '['])
    }

    /// Reads a glob; an unfinished set stands for itself.
    pub(crate) fn new(pattern: &str) -> Self {
        let chars: Vec<char> = pattern.chars().collect();
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            match c {
                '*' => {
                    if parts.last() != Some(&Part::Many) {
                        parts.push(Part::Many);
                    }
                }
                '?' => parts.push(Part::Any),
                '[' => match read_set(&chars, at) {
                    Some((set, next)) => {
                        parts.push(set);
                        at = next;
                    }
                    None => parts.push(Part::Char('[')),
                },
                '\\' if at < chars.len() => {
                    parts.push(Part::Char(chars[at]));
                    at += 1;
                }
                c => parts.push(Part::Char(c)),
            }
        }
        let literal = parts
            .split(|part| !matches!(part, Part::Char(_)))
            .max_by_key(|run| run.len())
            .unwrap_or_default()
            .iter()
            .filter_map(|part| if let Part::Char(c) = part { Some(*c) } else { None })
            .collect();
        Glob { parts, literal }
    }

    /// Returns the longest run of plain characters.
    pub(crate) fn literal(&self) -> &str {
        &self.literal
    }

    /// Tells whether the glob matches the whole text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        // Only the last star has to be remembered: an earlier one matching more never helps.
        let mut retry: Option<(usize, &str)> = None;
        let (mut part, mut rest) = (0, text);
        loop {
            let next = rest.chars().next();
            match (self.parts.get(part), next) {
                (None, None) => return true,
                (Some(Part::Many), _) => {
                    part += 1;
                    retry = Some((part, rest));
                    continue;
                }
                (Some(wanted), Some(c)) if wanted.takes(c) => {
                    part += 1;
                    rest = &rest[c.len_utf8()..];
                    continue;
                }
                _ => {}
            }
            let Some((star, from)) = retry else { return false };
            let Some(skipped) = from.chars().next() else { return false };
            rest = &from[skipped.len_utf8()..];
            part = star;
            retry = Some((star, rest));
        }
    }
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Part::Char(wanted) => *wanted == c,
            Part::Any | Part::Many => true,
            Part::Set { negated, ranges, classes } => {
                let within = ranges.iter().any(|(low, high)| (*low..=*high).contains(&c));
                (within || classes.iter().any(|class| class(c))) != *negated
            }
        }
    }
}

/// Reads a set whose `[` is behind `at`; returns the set and the place behind its `]`.
fn read_set(chars: &[char], mut at: usize) -> Option<(Part, usize)> {
    let negated = matches!(chars.get(at), Some('!' | '^'));
    at += usize::from(negated);
    let (mut ranges, mut classes) = (Vec::new(), Vec::new());
    let mut first = true;
    loop {
        let c = *chars.get(at)?;
        at += 1;
        match c {
            // A bracket right at the start stands for itself.
            ']' if !first => return Some((Part::Set { negated, ranges, classes }, at)),
            '[' if chars.get(at) == Some(&':') => {
                let length = chars[at..].windows(2).position(|pair| pair == [':', ']']).filter(|length| *length > 0)?;
                let name: String = chars[at + 1..at + length].iter().collect();
                classes.push(class(&name)?);
                at += length + 2;
            }
            c => {
                let low = if c == '\\' {
                    at += 1;
                    *chars.get(at - 1)?
                } else {
                    c
                };
                match (chars.get(at), chars.get(at + 1)) {
                    (Some('-'), Some(high)) if *high != ']' => {
                        ranges.push((low, *high));
                        at += 2;
                    }
                    _ => ranges.push((low, low)),
                }
            }
        }
        first = false;
    }
}

fn class(name: &str) -> Option<fn(char) -> bool> {
    Some(match name {
        "alnum" => |c| c.is_ascii_alphanumeric(),
        "alpha" => |c| c.is_ascii_alphabetic(),
        "digit" => |c| c.is_ascii_digit(),
        "lower" => |c| c.is_ascii_lowercase(),
        "upper" => |c| c.is_ascii_uppercase(),
        "punct" => |c| c.is_ascii_punctuation(),
        "space" => |c| c.is_ascii_whitespace(),
        "xdigit" => |c| c.is_ascii_hexdigit(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("/usr/bin/*", "/usr/bin/a/b", true)]
    #[case("*bin/ls", "/usr/bin/ls", true)]
    #[case("*bin/ls", "/usr/bin/lsof", false)]
    #[case("/a?c", "/abc", true)]
    #[case("/a?c", "/ac", false)]
    #[case("/[a-c]x", "/bx", true)]
    #[case("/[!a-c]x", "/bx", false)]
    #[case("/[]]x", "/]x", true)]
    #[case("/[[:digit:]]", "/7", true)]
    #[case("/[a", "/[a", true)]
    #[case(r"/\*", "/*", true)]
    #[case(r"/\*", "/a", false)]
    #[case("*a*b*c*", "xxaxxbxxcxx", true)]
    #[case("", "", true)]
    #[case("*", "", true)]
    #[case("/\u{e4}?", "/\u{e4}\u{f6}", true)]
    fn matches(#[case] glob: &str, #[case] text: &str, #[case] want: bool) {
        assert_eq!(Glob::new(glob).matches(text), want);
    }

    #[test]
    fn finds_the_longest_literal() {
        assert_eq!(Glob::new("*/bin/[ab]c?longest*").literal(), "longest");
        assert_eq!(Glob::new("*?").literal(), "");
    }

    proptest! {
        #[test]
        fn matches_contain_the_literal(glob in "[ab*?\\[\\]\\\\-]{0,8}", text in "[ab\\[\\]-]{0,8}") {
            let glob = Glob::new(&glob);
            if glob.matches(&text) {
                prop_assert!(text.contains(glob.literal()));
            }
        }
    }
}
