//! Metalink documents: the mirrors of a repository, and what its `repomd.xml` must be.

use oxidnf_core::{Checksum, ChecksumKind};

use crate::metadata::XmlError;
use crate::metadata::xml::{Element, Xml};
use crate::mirrors::{Mirror, from_locations};

/// Path of the file that a repository's metalink is about, below the repository.
const INDEX: &str = "repodata/repomd.xml";

/// Why a document is no metalink that helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetalinkError {
    /// It is not well formed.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// It says nothing about the index of a repository.
    #[error("file \"repomd.xml\" was not found in metalink")]
    NoIndex,
}

/// A digest as a metalink has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Its algorithm.
    pub kind: ChecksumKind,
    /// What stands there, which may be no digest at all: then nothing has it.
    pub text: String,
}

impl Digest {
    /// Returns the digest; `None` when the text is none of this algorithm.
    pub fn checksum(&self) -> Option<Checksum> {
        Checksum::from_hex(self.kind, &self.text)
    }
}

/// A parsed metalink document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metalink {
    /// The current `repomd.xml`.
    pub current: Variant,
    /// Older ones that mirrors may still have.
    pub alternates: Vec<Variant>,
    /// Mirrors, the preferred ones first.
    pub mirrors: Vec<Mirror>,
    /// Whether any place is named, also such as nothing can be fetched from.
    pub names_places: bool,
}

/// One state of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variant {
    /// Size in bytes.
    pub size: Option<u64>,
    /// Time of its making, in seconds.
    pub timestamp: Option<i64>,
    /// Its digests; algorithms that are not known are left out.
    pub hashes: Vec<Digest>,
}

impl Variant {
    /// Returns the digest by the strongest algorithm.
    pub fn strongest(&self) -> Option<&Digest> {
        self.hashes.iter().max_by_key(|hash| hash.kind.len())
    }

    /// Tells whether these bytes are this state of the file.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        let Some(hash) = self.strongest().and_then(Digest::checksum) else { return false };
        Checksum::of(hash.kind, bytes).is_ok_and(|found| found == hash)
    }
}

impl Metalink {
    /// Parses a document; what it says about other files than `repomd.xml` is passed over.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetalinkError> {
        // These two are told in libxml2's words, as proxies and login pages send such things.
        match bytes.trim_ascii_start().first() {
            None => return Err(XmlError { line: 1, reason: "Document is empty".to_owned() }.into()),
            Some(b'<') => {}
            // A mark of the byte order.
            Some(0xEF) => {}
            Some(_) => return Err(XmlError { line: 1, reason: "Start tag expected, '<' not found".to_owned() }.into()),
        }
        let mut xml = Xml::new(bytes)?;
        let root = xml.any_root()?;
        let mut found = None;
        while let Some(files) = xml.child(&root)? {
            if files.name() != "files" {
                xml.skip(&files)?;
                continue;
            }
            while let Some(file) = xml.child(&files)? {
                let wanted = file.name() == "file" && file.attribute("name").as_deref() == Some("repomd.xml");
                if wanted && found.is_none() {
                    found = Some(parse_file(&mut xml, &file)?);
                } else {
                    xml.skip(&file)?;
                }
            }
        }
        found.ok_or(MetalinkError::NoIndex)
    }

    /// Returns the digests of which `repomd.xml` must have one.
    pub(crate) fn digests(&self) -> Vec<Digest> {
        let variants = std::iter::once(&self.current).chain(&self.alternates);
        variants.filter_map(|variant| variant.strongest().cloned()).collect()
    }
}

