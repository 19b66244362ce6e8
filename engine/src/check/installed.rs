//! The installed packages as the rpm database has them, indexed for questions about dependencies.

use std::collections::{BTreeSet, HashMap};

use oxidnf_core::header::{DepKind, Header};
use oxidnf_core::reldep::{Sense, ranges_overlap};
use oxidnf_core::rich::RichDep;
use oxidnf_core::root::Root;
use oxidnf_core::{Nevra, Reldep};
use oxidnf_transaction::is_feature;

use super::is_path;

/// One installed package.
pub(crate) struct InstalledPackage {
    pub(super) nevra: Nevra,
    requires: Vec<Reldep>,
    conflicts: Vec<Reldep>,
    obsoletes: Vec<Reldep>,
    provides: Vec<Reldep>,
}

impl InstalledPackage {
    /// Reads the parts of a header that matter; `None` when it has no name.
    fn read(header: &Header) -> Option<Self> {
        let all = |kind: DepKind| -> Vec<Reldep> { header.deps(kind).map(|dep| dep.to_reldep()).collect() };
        let mut requires = all(DepKind::Requires);
        // What was needed while the package was installed does not matter any more, but what rpm must be able to does.
        requires.retain(|dep| {
            let feature = dep.sense.any(Sense::RPMLIB) || dep.name.starts_with("rpmlib(");
            (feature || !dep.sense.is_transient()) && !dep.sense.any(Sense::MISSINGOK)
        });
        Some(InstalledPackage {
            nevra: header.nevra().ok()?,
            requires,
            conflicts: all(DepKind::Conflicts),
            obsoletes: all(DepKind::Obsoletes),
            provides: all(DepKind::Provides),
        })
    }

    /// Returns the dependencies of a kind; what is needed only while the package is installed is none.
    pub(super) fn dependencies(&self, kind: DepKind) -> &[Reldep] {
        match kind {
            DepKind::Requires => &self.requires,
            DepKind::Conflicts => &self.conflicts,
            DepKind::Obsoletes => &self.obsoletes,
            _ => &self.provides,
        }
    }
}

/// All installed packages.
pub(crate) struct Installed {
    pub(super) packages: Vec<InstalledPackage>,
    /// Packages by what they provide, with the place of the provide.
    provided: HashMap<String, Vec<(usize, usize)>>,
    /// Directories and packages by the last component of a path.
    files: HashMap<Vec<u8>, Vec<(Vec<u8>, usize)>>,
    /// Conflicts by the names in them.
    conflicts: HashMap<String, Vec<(usize, usize)>>,
    /// Rich requirements by the names in their conditions.
    conditions: HashMap<String, Vec<(usize, usize)>>,
    obsoletes: HashMap<String, Vec<(usize, usize)>>,
    names: HashMap<String, Vec<usize>>,
    /// Provides of packages of which several versions may be installed.
    installonly: Vec<Reldep>,
    root: Root,
}

impl Installed {
    /// Indexes headers; those that say nothing about themselves are left out.
    pub(crate) fn new(headers: impl Iterator<Item = Header>, installonly: Vec<Reldep>, root: &Root) -> Self {
        let mut installed = Installed {
            packages: Vec::new(),
            provided: HashMap::new(),
            files: HashMap::new(),
            conflicts: HashMap::new(),
            conditions: HashMap::new(),
            obsoletes: HashMap::new(),
            names: HashMap::new(),
            installonly,
            root: root.clone(),
        };
        for header in headers {
            if let Some(package) = InstalledPackage::read(&header) {
                installed.add(package, &header);
            }
        }
        installed
    }

    fn add(&mut self, package: InstalledPackage, header: &Header) {
        let index = self.packages.len();
        for (place, provide) in package.provides.iter().enumerate() {
            self.provided.entry(provide.name.clone()).or_default().push((index, place));
        }
        for file in header.files().into_iter().flat_map(|files| files.iter().collect::<Vec<_>>()) {
            self.files.entry(file.basename.to_vec()).or_default().push((file.dirname.to_vec(), index));
        }
        for (place, dependency) in package.conflicts.iter().enumerate() {
            for name in names_of(dependency, false) {
                self.conflicts.entry(name).or_default().push((index, place));
            }
        }
        for (place, dependency) in
            package.requires.iter().enumerate().filter(|(_, dependency)| dependency.as_ref().is_rich())
        {
            for name in names_of(dependency, true) {
                self.conditions.entry(name).or_default().push((index, place));
            }
        }
        for (place, dependency) in package.obsoletes.iter().enumerate() {
            self.obsoletes.entry(dependency.name.clone()).or_default().push((index, place));
        }
        self.names.entry(package.nevra.name.clone()).or_default().push(index);
        self.packages.push(package);
    }

    /// Returns a package as messages name it.
    pub(super) fn nevra(&self, index: usize) -> String {
        self.packages[index].nevra.with_epoch().to_string()
    }

    /// Tells whether a dependency is met by what is installed, or by what this program can do.
    pub(super) fn is_met(&self, dependency: &Reldep) -> bool {
        if dependency.name.starts_with("rpmlib(") {
            return is_feature(&dependency.name, dependency.sense, &dependency.evr);
        }
        if dependency.as_ref().is_rich() {
            let rich = RichDep::parse_as_rpm(&dependency.name);
            return rich.is_ok_and(|rich| rich.holds(&mut |part| self.providers(part)));
        }
        !self.providers(dependency).is_empty()
    }

