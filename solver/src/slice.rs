//! Which packages of a sack a goal can reach.
//!
//! libsolv makes rules only for what is installed, what could replace that, what the jobs name, and what any of those
//! requires, recommends or is supplemented by, and so on. A pool that holds this closure and nothing else gives the
//! same rules as a pool of everything, hence the same outcome.
//!
//! Most of the closure is there for weak dependencies of packages that do not come. But libsolv looks at weak
//! dependencies of what it decided to install only, after everything that is required is decided; whoever is only
//! weakly reached from elsewhere can be ruled out by others, but nothing follows from that for them. So the slice has
//! the requirements of everything to their end, and the weak dependencies of those who come. Who comes is found by
//! trying: when a solve chose packages whose weak dependencies were not followed, they are, and if that leads to
//! anything new, it is solved again (tests/slices.rs compares with the pool of everything on random universes).

use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use oxidnf_catalog::{Catalog, DependencyId, NameId, PackageId, PackageSet, Relation, RepoIndex, Sack};

use crate::bits::Bits;
use crate::goal::{Goal, Job};
use crate::lookup::Lookup;
use crate::options::Options;
use crate::rich::{for_each_plain, is_choice};

/// Which dependencies are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// Requirements: enough when weak dependencies are ignored.
    Strong,
    /// Recommendations and supplements of those who come as well, which can bring packages in.
    Coming,
    /// Recommendations and supplements of everything.
    Weak,
    /// All weak dependencies, and other architectures. Suggestions and the like bring nothing in, but what
    /// libsolv reaches by them decides which architectures a name is there in, and it forbids a name's inferior ones.
    Everything,
    /// Nothing needs to be followed, as everything is in.
    Whole,
}

/// Where so many are expected to come, some guess will be wrong. To solve again then costs more than to have all weak
/// dependencies followed at once.
const MANY: usize = 250;

/// What a goal can reach, as far as is known.
pub(crate) struct Slice<'s> {
    sack: &'s Sack,
    lookup: Lookup<'s>,
    arch: &'s str,
    /// In the order of the repositories.
    catalogs: Vec<Met<'s>>,
    depth: Depth,
    attracting: Attracting<'s>,
    packages: PackageSet,
    /// Packages whose dependencies are to be followed.
    pending: Vec<PackageId>,
    /// Packages that are expected to come, so that their weak dependencies count.
    coming: PackageSet,
    expected: usize,
    pending_coming: Vec<PackageId>,
    /// Candidates of which one is expected to come.
    choices: VecDeque<Vec<PackageId>>,
    /// Whether a package was met that a better architecture of its name could forbid.
    has_inferior_arch: bool,
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
    /// Those of them that somebody has who is expected to come.
    followed_by_coming: Bits,
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
            followed_by_coming: Bits::new(catalog.dependency_count()),
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

impl<'s> Slice<'s> {
    /// Finds what `goal` can reach at first sight.
    pub(crate) fn new(sack: &'s Sack, goal: &Goal, options: &'s Options) -> Self {
        let weak = options.install_weak_deps;
        let mut slice = Slice {
            sack,
            lookup: Lookup::new(sack),
            arch: &options.arch,
            catalogs: sack.repos().map(|(index, _)| Met::new(sack, index)).collect(),
            depth: if weak { Depth::Coming } else { Depth::Strong },
            attracting: Attracting::default(),
            packages: PackageSet::new(),
            pending: Vec::new(),
            coming: PackageSet::new(),
            expected: 0,
            pending_coming: Vec::new(),
            choices: VecDeque::new(),
            has_inferior_arch: false,
            replaced: HashSet::new(),
        };
        if options.whole_pool {
            slice.depth = Depth::Whole;
            slice.packages = sack.all();
            return slice;
        }
        if weak {
            slice.attracting.add(sack, Relation::Supplements);
        }
        slice.start(goal);
        if goal.cleans() {
            // What protected packages require counts as needed, even if they are not installed.
            for name in &options.protected {
                let named = slice.lookup.named(name);
                slice.add_all(named);
            }
        }
        slice.settle();
        slice
    }

    /// Returns the packages that the solver has to know.
    pub(crate) fn packages(&self) -> PackageSet {
        let mut packages = self.packages.clone();
        if self.depth != Depth::Whole {
            self.add_siblings(&mut packages);
        }
        packages
    }

    /// Follows the weak dependencies of packages that a solve chose; tells whether that leads to packages that the
    /// solver did not know, so that it has to try again.
    ///
    /// What it chose for a time only counts as well, but cannot be asked for. So where it took decisions back, the weak
    /// dependencies of everything are followed.
    pub(crate) fn follow(&mut self, chosen: impl Iterator<Item = PackageId>, took_back: impl FnOnce() -> bool) -> bool {
        let before = self.packages.len();
        if self.depth == Depth::Coming && took_back() {
            self.deepen(Depth::Weak);
        }
        self.expect(chosen);
        self.settle();
        self.packages.len() > before
    }

