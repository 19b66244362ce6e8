//! Downloads of packages from servers that do well and from servers that do not.

mod support;

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use oxidnf_core::conf::{CacheOnly, ProxyAuth, ProxyAuthMethods, Seconds, Throttle};
use oxidnf_core::package_file::WantedDigests;
use oxidnf_core::{Checksum, ChecksumKind, Nevra};
use oxidnf_repo::config::RepoConfig;
use oxidnf_repo::fetch::{
    CancelToken, DownloadError, FailureKind, FetchOptions, Fetched, Fetcher, Observer, PackageObserver, Place, Wanted,
};
use rstest::rstest;
use support::{Log, Reply, Request, Server, fetcher, quick, refused, repo, settings, sha256};

const CONTENT: &[u8] = b"the bytes of a package";

fn wanted<'r>(repo: &'r RepoConfig, dir: &Path, href: &str, checksum: Option<Checksum>) -> Wanted<'r> {
    Wanted {
        repo,
        place: Place::Location { href: href.to_owned(), base: None },
        dest: dir.join(href.rsplit('/').next().unwrap_or(href)),
        size: None,
        checksum,
        nevra: Nevra::parse("foo-1-1.noarch"),
        observer: None,
    }
}

/// Fetches `CONTENT` as `p/foo.rpm`.
fn fetch(repo: &RepoConfig, dir: &Path) -> (Result<Fetched, DownloadError>, Log) {
    fetch_with(repo, dir, quick())
}

fn fetch_with(repo: &RepoConfig, dir: &Path, options: FetchOptions) -> (Result<Fetched, DownloadError>, Log) {
    let log = Log::default();
    let fetcher = Fetcher::new(options, &log).expect("threads can be started");
    let mut results = fetcher.packages(&settings(dir), vec![wanted(repo, dir, "p/foo.rpm", Some(sha256(CONTENT)))]);
    drop(fetcher);
    (results.remove(0), log)
}

fn only_file(dir: &Path) -> Vec<String> {
    let names = std::fs::read_dir(dir).expect("temporary directory").flatten();
    names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn fetches_and_keeps() {
    let server = Server::files(&[("p/foo.rpm", CONTENT)]);
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[&server.url("")]);
    repo.options.user_agent = "tester 1".to_owned();
    let (result, log) = fetch(&repo, dir.path());
    let fetched = result.expect("fetched");
    assert_eq!((fetched.already, fetched.checksum.is_some(), fetched.size), (false, true, CONTENT.len() as u64));
    assert_eq!(std::fs::read(dir.path().join("foo.rpm")).expect("there"), CONTENT);
    assert_eq!(server.requests()[0].headers["user-agent"], "tester 1");
    assert!(log.text().contains("outcome: Ok"));
    // The second time nothing is asked of the server.
    let (result, log) = fetch(&repo, dir.path());
    assert!(result.expect("there").already);
    assert!(log.text().contains("outcome: AlreadyDone"));
    assert_eq!(server.paths(), ["/p/foo.rpm"]);
    // A damaged file is replaced.
    std::fs::write(dir.path().join("foo.rpm"), "the bytes of a pickage").expect("writable");
    assert!(!fetch(&repo, dir.path()).0.expect("fetched").already);
    assert_eq!(std::fs::read(dir.path().join("foo.rpm")).expect("there"), CONTENT);
}

#[rstest]
#[case::not_found(Reply::Status(404), FailureKind::NotFound)]
#[case::forbidden(Reply::Status(403), FailureKind::Denied)]
#[case::broken_server(Reply::Status(500), FailureKind::Status)]
#[case::reset(Reply::Reset, FailureKind::Reset)]
#[case::wrong_checksum(Reply::File(b"the bytes of a pockage".to_vec()), FailureKind::Checksum)]
#[case::cut_without_length(Reply::Unsized(CONTENT[..9].to_vec()), FailureKind::Checksum)]
#[case::part(Reply::Status(206), FailureKind::Status)]
#[case::nowhere(Reply::Status(302), FailureKind::Redirect)]
fn failures_are_told_apart(#[case] reply: Reply, #[case] kind: FailureKind) {
    let server = Server::start(move |_| reply.clone());
    let dir = tempfile::tempdir().expect("temporary directory");
    let (result, log) = fetch(&repo("r", &[&server.url("")]), dir.path());
    let error = result.expect_err("cannot be fetched");
    assert_eq!(error.kind, kind, "{error}");
    // witness: compat-tests/tests/broken_http.rs; librepo tries four times whatever the reason.
    assert_eq!(error.attempts.len(), 4, "{error}");
    assert_eq!(error.attempts[0].url, server.url("p/foo.rpm"));
    assert_eq!(log.lines().iter().filter(|line| line.contains("MirrorFailed")).count(), 4);
    assert!(only_file(dir.path()).is_empty(), "nothing may be left behind");
}

