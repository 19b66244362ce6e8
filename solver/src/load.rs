//! From a slice of the sack to a libsolv pool.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use oxidnf_catalog::{
    Catalog, DependencyId, Excludes, NameId, Package, PackageId, PackageSet, Relation, RepoIndex, RepoKind, Sack,
};
use oxidnf_core::reldep::{ReldepRef, Sense};

use crate::bits::Bits;
use crate::error::SolverError;
use crate::lookup::Lookup;
use crate::options::Options;
use crate::rich::{for_each_plain, intern};
use crate::sys::{DepId, Dependencies, Pool, RepoId, SolvId, SolvableParts};

/// A pool, and which package of the sack is which there.
pub(crate) struct Universe<'s> {
    pub(crate) sack: &'s Sack,
    pub(crate) pool: Pool,
    /// Packages of the sack by their number in the pool.
    packages: Vec<Option<PackageId>>,
    numbers: HashMap<PackageId, SolvId>,
    /// Packages that no exclude list hides.
    pub(crate) considered: PackageSet,
    /// Packages that were not let in because of their vendor, each with the installed one that was asked about last.
    refused: Rc<RefCell<HashMap<SolvId, SolvId>>>,
}

impl<'s> Universe<'s> {
    /// Loads `slice` into a new pool.
    pub(crate) fn load(sack: &'s Sack, slice: &PackageSet, options: &Options) -> Result<Self, SolverError> {
        let pool = Pool::new(&options.arch)?;
        let files = needed_files(sack, Lookup::new(sack), slice);
        let mut universe = Universe {
            sack,
            pool,
            packages: Vec::new(),
            numbers: HashMap::with_capacity(slice.len()),
            considered: sack.considered(Excludes::ALL),
            refused: Rc::default(),
        };
        let mut repos: HashMap<RepoIndex, RepoId> = HashMap::new();
        let mut interned: Vec<Interned<'s>> = sack.repos().map(|(index, _)| Interned::new(sack, index)).collect();
        for (index, info) in sack.repos() {
            let repo = universe.pool.add_repo(&info.id, -info.priority, -info.cost)?;
            if info.kind == RepoKind::System {
                universe.pool.set_installed(repo);
            }
            repos.insert(index, repo);
        }
        // Among equals libsolv decides by number, so packages get theirs in dnf5's order.
        for id in sack.in_order(slice) {
            let index = sack.repo_of(id);
            let Some(repo) = repos.get(&index) else { continue };
            let files = files.get(&id).map_or(&[][..], Vec::as_slice);
            universe.add(*repo, id, files, &mut interned[usize::from(index.0)]);
        }
        if slice.iter().any(|id| !universe.considered.contains(id)) {
            let Universe { pool, packages, considered, .. } = &mut universe;
            pool.set_considered(|number| match packages.get(number.index()) {
                Some(Some(id)) => considered.contains(*id),
                _ => true,
            });
        }
        if !options.allow_vendor_change || options.vendor_policy.is_some() {
            let policy = options.vendor_policy.clone();
            let packages = universe.packages.clone();
            let package = move |number: SolvId| packages.get(number.index()).copied().flatten();
            let refused = Rc::clone(&universe.refused);
            universe.pool.set_vendor_check(Box::new(move |installed, candidate| {
                let allows = policy.as_ref().is_some_and(|policy| {
                    matches!((package(installed), package(candidate)), (Some(one), Some(other)) if policy.allows(one, other))
                });
                if !allows {
                    refused.borrow_mut().insert(candidate, installed);
                }
                allows
            }));
        }
        universe.pool.index_providers();
        if sack.is_damaged() {
            return Err(SolverError::DamagedCatalog);
        }
        Ok(universe)
    }

    fn add(&mut self, repo: RepoId, id: PackageId, files: &[&str], interned: &mut Interned<'_>) {
        let package = self.sack.package(id);
        let evr = package.evr().to_string();
        let parts = SolvableParts {
            name: package.name(),
            evr: &evr,
            arch: package.arch(),
            vendor: package.vendor(),
            build_time: package.build_time(),
        };
        let mut deps = dependencies(&mut self.pool, interned, &package, &evr, files);
        if self.sack.is_installed(id) {
            deps.ignore_what_installation_required(&mut self.pool, interned, &package);
        }
        if self.sack.repo(self.sack.repo_of(id)).kind == RepoKind::Available {
            deps.recommends = interned.collect(&mut self.pool, package.recommends_ids_as_cached());
        }
        let number = self.pool.add_package(repo, parts, &deps);
        if self.packages.len() <= number.index() {
            self.packages.resize(number.index() + 1, None);
        }
        self.packages[number.index()] = Some(id);
        self.numbers.insert(id, number);
    }

