//! How a value is written.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::parse::FormatError;
use super::values::{Values, signature_facts};

/// What stands for a tag that a header does not have.
const NONE: &[u8] = b"(none)";

/// The part behind the colon of `%{TAG:formatter}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Formatter {
    Plain,
    Date,
    Day,
    Octal,
    Hex,
    Perms,
    FileFlags,
    DepFlags,
    ShellEscape,
    ArraySize,
    Signature,
    Base64,
}

impl Formatter {
    pub(super) fn named(name: &str) -> Result<Self, FormatError> {
        Ok(match name {
            "string" => Formatter::Plain,
            "date" => Formatter::Date,
            "day" => Formatter::Day,
            "octal" => Formatter::Octal,
            "hex" => Formatter::Hex,
            "perms" | "permissions" => Formatter::Perms,
            "fflags" => Formatter::FileFlags,
            "depflags" => Formatter::DepFlags,
            "shescape" => Formatter::ShellEscape,
            "arraysize" => Formatter::ArraySize,
            "pgpsig" => Formatter::Signature,
            "base64" => Formatter::Base64,
            other => return Err(FormatError::UnsupportedFormatter(other.to_owned())),
        })
    }
}

/// Writes the element at a position.
pub(super) fn format(formatter: Formatter, values: &Values, at: usize) -> Vec<u8> {
    if formatter == Formatter::ArraySize {
        return values.len().to_string().into_bytes();
    }
    match values {
        Values::Missing => NONE.to_vec(),
        Values::Texts(texts) => text(formatter, texts.get(at).map_or(NONE, Vec::as_slice)),
        Values::Numbers(numbers) => match numbers.get(at) {
            Some(number) => self::number(formatter, *number).into_bytes(),
            None => NONE.to_vec(),
        },
        Values::Binary(bytes) => binary(formatter, bytes),
    }
}

fn text(formatter: Formatter, text: &[u8]) -> Vec<u8> {
    match formatter {
        Formatter::ShellEscape => {
            let quoted: Vec<&[u8]> = text.split(|byte| *byte == b'\'').collect();
            [b"'", quoted.join(&b"'\\''"[..]).as_slice(), b"'"].concat()
        }
        Formatter::Signature => match signature_facts(text) {
            Some((algorithms, created, key)) => {
                format!("{algorithms}, {}, Key ID {key}", date(created, "%a %b %e %H:%M:%S %Y")).into_bytes()
            }
            None => b"(not an OpenPGP signature)".to_vec(),
        },
        Formatter::Plain => text.to_vec(),
        Formatter::Base64 => b"(not a blob)".to_vec(),
        _ => b"(not a number)".to_vec(),
    }
}

fn binary(formatter: Formatter, bytes: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    match formatter {
        Formatter::Plain => hex::encode(bytes).into_bytes(),
        Formatter::Base64 => base64::engine::general_purpose::STANDARD.encode(bytes).into_bytes(),
        Formatter::Signature => text(formatter, base64::engine::general_purpose::STANDARD.encode(bytes).as_bytes()),
        _ => b"(not a number)".to_vec(),
    }
}

fn number(formatter: Formatter, number: u64) -> String {
    match formatter {
        Formatter::Date => date(number, "%a %b %e %H:%M:%S %Y"),
        Formatter::Day => date(number, "%a %b %d %Y"),
        Formatter::Octal => format!("{number:o}"),
        Formatter::Hex => format!("{number:x}"),
        Formatter::Perms => permissions(number),
        Formatter::FileFlags => file_flags(number),
        Formatter::DepFlags => comparison(number),
        Formatter::Signature => "(not a blob)".to_owned(),
        Formatter::Base64 => "(not a blob)".to_owned(),
        Formatter::Plain | Formatter::ShellEscape | Formatter::ArraySize => number.to_string(),
    }
}

/// Writes a time in the zone of the machine, as the C locale does.
fn date(seconds: u64, format: &str) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(String::new, |time| time.to_zoned(TimeZone::system()).strftime(format).to_string())
}

/// Writes `<`, `>=`, … for the bits of a dependency.
pub(super) fn comparison(sense: u64) -> String {
    [(2, '<'), (4, '>'), (8, '=')].iter().filter(|(bit, _)| sense & bit != 0).map(|(_, sign)| *sign).collect()
}

/// Writes a mode as `ls -l` does.
fn permissions(mode: u64) -> String {
    let kind = match mode & 0o170_000 {
        0o040_000 => 'd',
        0o120_000 => 'l',
        0o010_000 => 'p',
        0o140_000 => 's',
        0o020_000 => 'c',
        0o060_000 => 'b',
        _ => '-',
    };
    let mut text = String::from(kind);
    for (shift, special, set, unset) in [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => set,
            (true, false) => unset,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

/// Writes the attributes of a file as letters.
pub(crate) fn file_flags(flags: u64) -> String {
    let letters = [(2, 'd'), (1, 'c'), (32, 's'), (8, 'm'), (16, 'n'), (64, 'g'), (128, 'l'), (256, 'r'), (4096, 'a')];
    letters.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, letter)| *letter).collect()
}
