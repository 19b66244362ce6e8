//! One numbering for the strings, dependencies and packages of several runs.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::{Seek, Write};

use crate::error::CatalogError;
use crate::format::{Reader, Section};
use crate::output::Output;
use crate::run::{IS_NAME, IS_VERSION, Run, prefix, version_order};
use crate::spill::Window;
use crate::texts::ChunkKey;
use crate::walk::NEVER;
use crate::writer::{Ends, WriteError};

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

    /// Returns a text that was kept.
    pub(crate) fn get(&self, number: u32) -> &[u8] {
        let Ok(place) = self.numbers.binary_search(&number) else { return &[] };
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[place] as usize]
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
pub(crate) struct Strings {
    /// For each run, the final numbers of its strings.
    pub(crate) maps: Vec<Vec<u32>>,
    pub(crate) ends: Ends,
    /// For each string when it first appeared, and how often libsolv's cache refers to it.
    pub(crate) first: Vec<u32>,
    pub(crate) uses: Vec<u32>,
    /// Strings that look like rich dependencies follow one another.
    pub(crate) rich: std::ops::Range<u32>,
    /// Strings that cannot be a name of a package.
    pub(crate) nameless: Vec<u64>,
    pub(crate) empty: Option<u32>,
    /// Names and versions of packages.
    pub(crate) texts: Texts,
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
    fn new(run: &'r Run) -> Result<Self, WriteError> {
        let window = Window::new(&run.kept, &run.strings);
        let mut cursor =
            StringCursor { window, text: Vec::new(), prefix: 0, flags: 0, first: 0, uses: 0, ended: false };
        cursor.advance()?;
        Ok(cursor)
    }

    fn advance(&mut self) -> Result<(), WriteError> {
        self.text.clear();
        let Some(mut record) = self.window.record()? else {
            self.ended = true;
            return Ok(());
        };
        (self.flags, self.first, self.uses) = (record.varint(), record.number(), record.number());
        self.text.extend_from_slice(record.bytes(usize::MAX));
        self.prefix = prefix(&self.text);
        Ok(())
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.ended.cmp(&other.ended).then_with(|| self.prefix.cmp(&other.prefix));
        order.then_with(|| self.text.cmp(&other.text))
    }
}

/// Writes all strings in order, each once.
pub(crate) fn merge_strings<W: Write + Seek>(
    runs: &[Run],
    chunks: &Chunks,
    output: &mut Output<W>,
) -> Result<Strings, WriteError> {
    let mut strings = Strings {
        maps: runs.iter().map(|run| Vec::with_capacity(run.string_count)).collect(),
        ends: Ends::new("strings"),
        first: Vec::new(),
        uses: Vec::new(),
        rich: 0..0,
        nameless: Vec::new(),
        empty: None,
        texts: Texts::default(),
    };
    let mut cursors = runs.iter().map(StringCursor::new).collect::<Result<Vec<_>, _>>()?;
    output.section(Section::Strings);
    let mut last: Vec<u8> = Vec::new();
    let mut flags = 0;
    let mut tree = Tree::new(cursors.len(), |one, two| cursors[one].cmp(&cursors[two]).is_lt());
    while !cursors.is_empty() && !cursors[tree.first()].ended {
        let source = tree.first();
        let cursor = &mut cursors[source];
        if strings.first.is_empty() || cursor.text != last {
            strings.keep(flags, &last)?;
            flags = 0;
            last.clone_from(&cursor.text);
            strings.start(&last)?;
            output.bytes(&last)?;
        }
        flags |= cursor.flags;
        let number = strings.first.len() - 1;
        strings.maps[source].push(number as u32);
        let first = chunks.place(source, &runs[source], cursor.first);
        strings.first[number] = strings.first[number].min(first);
        strings.uses[number] = strings.uses[number].wrapping_add(cursor.uses);
        cursor.advance()?;
        tree.replay(|one, two| cursors[one].cmp(&cursors[two]).is_lt());
    }
    strings.keep(flags, &last)?;
    Ok(strings)
}

impl Strings {
    fn start(&mut self, text: &[u8]) -> Result<(), CatalogError> {
        let number = u32::try_from(self.first.len()).map_err(|_| CatalogError::TooLarge("strings"))?;
        self.ends.add(text.len())?;
        self.first.push(NEVER);
        self.uses.push(0);
        if text.is_empty() {
            self.empty = Some(number);
        }
        if text < b"(".as_slice() {
            self.rich = number + 1..number + 1;
        }
        if text.starts_with(b"(") {
            self.rich.end = number + 1;
        }
        if number.is_multiple_of(64) {
            self.nameless.push(0);
        }
        // No package has a name with these.
        if text.iter().any(|byte| matches!(byte, b'(' | b'/' | b' ')) {
            self.nameless[number as usize / 64] |= 1 << (number % 64);
        }
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
    pub(crate) recommended: bool,
}

struct DepCursor<'r> {
    window: Window<'r>,
    dep: [u32; 3],
    first: u32,
    uses: u64,
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
        (self.first, self.uses) = (record.number(), record.varint());
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
            last = Some(MergedDep { number, dep: cursor.dep, first: NEVER, uses: 0, recommended: false });
        }
        deps.maps[source].push(deps.count as u32 - 1);
        if let Some(last) = &mut last {
            last.first = last.first.min(chunks.place(source, &runs[source], cursor.first));
            last.uses = last.uses.wrapping_add((cursor.uses >> 1) as u32);
            last.recommended |= cursor.uses & 1 != 0;
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
