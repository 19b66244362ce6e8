//! The causes of a rule in dnf5's order.
//!
//! libsolv sorts them by the numbers of packages and dependencies. Packages of a slice have numbers in the same order as
//! those of the whole pool, dependencies have not: which comes first follows from what else is in the pool, and in dnf5
//! from libsolv's cache of the metadata. So these are put in order here.

use oxidnf_catalog::{NumberPlace, PackageId, Relation, Sack};

use crate::load::PRE;
use crate::rich::intern;
use crate::sys::{DepId, Pool, ProblemRule, RuleInfo, RuleKind, SolvId};

/// Puts the causes of every rule into dnf5's order; all causes of a rule that come from one package about one other.
pub(crate) fn arrange(
    problems: &mut [Vec<ProblemRule>],
    pool: &mut Pool,
    sack: &Sack,
    package_of: &dyn Fn(SolvId) -> Option<PackageId>,
) {
    let about = |info: &RuleInfo| (info.kind, info.source, info.target);
    for rule in problems.iter_mut().flatten() {
        for alike in rule.infos.chunk_by_mut(|one, two| about(one) == about(two)) {
            if let [first, _, ..] = alike
                && let Some(relation) = relation(first.kind)
                && let Some(package) = first.source.and_then(package_of)
            {
                arrange_alike(alike, pool, sack, package, relation);
            }
        }
    }
}

/// The kind of dependencies that a kind of causes names.
fn relation(kind: RuleKind) -> Option<Relation> {
    match kind {
        RuleKind::Requires | RuleKind::NothingProvides => Some(Relation::Requires),
        RuleKind::Conflicts | RuleKind::SelfConflict => Some(Relation::Conflicts),
        RuleKind::Obsoletes | RuleKind::InstalledObsoletes | RuleKind::YumObsoletes => Some(Relation::Obsoletes),
        _ => None,
    }
}

fn arrange_alike(infos: &mut [RuleInfo], pool: &mut Pool, sack: &Sack, package: PackageId, relation: Relation) {
    // In the pool the requirements of scriptlets follow the others.
    let mut known: Vec<(DepId, bool, NumberPlace)> = Vec::new();
    for dep in sack.package(package).relations(relation) {
        if let Some(id) = intern(pool, &dep)
            && let Some(place) = sack.number_place(&dep)
        {
            known.push((id, dep.sense.any(PRE), place));
        }
    }
    let find =
        |info: &RuleInfo| known.iter().find(|(id, ..)| info.dep == Some(*id)).map(|(_, pre, place)| (*pre, *place));
    if !infos.iter().all(|info| find(info).is_some()) {
        return;
    }
    infos.sort_by_key(find);
    let is_relation = |info: &RuleInfo| find(info).is_some_and(|(_, place)| place.is_relation());
    let relations = infos.iter().filter(|info| is_relation(info)).count();
    if relations == 0 || relations == infos.len() {
        infos.sort_by_key(|info| find(info).map(|(_, place)| place));
        return;
    }
    let numbered = infos.iter().map(|info| (find(info).map_or(0, |(_, place)| number(sack, &place)), info.clone()));
    let sorted = merge_sorted(&numbered.collect::<Vec<_>>());
    for (info, (_, sorted)) in infos.iter_mut().zip(sorted) {
        *info = sorted;
    }
}

/// Returns about the number that a dependency has in dnf5's pool; relations have the top bit set.
fn number(sack: &Sack, place: &NumberPlace) -> i32 {
    let before = i32::try_from(sack.count_before(place)).unwrap_or(i32::MAX);
    if place.is_relation() {
        // The first one has number 1.
        i32::MIN.saturating_add(before).saturating_add(1)
    } else {
        before.saturating_add(Pool::KNOWN_TEXTS)
    }
}

/// Sorts as the C library does it with libsolv's comparison.
///
/// That subtracts two numbers, which overflows between a text and a relation, so that a relation comes first if its
/// number without the top bit is above the text's. Three of them can go in a circle; then the order follows from how the
/// sort merges.
fn merge_sorted<T: Clone>(numbered: &[(i32, T)]) -> Vec<(i32, T)> {
    if numbered.len() < 2 {
        return numbered.to_vec();
    }
    let (left, right) = numbered.split_at(numbered.len() / 2);
    let (left, right) = (merge_sorted(left), merge_sorted(right));
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    let mut merged = Vec::with_capacity(numbered.len());
    while let (Some(one), Some(two)) = (left.peek(), right.peek()) {
        let next = if one.0.wrapping_sub(two.0) <= 0 { left.next() } else { right.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

#[cfg(test)]
mod tests {
    use super::merge_sorted;

    fn sorted(numbers: &[i32]) -> Vec<i32> {
        let numbered: Vec<(i32, ())> = numbers.iter().map(|number| (*number, ())).collect();
        merge_sorted(&numbered).into_iter().map(|(number, ())| number).collect()
    }

    /// witness: compat-tests/tests/order.rs
    #[test]
    fn relations_come_first_when_their_number_is_higher() {
        let relation = |number: i32| i32::MIN + number;
        assert_eq!(sorted(&[300, 200, 250]), [200, 250, 300]);
        assert_eq!(sorted(&[300, relation(299)]), [300, relation(299)]);
        assert_eq!(sorted(&[300, relation(301)]), [relation(301), 300]);
        assert_eq!(sorted(&[relation(7), relation(5)]), [relation(5), relation(7)]);
        // A circle: 200 before 400, 400 before 300 (a relation), 300 before 200.
        assert_eq!(sorted(&[200, 400, relation(300)]), [200, 400, relation(300)]);
    }
}
