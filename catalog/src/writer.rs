//! Writes runs as one catalog.
//!
//! Runs are read from front to back, together; what is not written at once waits in a file, so that little more than
//! the numbers of strings, dependencies and packages is in memory.

use std::collections::BTreeMap;
use std::io::{self, Seek, Write};
use std::thread::{self, ScopedJoinHandle};

use crate::catalog::Stamp;
use crate::error::CatalogError;
use crate::format::{Section, put_varint};
use crate::map::give_back_memory;
use crate::merge::{Chunks, Counts, Deps, Row, Texts, at, merge_deps, merge_rows, merge_strings, rich_names};
use crate::meta::Meta;
use crate::order::count_directories;
use crate::output::Output;
use crate::postings::{Lists, encode_postings};
use crate::record::Relation;
use crate::run::Run;
use crate::spill::{SpillFile, Stream, Window};
use crate::texts::{DESCRIPTION, Places, SUMMARY, TextWriter, URL};

/// A failure while writing: of the data or of the sink.
#[derive(Debug)]
pub(crate) enum WriteError {
    Catalog(CatalogError),
    Io(io::Error),
}

impl From<CatalogError> for WriteError {
    fn from(error: CatalogError) -> Self {
        WriteError::Catalog(error)
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        WriteError::Io(error)
    }
}

/// With so many packages a step of the work takes enough memory to first give back what the step before took: the C
/// library keeps what one thread freed from what others ask for.
const MANY: usize = 20_000;

/// Writes all packages of the runs behind the descriptions; what has to wait does so in `file`, if there is one.
pub(crate) fn write<W: Write + Seek>(
    mut runs: Vec<Run>,
    mut texts: TextWriter<W>,
    file: Option<&SpillFile>,
    stamp: &Stamp,
) -> Result<W, WriteError> {
    let is_large = runs.iter().map(|run| run.row_count).sum::<usize>() > MANY;
    let tidy = || {
        if is_large {
            give_back_memory();
        }
    };
    for (number, run) in (0..).zip(&mut runs) {
        let waiting = run.chunks.iter().filter(|chunk| !chunk.chunk.handed_over).map(|chunk| chunk.chunk.key(number));
        for (key, chunk) in waiting.zip(std::mem::take(&mut run.texts)) {
            texts.put_last(key, chunk);
        }
    }
    let (mut output, places, [summaries, urls]) = texts.finish()?;
    write_stream(&mut output, Section::Summaries, &summaries)?;
    write_stream(&mut output, Section::Urls, &urls)?;
    drop((summaries, urls));
    tidy();
    let chunks = Chunks::new(&runs)?;
    let (strings, mut counts, texts) = merge_strings(&runs, &chunks, file, &mut output)?;
    tidy();
    count_directories(&runs, &chunks, &strings, &mut counts)?;
    let (deps, dep_counts) = merge_deps(&runs, &chunks, (&strings, &counts), file, &mut output)?;
    // The rows wait for the dependencies: what threads need to merge these is gone when the rows are there.
    let sort_rows = || {
        let rows = merge_rows(&runs, &chunks, &strings, &texts)?;
        let folded = fold(&rows, &texts);
        Ok::<_, WriteError>((rows, folded))
    };
    let (rows, folded) = thread::scope(|scope| {
        // Many rows wait for what the counting needs, too.
        let rows = (!is_large).then(|| scope.spawn(sort_rows));
        let names = rich_names(&runs, &strings.maps, &deps)?;
        write_rich_names(&names, &mut output)?;
        dep_counts.count_rich(&names, &counts);
        dep_counts.write(&mut counts, &mut output)?;
        let sort_rows_alone = || {
            tidy();
            sort_rows()
        };
        rows.map_or_else(sort_rows_alone, joined)
    })?;
    drop(texts);
    tidy();
    let packages = Packages { runs: &runs, chunks: &chunks, rows: &rows, strings: &strings.maps, deps: &deps };
    // Some sections are made at the same time; those of the calling thread are written at once.
    let (lists, metas, files) = thread::scope(|scope| {
        let metas = scope.spawn(|| packages.metas(&places, file));
        let files = scope.spawn(|| packages.files(file));
        write_counts(counts, &mut output)?;
        write_rows(&rows, &folded, &mut output)?;
        let lists = packages.write_relations(file, &mut output)?;
        Ok::<_, WriteError>((lists, joined(metas)?, joined(files)?))
    })?;
    let count = deps.count;
    // Lists are turned round in much memory.
    drop((runs, strings, deps, rows, places));
    tidy();
    thread::scope(|scope| {
        let [provides, requires, others @ ..] = lists;
        // Nearly all dependencies are of these two kinds.
        let large = [provides, requires].map(|lists| scope.spawn(move || encode_postings(lists, count, file)));
        metas.write(&mut output)?;
        files.write(&mut output)?;
        let others = others.map(|lists| encode_postings(lists, count, file));
        for (relation, encoded) in Relation::ALL.iter().zip(large.map(joined).into_iter().chain(others)) {
            let encoded = encoded?;
            let (postings, keys) = Section::postings(*relation);
            write_stream(&mut output, postings, &encoded.postings)?;
            write_stream(&mut output, keys, &encoded.keys)?;
        }
        Ok::<_, WriteError>(())
    })?;
    Ok(output.finish(*stamp)?)
}

