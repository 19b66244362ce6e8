//! Bringing repositories up to date.

mod support;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use oxidnf_core::conf::{CacheOnly, Seconds};
use oxidnf_repo::cache::{CacheSettings, MetadataTypes, RepoCache, directory_name};
use oxidnf_repo::config::RepoConfig;
use oxidnf_repo::fetch::{FailureKind, RepoError, RepoFault, SourceText};
use oxidnf_repo::metadata::Metadata;
use rstest::rstest;
use support::{Fixture, Log, Reply, Server, fetcher, refused, repo, settings};

const INDEX: &str = "/repodata/repomd.xml";

fn sync_one(repo: &RepoConfig, settings: &CacheSettings) -> (Result<Metadata, RepoError>, Log) {
    let log = Log::default();
    let (id, result) = fetcher(&log).sync(std::slice::from_ref(repo), settings).remove(0);
    assert_eq!(id, repo.id);
    (result, log)
}

fn kind(result: Result<Metadata, RepoError>) -> FailureKind {
    result.expect_err("the repository cannot be loaded").kind()
}

/// Lists what is below the repository's cache directory, without what is parsed of it.
fn tree(dir: &Path) -> Vec<String> {
    fn walk(dir: &Path, base: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.file_name() == "oxidnf" {
                continue;
            }
            if entry.path().is_dir() {
                walk(&entry.path(), base, found);
            } else {
                let path = entry.path();
                found.push(path.strip_prefix(base).unwrap_or(&path).display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    walk(dir, dir, &mut found);
    // The checksums in the names say nothing here.
    for name in &mut found {
        if let Some((dir, rest)) = name.clone().split_once('/')
            && let Some((_, kind)) = rest.split_once('-')
        {
            *name = format!("{dir}/{kind}");
        }
    }
    found.sort();
    found
}

fn primary(dir: &Path) -> PathBuf {
    Metadata::open(dir).expect("metadata is there").path("primary").expect("primary is listed")
}

/// A server whose repository changes.
fn changing(first: Fixture, second: Fixture) -> (Server, Arc<AtomicBool>) {
    let moved = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&moved);
    let server = Server::start(
        move |request| {
            if now.load(Ordering::SeqCst) { second.reply(request) } else { first.reply(request) }
        },
    );
    (server, moved)
}

#[test]
fn first_fetch_then_cache() {
    let fixture = Fixture::new(&["primary", "filelists", "group", "updateinfo", "other"], "one");
    let server = Server::start(move |request| fixture.reply(request));
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let settings = settings(dir.path());
    let (result, log) = sync_one(&repo, &settings);
    let metadata = result.expect("fetched");
    assert_eq!(metadata.dir(), dir.path().join(directory_name(&repo)));
    assert_eq!(
        tree(metadata.dir()),
        ["repodata/group.xml", "repodata/primary.xml", "repodata/repomd.xml", "repodata/updateinfo.xml"]
    );
    assert!(log.text().contains("outcome: Ok"));
    let asked = server.paths().len();
    assert_eq!(asked, 4);
    let (result, log) = sync_one(&repo, &settings);
    result.expect("cached");
    assert_eq!((server.paths().len(), log.lines().len()), (asked, 0), "the cache is silent");
    // A type that is not there yet is the only thing fetched.
    let more = CacheSettings { types: MetadataTypes::default().with("filelists"), ..settings };
    sync_one(&repo, &more).0.expect("completed");
    assert_eq!(server.paths().len(), asked + 1);
    assert!(server.paths()[asked].contains("filelists"));
}

#[test]
fn expired_but_unchanged() {
    let fixture = Fixture::new(&["primary"], "one");
    let server = Server::start(move |request| fixture.reply(request));
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[&server.url("")]);
    repo.options.metadata_expire = Seconds::Of(3600);
    let mut settings = settings(dir.path());
    let metadata = sync_one(&repo, &settings).0.expect("fetched");
    let cache = RepoCache::new(&settings, &repo);
    // Too young, then old enough, then marked.
    settings.now = SystemTime::now() + Duration::from_secs(3000);
    sync_one(&repo, &settings).0.expect("cached");
    assert_eq!(server.paths().len(), 2);
    settings.now = SystemTime::now() + Duration::from_secs(3700);
    let (result, log) = sync_one(&repo, &settings);
    result.expect("compared");
    assert!(log.text().contains("AlreadyDone"));
    assert_eq!(server.paths()[2..], [INDEX]);
    let clock = primary(metadata.dir()).metadata().and_then(|file| file.modified()).expect("there");
    assert_eq!(clock, settings.now, "the clock starts again");
    cache.mark_expired().expect("writable");
    sync_one(&repo, &settings).0.expect("compared");
    assert_eq!(server.paths()[3..], [INDEX]);
    assert!(!cache.is_marked_expired());
    let refresh = CacheSettings { refresh: true, ..settings.clone() };
    sync_one(&repo, &refresh).0.expect("compared");
    assert_eq!(server.paths()[4..], [INDEX]);
    repo.options.metadata_expire = Seconds::Never;
    settings.now += Duration::from_secs(1_000_000_000);
    sync_one(&repo, &settings).0.expect("eternal");
    assert_eq!(server.paths().len(), 5);
}

#[test]
fn newer_repository_files_expire_metadata() {
    let fixture = Fixture::new(&["primary"], "one");
    let server = Server::start(move |request| fixture.reply(request));
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[&server.url("")]);
    let file = dir.path().join("r.repo");
    std::fs::write(&file, "").expect("writable");
    repo.file = Some(file.clone());
    let mut settings = settings(dir.path());
    sync_one(&repo, &settings).0.expect("fetched");
    let later = SystemTime::now() + Duration::from_secs(60);
    std::fs::File::options().append(true).open(&file).and_then(|file| file.set_modified(later)).expect("own file");
    settings.check_config_file_age = false;
    sync_one(&repo, &settings).0.expect("cached");
    assert_eq!(server.paths().len(), 2);
    settings.check_config_file_age = true;
    sync_one(&repo, &settings).0.expect("compared");
    assert_eq!(server.paths().len(), 3);
}

