//! Filters over dependencies, and following them from package to package.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use oxidnf_core::reldep::{ReldepRef, Sense, ranges_overlap};
use oxidnf_core::rich::RichDep;

use super::{Match, Matcher, Query};
use crate::catalog::Catalog;
use crate::glob::{Glob, is_pattern};
use crate::index::{rich_matches, wanted};
use crate::record::Relation;
use crate::sack::Sack;
use crate::set::{PackageId, PackageSet};
use crate::spec::parse_dependency;

impl Sack {
    /// Returns the packages that provide a dependency, excluded or not: by a provide whose range overlaps, or, for a
    /// path, by a file. Every package comes once, by rising number.
    pub fn what_provides(&self, dep: &ReldepRef<'_>) -> Vec<PackageId> {
        self.related(Relation::Provides, dep).iter().collect()
    }

    /// Returns the packages that have a dependency of a kind which overlaps `dep`, excluded or not.
    ///
    /// A path is provided by its owners, too. Of a rich dependency, what it asks for counts, on both sides (see
    /// [`Catalog::relating`]); what provides it is computed from the providers of its operands, with `and` and `or` as
    /// union, as libsolv does.
    pub fn related(&self, relation: Relation, dep: &ReldepRef<'_>) -> PackageSet {
        let mut found = PackageSet::new();
        if dep.is_rich() {
            match RichDep::parse(dep.name) {
                Ok(rich) if relation == Relation::Provides => return self.rich_providers(&rich),
                Ok(rich) => {
                    for operand in wanted(&rich) {
                        found.union(&self.related(relation, &operand.as_ref()));
                    }
                }
                Err(_) => {}
            }
        }
        for (start, catalog) in self.catalogs() {
            catalog.relating(relation, dep, |index| {
                found.insert(PackageId(start + index));
            });
            if relation == Relation::Provides && dep.name.starts_with('/') {
                catalog.owners(dep.name, |index| {
                    found.insert(PackageId(start + index));
                });
            }
        }
        found
    }

    fn rich_providers(&self, rich: &RichDep) -> PackageSet {
        let join = |parts: &[RichDep], how: fn(&mut PackageSet, &PackageSet)| {
            let mut sets = parts.iter().map(|part| self.rich_providers(part));
            let mut found = sets.next().unwrap_or_default();
            sets.for_each(|set| how(&mut found, &set));
            found
        };
        match rich {
            RichDep::Simple(dep) => self.related(Relation::Provides, &dep.as_ref()),
            RichDep::Single(inner) => self.rich_providers(inner),
            RichDep::And(parts) | RichDep::Or(parts) => join(parts, PackageSet::union),
            RichDep::With(parts) => join(parts, PackageSet::intersect),
            RichDep::Without(one, two) => {
                let mut found = self.rich_providers(one);
                found.subtract(&self.rich_providers(two));
                found
            }
            RichDep::If(parts) | RichDep::Unless(parts) => {
                let mut found = self.rich_providers(&parts.then);
                if let Some(otherwise) = &parts.otherwise {
                    found.union(&self.rich_providers(otherwise));
                }
                found
            }
        }
    }

    /// Returns the packages that have a dependency of a kind on a name, in whatever version and on whatever side of a
    /// rich dependency.
    pub fn related_to_name(&self, relation: Relation, name: &str) -> PackageSet {
        let mut found = PackageSet::new();
        for (start, catalog) in self.catalogs() {
            catalog.relating_to_name(relation, name, |index| {
                found.insert(PackageId(start + index));
            });
        }
        found
    }

    /// Returns the packages that own a path.
    pub fn owners(&self, path: &str) -> PackageSet {
        let mut found = PackageSet::new();
        for (start, catalog) in self.catalogs() {
            catalog.owners(path, |index| {
                found.insert(PackageId(start + index));
            });
        }
        found
    }

    /// Returns the packages that provide what the given packages have as dependencies of a kind.
    pub fn providers_of(&self, relation: Relation, packages: &PackageSet) -> PackageSet {
        let mut found = PackageSet::new();
        let mut seen: HashSet<(u32, u32)> = HashSet::new();
        for (start, catalog) in self.catalogs() {
            for id in packages.iter().filter(|id| (start..start + catalog.len()).contains(&id.0)) {
                for dep in catalog.package(id.0 - start).dep_ids(relation) {
                    if !seen.insert((start, dep)) {
                        continue;
                    }
                    found.union(&self.related(Relation::Provides, &catalog.dep(dep)));
                }
            }
        }
        found
    }

