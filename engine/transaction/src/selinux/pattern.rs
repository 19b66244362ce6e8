//! Patterns of file contexts: what in them is plain text, and their translation for the regex crate.
//!
//! libselinux takes them as Perl-compatible expressions over bytes, in which a dot matches everything.

use regex::bytes::{Regex, RegexBuilder};

/// Longest pattern that is compiled, as with libselinux.
const LONGEST: usize = 4096;
/// Bytes that one compiled pattern may take.
const MOST_MEMORY: usize = 4 << 20;

/// Characters that have a meaning.
const META: &[u8] = b".^$?*+|[({])}";
/// Characters that mean themselves behind a backslash; others there make it a pattern.
const ESCAPABLE: &[u8] = b".^$?*+|[({])}-_,";

/// Returns the text that a pattern or a part of it means, if it means just one.
pub(super) fn plain(pattern: &[u8]) -> Option<Vec<u8>> {
    let (text, whole) = plain_start(pattern);
    whole.then_some(text)
}

/// Returns the text with which everything that matches begins, and whether that is all.
///
/// The last plain character does not count when it may be missing.
pub(super) fn plain_start(pattern: &[u8]) -> (Vec<u8>, bool) {
    let mut text = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next() {
                Some(escaped) if ESCAPABLE.contains(escaped) => text.push(*escaped),
                _ => return (text, false),
            },
            b'?' | b'*' | b'{' => {
                text.pop();
                return (text, false);
            }
            byte if META.contains(byte) => return (text, false),
            byte => text.push(*byte),
        }
    }
    (text, true)
}

/// Tells whether a bar stands outside of groups: then what is before it is not the beginning of all that matches.
pub(super) fn has_alternatives(pattern: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut class = false;
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => _ = bytes.next(),
            b'[' => class = true,
            b']' => class = false,
            b'(' if !class => depth += 1,
            b')' if !class => depth = depth.saturating_sub(1),
            b'|' if !class && depth == 0 => return true,
            _ => {}
        }
    }
    false
}

/// Compiles a pattern that must match from beginning to end.
pub(super) fn compile(pattern: &[u8]) -> Result<Regex, String> {
    if pattern.len() >= LONGEST {
        return Err(format!("it has {} characters", pattern.len()));
    }
    let text = std::str::from_utf8(pattern).map_err(|error| error.to_string())?;
    // No group around it, as libselinux puts none there either; its end also matches before a last line feed.
    let anchored = format!("^{}\n?$", translate(text));
    RegexBuilder::new(&anchored)
        .unicode(false)
        .dot_matches_new_line(true)
        .size_limit(MOST_MEMORY)
        .build()
        .map_err(|error| error.to_string())
}

/// Writes a Perl-compatible expression for the regex crate, which knows more characters with a meaning.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        let taken = match character {
            '\\' => escape(rest, &mut out),
            '[' => class(rest, &mut out),
            '{' if !is_count(rest) => {
                out.push_str("\\{");
                1
            }
            other => {
                out.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out
}

/// Writes a backslash and what follows; returns how long both are.
fn escape(text: &str, out: &mut String) -> usize {
    match text[1..].chars().next() {
        // Ends of words elsewhere, themselves in Perl.
        Some(angle @ ('<' | '>')) => {
            out.push(angle);
            2
        }
        Some(other) => {
            out.push('\\');
            out.push(other);
            1 + other.len_utf8()
        }
        None => {
            out.push('\\');
            1
        }
    }
}

/// Writes a class of characters; returns its length.
fn class(text: &str, out: &mut String) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    out.push('[');
    if bytes.get(at) == Some(&b'^') {
        out.push('^');
        at += 1;
    }
    // A bracket in the first place is a member.
    if bytes.get(at) == Some(&b']') {
        out.push_str("\\]");
        at += 1;
    }
    while let Some(character) = text[at..].chars().next() {
        match character {
            ']' => {
                out.push(']');
                return at + 1;
            }
            '\\' => at += escape(&text[at..], out),
            '[' => match named_class(&text[at..]) {
                Some(named) => {
                    out.push_str(named);
                    at += named.len();
                }
                None => {
                    out.push_str("\\[");
                    at += 1;
                }
            },
            // Doubled they are operations.
            other @ ('&' | '~') => {
                out.push('\\');
                out.push(other);
                at += 1;
            }
            '-' if text[at + 1..].starts_with('-') => {
                out.push_str("\\-");
                at += 1;
            }
            other => {
                out.push(other);
                at += other.len_utf8();
            }
        }
    }
    at
}

/// Returns `[:name:]` if that is how a text begins.
fn named_class(text: &str) -> Option<&str> {
    let end = text.strip_prefix("[:")?.find(":]")? + 4;
    let name = &text[2..end - 2];
    name.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '^').then(|| &text[..end])
}

/// Tells whether a text begins with `{3}`, `{3,}` or `{3,5}`.
fn is_count(text: &str) -> bool {
    let Some(end) = text.find('}') else { return false };
    let inner = &text[1..end];
    let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_panics(pattern in "[a/.*?+|\\[\\](){}\\\\^$:&~<>,0-9é-]{0,24}") {
            let _ = (plain_start(pattern.as_bytes()), has_alternatives(pattern.as_bytes()));
            let _ = compile(pattern.as_bytes());
        }

        #[test]
        fn everything_begins_with_the_plain_start(
            pattern in "[ab/]{0,4}([.]|[.][*]|a[*]|b[?]|\\\\[.]|[(]/[.][*][)][?]|[\\[]ab[\\]]){0,3}",
            path in "[ab/.]{0,10}",
        ) {
            let (start, whole) = plain_start(pattern.as_bytes());
            let matches = compile(pattern.as_bytes()).expect("it is a pattern").is_match(path.as_bytes());
            prop_assert!(!matches || path.as_bytes().starts_with(&start), "{} {}", pattern, path);
            prop_assert!(!whole || matches == (path.as_bytes() == start), "{} {}", pattern, path);
        }
    }

    #[test]
    fn plain_texts_are_told_from_patterns() {
        assert_eq!(plain(br"/etc/a\.b\-c").as_deref(), Some(&b"/etc/a.b-c"[..]));
        assert_eq!(plain(b"/etc/a.b"), None);
        assert_eq!(plain_start(b"/usr/lib(/.*)?"), (b"/usr/lib".to_vec(), false));
        assert_eq!(plain_start(b"/usr/libx?/a"), (b"/usr/lib".to_vec(), false));
        assert_eq!(plain_start(br"/usr/\w+"), (b"/usr/".to_vec(), false));
        assert!(has_alternatives(b"/a|/b") && !has_alternatives(br"/(a|b)[|]\|"));
    }

    #[test]
    fn patterns_mean_what_they_mean_in_perl() {
        let matches = |pattern: &str, path: &[u8]| compile(pattern.as_bytes()).expect("it is one").is_match(path);
        assert!(matches("/a{b", b"/a{b") && matches("/a{2}", b"/aa") && matches("/a{,2}", b"/a{,2}"));
        assert!(matches("/[[x]", b"/[") && matches("/[]x]", b"/]") && matches("/[a&&b]", b"/&"));
        assert!(matches("/[[:digit:]]+", b"/42") && !matches("/[[:digit:]]+", b"/x"));
        assert!(matches(r"/\<\>", b"/<>") && matches("/.*", b"/a\n\xff") && matches("/a", b"/a\n"));
        assert!(matches("/a|/b", b"/ax") && matches("/a|/b", b"x/b") && !matches("/a|/b", b"/bx"));
        assert!(compile(b"/(").is_err() && compile(&[b'a'; 4096]).is_err());
    }
}
