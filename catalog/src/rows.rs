//! What is written of each package. Several threads make it side by side, each for a range of the packages.

use std::io::{Seek, Write};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::thread::{self, Scope, ScopedJoinHandle};

use crate::error::CatalogError;
use crate::format::{Reader, Section, put_varint};
use crate::merge::{Chunks, Deps, Row, at};
use crate::meta::Meta;
use crate::output::Output;
use crate::postings::{List, Lists};
use crate::record::Relation;
use crate::run::{RowRecords, Run};
use crate::spill::{SpillFile, Stream, Window};
use crate::texts::{DESCRIPTION, Places, SUMMARY, URL};
use crate::writer::{WriteError, joined, write_streams};

/// The packages in order, and what turns numbers of their runs into final ones.
#[derive(Clone, Copy)]
pub(crate) struct Packages<'r> {
    pub(crate) runs: &'r [Run],
    pub(crate) chunks: &'r Chunks,
    pub(crate) rows: &'r [Row],
    pub(crate) strings: &'r [Vec<u32>],
    pub(crate) deps: &'r Deps,
    pub(crate) places: &'r Places,
}

/// The sections with a record for each package, and who has which path.
pub(crate) struct Records {
    parts: Vec<Part>,
}

/// What threads are making.
pub(crate) struct Making<'scope>(Vec<ScopedJoinHandle<'scope, Result<Made, WriteError>>>);

/// A range of packages, and their dependencies by kind.
type Made = (Part, [List; 8]);

impl Making<'_> {
    /// Waits; returns the records, and the dependencies by kind.
    pub(crate) fn join(self) -> Result<(Records, [Lists; 8]), WriteError> {
        let mut lists = Relation::ALL.map(|_| Lists::default());
        let mut parts = Vec::with_capacity(self.0.len());
        for thread in self.0 {
            let (part, of_part) = joined(thread)?;
            parts.push(part);
            lists.iter_mut().zip(of_part).for_each(|(all, list)| all.push(list));
        }
        Ok((Records { parts }, lists))
    }
}

/// A thread for fewer packages costs more than it saves.
const FEW: usize = 512;

impl<'r> Packages<'r> {
    /// Starts the threads.
    pub(crate) fn make<'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
        file: Option<&'scope SpillFile>,
    ) -> Making<'scope>
    where
        'r: 'scope,
    {
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(8);
        let count = self.rows.len();
        let threads = threads.min(count / FEW + 1);
        let ranges = (0..threads).map(|part| count * part / threads..count * (part + 1) / threads);
        Making(ranges.map(|range| scope.spawn(move || self.part(range, file))).collect())
    }

    fn part(&self, range: Range<usize>, file: Option<&SpillFile>) -> Result<Made, WriteError> {
        let rows = &self.rows[range.clone()];
        let (relations, lists) = self.relations(self.windows(range.start, |run| &run.relations)?, rows, file)?;
        let (metas, origins) = self.metas(self.windows(range.start, |run| &run.metas)?, rows, file)?;
        let (files, index) = self.files(self.windows(range.start, |run| &run.files)?, range, file)?;
        Ok((Part { relations, metas, origins, files, index }, lists))
    }

    /// Reads a section of all runs from the packages on that come from `start` on.
    fn windows(&self, start: usize, section: fn(&Run) -> &RowRecords) -> Result<Vec<Window<'r>>, WriteError> {
        let mut before = vec![0; self.runs.len()];
        self.rows[..start].iter().for_each(|row| before[row.run as usize] += 1);
        let windows = self.runs.iter().zip(before).map(|(run, row)| section(run).starting(&run.kept, row));
        Ok(windows.collect::<Result<_, _>>()?)
    }

    /// Returns the dependencies of every package, and the same by kind.
    fn relations(
        &self,
        mut windows: Vec<Window<'_>>,
        rows: &[Row],
        file: Option<&SpillFile>,
    ) -> Result<(Column, [List; 8]), WriteError> {
        let mut lists = Relation::ALL.map(|_| List::new(file));
        let (mut column, mut encoded) = (Column::new("dependencies", file), Vec::new());
        for row in rows {
            let mut record = next(&mut windows, row)?;
            let map = &self.deps.maps[row.run as usize];
            encoded.clear();
            for list in &mut lists {
                let count = record.varint();
                put_varint(&mut encoded, count);
                list.start(count);
                for _ in 0..count {
                    let dep = at(map, &mut record);
                    put_varint(&mut encoded, dep.into());
                    list.add(dep);
                }
                list.end()?;
            }
            column.add(&encoded)?;
        }
        Ok((column, lists))
    }

    /// Returns what is known of every package, and what of it the solver asks for.
    fn metas(
        &self,
        mut windows: Vec<Window<'_>>,
        rows: &[Row],
        file: Option<&SpillFile>,
    ) -> Result<(Column, Stream), WriteError> {
        let (mut column, mut origins, mut encoded) = (Column::new("packages", file), Stream::new(file), Vec::new());
        for row in rows {
            let mut record = next(&mut windows, row)?;
            let mut meta = Meta::decode(record.bytes(usize::MAX));
            let map = &self.strings[row.run as usize];
            for field in meta.strings() {
                *field = field.checked_sub(1).and_then(|id| map.get(id as usize)).map_or(0, |id| id + 1);
            }
            let key = self.chunks.key(row.run, row.chunk);
            meta.url = self.places.get(key, URL, meta.url);
            meta.summary = self.places.get(key, SUMMARY, meta.summary);
            meta.description = self.places.get(key, DESCRIPTION, meta.description);
            encoded.clear();
            meta.encode(&mut encoded);
            column.add(&encoded)?;
            origins.numbers(&[meta.vendor, u32::try_from(meta.build_time).unwrap_or(u32::MAX)])?;
        }
        Ok((column, origins))
    }

    /// Returns the files of every package, and who has which path, in order.
    fn files(
        &self,
        mut windows: Vec<Window<'_>>,
        range: Range<usize>,
        file: Option<&SpillFile>,
    ) -> Result<(Column, Vec<[u32; 3]>), WriteError> {
        let (mut column, mut encoded) = (Column::new("files", file), Vec::new());
        let mut index: Vec<[u32; 3]> = Vec::new();
        let mut files: Vec<(u32, u32, u32)> = Vec::new();
        for (number, row) in (range.start as u32..).zip(&self.rows[range]) {
            let mut record = next(&mut windows, row)?;
            let map = &self.strings[row.run as usize];
            files.clear();
            while !record.is_empty() {
                files.push((at(map, &mut record), at(map, &mut record), record.number()));
            }
            files.sort_unstable();
            files.dedup_by_key(|(dir, name, _)| (*dir, *name));
            encoded.clear();
            for group in files.chunk_by(|one, two| one.0 == two.0) {
                put_varint(&mut encoded, group[0].0.into());
                put_varint(&mut encoded, group.len() as u64);
                for (_, name, kind) in group {
                    put_varint(&mut encoded, u64::from(*name) << 2 | u64::from(*kind));
                }
            }
            column.add(&encoded)?;
            index.extend(files.iter().map(|(dir, name, _)| [*dir, *name, number]));
        }
        index.sort_unstable();
        Ok((column, index))
    }
}

