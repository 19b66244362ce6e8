//! From a request to the solver's goal: what specs mean, and what is to be said about them
//! (reference of dnf5, sections 5.2, 5.4 and 5.8).

mod change;
mod debug;
mod groups;
mod install;
mod missing;
mod options;
mod remove;
mod replay;

use std::collections::{BTreeMap, HashMap, HashSet};

use oxidnf_catalog::{Match, PackageId, PackageSet, Query, Sack, SpecForm, SpecMatch, SpecSettings};
use oxidnf_core::{Nevra, PlanItem, Reason};
use oxidnf_solver::{Goal, JobFlags};

use crate::comps::Comps;
use crate::config::Config;
use crate::error::Error;
use crate::request::{Operation, Request, RequestItem, is_package_file};
use crate::resolved::{GoalNote, GoalNoteKind, GroupChange};
use crate::state::State;

pub use debug::{debuginfo_name, source_name};
pub(crate) use options::{running_kernel, solver_options};
pub(crate) use replay::judge;

/// What a request came to before it is solved.
#[derive(Debug, Default)]
pub(crate) struct Lowered {
    pub(crate) goal: Goal,
    pub(crate) notes: Vec<GoalNote>,
    /// Reasons that change without the solver.
    pub(crate) reasons: Vec<(PackageId, Reason, Option<String>)>,
    /// What happens to groups and environments.
    pub(crate) groups: Vec<GroupChange>,
    /// Packages that come and go for groups.
    pub(crate) group_packages: HashSet<Nevra>,
    /// Packages that come because they were asked for.
    pub(crate) named_packages: HashSet<Nevra>,
    /// Whether installed packages may go to reach the goal.
    pub(crate) allow_erasing: bool,
    /// Packages of the vendors of `--from-vendor`, for which a change of vendor is what was asked for.
    pub(crate) of_wanted_vendors: PackageSet,
    /// Packages that a given transaction names.
    pub(crate) known: HashSet<Nevra>,
    /// Reasons that a given transaction has for what comes and goes.
    pub(crate) reason_overrides: HashMap<Nevra, Reason>,
}

/// Everything that lowering looks at.
pub(crate) struct Context<'a> {
    pub(crate) sack: &'a Sack,
    pub(crate) config: &'a Config,
    pub(crate) state: &'a std::sync::Arc<State>,
    /// Packages of the command line by the text that named them.
    pub(crate) files: &'a HashMap<String, PackageId>,
    /// Owners of specs that are paths, from file lists.
    pub(crate) owners: &'a HashMap<String, PackageSet>,
    /// What the solver is told, for questions about what is needed.
    pub(crate) solver: &'a oxidnf_solver::Options,
    /// Packages that the wanted advisories lead to; `None` when no advisories are asked for.
    pub(crate) advised: Option<Advised>,
    /// Groups and environments, if the request is about any.
    pub(crate) comps: &'a Comps,
}

/// Packages that advisories lead to.
pub(crate) struct Advised {
    /// The very builds that they name, installed or available, for what is new.
    pub(crate) named: PackageSet,
    /// Available ones that are at least as new as the newest build, if that is not installed yet, for upgrades.
    pub(crate) resolving: PackageSet,
}

/// Makes a goal of a request.
pub(crate) fn lower(cx: &Context<'_>, request: &Request) -> Result<Lowered, Error> {
    let sources = Sources { repositories: &request.options.from_repo, vendors: &request.options.from_vendor };
    let mut lowering = Lowering { cx, request, sources, out: Lowered::default(), group_specs: Vec::new() };
    lowering.out.allow_erasing = request.options.allow_erasing;
    for item in &request.items {
        lowering.item(item)?;
    }
    if let Some(replay) = &request.replay {
        lowering.replay(replay);
    }
    lowering.groups()?;
    Ok(lowering.out)
}

struct Lowering<'a> {
    cx: &'a Context<'a>,
    request: &'a Request,
    sources: Sources<'a>,
    out: Lowered,
    group_specs: Vec<groups::GroupSpec>,
}

/// Where packages may come from: `--from-repo` and `--from-vendor`; anywhere when both are empty.
#[derive(Clone, Copy, Default)]
struct Sources<'a> {
    repositories: &'a [String],
    vendors: &'a [String],
}

