//! From file lists to the index of all paths.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use oxidnf_catalog::{Catalog, CatalogError, FileKind, PathBlock, PathIndexWriter};

use super::Metadata;
use super::error::MetadataError;
use super::primary::file_kind;
use super::scan::{ScanError, Scanner, Token};
use super::stream::{Piece, Source};

impl Metadata {
    /// Adds the file lists of a catalog's packages to an index, on several threads.
    ///
    /// Fails with [`MetadataError::NotListed`] when the repository has no file lists. Lists of packages that the catalog
    /// does not have are left out.
    pub fn index_paths(
        &self,
        catalog: &Catalog,
        threads: NonZeroUsize,
        writer: &PathIndexWriter,
    ) -> Result<(), MetadataError> {
        let (record, path) = self.record("filelists")?;
        let source = Source::new(record, path);
        let packages = Packages::new(catalog);
        source.for_each(threads, |piece| {
            let block = read(piece, &source, &packages)?;
            writer.block(u32::try_from(piece.index).unwrap_or(u32::MAX), block).map_err(|error| self.failed(error))
        })?;
        Ok(())
    }

    fn failed(&self, source: CatalogError) -> MetadataError {
        MetadataError::Catalog { dir: self.dir.clone(), source }
    }
}

/// The packages of a catalog by their checksums.
struct Packages {
    /// The same package file may be listed several times.
    by_checksum: HashMap<Vec<u8>, Vec<u32>>,
}

impl Packages {
    fn new(catalog: &Catalog) -> Self {
        let mut by_checksum: HashMap<Vec<u8>, Vec<u32>> = HashMap::with_capacity(catalog.len() as usize);
        for package in catalog.packages() {
            if let Some(checksum) = package.checksum() {
                by_checksum.entry(checksum.bytes().to_vec()).or_default().push(package.index());
            }
        }
        Packages { by_checksum }
    }

    fn of(&self, pkgid: &str) -> &[u32] {
        let digest = hex::decode(pkgid.trim()).ok();
        digest.and_then(|digest| self.by_checksum.get(&digest)).map_or(&[], Vec::as_slice)
    }
}

fn read(piece: &Piece, source: &Source, packages: &Packages) -> Result<PathBlock, MetadataError> {
    let text = piece.text(source.path())?;
    scan(text, packages).map_err(|error| MetadataError::Package {
        path: source.path().to_owned(),
        offset: piece.offset + error.offset as u64,
        reason: error.reason.to_owned(),
    })
}

fn scan(text: &str, packages: &Packages) -> Result<PathBlock, ScanError> {
    let mut scanner = Scanner::new(text.trim_start_matches('\u{feff}'));
    let mut block = PathBlock::new();
    let mut scratch = String::new();
    let mut paths = Vec::new();
    loop {
        match scanner.next()? {
            Token::Start("package") => {
                let mut numbers: &[u32] = &[];
                while let Some(attribute) = scanner.attribute()? {
                    if attribute.name == "pkgid" {
                        numbers = packages.of(attribute.raw);
                    }
                }
                paths.clear();
                scratch.clear();
                read_paths(&mut scanner, &mut scratch, &mut paths)?;
                let paths: Vec<(&str, FileKind)> =
                    paths.iter().map(|(path, kind)| (path.get(&scratch), *kind)).collect();
                for number in numbers {
                    block.package(*number, &paths);
                }
            }
            // The root element, whose end may be in another piece.
            Token::Start(_) | Token::End(_) => {}
            Token::Eof => return Ok(block),
        }
    }
}

fn read_paths<'a>(
    scanner: &mut Scanner<'a>,
    scratch: &mut String,
    paths: &mut Vec<(super::scan::Piece<'a>, FileKind)>,
) -> Result<(), ScanError> {
    loop {
        // Nearly all of a file list.
        while let Some(path) = scanner.plain_element(b"<file>", b"</file>") {
            paths.push((super::scan::Piece::borrowed(path), FileKind::File));
        }
        match scanner.child("package")? {
            None => return Ok(()),
            Some("file") => {
                let mut kind = FileKind::File;
                while let Some(attribute) = scanner.attribute()? {
                    if attribute.name == "type" {
                        kind = file_kind(attribute.raw);
                    }
                }
                paths.push((scanner.text(scratch)?, kind));
            }
            Some(_) => scanner.skip()?,
        }
    }
}
