//! `remove`, `autoremove` and `mark`.

use oxidnf_catalog::{Match, PackageId, PackageSet, Query, SpecSettings};
use oxidnf_core::Reason;
use oxidnf_core::reldep::ReldepRef;
use oxidnf_core::reldep::Sense;
use oxidnf_solver::{Job, JobFlags};

use super::{Lowering, all_forms};
use crate::error::Error;
use crate::request::Operation;
use crate::resolved::GoalNoteKind;

impl Lowering<'_> {
    pub(super) fn remove(&mut self, spec: &str) {
        let settings = self.removal_forms();
        let found = self.find(&self.query().installed(), spec, &settings);
        let packages = self.wanted_installed(found.packages.clone());
        if packages.is_empty() && !found.packages.is_empty() {
            return self.note(&Operation::Remove, spec, GoalNoteKind::AvailableNotInstalled, false);
        }
        if packages.is_empty() {
            return self.missing(&Operation::Remove, spec, false);
        }
        let clean = self.request.options.clean_requirements;
        let clean = clean.unwrap_or_else(|| self.cx.config.options.clean_requirements_on_remove.value());
        let flags = JobFlags { clean_deps: clean, ..JobFlags::default() };
        self.out.goal.add(Job::remove(packages.iter().collect(), flags));
    }

    /// Returns what specs of packages to remove may be: names and files only, as a provide would remove more than what
    /// was said, but whatever names something for `swap`.
    // witness: compat-tests/tests/decisions.rs::swap_removes_by_provide
    pub(super) fn removal_forms(&self) -> SpecSettings {
        let all = self.request.options.remove_by_any_form;
        SpecSettings { with_provides: all, with_binaries: all, ..SpecSettings::default() }
    }

    pub(super) fn autoremove(&mut self) -> Result<(), Error> {
        let unneeded = oxidnf_solver::unneeded(self.sack(), self.cx.solver)
            .map_err(|source| Error::Solver { source: Error::boxed(source) })?;
        let considered = self.query().installed().into_packages();
        let packages: Vec<PackageId> = unneeded.iter().filter(|id| considered.contains(*id)).collect();
        if !self.cx.solver.protected.is_empty() {
            self.tell_protected(&considered)?;
        }
        if !packages.is_empty() {
            self.out.goal.add(Job::remove(packages, JobFlags::default()));
        }
        Ok(())
    }

    /// Says which packages stay for no other reason than that they are protected.
    fn tell_protected(&mut self, considered: &PackageSet) -> Result<(), Error> {
        let free = oxidnf_solver::Options { protected: Vec::new(), ..self.cx.solver.clone() };
        let mut unneeded = oxidnf_solver::unneeded(self.sack(), &free)
            .map_err(|source| Error::Solver { source: Error::boxed(source) })?;
        unneeded.intersect(considered);
        for id in self.sack().in_order(&unneeded) {
            let package = self.sack().package(id);
            if self.cx.solver.protected.iter().any(|name| name == package.name()) {
                let nevra = self.full_nevra(id);
                self.note(&Operation::Autoremove, "", GoalNoteKind::ProtectedKept { nevra }, false);
            }
        }
        Ok(())
    }

    pub(super) fn mark(&mut self, operation: &Operation, spec: &str, reason: Reason, group: Option<&str>) {
        let found = self.find(&self.query().installed(), spec, &all_forms());
        if found.packages.is_empty() {
            return self.missing(operation, spec, !self.skip_unavailable());
        }
        for id in self.sack().in_order(&found.packages) {
            let package = self.sack().package(id);
            let member = |id: &str| {
                let group = self.cx.state.groups().get(id);
                group.is_some_and(|group| group.packages.iter().any(|name| name == package.name()))
            };
            let same = self.cx.state.reason(package.name(), package.arch()) == reason;
            if same && group.is_none_or(member) {
                let kind = GoalNoteKind::ReasonUnchanged { nevra: package.nevra().to_string(), reason };
                self.note(operation, spec, kind, false);
            } else {
                self.out.reasons.push((id, reason, group.map(str::to_owned)));
            }
        }
    }

    /// Returns the installed packages that may be installed in several versions.
    pub(super) fn installonly(&self) -> PackageSet {
        let provides = self.cx.config.options.installonlypkgs.get();
        let dependencies: Vec<ReldepRef<'_>> =
            provides.iter().map(|name| ReldepRef { name, sense: Sense::ANY, evr: "" }).collect();
        self.query().installed().filter_provides(&dependencies).into_packages()
    }

    /// Returns a query without packages of other names than those asked for; without arguments all are.
    // witness: compat-tests/tests/forms.rs::names_limit_what_is_old_or_twice
    fn of_names<'q>(query: Query<'q>, names: &[String]) -> Query<'q> {
        if names.is_empty() { query } else { query.filter_name(Match::Glob, names) }
    }

    pub(super) fn remove_old_installonly(&mut self, limit: Option<u32>, names: &[String]) {
        let configured = self.cx.config.options.installonly_limit.value().0.map(std::num::NonZeroU32::get);
        self.out.allow_erasing = true;
        // Without a limit nothing is old.
        let Some(limit) = limit.or(configured) else { return };
        let old = self.older_than_newest(limit.max(1) as usize, names);
        let mut packages = Vec::new();
        for id in self.sack().sorted(&old) {
            if self.cx.solver.running_kernel == Some(id) {
                let kind = GoalNoteKind::RunningKernelKept { nevra: self.nevra(id).to_string() };
                self.note(&Operation::RemoveOldInstallonly { limit: None }, "", kind, false);
            } else {
                packages.push(id);
            }
        }
        if !packages.is_empty() {
            self.out.goal.add(Job::remove(packages, JobFlags::default()));
        }
    }

    /// Returns the installonly packages but the newest so many of each name, of whatever architectures.
    // witness: `dnf5 remove --oldinstallonly --limit=1` with one version of two architectures.
    fn older_than_newest(&self, limit: usize, names: &[String]) -> PackageSet {
        let mut old = PackageSet::new();
        let wanted = Self::of_names(Query::from_set(self.sack(), self.installonly()), names).into_packages();
        for (_, mut packages) in self.by_name(&wanted) {
            packages.sort_by(|one, two| {
                let (one, two) = (self.sack().package(*one), self.sack().package(*two));
                two.evr().rpm_cmp(&one.evr()).then_with(|| two.arch().cmp(one.arch()))
            });
            old.union(&packages.into_iter().skip(limit).collect());
        }
        old
    }

    pub(super) fn remove_duplicates(&mut self, names: &[String]) {
        self.out.allow_erasing = true;
        let installonly = self.installonly();
        let duplicates = self.query().installed().minus(&installonly).filter_duplicates();
        let duplicates = Self::of_names(duplicates, names).into_packages();
        let newest = Query::from_set(self.sack(), duplicates.clone()).filter_latest(1).into_packages();
        let older = Query::from_set(self.sack(), duplicates).minus(&newest).into_packages();
        if older.is_empty() {
            return;
        }
        let flags = self.flags(true);
        for id in newest.iter() {
            let nevra = self.nevra(id).to_string();
            let same = self.query().available().filter_nevra(Match::Exact, std::slice::from_ref(&nevra));
            if same.is_empty() {
                self.note(
                    &Operation::RemoveDuplicates,
                    &self.full_nevra(id),
                    GoalNoteKind::InstalledNotAvailable,
                    false,
                );
            } else {
                self.out.goal.add(Job::Reinstall { candidates: same.sorted(), flags });
            }
        }
        self.out.goal.add(Job::remove(older.iter().collect(), JobFlags::default()));
    }
}
