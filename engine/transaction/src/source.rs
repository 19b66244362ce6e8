//! Source packages: their files go to two directories, and nothing is written down about them (reference of rpm, `rpm -i`
//! of a source package).

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use oxidnf_core::Root;
use oxidnf_core::header::{FileEntry, FileFlags, HeaderError};
use oxidnf_core::package_file::PackageFile;
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps};
use zstd::zstd_safe::DCtx;

use crate::payload::PayloadError;
use crate::payload::cpio::{CpioReader, EntryName};
use crate::payload::decompress::decompressor;

/// Where the files of source packages go, below the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDirs {
    /// `%_specdir`: the spec file.
    pub specs: PathBuf,
    /// `%_sourcedir`: everything else.
    pub sources: PathBuf,
}

/// Why a source package could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file list of the header makes no sense.
    #[error("{package}: bad header")]
    Header {
        /// The package file.
        package: PathBuf,
        /// The cause.
        source: HeaderError,
    },
    /// The payload cannot be read.
    #[error("{package}: cannot read the payload")]
    Payload {
        /// The package file.
        package: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A name that leads out of the directory, or nowhere.
    #[error("{package}: {name} is no name for a file of a source package")]
    Name {
        /// The package file.
        package: PathBuf,
        /// The name.
        name: String,
    },
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file, below the root.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Unpacks a source package and returns the path of its spec file, if it has one, below the root.
///
/// Directories are made as they are needed. Files belong to whoever runs this, as rpm does it, and take the place of
/// files of the same name.
pub fn unpack_source(package: &PackageFile, root: &Root, dirs: &SourceDirs) -> Result<Option<PathBuf>, SourceError> {
    let path = package.path();
    let list = package.header().files().map_err(|source| SourceError::Header { package: path.to_owned(), source })?;
    let files: Vec<FileEntry<'_>> = (0..list.len()).map(|index| list.file(index)).collect();
    let broken = |source| SourceError::Payload { package: path.to_owned(), source };
    let unreadable = |error: PayloadError| broken(io::Error::other(error));
    let mut context = DCtx::create();
    let mut reader = CpioReader::new(decompressor(package.payload_reader(), &mut context).map_err(broken)?);
    let mut spec = None;
    while let Some(entry) = reader.next_entry().map_err(unreadable)? {
        let file = match &entry {
            EntryName::Index(index) => files.get(*index as usize),
            EntryName::Path(name) => {
                let name = name.strip_prefix(b"./").unwrap_or(name);
                files.iter().find(|file| file.basename == name || file.path() == name)
            }
        };
        let file = file.ok_or_else(|| unreadable(PayloadError::NotInHeader { name: Vec::new() }))?;
        reader.set_size(file.size);
        let is_spec = file.flags.any(FileFlags::SPECFILE);
        let place = place(path, file, if is_spec { &dirs.specs } else { &dirs.sources })?;
        let written = write(root, &place, file, &mut reader);
        written.map_err(|source| SourceError::Write { path: place.clone(), source })?;
        if is_spec {
            spec = Some(place);
        }
    }
    Ok(spec)
}

/// Returns where a file goes; names with directories in them are nobody's sources.
fn place(package: &Path, file: &FileEntry<'_>, dir: &Path) -> Result<PathBuf, SourceError> {
    let name = file.basename;
    let good = !name.is_empty() && name != b"." && name != b".." && !name.contains(&b'/') && !name.contains(&0);
    if !good {
        let name = String::from_utf8_lossy(name).escape_debug().to_string();
        return Err(SourceError::Name { package: package.to_owned(), name });
    }
    Ok(dir.join(OsStr::from_bytes(name)))
}

/// Writes a file beside its place and puts it there.
fn write<R: io::Read>(root: &Root, place: &Path, file: &FileEntry<'_>, reader: &mut CpioReader<R>) -> io::Result<()> {
    let parent = place.parent().unwrap_or(Path::new("/"));
    root.create_dir_all(parent, 0o755)?;
    let (dir, name) = root.parent(place)?;
    let mut hidden = b".".to_vec();
    hidden.extend_from_slice(name.as_bytes());
    hidden.extend_from_slice(format!(";{:x}", std::process::id()).as_bytes());
    let hidden = OsStr::from_bytes(&hidden);
    let made = make(&dir, hidden, file, reader)
        .and_then(|()| rustix::fs::renameat(&dir, hidden, &dir, &name).map_err(io::Error::from));
    if made.is_err() {
        // The first error is the one to tell.
        let _ = rustix::fs::unlinkat(&dir, hidden, AtFlags::empty());
    }
    made
}

fn make<R: io::Read>(
    dir: &impl std::os::fd::AsFd,
    name: &OsStr,
    file: &FileEntry<'_>,
    reader: &mut CpioReader<R>,
) -> io::Result<()> {
    if file.is_symlink() {
        return Ok(rustix::fs::symlinkat(OsStr::from_bytes(file.linkto), dir, name)?);
    }
    if !file.is_regular() {
        return Err(io::Error::other("neither a file nor a link"));
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut out = std::fs::File::from(rustix::fs::openat(dir, name, flags, Mode::from_raw_mode(0o600))?);
    let mut buffer = vec![0; 128 << 10];
    loop {
        let read = reader.read_data(&mut buffer).map_err(io::Error::other)?;
        if read == 0 {
            break;
        }
        out.write_all(&buffer[..read])?;
    }
    rustix::fs::fchmod(&out, Mode::from_raw_mode(u32::from(file.mode) & 0o777))?;
    let time = Timespec { tv_sec: i64::from(file.mtime), tv_nsec: 0 };
    rustix::fs::futimens(&out, &Timestamps { last_access: time, last_modification: time })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxidnf_core::header::{HeaderBuilder, OwnedValue, Tag};

    fn place_of(name: &[u8]) -> Result<PathBuf, SourceError> {
        let header = HeaderBuilder::new()
            .entry(Tag::BASENAMES, OwnedValue::StringArray(vec![name.to_vec()]))
            .entry(Tag::FILESIZES, OwnedValue::Int32(vec![0]))
            .entry(Tag::FILEMODES, OwnedValue::Int16(vec![0o100_644]))
            .entry(Tag::FILEMTIMES, OwnedValue::Int32(vec![0]))
            .entry(Tag::FILEUSERNAME, OwnedValue::StringArray(vec![b"root".to_vec()]))
            .entry(Tag::FILEGROUPNAME, OwnedValue::StringArray(vec![b"root".to_vec()]))
            .entry(Tag::DIRNAMES, OwnedValue::StringArray(vec![Vec::new()]))
            .entry(Tag::DIRINDEXES, OwnedValue::Int32(vec![0]))
            .build()
            .expect("a header can have any names");
        let files = header.files().expect("the counts fit");
        place(Path::new("x.src.rpm"), &files.file(0), Path::new("/top/SOURCES"))
    }

    #[test]
    fn names_stay_in_their_directory() {
        assert_eq!(place_of(b"x.tar.gz").expect("a good name"), Path::new("/top/SOURCES/x.tar.gz"));
        for name in [&b".."[..], b".", b"", b"../x", b"/etc/passwd", b"a/b"] {
            assert!(matches!(place_of(name), Err(SourceError::Name { .. })), "{}", name.escape_ascii());
        }
    }
}
