//! Writes runs as one catalog.
//!
//! Runs are read from front to back, together; what is not written at once waits in a file, so that little more than
//! the numbers of strings, dependencies and packages is in memory.

use std::io::{self, Seek, Write};
use std::thread::{self, ScopedJoinHandle};

use crate::catalog::Stamp;
use crate::error::CatalogError;
use crate::format::{Section, put_varint};
use crate::merge::{Chunks, Counts, Deps, Row, Strings, at, merge_deps, merge_rows, merge_strings, rich_names};
use crate::meta::Meta;
use crate::order::{DepOrder, count_directories};
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

/// Writes all packages of the runs behind the descriptions; what has to wait does so in `file`, if there is one.
pub(crate) fn write<W: Write + Seek>(
    mut runs: Vec<Run>,
    mut texts: TextWriter<W>,
    file: Option<&SpillFile>,
    stamp: &Stamp,
) -> Result<W, WriteError> {
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
    let chunks = Chunks::new(&runs)?;
    let (mut strings, mut counts) = merge_strings(&runs, &chunks, file, &mut output)?;
    count_directories(&runs, &chunks, &strings, &mut counts)?;
    let (deps, rows) = thread::scope(|scope| {
        let rows = scope.spawn(|| merge_rows(&runs, &chunks, &strings));
        let deps = write_deps(&runs, &chunks, &strings, &mut counts, &mut output)?;
        Ok::<_, WriteError>((deps, joined(rows)?))
    })?;
    output.section(Section::StringCounts);
    counts.first.iter().zip(&counts.uses).try_for_each(|(first, uses)| output.numbers(&[*first, *uses]))?;
    drop(counts);
    write_rows(&rows, &strings, &mut output)?;
    drop(std::mem::take(&mut strings.texts));
    let packages = Packages { runs: &runs, chunks: &chunks, rows: &rows, strings: &strings.maps, deps: &deps };
    // Some sections are made at the same time; those of the calling thread are written at once.
    let lists = thread::scope(|scope| {
        let metas = scope.spawn(|| packages.metas(&places, file));
        let files = scope.spawn(|| packages.files(file));
        let lists = packages.write_relations(file, &mut output)?;
        let (metas, ends, origins) = joined(metas)?;
        write_stream(&mut output, Section::Metas, &metas)?;
        output.whole(Section::MetaEnds, &ends.bytes)?;
        write_stream(&mut output, Section::Origins, &origins)?;
        let (files, ends, index) = joined(files)?;
        write_stream(&mut output, Section::Files, &files)?;
        output.whole(Section::FileEnds, &ends.bytes)?;
        output.section(Section::FileIndex);
        output.numbers(index.as_flattened())?;
        Ok::<_, WriteError>(lists)
    })?;
    let count = deps.count;
    drop((runs, strings, deps, rows, places));
    write_postings(lists, count, &mut output)?;
    Ok(output.finish(*stamp)?)
}

pub(crate) fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn write_stream<W: Write + Seek>(output: &mut Output<W>, section: Section, stream: &Stream) -> Result<(), WriteError> {
    output.section(section);
    stream.read(|bytes| Ok(output.bytes(bytes)?))
}

/// Writes the dependencies, the names inside rich ones, and how often they are used.
fn write_deps<W: Write + Seek>(
    runs: &[Run],
    chunks: &Chunks,
    strings: &Strings,
    counts: &mut Counts,
    output: &mut Output<W>,
) -> Result<Deps, WriteError> {
    let mut order = DepOrder::default();
    output.section(Section::Deps);
    let deps = merge_deps(runs, chunks, &strings.maps, |dep| {
        order.add(dep, strings, counts);
        Ok(output.numbers(&dep.dep)?)
    })?;
    order.end_group(strings, counts);
    let rich = rich_names(runs, &strings.maps, &deps)?;
    order.count_rich(&rich, counts);
    let mut pairs: Vec<[u32; 2]> =
        rich.iter().flat_map(|(dep, names)| names.iter().map(move |name| [*name, *dep])).collect();
    pairs.sort_unstable();
    pairs.dedup();
    output.section(Section::RichNames);
    output.numbers(pairs.as_flattened())?;
    output.section(Section::DepCounts);
    output.numbers(order.into_counts(counts).as_flattened())?;
    Ok(deps)
}

