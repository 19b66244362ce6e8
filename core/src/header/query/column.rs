//! The values of a tag: those that a header stores, and those that are computed from it.

use super::computed;
use crate::header::{Header, MAGIC, Tag, Type};

/// All elements of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Texts(Kind, Vec<Vec<u8>>),
    Numbers(Vec<u64>),
    Blob(Vec<u8>),
}

/// rpm's types of texts; formatters tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    One,
    Array,
    Translations,
}

impl Column {
    /// Makes a single text.
    pub(super) fn one(text: impl Into<Vec<u8>>) -> Self {
        Column::Texts(Kind::One, vec![text.into()])
    }

    /// Makes an array of texts; none when it is empty.
    pub(super) fn array(texts: Vec<Vec<u8>>) -> Option<Self> {
        (!texts.is_empty()).then_some(Column::Texts(Kind::Array, texts))
    }

    /// Makes a single number.
    pub(super) fn number(number: u64) -> Self {
        Column::Numbers(vec![number])
    }

    /// Returns the number of elements; binary data is one.
    pub(super) fn len(&self) -> usize {
        match self {
            Column::Texts(_, texts) => texts.len(),
            Column::Numbers(numbers) => numbers.len(),
            Column::Blob(_) => 1,
        }
    }

    /// Tells whether there is an element at a position; rpm takes each byte of binary data for one here.
    pub(super) fn reaches(&self, at: usize) -> bool {
        at < if let Column::Blob(blob) = self { blob.len() } else { self.len() }
    }
}

/// Short and former names that rpm knows beside those of its table.
const ALIASES: [(&str, Tag); 18] = [
    ("N", Tag::NAME),
    ("V", Tag::VERSION),
    ("R", Tag::RELEASE),
    ("E", Tag::EPOCH),
    ("P", Tag::PROVIDENAME),
    ("C", Tag::CONFLICTNAME),
    ("O", Tag::OBSOLETENAME),
    ("PROVIDES", Tag::PROVIDENAME),
    ("REQUIRES", Tag::REQUIRENAME),
    ("CONFLICTS", Tag::CONFLICTNAME),
    ("OBSOLETES", Tag::OBSOLETENAME),
    ("RECOMMENDS", Tag::RECOMMENDNAME),
    ("SUGGESTS", Tag::SUGGESTNAME),
    ("SUPPLEMENTS", Tag::SUPPLEMENTNAME),
    ("ENHANCES", Tag::ENHANCENAME),
    ("OLDSUGGESTS", Tag::OLDSUGGESTSNAME),
    ("OLDENHANCES", Tag::OLDENHANCESNAME),
    ("FILEMD5S", Tag::FILEDIGESTS),
];

/// Finds a tag by its name, in any case and with `RPMTAG_` or without.
pub(super) fn tag_by_name(name: &[u8]) -> Option<Tag> {
    let name = std::str::from_utf8(name).ok()?;
    let bare = name.strip_prefix("RPMTAG_").unwrap_or(name);
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(bare)).map(|(_, tag)| *tag);
    alias.or_else(|| Tag::from_name(bare))
}

/// Returns the values of a tag; none when the header has none.
pub(super) fn column(header: &Header, tag: Tag, instance: u32, verbose: bool) -> Option<Column> {
    match tag {
        Tag::DBINSTANCE => Some(Column::number(instance.into())),
        Tag::VERBOSE => verbose.then(|| Column::number(1)),
        tag => computed::values(header, tag),
    }
}

/// Returns what a header stores; of translations the first, as the C locale takes it.
pub(super) fn stored(header: &Header, tag: Tag) -> Option<Column> {
    match raw(header, tag)? {
        Column::Texts(Kind::Translations, texts) => texts.into_iter().next().map(Column::one),
        column => Some(column),
    }
}

/// Returns what a header stores, with all translations.
pub(super) fn raw(header: &Header, tag: Tag) -> Option<Column> {
    if tag == Tag::HEADERIMMUTABLE && header.has_region() {
        return Some(Column::Blob(header.region_bytes().split_off(MAGIC.len())));
    }
    let value = header.get(tag)?;
    let texts = || value.strings().map(<[u8]>::to_vec).collect();
    Some(match value.kind() {
        Type::String => Column::Texts(Kind::One, texts()),
        Type::StringArray => Column::Texts(Kind::Array, texts()),
        Type::I18nString => Column::Texts(Kind::Translations, texts()),
        Type::Bin => Column::Blob(value.raw().to_vec()),
        Type::Char | Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64 => Column::Numbers(value.numbers().collect()),
    })
}
