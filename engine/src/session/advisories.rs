//! Which packages advisories name.

use std::collections::HashMap;

use oxidnf_catalog::{Comparison, Excludes, PackageSet, Query};
use oxidnf_repo::metadata::Advisory;

use super::Session;
use crate::advisories::{AdvisedBuilds, SelectedAdvisories};
use crate::error::Error;
use crate::goal::Advised;
use crate::request::{AdvisoryFilter, Operation, Request, needs_filelists};

impl Session {
    /// Returns the available packages that matching advisories lead to.
    pub(super) fn advised(&self, filter: Option<&AdvisoryFilter>) -> Result<Option<Advised>, Error> {
        let Some(filter) = filter else { return Ok(None) };
        let selected = self.select_advisories(Some(filter))?;
        let builds = AdvisedBuilds::new(selected.chosen(), &self.sack);
        let packages = || Query::with_excludes(&self.sack, Excludes::NONE);
        Ok(Some(Advised {
            named: builds.keep(packages(), Comparison::Equal).into_packages(),
            resolving: builds.keep_resolving(packages().available()).into_packages(),
        }))
    }

    /// Returns the advisories that options choose, of all loaded repositories.
    pub fn select_advisories(&self, filter: Option<&AdvisoryFilter>) -> Result<SelectedAdvisories, Error> {
        Ok(SelectedAdvisories::choose(self.advisories()?, filter))
    }

    /// Returns the advisories of all loaded repositories, in the order in which dnf5 loads those.
    pub fn advisories(&self) -> Result<Vec<Advisory>, Error> {
        let mut all = Vec::new();
        for (_, info) in self.sack.repos() {
            let Some(repo) = self.available.iter().find(|repo| repo.id == info.id) else { continue };
            let advisories = repo
                .metadata
                .advisories()
                .map_err(|source| Error::Catalog { id: repo.id.clone(), source: Error::boxed(source) })?;
            // One that names no package is none to dnf5, which finds advisories by their packages.
            all.extend(advisories.into_iter().filter(|advisory| advisory.packages().next().is_some()));
        }
        Ok(all)
    }

    /// Returns what the file lists say of specs that are paths.
    pub(super) fn spec_owners(&self, request: &Request) -> Result<HashMap<String, PackageSet>, Error> {
        let mut owners = HashMap::new();
        let incoming = request.items.iter().filter(|item| item.operation != Operation::Remove);
        for spec in incoming.flat_map(|item| &item.specs).filter(|spec| needs_filelists(spec)) {
            owners.insert(spec.clone(), self.path_owners(std::slice::from_ref(spec))?);
        }
        Ok(owners)
    }
}
