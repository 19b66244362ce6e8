//! Whether two packaged files are the same, and what is on disk in their place.

use oxidnf_core::ChecksumKind;
use oxidnf_core::checksum::Hasher;
use rustix::fs::{Mode, OFlags, Stat};

use super::state::flag;
use super::table::{FileKind, FileTable};
use crate::fsm::dirs::RootDir;

/// Tells whether two packages may both bring this file (reference of rpm, 5.4).
///
/// Times, flags and capabilities do not matter.
pub(crate) fn same(one: (&FileTable, usize), two: (&FileTable, usize)) -> bool {
    let (a, b) = (&one.0.files[one.1], &two.0.files[two.1]);
    if a.has(flag::GHOST) || b.has(flag::GHOST) {
        return true;
    }
    let both_links = a.kind() == FileKind::Symlink && b.kind() == FileKind::Symlink;
    if !both_links && a.mode != b.mode {
        return false;
    }
    let sized = matches!(a.kind(), FileKind::Regular | FileKind::Symlink);
    if sized && a.size != b.size {
        return false;
    }
    if one.0.user(one.1) != two.0.user(two.1) || one.0.group(one.1) != two.0.group(two.1) {
        return false;
    }
    match a.kind() {
        FileKind::Symlink => a.link == b.link,
        FileKind::Regular => same_content(one, two),
        FileKind::CharDevice | FileKind::BlockDevice => a.rdev == b.rdev,
        _ => true,
    }
}

/// Tells whether two packaged regular files have the same content, as far as their digests tell.
pub(crate) fn same_content(one: (&FileTable, usize), two: (&FileTable, usize)) -> bool {
    let (a, b) = (&one.0.files[one.1], &two.0.files[two.1]);
    one.0.digest_kind == two.0.digest_kind && a.digest == b.digest
}

/// Something on disk.
#[derive(Debug)]
pub(crate) struct OnDisk<'r> {
    root: &'r RootDir,
    path: Vec<u8>,
    stat: Stat,
    digest: Option<(ChecksumKind, Option<Vec<u8>>)>,
}

impl<'r> OnDisk<'r> {
    /// Looks at a path, itself and not what it may link to; none when nothing is there.
    pub(crate) fn look(root: &'r RootDir, path: Vec<u8>) -> Option<Self> {
        let stat = root.lstat(&path).ok()?;
        Some(OnDisk { root, path, stat, digest: None })
    }

    /// Returns the type.
    pub(crate) fn kind(&self) -> FileKind {
        FileKind::of_mode(self.stat.st_mode)
    }

    /// Returns the size in bytes.
    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.stat.st_size).unwrap_or(0)
    }

    /// Tells whether it is a link to a directory, or one.
    pub(crate) fn leads_to_directory(&self) -> bool {
        self.root.stat(&self.path).is_ok_and(|stat| FileKind::of_mode(stat.st_mode) == FileKind::Directory)
    }

    /// Tells whether type and content, or target, are those of a packaged file.
    pub(crate) fn has_content_of(&mut self, table: &FileTable, file: usize) -> bool {
        let info = &table.files[file];
        if self.kind() != info.kind() {
            return false;
        }
        match info.kind() {
            FileKind::Regular => {
                if self.size() != info.size || info.digest.is_empty() {
                    return false;
                }
                let Some(kind) = table.digest_kind else { return false };
                self.digest(kind).is_some_and(|digest| digest == &*info.digest)
            }
            FileKind::Symlink => self.root.read_link(&self.path).is_ok_and(|target| target == *info.link),
            _ => false,
        }
    }

    fn digest(&mut self, kind: ChecksumKind) -> Option<&[u8]> {
        if self.digest.as_ref().is_none_or(|(known, _)| *known != kind) {
            self.digest = Some((kind, digest(self.root, &self.path, kind)));
        }
        self.digest.as_ref()?.1.as_deref()
    }
}

fn digest(root: &RootDir, path: &[u8], kind: ChecksumKind) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut file = std::fs::File::from(root.open_at(path, flags, Mode::empty()).ok()?);
    let mut hasher = Hasher::new(kind).ok()?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        match std::io::Read::read(&mut file, &mut buffer) {
            Ok(0) => return hasher.finish().ok().map(|sum| sum.bytes().to_vec()),
            Ok(got) => hasher.update(&buffer[..got]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}
