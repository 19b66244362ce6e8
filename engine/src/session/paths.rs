//! What the file lists of repositories know; the catalogs have a part of the paths only.

use std::collections::HashMap;

use oxidnf_catalog::{CatalogError, FoundPath, Match, PackageId, PackageSet, PathIndex, Query, RepoIndex};
use oxidnf_repo::catalog_cache::CatalogSettings;
use oxidnf_repo::config::glob_match;
use oxidnf_repo::metadata::{PathOwner, PathQuery};
use oxidnf_repo::path_cache;

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
        let query = || paths.iter().fold(PathQuery::new(), |query, path| query.path(path));
        let mut found = Vec::new();
        for repo in self.available.iter().filter(|repo| repo.with_file_lists) {
            let Some(index) = self.sack.find_repo(&repo.id) else { continue };
            if !has_file_lists(repo) {
                found.extend(self.known_paths(index, paths));
                continue;
            }
            match ask(repo, |index| index.find(paths)) {
                Some(answer) => found.extend(self.grouped(index, answer)),
                None => found.extend(Session::search(repo, &query(), |owner| self.owner_ids(index, owner))?),
            }
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
            let numbers: Vec<u32> = own.iter().map(|id| self.sack.package(id).index()).collect();
            if let Some(answer) = ask(repo, |index| index.paths_of(&numbers)) {
                lists.extend(self.grouped(index, answer));
                continue;
            }
            let ids: HashMap<String, PackageId> = own.iter().filter_map(|id| Some((self.pkgid(id)?, id))).collect();
            let query = PathQuery::new().of_packages(ids.keys().cloned().collect());
            lists.extend(Session::search(repo, &query, |owner| ids.get(&owner.pkgid).copied().into_iter().collect())?);
        }
        Ok(lists)
    }

    /// Looks among the paths that the metadata of packages lists itself, where a repository has no file lists.
    fn known_paths(&self, repo: RepoIndex, paths: &[String]) -> Paths {
        let matches = |path: &String| paths.iter().any(|pattern| pattern == path || glob_match(pattern, path));
        let owners = Query::from_set(&self.sack, self.sack.repo_packages(repo)).filter_file(Match::Glob, paths);
        let of = |id: PackageId| self.sack.package(id).files().map(|file| file.path()).filter(matches).collect();
        owners.packages().iter().map(|id| (id, of(id))).collect()
    }

    /// Names the packages as the sack does, and joins the paths of each; they come one after the other.
    fn grouped(&self, repo: RepoIndex, found: Vec<FoundPath>) -> Paths {
        let mut paths: Paths = Vec::new();
        for FoundPath { package, path, .. } in found {
            let id = self.sack.id(repo, package);
            match paths.last_mut().filter(|(last, _)| *last == id) {
                Some((_, of_last)) => of_last.push(path),
                None => paths.push((id, vec![path])),
            }
        }
        paths
    }

    fn pkgid(&self, id: PackageId) -> Option<String> {
        self.sack.package(id).checksum().map(|checksum| checksum.hex())
    }

    /// Looks through the file lists themselves, where there is no index of them.
    fn search(
        repo: &LoadedRepo,
        query: &PathQuery,
        ids_of: impl Fn(&PathOwner) -> Vec<PackageId>,
    ) -> Result<Paths, Error> {
        if !has_file_lists(repo) {
            return Ok(Vec::new());
        }
        let threads = std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN);
        let owners = repo
            .metadata
            .path_owners(query, threads)
            .map_err(|source| Error::Catalog { id: repo.id.clone(), source: Error::boxed(source) })?;
        let mut found = Vec::new();
        for owner in owners {
            let ids = ids_of(&owner);
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

/// Asks the index of a repository's paths; `None` when there is none, or when it is found damaged and cannot be made
/// again.
fn ask(
    repo: &LoadedRepo,
    question: impl Fn(&PathIndex) -> Result<Vec<FoundPath>, CatalogError>,
) -> Option<Vec<FoundPath>> {
    question(repo.catalog.paths()?).ok().or_else(|| {
        let made = path_cache::rebuild(&repo.metadata, &repo.catalog, CatalogSettings::default()).ok()??;
        question(&made).ok()
    })
}

/// Tells whether a repository offers file lists, and they are here.
fn has_file_lists(repo: &LoadedRepo) -> bool {
    repo.metadata.path("filelists").is_ok_and(|path| path.is_file())
}
