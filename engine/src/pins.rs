//! `repo_pinned_keys`: a key that was imported for one repository does not vouch for the packages of another.
//!
//! The rpm database has one keyring for all repositories, so that without this whoever may sign for one of them may sign
//! for every one. With it, a repository's packages must be signed by one of the keys that its `gpgkey` named when it was
//! first used so. A key that is named later is not believed by itself: who can change the one file can change the other.

use std::collections::BTreeSet;
use std::path::PathBuf;

use oxidnf_core::{PackageFile, Trust, Verified};
use oxidnf_repo::cache::RepoState;
use oxidnf_repo::config::RepoConfig;
use oxidnf_repo::openpgp::Key;

use crate::error::chain;
use crate::session::Session;
use crate::verify::SignatureCause;

/// Fingerprints that a repository is bound to, and the file that holds them.
type Pinned = (BTreeSet<String>, Option<PathBuf>);

impl Session {
    /// Checks that a package is signed by a key of its own repository, where that is asked for.
    pub(crate) fn check_pin(
        &self,
        repo: &RepoConfig,
        package: &Verified<PackageFile>,
    ) -> Result<(), (SignatureCause, Vec<String>)> {
        let Trust::Signature { fingerprint } = package.trust() else { return Ok(()) };
        if !repo.options.repo_pinned_keys {
            return Ok(());
        }
        let (keys, file) = self.pinned_keys(repo)?;
        if keys.contains(&fingerprint.to_ascii_uppercase()) {
            return Ok(());
        }
        let mut details = vec![format!("signed by {fingerprint}")];
        if let Some(file) = file {
            details.push(format!("to accept new keys of the repository, remove {}", file.display()));
        }
        Err((SignatureCause::OtherRepository, details))
    }

    /// Returns the fingerprints that a repository is bound to, binding it on first use.
    fn pinned_keys(&self, repo: &RepoConfig) -> Result<Pinned, (SignatureCause, Vec<String>)> {
        let unusable = |details| (SignatureCause::KeyUnavailable, details);
        let state = RepoState::new(&self.cache_settings(&[]), repo);
        let file = state.pinned_keys_file();
        if let Some(keys) = state.pinned_keys().map_err(|error| unusable(chain(&error)))? {
            return Ok((keys, file));
        }
        if repo.keys().next().is_none() {
            return Err((SignatureCause::NoKeysConfigured, Vec::new()));
        }
        let mut keys = BTreeSet::new();
        for url in repo.keys() {
            let bytes = self
                .fetch_key(repo, url, &oxidnf_core::event::Silent)
                .map_err(|unfetched| unusable(unfetched.details))?;
            let read = Key::read_all(&bytes).map_err(|error| unusable(chain(&error)))?;
            keys.extend(read.iter().map(Key::fingerprint));
        }
        state.pin_keys(&keys).map_err(|error| unusable(chain(&error)))?;
        Ok((keys, file))
    }
}
