//! How an element is written: `%{TAG:formatter}`.

use super::column::{Column, Kind};
use super::host::{DateStyle, QueryHost};
use super::{bits, markup};
use crate::header::Tag;
use crate::header::base64_bytes;

/// The part behind the colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Formatter {
    Plain,
    Armor,
    ArraySize,
    Base64,
    Date,
    Day,
    DepFlags,
    DepType,
    Expand,
    FileFlags,
    FileState,
    FileStatus,
    HashAlgorithm,
    Hex,
    HumanIec,
    HumanSi,
    Json,
    Octal,
    Permissions,
    Signature,
    ShellEscape,
    TagName,
    TagNumber,
    TriggerType,
    VerifyFlags,
    Xml,
}

const NAMES: [(&str, Formatter); 27] = [
    ("string", Formatter::Plain),
    ("armor", Formatter::Armor),
    ("arraysize", Formatter::ArraySize),
    ("base64", Formatter::Base64),
    ("date", Formatter::Date),
    ("day", Formatter::Day),
    ("depflags", Formatter::DepFlags),
    ("deptype", Formatter::DepType),
    ("expand", Formatter::Expand),
    ("fflags", Formatter::FileFlags),
    ("fstate", Formatter::FileState),
    ("fstatus", Formatter::FileStatus),
    ("hashalgo", Formatter::HashAlgorithm),
    ("hex", Formatter::Hex),
    ("humaniec", Formatter::HumanIec),
    ("humansi", Formatter::HumanSi),
    ("json", Formatter::Json),
    ("octal", Formatter::Octal),
    ("perms", Formatter::Permissions),
    ("permissions", Formatter::Permissions),
    ("pgpsig", Formatter::Signature),
    ("shescape", Formatter::ShellEscape),
    ("tagname", Formatter::TagName),
    ("tagnum", Formatter::TagNumber),
    ("triggertype", Formatter::TriggerType),
    ("vflags", Formatter::VerifyFlags),
    ("xml", Formatter::Xml),
];

const NO_NUMBER: &str = "(not a number)";
const NO_TEXT: &str = "(not a string)";
const NO_BLOB: &str = "(not a blob)";
const INVALID: &str = "(invalid type)";

/// One element of a column.
#[derive(Clone, Copy)]
enum Element<'a> {
    Number(u64),
    Text(Kind, &'a [u8]),
    Blob(&'a [u8]),
}

impl Formatter {
    /// Finds a formatter by its name.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        NAMES.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, formatter)| *formatter)
    }

    /// Writes the element at a position, which has to be there; `None` when the formatter has no text for it.
    pub(super) fn write(self, tag: Tag, column: &Column, at: usize, host: &dyn QueryHost) -> Option<Vec<u8>> {
        let element = match column {
            Column::Texts(kind, texts) => Element::Text(*kind, texts.get(at)?),
            Column::Numbers(numbers) => Element::Number(*numbers.get(at)?),
            Column::Blob(blob) => Element::Blob(blob),
        };
        let text = match self {
            Formatter::ArraySize => column.len().to_string(),
            Formatter::TagName => tag.to_string(),
            Formatter::TagNumber => tag.0.to_string(),
            Formatter::Plain => return Some(plain(element)),
            Formatter::ShellEscape => return Some(shell_escaped(element)),
            Formatter::Xml => return Some(markup::xml_element(element.xml_name(), &element.markup_text(true))),
            Formatter::Json => {
                let text = element.markup_text(false);
                return Some(if let Element::Number(_) = element { text } else { markup::json_text(&text) });
            }
            Formatter::Armor => return Some(armor(element)),
            Formatter::Signature => return signature(element, host),
            Formatter::Base64 => match element {
                Element::Blob(blob) => markup::base64_lines(blob),
                _ => NO_BLOB.to_owned(),
            },
            Formatter::Expand => match element {
                Element::Text(_, text) => return Some(host.expand(text)),
                _ => NO_TEXT.to_owned(),
            },
            _ => match element {
                Element::Number(number) => self.number(number, host),
                _ => NO_NUMBER.to_owned(),
            },
        };
        Some(text.into_bytes())
    }

    fn number(self, number: u64, host: &dyn QueryHost) -> String {
        match self {
            Formatter::Date => host.date(number, DateStyle::Full),
            Formatter::Day => host.date(number, DateStyle::Day),
            Formatter::DepFlags => bits::comparison(number),
            Formatter::DepType => bits::dependency_type(number),
            Formatter::FileFlags => bits::file_flags(number),
            Formatter::FileState => bits::file_state(number).to_owned(),
            Formatter::FileStatus => bits::verify_flags(number, "."),
            Formatter::VerifyFlags => bits::verify_flags(number, ""),
            Formatter::HashAlgorithm => bits::hash_name(number).to_owned(),
            // rpm prints these as unsigned ints, whatever the type of the tag.
            Formatter::Hex => format!("{:x}", number as u32),
            Formatter::Octal => format!("{:o}", number as u32),
            Formatter::HumanIec => bits::human(number, 1024),
            Formatter::HumanSi => bits::human(number, 1000),
            Formatter::Permissions => bits::permissions(number),
            Formatter::TriggerType => bits::trigger_type(number).to_owned(),
            _ => number.to_string(),
        }
    }
}