    /// Returns the packages that depend by `relation` on what the given packages provide, paths included.
    pub fn related_to_packages(&self, relation: Relation, packages: &PackageSet) -> PackageSet {
        let mut walk = Walk::new(self, relation);
        let mut found = PackageSet::new();
        for id in packages.iter() {
            walk.dependents(id, |other| {
                found.insert(other);
            });
        }
        found
    }

    /// As [`Sack::related_to_packages`], and of what that finds, and so on. The given packages are part of the result
    /// only if they are found on the way.
    pub fn related_recursively(&self, relation: Relation, packages: &PackageSet) -> PackageSet {
        let mut walk = Walk::new(self, relation);
        let mut found = PackageSet::new();
        let mut queue: Vec<PackageId> = packages.iter().collect();
        let mut entered = packages.clone();
        while let Some(id) = queue.pop() {
            walk.dependents(id, |other| {
                found.insert(other);
                if entered.insert(other) {
                    queue.push(other);
                }
            });
        }
        found
    }
}

/// Finds dependents, each dependency once in the whole walk.
struct Walk<'s> {
    sack: &'s Sack,
    relation: Relation,
    /// For each package, the catalogs' dependencies on its files.
    paths: HashMap<PackageId, Vec<(usize, u32)>>,
    /// Dependencies whose packages were handed out already, by catalog.
    done: HashSet<(usize, u32)>,
    /// Provides whose dependencies were looked up already, by the catalog of the provider.
    looked_up: HashSet<(u32, u32)>,
}

impl<'s> Walk<'s> {
    fn new(sack: &'s Sack, relation: Relation) -> Self {
        let mut paths: HashMap<PackageId, Vec<(usize, u32)>> = HashMap::new();
        for (place, (_, catalog)) in sack.catalogs().enumerate() {
            let names = catalog.strings_with_prefix(b"/");
            catalog.postings(relation, catalog.deps_between(names.start, names.end), |dep, _| {
                for owner in sack.owners(catalog.dep(dep).name).iter() {
                    paths.entry(owner).or_default().push((place, dep));
                }
            });
        }
        Walk { sack, relation, paths, done: HashSet::new(), looked_up: HashSet::new() }
    }

    fn dependents(&mut self, id: PackageId, mut visit: impl FnMut(PackageId)) {
        let mut found: Vec<(usize, u32)> = self.paths.get(&id).cloned().unwrap_or_default();
        let own = self.sack.package(id);
        let own_start = id.0 - own.index();
        for provide in own.dep_ids(Relation::Provides) {
            if !self.looked_up.insert((own_start, provide)) {
                continue;
            }
            let [name, _, _] = own.catalog().dep_row(provide);
            let dep = own.catalog().dep(provide);
            for (place, (start, catalog)) in self.sack.catalogs().enumerate() {
                let mut add = |dep| found.push((place, dep));
                if start == own_start && !catalog.is_empty() {
                    // In the same catalog, the dependencies on the name stand around the provide itself.
                    matching(catalog, name, catalog.deps_around(provide), &dep, &mut add);
                } else if let Some(name) = catalog.find_string(dep.name.as_bytes()) {
                    matching(catalog, name, catalog.deps_on(name), &dep, &mut add);
                }
            }
        }
        for (place, dep) in found {
            if !self.done.insert((place, dep)) {
                continue;
            }
            let Some((start, catalog)) = self.sack.catalogs().nth(place) else { continue };
            catalog.postings(self.relation, dep..dep + 1, |_, packages| {
                packages.for_each(|index| visit(PackageId(start + index)));
            });
        }
    }
}

/// Calls `add` with the dependencies of a catalog that a provide overlaps: among `deps`, which are all on its name, and
/// among the rich ones that mention it.
fn matching(catalog: &Catalog, name: u32, deps: Range<u32>, provide: &ReldepRef<'_>, add: &mut dyn FnMut(u32)) {
    for dep in deps {
        let [_, evr, sense] = catalog.dep_row(dep);
        if ranges_overlap((provide.sense, provide.evr), (Sense(sense), catalog.text(evr))) {
            add(dep);
        }
    }
    catalog.rich_deps_on(name).filter(|dep| rich_matches(catalog.dep(*dep).name, provide)).for_each(add);
}

