//! Entrances for the fuzz targets to what packages bring.

use std::io::Read;

use zstd::zstd_safe::DCtx;

use crate::payload::cpio::{CpioReader, EntryName};
use crate::payload::decompress::decompressor;

/// Bytes of decompressed data after which an input has shown what it can do.
const ENOUGH: u64 = 1 << 20;

/// Reads an archive to its end.
pub fn archive(data: &[u8]) {
    walk(data);
}

/// Decompresses a payload and reads the archive in it.
pub fn payload(data: &[u8]) {
    let mut context = DCtx::create();
    if let Ok(reader) = decompressor(data, &mut context) {
        walk(reader.take(ENOUGH));
    }
}

fn walk(input: impl Read) {
    let mut reader = CpioReader::new(input);
    let mut buffer = [0; 4096];
    while let Ok(Some(entry)) = reader.next_entry() {
        // The header knows the sizes; any will do.
        let size = match entry {
            EntryName::Index(index) => u64::from(index % 512),
            EntryName::Path(path) => path.len() as u64,
        };
        reader.set_size(size);
        while let Ok(1..) = reader.read_data(&mut buffer) {}
    }
}
