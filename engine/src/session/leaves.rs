//! Installed packages that no other one requires.

use std::collections::BTreeSet;

use oxidnf_catalog::{PackageId, PackageSet, Query};
use oxidnf_core::{Action, Plan};

use super::Session;
use crate::error::Error;
use crate::request::RequestOptions;

impl Session {
    /// Returns the groups of installed packages that no other installed package requires.
    pub fn leaves(&self) -> Result<Vec<Vec<PackageId>>, Error> {
        self.leaves_among(&Query::new(&self.sack).installed().into_packages())
    }

    /// Returns what will be a leaf after a plan and is none now: `name.arch`, sorted.
    pub fn new_leaves(&self, plan: &Plan) -> Result<Vec<String>, Error> {
        let before = Query::new(&self.sack).installed().into_packages();
        let mut after = before.clone();
        for item in &plan.items {
            let in_plan =
                |id: &PackageId| self.nevra(*id) == item.package.nevra && self.repo_id(*id) == item.package.repo_id;
            let found = self.sack.named(&item.package.nevra.name).find(in_plan);
            match item.action {
                Action::Install | Action::Upgrade | Action::Downgrade | Action::Reinstall => {
                    found.map(|id| after.insert(id));
                }
                Action::Remove | Action::Replaced => {
                    found.map(|id| after.remove(id));
                }
                Action::ReasonChange => {}
            }
        }
        let names = |packages: &PackageSet| -> Result<BTreeSet<String>, Error> {
            let leaves = self.leaves_among(packages)?;
            let name = |id: PackageId| {
                let package = self.sack.package(id);
                format!("{}.{}", package.name(), package.arch())
            };
            Ok(leaves.into_iter().flatten().map(name).collect())
        };
        let known = names(&before)?;
        Ok(names(&after)?.into_iter().filter(|name| !known.contains(name)).collect())
    }

    /// As [`Session::leaves`], of some packages as if there were no others.
    pub fn leaves_among(&self, packages: &PackageSet) -> Result<Vec<Vec<PackageId>>, Error> {
        oxidnf_solver::leaves(&self.sack, packages, &self.solver_options(&RequestOptions::default()))
            .map_err(|source| Error::Solver { source: Error::boxed(source) })
    }
}
