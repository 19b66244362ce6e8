//! Reading and writing the files, all named by paths of the host.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use oxidnf_core::conf::{Ini, IniText};
use oxidnf_core::root::Root;
use rustix::fs::{FileType, Mode, OFlags};

use super::ConfigManagerError;

/// Reads a file; `None` when there is none.
pub(super) fn read(host: &Root, path: &Path) -> Result<Option<String>, ConfigManagerError> {
    match host.read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigManagerError::Read { path: path.to_owned(), source }),
    }
}

/// Reads a file that is to be changed; `None` when there is none.
pub(super) fn read_text(host: &Root, path: &Path) -> Result<Option<IniText>, ConfigManagerError> {
    read(host, path)?.map(|text| parse_text(path, &text)).transpose()
}

pub(super) fn parse_text(path: &Path, text: &str) -> Result<IniText, ConfigManagerError> {
    IniText::parse(text).map_err(|source| ConfigManagerError::Syntax { path: path.to_owned(), source })
}

/// Reads a file that must be there.
pub(super) fn read_ini(host: &Root, path: &Path) -> Result<Ini, ConfigManagerError> {
    let text = read(host, path)?.unwrap_or_default();
    Ini::parse(&text).map_err(|source| ConfigManagerError::Syntax { path: path.to_owned(), source })
}

/// Returns the `*.repo` files of a directory, sorted; none when there is no such directory.
pub(super) fn repo_files(host: &Root, dir: &Path) -> Result<Vec<PathBuf>, ConfigManagerError> {
    let entries = match host.read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(source) => return Err(ConfigManagerError::Read { path: dir.to_owned(), source }),
    };
    let paths = entries.into_iter().map(|entry| dir.join(entry.name));
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "repo")).collect();
    paths.retain(|path| host.stat(path).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file()));
    paths.sort();
    Ok(paths)
}

/// Sees to the directory of a file.
pub(super) fn need_parent(host: &Root, path: &Path, create: bool) -> Result<(), ConfigManagerError> {
    path.parent().map_or(Ok(()), |dir| need_directory(host, dir, create))
}

/// Sees to a directory: it is there, or it is made when that is allowed.
pub(super) fn need_directory(host: &Root, dir: &Path, create: bool) -> Result<(), ConfigManagerError> {
    let path = dir.to_owned();
    match host.stat(dir) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_dir() => Ok(()),
        Ok(_) => Err(ConfigManagerError::NotADirectory { path }),
        Err(_) if host.lstat(dir).is_ok() => Err(ConfigManagerError::DanglingLink { path }),
        Err(_) if create => {
            host.create_dir_all(dir, 0o755).map_err(|source| ConfigManagerError::CreateDirectory { path, source })
        }
        Err(_) => Err(ConfigManagerError::NoDirectory { path }),
    }
}

/// Writes a configuration file.
pub(super) fn write(host: &Root, path: &Path, text: &str) -> Result<(), ConfigManagerError> {
    put(host, path, text.as_bytes()).map_err(|source| ConfigManagerError::Write { path: path.to_owned(), source })
}

/// Writes a file in one step. One that is not plainly ours, such as an administrator's link, is written in place, so
/// that owner, links and mode stay.
pub(super) fn put(host: &Root, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mode = match host.lstat(path) {
        Ok(stat) => {
            let plain = FileType::from_raw_mode(stat.st_mode).is_file() && stat.st_nlink == 1;
            let ours = stat.st_uid == rustix::process::geteuid().as_raw()
                && stat.st_gid == rustix::process::getegid().as_raw();
            (plain && ours).then_some(stat.st_mode & 0o7777)
        }
        Err(_) => Some(0o644),
    };
    let Some(mode) = mode else {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC;
        return host.open_file(path, flags, Mode::from_raw_mode(0o644))?.write_all(bytes);
    };
    host.write_atomic(path, bytes, mode)
}

/// Removes a file or an empty directory; tells whether there was one.
pub(super) fn remove(host: &Root, path: &Path) -> io::Result<bool> {
    let Ok(stat) = host.lstat(path) else { return Ok(false) };
    if FileType::from_raw_mode(stat.st_mode).is_dir() {
        host.remove_dir(path)?;
    } else {
        host.remove_file(path)?;
    }
    Ok(true)
}
