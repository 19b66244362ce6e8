//! Filters that compare versions of packages of the same name and architecture.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use oxidnf_core::evr::Evr;

use super::{Comparison, Query};
use crate::sack::{ExcludeKind, Sack};
use crate::set::{PackageId, PackageSet};

impl Query<'_> {
    /// Keeps packages whose version compares so with one of the given ones; a missing release is lower than any.
    pub fn filter_evr(self, how: Comparison, evrs: &[Evr<'_>]) -> Self {
        let sack = self.sack;
        self.filter(|id| {
            let own = sack.package(id).evr();
            evrs.iter().any(|evr| how.holds(own.rpm_cmp(evr)))
        })
    }

    /// Keeps packages whose epoch compares so with one of the given ones.
    pub fn filter_epoch(self, how: Comparison, epochs: &[u32]) -> Self {
        let sack = self.sack;
        self.filter(|id| {
            let own = sack.package(id).epoch();
            epochs.iter().any(|epoch| how.holds(own.cmp(epoch)))
        })
    }

    /// Calls `choose` with the packages of each name and architecture, newest first, and keeps what it leaves.
    fn by_name_arch(mut self, mut choose: impl FnMut(&mut Vec<PackageId>)) -> Self {
        let mut kept = PackageSet::new();
        let mut group = Vec::new();
        let runs = self.sack.runs(&self.packages);
        for same in runs.chunk_by(|one, two| one.key == two.key) {
            group.clear();
            let members = same.iter().flat_map(|run| run.ids.clone()).map(PackageId);
            group.extend(members.filter(|id| self.packages.contains(*id)));
            if group.len() > 1 {
                group.sort_by(|one, two| compare(self.sack, *two, *one).then(one.cmp(two)));
            }
            choose(&mut group);
            kept.extend(group.iter().copied());
        }
        self.packages = kept;
        self
    }

    /// Keeps the `limit` highest versions of every name and architecture; a negative limit keeps all but so many.
    /// Packages of equal versions count as one.
    pub fn filter_latest(self, limit: i32) -> Self {
        let sack = self.sack;
        self.by_name_arch(|group| cut(sack, group, limit))
    }

    /// Keeps the `limit` lowest versions of every name and architecture; a negative limit keeps all but so many.
    pub fn filter_earliest(self, limit: i32) -> Self {
        let sack = self.sack;
        self.by_name_arch(|group| {
            group.reverse();
            cut(sack, group, limit);
        })
    }

    /// Keeps, of every name and architecture, the packages of the repositories with the best priority.
    ///
    /// Installed packages take no part and stay (reference of dnf5, section 4.7).
    pub fn filter_priority(self) -> Self {
        let sack = self.sack;
        let priority = |id: PackageId| sack.repo(sack.repo_of(id)).priority;
        self.by_name_arch(|group| {
            let best = group.iter().filter(|id| !sack.is_installed(**id)).map(|id| priority(*id)).min();
            group.retain(|id| sack.is_installed(*id) || Some(priority(*id)) == best);
        })
    }

    /// Keeps available packages that are newer than everything installed of their name and architecture.
    pub fn filter_upgrades(self) -> Self {
        let installed = Installed::new(self.sack);
        self.available().filter(|id| !installed.changed_by(id, Ordering::Greater).is_empty())
    }

    /// Keeps available packages that are older than everything installed of their name and architecture.
    pub fn filter_downgrades(self) -> Self {
        let installed = Installed::new(self.sack);
        self.available().filter(|id| !installed.changed_by(id, Ordering::Less).is_empty())
    }

    /// Keeps installed packages for which something newer is available.
    pub fn filter_upgradable(self) -> Self {
        self.filter_changeable(Ordering::Greater)
    }

    /// Keeps installed packages for which something older is available.
    pub fn filter_downgradable(self) -> Self {
        self.filter_changeable(Ordering::Less)
    }

    fn filter_changeable(self, order: Ordering) -> Self {
        let sack = self.sack;
        let installed = Installed::new(sack);
        let considered = Query::new(sack).available().into_packages();
        let mut found = PackageSet::new();
        for name in installed.packages.keys() {
            for id in sack.named(name).filter(|id| considered.contains(*id)) {
                found.extend(installed.changed_by(id, order));
            }
        }
        self.and(&found)
    }

    /// Keeps installed packages of which no repository has the name and architecture, not even excluded by anything but
    /// the streams of modules and locks of versions.
    pub fn filter_extras(self) -> Self {
        let sack = self.sack;
        self.installed().filter(|id| {
            let own = sack.package(id);
            let hidden = [ExcludeKind::Module, ExcludeKind::Versionlock].map(|kind| sack.excluded(kind));
            let is_hidden = |id: PackageId| hidden.iter().any(|hidden| hidden.contains(id));
            let mut others = sack.named(own.name()).filter(|id| !sack.is_installed(*id) && !is_hidden(*id));
            !others.any(|other| sack.package(other).arch() == own.arch())
        })
    }

    /// Keeps installed packages of whose name and architecture there are several.
    pub fn filter_duplicates(self) -> Self {
        self.installed().by_name_arch(|group| {
            if group.len() < 2 {
                group.clear();
            }
        })
    }

    /// Keeps packages that have the name and architecture of a package in a set.
    pub fn filter_name_arch_of(self, others: &PackageSet) -> Self {
        let sack = self.sack;
        let wanted: HashSet<(&str, &str)> =
            others.iter().map(|id| sack.package(id)).map(|p| (p.name(), p.arch())).collect();
        self.filter(|id| {
            let package = sack.package(id);
            wanted.contains(&(package.name(), package.arch()))
        })
    }

    /// Keeps packages built after a time (seconds since 1970).
    pub fn filter_recent(self, since: u64) -> Self {
        let sack = self.sack;
        self.filter(|id| sack.package(id).build_time() > since)
    }
}

