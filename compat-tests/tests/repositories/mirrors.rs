//! Lists of mirrors: in which order, and what servers see.

use std::fs;

use oxidnf_testkit::http::Server;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{World, rpm};

#[test]
fn fastest_mirrors_first() {
    let world = World::new().repo("base", [rpm("foo")]);
    let server = Server::start(&world.repos_dir());
    // Nobody listens at the first two.
    let list = format!("http://127.0.0.1:1/a\nhttp://localhost:2/b\n{}/base\n", server.url());
    fs::write(world.repos_dir().join("list"), list).expect("writable");
    let conf = |fastest: u8| {
        format!("[base]\nname=base\nmirrorlist={}/list\ngpgcheck=0\nfastestmirror={fastest}\n", server.url())
    };
    world.write("/etc/yum.repos.d/base.repo", &conf(0));
    tried(&world, 1);
    world.both("clean metadata").exits(0);
    world.write("/etc/yum.repos.d/base.repo", &conf(1));
    world.both("makecache").exits(0);
    // Hosts and what is known of them; how long and when cannot be the same.
    let known = [Side::Real, Side::Ours].map(|side| {
        let file = world.root(side).join("var/cache/libdnf5/fastestmirror.cache");
        let text = fs::read_to_string(file).expect("the times are kept");
        let mut lines: Vec<String> = text
            .split("\n\n")
            .map(|host| {
                let dead = if host.contains("connectime=-1") { "dead" } else { "alive" };
                format!("{} {dead}", host.lines().next().unwrap_or_default())
            })
            .collect();
        lines.sort();
        lines
    });
    assert_eq!(known[0], known[1]);
    // Each goes on with the times that the other measured.
    world.both("install -y --downloadonly foo").exits(0);
    world.both("clean metadata").exits(0);
    world.real_in_both("makecache").exits(0);
    world.both("clean metadata").exits(0);
    world.ours_in_both("makecache").exits(0);
}

/// Both try the dead mirror for the index; dnf5 also for every file behind it, oxidnf goes on where the index was.
fn tried(world: &World, dead: usize) {
    for side in [Side::Real, Side::Ours] {
        let output = world.run(side, "makecache");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(said.matches("Curl error (7)").count() >= dead, "{said}");
    }
}

#[test]
fn base_locations_are_not_sorted() {
    let world = World::new().repo("base", [rpm("foo")]);
    let server = Server::start(&world.repos_dir());
    let places = format!("http://127.0.0.1:1/a,{}/base", server.url());
    world.repo_at("base", &places, "gpgcheck=0\nfastestmirror=1\n");
    tried(&world, 1);
}

/// What servers are told: the name of the program, and who asks.
#[test]
fn what_servers_see() {
    for conf in [
        "",
        "user_agent=me/1.0\n",
        "username=u\npassword=p\n",
        "username=u\n",
        "username=ü ser\npassword=p:a ss\n",
        "password=p\n",
    ] {
        let world = World::new().repo("base", [rpm("foo")]);
        let server = Server::start(&world.repos_dir());
        world.repo_at("base", &format!("{}/base", server.url()), &format!("gpgcheck=0\n{conf}"));
        same_requests(&world, &server, "install -y --downloadonly foo", conf);
    }
}

#[test]
fn proxies_see_the_same() {
    let world = World::new().repo("base", [rpm("foo")]);
    let server = Server::start(&world.repos_dir());
    // The server takes whole URLs for their paths, so it can be a proxy for a host that is not there.
    for conf in [
        "",
        // Nothing is told before the proxy asks for it.
        "proxy_username=u\nproxy_password=p\n",
        "proxy_username=u\nproxy_password=p\nproxy_auth_method=basic\n",
        "proxy_username=u\nproxy_password=p\nproxy_auth_method=none\n",
        "username=a\npassword=b\n",
    ] {
        let conf = format!("gpgcheck=0\nproxy={}\n{conf}", server.url());
        world.repo_at("base", "http://nowhere.example.org/base", &conf);
        world.both("clean all").exits(0);
        same_requests(&world, &server, "makecache", &conf);
    }
}

fn same_requests(world: &World, server: &Server, args: &str, what: &str) {
    let [real, ours] = [Side::Real, Side::Ours].map(|side| {
        server.forget();
        let output = world.run(side, args);
        let requests: Vec<String> = server
            .seen()
            .into_iter()
            .map(|seen| {
                format!("{}?{} {} {:?} {:?}", seen.path, seen.query, seen.user_agent, seen.start, seen.authorization)
            })
            .collect();
        (output.status.code(), requests)
    });
    assert!(!real.1.is_empty(), "{what}");
    assert_eq!(real, ours, "{what}");
}
