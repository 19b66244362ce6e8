//! Descriptions, summaries and addresses on their way into the file.
//!
//! They are most of a repository's text, and nothing else of a catalog depends on them. So they are written while the
//! rest is still being collected: chunk by chunk in the order of the source, each text once. Descriptions are the first
//! section of the file; the others wait beside it.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::io::{Seek, Write};
use std::sync::OnceLock;

use crate::error::CatalogError;
use crate::format::{Section, put_varint};
use crate::intern::Table;
use crate::output::Output;
use crate::spill::{SpillFile, Stream};
use crate::writer::WriteError;

/// The kinds of texts, in the order of [`ChunkTexts::kinds`].
pub(crate) const DESCRIPTION: usize = 0;
pub(crate) const SUMMARY: usize = 1;
pub(crate) const URL: usize = 2;
const KINDS: usize = 3;

/// The texts of one chunk by kind.
#[derive(Debug, Default)]
pub(crate) struct ChunkTexts {
    kinds: [Texts; KINDS],
}

impl ChunkTexts {
    /// Adds a text and returns its number plus 1; 0 for an empty one.
    pub(crate) fn add(&mut self, kind: usize, text: &str) -> Result<u32, CatalogError> {
        self.kinds[kind].add(text)
    }

    /// Returns the bytes of memory.
    pub(crate) fn size(&self) -> usize {
        self.kinds.iter().map(|texts| texts.bytes.len() + texts.texts.len() * 16).sum()
    }
}

/// Texts in order.
#[derive(Debug, Default)]
struct Texts {
    bytes: Vec<u8>,
    /// For each text its end in `bytes` and its name.
    texts: Vec<(u32, Name)>,
}

impl Texts {
    fn add(&mut self, text: &str) -> Result<u32, CatalogError> {
        if text.is_empty() {
            return Ok(0);
        }
        // Packages of one source follow one another and say the same.
        let last = self.texts.len().checked_sub(1);
        if last.is_some_and(|last| self.get(last) == text.as_bytes()) {
            return Ok(self.texts.len() as u32);
        }
        let end = u32::try_from(self.bytes.len() + text.len()).map_err(|_| CatalogError::TooLarge("texts"))?;
        self.bytes.extend_from_slice(text.as_bytes());
        self.texts.push((end, Name::of(text.as_bytes())));
        Ok(self.texts.len() as u32)
    }

    fn get(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.texts[before].0);
        &self.bytes[start as usize..self.texts[index].0 as usize]
    }
}

/// Names a text by 96 bits that are as good as the text: parts of two hashes with keys of this process.
///
/// Among millions of texts, two different ones have the same name once in 10^16 catalogs, and nobody can choose them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name([u32; 3]);

impl Name {
    fn of(text: &[u8]) -> Self {
        static KEYS: OnceLock<(RandomState, Table)> = OnceLock::new();
        let (keyed, table) = KEYS.get_or_init(|| (RandomState::new(), Table::new()));
        let keyed = keyed.hash_one(text);
        Name([keyed as u32, (keyed >> 32) as u32, table.hash(text) as u32])
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [low, high, _] = self.0;
        state.write_u64(u64::from(low) | u64::from(high) << 32);
    }
}

/// Takes names as they are, for they are hashes already.
#[derive(Debug, Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        // Names write a number; whatever else comes is mixed somehow.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }
}

/// The order of chunks: by number. What is still in a run at the end has the run's place plus 1 in addition, because
/// runs that were filled without chunks all have chunk 0.
pub(crate) type ChunkKey = (u32, u32);

/// Writes the texts of chunks in order, whenever they come.
#[derive(Debug)]
pub(crate) struct TextWriter<W> {
    output: Output<W>,
    /// Summaries and addresses.
    others: [Stream; KINDS - 1],
    kinds: [Written; KINDS],
    /// For each chunk that was written, the places of its texts plus 1.
    places: BTreeMap<ChunkKey, [Vec<u32>; KINDS]>,
    waiting: BTreeMap<ChunkKey, ChunkTexts>,
    /// The number of the chunk that is written next while more are to come.
    next: u32,
}

