//! Why a package is on the system: the way from what was asked for down to it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use oxidnf_catalog::{PackageId, PackageSet, Relation};
use oxidnf_core::Reason;

use crate::error::Error;
use crate::goal::running_kernel;
use crate::history::PastTransaction;
use crate::session::Session;

/// Why one installed package is there.
#[derive(Debug, Clone)]
pub struct Why {
    /// The package.
    pub package: PackageId,
    /// The stored reason.
    pub reason: Reason,
    /// The ways that lead to it, shortest first, requirements before recommendations; none when nothing that is wanted
    /// needs it. A package that is wanted itself has one way, without steps.
    pub chains: Vec<Chain>,
    /// Installed packages that need it, when no way leads there.
    pub idle: Vec<PackageId>,
}

/// A way from a wanted package.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Where it begins.
    pub start: PackageId,
    /// What makes that one wanted.
    pub wanted: Wanted,
    /// The packages that follow, each needed by the one before.
    pub steps: Vec<Step>,
}

/// What makes a package wanted by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The user asked for it; in which transaction, if the history knows.
    Asked(Option<Box<PastTransaction>>),
    /// Installed groups list it; their ids.
    Group(Vec<String>),
    /// Something else than dnf5 or this program brought it.
    External,
    /// It is the package of the running kernel.
    RunningKernel,
    /// `protected_packages` names it.
    Protected,
}

/// One package on the way.
#[derive(Debug, Clone)]
pub struct Step {
    /// The package.
    pub package: PackageId,
    /// How the package before needs it.
    pub need: Need,
}

/// How one package needs another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Requires, Recommends, or, in the needed package, Supplements.
    pub relation: Relation,
    /// The dependency.
    pub dependency: String,
    /// Other installed packages that meet it as well.
    pub others: Vec<PackageId>,
}

/// How far a way is: recommendations on it, then its length.
type Distance = (u32, u32);

impl Session {
    /// Finds out why an installed package is there.
    ///
    /// Needs the installed packages; what is available does not matter.
    pub fn why(&self, package: PackageId) -> Result<Why, Error> {
        let reason = self.reason(package);
        let protects = self.config.options.protect_running_kernel.value();
        let kernel = if protects { running_kernel(&self.sack) } else { None };
        if let Some(wanted) = self.wanted(package, kernel)? {
            let chain = Chain { start: package, wanted, steps: Vec::new() };
            return Ok(Why { package, reason, chains: vec![chain], idle: Vec::new() });
        }
        let mut search = Search::new(self, package);
        let mut chains = Vec::new();
        while let Some(id) = search.next() {
            match self.wanted(id, kernel)? {
                Some(wanted) => chains.push(Chain { start: id, wanted, steps: search.steps(id) }),
                None => search.expand(id),
            }
        }
        let idle = if chains.is_empty() { search.needed_by(package).into_keys().collect() } else { Vec::new() };
        Ok(Why { package, reason, chains, idle })
    }

    /// Tells whether, and why, a package stays without anything that needs it.
    fn wanted(&self, id: PackageId, kernel: Option<PackageId>) -> Result<Option<Wanted>, Error> {
        let package = self.sack.package(id);
        let (name, arch) = (package.name(), package.arch());
        Ok(match self.reason(id) {
            Reason::User => Some(Wanted::Asked(self.history()?.asked_for(name, arch)?.map(Box::new))),
            Reason::Group => {
                let lists = |group: &crate::state::GroupState| group.packages.iter().any(|member| member == name);
                let ids = self.state.groups().iter().filter(|(_, group)| lists(group)).map(|(id, _)| id.clone());
                Some(Wanted::Group(ids.collect()))
            }
            Reason::ExternalUser | Reason::None => Some(Wanted::External),
            _ if kernel == Some(id) => Some(Wanted::RunningKernel),
            _ if self.config.protected.iter().any(|protected| protected == name) => Some(Wanted::Protected),
            _ => None,
        })
    }
}

/// A walk from a package up to those that need it, nearest first.
struct Search<'a> {
    session: &'a Session,
    installed: PackageSet,
    /// How far each package is, which one it needs on the shortest way, and how.
    reached: BTreeMap<PackageId, (Distance, Option<(PackageId, Relation)>)>,
    open: BinaryHeap<Reverse<(Distance, PackageId)>>,
}

impl<'a> Search<'a> {
    fn new(session: &'a Session, from: PackageId) -> Self {
        let mut search = Search {
            session,
            installed: session.sack.installed(),
            reached: BTreeMap::from([(from, ((0, 0), None))]),
            open: BinaryHeap::new(),
        };
        search.expand(from);
        search
    }

    /// Returns the nearest package that was not looked at.
    fn next(&mut self) -> Option<PackageId> {
        loop {
            let Reverse((distance, id)) = self.open.pop()?;
            if self.reached.get(&id).is_some_and(|(shortest, _)| *shortest == distance) {
                return Some(id);
            }
        }
    }

    fn expand(&mut self, id: PackageId) {
        let (weak, length) = self.reached.get(&id).map(|(distance, _)| *distance).unwrap_or_default();
        for (needer, relation) in self.needed_by(id) {
            let distance = (weak + u32::from(relation != Relation::Requires), length + 1);
            let nearer = self.reached.get(&needer).is_none_or(|(known, _)| distance < *known);
            if nearer {
                self.reached.insert(needer, (distance, Some((id, relation))));
                self.open.push(Reverse((distance, needer)));
            }
        }
    }

    /// Returns the installed packages that need another, each with the strongest way in which it does.
    fn needed_by(&self, id: PackageId) -> BTreeMap<PackageId, Relation> {
        let sack = &self.session.sack;
        let one: PackageSet = std::iter::once(id).collect();
        let mut found = BTreeMap::new();
        let mut add = |packages: PackageSet, relation| {
            for other in packages.iter().filter(|other| *other != id && self.installed.contains(*other)) {
                found.entry(other).or_insert(relation);
            }
        };
        add(sack.related_to_packages(Relation::Requires, &one), Relation::Requires);
        add(sack.related_to_packages(Relation::Recommends, &one), Relation::Recommends);
        for dep in sack.package(id).supplements() {
            add(sack.related(Relation::Provides, &dep), Relation::Supplements);
        }
        found
    }

    /// Returns the way from a package down to where the walk began.
    fn steps(&self, from: PackageId) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = from;
        while let Some((_, Some((next, relation)))) = self.reached.get(&at) {
            steps.push(Step { package: *next, need: self.need(at, *next, *relation) });
            at = *next;
        }
        steps
    }

    fn need(&self, needer: PackageId, needed: PackageId, relation: Relation) -> Need {
        let sack = &self.session.sack;
        let (owner, other) = if relation == Relation::Supplements { (needed, needer) } else { (needer, needed) };
        for dep in sack.package(owner).relations(relation) {
            let providers = sack.related(Relation::Provides, &dep);
            if providers.contains(other) {
                let others = providers.iter().filter(|id| *id != other && self.installed.contains(*id)).collect();
                return Need { relation, dependency: dep.to_string(), others };
            }
        }
        // Only a rich dependency can be found by one of its operands and not be met as a whole.
        Need { relation, dependency: sack.package(other).name().to_owned(), others: Vec::new() }
    }
}
