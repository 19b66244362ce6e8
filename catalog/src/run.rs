//! A part that takes no more packages: everything in it is sorted and numbered in that order, so that several of them
//! are merged by reading each from front to back.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;

use oxidnf_core::evr::vercmp;
use oxidnf_core::rich::RichDep;

use crate::format::put_varint;
use crate::part::{Chunk, Part};
use crate::record::Relation;
use crate::spill::{Kept, SpillFile, Window};
use crate::texts::ChunkTexts;
use crate::walk::{NEVER, Walk};

/// A string is the version or the release of a package.
pub(crate) const IS_VERSION: u64 = 1;
/// A string is the name of a package.
pub(crate) const IS_NAME: u64 = 2;

/// Sorted packages with numbers that mean something in this run only. Every record begins with its length.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) kept: Kept,
    pub(crate) chunks: Vec<RunChunk>,
    /// Texts of the chunks that were not handed over.
    pub(crate) texts: VecDeque<ChunkTexts>,
    pub(crate) string_count: usize,
    pub(crate) dep_count: usize,
    pub(crate) row_count: usize,
    /// Flags, first place in the walk plus 1, number of uses, text.
    pub(crate) strings: Range<usize>,
    /// Every so many strings: first bytes, where the record starts.
    pub(crate) marks: Vec<(u128, usize)>,
    /// Name, evr, sense, first place in the walk plus 1, number of uses.
    pub(crate) deps: Range<usize>,
    /// Every so many dependencies: name, where the record starts.
    pub(crate) dep_marks: Vec<(u32, usize)>,
    /// Dependency and the names inside.
    pub(crate) rich: Range<usize>,
    /// First place in the walk, and the components of a directory's path.
    pub(crate) dirs: Range<usize>,
    /// Name, arch, epoch, version, release, chunk, place in the chunk.
    pub(crate) rows: Range<usize>,
    pub(crate) metas: RowRecords,
    pub(crate) relations: RowRecords,
    /// Directory, last component, kind.
    pub(crate) files: RowRecords,
}

/// One record for each row, in their order.
#[derive(Debug)]
pub(crate) struct RowRecords {
    span: Range<usize>,
    /// Every so many rows: where the record starts.
    marks: Vec<usize>,
}

impl RowRecords {
    /// Reads the records from that of a row on.
    pub(crate) fn starting<'k>(&self, kept: &'k Kept, row: usize) -> io::Result<Window<'k>> {
        let start = self.marks.get(row / MARK).copied().unwrap_or(self.span.end);
        let mut window = Window::new(kept, &(start..self.span.end));
        for _ in 0..row % MARK {
            window.record()?;
        }
        Ok(window)
    }
}

/// A chunk of a run.
#[derive(Debug)]
pub(crate) struct RunChunk {
    pub(crate) chunk: Chunk,
    pub(crate) rows: u32,
    /// Where its places in the walk start.
    pub(crate) start: u32,
    /// How many there are.
    pub(crate) places: u32,
}

impl Run {
    /// Sorts a part, puts it aside, and empties it; `image` is memory for that, empty before and after.
    pub(crate) fn seal(part: &mut Part, image: &mut Vec<u8>, file: Option<&SpillFile>) -> io::Result<Self> {
        let run = Sealer::new(part, image).seal(file)?;
        let run = Run { texts: std::mem::take(&mut part.texts), ..run };
        part.clear();
        Ok(run)
    }

    /// Returns about how many strings begin with bytes of a range, rather more than less.
    pub(crate) fn strings_within(&self, range: &Range<u128>) -> usize {
        let marks = self.marks.iter().filter(|(prefix, _)| range.contains(prefix)).count();
        ((marks + 1) * MARK).min(self.string_count)
    }

    /// Returns about how many dependencies have names of a range, rather more than less; `name` turns the run's numbers
    /// of names into those of the range.
    pub(crate) fn deps_within(&self, names: &Range<u32>, name: impl Fn(u32) -> u32) -> usize {
        let marks = self.dep_marks.iter().filter(|(rank, _)| names.contains(&name(*rank))).count();
        ((marks + 1) * MARK).min(self.dep_count)
    }
}

