//! Packages that must not come as weak dependencies (reference of dnf5, section 5.5).

use std::collections::{BTreeSet, HashSet};

use oxidnf_catalog::PackageId;

use crate::load::Universe;
use crate::options::Options;
use crate::rich::intern;
use crate::sys::SolvId;

/// Returns the packages that neither a recommendation nor a supplement may bring in.
pub(crate) fn excluded(universe: &mut Universe<'_>, options: &Options) -> Vec<SolvId> {
    let configured = options.exclude_from_weak.iter().filter_map(|id| universe.number(id));
    let mut excluded: BTreeSet<SolvId> = configured.collect();
    // Without weak dependencies nothing could bring them in anyway.
    if options.exclude_from_weak_autodetect && options.install_weak_deps {
        unmet_recommends(universe, &mut excluded);
        old_supplements(universe, &mut excluded);
    }
    excluded.into_iter().collect()
}

/// What an installed package recommends and nothing installed provides was refused or removed by the user, so it does
/// not come back with an upgrade. The version does not matter, and rich dependencies are left alone, as in dnf5.
fn unmet_recommends(universe: &mut Universe<'_>, excluded: &mut BTreeSet<SolvId>) {
    let sack = universe.sack;
    let installed: Vec<PackageId> = universe.loaded().map(|(id, _)| id).filter(|id| sack.is_installed(*id)).collect();
    let mut seen = HashSet::new();
    for id in installed {
        for dep in sack.package(id).recommends().filter(|dep| !dep.is_rich()) {
            if !seen.insert(dep.name) {
                continue;
            }
            let name = universe.pool.intern(dep.name);
            let providers = universe.pool.providers(name.into());
            let seen = |number: &SolvId| universe.package(*number).filter(|id| universe.considered.contains(*id));
            if !providers.iter().filter_map(seen).any(|id| sack.is_installed(id)) {
                excluded.extend(providers.into_iter().filter(|number| seen(number).is_some()));
            }
        }
    }
}

/// What supplements an installed package and is not there was refused or removed by the user as well.
fn old_supplements(universe: &mut Universe<'_>, excluded: &mut BTreeSet<SolvId>) {
    let sack = universe.sack;
    let installed_names: HashSet<&str> = sack.installed().iter().map(|id| sack.package(id).name()).collect();
    let candidates: Vec<(PackageId, SolvId)> = universe
        .loaded()
        .filter(|(id, _)| !sack.is_installed(*id) && universe.considered.contains(*id))
        .filter(|(id, _)| !installed_names.contains(sack.package(*id).name()))
        .collect();
    for (id, number) in candidates {
        for dep in sack.package(id).supplements().filter(|dep| !dep.is_rich()) {
            let Some(dep) = intern(&mut universe.pool, &dep) else { continue };
            let providers = universe.pool.providers(dep);
            if providers.iter().filter_map(|provider| universe.package(*provider)).any(|id| sack.is_installed(id)) {
                excluded.insert(number);
                break;
            }
        }
    }
}
