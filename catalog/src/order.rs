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

use oxidnf_core::reldep::Sense;

use crate::merge::{Chunks, Counts, MergedDep, Strings, at};
use crate::run::Run;
use crate::spill::Window;
use crate::walk::NEVER;
use crate::writer::WriteError;

/// Counts what dependencies refer to.
#[derive(Default)]
pub(crate) struct DepOrder {
    /// Dependencies of one name and version that came so far.
    group: Vec<MergedDep>,
    /// For each dependency when the first one that is the same to libsolv appeared, and how often they are used.
    counts: Vec<[u32; 2]>,
    /// Rich ones that are used: what is inside is counted later.
    rich: Vec<u32>,
}

impl DepOrder {
    /// Takes the next dependency in order.
    pub(crate) fn add(&mut self, dep: &MergedDep, strings: &Strings, counts: &mut Counts) {
        if self.group.last().is_some_and(|last| last.dep[..2] != dep.dep[..2]) {
            self.end_group(strings, counts);
        }
        self.group.push(*dep);
    }

    /// Looks at dependencies that differ in nothing but the comparison, and in what libsolv does not look at.
    pub(crate) fn end_group(&mut self, strings: &Strings, counts: &mut Counts) {
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
            self.counts.push([first, uses]);
            let is_first = !group[..index].iter().any(|other| compared(other) == compared(dep));
            if !is_first || is_plain || first == NEVER {
                continue;
            }
            // What a relation is made of is referred to once, however often the relation itself is used.
            if is_rich {
                self.rich.push(dep.number);
            } else {
                counts.uses[name as usize] += 1;
                counts.uses[evr as usize] += 1;
            }
        }
        self.group = group;
        self.group.clear();
    }

    /// Counts what is inside of rich dependencies.
    pub(crate) fn count_rich(&self, names: &BTreeMap<u32, Vec<u32>>, counts: &mut Counts) {
        for name in self.rich.iter().filter_map(|dep| names.get(dep)).flatten() {
            counts.uses[*name as usize] += 1;
        }
    }

    /// Returns, for each dependency, when it first appeared and how often it is used; a plain one counts as its name.
    ///
    /// Places in the walk have gaps, which depend on who walked through what; they are closed here, those of strings, too.
    pub(crate) fn into_counts(mut self, counts: &mut Counts) -> Vec<[u32; 2]> {
        let places = || counts.first.iter().chain(self.counts.iter().map(|[first, _]| first));
        let count = places().filter(|place| **place != NEVER).max().map_or(0, |last| *last as usize + 1);
        let mut taken = vec![false; count];
        places().filter(|place| **place != NEVER).for_each(|place| taken[*place as usize] = true);
        let mut next = 0;
        let closed: Vec<u32> = taken
            .into_iter()
            .map(|taken| {
                next += u32::from(taken);
                next.saturating_sub(1)
            })
            .collect();
        let close = |place: &mut u32| *place = closed.get(*place as usize).copied().unwrap_or(NEVER);
        counts.first.iter_mut().for_each(close);
        self.counts.iter_mut().for_each(|[first, _]| close(first));
        self.counts
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
                let component = *component as usize;
                counts.uses[component] += 1;
                counts.first[component] = counts.first[component].min(place);
            }
        }
    }
    Ok(())
}
