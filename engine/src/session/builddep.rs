//! What source packages need to be built.

use std::collections::BTreeSet;
use std::path::Path;

use oxidnf_catalog::{ExcludeKind, Match, Package, PackageSet, Query, SpecSettings};

use super::Session;
use super::command_line::catalog_of;
use crate::error::Error;

/// What sources need, and what must not be there, when they are built; as rpm writes dependencies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildDependencies {
    /// Requirements.
    pub requires: BTreeSet<String>,
    /// Conflicts.
    pub conflicts: BTreeSet<String>,
}

impl BuildDependencies {
    fn add(&mut self, package: &Package<'_>) {
        for dep in package.requires() {
            self.require(dep.to_string());
        }
        self.conflicts.extend(package.conflicts().map(|dep| dep.to_string()));
    }

    /// Adds a requirement unless it is one that rpm itself meets.
    pub fn require(&mut self, dependency: String) {
        if !dependency.starts_with("rpmlib(") {
            self.requires.insert(dependency);
        }
    }
}

impl Session {
    /// Adds what the source packages need that a text names: by their own name, or by that of a package that was built
    /// from them. Returns `false` when there are none.
    pub fn add_source_dependencies(&self, spec: &str, needs: &mut BuildDependencies) -> bool {
        let settings = SpecSettings {
            with_provides: false,
            with_filenames: false,
            with_binaries: false,
            expand_globs: false,
            ..SpecSettings::default()
        };
        let all = Query::new(&self.sack);
        let mut names = vec![spec.to_owned()];
        for id in all.resolve_spec(spec, &settings).packages.iter() {
            // name-version-release.src.rpm
            names.extend(self.sack.package(id).sourcerpm().rsplitn(3, '-').nth(2).map(str::to_owned));
        }
        let sources = all.filter_arch(Match::Exact, &["src", "nosrc"]).filter_name(Match::Exact, &names);
        sources.packages().iter().for_each(|id| needs.add(&self.sack.package(id)));
        !sources.is_empty()
    }

    /// Adds what a source package file needs.
    pub fn add_file_dependencies(&self, path: &Path, needs: &mut BuildDependencies) -> Result<(), Error> {
        let text = path.to_string_lossy();
        let catalog = catalog_of("@source", &[(&text, path)])?;
        catalog.packages().for_each(|package| needs.add(&package));
        Ok(())
    }

    /// Hides available packages of these names, and returns the installed ones, which are in the way.
    pub fn keep_away(&mut self, names: &BTreeSet<String>) -> Vec<String> {
        let names: Vec<&String> = names.iter().collect();
        let named = Query::new(&self.sack).filter_name(Match::Exact, &names);
        let mut hidden: PackageSet = self.sack.excluded(ExcludeKind::User).clone();
        hidden.union(named.clone().available().packages());
        let installed = named.installed().sorted();
        let nevras = installed.into_iter().map(|id| self.sack.package(id).nevra().to_string()).collect();
        self.sack.set_excluded(hidden, ExcludeKind::User);
        nevras
    }
}
