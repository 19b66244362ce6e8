//! One function for each kind of input from outside: it may refuse, and must neither panic nor hang nor take memory
//! that the input does not account for.
//!
//! libFuzzer calls these functions through `fuzz_targets/`, the smoke test calls them with the kept inputs.

mod database;
mod metadata;
mod package;

pub use database::record;
pub use metadata::{comps, filelists, metalink, modules, path_index, primary, repo_file, repomd, updateinfo};
pub use package::{cpio, header, package, signature};

/// Bytes that may be in use at a time; more makes the allocation fail, which ends the process.
///
/// The inputs are a few kilobytes; what is beyond this bound was believed to a count in them.
const MEMORY: usize = 256 << 20;

#[global_allocator]
static ALLOCATOR: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, MEMORY);

/// A target: what takes an input.
pub type Target = fn(&[u8]);

/// All targets by name, which is also that of the directory with their inputs.
pub const TARGETS: [(&str, Target); 14] = [
    ("header", header),
    ("package", package),
    ("cpio", cpio),
    ("signature", signature),
    ("record", record),
    ("repomd", repomd),
    ("primary", primary),
    ("filelists", filelists),
    ("updateinfo", updateinfo),
    ("comps", comps),
    ("modules", modules),
    ("path_index", path_index),
    ("metalink", metalink),
    ("repo_file", repo_file),
];
