//! One numbering for the strings, dependencies and packages of several runs.

mod deps;
mod strings;

use std::num::NonZeroUsize;
use std::thread;

use crate::error::CatalogError;
use crate::format::Reader;
use crate::run::{Run, version_order};
use crate::spill::Window;
use crate::texts::ChunkKey;
use crate::walk::NEVER;
use crate::writer::WriteError;

pub(crate) use deps::{Deps, MergedDep, merge_deps, rich_names};
pub(crate) use strings::{Counts, Strings, merge_strings};

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

/// Cuts what is sorted into ranges of about the same size, one for each thread: returns where they start, the first at
/// the lowest value. `marks` are some of the values, sorted, evenly distributed.
fn starts<T: Copy + Default + PartialEq>(marks: &[T]) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(8);
    // Few are merged before a thread has started.
    let threads = threads.min(marks.len() / 64 + 1);
    let mut starts: Vec<T> = (1..threads).map(|part| marks[marks.len() * part / threads]).collect();
    starts.insert(0, T::default());
    starts.dedup();
    starts
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

/// Reads a number of a run and returns the final one.
pub(crate) fn at(map: &[u32], record: &mut Reader<'_>) -> u32 {
    final_number(map, record.number())
}

fn final_number(map: &[u32], number: u32) -> u32 {
    map.get(number as usize).copied().unwrap_or_default()
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
pub(crate) fn merge_rows(
    runs: &[Run],
    chunks: &Chunks,
    strings: &Strings,
    texts: &Texts,
) -> Result<Vec<Row>, WriteError> {
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
    let text = |number| texts.get(number);
    // No two rows have the same ordinal, and a stable sort would take as much memory again.
    rows.sort_unstable_by(|one, two| {
        (one.name, one.arch).cmp(&(two.name, two.arch)).then_with(|| {
            let texts = [(one.version, two.version), (one.release, two.release)];
            let order = version_order(one.epoch, two.epoch, texts.map(|(one, two)| (text(one), text(two))));
            order.then_with(|| one.ordinal.cmp(&two.ordinal))
        })
    });
    Ok(rows)
}
