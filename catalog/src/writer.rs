//! Writes runs as one catalog.
//!
//! Runs are read from front to back, together; what is not written at once waits in a file, so that little more than
//! the numbers of strings, dependencies and packages is in memory.

use std::collections::BTreeMap;
use std::io::{self, Seek, Write};
use std::thread::{self, ScopedJoinHandle};

use crate::catalog::Stamp;
use crate::error::CatalogError;
use crate::format::Section;
use crate::map::give_back_memory;
use crate::merge::{Chunks, Counts, Row, Texts, merge_deps, merge_rows, merge_strings, rich_names};
use crate::order::count_directories;
use crate::output::Output;
use crate::postings::encode_postings;
use crate::record::Relation;
use crate::rows::Packages;
use crate::run::Run;
use crate::spill::{SpillFile, Stream};
use crate::texts::TextWriter;

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
pub(crate) fn write<W: Write + Seek + Send>(
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
    let (strings, mut counts, texts, string_bytes) = merge_strings(&runs, &chunks, file)?;
    tidy();
    // The rows wait for the dependencies: what threads need to merge these is gone when the rows are there.
    let sort_rows = || {
        let rows = merge_rows(&runs, &chunks, &strings, &texts)?;
        let folded = fold(&rows, &texts);
        Ok::<_, WriteError>((rows, folded))
    };
    let (deps, (rows, folded)) = thread::scope(|scope| {
        let output = &mut output;
        let writing = scope.spawn(|| string_bytes.write(output).map(|()| output));
        // Many rows wait until what the dependencies need is gone.
        let rows = (!is_large).then(|| scope.spawn(sort_rows));
        count_directories(&runs, &chunks, &strings, &mut counts)?;
        let (deps, dep_counts, dep_bytes) = merge_deps(&runs, &chunks, (&strings, &counts), file)?;
        let output = joined(writing)?;
        dep_bytes.write(output)?;
        let names = rich_names(&runs, &strings.maps, &deps)?;
        write_rich_names(&names, output)?;
        dep_counts.count_rich(&names, &counts);
        dep_counts.write(&mut counts, output)?;
        let sort_rows_alone = || {
            tidy();
            sort_rows()
        };
        Ok::<_, WriteError>((deps, rows.map_or_else(sort_rows_alone, joined)?))
    })?;
    drop(texts);
    tidy();
    let packages =
        Packages { runs: &runs, chunks: &chunks, rows: &rows, strings: &strings.maps, deps: &deps, places: &places };
    let written = thread::scope(|scope| {
        let written = packages.make(scope, file);
        write_counts(counts, &mut output)?;
        write_rows(&rows, &folded, &mut output)?;
        written.join()
    })?;
    let count = deps.count;
    // Lists are turned round in much memory.
    drop((runs, strings, deps, rows, places));
    tidy();
    let (records, lists) = written;
    thread::scope(|scope| {
        let [provides, requires, others @ ..] = lists;
        // Nearly all dependencies are of these two kinds.
        let large = [provides, requires].map(|lists| scope.spawn(move || encode_postings(lists, count, file)));
        records.write(&mut output)?;
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

/// Writes a section that is in several parts.
pub(crate) fn write_streams<'s, W: Write + Seek>(
    output: &mut Output<W>,
    section: Section,
    mut streams: impl Iterator<Item = &'s Stream>,
) -> Result<(), WriteError> {
    output.section(section);
    streams.try_for_each(|stream| stream.read(|bytes| Ok(output.bytes(bytes)?)))
}

fn write_stream<W: Write + Seek>(output: &mut Output<W>, section: Section, stream: &Stream) -> Result<(), WriteError> {
    write_streams(output, section, std::iter::once(stream))
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
