//! The file tree: type, mode, owner, size, digest, target, hard-link groups, extended attributes, modification times.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use oxidnf_core::{Checksum, ChecksumKind};

use super::text::mask_times;

/// Paths that other axes compare, or that may differ, with the reason.
const LEFT_OUT: &[(&str, &str)] = &[
    ("/usr/lib/sysimage/rpm/", "compared as a database"),
    ("/var/lib/rpm/", "compared as a database"),
    ("/usr/lib/sysimage/libdnf5/transaction_history.sqlite", "compared as a database"),
    ("/usr/lib/sysimage/libdnf5/", "state files are compared as texts"),
    ("/var/log/", "times and process ids"),
    ("/var/cache/libdnf5/", "caches have files of their own in both programs"),
    ("/usr/lib/sysimage/oxidnf/", "oxidnf's own files"),
];

/// Describes every file below `root`, one line each, sorted by path.
///
/// Times younger than `started` (seconds since the epoch) are shown as `now`: both programs wrote the file during
/// the run, and not at the same moment.
pub fn describe(root: &Path, started: i64) -> String {
    let mut entries = BTreeMap::new();
    walk(root, root, &mut entries);
    let mut groups: BTreeMap<(u64, u64), Vec<&str>> = BTreeMap::new();
    for (path, meta) in &entries {
        if meta.is_file() && meta.nlink() > 1 {
            groups.entry((meta.dev(), meta.ino())).or_default().push(path);
        }
    }
    let mut text = String::new();
    for (path, meta) in &entries {
        if LEFT_OUT.iter().any(|(left_out, _)| path.starts_with(left_out)) {
            continue;
        }
        let full = root.join(path.trim_start_matches('/'));
        let time = if meta.mtime() >= started { "now".to_owned() } else { meta.mtime().to_string() };
        let group = groups.get(&(meta.dev(), meta.ino())).map_or(String::new(), |group| format!(" links={}", group[0]));
        writeln!(
            text,
            "{path} {} {:o} {}:{} {time}{group}{}",
            kind(meta, &full),
            meta.mode() & 0o7777,
            meta.uid(),
            meta.gid(),
            attributes(&full)
        )
        .expect("writing to a String cannot fail");
    }
    text
}

/// Files with times of the run in their text, which are masked.
const WITH_TIMES: &[&str] = &["/etc/dnf/versionlock.toml"];

fn walk(root: &Path, dir: &Path, entries: &mut BTreeMap<String, fs::Metadata>) {
    let Ok(list) = fs::read_dir(dir) else { return };
    for entry in list.flatten() {
        let path = entry.path();
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        let shown = path.strip_prefix(root).expect("read_dir yields paths below its directory");
        let shown = format!("/{}", shown.as_os_str().as_bytes().escape_ascii());
        let is_dir = meta.is_dir();
        entries.insert(shown, meta);
        if is_dir {
            walk(root, &path, entries);
        }
    }
}

fn kind(meta: &fs::Metadata, path: &Path) -> String {
    let kind = meta.file_type();
    if kind.is_dir() {
        "dir".to_owned()
    } else if kind.is_symlink() {
        let target = fs::read_link(path).map(|target| target.as_os_str().as_bytes().escape_ascii().to_string());
        format!("link->{}", target.unwrap_or_default())
    } else if kind.is_file() {
        let mut data = fs::read(path).unwrap_or_default();
        if WITH_TIMES.iter().any(|file| path.ends_with(&file[1..])) {
            data = mask_times(&String::from_utf8_lossy(&data)).into_bytes();
        }
        let digest = Checksum::of(ChecksumKind::Sha256, &data).expect("sha256 is always there").hex();
        format!("file {} {}", data.len(), &digest[..16])
    } else if kind.is_fifo() {
        "fifo".to_owned()
    } else if kind.is_char_device() {
        format!("char {}", meta.rdev())
    } else if kind.is_block_device() {
        format!("block {}", meta.rdev())
    } else {
        "socket".to_owned()
    }
}

fn attributes(path: &Path) -> String {
    let mut names = [0u8; 4096];
    let Ok(length) = rustix::fs::llistxattr(path, &mut names[..]) else { return String::new() };
    let mut text = String::new();
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        // librepo's note of when it checked a downloaded file: a time of the run, and a cache's business.
        if name.starts_with(b"user.librepo.checksum.") {
            continue;
        }
        let mut value = [0u8; 4096];
        let Ok(length) = rustix::fs::lgetxattr(path, name, &mut value[..]) else { continue };
        write!(text, " {}={}", name.escape_ascii(), value[..length].escape_ascii())
            .expect("writing to a String cannot fail");
    }
    text
}
