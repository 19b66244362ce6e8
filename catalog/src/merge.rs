//! One numbering for the strings, dependencies and packages of several runs.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::thread;

use crate::error::CatalogError;
use crate::format::{Reader, Section};
use crate::output::Output;
use crate::run::{IS_NAME, IS_VERSION, Run, prefix, version_order};
use crate::spill::{SpillFile, Stream, Window};
use crate::texts::ChunkKey;
use crate::walk::NEVER;
use crate::writer::{Ends, WriteError, joined};

/// Whose turn it is among sorted sources: a tree in which the loser of each comparison waits.
struct Tree {
    /// The winner, then losers; sources by number.
    nodes: Vec<usize>,
}

impl Tree {
    /// `before` tells whether a source comes before another; sources that have ended come last.
    fn new(sources: usize, before: impl Fn(usize, usize) -> bool) -> Self {
        const NOBODY: usize = usize::MAX;
        let mut nodes = vec![NOBODY; sources.max(1)];
        for source in 0..sources {
            let mut winner = source;
            let mut at = (source + sources) >> 1;
            while at > 0 {
                if nodes[at] == NOBODY {
                    nodes[at] = winner;
                    winner = NOBODY;
                    break;
                }
                if before(nodes[at], winner) {
                    std::mem::swap(&mut nodes[at], &mut winner);
                }
                at >>= 1;
            }
            if winner != NOBODY {
                nodes[0] = winner;
            }
        }
        Tree { nodes }
    }

    fn first(&self) -> usize {
        self.nodes[0]
    }

    /// Finds the next one after the first has moved on.
    fn replay(&mut self, before: impl Fn(usize, usize) -> bool) {
        let mut winner = self.nodes[0];
        let mut at = (winner + self.nodes.len()) >> 1;
        while at > 0 {
            if before(self.nodes[at], winner) {
                std::mem::swap(&mut self.nodes[at], &mut winner);
            }
            at >>= 1;
        }
        self.nodes[0] = winner;
    }
}

/// Texts that are needed while the catalog is written, by rising number.
#[derive(Default)]
pub(crate) struct Texts {
    numbers: Vec<u32>,
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl Texts {
    fn add(&mut self, number: u32, text: &[u8]) -> Result<(), CatalogError> {
        self.bytes.extend_from_slice(text);
        self.numbers.push(number);
        self.ends.push(u32::try_from(self.bytes.len()).map_err(|_| CatalogError::TooLarge("strings"))?);
        Ok(())
    }

    /// Adds the texts of a range whose numbers start at `base`.
    fn append(&mut self, base: u32, range: &Texts) -> Result<(), CatalogError> {
        for (place, number) in range.numbers.iter().enumerate() {
            self.add(base + number, range.text(place))?;
        }
        Ok(())
    }

    fn text(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[place] as usize]
    }

    /// Returns a text that was kept.
    pub(crate) fn get(&self, number: u32) -> &[u8] {
        self.numbers.binary_search(&number).map_or(&[], |place| self.text(place))
    }
}

/// Where the chunks of the runs are in the source: threads share them out, so the runs alone do not tell.
pub(crate) struct Chunks {
    /// For each run and chunk: where its rows and its places in the walk start.
    starts: Vec<Vec<(u32, u32)>>,
    keys: Vec<Vec<ChunkKey>>,
}

impl Chunks {
    pub(crate) fn new(runs: &[Run]) -> Result<Self, CatalogError> {
        let mut all: Vec<(u32, usize, usize)> = Vec::new();
        for (run, chunks) in runs.iter().map(|run| &run.chunks).enumerate() {
            all.extend(chunks.iter().enumerate().map(|(index, chunk)| (chunk.chunk.number, run, index)));
        }
        all.sort_unstable();
        let mut starts: Vec<Vec<(u32, u32)>> = runs.iter().map(|run| vec![(0, 0); run.chunks.len()]).collect();
        let (mut rows, mut places) = (0_u32, 0_u32);
        for (_, run, index) in all {
            starts[run][index] = (rows, places);
            let chunk = &runs[run].chunks[index];
            rows = rows.checked_add(chunk.rows).ok_or(CatalogError::TooLarge("packages"))?;
            places = places.checked_add(chunk.places).ok_or(CatalogError::TooLarge("strings"))?;
        }
        // Ids are numbered through all catalogs of a sack, so one catalog is kept well below the limit.
        i32::try_from(rows).map_err(|_| CatalogError::TooLarge("packages"))?;
        let key = |(place, run): (u32, &Run)| run.chunks.iter().map(|chunk| chunk.chunk.key(place)).collect();
        Ok(Chunks { starts, keys: (0..).zip(runs).map(key).collect() })
    }

