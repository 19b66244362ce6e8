//! In which order dnf5 would have the packages, names and recommendations of a catalog.
//!
//! dnf5 breaks ties by libsolv's numbers: packages have them in the order of the metadata, names in the order in which
//! they first appear when the metadata is parsed. When libsolv's cache of the metadata is read instead, names come in
//! the order of that cache, the most used first, and so do the dependencies of a package, also right after the cache
//! was written. What a transaction does first follows from these orders, so a catalog keeps them.

use std::cmp::Reverse;
use std::collections::HashSet;

use oxidnf_core::reldep::Sense;
use oxidnf_core::rich::RichDep;

use crate::format::Reader;
use crate::merge::{Merged, Source};
use crate::part::Part;
use crate::record::Relation;

/// Marks what did not appear yet.
const NEVER: u32 = u32::MAX;

/// The kinds of dependencies in the order of `primary.xml`, by their place in a record.
const XML_ORDER: [Relation; 8] = [
    Relation::Provides,
    Relation::Requires,
    Relation::Conflicts,
    Relation::Obsoletes,
    Relation::Suggests,
    Relation::Enhances,
    Relation::Recommends,
    Relation::Supplements,
];

/// The tables of a catalog that keep these orders.
pub(crate) struct SourceOrder {
    /// For each package its place in the source.
    pub(crate) ordinals: Vec<u32>,
    /// Strings that may name packages: number, place when parsed, place when read from libsolv's cache.
    pub(crate) names: Vec<[u32; 3]>,
    /// Dependencies that are recommendations: number, place in libsolv's cache.
    pub(crate) recommends: Vec<[u32; 2]>,
}

impl SourceOrder {
    /// Looks through the packages in the order of the source.
    pub(crate) fn new(merged: &Merged<'_>) -> Self {
        // Threads share the chunks of one source out among their parts, so the parts alone do not tell the order.
        let rows = |part: &Part| part.rows.len() as u32;
        let mut sources: Vec<Source> = (0..)
            .zip(merged.parts)
            .flat_map(|(number, part)| (0..rows(part)).map(move |id| Source { part: number, id }))
            .collect();
        sources.sort_by_key(|source| (merged.part(*source).chunk(source.id), source.part, source.id));
        let mut places: Vec<Vec<u32>> = merged.parts.iter().map(|part| vec![0; part.rows.len()]).collect();
        let mut walk = Walk::new(merged);
        for (place, source) in (0..).zip(&sources) {
            places[source.part as usize][source.id as usize] = place;
            walk.package(*source);
        }
        let ordinals = merged.packages.iter().map(|source| places[source.part as usize][source.id as usize]).collect();
        SourceOrder { ordinals, names: walk.names(), recommends: walk.recommends() }
    }
}

struct Walk<'m, 'p> {
    merged: &'m Merged<'p>,
    /// For each string when it first appeared.
    strings_first: Vec<u32>,
    /// For each string how often libsolv's cache refers to it.
    strings_uses: Vec<u32>,
    /// For each dependency the first one that is the same to libsolv, which knows nothing of scriptlets.
    same: Vec<u32>,
    deps_first: Vec<u32>,
    deps_uses: Vec<u32>,
    /// For each dependency the last list it was seen in: a list has it once.
    deps_list: Vec<u32>,
    lists: u32,
    appeared: u32,
    recommended: Vec<bool>,
    dirs: Vec<bool>,
    /// Directories and those above them.
    dir_paths: HashSet<Vec<u8>>,
}

impl<'m, 'p> Walk<'m, 'p> {
    fn new(merged: &'m Merged<'p>) -> Self {
        let (strings, deps) = (merged.strings.len(), merged.deps.len());
        Walk {
            merged,
            strings_first: vec![NEVER; strings],
            strings_uses: vec![0; strings],
            same: same_to_libsolv(&merged.deps),
            deps_first: vec![NEVER; deps],
            deps_uses: vec![0; deps],
            deps_list: vec![NEVER; deps],
            lists: 0,
            appeared: 0,
            recommended: vec![false; deps],
            dirs: vec![false; strings],
            dir_paths: HashSet::new(),
        }
    }

    fn package(&mut self, package: Source) {
        let merged = self.merged;
        let part = merged.part(package);
        let name = merged.string(package.part, merged.row(package).name);
        // Records of the rpm database are read in another order than elements of the metadata.
        let is_installed = part.meta(package.id as usize).hnum != 0;
        self.use_string(name);
        self.texts(package);
        if !is_installed {
            self.source_name(package, name);
        }
        let mut reader = part.relations(package.id as usize);
        let lists = Relation::ALL.map(|_| self.list(package, &mut reader));
        for relation in if is_installed { Relation::ALL } else { XML_ORDER } {
            self.lists += 1;
            for dep in &lists[relation as usize] {
                self.dependency(*dep, relation);
            }
        }
        if is_installed {
            self.source_name(package, name);
        }
        for (dir, _, _) in part.files(package.id as usize) {
            self.directory(merged.string(package.part, dir));
        }
    }

    fn list(&self, package: Source, reader: &mut Reader<'_>) -> Vec<u32> {
        (0..reader.varint()).map(|_| self.merged.dep(package.part, reader.number())).collect()
    }

    /// Counts the texts that libsolv keeps among the names: a group may be called like a package.
    fn texts(&mut self, package: Source) {
        let row = self.merged.row(package);
        let meta = self.merged.part(package).meta(package.id as usize);
        self.use_string(self.merged.string(package.part, row.arch));
        for text in [meta.packager, meta.license, meta.vendor, meta.group] {
            if let Some(string) = self.merged.optional(package.part, text).checked_sub(1) {
                self.use_string(string);
            }
        }
    }

