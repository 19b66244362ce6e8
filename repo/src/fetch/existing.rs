//! Files that an earlier run has fetched.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use oxidnf_core::Checksum;
use oxidnf_core::checksum::Hasher;
use oxidnf_core::package_file::FileStamp;

use super::observer::Observer;
use super::sink::{BLOCK, Expect, Fetched};
use super::xattr;

/// Looks whether the right file is already there.
///
/// An observer sees its bytes if they have to be read for the checksum.
pub(super) fn existing(dest: &Path, expect: &Expect, mut observer: Option<Box<dyn Observer>>) -> Existing {
    match check_existing(dest, expect, observer.as_mut()) {
        Ok(Some(Found { size, checksum, stamp })) => {
            let checksum = Some(checksum);
            let path = dest.to_owned();
            Existing::Right(Fetched { path, size, already: true, checksum, observer, stamp, remote_time: None })
        }
        // What cannot be read will be replaced.
        Ok(None) | Err(_) => Existing::Wrong(observer),
    }
}

pub(super) enum Existing {
    Right(Fetched),
    Wrong(Option<Box<dyn Observer>>),
}

/// A file that is there and right.
struct Found {
    size: u64,
    checksum: Checksum,
    /// Its state after it was read, if it was.
    stamp: Option<FileStamp>,
}

fn check_existing(dest: &Path, expect: &Expect, observer: Option<&mut Box<dyn Observer>>) -> io::Result<Option<Found>> {
    let link = dest.symlink_metadata()?;
    if !link.is_file() || expect.size.is_some_and(|size| size != link.len()) {
        return Ok(None);
    }
    let Some(kind) = expect.kind() else {
        // Nothing says what it should be, so it is fetched again.
        return Ok(None);
    };
    let mut file = File::open(dest)?;
    let mut wanted = expect.checksums.iter().filter(|checksum| checksum.kind == kind);
    if observer.is_none()
        && let Some(checksum) = wanted.find(|checksum| xattr::recalls(&file, checksum))
    {
        return Ok(Some(Found { size: link.len(), checksum: checksum.clone(), stamp: None }));
    }
    let before = FileStamp::of(&file).ok();
    let mut hasher = Hasher::new(kind).map_err(io::Error::other)?;
    let mut block = vec![0; BLOCK];
    let mut observer = observer;
    if let Some(observer) = &mut observer {
        observer.covered(kind);
        observer.start(&file);
    }
    loop {
        let length = file.read(&mut block)?;
        if length == 0 {
            break;
        }
        hasher.update(&block[..length]);
        if let Some(observer) = &mut observer {
            observer.bytes(&block[..length]);
        }
    }
    let found = hasher.finish().map_err(io::Error::other)?;
    if expect.accepts(&found) {
        let unchanged = before.is_some() && FileStamp::of(&file).ok() == before;
        // The note changes the file's state, not its content.
        xattr::remember(&file, &found);
        let stamp = FileStamp::of(&file).ok().filter(|_| unchanged);
        return Ok(Some(Found { size: link.len(), checksum: found, stamp }));
    }
    Ok(None)
}
