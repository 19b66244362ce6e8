//! The physical limit of an installation: decompresses the payloads of packages on several threads and writes the bytes,
//! one file for each package, and nothing else. Prints the seconds and the bytes.
//!
//! `limit DIR THREADS PACKAGES…`
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use oxidnf_core::package_file::PackageFile;

const BLOCK: usize = 256 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let dir = PathBuf::from(arguments.next().ok_or("limit DIR THREADS PACKAGES…")?);
    let threads =
        arguments.next().and_then(|text| text.to_str()?.parse::<usize>().ok()).ok_or("THREADS is no number")?;
    let packages: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    std::fs::create_dir_all(&dir)?;
    let (next, bytes) = (AtomicUsize::new(0), AtomicU64::new(0));
    let start = Instant::now();
    let results: Vec<std::io::Result<()>> = std::thread::scope(|scope| {
        let work = || -> std::io::Result<()> {
            while let number = next.fetch_add(1, Ordering::Relaxed)
                && let Some(package) = packages.get(number)
            {
                bytes.fetch_add(unpack(package, &dir.join(number.to_string()))?, Ordering::Relaxed);
            }
            Ok(())
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("no worker panics")).collect()
    });
    results.into_iter().collect::<Result<Vec<()>, _>>()?;
    File::open(&dir)?.sync_all()?;
    rustix::fs::syncfs(File::open(&dir)?)?;
    println!("{:.4} {}", start.elapsed().as_secs_f64(), bytes.into_inner());
    Ok(())
}

/// Writes what a package contains, as it comes out of the decompressor.
fn unpack(package: &Path, to: &Path) -> std::io::Result<u64> {
    let package = PackageFile::open(package).map_err(std::io::Error::other)?;
    let payload = BufReader::with_capacity(BLOCK, package.payload_reader());
    let mut payload = zstd::stream::read::Decoder::with_buffer(payload)?;
    let mut out = File::create(to)?;
    let (mut block, mut written) = (vec![0; BLOCK], 0);
    loop {
        let length = payload.read(&mut block)?;
        if length == 0 {
            return Ok(written);
        }
        out.write_all(&block[..length])?;
        written += length as u64;
    }
}
