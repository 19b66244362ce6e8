//! From elements to a changed system: prepared, tested, run.

pub(crate) mod batch;
pub(crate) mod check;
pub(crate) mod element;
pub(crate) mod phases;
pub(crate) mod record;
pub(crate) mod verify;

use std::collections::{HashMap, HashSet};

use oxidnf_core::event::{Event, Outcome as TaskOutcome, Reporter, ScriptletKind, Task, TaskId};
use oxidnf_core::root::Root;
use oxidnf_rpmdb::{DbError, RpmDb};

use crate::dependencies;
use crate::element::{Element, Member};
use crate::error::TransactionError;
use crate::files::prepare;
use crate::fsm::dirs::RootDir;
use crate::journal::Journal;
use crate::order::relations;
use crate::outcome::Outcome;
use crate::problem::Problem;
use crate::settings::Settings;

/// A transaction whose elements are read and stand in the order in which they will run.
#[derive(Debug)]
pub struct Prepared<'a> {
    db: &'a RpmDb,
    root: &'a Root,
    dir: RootDir,
    settings: Settings,
    members: Vec<Member>,
    /// For each member, its place in the order in which the elements were given.
    given: Vec<usize>,
    problems: Vec<Problem>,
}

/// A transaction that may run.
#[derive(Debug)]
pub struct Tested<'a> {
    pub(crate) db: &'a RpmDb,
    pub(crate) root: &'a Root,
    pub(crate) dir: RootDir,
    pub(crate) settings: Settings,
    pub(crate) members: Vec<Member>,
    /// Filesystems that will be written to; none when the files were not looked at yet.
    pub(crate) mounts: Option<Vec<String>>,
}

/// Why a transaction may not run.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Something stands in the way; nothing was changed.
    #[error("the transaction has {} problems", .0.len())]
    Problems(Vec<Problem>),
    /// The test itself failed.
    #[error(transparent)]
    Error(#[from] TransactionError),
}

impl<'a> Prepared<'a> {
    /// Reads the elements and orders them.
    ///
    /// Their order matters where no dependency decides: of independent elements, later ones run first.
    pub fn new(
        elements: Vec<Element>,
        db: &'a RpmDb,
        root: &'a Root,
        mut settings: Settings,
    ) -> Result<Self, TransactionError> {
        settings.flags = settings.flags.folded();
        let dir =
            RootDir::new(root).map_err(|source| TransactionError::Root { path: root.path().to_owned(), source })?;
        let mut members = Vec::with_capacity(elements.len());
        let mut problems = Vec::new();
        let mut leaving = HashSet::new();
        for element in elements {
            let (records, partner) = match element {
                Element::Install { package, action, replaces } => {
                    members.push(Member::install(package.into_inner(), action)?);
                    (replaces, Some(members.len() - 1))
                }
                Element::Erase { hnum } => (vec![hnum], None),
            };
            for hnum in records {
                if !leaving.insert(hnum) {
                    replace_again(&mut members, hnum, partner);
                    continue;
                }
                match db.header(hnum) {
                    Ok(header) => members.push(Member::erase(hnum, header, partner)?),
                    Err(DbError::NoRecord { .. }) => {
                        problems.push(Problem::NotInstalled { package: format!("#{hnum}") });
                    }
                    Err(error) => return Err(TransactionError::database("read")(error)),
                }
            }
        }
        let order = relations::order(&members, &settings, &dir);
        let members = in_order(members, &order);
        Ok(Prepared { db, root, dir, settings, members, given: order, problems })
    }

    /// Iterates over the elements in the order in which they will run: name and whether it is installed.
    pub fn order(&self) -> impl Iterator<Item = (&oxidnf_core::Nevra, bool)> {
        self.members.iter().map(|member| (&member.nevra, member.is_install()))
    }

    /// Returns the dependencies that would not be met, as rpm finds them before it orders the elements.
    pub fn dependencies(&self) -> Result<Vec<Problem>, TransactionError> {
        let mut problems = dependencies::check(&self.members, self.db, &self.dir, &self.settings)?;
        // Not by the name: a package may replace itself.
        // witness: compat-tests/tests/transactions/records.rs::missing_dependencies_are_told_by_element
        problems.sort_by_key(|(member, _)| self.given.get(*member).copied());
        Ok(problems.into_iter().map(|(_, problem)| problem).collect())
    }