impl Element<'_> {
    fn xml_name(self) -> &'static str {
        match self {
            Element::Number(_) => "integer",
            Element::Text(..) => "string",
            Element::Blob(_) => "base64",
        }
    }

    /// Returns the text inside markup: base64 of binary data, in lines or in one.
    fn markup_text(self, in_lines: bool) -> Vec<u8> {
        match self {
            Element::Blob(blob) if in_lines => markup::base64_lines(blob).into_bytes(),
            Element::Blob(blob) => markup::base64(blob).into_bytes(),
            other => plain(other),
        }
    }
}

fn plain(element: Element<'_>) -> Vec<u8> {
    match element {
        Element::Number(number) => number.to_string().into_bytes(),
        Element::Text(_, text) => text.to_vec(),
        Element::Blob(blob) => hex::encode(blob).into_bytes(),
    }
}

fn shell_escaped(element: Element<'_>) -> Vec<u8> {
    match element {
        Element::Number(number) => number.to_string().into_bytes(),
        Element::Text(_, text) => {
            let parts: Vec<&[u8]> = text.split(|byte| *byte == b'\'').collect();
            [b"'", parts.join(&b"'\\''"[..]).as_slice(), b"'"].concat()
        }
        Element::Blob(_) => INVALID.as_bytes().to_vec(),
    }
}

/// Writes binary data as a signature, and the base64 of a text as a key.
fn armor(element: Element<'_>) -> Vec<u8> {
    let text = match element {
        Element::Blob(blob) => markup::armor("SIGNATURE", blob),
        Element::Text(Kind::One | Kind::Array, text) => match base64_bytes(text) {
            Some(key) => markup::armor("PUBLIC KEY BLOCK", &key),
            None => "(not base64)".to_owned(),
        },
        _ => INVALID.to_owned(),
    };
    text.into_bytes()
}

fn signature(element: Element<'_>, host: &dyn QueryHost) -> Option<Vec<u8>> {
    let decoded;
    let packet = match element {
        Element::Blob(blob) => blob,
        Element::Text(Kind::Array, text) => {
            decoded = base64_bytes(text)?;
            &decoded
        }
        _ => return Some(INVALID.as_bytes().to_vec()),
    };
    let text = host.signature(packet).map_or_else(
        || "(not an OpenPGP signature)".to_owned(),
        |facts| {
            let date = host.date(facts.created, DateStyle::Full);
            format!("{}, {date}, Key ID {}", facts.algorithms, facts.key_id)
        },
    );
    Some(text.into_bytes())
}
