//! `countme`: when a repository is told that there is one more machine, and how old it is.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use oxidnf_testkit::http::Server;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

const WEEK: u64 = 604_800;
const ROOT: &str = "/srv/t/root";

/// What was requested with a query, and what the file then says; a budget that is drawn is masked.
fn counted(world: &World, server: &Server, side: Side, args: &str) -> (Vec<String>, String) {
    server.forget();
    let output = world.run(side, &format!("{args} --setopt=persistdir={ROOT}/var/lib/dnf"));
    assert!(output.status.success(), "{output:?}");
    let requests = server.seen().iter().map(|seen| format!("{}?{}", seen.path, seen.query)).collect();
    (requests, cookie(world, side))
}

fn cookie(world: &World, side: Side) -> String {
    let dirs = fs::read_dir(world.root(side).join("var/lib/dnf/repos")).into_iter().flatten().flatten();
    let files: Vec<String> = dirs.filter_map(|dir| fs::read_to_string(dir.path().join("countme")).ok()).collect();
    files.concat()
}

fn put(world: &World, cookie: &str) {
    // The directory is called like that of the cache, which both programs have made by now.
    for side in [Side::Real, Side::Ours] {
        let cache = world.root(side).join("var/cache/libdnf5");
        let entries = fs::read_dir(cache).expect("there is a cache").flatten();
        let dir = entries.map(|entry| entry.path()).find(|path| path.is_dir()).expect("there is a repository");
        let name = dir.file_name().expect("directories have names");
        let dir = world.root(side).join("var/lib/dnf/repos").join(name);
        fs::create_dir_all(&dir).expect("the root is writable");
        fs::write(dir.join("countme"), cookie).expect("the root is writable");
    }
}

#[test]
fn requests_and_cookies() {
    let world = World::new().repo("base", [rpm("foo")]);
    let server = Server::start(&world.repos_dir());
    fs::write(world.repos_dir().join("list"), format!("{}/base\n", server.url())).expect("writable");
    let conf = |countme: u8| {
        let text = format!("[base]\nname=base\nmirrorlist={}/list\ngpgcheck=0\ncountme={countme}\n", server.url());
        world.write("/etc/yum.repos.d/base.repo", &text);
    };
    let same = |args: &str, what: &str| {
        let [real, ours] = [Side::Real, Side::Ours].map(|side| counted(&world, &server, side, args));
        assert_eq!(real, ours, "{what}");
        real
    };
    conf(0);
    let (requests, file) = same("makecache", "countme=0");
    assert!(requests.contains(&"/list?".to_owned()) && file.is_empty(), "{requests:?} {file}");
    conf(1);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let grid = |time: u64| time - (time + WEEK - 345_600) % WEEK;
    let (this, long_ago) = (grid(now), grid(now - 60 * WEEK));
    let mut flags = Vec::new();
    for (cookie, what) in [
        (format!("0 0 {this} -1"), "counted this week"),
        (format!("0 0 {} 1", this - WEEK), "the last of the budget"),
        (format!("0 0 {} 3", this - WEEK), "one of the budget"),
        (format!("0 {long_ago} {} 1", this - 5 * WEEK), "an old machine"),
        (format!("0 {} {} 1", this - 3 * WEEK, this - WEEK), "a machine of some weeks"),
        (format!("0 {} {} 1", this - 10 * WEEK, this - WEEK), "a machine of some months"),
        (format!("1 0 {} 1", this - WEEK), "another version"),
        (format!("0 {this} {} 1", this - 2 * WEEK), "a machine from the future"),
        (format!("0 0 {} 1", this + WEEK), "counted in the future"),
    ] {
        // Metadata that is fetched anew, and metadata that turns out to be current.
        for clean in ["clean metadata", "clean expire-cache"] {
            world.both(clean).exits(0);
            put(&world, &cookie);
            let (requests, _) = same("makecache", &format!("{what}, {clean}"));
            assert!(requests.iter().any(|request| request.starts_with("/list")), "{requests:?}");
            flags.extend(requests.into_iter().filter(|request| request.contains("countme")));
        }
    }
    for flag in ["countme=1", "countme=2", "countme=3", "countme=4"] {
        assert!(flags.iter().any(|request| request.ends_with(flag)), "no {flag} in {flags:?}");
    }
}
