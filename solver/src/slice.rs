//! Which packages of a sack a goal can reach.
//!
//! libsolv makes rules only for what is installed, what could replace that, what the jobs name, and what any of those
//! requires, recommends or is supplemented by, and so on. A pool that holds this closure and nothing else gives the
//! same rules as a pool of everything, hence the same outcome (tests/slices.rs tries that on random universes).

use std::collections::HashSet;
use std::ops::Range;

use oxidnf_catalog::{Catalog, DependencyId, NameId, PackageId, PackageSet, Relation, RepoIndex, Sack};

use crate::bits::Bits;
use crate::goal::{Goal, Job};
use crate::lookup::Lookup;
use crate::options::Options;
use crate::rich::for_each_plain;

/// Finds what `goal` can reach.
pub(crate) fn reach(sack: &Sack, goal: &Goal, options: &Options) -> PackageSet {
    if options.whole_pool {
        return sack.all();
    }
    let mut reach = Reach {
        sack,
        lookup: Lookup::new(sack),
        catalogs: sack.repos().map(|(index, _)| Met::new(sack, index)).collect(),
        depth: if options.install_weak_deps { Depth::Weak } else { Depth::Strong },
        attracting: Attracting::default(),
        packages: PackageSet::new(),
        pending: Vec::new(),
        replaced: HashSet::new(),
    };
    if options.install_weak_deps {
        reach.attracting.add(sack, Relation::Supplements);
    }
    reach.start(goal);
    reach.run();
    if reach.has_inferior_arch(&options.arch) {
        reach.depth = Depth::Everything;
        reach.attracting.add(sack, Relation::Supplements);
        reach.attracting.add(sack, Relation::Enhances);
        reach.catalogs.iter_mut().for_each(|met| met.provided.clear());
        reach.pending = reach.packages.iter().collect();
        reach.run();
    }
    reach.add_siblings();
    reach.packages
}

/// Which dependencies are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// Requirements: enough when weak dependencies are ignored.
    Strong,
    /// Recommendations and supplements as well, which can bring packages in.
    Weak,
    /// Suggestions, enhancements and other architectures as well. They bring nothing in, but what libsolv reaches by
    /// them decides which architectures a name is there in, and it forbids a name's inferior ones.
    Everything,
}

struct Reach<'s> {
    sack: &'s Sack,
    lookup: Lookup<'s>,
    /// In the order of the repositories.
    catalogs: Vec<Met<'s>>,
    depth: Depth,
    attracting: Attracting<'s>,
    packages: PackageSet,
    pending: Vec<PackageId>,
    /// Names whose other versions and obsoleters are in.
    replaced: HashSet<&'s str>,
}

/// What of a catalog was met.
struct Met<'s> {
    repo: RepoIndex,
    catalog: &'s Catalog,
    rich: Range<NameId>,
    paths: Range<NameId>,
    /// Dependencies that were followed.
    followed: Bits,
    /// Names whose providers are in.
    required: Bits,
    /// Provides whose supplementers and enhancers are in.
    provided: Bits,
}

impl<'s> Met<'s> {
    fn new(sack: &'s Sack, repo: RepoIndex) -> Self {
        let catalog = sack.catalog(repo);
        Met {
            repo,
            catalog,
            rich: catalog.names_starting("("),
            paths: catalog.names_starting("/"),
            followed: Bits::new(catalog.dependency_count()),
            required: Bits::new(catalog.name_count()),
            provided: Bits::new(catalog.dependency_count()),
        }
    }
}

/// Names for which something supplements or enhances whoever provides them. They are few.
#[derive(Default)]
struct Attracting<'s> {
    names: HashSet<&'s str>,
    has_paths: bool,
}

impl<'s> Attracting<'s> {
    fn add(&mut self, sack: &'s Sack, relation: Relation) {
        for (index, _) in sack.repos() {
            let catalog = sack.catalog(index);
            self.names.extend(catalog.names_of_kind(relation).into_iter().map(|name| catalog.name(name)));
        }
        self.has_paths = self.names.iter().any(|name| name.starts_with('/'));
    }
}

