//! What is written down about groups and environments besides the state.

use std::collections::HashSet;

use oxidnf_core::Action;

use super::Session;
use crate::comps::{GroupPackage, PackageKind};
use crate::history::NewGroup;
use crate::resolved::{GroupChange, GroupSubject, Resolved};

impl Session {
    /// Returns the groups and environments for the history, environments first.
    ///
    /// A member counts as installed when it is there before, and not excluded, or comes.
    // witness: compat-tests/tests/decisions.rs::excluded_members_in_the_history
    pub(super) fn history_groups(&self, resolved: &Resolved) -> Vec<NewGroup> {
        let seen = oxidnf_catalog::Query::new(&self.sack).installed();
        let mut packages: HashSet<&str> = seen.packages().iter().map(|id| self.sack.package(id).name()).collect();
        packages.extend(resolved.plan.inbound().map(|item| item.package.nevra.name.as_str()));
        let coming = resolved.groups.iter().filter(|change| change.action != Action::Remove);
        let mut groups: HashSet<&str> = self.state.groups().keys().map(String::as_str).collect();
        groups.extend(coming.map(|change| change.subject.id()));
        let (environments, others): (Vec<_>, Vec<_>) = resolved
            .groups
            .iter()
            .map(|change| history_group(change, &packages, &groups))
            .partition(|new| new.environment);
        environments.into_iter().chain(others).collect()
    }
}

fn history_group(change: &GroupChange, packages: &HashSet<&str>, groups: &HashSet<&str>) -> NewGroup {
    let members = match &change.subject {
        GroupSubject::Group(group) => {
            let member = |package: &GroupPackage| {
                (package.name.clone(), packages.contains(package.name.as_str()), package.kind.bit())
            };
            group.packages.iter().map(member).collect()
        }
        GroupSubject::Environment(environment) => {
            let member = |kind: PackageKind| move |id: &str| (id.to_owned(), groups.contains(id), kind.bit());
            let required = environment.groups.iter().map(String::as_str).map(member(PackageKind::Mandatory));
            let default = environment.options(true).map(member(PackageKind::Default));
            let optional = environment.options(false).map(member(PackageKind::Optional));
            required.chain(default).chain(optional).collect()
        }
    };
    NewGroup {
        id: change.subject.id().to_owned(),
        name: change.subject.name().to_owned(),
        environment: matches!(change.subject, GroupSubject::Environment(_)),
        package_types: change.kinds.iter().map(|kind| kind.bit()).sum(),
        action: change.action,
        reason: change.reason,
        repo_id: change.repo_id().to_owned(),
        members,
    }
}

/// Returns the copies of groups and environments that come, and the names of those that go.
pub(super) fn copies(changes: &[GroupChange]) -> Vec<(String, Option<String>)> {
    let copy = |change: &GroupChange| {
        let (path, text) = match &change.subject {
            GroupSubject::Group(group) => (crate::comps::group_copy(&group.id), group.to_xml()),
            GroupSubject::Environment(known) => (crate::comps::environment_copy(&known.id), known.to_xml()),
        };
        (path.to_string_lossy().into_owned(), (change.action != Action::Remove).then_some(text))
    };
    changes.iter().map(copy).collect()
}
