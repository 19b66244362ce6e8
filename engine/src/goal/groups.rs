//! `@group` and `@environment` (reference of dnf5, section 5.4).
//!
//! Groups are looked at when everything else is: first environments, which wish for groups, then groups, which wish for
//! packages.

use std::collections::BTreeSet;

use oxidnf_catalog::{ExcludeKind, Excludes, Glob, Match, PackageId, PackageSet, Query, Relation, SpecForm};
use oxidnf_core::nevra::NevraForm;
use oxidnf_core::reldep::ReldepRef;
use oxidnf_core::{Action, Reason, Reldep};
use oxidnf_solver::{Goal, Job, JobFlags};

use super::Lowering;
use crate::comps::{Environment, Group, GroupPackage, PackageKind};
use crate::error::Error;
use crate::replay::ReplayGroup;
use crate::request::{GroupSearch, Operation};
use crate::resolved::{GoalNoteKind, GroupChange, GroupSubject};

/// A spec that named groups or environments.
#[derive(Debug)]
pub(super) struct GroupSpec {
    operation: Operation,
    spec: String,
    /// What a given transaction says of it.
    given: Option<ReplayGroup>,
}

/// What is wished for one group, and whether for its packages, too.
#[derive(Clone)]
struct GroupWish {
    operation: Operation,
    reason: Reason,
    id: String,
    packages: bool,
    /// Kinds of packages that a given transaction names.
    kinds: Option<Vec<PackageKind>>,
    /// Only the reason changes, to a weaker one as well.
    reason_only: bool,
}

