//! One transaction out of several that follow each other.

use std::collections::{BTreeMap, BTreeSet};

use oxidnf_core::{Action, Nevra};

use super::{ReplayGroup, ReplayPackage};

/// A step that does not fit what the steps before it left; dnf5 has a sentence for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeProblem {
    /// Something is to leave that is not there; it is skipped.
    NotPresent {
        /// What was to happen.
        action: Action,
        /// The package.
        nevra: Nevra,
        /// Other versions that are there.
        present: Vec<Nevra>,
    },
    /// Something is to be installed again that is not there; it is installed.
    ReinstallNotPresent {
        /// The package.
        nevra: Nevra,
    },
    /// Something is to come that is there; it is skipped.
    AlreadyPresent {
        /// What was to happen.
        action: Action,
        /// The package.
        nevra: Nevra,
    },
    /// Something is to come twice; the last word counts.
    Repeated {
        /// What is to happen.
        action: Action,
        /// The package.
        nevra: Nevra,
        /// What was to happen before.
        before: Action,
    },
    /// Something is to come beside another version; it takes its place.
    OtherVersion {
        /// What is to happen.
        action: Action,
        /// The package.
        nevra: Nevra,
        /// The version that is there.
        present: Nevra,
    },
}

/// What is installed, by name and architecture.
pub(super) type Present = BTreeMap<(String, String), Vec<Nevra>>;

/// Puts transactions together, the first one first, starting from what is installed.
///
/// `installonly` tells which names may be installed in several versions.
pub(super) fn merge(
    transactions: Vec<Vec<ReplayPackage>>,
    present: Present,
    installonly: &BTreeSet<String>,
) -> (Vec<ReplayPackage>, Vec<MergeProblem>) {
    let mut merge = Merge { present, installonly, steps: Vec::new(), problems: Vec::new() };
    for transaction in transactions {
        let (leaving, coming): (Vec<_>, Vec<_>) =
            transaction.into_iter().partition(|package| package.action.is_outbound());
        for package in leaving {
            merge.leave(package);
        }
        for package in coming {
            match package.action {
                Action::ReasonChange => merge.change_reason(package),
                Action::Reinstall => merge.reinstall(package),
                _ => merge.come(package),
            }
        }
    }
    // dnf5 keeps them in a hash table that hands out what came last first, and rpm's order follows from it.
    merge.steps.reverse();
    (merge.steps, merge.problems)
}

/// Puts steps of groups together, the first ones first: what comes and goes again does neither.
pub(super) fn merge_groups(steps: Vec<ReplayGroup>) -> Vec<ReplayGroup> {
    let mut merged: Vec<ReplayGroup> = Vec::new();
    for step in steps {
        let same = |known: &ReplayGroup| known.id == step.id && known.environment == step.environment;
        match merged.iter().position(same) {
            Some(index) if merged[index].action == Action::Install && step.action == Action::Remove => {
                merged.remove(index);
            }
            Some(index) if merged[index].action == Action::Remove && step.action == Action::Install => {
                merged.remove(index);
            }
            Some(index) => merged[index] = step,
            None => merged.push(step),
        }
    }
    // As with packages, what came last comes first; environments are a list of their own.
    merged.reverse();
    merged.sort_by_key(|step| step.environment);
    merged
}

struct Merge<'a> {
    present: Present,
    installonly: &'a BTreeSet<String>,
    steps: Vec<ReplayPackage>,
    problems: Vec<MergeProblem>,
}