/// Returns the first bytes as a number, which decides most comparisons without looking at the text.
pub(crate) fn prefix(text: &[u8]) -> u64 {
    if let Some(first) = text.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    let mut first = [0; 8];
    first[..text.len()].copy_from_slice(text);
    u64::from_be_bytes(first)
}

/// Returns twice as many first bytes: many names of a distribution share the first eight.
pub(crate) fn head(text: &[u8]) -> u128 {
    if let Some(first) = text.first_chunk::<16>() {
        return u128::from_be_bytes(*first);
    }
    let mut first = [0; 16];
    first[..text.len()].copy_from_slice(text);
    u128::from_be_bytes(first)
}

/// After so many equal bytes texts are compared as wholes: what comes from outside does not decide how deep calls nest.
const EQUAL_BYTES: usize = 64;

/// Sorts texts that are given by the eight bytes from `depth` on and a number; what is before is equal.
///
/// Nearly all comparisons are those of two integers. Where a text has ended its bytes count as zeros, so that what is
/// still equal in the end may be texts with such bytes.
fn sort_texts<'t>(keyed: &mut [(u64, u32)], depth: usize, text: &impl Fn(u32) -> &'t [u8]) {
    keyed.sort_unstable_by_key(|(bytes, _)| *bytes);
    let depth = depth + size_of::<u64>();
    for equal in keyed.chunk_by_mut(|one, two| one.0 == two.0).filter(|equal| equal.len() > 1) {
        // Few are compared before their bytes are looked up.
        if equal.len() <= 4 || depth >= EQUAL_BYTES {
            equal.sort_unstable_by(|one, two| text(one.1).cmp(text(two.1)));
            continue;
        }
        for (key, id) in &mut *equal {
            *key = prefix(text(*id).get(depth..).unwrap_or_default());
        }
        sort_texts(equal, depth, text);
    }
}

struct Sealer<'p> {
    part: &'p Part,
    /// Strings in order, and the place of each.
    strings: Vec<u32>,
    string_ranks: Vec<u32>,
    /// Dependencies in order, in places of strings, and the place of each.
    deps: Vec<[u32; 3]>,
    dep_order: Vec<u32>,
    dep_ranks: Vec<u32>,
    /// Rows in order.
    rows: Vec<u32>,
    image: &'p mut Vec<u8>,
    record: Vec<u8>,
    marks: Vec<(u128, usize)>,
    dep_marks: Vec<(u32, usize)>,
}

/// So many strings, dependencies or rows are between two marks.
const MARK: usize = 256;

impl<'p> Sealer<'p> {
    fn new(part: &'p Part, image: &'p mut Vec<u8>) -> Self {
        let text = |id: u32| part.strings.get(id);
        let mut keyed: Vec<(u64, u32)> = (0..part.strings.len() as u32).map(|id| (prefix(text(id)), id)).collect();
        sort_texts(&mut keyed, 0, &text);
        let strings: Vec<u32> = keyed.into_iter().map(|(_, id)| id).collect();
        let string_ranks = ranks(&strings);
        let deps = part.deps.all().iter();
        let ranked = deps.map(|[name, evr, sense]| [string_ranks[*name as usize], string_ranks[*evr as usize], *sense]);
        let mut numbered: Vec<([u32; 3], u32)> = ranked.zip(0..).collect();
        numbered.sort_unstable();
        let (deps, dep_order): (Vec<_>, Vec<_>) = numbered.into_iter().unzip();
        let dep_ranks = ranks(&dep_order);
        let mut rows: Vec<u32> = (0..part.rows.len() as u32).collect();
        // The sort is stable: packages that are equal in all of this stay in the order of coming.
        rows.sort_by(|one, two| {
            let (one, two) = (&part.rows[*one as usize], &part.rows[*two as usize]);
            let rank = |id: u32| string_ranks[id as usize];
            let names = [(one.name, two.name), (one.arch, two.arch)];
            let order = names.iter().map(|(one, two)| rank(*one).cmp(&rank(*two))).find(|order| order.is_ne());
            order.unwrap_or_else(|| {
                let texts = [(one.version, two.version), (one.release, two.release)];
                version_order(one.epoch, two.epoch, texts.map(|(one, two)| (text(one), text(two))))
            })
        });
        Sealer {
            part,
            strings,
            string_ranks,
            deps,
            dep_order,
            dep_ranks,
            rows,
            image,
            record: Vec::new(),
            marks: Vec::new(),
            dep_marks: Vec::new(),
        }
    }

