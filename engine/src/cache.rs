//! The cache as a command may change it.

use crate::session::Session;

pub use oxidnf_repo::cache::{CleanKinds, CleanReport};

impl Session {
    /// Removes cached files of all repositories, configured or not, or marks their metadata as expired.
    pub fn clean_cache(&self, kinds: CleanKinds) -> CleanReport {
        oxidnf_repo::cache::clean(&self.config().cache_dir(), kinds)
    }
}
