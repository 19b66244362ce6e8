//! The path index: all paths of the packages of a catalog, in a file beside it.
//!
//! ```text
//! header    magic, version, stamp, lengths, checksum of the table and of the header
//! blocks    the paths of some packages each, compressed
//! filters   one for each block; see `block`
//! table     one row of ROW bytes for each block, then for each package its block plus 1 (u32)
//! ```
//! A question about a path looks at the filters and opens the few blocks that may have it, so nothing is sorted when the
//! index is made, and hardly anything is read when it is asked. Numbers are little endian.

mod block;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::catalog::Stamp;
use crate::error::CatalogError;
use crate::format::{checksum, read_u32, read_u64};
use crate::glob::{Glob, is_pattern};
use crate::map::Bytes;
use crate::record::FileKind;

pub use block::PathBlock;
#[cfg(feature = "fuzzing")]
pub(crate) use fuzzing::{walk_block, with_checksums};
pub use writer::PathIndexWriter;

/// Changes with every change of the layout; older files are made again.
const VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"OXIDNFp\n";
/// Bytes of the header: magic, version, number of packages, stamp, place of the table, its rows, its checksum, place of
/// the filters, checksum of the header.
const HEADER: usize = 88;
/// Bytes of a row: place, length and open length of the block, length and place (behind the first) of the filter, their
/// checksums.
const ROW: usize = 48;
/// Open length that a block may claim: more than the largest piece of a file list.
const OPEN_MAX: usize = 512 << 20;

const DAMAGED: CatalogError = CatalogError::Damaged("path index");

/// A path that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundPath {
    /// The package that has it, by its number in the catalog.
    pub package: u32,
    /// The path.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
}

/// All paths of the packages of a catalog, mapped; cheap to open.
///
/// What is read is compared with checksums. When damage shows, the file is removed, so that the next one who opens it
/// makes it anew.
pub struct PathIndex {
    path: PathBuf,
    bytes: Bytes,
    packages: u32,
    filters: usize,
    table: usize,
    rows: usize,
    /// Whether the filter of each block was found sound.
    sound: Box<[AtomicBool]>,
}

/// Where a block and its filter are.
struct Row {
    start: usize,
    len: usize,
    open_len: usize,
    filter_len: usize,
    filter_start: usize,
    sum: u64,
    filter_sum: u64,
}

impl PathIndex {
    /// Maps a file; fails when it is no path index, a damaged one, of another version, or made from other data.
    pub fn open(path: &Path, stamp: &Stamp) -> Result<Self, CatalogError> {
        let bytes = Bytes::open(path).map_err(|source| CatalogError::Open { path: path.to_owned(), source })?;
        let header = bytes.get(..HEADER).ok_or(DAMAGED)?;
        if header[..8] != MAGIC || read_u32(header, 8) != VERSION {
            return Err(CatalogError::Damaged("another kind of file"));
        }
        if read_u64(header, HEADER - 8) != checksum(0, &header[..HEADER - 8]) {
            return Err(DAMAGED);
        }
        if header[16..48] != *stamp {
            return Err(CatalogError::Stale);
        }
        let place = |at: usize| usize::try_from(read_u64(header, at)).map_err(|_| DAMAGED);
        let (table, rows, packages, filters) = (place(48)?, place(56)?, read_u32(header, 12), place(72)?);
        let table_len = rows.checked_mul(ROW).and_then(|len| len.checked_add(packages as usize * 4)).ok_or(DAMAGED)?;
        let end = table.checked_add(table_len).ok_or(DAMAGED)?;
        if table < HEADER || end != bytes.len() || !(HEADER..=table).contains(&filters) {
            return Err(DAMAGED);
        }
        if checksum(table as u64, &bytes[table..end]) != read_u64(header, 64) {
            return Err(DAMAGED);
        }
        let sound = (0..rows).map(|_| AtomicBool::new(false)).collect();
        Ok(PathIndex { path: path.to_owned(), packages, filters, table, rows, sound, bytes })
    }

    /// Returns the number of packages of the catalog.
    pub fn packages(&self) -> u32 {
        self.packages
    }

    fn row(&self, index: usize) -> Row {
        // The table was checked when the file was opened; what it points at is checked when it is read.
        let row = &self.bytes[self.table + index * ROW..][..ROW];
        Row {
            start: read_u64(row, 0) as usize,
            len: read_u32(row, 8) as usize,
            open_len: read_u32(row, 12) as usize,
            filter_len: read_u32(row, 16) as usize,
            filter_start: read_u64(row, 24) as usize,
            sum: read_u64(row, 32),
            filter_sum: read_u64(row, 40),
        }
    }

    /// Returns bytes behind `base` that have a checksum.
    fn checked(&self, base: usize, start: usize, len: usize, sum: u64) -> Result<&[u8], CatalogError> {
        let from = base.checked_add(start);
        let range = from.and_then(|from| Some(from..from.checked_add(len).filter(|to| *to <= self.table)?));
        let bytes = range.and_then(|range| self.bytes.get(range));
        bytes.filter(|bytes| checksum(start as u64, bytes) == sum).ok_or_else(|| self.damaged())
    }

    /// Removes the file. Should a good one be in its place by now, it is made once more.
    fn damaged(&self) -> CatalogError {
        // Where it cannot be removed, it will be found damaged again.
        let _ = std::fs::remove_file(&self.path);
        DAMAGED
    }

