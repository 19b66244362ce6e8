//! Values of a tag for a query format: those of the header, and those computed from it.

use super::super::{DepKind, Header, HeaderDep, Tag, Type};
use super::QueryFormatError;
use crate::reldep::Sense;

/// All elements of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Missing,
    Texts(Vec<Vec<u8>>),
    Numbers(Vec<u64>),
    Blob(Vec<u8>),
}

impl Column {
    /// Returns the number of elements.
    pub(super) fn len(&self) -> usize {
        match self {
            Column::Missing => 0,
            Column::Texts(texts) => texts.len(),
            Column::Numbers(numbers) => numbers.len(),
            Column::Blob(_) => 1,
        }
    }
}

/// Short and former names that rpm knows beside those of its table.
const ALIASES: &[(&str, Tag)] = &[
    ("N", Tag::NAME),
    ("V", Tag::VERSION),
    ("R", Tag::RELEASE),
    ("E", Tag::EPOCH),
    ("PKGID", Tag::SIGMD5),
    ("HDRID", Tag::SHA1HEADER),
    ("PROVIDES", Tag::PROVIDENAME),
    ("REQUIRES", Tag::REQUIRENAME),
    ("CONFLICTS", Tag::CONFLICTNAME),
    ("OBSOLETES", Tag::OBSOLETENAME),
];

/// Returns the values of a tag by its name, in any case and with `RPMTAG_` or without.
pub(super) fn column(header: &Header, name: &str) -> Result<Column, QueryFormatError> {
    let bare = name.strip_prefix("RPMTAG_").unwrap_or(name);
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(bare)).map(|(_, tag)| *tag);
    let tag = alias.or_else(|| Tag::from_name(bare)).ok_or_else(|| QueryFormatError::UnknownTag(name.to_owned()))?;
    Ok(computed(header, tag).unwrap_or_else(|| stored(header, tag)))
}

fn stored(header: &Header, tag: Tag) -> Column {
    let Some(value) = header.get(tag) else { return Column::Missing };
    match value.kind() {
        Type::String | Type::StringArray => Column::Texts(value.strings().map(<[u8]>::to_vec).collect()),
        // Of the translations rpm takes one.
        Type::I18nString => Column::Texts(value.text().map(<[u8]>::to_vec).into_iter().collect()),
        Type::Bin => Column::Blob(value.raw().to_vec()),
        Type::Char | Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64 => Column::Numbers(value.numbers().collect()),
    }
}

/// Returns the values of a tag that no header stores; none for other tags.
fn computed(header: &Header, tag: Tag) -> Option<Column> {
    let text = |tag| String::from_utf8_lossy(header.text(tag).unwrap_or_default()).into_owned();
    let nvr = || format!("{}-{}-{}", text(Tag::NAME), text(Tag::VERSION), text(Tag::RELEASE));
    let epoch = || header.number(Tag::EPOCH).map(|epoch| format!("{epoch}:")).unwrap_or_default();
    let evr = || format!("{}{}-{}", epoch(), text(Tag::VERSION), text(Tag::RELEASE));
    let one = |text: String| Some(Column::Texts(vec![text.into_bytes()]));
    match tag {
        Tag::NVR => one(nvr()),
        Tag::NVRA => one(format!("{}.{}", nvr(), text(Tag::ARCH))),
        Tag::EVR => one(evr()),
        Tag::NEVR => one(format!("{}-{}", text(Tag::NAME), evr())),
        Tag::NEVRA => one(format!("{}-{}.{}", text(Tag::NAME), evr(), text(Tag::ARCH))),
        Tag::EPOCHNUM => Some(Column::Numbers(vec![header.number(Tag::EPOCH).unwrap_or(0)])),
        Tag::FILENAMES => {
            let dirs: Vec<&[u8]> = header.strings(Tag::DIRNAMES).collect();
            let dir = |index: u32| dirs.get(index as usize).copied().unwrap_or_default();
            let bases = header.strings(Tag::BASENAMES).zip(header.u32s(Tag::DIRINDEXES));
            let names: Vec<Vec<u8>> = bases.map(|(base, index)| [dir(index), base].concat()).collect();
            Some(if names.is_empty() { Column::Missing } else { Column::Texts(names) })
        }
        Tag::LONGSIZE if !header.has(tag) => Some(stored(header, Tag::SIZE)),
        Tag::LONGFILESIZES if !header.has(tag) => Some(stored(header, Tag::FILESIZES)),
        Tag::PROVIDENEVRS => Some(relations(header, DepKind::Provides)),
        Tag::REQUIRENEVRS => Some(relations(header, DepKind::Requires)),
        Tag::CONFLICTNEVRS => Some(relations(header, DepKind::Conflicts)),
        Tag::OBSOLETENEVRS => Some(relations(header, DepKind::Obsoletes)),
        _ => None,
    }
}

fn relations(header: &Header, kind: DepKind) -> Column {
    let relation = |dep: HeaderDep<'_>| {
        let signs = signs(dep.sense);
        let mut text = dep.name.to_vec();
        if !signs.is_empty() {
            text.extend(format!(" {signs} {}", dep.evr_str()).into_bytes());
        }
        text
    };
    let texts: Vec<Vec<u8>> = header.deps(kind).map(relation).collect();
    if texts.is_empty() { Column::Missing } else { Column::Texts(texts) }
}

/// Returns `<`, `>=` and so on.
pub(super) fn signs(sense: Sense) -> String {
    let signs = [(Sense::LESS, '<'), (Sense::GREATER, '>'), (Sense::EQUAL, '=')];
    signs.into_iter().filter(|(bit, _)| sense.any(*bit)).map(|(_, sign)| sign).collect()
}
