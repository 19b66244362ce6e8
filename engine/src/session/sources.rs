//! Unpacking source packages, as `rpm -i` does it.

use std::path::PathBuf;

use oxidnf_core::PlanItem;
use oxidnf_core::event::{Event, Outcome, Reporter, Task, TaskId};
use oxidnf_transaction::{SourceDirs, unpack_source};

use super::Session;
use crate::download::Downloaded;
use crate::error::Error;
use crate::prompt::Prompt;
use crate::resolved::Resolved;

/// Where rpm unpacks source packages when no macro file says anything else.
const TOPDIR: &str = "%{getenv:HOME}/rpmbuild";

impl Session {
    /// Verifies source packages and unpacks them into `%_specdir` and `%_sourcedir` of the target root; nothing is
    /// installed, and neither the rpm database nor the history knows of it.
    ///
    /// Returns the spec files, as paths below the root.
    pub fn unpack_sources(
        &mut self,
        resolved: &Resolved,
        downloaded: &Downloaded,
        prompt: &mut dyn Prompt,
        reporter: &dyn Reporter,
    ) -> Result<Vec<PathBuf>, Error> {
        let inbound: Vec<&PlanItem> = resolved.plan.inbound().collect();
        let packages = self.verify_files(&inbound, downloaded, (prompt, reporter))?.packages;
        let dirs = self.source_dirs()?;
        let mut specs = Vec::new();
        for package in packages {
            let package = package.get();
            let failed = |source| Error::Transaction { source: Error::boxed(source) };
            let nevra = package.nevra().map_err(failed)?;
            let id = TaskId::fresh();
            reporter.report(Event::Started {
                id,
                task: Task::Install { nevra: &nevra, action: oxidnf_core::Action::Install },
                total: None,
            });
            let unpacked = unpack_source(package, &self.roots.target, &dirs);
            reporter.report(Event::Finished { id, outcome: Outcome::Ok });
            specs.extend(unpacked.map_err(|source| Error::Transaction { source: Error::boxed(source) })?);
        }
        Ok(specs)
    }

    fn source_dirs(&mut self) -> Result<SourceDirs, Error> {
        let home = self.settings.environment.home.clone().unwrap_or_default().display().to_string();
        let macros = self.macros()?;
        let top = macros.value("_topdir").unwrap_or_else(|| TOPDIR.to_owned());
        let dir = |name: &str, usual: &str| {
            let text = macros.value(name).unwrap_or_else(|| format!("{top}/{usual}"));
            // The only function that these macros use.
            PathBuf::from(text.replace("%{_topdir}", &top).replace("%{getenv:HOME}", &home))
        };
        Ok(SourceDirs { specs: dir("_specdir", "SPECS"), sources: dir("_sourcedir", "SOURCES") })
    }
}
