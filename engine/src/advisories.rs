//! Advisories and the builds that they name, beside packages (reference of dnf5, sections 1.4 and 5.4).

use std::collections::HashMap;

use oxidnf_catalog::{Comparison, PackageId, PackageSet, Query, RepoKind, Sack};
use oxidnf_core::Evr;
use oxidnf_repo::metadata::Advisory;
use oxidnf_repo::metadata::updateinfo::AdvisoryPackage;

use crate::request::AdvisoryFilter;

/// The advisories that options choose, and which of the options choose none.
#[derive(Debug, Clone, Default)]
pub struct SelectedAdvisories {
    /// All advisories, in the order in which repositories have them.
    pub all: Vec<Advisory>,
    /// Places of the chosen ones among all, ascending.
    pub chosen: Vec<usize>,
    /// What was asked for and is not there, in dnf5's order.
    pub misses: Vec<AdvisoryMiss>,
}

/// A choice that no advisory meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdvisoryMiss {
    /// None has one of these names.
    Names(Vec<String>),
    /// None fixes one of these bugs.
    Bugs(Vec<String>),
    /// None closes one of these holes.
    Cves(Vec<String>),
    /// None is of the types and severities.
    Filters,
}

impl SelectedAdvisories {
    /// Chooses among advisories; without a filter all are chosen.
    pub fn choose(all: Vec<Advisory>, filter: Option<&AdvisoryFilter>) -> Self {
        let Some(filter) = filter else {
            return SelectedAdvisories { chosen: (0..all.len()).collect(), all, misses: Vec::new() };
        };
        let parts = [
            (AdvisoryFilter { names: filter.names.clone(), ..AdvisoryFilter::default() }, &filter.names),
            (AdvisoryFilter { bugs: filter.bugs.clone(), ..AdvisoryFilter::default() }, &filter.bugs),
            (AdvisoryFilter { cves: filter.cves.clone(), ..AdvisoryFilter::default() }, &filter.cves),
        ];
        let missed = |(part, wanted): &(AdvisoryFilter, &Vec<String>)| {
            !wanted.is_empty() && !all.iter().any(|advisory| part.matches(advisory))
        };
        let miss: [fn(Vec<String>) -> AdvisoryMiss; 3] = [AdvisoryMiss::Names, AdvisoryMiss::Bugs, AdvisoryMiss::Cves];
        let mut misses: Vec<AdvisoryMiss> = parts
            .iter()
            .zip(miss)
            .filter(|(part, _)| missed(part))
            .map(|((_, wanted), miss)| miss((*wanted).clone()))
            .collect();
        let chosen: Vec<usize> = (0..all.len()).filter(|place| filter.matches(&all[*place])).collect();
        if chosen.is_empty() && misses.is_empty() {
            misses.push(AdvisoryMiss::Filters);
        }
        SelectedAdvisories { all, chosen, misses }
    }

    /// Returns the chosen advisories and their places.
    pub fn chosen(&self) -> impl Iterator<Item = (usize, &Advisory)> {
        self.chosen.iter().map(|place| (*place, &self.all[*place]))
    }
}

impl AdvisoryFilter {
    /// Tells whether an advisory is wanted: any of the given names, types, severities or references is its own.
    pub fn matches(&self, advisory: &Advisory) -> bool {
        let refers = |wanted: &[String], kind: &str| {
            advisory.references.iter().any(|reference| reference.kind == kind && wanted.contains(&reference.id))
        };
        self.names.contains(&advisory.id)
            || self.types.contains(&advisory.kind_text)
            || self.severities.iter().any(|wanted| wanted.eq_ignore_ascii_case(&advisory.severity))
            || refers(&self.bugs, "bugzilla")
            || refers(&self.cves, "cve")
    }
}

/// A build that an advisory names.
#[derive(Debug, Clone, Copy)]
pub struct AdvisedBuild<'a> {
    /// The place that was given for the advisory.
    pub place: usize,
    /// The advisory.
    pub advisory: &'a Advisory,
    /// The build.
    pub package: &'a AdvisoryPackage,
}

impl<'a> AdvisedBuild<'a> {
    /// Returns its version.
    pub fn evr(&self) -> Evr<'a> {
        let AdvisoryPackage { epoch, version, release, .. } = self.package;
        Evr { epoch: Some(*epoch), version, release: Some(release) }
    }
}

/// The builds that advisories name, by name and architecture.
#[derive(Debug, Clone, Default)]
pub struct AdvisedBuilds<'a> {
    builds: HashMap<&'a str, HashMap<&'a str, Vec<AdvisedBuild<'a>>>>,
}

