//! Hashes and orders of GNU's C++ library, where what dnf5 writes follows from them.

use std::collections::HashSet;

/// Returns the hash of `std::hash<std::string>`: MurmurHash64A with the library's seed.
pub fn string_hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;
    const SEED: u64 = 0xc70f_6907;
    let mix = |value: u64| value ^ (value >> 47);
    let mut hash = SEED ^ (bytes.len() as u64).wrapping_mul(FACTOR);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let data = mix(u64::from_le_bytes(*word).wrapping_mul(FACTOR)).wrapping_mul(FACTOR);
        hash = (hash ^ data).wrapping_mul(FACTOR);
    }
    if !rest.is_empty() {
        let data = rest.iter().rev().fold(0, |data, byte| (data << 8) | u64::from(*byte));
        hash = (hash ^ data).wrapping_mul(FACTOR);
    }
    mix(mix(hash).wrapping_mul(FACTOR))
}

/// Returns strings in the order in which `std::unordered_set<std::string>` has them that got them one after the other.
pub fn unordered(strings: impl IntoIterator<Item = String>) -> Vec<String> {
    filled(strings).0.into_strings()
}

/// Returns strings in the order in which `std::unordered_map<std::string, T>` has them that got some of them one after
/// the other and then took over another map, which had got the others so.
pub fn merged(strings: impl IntoIterator<Item = String>, others: impl IntoIterator<Item = String>) -> Vec<String> {
    let (mut table, mut known) = filled(strings);
    let others = unordered(others);
    // Room is made for all that may come when the first one does.
    let mut expected = others.len();
    for string in others {
        if known.insert(string.clone()) {
            table.add(string, expected);
            expected = 1;
        } else {
            expected = (expected - 1).max(1);
        }
    }
    table.into_strings()
}

/// Returns a table that got strings one after the other, and what is in it.
fn filled(strings: impl IntoIterator<Item = String>) -> (Table, HashSet<String>) {
    let (mut table, mut known) = (Table::default(), HashSet::new());
    for string in strings {
        if known.insert(string.clone()) {
            table.add(string, 1);
        }
    }
    (table, known)
}

/// One list of all elements; those of a bucket stand together.
#[derive(Default)]
struct Table {
    nodes: Vec<Node>,
    /// The first element.
    first: Option<usize>,
    buckets: Vec<Bucket>,
    /// How many elements there may be before there are more buckets.
    room: usize,
}

struct Node {
    hash: u64,
    string: String,
    next: Option<usize>,
}

/// What stands before the first element of a bucket.
#[derive(Clone, Copy)]
enum Bucket {
    Empty,
    First,
    Behind(usize),
}

/// Numbers of buckets that there may be, as the library has them.
#[rustfmt::skip]
const PRIMES: &[usize] = &[
    13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 103, 109, 113, 127, 137,
    139, 149, 157, 167, 179, 193, 199, 211, 227, 241, 257, 277, 293, 313, 337, 359, 383, 409, 439, 467, 503,
    541, 577, 619, 661, 709, 761, 823, 887, 953, 1031, 1109, 1193, 1289, 1381, 1493, 1613, 1741, 1879, 2029,
    2179, 2357, 2549, 2753, 2971, 3209, 3469, 3739, 4027, 4349, 4703, 5087, 5503, 5953, 6427, 6949, 7517, 8123,
    8783, 9497, 10273, 11113, 12011, 12983, 14033, 15173, 16411, 17749, 19183, 20753, 22447, 24281, 26267,
    28411, 30727, 33223, 35933, 38873, 42043, 45481, 49201, 53201, 57557, 62233, 67307, 72817, 78779, 85229,
    92203, 99733, 107_897, 116_731, 126_271, 136_607, 147_793, 159_871, 172_933, 187_091, 202_409, 218_971,
    236_897, 256_279, 277_261, 299_951, 324_503, 351_061, 379_787, 410_857, 444_487, 480_881, 520_241, 562_841,
    608_903, 658_753, 712_697, 771_049, 834_181, 902_483, 976_369, 1_056_323, 1_142_821, 1_236_397, 1_337_629,
    1_447_153, 1_565_659, 1_693_859, 1_832_561, 1_982_627, 2_144_977, 2_320_627, 2_510_653, 2_716_249,
    2_938_679, 3_179_303, 3_439_651, 3_721_303, 4_026_031, 4_355_707, 4_712_381, 5_098_259, 5_515_729,
    5_967_347,
];

