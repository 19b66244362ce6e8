//! The index tables: which rows a header gets in each of them.

use std::collections::HashSet;

use oxidnf_core::header::{Header, Tag};
use oxidnf_core::reldep::Sense;
use oxidnf_core::rich::RichDep;

/// One of the tables that lead from a key to records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are rpm's tags")]
pub enum Index {
    Name,
    Basenames,
    Group,
    Requirename,
    Providename,
    Conflictname,
    Obsoletename,
    Triggername,
    Dirnames,
    Installtid,
    Sigmd5,
    Sha1header,
    Filetriggername,
    Transfiletriggername,
    Recommendname,
    Suggestname,
    Supplementname,
    Enhancename,
}

/// One row to be: the key and the position in the header's array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexRow {
    /// Bytes of the text, or the binary key.
    pub key: Vec<u8>,
    /// Position in the array that the key comes from.
    pub idx: u32,
}

impl Index {
    /// All tables in the order in which rpm creates them.
    pub const ALL: [Index; 18] = [
        Index::Name,
        Index::Basenames,
        Index::Group,
        Index::Requirename,
        Index::Providename,
        Index::Conflictname,
        Index::Obsoletename,
        Index::Triggername,
        Index::Dirnames,
        Index::Installtid,
        Index::Sigmd5,
        Index::Sha1header,
        Index::Filetriggername,
        Index::Transfiletriggername,
        Index::Recommendname,
        Index::Suggestname,
        Index::Supplementname,
        Index::Enhancename,
    ];

    /// Returns the tag whose values are the keys.
    pub const fn tag(self) -> Tag {
        match self {
            Index::Name => Tag::NAME,
            Index::Basenames => Tag::BASENAMES,
            Index::Group => Tag::GROUP,
            Index::Requirename => Tag::REQUIRENAME,
            Index::Providename => Tag::PROVIDENAME,
            Index::Conflictname => Tag::CONFLICTNAME,
            Index::Obsoletename => Tag::OBSOLETENAME,
            Index::Triggername => Tag::TRIGGERNAME,
            Index::Dirnames => Tag::DIRNAMES,
            Index::Installtid => Tag::INSTALLTID,
            Index::Sigmd5 => Tag::SIGMD5,
            Index::Sha1header => Tag::SHA1HEADER,
            Index::Filetriggername => Tag::FILETRIGGERNAME,
            Index::Transfiletriggername => Tag::TRANSFILETRIGGERNAME,
            Index::Recommendname => Tag::RECOMMENDNAME,
            Index::Suggestname => Tag::SUGGESTNAME,
            Index::Supplementname => Tag::SUPPLEMENTNAME,
            Index::Enhancename => Tag::ENHANCENAME,
        }
    }

    /// Returns the name of the table.
    pub fn table(self) -> &'static str {
        self.tag().name().unwrap_or("(unknown)")
    }

    /// Tells whether the keys are binary, not text.
    pub const fn is_binary(self) -> bool {
        matches!(self, Index::Installtid | Index::Sigmd5)
    }

    /// Tells whether a record may have several rows, for which the table has an index by record.
    pub const fn is_array(self) -> bool {
        !matches!(self, Index::Name | Index::Group | Index::Installtid | Index::Sigmd5 | Index::Sha1header)
    }

    /// Returns the rows of a header, in the order in which rpm writes them.
    pub fn rows(self, header: &Header) -> Vec<IndexRow> {
        match self {
            Index::Name | Index::Sha1header => first_text(header.text(self.tag())),
            Index::Group => first_text(header.text(Tag::GROUP).or(Some(b"Unknown"))),
            Index::Installtid => header
                .number(Tag::INSTALLTID)
                // Integers in keys are in the byte order of the host, unlike those in headers.
                .map(|tid| IndexRow { key: (tid as u32).to_ne_bytes().to_vec(), idx: 0 })
                .into_iter()
                .collect(),
            Index::Sigmd5 => first_text(header.bin(Tag::SIGMD5)),
            Index::Triggername => {
                let mut seen = HashSet::new();
                texts(header, Tag::TRIGGERNAME).filter(|row| seen.insert(row.key.clone())).collect()
            }
            Index::Filetriggername => by_script(header, Tag::FILETRIGGERNAME, Tag::FILETRIGGERINDEX),
            Index::Transfiletriggername => by_script(header, Tag::TRANSFILETRIGGERNAME, Tag::TRANSFILETRIGGERINDEX),
            Index::Requirename => {
                let senses: Vec<Sense> = header.u32s(Tag::REQUIREFLAGS).map(Sense).collect();
                let kept = |row: &IndexRow| !senses.get(row.idx as usize).copied().unwrap_or_default().is_transient();
                with_rich_names(texts(header, Tag::REQUIRENAME).filter(kept))
            }
            Index::Conflictname
            | Index::Recommendname
            | Index::Suggestname
            | Index::Supplementname
            | Index::Enhancename => with_rich_names(texts(header, self.tag())),
            Index::Basenames | Index::Providename | Index::Obsoletename | Index::Dirnames => {
                texts(header, self.tag()).collect()
            }
        }
    }
}

fn first_text(text: Option<&[u8]>) -> Vec<IndexRow> {
    text.map(|key| IndexRow { key: key.to_vec(), idx: 0 }).into_iter().collect()
}

fn texts(header: &Header, tag: Tag) -> impl Iterator<Item = IndexRow> + '_ {
    header.strings(tag).enumerate().map(|(idx, key)| IndexRow { key: key.to_vec(), idx: idx as u32 })
}

/// Rows of file triggers point to the script, not to the condition.
fn by_script(header: &Header, names: Tag, scripts: Tag) -> Vec<IndexRow> {
    let mut scripts = header.u32s(scripts);
    header.strings(names).map(|key| IndexRow { key: key.to_vec(), idx: scripts.next().unwrap_or(0) }).collect()
}

/// Adds the names inside rich dependencies behind each of them.
fn with_rich_names(rows: impl Iterator<Item = IndexRow>) -> Vec<IndexRow> {
    let mut all = Vec::with_capacity(rows.size_hint().0);
    for row in rows {
        let idx = row.idx;
        let inside = if row.key.first() == Some(&b'(') { rich_names(&row.key) } else { Vec::new() };
        all.push(row);
        all.extend(inside.into_iter().map(|key| IndexRow { key, idx }));
    }
    all
}

/// Returns the names inside a rich dependency; none when it is not one.
fn rich_names(text: &[u8]) -> Vec<Vec<u8>> {
    let Ok(dep) = std::str::from_utf8(text).map_err(drop).and_then(|text| RichDep::parse_as_rpm(text).map_err(drop))
    else {
        return Vec::new();
    };
    let sign = |negative| if negative { "!" } else { "" };
    dep.names().iter().map(|name| format!("{}{}", sign(name.negative), name.name).into_bytes()).collect()
}
