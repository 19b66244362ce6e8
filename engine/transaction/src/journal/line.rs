//! The lines of a journal: words, and a sum that tells a whole line from a torn one.

use std::fmt::Write as _;

use flate2::Crc;

/// Puts words into a line.
///
/// Blanks, control characters and `%` are written as `%XX`, an empty word as `%`.
pub(super) fn encode<W: AsRef<[u8]>>(words: &[W]) -> Vec<u8> {
    let mut text = Vec::new();
    for word in words {
        text.push(b' ');
        let word = word.as_ref();
        if word.is_empty() {
            text.push(b'%');
        }
        for byte in word {
            if *byte <= b' ' || *byte == 0x7f || *byte == b'%' {
                text.extend(format!("%{byte:02X}").into_bytes());
            } else {
                text.push(*byte);
            }
        }
    }
    let mut line = String::with_capacity(8);
    // Writing to a String cannot fail.
    let _ = write!(line, "{:08x}", sum(&text));
    let mut line = line.into_bytes();
    line.extend(text);
    line.push(b'\n');
    line
}

/// Takes a line without its end apart; none when it is not whole.
pub(super) fn decode(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (digits, text) = line.split_at_checked(8)?;
    let wanted = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    if sum(text) != wanted {
        return None;
    }
    text.strip_prefix(b" ")?.split(|byte| *byte == b' ').map(unescape).collect()
}

fn unescape(word: &[u8]) -> Option<Vec<u8>> {
    if word == b"%" {
        return Some(Vec::new());
    }
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            out.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            out.push(*first);
        }
    }
    Some(out)
}

fn sum(text: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(text);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_come_back(words in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..6)) {
            let line = encode(&words);
            prop_assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
            prop_assert_eq!(decode(&line[..line.len() - 1]), Some(words));
        }

        #[test]
        fn torn_lines_are_seen(words in prop::collection::vec("[a-z/]{1,12}", 1..6), cut in 1_usize..40) {
            let line = encode(&words);
            let end = line.len().saturating_sub(1 + cut);
            prop_assert_eq!(decode(&line[..end]), None);
        }

        #[test]
        fn nothing_panics(line in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&line);
        }
    }
}
