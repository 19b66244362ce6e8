//! `temporary_files.toml`: packages to delete once they are installed (`keepcache=0`).

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// The list of packages that are in the cache only until a transaction has used them.
///
/// The file has one array of strings; dnf5 reads and writes the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemporaryFiles {
    path: PathBuf,
}

impl TemporaryFiles {
    /// Names the list of a cache directory.
    pub fn new(cachedir: &Path) -> Self {
        TemporaryFiles { path: cachedir.join("temporary_files.toml") }
    }

    /// Returns the listed files; a list that is missing or cannot be understood is empty.
    pub fn files(&self) -> io::Result<Vec<String>> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Ok(parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Adds files to the list.
    pub fn add(&self, files: &[PathBuf]) -> io::Result<()> {
        let mut listed = self.files()?;
        let before = listed.len();
        for file in files {
            let file = file.to_string_lossy().into_owned();
            if !listed.contains(&file) {
                listed.push(file);
            }
        }
        if listed.len() == before { Ok(()) } else { self.write(&listed) }
    }

    /// Deletes files and takes them off the list; those that cannot be deleted stay on it.
    ///
    /// Only files that are on the list are touched, so that a package the user put there survives.
    pub fn remove(&self, files: &[PathBuf]) -> io::Result<()> {
        let files: HashSet<&Path> = files.iter().map(PathBuf::as_path).collect();
        let (doomed, mut listed): (Vec<String>, Vec<String>) =
            self.files()?.into_iter().partition(|entry| files.contains(Path::new(entry)));
        listed.extend(delete(doomed));
        self.write(&listed)
    }

    fn write(&self, files: &[String]) -> io::Result<()> {
        use io::Write as _;
        use std::os::unix::fs::PermissionsExt as _;
        let entries = files.iter().map(|file| format!("    {},\n", toml::Value::from(file.as_str())));
        let text = format!("files = [\n{}]\n", entries.collect::<String>());
        let dir = self.path.parent().unwrap_or(Path::new("."));
        // When all packages were files of the user, there was no need for a cache so far; dnf5 makes it nevertheless.
        std::fs::create_dir_all(dir)?;
        let permissions = std::fs::Permissions::from_mode(0o644);
        let mut file =
            tempfile::Builder::new().prefix(".temporary_files.").permissions(permissions).tempfile_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.persist(&self.path).map_err(|error| error.error).map(drop)
    }
}

/// Deletes files, several at a time, as giving back their blocks takes a while; returns those that are still there.
fn delete(doomed: Vec<String>) -> Vec<String> {
    const THREADS: usize = 4;
    let delete = |share: &[String]| -> Vec<String> {
        let stays = |path: &&String| matches!(std::fs::remove_file(path), Err(error) if error.kind() != io::ErrorKind::NotFound);
        share.iter().filter(stays).cloned().collect()
    };
    std::thread::scope(|scope| {
        let shares = doomed.chunks(doomed.len().div_ceil(THREADS).max(1));
        let workers: Vec<_> = shares.map(|share| scope.spawn(move || delete(share))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    })
}

/// Reads the strings of the array `files`.
fn parse(text: &str) -> Vec<String> {
    let Ok(table) = text.parse::<toml::Table>() else { return Vec::new() };
    let files = table.get("files").and_then(toml::Value::as_array);
    files.into_iter().flatten().filter_map(|file| file.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_and_removes() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let list = TemporaryFiles::new(dir.path());
        assert_eq!(list.files().expect("a missing list is empty"), Vec::<String>::new());
        let (a, b) = (dir.path().join("a.rpm"), dir.path().join("b \"x\"\\.rpm"));
        std::fs::write(&a, "").expect("temporary directory is writable");
        std::fs::write(&b, "").expect("temporary directory is writable");
        list.add(&[a.clone(), b.clone(), a.clone()]).expect("list is writable");
        assert_eq!(list.files().expect("list is readable").len(), 2);
        list.remove(&[b.clone(), dir.path().join("c.rpm")]).expect("list is writable");
        assert!(a.exists() && !b.exists());
        let text = std::fs::read_to_string(dir.path().join("temporary_files.toml")).expect("list is there");
        assert_eq!(text, format!("files = [\n    \"{}\",\n]\n", a.display()));
    }

    #[test]
    fn reads_what_it_can() {
        assert_eq!(parse("files = [ \"a\", 'b\\c',\n \"d\\u0041\" ]"), ["a", "b\\c", "dA"]);
        assert!(parse("files = [ \"a").is_empty());
        assert!(parse("").is_empty());
    }
}
