//! Typed option values (reference of dnf5, section 2.3).

use std::fmt;
use std::num::NonZeroU32;

use super::number::{real, whole};

/// A text that is no value of its option's type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not a boolean.
    #[error("invalid boolean value \"{text}\"")]
    Boolean {
        /// The text.
        text: String,
    },
    /// Not a number.
    #[error("invalid number option value \"{text}\"")]
    Number {
        /// The text.
        text: String,
    },
    /// A number beyond what the option allows.
    #[error("input value {text} is outside the allowed range {allowed}")]
    Range {
        /// The text.
        text: String,
        /// First and last value.
        allowed: &'static str,
    },
    /// Nothing where a number of bytes must be.
    #[error("input is empty. Must contain a value.")]
    Empty,
    /// Nothing where a span of time must be.
    #[error("empty time option value")]
    EmptyTime,
    /// Not a span of time.
    #[error("invalid time option value \"{text}\", number or \"never\" expected")]
    Time {
        /// The text.
        text: String,
    },
    /// A span of time below zero that is not `-1`.
    #[error("invalid time option value \"{text}\", negative values except \"-1\" not allowed")]
    NegativeTime {
        /// The text.
        text: String,
    },
    /// A span of time with more than one character behind the number.
    #[error("unknown time format \"{text}\"")]
    TimeFormat {
        /// The text.
        text: String,
    },
    /// A span of time with an unknown unit.
    #[error("unknown time unit '{unit}'")]
    TimeUnit {
        /// The character behind the number.
        unit: char,
    },
    /// An amount below zero.
    #[error("input value '{text}' must not be negative")]
    Negative {
        /// The text.
        text: String,
    },
    /// An amount with an unknown unit.
    #[error("unknown unit '{unit}'")]
    Unit {
        /// The character behind the number.
        unit: char,
    },
    /// Not an amount of bytes.
    #[error("could not convert '{text}' to bytes")]
    Bytes {
        /// The text.
        text: String,
    },
    /// A part that is not between nothing and all.
    #[error("the throttle value {text} is outside the allowed range 0 ... 100")]
    Part {
        /// The text.
        text: String,
    },
    /// Not one of the words of the option.
    #[error("enum option value \"{text}\" not allowed")]
    Word {
        /// The text.
        text: String,
        /// The words, separated by bars.
        allowed: &'static str,
    },
    /// Not one of the words of a list's items.
    #[error(
        "input item value \"{text}\" not allowed, allowed values for this option are defined by regular expression \"{allowed}\""
    )]
    Item {
        /// The text.
        text: String,
        /// The words, separated by bars.
        allowed: &'static str,
    },
    /// Not of the option's form.
    #[error(
        "input value \"{text}\" not allowed, allowed values for this option are defined by regular expression \"{allowed}\""
    )]
    Form {
        /// The text.
        text: String,
        /// The form, a regular expression.
        allowed: &'static str,
    },
    /// A path that must be absolute and is not.
    #[error("only absolute paths allowed, relative path \"{text}\" detected")]
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