impl Table {
    fn add(&mut self, string: String, expected: usize) {
        self.grow(expected);
        let hash = string_hash(string.as_bytes());
        self.nodes.push(Node { hash, string, next: None });
        self.link(self.nodes.len() - 1);
    }

    /// Makes room for more elements.
    fn grow(&mut self, expected: usize) {
        let wanted = self.nodes.len() + expected;
        if wanted <= self.room {
            return;
        }
        let wanted = if self.room == 0 { wanted.max(11) } else { wanted };
        let least = (wanted + 1).max(2 * self.buckets.len());
        let count = PRIMES.iter().copied().find(|prime| *prime >= least).unwrap_or(least);
        (self.buckets, self.room) = (vec![Bucket::Empty; count], count);
        let mut next = self.first.take();
        while let Some(node) = next {
            next = self.nodes[node].next;
            self.link(node);
        }
    }

    /// Puts an element before those of its bucket, or before all.
    fn link(&mut self, node: usize) {
        let bucket = self.bucket_of(node);
        match self.buckets[bucket] {
            Bucket::Behind(before) => {
                self.nodes[node].next = self.nodes[before].next.replace(node);
            }
            Bucket::First => self.nodes[node].next = self.first.replace(node),
            Bucket::Empty => {
                let second = self.first.replace(node);
                self.nodes[node].next = second;
                if let Some(second) = second {
                    let behind = self.bucket_of(second);
                    self.buckets[behind] = Bucket::Behind(node);
                }
                self.buckets[bucket] = Bucket::First;
            }
        }
    }

    fn bucket_of(&self, node: usize) -> usize {
        let rest = self.nodes[node].hash % self.buckets.len() as u64;
        usize::try_from(rest).unwrap_or_default()
    }

    fn into_strings(mut self) -> Vec<String> {
        let mut strings = Vec::with_capacity(self.nodes.len());
        let mut next = self.first;
        while let Some(node) = next {
            let node = &mut self.nodes[node];
            strings.push(std::mem::take(&mut node.string));
            next = node.next;
        }
        strings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // witness: `dnf5 --available`, `dnf5 --offline` (5.4.6), which list commands in such an order.
    #[test]
    fn order() {
        let of = |text: &str| unordered(text.split(", ").map(str::to_owned)).join(", ");
        assert_eq!(
            of(
                "repoquery, list, info, group list, group info, environment list, environment info, advisory list, advisory info, advisory summary"
            ),
            "advisory summary, advisory list, advisory info, environment list, group info, environment info, group list, info, list, repoquery"
        );
        // More than the first table holds.
        assert_eq!(
            of(
                "do, install, upgrade, remove, distro-sync, debuginfo-install, downgrade, reinstall, swap, mark, autoremove, group install, group remove, group upgrade, environment install, environment remove, environment upgrade, history undo, history redo, history rollback, builddep"
            ),
            "environment remove, group upgrade, do, environment install, install, remove, history rollback, autoremove, environment upgrade, upgrade, history redo, distro-sync, debuginfo-install, group remove, downgrade, history undo, reinstall, swap, builddep, mark, group install"
        );
        assert_eq!(of("one, two, one"), "two, one");
    }

    // witness: `a.merge(b)` of two std::unordered_map of GNU's library; the numbers are hashes of the order.
    #[test]
    fn order_of_merged_maps() {
        for (own, taken, shared, want) in [
            (0, 5, 0, 1_368_013_410),
            (0, 20, 0, 788_501_386),
            (3, 20, 2, 3_501_930_548),
            (20, 3, 1, 118_420_759),
            (0, 100, 0, 2_795_572_712),
            (15, 200, 10, 707_969_348),
            (300, 300, 150, 640_328_639),
            (0, 3000, 0, 569_955_834),
            (7, 70, 7, 558_775_665),
            (13, 14, 0, 1_460_220_247),
        ] {
            let names = |numbers: std::ops::Range<usize>| numbers.map(|number| format!("p{number}"));
            let order = merged(names(0..own), names(own - shared..own - shared + taken));
            assert_eq!(order.len(), own + taken - shared);
            let hash = order.iter().fold(0_u32, |hash, name| {
                name.bytes()
                    .fold(hash.wrapping_mul(31), |hash, byte| hash.wrapping_mul(33).wrapping_add(u32::from(byte)))
            });
            assert_eq!(hash, want, "{own} and {taken}, {shared} of them the same");
        }
    }
}
