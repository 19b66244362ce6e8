//! From libsolv's problems to problems as data.

use std::collections::BTreeSet;

use oxidnf_catalog::{PackageId, PackageSet, Sack};

use crate::options::Options;
use crate::problem::{PackageRef, Problem, Rule};
use crate::resolution::Skipped;
use crate::sys::{Pool, RuleInfo, RuleKind, SolvId};

/// Returns a package as problems name it.
pub(crate) fn package_ref(sack: &Sack, id: PackageId) -> PackageRef {
    let repo = sack.repo(sack.repo_of(id)).id.clone();
    PackageRef { id, nevra: sack.package(id).nevra(), repo, installed: sack.is_installed(id) }
}

/// Problems in the making.
pub(crate) struct Converter<'a> {
    pub(crate) sack: &'a Sack,
    pub(crate) pool: &'a Pool,
    pub(crate) package_of: &'a dyn Fn(SolvId) -> Option<PackageId>,
    pub(crate) options: &'a Options,
    /// Packages that no exclude list hides.
    pub(crate) considered: &'a PackageSet,
}

/// The packages that problems name as conflicting or broken.
#[derive(Debug, Default)]
struct Named {
    conflicting: BTreeSet<PackageId>,
    broken: BTreeSet<PackageId>,
}

impl Converter<'_> {
    /// Converts the problems of a failed solve; the second part is what would be skipped.
    pub(crate) fn problems(&self, problems: &[Vec<RuleInfo>]) -> (Vec<Problem>, Skipped) {
        let mut named = Named::default();
        let mut converted: Vec<Problem> = Vec::new();
        for infos in problems {
            let mut rules: Vec<Rule> = Vec::new();
            let mut conflicts = BTreeSet::new();
            for info in infos {
                let Some(rule) = self.rule(info, &mut named) else { continue };
                // Two packages that conflict with each other are reported once, as dnf5 does.
                if info.kind == RuleKind::Conflicts {
                    conflicts.insert((info.source, info.target));
                    if conflicts.contains(&(info.target, info.source)) {
                        continue;
                    }
                }
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
            // The same rules in another order are the same problem.
            let same = |known: &Problem| {
                let Problem::Unsolvable { rules: known } = known else { return false };
                known.len() == rules.len() && known.iter().all(|rule| rules.contains(rule))
            };
            if !converted.iter().any(same) {
                converted.push(Problem::Unsolvable { rules });
            }
        }
        converted.splice(0..0, self.broken_protected(&named));
        (converted, self.skipped(&named))
    }

    fn rule(&self, info: &RuleInfo, named: &mut Named) -> Option<Rule> {
        let id_of = |number: Option<SolvId>| number.and_then(|number| (self.package_of)(number));
        let dependency = || info.dep.map(|dep| self.pool.dep_text(dep)).unwrap_or_default();
        let package = || id_of(info.source).map(|id| package_ref(self.sack, id));
        let other = || id_of(info.target).map(|id| package_ref(self.sack, id));
        match info.kind {
            RuleKind::Conflicts | RuleKind::SameName => {
                named.conflicting.extend(id_of(info.source));
                named.conflicting.extend(id_of(info.target));
            }
            RuleKind::SelfConflict => named.conflicting.extend(id_of(info.source)),
            RuleKind::NothingProvides | RuleKind::Requires => named.broken.extend(id_of(info.source)),
            _ => {}
        }
        Some(match info.kind {
            RuleKind::Job => Rule::ConflictingRequests,
            RuleKind::JobNothingProvides => Rule::NothingProvidesRequested { dependency: dependency() },
            RuleKind::JobUnknownPackage => Rule::UnknownPackage { name: dependency() },
            RuleKind::JobProvidedBySystem => Rule::ProvidedBySystem { dependency: dependency() },
            RuleKind::JobUnsupported => Rule::UnsupportedRequest,
            RuleKind::Update => Rule::InstalledPackage { package: package()? },
            RuleKind::Best => package().map_or(Rule::BestCandidate, |package| Rule::BestUpdate { package }),
            RuleKind::Requires => Rule::Requires { package: package()?, dependency: dependency() },
            RuleKind::NothingProvides => Rule::NothingProvides { package: package()?, dependency: dependency() },
            RuleKind::Conflicts => Rule::Conflicts { package: package()?, dependency: dependency(), other: other()? },
            RuleKind::SelfConflict => Rule::SelfConflict { package: package()?, dependency: dependency() },
            RuleKind::Obsoletes => Rule::Obsoletes { package: package()?, dependency: dependency(), other: other()? },
            RuleKind::InstalledObsoletes => {
                Rule::InstalledObsoletes { package: package()?, dependency: dependency(), other: other()? }
            }
            RuleKind::ImplicitObsoletes => {
                Rule::ImplicitlyObsoletes { package: package()?, dependency: dependency(), other: other()? }
            }
            RuleKind::YumObsoletes => {
                Rule::BothObsolete { package: package()?, dependency: dependency(), other: other()? }
            }
            RuleKind::SameName => Rule::SameName { package: package()?, other: other()? },
            RuleKind::NotInstallable => self.not_installable(info.source?, package()?),
            RuleKind::InferiorArch => Rule::InferiorArch { package: package()? },
            RuleKind::DistUpgrade => Rule::NotInDistUpgrade { package: package()? },
            RuleKind::Package => Rule::SomeDependency,
            RuleKind::Other => Rule::Other { text: info.text.clone() },
        })
    }

    fn not_installable(&self, number: SolvId, package: PackageRef) -> Rule {
        if !self.considered.contains(package.id) {
            Rule::Excluded { package }
        } else if self.pool.has_bad_arch(number) {
            Rule::IncompatibleArch { package }
        } else {
            Rule::NotInstallable { package }
        }
    }

    /// Names the protected packages among installed ones whose dependencies could not be met.
    fn broken_protected(&self, named: &Named) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut names = BTreeSet::new();
        for id in named.broken.iter().copied().filter(|id| self.sack.is_installed(*id)) {
            let name = self.sack.package(id).name();
            if self.options.running_kernel == Some(id) {
                problems.push(Problem::RemovesRunningKernel { package: package_ref(self.sack, id) });
            } else if self.options.protected.iter().any(|protected| protected == name) {
                names.insert(name.to_owned());
            }
        }
        if !names.is_empty() {
            problems.push(Problem::BreaksProtected { packages: names.into_iter().collect() });
        }
        problems
    }

    fn skipped(&self, named: &Named) -> Skipped {
        let list = |ids: &BTreeSet<PackageId>| {
            let (installed, available): (PackageSet, PackageSet) = ids.iter().copied().partition_sets(self.sack);
            let installed: BTreeSet<_> = installed.iter().map(|id| self.sack.package(id).nevra()).collect();
            let mut list: Vec<PackageRef> =
                self.sack.in_order(&available).into_iter().map(|id| package_ref(self.sack, id)).collect();
            list.retain(|package| !installed.contains(&package.nevra));
            list
        };
        Skipped { conflicting: list(&named.conflicting), broken: list(&named.broken) }
    }
}

trait PartitionSets {
    fn partition_sets(self, sack: &Sack) -> (PackageSet, PackageSet);
}

impl<I: Iterator<Item = PackageId>> PartitionSets for I {
    fn partition_sets(self, sack: &Sack) -> (PackageSet, PackageSet) {
        let (mut installed, mut available) = (PackageSet::new(), PackageSet::new());
        for id in self {
            if sack.is_installed(id) {
                installed.insert(id)
            } else {
                available.insert(id)
            };
        }
        (installed, available)
    }
}
