//! Compact arenas that keep each distinct text or dependency once.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::error::CatalogError;

/// Distinct byte strings in one buffer, numbered in the order of coming.
#[derive(Debug)]
pub(crate) struct Interner {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    table: Table,
}

impl Default for Interner {
    fn default() -> Self {
        Interner { bytes: Vec::new(), ends: Vec::new(), table: Table::new() }
    }
}

impl Interner {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] as usize };
        &self.bytes[start..self.ends[id] as usize]
    }

    /// Forgets the texts, not their memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.table.clear();
    }

    /// Returns the number of a text that is there.
    pub(crate) fn find(&self, text: &[u8]) -> Option<u32> {
        self.table.find(self.table.hash(text), |id| self.get(id) == text)
    }

    /// Returns the number of a text, which is new if the text is.
    pub(crate) fn intern(&mut self, text: &[u8]) -> Result<u32, CatalogError> {
        let hash = self.table.hash(text);
        let (bytes, ends) = (&self.bytes, &self.ends);
        let at = |id: u32| {
            let id = id as usize;
            let start = if id == 0 { 0 } else { ends[id - 1] as usize };
            &bytes[start..ends[id] as usize]
        };
        if let Some(id) = self.table.find(hash, |id| at(id) == text) {
            return Ok(id);
        }
        let end = u32::try_from(self.bytes.len() + text.len()).map_err(|_| CatalogError::TooLarge("texts"))?;
        let id = self.ends.len() as u32;
        self.bytes.extend_from_slice(text);
        self.ends.push(end);
        self.table.insert(hash, id);
        Ok(id)
    }

    /// Returns about how many bytes of memory the texts take.
    pub(crate) fn size(&self) -> usize {
        // The table has two to four slots for three texts.
        self.bytes.len() + self.ends.len() * 16
    }
}

/// Distinct dependencies (name, evr, sense), numbered in the order of coming.
#[derive(Debug)]
pub(crate) struct DepInterner {
    deps: Vec<[u32; 3]>,
    table: Table,
}

impl Default for DepInterner {
    fn default() -> Self {
        DepInterner { deps: Vec::new(), table: Table::new() }
    }
}

impl DepInterner {
    pub(crate) fn all(&self) -> &[[u32; 3]] {
        &self.deps
    }

    /// Forgets the dependencies, not their memory.
    pub(crate) fn clear(&mut self) {
        self.deps.clear();
        self.table.clear();
    }

    /// Returns the number of a dependency, which is new if the dependency is; its texts are then interned, too.
    pub(crate) fn intern(
        &mut self,
        (name, evr, sense): (&[u8], &[u8], u32),
        strings: &mut Interner,
    ) -> Result<u32, CatalogError> {
        // Most dependencies are known: a search by the texts is one, where one by their numbers would be the third.
        let hash = fold(self.table.hash(name), self.table.hash(evr) ^ u64::from(sense));
        let same = |id: u32| {
            let [known_name, known_evr, known_sense] = self.deps[id as usize];
            known_sense == sense && strings.get(known_name) == name && strings.get(known_evr) == evr
        };
        if let Some(id) = self.table.find(hash, same) {
            return Ok(id);
        }
        let id = self.deps.len() as u32;
        self.deps.push([strings.intern(name)?, strings.intern(evr)?, sense]);
        self.table.insert(hash, id);
        Ok(id)
    }
}

/// Numbers by hash, with open addressing.
///
/// A slot holds the upper half of the hash and the number: what has another hash is passed over without a look at the
/// text, which is somewhere else in memory.
#[derive(Debug)]
pub(crate) struct Table {
    slots: Vec<u64>,
    used: usize,
    seed: u64,
}

/// A slot that is free; no text has the last number.
///
/// Zeros would come from the system as pages that are all one until they are written to. A slot is read before it is
/// written, so that each page would fault twice, and the second time interrupt all processors.
const FREE: u64 = u64::MAX;

impl Table {
    pub(crate) fn new() -> Self {
        // The seed is random because the texts come from outside: nobody shall be able to make them collide.
        Table { slots: vec![FREE; 64], used: 0, seed: RandomState::new().build_hasher().finish() }
    }

    fn clear(&mut self) {
        self.slots.fill(FREE);
        self.used = 0;
    }

    /// Doubles the slots; the halves of the hashes in them are enough to place up to 2^32.
    fn grow(&mut self) {
        let mut slots = vec![FREE; self.slots.len() * 2];
        for slot in self.slots.iter().filter(|slot| **slot != FREE) {
            place(&mut slots, *slot);
        }
        self.slots = slots;
    }

    pub(crate) fn hash(&self, text: &[u8]) -> u64 {
        let (words, _) = text.as_chunks::<8>();
        let hash = words.iter().fold(self.seed ^ text.len() as u64, |hash, word| fold(hash, u64::from_le_bytes(*word)));
        fold(hash, last_bytes(text))
    }

    pub(crate) fn find(&self, hash: u64, same: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut at = (hash >> 32) as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == FREE {
                return None;
            }
            let id = slot as u32;
            if slot >> 32 == hash >> 32 && same(id) {
                return Some(id);
            }
            at = (at + 1) & mask;
        }
    }

    pub(crate) fn insert(&mut self, hash: u64, id: u32) {
        place(&mut self.slots, hash >> 32 << 32 | u64::from(id));
        self.used += 1;
        // Runs of used slots stay short while a third is free.
        if self.used * 3 > self.slots.len() * 2 {
            self.grow();
        }
    }
}

fn place(slots: &mut [u64], slot: u64) {
    let mask = slots.len() - 1;
    let mut at = (slot >> 32) as usize & mask;
    while slots[at] != FREE {
        at = (at + 1) & mask;
    }
    slots[at] = slot;
}

/// Returns the last bytes of a text, which with its length and its whole words tell it from others: up to eight, some
/// of them twice where they are few. Most texts are short, and a copy of an unknown length would be a call.
fn last_bytes(text: &[u8]) -> u64 {
    if let Some(last) = text.last_chunk::<8>() {
        return u64::from_le_bytes(*last);
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    let [first, middle, last] = match text {
        [] => [0; 3],
        _ => [text[0], text[text.len() / 2], text[text.len() - 1]],
    };
    u64::from(first) | u64::from(middle) << 8 | u64::from(last) << 16
}

/// Mixes a word in by a multiplication whose two halves are joined.
pub(crate) fn fold(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ word ^ 0x9e37_79b9_7f4a_7c15) * u128::from(hash.rotate_left(32) | 1);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_each_text_once() {
        let mut texts = Interner::default();
        let words: Vec<String> = (0..5000).map(|n| format!("word-{}", n % 2500)).collect();
        let ids: Vec<u32> = words.iter().map(|word| texts.intern(word.as_bytes()).expect("small")).collect();
        assert_eq!(texts.len(), 2500);
        for (word, id) in words.iter().zip(ids) {
            assert_eq!(texts.get(id), word.as_bytes());
        }
    }

    #[test]
    fn keeps_each_dependency_once() {
        let (mut deps, mut strings) = (DepInterner::default(), Interner::default());
        for n in 0..5000 {
            let (name, evr) = (format!("name-{}", n % 1250), format!("{}", n % 5));
            let dep = (name.as_bytes(), evr.as_bytes(), n % 2500 / 1250);
            assert_eq!(deps.intern(dep, &mut strings).expect("small"), n % 2500);
        }
        assert_eq!(deps.all().len(), 2500);
        assert_eq!(strings.len(), 1255);
    }
}
