//! One group out of what several repositories say about it.
//!
//! What is said last counts: by repositories in the order of their ids, and within a file further down. Only lists grow.

use std::collections::BTreeMap;

use oxidnf_repo::metadata::comps::{self, GroupPackage, PackageKind, Texts, Translation};

use super::{Comps, Environment, Group};

/// Where descriptions come from: id of a repository, and what it has.
pub(super) type Source<'a> = (&'a str, &'a comps::Comps);

/// Puts the groups and environments of several repositories together.
pub(super) fn merge(sources: &[Source<'_>], installed: bool) -> Comps {
    let mut sources = sources.to_vec();
    sources.sort_by_key(|(id, _)| *id);
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    let mut environments: BTreeMap<&str, Environment> = BTreeMap::new();
    for (repo, comps) in sources.iter().rev() {
        for group in comps.groups.iter().rev().filter(|group| !group.id.is_empty()) {
            match groups.get_mut(group.id.as_str()) {
                Some(known) => add_group(known, group, repo),
                None => drop(groups.insert(&group.id, first_group(group, repo, installed))),
            }
        }
        for environment in comps.environments.iter().rev().filter(|environment| !environment.id.is_empty()) {
            let known = environments.entry(&environment.id).or_insert_with(|| Environment {
                id: environment.id.clone(),
                installed,
                ..Environment::default()
            });
            add_environment(known, environment, repo);
        }
    }
    Comps { groups: groups.into_values().collect(), environments: environments.into_values().collect() }
}

/// Adds what one more repository says, whose id sorts before those of all others.
pub(super) fn add(available: &mut Comps, (repo, comps): Source<'_>) {
    for group in &comps.groups {
        match available.groups.iter_mut().find(|known| !known.installed && known.id == group.id) {
            Some(known) => add_group(known, group, repo),
            None => available.groups.push(first_group(group, repo, false)),
        }
    }
    for environment in &comps.environments {
        let same = |known: &&mut Environment| !known.installed && known.id == environment.id;
        if let Some(known) = available.environments.iter_mut().find(same) {
            add_environment(known, environment, repo);
        } else {
            let mut known = Environment { id: environment.id.clone(), ..Environment::default() };
            add_environment(&mut known, environment, repo);
            available.environments.push(known);
        }
    }
}

fn first_group(group: &comps::Group, repo: &str, installed: bool) -> Group {
    // Whether it is preselected or hidden is not asked of the others.
    let (default, hidden) = (group.default, group.hidden);
    let mut first = Group { id: group.id.clone(), default, hidden, installed, ..Group::default() };
    add_group(&mut first, group, repo);
    first
}

fn add_group(known: &mut Group, group: &comps::Group, repo: &str) {
    add_texts(&mut known.texts, &group.texts);
    add_text(&mut known.display_order, group.display_order.as_ref());
    add_text(&mut known.langonly, group.langonly.as_ref());
    for package in in_order(&group.packages) {
        // The same said twice is said once; another kind or condition is something else.
        if !known.packages.contains(package) {
            known.packages.push(package.clone());
        }
    }
    add_repo(&mut known.repos, repo);
}

/// Returns packages as libsolv's lists have them: required, recommended, suggested.
fn in_order(packages: &[GroupPackage]) -> impl Iterator<Item = &GroupPackage> {
    let place = |kind: PackageKind| match kind {
        PackageKind::Mandatory => 0,
        PackageKind::Default | PackageKind::Conditional => 1,
        PackageKind::Optional => 2,
    };
    (0..3).flat_map(move |wanted| packages.iter().filter(move |package| place(package.kind) == wanted))
}

fn add_environment(known: &mut Environment, environment: &comps::Environment, repo: &str) {
    add_texts(&mut known.texts, &environment.texts);
    add_text(&mut known.display_order, environment.display_order.as_ref());
    known.groups.extend(environment.groups.iter().cloned());
    known.groups.sort();
    known.groups.dedup();
    known.option_groups.extend(environment.option_groups.iter().cloned());
    known.option_groups.sort();
    known.option_groups.dedup();
    add_repo(&mut known.repos, repo);
}

fn add_texts(known: &mut Texts, other: &Texts) {
    add_text(&mut known.name, other.name.as_ref());
    add_text(&mut known.description, other.description.as_ref());
    for translation in &other.translations {
        let same = |known: &Translation| known.field == translation.field && known.language == translation.language;
        if !known.translations.iter().any(same) {
            known.translations.push(translation.clone());
        }
    }
}

fn add_text(known: &mut Option<String>, other: Option<&String>) {
    if known.as_ref().is_none_or(String::is_empty) {
        *known = other.cloned();
    }
}

fn add_repo(repos: &mut Vec<String>, repo: &str) {
    if !repos.iter().any(|known| known == repo) {
        repos.push(repo.to_owned());
        repos.sort();
    }
}