/// Writes who has which dependency; `deps` is the number of all dependencies.
fn write_postings<W: Write + Seek>(lists: [Lists; 8], deps: usize, output: &mut Output<W>) -> Result<(), WriteError> {
    // Two at a time: more would take more memory than time.
    let mut lists = lists.into_iter();
    for pair in Relation::ALL.chunks(2) {
        let encode = |list: Option<Lists>| list.map(|list| encode_postings(list, deps)).transpose();
        let (one, two) = (lists.next(), lists.next());
        let (one, two) = thread::scope(|scope| {
            let two = scope.spawn(|| encode(two));
            (encode(one), joined(two))
        });
        for (relation, encoded) in pair.iter().zip([one?, two?]) {
            let (postings, keys) = Section::postings(*relation);
            output.whole(postings, encoded.as_ref().map_or(&[], |encoded| &encoded.postings))?;
            output.whole(keys, encoded.as_ref().map_or(&[], |encoded| &encoded.keys))?;
        }
    }
    Ok(())
}

/// Writes what is in a row of a package, and the order of names without regard to case.
fn write_rows<W: Write + Seek>(rows: &[Row], strings: &Strings, output: &mut Output<W>) -> Result<(), WriteError> {
    output.section(Section::Packages);
    rows.iter().try_for_each(|row| output.numbers(&[row.name, row.arch, row.epoch, row.version, row.release]))?;
    output.section(Section::Ordinals);
    rows.iter().try_for_each(|row| output.numbers(&[row.ordinal]))?;
    let mut names: Vec<(&[u8], u32)> = Vec::new();
    for (group, first) in rows.chunk_by(|one, two| one.name == two.name).scan(0, |start, group| {
        *start += group.len() as u32;
        Some((group, *start - group.len() as u32))
    }) {
        names.push((strings.texts.get(group[0].name), first));
    }
    // Nearly sorted already, as most names are in lower case; a stable sort takes advantage of that.
    let folded = |name: &'_ [u8]| name.iter().map(u8::to_ascii_lowercase).collect::<Vec<u8>>();
    names.sort_by(|(one, _), (two, _)| {
        let mixed = |name: &[u8]| name.iter().any(u8::is_ascii_uppercase);
        if mixed(one) || mixed(two) { folded(one).cmp(&folded(two)) } else { one.cmp(two) }
    });
    output.section(Section::Folded);
    Ok(names.into_iter().try_for_each(|(_, first)| output.numbers(&[first]))?)
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

    /// Returns what is known of each package, the ends of the records, and what of it the solver asks for.
    fn metas(&self, places: &Places, file: Option<&SpillFile>) -> Result<(Stream, Ends, Stream), WriteError> {
        let mut windows = self.windows(|run| &run.metas);
        let mut origins = Stream::new(file);
        let (mut stream, mut ends, mut encoded) = (Stream::new(file), Ends::new("packages"), Vec::new());
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
            stream.write(&encoded)?;
            ends.add(encoded.len())?;
            origins.write(&meta.vendor.to_le_bytes())?;
            origins.write(&u32::try_from(meta.build_time).unwrap_or(u32::MAX).to_le_bytes())?;
        }
        Ok((stream, ends, origins))
    }

    /// Returns the files of the packages, the ends of their records, and who has which path.
    fn files(&self, file: Option<&SpillFile>) -> Result<(Stream, Ends, Vec<[u32; 3]>), WriteError> {
        let mut windows = self.windows(|run| &run.files);
        let (mut stream, mut ends, mut encoded) = (Stream::new(file), Ends::new("files"), Vec::new());
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
            stream.write(&encoded)?;
            ends.add(encoded.len())?;
            index.extend(files.into_iter().map(|(dir, name, _)| [dir, name, number]));
        }
        index.sort_unstable();
        Ok((stream, ends, index))
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