impl Reach<'_> {
    fn start(&mut self, goal: &Goal) {
        self.add_all(self.sack.installed().iter());
        for job in &goal.jobs {
            self.add_all(job.packages().iter().copied());
            if let Job::InstallProvide { dependency, .. } = job {
                for_each_plain(dependency.as_ref(), |dep| self.require_text(dep.name));
            }
        }
    }

    fn run(&mut self) {
        while let Some(id) = self.pending.pop() {
            self.visit(id);
        }
    }

    fn add_all(&mut self, ids: impl IntoIterator<Item = PackageId>) {
        for id in ids {
            if self.packages.insert(id) {
                self.pending.push(id);
            }
        }
    }

    fn visit(&mut self, id: PackageId) {
        let package = self.sack.package(id);
        let repo = usize::from(self.sack.repo_of(id).0);
        package.for_each_dependency(|relation, dep| self.depend(repo, relation, dep));
        if self.sack.is_installed(id) && self.replaced.insert(package.name()) {
            self.add_all(self.lookup.named(package.name()));
            self.add_all(self.lookup.related(Relation::Obsoletes, package.name()));
        }
        if self.depth == Depth::Strong {
            return;
        }
        if self.depth == Depth::Everything {
            self.lock_step(id);
        }
        if !self.attracting.names.is_empty() {
            self.attract(package.name());
        }
        if self.attracting.has_paths {
            for file in package.files() {
                self.attract(&format!("{}{}", file.dir, file.name));
            }
        }
    }

    /// Follows a dependency of a package in a catalog, where its kind asks for that.
    fn depend(&mut self, repo: usize, relation: Relation, dep: DependencyId) {
        let met = &mut self.catalogs[repo];
        let is_rich = |met: &Met<'_>| met.rich.contains(&met.catalog.dependency_name(dep));
        let follow = match relation {
            Relation::Requires => true,
            // A conflict with `(a if b)` is met by `b` without `a`, so that a conflict can bring packages in.
            Relation::Conflicts => is_rich(met),
            Relation::Recommends => self.depth >= Depth::Weak,
            // A suggestion makes libsolv choose another one of several equals. Whom a plain one suggests need not be
            // known for that, but `(a and b)` suggests nothing when `b` does not exist.
            Relation::Suggests => self.depth == Depth::Everything || (self.depth == Depth::Weak && is_rich(met)),
            Relation::Provides => {
                if self.depth >= Depth::Weak && !self.attracting.names.is_empty() && met.provided.insert(dep.index()) {
                    let name = met.catalog.name(met.catalog.dependency_name(dep));
                    self.attract(name);
                }
                false
            }
            Relation::Obsoletes | Relation::Supplements | Relation::Enhances => false,
        };
        let met = &mut self.catalogs[repo];
        if !follow || !met.followed.insert(dep.index()) {
            return;
        }
        let (catalog, name) = (met.catalog, met.catalog.dependency_name(dep));
        if met.rich.contains(&name) {
            for_each_plain(catalog.dependency(dep), |dep| self.require_text(dep.name));
        } else {
            self.require(repo, name);
        }
    }

    /// Adds the other versions of every name. They cannot come, but libsolv likes a package less when a newer one of its
    /// name exists.
    fn add_siblings(&mut self) {
        let mut met: Vec<Bits> = self.catalogs.iter().map(|met| Bits::new(met.catalog.name_count())).collect();
        let ids: Vec<PackageId> = self.packages.iter().collect();
        for id in ids {
            let repo = usize::from(self.sack.repo_of(id).0);
            let name = self.sack.package(id).name_id();
            if !met[repo].insert(name.index()) {
                continue;
            }
            let text = (self.catalogs.len() > 1).then(|| self.catalogs[repo].catalog.name(name));
            for (other, Met { repo: index, catalog, .. }) in self.catalogs.iter().enumerate() {
                let name = if other == repo { Some(name) } else { text.and_then(|text| catalog.find_name(text)) };
                let Some(name) = name.filter(|name| other == repo || met[other].insert(name.index())) else { continue };
                self.packages.extend(catalog.packages_called(name).map(|place| self.sack.id(*index, place)));
            }
        }
    }

    /// Tells whether a package is reached that a better architecture of its name could forbid.
    fn has_inferior_arch(&self, arch: &str) -> bool {
        let foreign = |id| {
            let package = self.sack.package(id);
            package.arch() != "noarch" && package.arch() != arch
        };
        self.packages.iter().any(foreign)
    }

    /// Adds the packages of the same name and version and of other architectures, which libsolv keeps together.
    fn lock_step(&mut self, id: PackageId) {
        let package = self.sack.package(id);
        if package.arch() == "noarch" {
            return;
        }
        for other in self.lookup.named(package.name()) {
            let sibling = self.sack.package(other);
            if sibling.arch() != package.arch() && sibling.evr().same_text(&package.evr()) {
                self.add_all([other]);
            }
        }
    }

    /// Adds the packages that may satisfy a dependency on a name of a catalog, files included.
    fn require(&mut self, repo: usize, name: NameId) {
        let met = &mut self.catalogs[repo];
        if !met.required.insert(name.index()) {
            return;
        }
        let is_path = met.paths.contains(&name);
        let text = (is_path || self.catalogs.len() > 1).then(|| self.catalogs[repo].catalog.name(name));
        self.add_providers(repo, name);
        let Some(text) = text else { return };
        for other in (0..self.catalogs.len()).filter(|other| *other != repo) {
            self.require_in(other, text);
        }
        if is_path {
            self.add_all(self.lookup.owning(text));
        }
    }

    fn require_text(&mut self, text: &str) {
        (0..self.catalogs.len()).for_each(|repo| self.require_in(repo, text));
        if text.starts_with('/') {
            self.add_all(self.lookup.owning(text));
        }
    }

    fn require_in(&mut self, repo: usize, text: &str) {
        let met = &mut self.catalogs[repo];
        if let Some(name) = met.catalog.find_name(text)
            && met.required.insert(name.index())
        {
            self.add_providers(repo, name);
        }
    }

    /// Adds the packages of a catalog that are called so or say that they provide it, in whatever version.
    fn add_providers(&mut self, repo: usize, name: NameId) {
        let Met { repo, catalog, .. } = self.catalogs[repo];
        let sack = self.sack;
        self.add_all(catalog.packages_called(name).map(|index| sack.id(repo, index)));
        catalog.relating_to(Relation::Provides, name, |index| self.add_all([sack.id(repo, index)]));
    }

    /// Adds what supplements or enhances whoever provides `name`.
    fn attract(&mut self, name: &str) {
        // Taken out, as once is enough.
        if !self.attracting.names.remove(name) {
            return;
        }
        self.add_all(self.lookup.related(Relation::Supplements, name));
        if self.depth == Depth::Everything {
            self.add_all(self.lookup.related(Relation::Enhances, name));
        }
    }
}
