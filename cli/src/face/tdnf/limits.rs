//! How many files scriptlets may have open (reference of tdnf, section 5.1, `openmax`).

use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A soft limit that holds while this lives.
///
/// rpm closes every number below the limit before a scriptlet when it cannot see in `/proc` which are open, and limits
/// of containers have made that take minutes. Nothing here needs it, but scriptlets see the limit.
pub struct OpenFiles {
    before: Option<Rlimit>,
}

impl OpenFiles {
    /// Lowers or raises the limit to `most`, where the root has no `/proc`; 0 leaves it alone.
    pub fn limit(root: &Path, most: u64) -> Self {
        if most == 0 || root.join("proc/self/fd").exists() {
            return OpenFiles { before: None };
        }
        let before = getrlimit(Resource::Nofile);
        let current = Some(before.maximum.map_or(most, |maximum| maximum.min(most)));
        let changed = setrlimit(Resource::Nofile, Rlimit { current, maximum: before.maximum }).is_ok();
        OpenFiles { before: changed.then_some(before) }
    }
}

impl Drop for OpenFiles {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            // The hard limit is as it was, so that this cannot fail.
            let _ = setrlimit(Resource::Nofile, before);
        }
    }
}
