//! Dependencies: a name with an optional range of versions.

use std::fmt;

use crate::evr::{Evr, vercmp};

/// The sense bits of an rpm dependency that say how versions relate and when the dependency is needed.
///
/// Numbers are rpm's own (reference of rpm, section 6.3), so that they go into headers unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Sense(pub u32);

#[allow(missing_docs, reason = "the names are rpm's RPMSENSE_* names")]
impl Sense {
    pub const ANY: Sense = Sense(0);
    pub const LESS: Sense = Sense(2);
    pub const GREATER: Sense = Sense(4);
    pub const EQUAL: Sense = Sense(8);
    pub const POSTTRANS: Sense = Sense(0x20);
    pub const PREREQ: Sense = Sense(0x40);
    pub const PRETRANS: Sense = Sense(0x80);
    pub const INTERP: Sense = Sense(0x100);
    pub const SCRIPT_PRE: Sense = Sense(0x200);
    pub const SCRIPT_POST: Sense = Sense(0x400);
    pub const SCRIPT_PREUN: Sense = Sense(0x800);
    pub const SCRIPT_POSTUN: Sense = Sense(0x1000);
    pub const VERIFY: Sense = Sense(0x2000);
    pub const FIND_REQUIRES: Sense = Sense(0x4000);
    pub const FIND_PROVIDES: Sense = Sense(0x8000);
    pub const TRIGGERIN: Sense = Sense(0x1_0000);
    pub const TRIGGERUN: Sense = Sense(0x2_0000);
    pub const TRIGGERPOSTUN: Sense = Sense(0x4_0000);
    pub const MISSINGOK: Sense = Sense(0x8_0000);
    pub const PREUNTRANS: Sense = Sense(0x10_0000);
    pub const POSTUNTRANS: Sense = Sense(0x20_0000);
    pub const RPMLIB: Sense = Sense(0x100_0000);
    pub const TRIGGERPREIN: Sense = Sense(0x200_0000);
    pub const KEYRING: Sense = Sense(0x400_0000);
    pub const CONFIG: Sense = Sense(0x1000_0000);
    pub const META: Sense = Sense(0x2000_0000);
    /// The three bits that compare versions.
    pub const COMPARE: Sense = Sense(0xe);

    /// Tells whether any bit of `bits` is set.
    pub const fn any(self, bits: Sense) -> bool {
        self.0 & bits.0 != 0
    }

    /// Tells whether a requirement is needed only while its package is being installed: rpm keeps it in no index, and
    /// looks at it for no installed package.
    pub const fn is_transient(self) -> bool {
        const INSTALLING: u32 = Sense::SCRIPT_PRE.0
            | Sense::SCRIPT_POST.0
            | Sense::RPMLIB.0
            | Sense::KEYRING.0
            | Sense::PRETRANS.0
            | Sense::POSTTRANS.0;
        const LATER: u32 =
            Sense::SCRIPT_PREUN.0 | Sense::SCRIPT_POSTUN.0 | Sense::PREUNTRANS.0 | Sense::POSTUNTRANS.0 | Sense::META.0;
        self.0 & INSTALLING != 0 && self.0 & LATER == 0
    }

    /// Returns only the bits that compare versions.
    #[must_use]
    pub const fn comparison(self) -> Sense {
        Sense(self.0 & Self::COMPARE.0)
    }

    /// Returns the operator as rpm writes it (`<`, `<=`, `=`, `>=`, `>`), or `None` when no version is compared.
    pub const fn operator(self) -> Option<&'static str> {
        match self.0 & Self::COMPARE.0 {
            2 => Some("<"),
            10 => Some("<="),
            8 => Some("="),
            12 => Some(">="),
            4 => Some(">"),
            6 => Some("<>"),
            14 => Some("<=>"),
            _ => None,
        }
    }
}

impl std::ops::BitOr for Sense {
    type Output = Sense;
    fn bitor(self, other: Sense) -> Sense {
        Sense(self.0 | other.0)
    }
}

/// A dependency borrowed from a header, a metadata file or a catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReldepRef<'a> {
    /// Name, file path, or the whole text of a rich dependency (starts with `(`).
    pub name: &'a str,
    /// Sense bits; only the comparison matters for matching.
    pub sense: Sense,
    /// `[epoch:]version[-release]`, empty when none.
    pub evr: &'a str,
}

/// An owned dependency.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Reldep {
    /// Name, file path, or the whole text of a rich dependency (starts with `(`).
    pub name: String,
    /// Sense bits; only the comparison matters for matching.
    pub sense: Sense,
    /// `[epoch:]version[-release]`, empty when none.
    pub evr: String,
}

