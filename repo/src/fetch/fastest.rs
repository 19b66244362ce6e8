//! `fastestmirror`: listed mirrors in the order in which they answer (reference of dnf5, section 4.2).
//!
//! How long hosts take is kept in librepo's file, so dnf5 and this program spare each other the measuring.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use oxidnf_core::conf::Ini;
use tempfile::NamedTempFile;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::cache::RepoCache;
use crate::mirrors::Mirror;

/// How long a host may take; one that takes longer is the last choice.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a measurement is believed.
const MAX_AGE: u64 = 30 * 86_400;
/// More hosts than any list has.
const MAX_HOSTS: usize = 4096;
/// The section of the file that is about the file.
const HEAD: &str = ":_librepo_:";

/// A measurement of a host.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Measured {
    /// When, in seconds since 1970.
    at: u64,
    /// How many seconds it took to connect; negative when that failed.
    seconds: f64,
}

/// What is known of hosts, by scheme, name and port.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Times {
    hosts: BTreeMap<String, Measured>,
}

impl Times {
    fn file(cache: &RepoCache) -> PathBuf {
        cache.dir().parent().unwrap_or(cache.dir()).join("fastestmirror.cache")
    }

    /// Reads what is known; a file that cannot be read is one that says nothing.
    pub(super) fn read(cache: &RepoCache) -> Self {
        let text = std::fs::read_to_string(Times::file(cache)).unwrap_or_default();
        Times::parse(&text)
    }

    fn parse(text: &str) -> Self {
        let ini = Ini::parse(text).unwrap_or_default();
        if ini.value(HEAD, "version") != Some("1") {
            return Times::default();
        }
        let mut hosts = BTreeMap::new();
        for section in ini.sections.iter().filter(|section| section.name != HEAD).take(MAX_HOSTS) {
            let value = |key| section.entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
            let at = value("ts").and_then(|text| text.parse().ok());
            // The name of the key is librepo's.
            let seconds = value("connectime").and_then(|text| text.parse::<f64>().ok()).filter(|time| time.is_finite());
            if let (Some(at), Some(seconds)) = (at, seconds) {
                hosts.insert(section.name.clone(), Measured { at, seconds });
            }
        }
        Times { hosts }
    }

    fn write(&self, cache: &RepoCache) -> io::Result<()> {
        let file = Times::file(cache);
        let mut text = format!("[{HEAD}]\nversion=1\n");
        for (host, Measured { at, seconds }) in &self.hosts {
            // Writing to a text cannot fail.
            let _ = write!(text, "\n[{host}]\nts={at}\nconnectime={seconds}\n");
        }
        let mut temporary = NamedTempFile::new_in(file.parent().unwrap_or(Path::new("/")))?;
        temporary.write_all(text.as_bytes())?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        temporary.as_file().set_permissions(mode)?;
        temporary.persist(file).map(drop).map_err(|error| error.error)
    }

    /// Measures hosts that are not known or were measured too long ago, all at once, and keeps what was found.
    pub(super) async fn measure(cache: &RepoCache, mirrors: &[Mirror], now: SystemTime) -> Self {
        let mut times = Times::read(cache);
        let now = now.duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        let mut running = JoinSet::new();
        for mirror in mirrors.iter().take(MAX_HOSTS) {
            let (Some(key), Some(host)) = (key(mirror), mirror.url().and_then(|url| url.host_str())) else { continue };
            let fresh = times.hosts.get(&key).is_some_and(|known| now.saturating_sub(known.at) < MAX_AGE);
            let Some(port) = mirror.url().and_then(|url| url.port_or_known_default()).filter(|_| !fresh) else {
                continue;
            };
            // Entered at once, so that a host with many mirrors is asked once.
            times.hosts.insert(key.clone(), Measured { at: now, seconds: -1.0 });
            let host = host.trim_matches(['[', ']']).to_owned();
            running.spawn(async move { (key, connect_time(&host, port).await) });
        }
        if running.is_empty() {
            return times;
        }
        while let Some(done) = running.join_next().await {
            if let Ok((key, seconds)) = done {
                times.hosts.insert(key, Measured { at: now, seconds });
            }
        }
        // Without the file it is measured again; nothing else depends on it.
        drop(times.write(cache));
        times
    }

    /// Returns the mirrors with the fastest first; those that did not answer come last, unknown ones before them.
    pub(super) fn order(&self, mut mirrors: Vec<Mirror>) -> Vec<Mirror> {
        let rank = |mirror: &Mirror| match key(mirror).map(|key| self.hosts.get(&key)) {
            // Files of this machine.
            None => (0, 0.0),
            Some(Some(known)) if known.seconds >= 0.0 => (0, known.seconds),
            Some(None) => (1, 0.0),
            Some(Some(_)) => (2, 0.0),
        };
        mirrors.sort_by(|one, two| {
            let ((one, fast), (two, slow)) = (rank(one), rank(two));
            one.cmp(&two).then(fast.total_cmp(&slow))
        });
        mirrors
    }
}

/// Returns the name that a host has in the file; `None` for local files.
fn key(mirror: &Mirror) -> Option<String> {
    let url = mirror.url()?;
    let host = url.host_str()?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{host}{port}", url.scheme()))
}

async fn connect_time(host: &str, port: u16) -> f64 {
    let start = Instant::now();
    match tokio::time::timeout(PATIENCE, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => start.elapsed().as_secs_f64(),
        _ => -1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The text is librepo's.
    const FILE: &str = "[:_librepo_:]\nversion=1\n\n[http://a:8]\nts=1795374147\nconnectime=7.2999999999999999e-05\n\n\
                        [http://b]\nts=1795374147\nconnectime=-1\n\n[https://c]\nts=5\nconnectime=0.5\n";

    fn order(times: &Times, urls: &[&str]) -> Vec<String> {
        let mirrors = urls.iter().map(|url| Mirror::new(url).expect("a good URL")).collect();
        times.order(mirrors).iter().map(|mirror| mirror.location()).collect()
    }

    #[test]
    fn fastest_first() {
        let times = Times::parse(FILE);
        assert_eq!(times.hosts.len(), 3);
        let urls = ["http://b/", "http://new/", "https://c/", "http://a:8/", "file:///x"];
        assert_eq!(order(&times, &urls), ["file:///x", "http://a:8/", "https://c/", "http://new/", "http://b/"]);
        assert_eq!(Times::parse("[http://a]\nts=1\nconnectime=1\n"), Times::default());
    }

    proptest! {
        #[test]
        fn never_panics(text in "(\\[[:_librepo:/a]{0,14}\\]|ts=[-0-9a]{0,22}|connectime=[-.0-9einf]{0,9}|version=1|\n){0,12}") {
            let _ = Times::parse(&text).order(Vec::new());
        }
    }
}
