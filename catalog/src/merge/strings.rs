//! One numbering for the strings of several runs.

use std::cmp;
use std::io::{Seek, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use super::{Chunks, Texts, Tree, starts};
use crate::error::CatalogError;
use crate::format::{Section, read_u32};
use crate::output::Output;
use crate::run::{IS_NAME, IS_VERSION, Run, head};
use crate::spill::{SpillFile, Stream, Window};
use crate::walk::NEVER;
use crate::writer::{WriteError, joined};

/// The strings of all runs.
#[derive(Default)]
pub(crate) struct Strings {
    /// For each run, the final numbers of its strings.
    pub(crate) maps: Vec<Vec<u32>>,
    /// Strings that look like rich dependencies follow one another.
    pub(crate) rich: Range<u32>,
    pub(crate) has_empty: bool,
}

/// What libsolv would count of strings.
#[derive(Default)]
pub(crate) struct Counts {
    /// For each string when it first appeared.
    pub(crate) first: Vec<u32>,
    /// For each string how often libsolv's cache refers to it. Several threads count.
    pub(crate) uses: Vec<AtomicU32>,
}

impl Counts {
    /// Counts one more use of a string.
    pub(crate) fn refer(&self, string: u32) {
        self.uses[string as usize].fetch_add(1, Ordering::Relaxed);
    }
}

/// Stands on a string of a run.
struct StringCursor<'r> {
    window: Window<'r>,
    text: Vec<u8>,
    head: u128,
    flags: u64,
    first: u32,
    uses: u32,
    ended: bool,
}

impl<'r> StringCursor<'r> {
    /// Moves to the first string of a run whose first bytes are in a range.
    fn new(run: &'r Run, range: &Range<u128>) -> Result<Self, WriteError> {
        let mark = run.marks.partition_point(|(head, ..)| *head < range.start).saturating_sub(1);
        let start = run.marks.get(mark).map_or(run.strings.start, |(_, at)| *at);
        let window = Window::new(&run.kept, &(start..run.strings.end));
        let mut cursor = StringCursor { window, text: Vec::new(), head: 0, flags: 0, first: 0, uses: 0, ended: false };
        cursor.advance(u128::MAX)?;
        while !cursor.ended && cursor.head < range.start {
            cursor.advance(u128::MAX)?;
        }
        cursor.ended |= is_beyond(cursor.head, range.end);
        Ok(cursor)
    }

    fn advance(&mut self, end: u128) -> Result<(), WriteError> {
        self.text.clear();
        let Some(mut record) = self.window.record()? else {
            self.ended = true;
            return Ok(());
        };
        (self.flags, self.first, self.uses) = (record.varint(), record.number(), record.number());
        self.text.extend_from_slice(record.bytes(usize::MAX));
        self.head = head(&self.text);
        self.ended = is_beyond(self.head, end);
        Ok(())
    }

    fn cmp(&self, other: &Self) -> cmp::Ordering {
        let order = self.ended.cmp(&other.ended).then_with(|| self.head.cmp(&other.head));
        order.then_with(|| self.text.cmp(&other.text))
    }
}

/// The last range has no end, which the largest number stands for.
fn is_beyond(head: u128, end: u128) -> bool {
    end != u128::MAX && head >= end
}

/// All strings in order, each once, as they are written.
pub(crate) struct StringBytes(Vec<(Stream, Stream)>);

impl StringBytes {
    /// Writes the strings and their ends.
    pub(crate) fn write<W: Write + Seek>(self, output: &mut Output<W>) -> Result<(), WriteError> {
        output.section(Section::Strings);
        self.0.iter().try_for_each(|(bytes, _)| bytes.read(|bytes| output.bytes(bytes)))?;
        output.section(Section::StringEnds);
        let mut end = 0_u32;
        for (_, lens) in self.0 {
            lens.read(|lens| {
                lens.chunks_exact(4).try_for_each(|len| {
                    end = end.checked_add(read_u32(len, 0)).ok_or(CatalogError::TooLarge("strings"))?;
                    Ok::<_, WriteError>(output.numbers(&[end])?)
                })
            })?;
        }
        Ok(())
    }
}

