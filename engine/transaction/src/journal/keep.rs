//! Keeping what a later run needs and could be gone by then: package files, and headers of packages that were erased.

use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::event::ScriptletKind;
use oxidnf_core::header::{Header, HeaderBuilder, Limits, Tag};
use oxidnf_core::package_file::PackageFile;
use oxidnf_core::root::Root;
use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use super::DIRECTORY;
use super::entry::{KeptPackage, PlannedElement};
use super::log::kept_path;
use crate::element::Member;
use crate::error::TransactionError;

/// Puts a second name of a package file beside the journal.
///
/// Where that is impossible, as on another file system, files of the user are copied; those of a cache can be fetched
/// again, and their first name has to do.
pub(super) fn keep(root: &Root, number: usize, member: &Member, users: &[PathBuf]) -> io::Result<Option<KeptPackage>> {
    let Some(package) = &member.package else { return Ok(None) };
    let path = std::path::absolute(package.path())?;
    let (dir, name) = root.parent(&kept_path(number))?;
    let mut kept = rustix::fs::linkat(CWD, &path, dir, &name, AtFlags::SYMLINK_FOLLOW).is_ok();
    if !kept && users.iter().any(|file| file == package.path()) {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC;
        let mut copy = root.open_file(kept_path(number), flags, Mode::from_raw_mode(0o600))?;
        io::copy(&mut package.whole_reader(), &mut copy)?;
        copy.sync_all()?;
        kept = true;
    }
    Ok(Some(KeptPackage { path, kept, size: package.file_size(), digests: member.package_digests.clone() }))
}

/// Opens the file of a package under the name beside the journal, else under its own.
pub(super) fn open(root: &Root, number: usize, package: &KeptPackage) -> Result<PackageFile, TransactionError> {
    let unusable = |source| TransactionError::Package { path: package.path.clone(), source };
    let kept = package.kept.then(|| root.open_file(kept_path(number), OFlags::RDONLY, Mode::empty()));
    match kept {
        Some(Ok(file)) => PackageFile::from_file(file, package.path.clone()).map_err(unusable),
        _ => PackageFile::open(package.path.clone()).map_err(unusable),
    }
}

/// Tells whether the file of a package can still be found.
pub(super) fn is_there(root: &Root, number: usize, package: &KeptPackage) -> bool {
    let kept = package.kept && root.stat(kept_path(number)).is_ok_and(|stat| stat.st_size as u64 == package.size);
    kept || std::fs::metadata(&package.path).is_ok_and(|metadata| metadata.len() == package.size)
}

/// Keeps the header of a package to be erased if it has something to say after its record is gone.
pub(super) fn keep_header(root: &Root, number: usize, header: &Header) -> Result<(), TransactionError> {
    if header.scriptlet(ScriptletKind::PostUnTrans).is_none() {
        return Ok(());
    }
    let write = || -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC;
        let mut file = root.open_file(header_path(number), flags, Mode::from_raw_mode(0o600))?;
        io::Write::write_all(&mut file, header.bytes())?;
        file.sync_all()
    };
    write().map_err(TransactionError::journal("write"))
}

/// Returns the header of an erased package: the one that was kept, else one that only has the name.
pub(super) fn header_of_gone(root: &Root, number: usize, element: &PlannedElement) -> Result<Header, TransactionError> {
    let damaged = |source| TransactionError::Header { package: element.nevra.to_string(), source };
    if let Ok(bytes) = root.read(header_path(number)) {
        return Header::parse(bytes, Limits::DATABASE).map_err(damaged);
    }
    let nevra = &element.nevra;
    HeaderBuilder::new()
        .text(Tag::NAME, nevra.name.as_str())
        .text(Tag::VERSION, nevra.version.as_str())
        .text(Tag::RELEASE, nevra.release.as_str())
        .u32s(Tag::EPOCH, [nevra.epoch])
        .text(Tag::ARCH, nevra.arch.as_str())
        .build()
        .map_err(damaged)
}

fn header_path(number: usize) -> PathBuf {
    Path::new(DIRECTORY).join(format!("{number}.header"))
}
