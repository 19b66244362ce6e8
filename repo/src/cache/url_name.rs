//! Names of packages that come from URLs of the command line.

use std::path::PathBuf;

use oxidnf_core::string_set::string_hash;

use super::RepoCache;

impl RepoCache {
    /// Returns where the package of a URL is kept: dnf5 puts a hash of the URL before its last part.
    ///
    /// The hash is that of GNU's C++ library for strings. It only tells URLs apart.
    pub fn url_package(&self, url: &str) -> PathBuf {
        let base = url.rsplit('/').next().unwrap_or(url).replace('\0', "");
        let suffix = if base.rsplit_once('.').is_some_and(|(_, extension)| extension == "rpm") { "" } else { ".rpm" };
        self.packages().join(format!("{:016x}-{base}{suffix}", string_hash(url.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use crate::cache::{CacheSettings, RepoCache};
    use crate::config::{RepoConfig, RepoDefaults};
    use rstest::rstest;

    // dnf5 5.4.6 made these names.
    #[rstest]
    #[case("http://127.0.0.1:8812/p/noarch/foo-1-1.noarch.rpm", "ed909c4d0e84d273-foo-1-1.noarch.rpm")]
    #[case("http://127.0.0.1:8812/p/noarch/bar-1-1.noarch.rpm?x=1", "5dd3b350a155a7b3-bar-1-1.noarch.rpm?x=1.rpm")]
    fn names(#[case] url: &str, #[case] want: &str) {
        let repo = RepoConfig::command_line(&RepoDefaults::default());
        let cache = RepoCache::new(&CacheSettings::new("/c", std::time::SystemTime::UNIX_EPOCH), &repo);
        let path = cache.url_package(url);
        assert_eq!(path.to_str(), Some(&*format!("/c/@commandline-f1fcf1ce45c07955/packages/{want}")));
    }
}
