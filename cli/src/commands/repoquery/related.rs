//! Packages that are related to others by their dependencies.

use oxidnf_core::reldep::ReldepRef;
use oxidnf_engine::Session;
use oxidnf_engine::catalog::{Match, PackageSet, Query, Relation, SpecSettings};
use oxidnf_engine::request::needs_filelists;

use super::format::relations;
use super::select::with_files;
use crate::context::Failure;

/// Keeps packages that have a dependency of one of the kinds on one of the capabilities.
///
/// Unless `exact`, a capability that names packages stands for everything that these provide as well.
pub(super) fn what<'s>(query: Query<'s>, capabilities: &[String], kinds: &[Relation], exact: bool) -> Query<'s> {
    let all = query.clone();
    let providers = if exact { PackageSet::new() } else { named(&all, capabilities) };
    let files = files_of(&all, &providers);
    let mut dependencies: Vec<ReldepRef<'_>> = files.iter().map(|path| plain(path)).collect();
    for id in providers.iter() {
        dependencies.extend(all.sack().package(id).provides());
    }
    let mut found = PackageSet::new();
    for kind in kinds {
        found.union(query.clone().filter_relation(*kind, &dependencies).packages());
        found.union(query.clone().filter_relation_text(*kind, capabilities).packages());
    }
    query.and(&found)
}

/// Adds what requires something of the packages that were found, and so on, among `all`.
pub(super) fn requirers_recursively<'s>(all: &Query<'s>, query: Query<'s>) -> Query<'s> {
    let mut found = query.into_packages();
    let mut fresh = found.clone();
    while !fresh.is_empty() {
        let files = files_of(all, &fresh);
        let mut dependencies: Vec<ReldepRef<'_>> = files.iter().map(|path| plain(path)).collect();
        for id in fresh.iter() {
            dependencies.extend(all.sack().package(id).provides());
        }
        fresh = all.clone().filter_relation(Relation::Requires, &dependencies).into_packages();
        fresh.subtract(&found);
        found.union(&fresh);
    }
    Query::from_set(all.sack(), found)
}

/// Keeps packages that provide one of the capabilities, or own a file of that path.
pub(super) fn what_provides<'s>(
    session: &'s Session,
    query: Query<'s>,
    capabilities: &[String],
) -> Result<Query<'s>, Failure> {
    let mut found = query.clone().filter_relation_text(Relation::Provides, capabilities).into_packages();
    let paths: Vec<String> = capabilities.iter().filter(|text| needs_filelists(text)).cloned().collect();
    if !paths.is_empty() {
        found.union(with_files(session, query.clone(), &paths)?.packages());
    }
    Ok(query.and(&found))
}

/// Returns the latest packages that provide what an attribute of the packages lists.
pub(super) fn providers_of<'s>(
    session: &'s Session,
    all: &Query<'s>,
    query: Query<'s>,
    attribute: &str,
    recursive: bool,
) -> Query<'s> {
    let sack = session.sack();
    // Providers are looked for among packages of the same kind.
    let installed = query.packages().iter().next().is_some_and(|id| sack.is_installed(id));
    let base = if installed { all.clone().installed() } else { all.clone().available() };
    let providers = |of: &PackageSet| {
        let mut wanted: Vec<ReldepRef<'_>> = Vec::new();
        for id in of.iter() {
            wanted.extend(relations(&sack.package(id), attribute).unwrap_or_default());
        }
        let mut found = base.clone().filter_provides(&wanted).into_packages();
        let paths: Vec<&str> = wanted.iter().map(|dep| dep.name).filter(|name| name.starts_with('/')).collect();
        found.union(base.clone().filter_file(Match::Exact, &paths).packages());
        found
    };
    let mut found = providers(query.packages());
    if recursive {
        let mut fresh = found.clone();
        while !fresh.is_empty() {
            fresh = providers(&fresh);
            fresh.subtract(&found);
            found.union(&fresh);
        }
    }
    Query::from_set(sack, found).filter_latest(1)
}

fn named(all: &Query<'_>, capabilities: &[String]) -> PackageSet {
    let settings =
        SpecSettings { with_provides: false, with_filenames: false, with_binaries: false, ..SpecSettings::default() };
    let mut found = PackageSet::new();
    for text in capabilities {
        found.union(&all.resolve_spec(text, &settings).packages);
    }
    found
}

fn files_of(all: &Query<'_>, packages: &PackageSet) -> Vec<String> {
    let files = packages.iter().flat_map(|id| all.sack().package(id).files());
    files.map(|file| file.path()).collect()
}

fn plain(name: &str) -> ReldepRef<'_> {
    ReldepRef { name, sense: oxidnf_core::reldep::Sense::ANY, evr: "" }
}
