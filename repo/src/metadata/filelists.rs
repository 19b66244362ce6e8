//! `filelists`: all paths of all packages.
//!
//! A question about paths is answered by one pass over the file. Packages that cannot hold an answer are not even
//! parsed: a literal part of the pattern is looked for first.

use std::collections::HashSet;
use std::num::NonZeroUsize;

use memchr::memmem;
use oxidnf_catalog::FileKind;

use super::Metadata;
use super::error::MetadataError;
use super::glob::Glob;
use super::primary::file_kind;
use super::scan::{ScanError, Scanner, Token};
use super::stream::{Piece, Source};

/// A package with paths that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathOwner {
    /// Checksum of the package file in hex, as `primary` names it.
    pub pkgid: String,
    /// Package name.
    pub name: String,
    /// Architecture.
    pub arch: String,
    /// The paths, and what they are.
    pub paths: Vec<(String, FileKind)>,
}

/// Paths to look for.
#[derive(Debug, Default)]
pub struct PathQuery {
    exact: HashSet<String>,
    globs: Vec<Glob>,
    /// Checksums of the packages that are looked at; all if not given.
    packages: Option<HashSet<String>>,
}

impl PathQuery {
    /// Starts without paths.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a path as it is.
    #[must_use]
    pub fn exact(mut self, path: impl Into<String>) -> Self {
        self.exact.insert(path.into());
        self
    }

    /// Adds a glob; `*` matches slashes, too, as in dnf5.
    #[must_use]
    pub fn glob(mut self, pattern: &str) -> Self {
        self.globs.push(Glob::new(pattern));
        self
    }

    /// Adds a path, as a glob if it has a character that is special in globs.
    #[must_use]
    pub fn path(self, text: &str) -> Self {
        if Glob::is_glob(text) { self.glob(text) } else { self.exact(text) }
    }

    /// Looks only at packages with these checksums in hex; without any path all of theirs are asked for.
    #[must_use]
    pub fn of_packages(mut self, pkgids: HashSet<String>) -> Self {
        self.packages = Some(pkgids);
        self
    }

    fn has_paths(&self) -> bool {
        !self.exact.is_empty() || !self.globs.is_empty()
    }

    /// Tells whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        match &self.packages {
            Some(packages) => packages.is_empty(),
            None => !self.has_paths(),
        }
    }

    /// Tells whether a path is asked for.
    pub fn matches(&self, path: &str) -> bool {
        (self.packages.is_some() && !self.has_paths())
            || self.exact.contains(path)
            || self.globs.iter().any(|glob| glob.matches(path))
    }

    /// Returns text that every answer contains, if the question is simple enough.
    fn needle(&self) -> Option<&str> {
        if let Some(packages) = &self.packages {
            let mut packages = packages.iter();
            let (Some(only), None) = (packages.next(), packages.next()) else { return None };
            return Some(only);
        }
        let mut patterns = self
            .exact
            .iter()
            .map(|path| plain_part(path))
            .chain(self.globs.iter().map(|glob| plain_part(glob.literal())));
        let (Some(needle), None) = (patterns.next(), patterns.next()) else { return None };
        (needle.len() > 1).then_some(needle)
    }
}

/// Returns the longest part without characters that XML may write as references.
fn plain_part(text: &str) -> &str {
    text.split(['&', '<', '>', '"', '\'']).max_by_key(|part| part.len()).unwrap_or_default()
}

impl Metadata {
    /// Finds the packages that own paths, in the order of the file lists.
    ///
    /// Fails with [`MetadataError::NotListed`] when the repository has no file lists.
    pub fn path_owners(&self, query: &PathQuery, threads: NonZeroUsize) -> Result<Vec<PathOwner>, MetadataError> {
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let (record, path) = self.record("filelists")?;
        let source = Source::new(record, path);
        let finder = query.needle().map(|needle| memmem::Finder::new(needle.as_bytes()));
        let owners = source.for_each(threads, |piece| search(piece, &source, query, finder.as_ref()))?;
        Ok(owners.into_iter().flatten().collect())
    }
}