impl<'a> AdvisedBuilds<'a> {
    /// Sorts the builds of advisories, which come with a place to know them by.
    ///
    /// Those of one name and architecture are in the order of libsolv's numbers for the texts of their versions.
    pub fn new(advisories: impl IntoIterator<Item = (usize, &'a Advisory)>, sack: &Sack) -> Self {
        let mut builds: HashMap<&str, HashMap<&str, Vec<AdvisedBuild<'a>>>> = HashMap::new();
        for (place, advisory) in advisories {
            for package in advisory.packages() {
                let of_name = builds.entry(&package.name).or_default();
                of_name.entry(&package.arch).or_default().push(AdvisedBuild { place, advisory, package });
            }
        }
        let mut several: Vec<_> =
            builds.values_mut().flat_map(HashMap::values_mut).filter(|same| same.len() > 1).collect();
        let named: Vec<String> =
            several.iter().flat_map(|same| same.iter()).map(|build| build.evr().to_string()).collect();
        let order = version_order(named, sack);
        for same in &mut several {
            same.sort_by_cached_key(|build| order.get(&build.evr().to_string()).copied());
        }
        AdvisedBuilds { builds }
    }

    fn of(&self, sack: &Sack, id: PackageId) -> &[AdvisedBuild<'a>] {
        let package = sack.package(id);
        let builds = self.builds.get(package.name()).and_then(|of_name| of_name.get(package.arch()));
        builds.map_or(&[], Vec::as_slice)
    }

    /// Returns the builds whose version compares so with that of a package of their name and architecture, once for
    /// every such package, in the order of the packages.
    pub fn beside(&self, sack: &Sack, packages: &PackageSet, how: Comparison) -> Vec<AdvisedBuild<'a>> {
        let mut found = Vec::new();
        for id in sack.in_order(packages) {
            let evr = sack.package(id).evr();
            found.extend(self.of(sack, id).iter().filter(|build| how.holds(build.evr().rpm_cmp(&evr))));
        }
        found
    }

    /// Keeps packages whose version compares so with that of a build of their name and architecture.
    pub fn keep<'s>(&self, query: Query<'s>, how: Comparison) -> Query<'s> {
        let sack = query.sack();
        query.filter(|id| {
            let evr = sack.package(id).evr();
            self.of(sack, id).iter().any(|build| how.holds(evr.rpm_cmp(&build.evr())))
        })
    }

    /// Keeps packages that are at least as new as the newest build of their name and architecture, if that is newer
    /// than what is installed of them.
    pub fn keep_resolving<'s>(&self, query: Query<'s>) -> Query<'s> {
        let sack = query.sack();
        let installed = Query::new(sack).installed().into_packages();
        query.filter(|id| {
            let package = sack.package(id);
            let newest = self.of(sack, id).iter().max_by(|one, two| one.evr().rpm_cmp(&two.evr()));
            newest.is_some_and(|newest| {
                let newest = newest.evr();
                let resolved = sack.named(package.name()).filter(|other| installed.contains(*other)).any(|other| {
                    let other = sack.package(other);
                    other.arch() == package.arch() && other.evr().rpm_cmp(&newest).is_ge()
                });
                !resolved && package.evr().rpm_cmp(&newest).is_ge()
            })
        })
    }
}

/// Puts texts of versions into the order in which libsolv numbers them: repository by repository, in each the more
/// frequent first, then as bytes compare; last those that only advisories have.
fn version_order(named: Vec<String>, sack: &Sack) -> HashMap<String, usize> {
    let mut unseen: HashMap<String, usize> = HashMap::new();
    for evr in named {
        *unseen.entry(evr).or_default() += 1;
    }
    let mut ordered: Vec<String> = Vec::new();
    let by_frequency = |found: HashMap<String, usize>| {
        let mut found: Vec<(String, usize)> = found.into_iter().collect();
        found.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
        found.into_iter().map(|(evr, _)| evr)
    };
    for (index, _) in sack.repos().filter(|(_, info)| info.kind == RepoKind::Available) {
        let mut found: HashMap<String, usize> = HashMap::new();
        for id in sack.repo_packages(index).iter() {
            let evr = sack.package(id).evr().to_string();
            if unseen.contains_key(&evr) {
                *found.entry(evr).or_default() += 1;
            }
        }
        unseen.retain(|evr, _| !found.contains_key(evr));
        ordered.extend(by_frequency(found));
    }
    ordered.extend(by_frequency(unseen));
    ordered.into_iter().enumerate().map(|(place, evr)| (evr, place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxidnf_repo::metadata::updateinfo::Reference;

    fn advisory(id: &str, kind: &str, severity: &str, bug: &str) -> Advisory {
        let reference = Reference { kind: "bugzilla".to_owned(), id: bug.to_owned(), ..Reference::default() };
        Advisory {
            id: id.to_owned(),
            kind_text: kind.to_owned(),
            severity: severity.to_owned(),
            references: vec![reference],
            ..Advisory::default()
        }
    }

    // witness: `dnf5 advisory list` with the options.
    #[test]
    fn options_add_up_and_say_what_they_miss() {
        let all = || vec![advisory("A", "security", "Low", "1"), advisory("B", "bugfix", "", "2")];
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let none = AdvisoryFilter::default();
        let filter = AdvisoryFilter { names: texts(&["B"]), severities: texts(&["low"]), ..none.clone() };
        let chosen = SelectedAdvisories::choose(all(), Some(&filter));
        assert_eq!((chosen.chosen, chosen.misses.len()), (vec![0, 1], 0));
        let filter = AdvisoryFilter { bugs: texts(&["3", "4"]), cves: texts(&["1"]), ..none.clone() };
        let chosen = SelectedAdvisories::choose(all(), Some(&filter));
        assert!(chosen.chosen.is_empty());
        assert_eq!(chosen.misses, [AdvisoryMiss::Bugs(texts(&["3", "4"])), AdvisoryMiss::Cves(texts(&["1"]))]);
        // A severity that is missing is not the one that is called none.
        let filter = AdvisoryFilter { severities: texts(&["none"]), ..none };
        assert_eq!(SelectedAdvisories::choose(all(), Some(&filter)).misses, [AdvisoryMiss::Filters]);
        assert_eq!(SelectedAdvisories::choose(all(), None).chosen().count(), 2);
    }
}
