//! From an interrupted transaction to one that can run on.

use std::path::PathBuf;
use std::sync::Arc;

use oxidnf_core::Checksum;
use oxidnf_core::package_file::{PackageFile, WantedDigests};
use oxidnf_core::root::Root;
use oxidnf_rpmdb::RpmDb;

use super::entry::{Level, PlannedElement};
use super::interrupted::{Interrupted, Others};
use super::log::Journal;
use super::replay::Standing;
use super::{LEAST_ROOM, ROOM, keep, leftovers, repair};
use crate::element::{Member, Placement};
use crate::error::TransactionError;
use crate::fsm::dirs::RootDir;
use crate::outcome::ElementEnd;
use crate::run::Tested;
use crate::settings::{Clock, Filter, Flags, Settings};

/// Why an interrupted transaction cannot be resumed as things are.
#[derive(Debug, thiserror::Error)]
pub enum ResumeRefusal {
    /// Others have changed the rpm database since.
    #[error("the rpm database was changed after the transaction was interrupted")]
    Changed(Others),
    /// A scriptlet that the interrupted run had started still runs.
    #[error("a scriptlet of the interrupted transaction still runs as process {0}")]
    Running(u32),
    /// Package files that are needed are gone or are not what they were.
    #[error("package files are missing or were changed")]
    Packages(Vec<PathBuf>),
    /// The attempt itself failed.
    #[error(transparent)]
    Error(#[from] TransactionError),
}

impl Interrupted {
    /// Prepares the rest of the transaction; it runs with [`Tested::run_with`] and the journal that comes with it.
    ///
    /// The caller holds the transaction lock. Of `settings`, flags, filter, transaction id and
    /// `SOURCE_DATE_EPOCH` are those of the journal.
    pub fn resume<'a>(
        mut self,
        db: &'a RpmDb,
        root: &'a Root,
        mut settings: Settings,
    ) -> Result<(Tested<'a>, Journal), ResumeRefusal> {
        if let Some(pid) = self.living_scriptlet() {
            return Err(ResumeRefusal::Running(pid));
        }
        let others = self.others(db)?;
        if !others.is_empty() {
            return Err(ResumeRefusal::Changed(others));
        }
        self.remove_texts();
        settings.flags = Flags(self.intent.flags);
        settings.filter = Filter(self.intent.filter);
        settings.tid = self.intent.tid;
        if let Some(start) = self.intent.epoch {
            let given = self.known.elements.iter().filter(|standing| standing.hnum.is_some()).count();
            settings.clock = Clock::Epoch(start + given as u64);
        }
        let dir =
            RootDir::new(root).map_err(|source| TransactionError::Root { path: root.path().to_owned(), source })?;
        let mut members = self.members(db)?;
        skip_partners(&mut members);
        check_packages(&mut members, &self.intent.elements)?;
        if !settings.flags.any(Flags::JUSTDB) {
            for (member, standing) in members.iter_mut().zip(&self.known.elements) {
                member.placement = placement(member, standing, &dir);
            }
        }
        let suffix = settings.temporary_suffix();
        for member in members.iter().filter(|member| member.placement == Placement::Again) {
            leftovers::remove_temporaries(&dir, &member.files, suffix.as_bytes());
        }
        let waiting = members.iter().filter(|member| member.is_install() && member.end.is_none());
        let tables: Vec<_> = waiting.map(|member| Arc::clone(&member.files)).collect();
        leftovers::remove_staged(&dir, &tables, suffix.as_bytes());
        let mounts = Some(self.intent.mounts.clone());
        let room = LEAST_ROOM + ROOM * members.len() as u64;
        let Interrupted { known, .. } = self;
        let journal = Journal::append(root, known, room)?;
        Ok((Tested { db, root, dir, settings, members, mounts }, journal))
    }