impl Lowering<'_> {
    /// Keeps a spec without its sign until everything else is looked at.
    pub(super) fn group_spec(&mut self, operation: &Operation, spec: &str) {
        self.group_specs.push(GroupSpec { operation: operation.clone(), spec: spec.to_owned(), given: None });
    }

    /// Keeps what a given transaction says of a group or an environment.
    pub(super) fn replay_group(&mut self, group: &ReplayGroup, ignore_installed: bool) {
        let operation = match group.action {
            Action::Upgrade => Operation::Upgrade,
            Action::Remove => Operation::Remove,
            _ => Operation::Install,
        };
        let comps = self.cx.comps;
        let installed = if group.environment {
            comps.environment(&group.id, true).is_some()
        } else {
            comps.group(&group.id, true).is_some()
        };
        if operation != Operation::Install && !installed {
            let (action, environment) = (group.action, group.environment);
            let kind = GoalNoteKind::ReplayGroupNotInstalled { action, environment };
            self.note(&operation, &group.id, kind, !ignore_installed);
        }
        self.group_specs.push(GroupSpec { operation, spec: group.id.clone(), given: Some(group.clone()) });
    }

    /// Makes wishes for packages of all specs that were kept.
    pub(super) fn groups(&mut self) -> Result<(), Error> {
        let mut environments = Vec::new();
        let mut wishes = Vec::new();
        for GroupSpec { operation, spec, given } in std::mem::take(&mut self.group_specs) {
            if !matches!(operation, Operation::Install | Operation::Upgrade | Operation::Remove) {
                self.note(&operation, &spec, GoalNoteKind::NotForGroups, true);
                continue;
            }
            let (mut found_groups, mut found_environments) = self.matching(&operation, &spec);
            match &given {
                Some(given) if given.environment => found_groups.clear(),
                Some(_) => found_environments.clear(),
                None => {}
            }
            if found_groups.is_empty() && found_environments.is_empty() {
                let removes = operation == Operation::Remove;
                let kind = if removes { GoalNoteKind::NoGroupsToRemove } else { GoalNoteKind::NotFound };
                let fatal = !removes && !self.skip_unavailable();
                self.note(&operation, &spec, kind, fatal);
                continue;
            }
            if let Some(given) = given {
                let ReplayGroup { id, reason, kinds, action, .. } = given;
                let reason_only = action == Action::ReasonChange;
                if found_groups.is_empty() {
                    self.only_environment(&operation, &id);
                } else {
                    wishes.push(GroupWish { operation, reason, id, packages: false, kinds: Some(kinds), reason_only });
                }
                continue;
            }
            environments.extend(found_environments.into_iter().map(|id| (operation.clone(), id)));
            wishes.extend(found_groups.into_iter().map(|id| self.wish(&operation, Reason::User, id)));
        }
        let removed = environments.iter().filter(|(operation, _)| *operation == Operation::Remove);
        let removed: BTreeSet<String> = removed.map(|(_, id)| id.clone()).collect();
        for (operation, id) in environments {
            match operation {
                Operation::Install => self.install_environment(&id, &mut wishes),
                Operation::Upgrade => self.upgrade_environment(&id, &mut wishes),
                _ => self.remove_environment(&id, &removed, &mut wishes),
            }
        }
        self.carry_out(wishes)
    }

    fn wish(&self, operation: &Operation, reason: Reason, id: String) -> GroupWish {
        let packages = !self.request.options.groups.no_packages;
        GroupWish { operation: operation.clone(), reason, id, packages, kinds: None, reason_only: false }
    }

    /// Returns the ids of groups and of environments that a spec means, in their order.
    fn matching(&self, operation: &Operation, spec: &str) -> (Vec<String>, Vec<String>) {
        let glob = Glob::new(spec, false);
        let installed = *operation != Operation::Install;
        let groups =
            self.cx.comps.groups.iter().filter(|group| group.installed == installed && glob.matches(&group.id));
        let environments = self.cx.comps.environments.iter();
        let environments = environments.filter(|known| known.installed == installed && glob.matches(&known.id));
        let mut groups: Vec<String> = groups.map(|group| group.id.clone()).collect();
        let mut environments: Vec<String> = environments.map(|known| known.id.clone()).collect();
        match self.request.options.groups.search {
            GroupSearch::Both => {}
            GroupSearch::Groups if groups.is_empty() => {}
            GroupSearch::Environments if environments.is_empty() => {}
            GroupSearch::Groups => environments.clear(),
            GroupSearch::Environments => groups.clear(),
        }
        (groups, environments)
    }

    /// Changes an environment and none of its groups.
    fn only_environment(&mut self, operation: &Operation, id: &str) {
        let comps = self.cx.comps;
        let (available, installed) = (comps.environment(id, false), comps.environment(id, true));
        match (operation, available, installed) {
            (Operation::Install, _, Some(_)) => {
                self.note(operation, id, GoalNoteKind::EnvironmentInstalled, false);
            }
            (Operation::Install, Some(environment), None) => self.change_environment(environment, Action::Install),
            (Operation::Remove, _, Some(environment)) => self.change_environment(environment, Action::Remove),
            (Operation::Upgrade, Some(environment), _) => self.change_environment(environment, Action::Upgrade),
            _ => {}
        }
    }

    fn install_environment(&mut self, id: &str, wishes: &mut Vec<GroupWish>) {
        let Some(environment) = self.cx.comps.environment(id, false) else { return };
        if self.cx.comps.environment(id, true).is_some() {
            self.note(&Operation::Install, id, GoalNoteKind::EnvironmentInstalled, false);
        } else {
            self.change_environment(environment, Action::Install);
        }
        let with_optional = self.with_optional();
        let optional = environment.options(false).filter(|_| with_optional);
        for group in environment.groups.iter().map(String::as_str).chain(environment.options(true)).chain(optional) {
            self.wish_of_environment(group, &Operation::Install, wishes);
        }
    }

    /// Wishes for a group that an environment names, if there is one.
    fn wish_of_environment(&mut self, group: &str, operation: &Operation, wishes: &mut Vec<GroupWish>) {
        if self.cx.comps.group(group, *operation != Operation::Install).is_none() {
            return self.note(operation, group, GoalNoteKind::NoGroupOfEnvironment, false);
        }
        let wish = self.wish(operation, Reason::Dependency, group.to_owned());
        wishes.push(wish);
    }

    fn upgrade_environment(&mut self, id: &str, wishes: &mut Vec<GroupWish>) {
        let comps = self.cx.comps;
        let (Some(environment), Some(before)) = (comps.environment(id, false), comps.environment(id, true)) else {
            return self.note(&Operation::Upgrade, id, GoalNoteKind::InstalledNotAvailable, false);
        };
        self.change_environment(environment, Action::Upgrade);
        let known: BTreeSet<&str> =
            before.groups.iter().chain(before.option_groups.iter().map(|(id, _)| id)).map(String::as_str).collect();
        let wanted = environment.groups.iter().map(|id| (id.as_str(), true));
        let optional = environment.option_groups.iter().map(|(id, default)| (id.as_str(), *default));
        for (group, wanted) in wanted.chain(optional) {
            let operation = match (known.contains(group), comps.group(group, true)) {
                (true, Some(_)) => Operation::Upgrade,
                (false, _) if wanted => Operation::Install,
                _ => continue,
            };
            self.wish_of_environment(group, &operation, wishes);
        }
    }

    fn remove_environment(&mut self, id: &str, removed: &BTreeSet<String>, wishes: &mut Vec<GroupWish>) {
        let comps = self.cx.comps;
        let Some(environment) = comps.environment(id, true) else { return };
        self.change_environment(environment, Action::Remove);
        let state = self.cx.state;
        let others = state.environments().iter().filter(|(other, _)| !removed.contains(*other));
        let elsewhere: BTreeSet<&String> = others.flat_map(|(_, groups)| groups).collect();
        let own: BTreeSet<&String> = state.environments().get(id).into_iter().flatten().collect();
        for group in own {
            let known = state.groups().get(group);
            if known.is_some_and(|group| !group.userinstalled) && !elsewhere.contains(group) {
                // They take their packages with them, also with `--no-packages`, which dnf5 keeps from them.
                // witness: compat-tests/tests/decisions.rs::groups_of_environments_take_their_packages
                let wish = self.wish(&Operation::Remove, Reason::Dependency, group.clone());
                wishes.push(GroupWish { packages: true, ..wish });
            }
        }
    }

    fn change_environment(&mut self, environment: &Environment, action: Action) {
        let subject = GroupSubject::Environment(environment.clone());
        let optional = (self.with_optional() && action == Action::Install).then_some(PackageKind::Optional);
        let kinds = std::iter::once(PackageKind::Mandatory).chain(optional).collect();
        self.out.groups.push(GroupChange { kinds, ..GroupChange::new(subject, action, Reason::User) });
    }

    /// Carries out what is wished for groups, each once.
    ///
    /// A group that is to come for the user and for an environment comes for the environment, and before those that only
    /// the environment wants; one that is to leave leaves for the user.
    fn carry_out(&mut self, wishes: Vec<GroupWish>) -> Result<(), Error> {
        let (leaving, coming): (Vec<_>, Vec<_>) =
            wishes.into_iter().partition(|wish| wish.operation == Operation::Remove);
        let (named, wanted): (Vec<_>, Vec<_>) = coming.into_iter().partition(|wish| wish.reason == Reason::User);
        let is_in = |wishes: &[GroupWish], wish: &GroupWish| wishes.iter().any(|other| other.id == wish.id);
        let only_named: Vec<GroupWish> = named.iter().filter(|wish| !is_in(&wanted, wish)).cloned().collect();
        let (both, only_wanted): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|wish| is_in(&named, wish));
        let mut done = BTreeSet::new();
        let coming = only_named.into_iter().chain(both).chain(only_wanted);
        let coming = coming.filter(|wish| done.insert(wish.id.clone()));
        let (installs, upgrades): (Vec<_>, Vec<_>) = coming.partition(|wish| wish.operation == Operation::Install);
        for wish in installs {
            self.install_group(&wish);
        }
        for wish in upgrades {
            self.upgrade_group(&wish);
        }
        let mut done = BTreeSet::new();
        let leaving: Vec<GroupWish> = leaving.into_iter().filter(|wish| done.insert(wish.id.clone())).collect();
        self.remove_groups(&leaving)
    }

    fn with_optional(&self) -> bool {
        let configured = self.cx.config.options.group_package_types.get();
        self.request.options.groups.with_optional || configured.iter().any(|word| word == "optional")
    }

    /// Returns the kinds of packages that are wished for.
    fn kinds(&self) -> Vec<PackageKind> {
        let configured = self.cx.config.options.group_package_types.get();
        let all = [PackageKind::Mandatory, PackageKind::Default, PackageKind::Conditional, PackageKind::Optional];
        let with_optional = self.with_optional();
        let wanted = |kind: &PackageKind| {
            with_optional && *kind == PackageKind::Optional || configured.iter().any(|word| word == kind.as_str())
        };
        all.into_iter().filter(wanted).collect()
    }

    fn install_group(&mut self, wish: &GroupWish) {
        let Some(group) = self.cx.comps.group(&wish.id, false) else { return };
        let kinds = wish.kinds.clone().unwrap_or_else(|| self.kinds());
        let old = self.cx.state.groups().get(&wish.id);
        match old.map(|old| if old.userinstalled { Reason::User } else { Reason::Dependency }) {
            Some(reason)
                if reason == wish.reason || !wish.reason_only && reason.strength() >= wish.reason.strength() =>
            {
                self.note(&Operation::Install, &wish.id, GoalNoteKind::GroupInstalled, false);
            }
            Some(old_reason) => {
                let subject = GroupSubject::Group(group.clone());
                let change = GroupChange::new(subject, Action::ReasonChange, wish.reason);
                self.out.groups.push(GroupChange { old_reason: Some(old_reason), kinds: kinds.clone(), ..change });
            }
            None => self.change_group(group, Action::Install, wish.reason, kinds.clone()),
        }
        if wish.packages {
            for package in group.packages.iter().filter(|package| kinds.contains(&package.kind)) {
                self.install_group_package(package);
            }
        }
    }

    fn change_group(&mut self, group: &Group, action: Action, reason: Reason, kinds: Vec<PackageKind>) {
        let change = GroupChange::new(GroupSubject::Group(group.clone()), action, reason);
        self.out.groups.push(GroupChange { kinds, ..change });
    }

    fn install_group_package(&mut self, package: &GroupPackage) {
        let name = package.name.as_str();
        if package.kind == PackageKind::Conditional {
            return self.install_conditional(package);
        }
        let found = self.query().filter_name(Match::Exact, &[name]).into_packages();
        if found.is_empty() {
            return self.missing_group_package(name);
        }
        for id in self.install_found(name, found, Some(SpecForm::Nevra(NevraForm::Name))) {
            self.out.group_packages.insert(self.nevra(id));
        }
    }

    /// Says that a package of a group is not there, or hidden.
    fn missing_group_package(&mut self, name: &str) {
        let seen =
            |excludes| !Query::with_excludes(self.sack(), excludes).filter_name(Match::Exact, &[name]).is_empty();
        let kind = if !seen(Excludes::NONE) {
            GoalNoteKind::NoGroupPackage
        } else if !seen(Excludes::only(ExcludeKind::Versionlock)) {
            GoalNoteKind::OnlyVersionlocked
        } else {
            GoalNoteKind::OnlyExcluded
        };
        self.note(&Operation::Install, name, kind, false);
    }

    /// Installs a package if another one is or will be there.
    fn install_conditional(&mut self, package: &GroupPackage) {
        let exists = |name: &str| !self.query().filter_name(Match::Exact, &[name]).is_empty();
        if !exists(&package.condition) || !exists(&package.name) {
            return;
        }
        let Some(dependency) = Reldep::parse(&format!("({} if {})", package.name, package.condition)) else { return };
        for id in self.query().filter_name(Match::Exact, &[package.name.as_str()]).packages().iter() {
            self.out.group_packages.insert(self.nevra(id));
        }
        let flags = self.flags(true);
        self.out.goal.add(Job::InstallProvide { dependency, flags });
    }

    fn upgrade_group(&mut self, wish: &GroupWish) {
        let comps = self.cx.comps;
        let (Some(old), Some(new)) = (comps.group(&wish.id, true), comps.group(&wish.id, false)) else {
            return self.note(&Operation::Upgrade, &wish.id, GoalNoteKind::InstalledNotAvailable, false);
        };
        let Some(state) = self.cx.state.groups().get(&wish.id) else { return };
        let word = |kind: &PackageKind| state.package_types.iter().any(|word| word == kind.as_str());
        let all = [PackageKind::Mandatory, PackageKind::Default, PackageKind::Conditional, PackageKind::Optional];
        let kinds: Vec<PackageKind> = all.into_iter().filter(word).collect();
        let reason = if state.userinstalled { Reason::User } else { Reason::Dependency };
        self.change_group(new, Action::Upgrade, reason, kinds.clone());
        if !wish.packages {
            return;
        }
        let before: BTreeSet<&str> = old.packages.iter().map(|package| package.name.as_str()).collect();
        let wanted = |package: &&GroupPackage| kinds.contains(&package.kind) && !before.contains(package.name.as_str());
        for package in new.packages.iter().filter(wanted) {
            self.install_group_package(package);
        }
        // What is installed of the list follows it, of whatever kind it is by now and for whatever it came.
        // witness: compat-tests/tests/decisions.rs::members_that_came_with_a_group_follow_it
        for package in new.packages.iter().filter(|package| !wanted(package)) {
            self.upgrade_group_package(&package.name);
        }
    }

    /// Upgrades a member that is installed.
    fn upgrade_group_package(&mut self, name: &str) {
        let installed = self.query().installed().filter_name(Match::Exact, &[name]).into_packages();
        if !installed.is_empty() {
            self.change(&Operation::Upgrade, name);
        }
    }

    fn remove_groups(&mut self, wishes: &[GroupWish]) -> Result<(), Error> {
        let ids: BTreeSet<&str> = wishes.iter().map(|wish| wish.id.as_str()).collect();
        let mut names = BTreeSet::new();
        for wish in wishes {
            if let Some(group) = self.cx.comps.group(&wish.id, true) {
                self.change_group(group, Action::Remove, wish.reason, Vec::new());
            }
            if wish.packages {
                names.extend(self.cx.state.groups().get(&wish.id).into_iter().flat_map(|group| group.packages.clone()));
            }
        }
        self.remove_group_packages(&names, &ids)
    }

    /// Removes members that are there for groups which leave, and that nothing else needs.
    ///
    /// If all of them can go without anything else going but what they alone needed, the others are what stays then;
    /// else everything that is installed.
    // witness: compat-tests/tests/decisions.rs::members_that_others_need
    fn remove_group_packages(&mut self, names: &BTreeSet<String>, leaving: &BTreeSet<&str>) -> Result<(), Error> {
        let state = self.cx.state;
        let held = |name: &str| {
            let others = state.groups().iter().filter(|(id, _)| !leaving.contains(id.as_str()));
            others.flat_map(|(_, group)| &group.packages).any(|package| package == name)
        };
        let free: Vec<&String> = names.iter().filter(|name| !held(name)).collect();
        let sack = self.sack();
        let for_groups = |id: &PackageId| {
            let package = sack.package(*id);
            state.reason(package.name(), package.arch()).strength() <= Reason::Group.strength()
        };
        let candidates = self.query().installed().filter_name(Match::Exact, &free).into_packages();
        let candidates: PackageSet = candidates.iter().filter(for_groups).collect();
        let going = self.going_with(&candidates)?;
        let others = Query::new(sack).installed().minus(&going).into_packages();
        let needed = |id: &PackageId| {
            let provides: Vec<ReldepRef<'_>> = sack.package(*id).provides().collect();
            !Query::from_set(sack, others.clone()).filter_relation(Relation::Requires, &provides).is_empty()
        };
        let (needed, packages): (Vec<PackageId>, Vec<PackageId>) = candidates.iter().partition(needed);
        // What stays for others is theirs from now on.
        for id in needed {
            let package = sack.package(id);
            if state.reason(package.name(), package.arch()) == Reason::Group {
                self.out.reasons.push((id, Reason::Dependency, None));
            }
        }
        if packages.is_empty() {
            return Ok(());
        }
        for id in &packages {
            self.out.group_packages.insert(self.nevra(*id));
        }
        let clean_deps = self.cx.config.options.clean_requirements_on_remove.value();
        self.out.goal.add(Job::remove(packages, JobFlags { clean_deps, ..JobFlags::default() }));
        Ok(())
    }

    /// Returns what goes if packages go and nothing that needs them may; nothing if they cannot go so.
    fn going_with(&self, packages: &PackageSet) -> Result<PackageSet, Error> {
        let mut goal = Goal::default();
        let clean_deps = self.cx.config.options.clean_requirements_on_remove.value();
        goal.add(Job::remove(packages.iter().collect(), JobFlags { clean_deps, ..JobFlags::default() }));
        // Whether it is protected is asked about what goes in the end.
        // witness: compat-tests/tests/decisions.rs::protected_members
        let options = oxidnf_solver::Options { allow_erasing: false, protected: Vec::new(), ..self.cx.solver.clone() };
        let sack = self.sack();
        let resolution = oxidnf_solver::resolve(sack, &goal, &options)
            .map_err(|source| Error::Solver { source: Error::boxed(source) })?;
        let going: Vec<_> = resolution.plan.outbound().map(|item| &item.package.nevra).collect();
        let installed = Query::new(sack).installed().into_packages();
        Ok(installed.iter().filter(|id| going.iter().any(|nevra| **nevra == sack.package(*id).nevra())).collect())
    }
}
