//! Makes path indexes of any bytes, for the fuzz target.

use super::{HEADER, MAGIC, ROW, VERSION, block};
use crate::catalog::Stamp;
use crate::format::{checksum, read_u32, read_u64};

/// Bytes that a block of an input may claim to hold.
const OPEN_ENOUGH: u32 = 1 << 20;

/// Reads bytes as an open block and as a filter.
pub(crate) fn walk_block(data: &[u8]) {
    let mut longest = 0;
    let _ = block::for_each(data, |_, path, _| longest = longest.max(path.len()));
    assert!(longest <= data.len(), "a path is made of bytes of its block");
    let _ = block::may_have(data, block::hash(data));
}

/// Returns the bytes as a file of this version and stamp whose checksums are right; none when there is no place for a
/// header.
pub(crate) fn with_checksums(data: &[u8], stamp: &Stamp) -> Option<Vec<u8>> {
    let mut file = data.to_vec();
    let header = file.get_mut(..HEADER)?;
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[16..48].copy_from_slice(stamp);
    let place = |file: &[u8], at| usize::try_from(read_u64(file, at)).unwrap_or(usize::MAX);
    let (table, rows, filters) = (place(&file, 48), place(&file, 56), place(&file, 72));
    for row in 0..rows.min(file.len() / ROW) {
        let Some(at) = table.checked_add(row * ROW).filter(|at| at.saturating_add(ROW) <= file.len()) else { break };
        // What a block may claim to hold is bounded by what the largest piece of a file list has, which is more than an
        // input needs for showing what it can do.
        let open_len = read_u32(&file, at + 12).min(OPEN_ENOUGH);
        file[at + 12..at + 16].copy_from_slice(&open_len.to_le_bytes());
        let sum = |base: usize, start: u64, len: u32| {
            let from = base.checked_add(usize::try_from(start).ok()?)?;
            Some(checksum(start, file.get(from..from.checked_add(len as usize)?)?))
        };
        let block = sum(0, read_u64(&file, at), read_u32(&file, at + 8));
        let filter = sum(filters, read_u64(&file, at + 24), read_u32(&file, at + 16));
        for (place, sum) in [(at + 32, block), (at + 40, filter)] {
            file[place..place + 8].copy_from_slice(&sum.unwrap_or_default().to_le_bytes());
        }
    }
    if let Some(table_bytes) = file.get(table..) {
        let sum = checksum(table as u64, table_bytes);
        file[64..72].copy_from_slice(&sum.to_le_bytes());
    }
    let sum = checksum(0, &file[..HEADER - 8]);
    file[HEADER - 8..HEADER].copy_from_slice(&sum.to_le_bytes());
    Some(file)
}
