//! Sorting that leaves equal items where dnf5 leaves them.
//!
//! dnf5 sorts with the standard library of C++ as GCC has it, which keeps the order of equal items only in short lists.
//! Fedora's groups are a long list in which most are equal, so their order is that of this very algorithm: quicksort with
//! the median of three as pivot down to sixteen items, heapsort where that goes too deep, then insertion.

const SHORT: usize = 16;

/// Sorts; `less` tells whether the first item goes before the second.
pub(crate) fn sort_by<T>(items: &mut [T], less: &dyn Fn(&T, &T) -> bool) {
    if items.is_empty() {
        return;
    }
    let depth = 2 * items.len().ilog2();
    quicksort(items, depth, less);
    if items.len() > SHORT {
        insertion(&mut items[..SHORT], less);
        for index in SHORT..items.len() {
            sink_left(items, index, less);
        }
    } else {
        insertion(items, less);
    }
}

fn quicksort<T>(mut items: &mut [T], mut depth: u32, less: &dyn Fn(&T, &T) -> bool) {
    while items.len() > SHORT {
        if depth == 0 {
            return heapsort(items, less);
        }
        depth -= 1;
        let cut = partition(items, less);
        let (left, right) = std::mem::take(&mut items).split_at_mut(cut);
        quicksort(right, depth, less);
        items = left;
    }
}

/// Puts the median of second, middle and last item first, and smaller ones before larger ones behind it.
fn partition<T>(items: &mut [T], less: &dyn Fn(&T, &T) -> bool) -> usize {
    let (a, b, c) = (1, items.len() / 2, items.len() - 1);
    let median = match (less(&items[a], &items[b]), less(&items[b], &items[c]), less(&items[a], &items[c])) {
        (true, true, _) => b,
        (true, false, true) => c,
        (true, false, false) => a,
        (false, _, true) => a,
        (false, true, false) => c,
        (false, false, false) => b,
    };
    items.swap(0, median);
    let (mut left, mut right) = (1, items.len());
    loop {
        while less(&items[left], &items[0]) {
            left += 1;
        }
        right -= 1;
        while less(&items[0], &items[right]) {
            right -= 1;
        }
        if left >= right {
            return left;
        }
        items.swap(left, right);
        left += 1;
    }
}

fn insertion<T>(items: &mut [T], less: &dyn Fn(&T, &T) -> bool) {
    for index in 1..items.len() {
        if less(&items[index], &items[0]) {
            items[..=index].rotate_right(1);
        } else {
            sink_left(items, index, less);
        }
    }
}

/// Moves an item to the left past all larger ones.
fn sink_left<T>(items: &mut [T], index: usize, less: &dyn Fn(&T, &T) -> bool) {
    let mut place = index;
    while place > 0 && less(&items[index], &items[place - 1]) {
        place -= 1;
    }
    items[place..=index].rotate_right(1);
}

fn heapsort<T>(items: &mut [T], less: &dyn Fn(&T, &T) -> bool) {
    let length = items.len();
    for root in (0..length / 2).rev() {
        sift(items, root, less);
    }
    for end in (1..length).rev() {
        items.swap(0, end);
        sift(&mut items[..end], 0, less);
    }
}

/// Lets an item fall to the bottom along the larger children, then rise to its place.
fn sift<T>(items: &mut [T], root: usize, less: &dyn Fn(&T, &T) -> bool) {
    let mut path = vec![root];
    let mut hole = root;
    loop {
        let (left, right) = (2 * hole + 1, 2 * hole + 2);
        hole = match (left < items.len(), right < items.len()) {
            (true, true) if less(&items[right], &items[left]) => left,
            (true, true) => right,
            (true, false) => left,
            _ => break,
        };
        path.push(hole);
    }
    // The item rises while its parent on the path is smaller.
    let mut place = path.len() - 1;
    while place > 0 && less(&items[path[place]], &items[root]) {
        place -= 1;
    }
    for pair in path[..=place].windows(2) {
        items.swap(pair[0], pair[1]);
    }
}

#[cfg(test)]
mod tests {
    use super::sort_by;

    // witness: `dnf5 group list` of these forty groups; a number behind the sign is the order of display.
    #[test]
    fn equal_items_are_where_dnf5_has_them() {
        let given = "g00 g01 g02 g03=2 g04 g05 g06 g07=3 g08 g09 g10=1 g11=2 g12=1 g13=3 g14 g15=2 g16 g17=1 g18=3 g19=1 \
                     g20 g21=2 g22 g23=3 g24 g25=2 g26=4 g27 g28 g29=3 g30=3 g31=1 g32=3 g33=2 g34=2 g35 g36=2 g37 g38 \
                     g39=3";
        let want = "g17 g31 g19 g12 g10 g33 g15 g11 g34 g21 g36 g03 g25 g39 g30 g29 g18 g23 g32 g13 g07 g26 g35 g37 g38 g28 \
                    g20 g27 g24 g22 g00 g16 g14 g09 g08 g06 g05 g04 g02 g01";
        let item = |word: &'static str| word.split_once('=').map_or((word, 99), |(id, n)| (id, n.parse().unwrap_or(0)));
        let mut items: Vec<(&str, u32)> = given.split_whitespace().map(item).collect();
        sort_by(&mut items, &|one, two| one.1 < two.1);
        let sorted: Vec<&str> = items.into_iter().map(|(id, _)| id).collect();
        assert_eq!(sorted, want.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn long_lists() {
        // A simple generator of numbers is random enough for a sort.
        let mut seed = 1_u32;
        for length in 0..600 {
            let mut next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) % 9
            };
            let mut items: Vec<u32> = (0..length).map(|_| next()).collect();
            let mut want = items.clone();
            want.sort_unstable();
            sort_by(&mut items, &|one, two| one < two);
            assert_eq!(items, want);
            // The same with the heap.
            items.reverse();
            super::heapsort(&mut items, &|one, two| one < two);
            assert_eq!(items, want);
        }
    }
}
