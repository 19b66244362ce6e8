//! The tables of a catalog that answer without looking at every package.

use std::ops::Range;

use memchr::memmem;
use oxidnf_core::reldep::{Reldep, ReldepRef, Sense, ranges_overlap};
use oxidnf_core::rich::RichDep;

use crate::catalog::Catalog;
use crate::format::{DEP, ROW, Reader, Section, read_u32};
use crate::record::Relation;

/// Returns the first of `0..count` for which `before` is false.
fn partition(count: u32, before: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// Returns the first of `start..count` for which `same` is false: as [`partition`], where that is expected to be near.
fn end_of_run(start: u32, count: u32, same: impl Fn(u32) -> bool) -> u32 {
    let mut step = 1;
    let mut low = start;
    while low < count && count - low > step && same(low + step - 1) {
        low += step;
        step *= 2;
    }
    low + partition((count - low).min(step), |place| same(low + place))
}

impl Catalog {
    /// Finds a string's number.
    pub(crate) fn find_string(&self, text: &[u8]) -> Option<u32> {
        let place = partition(self.strings(), |string| self.bytes(string) < text);
        (place < self.strings() && self.bytes(place) == text).then_some(place)
    }

    /// Returns the numbers of the strings that start so.
    pub(crate) fn strings_with_prefix(&self, prefix: &[u8]) -> Range<u32> {
        let start = partition(self.strings(), |string| self.bytes(string) < prefix);
        let len = |string| {
            let text = self.bytes(string);
            &text[..text.len().min(prefix.len())]
        };
        start..partition(self.strings(), |string| len(string) <= prefix).max(start)
    }

    /// Returns the packages of a name; they follow one another.
    pub fn named(&self, name: &str) -> Range<u32> {
        self.find_string(name.as_bytes()).map_or(0..0, |name| self.packages_of_name(name))
    }

    pub(crate) fn name_id(&self, package: u32) -> u32 {
        self.store().u32(Section::Packages, package as usize * ROW)
    }

    pub(crate) fn packages_of_name(&self, name: u32) -> Range<u32> {
        let start = partition(self.len(), |package| self.name_id(package) < name);
        start..end_of_run(start, self.len(), |package| self.name_id(package) <= name)
    }

    /// Returns the packages whose name starts so.
    pub(crate) fn packages_with_prefix(&self, prefix: &[u8]) -> Range<u32> {
        let strings = self.strings_with_prefix(prefix);
        let start = partition(self.len(), |package| self.name_id(package) < strings.start);
        start..partition(self.len(), |package| self.name_id(package) < strings.end).max(start)
    }

    /// Returns the packages of every name that is the same without regard to case.
    pub(crate) fn named_icase(&self, name: &str) -> Vec<Range<u32>> {
        let wanted = name.to_ascii_lowercase().into_bytes();
        let count = (self.store().len(Section::Folded) / 4) as u32;
        let first = |place: u32| self.store().u32(Section::Folded, place as usize * 4);
        let folded = |place: u32| self.bytes(self.name_id(first(place))).to_ascii_lowercase();
        let start = partition(count, |place| folded(place) < wanted);
        (start..count)
            .take_while(|place| folded(*place) == wanted)
            .map(|place| self.packages_of_name(self.name_id(first(place))))
            .collect()
    }

    /// Returns the dependencies on a name, whatever their version.
    pub(crate) fn deps_on(&self, name: u32) -> Range<u32> {
        self.deps_between(name, name.saturating_add(1))
    }

    /// Returns the dependencies on the name of a dependency.
    pub(crate) fn deps_around(&self, dep: u32) -> Range<u32> {
        let name = |dep: u32| self.store().u32(Section::Deps, dep as usize * DEP);
        if dep >= self.deps() {
            return 0..0;
        }
        let same = name(dep);
        let start = (0..dep).rev().find(|other| name(*other) != same).map_or(0, |other| other + 1);
        start..(dep + 1..self.deps()).find(|other| name(*other) != same).unwrap_or(self.deps())
    }

    /// Returns the dependencies on names with numbers `from..to`.
    pub(crate) fn deps_between(&self, from: u32, to: u32) -> Range<u32> {
        let name = |dep: u32| self.store().u32(Section::Deps, dep as usize * DEP);
        let start = partition(self.deps(), |dep| name(dep) < from);
        start..end_of_run(start, self.deps(), |dep| name(dep) < to)
    }

    /// Returns the rich dependencies that mention a name.
    pub(crate) fn rich_deps_on(&self, name: u32) -> impl Iterator<Item = u32> {
        self.rich_deps_between(name, name.saturating_add(1)).map(|(_, dep)| dep)
    }

    /// Returns the names with numbers `from..to` that rich dependencies mention, each with such a dependency.
    pub(crate) fn rich_deps_between(&self, from: u32, to: u32) -> impl Iterator<Item = (u32, u32)> {
        let count = (self.store().len(Section::RichNames) / 8) as u32;
        let row = |place: u32| {
            let row = self.store().slice(Section::RichNames, place as usize * 8, 8).unwrap_or_default();
            (read_u32(row, 0), read_u32(row, 4))
        };
        let start = partition(count, |place| row(place).0 < from);
        (start..count).map(row).take_while(move |(name, _)| *name < to)
    }

    /// Calls `visit` with the dependencies of `deps` that some package has as `relation`, and their packages.
    pub(crate) fn postings(
        &self,
        relation: Relation,
        deps: Range<u32>,
        mut visit: impl FnMut(u32, &mut dyn Iterator<Item = u32>),
    ) {
        let (postings, keys) = Section::postings(relation);
        let count = (self.store().len(keys) / 8) as u32;
        let key = |place: u32| {
            let row = self.store().slice(keys, place as usize * 8, 8).unwrap_or_default();
            (read_u32(row, 0), read_u32(row, 4))
        };
        let start = partition(count, |place| key(place).0 < deps.start);
        let mut list_start = if start == 0 || start == count { 0 } else { key(start - 1).1 };
        for place in start..count {
            let (dep, end) = key(place);
            if dep >= deps.end {
                break;
            }
            let len = end.saturating_sub(list_start);
            let list = self.store().slice(postings, list_start as usize, len as usize).unwrap_or_default();
            list_start = end;
            visit(dep, &mut Postings { reader: Reader::new(list), last: 0, catalog: self });
        }
    }

    /// Calls `visit` with every package that has a dependency of the kind which overlaps `dep`.
    ///
    /// A package may come several times. Rich dependencies count when one of their positive operands overlaps, as
    /// libsolv's `pool_match_dep` has it; a rich `dep` matches the same text.
    pub fn relating(&self, relation: Relation, dep: &ReldepRef<'_>, mut visit: impl FnMut(u32)) {
        let Some(name) = self.find_string(dep.name.as_bytes()) else { return };
        let wanted = (dep.sense, dep.evr);
        self.postings(relation, self.deps_on(name), |id, packages| {
            let [_, evr, sense] = self.dep_row(id);
            if ranges_overlap(wanted, (Sense(sense), self.text(evr))) {
                packages.for_each(&mut visit);
            }
        });
        for rich in self.rich_deps_on(name) {
            if rich_matches(self.dep(rich).name, dep) {
                self.postings(relation, rich..rich + 1, |_, packages| packages.for_each(&mut visit));
            }
        }
    }

    /// Calls `visit` with every package that has a dependency of the kind on a name, in whatever version, also inside
    /// a rich dependency on whatever side.
    pub fn relating_to_name(&self, relation: Relation, name: &str, visit: impl FnMut(u32)) {
        if let Some(name) = self.find_name(name) {
            self.relating_to(relation, name, visit);
        }
    }

    /// Calls `visit` with every package that owns a path.
    ///
    /// Where the catalog has only the paths of `primary.xml`, others are found if the index of all paths was added
    /// ([`Catalog::add_paths`]).
    pub fn owners(&self, path: &str, mut visit: impl FnMut(u32)) {
        match self.paths().filter(|_| !is_in_primary(path.as_bytes())) {
            Some(paths) => {
                if paths.owners(&[path], |_, package, _| visit(package)).is_err() {
                    self.store().damage();
                }
            }
            None => self.indexed_owners(path, visit),
        }
    }

    fn indexed_owners(&self, path: &str, mut visit: impl FnMut(u32)) {
        let (dir, name) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        let (Some(dir), Some(name)) = (self.find_string(dir.as_bytes()), self.find_string(name.as_bytes())) else {
            return;
        };
        let start = partition(self.indexed_files(), |place| self.indexed_file(place)[..2] < [dir, name][..]);
        (start..self.indexed_files())
            .map(|place| self.indexed_file(place))
            .take_while(|file| file[..2] == [dir, name])
            .filter(|file| file[2] < self.len())
            .for_each(|file| visit(file[2]));
    }

    pub(crate) fn indexed_files(&self) -> u32 {
        (self.store().len(Section::FileIndex) / DEP) as u32
    }

    /// Returns directory, last component and package.
    pub(crate) fn indexed_file(&self, place: u32) -> [u32; 3] {
        let row = self.store().slice(Section::FileIndex, place as usize * DEP, DEP).unwrap_or_default();
        [0, 4, 8].map(|at| read_u32(row, at))
    }

    /// Returns the indexed files in a directory with last components numbered `from..to`.
    pub(crate) fn files_named(&self, dir: u32, names: Range<u32>) -> Range<u32> {
        let files = self.indexed_files();
        let start = partition(files, |place| self.indexed_file(place)[..2] < [dir, names.start][..]);
        start..partition(files, |place| self.indexed_file(place)[..2] < [dir, names.end][..]).max(start)
    }

    /// Returns the indexed files in directories with numbers `from..to`.
    pub(crate) fn files_in(&self, dirs: Range<u32>) -> Range<u32> {
        let start = partition(self.indexed_files(), |place| self.indexed_file(place)[0] < dirs.start);
        start..partition(self.indexed_files(), |place| self.indexed_file(place)[0] < dirs.end).max(start)
    }
}

/// Tells whether `primary.xml` lists a path (or all paths that start so), as createrepo and libsolv have it.
pub(crate) fn is_in_primary(path: &[u8]) -> bool {
    path.starts_with(b"/etc/") || memmem::find(path, b"bin/").is_some() || path == b"/usr/lib/sendmail"
}

/// The packages of a list of differences.
struct Postings<'c> {
    reader: Reader<'c>,
    last: u32,
    catalog: &'c Catalog,
}

