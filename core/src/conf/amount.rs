//! Options that are amounts of bytes, and limits of rates.

use super::number::real;
use super::value::{ConfValue, ValueError};

/// An amount of bytes, or bytes per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl ConfValue for Bytes {
    fn parse(text: &str) -> Result<Self, ValueError> {
        bytes(text).map(Bytes)
    }

    fn render(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// A limit of the transfer rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Throttle {
    /// Bytes per second; 0 is no limit.
    Rate(u64),
    /// Part of `bandwidth`, between 0 and 1.
    Part(f64),
}

impl ConfValue for Throttle {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let Some(percent) = text.strip_suffix('%') else {
            return bytes(text).map(Throttle::Rate);
        };
        // What follows the number is ignored, as by dnf5, which crashes without a number.
        let (part, _) = real(percent).ok_or_else(|| ValueError::Number { text: text.to_owned() })?;
        let outside = || ValueError::Part { text: text.to_owned() };
        if (0.0..=100.0).contains(&part) { Ok(Throttle::Part(part / 100.0)) } else { Err(outside()) }
    }

    fn render(&self) -> Option<String> {
        Some(match self {
            Throttle::Rate(rate) => significant(*rate as f64),
            Throttle::Part(part) => significant(*part),
        })
    }
}

/// Renders a number with six significant digits, without zeros at its end, as C++ streams do.
fn significant(number: f64) -> String {
    let scientific = format!("{number:.5e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let trimmed = |text: &str| {
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
        text.to_owned()
    };
    if (-4..6).contains(&exponent) {
        let places = usize::try_from(5 - exponent).unwrap_or_default();
        return trimmed(&format!("{number:.places$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(digits), exponent.abs())
}

fn bytes(text: &str) -> Result<u64, ValueError> {
    let no_bytes = || ValueError::Bytes { text: text.to_owned() };
    if text.is_empty() {
        return Err(ValueError::Empty);
    }
    let (value, rest) = real(text).ok_or_else(no_bytes)?;
    if value < 0.0 {
        return Err(ValueError::Negative { text: text.to_owned() });
    }
    let mut units = rest.chars();
    let factor = match (units.next(), units.next()) {
        (None, _) => 1.0,
        (Some(_), Some(_)) => return Err(no_bytes()),
        (Some(unit), None) => match unit.to_ascii_lowercase() {
            'k' => 1024.0,
            'm' => 1024.0 * 1024.0,
            'g' => 1024.0 * 1024.0 * 1024.0,
            _ => return Err(ValueError::Unit { unit }),
        },
    };
    // 2^53 is the last integer up to which the product is exact; dnf5 is wrong from 2^31 on.
    let product = value * factor;
    if (0.0..9_007_199_254_740_992.0).contains(&product) { Ok(product as u64) } else { Err(no_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn units() {
        assert_eq!(Bytes::parse("1M"), Ok(Bytes(1_048_576)));
        assert_eq!(Bytes::parse("0.5k"), Ok(Bytes(512)));
        assert_eq!(Throttle::parse("50%"), Ok(Throttle::Part(0.5)));
    }

    // witness: compat-tests/tests/configuration/values.rs
    #[rstest]
    #[case("0", "0")]
    #[case("999999", "999999")]
    #[case("1000000", "1e+06")]
    #[case("2.5M", "2.62144e+06")]
    #[case("12.5%", "0.125")]
    #[case("100%", "1")]
    #[case("33.3333333%", "0.333333")]
    #[case("0.1%", "0.001")]
    fn throttles_are_shown_with_six_digits(#[case] text: &str, #[case] want: &str) {
        assert_eq!(Throttle::parse(text).expect("good text").render().as_deref(), Some(want));
    }
}