/// Returns the answer of a server that knows ranges.
fn part(request: &Request, file: &[u8]) -> Reply {
    let start =
        request.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    match start {
        None => Reply::File(file.to_vec()),
        Some(start) => Reply::Part(file.to_vec(), start),
    }
}

#[test]
fn broken_transfers_go_on_where_they_broke() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |request| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Truncated(CONTENT.to_vec(), 5),
        _ => part(request, CONTENT),
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let fetched = fetch(&repo("r", &[&server.url("")]), dir.path()).0.expect("the second time does it");
    assert!(fetched.checksum.is_some());
    assert_eq!(std::fs::read(fetched.path).expect("there"), CONTENT);
    let ranges: Vec<_> = server.requests().iter().map(|request| request.headers.get("range").cloned()).collect();
    assert_eq!(ranges, [None, Some(format!("bytes={}-", CONTENT.len() - 5))]);
}

#[test]
fn unfinished_files_are_continued_by_the_next_run() {
    let broken = Server::start(|_| Reply::Truncated(CONTENT.to_vec(), 5));
    let dir = tempfile::tempdir().expect("temporary directory");
    let error = fetch(&repo("r", &[&broken.url("")]), dir.path()).0.expect_err("always cut");
    assert_eq!((error.kind, error.attempts.len()), (FailureKind::Truncated, 4));
    // It lies where librepo would leave it, which takes it up by the same mark.
    let left = std::fs::read(dir.path().join("foo.rpm")).expect("put aside");
    assert_eq!(left, CONTENT[..CONTENT.len() - 5]);
    let server = Server::start(|request| part(request, CONTENT));
    let fetched = fetch(&repo("r", &[&server.url("")]), dir.path()).0.expect("continued");
    assert!(fetched.checksum.is_some() && !fetched.already);
    assert_eq!(std::fs::read(fetched.path).expect("there"), CONTENT);
    assert_eq!(server.requests()[0].headers["range"], format!("bytes={}-", CONTENT.len() - 5));
    assert_eq!(only_file(dir.path()), ["foo.rpm"]);
}

#[test]
fn another_file_is_not_continued() {
    // What was put aside belongs to a file that is no longer there: the checksum says so, and it is fetched anew.
    let broken = Server::start(|_| Reply::Truncated(b"THE BYTES OF A PACKAGE".to_vec(), 5));
    let dir = tempfile::tempdir().expect("temporary directory");
    fetch(&repo("r", &[&broken.url("")]), dir.path()).0.expect_err("always cut");
    let server = Server::start(|request| part(request, CONTENT));
    let fetched = fetch(&repo("r", &[&server.url("")]), dir.path()).0.expect("fetched anew");
    assert_eq!(std::fs::read(fetched.path).expect("there"), CONTENT);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn servers_without_ranges_send_it_all_again() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Truncated(CONTENT.to_vec(), 5),
        1 => Reply::Header(416, "Content-Range", format!("bytes */{}", CONTENT.len())),
        _ => Reply::File(CONTENT.to_vec()),
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let fetched = fetch(&repo("r", &[&server.url("")]), dir.path()).0.expect("fetched");
    assert_eq!(std::fs::read(fetched.path).expect("there"), CONTENT);
}

#[test]
fn refused_connections() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let error = fetch(&repo("r", &[&refused()]), dir.path()).0.expect_err("nobody listens");
    assert_eq!(error.kind, FailureKind::Refused, "{error}");
    assert_eq!(error.attempts.len(), 4);
}

#[test]
fn unknown_hosts() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let error = fetch(&repo("r", &["http://no-such-host.invalid/"]), dir.path()).0.expect_err("no such host");
    assert_eq!(error.kind, FailureKind::Resolve, "{error}");
}