    /// Returns the filter of a block, which is compared with its checksum the first time.
    fn filter(&self, index: usize) -> Result<&[u8], CatalogError> {
        let row = self.row(index);
        if self.sound[index].load(Ordering::Relaxed) {
            let start = self.filters + row.filter_start;
            return Ok(&self.bytes[start..start + row.filter_len]);
        }
        let filter = self.checked(self.filters, row.filter_start, row.filter_len, row.filter_sum)?;
        self.sound[index].store(true, Ordering::Relaxed);
        Ok(filter)
    }

    /// Calls `visit` with everything in a block.
    fn open_block(&self, index: usize, visit: impl FnMut(u32, &[u8], FileKind)) -> Result<(), CatalogError> {
        let row = self.row(index);
        let packed = self.checked(0, row.start, row.len, row.sum)?;
        if row.open_len > OPEN_MAX {
            return Err(self.damaged());
        }
        let open = zstd::bulk::decompress(packed, row.open_len).map_err(|_| self.damaged())?;
        block::for_each(&open, visit).map_err(|_| self.damaged())
    }

    /// Calls `visit` with the place of a path in `paths`, a package that has it, by its number in the catalog, and what
    /// it is there; in order of the file lists.
    ///
    /// An error means that the file is damaged and has to be made again; what was found before is not all.
    pub fn owners<P: AsRef<[u8]>>(
        &self,
        paths: &[P],
        mut visit: impl FnMut(usize, u32, FileKind),
    ) -> Result<(), CatalogError> {
        let hashes: Vec<u64> = paths.iter().map(|path| block::hash(path.as_ref())).collect();
        let mut wanted = Vec::new();
        for index in 0..self.rows {
            let filter = self.filter(index)?;
            wanted.clear();
            wanted.extend((0..paths.len()).filter(|place| block::may_have(filter, hashes[*place])));
            if wanted.is_empty() {
                continue;
            }
            self.open_block(index, |package, found, kind| {
                if package >= self.packages {
                    return;
                }
                for place in &wanted {
                    if paths[*place].as_ref() == found {
                        visit(*place, package, kind);
                    }
                }
            })?;
        }
        Ok(())
    }

    /// Returns the paths that match one of some patterns, which are paths or globs; each once for each package, by
    /// rising number of the package.
    pub fn find<S: AsRef<str>>(&self, patterns: &[S]) -> Result<Vec<FoundPath>, CatalogError> {
        let (globs, exact): (Vec<&str>, Vec<&str>) =
            patterns.iter().map(AsRef::as_ref).partition(|pattern| is_pattern(pattern));
        let mut found = Vec::new();
        if !exact.is_empty() {
            self.owners(&exact, |place, package, kind| {
                found.push(FoundPath { package, path: exact[place].to_owned(), kind });
            })?;
        }
        if !globs.is_empty() {
            let globs: Vec<Glob> = globs.into_iter().map(|glob| Glob::new(glob, false)).collect();
            found.extend(self.search(|path| globs.iter().any(|glob| glob.matches_bytes(path)))?);
        }
        // Stable: the paths of a package stay in their order.
        found.sort_by_key(|found| found.package);
        found.dedup();
        Ok(found)
    }

    /// Returns all paths for which `matches` is true, looking at every path on several threads.
    pub fn search(&self, matches: impl Fn(&[u8]) -> bool + Sync) -> Result<Vec<FoundPath>, CatalogError> {
        let next = AtomicUsize::new(0);
        let look = || {
            let mut found = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= self.rows {
                    return Ok(found);
                }
                self.open_block(index, |package, path, kind| {
                    if package < self.packages && matches(path) {
                        let path = String::from_utf8_lossy(path).into_owned();
                        found.push((index, FoundPath { package, path, kind }));
                    }
                })?;
            }
        };
        let threads = thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get).min(self.rows.max(1));
        let found: Result<Vec<_>, CatalogError> = thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(look)).collect();
            let join = |worker: thread::ScopedJoinHandle<'_, _>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            workers.into_iter().map(join).collect()
        });
        let mut found: Vec<_> = found?.into_iter().flatten().collect();
        // Stable: within a block, they are in the order of the file lists.
        found.sort_by_key(|(index, _)| *index);
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }

    /// Returns all paths of packages.
    pub fn paths_of(&self, packages: &[u32]) -> Result<Vec<FoundPath>, CatalogError> {
        let mut wanted: Vec<u32> = packages.iter().copied().filter(|package| *package < self.packages).collect();
        wanted.sort_unstable();
        let block = |package: &u32| read_u32(&self.bytes, self.table + self.rows * ROW + *package as usize * 4);
        let mut blocks: Vec<u32> = wanted.iter().map(block).collect();
        blocks.sort_unstable();
        blocks.dedup();
        let mut found = Vec::new();
        for block in blocks.into_iter().filter_map(|block| block.checked_sub(1)) {
            if block as usize >= self.rows {
                return Err(self.damaged());
            }
            self.open_block(block as usize, |package, path, kind| {
                if wanted.binary_search(&package).is_ok() {
                    let path = String::from_utf8_lossy(path).into_owned();
                    found.push(FoundPath { package, path, kind });
                }
            })?;
        }
        Ok(found)
    }
}

impl std::fmt::Debug for PathIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PathIndex")
            .field("packages", &self.packages)
            .field("blocks", &self.rows)
            .finish_non_exhaustive()
    }
}
