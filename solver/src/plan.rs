//! From libsolv's transaction to a plan (reference of dnf5, section 5.6).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use oxidnf_catalog::{PackageId, Sack};
use oxidnf_core::plan::PlanPackage;
use oxidnf_core::{Action, Plan, PlanItem, Reason};

use crate::goal::{Goal, Job};
use crate::lookup::Lookup;
use crate::options::Options;
use crate::sys::{self, SolvId, Solver, StepType, Transaction};

/// What a plan is made of.
pub(crate) struct Planner<'a> {
    pub(crate) sack: &'a Sack,
    pub(crate) goal: &'a Goal,
    pub(crate) options: &'a Options,
}

/// What libsolv decided, in terms of the sack.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// What comes in, with what it takes the place of.
    pub(crate) inbound: Vec<Inbound>,
    /// What leaves without anything in its place.
    pub(crate) removed: Vec<(PackageId, sys::Reason)>,
}

/// A package that comes in.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) action: Action,
    pub(crate) id: PackageId,
    pub(crate) reason: sys::Reason,
    pub(crate) replaces: Vec<PackageId>,
}

impl Steps {
    /// Reads a transaction.
    pub(crate) fn read(
        solver: &Solver<'_>,
        transaction: &Transaction<'_>,
        package_of: &dyn Fn(SolvId) -> Option<PackageId>,
    ) -> Steps {
        let mut steps = Steps::default();
        let clean: HashSet<SolvId> = solver.clean_deps().into_iter().collect();
        for number in transaction.steps() {
            let Some(id) = package_of(number) else { continue };
            let mut reason = solver.reason(number);
            if reason == sys::Reason::Dependency && clean.contains(&number) {
                reason = sys::Reason::CleanDeps;
            }
            let action = match transaction.step_type(number) {
                StepType::Install => Action::Install,
                StepType::Reinstall => Action::Reinstall,
                StepType::Upgrade => Action::Upgrade,
                StepType::Downgrade => Action::Downgrade,
                StepType::Erase => {
                    steps.removed.push((id, reason));
                    continue;
                }
                StepType::Other => continue,
            };
            let replaces = transaction.replaced_by(number).into_iter().filter_map(package_of).collect();
            steps.inbound.push(Inbound { action, id, reason, replaces });
        }
        steps
    }
}

impl Planner<'_> {
    /// Makes the plan.
    pub(crate) fn plan(&self, steps: &Steps) -> Plan {
        let wanted = Wanted::new(self.goal);
        let mut items: Vec<(PackageId, PlanItem)> = Vec::new();
        let mut replaced: BTreeSet<PackageId> = BTreeSet::new();
        for step in &steps.inbound {
            let mut old: Vec<PackageId> = step.replaces.clone();
            old.sort_by(|one, two| self.replaced_order(step.id, *one, *two));
            let (decided, group_id) = wanted.reason(step.id, step.reason);
            let reason = self.inbound_reason(step, decided, &old);
            let group_id = group_id.filter(|_| reason == Reason::Group);
            let replaces = old.iter().map(|id| self.sack.package(*id).nevra()).collect();
            replaced.extend(old);
            items.push((step.id, PlanItem { group_id, replaces, ..self.item(step.action, reason, step.id) }));
        }
        for (id, reason) in &steps.removed {
            let (reason, group_id) = wanted.reason(*id, *reason);
            items.push((*id, PlanItem { group_id, ..self.item(Action::Remove, reason, *id) }));
        }
        // By name, and those of one name as the database has them.
        // witness: compat-tests/tests/decisions.rs::replaced_builds_as_the_database_has_them
        let mut replaced: Vec<PackageId> = replaced.into_iter().collect();
        replaced.sort_by_key(|id| (self.sack.package(*id).name(), self.sack.package(*id).hnum()));
        for id in replaced {
            items.push((id, self.item(Action::Replaced, self.stored_reason(id), id)));
        }
        // Within an action the items are in the order of libsolv's decisions up to here.
        items.sort_by_key(|(_, item)| order(item));
        for (sequence, (_, item)) in (0..).zip(&mut items) {
            item.sequence = sequence;
        }
        items.sort_by(|(one, a), (two, b)| order(a).cmp(&order(b)).then_with(|| self.display_order(*one, *two)));
        Plan { items: items.into_iter().map(|(_, item)| item).collect() }
    }

    /// Returns the stored reason of the package's name and architecture; nothing stored about something installed
    /// means that something other than dnf5 installed it, and what is stored about something that is not installed, as
    /// the names of members of a group, means nothing.
    // witness: compat-tests/tests/decisions.rs::members_of_groups_that_are_not_installed
    fn stored_reason(&self, id: PackageId) -> Reason {
        let package = self.sack.package(id);
        if !self.is_name_arch_installed(id) {
            return Reason::None;
        }
        match self.options.reasons.stored(package.name(), package.arch()) {
            Some(reason) if reason != Reason::None => reason,
            _ => Reason::ExternalUser,
        }
    }

    fn is_name_arch_installed(&self, id: PackageId) -> bool {
        let package = self.sack.package(id);
        let mut same_name = Lookup::new(self.sack).named(package.name()).into_iter();
        same_name.any(|other| self.sack.is_installed(other) && self.sack.package(other).arch() == package.arch())
    }

    fn inbound_reason(&self, step: &Inbound, decided: Reason, old: &[PackageId]) -> Reason {
        let stored = self.stored_reason(step.id);
        let own = match step.action {
            // Another version of an installonly package that dnf5 knows nothing of stays so.
            Action::Install if stored == Reason::ExternalUser => stored,
            Action::Install => stored.stronger(decided),
            _ => stored,
        };
        old.iter().fold(own, |reason, old| reason.stronger(self.stored_reason(*old)))
    }

    fn item(&self, action: Action, reason: Reason, id: PackageId) -> PlanItem {
        PlanItem {
            action,
            reason,
            old_reason: None,
            group_id: None,
            package: plan_package(self.sack, id),
            replaces: Vec::new(),
            sequence: 0,
        }
    }

    fn display_order(&self, one: PackageId, two: PackageId) -> Ordering {
        let (a, b) = (self.sack.package(one), self.sack.package(two));
        a.name()
            .cmp(b.name())
            .then_with(|| a.arch().cmp(b.arch()))
            .then_with(|| a.evr().rpm_cmp(&b.evr()))
            .then_with(|| one.cmp(&two))
    }

    /// Orders what one package replaces: its own name first, then by name, newest first, its own architecture first, and
    /// then as the database has them.
    fn replaced_order(&self, by: PackageId, one: PackageId, two: PackageId) -> Ordering {
        let (by, a, b) = (self.sack.package(by), self.sack.package(one), self.sack.package(two));
        let other_name = |name: &str| name != by.name();
        let other_arch = |arch: &str| arch != by.arch();
        other_name(a.name())
            .cmp(&other_name(b.name()))
            .then_with(|| a.name().cmp(b.name()))
            .then_with(|| b.evr().rpm_cmp(&a.evr()))
            .then_with(|| other_arch(a.arch()).cmp(&other_arch(b.arch())))
            .then_with(|| a.hnum().cmp(&b.hnum()))
    }
}