    fn start(&mut self, goal: &Goal) {
        self.add_all(self.sack.installed().iter());
        for job in &goal.jobs {
            self.add_all(job.packages().iter().copied());
            match job {
                Job::InstallProvide { dependency, .. } => {
                    for_each_plain(dependency.as_ref(), |dep| drop(self.require_text(dep.name)));
                }
                Job::UpgradeAll { .. } | Job::DistroSyncAll { .. } => self.expect_newer(self.sack.installed().iter()),
                Job::Remove { .. } => {}
                _ => self.expect_one(job.packages()),
            }
        }
    }

    /// Reaches what there is to reach.
    fn settle(&mut self) {
        self.run();
        if self.depth == Depth::Coming && self.expected > MANY {
            self.deepen(Depth::Weak);
        }
        if self.has_inferior_arch && self.depth < Depth::Everything {
            self.attracting.add(self.sack, Relation::Supplements);
            self.attracting.add(self.sack, Relation::Enhances);
            self.catalogs.iter_mut().for_each(|met| met.provided.clear());
            self.deepen(Depth::Everything);
        }
    }

    /// Follows the dependencies of everything that was met anew.
    fn deepen(&mut self, depth: Depth) {
        self.depth = depth;
        self.pending_coming.clear();
        self.choices.clear();
        self.pending = self.packages.iter().collect();
        self.run();
    }

    fn run(&mut self) {
        while self.depth != Depth::Coming || self.expected <= MANY {
            // Those who come are first, so that it shows whom else they bring before everything else is met.
            if let Some(id) = self.pending_coming.pop() {
                self.packages.insert(id);
                self.visit(id, true);
            } else if let Some(candidates) = self.choices.pop_front() {
                self.expect_one(&candidates);
            } else if let Some(id) = self.pending.pop() {
                self.visit(id, self.depth >= Depth::Weak);
            } else {
                return;
            }
        }
    }

    fn add_all(&mut self, ids: impl IntoIterator<Item = PackageId>) {
        for id in ids {
            if self.packages.insert(id) {
                self.pending.push(id);
            }
        }
    }

    /// Expects packages to come.
    fn expect(&mut self, ids: impl IntoIterator<Item = PackageId>) {
        // Otherwise weak dependencies are followed nowhere, or everywhere.
        if self.depth != Depth::Coming {
            return;
        }
        for id in ids {
            if self.coming.insert(id) {
                self.expected += 1;
                self.pending_coming.push(id);
            }
        }
    }

    /// Expects the newest version of one of several to come, unless one of them is there or expected.
    ///
    /// Which one is a guess that saves solving once more for every link of a chain of recommendations: the first, as
    /// libsolv has it for want of other reasons. A wrong one costs time only, as a slice may be larger than it must.
    fn expect_one(&mut self, candidates: &[PackageId]) {
        let sack = self.sack;
        if candidates.iter().any(|id| sack.is_installed(*id) || self.coming.contains(*id)) {
            return;
        }
        let order = |id: &PackageId| (sack.repo_of(*id), sack.package(*id).ordinal());
        let Some(first) = candidates.iter().copied().min_by_key(order) else { return };
        let name = sack.package(first).name();
        let versions = candidates.iter().copied().filter(|id| sack.package(*id).name() == name);
        self.expect(versions.max_by(|one, two| sack.package(*one).evr().rpm_cmp(&sack.package(*two).evr())));
    }

    /// Expects candidates to come if there is nothing to choose between but versions; otherwise that waits until all
    /// others that come are known.
    fn expect_one_later(&mut self, candidates: Vec<PackageId>) {
        let name = |id: &PackageId| self.sack.package(*id).name();
        if self.depth != Depth::Coming {
            return;
        }
        if candidates.iter().skip(1).all(|id| name(id) == name(&candidates[0])) {
            self.expect_one(&candidates);
        } else {
            self.choices.push_back(candidates);
        }
    }

    /// Expects the newer versions of installed packages to come, which is a guess as well.
    fn expect_newer(&mut self, installed: impl Iterator<Item = PackageId>) {
        let sack = self.sack;
        for id in installed {
            let old = sack.package(id);
            let newer = |id: &PackageId| {
                !sack.is_installed(*id) && sack.package(*id).evr().rpm_cmp(&old.evr()) == Ordering::Greater
            };
            self.expect(self.lookup.named(old.name()).into_iter().filter(newer));
        }
    }