    /// Returns the package with a number in the pool; `None` for libsolv's own entries.
    pub(crate) fn package(&self, number: SolvId) -> Option<PackageId> {
        self.packages.get(number.index()).copied().flatten()
    }

    /// Returns the pool for a solver, together with what finds packages by their number.
    pub(crate) fn parts(&mut self) -> (&mut Pool, impl Fn(SolvId) -> Option<PackageId> + '_) {
        let packages = &self.packages;
        (&mut self.pool, move |number: SolvId| packages.get(number.index()).copied().flatten())
    }

    /// Returns a package's number in the pool; `None` if the slice has not got it.
    pub(crate) fn number(&self, id: PackageId) -> Option<SolvId> {
        self.numbers.get(&id).copied()
    }

    /// Returns the loaded packages in the order of loading.
    pub(crate) fn loaded(&self) -> impl Iterator<Item = (PackageId, SolvId)> + '_ {
        self.packages.iter().flatten().filter_map(|id| Some((*id, self.number(*id)?)))
    }

    /// Returns the installed package whose vendor kept a package out, the last one if several did.
    // witness: compat-tests/tests/decisions.rs::vendors_of_several_replaced_builds
    pub(crate) fn refused_for(&self, candidate: PackageId) -> Option<PackageId> {
        let installed = self.refused.borrow().get(&self.number(candidate)?).copied()?;
        self.package(installed)
    }

    /// Returns how many packages are loaded.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }
}

/// Finds, for each package of the slice, the files it holds that some dependency in the slice names.
///
/// libsolv gets no file lists: such files are made provides, as its own `pool_addfileprovides` would.
fn needed_files<'s>(sack: &'s Sack, lookup: Lookup<'s>, slice: &PackageSet) -> BTreeMap<PackageId, Vec<&'s str>> {
    let mut paths: BTreeSet<&'s str> = BTreeSet::new();
    // Where names of a kind are together, their numbers tell them, and the texts of all others need not be read.
    let mut met: Vec<(Bits, [Range<NameId>; 2])> = sack
        .repos()
        .map(|(index, _)| sack.catalog(index))
        .map(|catalog| (Bits::new(catalog.dependency_count()), ["/", "("].map(|start| catalog.names_starting(start))))
        .collect();
    for id in slice.iter() {
        let repo = sack.repo_of(id);
        let (catalog, (met, named)) = (sack.catalog(repo), &mut met[usize::from(repo.0)]);
        sack.package(id).for_each_dependency(|relation, dep| {
            if relation == Relation::Provides || !met.insert(dep.index()) {
                return;
            }
            let name = catalog.dependency_name(dep);
            if named.iter().any(|names| names.contains(&name)) {
                for_each_plain(catalog.dependency(dep), |dep| {
                    if dep.name.starts_with('/') {
                        paths.insert(dep.name);
                    }
                });
            }
        });
    }
    let mut files: BTreeMap<PackageId, Vec<&'s str>> = BTreeMap::new();
    for path in paths {
        for id in lookup.owning(path).into_iter().filter(|id| slice.contains(*id)) {
            files.entry(id).or_default().push(path);
        }
    }
    files
}

