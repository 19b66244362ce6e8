//! Packages that modules hide.

use std::collections::HashSet;

use oxidnf_catalog::{PackageId, PackageSet, Relation, Sack};
use oxidnf_core::Nevra;
use oxidnf_core::reldep::{ReldepRef, Sense};

use super::ModuleSack;

/// What the builds of modules mean for packages.
#[derive(Debug, Default)]
pub(crate) struct Filtered {
    /// Packages of active builds.
    include: HashSet<Nevra>,
    /// Packages of other builds.
    exclude: HashSet<Nevra>,
    /// Names of packages of active builds.
    names: HashSet<String>,
    /// Names of source packages of active builds.
    source_names: HashSet<String>,
}

impl ModuleSack {
    /// Sorts the packages of all builds.
    pub(crate) fn filtered(&self) -> Filtered {
        let mut filtered = Filtered::default();
        for (place, item) in self.items.iter().enumerate() {
            let active = self.resolution.active.contains(&place);
            let packages = item.stream.artifacts.iter().filter_map(|text| Nevra::parse(text));
            if !active {
                filtered.exclude.extend(packages);
                continue;
            }
            for nevra in packages {
                let is_source = matches!(nevra.arch.as_str(), "src" | "nosrc");
                let names = if is_source { &mut filtered.source_names } else { &mut filtered.names };
                names.insert(nevra.name.clone());
                filtered.include.insert(nevra);
            }
        }
        filtered
    }
}

impl Filtered {
    /// Returns which of `targets` are hidden: packages of builds that are not active, and packages that have the name of
    /// one of an active build, or provide it.
    pub(crate) fn hidden(&self, sack: &Sack, targets: &PackageSet) -> PackageSet {
        let mut hidden = PackageSet::new();
        let target = |id: &PackageId| targets.contains(*id);
        let included = |id: &PackageId| self.include.contains(&sack.package(*id).nevra());
        for nevra in self.exclude.iter().filter(|nevra| !self.include.contains(*nevra)) {
            let found = sack.named(&nevra.name).filter(|id| target(id) && sack.package(*id).nevra() == *nevra);
            hidden.union(&found.collect());
        }
        for name in &self.names {
            let named = sack.named(name).filter(|id| target(id) && !included(id));
            hidden.union(&named.collect());
            let dependency = ReldepRef { name, sense: Sense::ANY, evr: "" };
            let providers = sack.related(Relation::Provides, &dependency);
            hidden.union(&providers.iter().filter(|id| target(id) && !included(id)).collect());
        }
        for name in &self.source_names {
            let sources = sack.named(name).filter(|id| target(id) && sack.package(*id).is_source() && !included(id));
            hidden.union(&sources.collect());
        }
        hidden
    }
}
