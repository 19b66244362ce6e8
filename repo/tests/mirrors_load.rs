//! Many packages from three mirrors, of which one is slow and one dies midway: all arrive, verified, and no byte of them
//! comes twice.

mod support;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use oxidnf_core::Nevra;
use oxidnf_core::event::Silent;
use oxidnf_repo::fetch::{FetchOptions, Fetcher, Place, Wanted};
use support::{Reply, Request, Server, quick, repo, settings, sha256};

const PACKAGES: usize = 1000;
/// Requests that the mirror serves before it dies.
const LIFE: usize = 150;

fn content(number: usize) -> Vec<u8> {
    let line = format!("package {number} ");
    line.repeat(1 + 200 * (1 + number % 40) / line.len()).into_bytes()
}

fn number(path: &str) -> usize {
    path.trim_start_matches("/p").trim_end_matches(".rpm").parse().expect("only packages are asked for")
}

/// Bytes that were sent of each package, over all mirrors.
type Sent = Arc<Mutex<HashMap<usize, usize>>>;

/// Answers a request from this byte on; `less` bytes at the end are kept back.
fn serve(request: &Request, sent: &Sent, less: usize) -> Reply {
    let number = number(&request.path);
    let bytes = content(number);
    let start =
        request.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let start = start.unwrap_or(0);
    *sent.lock().expect("no panics").entry(number).or_default() += bytes.len() - start - less;
    match (start, less) {
        (0, 0) => Reply::File(bytes),
        (0, less) => Reply::Truncated(bytes, less),
        (start, _) => Reply::Part(bytes, start),
    }
}

#[test]
fn thousand_packages_from_three_mirrors() {
    let sent = Sent::default();
    let slow = {
        let sent = Arc::clone(&sent);
        Server::start(move |request| {
            thread::sleep(Duration::from_millis(30));
            serve(request, &sent, 0)
        })
    };
    let dying = {
        let (sent, asked) = (Arc::clone(&sent), AtomicUsize::new(0));
        Server::start(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
            count if count < LIFE => serve(request, &sent, 0),
            // Those under way lose their end.
            count if count < LIFE + 3 => serve(request, &sent, 7),
            _ => Reply::Reset,
        })
    };
    let good = {
        let sent = Arc::clone(&sent);
        Server::start(move |request| serve(request, &sent, 0))
    };
    let urls = [&slow, &dying, &good].map(|server| server.url(""));
    let repo = repo("r", &urls.each_ref().map(String::as_str));
    let dir = tempfile::tempdir().expect("temporary directory");
    let wanted = (0..PACKAGES).map(|number| Wanted {
        repo: &repo,
        place: Place::Location { href: format!("p{number}.rpm"), base: None },
        dest: dir.path().join(format!("p{number}.rpm")),
        size: Some(content(number).len() as u64),
        checksum: Some(sha256(&content(number))),
        nevra: Nevra::parse(&format!("p{number}-1-1.noarch")),
        observer: None,
    });
    let options = FetchOptions { max_parallel_downloads: 9, ..quick() };
    let fetcher = Fetcher::new(options, &Silent).expect("threads can be started");
    let results = fetcher.packages(&settings(dir.path()), wanted.collect());
    for (number, result) in results.into_iter().enumerate() {
        let fetched = result.unwrap_or_else(|error| panic!("package {number}: {error}"));
        assert!(fetched.checksum.is_some() && !fetched.already);
        assert_eq!(std::fs::read(fetched.path).expect("there"), content(number));
    }
    let sent = sent.lock().expect("no panics");
    for number in 0..PACKAGES {
        assert_eq!(
            sent.get(&number),
            Some(&content(number).len()),
            "package {number} came in other bytes than its own"
        );
    }
    // The dead one is left alone; the slow one does not hold up the others.
    let (slow, dying, good) = (slow.paths().len(), dying.paths().len(), good.paths().len());
    assert!(dying < LIFE + 20, "the dead mirror was asked {dying} times");
    assert!(good > 2 * slow, "the good mirror served {good}, the slow one {slow}");
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), PACKAGES, "nothing else is left behind");
}
