//! Packages of a sack, by number, and sets of them.

/// A package of a [`crate::Sack`]: numbers run through all catalogs in the order in which they were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackageId(pub u32);

/// A set of packages as bits.
///
/// A set may be shorter than its sack; what lies beyond its end is not in it. Equality is by members.
#[derive(Debug, Clone, Default)]
pub struct PackageSet {
    words: Vec<u64>,
}

impl PackageSet {
    /// Returns the empty set.
    pub const fn new() -> Self {
        PackageSet { words: Vec::new() }
    }

    /// Returns the packages numbered `start..end`.
    pub fn range(start: u32, end: u32) -> Self {
        let mut set = PackageSet::new();
        set.insert_range(start, end);
        set
    }

    /// Adds the packages numbered `start..end`.
    pub fn insert_range(&mut self, start: u32, end: u32) {
        if start >= end {
            return;
        }
        let (first, last) = (start as usize / 64, (end - 1) as usize / 64);
        self.reach(last);
        let low = u64::MAX << (start % 64);
        let high = u64::MAX >> (63 - (end - 1) % 64);
        if first == last {
            self.words[first] |= low & high;
            return;
        }
        self.words[first] |= low;
        self.words[first + 1..last].fill(u64::MAX);
        self.words[last] |= high;
    }

    fn reach(&mut self, word: usize) {
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
    }

    /// Adds a package; tells whether it is new.
    pub fn insert(&mut self, id: PackageId) -> bool {
        let (word, bit) = (id.0 as usize / 64, 1 << (id.0 % 64));
        self.reach(word);
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// Takes a package out; tells whether it was in.
    pub fn remove(&mut self, id: PackageId) -> bool {
        let (word, bit) = (id.0 as usize / 64, 1 << (id.0 % 64));
        let Some(word) = self.words.get_mut(word) else { return false };
        let old = *word & bit != 0;
        *word &= !bit;
        old
    }

    /// Tells whether a package is in the set.
    pub fn contains(&self, id: PackageId) -> bool {
        self.words.get(id.0 as usize / 64).is_some_and(|word| word & 1 << (id.0 % 64) != 0)
    }

    /// Returns the number of packages.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Tells whether no package is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Returns the packages by rising number.
    pub fn iter(&self) -> impl Iterator<Item = PackageId> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| bits(*word, index as u32 * 64))
    }

    /// Returns the packages numbered `start..end` by rising number.
    pub fn iter_range(&self, start: u32, end: u32) -> impl Iterator<Item = PackageId> + '_ {
        let first = (start / 64 * 64, start as usize / 64);
        let words = self.words.get(first.1..(end as usize).div_ceil(64).min(self.words.len())).unwrap_or_default();
        words
            .iter()
            .enumerate()
            .flat_map(move |(index, word)| bits(*word, first.0 + index as u32 * 64))
            .skip_while(move |id| id.0 < start)
            .take_while(move |id| id.0 < end)
    }

    /// Returns the package with the lowest number.
    pub fn first(&self) -> Option<PackageId> {
        self.iter().next()
    }

    /// Keeps what is in both.
    pub fn intersect(&mut self, other: &PackageSet) {
        self.words.truncate(other.words.len());
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Adds what is in the other.
    pub fn union(&mut self, other: &PackageSet) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Takes out what is in the other.
    pub fn subtract(&mut self, other: &PackageSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Tells whether the two share a package.
    pub fn intersects(&self, other: &PackageSet) -> bool {
        self.words.iter().zip(&other.words).any(|(word, other)| word & other != 0)
    }

    /// Tells whether every package is in the other, too.
    pub fn is_subset(&self, other: &PackageSet) -> bool {
        self.words.iter().enumerate().all(|(index, word)| word & !other.words.get(index).copied().unwrap_or(0) == 0)
    }
}

/// Returns the packages of one word, of which the first has the number `base`.
fn bits(word: u64, base: u32) -> impl Iterator<Item = PackageId> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let bit = (rest != 0).then(|| rest.trailing_zeros())?;
        rest &= rest - 1;
        Some(PackageId(base + bit))
    })
}

impl PartialEq for PackageSet {
    fn eq(&self, other: &Self) -> bool {
        self.is_subset(other) && other.is_subset(self)
    }
}

impl Eq for PackageSet {}

impl FromIterator<PackageId> for PackageSet {
    fn from_iter<I: IntoIterator<Item = PackageId>>(ids: I) -> Self {
        let mut set = PackageSet::new();
        set.extend(ids);
        set
    }
}

impl Extend<PackageId> for PackageSet {
    fn extend<I: IntoIterator<Item = PackageId>>(&mut self, ids: I) {
        ids.into_iter().for_each(|id| {
            self.insert(id);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(ids: &BTreeSet<u32>) -> PackageSet {
        ids.iter().map(|id| PackageId(*id)).collect()
    }

    fn back(set: &PackageSet) -> BTreeSet<u32> {
        set.iter().map(|id| id.0).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_a_tree(a in proptest::collection::btree_set(0u32..300, 0..40), b in proptest::collection::btree_set(0u32..200, 0..40)) {
            let (one, two) = (set(&a), set(&b));
            prop_assert_eq!(back(&one), a.clone());
            prop_assert_eq!(one.len(), a.len());
            let part: BTreeSet<u32> = one.iter_range(70, 200).map(|id| id.0).collect();
            prop_assert_eq!(part, a.range(70..200).copied().collect::<BTreeSet<u32>>());
            prop_assert_eq!(one.intersects(&two), !a.is_disjoint(&b));
            prop_assert_eq!(one.is_subset(&two), a.is_subset(&b));
            prop_assert_eq!(one == two, a == b);
            let mut and = one.clone();
            and.intersect(&two);
            prop_assert_eq!(back(&and), &a & &b);
            let mut or = one.clone();
            or.union(&two);
            prop_assert_eq!(back(&or), &a | &b);
            let mut minus = one.clone();
            minus.subtract(&two);
            prop_assert_eq!(back(&minus), &a - &b);
        }

        #[test]
        fn ranges(start in 0u32..300, len in 0u32..300) {
            prop_assert_eq!(back(&PackageSet::range(start, start + len)), (start..start + len).collect::<BTreeSet<_>>());
        }
    }

    #[test]
    fn inserts_and_removes() {
        let mut set = PackageSet::new();
        assert!(set.insert(PackageId(70)) && !set.insert(PackageId(70)));
        assert!(set.contains(PackageId(70)) && !set.contains(PackageId(7000)));
        assert!(set.remove(PackageId(70)) && !set.remove(PackageId(70)) && !set.remove(PackageId(7000)));
        assert!(set.is_empty() && set == PackageSet::new());
    }
}
