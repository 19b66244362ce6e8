//! Typed option values (reference of dnf5, section 2.3).

use std::fmt;

/// A text that is no value of its option's type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not a boolean.
    #[error("invalid boolean value {text:?}")]
    Boolean {
        /// The text.
        text: String,
    },
    /// Not a number, or out of range.
    #[error("invalid number {text:?}")]
    Number {
        /// The text.
        text: String,
    },
    /// A number followed by something that is no unit.
    #[error("unknown unit in {text:?}")]
    Unit {
        /// The text.
        text: String,
    },
    /// Not one of the words of the option.
    #[error("invalid value {text:?}, expected one of {allowed}")]
    Word {
        /// The text.
        text: String,
        /// The words, separated by commas.
        allowed: &'static str,
    },
    /// A path that must be absolute and is not.
    #[error("path {text:?} is not absolute")]
    NotAbsolute {
        /// The text.
        text: String,
    },
}

/// A type of option: how it is read from a file and how it is shown.
pub trait ConfValue: Sized {
    /// Reads a value as written in a configuration file.
    fn parse(text: &str) -> Result<Self, ValueError>;

    /// Returns the value as dnf5 dumps it; `None` when it is unset.
    fn render(&self) -> Option<String>;
}

impl ConfValue for bool {
    fn parse(text: &str) -> Result<Self, ValueError> {
        match text.to_ascii_lowercase().as_str() {
            "1" | "yes" | "true" | "on" => Ok(true),
            "0" | "no" | "false" | "off" => Ok(false),
            _ => Err(ValueError::Boolean { text: text.to_owned() }),
        }
    }

