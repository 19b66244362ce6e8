//! The course of a resolution (reference of dnf5, section 5.3).

use std::collections::{BTreeSet, HashSet};

use oxidnf_catalog::{PackageId, Sack};

use crate::convert::{Converter, package_ref};
use crate::error::SolverError;
use crate::goal::{Goal, Job};
use crate::installonly;
use crate::jobs;
use crate::load::Universe;
use crate::minimal;
use crate::options::Options;
use crate::order;
use crate::plan::{Planner, Steps};
use crate::problem::Problem;
use crate::resolution::{Resolution, Skipped, VendorChange};
use crate::slice::Slice;
use crate::sys::{Jobs, ProblemRule, RuleInfo, Solver};

/// Finds out what has to be done to reach a goal.
///
/// That there is no way is not an error: then [`Resolution::problems`] says why.
pub fn resolve(sack: &Sack, goal: &Goal, options: &Options) -> Result<Resolution, SolverError> {
    let mut slice = Slice::new(sack, goal, options);
    loop {
        let mut universe = Universe::load(sack, &slice.packages(), options)?;
        let jobs = jobs::build(&mut universe, goal, options);
        let mut run = Run { universe, slice: &mut slice, goal, options };
        if let Some(mut resolution) = run.resolve(&jobs)? {
            resolution.loaded = run.universe.len();
            return Ok(resolution);
        }
    }
}

struct Run<'a, 's> {
    universe: Universe<'s>,
    slice: &'a mut Slice<'s>,
    goal: &'a Goal,
    options: &'a Options,
}

/// What one solve came to.
struct Solved {
    steps: Steps,
    problems: Vec<Problem>,
    skipped: Skipped,
}

impl Run<'_, '_> {
    /// Resolves; `None` when something was chosen whose weak dependencies lead out of the slice, which has them now.
    fn resolve(&mut self, jobs: &Jobs) -> Result<Option<Resolution>, SolverError> {
        let sack = self.universe.sack;
        let vendor_change = self.options.allow_vendor_change;
        let Some(solved) = self.solve(jobs.clone(), vendor_change)? else { return Ok(None) };
        let mut resolution = Resolution { problems: solved.problems, skipped: solved.skipped, ..Resolution::default() };
        if !vendor_change && self.has_foreign_vendors() {
            let Some(free) = self.solve(jobs.clone(), true)? else { return Ok(None) };
            resolution.vendor_restricted = self.vendor_changes(&free.steps, &solved.steps);
        }
        if !resolution.problems.is_empty() {
            return Ok(Some(resolution));
        }
        if self.options.report_skipped && !is_strict(self.goal) {
            let Some(strict) = self.solve(jobs.strict(), vendor_change)? else { return Ok(None) };
            (resolution.strict_problems, resolution.skipped) = (strict.problems, strict.skipped);
            // What one job had to do without may come for another one, be it from another repository.
            let coming: BTreeSet<_> = solved.steps.inbound.iter().map(|step| sack.package(step.id).nevra()).collect();
            resolution.skipped.conflicting.retain(|package| !coming.contains(&package.nevra));
            resolution.skipped.broken.retain(|package| !coming.contains(&package.nevra));
        }
        let planner = Planner { sack: self.universe.sack, goal: self.goal, options: self.options };
        resolution.plan = planner.plan(&solved.steps);
        Ok(Some(resolution))
    }