pub(crate) fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn write_stream<W: Write + Seek>(output: &mut Output<W>, section: Section, stream: &Stream) -> Result<(), WriteError> {
    output.section(section);
    stream.read(|bytes| Ok(output.bytes(bytes)?))
}

/// Writes the names inside rich dependencies.
fn write_rich_names<W: Write + Seek>(
    names: &BTreeMap<u32, Vec<u32>>,
    output: &mut Output<W>,
) -> Result<(), WriteError> {
    let pairs = names.iter().flat_map(|(dep, names)| names.iter().map(move |name| [*name, *dep]));
    let mut pairs: Vec<[u32; 2]> = pairs.collect();
    pairs.sort_unstable();
    pairs.dedup();
    output.section(Section::RichNames);
    Ok(output.numbers(pairs.as_flattened())?)
}

/// Writes when each string first appeared and how often it is referred to.
fn write_counts<W: Write + Seek>(counts: Counts, output: &mut Output<W>) -> Result<(), WriteError> {
    output.section(Section::StringCounts);
    let mut counts = counts.first.into_iter().zip(counts.uses);
    Ok(counts.try_for_each(|(first, uses)| output.numbers(&[first, uses.into_inner()]))?)
}

/// Writes what is in a row of a package, and the order of names without regard to case.
fn write_rows<W: Write + Seek>(rows: &[Row], folded: &[u32], output: &mut Output<W>) -> Result<(), WriteError> {
    output.section(Section::Packages);
    rows.iter().try_for_each(|row| output.numbers(&[row.name, row.arch, row.epoch, row.version, row.release]))?;
    output.section(Section::Ordinals);
    rows.iter().try_for_each(|row| output.numbers(&[row.ordinal]))?;
    output.section(Section::Folded);
    Ok(folded.iter().try_for_each(|first| output.numbers(&[*first]))?)
}

/// Returns the first package of every name, in the order of names without regard to case; of equal ones that with capitals
/// comes first, as in the order of bytes.
fn fold(rows: &[Row], texts: &Texts) -> Vec<u32> {
    // Names without capitals are in order already, and nearly all have none.
    let (mut plain, mut mixed) = (Vec::new(), Vec::new());
    let mut first = 0_u32;
    for group in rows.chunk_by(|one, two| one.name == two.name) {
        let name = texts.get(group[0].name);
        if name.iter().any(u8::is_ascii_uppercase) {
            mixed.push((name.to_ascii_lowercase(), first));
        } else {
            plain.push(first);
        }
        first += group.len() as u32;
    }
    mixed.sort();
    let mut folded = Vec::with_capacity(plain.len() + mixed.len());
    let mut mixed = mixed.into_iter().peekable();
    for first in plain {
        let name = texts.get(rows[first as usize].name);
        while let Some((_, before)) = mixed.next_if(|(text, _)| text.as_slice() <= name) {
            folded.push(before);
        }
        folded.push(first);
    }
    folded.extend(mixed.map(|(_, first)| first));
    folded
}

/// What is known of each package.
struct Metas {
    records: Stream,
    ends: Ends,
    /// What of it the solver asks for.
    origins: Stream,
}

impl Metas {
    fn write<W: Write + Seek>(&self, output: &mut Output<W>) -> Result<(), WriteError> {
        write_stream(output, Section::Metas, &self.records)?;
        output.whole(Section::MetaEnds, &self.ends.bytes)?;
        write_stream(output, Section::Origins, &self.origins)
    }
}

/// The files of each package, and who has which path.
struct Files {
    records: Stream,
    ends: Ends,
    index: Vec<[u32; 3]>,
}

