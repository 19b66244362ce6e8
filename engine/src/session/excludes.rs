//! Hiding packages by configuration (reference of dnf5, sections 4.5, 4.6 and 4.8).

use oxidnf_catalog::{ExcludeKind, PackageId, PackageSet, Query, RepoKind, SpecSettings};
use oxidnf_core::Evr;
use oxidnf_repo::config::glob_match;

use super::Session;
use crate::error::Error;

/// Specs of exclude lists are names and NEVRAs; source packages count, too.
fn settings() -> SpecSettings {
    SpecSettings {
        with_provides: false,
        with_filenames: false,
        with_binaries: false,
        with_source: true,
        ..SpecSettings::default()
    }
}

impl Session {
    /// Computes which packages are hidden.
    pub(crate) fn apply_excludes(&mut self) -> Result<(), Error> {
        let disabled = self.config.options.disable_excludes.get().clone();
        let all_off = disabled.iter().any(|word| word == "*");
        let mut excluded = PackageSet::new();
        let mut included = PackageSet::new();
        let repos: Vec<_> = self.sack.repos().map(|(index, info)| (index, info.clone())).collect();
        let main_off = all_off || disabled.iter().any(|word| word == "main");
        let main_includes = if main_off { Vec::new() } else { self.config.options.includepkgs.get() };
        let main_excludes = if main_off { Vec::new() } else { self.config.options.excludepkgs.get() };
        for (index, info) in repos {
            let config = self.repos.iter().find(|config| config.id == info.id);
            let own = config.filter(|_| !all_off && !disabled.iter().any(|glob| glob_match(glob, &info.id)));
            let packages = self.sack.repo_packages(index);
            if let Some(config) = own {
                excluded.union(&self.matching(&packages, &config.excludepkgs));
                included.union(&self.matching(&packages, &config.includepkgs));
            }
            let uses_own = own.is_some_and(|config| !config.includepkgs.is_empty());
            // The main list is for the installed packages as well.
            self.sack.set_uses_includes(index, uses_own || !main_includes.is_empty());
        }
        let all = self.sack.all();
        excluded.union(&self.matching(&all, &main_excludes));
        included.union(&self.matching(&all, &main_includes));
        self.sack.set_excluded(excluded, ExcludeKind::Config);
        self.sack.set_included(included);
        let mut hidden = self.hidden_by_time_and_version();
        hidden.union(&self.hidden_by_lock());
        self.sack.set_excluded(hidden, ExcludeKind::User);
        if !all_off {
            let locked = self.locked_out()?;
            self.sack.set_excluded(locked, ExcludeKind::Versionlock);
        }
        Ok(())
    }

    /// Returns the available packages that came after the snapshot, or are older than what the settings allow.
    fn hidden_by_time_and_version(&self) -> PackageSet {
        let mut hidden = PackageSet::new();
        for (index, info) in self.sack.repos().filter(|(_, info)| info.kind == RepoKind::Available) {
            let Some(snapshot) = &self.settings.snapshot else { break };
            if snapshot.except.iter().any(|glob| glob_match(glob, &info.id)) {
                continue;
            }
            let later = |id: &PackageId| self.sack.package(*id).file_time() > snapshot.time;
            hidden.union(&self.sack.repo_packages(index).iter().filter(later).collect());
        }
        for (name, least) in &self.settings.minimum_versions {
            let least = Evr::parse(least);
            let older = |id: &PackageId| {
                let evr = self.sack.package(*id).evr();
                // A version without a release stands for all of its releases.
                let release = least.release.and(evr.release);
                !self.sack.is_installed(*id) && Evr { release, ..evr }.rpm_cmp(&least).is_lt()
            };
            hidden.union(&self.sack.named(name).filter(older).collect());
        }
        hidden
    }

    fn matching(&self, among: &PackageSet, specs: &[String]) -> PackageSet {
        let mut found = PackageSet::new();
        for spec in specs {
            let query = Query::from_set(&self.sack, among.clone());
            found.union(&query.resolve_spec(spec, &settings()).packages);
        }
        found
    }
}
