//! What is installed without need.

use std::collections::{BTreeMap, BTreeSet};

use oxidnf_catalog::{PackageId, PackageSet, Sack};

use crate::error::SolverError;
use crate::jobs;
use crate::load::Universe;
use crate::options::Options;
use crate::rich::intern;
use crate::sys::{Jobs, Select, Solver};

/// Returns the installed packages that neither the user wanted nor anything else needs, be it weakly.
///
/// What the user wanted is what [`Options::reasons`] says is stronger than a dependency, and what is protected.
pub fn unneeded(sack: &Sack, options: &Options) -> Result<PackageSet, SolverError> {
    let installed = sack.installed();
    let mut universe = Universe::load(sack, &installed, options)?;
    let mut wanted = Jobs::default();
    for number in jobs::user_installed(&universe, options) {
        wanted.push(Jobs::USERINSTALLED, Select::Package(number));
    }
    let (pool, package_of) = universe.parts();
    let mut solver = Solver::new(pool)?;
    solver.solve(&wanted);
    Ok(solver.unneeded().into_iter().filter_map(package_of).collect())
}

/// Returns the packages of `among` that no other of them requires, or recommends if weak dependencies are installed, in
/// groups.
///
/// Only what nothing else provides as well is required of a package. Packages that require one another in a circle count
/// as one: a circle that nothing outside requires is one group. Groups, and packages within them, are in the order of
/// dnf5's numbers.
// witness: compat-tests/tests/decisions.rs::leaves_beside_other_providers
pub fn leaves(sack: &Sack, among: &PackageSet, options: &Options) -> Result<Vec<Vec<PackageId>>, SolverError> {
    let mut universe = Universe::load(sack, among, options)?;
    let ids: Vec<PackageId> = sack.in_order(among);
    let place: BTreeMap<PackageId, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let mut edges: Vec<BTreeSet<usize>> = Vec::with_capacity(ids.len());
    for id in &ids {
        let mut targets = BTreeSet::new();
        let package = sack.package(*id);
        let recommended = package.recommends().filter(|_| options.install_weak_deps);
        for dep in package.requires().chain(recommended) {
            let Some(dep) = intern(&mut universe.pool, &dep) else { continue };
            let providers = universe.pool.providers(dep);
            let mut places = providers.into_iter().filter_map(|number| place.get(&universe.package(number)?));
            if let (Some(only), None) = (places.next(), places.next()) {
                targets.insert(*only);
            }
        }
        targets.remove(&edges.len());
        edges.push(targets);
    }
    let group_of = circles(&edges);
    let needed: BTreeSet<usize> = edges
        .iter()
        .enumerate()
        .flat_map(|(from, targets)| targets.iter().map(move |to| (from, *to)))
        .filter(|(from, to)| group_of[*from] != group_of[*to])
        .map(|(_, to)| group_of[to])
        .collect();
    let mut groups: BTreeMap<usize, Vec<PackageId>> = BTreeMap::new();
    for (place, id) in ids.iter().enumerate().filter(|(place, _)| !needed.contains(&group_of[*place])) {
        groups.entry(group_of[place]).or_default().push(*id);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|group| group.first().and_then(|first| place.get(first)));
    Ok(groups)
}

/// Numbers the strongly connected parts of a graph: returns the number of each node's part (Tarjan's method, without
/// recursion, as chains of dependencies can be long).
fn circles(edges: &[BTreeSet<usize>]) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let count = edges.len();
    let (mut order, mut low, mut part) = (vec![UNSEEN; count], vec![0; count], vec![UNSEEN; count]);
    let (mut next_order, mut next_part) = (0, 0);
    let mut open: Vec<usize> = Vec::new();
    for start in 0..count {
        if order[start] != UNSEEN {
            continue;
        }
        let mut path: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut enter = Some(start);
        loop {
            if let Some(node) = enter.take() {
                (order[node], low[node]) = (next_order, next_order);
                next_order += 1;
                open.push(node);
                path.push((node, edges[node].iter().copied().collect()));
            }
            let Some((node, rest)) = path.last_mut() else { break };
            let node = *node;
            match rest.pop() {
                Some(to) if order[to] == UNSEEN => enter = Some(to),
                Some(to) if part[to] == UNSEEN => low[node] = low[node].min(order[to]),
                Some(_) => {}
                None => {
                    path.pop();
                    if let Some((parent, _)) = path.last() {
                        low[*parent] = low[*parent].min(low[node]);
                    }
                    if low[node] == order[node] {
                        while let Some(member) = open.pop() {
                            part[member] = next_part;
                            if member == node {
                                break;
                            }
                        }
                        next_part += 1;
                    }
                }
            }
        }
    }
    part
}