impl Files {
    fn write<W: Write + Seek>(&self, output: &mut Output<W>) -> Result<(), WriteError> {
        write_stream(output, Section::Files, &self.records)?;
        output.whole(Section::FileEnds, &self.ends.bytes)?;
        output.section(Section::FileIndex);
        Ok(output.numbers(self.index.as_flattened())?)
    }
}

/// The packages in order, and what turns numbers of their runs into final ones.
struct Packages<'r> {
    runs: &'r [Run],
    chunks: &'r Chunks,
    rows: &'r [Row],
    strings: &'r [Vec<u32>],
    deps: &'r Deps,
}

impl<'r> Packages<'r> {
    fn windows(&self, section: fn(&Run) -> &std::ops::Range<usize>) -> Vec<Window<'r>> {
        self.runs.iter().map(|run| Window::new(&run.kept, section(run))).collect()
    }

    /// Writes the dependencies of every package, and returns them by kind.
    fn write_relations<W: Write + Seek>(
        &self,
        file: Option<&SpillFile>,
        output: &mut Output<W>,
    ) -> Result<[Lists; 8], WriteError> {
        let mut windows = self.windows(|run| &run.relations);
        let mut lists = Relation::ALL.map(|_| Lists::new(file));
        let mut ends = Ends::new("dependencies");
        let mut encoded = Vec::new();
        output.section(Section::Relations);
        for row in self.rows {
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
            output.bytes(&encoded)?;
            ends.add(encoded.len())?;
        }
        output.whole(Section::RelationEnds, &ends.bytes)?;
        Ok(lists)
    }

    fn metas(&self, places: &Places, file: Option<&SpillFile>) -> Result<Metas, WriteError> {
        let mut windows = self.windows(|run| &run.metas);
        let (mut records, mut ends, mut encoded) = (Stream::new(file), Ends::new("packages"), Vec::new());
        let mut origins = Stream::new(file);
        for row in self.rows {
            let mut record = next(&mut windows, row)?;
            let mut meta = Meta::decode(record.bytes(usize::MAX));
            let map = &self.strings[row.run as usize];
            for field in meta.strings() {
                *field = field.checked_sub(1).and_then(|id| map.get(id as usize)).map_or(0, |id| id + 1);
            }
            let key = self.chunks.key(row.run, row.chunk);
            meta.url = places.get(key, URL, meta.url);
            meta.summary = places.get(key, SUMMARY, meta.summary);
            meta.description = places.get(key, DESCRIPTION, meta.description);
            encoded.clear();
            meta.encode(&mut encoded);
            records.write(&encoded)?;
            ends.add(encoded.len())?;
            origins.numbers(&[meta.vendor, u32::try_from(meta.build_time).unwrap_or(u32::MAX)])?;
        }
        Ok(Metas { records, ends, origins })
    }

    fn files(&self, file: Option<&SpillFile>) -> Result<Files, WriteError> {
        let mut windows = self.windows(|run| &run.files);
        let (mut records, mut ends, mut encoded) = (Stream::new(file), Ends::new("files"), Vec::new());
        let mut index: Vec<[u32; 3]> = Vec::new();
        for (number, row) in (0..).zip(self.rows) {
            let mut record = next(&mut windows, row)?;
            let map = &self.strings[row.run as usize];
            let mut files: Vec<(u32, u32, u32)> = Vec::new();
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
            records.write(&encoded)?;
            ends.add(encoded.len())?;
            index.extend(files.into_iter().map(|(dir, name, _)| [dir, name, number]));
        }
        index.sort_unstable();
        Ok(Files { records, ends, index })
    }
}

/// Returns the next record of the run that a row is from.
fn next<'w>(windows: &'w mut [Window<'_>], row: &Row) -> Result<crate::format::Reader<'w>, WriteError> {
    let record = windows[row.run as usize].record()?;
    Ok(record.ok_or(io::Error::from(io::ErrorKind::UnexpectedEof))?)
}

/// Ends of records, as they are written.
pub(crate) struct Ends {
    pub(crate) bytes: Vec<u8>,
    end: u32,
    what: &'static str,
}

impl Ends {
    pub(crate) fn new(what: &'static str) -> Self {
        Ends { bytes: Vec::new(), end: 0, what }
    }

    pub(crate) fn add(&mut self, len: usize) -> Result<(), CatalogError> {
        let end = u32::try_from(len).ok().and_then(|len| self.end.checked_add(len));
        self.end = end.ok_or(CatalogError::TooLarge(self.what))?;
        self.bytes.extend_from_slice(&self.end.to_le_bytes());
        Ok(())
    }
}