    fn render(&self) -> Option<String> {
        Some(if *self { "1" } else { "0" }.to_owned())
    }
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl ConfValue for $type {
            fn parse(text: &str) -> Result<Self, ValueError> {
                text.trim().parse().map_err(|_| ValueError::Number { text: text.to_owned() })
            }

            fn render(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}
number!(u32, i32, std::num::NonZeroU32);

impl ConfValue for String {
    fn parse(text: &str) -> Result<Self, ValueError> {
        Ok(text.to_owned())
    }

    fn render(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl<T: ConfValue> ConfValue for Option<T> {
    fn parse(text: &str) -> Result<Self, ValueError> {
        T::parse(text).map(Some)
    }

    fn render(&self) -> Option<String> {
        self.as_ref().and_then(ConfValue::render)
    }
}

impl ConfValue for Vec<String> {
    fn parse(text: &str) -> Result<Self, ValueError> {
        Ok(split_list(text))
    }

    fn render(&self) -> Option<String> {
        Some(self.iter().map(|item| escape_item(item)).collect::<Vec<_>>().join(","))
    }
}

/// Splits a list at blanks, commas and line ends; a backslash keeps the separator that follows it.
pub fn split_list(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut item = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | ',' | '\n' => {
                if !item.is_empty() {
                    items.push(std::mem::take(&mut item));
                }
            }
            '\\' => match chars.next_if(|next| matches!(next, ' ' | ',' | '\n')) {
                Some(separator) => item.push(separator),
                None => item.push('\\'),
            },
            _ => item.push(c),
        }
    }
    if !item.is_empty() {
        items.push(item);
    }
    items
}

/// Returns the item as [`split_list`] reads it back.
pub(super) fn escape_item(item: &str) -> String {
    let mut out = String::with_capacity(item.len());
    for c in item.chars() {
        if matches!(c, ' ' | ',' | '\n') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Seconds {
    /// So many seconds.
    Of(u64),
    /// No end: `never` or `-1`.
    Never,
}

impl ConfValue for Seconds {
    fn parse(text: &str) -> Result<Self, ValueError> {
        if text == "-1" || text == "never" {
            return Ok(Seconds::Never);
        }
        scaled(text, |unit| match unit.to_ascii_lowercase() {
            's' => Some(1.0),
            'm' => Some(60.0),
            'h' => Some(3600.0),
            'd' => Some(86400.0),
            _ => None,
        })
        .map(Seconds::Of)
    }

    fn render(&self) -> Option<String> {
        Some(match self {
            Seconds::Of(seconds) => seconds.to_string(),
            Seconds::Never => "-1".to_owned(),
        })
    }
}

/// An amount of bytes, or bytes per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl ConfValue for Bytes {
    fn parse(text: &str) -> Result<Self, ValueError> {
        scaled(text, byte_unit).map(Bytes)
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
            return scaled(text, byte_unit).map(Throttle::Rate);
        };
        let number = || ValueError::Number { text: text.to_owned() };
        let part: f64 = percent.trim().parse().map_err(|_| number())?;
        if (0.0..=100.0).contains(&part) { Ok(Throttle::Part(part / 100.0)) } else { Err(number()) }
    }

    fn render(&self) -> Option<String> {
        Some(match self {
            Throttle::Rate(rate) => rate.to_string(),
            Throttle::Part(part) => format!("{part}"),
        })
    }
}

fn byte_unit(unit: char) -> Option<f64> {
    match unit.to_ascii_lowercase() {
        'k' => Some(1024.0),
        'm' => Some(1024.0 * 1024.0),
        'g' => Some(1024.0 * 1024.0 * 1024.0),
        _ => None,
    }
}

fn scaled(text: &str, unit: impl Fn(char) -> Option<f64>) -> Result<u64, ValueError> {
    let number = || ValueError::Number { text: text.to_owned() };
    let trimmed = text.trim();
    let last = trimmed.chars().next_back().ok_or_else(number)?;
    let (digits, factor) = if last.is_ascii_alphabetic() {
        (&trimmed[..trimmed.len() - 1], unit(last).ok_or_else(|| ValueError::Unit { text: text.to_owned() })?)
    } else {
        (trimmed, 1.0)
    };
    let value: f64 = digits.trim().parse().map_err(|_| number())?;
    // 2^53 is the last integer up to which the product is exact; nothing sensible is larger.
    let product = value * factor;
    if (0.0..9_007_199_254_740_992.0).contains(&product) { Ok(product as u64) } else { Err(number()) }
}

/// How many versions of an installonly package may be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InstallonlyLimit(pub Option<std::num::NonZeroU32>);

impl ConfValue for InstallonlyLimit {
    fn parse(text: &str) -> Result<Self, ValueError> {
        Ok(InstallonlyLimit(text.trim().parse().ok()))
    }

    fn render(&self) -> Option<String> {
        Some(self.0.map_or_else(|| "0".to_owned(), |limit| limit.to_string()))
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $allowed:literal { $($variant:ident = $($word:literal)|+,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the words are dnf5's")]
        pub enum $name { $($variant,)* }

        impl ConfValue for $name {
            fn parse(text: &str) -> Result<Self, ValueError> {
                match text {
                    $($($word)|+ => Ok($name::$variant),)*
                    _ => Err(ValueError::Word { text: text.to_owned(), allowed: $allowed }),
                }
            }

            fn render(&self) -> Option<String> {
                Some(self.to_string())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$variant => words!(@first $($word)|+),)* })
            }
        }
    };
    (@first $first:literal $(| $rest:literal)*) => { $first };
}

words! {
    /// What may come from the network.
    CacheOnly, "none,metadata,all" {
        None = "none",
        Metadata = "metadata",
        All = "all",
    }
}
words! {
    /// Which internet protocol is used.
    IpResolve, "ipv4,ipv6,whatever" {
        Whatever = "whatever",
        V4 = "ipv4" | "4",
        V6 = "ipv6" | "6",
    }
}
words! {
    /// When output is coloured.
    ColorMode, "auto,always,never" {
        Auto = "auto" | "tty" | "if-tty",
        Always = "always" | "on" | "yes" | "1" | "true",
        Never = "never" | "off" | "no" | "0" | "false",
    }
}
words! {
    /// What a bare name installs where several architectures fit.
    MultilibPolicy, "best,all" {
        Best = "best",
        All = "all",
    }
}
words! {
    /// What `gpgcheck=1` asks for.
    GpgcheckPolicy, "legacy,full,all" {
        Legacy = "legacy",
        Full = "full",
        All = "all",
    }
}
words! {
    /// Whether changes outlive a reboot.
    Persistence, "auto,persist,transient" {
        Auto = "auto",
        Persist = "persist",
        Transient = "transient",
    }
}
words! {
    /// How to log in at a proxy.
    ProxyAuth, "any,none,basic,digest,negotiate,ntlm,digest_ie,ntlm_wb" {
        Any = "any",
        None = "none",
        Basic = "basic",
        Digest = "digest",
        Negotiate = "negotiate",
        Ntlm = "ntlm",
        DigestIe = "digest_ie",
        NtlmWb = "ntlm_wb",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("48h", Some(Seconds::Of(172_800)))]
    #[case("1.5m", Some(Seconds::Of(90)))]
    #[case("never", Some(Seconds::Never))]
    #[case("-1", Some(Seconds::Never))]
    #[case("7", Some(Seconds::Of(7)))]
    #[case("-2", None)]
    #[case("1y", None)]
    #[case("", None)]
    fn seconds(#[case] text: &str, #[case] want: Option<Seconds>) {
        assert_eq!(Seconds::parse(text).ok(), want);
    }

    #[test]
    fn other_types() {
        assert_eq!(Bytes::parse("1M"), Ok(Bytes(1_048_576)));
        assert_eq!(Bytes::parse("0.5k"), Ok(Bytes(512)));
        assert_eq!(Throttle::parse("50%"), Ok(Throttle::Part(0.5)));
        assert_eq!(bool::parse("On"), Ok(true));
        assert!(bool::parse("maybe").is_err());
        assert_eq!(InstallonlyLimit::parse("<off>"), Ok(InstallonlyLimit(None)));
        assert_eq!(IpResolve::parse("4").expect("known").to_string(), "ipv4");
        assert_eq!(Option::<String>::parse("x").expect("text").render(), Some("x".to_owned()));
    }

    #[test]
    fn lists_round_trip() {
        let items = split_list("a,b c\nd\\,e,,f\\ g\\h");
        assert_eq!(items, ["a", "b", "c", "d,e", "f g\\h"]);
        assert_eq!(split_list(&items.render().expect("a list is always shown")), items);
    }
}
