//! Several catalogs side by side.

use std::sync::Arc;

use oxidnf_core::introsort::introsort;

use crate::catalog::Catalog;
use crate::package::Package;
use crate::set::{PackageId, PackageSet};

/// Where the packages of a catalog are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RepoKind {
    /// In the rpm database (`@System`).
    System,
    /// In a configured repository.
    Available,
    /// In files named on the command line (`@commandline`).
    CommandLine,
}

/// What a sack has to know about a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoInfo {
    /// Identifier, as in `[section]`.
    pub id: String,
    /// Where its packages are.
    pub kind: RepoKind,
    /// Lower wins; 99 is the default.
    pub priority: i32,
    /// Lower wins among equals; 1000 is the default.
    pub cost: i32,
    /// Whether the metadata came in this run: dnf5 then numbers names as it parses them, later as its cache has them.
    pub is_new: bool,
}

impl RepoInfo {
    /// Describes the rpm database.
    pub fn system() -> Self {
        RepoInfo { id: "@System".to_owned(), kind: RepoKind::System, ..Self::available("") }
    }

    /// Describes the packages named on the command line.
    pub fn command_line() -> Self {
        RepoInfo { id: "@commandline".to_owned(), kind: RepoKind::CommandLine, ..Self::available("") }
    }

    /// Describes a repository of default priority and cost.
    pub fn available(id: &str) -> Self {
        RepoInfo { id: id.to_owned(), kind: RepoKind::Available, priority: 99, cost: 1000, is_new: false }
    }
}

/// A repository of a [`Sack`], in the order of adding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepoIndex(pub u16);

/// Why packages are left out of consideration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExcludeKind {
    /// By the streams of modules.
    Module,
    /// By `versionlock.toml`.
    Versionlock,
    /// By `excludepkgs` of the configuration.
    Config,
    /// By a program that uses this library.
    User,
    /// In a repository that was loaded and then disabled.
    DisabledRepo,
}

impl ExcludeKind {
    /// All kinds.
    pub const ALL: [ExcludeKind; 5] = [
        ExcludeKind::Module,
        ExcludeKind::Versionlock,
        ExcludeKind::Config,
        ExcludeKind::User,
        ExcludeKind::DisabledRepo,
    ];
}

/// Which exclusions a query obeys; the default is all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excludes(u8);

impl Default for Excludes {
    fn default() -> Self {
        Excludes::ALL
    }
}

impl Excludes {
    /// All exclusions.
    pub const ALL: Excludes = Excludes(0x1f);
    /// None of them, and no include list.
    pub const NONE: Excludes = Excludes(0);

    /// Leaves one kind out.
    #[must_use]
    pub const fn without(self, kind: ExcludeKind) -> Self {
        Excludes(self.0 & !(1 << kind as u8))
    }

    /// Obeys one kind and no other.
    pub const fn only(kind: ExcludeKind) -> Self {
        Excludes(1 << kind as u8)
    }

