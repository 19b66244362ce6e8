//! In which order dnf5 would have the packages, texts and dependencies of a catalog.
//!
//! dnf5 breaks ties by libsolv's numbers: packages have them in the order of the metadata, texts in the order in which
//! they first appear when the metadata is parsed. When libsolv's cache of the metadata is read instead, texts come in
//! the order of that cache, the most used first, and so do the dependencies of a package, also right after the cache
//! was written. What a transaction does first follows from these orders, and so do the words of a problem, so a catalog
//! keeps when each text and dependency first appeared and how often it is used; `numbers` makes orders of that.
//!
//! What a run can tell of itself is found out when it is sealed (`walk`); here it is put together.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Seek, Write};

use oxidnf_core::reldep::Sense;

use crate::format::{Section, read_u32};
use crate::merge::{Chunks, Counts, MergedDep, Strings, at};
use crate::output::Output;
use crate::run::Run;
use crate::spill::{SpillFile, Stream, Window};
use crate::walk::NEVER;
use crate::writer::WriteError;

/// Counts what dependencies of a range of names refer to.
pub(crate) struct DepOrder {
    /// Dependencies of one name and version that came so far.
    group: Vec<MergedDep>,
    /// For each dependency when the first one that is the same to libsolv appeared, and how often they are used.
    counts: Stream,
    /// Rich ones that are used: what is inside is counted later.
    rich: Vec<u32>,
}

impl DepOrder {
    pub(crate) fn new(file: Option<&SpillFile>) -> Self {
        DepOrder { group: Vec::new(), counts: Stream::new(file), rich: Vec::new() }
    }

    /// Takes the next dependency in order.
    pub(crate) fn add(&mut self, dep: &MergedDep, strings: &Strings, counts: &Counts) -> io::Result<()> {
        if self.group.last().is_some_and(|last| last.dep[..2] != dep.dep[..2]) {
            self.end_group(strings, counts)?;
        }
        self.group.push(*dep);
        Ok(())
    }

    /// Looks at dependencies that differ in nothing but the comparison, and in what libsolv does not look at.
    pub(crate) fn end_group(&mut self, strings: &Strings, counts: &Counts) -> io::Result<()> {
        let group = std::mem::take(&mut self.group);
        let compared = |dep: &MergedDep| Sense(dep.dep[2]).comparison();
        for (index, dep) in group.iter().enumerate() {
            let alike = || group.iter().filter(|other| compared(other) == compared(dep));
            let uses = alike().fold(0, |sum: u32, other| sum.saturating_add(other.uses));
            let first = alike().map(|other| other.first).min().unwrap_or(NEVER);
            let [name, evr, sense] = dep.dep;
            let is_rich = strings.rich.contains(&name);
            // The empty string comes before all others.
            let is_empty = strings.has_empty && evr == 0;
            let versioned = Sense(sense).any(Sense::COMPARE) && !is_empty;
            let is_plain = !versioned && !is_rich;
            self.counts.numbers(&[first, uses])?;
            let is_first = !group[..index].iter().any(|other| compared(other) == compared(dep));
            if !is_first || is_plain || first == NEVER {
                continue;
            }
            // What a relation is made of is referred to once, however often the relation itself is used.
            if is_rich {
                self.rich.push(dep.number);
            } else {
                counts.refer(name);
                counts.refer(evr);
            }
        }
        self.group = group;
        self.group.clear();
        Ok(())
    }
}

/// What was counted of all dependencies, in their order.
#[derive(Default)]
pub(crate) struct DepCounts {
    counts: Vec<Stream>,
    rich: Vec<u32>,
}

impl DepCounts {
    /// Adds a range of names whose dependencies are numbered from `base` on.
    pub(crate) fn append(&mut self, base: u32, range: DepOrder) {
        self.counts.push(range.counts);
        self.rich.extend(range.rich.into_iter().map(|number| base + number));
    }

