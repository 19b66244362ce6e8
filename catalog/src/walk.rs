//! In which order a part's texts and dependencies first appear, and how often: what libsolv's numbers depend on.

use oxidnf_core::reldep::Sense;
use oxidnf_core::rich::RichDep;

use crate::part::Part;
use crate::record::Relation;

/// Marks what did not appear.
pub(crate) const NEVER: u32 = u32::MAX;

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

/// A walk through the packages in the order of coming; strings by number in the part, dependencies by place in order.
///
/// What is counted once however many parts it is in is not counted here: the strings of versioned and rich dependencies,
/// and the components of directories.
pub(crate) struct Walk<'p> {
    part: &'p Part,
    dep_order: &'p [u32],
    dep_ranks: &'p [u32],
    /// For each string when it first appeared.
    pub(crate) strings_first: Vec<u32>,
    /// For each string how often libsolv's cache refers to it.
    pub(crate) strings_uses: Vec<u32>,
    /// For each dependency the first one that is the same to libsolv, which knows nothing of scriptlets.
    same: Vec<u32>,
    /// For each dependency that is the first of its like, and that libsolv keeps as more than a string.
    pub(crate) deps_first: Vec<u32>,
    pub(crate) deps_uses: Vec<u32>,
    /// For each dependency the last list it was seen in: a list has it once.
    deps_list: Vec<u32>,
    lists: u32,
    appeared: u32,
    /// Directories with the place of the first component, in the order of appearing.
    pub(crate) dirs: Vec<(u32, u32)>,
    dir_known: Vec<bool>,
    /// Where the places of each chunk end.
    pub(crate) chunk_ends: Vec<u32>,
}

impl<'p> Walk<'p> {
    /// Looks through a part; `deps` are its dependencies in order, `dep_order` their numbers, `dep_ranks` their places
    /// by number.
    pub(crate) fn through(part: &'p Part, deps: &[[u32; 3]], dep_order: &'p [u32], dep_ranks: &'p [u32]) -> Self {
        let (strings, count) = (part.strings.len(), deps.len());
        let mut walk = Walk {
            part,
            dep_order,
            dep_ranks,
            strings_first: vec![NEVER; strings],
            strings_uses: vec![0; strings],
            same: same_to_libsolv(deps),
            deps_first: vec![NEVER; count],
            deps_uses: vec![0; count],
            deps_list: vec![NEVER; count],
            lists: 0,
            appeared: 0,
            dirs: Vec::new(),
            dir_known: vec![false; strings],
            chunk_ends: Vec::new(),
        };
        let mut ends = part.chunks.iter().skip(1).map(|chunk| chunk.first).peekable();
        for row in 0..part.rows.len() {
            while ends.next_if(|end| *end as usize <= row).is_some() {
                walk.chunk_ends.push(walk.appeared);
            }
            walk.package(row);
        }
        walk.chunk_ends.resize(part.chunks.len(), walk.appeared);
        walk
    }

    fn package(&mut self, index: usize) {
        let part = self.part;
        let row = &part.rows[index];
        let meta = part.meta(index);
        // Records of the rpm database are read in another order than elements of the metadata.
        let is_installed = meta.hnum != 0;
        self.use_string(row.name);
        self.use_string(row.arch);
        // libsolv keeps these among the names: a group may be called like a package.
        for text in [meta.packager, meta.license, meta.vendor, meta.group] {
            self.use_optional(text);
        }
        if !is_installed {
            self.use_optional(row.source);
        }
        let mut lists: [Vec<u32>; 8] = Default::default();
        let mut reader = part.relations(index);
        for list in &mut lists {
            list.extend((0..reader.varint()).map(|_| self.dep_ranks[reader.number() as usize]));
        }
        for relation in if is_installed { Relation::ALL } else { XML_ORDER } {
            self.lists += 1;
            for dep in &lists[relation as usize] {
                self.dependency(*dep);
            }
        }
        if is_installed {
            self.use_optional(row.source);
        }
        for (dir, _, _) in part.files(index) {
            if !std::mem::replace(&mut self.dir_known[dir as usize], true) {
                self.dirs.push((dir, self.appeared));
                self.appeared += part.dirs.get(&dir).map_or(0, Vec::len) as u32;
            }
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

    /// Counts the name of a source package, or another text that may be missing.
    fn use_optional(&mut self, string: u32) {
        if let Some(string) = string.checked_sub(1) {
            self.use_string(string);
        }
    }

    fn dependency(&mut self, dep: u32) {
        let same = self.same[dep as usize];
        if std::mem::replace(&mut self.deps_list[same as usize], self.lists) == self.lists {
            return;
        }
        let [name, evr, sense] = self.part.deps.all()[self.dep_order[same as usize] as usize];
        let text = self.part.strings.get(name);
        let is_rich = text.starts_with(b"(");
        if is_plain(text, self.part.strings.get(evr), sense) {
            return self.use_string(name);
        }
        self.deps_uses[same as usize] += 1;
        if self.deps_first[same as usize] != NEVER {
            return;
        }
        if is_rich {
            let rich = str::from_utf8(text).ok().and_then(|text| RichDep::parse(text).ok());
            for inner in rich.iter().flat_map(RichDep::simple) {
                if let Some(name) = self.part.strings.find(inner.name.as_bytes()) {
                    self.see(name);
                }
            }
        } else {
            self.see(name);
            self.see(evr);
        }
        self.deps_first[same as usize] = self.appeared;
        self.appeared += 1;
    }
}

/// Tells whether libsolv keeps a dependency as a string.
pub(crate) fn is_plain(name: &[u8], evr: &[u8], sense: u32) -> bool {
    let versioned = Sense(sense).any(Sense::COMPARE) && !evr.is_empty();
    !versioned && !name.starts_with(b"(")
}

/// For each dependency (they are sorted) the first that differs in nothing but what libsolv does not look at.
pub(crate) fn same_to_libsolv(deps: &[[u32; 3]]) -> Vec<u32> {
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
