//! Which packages advisories name.

use std::collections::HashMap;

use oxidnf_catalog::{Match, PackageSet, Query};
use oxidnf_core::Evr;
use oxidnf_repo::metadata::Advisory;

use super::Session;
use crate::error::Error;
use crate::request::{AdvisoryFilter, Operation, Request, needs_filelists};

impl Session {
    /// Returns the available packages that are at least as new as what a matching advisory names.
    pub(super) fn advised(&self, filter: Option<&AdvisoryFilter>) -> Result<Option<PackageSet>, Error> {
        let Some(filter) = filter else { return Ok(None) };
        let mut found = PackageSet::new();
        for advisory in self.advisories()?.iter().filter(|advisory| filter.matches(advisory)) {
            for package in advisory.collections.iter().flat_map(|collection| &collection.packages) {
                let evr =
                    Evr { epoch: Some(package.epoch), version: &package.version, release: Some(&package.release) };
                let candidates = Query::from_set(&self.sack, self.sack.available())
                    .filter_name(Match::Exact, &[package.name.as_str()])
                    .filter_arch(Match::Exact, &[package.arch.as_str()])
                    .filter_evr(oxidnf_catalog::Comparison::GreaterEqual, &[evr]);
                found.union(candidates.packages());
            }
        }
        Ok(Some(found))
    }

    /// Returns the advisories of all loaded repositories, in order of repository ids.
    pub fn advisories(&self) -> Result<Vec<Advisory>, Error> {
        let mut all = Vec::new();
        for repo in &self.available {
            let advisories = repo
                .metadata
                .advisories()
                .map_err(|source| Error::Catalog { id: repo.id.clone(), source: Error::boxed(source) })?;
            all.extend(advisories);
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

impl AdvisoryFilter {
    /// Tells whether an advisory is wanted: any of the given names, types, severities or references is its own.
    pub fn matches(&self, advisory: &Advisory) -> bool {
        let severity = if advisory.severity.is_empty() { "none" } else { &advisory.severity };
        let refers = |wanted: &[String], kind: &str| {
            advisory.references.iter().any(|reference| reference.kind == kind && wanted.contains(&reference.id))
        };
        self.names.contains(&advisory.id)
            || self.types.contains(&advisory.kind_text)
            || self.severities.iter().any(|wanted| wanted.eq_ignore_ascii_case(severity))
            || refers(&self.bugs, "bugzilla")
            || refers(&self.cves, "cve")
    }
}
