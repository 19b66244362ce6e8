//! SELinux: labels of files and the context of scriptlets, as rpm's plug-in gives them.
//!
//! rpm reads the file contexts of the host. Here those of the target root count where it has some, because that is whose
//! files they are; without, the host's.

mod contexts;
pub(crate) mod kernel;
mod parse;
mod pattern;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use oxidnf_core::root::Root;

use crate::error::TransactionError;
use contexts::{FileContexts, Texts};

/// The attribute that holds a label.
pub(crate) const ATTRIBUTE: &str = "security.selinux";

/// Configuration of SELinux below a root; the policies are beside it.
const CONFIG: &str = "/etc/selinux/config";
const PARTS: [&str; 3] = ["file_contexts", "file_contexts.homedirs", "file_contexts.local"];
const SUBSTITUTIONS: &str = "file_contexts.subs";
const DISTRIBUTION: &str = "file_contexts.subs_dist";

/// Identity of a file of a policy; another one means that it has changed.
type Stamp = Option<(u64, u64, i64, u64)>;

/// Gives files the labels that a policy wants for their paths.
#[derive(Debug)]
pub struct Labels {
    /// The target root, and then the host where that is another one.
    roots: Vec<Root>,
    loaded: Mutex<Loaded>,
}

#[derive(Debug, Default)]
struct Loaded {
    stamps: Vec<Stamp>,
    contexts: Option<Arc<FileContexts>>,
}

impl Labels {
    /// Reads the file contexts of a root, or else those of another one; a policy that comes later is found by
    /// [`Labels::refresh`].
    pub fn of(roots: Vec<Root>) -> Result<Self, TransactionError> {
        let labels = Labels { roots, loaded: Mutex::default() };
        labels.refresh()?;
        Ok(labels)
    }

    /// Reads the file contexts anew if their files have changed; after an error those of before stay, and the error comes
    /// only once.
    pub fn refresh(&self) -> Result<(), TransactionError> {
        let found = self.roots.iter().find_map(|root| Some((root, directory(root)?)));
        let stamps = found.as_ref().map(|(root, dir)| stamps(root, dir)).unwrap_or_default();
        if self.loaded.lock().unwrap_or_else(PoisonError::into_inner).stamps == stamps {
            return Ok(());
        }
        let contexts = found.as_ref().map(|(root, dir)| read(root, dir)).transpose();
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.stamps = stamps;
        loaded.contexts = contexts?.map(Arc::new);
        Ok(())
    }

    /// Returns the label of a path below the root for a file with this mode, with the NUL at its end; none when the
    /// policy wants none, or there is no policy.
    pub fn label(&self, path: &[u8], mode: u32) -> Option<Arc<[u8]>> {
        let contexts = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).contexts.clone()?;
        contexts.of(path, mode)
    }
}

/// Returns the directory of a root's file contexts; none when there are none.
fn directory(root: &Root) -> Option<PathBuf> {
    let config = parse::config(&root.read(CONFIG).ok()?)?;
    let dir = Path::new(CONFIG).with_file_name(config.policy).join("contexts/files");
    root.exists(dir.join(PARTS[0])).then_some(dir)
}

fn stamps(root: &Root, dir: &Path) -> Vec<Stamp> {
    let files = PARTS.into_iter().chain([SUBSTITUTIONS, DISTRIBUTION]);
    let stamp = |name: &str| {
        let facts = root.stat(dir.join(name)).ok()?;
        let seconds = facts.st_mtime;
        Some((facts.st_ino, facts.st_size as u64, seconds, facts.st_mtime_nsec))
    };
    files.map(stamp).collect()
}

fn read(root: &Root, dir: &Path) -> Result<FileContexts, TransactionError> {
    let failed = |name: &str, source: io::Error| TransactionError::Labels { path: dir.join(name), source };
    let optional = |name: &str| match root.read(dir.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(name, error)),
    };
    let mut texts = Texts {
        substitutions: optional(SUBSTITUTIONS)?.unwrap_or_default(),
        distribution: optional(DISTRIBUTION)?.unwrap_or_default(),
        ..Texts::default()
    };
    for name in PARTS {
        texts.contexts.extend(optional(name)?.map(|text| (name, text)));
    }
    FileContexts::read(&texts).map_err(|(name, reason)| failed(name, io::Error::other(reason)))
}
