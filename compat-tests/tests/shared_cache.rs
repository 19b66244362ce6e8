//! One cache for many processes and both programs, and downloads that are interrupted.

use std::fs;

use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, Rpm, World, rpm};
use rstest::rstest;

fn served() -> (World, Server) {
    let packages: [Rpm; 2] =
        ["foo", "bar"].map(|name| rpm(name).file(&format!("/usr/share/{name}"), &name.repeat(20_000)));
    let world = World::new().repo_conf("base", packages, "gpgcheck=0\n");
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\n");
    (world, server)
}

#[test]
fn two_hundred_starts_on_an_empty_cache() {
    let (world, server) = served();
    let failed = world.run_crowd(Side::Ours, "makecache", 200);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let fetched = |part: &str| server.requests().iter().filter(|path| path.contains(part)).count();
    assert_eq!(fetched("primary"), 1, "who finds another at work waits for its result");
    // Nothing is lost and nothing is left over: dnf5 goes on with what is there, without the network.
    assert_eq!(world.run(Side::Real, "makecache").status.code(), Some(0));
    server.forget();
    world.real_in_both("-C repoquery --queryformat='%{name}\\n'").exits(0).says("foo");
    world.ours_in_both("-C repoquery --queryformat='%{name}\\n'").exits(0).says("bar");
    assert!(server.requests().is_empty());
    let cache = world.root(Side::Ours).join("var/cache/libdnf5");
    let repo = fs::read_dir(cache).expect("there is a cache").flatten().find(|entry| entry.path().is_dir());
    let repo = repo.expect("there is a repository").path();
    let names: Vec<_> = fs::read_dir(repo).expect("readable").flatten().map(|entry| entry.file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().starts_with("tmpdir")), "{names:?}");
}

/// dnf5 and oxidnf at once on one empty cache, on an old one, and on one whose repository changes.
#[test]
fn two_programs_at_once() {
    let (world, server) = served();
    let query = "repoquery --queryformat=%{name}\\n foo";
    let all_end_well = |args: &str, what: &str| {
        let failed = world.run_mixed_crowd(args, 12);
        assert!(failed.is_empty(), "{what}: {}", failed.join("\n"));
        // Without the network both see the same, whole cache.
        server.forget();
        for run in [world.run(Side::Ours, &format!("-C {query}")), world.run_real_on_ours(&format!("-C {query}"))] {
            assert_eq!(
                String::from_utf8_lossy(&run.stdout),
                "foo\n",
                "{what}: {}",
                String::from_utf8_lossy(&run.stderr)
            );
        }
        assert!(server.requests().is_empty());
    };
    all_end_well("makecache", "an empty cache");
    assert!(world.run(Side::Ours, "clean expire-cache").status.success());
    all_end_well(query, "an old cache");
    assert!(world.run(Side::Ours, "clean metadata").status.success());
    // Several dnf5 at once take each other's list of files to be deleted away; nothing is to be deleted here.
    all_end_well("install -y --downloadonly foo --setopt=keepcache=1", "no metadata");
    let cache = world.root(Side::Ours).join("var/cache/libdnf5");
    let repo = fs::read_dir(cache).expect("there is a cache").flatten().find(|entry| entry.path().is_dir());
    let repo = repo.expect("there is a repository").path();
    let package = fs::read(repo.join("packages/foo-1-1.noarch.rpm")).expect("it was fetched");
    assert_eq!(package, fs::read(world.repo_dir("base").join("foo-1-1.noarch.rpm")).expect("it is there"));
    let names: Vec<_> = fs::read_dir(repo).expect("readable").flatten().map(|entry| entry.file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().starts_with("tmpdir")), "{names:?}");
}