#[test]
fn passing_failures_are_tried_again() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Truncated(CONTENT.to_vec(), 3),
        1 => Reply::Header(503, "Retry-After", "0".to_owned()),
        _ => Reply::Unsized(CONTENT.to_vec()),
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    fetch(&repo("r", &[&server.url("")]), dir.path()).0.expect("the third time does it");
    let fresh: Vec<_> = server.requests().iter().map(|request| request.headers.contains_key("cache-control")).collect();
    assert_eq!(fresh, [false, true, true]);
}

#[test]
fn busy_servers_get_longer_and_longer_pauses() {
    let times = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&times);
    let server = Server::start(move |_| {
        let mut times = noted.lock().expect("no panics");
        times.push(Instant::now());
        if times.len() < 4 { Reply::Status(503) } else { Reply::File(CONTENT.to_vec()) }
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let options = FetchOptions { backoff: Duration::from_millis(50), ..quick() };
    fetch_with(&repo("r", &[&server.url("")]), dir.path(), options).0.expect("the fourth time does it");
    let times = times.lock().expect("no panics");
    let pauses: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let least = [50, 100, 200].map(Duration::from_millis);
    assert!(pauses.len() == 3 && pauses.iter().zip(least).all(|(pause, least)| *pause >= least), "{pauses:?}");
}

#[test]
fn other_mirrors_are_tried() {
    let good = Server::files(&[("m/p/foo.rpm", CONTENT)]);
    let bad = Server::start(|_| Reply::Status(404));
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&refused(), &bad.url(""), &good.url("m/")]);
    let (result, log) = fetch(&repo, dir.path());
    result.expect("the last mirror has it");
    assert_eq!(log.lines().iter().filter(|line| line.contains("MirrorFailed")).count(), 2);
    assert_eq!(bad.paths(), ["/p/foo.rpm"]);
}

#[test]
fn silent_and_slow_servers_are_given_up() {
    let silent = Server::start(|_| Reply::Silent);
    let slow = Server::start(|_| Reply::Slow(vec![b'x'; 3000], 30, Duration::from_millis(100)));
    let good = Server::files(&[("p/foo.rpm", CONTENT)]);
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[&silent.url(""), &slow.url(""), &good.url("")]);
    repo.options.timeout = Seconds::Of(1);
    repo.options.minrate = oxidnf_core::conf::Bytes(10_000);
    let started = Instant::now();
    let (result, log) = fetch(&repo, dir.path());
    result.expect("the last mirror has it");
    assert!(started.elapsed() < Duration::from_secs(4));
    assert!(log.text().contains("no answer in 1 seconds"), "{}", log.text());
    assert!(log.text().contains("less than 10000 bytes a second"), "{}", log.text());
}

#[test]
fn redirects_are_followed() {
    let target = Server::files(&[("x/foo.rpm", CONTENT)]);
    let url = target.url("x/foo.rpm");
    let server = Server::start(move |request| match &*request.path {
        "/p/foo.rpm" => Reply::Header(302, "Location", "/second".to_owned()),
        _ => Reply::Header(307, "Location", url.clone()),
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[&server.url("")]);
    repo.options.username = "me".to_owned();
    repo.options.password = oxidnf_repo::config::Secret::new("secret");
    fetch(&repo, dir.path()).0.expect("redirected");
    let sent: Vec<_> = server.requests().iter().map(|request| request.headers.contains_key("authorization")).collect();
    assert_eq!(sent, [true, true]);
    // The password is not for the other server.
    assert!(!target.requests()[0].headers.contains_key("authorization"));
    let circle = Server::start(|_| Reply::Header(301, "Location", "/again".to_owned()));
    let error = fetch(&support::repo("r", &[&circle.url("")]), &dir.path().join("new")).0.expect_err("a circle");
    assert_eq!(error.kind, FailureKind::Redirect);
}

#[test]
fn credentials_stay_secret() {
    let server = Server::start(|_| Reply::Status(401));
    let dir = tempfile::tempdir().expect("temporary directory");
    let url = format!("http://me%40home:pass%2fword@{}/", server.address);
    let (result, log) = fetch(&repo("r", &[&url]), dir.path());
    let error = result.expect_err("not allowed");
    assert_eq!(server.requests()[0].headers["authorization"], "Basic bWVAaG9tZTpwYXNzL3dvcmQ=");
    let shown = format!("{error} {error:?} {}", log.text());
    assert!(!shown.contains("pass") && !shown.contains("me%40home"), "{shown}");
}

#[test]
fn parallel_downloads_are_limited() {
    let server = Server::start(|_| Reply::Slow(CONTENT.to_vec(), 1, Duration::from_millis(150)));
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[&server.url("")]);
    let log = Log::default();
    let run = |repo: &RepoConfig, sub: &str| {
        let dir = dir.path().join(sub);
        let names: Vec<String> = (0..12).map(|number| format!("p/{number}.rpm")).collect();
        let wanted = names.iter().map(|name| wanted(repo, &dir, name, Some(sha256(CONTENT))));
        let results = fetcher(&log).packages(&settings(&dir), wanted.collect());
        assert!(results.iter().all(Result::is_ok));
    };
    run(&repo, "a");
    assert_eq!(server.most_parallel(), 3, "max_downloads_per_mirror");
    assert!(server.connections() <= 4, "connections are used again: {}", server.connections());
    repo.options.max_downloads_per_mirror = 100;
    run(&repo, "b");
    assert_eq!(server.most_parallel(), 6, "max_parallel_downloads");
}

