//! Open files that this process may have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::sys;

/// Descriptors that are needed for other things than staged files: directories, database, scriptlets, the caller's.
const OTHERS: u64 = 512;
/// Staged files that are more than workers can be ahead; each costs a little when a scriptlet is started.
const ENOUGH: u64 = 8192;
/// Staged files when the limit is very low; it will then be told as an error of a file.
const LEAST: u64 = 16;

/// A raised soft limit; what it was comes back when this is dropped, and scriptlets never see it.
pub(crate) struct Descriptors {
    before: Option<Rlimit>,
    files: usize,
}

impl Descriptors {
    /// Raises the limit as far as is allowed and useful.
    pub(crate) fn raise() -> Self {
        let limit = getrlimit(Resource::Nofile);
        let soft = limit.current.unwrap_or(u64::MAX);
        let wanted = (ENOUGH + ENOUGH / 4 + OTHERS).min(limit.maximum.unwrap_or(u64::MAX));
        let raised = wanted > soft
            && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }).is_ok();
        let now = if raised { wanted } else { soft };
        if raised {
            sys::remember_file_limit(Some(soft));
        }
        // A quarter of them is the reserve of the element in turn.
        let files = (now.saturating_sub(OTHERS) / 5 * 4).clamp(LEAST, ENOUGH);
        Descriptors { before: raised.then_some(limit), files: files as usize }
    }

    /// Returns how many files may be staged.
    pub(crate) fn files(&self) -> usize {
        self.files
    }
}

impl Drop for Descriptors {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            // Lowering a soft limit cannot fail; files that are open stay open.
            let _ = setrlimit(Resource::Nofile, before);
            sys::remember_file_limit(None);
        }
    }
}