    /// Solves, limits installonly packages, and checks that nothing protected goes; `None` as in [`Run::resolve`].
    fn solve(&mut self, mut jobs: Jobs, vendor_change: bool) -> Result<Option<Solved>, SolverError> {
        let options = self.options;
        let sack = self.universe.sack;
        let mut leave_to_erase = Jobs::default();
        jobs::allow_erasing(&mut leave_to_erase, &self.universe, options);
        let considered = self.universe.considered.clone();
        let (pool, package_of) = self.universe.parts();
        let mut solver = Solver::new(pool)?;
        jobs::set_flags(&mut solver, options, vendor_change);
        let mut failed = solver.solve(&jobs) > 0;
        let slice = &mut *self.slice;
        let mut leads_out = |solver: &Solver<'_>| {
            let chosen = solver.chosen().into_iter().filter_map(&package_of);
            slice.follow(chosen.filter(|id| !sack.is_installed(*id)), || solver.has_learned())
        };
        if !failed && leads_out(&solver) {
            return Ok(None);
        }
        if !failed && installonly::limit(&mut solver, &mut jobs, sack, &package_of, options) {
            // What depends on a version that goes may go with it.
            jobs.extend(&leave_to_erase);
            failed = solver.solve(&jobs) > 0;
            if !failed && leads_out(&solver) {
                return Ok(None);
            }
        }
        if failed {
            let mut problems = solver.problems();
            order::arrange(&mut problems, solver.pool_mut(), sack, &package_of);
            if options.smallest_problems {
                problems = problems.into_iter().map(minimal::smallest).collect();
            }
            let causes = |rules: Vec<ProblemRule>| rules.into_iter().flat_map(|rule| rule.infos).collect();
            let infos: Vec<Vec<RuleInfo>> = problems.into_iter().map(causes).collect();
            let converter =
                Converter { sack, pool: solver.pool(), package_of: &package_of, options, considered: &considered };
            let (problems, skipped) = converter.problems(&infos);
            return Ok(Some(Solved { steps: Steps::default(), problems, skipped }));
        }
        let transaction = solver.transaction()?;
        let steps = Steps::read(&solver, &transaction, &package_of);
        let problems = removed_protected(sack, options, &steps);
        Ok(Some(Solved { steps, problems, skipped: Skipped::default() }))
    }

    /// Tells whether some package is of another vendor than an installed one; without that no change can be forbidden.
    fn has_foreign_vendors(&self) -> bool {
        let sack = self.universe.sack;
        let installed: BTreeSet<&str> = sack.installed().iter().map(|id| sack.package(id).vendor()).collect();
        let Some(first) = installed.first() else { return false };
        installed.len() > 1 || self.universe.loaded().any(|(id, _)| sack.package(id).vendor() != *first)
    }

    /// Finds what comes only when vendors may change, each with the installed package whose vendor it is not of; the same
    /// build of another repository is no other.
    // witness: compat-tests/tests/decisions.rs::same_builds_of_other_vendors
    fn vendor_changes(&self, free: &Steps, restricted: &Steps) -> Vec<VendorChange> {
        let sack = self.universe.sack;
        let coming: HashSet<_> = restricted.inbound.iter().map(|step| sack.package(step.id).nevra()).collect();
        let mut changes = Vec::new();
        for step in free.inbound.iter().filter(|step| !coming.contains(&sack.package(step.id).nevra())) {
            let candidate = sack.package(step.id);
            // An installonly package replaces nothing; then it is compared with the other versions of it, and `noarch` ones
            // are versions of any.
            // witness: compat-tests/tests/decisions.rs::vendors_of_installonly_packages
            let mut old = step.replaces.clone();
            if old.is_empty() {
                let kin = |id: &PackageId| {
                    let installed = sack.package(*id);
                    let (old, new) = (installed.arch(), candidate.arch());
                    installed.name() == candidate.name() && (old == new || old == "noarch" || new == "noarch")
                };
                old = sack.installed().iter().filter(kin).collect();
            }
            let others = old.into_iter().filter(|id| sack.package(*id).vendor() != candidate.vendor()).collect();
            let mut old = sack.in_order(&others);
            old.reverse();
            let nearest = || old.iter().copied().min_by_key(|id| sack.package(*id).name() != candidate.name());
            let asked = self.universe.refused_for(step.id).filter(|id| old.contains(id));
            if let Some(installed) = asked.or_else(nearest) {
                changes.push(VendorChange {
                    installed: package_ref(sack, installed),
                    installed_vendor: sack.package(installed).vendor().to_owned(),
                    candidate: package_ref(sack, step.id),
                    candidate_vendor: candidate.vendor().to_owned(),
                });
            }
        }
        changes.sort_by(|one, two| one.candidate.nevra.cmp(&two.candidate.nevra));
        changes
    }
}

/// Tells whether the goal insists on everything, so that a strict solve would be the same again.
fn is_strict(goal: &Goal) -> bool {
    goal.jobs.iter().all(|job| match job {
        // Neither flag means anything for a removal.
        Job::Remove { .. } => true,
        // Upgrades are never weak.
        Job::Upgrade { flags, .. } | Job::UpgradeAll { flags } => flags.best,
        _ => job.flags().best && !job.flags().weak,
    })
}

/// Says which protected packages would go. Obsoleting one is allowed, as that hardly happens by accident; the running
/// kernel must not even be obsoleted.
fn removed_protected(sack: &Sack, options: &Options, steps: &Steps) -> Vec<Problem> {
    let removed: BTreeSet<PackageId> = steps.removed.iter().map(|(id, _)| *id).collect();
    let mut replaced = steps.inbound.iter().flat_map(|step| &step.replaces);
    let mut problems = Vec::new();
    if let Some(kernel) = options.running_kernel
        && (removed.contains(&kernel) || replaced.any(|id| *id == kernel))
    {
        problems.push(Problem::RemovesRunningKernel { package: package_ref(sack, kernel) });
    }
    let names: BTreeSet<&str> = removed
        .iter()
        .filter(|id| options.running_kernel != Some(**id))
        .map(|id| sack.package(*id).name())
        .filter(|name| options.protected.iter().any(|protected| protected == name))
        .collect();
    if !names.is_empty() {
        problems.push(Problem::RemovesProtected { packages: names.into_iter().map(str::to_owned).collect() });
    }
    problems
}