    fn members(&self, db: &RpmDb) -> Result<Vec<Member>, ResumeRefusal> {
        let missing: Vec<PathBuf> = self.elements().into_iter().filter_map(|element| element.missing).collect();
        if !missing.is_empty() {
            return Err(ResumeRefusal::Packages(missing));
        }
        let elements = self.intent.elements.iter().zip(&self.known.elements).enumerate();
        Ok(elements
            .map(|(number, (planned, standing))| self.member(number, planned, standing, db))
            .collect::<Result<_, _>>()?)
    }

    fn member(
        &self,
        number: usize,
        planned: &PlannedElement,
        standing: &Standing,
        db: &RpmDb,
    ) -> Result<Member, TransactionError> {
        let mut member = match (&planned.package, planned.hnum) {
            (Some(package), _) => Member::install(keep::open(&self.root, number, package)?, planned.action)?,
            (None, Some(hnum)) => {
                let header = match db.header(hnum) {
                    Ok(header) => header,
                    Err(_) => keep::header_of_gone(&self.root, number, planned)?,
                };
                Member::erase(hnum, header, planned.partner)?
            }
            (None, None) => return Err(TransactionError::JournalDamaged),
        };
        if member.nevra != planned.nevra {
            let source = std::io::Error::other(format!("it holds {}", member.nevra));
            return Err(TransactionError::Stopped { what: format!("use the package of {}", planned.nevra), source });
        }
        if let Some((actions, changed)) = &standing.fates
            // The header of a package that is gone may be known by its name only.
            && actions.len() == member.actions.len()
        {
            member.actions.clone_from(actions);
            member.changed.clone_from(changed);
        }
        if member.is_install() {
            member.hnum = standing.hnum;
        }
        member.end = standing.end;
        Ok(member)
    }
}

/// Skips erasures whose installation did not succeed.
fn skip_partners(members: &mut [Member]) {
    let failed = |member: &Member| member.is_install() && member.end.is_some_and(|end| end != ElementEnd::Done);
    let failed: Vec<bool> = members.iter().map(failed).collect();
    for member in members.iter_mut().filter(|member| member.end.is_none()) {
        if member.partner.is_some_and(|partner| failed[partner]) {
            member.end = Some(ElementEnd::Skipped);
        }
    }
}

/// Compares the package files that are still needed with what they were; their signatures were judged by then.
fn check_packages(members: &mut [Member], planned: &[PlannedElement]) -> Result<(), ResumeRefusal> {
    let mut other = Vec::new();
    for (member, planned) in members.iter_mut().zip(planned) {
        let Some((package, was)) = member.package.as_ref().zip(planned.package.as_ref()) else { continue };
        let same = package.file_size() == was.size && (member.end.is_some() || has_digests(package, &was.digests)?);
        if !same {
            other.push(was.path.clone());
        }
        member.package_digests.clone_from(&was.digests);
    }
    if other.is_empty() { Ok(()) } else { Err(ResumeRefusal::Packages(other)) }
}

/// Tells whether a package file has these digests; none are known of what was not verified.
fn has_digests(package: &PackageFile, digests: &[Checksum]) -> Result<bool, TransactionError> {
    if digests.is_empty() {
        return Ok(true);
    }
    let path = || package.path().to_owned();
    let now = package
        .digests(&WantedDigests::default())
        .map_err(|source| TransactionError::Package { path: path(), source })?;
    Ok(digests.iter().all(|digest| now.whole.contains(digest)))
}

fn placement(member: &Member, standing: &Standing, dir: &RootDir) -> Placement {
    match standing.level {
        _ if !member.is_install() => Placement::Fresh,
        _ if standing.end.is_some_and(|end| end != ElementEnd::Done) => Placement::Done,
        Level::Waiting => Placement::Fresh,
        Level::Begun | Level::Moving => Placement::Again,
        Level::Moved | Level::Recorded if standing.suspect => repair::placement(member, dir),
        Level::Moved | Level::Recorded => Placement::Done,
    }
}
