//! The paths of some packages as bytes, and a filter that tells which paths are surely not among them.
//!
//! A block is a list of packages: number, count of paths, paths. A path is written as the length of what it shares with
//! the path before (times 4, plus its kind) and the rest.

use crate::error::CatalogError;
use crate::format::{Reader, put_varint};
use crate::intern::fold;
use crate::part::file_kind;
use crate::record::FileKind;

/// Bits of the filter for each path: one of two hundred blocks without a path is looked at in vain.
const BITS: usize = 12;
/// Bytes of the filter that one path has bits in.
const LANE: usize = 32;

/// Collects the paths of packages.
#[derive(Debug, Default)]
pub struct PathBlock {
    bytes: Vec<u8>,
    hashes: Vec<u64>,
    last: Vec<u8>,
    /// Packages, by their numbers in the catalog.
    packages: Vec<u32>,
}

/// A finished block.
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    pub(super) filter: Vec<u8>,
    pub(super) packages: Vec<u32>,
}

impl PathBlock {
    /// Starts without packages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a package, by its number in the catalog, with its paths.
    pub fn package<P: AsRef<[u8]>>(&mut self, package: u32, paths: &[(P, FileKind)]) {
        self.packages.push(package);
        put_varint(&mut self.bytes, package.into());
        put_varint(&mut self.bytes, paths.len() as u64);
        for (path, kind) in paths {
            let path = path.as_ref();
            let shared = shared(&self.last, path);
            put_varint(&mut self.bytes, (shared as u64) << 2 | *kind as u64);
            put_varint(&mut self.bytes, (path.len() - shared) as u64);
            self.bytes.extend_from_slice(&path[shared..]);
            self.last.truncate(shared);
            self.last.extend_from_slice(&path[shared..]);
            self.hashes.push(hash(path));
        }
    }

    pub(super) fn encode(self) -> Encoded {
        let mut filter = vec![0; (self.hashes.len() * BITS).div_ceil(LANE * 8) * LANE];
        for hash in self.hashes {
            let lane = lane(hash, filter.len());
            bits(hash).for_each(|(byte, bit)| filter[lane + byte] |= bit);
        }
        Encoded { bytes: self.bytes, filter, packages: self.packages }
    }
}

/// Returns how many bytes two paths have in common at their starts.
fn shared(one: &[u8], two: &[u8]) -> usize {
    let words = one.as_chunks::<8>().0.iter().zip(two.as_chunks::<8>().0);
    let mut same = 0;
    for (one, two) in words {
        let differ = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*two);
        if differ != 0 {
            return same + differ.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    same + one[same..].iter().zip(&two[same..]).take_while(|(one, two)| one == two).count()
}

/// Digests a path for the filters. Everybody knows how, so who makes a repository can make filters useless, which costs
/// time only.
pub(super) fn hash(path: &[u8]) -> u64 {
    let (words, tail) = path.as_chunks::<8>();
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    let start = 0x0f1e_2d3c_4b5a_6978 ^ path.len() as u64;
    let hash = words.iter().fold(start, |hash, word| fold(hash, u64::from_le_bytes(*word)));
    fold(hash, u64::from_le_bytes(last))
}

fn lane(hash: u64, len: usize) -> usize {
    // The upper half of the hash as a fraction of the number of lanes.
    (((hash >> 32) * (len / LANE) as u64) >> 32) as usize * LANE
}

/// Returns one bit in each word of a lane.
fn bits(hash: u64) -> impl Iterator<Item = (usize, u8)> {
    const SALTS: [u32; 8] =
        [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];
    SALTS.into_iter().enumerate().map(move |(word, salt)| {
        let bit = (hash as u32).wrapping_mul(salt) >> 27;
        (word * 4 + bit as usize / 8, 1 << (bit % 8))
    })
}

/// Tells whether a path may be in the block with this filter.
pub(super) fn may_have(filter: &[u8], hash: u64) -> bool {
    let lane = lane(hash, filter.len());
    filter.get(lane..lane + LANE).is_some_and(|lane| bits(hash).all(|(byte, bit)| lane[byte] & bit != 0))
}

/// Calls `visit` with package, path and kind of everything in a block.
pub(super) fn for_each(bytes: &[u8], mut visit: impl FnMut(u32, &[u8], FileKind)) -> Result<(), CatalogError> {
    const DAMAGED: CatalogError = CatalogError::Damaged("path list");
    let mut reader = Reader::new(bytes);
    let mut path = Vec::new();
    while !reader.is_empty() {
        let package = reader.number();
        for _ in 0..reader.varint() {
            if reader.left() < 2 {
                return Err(DAMAGED);
            }
            let head = reader.varint();
            let shared = usize::try_from(head >> 2).ok().filter(|shared| *shared <= path.len()).ok_or(DAMAGED)?;
            let len = usize::try_from(reader.varint()).ok().filter(|len| *len <= reader.left()).ok_or(DAMAGED)?;
            path.truncate(shared);
            path.extend_from_slice(reader.bytes(len));
            visit(package, &path, file_kind((head & 3) as u8));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Listed = (u32, Vec<(Vec<u8>, FileKind)>);

    fn encode(packages: &[Listed]) -> Encoded {
        let mut block = PathBlock::new();
        for (package, paths) in packages {
            block.package(*package, paths);
        }
        block.encode()
    }

    fn packages() -> impl Strategy<Value = Vec<Listed>> {
        let kind = prop_oneof![Just(FileKind::File), Just(FileKind::Directory), Just(FileKind::Ghost)];
        let path = "(/[ab]{1,9}){1,4}".prop_map(String::into_bytes);
        proptest::collection::vec((any::<u32>(), proptest::collection::vec((path, kind), 0..20)), 0..10)
    }

    proptest! {
        #[test]
        fn comes_back(packages in packages()) {
            let encoded = encode(&packages);
            let mut found = Vec::new();
            for_each(&encoded.bytes, |package, path, kind| found.push((package, path.to_vec(), kind))).expect("valid");
            let wanted = packages.iter().flat_map(|(package, paths)| {
                paths.iter().map(|(path, kind)| (*package, path.clone(), *kind))
            });
            prop_assert_eq!(found, wanted.collect::<Vec<_>>());
            for (path, _) in packages.iter().flat_map(|(_, paths)| paths) {
                prop_assert!(may_have(&encoded.filter, hash(path)));
            }
        }

        #[test]
        fn survives_anything(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = for_each(&bytes, |_, _, _| {});
            may_have(&bytes, hash(&bytes));
        }
    }

    #[test]
    fn filters_keep_most_others_out() {
        let paths: Vec<_> = (0..5000).map(|n| (format!("/usr/share/{n}").into_bytes(), FileKind::File)).collect();
        let filter = encode(&[(0, paths)]).filter;
        let wrong = (0..10_000).filter(|n| may_have(&filter, hash(format!("/usr/lib/{n}").as_bytes()))).count();
        assert!(wrong < 150, "{wrong} of 10000");
    }
}
