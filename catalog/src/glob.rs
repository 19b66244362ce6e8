//! Shell patterns over bytes, as `fnmatch(3)` takes them without flags.

/// Tells whether a text holds a character that dnf5 takes for a wildcard.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// A shell pattern, ready for many texts.
///
/// `*` and `?` also match `/` and a leading dot; `[…]` knows ranges, `!` or `^` in front and classes like
/// `[:alpha:]`; `\` takes the next character as it is. Bytes outside ASCII are characters of UTF-8 for `?` and `[…]`.
#[derive(Debug, Clone)]
pub struct Glob {
    pattern: Vec<u8>,
    icase: bool,
}

impl Glob {
    /// Takes a pattern.
    pub fn new(pattern: &str, icase: bool) -> Self {
        let mut pattern = pattern.as_bytes().to_vec();
        if icase {
            pattern.make_ascii_lowercase();
        }
        Glob { pattern, icase }
    }

    /// Returns what every matching text starts with, byte for byte; empty for patterns without regard to case.
    pub fn prefix(&self) -> &[u8] {
        if self.icase {
            return &[];
        }
        let end = self.pattern.iter().position(|byte| matches!(byte, b'*' | b'?' | b'[' | b'\\'));
        &self.pattern[..end.unwrap_or(self.pattern.len())]
    }

    /// Returns what every matching text ends with, but for case.
    fn suffix(&self) -> &[u8] {
        // What stands after the last special character; a bracket could hold any of the others.
        let special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\');
        &self.pattern[self.pattern.iter().rposition(special).map_or(0, |at| at + 1)..]
    }

    /// Tells whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.matches_bytes(text.as_bytes())
    }

    /// Tells whether the whole text matches.
    pub fn matches_bytes(&self, text: &[u8]) -> bool {
        let suffix = self.suffix();
        // Most texts of a large set are turned away here.
        let Some(end) = text.len().checked_sub(suffix.len()) else { return false };
        if !text[end..].eq_ignore_ascii_case(suffix) {
            return false;
        }
        if self.icase { matches(&self.pattern, &text.to_ascii_lowercase()) } else { matches(&self.pattern, text) }
    }
}

/// One element of a pattern that takes one character.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut place) = (0, 0);
    // Where to go on when what follows the last `*` does not match here: only that one needs to be tried again.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            retry = Some((at, place));
            continue;
        }
        if place == text.len() && at == pattern.len() {
            return true;
        }
        if let Some((next, len)) = step(&pattern[at..], &text[place..]) {
            at += next;
            place += len;
            continue;
        }
        let Some((after, from)) = retry else { return false };
        if from >= text.len() {
            return false;
        }
        let from = from + character(&text[from..]);
        retry = Some((after, from));
        (at, place) = (after, from);
    }
}

/// Matches one element of the pattern with one character; returns the lengths of both.
fn step(pattern: &[u8], text: &[u8]) -> Option<(usize, usize)> {
    let (first, byte) = (*pattern.first()?, *text.first()?);
    match first {
        b'?' => Some((1, character(text))),
        b'[' => match bracket(pattern, text) {
            Some((len, true)) => Some((len, character(text))),
            Some((_, false)) => None,
            // Without its end it stands for itself.
            None => (byte == b'[').then_some((1, 1)),
        },
        b'\\' if pattern.len() > 1 => (pattern[1] == byte).then_some((2, 1)),
        _ => (first == byte).then_some((1, 1)),
    }
}

fn character(text: &[u8]) -> usize {
    decode(text).1
}

/// Returns the first character and its length; a byte that is no UTF-8 counts as itself.
fn decode(text: &[u8]) -> (u32, usize) {
    let first = text.first().copied().unwrap_or(0);
    let (len, bits) = match first {
        0xc2..=0xdf => (2, first & 0x1f),
        0xe0..=0xef => (3, first & 0x0f),
        0xf0..=0xf4 => (4, first & 0x07),
        _ => return (first.into(), 1),
    };
    let Some(rest) = text.get(1..len).filter(|rest| rest.iter().all(|byte| byte & 0xc0 == 0x80)) else {
        return (first.into(), 1);
    };
    (rest.iter().fold(u32::from(bits), |number, byte| number << 6 | u32::from(byte & 0x3f)), len)
}

