//! tdnf's tables and documents, made of facts; nothing here asks a session.

pub mod listing;
pub mod plan;
pub mod problems;
pub mod usage;

/// Returns a size as tdnf writes it: two decimals in six columns, and one letter.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut letters = ['b', 'k', 'M', 'G'].into_iter();
    let mut letter = letters.next().unwrap_or('b');
    while value > 1024.0 {
        let Some(next) = letters.next() else { break };
        value /= 1024.0;
        letter = next;
    }
    format!("{value:6.2}{letter}")
}

/// Puts texts into columns of these parts of the width, in percent, with a blank between; nothing is cut.
///
/// The last column is aligned right.
pub fn columns(width: usize, percent: &[usize], texts: &[&str]) -> String {
    let mut line = String::new();
    for (place, (percent, text)) in percent.iter().zip(texts).enumerate() {
        let column = width * percent / 100;
        if place > 0 {
            line.push(' ');
        }
        if place + 1 == texts.len() {
            line.push_str(&format!("{text:>column$}"));
        } else {
            line.push_str(&format!("{text:<column$}"));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // tdnf.md 3: columns are padded and never cut; long texts push the rest.
    #[test]
    fn long_texts_push() {
        let name = "a".repeat(50);
        assert_eq!(columns(80, &[55, 25, 15], &[&name, "1-1", "r"]), format!("{name} {:<20} {:>12}", "1-1", "r"));
    }

    // tdnf.md 3: sizes.
    #[rstest]
    #[case(65, " 65.00b")]
    #[case(6634, "  6.48k")]
    #[case(1024, "1024.00b")]
    #[case(1025, "  1.00k")]
    #[case(5 << 30, "  5.00G")]
    #[case(5 << 40, "5120.00G")]
    #[case(0, "  0.00b")]
    fn sizes(#[case] bytes: u64, #[case] want: &str) {
        assert_eq!(size(bytes), want);
    }
}
