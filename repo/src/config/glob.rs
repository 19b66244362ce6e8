//! Shell patterns as `fnmatch` knows them.

/// Tells whether a shell pattern (`*`, `?`, `[a-z]`, `[!x]`, `\c`) fits the whole text.
pub fn glob_match(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // After a mismatch only the last star can take more: going back further never helps.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
            continue;
        }
        match one(&pattern[p..], text[t]) {
            Some(used) => {
                p += used;
                t += 1;
            }
            None => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Returns how many characters of the pattern match the character, if they do.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', escaped, ..] => (*escaped == c).then_some(2),
        ['[', set @ ..] => match class(set, c) {
            Some((matches, used)) => matches.then_some(used + 1),
            // Without its closing bracket it is an ordinary character.
            None => (c == '[').then_some(1),
        },
        [literal, ..] => (*literal == c).then_some(1),
        [] => None,
    }
}

/// Returns whether the class after `[` has the character and how long the class is with its `]`.
fn class(set: &[char], c: char) -> Option<(bool, usize)> {
    let negated = matches!(set.first(), Some('!' | '^'));
    let mut at = usize::from(negated);
    let start = at;
    let mut found = false;
    loop {
        let low = match *set.get(at)? {
            ']' if at > start => return Some((found != negated, at + 1)),
            '\\' => {
                at += 1;
                *set.get(at)?
            }
            other => other,
        };
        let range_end = set.get(at + 1..at + 3).filter(|rest| rest[0] == '-' && rest[1] != ']').map(|rest| rest[1]);
        found |= match range_end {
            Some(high) => (low..=high).contains(&c),
            None => low == c,
        };
        at += if range_end.is_some() { 3 } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("fedora", "fedora", true)]
    #[case("fedora*", "fedora-updates", true)]
    #[case("*-debug*", "fedora-debuginfo", true)]
    #[case("*a*b", "xaxbxb", true)]
    #[case("*a*b", "xaxbxc", false)]
    #[case("a?c", "abc", true)]
    #[case("a?c", "ac", false)]
    #[case("repo-[a-c1]", "repo-b", true)]
    #[case("repo-[!a-c]", "repo-b", false)]
    #[case("repo-[]x]", "repo-]", true)]
    #[case("repo-[", "repo-[", true)]
    #[case("a\\*", "a*", true)]
    #[case("a\\*", "ab", false)]
    #[case("", "", true)]
    #[case("*", "", true)]
    fn matches(#[case] pattern: &str, #[case] text: &str, #[case] want: bool) {
        assert_eq!(glob_match(pattern, text), want);
    }
}
