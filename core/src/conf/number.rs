//! Numbers as dnf5 reads them: as many characters as make a number, what follows is up to the type.

/// Reads a whole number from the head of a text, as a C++ stream does; what follows it is ignored.
///
/// `None` without a digit, and for numbers beyond any type.
pub(super) fn whole(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
    let value: i64 = digits[..end].parse().ok()?;
    Some(if negative { -value } else { value })
}

/// Reads a number from the head of a text, as `std::stod` does; returns it with the text that follows.
///
/// Hexadecimal numbers count, and so do `inf` and `nan`.
pub(super) fn real(text: &str) -> Option<(f64, &str)> {
    let text = text.trim_start();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let hexadecimal = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    if let Some(digits) = hexadecimal {
        let end = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
        if let Ok(value) = u64::from_str_radix(&digits[..end], 16) {
            return Some((sign * value as f64, &digits[end..]));
        }
    }
    for (word, value) in [("infinity", f64::INFINITY), ("inf", f64::INFINITY), ("nan", f64::NAN)] {
        if unsigned.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)) {
            return Some((sign * value, &unsigned[word.len()..]));
        }
    }
    let end = decimal_length(unsigned.as_bytes());
    let value: f64 = unsigned[..end].parse().ok()?;
    Some((sign * value, &unsigned[end..]))
}

/// Returns how many bytes of the head are a decimal number with fraction and exponent.
fn decimal_length(text: &[u8]) -> usize {
    let digits = |from: usize| text[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    let mut any = end > 0;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        any |= fraction > 0;
        end += 1 + fraction;
    }
    if !any {
        return 0;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'-' | b'+')));
        let start = (end + 1 + sign).min(text.len());
        let exponent = digits(start);
        if exponent > 0 {
            end = start + exponent;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn heads_of_texts() {
        assert_eq!(whole(" 7x"), Some(7));
        assert_eq!(whole("-5"), Some(-5));
        assert_eq!(whole("0x10"), Some(0));
        assert_eq!(whole("1.5"), Some(1));
        assert_eq!((whole(""), whole("x"), whole("-")), (None, None, None));
        assert_eq!(real(" 1.5h"), Some((1.5, "h")));
        assert_eq!(real(".5k"), Some((0.5, "k")));
        assert_eq!(real("1e3"), Some((1000.0, "")));
        assert_eq!(real("1ex"), Some((1.0, "ex")));
        assert_eq!(real("0x10k"), Some((16.0, "k")));
        assert_eq!(real("-1s"), Some((-1.0, "s")));
        assert_eq!((real("k"), real("."), real("")), (None, None, None));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-+0-9.exXinfa é]{0,12}") {
            let _ = (whole(&text), real(&text));
        }
    }
}