/// Returns the next record of the run that a row is from.
fn next<'w>(windows: &'w mut [Window<'_>], row: &Row) -> Result<Reader<'w>, WriteError> {
    let record = windows[row.run as usize].record()?;
    Ok(record.ok_or(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))?)
}

/// A range of packages.
struct Part {
    relations: Column,
    metas: Column,
    origins: Stream,
    files: Column,
    index: Vec<[u32; 3]>,
}

/// A record for each package, and where they end.
struct Column {
    records: Stream,
    ends: Vec<u32>,
    /// What there may be too many of.
    what: &'static str,
}

impl Column {
    fn new(what: &'static str, file: Option<&SpillFile>) -> Self {
        Column { records: Stream::new(file), ends: Vec::new(), what }
    }

    fn add(&mut self, record: &[u8]) -> Result<(), WriteError> {
        self.records.write(record)?;
        let start = self.ends.last().copied().unwrap_or(0);
        let end = u32::try_from(record.len()).ok().and_then(|len| start.checked_add(len));
        self.ends.push(end.ok_or(CatalogError::TooLarge(self.what))?);
        Ok(())
    }
}

impl Records {
    /// Writes all of it.
    pub(crate) fn write<W: Write + Seek>(self, output: &mut Output<W>) -> Result<(), WriteError> {
        let columns = |column: fn(&Part) -> &Column| self.parts.iter().map(column);
        write_columns(output, [Section::Relations, Section::RelationEnds], columns(|part| &part.relations))?;
        write_columns(output, [Section::Metas, Section::MetaEnds], columns(|part| &part.metas))?;
        write_streams(output, Section::Origins, self.parts.iter().map(|part| &part.origins))?;
        write_columns(output, [Section::Files, Section::FileEnds], columns(|part| &part.files))?;
        let mut parts = self.parts.into_iter().map(|part| part.index);
        let mut index = parts.next().unwrap_or_default();
        parts.for_each(|part| index.extend(part));
        // A stable sort sees that the parts are in order.
        index.sort_by(Ord::cmp);
        output.section(Section::FileIndex);
        Ok(output.numbers(index.as_flattened())?)
    }
}

/// Writes the records of all parts, and their ends as if they were one.
fn write_columns<'c, W: Write + Seek>(
    output: &mut Output<W>,
    [records, ends]: [Section; 2],
    columns: impl Iterator<Item = &'c Column> + Clone,
) -> Result<(), WriteError> {
    write_streams(output, records, columns.clone().map(|column| &column.records))?;
    output.section(ends);
    let mut start = 0_u32;
    for column in columns {
        for end in &column.ends {
            output.numbers(&[start.checked_add(*end).ok_or(CatalogError::TooLarge(column.what))?])?;
        }
        start = start.saturating_add(column.ends.last().copied().unwrap_or(0));
    }
    Ok(())
}
