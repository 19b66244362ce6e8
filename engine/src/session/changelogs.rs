//! What changed in packages.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;

use oxidnf_catalog::{PackageId, PackageSet};
use oxidnf_core::header::Tag;
use oxidnf_rpmdb::{Access, RpmDb};

use super::Session;
use crate::error::Error;

pub use oxidnf_repo::metadata::ChangelogEntry;

impl Session {
    /// Returns the changelogs of packages, newest entry first: from the rpm database, and from the metadata `other`
    /// of repositories, which must have been asked for in [`Load::metadata`](crate::Load).
    ///
    /// A package without a changelog is left out.
    pub fn changelogs(&mut self, packages: &PackageSet) -> Result<HashMap<PackageId, Vec<ChangelogEntry>>, Error> {
        let mut logs = self.installed_changelogs(packages)?;
        for repo in &self.available {
            let Some(index) = self.sack.find_repo(&repo.id) else { continue };
            let mut own = self.sack.repo_packages(index);
            own.intersect(packages);
            let ids: HashMap<String, PackageId> =
                own.iter().filter_map(|id| Some((self.sack.package(id).checksum()?.hex(), id))).collect();
            let listed = repo.metadata.path("other").is_ok_and(|path| path.is_file());
            if ids.is_empty() || !listed {
                continue;
            }
            let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            let wanted: HashSet<String> = ids.keys().cloned().collect();
            let found = repo
                .metadata
                .changelogs(&wanted, threads)
                .map_err(|source| Error::Catalog { id: repo.id.clone(), source: Error::boxed(source) })?;
            for mut log in found {
                log.entries.reverse();
                logs.extend(ids.get(&log.pkgid).map(|id| (*id, log.entries)));
            }
        }
        logs.retain(|_, entries| !entries.is_empty());
        Ok(logs)
    }

    fn installed_changelogs(
        &mut self,
        packages: &PackageSet,
    ) -> Result<HashMap<PackageId, Vec<ChangelogEntry>>, Error> {
        let records: Vec<(PackageId, u32)> =
            packages.iter().filter_map(|id| Some((id, self.sack.package(id).hnum()?))).collect();
        if records.is_empty() {
            return Ok(HashMap::new());
        }
        let path = self.db_path()?;
        let failed = |source| Error::Database { operation: "read", path: path.clone(), source: Error::boxed(source) };
        let db = RpmDb::open(&self.roots.target, &path, Access::Read).map_err(failed)?;
        let mut logs = HashMap::new();
        for (id, hnum) in records {
            let header = db.header(hnum).map_err(failed)?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let authors = header.strings(Tag::CHANGELOGNAME);
            let entries = header.u32s(Tag::CHANGELOGTIME).zip(authors).zip(header.strings(Tag::CHANGELOGTEXT));
            let entries = entries.map(|((date, author), body)| ChangelogEntry {
                author: text(author),
                date: i64::from(date),
                text: text(body),
            });
            logs.insert(id, entries.collect());
        }
        Ok(logs)
    }
}
