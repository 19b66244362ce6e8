//! Paths that match a pattern of the shell.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Alternatives of one pattern beyond this are left out: braces multiply each other.
const MAX_ALTERNATIVES: usize = 1024;

/// Returns the existing paths that match; braces are taken one after another, the rest is sorted.
pub(super) fn paths(pattern: &[u8]) -> Vec<Vec<u8>> {
    let mut alternatives = Vec::new();
    expand_braces(pattern, &mut alternatives);
    alternatives.iter().flat_map(|pattern| expand(pattern)).collect()
}

fn expand_braces(pattern: &[u8], out: &mut Vec<Vec<u8>>) {
    if out.len() >= MAX_ALTERNATIVES {
        return;
    }
    let braces = pattern.iter().position(|byte| *byte == b'{').and_then(|open| {
        let (mut depth, mut commas) = (0, vec![open]);
        for (at, byte) in pattern.iter().enumerate().skip(open) {
            match byte {
                b'{' => depth += 1,
                b',' if depth == 1 => commas.push(at),
                b'}' if depth == 1 => return Some((open, commas, at)),
                b'}' => depth -= 1,
                _ => {}
            }
        }
        None
    });
    let Some((open, commas, close)) = braces else {
        out.push(pattern.to_vec());
        return;
    };
    for (number, comma) in commas.iter().enumerate() {
        let end = commas.get(number + 1).copied().unwrap_or(close);
        expand_braces(&[&pattern[..open], &pattern[comma + 1..end], &pattern[close + 1..]].concat(), out);
    }
}

/// Expands a pattern without braces.
fn expand(pattern: &[u8]) -> Vec<Vec<u8>> {
    let absolute = pattern.starts_with(b"/");
    let mut found: Vec<Vec<u8>> = vec![if absolute { b"/".to_vec() } else { Vec::new() }];
    for part in pattern.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for dir in &found {
            let join = |name: &[u8]| {
                let slash: &[u8] = if dir.is_empty() || dir.ends_with(b"/") { b"" } else { b"/" };
                [dir, slash, name].concat()
            };
            if !part.iter().any(|byte| b"*?[".contains(byte)) {
                let path = join(part);
                if fs::symlink_metadata(OsStr::from_bytes(&path)).is_ok() {
                    next.push(path);
                }
                continue;
            }
            let list = fs::read_dir(OsStr::from_bytes(if dir.is_empty() { b"." } else { dir }));
            let mut names: Vec<Vec<u8>> =
                list.into_iter().flatten().flatten().map(|entry| entry.file_name().into_vec()).collect();
            names.retain(|name| (part.starts_with(b".") || !name.starts_with(b".")) && matches(part, name));
            names.sort();
            next.extend(names.iter().map(|name| join(name)));
        }
        found = next;
    }
    found
}

/// Tells whether a name matches a pattern; only the last star is retried, which is enough and takes no exponential time.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut on, mut star) = (0, 0, None);
    while on < name.len() {
        let step = match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, on));
                at += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'[') => class(&pattern[at..], name[on]),
            Some(b'\\') if at + 1 < pattern.len() => (pattern[at + 1] == name[on]).then_some(2),
            Some(byte) => (*byte == name[on]).then_some(1),
            None => None,
        };
        match (step, star) {
            (Some(length), _) => {
                at += length;
                on += 1;
            }
            (None, Some((after, from))) => {
                star = Some((after, from + 1));
                at = after + 1;
                on = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Returns the length of a class such as `[a-c]` when it holds the byte.
fn class(pattern: &[u8], byte: u8) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some(b'!' | b'^'));
    let first = if negated { 2 } else { 1 };
    let Some(close) = pattern.iter().skip(first + 1).position(|byte| *byte == b']').map(|at| at + first + 1) else {
        return (byte == b'[').then_some(1);
    };
    let members = &pattern[first..close];
    let (mut at, mut inside) = (0, false);
    while at < members.len() {
        if at + 2 < members.len() && members[at + 1] == b'-' {
            inside |= (members[at]..=members[at + 2]).contains(&byte);
            at += 3;
        } else {
            inside |= members[at] == byte;
            at += 1;
        }
    }
    (inside != negated).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("*", "a", true)]
    #[case("a*b*c", "aXbYbZc", true)]
    #[case("a*b", "ac", false)]
    #[case("a?[b-d]", "axc", true)]
    #[case("[!a]", "a", false)]
    #[case("[]]", "]", true)]
    #[case("[", "[", true)]
    #[case("\\*", "*", true)]
    fn names_match(#[case] pattern: &str, #[case] name: &str, #[case] expected: bool) {
        assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected);
    }

    #[test]
    fn braces_multiply() {
        let mut out = Vec::new();
        expand_braces(b"/{a,b{c,d}}/e{", &mut out);
        assert_eq!(out, [b"/a/e{".to_vec(), b"/bc/e{".to_vec(), b"/bd/e{".to_vec()]);
    }
}
