//! The smallest part of a problem that still is one.
//!
//! libsolv names all rules that its search for a contradiction went through, and not all of them are needed for it.

use crate::sys::ProblemRule;

/// What must hold: at least one of the literals; a positive one wants a package installed, a negative one absent.
pub(crate) type Clause = Vec<i32>;

/// How many decisions a search for a solution may take; a longer one counts as found, so that nothing is left out.
const PATIENCE: usize = 20_000;

/// Returns the places of clauses that cannot hold together, where no clause can be spared; `None` when all can hold.
///
/// Clauses are tried to be spared from both ends, and the smaller rest is taken. It need not be the smallest there is.
pub(crate) fn contradiction(clauses: &[Clause]) -> Option<Vec<usize>> {
    if can_hold(clauses, &vec![true; clauses.len()]) {
        return None;
    }
    let forwards = spare(clauses, 0..clauses.len());
    let backwards = spare(clauses, (0..clauses.len()).rev());
    Some(if backwards.len() < forwards.len() { backwards } else { forwards })
}

/// Leaves of the rules of a problem those that cannot hold together, with one cause each.
pub(crate) fn smallest(rules: Vec<ProblemRule>) -> Vec<ProblemRule> {
    let clauses: Vec<Clause> = rules.iter().map(|rule| rule.clause.clone()).collect();
    let Some(kept) = contradiction(&clauses) else { return rules };
    let needed = rules.into_iter().enumerate().filter(|(place, _)| kept.contains(place)).map(|(_, rule)| rule);
    needed.map(|rule| ProblemRule { infos: rule.infos.into_iter().take(1).collect(), ..rule }).collect()
}

fn spare(clauses: &[Clause], order: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut used = vec![true; clauses.len()];
    for place in order {
        used[place] = false;
        if can_hold(clauses, &used) {
            used[place] = true;
        }
    }
    (0..clauses.len()).filter(|place| used[*place]).collect()
}

fn can_hold(clauses: &[Clause], used: &[bool]) -> bool {
    let clauses: Vec<&[i32]> =
        clauses.iter().zip(used).filter(|(_, used)| **used).map(|(clause, _)| clause.as_slice()).collect();
    Search { clauses, decided: std::collections::HashMap::new(), patience: PATIENCE }.run()
}

/// A search by propagation and trying (Davis, Putnam, Logemann and Loveland), without recursion.
struct Search<'a> {
    clauses: Vec<&'a [i32]>,
    /// Packages by number, and whether they are installed.
    decided: std::collections::HashMap<i32, bool>,
    patience: usize,
}

enum State {
    /// Something is wanted that cannot be.
    Contradiction,
    Solved,
    /// A literal that may be tried.
    Open(i32),
}

impl Search<'_> {
    fn run(mut self) -> bool {
        // Literals in the order in which they were decided, and whether the opposite is still to be tried.
        let mut trail: Vec<(i32, bool)> = Vec::new();
        loop {
            match self.propagate(&mut trail) {
                State::Solved => return true,
                State::Open(literal) => {
                    if self.patience == 0 {
                        return true;
                    }
                    self.patience -= 1;
                    self.decide(literal);
                    trail.push((literal, true));
                }
                State::Contradiction => loop {
                    let Some((literal, opposite_open)) = trail.pop() else { return false };
                    self.decided.remove(&literal.abs());
                    if opposite_open {
                        self.decide(-literal);
                        trail.push((-literal, false));
                        break;
                    }
                },
            }
        }
    }

    fn decide(&mut self, literal: i32) {
        self.decided.insert(literal.abs(), literal > 0);
    }

    fn value(&self, literal: i32) -> Option<bool> {
        self.decided.get(&literal.abs()).map(|installed| *installed == (literal > 0))
    }

    /// Decides what is forced until nothing more is.
    fn propagate(&mut self, trail: &mut Vec<(i32, bool)>) -> State {
        loop {
            let mut open = None;
            let mut forced = None;
            for clause in &self.clauses {
                let mut candidates = clause.iter().filter(|literal| self.value(**literal) != Some(false));
                match (candidates.next(), candidates.next()) {
                    (None, _) => return State::Contradiction,
                    _ if clause.iter().any(|literal| self.value(*literal) == Some(true)) => {}
                    (Some(only), None) => {
                        forced = Some(*only);
                        break;
                    }
                    (Some(one), Some(_)) => open = Some(*one),
                }
            }
            match (forced, open) {
                (Some(literal), _) => {
                    self.decide(literal);
                    trail.push((literal, false));
                }
                (None, Some(literal)) => return State::Open(literal),
                (None, None) => return State::Solved,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(clauses: &[&[i32]]) -> Option<Vec<usize>> {
        contradiction(&clauses.iter().map(|clause| clause.to_vec()).collect::<Vec<_>>())
    }

    #[test]
    fn spares_what_is_not_needed() {
        // 1 is wanted and needs 2 or 3; both conflict with the installed 4. 5 and 6 have nothing to do with it.
        let clauses: &[&[i32]] = &[&[1], &[-5, 6], &[-1, 2, 3], &[-2, -4], &[5], &[-3, -4], &[4], &[-2, -6]];
        let kept = check(clauses).expect("cannot hold");
        assert_eq!(kept, [0, 2, 3, 5, 6]);
        assert_eq!(check(&[&[1, 2], &[-1]]), None);
        assert_eq!(check(&[&[]]), Some(vec![0]));
    }

    fn holds(clauses: &[&Clause], packages: u32) -> bool {
        (0..1 << packages).any(|world: u32| {
            let installed = |literal: i32| (world >> (literal.unsigned_abs() - 1)) & 1 == 1;
            clauses.iter().all(|clause| clause.iter().any(|literal| installed(*literal) == (*literal > 0)))
        })
    }

    proptest! {
        #[test]
        fn agrees_with_trying_everything(
            clauses in prop::collection::vec(
                prop::collection::vec((1..=6_i32, prop::bool::ANY), 1..4), 1..24)
        ) {
            let clauses: Vec<Clause> = clauses
                .into_iter()
                .map(|clause| clause.into_iter().map(|(id, on)| if on { id } else { -id }).collect())
                .collect();
            let all: Vec<&Clause> = clauses.iter().collect();
            match contradiction(&clauses) {
                None => prop_assert!(holds(&all, 6)),
                Some(kept) => {
                    let rest: Vec<&Clause> = kept.iter().map(|place| &clauses[*place]).collect();
                    prop_assert!(!holds(&rest, 6));
                    for spared in &kept {
                        let fewer: Vec<&Clause> =
                            kept.iter().filter(|place| *place != spared).map(|place| &clauses[*place]).collect();
                        prop_assert!(holds(&fewer, 6), "{spared} could be spared");
                    }
                }
            }
        }
    }
}
