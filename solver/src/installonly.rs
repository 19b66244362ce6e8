//! How many versions of an installonly package stay (reference of dnf5, section 5.3).

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use oxidnf_catalog::{PackageId, Sack};
use oxidnf_core::Reldep;

use crate::options::Options;
use crate::rich::intern;
use crate::sys::{Jobs, Pool, Select, SolvId, Solver};

/// Looks a package of the pool up in the sack.
pub(crate) type PackageOf<'a> = dyn Fn(SolvId) -> Option<PackageId> + 'a;

/// Adds jobs that keep the newest versions only; tells whether there is anything to change, so that the solver has to
/// run again.
pub(crate) fn limit(
    solver: &mut Solver<'_>,
    jobs: &mut Jobs,
    sack: &Sack,
    package_of: &PackageOf<'_>,
    options: &Options,
) -> bool {
    let Ok(limit @ 1..) = usize::try_from(options.installonly_limit) else { return false };
    let mut providers: BTreeSet<SolvId> = BTreeSet::new();
    for name in &options.installonly {
        let dep = Reldep::parse(name).unwrap_or_else(|| Reldep { name: name.clone(), ..Reldep::default() });
        if let Some(dep) = intern(solver.pool_mut(), &dep.as_ref()) {
            providers.extend(solver.pool_mut().providers(dep));
        }
    }
    let mut chosen: BTreeMap<&str, Vec<(SolvId, PackageId)>> = BTreeMap::new();
    let mut unused: BTreeMap<&str, Vec<SolvId>> = BTreeMap::new();
    for number in providers {
        let Some(id) = package_of(number) else { continue };
        let name = sack.package(id).name();
        if solver.is_chosen(number) {
            chosen.entry(name).or_default().push((number, id));
        } else if !sack.is_installed(id) {
            unused.entry(name).or_default().push(number);
        }
    }
    let mut too_many: Vec<_> = chosen.into_iter().filter(|(_, versions)| versions.len() > limit).collect();
    // What comes first in a transaction follows from the order of the jobs.
    too_many.sort_by_key(|(name, _)| Reverse(sack.name_order(name)));
    let again = !too_many.is_empty();
    for (name, mut versions) in too_many {
        // What is erased below must not come back in another available version.
        for number in unused.remove(name).unwrap_or_default() {
            jobs.push(Jobs::ERASE, Select::Package(number));
        }
        let kernel = options.running_kernel;
        let with_kernel: BTreeSet<PackageId> = match kernel {
            Some(kernel) => {
                let bound = versions
                    .iter()
                    .map(|(_, id)| *id)
                    .filter(|id| depends_on(solver.pool_mut(), sack, package_of, *id, kernel));
                bound.collect()
            }
            None => BTreeSet::new(),
        };
        versions.sort_by(|one, two| most_worth_first(sack, kernel, &with_kernel, *one, *two));
        for (place, (number, _)) in versions.into_iter().enumerate() {
            let action = if place < limit { Jobs::INSTALL } else { Jobs::ERASE };
            jobs.push(action, Select::Package(number));
        }
    }
    again
}

/// Orders versions by how much they are to be kept: what comes in, the running kernel and what needs it, what has the
/// same version as the running kernel, each of these by its number in the pool; then the others by version.
// witness: compat-tests/tests/decisions.rs::limit_of_several_installonly_packages
fn most_worth_first(
    sack: &Sack,
    kernel: Option<PackageId>,
    with_kernel: &BTreeSet<PackageId>,
    one: (SolvId, PackageId),
    two: (SolvId, PackageId),
) -> Ordering {
    let same_version =
        |id: PackageId| kernel.is_some_and(|kernel| sack.package(kernel).evr().same_text(&sack.package(id).evr()));
    let rank = |id: PackageId| match () {
        () if !sack.is_installed(id) => 0,
        () if Some(id) == kernel || with_kernel.contains(&id) => 1,
        () if same_version(id) => 2,
        () => 3,
    };
    let others = || sack.package(two.1).evr().rpm_cmp(&sack.package(one.1).evr()).then_with(|| two.0.cmp(&one.0));
    rank(one.1).cmp(&rank(two.1)).then_with(|| if rank(one.1) == 3 { others() } else { one.0.cmp(&two.0) })
}

fn depends_on(pool: &mut Pool, sack: &Sack, package_of: &PackageOf<'_>, id: PackageId, on: PackageId) -> bool {
    sack.package(id).requires().any(|dep| {
        let Some(dep) = intern(pool, &dep) else { return false };
        pool.providers(dep).into_iter().any(|number| package_of(number) == Some(on))
    })
}
