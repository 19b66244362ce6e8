//! Files with keys that a repository's configuration names.

use std::path::Path;
use std::sync::Arc;

use oxidnf_core::event::{Outcome, TaskId};
use url::Url;

use crate::config::RepoConfig;

use super::Fetcher;
use super::error::{DownloadError, FailureKind, Role};
use super::job::{Job, Net, Origin, Place, download};
use super::message::{Message, Messages, Work};
use super::meter::Meter;
use super::sink::Expect;
use super::url::{parse, redact, redact_text, same_origin};

/// The largest key file.
const MAX_KEYS: u64 = 4 << 20;

impl Fetcher<'_> {
    /// Fetches a file with keys that the repository names for its packages, and puts it at `dest`.
    pub fn key(&self, repo: &RepoConfig, location: &str, dest: &Path) -> Result<(), DownloadError> {
        let (net, origin) = (Arc::clone(&self.net), Origin::new(&self.net, &repo.options, Vec::new()));
        let (repo, owned, dest) = (repo.clone(), location.to_owned(), dest.to_owned());
        let mut results = self.run(None, None, |messages| {
            let messages = messages.clone();
            vec![async move { fetch_key(&net, &origin, &repo, &owned, &dest, &messages).await }]
        });
        results.pop().flatten().unwrap_or_else(|| Err(DownloadError::cancelled(redact_text(location))))
    }
}

/// Fetches a file with keys by the rules of its repository, but without the mirrors.
pub(super) async fn fetch_key(
    net: &Net,
    origin: &Origin,
    repo: &RepoConfig,
    location: &str,
    dest: &Path,
    messages: &Messages,
) -> Result<(), DownloadError> {
    let Some(url) = parse(location) else {
        return Err(DownloadError::new(redact_text(location), FailureKind::Url, "not a URL that can be fetched"));
    };
    let mut origin = origin.with_mirrors(net, Vec::new());
    if !is_own(repo, &url) {
        // The password of the repository is nobody else's business.
        origin.terms.login = None;
    }
    // Fetching a local file takes no time that a bar could show.
    let bar = url.scheme() != "file";
    let id = TaskId::fresh();
    let job = Job {
        target: redact(&url),
        role: Role::Key,
        place: Place::At(url),
        dest: dest.to_owned(),
        partial: None,
        expect: Expect { limit: MAX_KEYS, ..Expect::default() },
        observer: None,
        meter: bar.then(|| Arc::new(Meter::new(id, messages.clone(), None))),
        work: bar.then(|| Work::Key(redact_text(location))),
        messages: if bar { messages.clone() } else { Messages::unheard() },
    };
    let result = download(net, &origin, job).await;
    let outcome = result.as_ref().map_or_else(DownloadError::outcome, |_| Outcome::Ok);
    messages.send(Message::Finished { id, outcome, unstarted: None });
    result.map(drop)
}

/// Tells whether a URL is at one of the places that the repository's packages come from.
fn is_own(repo: &RepoConfig, url: &Url) -> bool {
    let RepoConfig { baseurl, mirrorlist, metalink, .. } = repo;
    let mut own = baseurl.iter().chain(mirrorlist).chain(metalink);
    own.any(|location| parse(location).is_some_and(|own| same_origin(&own, url)))
}