impl Query<'_> {
    /// Keeps packages that have a dependency of that kind which overlaps one of the given.
    pub fn filter_relation(self, relation: Relation, dependencies: &[ReldepRef<'_>]) -> Self {
        let mut found = PackageSet::new();
        for dep in dependencies {
            found.union(&self.sack.related(relation, dep));
        }
        self.and(&found)
    }

    /// Keeps packages that provide one of the dependencies; paths are also looked for among the files.
    pub fn filter_provides(self, dependencies: &[ReldepRef<'_>]) -> Self {
        self.filter_relation(Relation::Provides, dependencies)
    }

    /// As [`Query::filter_relation`], from texts as users write them: `name`, `name >= 1`, with wildcards in the name.
    ///
    /// A text that is no dependency matches nothing (see [`parse_dependency`]).
    pub fn filter_relation_text<S: AsRef<str>>(self, relation: Relation, texts: &[S]) -> Self {
        let mut found = PackageSet::new();
        for dep in texts.iter().filter_map(|text| parse_dependency(text.as_ref())) {
            found.union(&self.sack.related_by_pattern(relation, &dep.as_ref(), false));
        }
        self.and(&found)
    }

    /// Keeps packages that depend by `relation` on what the given packages provide.
    pub fn filter_relation_to(self, relation: Relation, packages: &PackageSet) -> Self {
        let found = self.sack.related_to_packages(relation, packages);
        self.and(&found)
    }
}

impl Sack {
    /// As [`Sack::related`], with wildcards in the name.
    pub(crate) fn related_by_pattern(&self, relation: Relation, dep: &ReldepRef<'_>, icase: bool) -> PackageSet {
        if dep.is_rich() || (!is_pattern(dep.name) && !icase) {
            return self.related(relation, dep);
        }
        let glob = Glob::new(dep.name, icase);
        let how = if icase { Match::GlobIcase } else { Match::Glob };
        let pattern = Matcher::new(how, dep.name);
        let mut found = PackageSet::new();
        for (start, catalog) in self.catalogs() {
            let names = catalog.strings_with_prefix(glob.prefix());
            let (mut last, mut hit) = (None, false);
            catalog.postings(relation, catalog.deps_between(names.start, names.end), |id, packages| {
                let [name, evr, sense] = catalog.dep_row(id);
                if last != Some(name) {
                    (last, hit) = (Some(name), pattern.matches_bytes(catalog.bytes(name)));
                }
                if hit && ranges_overlap((dep.sense, dep.evr), (Sense(sense), catalog.text(evr))) {
                    packages.for_each(|index| {
                        found.insert(PackageId(start + index));
                    });
                }
            });
            for (name, rich) in catalog.rich_deps_between(names.start, names.end) {
                let operand = ReldepRef { name: catalog.text(name), ..*dep };
                if pattern.matches_bytes(operand.name.as_bytes()) && rich_matches(catalog.dep(rich).name, &operand) {
                    catalog.postings(relation, rich..rich + 1, |_, packages| {
                        packages.for_each(|index| {
                            found.insert(PackageId(start + index));
                        });
                    });
                }
            }
        }
        if relation == Relation::Provides && dep.name.starts_with(['/', '*', '?', '[']) {
            // As in libsolv, files are provided only if some package depends on them.
            for path in self.paths_in_dependencies(&pattern, glob.prefix()) {
                found.union(&self.owners(path));
            }
        }
        found
    }

    /// Returns the paths that are named in dependencies of any kind and match a pattern, which starts with `prefix`.
    fn paths_in_dependencies(&self, pattern: &Matcher, prefix: &[u8]) -> HashSet<&str> {
        let mut paths = HashSet::new();
        for (_, catalog) in self.catalogs() {
            let names = catalog.strings_with_prefix(if prefix.is_empty() { b"/" } else { prefix });
            let mut last = None;
            for id in catalog.deps_between(names.start, names.end) {
                let [name, ..] = catalog.dep_row(id);
                if last.replace(name) != Some(name) && pattern.matches_bytes(catalog.bytes(name)) {
                    paths.insert(catalog.text(name));
                }
            }
        }
        paths
    }
}
