//! What the file lists of repositories know; the catalogs have a part of the paths only.

use std::collections::HashMap;

use oxidnf_catalog::{Match, PackageId, PackageSet, Query, RepoIndex};
use oxidnf_repo::metadata::{PathOwner, PathQuery};

use super::Session;
use super::load::LoadedRepo;
use crate::error::Error;

/// Available packages with some of their paths.
pub(crate) type Paths = Vec<(PackageId, Vec<String>)>;

impl Session {
    /// Returns the available packages that own a path, from the file lists that were loaded (`filelists` in
    /// [`Load::metadata`](crate::Load)); paths may be globs.
    pub fn path_owners(&self, paths: &[String]) -> Result<PackageSet, Error> {
        Ok(self.owned_paths(paths)?.into_iter().map(|(id, _)| id).collect())
    }

    /// As [`Session::path_owners`], with the paths that matched.
    pub fn owned_paths(&self, paths: &[String]) -> Result<Paths, Error> {
        let query = paths.iter().fold(PathQuery::new(), |query, path| query.path(path));
        let mut found = Vec::new();
        for repo in &self.available {
            found.extend(self.search(repo, &query, |index, owner| self.owner_ids(index, owner))?);
        }
        Ok(found)
    }

    /// Returns all paths of packages: from the rpm database or the loaded file lists, else those that the catalog has.
    pub fn file_lists(&self, packages: &PackageSet) -> Result<HashMap<PackageId, Vec<String>>, Error> {
        let known = |id: PackageId| self.sack.package(id).files().map(|file| file.path()).collect::<Vec<_>>();
        let mut lists: HashMap<PackageId, Vec<String>> = packages.iter().map(|id| (id, known(id))).collect();
        for repo in &self.available {
            let Some(index) = self.sack.find_repo(&repo.id) else { continue };
            let mut own = self.sack.repo_packages(index);
            own.intersect(packages);
            let ids: HashMap<String, PackageId> = own.iter().filter_map(|id| Some((self.pkgid(id)?, id))).collect();
            let query = PathQuery::new().of_packages(ids.keys().cloned().collect());
            lists.extend(self.search(repo, &query, |_, owner| ids.get(&owner.pkgid).copied().into_iter().collect())?);
        }
        Ok(lists)
    }

    fn pkgid(&self, id: PackageId) -> Option<String> {
        self.sack.package(id).checksum().map(|checksum| checksum.hex())
    }

    fn search(
        &self,
        repo: &LoadedRepo,
        query: &PathQuery,
        ids_of: impl Fn(RepoIndex, &PathOwner) -> Vec<PackageId>,
    ) -> Result<Paths, Error> {
        let listed = repo.metadata.path("filelists").is_ok_and(|path| path.is_file());
        let Some(index) = self.sack.find_repo(&repo.id).filter(|_| listed) else { return Ok(Vec::new()) };
        let threads = std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN);
        let owners = repo
            .metadata
            .path_owners(query, threads)
            .map_err(|source| Error::Catalog { id: repo.id.clone(), source: Error::boxed(source) })?;
        let mut found = Vec::new();
        for owner in owners {
            let ids = ids_of(index, &owner);
            let paths: Vec<String> = owner.paths.into_iter().map(|(path, _)| path).collect();
            found.extend(ids.into_iter().map(|id| (id, paths.clone())));
        }
        Ok(found)
    }

    fn owner_ids(&self, index: RepoIndex, owner: &PathOwner) -> Vec<PackageId> {
        let of_name = Query::from_set(&self.sack, self.sack.repo_packages(index))
            .filter_name(Match::Exact, &[owner.name.as_str()]);
        of_name.packages().iter().filter(|id| self.pkgid(*id).as_deref() == Some(owner.pkgid.as_str())).collect()
    }
}