#[test]
fn changed_repositories_are_replaced() {
    let types = ["primary", "updateinfo"];
    let mut second = Fixture::new(&types, "two");
    let first = Fixture::new(&types, "one");
    // The advisories stay the same.
    let keep = first.files[1].clone();
    let text = String::from_utf8(second.repomd.clone()).expect("text");
    let (old_sum, new_sum) = (support::sha256(&second.files[1].1).hex(), support::sha256(&keep.1).hex());
    second.repomd = text.replace(&old_sum, &new_sum).into_bytes();
    second.files[1] = keep;
    let (server, moved) = changing(first, second);
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let settings = settings(dir.path());
    let metadata = sync_one(&repo, &settings).0.expect("fetched");
    let old = primary(metadata.dir());
    moved.store(true, Ordering::SeqCst);
    let refresh = CacheSettings { refresh: true, ..settings };
    let asked = server.paths().len();
    sync_one(&repo, &refresh).0.expect("fetched");
    let new: Vec<_> = server.paths()[asked..].iter().filter(|path| *path != INDEX).cloned().collect();
    assert_eq!(new.len(), 1, "only what has changed: {new:?}");
    assert!(!old.exists());
    assert_eq!(std::fs::read(primary(metadata.dir())).expect("there"), b"primary of two");
    assert_eq!(tree(metadata.dir()), ["repodata/primary.xml", "repodata/repomd.xml", "repodata/updateinfo.xml"]);
}