#[test]
fn busy_hosts_do_not_hold_up_others() {
    let busy = Server::start(|_| Reply::Slow(CONTENT.to_vec(), 1, Duration::from_millis(150)));
    let free = Server::files(&[("p/foo.rpm", CONTENT)]);
    let dir = tempfile::tempdir().expect("temporary directory");
    let (busy_repo, free_repo) = (repo("busy", &[&busy.url("")]), repo("free", &[&free.url("")]));
    let names: Vec<String> = (0..9).map(|number| format!("p/{number}.rpm")).collect();
    let mut all: Vec<_> = names.iter().map(|n| wanted(&busy_repo, dir.path(), n, Some(sha256(CONTENT)))).collect();
    all.push(wanted(&free_repo, dir.path(), "p/foo.rpm", Some(sha256(CONTENT))));
    let log = Log::default();
    let results = fetcher(&log).packages(&settings(dir.path()), all);
    assert!(results.iter().all(Result::is_ok));
    let done = std::fs::metadata(dir.path().join("foo.rpm")).and_then(|file| file.modified()).expect("there");
    let other = std::fs::metadata(dir.path().join("8.rpm")).and_then(|file| file.modified()).expect("there");
    assert!(done < other, "the free host was not waited for");
    assert_eq!(free.paths().len(), 1);
}

#[rstest]
#[case("../../etc/passwd")]
#[case("/etc/passwd")]
#[case("a/%2e%2e/%2e%2e/x")]
#[case("a\\x")]
#[case("a\0x")]
#[case("http://elsewhere/x")]
fn unsafe_locations_are_refused(#[case] href: &str) {
    let server = Server::start(|_| Reply::File(CONTENT.to_vec()));
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let log = Log::default();
    let mut wanted = wanted(&repo, dir.path(), href, Some(sha256(CONTENT)));
    wanted.dest = dir.path().join("x");
    let error = fetcher(&log).packages(&settings(dir.path()), vec![wanted]).remove(0).expect_err("refused");
    assert_eq!(error.kind, FailureKind::Location);
    assert!(server.paths().is_empty());
}

