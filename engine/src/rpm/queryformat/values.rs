//! What tags stand for: entries of the header, and what is put together from them.

use oxidnf_core::header::{DepKind, Header, Tag, Type};
use oxidnf_repo::openpgp::read_signature;
use oxidnf_rpmdb::Hnum;

use super::parse::FormatError;

/// The values of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Values {
    Missing,
    Texts(Vec<Vec<u8>>),
    Numbers(Vec<u64>),
    Binary(Vec<u8>),
}

impl Values {
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Values::Missing)
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Values::Missing => 0,
            Values::Texts(texts) => texts.len(),
            Values::Numbers(numbers) => numbers.len(),
            Values::Binary(_) => 1,
        }
    }

    fn text(text: impl Into<Vec<u8>>) -> Self {
        Values::Texts(vec![text.into()])
    }

    fn texts(texts: Vec<Vec<u8>>) -> Self {
        if texts.is_empty() { Values::Missing } else { Values::Texts(texts) }
    }
}

/// Where values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagSource {
    Entry(Tag),
    Label {
        epoch: Epoch,
        name: bool,
        arch: bool,
    },
    EpochNumber,
    ArchSuffix,
    FileNames,
    Dependencies(DepKind),
    /// The 64-bit form, or else the 32-bit one.
    Wide(Tag, Tag),
    Signatures,
    RecordNumber,
}

/// When an epoch is part of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Epoch {
    Never,
    IfAny,
}

/// Tags that rpm computes and this does not.
const NOT_COMPUTED: [&str; 24] = [
    "FILECLASS",
    "FILEMIMES",
    "FILEPROVIDE",
    "FILEREQUIRE",
    "FILENLINKS",
    "TRIGGERCONDS",
    "TRIGGERTYPE",
    "FILETRIGGERCONDS",
    "FILETRIGGERTYPE",
    "TRANSFILETRIGGERCONDS",
    "TRANSFILETRIGGERTYPE",
    "ORIGFILENAMES",
    "INSTFILENAMES",
    "FILESIGNATURES",
    "HDRID",
    "HEADERCOLOR",
    "SYSUSERS",
    "VERBOSE",
    "IDENTITY",
    "FILELANGUAGES",
    "TRIGGERSCRIPTS",
    "PKGID",
    "REMOVETID",
    "FILEDEPENDS",
];

impl TagSource {
    pub(super) fn named(name: &str) -> Result<Self, FormatError> {
        let upper = name.to_ascii_uppercase();
        let upper = upper.strip_prefix("RPMTAG_").unwrap_or(&upper);
        let label = |epoch, name, arch| TagSource::Label { epoch, name, arch };
        Ok(match upper {
            "NVR" => label(Epoch::Never, true, false),
            "NVRA" => label(Epoch::Never, true, true),
            "NEVR" => label(Epoch::IfAny, true, false),
            "NEVRA" => label(Epoch::IfAny, true, true),
            "EVR" => label(Epoch::IfAny, false, false),
            "EPOCHNUM" => TagSource::EpochNumber,
            "ARCHSUFFIX" => TagSource::ArchSuffix,
            "FILENAMES" => TagSource::FileNames,
            "REQUIRENEVRS" => TagSource::Dependencies(DepKind::Requires),
            "PROVIDENEVRS" => TagSource::Dependencies(DepKind::Provides),
            "CONFLICTNEVRS" => TagSource::Dependencies(DepKind::Conflicts),
            "OBSOLETENEVRS" => TagSource::Dependencies(DepKind::Obsoletes),
            "RECOMMENDNEVRS" => TagSource::Dependencies(DepKind::Recommends),
            "SUGGESTNEVRS" => TagSource::Dependencies(DepKind::Suggests),
            "SUPPLEMENTNEVRS" => TagSource::Dependencies(DepKind::Supplements),
            "ENHANCENEVRS" => TagSource::Dependencies(DepKind::Enhances),
            "LONGSIZE" => TagSource::Wide(Tag::LONGSIZE, Tag::SIZE),
            "LONGFILESIZES" => TagSource::Wide(Tag::LONGFILESIZES, Tag::FILESIZES),
            "LONGARCHIVESIZE" => TagSource::Wide(Tag::LONGARCHIVESIZE, Tag::ARCHIVESIZE),
            "LONGSIGSIZE" => TagSource::Wide(Tag::LONGSIGSIZE, Tag::SIGSIZE),
            "OPENPGP" => TagSource::Signatures,
            "DBINSTANCE" => TagSource::RecordNumber,
            known if NOT_COMPUTED.contains(&known) => return Err(FormatError::UnsupportedTag(name.to_owned())),
            _ => TagSource::Entry(Tag::from_name(upper).ok_or_else(|| FormatError::UnknownTag(name.to_owned()))?),
        })
    }