    /// Checks the packages and compares their files with those on disk, in the database and in each other.
    ///
    /// Changes nothing.
    pub fn test(self, reporter: &dyn Reporter) -> Result<Tested<'a>, Refusal> {
        self.tested(reporter, true)
    }

    /// Checks only the packages: what their files meet is looked at during the run, after the scriptlets that come
    /// first, as rpm does without a test before it.
    ///
    /// If packages are refused, everything is told at once, files included.
    pub fn check(self, reporter: &dyn Reporter) -> Result<Tested<'a>, Refusal> {
        self.tested(reporter, false)
    }

    fn tested(mut self, reporter: &dyn Reporter, whole: bool) -> Result<Tested<'a>, Refusal> {
        let mut problems = std::mem::take(&mut self.problems);
        if self.settings.check_dependencies {
            let missing = dependencies::check(&self.members, self.db, &self.dir, &self.settings)?;
            problems.extend(missing.into_iter().map(|(_, problem)| problem));
        }
        problems.extend(check::check(&self.members, self.db, &self.settings)?);
        problems.extend(verify::verify(&mut self.members, &self.settings, reporter));
        let mut mounts = None;
        if whole || !problems.is_empty() {
            let id = TaskId::fresh();
            let total = Some(self.members.len() as u64);
            reporter.report(Event::Started { id, task: Task::Prepare, total });
            let found = prepare::prepare(&mut self.members, self.db, &self.dir, &self.settings, whole);
            reporter.report(Event::Finished { id, outcome: TaskOutcome::Ok });
            let found = found?;
            problems.extend(found.problems);
            mounts = Some(found.mounts);
        }
        if !problems.is_empty() {
            sort_by_element(&mut problems, &self.members);
            return Err(Refusal::Problems(problems));
        }
        let Prepared { db, root, dir, settings, members, given: _, problems: _ } = self;
        Ok(Tested { db, root, dir, settings, members, mounts })
    }
}

/// Sorts problems by element, as rpm tells them.
pub(crate) fn sort_by_element(problems: &mut [Problem], members: &[Member]) {
    let mut places = HashMap::new();
    for (place, member) in members.iter().enumerate() {
        // Of a package that replaces itself, the installation comes first.
        places.entry(member.nevra.to_string()).or_insert(place);
    }
    problems.sort_by_key(|problem| places.get(problem.package()).copied());
}

impl Tested<'_> {
    /// Runs the transaction.
    ///
    /// The caller holds the transaction lock, or takes it here a second time. Failed elements and scriptlets are part
    /// of the outcome; an error means that the executor itself could not go on.
    pub fn run(self, reporter: &dyn Reporter) -> Result<Outcome, TransactionError> {
        self.run_with(&Journal::none(), reporter)
    }

    /// As [`Tested::run`], keeping a journal: that of [`Tested::journal`] or
    /// [`Interrupted::resume`](crate::Interrupted::resume).
    ///
    /// After an error the transaction can be resumed; after an outcome the caller writes its own books and then calls
    /// [`Journal::finish`].
    pub fn run_with(self, journal: &Journal, reporter: &dyn Reporter) -> Result<Outcome, TransactionError> {
        phases::run(self, journal, reporter)
    }

    /// Returns how many elements are still to be run, and how many of them are installed.
    pub fn remaining(&self) -> (usize, usize) {
        let rest = || self.members.iter().filter(|member| member.end.is_none());
        (rest().count(), rest().filter(|member| member.is_install()).count())
    }

    /// Tells whether some package has a scriptlet that may change what the test looked at.
    pub(crate) fn has_pretrans(&self) -> bool {
        let installs = self.members.iter().filter(|member| member.is_install());
        installs.into_iter().any(|member| member.header.scriptlet(ScriptletKind::PreTrans).is_some())
    }
}

/// Gives a record that leaves already to another package that takes it away, too.
///
/// For rpm it belongs to the last of the same name, and when there is none to the first that obsoletes it.
fn replace_again(members: &mut [Member], hnum: u32, partner: Option<usize>) {
    let Some(partner) = partner else { return };
    let name = members[partner].nevra.name.clone();
    let erased = members.iter_mut().find(|member| member.package.is_none() && member.hnum == Some(hnum));
    if let Some(erased) = erased.filter(|erased| erased.nevra.name == name) {
        erased.partner = Some(partner);
    }
}

/// Sorts members and keeps the erasures' references to their installations.
fn in_order(members: Vec<Member>, order: &[usize]) -> Vec<Member> {
    let mut place = vec![0; members.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    let mut slots: Vec<Option<Member>> = members.into_iter().map(Some).collect();
    let moved = order.iter().filter_map(|old| slots[*old].take());
    moved.map(|member| Member { partner: member.partner.map(|old| place[old]), ..member }).collect()
}