#[test]
fn a_failed_update_leaves_the_old_state() {
    let (first, mut second) = (Fixture::new(&["primary"], "one"), Fixture::new(&["primary"], "two"));
    second.files[0].1 = b"damaged".to_vec();
    let (server, moved) = changing(first, second);
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let settings = settings(dir.path());
    let metadata = sync_one(&repo, &settings).0.expect("fetched");
    moved.store(true, Ordering::SeqCst);
    let refresh = CacheSettings { refresh: true, ..settings.clone() };
    assert_eq!(kind(sync_one(&repo, &refresh).0), FailureKind::Checksum);
    assert_eq!(std::fs::read(primary(metadata.dir())).expect("there"), b"primary of one");
    assert_eq!(tree(metadata.dir()).len(), 2, "no temporary files");
    let offline = CacheSettings { cacheonly: CacheOnly::Metadata, ..settings };
    sync_one(&repo, &offline).0.expect("the old state is whole");
}

#[test]
fn a_repository_published_meanwhile_is_read_again() {
    // The first index names a file that is gone already.
    let (mut first, second) = (Fixture::new(&["primary"], "one"), Fixture::new(&["primary"], "two"));
    first.files.clear();
    let count = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let early = request.path == INDEX && count.fetch_add(1, Ordering::SeqCst) == 0;
        if early { first.reply(request) } else { second.reply(request) }
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let metadata = sync_one(&repo("r", &[&server.url("")]), &settings(dir.path())).0.expect("fetched");
    assert_eq!(std::fs::read(primary(metadata.dir())).expect("there"), b"primary of two");
}

#[rstest]
#[case::plain("list", false)]
#[case::metalink_in_disguise("metalink-list", true)]
fn mirror_lists(#[case] name: &str, #[case] as_metalink: bool) {
    let fixture = Fixture::new(&["primary"], "one");
    let dead = refused();
    let served = Arc::new(Mutex::new(String::new()));
    let list = Arc::clone(&served);
    let metalink = Fixture::new(&["primary"], "one");
    let server = Server::start(move |request| {
        if !request.path.ends_with("list") {
            return fixture.reply(request);
        }
        let base = list.lock().expect("no panics").clone();
        let mirrors = [dead.clone(), base.clone()];
        Reply::File(if as_metalink {
            metalink.metalink(&mirrors)
        } else {
            format!("# mirrors\n{}\n{}\n", mirrors[0], mirrors[1]).into_bytes()
        })
    });
    *served.lock().expect("no panics") = server.url("");
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[]);
    repo.mirrorlist = Some(server.url(name));
    let (result, log) = sync_one(&repo, &settings(dir.path()));
    let metadata = result.expect("fetched from the second mirror");
    assert_eq!(metadata.dir().join("metalink.xml").exists(), as_metalink);
    assert_eq!(metadata.dir().join("mirrorlist").exists(), !as_metalink);
    let failed = log.lines().iter().filter(|line| line.contains("MirrorFailed")).count();
    assert_eq!(failed, 1, "a mirror that failed is not tried first again: {}", log.text());
    // Packages use the list in the cache.
    let asked = server.paths().len();
    let wanted = oxidnf_repo::fetch::Wanted {
        repo: &repo,
        place: oxidnf_repo::fetch::Place::Location { href: "nothing.rpm".to_owned(), base: None },
        dest: dir.path().join("nothing.rpm"),
        size: None,
        checksum: None,
        nevra: None,
        observer: None,
    };
    let results = fetcher(&log).packages(&settings(dir.path()), vec![wanted]);
    assert_eq!(results[0].as_ref().expect_err("no such file").attempts.len(), 4);
    assert_eq!(server.paths()[asked..], ["/nothing.rpm", "/nothing.rpm"]);
}

