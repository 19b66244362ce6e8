//! `primary`: the packages of a repository.

mod parse;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use oxidnf_catalog::{CatalogBuilder, PackageSink};

use self::parse::{ParseError, Parsed};
use super::Metadata;
use super::error::MetadataError;
use super::stream::{Piece, Source};
use crate::arrival::Arrival;

pub(crate) use self::parse::file_kind;

impl Metadata {
    /// Parses the packages on several threads into a catalog that is ready to be finished.
    ///
    /// The result does not depend on the number of threads.
    pub fn catalog(&self, threads: NonZeroUsize) -> Result<CatalogBuilder, MetadataError> {
        self.catalog_by(threads, CatalogBuilder::new)
    }

    /// As [`Metadata::catalog`], into builders that `builder` makes, for example those of a
    /// [`CatalogWriter`](oxidnf_catalog::CatalogWriter).
    pub fn catalog_by(
        &self,
        threads: NonZeroUsize,
        builder: impl Fn() -> CatalogBuilder + Sync,
    ) -> Result<CatalogBuilder, MetadataError> {
        self.catalog_of(&self.primary()?, threads, builder)
    }

    /// As [`Metadata::catalog_by`], while the file is being fetched.
    pub(crate) fn catalog_arriving(
        &self,
        arrival: &Arc<Arrival>,
        threads: NonZeroUsize,
        builder: impl Fn() -> CatalogBuilder + Sync,
    ) -> Result<CatalogBuilder, MetadataError> {
        let (record, path) = self.record("primary")?;
        self.catalog_of(&Source::arriving(record, path, arrival), threads, builder)
    }

    fn catalog_of(
        &self,
        source: &Source,
        threads: NonZeroUsize,
        builder: impl Fn() -> CatalogBuilder + Sync,
    ) -> Result<CatalogBuilder, MetadataError> {
        let parse = |builder: &mut CatalogBuilder, piece: &Piece| {
            let started = builder.start_chunk(u32::try_from(piece.index).unwrap_or(u32::MAX));
            started.map_err(|source| self.sink_error(source))?;
            parse_piece(piece, source, builder)
        };
        // One builder for each thread, not for each piece: a builder keeps every text once. Who has no more to parse
        // sorts at once, while others still parse.
        let (parsed, builders) = source.for_each_with(threads, builder, parse, CatalogBuilder::sealed)?;
        finish(source, &parsed)?;
        let builders = builders.into_iter().collect::<Result<Vec<_>, _>>();
        builders.and_then(CatalogBuilder::merge).map_err(|source| self.sink_error(source))
    }

    /// Sends the packages to a sink, in the order of the file.
    pub fn packages(&self, sink: &mut (dyn PackageSink + Send)) -> Result<u64, MetadataError> {
        let source = self.primary()?;
        let sink = Mutex::new(Borrowed(sink));
        let parsed = source.for_each(NonZeroUsize::MIN, |piece| {
            let mut sink = sink.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            parse_piece(piece, &source, &mut *sink)
        })?;
        finish(&source, &parsed)
    }

    fn primary(&self) -> Result<Source, MetadataError> {
        let (record, path) = self.record("primary")?;
        Ok(Source::new(record, path))
    }

    fn sink_error(&self, source: oxidnf_catalog::CatalogError) -> MetadataError {
        MetadataError::Catalog { dir: self.dir.clone(), source }
    }
}

/// A sink that is handed in by reference.
struct Borrowed<'a>(&'a mut (dyn PackageSink + Send));

impl PackageSink for Borrowed<'_> {
    fn package(&mut self, record: &oxidnf_catalog::Record<'_>) -> Result<(), oxidnf_catalog::CatalogError> {
        self.0.package(record)
    }
}

fn parse_piece(piece: &Piece, source: &Source, sink: &mut impl PackageSink) -> Result<Parsed, MetadataError> {
    let text = piece.text(source.path())?;
    let parsed = parse::parse(text, piece.index == 0, sink).map_err(|error| match error {
        ParseError::Xml(error) => MetadataError::Package {
            path: source.path().to_owned(),
            offset: piece.offset + error.offset as u64,
            reason: error.reason.to_owned(),
        },
        ParseError::Sink(error) => MetadataError::Catalog { dir: source.path().to_owned(), source: error },
    })?;
    Ok(parsed)
}

/// Checks that the pieces make one document, and returns the number of packages.
fn finish(source: &Source, parsed: &[Parsed]) -> Result<u64, MetadataError> {
    let closed = parsed.last().is_some_and(|last| last.closed);
    let opened = parsed.first().is_some_and(|first| first.opened);
    if opened && closed {
        return Ok(parsed.iter().map(|part| part.packages).sum());
    }
    Err(MetadataError::Package {
        path: source.path().to_owned(),
        offset: 0,
        reason: if opened { "the element metadata is not closed" } else { "no element metadata" }.to_owned(),
    })
}
