//! From a goal and options to libsolv's jobs and switches (reference of dnf5, sections 5.1 and 5.2).

use oxidnf_catalog::PackageId;
use oxidnf_core::{Reason, Reldep};

use crate::goal::{Goal, Job, JobFlags};
use crate::load::Universe;
use crate::options::Options;
use crate::rich::intern;
use crate::sys::{Flag, Jobs, Select, SolvId, Solver};
use crate::weak;

/// Sets the solver's switches.
pub(crate) fn set_flags(solver: &mut Solver<'_>, options: &Options, allow_vendor_change: bool) {
    let flags = [
        (Flag::KeepOrphans, true),
        (Flag::BestObeyPolicy, true),
        (Flag::YumObsoletes, true),
        (Flag::UrpmReorder, true),
        (Flag::FocusNew, true),
        (Flag::IgnoreRecommended, !options.install_weak_deps),
        (Flag::AllowDowngrade, options.allow_downgrade),
        (Flag::AllowVendorChange, allow_vendor_change),
        (Flag::DupAllowVendorChange, allow_vendor_change),
    ];
    for (flag, value) in flags {
        solver.set(flag, value);
    }
}

/// Makes the jobs of a goal.
pub(crate) fn build(universe: &mut Universe<'_>, goal: &Goal, options: &Options) -> Jobs {
    let mut jobs = Jobs::default();
    for job in &goal.jobs {
        push_job(&mut jobs, universe, job);
    }
    for name in &options.installonly {
        let dep = Reldep::parse(name).unwrap_or_else(|| Reldep { name: name.clone(), ..Reldep::default() });
        if let Some(dep) = intern(&mut universe.pool, &dep.as_ref()) {
            jobs.push(Jobs::MULTIVERSION, Select::Provides(dep));
        }
    }
    for number in weak::excluded(universe, options) {
        jobs.push(Jobs::EXCLUDEFROMWEAK, Select::Package(number));
    }
    if options.allow_erasing {
        allow_erasing(&mut jobs, universe, options);
    }
    if goal.cleans() {
        for number in user_installed(universe, options) {
            jobs.push(Jobs::USERINSTALLED, Select::Package(number));
        }
    }
    jobs
}

fn push_job(jobs: &mut Jobs, universe: &mut Universe<'_>, job: &Job) {
    let exact = Jobs::SETARCH | Jobs::SETEVR;
    let flags = job.flags();
    match job {
        Job::Install { candidates, .. } | Job::Downgrade { candidates, .. } | Job::Reinstall { candidates, .. } => {
            let how = Jobs::INSTALL | exact | weak_bit(flags) | best_bit(flags) | clean_bit(flags);
            push_one_of(jobs, universe, how, candidates);
        }
        Job::InstallProvide { dependency, .. } => {
            let how = Jobs::INSTALL | exact | weak_bit(flags) | best_bit(flags) | clean_bit(flags);
            if let Some(dep) = intern(&mut universe.pool, &dependency.as_ref()) {
                jobs.push(how, Select::Provides(dep));
            }
        }
        Job::Upgrade { candidates, .. } => {
            let how = Jobs::UPDATE | exact | Jobs::TARGETED | best_bit(flags) | clean_bit(flags);
            push_one_of(jobs, universe, how, candidates);
        }
        Job::UpgradeAll { .. } => {
            let all: Vec<PackageId> = considered(universe, |_| true);
            push_one_of(jobs, universe, Jobs::UPDATE | exact | Jobs::TARGETED | best_bit(flags), &all);
        }
        Job::DistroSync { candidates, .. } => {
            let how = Jobs::DISTUPGRADE | exact | Jobs::TARGETED | weak_bit(flags) | best_bit(flags) | clean_bit(flags);
            push_one_of(jobs, universe, how, candidates);
        }
        Job::DistroSyncAll { .. } => {
            let sack = universe.sack;
            let available = considered(universe, |id| !sack.is_installed(id));
            let how = Jobs::DISTUPGRADE | exact | Jobs::TARGETED | weak_bit(flags) | best_bit(flags);
            push_one_of(jobs, universe, how, &available);
        }
        Job::Remove { packages, .. } => {
            for number in numbers(universe, packages) {
                jobs.push(Jobs::ERASE | clean_bit(flags), Select::Package(number));
            }
        }
    }
}

fn considered(universe: &Universe<'_>, wanted: impl Fn(PackageId) -> bool) -> Vec<PackageId> {
    let loaded = universe.loaded().map(|(id, _)| id);
    loaded.filter(|id| universe.considered.contains(*id) && wanted(*id)).collect()
}

/// Returns the numbers of packages in rising order, as dnf5's sets of packages have them.
fn numbers(universe: &Universe<'_>, packages: &[PackageId]) -> Vec<SolvId> {
    let mut numbers: Vec<SolvId> = packages.iter().filter_map(|id| universe.number(*id)).collect();
    numbers.sort_unstable();
    numbers
}

fn push_one_of(jobs: &mut Jobs, universe: &mut Universe<'_>, how: u32, candidates: &[PackageId]) {
    let numbers = numbers(universe, candidates);
    jobs.push(how, Select::OneOf(universe.pool.one_of(&numbers)));
}

fn weak_bit(flags: JobFlags) -> u32 {
    if flags.weak { Jobs::WEAK } else { 0 }
}

fn best_bit(flags: JobFlags) -> u32 {
    if flags.best { Jobs::FORCEBEST } else { 0 }
}

fn clean_bit(flags: JobFlags) -> u32 {
    if flags.clean_deps { Jobs::CLEANDEPS } else { 0 }
}

/// Returns the installed packages whose names are protected, and the running kernel.
pub(crate) fn is_protected(universe: &Universe<'_>, options: &Options, id: PackageId) -> bool {
    options.running_kernel == Some(id) || is_protected_by_name(universe, options, id)
}

/// Tells whether a package's name is on the list of protected ones.
pub(crate) fn is_protected_by_name(universe: &Universe<'_>, options: &Options, id: PackageId) -> bool {
    let name = universe.sack.package(id).name();
    options.protected.iter().any(|protected| protected == name)
}

/// Adds leave to uninstall whatever is installed, considered and not protected.
pub(crate) fn allow_erasing(jobs: &mut Jobs, universe: &Universe<'_>, options: &Options) {
    for (id, number) in universe.loaded().filter(|(id, _)| universe.sack.is_installed(*id)) {
        if universe.considered.contains(id) && !is_protected(universe, options, id) {
            jobs.push(Jobs::ALLOWUNINSTALL, Select::Package(number));
        }
    }
}

/// Returns the installed packages that the user wanted for their own sake, and the protected ones, which dnf5 does not
/// even ask to be installed.
// witness: compat-tests/tests/decisions.rs::needed_by_what_is_protected_but_not_installed
pub(crate) fn user_installed(universe: &Universe<'_>, options: &Options) -> Vec<SolvId> {
    let wanted = |id: PackageId| {
        let package = universe.sack.package(id);
        let is_wanted = || {
            let reason = options.reasons.of_installed(package.name(), package.arch());
            reason.strength() > Reason::Dependency.strength()
        };
        is_protected_by_name(universe, options, id) || universe.sack.is_installed(id) && is_wanted()
    };
    universe.loaded().filter(|(id, _)| wanted(*id)).map(|(_, number)| number).collect()
}