    pub(super) fn values(self, header: &Header, hnum: Hnum) -> Values {
        let text = |tag| header.str(tag).unwrap_or_default();
        match self {
            TagSource::Entry(tag) => entry(header, tag),
            TagSource::Label { epoch, name, arch } => {
                let epoch = match (epoch, header.number(Tag::EPOCH)) {
                    (Epoch::IfAny, Some(epoch)) => format!("{epoch}:"),
                    _ => String::new(),
                };
                // The hyphen belongs to what stands before it.
                let before = |tag| if header.has(tag) { format!("{}-", text(tag)) } else { String::new() };
                let mut label = format!("{epoch}{}{}", before(Tag::VERSION), text(Tag::RELEASE));
                if name {
                    label.insert_str(0, &before(Tag::NAME));
                }
                if arch {
                    label.push_str(&suffix(header));
                }
                Values::text(label)
            }
            TagSource::EpochNumber => Values::Numbers(vec![header.number(Tag::EPOCH).unwrap_or(0)]),
            TagSource::ArchSuffix => Values::text(suffix(header)),
            TagSource::FileNames => match header.files() {
                Ok(files) => Values::texts((0..files.len()).map(|index| files.path(index)).collect()),
                Err(_) => Values::Missing,
            },
            TagSource::Dependencies(kind) => {
                Values::texts(header.deps(kind).map(|dep| dependency(dep.name, dep.sense.0, dep.evr)).collect())
            }
            TagSource::Wide(wide, narrow) => match entry(header, wide) {
                Values::Missing => entry(header, narrow),
                values => values,
            },
            TagSource::Signatures => Values::texts(signatures(header)),
            TagSource::RecordNumber => Values::Numbers(vec![u64::from(hnum)]),
        }
    }
}

fn entry(header: &Header, tag: Tag) -> Values {
    let Some(value) = header.get(tag) else { return Values::Missing };
    match value.kind() {
        Type::String | Type::StringArray => Values::Texts(value.strings().map(<[u8]>::to_vec).collect()),
        // Translations are for other languages than that of the C locale.
        Type::I18nString => Values::text(value.text().unwrap_or_default()),
        Type::Bin => Values::Binary(value.bin().unwrap_or_default().to_vec()),
        Type::Char | Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64 => Values::Numbers(value.numbers().collect()),
    }
}

fn suffix(header: &Header) -> String {
    header.str(Tag::ARCH).map(|arch| format!(".{arch}")).unwrap_or_default()
}

fn dependency(name: &[u8], sense: u32, evr: &[u8]) -> Vec<u8> {
    let comparison = super::formatters::comparison(u64::from(sense));
    if comparison.is_empty() || evr.is_empty() {
        return name.to_vec();
    }
    [name, b" ", comparison.as_bytes(), b" ", evr].concat()
}

/// Returns the signatures, each as base64 or binary, in the order in which rpm lists them.
fn signatures(header: &Header) -> Vec<Vec<u8>> {
    let new: Vec<Vec<u8>> = header.strings(Tag::OPENPGP).map(<[u8]>::to_vec).collect();
    if !new.is_empty() {
        return new;
    }
    let old = [Tag::DSAHEADER, Tag::RSAHEADER, Tag::SIGPGP, Tag::SIGGPG];
    old.iter()
        .filter_map(|tag| header.bin(*tag))
        .map(|bytes| {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(bytes).into_bytes()
        })
        .collect()
}

/// Returns what a signature says of itself: `RSA/SHA512, …, Key ID …` without the date, and the date.
pub(super) fn signature_facts(text: &[u8]) -> Option<(String, u64, String)> {
    use base64::Engine as _;
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    let info = read_signature(&bytes).ok()?;
    Some((format!("{}/{}", info.public_key, info.hash), info.created.unwrap_or(0), info.key_id))
}
