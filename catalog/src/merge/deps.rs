//! One numbering for the dependencies of several runs.

use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::ops::Range;
use std::thread;

use super::{Chunks, Counts, Strings, Tree, at, final_number, starts};
use crate::error::CatalogError;
use crate::format::Section;
use crate::order::{DepCounts, DepOrder};
use crate::output::Output;
use crate::run::Run;
use crate::spill::{SpillFile, Stream, Window};
use crate::walk::NEVER;
use crate::writer::{WriteError, joined};

/// The dependencies of all runs.
pub(crate) struct Deps {
    /// For each run, the final numbers of its dependencies.
    pub(crate) maps: Vec<Vec<u32>>,
    pub(crate) count: usize,
}

/// A dependency with what the walks through the runs tell of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MergedDep {
    /// Its number among those of a range of names.
    pub(crate) number: u32,
    /// Name, evr, sense.
    pub(crate) dep: [u32; 3],
    pub(crate) first: u32,
    pub(crate) uses: u32,
}

/// Stands on a dependency of a run.
struct DepCursor<'r> {
    window: Window<'r>,
    strings: &'r [u32],
    dep: [u32; 3],
    first: u32,
    uses: u32,
    ended: bool,
}

impl<'r> DepCursor<'r> {
    /// Moves to the first dependency of a run whose name is in a range.
    fn new(run: &'r Run, strings: &'r [u32], names: &Range<u32>) -> Result<Self, WriteError> {
        let before = |(rank, _): &(u32, usize)| final_number(strings, *rank) < names.start;
        let mark = run.dep_marks.partition_point(before).saturating_sub(1);
        let start = run.dep_marks.get(mark).map_or(run.deps.start, |(_, at)| *at);
        let window = Window::new(&run.kept, &(start..run.deps.end));
        let mut cursor = DepCursor { window, strings, dep: [0; 3], first: 0, uses: 0, ended: false };
        cursor.advance(names.end)?;
        while !cursor.ended && cursor.dep[0] < names.start {
            cursor.advance(names.end)?;
        }
        Ok(cursor)
    }

    /// Moves to the next dependency; names from `end` on belong to others.
    fn advance(&mut self, end: u32) -> Result<(), WriteError> {
        let Some(mut record) = self.window.record()? else {
            self.ended = true;
            return Ok(());
        };
        self.dep = [at(self.strings, &mut record), at(self.strings, &mut record), record.number()];
        (self.first, self.uses) = (record.number(), record.number());
        self.ended = self.dep[0] >= end;
        Ok(())
    }

    fn key(&self) -> (bool, [u32; 3]) {
        (self.ended, self.dep)
    }
}

/// All dependencies in order, each once, as they are written.
pub(crate) struct DepBytes(Vec<Stream>);

impl DepBytes {
    /// Writes the dependencies.
    pub(crate) fn write<W: Write + Seek>(self, output: &mut Output<W>) -> Result<(), WriteError> {
        output.section(Section::Deps);
        Ok(self.0.iter().try_for_each(|deps| deps.read(|bytes| output.bytes(bytes)))?)
    }
}

/// Numbers all dependencies in order; returns also what was counted of them.
///
/// The dependencies are cut into ranges by their names, which threads merge side by side.
pub(crate) fn merge_deps(
    runs: &[Run],
    chunks: &Chunks,
    (strings, counts): (&Strings, &Counts),
    file: Option<&SpillFile>,
) -> Result<(Deps, DepCounts, DepBytes), WriteError> {
    let merged: Vec<DepRange> = thread::scope(|scope| {
        let merge = |names| scope.spawn(move || DepRange::merge(runs, chunks, (strings, counts), &names, file));
        let threads: Vec<_> = ranges(runs, strings).into_iter().map(merge).collect();
        threads.into_iter().map(joined).collect::<Result<_, _>>()
    })?;
    let mut deps = Deps { maps: runs.iter().map(|run| Vec::with_capacity(run.dep_count)).collect(), count: 0 };
    let mut dep_counts = DepCounts::default();
    let mut bytes = Vec::new();
    for range in merged {
        let base = deps.count as u32;
        deps.count += range.count as usize;
        u32::try_from(deps.count).map_err(|_| CatalogError::TooLarge("dependencies"))?;
        for (all, map) in deps.maps.iter_mut().zip(range.map) {
            all.extend(map.into_iter().map(|number| base + number));
        }
        dep_counts.append(base, range.order);
        bytes.push(range.deps);
    }
    Ok((deps, dep_counts, DepBytes(bytes)))
}

/// Cuts the dependencies into ranges of about the same size by the numbers of their names.
fn ranges(runs: &[Run], strings: &Strings) -> Vec<Range<u32>> {
    let mut marks = Vec::new();
    for (run, map) in runs.iter().zip(&strings.maps) {
        marks.extend(run.dep_marks.iter().map(|(rank, _)| final_number(map, *rank)));
    }
    marks.sort_unstable();
    let starts = starts(&marks);
    // No string has the last number.
    let ends = starts.iter().skip(1).copied().chain([u32::MAX]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// Dependencies of a range of names, numbered from 0.
struct DepRange {
    deps: Stream,
    map: Vec<Vec<u32>>,
    order: DepOrder,
    count: u32,
}

impl DepRange {
    fn merge(
        runs: &[Run],
        chunks: &Chunks,
        (strings, counts): (&Strings, &Counts),
        names: &Range<u32>,
        file: Option<&SpillFile>,
    ) -> Result<Self, WriteError> {
        let within = |(run, map): (&Run, &Vec<u32>)| run.deps_within(names, |rank| final_number(map, rank));
        let map = runs.iter().zip(&strings.maps).map(|run| Vec::with_capacity(within(run))).collect();
        let mut merged = DepRange { deps: Stream::new(file), map, order: DepOrder::new(file), count: 0 };
        let cursors = runs.iter().zip(&strings.maps).map(|(run, map)| DepCursor::new(run, map, names));
        let mut cursors = cursors.collect::<Result<Vec<_>, WriteError>>()?;
        let mut last: Option<MergedDep> = None;
        let mut tree = Tree::new(cursors.len(), |one, two| cursors[one].key() < cursors[two].key());
        while !cursors.is_empty() && !cursors[tree.first()].ended {
            let source = tree.first();
            let cursor = &mut cursors[source];
            let dep = match &mut last {
                Some(last) if last.dep == cursor.dep => last,
                _ => {
                    if let Some(last) = &last {
                        merged.order.add(last, strings, counts)?;
                    }
                    last.insert(merged.start(cursor.dep)?)
                }
            };
            merged.map[source].push(dep.number);
            dep.first = dep.first.min(chunks.place(source, &runs[source], cursor.first));
            dep.uses = dep.uses.wrapping_add(cursor.uses);
            cursor.advance(names.end)?;
            tree.replay(|one, two| cursors[one].key() < cursors[two].key());
        }
        if let Some(last) = &last {
            merged.order.add(last, strings, counts)?;
        }
        merged.order.end_group(strings, counts)?;
        Ok(merged)
    }

    fn start(&mut self, dep: [u32; 3]) -> Result<MergedDep, WriteError> {
        self.deps.numbers(&dep)?;
        let number = self.count;
        self.count = number.checked_add(1).ok_or(CatalogError::TooLarge("dependencies"))?;
        Ok(MergedDep { number, dep, first: NEVER, uses: 0 })
    }
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