    /// Returns the place in the whole walk of a place in a run's plus 1; [`NEVER`] for 0.
    pub(crate) fn place(&self, number: usize, run: &Run, local: u32) -> u32 {
        let Some(local) = local.checked_sub(1) else { return NEVER };
        let after = run.chunks.partition_point(|chunk| chunk.start <= local);
        // Chunks without places share their start with the next one, which is the one that counts.
        let Some(index) = after.checked_sub(1) else { return NEVER };
        self.starts[number][index].1 + (local - run.chunks[index].start)
    }

    /// Returns the key of the texts of a run's chunk.
    pub(crate) fn key(&self, run: u32, chunk: u32) -> ChunkKey {
        self.keys[run as usize].get(chunk as usize).copied().unwrap_or((0, run + 1))
    }
}

/// The strings of all runs.
#[derive(Default)]
pub(crate) struct Strings {
    /// For each run, the final numbers of its strings.
    pub(crate) maps: Vec<Vec<u32>>,
    /// Strings that look like rich dependencies follow one another.
    pub(crate) rich: Range<u32>,
    pub(crate) has_empty: bool,
    /// Names and versions of packages.
    pub(crate) texts: Texts,
}

/// What libsolv would count of strings.
#[derive(Default)]
pub(crate) struct Counts {
    /// For each string when it first appeared.
    pub(crate) first: Vec<u32>,
    /// For each string how often libsolv's cache refers to it.
    pub(crate) uses: Vec<u32>,
}

/// Stands on a string of a run.
struct StringCursor<'r> {
    window: Window<'r>,
    text: Vec<u8>,
    prefix: u64,
    flags: u64,
    first: u32,
    uses: u32,
    ended: bool,
}

impl<'r> StringCursor<'r> {
    /// Moves to the first string of a run whose first bytes are in a range.
    fn new(run: &'r Run, range: &Range<u64>) -> Result<Self, WriteError> {
        let mark = run.marks.partition_point(|(prefix, ..)| *prefix < range.start).saturating_sub(1);
        let start = run.marks.get(mark).map_or(run.strings.start, |(_, at)| *at);
        let window = Window::new(&run.kept, &(start..run.strings.end));
        let mut cursor =
            StringCursor { window, text: Vec::new(), prefix: 0, flags: 0, first: 0, uses: 0, ended: false };
        cursor.advance(u64::MAX)?;
        while !cursor.ended && cursor.prefix < range.start {
            cursor.advance(u64::MAX)?;
        }
        cursor.ended |= is_beyond(cursor.prefix, range.end);
        Ok(cursor)
    }

    fn advance(&mut self, end: u64) -> Result<(), WriteError> {
        self.text.clear();
        let Some(mut record) = self.window.record()? else {
            self.ended = true;
            return Ok(());
        };
        (self.flags, self.first, self.uses) = (record.varint(), record.number(), record.number());
        self.text.extend_from_slice(record.bytes(usize::MAX));
        self.prefix = prefix(&self.text);
        self.ended = is_beyond(self.prefix, end);
        Ok(())
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.ended.cmp(&other.ended).then_with(|| self.prefix.cmp(&other.prefix));
        order.then_with(|| self.text.cmp(&other.text))
    }
}

/// The last range has no end, which the largest number stands for.
fn is_beyond(prefix: u64, end: u64) -> bool {
    end != u64::MAX && prefix >= end
}

/// Writes all strings in order, each once, and their ends.
///
/// The strings are cut into ranges by their first bytes, which threads merge side by side.
pub(crate) fn merge_strings<W: Write + Seek>(
    runs: &[Run],
    chunks: &Chunks,
    file: Option<&SpillFile>,
    output: &mut Output<W>,
) -> Result<(Strings, Counts), WriteError> {
    let ranges = ranges(runs);
    let merged: Vec<StringRange> = thread::scope(|scope| {
        let merge = |range| scope.spawn(move || StringRange::merge(runs, chunks, range, file));
        let threads: Vec<_> = ranges.into_iter().map(merge).collect();
        threads.into_iter().map(joined).collect::<Result<_, _>>()
    })?;
    let (mut strings, mut counts, mut ends) = (Strings::default(), Counts::default(), Ends::new("strings"));
    strings.maps = runs.iter().map(|run| Vec::with_capacity(run.string_count)).collect();
    output.section(Section::Strings);
    for range in merged {
        let base = u32::try_from(counts.first.len()).map_err(|_| CatalogError::TooLarge("strings"))?;
        range.bytes.read(|bytes| output.bytes(bytes))?;
        for (all, map) in strings.maps.iter_mut().zip(range.map) {
            all.extend(map.into_iter().map(|number| base + number));
        }
        range.lens.into_iter().try_for_each(|len| ends.add(len as usize))?;
        strings.has_empty |= range.has_empty;
        strings.rich.start += range.before_rich;
        strings.rich.end += range.before_rich + range.rich;
        strings.texts.append(base, &range.texts)?;
        counts.first.extend(range.counts.first);
        counts.uses.extend(range.counts.uses);
    }
    output.whole(Section::StringEnds, &ends.bytes)?;
    Ok((strings, counts))
}

