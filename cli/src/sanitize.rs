//! Text from outside must not steer the terminal.

use std::borrow::Cow;

/// Replaces control characters that a terminal would obey.
///
/// Newline and tab stay. The escape sequences for colours that this program itself writes (`ESC [ digits m`) stay as
/// well: they can change how text looks, but neither move the cursor nor send anything back.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = match color_sequence(rest) {
            Some(length) => {
                clean.push_str(&rest[..length]);
                length
            }
            None => {
                clean.push(if is_dangerous(character) { '\u{fffd}' } else { character });
                character.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Cow::Owned(clean)
}

/// Makes one line of printable text of anything, for places where a newline would break a layout.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| c.is_control() || is_dangerous(c)) {
        Cow::Owned(text.chars().map(|c| if c.is_control() || is_dangerous(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn is_dangerous(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // Directional overrides can make a package name look like another one.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => character.is_control(),
    }
}

fn color_sequence(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\x1b[")?;
    let end = body.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    body[end..].starts_with('m').then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("plain", "plain")]
    #[case("two\nlines\tand tab", "two\nlines\tand tab")]
    #[case("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m")]
    #[case("\x1b]0;title\x07", "\u{fffd}]0;title\u{fffd}")]
    #[case("\x1b[2J", "\u{fffd}[2J")]
    #[case("a\u{202e}b", "a\u{fffd}b")]
    #[case("back\rspace\x08", "back\u{fffd}space\u{fffd}")]
    fn cleans(#[case] dirty: &str, #[case] want: &str) {
        assert_eq!(sanitize(dirty), want);
    }
}