/// Packages of one catalog with the same name and architecture.
struct Run<'s> {
    key: (&'s [u8], &'s [u8]),
    ids: Range<u32>,
}

impl Sack {
    /// Returns the runs that hold packages of a set, ordered by name and architecture.
    fn runs(&self, packages: &PackageSet) -> Vec<Run<'_>> {
        let mut runs: Vec<Run<'_>> = Vec::new();
        for (start, catalog) in self.catalogs() {
            let mut last = None;
            for id in packages.iter_range(start, start + catalog.len()) {
                let row = catalog.row(id.0 - start);
                match runs.last_mut() {
                    Some(run) if last == Some([row[0], row[1]]) => run.ids.end = id.0 + 1,
                    _ => runs.push(Run { key: (catalog.bytes(row[0]), catalog.bytes(row[1])), ids: id.0..id.0 + 1 }),
                }
                last = Some([row[0], row[1]]);
            }
        }
        // Each catalog is in order, so that there is little to do: a stable sort merges what is sorted.
        runs.sort_by_key(|run| run.key);
        runs
    }
}

fn compare(sack: &Sack, one: PackageId, two: PackageId) -> Ordering {
    sack.package(one).evr().rpm_cmp(&sack.package(two).evr())
}

/// Keeps so many versions from the start, or all but so many.
fn cut(sack: &Sack, group: &mut Vec<PackageId>, limit: i32) {
    let mut rank = 0_u32;
    let ranks: Vec<u32> = (0..group.len())
        .map(|place| {
            if place > 0 && compare(sack, group[place - 1], group[place]).is_ne() {
                rank += 1;
            }
            rank
        })
        .collect();
    let count = limit.unsigned_abs();
    let mut ranks = ranks.into_iter();
    group.retain(|_| ranks.next().is_some_and(|rank| if limit >= 0 { rank < count } else { rank >= count }));
}

/// The installed packages by name.
struct Installed<'s> {
    sack: &'s Sack,
    packages: HashMap<&'s str, Vec<PackageId>>,
}

impl<'s> Installed<'s> {
    fn new(sack: &'s Sack) -> Self {
        let mut packages: HashMap<_, Vec<PackageId>> = HashMap::new();
        for id in sack.installed().iter() {
            packages.entry(sack.package(id).name()).or_default().push(id);
        }
        Installed { sack, packages }
    }

    /// Returns the installed packages that an available one would take the place of, if it compares as `order` with
    /// all that are installed of it: those nearest in version.
    ///
    /// Newer packages become `noarch` and back, so that `noarch` goes with every architecture; older ones are of the very
    /// same.
    // witness: compat-tests/tests/decisions.rs::downgrades_beside_another_architecture
    fn changed_by(&self, id: PackageId, order: Ordering) -> Vec<PackageId> {
        let package = self.sack.package(id);
        let mut nearest: Vec<PackageId> = Vec::new();
        for other in self.packages.get(package.name()).into_iter().flatten() {
            let (arch, other_arch) = (package.arch(), self.sack.package(*other).arch());
            let becomes = order == Ordering::Greater && (arch == "noarch" || other_arch == "noarch");
            if arch != other_arch && !becomes {
                continue;
            }
            if compare(self.sack, id, *other) != order {
                return Vec::new();
            }
            match nearest.first().map(|nearest| compare(self.sack, *other, *nearest)) {
                None | Some(Ordering::Equal) => nearest.push(*other),
                Some(found) if found == order => nearest = vec![*other],
                Some(_) => {}
            }
        }
        nearest
    }
}
