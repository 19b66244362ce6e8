//! What is wrong with what is installed.

use oxidnf_core::Reldep;
use oxidnf_rpmdb::{Access, RpmDb};

use super::Session;
use crate::check::{CheckedPackage, Checks, Installed, check};
use crate::error::Error;

impl Session {
    /// Looks for packages with something wrong about them, in dnf5's order.
    pub fn check(&mut self, checks: Checks) -> Result<Vec<CheckedPackage>, Error> {
        let path = self.db_path()?;
        let failed = |source| Error::Database { operation: "read", path: path.clone(), source: Error::boxed(source) };
        let db = RpmDb::open(&self.roots.target, &path, Access::Read).map_err(failed)?;
        let mut headers = Vec::new();
        for package in db.packages().map_err(failed)? {
            headers.push(package.map_err(failed)?);
        }
        let installonly = self.config.options.installonlypkgs.get();
        let installonly: Vec<Reldep> = installonly.iter().filter_map(|text| Reldep::parse(text)).collect();
        let headers = headers.into_iter().map(|(_, header)| header);
        Ok(check(&Installed::new(headers, installonly, &self.roots.target), checks))
    }
}
