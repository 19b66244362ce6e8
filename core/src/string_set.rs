//! Hashes and orders of GNU's C++ library, where what dnf5 writes follows from them.

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
///
/// Meant for few strings: the time grows with the square of their number.
pub fn unordered(strings: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut table = Table { buckets: 1, room: 0, list: Vec::new() };
    for string in strings {
        let hash = string_hash(string.as_bytes());
        if table.list.iter().all(|(_, known)| *known != string) {
            table.grow();
            table.insert(hash, string);
        }
    }
    table.list.into_iter().map(|(_, string)| string).collect()
}

/// One list of all elements; those of a bucket stand together.
struct Table {
    buckets: u64,
    /// How many elements there may be before there are more buckets.
    room: u64,
    list: Vec<(u64, String)>,
}

impl Table {
    /// Numbers of buckets, each at least twice the one before.
    const PRIMES: [u64; 14] = [13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229, 172_933];

    /// Makes room for one more element.
    fn grow(&mut self) {
        if (self.list.len() as u64) < self.room {
            return;
        }
        let Some(more) = Self::PRIMES.into_iter().find(|prime| *prime > self.buckets && *prime > self.room) else {
            return;
        };
        (self.buckets, self.room) = (more, more);
        for (hash, string) in std::mem::take(&mut self.list) {
            self.insert(hash, string);
        }
    }

    /// Puts an element before those of its bucket, or before all.
    fn insert(&mut self, hash: u64, string: String) {
        let bucket = hash % self.buckets;
        let place = self.list.iter().position(|(other, _)| other % self.buckets == bucket).unwrap_or(0);
        self.list.insert(place, (hash, string));
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
}
