//! Packages that are parsed while `primary` is still arriving.

mod support;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use oxidnf_repo::cache::CacheSettings;
use oxidnf_repo::catalog_cache::{self, CatalogOrigin, CatalogSettings};
use oxidnf_repo::config::RepoConfig;
use oxidnf_repo::fetch::RepoError;
use oxidnf_repo::metadata::Metadata;
use rstest::rstest;
use support::{Fixture, Log, Reply, Request, Server, fetcher, repo, settings};

/// Many packages are several pieces for the parser.
const PACKAGES: usize = 3000;

fn packages() -> Vec<u8> {
    let mut text = format!(
        "<metadata xmlns=\"http://linux.duke.edu/metadata/common\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\" \
         packages=\"{PACKAGES}\">"
    );
    for number in 0..PACKAGES {
        text.push_str(&format!(
            "<package type=\"rpm\"><name>package-{number}</name><arch>noarch</arch>\
             <version epoch=\"0\" ver=\"1\" rel=\"{number}\"/>\
             <checksum type=\"sha256\" pkgid=\"YES\">{number:064x}</checksum><summary>Number {number}</summary>\
             <description>It is number {number}.</description><packager/><url/><time file=\"1\" build=\"1\"/>\
             <size package=\"1\" installed=\"1\" archive=\"1\"/><location href=\"package-{number}.rpm\"/><format>\
             <rpm:license>MIT</rpm:license><rpm:provides><rpm:entry name=\"package-{number}\" flags=\"EQ\" epoch=\"0\" \
             ver=\"1\" rel=\"{number}\"/></rpm:provides></format></package>"
        ));
    }
    text.push_str("</metadata>");
    text.into_bytes()
}

fn fixture(primary: Vec<u8>) -> Fixture {
    Fixture::of([("primary".to_owned(), primary)])
}

fn sync_one(repo: &RepoConfig, settings: &CacheSettings) -> Result<Metadata, RepoError> {
    fetcher(&Log::default()).sync(std::slice::from_ref(repo), settings).remove(0).1
}

/// Lists the files of catalogs, unfinished ones, too.
fn catalogs(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir.join("oxidnf")).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn is_primary(request: &Request) -> bool {
    request.path.contains("primary")
}

fn bytes(reply: Reply) -> Vec<u8> {
    let Reply::File(bytes) = reply else { panic!("a file") };
    bytes
}