/// What was written of a kind.
#[derive(Debug, Default)]
struct Written {
    places: HashMap<Name, u32, BuildHasherDefault<Same>>,
    end: u32,
}

impl Written {
    /// Writes the texts that are new; returns the places of all.
    fn write(
        &mut self,
        texts: &Texts,
        mut sink: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<Vec<u32>, WriteError> {
        let mut places = Vec::with_capacity(texts.texts.len());
        let mut len = Vec::new();
        for (index, (_, name)) in texts.texts.iter().enumerate() {
            if let Some(known) = self.places.get(name) {
                places.push(*known);
                continue;
            }
            let text = texts.get(index);
            let place = self.end.checked_add(1).ok_or(CatalogError::TooLarge("texts"))?;
            len.clear();
            put_varint(&mut len, text.len() as u64);
            let size = u32::try_from(len.len() + text.len()).ok();
            self.end = size.and_then(|size| self.end.checked_add(size)).ok_or(CatalogError::TooLarge("texts"))?;
            sink(&len)?;
            sink(text)?;
            self.places.insert(*name, place);
            places.push(place);
        }
        Ok(places)
    }
}

impl<W: Write + Seek> TextWriter<W> {
    /// Starts with the section of descriptions.
    pub(crate) fn new(mut output: Output<W>, file: Option<&SpillFile>) -> Self {
        output.section(Section::Descriptions);
        TextWriter {
            output,
            others: [Stream::new(file), Stream::new(file)],
            kinds: Default::default(),
            places: BTreeMap::new(),
            waiting: BTreeMap::new(),
            next: 0,
        }
    }

    /// Takes a chunk that nobody else has, and writes it if all before it have come.
    pub(crate) fn put(&mut self, chunk: u32, texts: ChunkTexts) -> Result<(), WriteError> {
        if self.places.contains_key(&(chunk, 0)) || self.waiting.insert((chunk, 0), texts).is_some() {
            return Err(CatalogError::Chunk(chunk).into());
        }
        while let Some(texts) = self.waiting.remove(&(self.next, 0)) {
            self.write((self.next, 0), &texts)?;
            self.next += 1;
        }
        Ok(())
    }

    /// Takes a chunk that is still in a run, to be written in the end.
    pub(crate) fn put_last(&mut self, key: ChunkKey, texts: ChunkTexts) {
        self.waiting.insert(key, texts);
    }

    fn write(&mut self, key: ChunkKey, texts: &ChunkTexts) -> Result<(), WriteError> {
        let Self { output, others, kinds, .. } = self;
        let [descriptions, summaries, urls] = kinds;
        let places = [
            descriptions.write(&texts.kinds[DESCRIPTION], |bytes| output.bytes(bytes))?,
            summaries.write(&texts.kinds[SUMMARY], |bytes| others[0].write(bytes))?,
            urls.write(&texts.kinds[URL], |bytes| others[1].write(bytes))?,
        ];
        self.places.insert(key, places);
        Ok(())
    }

    /// Writes what waits, and returns the output, the places, and what is to be written as summaries and addresses.
    pub(crate) fn finish(mut self) -> Result<(Output<W>, Places, [Stream; 2]), WriteError> {
        for (key, texts) in std::mem::take(&mut self.waiting) {
            self.write(key, &texts)?;
        }
        Ok((self.output, Places(self.places), self.others))
    }
}

/// Where texts were written.
#[derive(Debug)]
pub(crate) struct Places(BTreeMap<ChunkKey, [Vec<u32>; KINDS]>);

impl Places {
    /// Returns the place plus 1 of a chunk's text by its number plus 1; 0 for 0.
    pub(crate) fn get(&self, key: ChunkKey, kind: usize, text: u32) -> u32 {
        let Some(index) = text.checked_sub(1) else { return 0 };
        self.0.get(&key).and_then(|places| places[kind].get(index as usize)).copied().unwrap_or(0)
    }
}