    /// Tells whether a kind is obeyed.
    pub const fn has(self, kind: ExcludeKind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

#[derive(Debug)]
struct Repo {
    info: RepoInfo,
    catalog: Arc<Catalog>,
    start: u32,
    uses_includes: bool,
}

/// The packages of the system, of repositories and of the command line, numbered through.
#[derive(Debug, Default)]
pub struct Sack {
    repos: Vec<Repo>,
    end: u32,
    excluded: [PackageSet; 5],
    included: PackageSet,
}

impl Sack {
    /// Returns a sack without packages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a catalog; its packages get the next numbers.
    pub fn add_repo(&mut self, info: RepoInfo, catalog: Arc<Catalog>) -> RepoIndex {
        let index = RepoIndex(self.repos.len() as u16);
        let start = self.end;
        self.end = self.end.saturating_add(catalog.len());
        self.repos.push(Repo { info, catalog, start, uses_includes: false });
        index
    }

    /// Returns the number of packages.
    pub fn len(&self) -> u32 {
        self.end
    }

    /// Tells whether there are no packages.
    pub fn is_empty(&self) -> bool {
        self.end == 0
    }

    /// Returns the repositories in the order of adding.
    pub fn repos(&self) -> impl Iterator<Item = (RepoIndex, &RepoInfo)> {
        self.repos.iter().enumerate().map(|(index, repo)| (RepoIndex(index as u16), &repo.info))
    }

    /// Returns what is known about a repository.
    pub fn repo(&self, index: RepoIndex) -> &RepoInfo {
        &self.repos[usize::from(index.0)].info
    }

    /// Returns the repository's catalog.
    pub fn catalog(&self, index: RepoIndex) -> &Arc<Catalog> {
        &self.repos[usize::from(index.0)].catalog
    }

    /// Finds a repository by its identifier.
    pub fn find_repo(&self, id: &str) -> Option<RepoIndex> {
        self.repos().find(|(_, info)| info.id == id).map(|(index, _)| index)
    }

    /// Returns the repository that a package is from.
    pub fn repo_of(&self, id: PackageId) -> RepoIndex {
        let after = self.repos.partition_point(|repo| repo.start <= id.0);
        // Repositories without packages share their start with the next one, which is the one that counts.
        RepoIndex(after.saturating_sub(1) as u16)
    }

    /// Returns a package.
    pub fn package(&self, id: PackageId) -> Package<'_> {
        let repo = &self.repos[usize::from(self.repo_of(id).0)];
        repo.catalog.package(id.0 - repo.start)
    }

    /// Returns the number of a package of a repository.
    pub fn id(&self, repo: RepoIndex, index: u32) -> PackageId {
        PackageId(self.repos[usize::from(repo.0)].start + index)
    }

    /// Returns all packages of a repository.
    pub fn repo_packages(&self, index: RepoIndex) -> PackageSet {
        let repo = &self.repos[usize::from(index.0)];
        PackageSet::range(repo.start, repo.start + repo.catalog.len())
    }

    /// Returns all packages.
    pub fn all(&self) -> PackageSet {
        PackageSet::range(0, self.end)
    }

    fn of_kind(&self, wanted: impl Fn(RepoKind) -> bool) -> PackageSet {
        let mut set = PackageSet::new();
        for repo in self.repos.iter().filter(|repo| wanted(repo.info.kind)) {
            set.insert_range(repo.start, repo.start + repo.catalog.len());
        }
        set
    }

    /// Returns the installed packages, excluded or not.
    pub fn installed(&self) -> PackageSet {
        self.of_kind(|kind| kind == RepoKind::System)
    }

    /// Returns the packages that are not installed, excluded or not.
    pub fn available(&self) -> PackageSet {
        self.of_kind(|kind| kind != RepoKind::System)
    }

    /// Tells whether a package is from the rpm database.
    pub fn is_installed(&self, id: PackageId) -> bool {
        self.repo(self.repo_of(id)).kind == RepoKind::System
    }

    /// Says which packages are excluded for a reason, in place of what was said before.
    pub fn set_excluded(&mut self, packages: PackageSet, kind: ExcludeKind) {
        self.excluded[kind as usize] = packages;
    }

    /// Returns the packages excluded for a reason.
    pub fn excluded(&self, kind: ExcludeKind) -> &PackageSet {
        &self.excluded[kind as usize]
    }

    /// Says which packages the include lists name, in place of what was said before.
    pub fn set_included(&mut self, packages: PackageSet) {
        self.included = packages;
    }

    /// Says whether a repository has an include list, which hides its packages that are not included.
    pub fn set_uses_includes(&mut self, index: RepoIndex, uses: bool) {
        self.repos[usize::from(index.0)].uses_includes = uses;
    }

    /// Returns the packages that goals and queries see (reference of dnf5, section 4.5).
    pub fn considered(&self, excludes: Excludes) -> PackageSet {
        let mut set = self.all();
        for kind in ExcludeKind::ALL.into_iter().filter(|kind| excludes.has(*kind)) {
            set.subtract(self.excluded(kind));
        }
        if excludes.has(ExcludeKind::Config) && self.repos.iter().any(|repo| repo.uses_includes) {
            let mut seen = self.included.clone();
            for repo in self.repos.iter().filter(|repo| !repo.uses_includes) {
                seen.insert_range(repo.start, repo.start + repo.catalog.len());
            }
            set.intersect(&seen);
        }
        set
    }

    /// Returns each catalog with the number of its first package.
    pub(crate) fn catalogs(&self) -> impl Iterator<Item = (u32, &Catalog)> {
        self.repos.iter().map(|repo| (repo.start, &*repo.catalog))
    }

    /// Returns the packages of a name.
    pub fn named(&self, name: &str) -> impl Iterator<Item = PackageId> {
        self.catalogs().flat_map(move |(start, catalog)| catalog.named(name).map(move |index| PackageId(start + index)))
    }

    /// Returns the packages ordered by name, version and architecture; equal ones of several repositories as dnf5 has
    /// them, which sorts its numbers by `std::sort`.
    pub fn sorted(&self, packages: &PackageSet) -> Vec<PackageId> {
        let compare = |one: &PackageId, two: &PackageId| {
            let (one, two) = (self.package(*one), self.package(*two));
            one.name()
                .cmp(two.name())
                .then_with(|| one.evr().rpm_cmp(&two.evr()))
                .then_with(|| one.arch().cmp(two.arch()))
        };
        let mut ids: Vec<PackageId> = packages.iter().collect();
        ids.sort_by(compare);
        // Only among equal ones does it matter how it is sorted.
        if ids.is_sorted_by(|one, two| compare(one, two).is_lt()) {
            return ids;
        }
        let mut ids = self.in_order(packages);
        introsort(&mut ids, compare);
        ids
    }

    /// Returns packages in the order of dnf5's numbers: by repository in the order of adding, then by place in the
    /// metadata; installed ones by name, then by number in the rpm database.
    pub fn in_order(&self, packages: &PackageSet) -> Vec<PackageId> {
        let mut ids: Vec<PackageId> = packages.iter().collect();
        ids.sort_by_cached_key(|id| {
            let repo = self.repo_of(*id);
            let package = self.package(*id);
            let is_system = self.repo(repo).kind == RepoKind::System;
            (repo, is_system.then(|| package.name()), package.ordinal())
        });
        ids
    }

    /// Tells whether a catalog turned out to be damaged; then no answer may be trusted.
    pub fn is_damaged(&self) -> bool {
        self.repos.iter().any(|repo| repo.catalog.is_damaged())
    }
}