    /// Follows the dependencies of a package, weak ones if it comes.
    fn visit(&mut self, id: PackageId, comes: bool) {
        let package = self.sack.package(id);
        let repo = usize::from(self.sack.repo_of(id).0);
        package.for_each_dependency(|relation, dep| self.depend(repo, relation, dep, comes));
        self.has_inferior_arch |= package.arch() != "noarch" && package.arch() != self.arch;
        if self.sack.is_installed(id) && self.replaced.insert(package.name()) {
            self.add_all(self.lookup.named(package.name()));
            self.add_all(self.lookup.related(Relation::Obsoletes, package.name()));
        }
        if self.depth == Depth::Everything {
            self.lock_step(id);
        }
        if !comes {
            return;
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
    fn depend(&mut self, repo: usize, relation: Relation, dep: DependencyId, comes: bool) {
        let depth = self.depth;
        let met = &mut self.catalogs[repo];
        let (catalog, name) = (met.catalog, met.catalog.dependency_name(dep));
        let is_rich = met.rich.contains(&name);
        let relates = || is_rich && !is_choice(catalog.name(name));
        let follow = match relation {
            Relation::Requires => true,
            // A conflict with `(a if b)` is met by `b` without `a`, so that a conflict can bring packages in.
            Relation::Conflicts => is_rich,
            // What is recommended or suggested by whoever is chosen also makes libsolv choose another one of several
            // that would do. Those are known anyway, but `(a and b)` recommends nothing when `b` does not exist.
            Relation::Recommends => comes || (depth == Depth::Coming && relates()),
            Relation::Suggests => depth == Depth::Everything || (depth >= Depth::Coming && relates()),
            Relation::Provides => {
                if comes && !self.attracting.names.is_empty() && met.provided.insert(dep.index()) {
                    self.attract(catalog.name(name));
                }
                false
            }
            Relation::Obsoletes | Relation::Supplements | Relation::Enhances => false,
        };
        if !follow {
            return;
        }
        let met = &mut self.catalogs[repo];
        let is_new = met.followed.insert(dep.index());
        let expects = comes
            && depth == Depth::Coming
            && matches!(relation, Relation::Requires | Relation::Recommends)
            && met.followed_by_coming.insert(dep.index());
        if !is_new && !expects {
            return;
        }
        let mut found = Vec::new();
        if is_rich {
            for_each_plain(catalog.dependency(dep), |dep| found.extend(self.require_text(dep.name)));
        } else {
            found = self.require(repo, name, expects);
        }
        if expects && !relates() {
            self.expect_one_later(found);
        }
    }

    /// Adds the other versions of every name. They cannot come, but libsolv likes a package less when a newer one of its
    /// name exists.
    fn add_siblings(&self, packages: &mut PackageSet) {
        let mut met: Vec<Bits> = self.catalogs.iter().map(|met| Bits::new(met.catalog.name_count())).collect();
        for id in self.packages.iter() {
            let repo = usize::from(self.sack.repo_of(id).0);
            let name = self.sack.package(id).name_id();
            if !met[repo].insert(name.index()) {
                continue;
            }
            let text = (self.catalogs.len() > 1).then(|| self.catalogs[repo].catalog.name(name));
            for (other, Met { repo: index, catalog, .. }) in self.catalogs.iter().enumerate() {
                let name = if other == repo { Some(name) } else { text.and_then(|text| catalog.find_name(text)) };
                let Some(name) = name.filter(|name| other == repo || met[other].insert(name.index())) else { continue };
                packages.extend(catalog.packages_called(name).map(|place| self.sack.id(*index, place)));
            }
        }
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

    /// Adds the packages that may satisfy a dependency on a name of a catalog, files included; returns them if they are
    /// new or if that is `asked` for.
    fn require(&mut self, repo: usize, name: NameId, asked: bool) -> Vec<PackageId> {
        let mut found = Vec::new();
        if !self.catalogs[repo].required.insert(name.index()) && !asked {
            return found;
        }
        let catalog = self.catalogs[repo].catalog;
        let is_path = self.catalogs[repo].paths.contains(&name);
        let text = (is_path || self.catalogs.len() > 1).then(|| catalog.name(name));
        for (other, met) in self.catalogs.iter_mut().enumerate() {
            let name = if other == repo { Some(name) } else { text.and_then(|text| met.catalog.find_name(text)) };
            let Some(name) = name else { continue };
            met.required.insert(name.index());
            // Those that are called so, and those that say that they provide it, in whatever version.
            let mut add = |place| found.push(self.sack.id(met.repo, place));
            met.catalog.packages_called(name).for_each(&mut add);
            met.catalog.relating_to(Relation::Provides, name, add);
        }
        if let Some(path) = text.filter(|_| is_path) {
            found.extend(self.lookup.owning(path));
        }
        self.add_all(found.iter().copied());
        found
    }

    fn require_text(&mut self, text: &str) -> Vec<PackageId> {
        let place = |(repo, met): (usize, &Met<'_>)| Some((repo, met.catalog.find_name(text)?));
        if let Some((repo, name)) = self.catalogs.iter().enumerate().find_map(place) {
            return self.require(repo, name, true);
        }
        let found = if text.starts_with('/') { self.lookup.owning(text) } else { Vec::new() };
        self.add_all(found.iter().copied());
        found
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