#[rstest]
#[case::at_once(Reply::File)]
#[case::slowly(|bytes: Vec<u8>| Reply::Slow(bytes, 20, Duration::from_millis(5)))]
#[case::of_unknown_length(Reply::Unsized)]
fn what_arrives_is_parsed(#[case] give: fn(Vec<u8>) -> Reply) {
    let fixture = fixture(packages());
    let server = Server::start(move |request| {
        let reply = fixture.reply(request);
        if is_primary(request) { give(bytes(reply)) } else { reply }
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let metadata = sync_one(&repo("r", &[&server.url("")]), &settings(dir.path())).expect("fetched");
    // What was read from the network is not read again.
    let path = metadata.path("primary").expect("listed");
    std::fs::rename(&path, path.with_extension("gone")).expect("renamed");
    let settings = CatalogSettings::default();
    let loaded = catalog_cache::load(&metadata, settings).expect("parsed already");
    assert_eq!((loaded.origin, loaded.catalog.len()), (CatalogOrigin::Made, PACKAGES as u32));
    assert_eq!(catalogs(metadata.dir()), ["primary.catalog"]);
    let ahead = std::fs::read(catalog_cache::path(metadata.dir())).expect("kept");
    std::fs::rename(path.with_extension("gone"), &path).expect("renamed");
    catalog_cache::rebuild(&metadata, settings).expect("parsed");
    assert!(std::fs::read(catalog_cache::path(metadata.dir())).expect("kept") == ahead, "the same catalog");
    // The next run finds it.
    let metadata = Metadata::open(metadata.dir()).expect("in the cache");
    assert_eq!(catalog_cache::load(&metadata, settings).expect("kept").origin, CatalogOrigin::Kept);
}

#[rstest]
// The connection breaks, and the rest is asked for, or the whole again.
#[case::continued(true)]
#[case::begun_again(false)]
fn what_is_interrupted_is_parsed_in_the_end(#[case] ranges: bool) {
    let fixture = fixture(packages());
    let tries = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let reply = fixture.reply(request);
        if !is_primary(request) {
            return reply;
        }
        let bytes = bytes(reply);
        if tries.fetch_add(1, Ordering::SeqCst) == 0 {
            return Reply::Truncated(bytes, 500_000);
        }
        let range = request.headers.get("range").filter(|_| ranges);
        let from = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        from.map_or(Reply::File(bytes.clone()), |from| Reply::Part(bytes, from))
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let metadata = sync_one(&repo("r", &[&server.url("")]), &settings(dir.path())).expect("fetched");
    let loaded = catalog_cache::load(&metadata, CatalogSettings::default()).expect("parsed");
    assert_eq!((loaded.origin, loaded.catalog.len()), (CatalogOrigin::Made, PACKAGES as u32));
    assert_eq!(catalogs(metadata.dir()), ["primary.catalog"]);
}

#[test]
fn nothing_stays_of_a_file_that_is_wrong() {
    let mut fixture = fixture(packages());
    let last = fixture.files[0].1.len() - 1;
    fixture.files[0].1[last - 200] ^= 1;
    let server = Server::start(move |request| fixture.reply(request));
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let settings = settings(dir.path());
    sync_one(&repo, &settings).expect_err("the checksum is wrong");
    let cache = oxidnf_repo::cache::RepoCache::new(&settings, &repo);
    assert!(!cache.dir().join("oxidnf").exists());
}

#[test]
fn nothing_stays_when_nobody_asks() {
    let fixture = fixture(packages());
    let server = Server::start(move |request| fixture.reply(request));
    let dir = tempfile::tempdir().expect("temporary directory");
    let metadata = sync_one(&repo("r", &[&server.url("")]), &settings(dir.path())).expect("fetched");
    let place = metadata.dir().to_owned();
    drop(metadata);
    assert_eq!(catalogs(&place), [""; 0]);
}

#[test]
fn what_cannot_be_parsed_is_told_when_it_is_needed() {
    let mut text = packages();
    text.truncate(text.len() - 100);
    let fixture = fixture(text);
    let server = Server::start(move |request| fixture.reply(request));
    let dir = tempfile::tempdir().expect("temporary directory");
    let metadata = sync_one(&repo("r", &[&server.url("")]), &settings(dir.path())).expect("fetched");
    let error = catalog_cache::load(&metadata, CatalogSettings::default()).expect_err("not closed");
    assert!(error.to_string().contains("primary.xml"), "{error}");
    assert_eq!(catalogs(metadata.dir()), [""; 0]);
}

#[test]
fn several_repositories_take_turns() {
    let fixture = fixture(packages());
    let server = Server::start(move |request| {
        let path = request.path.trim_start_matches(|one: char| one == '/' || one.is_ascii_digit());
        fixture.reply(&Request { path: path.to_owned(), ..request.clone() })
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let repos: Vec<RepoConfig> =
        (0..5).map(|number| repo(&format!("r{number}"), &[&server.url(&number.to_string())])).collect();
    let results = fetcher(&Log::default()).sync(&repos, &settings(dir.path()));
    for (id, result) in results {
        let metadata = result.expect("fetched");
        let loaded = catalog_cache::load(&metadata, CatalogSettings::default()).expect("parsed");
        assert_eq!((loaded.origin, loaded.catalog.len()), (CatalogOrigin::Made, PACKAGES as u32), "{id}");
    }
}
