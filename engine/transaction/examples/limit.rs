//! The physical limit of a transaction; prints the seconds, and the bytes or files.
//!
//! `limit DIR THREADS PACKAGES…`: of an installation. Decompresses the payloads of packages on several threads and writes
//! the bytes, one file for each package, and nothing else.
//!
//! `limit --remove DIR THREADS`: of a removal. Unlinks the paths of standard input, one on a line and below DIR, on
//! several threads, then the directories that are empty, from the last to the first, and nothing else.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::error::Error;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use oxidnf_core::package_file::PackageFile;

const BLOCK: usize = 256 << 10;
/// Paths that a thread takes at a time.
const PORTION: usize = 128;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).peekable();
    let removing = arguments.next_if(|first| first == "--remove").is_some();
    let dir = PathBuf::from(arguments.next().ok_or("limit [--remove] DIR THREADS [PACKAGES…]")?);
    let threads =
        arguments.next().and_then(|text| text.to_str()?.parse::<usize>().ok()).ok_or("THREADS is no number")?;
    if removing {
        return remove(&dir, threads);
    }
    let packages: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    std::fs::create_dir_all(&dir)?;
    let bytes = AtomicU64::new(0);
    let start = Instant::now();
    on_threads(threads, packages.len(), |number| {
        bytes.fetch_add(unpack(&packages[number], &dir.join(number.to_string()))?, Ordering::Relaxed);
        Ok(())
    })?;
    finish(&dir, start, bytes.into_inner())
}

/// Removes what standard input names.
fn remove(dir: &Path, threads: usize) -> Result<(), Box<dyn Error>> {
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text)?;
    let relative = text.split(|byte| *byte == b'\n').map(|line| line.strip_prefix(b"/").unwrap_or(line));
    let paths: Vec<PathBuf> =
        relative.filter(|path| !path.is_empty()).map(|path| dir.join(OsStr::from_bytes(path))).collect();
    let portions: Vec<&[PathBuf]> = paths.chunks(PORTION).collect();
    let directories = Mutex::new(Vec::new());
    let start = Instant::now();
    on_threads(threads, portions.len(), |number| {
        for path in portions[number] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() == ErrorKind::IsADirectory => {
                    directories.lock().expect("no worker panics").push(path);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                result => result?,
            }
        }
        Ok(())
    })?;
    let mut directories = directories.into_inner().expect("no worker panics");
    directories.sort();
    for directory in directories.into_iter().rev() {
        // What others have files in, or is shared and gone already.
        let _ = std::fs::remove_dir(directory);
    }
    finish(dir, start, paths.len() as u64)
}

/// Does the work of each number below `count`.
fn on_threads(threads: usize, count: usize, work: impl Fn(usize) -> std::io::Result<()> + Sync) -> std::io::Result<()> {
    let next = AtomicUsize::new(0);
    let one = || -> std::io::Result<()> {
        while let number = next.fetch_add(1, Ordering::Relaxed)
            && number < count
        {
            work(number)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no worker panics"))
    })
}

/// Makes everything durable and prints the result.
fn finish(dir: &Path, start: Instant, amount: u64) -> Result<(), Box<dyn Error>> {
    File::open(dir)?.sync_all()?;
    rustix::fs::syncfs(File::open(dir)?)?;
    println!("{:.4} {amount}", start.elapsed().as_secs_f64());
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
