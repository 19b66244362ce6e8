//! The files to look into.

use std::fs;
use std::path::{Path, PathBuf};

use oxidnf_migrate::Kind;

/// A file that may hold calls.
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) kind: Kind,
}

/// Longer files are not scripts that people wrote.
const LONGEST: u64 = 4 << 20;

/// Files at a path, in order: the file itself, or all below a directory that hold scripts of a kind that is known.
/// A file that is named is taken for a shell script if its kind is not known.
pub(super) fn below(path: &Path) -> Result<Vec<Source>, String> {
    let fail = |error: std::io::Error| format!("Cannot read {}: {error}", path.display());
    if !fs::metadata(path).map_err(fail)?.is_dir() {
        let bytes = fs::read(path).map_err(fail)?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{} is not text in UTF-8", path.display()))?;
        let kind = Kind::of(&path.to_string_lossy(), &text).unwrap_or(Kind::Shell);
        return Ok(vec![Source { path: path.to_owned(), text, kind }]);
    }
    let mut sources = Vec::new();
    let mut pending = vec![path.to_owned()];
    while let Some(dir) = pending.pop() {
        let cannot = |error: std::io::Error| format!("Cannot read {}: {error}", dir.display());
        for entry in fs::read_dir(&dir).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let kind = entry.file_type().map_err(cannot)?;
            if kind.is_dir() && entry.file_name() != ".git" {
                pending.push(entry.path());
            } else if kind.is_file() {
                sources.extend(source(&entry.path()));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// A file below a directory, if it is text of a kind that is known.
fn source(path: &Path) -> Option<Source> {
    if fs::metadata(path).ok()?.len() > LONGEST {
        return None;
    }
    let text = String::from_utf8(fs::read(path).ok()?).ok()?;
    let kind = Kind::of(&path.to_string_lossy(), &text)?;
    Some(Source { path: path.to_owned(), text, kind })
}
