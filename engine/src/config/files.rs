//! Finding and reading the files of the main configuration.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use oxidnf_core::conf::Ini;
use oxidnf_core::root::Root;
use oxidnf_repo::config::glob_match;
use rustix::fs::FileType;

use super::ConfigError;

/// Directories of drop-in files; a file of the later one hides its namesake in the earlier.
const DROP_IN_DIRS: [&str; 2] = ["/usr/share/dnf5/libdnf.conf.d", "/etc/dnf/libdnf5.conf.d"];

/// Returns the drop-in files in the order in which they apply: by file name, whatever the directory.
pub(super) fn drop_ins(root: &Root) -> Result<Vec<PathBuf>, ConfigError> {
    let mut by_name: BTreeMap<OsString, PathBuf> = BTreeMap::new();
    for dir in DROP_IN_DIRS {
        // Hidden files count, a file of the bare name `.conf` does not.
        for name in names(root, Path::new(dir), "?*.conf", true)? {
            let path = Path::new(dir).join(&name);
            let is_dir = |stat: rustix::fs::Stat| FileType::from_raw_mode(stat.st_mode).is_dir();
            if !root.stat(&path).is_ok_and(is_dir) {
                by_name.insert(name, path);
            }
        }
    }
    Ok(by_name.into_values().collect())
}

/// Returns the names in a directory that match a pattern, sorted; none when there is no such directory.
fn names(root: &Root, dir: &Path, pattern: &str, hidden: bool) -> Result<Vec<OsString>, ConfigError> {
    let entries = match root.read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(source) => return Err(ConfigError::Read { path: dir.to_owned(), source }),
    };
    let mut names: Vec<OsString> = entries.into_iter().map(|entry| entry.name).collect();
    names.retain(|name| {
        let text = name.to_string_lossy();
        glob_match(pattern, &text) && (hidden || !text.starts_with('.'))
    });
    names.sort();
    Ok(names)
}

/// Reads a file of a root.
pub(super) fn parse(root: &Root, path: &Path) -> Result<Ini, ConfigError> {
    let shown = root.host_path(path);
    let bytes = root.read(path).map_err(|source| ConfigError::Read { path: shown.clone(), source })?;
    parse_bytes(&shown, &bytes)
}

/// Reads a file of a root if it is there.
pub(super) fn parse_optional(root: &Root, path: &Path) -> Result<Option<Ini>, ConfigError> {
    match parse(root, path) {
        Ok(ini) => Ok(Some(ini)),
        Err(ConfigError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a file that the user named.
pub(super) fn parse_host(path: &Path) -> Result<Ini, ConfigError> {
    let bytes = std::fs::read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse_bytes(path, &bytes)
}

fn parse_bytes(path: &Path, bytes: &[u8]) -> Result<Ini, ConfigError> {
    // A stray byte of an old encoding must not disable the whole configuration.
    Ini::parse(&String::from_utf8_lossy(bytes)).map_err(|source| ConfigError::Syntax { path: path.to_owned(), source })
}

/// Returns the lines of the files that match a pattern, without empty ones and comments, which begin with `#`.
pub(super) fn lines_in_files(root: &Root, pattern: &str) -> Result<Vec<String>, ConfigError> {
    let pattern = Path::new(pattern);
    let (Some(dir), Some(last)) = (pattern.parent(), pattern.file_name()) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for name in names(root, dir, &last.to_string_lossy(), false)? {
        let path = dir.join(name);
        let bytes = root.read(&path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        found.extend(lines.map(str::to_owned));
    }
    Ok(found)
}

/// Returns the user agent `libdnf (NAME VERSION_ID; VARIANT_ID; Linux.basearch)`, if os-release has the first two.
pub(super) fn user_agent(root: &Root, basearch: &str) -> Option<String> {
    let text = ["/etc/os-release", "/usr/lib/os-release"]
        .into_iter()
        .find_map(|path| root.read(path).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())?;
    let value = |key: &str| text.lines().find_map(|line| os_release_value(line.strip_prefix(key)?.strip_prefix('=')?));
    let (name, version) = (value("NAME")?, value("VERSION_ID")?);
    let variant = value("VARIANT_ID").unwrap_or("generic");
    Some(format!("libdnf ({name} {version}; {variant}; Linux.{basearch})"))
}

/// Reads a value as dnf5 does: a bare word or a text in double quotes, nothing else.
pub(crate) fn os_release_value(text: &str) -> Option<&str> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.split('"').next();
    }
    let word = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    word.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_values() {
        assert_eq!(os_release_value("fedora"), Some("fedora"));
        assert_eq!(os_release_value("\"Fedora Linux\""), Some("Fedora Linux"));
        assert_eq!(os_release_value("13.1"), None);
        assert_eq!(os_release_value("'x'"), None);
    }

    #[test]
    fn drop_ins_are_masked_and_sorted() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("has parent")).expect("made");
            std::fs::write(path, text).expect("written");
        };
        write("usr/share/dnf5/libdnf.conf.d/20.conf", "");
        write("usr/share/dnf5/libdnf.conf.d/10.conf", "");
        write("etc/dnf/libdnf5.conf.d/20.conf", "");
        write("etc/dnf/libdnf5.conf.d/15.txt", "");
        write("etc/dnf/protected.d/a.conf", "# no\nsudo\n\n bash \n");
        let root = Root::open(dir.path()).expect("opens");
        let want = ["/usr/share/dnf5/libdnf.conf.d/10.conf", "/etc/dnf/libdnf5.conf.d/20.conf"];
        assert_eq!(drop_ins(&root).expect("readable"), want.map(PathBuf::from));
        assert_eq!(lines_in_files(&root, "/etc/dnf/protected.d/*.conf").expect("readable"), ["sudo", "bash"]);
    }
}
