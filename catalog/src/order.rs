//! In which order dnf5 would have the packages, names and recommendations of a catalog.
//!
//! dnf5 breaks ties by libsolv's numbers: packages have them in the order of the metadata, names in the order in which
//! they first appear when the metadata is parsed. When libsolv's cache of the metadata is read instead, names come in
//! the order of that cache, the most used first, and so do the dependencies of a package, also right after the cache
//! was written. What a transaction does first follows from these orders, so a catalog keeps them.
//!
//! What a run can tell of itself is found out when it is sealed (`walk`); here it is put together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use oxidnf_core::reldep::Sense;

use crate::merge::{Chunks, Counts, MergedDep, Strings, at};
use crate::run::Run;
use crate::spill::Window;
use crate::walk::NEVER;
use crate::writer::WriteError;

/// A dependency that is recommended.
struct Recommended {
    number: u32,
    name: u32,
    is_plain: bool,
    /// Of all that are the same to libsolv.
    uses: u32,
    first: u32,
}

/// Counts what dependencies refer to.
#[derive(Default)]
pub(crate) struct DepOrder {
    /// Dependencies of one name and version that came so far.
    group: Vec<MergedDep>,
    recommended: Vec<Recommended>,
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
            let uses = alike().map(|other| other.uses).sum();
            let first = alike().map(|other| other.first).min().unwrap_or(NEVER);
            let [name, evr, sense] = dep.dep;
            let is_rich = strings.rich.contains(&name);
            // The empty string comes before all others.
            let is_empty = strings.has_empty && evr == 0;
            let versioned = Sense(sense).any(Sense::COMPARE) && !is_empty;
            let is_plain = !versioned && !is_rich;
            if dep.recommended {
                self.recommended.push(Recommended { number: dep.number, name, is_plain, uses, first });
            }
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

    /// Returns, for each dependency that is recommended: number, place in libsolv's cache.
    pub(crate) fn recommends(mut self, counts: &Counts) -> Vec<[u32; 2]> {
        // Strings have lower numbers than relations.
        self.recommended.sort_by_cached_key(|dep| {
            if dep.is_plain {
                (false, Reverse(counts.uses[dep.name as usize]), dep.name)
            } else {
                (true, Reverse(dep.uses), dep.first)
            }
        });
        let mut rows: Vec<[u32; 2]> =
            self.recommended.iter().zip(0..).map(|(dep, place)| [dep.number, place]).collect();
        rows.sort_unstable();
        rows
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

/// Returns, for each string that may name a package: number, place when parsed, place when read from libsolv's cache.
pub(crate) fn names(counts: Counts) -> Vec<[u32; 3]> {
    let names_package = |string: &u32| {
        let at = *string as usize;
        counts.first[at] != NEVER && !counts.nameless[at]
    };
    let mut rows: Vec<[u32; 3]> = (0..counts.first.len() as u32)
        .filter(names_package)
        .map(|string| [string, counts.first[string as usize], counts.uses[string as usize]])
        .collect();
    drop(counts);
    // Places in the walk have gaps, which depend on who walked through what.
    rows.sort_unstable_by_key(|[_, first, _]| *first);
    for (place, row) in (0..).zip(&mut rows) {
        row[1] = place;
    }
    rows.sort_unstable_by_key(|[string, _, uses]| (Reverse(*uses), *string));
    for (place, row) in (0..).zip(&mut rows) {
        row[2] = place;
    }
    rows.sort_unstable();
    rows
}
