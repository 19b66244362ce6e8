//! What a transaction changes in the state files.

use std::collections::BTreeSet;

use oxidnf_catalog::Sack;
use oxidnf_core::{Action, Plan, Reason};

use crate::state::State;

/// Notes what came, what left and why.
pub(super) fn settle(state: &mut State, plan: &Plan, sack: &Sack) {
    for item in plan.outbound() {
        state.remove_nevra(&item.package.nevra.to_string());
    }
    // What comes in has the last word about its reason.
    for item in plan.items.iter().filter(|item| item.action == Action::ReasonChange) {
        let nevra = &item.package.nevra;
        change_reason(state, &nevra.name, &nevra.arch, item.reason, item.group_id.as_deref());
    }
    for item in plan.inbound() {
        let nevra = &item.package.nevra;
        state.set_from_repo(nevra.to_string(), item.package.repo_id.clone());
        state.set_reason(&nevra.name, &nevra.arch, item.reason);
    }
    forget_gone(state, plan, sack);
}

/// A package that now belongs to a group is held by the group's list, and a dependency otherwise.
fn change_reason(state: &mut State, name: &str, arch: &str, reason: Reason, group: Option<&str>) {
    if reason != Reason::Group {
        return state.set_reason(name, arch, reason);
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
    let stays = |name: &str, arch: Option<&str>| {
        let comes = plan.inbound().any(|item| {
            let nevra = &item.package.nevra;
            nevra.name == name && arch.is_none_or(|arch| nevra.arch == arch)
        });
        comes
            || sack.installed().iter().any(|id| {
                let package = sack.package(id);
                package.name() == name
                    && arch.is_none_or(|arch| package.arch() == arch)
                    && package.hnum().is_none_or(|hnum| !leaving.contains(&hnum))
            })
    };
    let mut names = BTreeSet::new();
    for item in plan.outbound() {
        let nevra = &item.package.nevra;
        if !stays(&nevra.name, Some(&nevra.arch)) {
            state.remove_package(&nevra.name, &nevra.arch);
            if !stays(&nevra.name, None) {
                names.insert(nevra.name.as_str());
            }
        }
    }
    state.remove_group_members(&names);
}