    /// Counts what is inside of rich dependencies.
    pub(crate) fn count_rich(&self, names: &BTreeMap<u32, Vec<u32>>, counts: &Counts) {
        for name in self.rich.iter().filter_map(|dep| names.get(dep)).flatten() {
            counts.refer(*name);
        }
    }

    /// Writes, for each dependency, when it first appeared and how often it is used; a plain one counts as its name.
    ///
    /// Places in the walk have gaps, which depend on who walked through what; they are closed here, those of strings, too.
    pub(crate) fn write<W: Write + Seek>(self, counts: &mut Counts, output: &mut Output<W>) -> io::Result<()> {
        let mut places = Places::default();
        counts.first.iter().for_each(|place| places.take(*place));
        self.each(|first, _| {
            places.take(first);
            Ok(())
        })?;
        places.number();
        counts.first.iter_mut().for_each(|place| *place = places.rank(*place));
        output.section(Section::DepCounts);
        self.each(|first, uses| output.numbers(&[places.rank(first), uses]))
    }

    fn each(&self, mut each: impl FnMut(u32, u32) -> io::Result<()>) -> io::Result<()> {
        self.counts.iter().try_for_each(|stream| {
            stream.read(|bytes| bytes.chunks_exact(8).try_for_each(|row| each(read_u32(row, 0), read_u32(row, 4))))
        })
    }
}

/// Places of which only some are taken. There are several times more of them than texts, so each costs two bits.
#[derive(Default)]
struct Places {
    words: Vec<u64>,
    /// For each word how many places before it are taken.
    before: Vec<u32>,
}

impl Places {
    fn take(&mut self, place: u32) {
        if place == NEVER {
            return;
        }
        let word = place as usize / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (place % 64);
    }

    /// Counts what is taken, once nothing more will be.
    fn number(&mut self) {
        let mut before = 0;
        let count = |word: &u64| {
            before += word.count_ones();
            before - word.count_ones()
        };
        self.before = self.words.iter().map(count).collect();
    }

    /// Returns how many places before a taken one are taken.
    fn rank(&self, place: u32) -> u32 {
        let word = place as usize / 64;
        let (Some(bits), Some(before)) = (self.words.get(word), self.before.get(word)) else { return NEVER };
        before + (bits & ((1 << (place % 64)) - 1)).count_ones()
    }
}

/// Counts the components of directories, each path once.
pub(crate) fn count_directories(
    runs: &[Run],
    chunks: &Chunks,
    strings: &Strings,
    counts: &mut Counts,
) -> Result<(), WriteError> {
    let mut dirs: HashMap<Vec<u32>, u32> = HashMap::new();
    for (number, run) in runs.iter().enumerate() {
        let mut window = Window::new(&run.kept, &run.dirs);
        while let Some(mut record) = window.record()? {
            let first = record.number();
            let mut components = Vec::new();
            while !record.is_empty() {
                components.push(at(&strings.maps[number], &mut record));
            }
            if !components.is_empty() {
                let first = chunks.place(number, run, first + 1);
                dirs.entry(components).and_modify(|known| *known = first.min(*known)).or_insert(first);
            }
        }
    }
    let mut dirs: Vec<(u32, Vec<u32>)> = dirs.into_iter().map(|(components, first)| (first, components)).collect();
    dirs.sort_unstable();
    let mut paths: HashSet<&[u32]> = HashSet::new();
    for (first, components) in &dirs {
        for (place, component) in (*first..).zip(components) {
            if paths.insert(&components[..=(place - first) as usize]) {
                counts.refer(*component);
                let first = &mut counts.first[*component as usize];
                *first = place.min(*first);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_taken_are_numbered_without_gaps() {
        let mut places = Places::default();
        let taken = [700, 3, NEVER, 63, 64, 3, 128, 0];
        for place in taken {
            places.take(place);
        }
        places.number();
        assert_eq!(taken.map(|place| places.rank(place)), [5, 1, NEVER, 2, 3, 1, 4, 0]);
    }
}