/// Cuts the strings into ranges of about the same size.
fn ranges(runs: &[Run]) -> Vec<Range<u64>> {
    let mut marks: Vec<u64> = runs.iter().flat_map(|run| &run.marks).map(|(prefix, ..)| *prefix).collect();
    marks.sort_unstable();
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(8);
    // Few strings are merged before a thread has started.
    let threads = threads.min(marks.len() / 64 + 1);
    let mut starts: Vec<u64> = (1..threads).map(|part| marks[marks.len() * part / threads]).collect();
    starts.insert(0, 0);
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([u64::MAX]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// Strings of a range, numbered from 0.
struct StringRange {
    bytes: Stream,
    lens: Vec<u32>,
    map: Vec<Vec<u32>>,
    counts: Counts,
    texts: Texts,
    has_empty: bool,
    before_rich: u32,
    rich: u32,
}

impl StringRange {
    fn merge(runs: &[Run], chunks: &Chunks, range: Range<u64>, file: Option<&SpillFile>) -> Result<Self, WriteError> {
        let mut merged = StringRange {
            bytes: Stream::new(file),
            lens: Vec::new(),
            map: runs.iter().map(|_| Vec::new()).collect(),
            counts: Counts::default(),
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
            if merged.lens.is_empty() || cursor.text != last {
                merged.keep(flags, &last)?;
                flags = 0;
                last.clone_from(&cursor.text);
                merged.start(&last)?;
            }
            flags |= cursor.flags;
            let number = merged.lens.len() - 1;
            merged.map[source].push(number as u32);
            let counts = &mut merged.counts;
            counts.first[number] = counts.first[number].min(chunks.place(source, &runs[source], cursor.first));
            counts.uses[number] = counts.uses[number].wrapping_add(cursor.uses);
            cursor.advance(range.end)?;
            tree.replay(|one, two| cursors[one].cmp(&cursors[two]).is_lt());
        }
        merged.keep(flags, &last)?;
        Ok(merged)
    }

    fn start(&mut self, text: &[u8]) -> Result<(), WriteError> {
        self.bytes.write(text)?;
        self.lens.push(u32::try_from(text.len()).map_err(|_| CatalogError::TooLarge("strings"))?);
        self.counts.first.push(NEVER);
        self.counts.uses.push(0);
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
        self.texts.add(self.lens.len() as u32 - 1, text)
    }
}

/// The dependencies of all runs.
pub(crate) struct Deps {
    /// For each run, the final numbers of its dependencies.
    pub(crate) maps: Vec<Vec<u32>>,
    pub(crate) count: usize,
}

/// A dependency with what the walks through the runs tell of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MergedDep {
    pub(crate) number: u32,
    /// Name, evr, sense.
    pub(crate) dep: [u32; 3],
    pub(crate) first: u32,
    pub(crate) uses: u32,
}

struct DepCursor<'r> {
    window: Window<'r>,
    dep: [u32; 3],
    first: u32,
    uses: u32,
    ended: bool,
}

impl DepCursor<'_> {
    fn advance(&mut self, strings: &[u32]) -> Result<(), WriteError> {
        let Some(mut record) = self.window.record()? else {
            self.ended = true;
            return Ok(());
        };
        let mut string = || strings.get(record.number() as usize).copied().unwrap_or_default();
        let (name, evr) = (string(), string());
        self.dep = [name, evr, record.number()];
        (self.first, self.uses) = (record.number(), record.number());
        Ok(())
    }

    fn key(&self) -> (bool, [u32; 3]) {
        (self.ended, self.dep)
    }
}