#[test]
fn sizes_are_limits() {
    let server = Server::start(|request| match &*request.path {
        "/told" => Reply::File(vec![0; 5000]),
        _ => Reply::Unsized(vec![0; 5000]),
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let log = Log::default();
    for href in ["told", "untold"] {
        let mut wanted = wanted(&repo, dir.path(), href, None);
        wanted.size = Some(100);
        let error = fetcher(&log).packages(&settings(dir.path()), vec![wanted]).remove(0).expect_err("too long");
        assert_eq!(error.kind, FailureKind::Size, "{error}");
    }
    assert!(only_file(dir.path()).is_empty());
}

#[test]
fn offline_uses_what_is_there() {
    let server = Server::files(&[("p/foo.rpm", CONTENT)]);
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let log = Log::default();
    let mut offline = settings(dir.path());
    offline.cacheonly = CacheOnly::All;
    let ask = || {
        let wanted = wanted(&repo, dir.path(), "p/foo.rpm", Some(sha256(CONTENT)));
        fetcher(&log).packages(&offline, vec![wanted]).remove(0)
    };
    assert_eq!(ask().expect_err("not there").kind, FailureKind::NotCached);
    std::fs::write(dir.path().join("foo.rpm"), CONTENT).expect("writable");
    assert!(ask().expect("there").already);
    assert!(server.paths().is_empty());
}

#[test]
fn local_repositories_and_urls() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let source = dir.path().join("a repo");
    std::fs::create_dir_all(source.join("p")).expect("writable");
    std::fs::write(source.join("p/foo.rpm"), CONTENT).expect("writable");
    let url = format!("file://{}", source.display().to_string().replace(' ', "%20"));
    let repo = repo("r", &[&url]);
    assert!(repo.is_local());
    let target = dir.path().join("target");
    fetch(&repo, &target).0.expect("copied");
    let error = fetch(&support::repo("r", &["file:///nonexistent/"]), &target.join("x")).0.expect_err("not there");
    assert_eq!((error.kind, error.attempts.len()), (FailureKind::NotFound, 1));
    // A URL of the command line.
    let server = Server::files(&[("direct.rpm", CONTENT)]);
    let command_line = RepoConfig::command_line(&repo.options);
    let log = Log::default();
    let mut wanted = wanted(&command_line, &target, "direct.rpm", None);
    wanted.place = Place::Url(server.url("direct.rpm"));
    fetcher(&log).packages(&settings(&target), vec![wanted]).remove(0).expect("fetched");
    assert_eq!(std::fs::read(target.join("direct.rpm")).expect("there"), CONTENT);
}

#[test]
fn base_locations_of_metadata_count() {
    let server = Server::files(&[("other/p/foo.rpm", CONTENT)]);
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&refused()]);
    let log = Log::default();
    let with_base = |base: String| {
        let mut wanted = wanted(&repo, dir.path(), "p/foo.rpm", Some(sha256(CONTENT)));
        wanted.place = Place::Location { href: "p/foo.rpm".to_owned(), base: Some(base) };
        fetcher(&log).packages(&settings(dir.path()), vec![wanted]).remove(0)
    };
    assert_eq!(with_base("file:///etc".to_owned()).expect_err("not for a remote repository").kind, FailureKind::Url);
    with_base(server.url("other/")).expect("fetched");
}

struct Collector {
    seen: Vec<u8>,
    starts: usize,
}

impl Observer for Collector {
    fn start(&mut self, _file: &File) {
        self.seen.clear();
        self.starts += 1;
    }

    fn bytes(&mut self, data: &[u8]) {
        self.seen.extend_from_slice(data);
    }

    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send> {
        self
    }
}

#[test]
fn observers_see_the_right_bytes() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Truncated(CONTENT.to_vec(), 3),
        _ => Reply::File(CONTENT.to_vec()),
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let log = Log::default();
    let observe = || {
        let mut wanted = wanted(&repo, dir.path(), "p/foo.rpm", Some(sha256(CONTENT)));
        wanted.observer = Some(Box::new(Collector { seen: Vec::new(), starts: 0 }));
        let fetched = fetcher(&log).packages(&settings(dir.path()), vec![wanted]).remove(0).expect("fetched");
        let collector = fetched.observer.expect("handed back").into_any().downcast::<Collector>();
        collector.expect("the one that was handed in")
    };
    let first = observe();
    assert_eq!((&*first.seen, first.starts), (CONTENT, 2));
    let again = observe();
    assert_eq!((&*again.seen, again.starts), (CONTENT, 1), "a file that is there is shown, too");
}

#[test]
fn cancelling_stops_at_once() {
    let server = Server::start(|_| Reply::Silent);
    let dir = tempfile::tempdir().expect("temporary directory");
    let cancel = CancelToken::default();
    let later = cancel.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        later.cancel();
    });
    let started = Instant::now();
    let options = FetchOptions { cancel, ..quick() };
    let error = fetch_with(&repo("r", &[&server.url("")]), dir.path(), options).0.expect_err("cancelled");
    assert_eq!(error.kind, FailureKind::Cancelled);
    assert!(started.elapsed() < Duration::from_secs(2));
    assert!(only_file(dir.path()).is_empty());
}

