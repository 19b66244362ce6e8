//! Writes a path index.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use zstd::bulk::Compressor;

use super::block::PathBlock;
use super::{HEADER, MAGIC, OPEN_MAX, VERSION};
use crate::builder::create_beside;
use crate::catalog::Stamp;
use crate::error::CatalogError;
use crate::format::checksum;

/// The fastest level: what paths share with their neighbours is gone already.
const LEVEL: i32 = 1;

/// A path index that is being written, by several threads if need be.
///
/// It has a temporary name until it is complete. Blocks are written as they come, filters wait in a second file: nothing
/// is kept in memory but the table.
#[derive(Debug)]
pub struct PathIndexWriter {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    blocks: Temporary,
    filters: Temporary,
    rows: Vec<Row>,
    /// Packages with the numbers of their blocks.
    packages: Vec<(u32, u32)>,
}

#[derive(Debug)]
struct Row {
    number: u32,
    start: u64,
    len: u32,
    open_len: u32,
    filter_len: u32,
    filter_start: u64,
    sum: u64,
    filter_sum: u64,
}

/// A file that is removed unless it is renamed.
#[derive(Debug)]
struct Temporary {
    /// Empty when it was renamed.
    path: PathBuf,
    file: BufWriter<File>,
    end: u64,
}

impl Temporary {
    fn beside(path: &Path) -> io::Result<Self> {
        let (path, file) = create_beside(path)?;
        Ok(Temporary { path, file: BufWriter::with_capacity(256 << 10, file), end: 0 })
    }

    /// Appends bytes; returns where.
    fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let start = self.end;
        self.file.write_all(bytes)?;
        self.end += bytes.len() as u64;
        Ok(start)
    }

    /// Appends what another file has.
    fn append_file(&mut self, other: &mut Temporary) -> io::Result<()> {
        other.file.flush()?;
        other.file.get_mut().seek(SeekFrom::Start(0))?;
        self.end += io::copy(&mut other.file.get_mut().take(other.end), &mut self.file)?;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // Whatever made this necessary matters more.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl PathIndexWriter {
    /// Creates the files beside `path`.
    pub fn create(path: &Path) -> Result<Self, CatalogError> {
        let create = || {
            let mut blocks = Temporary::beside(path)?;
            blocks.append(&[0; HEADER])?;
            let filters = Temporary::beside(path)?;
            Ok(State { blocks, filters, rows: Vec::new(), packages: Vec::new() })
        };
        match create() {
            Ok(state) => Ok(PathIndexWriter { path: path.to_owned(), state: Mutex::new(state) }),
            Err(source) => Err(CatalogError::Write { path: path.to_owned(), source }),
        }
    }

    /// Compresses and appends a block; `number` says where its paths come among those of other blocks.
    pub fn block(&self, number: u32, block: PathBlock) -> Result<(), CatalogError> {
        let block = block.encode();
        if block.packages.is_empty() {
            return Ok(());
        }
        if block.bytes.len() > OPEN_MAX {
            return Err(CatalogError::TooLarge("paths of a package"));
        }
        let failed = |source| CatalogError::Write { path: self.path.clone(), source };
        let packed = compress(&block.bytes).map_err(failed)?;
        let mut state = self.lock();
        let mut row = Row {
            number,
            start: 0,
            // Blocks are bounded far below 4 GiB.
            len: packed.len() as u32,
            open_len: block.bytes.len() as u32,
            filter_len: block.filter.len() as u32,
            filter_start: 0,
            sum: 0,
            filter_sum: 0,
        };
        row.start = state.blocks.append(&packed).map_err(failed)?;
        row.sum = checksum(row.start, &packed);
        row.filter_start = state.filters.append(&block.filter).map_err(failed)?;
        row.filter_sum = checksum(row.filter_start, &block.filter);
        state.rows.push(row);
        state.packages.extend(block.packages.into_iter().map(|package| (package, number)));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes filters, table and header, and renames the file into place; `packages` is the number of packages of the
    /// catalog that the numbers are from.
    pub fn finish(self, packages: u32, stamp: &Stamp) -> Result<(), CatalogError> {
        let path = self.path;
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        complete(state, packages, stamp, &path).map_err(|source| CatalogError::Write { path, source })
    }
}

/// Compresses with what the thread used before: making it anew costs more than a block.
fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    thread_local!(static OWN: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) });
    OWN.with_borrow_mut(|own| match own {
        Some(compressor) => compressor.compress(bytes),
        None => own.insert(Compressor::new(LEVEL)?).compress(bytes),
    })
}

fn complete(state: State, packages: u32, stamp: &Stamp, path: &Path) -> io::Result<()> {
    let State { mut blocks, mut filters, mut rows, packages: places } = state;
    rows.sort_by_key(|row| row.number);
    let mut table = Vec::new();
    for row in &rows {
        table.extend_from_slice(&row.start.to_le_bytes());
        for number in [row.len, row.open_len, row.filter_len, 0] {
            table.extend_from_slice(&number.to_le_bytes());
        }
        for number in [row.filter_start, row.sum, row.filter_sum] {
            table.extend_from_slice(&number.to_le_bytes());
        }
    }
    let mut of_package = vec![0_u32; packages as usize];
    for (package, number) in places {
        if let Some(place) = of_package.get_mut(package as usize) {
            *place = rows.partition_point(|row| row.number < number) as u32 + 1;
        }
    }
    table.extend(of_package.iter().flat_map(|block| block.to_le_bytes()));
    let filters_start = blocks.end;
    blocks.append_file(&mut filters)?;
    let table_start = blocks.append(&table)?;

    let mut header = Vec::with_capacity(HEADER);
    header.extend_from_slice(&MAGIC);
    header.extend_from_slice(&VERSION.to_le_bytes());
    header.extend_from_slice(&packages.to_le_bytes());
    header.extend_from_slice(stamp);
    for number in [table_start, rows.len() as u64, checksum(table_start, &table), filters_start] {
        header.extend_from_slice(&number.to_le_bytes());
    }
    let sum = checksum(0, &header);
    header.extend_from_slice(&sum.to_le_bytes());
    blocks.file.flush()?;
    blocks.file.get_mut().seek(SeekFrom::Start(0))?;
    blocks.file.get_mut().write_all(&header)?;
    fs::rename(&blocks.path, path)?;
    blocks.path.clear();
    Ok(())
}