fn parse_file(xml: &mut Xml<'_>, file: &Element<'_>) -> Result<Metalink, XmlError> {
    let mut metalink = Metalink::default();
    let mut urls: Vec<(i64, String)> = Vec::new();
    while let Some(element) = xml.child(file)? {
        match element.name() {
            "alternates" => {
                while let Some(alternate) = xml.child(&element)? {
                    let mut variant = Variant::default();
                    while let Some(detail) = xml.child(&alternate)? {
                        parse_detail(xml, &detail, &mut variant)?;
                    }
                    metalink.alternates.push(variant);
                }
            }
            "resources" => {
                while let Some(url) = xml.child(&element)? {
                    let preference = url.attribute("preference").and_then(|text| text.trim().parse().ok());
                    urls.push((preference.unwrap_or(0), xml.text(&url)?));
                }
            }
            _ => parse_detail(xml, &element, &mut metalink.current)?,
        }
    }
    // The sort is stable: mirrors with equal preference stay in the order of the document.
    urls.sort_by_key(|(preference, _)| std::cmp::Reverse(*preference));
    metalink.names_places = !urls.is_empty();
    // What does not name the index is the repository itself, as librepo has it. What a URL says of its protocol counts
    // more than what is said of it beside: `protocol` and `type` are passed over, and so is `maxconnections`.
    let base = |url: &'_ String| url.strip_suffix(INDEX).unwrap_or(url).to_owned();
    let bases: Vec<String> = urls.iter().map(|(_, url)| base(url)).collect();
    metalink.mirrors = from_locations(bases.iter().map(String::as_str));
    Ok(metalink)
}

fn parse_detail(xml: &mut Xml<'_>, element: &Element<'_>, variant: &mut Variant) -> Result<(), XmlError> {
    match element.name() {
        // Neither is relied on, so neither makes the document unusable.
        "size" => variant.size = xml.text(element)?.trim().parse().ok(),
        "timestamp" => variant.timestamp = xml.text(element)?.trim().parse().ok(),
        "verification" => {
            while let Some(hash) = xml.child(element)? {
                let kind = hash.attribute("type").and_then(|kind| ChecksumKind::from_name(&kind));
                let text = xml.text(&hash)?;
                let Some(kind) = kind else { continue };
                variant.hashes.push(Digest { kind, text });
            }
        }
        _ => xml.skip(element)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<metalink version="3.0" xmlns="http://www.metalinker.org/" xmlns:mm0="http://fedorahosted.org/mirrormanager">
 <files>
  <file name="other.xml"><size>1</size></file>
  <file name="repomd.xml">
   <mm0:timestamp>1700000001</mm0:timestamp>
   <size>3</size>
   <verification>
    <hash type="md5">900150983cd24fb0d6963f7d28e17f72</hash>
    <hash type="whirlpool">00</hash>
    <hash type="sha256">ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad</hash>
   </verification>
   <mm0:alternates>
    <mm0:alternate>
     <mm0:timestamp>1600000000</mm0:timestamp>
     <size>4</size>
     <verification>
      <hash type="sha256">0000000000000000000000000000000000000000000000000000000000000000</hash>
     </verification>
    </mm0:alternate>
   </mm0:alternates>
   <resources maxconnections="1">
    <url protocol="rsync" type="rsync" preference="100">rsync://r/x/repodata/repomd.xml</url>
    <url protocol="http" type="http" location="DE" preference="90">http://b/x/repodata/repomd.xml</url>
    <url protocol="https" type="https" location="US" preference="100">https://a/x/repodata/repomd.xml</url>
    <url protocol="http" type="http" preference="95">http://c/something-else</url>
    <url protocol="rsync" type="rsync" preference="1">http://d/x/repodata/repomd.xml</url>
   </resources>
  </file>
 </files>
</metalink>"#;

    #[test]
    fn reads_hashes_and_mirrors() {
        let metalink = Metalink::parse(DOCUMENT.as_bytes()).expect("good document");
        assert!(metalink.current.matches(b"abc"));
        assert!(!metalink.current.matches(b"abd"));
        assert_eq!((metalink.current.size, metalink.current.timestamp), (Some(3), Some(1_700_000_001)));
        assert_eq!(metalink.alternates.len(), 1);
        assert_eq!(metalink.digests().len(), 2);
        let shown: Vec<_> = metalink.mirrors.iter().map(Mirror::location).collect();
        assert_eq!(shown, ["https://a/x/", "http://c/something-else", "http://b/x/", "http://d/x/"]);
    }

    #[test]
    fn refuses_other_documents() {
        assert!(Metalink::parse(b"<html></html>").is_err());
        assert!(Metalink::parse(b"<metalink><files><file name='x'/></files></metalink>").is_err());
        assert!(Metalink::parse(&DOCUMENT.as_bytes()[..900]).is_err());
        assert!(Metalink::parse(b"").is_err());
    }
}