#[test]
fn throttle_holds_back() {
    let content = vec![7; 20_000];
    let sum = sha256(&content);
    let server = Server::start(move |_| Reply::File(content.clone()));
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[&server.url("")]);
    repo.options.throttle = Throttle::Rate(100_000);
    let log = Log::default();
    let started = Instant::now();
    let names = ["a", "b"];
    let wanted = names.iter().map(|name| wanted(&repo, dir.path(), name, Some(sum.clone()))).collect();
    let results = fetcher(&log).packages(&settings(dir.path()), wanted);
    assert!(results.iter().all(Result::is_ok));
    let took = started.elapsed();
    assert!((Duration::from_millis(350)..Duration::from_secs(2)).contains(&took), "{took:?}");
}

#[test]
fn proxies_are_used() {
    let proxy = Server::start(|request| match request.headers.get("proxy-authorization").map(String::as_str) {
        Some("Basic dXNlcjpwYXNz") => Reply::File(CONTENT.to_vec()),
        _ => Reply::Status(407),
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &["http://far.invalid/x/"]);
    repo.options.proxy = proxy.url("");
    let error = fetch(&repo, dir.path()).0.expect_err("no login");
    assert_eq!(error.kind, FailureKind::Proxy, "{error}");
    repo.options.proxy_username = Some("user".to_owned());
    repo.options.proxy_password = Some(oxidnf_repo::config::Secret::new("pass"));
    // Nothing else is told before the proxy asks for it.
    repo.options.proxy_auth_method = ProxyAuthMethods(vec![ProxyAuth::Basic]);
    fetch(&repo, dir.path()).0.expect("fetched through the proxy");
    assert_eq!(proxy.paths().last().map(String::as_str), Some("http://far.invalid/x/p/foo.rpm"));
}

#[test]
fn one_failure_gives_the_rest_up() {
    let server = Arc::new(Server::files(&[("a", CONTENT), ("c", CONTENT)]));
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let log = Log::default();
    let wanted = ["a", "b", "c"].iter().map(|name| wanted(&repo, dir.path(), name, Some(sha256(CONTENT)))).collect();
    let results = fetcher(&log).packages(&settings(dir.path()), wanted);
    let errors: Vec<_> = results.iter().map(|result| result.as_ref().err()).collect();
    assert!(errors[1].is_some_and(|error| error.given_up.is_none()));
    // The others have arrived before that, or were given up because of it.
    for other in [errors[0], errors[2]].into_iter().flatten() {
        assert!(other.given_up.is_some(), "{other}");
    }
}

/// A package, which is what the digests are those of.
fn package() -> Vec<u8> {
    let config = rpm::BuildConfig::v4().source_date(1_600_000_000_u32);
    let mut builder = rpm::PackageBuilder::new("foo", "1", "MIT", "noarch", "a package");
    let mut bytes = Vec::new();
    builder.using_config(config).build().expect("builds").write(&mut bytes).expect("memory does not fail");
    bytes
}

#[test]
fn a_digest_that_the_metadata_name_is_computed_once_and_in_its_place() {
    let bytes = package();
    let server = Server::files(&[("p/foo.rpm", &bytes)]);
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let log = Log::default();
    let digests = |kind: ChecksumKind| {
        let checksum = Checksum::of(kind, &bytes).expect("known");
        let mut wanted = wanted(&repo, dir.path(), "p/foo.rpm", Some(checksum));
        wanted.observer = Some(Box::new(PackageObserver::new(WantedDigests::default())));
        let fetched = fetcher(&log).packages(&settings(dir.path()), vec![wanted]).remove(0).expect("fetched");
        fetched.into_digests().expect("a package").digests.whole.clone()
    };
    let expected = [ChecksumKind::Sha256, ChecksumKind::Sha512].map(|kind| Checksum::of(kind, &bytes).expect("known"));
    // The second time the file is there.
    for kind in [ChecksumKind::Sha256, ChecksumKind::Sha256, ChecksumKind::Sha512, ChecksumKind::Sha1] {
        assert_eq!(digests(kind), expected, "{}", kind.name());
    }
}
