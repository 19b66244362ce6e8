//! `install`.

use std::collections::HashSet;

use oxidnf_catalog::{Match, PackageId, PackageSet, Query, SpecForm, SpecSettings};
use oxidnf_core::conf::MultilibPolicy;
use oxidnf_core::nevra::{NevraForm, NevraSpec};
use oxidnf_core::reldep::ReldepRef;
use oxidnf_core::rich::{Conditional, RichDep};
use oxidnf_core::{Nevra, Reason, Reldep};
use oxidnf_solver::Job;

use super::{Lowering, all_forms, is_glob};
use crate::request::Operation;
use crate::resolved::GoalNoteKind;

/// Into which jobs the candidates of a spec go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grouping {
    /// A single one.
    One,
    /// One for each name.
    Names,
    /// One for each name and architecture.
    Arches,
}

/// The architectures of a name, each with its packages.
type Arches<'a> = Vec<(&'a str, PackageSet)>;

impl Lowering<'_> {
    pub(super) fn install(&mut self, spec: &str) {
        let operation = Operation::Install;
        if spec.starts_with('(') {
            return self.install_rich(spec);
        }
        let found = self.find(&self.query(), spec, &all_forms());
        if found.packages.is_empty() {
            return self.missing(&operation, spec, !self.skip_unavailable());
        }
        for id in self.install_found(spec, found.packages, found.form) {
            self.out.named_packages.insert(self.nevra(id));
        }
    }

    /// Installs what provides a dependency.
    pub(super) fn install_requirement(&mut self, spec: &str) {
        if spec.starts_with('(') {
            return self.install_rich(spec);
        }
        let settings =
            SpecSettings { with_nevra: false, with_binaries: false, expand_globs: false, ..SpecSettings::default() };
        let found = self.find(&self.query(), spec, &settings);
        if found.packages.is_empty() {
            return self.missing(&Operation::Install, spec, !self.skip_unavailable());
        }
        self.install_found(spec, found.packages, found.form);
    }

    /// Installs what a spec was found to mean, and returns all packages that would do.
    pub(super) fn install_found(&mut self, spec: &str, packages: PackageSet, form: Option<SpecForm>) -> Vec<PackageId> {
        let operation = Operation::Install;
        let Some(found) = self.of_wanted_sources(packages) else {
            let repositories = self.sources.repositories.to_vec();
            let kind = GoalNoteKind::NotInRepositories { repositories };
            self.note(&operation, spec, kind, !self.skip_unavailable());
            return Vec::new();
        };
        let installed = Query::from_set(self.sack(), found.clone()).installed().into_packages();
        for id in self.sack().in_order(&installed) {
            self.already_installed(spec, id);
        }
        let obsoletes = form == Some(SpecForm::Nevra(NevraForm::Name)) && self.cx.config.options.obsoletes.value();
        // What the priorities of repositories mean is the solver's business.
        let mut found = found;
        let grouping = self.grouping(spec, form);
        // What obsoletes them may come from anywhere.
        // witness: compat-tests/tests/decisions.rs::obsoleters_from_anywhere
        if grouping == Grouping::One && obsoletes {
            let obsoleters = self.obsoleters(&found);
            found.union(&obsoleters);
        }
        let mut candidates = self.advised(found);
        if candidates.is_empty() && self.cx.advised.is_some() {
            self.note(&operation, spec, GoalNoteKind::NotAdvised, !self.skip_unavailable());
            return Vec::new();
        }
        if grouping == Grouping::Names {
            candidates = self.with_partners(&candidates, &installed);
        }
        let flags = self.flags(true);
        let mut all = Vec::new();
        for group in self.install_groups(grouping, &candidates, obsoletes) {
            all.extend(group.iter());
            self.out.goal.add(Job::install(group.iter().collect(), flags));
        }
        all
    }

    /// Returns the available ones of some packages, and those installed that have the name of one of them.
    fn with_partners(&self, candidates: &PackageSet, installed: &PackageSet) -> PackageSet {
        let mut partners = Query::from_set(self.sack(), candidates.clone()).available().into_packages();
        let names = self.names(&partners);
        let installed = Query::from_set(self.sack(), installed.clone()).filter_name(Match::Exact, &names);
        partners.union(installed.packages());
        partners
    }

    /// Keeps packages of the wanted repositories and vendors, and installed ones that have the name and architecture of
    /// one of those, installonly ones if they are the same build; returns none if nothing of the wanted ones is there.
    // witness: compat-tests/tests/decisions.rs::{installed_packages_of_wanted_vendors, installonly_packages_of_wanted_repositories}
    fn of_wanted_sources(&mut self, packages: PackageSet) -> Option<PackageSet> {
        let mut found = packages;
        for only in [Self::of_wanted_repositories, Self::of_wanted_vendors] {
            let Some(mut wanted) = only(self, &found) else { continue };
            if wanted.is_empty() {
                return None;
            }
            let installed = Query::from_set(self.sack(), found).installed().filter_name_arch_of(&wanted);
            let builds: HashSet<Nevra> = wanted.iter().map(|id| self.nevra(id)).collect();
            let installonly = self.installonly();
            let counts = |id: PackageId| !installonly.contains(id) || builds.contains(&self.nevra(id));
            wanted.union(installed.filter(counts).packages());
            found = wanted;
        }
        Some(found)
    }

    /// Tells into how many jobs the candidates of a spec go: one for each name that a wildcard found, and for each
    /// architecture when the configuration wants all of them or the spec has a wildcard there.
    // witness: compat-tests/tests/decisions.rs::wildcards_find_provides
    fn grouping(&self, spec: &str, form: Option<SpecForm>) -> Grouping {
        let glob_arch = match form {
            Some(SpecForm::Nevra(form)) => NevraSpec::parse(spec, form).and_then(|spec| spec.arch).is_some_and(is_glob),
            _ => false,
        };
        if glob_arch || self.cx.config.options.multilib_policy.value() == MultilibPolicy::All {
            Grouping::Arches
        } else if is_glob(spec) && !spec.starts_with('/') && !spec.starts_with("*/") {
            Grouping::Names
        } else {
            Grouping::One
        }
    }

    /// Splits candidates into jobs, to which what obsoletes them may be added.
    fn install_groups(&self, grouping: Grouping, candidates: &PackageSet, obsoletes: bool) -> Vec<PackageSet> {
        if grouping == Grouping::One {
            return vec![candidates.clone()];
        }
        let complete = |mut group: PackageSet| {
            if obsoletes {
                group.union(&self.obsoleters(&group));
            }
            group
        };
        // What comes first in a transaction follows from the order of the jobs.
        if grouping == Grouping::Arches {
            return self.by_arch(candidates, &complete);
        }
        let mut names: Vec<_> = self.by_name(candidates).into_iter().collect();
        names.sort_by_key(|(name, _)| self.sack().name_order(name));
        names.into_iter().map(|(_, group)| complete(group.into_iter().collect())).collect()
    }

    /// Splits packages by name and architecture and completes each part; `noarch` ones are an alternative for each.
    ///
    /// dnf5's tables have first what came into them last.
    // witness: compat-tests/tests/decisions.rs::all_architectures_in_dnf5s_order
    fn by_arch(&self, packages: &PackageSet, complete: &dyn Fn(PackageSet) -> PackageSet) -> Vec<PackageSet> {
        let mut names: Vec<(&str, Arches<'_>)> = Vec::new();
        for id in self.sack().in_order(packages) {
            let package = self.sack().package(id);
            let (name, arch) = (package.name(), package.arch());
            let place = names.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                names.push((name, Vec::new()));
                names.len() - 1
            });
            let arches = &mut names[place].1;
            match arches.iter_mut().find(|(known, _)| *known == arch) {
                Some((_, part)) => drop(part.insert(id)),
                None => arches.push((arch, std::iter::once(id).collect())),
            }
        }
        let mut jobs = Vec::new();
        for (_, mut arches) in names.into_iter().rev() {
            let noarch = arches.iter().position(|(arch, _)| *arch == "noarch").filter(|_| arches.len() > 1);
            let noarch = noarch.map(|place| complete(arches.remove(place).1)).unwrap_or_default();
            for (_, part) in arches.into_iter().rev() {
                let mut part = complete(part);
                part.union(&noarch);
                jobs.push(part);
            }
        }
        jobs
    }

    fn install_rich(&mut self, spec: &str) {
        let (Some(dependency), Ok(rich)) = (Reldep::parse(spec), RichDep::parse(spec)) else {
            return self.missing(&Operation::Install, spec, !self.skip_unavailable());
        };
        let providers = self.providers(&rich);
        if providers.is_empty() {
            return self.missing(&Operation::Install, spec, !self.skip_unavailable());
        }
        // The solver cannot be told where what it chooses for a condition is to come from.
        // witness: compat-tests/tests/decisions.rs::rich_dependencies_from_wanted_repositories
        if self.restricts_sources() {
            for id in self.install_found(spec, providers, None) {
                self.out.named_packages.insert(self.nevra(id));
            }
            return;
        }
        let flags = self.flags(true);
        self.out.goal.add(Job::InstallProvide { dependency, flags });
    }

    /// Returns the packages that libsolv would find for a rich dependency: whatever is said of one of its operands, as
    /// conditions count as met.
    fn providers(&self, rich: &RichDep) -> PackageSet {
        let united = |all: &mut dyn Iterator<Item = &RichDep>| {
            let mut found = PackageSet::new();
            all.for_each(|dep| found.union(&self.providers(dep)));
            found
        };
        match rich {
            RichDep::Simple(dep) => self.query().filter_provides(&[dep.as_ref()]).into_packages(),
            RichDep::Single(operand) => self.providers(operand),
            RichDep::And(all) | RichDep::Or(all) => united(&mut all.iter()),
            // One package has to do.
            RichDep::With(all) => {
                let mut each = all.iter().map(|dep| self.providers(dep));
                let mut found = each.next().unwrap_or_default();
                each.for_each(|others| found.intersect(&others));
                found
            }
            RichDep::Without(first, second) => {
                let mut found = self.providers(first);
                found.subtract(&self.providers(second));
                found
            }
            RichDep::If(conditional) | RichDep::Unless(conditional) => {
                let Conditional { then, otherwise, .. } = &**conditional;
                united(&mut std::iter::once(then).chain(otherwise))
            }
        }
    }

    /// Says that a package is installed; one that something else brought now counts as the user's.
    pub(super) fn already_installed(&mut self, spec: &str, id: PackageId) {
        let package = self.sack().package(id);
        let kind = GoalNoteKind::AlreadyInstalled { nevra: package.nevra().to_string() };
        self.note(&Operation::Install, spec, kind, false);
        if self.cx.state.reason(package.name(), package.arch()) == Reason::ExternalUser {
            self.out.reasons.push((id, Reason::User, None));
        }
    }

    /// Returns packages, installed ones among them, that obsolete what is to be installed.
    // witness: compat-tests/tests/decisions.rs::obsoleters_of_older_builds
    fn obsoleters(&self, packages: &PackageSet) -> PackageSet {
        let sack = self.sack();
        let obsoleted = if packages.iter().any(|id| sack.is_installed(id)) {
            packages.clone()
        } else {
            // Only the newest version can be obsoleted if none is installed.
            Query::from_set(sack, packages.clone()).filter_priority().filter_latest(1).into_packages()
        };
        self.obsoleting(self.query().packages(), &obsoleted)
    }

    /// Returns those of some packages that obsolete one of others.
    pub(super) fn obsoleting(&self, packages: &PackageSet, obsoleted: &PackageSet) -> PackageSet {
        let sack = self.sack();
        let nevras: Vec<(String, String)> = obsoleted
            .iter()
            .map(|id| {
                let package = sack.package(id);
                (package.name().to_owned(), package.evr().to_string())
            })
            .collect();
        let dependencies: Vec<ReldepRef<'_>> = nevras
            .iter()
            .map(|(name, evr)| ReldepRef { name, sense: oxidnf_core::reldep::Sense::EQUAL, evr })
            .collect();
        let obsoletes = oxidnf_catalog::Relation::Obsoletes;
        Query::from_set(sack, packages.clone()).filter_relation(obsoletes, &dependencies).into_packages()
    }

    /// Keeps packages that the wanted advisories name, if any are wanted.
    fn advised(&self, mut available: PackageSet) -> PackageSet {
        if let Some(advised) = &self.cx.advised {
            available.intersect(&advised.named);
        }
        available
    }

    /// Handles a package file of the command line.
    pub(super) fn package_file(&mut self, operation: &Operation, id: PackageId) {
        let sack = self.sack();
        let package = sack.package(id);
        let (name, arch) = (package.name(), package.arch());
        let installed = self.query().installed().filter_name(Match::Exact, &[name]).filter_arch(Match::Exact, &[arch]);
        let evr = package.evr();
        let same = |other: &PackageId| sack.package(*other).evr().same_text(&evr);
        let spec = self.cx.files.iter().find(|(_, file)| **file == id).map(|(spec, _)| spec.clone());
        let spec = spec.unwrap_or_default();
        let here = installed.sorted();
        let flags = self.flags(true);
        match operation {
            Operation::Install => match here.iter().find(|other| same(other)) {
                Some(other) => self.already_installed(&spec, *other),
                None => drop(self.out.goal.add(Job::install(vec![id], flags))),
            },
            Operation::Upgrade | Operation::DistroSync | Operation::Downgrade | Operation::Reinstall
                if here.is_empty() =>
            {
                let fatal = !self.skip_unavailable();
                self.note(operation, &spec, GoalNoteKind::AvailableNotInstalled, fatal);
            }
            Operation::Upgrade => {
                let older = here.iter().all(|other| sack.package(*other).evr().rpm_cmp(&evr).is_lt());
                if older {
                    let flags = self.flags(false);
                    let candidates = std::iter::once(id).chain(here).collect();
                    self.out.goal.add(Job::Upgrade { candidates, flags });
                }
            }
            Operation::DistroSync => drop(self.out.goal.add(Job::DistroSync { candidates: vec![id], flags })),
            Operation::Downgrade => {
                let newer = here.iter().any(|other| sack.package(*other).evr().rpm_cmp(&evr).is_gt());
                if newer {
                    self.out.goal.add(Job::Downgrade { candidates: vec![id], flags });
                }
            }
            Operation::Reinstall if here.iter().any(same) => {
                self.out.goal.add(Job::Reinstall { candidates: vec![id], flags });
            }
            _ => {}
        }
    }
}
