//! Naming transactions: `5`, `last`, `last-2`, `3..last`.

use std::ops::RangeInclusive;

/// A text that names no transactions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid transaction ID range {text:?}")]
pub struct SelectError {
    /// The text.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Number(i64),
    Last(i64),
}

/// One or more transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    from: End,
    to: End,
}

impl Selection {
    /// Parses `ID` or `ID..ID`, where `ID` is a number, `last` or `last-NUMBER`.
    pub fn parse(text: &str) -> Result<Self, SelectError> {
        let parsed = match text.split_once("..") {
            Some((from, to)) => end(from).zip(end(to)).map(|(from, to)| Selection { from, to }),
            None => end(text).map(|at| Selection { from: at, to: at }),
        };
        parsed.ok_or_else(|| SelectError { text: text.to_owned() })
    }

    /// Returns the numbers that are meant when `last` is the newest one.
    pub fn ids(&self, last: i64) -> RangeInclusive<i64> {
        let number = |end| match end {
            End::Number(number) => number,
            End::Last(back) => last.saturating_sub(back),
        };
        number(self.from)..=number(self.to)
    }
}

fn end(text: &str) -> Option<End> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    match text.strip_prefix("last") {
        Some("") => Some(End::Last(0)),
        Some(rest) => rest.strip_prefix('-').and_then(digits).map(End::Last),
        None => digits(text).map(End::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("5", Some(5..=5))]
    #[case("last", Some(9..=9))]
    #[case("last-2..last", Some(7..=9))]
    #[case("2..3", Some(2..=3))]
    #[case("x", None)]
    #[case("", None)]
    #[case("last-", None)]
    #[case("-1", None)]
    #[case("1...2", None)]
    fn selections(#[case] text: &str, #[case] want: Option<RangeInclusive<i64>>) {
        assert_eq!(Selection::parse(text).ok().map(|selection| selection.ids(9)), want);
    }
}
