//! `repomd.xml`: the index of a repository's metadata.

use oxidnf_core::{Checksum, ChecksumKind};

use super::error::XmlError;
use super::xml::{Element, Xml};

/// The index of a repository's metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repomd {
    /// `revision`, as written (usually a time in seconds).
    pub revision: String,
    /// Tags of the repository's content (`binary-x86_64`).
    pub content_tags: Vec<String>,
    /// Tags of the repository.
    pub repo_tags: Vec<String>,
    /// Distributions that the repository is made for.
    pub distro_tags: Vec<DistroTag>,
    /// The files, in the order of the index. A type occurs once in sane repositories; the last one wins as in librepo.
    pub records: Vec<Record>,
}

/// A distribution that a repository is made for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DistroTag {
    /// Common platform enumeration, if given.
    pub cpeid: Option<String>,
    /// Text of the tag.
    pub name: String,
}

/// One file of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Its type: `primary`, `filelists`, `updateinfo`, `group_gz`, …
    pub kind: String,
    /// Location, relative to the repository or to `location_base`.
    pub href: String,
    /// `xml:base` of the location.
    pub location_base: Option<String>,
    /// Digest of the file as downloaded.
    pub checksum: Option<Checksum>,
    /// Digest of the decompressed file.
    pub open_checksum: Option<Checksum>,
    /// Size of the file as downloaded.
    pub size: Option<u64>,
    /// Size of the decompressed file.
    pub open_size: Option<u64>,
    /// Modification time in seconds; 0 when not given.
    pub timestamp: i64,
    /// Version of the schema of an SQLite database.
    pub database_version: Option<u32>,
    /// Digest of a zchunk file's header.
    pub header_checksum: Option<Checksum>,
    /// Size of a zchunk file's header.
    pub header_size: Option<u64>,
}

impl Record {
    /// Returns the name under which the file lies in the cache: the last part of its location.
    ///
    /// `None` when that is no plain file name, so that a hostile index cannot point out of the cache.
    pub fn file_name(&self) -> Option<&str> {
        let name = self.href.rsplit('/').next().unwrap_or_default();
        let plain =
            !matches!(name, "" | "." | "..") && !name.contains(['\0', '\\']) && !name.contains(char::is_control);
        plain.then_some(name)
    }
}

impl Repomd {
    /// Returns when the repository was made, in seconds since 1970: the youngest of its files, or the revision where that
    /// is a time.
    pub fn time(&self) -> u64 {
        // A counter is no time; the first second of 2001 is.
        let revision = self.revision.trim().parse().ok().filter(|revision| *revision > 978_307_200_u64);
        let files = self.records.iter().filter_map(|record| u64::try_from(record.timestamp).ok());
        files.chain(revision).max().unwrap_or(0)
    }

    /// Parses the bytes of a `repomd.xml`.
    pub fn parse(bytes: &[u8]) -> Result<Self, XmlError> {
        let mut xml = Xml::new(bytes)?;
        let root = xml.root("repomd")?;
        let mut repomd = Repomd::default();
        while let Some(element) = xml.child(&root)? {
            match element.name() {
                "revision" => repomd.revision = xml.text(&element)?,
                "tags" => repomd.parse_tags(&mut xml, &element)?,
                "data" => {
                    let record = parse_record(&mut xml, &element)?;
                    repomd.records.push(record);
                }
                _ => xml.skip(&element)?,
            }
        }
        Ok(repomd)
    }

    fn parse_tags(&mut self, xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<(), XmlError> {
        while let Some(element) = xml.child(parent)? {
            match element.name() {
                "content" => self.content_tags.push(xml.text(&element)?),
                "repo" => self.repo_tags.push(xml.text(&element)?),
                "distro" => {
                    let cpeid = element.attribute("cpeid").map(|value| value.into_owned());
                    self.distro_tags.push(DistroTag { cpeid, name: xml.text(&element)? });
                }
                _ => xml.skip(&element)?,
            }
        }
        Ok(())
    }

    /// Returns the record of a type, in its zchunk form if there is no other.
    pub fn record(&self, kind: &str) -> Option<&Record> {
        let find = |kind: &str| self.records.iter().rev().find(|record| record.kind == kind);
        find(kind).or_else(|| find(&format!("{kind}_zck")))
    }
}

fn parse_record(xml: &mut Xml<'_>, parent: &Element<'_>) -> Result<Record, XmlError> {
    let Some(kind) = parent.attribute("type") else { return Err(xml.error("data without a type")) };
    let mut record = Record { kind: kind.into_owned(), ..Record::default() };
    while let Some(element) = xml.child(parent)? {
        match element.name() {
            "location" => {
                let Some(href) = element.attribute("href") else {
                    return Err(xml.error(format!("location of {} without href", record.kind)));
                };
                record.href = href.into_owned();
                record.location_base = element.attribute("xml:base").map(|base| base.into_owned());
                xml.skip(&element)?;
            }
            "checksum" => record.checksum = parse_checksum(xml, &element)?,
            "open-checksum" => record.open_checksum = parse_checksum(xml, &element)?,
            "header-checksum" => record.header_checksum = parse_checksum(xml, &element)?,
            "size" => record.size = Some(xml.number(&element)?),
            "open-size" => record.open_size = Some(xml.number(&element)?),
            "header-size" => record.header_size = Some(xml.number(&element)?),
            // createrepo_c of old wrote fractions of a second.
            "timestamp" => {
                record.timestamp = xml.text(&element)?.split('.').next().and_then(|s| s.parse().ok()).unwrap_or(0);
            }
            "database_version" => record.database_version = Some(xml.number(&element)?),
            _ => xml.skip(&element)?,
        }
    }
    if record.href.is_empty() {
        return Err(xml.error(format!("data of type {} without location", record.kind)));
    }
    Ok(record)
}

fn parse_checksum(xml: &mut Xml<'_>, element: &Element<'_>) -> Result<Option<Checksum>, XmlError> {
    let kind = element.attribute("type").map(|kind| kind.into_owned()).unwrap_or_default();
    let text = xml.text(element)?;
    if text.is_empty() {
        return Ok(None);
    }
    let Some(kind) = ChecksumKind::from_name(&kind) else {
        return Err(xml.error(format!("unknown checksum type \"{kind}\"")));
    };
    match Checksum::from_hex(kind, &text) {
        Some(checksum) => Ok(Some(checksum)),
        None => Err(xml.error(format!("\"{text}\" is not a {} checksum", kind.name()))),
    }
}
