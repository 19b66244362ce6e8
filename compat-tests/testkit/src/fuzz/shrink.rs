//! Makes a sequence that differs as small as it gets while it still differs.

use super::sequence::{Sequence, Step};

/// Removes steps, packages, files, scripts and options as long as `differs` says that the rest still shows a difference.
///
/// `budget` is how many smaller sequences are tried at most.
pub fn shrink(sequence: Sequence, mut budget: usize, mut differs: impl FnMut(&Sequence) -> bool) -> Sequence {
    let mut best = sequence;
    loop {
        let mut smaller = false;
        for reduce in REDUCTIONS {
            let mut at = 0;
            // A reduction that works shortens the list, so the same place is tried again.
            while let Some(candidate) = reduce(&best, at) {
                if budget == 0 {
                    return best;
                }
                budget -= 1;
                if candidate != best && differs(&candidate) {
                    best = candidate;
                    smaller = true;
                } else {
                    at += 1;
                }
            }
        }
        if !smaller {
            return best;
        }
    }
}

/// Returns the sequence with its n-th part of one kind taken away; none when there are fewer.
type Reduction = fn(&Sequence, usize) -> Option<Sequence>;

const REDUCTIONS: [Reduction; 11] =
    [steps, targets, packages, scripts, triggers, files, dependencies, options, plain_files, plain_packages, lines];

fn steps(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    // Late ones first: those after the difference do not matter.
    let place = smaller.steps.len().checked_sub(at + 1)?;
    smaller.steps.remove(place);
    Some(smaller)
}

fn targets(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    let lists = smaller.steps.iter_mut().filter_map(|step| match step {
        Step::Rpm { targets, .. } if targets.len() > 1 => Some(targets),
        _ => None,
    });
    remove_nth(lists, at).then_some(smaller)
}

fn packages(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    if at >= smaller.packages.len() {
        return None;
    }
    let gone = smaller.packages.remove(at).nevra();
    for step in &mut smaller.steps {
        if let Step::Rpm { targets, .. } = step {
            targets.retain(|target| *target != gone);
        }
    }
    smaller.steps.retain(|step| !matches!(step, Step::Rpm { targets, .. } if targets.is_empty()));
    Some(smaller)
}

fn scripts(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    remove_nth(smaller.packages.iter_mut().map(|package| &mut package.scripts), at).then_some(smaller)
}

fn triggers(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    remove_nth(smaller.packages.iter_mut().map(|package| &mut package.triggers), at).then_some(smaller)
}

fn files(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    remove_nth(smaller.packages.iter_mut().map(|package| &mut package.files), at).then_some(smaller)
}

fn dependencies(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    let lists = smaller.packages.iter_mut().flat_map(|package| {
        let lists = [&mut package.requires, &mut package.provides, &mut package.obsoletes];
        lists.into_iter().chain([&mut package.recommends, &mut package.order])
    });
    remove_nth(lists, at).then_some(smaller)
}

fn options(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    let lists = smaller.steps.iter_mut().filter_map(|step| match step {
        Step::Rpm { options, .. } => Some(options),
        Step::Admin(_) => None,
    });
    remove_nth(lists, at).then_some(smaller)
}

/// Makes the n-th file plain: root's, with the usual mode, without flags.
fn plain_files(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    let file = smaller.packages.iter_mut().flat_map(|package| package.files.iter_mut()).nth(at)?;
    *file = super::package::File::new(&file.path.clone(), file.kind.clone());
    Some(smaller)
}

/// Makes the n-th package plain: version 4, compressed, without a defect.
fn plain_packages(sequence: &Sequence, at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    let package = smaller.packages.get_mut(at)?;
    (package.format, package.compressed, package.digest_algo, package.defect) = (4, true, 8, None);
    package.prefixes.clear();
    Some(smaller)
}

/// Removes the n-th line of all texts of scripts.
fn lines(sequence: &Sequence, mut at: usize) -> Option<Sequence> {
    let mut smaller = sequence.clone();
    let texts = smaller.packages.iter_mut().flat_map(|package| {
        let scripts = package.scripts.iter_mut().filter_map(|script| script.body.as_mut());
        scripts.chain(package.triggers.iter_mut().map(|trigger| &mut trigger.body))
    });
    for text in texts {
        let mut lines: Vec<&str> = text.lines().collect();
        if at < lines.len() {
            lines.remove(at);
            *text = lines.join("\n") + "\n";
            return Some(smaller);
        }
        at -= lines.len();
    }
    None
}

/// Removes the n-th element of all lists one after the other; false when there are fewer.
fn remove_nth<'l, T: 'l>(lists: impl Iterator<Item = &'l mut Vec<T>>, mut at: usize) -> bool {
    for list in lists {
        if at < list.len() {
            list.remove(at);
            return true;
        }
        at -= list.len();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::generate;

    #[test]
    fn what_does_not_matter_goes() {
        let differs = |sequence: &Sequence| {
            sequence.packages.iter().any(|package| package.files.iter().any(|file| file.path.starts_with("/opt")))
        };
        let start = (0..100).map(generate::sequence).find(differs).expect("most sequences have /opt");
        let small = shrink(start, 10_000, differs);
        assert_eq!((small.packages.len(), small.steps.len()), (1, 0));
        assert_eq!(small.packages[0].files.len(), 1);
        assert!(small.packages[0].scripts.is_empty());
    }
}
