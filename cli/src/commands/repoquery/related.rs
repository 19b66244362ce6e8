//! Packages that are related to others by their dependencies.

use oxidnf_core::reldep::ReldepRef;
use oxidnf_engine::Session;
use oxidnf_engine::catalog::{Match, PackageId, PackageSet, Query, Relation, SpecSettings};
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
        let related = query.clone().filter_relation(*kind, &dependencies);
        found.union(
            related.filter(|id| !providers.contains(id) || needs_another(&all, id, *kind, &providers)).packages(),
        );
        found.union(query.clone().filter_relation_text(*kind, capabilities).packages());
    }
    query.and(&found)
}

/// Tells whether a package has a dependency of a kind that one of the providers meets which is not the package itself.
// witness: compat-tests/tests/decisions.rs::answers_about_packages_themselves
fn needs_another(all: &Query<'_>, id: PackageId, kind: Relation, providers: &PackageSet) -> bool {
    let sack = all.sack();
    let mut dependencies = sack.package(id).relations(kind);
    dependencies.any(|dep| sack.what_provides(&dep).into_iter().any(|other| other != id && providers.contains(other)))
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
    let providers = |of: &PackageSet| {
        let mut wanted: Vec<ReldepRef<'_>> = Vec::new();
        for id in of.iter() {
            wanted.extend(relations(&sack.package(id), attribute).unwrap_or_default());
        }
        let mut found = all.clone().filter_provides(&wanted).into_packages();
        let paths: Vec<&str> = wanted.iter().map(|dep| dep.name).filter(|name| name.starts_with('/')).collect();
        found.union(all.clone().filter_file(Match::Exact, &paths).packages());
        found
    };
    let mut found = providers(query.packages());
    if recursive && attribute == "requires" {
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