/// Numbers all strings in order; returns also what was counted of them, and the names and versions of packages.
///
/// The strings are cut into ranges by their first bytes, which threads merge side by side.
pub(crate) fn merge_strings(
    runs: &[Run],
    chunks: &Chunks,
    file: Option<&SpillFile>,
) -> Result<(Strings, Counts, Texts, StringBytes), WriteError> {
    let ranges = ranges(runs);
    let merged: Vec<StringRange> = thread::scope(|scope| {
        let merge = |range| scope.spawn(move || StringRange::merge(runs, chunks, range, file));
        let threads: Vec<_> = ranges.into_iter().map(merge).collect();
        threads.into_iter().map(joined).collect::<Result<_, _>>()
    })?;
    let (mut strings, mut counts, mut texts) = (Strings::default(), Counts::default(), Texts::default());
    let mut bytes = Vec::new();
    strings.maps = runs.iter().map(|run| Vec::with_capacity(run.string_count)).collect();
    let count: usize = merged.iter().map(|range| range.first.len()).sum();
    u32::try_from(count).map_err(|_| CatalogError::TooLarge("strings"))?;
    counts.first.reserve_exact(count);
    counts.uses.reserve_exact(count);
    for range in merged {
        let base = counts.first.len() as u32;
        for (all, map) in strings.maps.iter_mut().zip(range.map) {
            all.extend(map.into_iter().map(|number| base + number));
        }
        strings.has_empty |= range.has_empty;
        strings.rich.start += range.before_rich;
        strings.rich.end += range.before_rich + range.rich;
        texts.append(base, &range.texts)?;
        counts.first.extend(range.first);
        counts.uses.extend(range.uses.into_iter().map(AtomicU32::new));
        bytes.push((range.bytes, range.lens));
    }
    Ok((strings, counts, texts, StringBytes(bytes)))
}

/// Cuts the strings into ranges of about the same size.
fn ranges(runs: &[Run]) -> Vec<Range<u128>> {
    let mut marks: Vec<u128> = runs.iter().flat_map(|run| &run.marks).map(|(head, ..)| *head).collect();
    marks.sort_unstable();
    let starts = starts(&marks);
    let ends = starts.iter().skip(1).copied().chain([u128::MAX]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// Strings of a range, numbered from 0.
struct StringRange {
    bytes: Stream,
    lens: Stream,
    map: Vec<Vec<u32>>,
    first: Vec<u32>,
    uses: Vec<u32>,
    texts: Texts,
    has_empty: bool,
    before_rich: u32,
    rich: u32,
}

impl StringRange {
    fn merge(runs: &[Run], chunks: &Chunks, range: Range<u128>, file: Option<&SpillFile>) -> Result<Self, WriteError> {
        let mut merged = StringRange {
            bytes: Stream::new(file),
            lens: Stream::new(file),
            map: runs.iter().map(|run| Vec::with_capacity(run.strings_within(&range))).collect(),
            first: Vec::new(),
            uses: Vec::new(),
            texts: Texts::default(),
            has_empty: false,
            before_rich: 0,
            rich: 0,
        };
        let cursors = runs.iter().map(|run| StringCursor::new(run, &range));
        let mut cursors = cursors.collect::<Result<Vec<_>, WriteError>>()?;
        let mut last: Vec<u8> = Vec::new();
        let mut flags = 0;
        let mut tree = Tree::new(cursors.len(), |one, two| cursors[one].cmp(&cursors[two]).is_lt());
        while !cursors.is_empty() && !cursors[tree.first()].ended {
            let source = tree.first();
            let cursor = &mut cursors[source];
            if merged.first.is_empty() || cursor.text != last {
                merged.keep(flags, &last)?;
                flags = 0;
                last.clone_from(&cursor.text);
                merged.start(&last)?;
            }
            flags |= cursor.flags;
            let number = merged.first.len() - 1;
            merged.map[source].push(number as u32);
            merged.first[number] = merged.first[number].min(chunks.place(source, &runs[source], cursor.first));
            merged.uses[number] = merged.uses[number].wrapping_add(cursor.uses);
            cursor.advance(range.end)?;
            tree.replay(|one, two| cursors[one].cmp(&cursors[two]).is_lt());
        }
        merged.keep(flags, &last)?;
        Ok(merged)
    }

    fn start(&mut self, text: &[u8]) -> Result<(), WriteError> {
        self.bytes.write(text)?;
        self.lens.numbers(&[u32::try_from(text.len()).map_err(|_| CatalogError::TooLarge("strings"))?])?;
        self.first.push(NEVER);
        self.uses.push(0);
        self.has_empty |= text.is_empty();
        self.before_rich += u32::from(text < b"(".as_slice());
        self.rich += u32::from(text.starts_with(b"("));
        Ok(())
    }

    /// Keeps the text of the last string where it will be asked for.
    fn keep(&mut self, flags: u64, text: &[u8]) -> Result<(), CatalogError> {
        if flags & (IS_NAME | IS_VERSION) == 0 {
            return Ok(());
        }
        self.texts.add(self.first.len() as u32 - 1, text)
    }
}
