//! `other`: changelogs.

use std::collections::HashSet;
use std::num::NonZeroUsize;

use super::Metadata;
use super::error::MetadataError;
use super::scan::{ScanError, Scanner, Token};
use super::stream::Source;

/// The changelog of one package, newest entry last as the file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageChangelog {
    /// Checksum of the package file in hex, as `primary` names it.
    pub pkgid: String,
    /// The entries.
    pub entries: Vec<ChangelogEntry>,
}

/// One entry of a changelog.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangelogEntry {
    /// Who wrote it, usually with address and version.
    pub author: String,
    /// When, in seconds since 1970.
    pub date: i64,
    /// What changed.
    pub text: String,
}

impl Metadata {
    /// Returns the changelogs of packages, named by their checksums in hex, in the order of the file.
    ///
    /// Fails with [`MetadataError::NotListed`] when the repository has no changelogs.
    pub fn changelogs(
        &self,
        pkgids: &HashSet<String>,
        threads: NonZeroUsize,
    ) -> Result<Vec<PackageChangelog>, MetadataError> {
        let (record, path) = self.record("other")?;
        let source = Source::new(record, path);
        let found = source.for_each(threads, |piece| {
            scan(piece.text(source.path())?, pkgids).map_err(|error| MetadataError::Package {
                path: source.path().to_owned(),
                offset: piece.offset + error.offset as u64,
                reason: error.reason.to_owned(),
            })
        })?;
        Ok(found.into_iter().flatten().collect())
    }
}

fn scan(text: &str, pkgids: &HashSet<String>) -> Result<Vec<PackageChangelog>, ScanError> {
    let mut scanner = Scanner::new(text.trim_start_matches('\u{feff}'));
    let mut found = Vec::new();
    loop {
        match scanner.next()? {
            Token::Start("package") => {
                let mut wanted = None;
                while let Some(attribute) = scanner.attribute()? {
                    if attribute.name == "pkgid" {
                        wanted = pkgids.get(attribute.raw);
                    }
                }
                match wanted {
                    Some(pkgid) => {
                        let entries = scan_entries(&mut scanner)?;
                        found.push(PackageChangelog { pkgid: pkgid.clone(), entries });
                    }
                    None => {
                        while scanner.child("package")?.is_some() {
                            scanner.skip()?;
                        }
                    }
                }
            }
            // The root element, whose end may be in another piece.
            Token::Start(_) | Token::End(_) => {}
            Token::Eof => return Ok(found),
        }
    }
}

fn scan_entries(scanner: &mut Scanner<'_>) -> Result<Vec<ChangelogEntry>, ScanError> {
    let mut entries = Vec::new();
    let mut scratch = String::new();
    while let Some(child) = scanner.child("package")? {
        if child != "changelog" {
            scanner.skip()?;
            continue;
        }
        let mut entry = ChangelogEntry::default();
        scratch.clear();
        while let Some(attribute) = scanner.attribute()? {
            match attribute.name {
                "author" => attribute.value(&mut scratch).get(&scratch).clone_into(&mut entry.author),
                "date" => entry.date = attribute.number(),
                _ => {}
            }
        }
        scanner.text(&mut scratch)?.get(&scratch).clone_into(&mut entry.text);
        entries.push(entry);
    }
    Ok(entries)
}