    fn seal(mut self, file: Option<&SpillFile>) -> io::Result<Run> {
        let part = self.part;
        let (dep_order, dep_ranks) = (std::mem::take(&mut self.dep_order), std::mem::take(&mut self.dep_ranks));
        let walk = Walk::through(part, &self.deps, &dep_order, &dep_ranks);
        let strings = self.section(|sealer| sealer.write_strings(&walk));
        let deps = self.section(|sealer| sealer.write_deps(&walk));
        let rich = self.section(Self::write_rich);
        let dirs = self.section(|sealer| sealer.write_dirs(&walk));
        let rows = self.section(Self::write_rows);
        let metas = self.row_records(Self::write_meta);
        let relations = self.row_records(|sealer, row| sealer.write_relations(row, &dep_ranks));
        let files = self.row_records(Self::write_files);
        let ends = part.chunks.iter().skip(1).map(|chunk| chunk.first).chain([part.rows.len() as u32]);
        let places = walk.chunk_ends.iter().scan(0, |start, end| Some((std::mem::replace(start, *end), *end)));
        let chunks = part.chunks.iter().zip(ends).zip(places).map(|((chunk, end), (start, places_end))| RunChunk {
            chunk: chunk.clone(),
            rows: end - chunk.first,
            start,
            places: places_end - start,
        });
        Ok(Run {
            chunks: chunks.collect(),
            texts: VecDeque::new(),
            string_count: self.strings.len(),
            dep_count: self.deps.len(),
            row_count: self.rows.len(),
            kept: Kept::new(self.image, file)?,
            strings,
            marks: self.marks,
            deps,
            dep_marks: self.dep_marks,
            rich,
            dirs,
            rows,
            metas,
            relations,
            files,
        })
    }

    fn section(&mut self, write: impl FnOnce(&mut Self)) -> Range<usize> {
        let start = self.image.len();
        write(self);
        start..self.image.len()
    }

    /// Writes a record for each row.
    fn row_records(&mut self, mut write: impl FnMut(&mut Self, usize)) -> RowRecords {
        let mut marks = Vec::with_capacity(self.rows.len() / MARK + 1);
        let span = self.section(|sealer| {
            for index in 0..sealer.rows.len() {
                if index.is_multiple_of(MARK) {
                    marks.push(sealer.image.len());
                }
                write(sealer, sealer.rows[index] as usize);
                sealer.end_record();
            }
        });
        RowRecords { span, marks }
    }

    fn number(&mut self, number: impl Into<u64>) {
        put_varint(&mut self.record, number.into());
    }

    fn string(&mut self, id: u32) {
        self.number(self.string_ranks[id as usize]);
    }

    fn end_record(&mut self) {
        put_varint(self.image, self.record.len() as u64);
        self.image.append(&mut self.record);
    }

    fn write_strings(&mut self, walk: &Walk<'_>) {
        let mut flags = vec![0; self.strings.len()];
        for row in &self.part.rows {
            flags[row.name as usize] |= IS_NAME;
            flags[row.version as usize] |= IS_VERSION;
            flags[row.release as usize] |= IS_VERSION;
        }
        for place in 0..self.strings.len() {
            let id = self.strings[place];
            if place.is_multiple_of(MARK) {
                self.marks.push((head(self.part.strings.get(id)), self.image.len()));
            }
            self.number(flags[id as usize]);
            self.number(walk.strings_first[id as usize].wrapping_add(1));
            self.number(walk.strings_uses[id as usize]);
            self.record.extend_from_slice(self.part.strings.get(id));
            self.end_record();
        }
    }

    fn write_deps(&mut self, walk: &Walk<'_>) {
        for (place, dep) in std::mem::take(&mut self.deps).into_iter().enumerate() {
            if place.is_multiple_of(MARK) {
                self.dep_marks.push((dep[0], self.image.len()));
            }
            for number in dep {
                self.number(number);
            }
            self.number(walk.deps_first[place].wrapping_add(1));
            self.number(walk.deps_uses[place]);
            self.end_record();
            self.deps.push(dep);
        }
    }