fn search(
    piece: &Piece,
    source: &Source,
    query: &PathQuery,
    finder: Option<&memmem::Finder<'_>>,
) -> Result<Vec<PathOwner>, MetadataError> {
    let bytes = piece.bytes();
    let error = |error: ScanError, at: usize| MetadataError::Package {
        path: source.path().to_owned(),
        offset: piece.offset + (at + error.offset) as u64,
        reason: error.reason.to_owned(),
    };
    // With any of these, the literal part might be written in another way, or stand in a comment.
    let odd = || [&b"&#"[..], b"<!"].iter().any(|sign| memmem::find(bytes, sign).is_some());
    let Some(finder) = finder.filter(|_| !odd()) else {
        return scan(piece.text(source.path())?, query).map_err(|found| error(found, 0));
    };
    let mut owners = Vec::new();
    let mut at = 0;
    while let Some(hit) = finder.find(&bytes[at..]) {
        let hit = at + hit;
        let end = memmem::find(&bytes[hit..], b"</package>").map_or(bytes.len(), |end| hit + end + 10);
        // A hit in the head of the document or behind the last package belongs to no package.
        if let Some(start) = memmem::rfind(&bytes[at..hit], b"<package").map(|start| at + start) {
            let text = std::str::from_utf8(&bytes[start..end])
                .map_err(|utf8| error(ScanError { offset: utf8.valid_up_to(), reason: "not UTF-8" }, start))?;
            owners.extend(scan(text, query).map_err(|found| error(found, start))?);
        }
        at = end;
    }
    Ok(owners)
}

/// Looks at every path of the packages in a text.
fn scan(text: &str, query: &PathQuery) -> Result<Vec<PathOwner>, ScanError> {
    let mut scanner = Scanner::new(text.trim_start_matches('\u{feff}'));
    let mut owners = Vec::new();
    let mut scratch = String::new();
    loop {
        match scanner.next()? {
            Token::Start("package") => {
                if let Some(owner) = scan_package(&mut scanner, query, &mut scratch)? {
                    owners.push(owner);
                }
            }
            // The root element, whose end may be in another piece.
            Token::Start(_) | Token::End(_) => {}
            Token::Eof => return Ok(owners),
        }
    }
}

fn scan_package(
    scanner: &mut Scanner<'_>,
    query: &PathQuery,
    scratch: &mut String,
) -> Result<Option<PathOwner>, ScanError> {
    let mut owner = PathOwner { pkgid: String::new(), name: String::new(), arch: String::new(), paths: Vec::new() };
    let (mut pkgid, mut name, mut arch) = ("", None, None);
    while let Some(attribute) = scanner.attribute()? {
        match attribute.name {
            "pkgid" => pkgid = attribute.raw,
            "name" => name = Some(attribute),
            "arch" => arch = Some(attribute),
            _ => {}
        }
    }
    let looked_at = query.packages.as_ref().is_none_or(|packages| packages.contains(pkgid));
    while let Some(child) = scanner.child("package")? {
        if child != "file" || !looked_at {
            scanner.skip()?;
            continue;
        }
        let mut kind = FileKind::File;
        while let Some(attribute) = scanner.attribute()? {
            if attribute.name == "type" {
                kind = file_kind(attribute.raw);
            }
        }
        scratch.clear();
        let path = scanner.text(scratch)?;
        let path = path.get(scratch);
        if query.matches(path) {
            owner.paths.push((path.to_owned(), kind));
        }
    }
    if owner.paths.is_empty() {
        return Ok(None);
    }
    let mut value = |attribute: Option<super::scan::Attribute<'_>>| {
        attribute.map(|attribute| {
            scratch.clear();
            attribute.value(scratch).get(scratch).to_owned()
        })
    };
    pkgid.clone_into(&mut owner.pkgid);
    owner.name = value(name).unwrap_or_default();
    owner.arch = value(arch).unwrap_or_default();
    Ok(Some(owner))
}