fn order(item: &PlanItem) -> u8 {
    match item.action {
        Action::Install => 0,
        Action::Reinstall => 1,
        Action::Upgrade => 2,
        Action::Downgrade => 3,
        Action::Remove => 4,
        Action::Replaced => 5,
        Action::ReasonChange => 6,
    }
}

/// Returns a package as plans hold it.
pub(crate) fn plan_package(sack: &Sack, id: PackageId) -> PlanPackage {
    let package = sack.package(id);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    PlanPackage {
        nevra: package.nevra(),
        repo_id: sack.repo(sack.repo_of(id)).id.clone(),
        from_repo: None,
        install_size: package.install_size(),
        download_size: package.package_size(),
        location: text(&package.location()),
        location_base: package.location_base().map(str::to_owned),
        checksum: package.checksum(),
        hnum: package.hnum(),
        vendor: package.vendor().to_owned(),
    }
}

/// For whose sake the goal names packages.
struct Wanted<'g> {
    user: BTreeSet<PackageId>,
    groups: BTreeMap<PackageId, &'g str>,
}

impl<'g> Wanted<'g> {
    fn new(goal: &'g Goal) -> Self {
        let mut wanted = Wanted { user: BTreeSet::new(), groups: BTreeMap::new() };
        for job in &goal.jobs {
            match job {
                Job::Install { group: Some(group), .. } | Job::Remove { group: Some(group), .. } => {
                    for id in job.packages() {
                        wanted.groups.entry(*id).or_insert(group);
                    }
                }
                _ => wanted.user.extend(job.packages()),
            }
        }
        wanted
    }

    /// Turns why libsolv decided into a reason, and the group if that is it.
    fn reason(&self, id: PackageId, decided: sys::Reason) -> (Reason, Option<String>) {
        match decided {
            sys::Reason::Job if !self.user.contains(&id) => match self.groups.get(&id) {
                Some(group) => (Reason::Group, Some((*group).to_owned())),
                // Installed for a dependency that was asked for.
                None => (Reason::User, None),
            },
            sys::Reason::Job => (Reason::User, None),
            sys::Reason::CleanDeps => (Reason::Clean, None),
            sys::Reason::Weak => (Reason::WeakDependency, None),
            sys::Reason::Dependency => (Reason::Dependency, None),
        }
    }
}
