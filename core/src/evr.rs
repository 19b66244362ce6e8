//! Versions as rpm compares them.

use std::cmp::Ordering;
use std::fmt;

/// Compares two version (or release) texts as rpm's `rpmvercmp` does.
///
/// Rules: reference of rpm, section 6.1. Works on bytes, as rpm does; never fails.
pub fn vercmp(one: impl AsRef<[u8]>, two: impl AsRef<[u8]>) -> Ordering {
    let (mut one, mut two) = (one.as_ref(), two.as_ref());
    if one == two {
        return Ordering::Equal;
    }
    loop {
        one = skip_separators(one);
        two = skip_separators(two);
        match (one.first(), two.first()) {
            (Some(b'~'), Some(b'~')) | (Some(b'^'), Some(b'^')) => {
                one = &one[1..];
                two = &two[1..];
            }
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            (Some(b'^'), None) => return Ordering::Greater,
            (None, Some(b'^')) => return Ordering::Less,
            (Some(b'^'), _) => return Ordering::Less,
            (_, Some(b'^')) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(first), Some(_)) => {
                let digits = first.is_ascii_digit();
                let (run_one, rest_one) = split_run(one, digits);
                let (run_two, rest_two) = split_run(two, digits);
                if run_two.is_empty() {
                    // The left run decided the kind: digits are newer than letters.
                    return if digits { Ordering::Greater } else { Ordering::Less };
                }
                let order = if digits { compare_numbers(run_one, run_two) } else { run_one.cmp(run_two) };
                if order != Ordering::Equal {
                    return order;
                }
                one = rest_one;
                two = rest_two;
            }
        }
    }
}

fn skip_separators(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| b.is_ascii_alphanumeric() || matches!(b, b'~' | b'^')).unwrap_or(text.len());
    &text[start..]
}

fn split_run(text: &[u8], digits: bool) -> (&[u8], &[u8]) {
    let belongs = |b: &u8| if digits { b.is_ascii_digit() } else { b.is_ascii_alphabetic() };
    let end = text.iter().position(|b| !belongs(b)).unwrap_or(text.len());
    text.split_at(end)
}

fn compare_numbers(one: &[u8], two: &[u8]) -> Ordering {
    let strip = |n: &[u8]| n.iter().position(|b| *b != b'0').unwrap_or(n.len());
    let (one, two) = (&one[strip(one)..], &two[strip(two)..]);
    one.len().cmp(&two.len()).then_with(|| one.cmp(two))
}

/// An epoch, a version and a release, borrowed or owned.
///
/// There is no `Ord` and no `Eq`: `1.05` and `1.5` are different texts and equal versions, so code says which
/// comparison it means: [`Evr::rpm_cmp`] for versions, [`Evr::same_text`] for texts.
#[derive(Debug, Clone, Copy)]
pub struct Evr<'a> {
    /// Epoch; `None` when the text had none, which compares as 0.
    pub epoch: Option<u32>,
    /// Version, never containing `-`.
    pub version: &'a str,
    /// Release; `None` when the text had none, which in a dependency matches any release.
    pub release: Option<&'a str>,
}

impl<'a> Evr<'a> {
    /// Splits `[epoch:]version[-release]` as rpm does: leading digits and `:` are the epoch, what follows the last `-`
    /// is the release.
    ///
    /// An empty epoch (`:1.0`) is 0; an epoch that does not fit 32 bits makes the whole text the version.
    pub fn parse(text: &'a str) -> Self {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (epoch, rest) = match text.as_bytes().get(digits) {
            Some(b':') => match text[..digits].parse::<u32>() {
                Ok(epoch) => (Some(epoch), &text[digits + 1..]),
                Err(_) if digits == 0 => (Some(0), &text[1..]),
                Err(_) => (None, text),
            },
            _ => (None, text),
        };
        match rest.rsplit_once('-') {
            Some((version, release)) => Evr { epoch, version, release: Some(release) },
            None => Evr { epoch, version: rest, release: None },
        }
    }

    /// Compares as rpm orders packages: epoch (missing = 0), version, release (missing = empty).
    pub fn rpm_cmp(&self, other: &Evr<'_>) -> Ordering {
        self.epoch
            .unwrap_or(0)
            .cmp(&other.epoch.unwrap_or(0))
            .then_with(|| vercmp(self.version, other.version))
            .then_with(|| vercmp(self.release.unwrap_or(""), other.release.unwrap_or("")))
    }

    /// Tells whether both are written alike, a missing epoch being 0.
    pub fn same_text(&self, other: &Evr<'_>) -> bool {
        self.epoch.unwrap_or(0) == other.epoch.unwrap_or(0)
            && self.version == other.version
            && self.release.unwrap_or("") == other.release.unwrap_or("")
    }

    /// Displays with the epoch always written, as dnf5's transaction table does.
    pub fn with_epoch(&self) -> impl fmt::Display + '_ {
        FullEvr(self)
    }
}

