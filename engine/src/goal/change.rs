//! `upgrade`, `downgrade`, `distro-sync` and `reinstall`.

use std::collections::HashSet;

use oxidnf_catalog::{Excludes, Match, PackageId, PackageSet, Query, SpecForm};
use oxidnf_core::nevra::NevraForm;
use oxidnf_solver::Job;

use super::{Lowering, all_forms};
use crate::request::Operation;
use crate::resolved::GoalNoteKind;

impl Lowering<'_> {
    /// Upgrades everything; `--from-repo` and `--from-vendor` mean nothing then, as in dnf5.
    pub(super) fn upgrade_all(&mut self) {
        let flags = self.flags(false);
        if self.cx.advised.is_none() {
            self.out.goal.add(Job::UpgradeAll { flags });
            return;
        }
        let candidates = self.resolving(self.query().into_packages());
        if candidates.is_empty() {
            return self.note(&Operation::Upgrade, "", GoalNoteKind::NotAdvised, false);
        }
        self.out.goal.add(Job::Upgrade { candidates: candidates.iter().collect(), flags });
    }

    /// Keeps packages that the wanted advisories lead to, if any are wanted; of those the lowest with `--minimal`.
    fn resolving(&self, mut candidates: PackageSet) -> PackageSet {
        let sack = self.sack();
        let query = |set: &PackageSet| Query::from_set(sack, set.clone());
        let minimal = self.request.options.minimal;
        if let Some(advised) = &self.cx.advised {
            // Advisories count for what can take the place of something only.
            // witness: compat-tests/tests/decisions.rs::advisories_for_what_is_not_installed
            let mut kept = query(&candidates).filter_upgrades().into_packages();
            if self.cx.config.options.obsoletes.value() {
                let mut obsoleted = self.query().installed().into_packages();
                obsoleted.union(&kept);
                let available = query(&candidates).available();
                kept.union(&self.obsoleting(available.packages(), &obsoleted));
            }
            candidates = query(&kept).filter_priority().into_packages();
            candidates.intersect(&advised.resolving);
        } else if minimal {
            candidates = query(&candidates).filter_upgrades().into_packages();
        }
        if minimal {
            candidates = query(&candidates).filter_earliest(1).into_packages();
        }
        candidates
    }

    pub(super) fn change(&mut self, operation: &Operation, spec: &str) {
        let fatal = !self.skip_unavailable();
        let found = self.find(&self.query(), spec, &all_forms());
        if found.packages.is_empty() {
            return self.missing(operation, spec, fatal);
        }
        let by_name = found.form == Some(SpecForm::Nevra(NevraForm::Name));
        let available = Query::from_set(self.sack(), found.packages.clone()).available().into_packages();
        let matched = Query::from_set(self.sack(), found.packages).installed().into_packages();
        let mut names = self.names(&available);
        names.extend(self.names(&matched));
        // What is excluded is installed nevertheless.
        // witness: compat-tests/tests/decisions.rs::excluded_and_installed
        let everything = self.installed_of_names(&names);
        let installed = self.wanted_installed(everything.clone());
        let matched = self.wanted_installed(matched);
        let obsoleting = self.obsoleting_installed(operation, &available);
        let mut taking_places = self.instead_of_wanted(&available, &installed, &everything);
        taking_places.union(&obsoleting);
        let obsoletes = by_name && self.cx.config.options.obsoletes.value();
        let obsoleters =
            if obsoletes { self.change_obsoleters(operation, &taking_places, &matched) } else { PackageSet::new() };
        let mut wanted = self.wanted_sources(taking_places);
        if obsoleting.is_empty() {
            if installed.is_empty() {
                return self.note(operation, spec, GoalNoteKind::AvailableNotInstalled, fatal);
            }
            if matched.is_empty() && !self.arch_installed(&available, &installed) {
                return self.note(operation, spec, GoalNoteKind::InstalledOtherArch, fatal);
            }
        }
        let obsoleters = self.wanted_sources(obsoleters);
        // What is installed may be of a wanted vendor.
        // witness: compat-tests/tests/decisions.rs::obsoleters_in_wanted_repositories
        let none = wanted.is_empty() && obsoleters.is_empty() && self.wanted_sources(matched.clone()).is_empty();
        if self.restricts_sources() && none {
            let repositories = self.sources.repositories.to_vec();
            return self.note(operation, spec, GoalNoteKind::NotInRepositories { repositories }, fatal);
        }
        wanted.union(&obsoleters);
        match operation {
            Operation::Downgrade => self.downgrade(spec, &wanted, &installed, (&available, &matched)),
            Operation::DistroSync => self.distro_sync(wanted, &matched),
            _ => self.upgrade(spec, wanted),
        }
    }

    /// Keeps available packages that can take the place of wanted installed ones: of their names, and not of a name and
    /// architecture that only others have.
    // witness: compat-tests/tests/decisions.rs::upgrades_of_what_came_from_a_repository
    fn instead_of_wanted(&self, available: &PackageSet, wanted: &PackageSet, installed: &PackageSet) -> PackageSet {
        if self.request.options.installed_from_repo.is_empty() {
            return available.clone();
        }
        let names = self.names(wanted);
        let (wanted, installed) = (self.by_name_arch(wanted), self.by_name_arch(installed));
        let fits = |id: &PackageId| {
            let package = self.sack().package(*id);
            let key = (package.name(), package.arch());
            names.contains(&key.0) && (wanted.contains_key(&key) || !installed.contains_key(&key))
        };
        available.iter().filter(fits).collect()
    }

    /// Returns installed packages of the names, excluded ones among them.
    fn installed_of_names(&self, names: &[&str]) -> PackageSet {
        let everything = Query::with_excludes(self.sack(), Excludes::NONE).installed();
        everything.filter_name(Match::Exact, names).into_packages()
    }

    /// Returns what obsoletes what a name stands for, where that is to change.
    fn change_obsoleters(&self, operation: &Operation, available: &PackageSet, matched: &PackageSet) -> PackageSet {
        let mut obsoleted = match operation {
            Operation::Upgrade if !self.request.options.minimal => {
                // What is no upgrade would confuse the solver.
                Query::from_set(self.sack(), available.clone()).filter_upgrades().into_packages()
            }
            Operation::DistroSync => available.clone(),
            _ => return PackageSet::new(),
        };
        obsoleted.union(matched);
        let everything = self.query().available();
        self.obsoleting(everything.packages(), &obsoleted)
    }

    /// Returns those of the packages that may take the place of installed ones of other names, so that nothing of their
    /// own names has to be installed.
    // witness: compat-tests/tests/decisions.rs::upgrade_to_what_obsoletes
    fn obsoleting_installed(&self, operation: &Operation, available: &PackageSet) -> PackageSet {
        if *operation == Operation::Downgrade || !self.cx.config.options.obsoletes.value() {
            return PackageSet::new();
        }
        let everything = Query::with_excludes(self.sack(), Excludes::NONE).installed().into_packages();
        let everything = self.wanted_installed(everything);
        // Obsoleting is about names, not about what packages provide.
        self.obsoleting(available, &everything)
    }

    /// Tells whether an installed package has the name and architecture of one of the available ones.
    fn arch_installed(&self, available: &PackageSet, installed: &PackageSet) -> bool {
        let installed = self.by_name_arch(installed);
        self.by_name_arch(available).keys().any(|key| installed.contains_key(key))
    }

    fn upgrade(&mut self, spec: &str, wanted: PackageSet) {
        let flags = self.flags(false);
        let mut candidates = self.resolving(wanted);
        if candidates.is_empty() && self.cx.advised.is_some() {
            return self.note(&Operation::Upgrade, spec, GoalNoteKind::NotAdvised, !self.skip_unavailable());
        }
        // Staying with what is installed of those names is a solution, too.
        let installed = self.installed_of_names(&self.names(&candidates));
        let installed = self.wanted_installed(installed);
        candidates.union(&Query::from_set(self.sack(), installed).filter_latest(1).into_packages());
        self.out.goal.add(Job::Upgrade { candidates: candidates.iter().collect(), flags });
    }

    fn distro_sync(&mut self, wanted: PackageSet, matched: &PackageSet) {
        let flags = self.flags(true);
        let mut candidates = wanted;
        // What is installed would do if it could be chosen, though it is not where packages are to come from.
        if !self.restricts_sources() {
            candidates.union(matched);
        }
        self.out.goal.add(Job::DistroSync { candidates: candidates.iter().collect(), flags });
    }

    fn downgrade(
        &mut self,
        spec: &str,
        wanted: &PackageSet,
        installed: &PackageSet,
        (available, matched): (&PackageSet, &PackageSet),
    ) {
        // Only what has the very architecture can be a lower version of something.
        let own = Query::from_set(self.sack(), wanted.clone()).filter_name_arch_of(installed);
        let lower = own.filter_downgrades().into_packages();
        let mut groups = self.by_name_arch(&lower);
        // What the spec matches only as available is about the installed package of that name.
        let mut meant = available.clone();
        meant.union(matched);
        let about = Query::from_set(self.sack(), installed.clone()).filter_name_arch_of(&meant).into_packages();
        let flags = self.flags(true);
        let mut seen = HashSet::new();
        for id in self.sack().in_order(&about) {
            let package = self.sack().package(id);
            let key = (package.name(), package.arch());
            if !seen.insert(key) {
                continue;
            }
            match groups.remove(&key) {
                Some(candidates) => drop(self.out.goal.add(Job::Downgrade { candidates, flags })),
                None => {
                    let name_arch = format!("{}.{}", key.0, key.1);
                    self.note(&Operation::Downgrade, spec, GoalNoteKind::LowestInstalled { name_arch }, false);
                }
            }
        }
    }

    pub(super) fn reinstall(&mut self, spec: &str) {
        let operation = Operation::Reinstall;
        let fatal = !self.skip_unavailable();
        let found = self.find(&self.query(), spec, &all_forms());
        if found.packages.is_empty() {
            return self.missing(&operation, spec, fatal);
        }
        let sack = self.sack();
        let available = Query::from_set(sack, found.packages.clone()).available().into_packages();
        let matched = Query::from_set(sack, found.packages).installed().into_packages();
        let matched = self.wanted_installed(matched);
        if matched.is_empty() {
            return self.note(&operation, spec, GoalNoteKind::AvailableNotInstalled, fatal);
        }
        let groups = self.by_name_arch(&matched);
        let same_build = |id: &PackageId| {
            let package = sack.package(*id);
            let installed = groups.get(&(package.name(), package.arch()));
            installed.is_some_and(|ids| ids.iter().any(|i| sack.package(*i).evr().same_text(&package.evr())))
        };
        let same: PackageSet = available.iter().filter(same_build).collect();
        if same.is_empty() {
            let kind = self.why_no_same_build(&available, &matched);
            return self.note(&operation, spec, kind, fatal);
        }
        let wanted = self.wanted_sources(same);
        if wanted.is_empty() {
            let repositories = self.sources.repositories.to_vec();
            return self.note(&operation, spec, GoalNoteKind::NotInRepositories { repositories }, fatal);
        }
        let flags = self.flags(true);
        // Of several versions that are installed only the newest that is available is taken.
        for candidates in self.jobs_of(&wanted) {
            self.out.goal.add(Job::Reinstall { candidates, flags });
        }
    }

    /// Says why nothing available is the same build as what is installed.
    fn why_no_same_build(&self, available: &PackageSet, matched: &PackageSet) -> GoalNoteKind {
        if available.is_empty() {
            return GoalNoteKind::InstalledNotAvailable;
        }
        let of_arch = Query::from_set(self.sack(), available.clone()).filter_name_arch_of(matched).into_packages();
        if of_arch.is_empty() {
            let names: Vec<&str> = matched.iter().map(|id| self.sack().package(id).name()).collect();
            let of_name = Query::from_set(self.sack(), available.clone()).filter_name(Match::Exact, &names);
            return if of_name.is_empty() {
                GoalNoteKind::AvailableNotInstalled
            } else {
                GoalNoteKind::InstalledOtherArch
            };
        }
        GoalNoteKind::OtherVersions(self.versions(&of_arch))
    }

    /// Returns the builds of packages, each once though several repositories have it.
    // witness: compat-tests/tests/decisions.rs::other_versions_once
    fn versions(&self, packages: &PackageSet) -> Vec<String> {
        let full = |id: PackageId| {
            let package = self.sack().package(id);
            format!("{}-{}.{}", package.name(), package.evr().with_epoch(), package.arch())
        };
        let mut versions: Vec<String> = self.sack().sorted(packages).into_iter().map(full).collect();
        versions.dedup();
        versions
    }
}