#[test]
fn metalinks_pin_the_index() {
    let (good, stale) = (Fixture::new(&["primary"], "one"), Fixture::new(&["primary"], "zero"));
    let metalink = Arc::new(Mutex::new(Vec::new()));
    let document = Arc::clone(&metalink);
    let lists = Server::start(move |_| Reply::File(document.lock().expect("no panics").clone()));
    let stale_server = Server::start(move |request| stale.reply(request));
    let mirrors = |good: &Server| [stale_server.url(""), good.url("")];
    let good_text = Fixture::new(&["primary"], "one");
    let good_server = Server::start(move |request| good.reply(request));
    *metalink.lock().expect("no panics") = good_text.metalink(&mirrors(&good_server));
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repo = repo("r", &[]);
    repo.metalink = Some(lists.url("link"));
    let settings = settings(dir.path());
    let (result, log) = sync_one(&repo, &settings);
    let metadata = result.expect("the second mirror has the right one");
    assert!(log.text().contains("sha256 checksum"), "{}", log.text());
    assert_eq!(std::fs::read(primary(metadata.dir())).expect("there"), b"primary of one");
    // In sync: only the metalink is looked at.
    let asked = good_server.paths().len() + stale_server.paths().len();
    let refresh = CacheSettings { refresh: true, ..settings };
    sync_one(&repo, &refresh).0.expect("in sync");
    assert_eq!(good_server.paths().len() + stale_server.paths().len(), asked);
    assert_eq!(lists.paths().len(), 2);
    // No mirror has what the metalink promises.
    let newer = Fixture::new(&["primary"], "two");
    *metalink.lock().expect("no panics") = newer.metalink(&mirrors(&good_server));
    let (result, _) = sync_one(&repo, &refresh);
    assert_eq!(kind(result), FailureKind::Checksum);
    *metalink.lock().expect("no panics") = b"<html>welcome to the hotel</html>".to_vec();
    assert_eq!(kind(sync_one(&repo, &refresh).0), FailureKind::Malformed);
    *metalink.lock().expect("no panics") = newer.metalink(&[]);
    assert_eq!(kind(sync_one(&repo, &refresh).0), FailureKind::NoSource);
}

#[test]
fn failures_name_repository_and_source() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let url = refused();
    let mut repo = repo("broken", &[&url.replace("http://", "http://me:secret@")]);
    repo.options.skip_if_unavailable = true;
    let error = sync_one(&repo, &settings(dir.path())).0.expect_err("nobody listens");
    assert_eq!((&*error.id, error.kind(), error.skip), ("broken", FailureKind::Refused, true));
    assert_eq!(error.origin, SourceText::Baseurl(vec![url.clone()]));
    let RepoFault::Download(download) = &*error.fault else { panic!("a failed download: {error:?}") };
    assert_eq!(download.target, "repodata/repomd.xml");
    assert_eq!(download.attempts[0].url, format!("{url}repodata/repomd.xml"));
    assert!(!format!("{error:?}").contains("secret"));
    let nothing = sync_one(&support::repo("n", &[]), &settings(dir.path())).0.expect_err("no source");
    assert!(matches!(*nothing.fault, RepoFault::NoSource));
    let odd = sync_one(&support::repo("n", &["ftp://x/"]), &settings(dir.path())).0;
    assert_eq!(kind(odd), FailureKind::Url);
}

#[rstest]
#[case::not_xml("no xml", FailureKind::Malformed)]
#[case::no_primary("<repomd></repomd>", FailureKind::Malformed)]
#[case::traversal("<repomd><data type='primary'><location href='../../../x'/></data></repomd>", FailureKind::Location)]
#[case::hidden_traversal(
    "<repomd><data type='primary'><location href='repodata/%2e%2e/%2e%2e/x'/></data></repomd>",
    FailureKind::Location
)]
#[case::missing_file(
    "<repomd><data type='primary'><location href='repodata/p.xml'/></data></repomd>",
    FailureKind::NotFound
)]
fn bad_indexes(#[case] text: &'static str, #[case] want: FailureKind) {
    let server = Server::files(&[("repodata/repomd.xml", text.as_bytes())]);
    let dir = tempfile::tempdir().expect("temporary directory");
    assert_eq!(kind(sync_one(&repo("r", &[&server.url("")]), &settings(dir.path())).0), want);
    assert!(tree(dir.path()).is_empty(), "nothing may be left behind");
}