/// Returns the length of a bracket expression and whether it takes the first character; `None` without `]`.
fn bracket(pattern: &[u8], text: &[u8]) -> Option<(usize, bool)> {
    let (wanted, _) = decode(text);
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    at += usize::from(negated);
    let first = at;
    let mut found = false;
    loop {
        match *pattern.get(at)? {
            b']' if at > first => return Some((at + 1, found != negated)),
            b'[' if pattern.get(at + 1) == Some(&b':') => {
                if let Some((len, class)) = class(&pattern[at..]) {
                    found |= in_class(class, wanted);
                    at += len;
                    continue;
                }
            }
            _ => {}
        }
        let (low, next) = bracket_character(pattern, at)?;
        at = next;
        let mut high = low;
        if pattern.get(at) == Some(&b'-') && !matches!(pattern.get(at + 1), None | Some(b']')) {
            (high, at) = bracket_character(pattern, at + 1)?;
        }
        found |= (low..=high).contains(&wanted);
    }
}

fn bracket_character(pattern: &[u8], at: usize) -> Option<(u32, usize)> {
    let at = if pattern.get(at) == Some(&b'\\') && at + 1 < pattern.len() { at + 1 } else { at };
    let rest = pattern.get(at..).filter(|rest| !rest.is_empty())?;
    let (wanted, len) = decode(rest);
    Some((wanted, at + len))
}

/// Returns length and name of `[:name:]`.
fn class(pattern: &[u8]) -> Option<(usize, &[u8])> {
    let end = pattern.windows(2).skip(2).position(|pair| pair == b":]")? + 2;
    Some((end + 2, &pattern[2..end]))
}

fn in_class(class: &[u8], wanted: u32) -> bool {
    let Ok(byte) = u8::try_from(wanted) else { return false };
    match class {
        b"alpha" => byte.is_ascii_alphabetic(),
        b"digit" => byte.is_ascii_digit(),
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"upper" => byte.is_ascii_uppercase(),
        b"lower" => byte.is_ascii_lowercase(),
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0b,
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"xdigit" => byte.is_ascii_hexdigit(),
        b"graph" => byte.is_ascii_graphic(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        b"cntrl" => byte.is_ascii_control(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    // witness: fnmatch(3) of glibc
    #[rstest]
    #[case("foo", "foo", true)]
    #[case("foo", "fooo", false)]
    #[case("f*", "f", true)]
    #[case("*", "", true)]
    #[case("", "", true)]
    #[case("?", "", false)]
    #[case("f?o", "fxo", true)]
    #[case("f?o", "f\u{e9}o", true)]
    #[case("*.so*", "libx.so.1", true)]
    #[case("a*b*c", "axxbyyc", true)]
    #[case("a*b*c", "axxbyy", false)]
    #[case("*aab", "aaaaab", true)]
    #[case("[a-c]x", "bx", true)]
    #[case("[!a-c]x", "bx", false)]
    #[case("[^a-c]x", "dx", true)]
    #[case("[]a]", "]", true)]
    #[case("[!]a]", "]", false)]
    #[case("[a-]", "-", true)]
    #[case("[[:digit:]]*", "7zip", true)]
    #[case("[[:alpha:]]*", "7zip", false)]
    #[case("[abc", "[abc", true)]
    #[case("[", "[", true)]
    #[case(r"a\*b", "a*b", true)]
    #[case(r"a\*b", "axb", false)]
    #[case(r"a*\b", "axb", true)]
    #[case("a[b]c", "abc", true)]
    #[case("a[b", "a[b", true)]
    #[case("a]b", "a]b", true)]
    #[case("/usr/*/foo", "/usr/share/x/foo", true)]
    #[case("*", ".hidden", true)]
    #[case("F*", "foo", false)]
    fn follows_fnmatch(#[case] pattern: &str, #[case] text: &str, #[case] want: bool) {
        assert_eq!(Glob::new(pattern, false).matches(text), want);
    }

    #[test]
    fn ignores_case_on_request() {
        assert!(Glob::new("F*[X-Z]", true).matches("foOy"));
    }

    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', rest @ ..] => (0..=text.len()).any(|skip| naive(rest, &text[skip..])),
            [b'?', rest @ ..] => !text.is_empty() && naive(rest, &text[1..]),
            [byte, rest @ ..] => text.first() == Some(byte) && naive(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_matcher(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let glob = Glob::new(&pattern, false);
            prop_assert_eq!(glob.matches(&text), naive(pattern.as_bytes(), text.as_bytes()));
            if glob.matches(&text) {
                prop_assert!(text.as_bytes().starts_with(glob.prefix()));
            }
        }

        #[test]
        fn never_panics(pattern in r"[\[\]!^a\\:*?-]{0,12}|.{0,8}", text in ".{0,12}") {
            let _ = Glob::new(&pattern, true).matches(&text);
        }
    }
}