/// Calls `each` with all dependencies in order, each once.
pub(crate) fn merge_deps(
    runs: &[Run],
    chunks: &Chunks,
    strings: &[Vec<u32>],
    mut each: impl FnMut(&MergedDep) -> Result<(), WriteError>,
) -> Result<Deps, WriteError> {
    let mut deps = Deps { maps: runs.iter().map(|run| Vec::with_capacity(run.dep_count)).collect(), count: 0 };
    let mut cursors = Vec::with_capacity(runs.len());
    for (run, strings) in runs.iter().zip(strings) {
        let window = Window::new(&run.kept, &run.deps);
        let mut cursor = DepCursor { window, dep: [0; 3], first: 0, uses: 0, ended: false };
        cursor.advance(strings)?;
        cursors.push(cursor);
    }
    let mut last: Option<MergedDep> = None;
    let mut tree = Tree::new(cursors.len(), |one, two| cursors[one].key() < cursors[two].key());
    while !cursors.is_empty() && !cursors[tree.first()].ended {
        let source = tree.first();
        let cursor = &mut cursors[source];
        if last.is_none_or(|last| last.dep != cursor.dep) {
            if let Some(last) = last {
                each(&last)?;
            }
            let number = u32::try_from(deps.count).map_err(|_| CatalogError::TooLarge("dependencies"))?;
            deps.count += 1;
            last = Some(MergedDep { number, dep: cursor.dep, first: NEVER, uses: 0 });
        }
        deps.maps[source].push(deps.count as u32 - 1);
        if let Some(last) = &mut last {
            last.first = last.first.min(chunks.place(source, &runs[source], cursor.first));
            last.uses = last.uses.wrapping_add(cursor.uses);
        }
        cursor.advance(&strings[source])?;
        tree.replay(|one, two| cursors[one].key() < cursors[two].key());
    }
    if let Some(last) = last {
        each(&last)?;
    }
    Ok(deps)
}

/// Returns rich dependencies with the names inside, as often as they are there.
pub(crate) fn rich_names(
    runs: &[Run],
    strings: &[Vec<u32>],
    deps: &Deps,
) -> Result<BTreeMap<u32, Vec<u32>>, WriteError> {
    let mut names = BTreeMap::new();
    for ((run, strings), deps) in runs.iter().zip(strings).zip(&deps.maps) {
        let mut window = Window::new(&run.kept, &run.rich);
        while let Some(mut record) = window.record()? {
            let dep = at(deps, &mut record);
            let mut inside = Vec::new();
            while !record.is_empty() {
                inside.push(at(strings, &mut record));
            }
            names.entry(dep).or_insert(inside);
        }
    }
    Ok(names)
}

/// Reads a number of a run and returns the final one.
pub(crate) fn at(map: &[u32], record: &mut Reader<'_>) -> u32 {
    map.get(record.number() as usize).copied().unwrap_or_default()
}

/// A package in final numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: u32,
    pub(crate) arch: u32,
    pub(crate) epoch: u32,
    pub(crate) version: u32,
    pub(crate) release: u32,
    pub(crate) run: u32,
    pub(crate) chunk: u32,
    /// Place in the source.
    pub(crate) ordinal: u32,
}

/// Returns all packages in order. Those of a run come in the order that they have there.
pub(crate) fn merge_rows(runs: &[Run], chunks: &Chunks, strings: &Strings) -> Result<Vec<Row>, WriteError> {
    let mut rows = Vec::with_capacity(runs.iter().map(|run| run.row_count).sum());
    for ((number, run), map) in (0..).zip(runs).zip(&strings.maps) {
        let mut window = Window::new(&run.kept, &run.rows);
        while let Some(mut record) = window.record()? {
            let (name, arch) = (at(map, &mut record), at(map, &mut record));
            let epoch = record.number();
            let (version, release) = (at(map, &mut record), at(map, &mut record));
            let chunk = record.number();
            let start = chunks.starts[number as usize].get(chunk as usize).map_or(0, |(start, _)| *start);
            let ordinal = start + record.number();
            rows.push(Row { name, arch, epoch, version, release, run: number, chunk, ordinal });
        }
    }
    let text = |number| strings.texts.get(number);
    rows.sort_by(|one, two| {
        (one.name, one.arch).cmp(&(two.name, two.arch)).then_with(|| {
            let texts = [(one.version, two.version), (one.release, two.release)];
            let order = version_order(one.epoch, two.epoch, texts.map(|(one, two)| (text(one), text(two))));
            order.then_with(|| one.ordinal.cmp(&two.ordinal))
        })
    });
    Ok(rows)
}
