//! Installed packages, as far as dependencies ask for them; those that the transaction erases are left out.

use std::collections::{HashMap, HashSet};

use oxidnf_core::header::{DepKind, FileState, Header, HeaderDep};
use oxidnf_core::reldep::Sense;
use oxidnf_rpmdb::{Hnum, Index, RpmDb};

use super::Dependency;
use crate::element::Member;
use crate::error::TransactionError;
use crate::providers::{ProviderIndex, last_component, overlap};

/// The database without what is erased.
pub(super) struct Installed<'a> {
    db: &'a RpmDb,
    erased: HashSet<Hnum>,
    /// Records that were read; none for damaged ones, which count as not there.
    headers: HashMap<Hnum, Option<Header>>,
}

impl<'a> Installed<'a> {
    pub(super) fn new(db: &'a RpmDb, members: &[Member]) -> Self {
        let erased = members.iter().filter(|member| !member.is_install()).filter_map(|member| member.hnum).collect();
        Installed { db, erased, headers: HashMap::new() }
    }

    /// Returns a record.
    pub(super) fn header(&mut self, hnum: Hnum) -> Option<Header> {
        let db = self.db;
        self.headers.entry(hnum).or_insert_with(|| db.header(hnum).ok()).clone()
    }

    /// Returns the records with a key that stay, and where in them it comes from.
    pub(super) fn find(&self, index: Index, key: &[u8]) -> Result<Vec<(Hnum, u32)>, TransactionError> {
        self.rows(index, key, false)
    }

    fn rows(&self, index: Index, key: &[u8], with_erased: bool) -> Result<Vec<(Hnum, u32)>, TransactionError> {
        let found = self.db.find(index, key).map_err(TransactionError::database("search"))?;
        let stays = |hnum: &Hnum| with_erased || !self.erased.contains(hnum);
        Ok(found.into_iter().map(|hit| (hit.hnum, hit.idx)).filter(|(hnum, _)| stays(hnum)).collect())
    }

    /// Returns the records that meet a dependency: all of them, or just one.
    pub(super) fn providers(
        &mut self,
        dep: &Dependency<'_>,
        added: &mut ProviderIndex<'_>,
        all: bool,
    ) -> Result<Vec<Hnum>, TransactionError> {
        let mut found = Vec::new();
        if dep.kind != DepKind::Obsoletes && dep.name.first() == Some(&b'/') {
            self.owners(dep, added, all, &mut found)?;
            if !found.is_empty() && !all {
                return Ok(found);
            }
        }
        let index = if dep.kind == DepKind::Obsoletes { Index::Name } else { Index::Providename };
        for (hnum, idx) in self.rows(index, dep.name, dep.is_before())? {
            if dep.is_own(hnum) || !self.is_provided(dep, hnum, idx) {
                continue;
            }
            found.push(hnum);
            if !all {
                break;
            }
        }
        Ok(found)
    }

    /// Finds the packages with a file that is really there.
    fn owners(
        &mut self,
        dep: &Dependency<'_>,
        added: &mut ProviderIndex<'_>,
        all: bool,
        found: &mut Vec<Hnum>,
    ) -> Result<(), TransactionError> {
        let base = last_component(dep.name);
        let dir = &dep.name[..dep.name.len() - base.len()];
        for (hnum, idx) in self.rows(Index::Basenames, base, dep.is_before())? {
            let Some(header) = self.header(hnum).filter(|_| !dep.is_own(hnum)) else { continue };
            let Some(file) = header.files().ok().and_then(|files| files.get(idx as usize)) else { continue };
            let there = matches!(file.state, Some(FileState::Normal | FileState::NetShared));
            if there && added.same_dir(file.dirname, dir) {
                found.push(hnum);
                if !all {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Compares a dependency with one entry of a record.
    fn is_provided(&mut self, dep: &Dependency<'_>, hnum: Hnum, idx: u32) -> bool {
        if dep.range.0.comparison() == Sense::ANY || dep.range.1.is_empty() {
            return true;
        }
        let Some(header) = self.header(hnum) else { return false };
        if dep.kind == DepKind::Obsoletes {
            return header.nevra().is_ok_and(|nevra| {
                let evr = nevra.evr().with_epoch().to_string();
                overlap((Sense::EQUAL, evr.as_bytes()), dep.range)
            });
        }
        entry(&header, DepKind::Provides, idx).is_some_and(|provide| overlap((provide.sense, provide.evr), dep.range))
    }
}

/// Returns one dependency of a header.
pub(super) fn entry(header: &Header, kind: DepKind, idx: u32) -> Option<HeaderDep<'_>> {
    header.deps(kind).nth(idx as usize)
}