struct FullEvr<'a>(&'a Evr<'a>);

impl fmt::Display for FullEvr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.epoch.unwrap_or(0), self.0.version)?;
        self.0.release.map_or(Ok(()), |release| write!(f, "-{release}"))
    }
}

/// Writes the epoch only when it is not 0.
impl fmt::Display for Evr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.epoch {
            Some(epoch) if epoch != 0 => write!(f, "{epoch}:{}", self.version)?,
            _ => f.write_str(self.version)?,
        }
        self.release.map_or(Ok(()), |release| write!(f, "-{release}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ordering::{Equal, Greater, Less};
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("1.0", "1.0", Equal)]
    #[case("1.0", "2.0", Less)]
    #[case("2.0.1", "2.0", Greater)]
    #[case("2.0.1a", "2.0.1", Greater)]
    #[case("5.5p1", "5.5p2", Less)]
    #[case("5.5p10", "5.5p1", Greater)]
    #[case("10xyz", "10.1xyz", Less)]
    #[case("xyz10", "xyz10.1", Less)]
    #[case("xyz.4", "8", Less)]
    #[case("xyz.4", "2", Less)]
    #[case("5.5p2", "5.6p1", Less)]
    #[case("6.0.rc1", "6.0", Greater)]
    #[case("10b2", "10a1", Greater)]
    #[case("1.0aa", "1.0aa", Equal)]
    #[case("1.0a", "1.0aa", Less)]
    #[case("10.0001", "10.0001", Equal)]
    #[case("10.0001", "10.1", Equal)]
    #[case("4.999.9", "5.0", Less)]
    #[case("20101121", "20101122", Less)]
    #[case("2_0", "2.0", Equal)]
    #[case("a+", "a_", Equal)]
    #[case("+", "_", Equal)]
    #[case("1.0~rc1", "1.0~rc1", Equal)]
    #[case("1.0~rc1", "1.0", Less)]
    #[case("1.0~rc1", "1.0~rc2", Less)]
    #[case("1.0~rc1~git123", "1.0~rc1", Less)]
    #[case("1.0^", "1.0", Greater)]
    #[case("1.0^git1", "1.0^git2", Less)]
    #[case("1.0^git1", "1.01", Less)]
    #[case("1.0^20160101", "1.0.1", Less)]
    #[case("1.0^20160101^git1", "1.0^20160102", Less)]
    #[case("1.0~rc1^git1", "1.0~rc1", Greater)]
    #[case("1.0^git1~pre", "1.0^git1", Less)]
    #[case("1.05", "1.5", Equal)]
    #[case("1a", "1.1", Less)]
    #[case("1b.fc17", "1.fc17", Less)]
    #[case("1g.fc17", "1.fc17", Greater)]
    fn orders(#[case] one: &str, #[case] two: &str, #[case] want: Ordering) {
        assert_eq!(vercmp(one, two), want, "{one} {two}");
        assert_eq!(vercmp(two, one), want.reverse(), "{two} {one}");
    }

    #[rstest]
    #[case("1.0", None, "1.0", None)]
    #[case("1.0-1", None, "1.0", Some("1"))]
    #[case("2:1.0-1", Some(2), "1.0", Some("1"))]
    #[case(":1.0-1", Some(0), "1.0", Some("1"))]
    #[case("1-2-3", None, "1-2", Some("3"))]
    #[case("99999999999:1", None, "99999999999:1", None)]
    fn parses(#[case] text: &str, #[case] epoch: Option<u32>, #[case] version: &str, #[case] release: Option<&str>) {
        let evr = Evr::parse(text);
        assert_eq!((evr.epoch, evr.version, evr.release), (epoch, version, release));
    }

    proptest! {
        #[test]
        fn is_antisymmetric(one in "[0-9a-z.~^_-]{0,12}", two in "[0-9a-z.~^_-]{0,12}") {
            prop_assert_eq!(vercmp(&one, &two), vercmp(&two, &one).reverse());
        }
    }
}