impl Reldep {
    /// Parses `name [OP evr]` or a rich dependency, as dnf5 reads it from a command line.
    ///
    /// Returns `None` when an operator is unknown or a part is missing. The operator may also be written without
    /// blanks (`foo>=1`), and `==` is taken for `=`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if text.starts_with('(') {
            return Some(Reldep { name: text.to_owned(), ..Reldep::default() });
        }
        let Some(start) = text.find(['<', '>', '=']) else {
            return (!text.contains(char::is_whitespace))
                .then(|| Reldep { name: text.to_owned(), ..Reldep::default() });
        };
        let (name, rest) = text.split_at(start);
        let end = rest.find(|c| !matches!(c, '<' | '>' | '=')).unwrap_or(rest.len());
        let (operator, evr) = rest.split_at(end);
        let sense = match operator {
            "<" => Sense::LESS,
            "<=" | "=<" => Sense::LESS | Sense::EQUAL,
            "=" | "==" => Sense::EQUAL,
            ">=" | "=>" => Sense::GREATER | Sense::EQUAL,
            ">" => Sense::GREATER,
            "<>" => Sense::LESS | Sense::GREATER,
            _ => return None,
        };
        let (name, evr) = (name.trim(), evr.trim());
        let plain = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
        (plain(name) && plain(evr)).then(|| Reldep { name: name.to_owned(), sense, evr: evr.to_owned() })
    }

    /// Borrows this dependency.
    pub fn as_ref(&self) -> ReldepRef<'_> {
        ReldepRef { name: &self.name, sense: self.sense, evr: &self.evr }
    }
}

impl ReldepRef<'_> {
    /// Tells whether the name is a boolean expression.
    pub fn is_rich(&self) -> bool {
        self.name.starts_with('(')
    }

    /// Copies into an owned dependency.
    pub fn to_owned(&self) -> Reldep {
        Reldep { name: self.name.to_owned(), sense: self.sense, evr: self.evr.to_owned() }
    }

    /// Tells whether the two ranges overlap, as rpm's `rpmdsCompare` does: names byte for byte, then
    /// [`ranges_overlap`].
    pub fn matches(&self, other: &ReldepRef<'_>) -> bool {
        self.name == other.name && ranges_overlap((self.sense, self.evr), (other.sense, other.evr))
    }
}

/// Tells whether two version ranges overlap (reference of rpm, section 6.2).
pub fn ranges_overlap(one: (Sense, &str), two: (Sense, &str)) -> bool {
    let (sense_one, sense_two) = (one.0.comparison(), two.0.comparison());
    if sense_one == Sense::ANY || sense_two == Sense::ANY || one.1.is_empty() || two.1.is_empty() {
        return true;
    }
    let (a, b) = (Evr::parse(one.1), Evr::parse(two.1));
    let order = a.epoch.unwrap_or(0).cmp(&b.epoch.unwrap_or(0)).then_with(|| vercmp(a.version, b.version));
    let order = order.then_with(|| match (a.release, b.release) {
        (Some(a), Some(b)) => vercmp(a, b),
        _ => std::cmp::Ordering::Equal,
    });
    // A side without release stands for all releases if it says "equal".
    let missing_release_matches = order.is_eq()
        && match (a.release, b.release) {
            (None, Some(_)) => sense_one.any(Sense::EQUAL),
            (Some(_), None) => sense_two.any(Sense::EQUAL),
            _ => false,
        };
    missing_release_matches
        || match order {
            std::cmp::Ordering::Less => sense_one.any(Sense::GREATER) || sense_two.any(Sense::LESS),
            std::cmp::Ordering::Greater => sense_one.any(Sense::LESS) || sense_two.any(Sense::GREATER),
            std::cmp::Ordering::Equal => {
                let both = |bit| sense_one.any(bit) && sense_two.any(bit);
                both(Sense::EQUAL) || both(Sense::LESS) || both(Sense::GREATER)
            }
        }
}

impl fmt::Display for ReldepRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sense.operator() {
            Some(operator) if !self.evr.is_empty() => write!(f, "{} {operator} {}", self.name, self.evr),
            _ => f.write_str(self.name),
        }
    }
}

impl fmt::Display for Reldep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("vv = 1.0-5", "vv >= 1.0", true)]
    #[case("vv = 1.0-5", "vv = 1.0", true)]
    #[case("vv = 1.0-5", "vv <= 1.0", true)]
    #[case("vv = 1.0-5", "vv = 1.0-5", true)]
    #[case("vv = 1.0-5", "vv < 1.0-6", true)]
    #[case("vv = 1.0-5", "vv < 2:0", true)]
    #[case("vv = 1.0-5", "vv > 1.0", false)]
    #[case("vv = 1.0-5", "vv = 1:1.0", false)]
    #[case("vv", "vv = 1:1.0", true)]
    #[case("ww = 1", "vv", false)]
    #[case("vv < 2", "vv < 1", true)]
    #[case("vv > 2", "vv < 2", false)]
    #[case("vv >= 2", "vv <= 2", true)]
    fn overlaps(#[case] provide: &str, #[case] require: &str, #[case] want: bool) {
        let (provide, require) = (Reldep::parse(provide).expect("parses"), Reldep::parse(require).expect("parses"));
        assert_eq!(provide.as_ref().matches(&require.as_ref()), want);
        assert_eq!(require.as_ref().matches(&provide.as_ref()), want);
    }

    #[test]
    fn parses_forms() {
        assert_eq!(Reldep::parse("foo>=1").expect("parses").to_string(), "foo >= 1");
        assert_eq!(Reldep::parse("(a if b)").expect("parses").name, "(a if b)");
        assert_eq!(Reldep::parse("foo bar"), None);
        assert_eq!(Reldep::parse("foo >"), None);
    }
}