fn dependencies(
    pool: &mut Pool,
    interned: &mut Interned<'_>,
    package: &Package<'_>,
    evr: &str,
    files: &[&str],
) -> Dependencies {
    let itself = ReldepRef { name: package.name(), sense: Sense::EQUAL, evr };
    let mut all: [Vec<DependencyId>; 8] = Default::default();
    package.for_each_dependency(|relation, dep| all[relation as usize].push(dep));
    let mut of =
        |pool: &mut Pool, relation: Relation| interned.collect(pool, std::mem::take(&mut all[relation as usize]));
    let mut provides = of(pool, Relation::Provides);
    if let Some(itself) = intern(pool, &itself)
        && !matches!(package.arch(), "src" | "nosrc")
        && !provides.contains(&itself)
    {
        provides.push(itself);
    }
    let (pre, usual): (Vec<_>, Vec<_>) = std::mem::take(&mut all[Relation::Requires as usize])
        .into_iter()
        .partition(|dep| interned.sense(*dep).any(PRE));
    let pre_requires = interned.collect(pool, pre);
    let mut requires = interned.collect(pool, usual);
    requires.retain(|dep| !pre_requires.contains(dep));
    let mut file_provides: Vec<DepId> = files.iter().map(|path| pool.intern(path).into()).collect();
    file_provides.retain(|dep| !provides.contains(dep));
    let mut of =
        |pool: &mut Pool, relation: Relation| interned.collect(pool, std::mem::take(&mut all[relation as usize]));
    Dependencies {
        provides,
        file_provides,
        requires,
        pre_requires,
        conflicts: of(pool, Relation::Conflicts),
        obsoletes: of(pool, Relation::Obsoletes),
        recommends: of(pool, Relation::Recommends),
        suggests: of(pool, Relation::Suggests),
        supplements: of(pool, Relation::Supplements),
        enhances: of(pool, Relation::Enhances),
        ..Dependencies::default()
    }
}

impl Dependencies {
    /// Notes the requirements that only mattered when the package was installed: those of `%pre` and `%post`, unless
    /// they are required for something else, too.
    fn ignore_what_installation_required(
        &mut self,
        pool: &mut Pool,
        interned: &mut Interned<'_>,
        package: &Package<'_>,
    ) {
        let of_installation = |sense: Sense| sense.any(PRE) && !sense.any(PRE_ERASE);
        let (of_installation, others): (Vec<_>, Vec<_>) =
            package.dependency_ids(Relation::Requires).partition(|dep| of_installation(interned.sense(*dep)));
        let others = interned.collect(pool, others);
        self.ignored_when_installed = interned.collect(pool, of_installation);
        self.ignored_when_installed.retain(|dep| !others.contains(dep));
    }
}

/// What makes a requirement one that must be met before scriptlets run.
pub(crate) const PRE: Sense = Sense(
    Sense::PREREQ.0 | Sense::SCRIPT_PRE.0 | Sense::SCRIPT_POST.0 | Sense::SCRIPT_PREUN.0 | Sense::SCRIPT_POSTUN.0,
);

/// What makes a requirement one that must be met when the package is removed.
const PRE_ERASE: Sense = Sense(Sense::SCRIPT_PREUN.0 | Sense::SCRIPT_POSTUN.0);

/// The dependencies of one catalog that are in the pool already.
struct Interned<'s> {
    catalog: &'s Catalog,
    /// By number in the catalog: place in `known` plus 1.
    places: Vec<u32>,
    /// Nothing for a rich one that cannot be parsed.
    known: Vec<Option<DepId>>,
}

impl<'s> Interned<'s> {
    fn new(sack: &'s Sack, repo: RepoIndex) -> Self {
        let catalog = sack.catalog(repo);
        Interned { catalog, places: vec![0; catalog.dependency_count()], known: Vec::new() }
    }

    fn sense(&self, dep: DependencyId) -> Sense {
        self.catalog.dependency_sense(dep)
    }

    fn get(&mut self, pool: &mut Pool, dep: DependencyId) -> Option<DepId> {
        // What a damaged catalog names beyond its end is read as empty, and the damage is noticed in the end.
        let Some(place) = self.places.get_mut(dep.index()) else {
            return intern(pool, &self.catalog.dependency(dep));
        };
        if let Some(place) = place.checked_sub(1) {
            return self.known[place as usize];
        }
        let id = intern(pool, &self.catalog.dependency(dep));
        self.known.push(id);
        *place = self.known.len() as u32;
        id
    }

    /// Returns dependencies, each once.
    fn collect(&mut self, pool: &mut Pool, deps: impl IntoIterator<Item = DependencyId>) -> Vec<DepId> {
        let mut ids: Vec<DepId> = Vec::new();
        let mut seen = HashSet::new();
        for dep in deps {
            let Some(id) = self.get(pool, dep) else { continue };
            // Most lists are short, and looking through them is faster than hashing.
            let new = if ids.len() < FEW { !ids.contains(&id) } else { !ids[..FEW].contains(&id) && seen.insert(id) };
            if new {
                ids.push(id);
            }
        }
        ids
    }
}

/// Up to here a list is short.
const FEW: usize = 24;