impl<'a> Lowering<'a> {
    fn item(&mut self, item: &RequestItem) -> Result<(), Error> {
        match &item.operation {
            Operation::Autoremove => return self.autoremove(),
            Operation::RemoveOldInstallonly { limit } => {
                self.remove_old_installonly(*limit, &item.specs);
                return Ok(());
            }
            Operation::RemoveDuplicates => {
                self.remove_duplicates(&item.specs);
                return Ok(());
            }
            // Modules are decided before packages are looked at.
            Operation::Module(_) => return Ok(()),
            // dnf5 takes this for a spec that names everything, and forgets where packages are to come from.
            // witness: compat-tests/tests/decisions.rs::everything_from_anywhere
            Operation::Upgrade | Operation::DistroSync
                if item.specs.is_empty() && !self.request.options.installed_from_repo.is_empty() =>
            {
                let sources = std::mem::take(&mut self.sources);
                self.change(&item.operation, "*");
                self.sources = sources;
                return Ok(());
            }
            Operation::Upgrade if item.specs.is_empty() => {
                self.upgrade_all();
                return Ok(());
            }
            Operation::DistroSync if item.specs.is_empty() => {
                self.out.goal.add(oxidnf_solver::Job::DistroSyncAll { flags: self.flags(true) });
                return Ok(());
            }
            _ => {}
        }
        for spec in &item.specs {
            self.spec(&item.operation, spec);
        }
        Ok(())
    }

    fn spec(&mut self, operation: &Operation, spec: &str) {
        if is_package_file(spec)
            && let Some(id) = self.cx.files.get(spec)
        {
            return self.package_file(operation, *id);
        }
        if let Some(group) = self.request.group_of(operation, spec) {
            return self.group_spec(operation, group);
        }
        match operation {
            Operation::Install => self.install(spec),
            Operation::InstallRequirement => self.install_requirement(spec),
            Operation::InstallDebug => self.install_debug(spec),
            Operation::Upgrade | Operation::Downgrade | Operation::DistroSync => self.change(operation, spec),
            Operation::Reinstall => self.reinstall(spec),
            Operation::Remove => self.remove(spec),
            Operation::Mark { reason, group } => self.mark(operation, spec, *reason, group.as_deref()),
            Operation::Autoremove
            | Operation::RemoveOldInstallonly { .. }
            | Operation::RemoveDuplicates
            | Operation::Module(_) => {}
        }
    }

