//! The order of `std::sort` of GNU's C++ library among equal elements, where what dnf5 prints follows from it: lists of
//! builds that several repositories have, and of groups, most of which are equal in Fedora.

use std::cmp::Ordering;

/// Parts of no more elements are left to the last pass.
const THRESHOLD: usize = 16;

/// Sorts as `std::sort` does: not stable, but always the same for the same input.
///
/// witness: compat-tests/tests/decisions.rs::answers_of_equal_builds
pub fn introsort<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut less = |one: &T, two: &T| compare(one, two) == Ordering::Less;
    if items.is_empty() {
        return;
    }
    partition_all(items, 2 * items.len().ilog2(), &mut less);
    let (head, _) = items.split_at_mut(items.len().min(THRESHOLD));
    insert_each(head, &mut less);
    for place in THRESHOLD..items.len() {
        sink(items, place, &mut less);
    }
}

/// Parts the items until all parts are short.
fn partition_all<T>(mut items: &mut [T], mut depth: u32, less: &mut impl FnMut(&T, &T) -> bool) {
    while items.len() > THRESHOLD {
        if depth == 0 {
            heap_sort(items, less);
            return;
        }
        depth -= 1;
        let cut = partition(items, less);
        let (head, tail) = items.split_at_mut(cut);
        partition_all(tail, depth, less);
        items = head;
    }
}

/// Parts the items around the median of the second, the middle and the last one, which becomes the first; returns where
/// the second part begins.
fn partition<T>(items: &mut [T], less: &mut impl FnMut(&T, &T) -> bool) -> usize {
    let (a, b, c) = (1, items.len() / 2, items.len() - 1);
    let median = if less(&items[a], &items[b]) {
        if less(&items[b], &items[c]) {
            b
        } else if less(&items[a], &items[c]) {
            c
        } else {
            a
        }
    } else if less(&items[a], &items[c]) {
        a
    } else if less(&items[b], &items[c]) {
        c
    } else {
        b
    };
    items.swap(0, median);
    let (mut low, mut high) = (1, items.len());
    loop {
        while less(&items[low], &items[0]) {
            low += 1;
        }
        high -= 1;
        while less(&items[0], &items[high]) {
            high -= 1;
        }
        if low >= high {
            return low;
        }
        items.swap(low, high);
        low += 1;
    }
}

/// Sorts a short part by insertion.
fn insert_each<T>(items: &mut [T], less: &mut impl FnMut(&T, &T) -> bool) {
    for place in 1..items.len() {
        if less(&items[place], &items[0]) {
            items[..=place].rotate_right(1);
        } else {
            sink(items, place, less);
        }
    }
}

/// Moves an item down to behind the first one that is not greater; there is one.
fn sink<T>(items: &mut [T], place: usize, less: &mut impl FnMut(&T, &T) -> bool) {
    let mut low = place;
    while low > 0 && less(&items[place], &items[low - 1]) {
        low -= 1;
    }
    items[low..=place].rotate_right(1);
}

/// What is left for inputs that part badly.
fn heap_sort<T>(items: &mut [T], less: &mut impl FnMut(&T, &T) -> bool) {
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
fn sift<T>(items: &mut [T], root: usize, less: &mut impl FnMut(&T, &T) -> bool) {
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
    use super::introsort;

    /// Length, kind of input, and a hash of where `std::sort` of libstdc++ 14 put each element.
    #[rustfmt::skip]
    const SORTED: [(usize, u32, u64); 29] = [
        (5, 0, 12_339_158_335_677_911_597),
        (5, 1, 12_778_919_998_169_967_155),
        (5, 2, 12_780_833_148_402_675_843),
        (5, 3, 7_730_473_912_382_151_793),
        (16, 0, 15_603_387_510_784_715_298),
        (16, 1, 570_767_426_786_766_838),
        (16, 2, 8_356_352_856_721_156_960),
        (16, 3, 2_283_743_186_430_355_536),
        (17, 0, 2_647_655_285_634_347_185),
        (17, 1, 4_966_178_546_987_802_059),
        (17, 2, 4_835_411_616_543_995_181),
        (17, 3, 4_246_247_137_976_645_609),
        (40, 0, 1_763_231_716_457_472_218),
        (40, 1, 13_617_202_774_804_107_930),
        (40, 2, 4_604_632_420_378_932_388),
        (40, 3, 6_475_037_700_655_767_234),
        (100, 0, 7_799_614_891_196_621_906),
        (100, 1, 11_092_425_495_386_207_778),
        (100, 2, 7_810_218_359_200_721_256),
        (100, 3, 18_408_235_283_056_291_526),
        (1000, 0, 13_615_692_213_220_140_110),
        (1000, 1, 10_673_317_450_112_143_132),
        (1000, 2, 15_981_982_444_014_747_320),
        (1000, 3, 268_177_731_174_081_746),
        (5000, 0, 9_066_662_868_602_049_596),
        (5000, 1, 12_369_328_862_675_649_474),
        (5000, 2, 1_881_871_990_921_306_188),
        (5000, 3, 14_000_659_046_045_341_002),
        (4000, 4, 16_258_369_509_790_841_242),
    ];

    /// Keys with many equal ones: at random, up and down, in two interleaved runs, and such that every median is bad.
    fn keys(count: usize, kind: u32) -> Vec<usize> {
        let mut state = count as u64 * 7 + u64::from(kind);
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        let half = count / 2;
        if kind == 4 {
            let mut keys = vec![0; count];
            for place in 1..=half {
                if place % 2 == 1 {
                    (keys[place - 1], keys[place]) = (place, half + place);
                }
                keys[half + place - 1] = 2 * place;
            }
            return keys.into_iter().map(|key| key / 3).collect();
        }
        let key = |place: usize| match kind {
            0 => random() % 3,
            1 => random() % (half + 1),
            2 => {
                if place < half {
                    place
                } else {
                    count - place
                }
            }
            _ => (if place % 2 == 1 { place } else { (place + half) % count }) / 2,
        };
        (0..count).map(key).collect()
    }

    #[test]
    fn equal_elements_stand_where_the_library_puts_them() {
        for (count, kind, hash) in SORTED {
            let mut items: Vec<(usize, u64)> = keys(count, kind).into_iter().zip(1..).collect();
            introsort(&mut items, |one, two| one.0.cmp(&two.0));
            assert!(items.is_sorted_by_key(|item| item.0));
            let found =
                items.iter().fold(0_u64, |hash, item| hash.wrapping_mul(1_099_511_628_211).wrapping_add(item.1));
            assert_eq!(found, hash, "{count} of kind {kind}");
        }
    }

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
        introsort(&mut items, |one, two| one.1.cmp(&two.1));
        let sorted: Vec<&str> = items.into_iter().map(|(id, _)| id).collect();
        assert_eq!(sorted, want.split_whitespace().collect::<Vec<_>>());
    }
}