#[test]
fn repositories_are_fetched_at_the_same_time() {
    let fixture = Fixture::new(&["primary"], "one");
    let server = Server::start(move |request| {
        let location = request.path.split_at(2).1;
        match fixture.get(location.trim_start_matches('/')) {
            Some(bytes) => Reply::Slow(bytes.to_vec(), 1, Duration::from_millis(60)),
            None => Reply::Status(404),
        }
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut repos: Vec<RepoConfig> = (0..4).map(|n| repo(&format!("r{n}"), &[&server.url(&format!("{n}/"))])).collect();
    repos.push(repo("gone", &[&refused()]));
    for repo in &mut repos {
        repo.options.max_downloads_per_mirror = 8;
    }
    let log = Log::default();
    let results = fetcher(&log).sync(&repos, &settings(dir.path()));
    let ids: Vec<_> = results.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["r0", "r1", "r2", "r3", "gone"]);
    let ok: Vec<_> = results.iter().map(|(_, result)| result.is_ok()).collect();
    assert_eq!(ok, [true, true, true, true, false]);
    assert!(server.most_parallel() >= 3, "{}", server.most_parallel());
}

#[test]
fn offline_modes() {
    let fixture = Fixture::new(&["primary"], "one");
    let server = Server::start(move |request| fixture.reply(request));
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let online = settings(dir.path());
    let offline = |cacheonly| CacheSettings { cacheonly, refresh: true, ..online.clone() };
    assert_eq!(kind(sync_one(&repo, &offline(CacheOnly::All)).0), FailureKind::NotCached);
    assert_eq!(kind(sync_one(&repo, &offline(CacheOnly::Metadata)).0), FailureKind::NotCached);
    sync_one(&repo, &online).0.expect("fetched");
    let asked = server.paths().len();
    sync_one(&repo, &offline(CacheOnly::All)).0.expect("cached");
    sync_one(&repo, &offline(CacheOnly::Metadata)).0.expect("cached");
    assert_eq!(server.paths().len(), asked);
}

#[test]
fn a_user_starts_from_the_systems_cache() {
    let fixture = Fixture::new(&["primary"], "one");
    let server = Server::start(move |request| fixture.reply(request));
    let (system, user) = (tempfile::tempdir().expect("directory"), tempfile::tempdir().expect("directory"));
    let repo = repo("r", &[&server.url("")]);
    sync_one(&repo, &settings(system.path())).0.expect("fetched");
    let asked = server.paths().len();
    let mine = CacheSettings { system_cachedir: system.path().to_owned(), ..settings(user.path()) };
    let metadata = sync_one(&repo, &mine).0.expect("copied");
    assert_eq!(server.paths().len(), asked);
    assert!(metadata.dir().starts_with(user.path()));
}

#[test]
fn two_at_once_do_not_hurt_each_other() {
    let fixture = Fixture::new(&["primary", "updateinfo"], "one");
    let server = Server::start(move |request| match fixture.reply(request) {
        Reply::File(bytes) => Reply::Slow(bytes, 1, Duration::from_millis(20)),
        other => other,
    });
    let dir = tempfile::tempdir().expect("temporary directory");
    let repo = repo("r", &[&server.url("")]);
    let settings = settings(dir.path());
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| sync_one(&repo, &settings).0.is_ok())).collect();
        assert!(runs.into_iter().all(|run| run.join().expect("no panics")));
    });
    assert_eq!(server.paths().len(), 3, "the others waited and found it done");
    assert_eq!(tree(dir.path()).len(), 3);
}

#[test]
fn local_repositories() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let source = dir.path().join("source");
    Fixture::new(&["primary"], "one").write_to(&source);
    let cache = dir.path().join("cache");
    let repo = repo("r", &[&format!("file://{}", source.display())]);
    sync_one(&repo, &settings(&cache)).0.expect("copied");
    std::fs::remove_file(source.join("repodata/repomd.xml")).expect("own file");
    let refresh = CacheSettings { refresh: true, ..settings(&cache) };
    assert_eq!(kind(sync_one(&repo, &refresh).0), FailureKind::NotFound);
}