    fn sack(&self) -> &'a Sack {
        self.cx.sack
    }

    /// Starts a query of what goals may choose from.
    fn query(&self) -> Query<'a> {
        Query::new(self.cx.sack)
    }

    fn best(&self) -> bool {
        self.request.options.best.unwrap_or_else(|| self.cx.config.options.best.value())
    }

    fn skip_broken(&self) -> bool {
        self.request.options.skip_broken.unwrap_or_else(|| self.cx.config.options.skip_broken.value())
    }

    fn skip_unavailable(&self) -> bool {
        self.request.options.skip_unavailable.unwrap_or_else(|| self.cx.config.options.skip_unavailable.value())
    }

    /// Returns the flags of jobs that bring packages in.
    fn flags(&self, may_be_weak: bool) -> JobFlags {
        JobFlags { best: self.best(), weak: may_be_weak && self.skip_broken(), clean_deps: false }
    }

    fn note(&mut self, operation: &Operation, spec: &str, kind: GoalNoteKind, fatal: bool) {
        self.out.notes.push(GoalNote { operation: operation.clone(), spec: spec.to_owned(), kind, fatal });
    }

    /// Finds what a spec means among the packages of a query; file lists add to what catalogs know.
    fn find(&self, query: &Query<'_>, spec: &str, settings: &SpecSettings) -> SpecMatch {
        let mut found = query.resolve_spec(spec, settings);
        let by_path = found.packages.is_empty() || found.form == Some(SpecForm::File);
        if let Some(owners) = self.cx.owners.get(spec).filter(|_| by_path && settings.with_filenames) {
            let mut owners = owners.clone();
            owners.intersect(query.packages());
            if !owners.is_empty() {
                found.packages.union(&owners);
                found.form = Some(SpecForm::File);
            }
        }
        found
    }

    /// Keeps packages of the repositories and vendors of `--from-repo` and `--from-vendor`.
    fn wanted_sources(&mut self, packages: PackageSet) -> PackageSet {
        let packages = self.of_wanted_repositories(&packages).unwrap_or(packages);
        self.of_wanted_vendors(&packages).unwrap_or(packages)
    }

    /// Returns those of some packages that are in the repositories of `--from-repo`, if that is given.
    fn of_wanted_repositories(&mut self, packages: &PackageSet) -> Option<PackageSet> {
        let wanted = self.sources.repositories;
        let query = || Query::from_set(self.sack(), packages.clone());
        (!wanted.is_empty()).then(|| query().filter_repo(Match::Glob, wanted).into_packages())
    }

    /// Returns those of some packages, installed or not, that are of the vendors of `--from-vendor`, if that is given.
    fn of_wanted_vendors(&mut self, packages: &PackageSet) -> Option<PackageSet> {
        let vendors = self.sources.vendors;
        if vendors.is_empty() {
            return None;
        }
        let wanted = |id: &PackageId| vendors.iter().any(|v| v == self.sack().package(*id).vendor());
        let found: PackageSet = packages.iter().filter(wanted).collect();
        self.out.of_wanted_vendors.union(&found);
        Some(found)
    }

    /// Keeps installed packages that came from the repositories of `--installed-from-repo`.
    fn wanted_installed(&self, installed: PackageSet) -> PackageSet {
        let wanted = &self.request.options.installed_from_repo;
        if wanted.is_empty() {
            return installed;
        }
        let from = |id: PackageId| self.cx.state.from_repo(&self.nevra(id).to_string()).unwrap_or_default();
        installed
            .iter()
            .filter(|id| wanted.iter().any(|glob| oxidnf_repo::config::glob_match(glob, from(*id))))
            .collect()
    }

    fn restricts_sources(&self) -> bool {
        !self.sources.repositories.is_empty() || !self.sources.vendors.is_empty()
    }

    fn nevra(&self, id: PackageId) -> Nevra {
        self.sack().package(id).nevra()
    }

    /// Returns a package's name as dnf5 writes it in notes: with an epoch, also when it is 0.
    fn full_nevra(&self, id: PackageId) -> String {
        let package = self.sack().package(id);
        format!("{}-{}.{}", package.name(), package.evr().with_epoch(), package.arch())
    }

    fn name(&self, id: PackageId) -> &'a str {
        self.cx.sack.package(id).name()
    }

    /// Sorts packages into groups by name.
    fn by_name(&self, packages: &PackageSet) -> BTreeMap<&'a str, Vec<PackageId>> {
        let mut groups: BTreeMap<&str, Vec<PackageId>> = BTreeMap::new();
        for id in packages.iter() {
            groups.entry(self.name(id)).or_default().push(id);
        }
        groups
    }

    /// Sorts packages into groups by name and architecture.
    fn by_name_arch(&self, packages: &PackageSet) -> BTreeMap<(&'a str, &'a str), Vec<PackageId>> {
        let mut groups: BTreeMap<(&str, &str), Vec<PackageId>> = BTreeMap::new();
        for id in packages.iter() {
            let package = self.cx.sack.package(id);
            groups.entry((package.name(), package.arch())).or_default().push(id);
        }
        groups
    }

    /// Sorts packages into a job for each name and architecture, in dnf5's order, from which that of a transaction follows.
    fn jobs_of(&self, packages: &PackageSet) -> Vec<Vec<PackageId>> {
        let mut groups: Vec<_> = self.by_name_arch(packages).into_iter().collect();
        // `noarch` has the lowest number, and then the architectures as they suit the machine.
        // witness: compat-tests/tests/decisions.rs::reinstallations_of_several_architectures
        let native = &self.cx.solver.arch;
        let arch_order = |arch: &str| (arch != "noarch", oxidnf_core::arch::score(native, arch));
        groups.sort_by_key(|((name, arch), _)| (self.sack().name_order(name), arch_order(arch)));
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// Returns the names of packages, sorted and without repetition.
    fn names(&self, packages: &PackageSet) -> Vec<&'a str> {
        self.by_name(packages).into_keys().collect()
    }
}

/// Settings for specs of what comes in: names, provides, files, binaries.
fn all_forms() -> SpecSettings {
    SpecSettings::default()
}

/// Tells whether a text has wildcards.
fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Makes the plan items of reason changes: one for each time that a spec named a package, as dnf5 has them.
pub(crate) fn reason_items(cx: &Context<'_>, lowered: &Lowered) -> Vec<PlanItem> {
    let item = |(id, reason, group): &(PackageId, Reason, Option<String>)| {
        let package = cx.sack.package(*id);
        PlanItem {
            action: oxidnf_core::Action::ReasonChange,
            reason: *reason,
            old_reason: Some(cx.state.reason(package.name(), package.arch())),
            group_id: group.clone(),
            package: plan_package(cx.sack, *id),
            replaces: Vec::new(),
            // Nothing is run for it.
            sequence: u32::MAX,
        }
    };
    lowered.reasons.iter().map(item).collect()
}

/// Returns a package as plans hold it.
pub(crate) fn plan_package(sack: &Sack, id: PackageId) -> oxidnf_core::plan::PlanPackage {
    let package = sack.package(id);
    oxidnf_core::plan::PlanPackage {
        nevra: package.nevra(),
        repo_id: sack.repo(sack.repo_of(id)).id.clone(),
        from_repo: None,
        install_size: package.install_size(),
        download_size: package.package_size(),
        location: None,
        location_base: None,
        checksum: package.checksum(),
        hnum: package.hnum(),
        vendor: package.vendor().to_owned(),
    }
}
