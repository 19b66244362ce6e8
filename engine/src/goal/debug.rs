//! `debuginfo-install`: packages with debug information and with the sources that it refers to.

use std::collections::{BTreeMap, BTreeSet};

use oxidnf_catalog::{Match, Package, PackageId, PackageSet};
use oxidnf_core::string_set;
use oxidnf_solver::Job;

use super::{Lowering, all_forms};
use crate::request::Operation;
use crate::resolved::GoalNoteKind;

const DEBUGINFO: &str = "-debuginfo";
const DEBUGSOURCE: &str = "-debugsource";

impl Lowering<'_> {
    /// Installs what belongs to the packages that a spec means: to the installed builds of a name, or, if it has none,
    /// to all that are available.
    pub(super) fn install_debug(&mut self, spec: &str) {
        let operation = Operation::InstallDebug;
        let found = self.find(&self.query(), spec, &all_forms()).packages;
        if found.is_empty() {
            return self.missing(&operation, spec, !self.skip_unavailable());
        }
        let bases = self.without_debug_packages(self.builds(&found));
        let (mut no_debuginfo, mut no_debugsource) = (BTreeSet::new(), BTreeSet::new());
        let bases: Vec<_> = bases.into_iter().flat_map(|(_, builds)| self.by_installed_arch(builds)).collect();
        for build in bases {
            let Some(first) = build.first().map(|id| self.sack().package(*id)) else { continue };
            let source = source_name(&first);
            // What has none of its own may have its part in that of the source package.
            let names = [debuginfo_name(first.name()), format!("{source}{DEBUGINFO}")];
            if !names.iter().any(|name| self.install_beside(name, &build)) {
                no_debuginfo.extend(build.iter().map(|id| self.full_nevra(*id)));
            }
            if !self.install_beside(&format!("{source}{DEBUGSOURCE}"), &build) {
                no_debugsource.extend(build.iter().map(|id| self.full_nevra(*id)));
            }
        }
        if !no_debuginfo.is_empty() {
            self.note(&operation, spec, GoalNoteKind::NoDebuginfo { nevras: no_debuginfo }, false);
        }
        if !no_debugsource.is_empty() {
            self.note(&operation, spec, GoalNoteKind::NoDebugsource { nevras: no_debugsource }, false);
        }
    }

    /// Returns the installed packages of each name, or else the available ones, in the order of dnf5's tables.
    // witness: compat-tests/tests/debuginfo.rs::many_packages
    fn builds(&self, found: &PackageSet) -> Vec<(String, Vec<PackageId>)> {
        let (mut installed, mut available) = (Builds::default(), Builds::default());
        for id in self.sack().in_order(found) {
            let builds = if self.sack().is_installed(id) { &mut installed } else { &mut available };
            builds.add(self.name(id), id);
        }
        let names = string_set::merged(installed.names, available.names);
        let of = |name: String| {
            let builds = installed.packages.remove(&name).or_else(|| available.packages.remove(&name));
            (name, builds.unwrap_or_default())
        };
        names.into_iter().map(of).collect()
    }

    /// Takes debug packages away: those of a package that is there come with it, in its version; the others were asked
    /// for by name, and are installed as they are.
    fn without_debug_packages(&mut self, builds: Vec<(String, Vec<PackageId>)>) -> Vec<(String, Vec<PackageId>)> {
        let mut names: BTreeSet<String> = builds.iter().map(|(name, _)| name.clone()).collect();
        let mut bases = Vec::new();
        for (name, packages) in builds {
            let stem = name.strip_suffix(DEBUGINFO).or_else(|| name.strip_suffix(DEBUGSOURCE));
            let Some(stem) = stem else {
                bases.push((name, packages));
                continue;
            };
            if !names.contains(stem) {
                self.install_all(packages);
            }
            names.remove(&name);
        }
        bases
    }

    /// Splits installed packages by architecture, in the order of dnf5's tables; available ones stay together.
    fn by_installed_arch(&self, builds: Vec<PackageId>) -> Vec<Vec<PackageId>> {
        if !builds.iter().any(|id| self.sack().is_installed(*id)) {
            return vec![builds];
        }
        let mut arches = Builds::default();
        for id in builds {
            arches.add(self.sack().package(id).arch(), id);
        }
        let order = string_set::unordered(arches.names);
        order.into_iter().filter_map(|arch| arches.packages.remove(&arch)).collect()
    }

    /// Installs the packages of a name that have the version and architecture of one of some builds; tells whether there
    /// are any.
    fn install_beside(&mut self, name: &str, builds: &[PackageId]) -> bool {
        let sack = self.sack();
        let fits = |id: PackageId| {
            let package = sack.package(id);
            let same = |build: &PackageId| {
                let build = sack.package(*build);
                build.arch() == package.arch() && build.evr().same_text(&package.evr())
            };
            builds.iter().any(same)
        };
        let found = self.query().filter_name(Match::Exact, &[name]).filter(fits);
        let found = sack.in_order(found.packages());
        let any = !found.is_empty();
        if any {
            self.install_all(found);
        }
        any
    }

    /// Makes one job of packages, each of which counts as asked for.
    fn install_all(&mut self, packages: Vec<PackageId>) {
        let nevras: Vec<_> = packages.iter().map(|id| self.nevra(*id)).collect();
        self.out.named_packages.extend(nevras);
        let flags = self.flags(true);
        self.out.goal.add(Job::install(packages, flags));
    }
}

/// Packages by name or architecture.
#[derive(Default)]
struct Builds {
    packages: BTreeMap<String, Vec<PackageId>>,
    /// The keys as they came.
    names: Vec<String>,
}

impl Builds {
    fn add(&mut self, key: &str, id: PackageId) {
        if !self.packages.contains_key(key) {
            self.names.push(key.to_owned());
        }
        self.packages.entry(key.to_owned()).or_default().push(id);
    }
}

/// Returns the name of the package with the debug information of a package; debug packages are their own.
pub fn debuginfo_name(name: &str) -> String {
    if name.ends_with(DEBUGINFO) {
        return name.to_owned();
    }
    format!("{}{DEBUGINFO}", name.strip_suffix(DEBUGSOURCE).unwrap_or(name))
}

/// Returns the name of the source package that a package was built from; a source package is its own. What is no file's
/// name is one as a whole, as in libsolv.
///
/// witness: compat-tests/tests/decisions.rs::answers_about_sources
pub fn source_name<'c>(package: &Package<'c>) -> &'c str {
    if !package.sourcerpm().is_empty() && package.sourcerpm().strip_suffix(".rpm").is_none() {
        return package.sourcerpm();
    }
    // NAME-VERSION-RELEASE.src.rpm
    let name = package.sourcerpm().rsplitn(3, '-').nth(2).unwrap_or_default();
    if name.is_empty() { package.name() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_names() {
        for (name, want) in
            [("bash", "bash-debuginfo"), ("bash-debuginfo", "bash-debuginfo"), ("bash-debugsource", "bash-debuginfo")]
        {
            assert_eq!(debuginfo_name(name), want);
        }
    }
}
