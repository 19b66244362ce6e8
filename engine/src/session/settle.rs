//! What a transaction changes in the state files.

use std::collections::{BTreeMap, BTreeSet};

use oxidnf_catalog::Sack;
use oxidnf_core::{Action, Plan, Reason};

use crate::comps::PackageKind;
use crate::resolved::{GroupChange, GroupSubject, Resolved};
use crate::state::{GroupState, State};

/// Notes what came, what left and why.
pub(super) fn settle(state: &mut State, resolved: &Resolved, sack: &Sack) {
    let Resolved { plan, groups, modules, .. } = resolved;
    if !modules.is_empty() {
        state.modules_mut().clone_from(&modules.states);
    }
    for item in plan.outbound() {
        state.remove_nevra(&item.package.nevra.to_string());
    }
    // What comes in has the last word about its reason.
    for item in plan.items.iter().filter(|item| item.action == Action::ReasonChange) {
        let nevra = &item.package.nevra;
        change_reason(state, &nevra.name, &nevra.arch, item.reason, item.group_id.as_deref());
    }
    // Of several versions of one package the strongest counts.
    // witness: compat-tests/tests/decisions.rs::reasons_of_several_versions
    let mut reasons: BTreeMap<(&str, &str), Reason> = BTreeMap::new();
    for item in plan.inbound() {
        let nevra = &item.package.nevra;
        state.set_from_repo(nevra.to_string(), item.package.repo_id.clone());
        let reason = reasons.entry((&nevra.name, &nevra.arch)).or_insert(Reason::None);
        *reason = reason.stronger(item.reason);
    }
    for ((name, arch), reason) in reasons.into_iter().filter(|(_, reason)| *reason != Reason::None) {
        state.set_reason(name, arch, reason);
    }
    forget_gone(state, plan, sack);
    let present = present_names(plan, sack);
    for change in groups {
        settle_group(state, change, &present);
    }
}

/// Returns the names of packages that groups may hold: those that stay and those that come for a group.
fn present_names<'a>(plan: &'a Plan, sack: &'a Sack) -> BTreeSet<&'a str> {
    let leaving: BTreeSet<u32> = plan.outbound().filter_map(|item| item.package.hnum).collect();
    let stays = |hnum: Option<u32>| hnum.is_none_or(|hnum| !leaving.contains(&hnum));
    let installed = sack.installed();
    let mut names: BTreeSet<&str> = installed
        .iter()
        .map(|id| sack.package(id))
        .filter(|package| stays(package.hnum()))
        .map(|package| package.name())
        .collect();
    let for_groups = plan.inbound().filter(|item| item.reason == Reason::Group);
    names.extend(for_groups.map(|item| item.package.nevra.name.as_str()));
    names
}

/// Notes what becomes of a group or an environment.
fn settle_group(state: &mut State, change: &GroupChange, present: &BTreeSet<&str>) {
    match (&change.subject, change.action) {
        (GroupSubject::Group(group), Action::Remove) => drop(state.groups_mut().remove(&group.id)),
        (GroupSubject::Group(group), _) => {
            let names = group.packages.iter().map(|package| package.name.as_str());
            let known = GroupState {
                package_types: package_types(&change.kinds),
                packages: names.filter(|name| present.contains(name)).map(str::to_owned).collect(),
                userinstalled: change.reason == Reason::User,
            };
            state.groups_mut().insert(group.id.clone(), known);
        }
        (GroupSubject::Environment(environment), Action::Remove) => {
            state.environments_mut().remove(&environment.id);
        }
        (GroupSubject::Environment(environment), _) => {
            let groups = environment.groups.iter().cloned();
            let groups = groups.chain(environment.options(true).map(str::to_owned));
            state.environments_mut().insert(environment.id.clone(), groups.collect());
        }
    }
}

/// Returns the words for kinds of packages, in dnf5's order.
fn package_types(kinds: &[PackageKind]) -> Vec<String> {
    let all = [PackageKind::Mandatory, PackageKind::Default, PackageKind::Conditional, PackageKind::Optional];
    all.into_iter().filter(|kind| kinds.contains(kind)).map(|kind| kind.as_str().to_owned()).collect()
}

/// A package that now belongs to a group is held by the group's list, beside others that hold it, and a dependency
/// otherwise.
// witness: compat-tests/tests/decisions.rs::marked_as_of_another_group
fn change_reason(state: &mut State, name: &str, arch: &str, reason: Reason, group: Option<&str>) {
    // Where dnf5 ends with an assertion, nothing is known afterwards.
    if reason == Reason::None {
        return state.remove_package(name, arch);
    }
    if reason != Reason::Group {
        return state.change_reason(name, arch, reason);
    }
    state.set_reason(name, arch, Reason::Dependency);
    if let Some(group) = group.and_then(|id| state.groups_mut().get_mut(id))
        && !group.packages.iter().any(|package| package == name)
    {
        group.packages.push(name.to_owned());
    }
}

/// Forgets the reasons of names and architectures of which nothing is installed any more.
fn forget_gone(state: &mut State, plan: &Plan, sack: &Sack) {
    let leaving: BTreeSet<u32> = plan.outbound().filter_map(|item| item.package.hnum).collect();
    let stays = |name: &str, arch: &str| {
        let comes = plan.inbound().any(|item| item.package.nevra.name == name && item.package.nevra.arch == arch);
        comes
            || sack.installed().iter().any(|id| {
                let package = sack.package(id);
                package.name() == name
                    && package.arch() == arch
                    && package.hnum().is_none_or(|hnum| !leaving.contains(&hnum))
            })
    };
    // dnf5 leaves them in the lists of groups.
    for item in plan.outbound() {
        let nevra = &item.package.nevra;
        if !stays(&nevra.name, &nevra.arch) {
            state.remove_package(&nevra.name, &nevra.arch);
        }
    }
}