impl Merge<'_> {
    fn versions(&mut self, nevra: &Nevra) -> &mut Vec<Nevra> {
        self.present.entry((nevra.name.clone(), nevra.arch.clone())).or_default()
    }

    fn is_present(&mut self, nevra: &Nevra) -> bool {
        self.versions(nevra).contains(nevra)
    }

    fn step(&self, nevra: &Nevra) -> Option<usize> {
        self.steps.iter().position(|step| step.nevra == *nevra)
    }

    /// Puts a step in the place of an earlier one about the same package, or behind all.
    fn set(&mut self, package: ReplayPackage) {
        match self.step(&package.nevra) {
            Some(index) => self.steps[index] = package,
            None => self.steps.push(package),
        }
    }

    fn leave(&mut self, package: ReplayPackage) {
        if !self.is_present(&package.nevra) {
            let present = self.versions(&package.nevra).clone();
            let ReplayPackage { action, nevra, .. } = package;
            return self.problems.push(MergeProblem::NotPresent { action, nevra, present });
        }
        self.versions(&package.nevra).retain(|nevra| *nevra != package.nevra);
        match self.step(&package.nevra) {
            // What came in on the way leaves again.
            Some(index) if self.steps[index].action == Action::Install => drop(self.steps.remove(index)),
            _ => self.set(package),
        }
    }

    fn come(&mut self, package: ReplayPackage) {
        if let Some(index) = self.step(&package.nevra) {
            let before = self.steps[index].action;
            if before.is_outbound() {
                // It left on the way and is back.
                self.steps.remove(index);
                self.versions(&package.nevra).push(package.nevra.clone());
                return;
            }
            if before == Action::Install {
                let problem = MergeProblem::Repeated { action: package.action, nevra: package.nevra.clone(), before };
                self.problems.push(problem);
                return self.set(package);
            }
        }
        if self.is_present(&package.nevra) {
            let ReplayPackage { action, nevra, .. } = package;
            return self.problems.push(MergeProblem::AlreadyPresent { action, nevra });
        }
        let others = self.versions(&package.nevra).clone();
        if let Some(present) = others.first()
            && !self.installonly.contains(&package.nevra.name)
        {
            let (action, nevra) = (package.action, package.nevra.clone());
            self.problems.push(MergeProblem::OtherVersion { action, nevra, present: present.clone() });
            self.steps.retain(|step| step.action.is_outbound() || !others.contains(&step.nevra));
            self.versions(&package.nevra).clear();
        }
        self.versions(&package.nevra).push(package.nevra.clone());
        self.set(package);
    }

    fn reinstall(&mut self, package: ReplayPackage) {
        if self.is_present(&package.nevra) {
            let comes = self.step(&package.nevra).is_some_and(|index| self.steps[index].action == Action::Install);
            if !comes {
                self.set(package);
            }
            return;
        }
        self.problems.push(MergeProblem::ReinstallNotPresent { nevra: package.nevra.clone() });
        self.come(ReplayPackage { action: Action::Install, ..package });
    }

    fn change_reason(&mut self, package: ReplayPackage) {
        if !self.is_present(&package.nevra) {
            let present = self.versions(&package.nevra).clone();
            let ReplayPackage { action, nevra, .. } = package;
            return self.problems.push(MergeProblem::NotPresent { action, nevra, present });
        }
        match self.step(&package.nevra) {
            // What comes in comes with the later reason.
            Some(index) if self.steps[index].action != Action::ReasonChange => {
                self.steps[index].reason = package.reason;
            }
            _ => self.set(package),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxidnf_core::Reason;

    fn package(action: Action, nevra: &str) -> ReplayPackage {
        let nevra = Nevra::parse(nevra).expect("complete");
        ReplayPackage { nevra, action, reason: Reason::User, repo_id: String::new(), group_id: None, path: None }
    }

    fn run(transactions: &[&[(Action, &str)]], present: &[&str]) -> (Vec<(Action, String)>, Vec<MergeProblem>) {
        let mut installed = Present::new();
        for text in present {
            let nevra = Nevra::parse(text).expect("complete");
            installed.entry((nevra.name.clone(), nevra.arch.clone())).or_default().push(nevra);
        }
        let transactions = transactions.iter().map(|steps| steps.iter().map(|(a, n)| package(*a, n)).collect());
        let (steps, problems) = merge(transactions.collect(), installed, &BTreeSet::new());
        (steps.into_iter().map(|step| (step.action, step.nevra.to_string())).collect(), problems)
    }

    // witness: `dnf5 history rollback` over install f-1, upgrade to f-2, to f-3.
    #[test]
    fn steps_on_the_way_cancel_out() {
        use Action::{Install, Remove, Replaced};
        let up3 = [(Replaced, "f-3-1.noarch"), (Install, "f-2-1.noarch")];
        let up2 = [(Replaced, "f-2-1.noarch"), (Install, "f-1-1.noarch")];
        let (steps, problems) = run(&[&up3, &up2], &["f-3-1.noarch"]);
        assert_eq!(steps, [(Install, "f-1-1.noarch".to_owned()), (Replaced, "f-3-1.noarch".to_owned())]);
        assert!(problems.is_empty());
        let (steps, problems) = run(&[&[(Install, "e-1-1.noarch")], &[(Remove, "e-1-1.noarch")]], &[]);
        assert!(steps.is_empty() && problems.is_empty());
    }

    // witness: `dnf5 history undo` of a reinstallation, of a package that is there and of one that is gone.
    #[test]
    fn reinstallations() {
        use Action::{Install, Reinstall};
        let steps = [(Reinstall, "a-2-1.noarch"), (Install, "a-2-1.noarch")];
        let (done, problems) = run(&[&steps], &["a-2-1.noarch"]);
        assert_eq!(done, [(Reinstall, "a-2-1.noarch".to_owned())]);
        assert!(matches!(problems[..], [MergeProblem::AlreadyPresent { .. }]));
        let (done, problems) = run(&[&steps], &[]);
        assert_eq!(done, [(Install, "a-2-1.noarch".to_owned())]);
        let told = [MergeProblem::ReinstallNotPresent { nevra: Nevra::parse("a-2-1.noarch").expect("complete") }];
        assert_eq!(problems[..1], told);
        assert!(matches!(problems[1], MergeProblem::Repeated { before: Install, .. }));
    }

    // witness: `dnf5 history undo` of the removal of f-2 after f-1 was installed.
    #[test]
    fn another_version_is_there() {
        let (steps, problems) = run(&[&[(Action::Install, "f-2-1.noarch")]], &["f-1-1.noarch"]);
        assert_eq!(steps, [(Action::Install, "f-2-1.noarch".to_owned())]);
        assert!(matches!(problems[..], [MergeProblem::OtherVersion { .. }]));
    }
}