    fn write_rich(&mut self) {
        let part = self.part;
        for place in 0..self.deps.len() {
            let text = part.strings.get(self.strings[self.deps[place][0] as usize]);
            let rich = text.starts_with(b"(").then_some(text).and_then(|text| str::from_utf8(text).ok());
            let Some(rich) = rich.and_then(|text| RichDep::parse(text).ok()) else { continue };
            self.number(place as u64);
            for inner in rich.simple() {
                // Names inside are strings of the part, too.
                if let Some(name) = part.strings.find(inner.name.as_bytes()) {
                    self.string(name);
                }
            }
            self.end_record();
        }
    }

    fn write_dirs(&mut self, walk: &Walk<'_>) {
        for (dir, first) in &walk.dirs {
            self.number(*first);
            for component in self.part.dirs.get(dir).into_iter().flatten() {
                self.string(*component);
            }
            self.end_record();
        }
    }

    fn write_rows(&mut self) {
        for index in 0..self.rows.len() {
            let number = self.rows[index];
            let row = self.part.rows[number as usize];
            self.string(row.name);
            self.string(row.arch);
            self.number(row.epoch);
            self.string(row.version);
            self.string(row.release);
            let chunk = self.part.chunks.partition_point(|chunk| chunk.first <= number).saturating_sub(1);
            self.number(chunk as u64);
            self.number(number - self.part.chunks[chunk].first);
            self.end_record();
        }
    }

    fn write_meta(&mut self, row: usize) {
        let mut meta = self.part.meta(row);
        for field in meta.strings() {
            if let Some(id) = field.checked_sub(1) {
                *field = self.string_ranks[id as usize] + 1;
            }
        }
        meta.encode(&mut self.record);
    }

    fn write_relations(&mut self, row: usize, dep_ranks: &[u32]) {
        let mut reader = self.part.relations(row);
        for _ in Relation::ALL {
            let count = reader.varint();
            self.number(count);
            (0..count).for_each(|_| self.number(dep_ranks[reader.number() as usize]));
        }
    }

    fn write_files(&mut self, row: usize) {
        let part = self.part;
        for (dir, name, kind) in part.files(row) {
            self.string(dir);
            self.string(name);
            self.number(kind);
        }
    }
}

/// Compares versions: (one, two) of version and release.
pub(crate) fn version_order(one_epoch: u32, two_epoch: u32, texts: [(&[u8], &[u8]); 2]) -> Ordering {
    let version = texts.iter().map(|(one, two)| vercmp(one, two)).find(|order| order.is_ne());
    let order = one_epoch.cmp(&two_epoch).then(version.unwrap_or(Ordering::Equal));
    order.then_with(|| texts.iter().map(|(one, _)| one).cmp(texts.iter().map(|(_, two)| two)))
}

/// Turns what is in each place into the place of each.
fn ranks(order: &[u32]) -> Vec<u32> {
    let mut ranks = vec![0; order.len()];
    for (rank, id) in (0..).zip(order) {
        ranks[*id as usize] = rank;
    }
    ranks
}

const _: () = assert!(NEVER.wrapping_add(1) == 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sorted_by_their_bytes() {
        let common = "/usr/share/doc/".repeat(8);
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for length in 0..=common.len() {
            for end in [&b""[..], b"\0", b"\0\0\0\0\0\0\0\0\0", b"a", b"a\0b", b"zzzzzzzzz", b"\xff"] {
                texts.push([&common.as_bytes()[..length], end].concat());
            }
        }
        texts.sort();
        texts.dedup();
        let expected = texts.clone();
        // Any order that is none, and the same in every run.
        texts.sort_by_key(|text| {
            text.iter().fold(7_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9))
        });
        let text = |id: u32| texts[id as usize].as_slice();
        let mut keyed: Vec<(u64, u32)> = (0..texts.len() as u32).map(|id| (prefix(text(id)), id)).collect();
        sort_texts(&mut keyed, 0, &text);
        let sorted: Vec<&[u8]> = keyed.into_iter().map(|(_, id)| text(id)).collect();
        assert!(sorted == expected.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }
}