impl ConfValue for u32 {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let number = || ValueError::Number { text: text.to_owned() };
        let value = whole(text).ok_or_else(number)?;
        let size = u32::try_from(value.unsigned_abs()).map_err(|_| number())?;
        // C++ counts down from the end of the type, and so does dnf5: -1 is the largest number.
        Ok(if value < 0 { size.wrapping_neg() } else { size })
    }

    fn render(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl ConfValue for i32 {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let number = || ValueError::Number { text: text.to_owned() };
        whole(text).ok_or_else(number)?.try_into().map_err(|_| number())
    }

    fn render(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl ConfValue for NonZeroU32 {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let range = || ValueError::Range { text: text.to_owned(), allowed: "1 ... 4294967295" };
        NonZeroU32::new(u32::parse(text)?).ok_or_else(range)
    }

    fn render(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// A count: 0 to 2147483647.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Count(pub u32);

impl ConfValue for Count {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let range = || ValueError::Range { text: text.to_owned(), allowed: "0 ... 2147483647" };
        u32::try_from(i32::parse(text)?).map(Count).map_err(|_| range())
    }

    fn render(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// How much is told: 0 to 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verbosity(pub u8);

impl ConfValue for Verbosity {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let value = i32::parse(text)?;
        let level = u8::try_from(value).ok().filter(|level| *level <= 10);
        level.map(Verbosity).ok_or_else(|| ValueError::Range { text: text.to_owned(), allowed: "0 ... 10" })
    }

    fn render(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// The platform that modules are for, `name:stream`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlatformId(pub String);

impl ConfValue for PlatformId {
    fn parse(text: &str) -> Result<Self, ValueError> {
        // A colon with at least one character on both sides.
        let inner =
            text.char_indices().skip(1).map(|(at, _)| at).any(|at| text[at..].starts_with(':') && text.len() > at + 1);
        if inner {
            return Ok(PlatformId(text.to_owned()));
        }
        Err(ValueError::Form { text: text.to_owned(), allowed: ".+:.+" })
    }

    fn render(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

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
        let mut items = split_list(text);
        if begins_with_comma(text) && !items.is_empty() {
            // dnf5 keeps the empty first item also where it has no meaning, and shows it.
            items.insert(0, String::new());
        }
        Ok(items)
    }

    fn render(&self) -> Option<String> {
        Some(self.iter().map(|item| escape_item(item)).collect::<Vec<_>>().join(","))
    }
}

/// Splits a list at blanks, commas and line ends; a backslash takes the meaning from the character that follows it.
pub fn split_list(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut item = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | ',' | '\n' => {
                if !item.is_empty() {
                    items.push(std::mem::take(&mut item));
                }
            }
            '\\' => item.extend(chars.next()),
            _ => item.push(c),
        }
    }
    if !item.is_empty() {
        items.push(item);
    }
    items
}

/// Tells whether a list begins with a comma, which for lists that add up means to begin anew.
pub(super) fn begins_with_comma(text: &str) -> bool {
    text.trim_start_matches([' ', '\n']).starts_with(',')
}

/// Returns the item as [`split_list`] reads it back.
pub(super) fn escape_item(item: &str) -> String {
    let mut out = String::with_capacity(item.len());
    for c in item.chars() {
        if matches!(c, ' ' | ',' | '\n' | '\\') {
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
        let text_of = || text.to_owned();
        if text.is_empty() {
            return Err(ValueError::EmptyTime);
        }
        let (value, rest) = real(text).ok_or_else(|| ValueError::Time { text: text_of() })?;
        if value < 0.0 {
            return Err(ValueError::NegativeTime { text: text_of() });
        }
        let mut units = rest.chars();
        let factor = match (units.next(), units.next()) {
            (None, _) => 1.0,
            (Some(_), Some(_)) => return Err(ValueError::TimeFormat { text: text_of() }),
            (Some(unit), None) => match unit.to_ascii_lowercase() {
                's' => 1.0,
                'm' => 60.0,
                'h' => 3600.0,
                'd' => 86400.0,
                _ => return Err(ValueError::TimeUnit { unit }),
            },
        };
        let product = value * factor;
        // Also what is not a number at all is outside.
        if !(0.0..2_147_483_648.0).contains(&product) {
            return Err(ValueError::Range { text: text_of(), allowed: "-1 ... 2147483647" });
        }
        Ok(Seconds::Of(product as u64))
    }

    fn render(&self) -> Option<String> {
        Some(match self {
            Seconds::Of(seconds) => seconds.to_string(),
            Seconds::Never => "-1".to_owned(),
        })
    }
}

/// How many versions of an installonly package may be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InstallonlyLimit(pub Option<NonZeroU32>);

impl ConfValue for InstallonlyLimit {
    fn parse(text: &str) -> Result<Self, ValueError> {
        Ok(InstallonlyLimit(u32::parse(text).ok().and_then(NonZeroU32::new)))
    }

    fn render(&self) -> Option<String> {
        Some(self.0.map_or_else(|| "0".to_owned(), |limit| limit.to_string()))
    }
}

/// Types whose words may be written in any case.
const IN_ANY_CASE: [&str; 2] = ["IpResolve", "ProxyAuth"];

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $error:ident($allowed:literal) { $($variant:ident = $($word:literal)|+,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the words are dnf5's")]
        pub enum $name { $($variant,)* }

        impl ConfValue for $name {
            fn parse(text: &str) -> Result<Self, ValueError> {
                let lower = text.to_ascii_lowercase();
                // dnf5 reads some options in any case, others to the letter.
                let word = if IN_ANY_CASE.contains(&stringify!($name)) { &lower } else { text };
                match word {
                    $($($word)|+ => Ok($name::$variant),)*
                    _ => Err(ValueError::$error { text: text.to_owned(), allowed: $allowed }),
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
    CacheOnly, Word("none|metadata|all") {
        None = "none",
        Metadata = "metadata",
        All = "all",
    }
}
words! {
    /// Which internet protocol is used.
    IpResolve, Word("ipv4|ipv6|whatever") {
        Whatever = "whatever",
        V4 = "ipv4" | "4",
        V6 = "ipv6" | "6",
    }
}
words! {
    /// When output is coloured.
    ColorMode, Word("auto|always|never") {
        Auto = "auto" | "tty" | "if-tty",
        Always = "always" | "on" | "yes" | "1" | "true",
        Never = "never" | "off" | "no" | "0" | "false",
    }
}
words! {
    /// What a bare name installs where several architectures fit.
    MultilibPolicy, Word("best|all") {
        Best = "best",
        All = "all",
    }
}
words! {
    /// What `gpgcheck=1` asks for.
    GpgcheckPolicy, Word("legacy|full|all") {
        Legacy = "legacy",
        Full = "full",
        All = "all",
    }
}
words! {
    /// Whether changes outlive a reboot.
    Persistence, Word("auto|persist|transient") {
        Auto = "auto",
        Persist = "persist",
        Transient = "transient",
    }
}
words! {
    /// What `history list` shows.
    HistoryListView, Word("single-user-commands|users|commands") {
        SingleUserCommands = "single-user-commands",
        Users = "users",
        Commands = "commands" | "default" | "cmds",
    }
}
words! {
    /// How to log in at a proxy.
    ProxyAuth, Item("any|none|basic|digest|negotiate|ntlm|digest_ie|ntlm_wb") {
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

/// The ways to log in at a proxy that may be tried, in the order of their names, each once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProxyAuthMethods(pub Vec<ProxyAuth>);

impl ConfValue for ProxyAuthMethods {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let items = Vec::<String>::parse(text)?;
        let mut methods = items.iter().map(|item| ProxyAuth::parse(item)).collect::<Result<Vec<_>, _>>()?;
        methods.sort_by_key(ToString::to_string);
        methods.dedup();
        Ok(ProxyAuthMethods(methods))
    }

    fn render(&self) -> Option<String> {
        Some(self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
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
        assert_eq!(bool::parse("On"), Ok(true));
        assert!(bool::parse("maybe").is_err());
        assert_eq!(InstallonlyLimit::parse("<off>"), Ok(InstallonlyLimit(None)));
        assert_eq!(IpResolve::parse("4").expect("known").to_string(), "ipv4");
        assert_eq!(Option::<String>::parse("x").expect("text").render(), Some("x".to_owned()));
        let methods = ProxyAuthMethods::parse("ntlm,basic,ntlm").expect("known");
        assert_eq!(methods.render().as_deref(), Some("basic,ntlm"));
        assert!(ProxyAuthMethods::parse(",basic").is_err() && ProxyAuthMethods::parse("").is_ok());
        assert_eq!(Count::parse("2147483647"), Ok(Count(2_147_483_647)));
        assert!(Count::parse("-1").is_err() && Count::parse("2147483648").is_err());
    }

    #[test]
    fn lists_round_trip() {
        let items = split_list("a,b c\nd\\,e,,f\\ g\\\\h");
        assert_eq!(items, ["a", "b", "c", "d,e", "f g\\h"]);
        assert_eq!(split_list(&items.render().expect("a list is always shown")), items);
    }
}
