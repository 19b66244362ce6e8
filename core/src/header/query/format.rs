//! How one value is written: `%{TAG:format}`.

use base64::Engine as _;

use super::QueryFormatError;
use super::value::{Column, signs};
use crate::reldep::Sense;

/// The formats that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    ArraySize,
    Octal,
    Hex,
    Perms,
    ShellEscape,
    FileFlags,
    DependencyFlags,
    Base64,
}

impl Format {
    /// Finds a format by its name; none is plain.
    pub(super) fn parse(name: &str) -> Result<Self, QueryFormatError> {
        Ok(match name {
            "" | "string" => Format::Plain,
            "arraysize" => Format::ArraySize,
            "octal" => Format::Octal,
            "hex" => Format::Hex,
            "perms" | "permissions" => Format::Perms,
            "shescape" => Format::ShellEscape,
            "fflags" => Format::FileFlags,
            "depflags" => Format::DependencyFlags,
            "base64" => Format::Base64,
            other => return Err(QueryFormatError::UnknownFormat(other.to_owned())),
        })
    }

    /// Returns how many elements there are to go through.
    pub(super) fn count(self, values: &Column) -> usize {
        if self == Format::ArraySize { 1 } else { values.len() }
    }

    /// Writes one element.
    pub(super) fn write(self, values: &Column, index: usize) -> Vec<u8> {
        const NONE: &[u8] = b"(none)";
        if self == Format::ArraySize {
            return values.len().to_string().into_bytes();
        }
        match values {
            Column::Missing => NONE.to_vec(),
            Column::Texts(texts) => texts.get(index).map_or_else(|| NONE.to_vec(), |text| self.text(text)),
            Column::Numbers(numbers) => numbers.get(index).map_or_else(|| NONE.to_vec(), |number| self.number(*number)),
            Column::Blob(blob) => self.blob(blob),
        }
    }

    fn text(self, text: &[u8]) -> Vec<u8> {
        match self {
            Format::Plain | Format::ArraySize => text.to_vec(),
            Format::ShellEscape => {
                let quoted = String::from_utf8_lossy(text).replace('\'', "'\\''");
                format!("'{quoted}'").into_bytes()
            }
            Format::Base64 => b"(not a blob)".to_vec(),
            _ => b"(not a number)".to_vec(),
        }
    }

    fn number(self, number: u64) -> Vec<u8> {
        match self {
            Format::Plain | Format::ArraySize | Format::ShellEscape => number.to_string().into_bytes(),
            Format::Octal => format!("{number:o}").into_bytes(),
            Format::Hex => format!("{number:x}").into_bytes(),
            Format::Perms => permissions(number as u32).into_bytes(),
            Format::FileFlags => file_flags(number as u32).into_bytes(),
            Format::DependencyFlags => signs(Sense(number as u32)).into_bytes(),
            Format::Base64 => b"(not a blob)".to_vec(),
        }
    }

    fn blob(self, blob: &[u8]) -> Vec<u8> {
        match self {
            Format::Plain | Format::ArraySize => hex::encode(blob).into_bytes(),
            Format::ShellEscape => format!("'{}'", hex::encode(blob)).into_bytes(),
            Format::Base64 => base64::engine::general_purpose::STANDARD.encode(blob).into_bytes(),
            _ => b"(not a number)".to_vec(),
        }
    }
}

/// Writes a mode as `ls -l` does.
fn permissions(mode: u32) -> String {
    let kind = match mode & 0o170_000 {
        0o040_000 => 'd',
        0o120_000 => 'l',
        0o010_000 => 'p',
        0o140_000 => 's',
        0o020_000 => 'c',
        0o060_000 => 'b',
        _ => '-',
    };
    let mut text: Vec<char> = vec![kind];
    for (place, letter) in "rwxrwxrwx".chars().enumerate() {
        text.push(if mode & (0o400 >> place) == 0 { '-' } else { letter });
    }
    for (bit, place, letter) in [(0o4000, 3, 's'), (0o2000, 6, 's'), (0o1000, 9, 't')] {
        if mode & bit != 0 {
            text[place] = if text[place] == 'x' { letter } else { letter.to_ascii_uppercase() };
        }
    }
    text.into_iter().collect()
}

fn file_flags(flags: u32) -> String {
    let letters = [(2, 'd'), (1, 'c'), (32, 's'), (8, 'm'), (16, 'n'), (64, 'g'), (128, 'l'), (256, 'r'), (4096, 'a')];
    letters.into_iter().filter(|(bit, _)| flags & bit != 0).map(|(_, letter)| letter).collect()
}
