//! Entrances for the fuzz targets to what lies in the cache.

use std::path::Path;

use crate::paths::{self, PathIndex};

/// Asks a path index everything that the rest of the program asks.
///
/// `data` is a file whose checksums need not be right: they are put right, because nothing would come past them. It is
/// written to `place`.
pub fn path_index(data: &[u8], place: &Path) {
    paths::walk_block(data);
    let stamp = [0; 32];
    let Some(file) = paths::with_checksums(data, &stamp) else { return };
    std::fs::write(place, file).expect("a temporary file can be written");
    let Ok(index) = PathIndex::open(place, &stamp) else { return };
    let _ = index.owners(&["/usr/bin/sh", "/etc/a"], |_, package, _| assert!(package < index.packages()));
    let _ = index.find(&["/usr/bin/sh", "/e*"]);
    let _ = index.paths_of(&[0, 1, 2, u32::MAX]);
    let _ = index.search(|path| path.starts_with(b"/usr"));
}
