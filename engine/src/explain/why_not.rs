//! Why a package cannot come: the facts that contradict each other, and options that would help.

use std::collections::{BTreeSet, HashSet};

use oxidnf_catalog::{ExcludeKind, PackageId, Query, SpecSettings};
use oxidnf_core::Plan;
use oxidnf_core::conf::Priority;
use oxidnf_solver::{Problem, Rule};

use crate::error::Error;
use crate::request::{Operation, Request};
use crate::resolved::{GoalNote, Resolved};
use crate::session::Session;

/// What stands between the system and a package.
#[derive(Debug, Clone, Default)]
pub struct Obstacle {
    /// Installed packages that the spec names already.
    pub installed: Vec<PackageId>,
    /// What would happen when the package was installed; `None` when it cannot be.
    pub plan: Option<Plan>,
    /// Remarks about the spec: what it matches, and what not.
    pub notes: Vec<GoalNote>,
    /// Why there is no solution, or, beside a plan, why not the best candidate comes. Each problem holds only facts that
    /// are needed for the contradiction.
    pub problems: Vec<Problem>,
    /// What would help, each tried out; the fewest options first.
    pub ways: Vec<WayOut>,
}

/// Something that lets the package come.
#[derive(Debug, Clone)]
pub struct WayOut {
    /// The options that are needed together.
    pub options: Vec<Way>,
    /// What would happen then.
    pub plan: Plan,
}

/// An option that may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Other versions than the best ones may come.
    NoBest,
    /// Installed packages may go.
    AllowErasing,
    /// Dependencies may be downgraded.
    AllowDowngrade,
    /// Packages may be replaced by those of other vendors.
    AllowVendorChange,
    /// Excludes, includes and version locks do not count.
    NoExcludes,
    /// The stream of a module is enabled.
    EnableStream {
        /// `name:stream`.
        stream: String,
        /// Whether another stream is enabled, so that changing it must be allowed.
        switches: bool,
    },
}

const WAYS: [Way; 5] = [Way::NoBest, Way::AllowErasing, Way::AllowDowngrade, Way::AllowVendorChange, Way::NoExcludes];

impl Session {
    /// Finds out what prevents the installation of what a spec names.
    ///
    /// Needs installed and available packages. Nothing is asked of plug-ins, as nothing is going to happen.
    pub fn why_not(&mut self, spec: &str) -> Result<Obstacle, Error> {
        let plain = self.attempt(spec, &[])?;
        let installed = Query::new(&self.sack).installed().resolve_spec(spec, &SpecSettings::default()).packages;
        let mut found =
            Obstacle { installed: self.sack.sorted(&installed), notes: plain.notes.clone(), ..Obstacle::default() };
        if plain.is_failed() {
            found.problems = plain.problems.into_iter().map(told_once).collect();
            found.ways = self.ways_out(spec)?;
            if found.ways.is_empty() {
                found.ways = self.ways_by_streams(spec)?;
            }
        } else {
            found.problems = plain.strict_problems.into_iter().map(told_once).collect();
            found.plan = Some(plain.plan);
        }
        Ok(found)
    }

    /// Tries single options, and pairs of them when none helps alone.
    fn ways_out(&mut self, spec: &str) -> Result<Vec<WayOut>, Error> {
        let useful: Vec<Way> = WAYS.into_iter().filter(|way| self.may_help(way)).collect();
        let mut ways = Vec::new();
        for way in &useful {
            self.try_way(spec, std::slice::from_ref(way), &mut ways)?;
        }
        if ways.is_empty() {
            for (place, one) in useful.iter().enumerate() {
                for two in &useful[place + 1..] {
                    self.try_way(spec, &[one.clone(), two.clone()], &mut ways)?;
                }
            }
        }
        Ok(ways)
    }

    fn try_way(&mut self, spec: &str, options: &[Way], ways: &mut Vec<WayOut>) -> Result<(), Error> {
        let resolved = self.attempt(spec, options)?;
        if !resolved.is_failed() && resolved.plan.inbound().next().is_some() {
            ways.push(WayOut { options: options.to_vec(), plan: resolved.plan });
        }
        Ok(())
    }

    /// Tells whether an option is not in force anyway.
    fn may_help(&self, way: &Way) -> bool {
        let options = &self.config.options;
        match way {
            Way::NoBest => options.best.value(),
            Way::AllowErasing => true,
            Way::AllowDowngrade => !options.allow_downgrade.value(),
            Way::AllowVendorChange => !options.allow_vendor_change.value(),
            Way::NoExcludes => {
                let hides = |kind| !self.sack.excluded(kind).is_empty();
                hides(ExcludeKind::Config)
                    || hides(ExcludeKind::Versionlock)
                    || self.sack.available() != Query::new(&self.sack).available().into_packages()
            }
            // Which streams there are depends on the spec.
            Way::EnableStream { .. } => false,
        }
    }

    /// Decides the installation under some options.
    pub(super) fn attempt(&mut self, spec: &str, ways: &[Way]) -> Result<Resolved, Error> {
        let has = |way: Way| ways.contains(&way);
        let mut request = Request::new(Operation::Install, [spec]);
        request.options.smallest_problems = true;
        request.options.allow_erasing = has(Way::AllowErasing);
        request.options.best = has(Way::NoBest).then_some(false);
        request.options.allow_downgrade = has(Way::AllowDowngrade).then_some(true);
        // What is left out silently would be no answer.
        request.options.skip_broken = Some(false);
        request.options.skip_unavailable = Some(false);
        let kept = self.config.options.clone();
        if has(Way::AllowVendorChange) {
            self.config.options.allow_vendor_change.set(Priority::Runtime, true);
        }
        if !has(Way::NoExcludes) {
            let resolved = self.decide(&request);
            self.config.options = kept;
            return resolved;
        }
        self.config.options.disable_excludes.set(Priority::Runtime, vec!["*".to_owned()]);
        let resolved = self.apply_excludes().and_then(|()| self.decide(&request));
        self.config.options = kept;
        self.apply_excludes()?;
        resolved
    }
}

/// Leaves out facts about an available package that is told of the same build installed, which the solver has to rule
/// out as well.
fn told_once(problem: Problem) -> Problem {
    let Problem::Unsolvable { rules } = problem else { return problem };
    let mut seen = HashSet::new();
    Problem::Unsolvable { rules: rules.into_iter().filter(|rule| seen.insert(told(rule))).collect() }
}

/// Returns what is told of two packages, whichever of them is the first; other facts stand for themselves.
fn told(rule: &Rule) -> (Option<Rule>, BTreeSet<String>, String) {
    match rule {
        Rule::Conflicts { package, dependency, other } => {
            let builds = [package, other].map(|package| package.nevra.to_string()).into_iter().collect();
            (None, builds, dependency.clone())
        }
        _ => (Some(rule.clone()), BTreeSet::new(), String::new()),
    }
}