impl Iterator for Postings<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.reader.is_empty() {
            return None;
        }
        self.last = self.last.wrapping_add(self.reader.number());
        if self.last < self.catalog.len() {
            return Some(self.last);
        }
        self.catalog.store().damage();
        None
    }
}

/// Tells whether a dependency overlaps an operand of a rich one that asks for something.
pub(crate) fn rich_matches(rich: &str, dep: &ReldepRef<'_>) -> bool {
    RichDep::parse(rich).is_ok_and(|rich| wanted(&rich).iter().any(|operand| operand.as_ref().matches(dep)))
}

/// Returns the operands of a rich dependency that ask for something.
///
/// As libsolv has it: what stands behind `if`, `unless` and `without` only limits, so it does not count; what stands
/// behind `else` does.
pub(crate) fn wanted(rich: &RichDep) -> Vec<&Reldep> {
    match rich {
        RichDep::Simple(dep) => vec![dep],
        RichDep::Single(inner) => wanted(inner),
        RichDep::And(parts) | RichDep::Or(parts) | RichDep::With(parts) => parts.iter().flat_map(wanted).collect(),
        RichDep::Without(one, _) => wanted(one),
        RichDep::If(parts) | RichDep::Unless(parts) => {
            [&parts.then].into_iter().chain(&parts.otherwise).flat_map(wanted).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{end_of_run, partition};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_run_ends_where_halving_finds_its_end(
            mut keys in proptest::collection::vec(0..9u8, 0..60), wanted in 0..10u8, later in 0..4u8,
        ) {
            keys.sort_unstable();
            let key = |place: u32| keys[place as usize];
            let count = keys.len() as u32;
            let start = partition(count, |place| key(place) < wanted);
            let same = |place: u32| key(place) <= wanted + later;
            prop_assert_eq!(end_of_run(start, count, same), partition(count, same).max(start));
        }
    }
}