    /// Counts the name of the source package, which libsolv leaves out when it is that of the package.
    fn source_name(&mut self, package: Source, name: u32) {
        let sourcerpm = self.merged.part(package).meta(package.id as usize).sourcerpm;
        let Some(file) = self.merged.optional(package.part, sourcerpm).checked_sub(1) else { return };
        // name-version-release.src.rpm
        let source = self.merged.text(file).rsplitn(3, |byte| *byte == b'-').nth(2).unwrap_or_default();
        if source != self.merged.text(name)
            && let Some(source) = self.merged.find_string(source)
        {
            self.use_string(source);
        }
    }

    fn see(&mut self, string: u32) {
        let first = &mut self.strings_first[string as usize];
        if *first == NEVER {
            *first = self.appeared;
            self.appeared += 1;
        }
    }

    fn use_string(&mut self, string: u32) {
        self.see(string);
        self.strings_uses[string as usize] += 1;
    }

    fn dependency(&mut self, dep: u32, relation: Relation) {
        let same = self.same[dep as usize];
        self.recommended[dep as usize] |= relation == Relation::Recommends;
        if std::mem::replace(&mut self.deps_list[same as usize], self.lists) == self.lists {
            return;
        }
        let [name, evr, _] = self.merged.deps[same as usize];
        if self.is_plain(same) {
            return self.use_string(name);
        }
        self.deps_uses[same as usize] += 1;
        if self.deps_first[same as usize] != NEVER {
            return;
        }
        // What a relation is made of is referred to once, however often the relation itself is used.
        let text = self.merged.text(name);
        if text.starts_with(b"(") {
            let rich = str::from_utf8(text).ok().and_then(|text| RichDep::parse(text).ok());
            for inner in rich.iter().flat_map(RichDep::simple) {
                if let Some(name) = self.merged.find_string(inner.name.as_bytes()) {
                    self.use_string(name);
                }
            }
        } else {
            self.use_string(name);
            self.use_string(evr);
        }
        self.deps_first[same as usize] = self.appeared;
        self.appeared += 1;
    }

    /// Tells whether libsolv keeps a dependency as a string.
    fn is_plain(&self, dep: u32) -> bool {
        let [name, evr, sense] = self.merged.deps[dep as usize];
        let versioned = Sense(sense).any(Sense::COMPARE) && !self.merged.text(evr).is_empty();
        !versioned && !self.merged.text(name).starts_with(b"(")
    }

    /// Counts the components of a directory that was not there before.
    fn directory(&mut self, dir: u32) {
        if std::mem::replace(&mut self.dirs[dir as usize], true) {
            return;
        }
        let mut path = Vec::new();
        for component in self.merged.text(dir).split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
            path.push(b'/');
            path.extend_from_slice(component);
            if !self.dir_paths.contains(&path) {
                self.dir_paths.insert(path.clone());
                if let Some(component) = self.merged.find_string(component) {
                    self.use_string(component);
                }
            }
        }
    }

    fn names(&self) -> Vec<[u32; 3]> {
        // No package has a name with these; leaving out what requires libraries and files leaves little.
        let names_package = |string: &u32| {
            self.strings_first[*string as usize] != NEVER
                && !self.merged.text(*string).iter().any(|byte| matches!(byte, b'(' | b'/' | b' '))
        };
        let strings: Vec<u32> = (0..self.merged.strings.len() as u32).filter(names_package).collect();
        let mut cached = strings.clone();
        cached.sort_by_key(|string| (Reverse(self.strings_uses[*string as usize]), *string));
        let mut places = vec![0; self.merged.strings.len()];
        for (place, string) in (0..).zip(cached) {
            places[string as usize] = place;
        }
        let row = |string: u32| [string, self.strings_first[string as usize], places[string as usize]];
        strings.into_iter().map(row).collect()
    }

    fn recommends(&self) -> Vec<[u32; 2]> {
        let recommended = |dep: &u32| self.recommended[*dep as usize];
        let deps: Vec<u32> = (0..self.merged.deps.len() as u32).filter(recommended).collect();
        let mut cached = deps.clone();
        // Strings have lower numbers than relations.
        cached.sort_by_key(|dep| {
            let same = self.same[*dep as usize] as usize;
            let name = self.merged.deps[same][0];
            if self.is_plain(*dep) {
                (false, Reverse(self.strings_uses[name as usize]), name)
            } else {
                (true, Reverse(self.deps_uses[same]), self.deps_first[same])
            }
        });
        let mut places = vec![0; self.merged.deps.len()];
        for (place, dep) in (0..).zip(cached) {
            places[dep as usize] = place;
        }
        deps.into_iter().map(|dep| [dep, places[dep as usize]]).collect()
    }
}

/// For each dependency (they are sorted) the first that differs in nothing but what libsolv does not look at.
fn same_to_libsolv(deps: &[[u32; 3]]) -> Vec<u32> {
    let mut same = Vec::with_capacity(deps.len());
    for group in deps.chunk_by(|one, two| one[..2] == two[..2]) {
        let start = same.len() as u32;
        let compared = |dep: &[u32; 3]| Sense(dep[2]).comparison();
        for dep in group {
            let first = group.iter().position(|other| compared(other) == compared(dep)).unwrap_or(0);
            same.push(start + first as u32);
        }
    }
    same
}