#[test]
fn what_one_fetched_the_other_uses() {
    let (world, server) = served();
    world.both("install -y --downloadonly foo").exits(0);
    server.forget();
    world.real_in_both("install -y --downloadonly foo").exits(0).says("Already downloaded");
    world.ours_in_both("install -y foo").exits(0).says("Already downloaded");
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

#[test]
fn interrupted_downloads() {
    let (world, server) = served();
    world.both("makecache").exits(0);
    server.fault("foo-1-1", Fault::HangAfter(1000));
    let runs = [Side::Real, Side::Ours].map(|side| world.run_interrupted(side, "install -y foo", 8));
    let report = world.differences(&runs[0], &runs[1]);
    assert!(report.is_empty(), "{}", report.concat());
    let said = String::from_utf8_lossy(&runs[1].stderr).into_owned();
    assert_eq!(runs[1].status.code(), Some(1), "{said}");
    assert!(said.contains("Librepo error: Interrupted by a SIGINT signal"), "{said}");
    server.heal();
    server.forget();
    let world = world.ignoring(Axis::Stderr, "dnf5 begins anew and shows more");
    world.both("install -y foo").exits(0);
    // dnf5 begins again, oxidnf goes on.
    let starts: Vec<_> = server.seen().into_iter().filter(|seen| seen.path.contains("foo")).map(|s| s.start).collect();
    assert_eq!(starts, [None, Some(1000)]);
}

#[rstest]
#[case::asked_to_end("INT")]
#[case::killed("KILL")]
fn interrupted_metadata(#[case] signal: &str) {
    let (world, server) = served();
    server.fault("primary", Fault::HangAfter(100));
    for side in [Side::Real, Side::Ours] {
        let run = world.run_signalled(side, "makecache", signal, 8);
        assert!(!run.status.success(), "{side:?} {}", String::from_utf8_lossy(&run.stderr));
    }
    server.heal();
    server.forget();
    let world = world.ignoring(Axis::Tree, "a killed dnf5 leaves its directory behind");
    world.both("makecache").exits(0);
    // dnf5 begins again, oxidnf goes on.
    let starts: Vec<_> =
        server.seen().into_iter().filter(|seen| seen.path.contains("primary")).map(|seen| seen.start).collect();
    assert_eq!(starts, [None, Some(100)]);
    let cache = world.root(Side::Ours).join("var/cache/libdnf5");
    let repo = fs::read_dir(cache).expect("there is a cache").flatten().find(|entry| entry.path().is_dir());
    assert!(!repo.expect("there is a repository").path().join("tmpdir.partial").exists());
    world.both("-C repoquery --queryformat='%{name}\\n'").exits(0).says("foo");
}

/// What is there of another file is found out by its checksum, and everything is fetched again.
#[test]
fn interrupted_metadata_that_is_another_file_by_now() {
    let (world, server) = served();
    server.fault("primary", Fault::HangAfter(100));
    assert!(!world.run_signalled(Side::Ours, "makecache", "KILL", 8).status.success());
    let cache = world.root(Side::Ours).join("var/cache/libdnf5");
    let repo = fs::read_dir(cache).expect("there is a cache").flatten().find(|entry| entry.path().is_dir());
    let partial = repo.expect("there is a repository").path().join("tmpdir.partial");
    let file = fs::read_dir(partial).expect("it is kept").flatten().next().expect("one file").path();
    assert_eq!(fs::metadata(&file).expect("readable").len(), 100);
    fs::write(&file, [b'x'; 100]).expect("writable");
    server.heal();
    server.forget();
    let run = world.run(Side::Ours, "makecache");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let starts: Vec<_> =
        server.seen().into_iter().filter(|seen| seen.path.contains("primary")).map(|seen| seen.start).collect();
    assert_eq!(starts, [Some(100), None]);
}

#[test]
fn dnf5_goes_on_where_oxidnf_was_interrupted() {
    let (world, server) = served();
    let world = world.ignoring(Axis::Stderr, "dnf5 shows only what was still to come");
    world.both("makecache").exits(0);
    server.fault("foo-1-1", Fault::HangAfter(1000));
    assert_eq!(world.run_interrupted(Side::Ours, "install -y foo", 8).status.code(), Some(1));
    server.heal();
    server.forget();
    world.real_in_both("install -y foo").exits(0);
    let mut starts: Vec<_> =
        server.seen().into_iter().filter(|seen| seen.path.contains("foo")).map(|s| s.start).collect();
    starts.sort();
    assert_eq!(starts, [None, Some(1000)]);
}

/// Who has to wait for the system says for whom, whichever of the two programs that is.
#[test]
fn each_waits_for_the_other() {
    let (world, server) = served();
    world.both("makecache").exits(0);
    server.fault("foo-1-1", Fault::HangAfter(1000));
    let waiting = |side: Side, holder: &str| {
        let root = format!("--installroot={}", oxidnf_testkit::world::ROOT);
        let argv = ["timeout", "--signal=INT", "9", holder, &root, "install", "-y", "foo"];
        let before = server.requests().len();
        let mut held = world.start(side, &argv);
        let started = std::time::Instant::now();
        while server.requests().len() == before {
            assert!(started.elapsed().as_secs() < 8, "{holder} does not come to the download");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let waiter = world.run_signalled(side, "install -y bar", "KILL", 3);
        held.wait().expect("it was started");
        let said = String::from_utf8_lossy(&waiter.stderr).into_owned();
        // `PID<TAB>command line`
        let masked = |line: &str| {
            line.split_once('\t').map_or_else(
                || line.to_owned(),
                |(pid, _)| {
                    assert!(pid.parse::<u32>().is_ok(), "{said}");
                    "PID COMMAND".to_owned()
                },
            )
        };
        said.lines().map(masked).collect::<Vec<_>>()
    };
    let (real, ours) = (waiting(Side::Real, "/srv/bin/dnf5"), waiting(Side::Ours, "/usr/bin/dnf5"));
    assert!(real.iter().any(|line| line.contains("Waiting for a lock on the system repository")), "{real:?}");
    assert!(real.contains(&"PID COMMAND".to_owned()), "{real:?}");
    assert_eq!(real, ours);
}

/// A user's cache begins with what the system's has, and the system's is left alone.
#[test]
fn caches_of_users() {
    let (world, server) = served();
    world.both("makecache").exits(0);
    let seen = [Side::Real, Side::Ours].map(|side| {
        server.forget();
        let run = world.run_apart(
            side,
            "mkdir -m 777 /tmp/home /tmp/cache; chmod -R a+rX /srv/t; \
             as_user() { HOME=/tmp/home XDG_CACHE_HOME=$1 setpriv --reuid=65534 --regid=65534 --clear-groups $DNF $2 2>&1; }; \
             as_user /tmp/cache 'repoquery --queryformat=%{name}\\n foo'; echo \"rc $?\"; \
             as_user /tmp/cache '-C repoquery --queryformat=%{name}\\n bar'; echo \"rc $?\"; \
             as_user '' 'repoquery --queryformat=%{name}\\n bar'; echo \"rc $?\"; \
             as_user /tmp/cache 'install -y foo'; echo \"rc $?\"; \
             find /tmp /srv/t/root -name repomd.xml -o -name '*primary.xml*' | sed 's/base-[0-9a-f]*/base/' | sort",
        );
        (String::from_utf8_lossy(&run.stdout).into_owned(), server.requests())
    });
    assert_eq!(seen[0], seen[1]);
    assert!(
        seen[1].0.contains("foo\nrc 0\n") && seen[1].0.matches("/base/repodata/repomd.xml").count() > 1,
        "{}",
        seen[1].0
    );
}