    /// Returns the packages that meet an ordinary dependency.
    fn providers(&self, dependency: &Reldep) -> BTreeSet<u64> {
        let range = (dependency.sense, dependency.evr.as_str());
        let provided = self.provided.get(&dependency.name).into_iter().flatten();
        let meets = |(index, place): &&(usize, usize)| {
            let provide = &self.packages[*index].provides[*place];
            ranges_overlap((provide.sense, &provide.evr), range)
        };
        let mut found: BTreeSet<u64> = provided.filter(meets).map(|(index, _)| *index as u64).collect();
        if is_path(dependency) {
            found.extend(self.owners(&dependency.name));
        }
        found
    }

    /// Returns the owners of a path; a directory that is a link is the one it leads to.
    fn owners(&self, path: &str) -> Vec<u64> {
        let (directory, base) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        let Some(same_base) = self.files.get(base.as_bytes()) else { return Vec::new() };
        let place = |directory: &str| self.root.stat(directory).ok().map(|stat| (stat.st_dev, stat.st_ino));
        let wanted = place(directory);
        let is_same = |own: &[u8]| {
            own == directory.as_bytes() || wanted.is_some() && std::str::from_utf8(own).ok().and_then(place) == wanted
        };
        same_base.iter().filter(|(own, _)| is_same(own)).map(|(_, index)| *index as u64).collect()
    }

    /// Returns the dependencies of a kind that name something that a package provides.
    fn naming<'a>(
        &'a self,
        index: usize,
        by_name: &HashMap<String, Vec<(usize, usize)>>,
        kind: DepKind,
    ) -> Vec<(usize, &'a Reldep)> {
        let mut found = BTreeSet::new();
        for provide in &self.packages[index].provides {
            for (other, place) in by_name.get(&provide.name).into_iter().flatten() {
                let dependency = &self.packages[*other].dependencies(kind)[*place];
                let range = (dependency.sense, dependency.evr.as_str());
                if dependency.as_ref().is_rich() || ranges_overlap((provide.sense, &provide.evr), range) {
                    found.insert((*other, *place));
                }
            }
        }
        found.into_iter().map(|(other, place)| (other, &self.packages[other].dependencies(kind)[place])).collect()
    }

    /// Returns conflicts that name what a package provides, or a file of it.
    pub(super) fn wanting(&self, index: usize, kind: DepKind) -> Vec<(usize, &Reldep)> {
        let mut found = self.naming(index, &self.conflicts, kind);
        for (path, places) in self.conflicts.iter().filter(|(path, _)| path.starts_with('/')) {
            if self.owners(path).contains(&(index as u64)) {
                found.extend(places.iter().map(|(other, place)| (*other, &self.packages[*other].conflicts[*place])));
            }
        }
        found
    }

    /// Returns rich requirements with a condition that names what a package provides.
    pub(super) fn conditional_on(&self, index: usize) -> Vec<(usize, &Reldep)> {
        self.naming(index, &self.conditions, DepKind::Requires)
    }

    /// Returns what others obsolete that is this package.
    pub(super) fn obsoleting(&self, index: usize) -> Vec<(usize, &Reldep)> {
        let nevra = &self.packages[index].nevra;
        let evr = nevra.evr().with_epoch().to_string();
        let by_name = self.obsoletes.get(&nevra.name).into_iter().flatten();
        by_name
            .filter(|(other, _)| *other != index)
            .map(|(other, place)| (*other, &self.packages[*other].obsoletes[*place]))
            .filter(|(_, dep)| ranges_overlap((Sense::EQUAL, &evr), (dep.sense, &dep.evr)))
            .collect()
    }

    /// Returns other packages of the name and architecture of one of which only one version should be installed.
    pub(super) fn duplicates_of(&self, index: usize) -> Vec<usize> {
        let package = &self.packages[index];
        if self.is_installonly(index) {
            return Vec::new();
        }
        let of_name = self.names.get(&package.nevra.name).into_iter().flatten().copied();
        of_name
            .filter(|other| *other != index && self.packages[*other].nevra.arch == package.nevra.arch)
            .filter(|other| !self.is_installonly(*other))
            .collect()
    }

    fn is_installonly(&self, index: usize) -> bool {
        let provides = &self.packages[index].provides;
        let is = |dep: &Reldep| {
            let range = (dep.sense, dep.evr.as_str());
            provides.iter().any(|own| own.name == dep.name && ranges_overlap((own.sense, &own.evr), range))
        };
        self.installonly.iter().any(is)
    }
}

/// Returns the names in a dependency; of a rich one those that count with this sign.
fn names_of(dependency: &Reldep, negative: bool) -> Vec<String> {
    if !dependency.as_ref().is_rich() {
        return vec![dependency.name.clone()];
    }
    let Ok(rich) = RichDep::parse_as_rpm(&dependency.name) else { return Vec::new() };
    let names = rich.names();
    names.iter().filter(|name| name.negative == negative).map(|name| name.name.to_owned()).collect()
}
