//! How fast, how many at a time, and how long a server may keep one waiting.

use std::time::{Duration, Instant};

use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, World, rpm};
use rstest::rstest;

/// A text that no compressor makes short.
fn noise(length: usize) -> String {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Nothing that means something in a spec file.
        char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\n\n"[(state % 64) as usize])
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// A repository with a big package, and how big it is.
fn big() -> (World, Server, u64) {
    let world = World::new().repo("base", [rpm("foo").file("/usr/share/foo", &noise(400_000))]);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\n");
    let files = std::fs::read_dir(world.repo_dir("base")).expect("readable").flatten();
    let sizes = files.filter(|file| file.file_name().to_string_lossy().starts_with("foo"));
    let size = sizes.map(|file| file.metadata().expect("readable").len()).sum();
    (world, server, size)
}

fn took(world: &World, side: Side, args: &str) -> Duration {
    let started = Instant::now();
    let output = world.run(side, args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    started.elapsed()
}

/// Each way of writing a rate of 100,000 bytes a second.
#[rstest]
#[case::bytes("throttle=100000\n")]
#[case::thousands("throttle=97.65625k\n")]
#[case::millions("throttle=0.095367431640625M\n")]
#[case::part_of_the_bandwidth("bandwidth=200000\nthrottle=50%\n")]
#[case::part_as_a_number("bandwidth=100000\nthrottle=1\n")]
fn throttle(#[case] conf: &str) {
    let (world, server, size) = big();
    world.both("makecache").exits(0);
    let due = Duration::from_secs_f64(size as f64 / 100_000.0);
    assert!(due > Duration::from_secs(3), "{due:?}");
    world.repo_at("base", &format!("{}/base", server.url()), &format!("gpgcheck=0\n{conf}"));
    for side in [Side::Real, Side::Ours] {
        let took = took(&world, side, "-C --setopt=cacheonly=metadata install -y --downloadonly foo");
        assert!(took > due.mul_f64(0.7), "{side:?} {took:?} instead of {due:?}");
        assert!(took < due.mul_f64(2.5), "{side:?} {took:?} instead of {due:?}");
    }
}

#[test]
fn bandwidth_alone_holds_nothing_back() {
    let (world, server, size) = big();
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\nbandwidth=10000\n");
    for side in [Side::Real, Side::Ours] {
        let took = took(&world, side, "install -y --downloadonly foo");
        assert!(took.as_secs_f64() < size as f64 / 20_000.0, "{side:?} {took:?}");
    }
}

/// Packages of which each takes its time, so that as many are under way as may be.
fn many() -> (World, Server) {
    let packages = ["a", "b", "c", "d", "e", "f"].map(|name| rpm(name).file(&format!("/usr/share/{name}"), name));
    let world = World::new().repo("base", packages);
    let server = Server::start(&world.repos_dir());
    server.fault(".rpm", Fault::Delay(Duration::from_millis(1500)));
    (world, server)
}

#[rstest]
#[case::usual("", "", 3)]
#[case::one("--setopt=max_parallel_downloads=1", "", 1)]
#[case::two("--setopt=max_parallel_downloads=2", "", 2)]
#[case::as_many_as_there_are("--setopt=max_parallel_downloads=20 --setopt=max_downloads_per_mirror=20", "", 6)]
#[case::two_of_a_mirror("--setopt=max_parallel_downloads=20 --setopt=max_downloads_per_mirror=2", "", 2)]
#[case::the_usual_of_a_mirror("--setopt=max_parallel_downloads=20", "", 3)]
#[case::of_the_repository("--setopt=max_parallel_downloads=20", "max_downloads_per_mirror=1\n", 1)]
fn downloads_at_a_time(#[case] options: &str, #[case] conf: &str, #[case] most: usize) {
    let (world, server) = many();
    world.repo_at("base", &format!("{}/base", server.url()), &format!("gpgcheck=0\n{conf}"));
    let found = [Side::Real, Side::Ours].map(|side| {
        took(&world, side, "makecache");
        server.forget();
        took(&world, side, &format!("{options} install -y --downloadonly a b c d e f"));
        server.most_at_a_time()
    });
    assert_eq!(found[0], found[1], "{options} {conf}");
    assert_eq!(found[1], most, "{options} {conf}");
}

#[test]
fn each_mirror_counts_by_itself() {
    let (world, one) = many();
    let two = Server::start(&world.repos_dir());
    two.fault(".rpm", Fault::Delay(Duration::from_millis(1500)));
    world.repo_at("base", &format!("{}/base,{}/base", one.url(), two.url()), "gpgcheck=0\n");
    for side in [Side::Real, Side::Ours] {
        took(&world, side, "makecache");
        one.forget();
        two.forget();
        let options = "--setopt=max_parallel_downloads=20 --setopt=max_downloads_per_mirror=1";
        took(&world, side, &format!("{options} install -y --downloadonly a b c d e f"));
        assert_eq!((one.most_at_a_time(), two.most_at_a_time()), (1, 1), "{side:?}");
    }
}

/// A mirror that does too little is left for the next one, and what it was is told in curl's words.
#[rstest]
#[case::too_slow(Fault::Slow(2000), "minrate=20000\ntimeout=2\n")]
#[case::hanging(Fault::HangAfter(0), "timeout=2\n")]
#[case::hanging_in_the_middle(Fault::HangAfter(3000), "timeout=2\n")]
fn slow_mirrors_are_dropped(#[case] fault: Fault, #[case] conf: &str) {
    let (world, slow, size) = big();
    let good = Server::start(&world.repos_dir());
    let conf = format!("gpgcheck=0\n{conf}");
    world.repo_at("base", &format!("{}/base,{}/base", slow.url(), good.url()), &conf);
    slow.fault(".rpm", fault);
    let world = world.ignoring(Axis::Stderr, "how much came before is a matter of buffers");
    for side in [Side::Real, Side::Ours] {
        slow.forget();
        good.forget();
        let started = Instant::now();
        let output = world.run(side, "install -y --downloadonly foo");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(said.contains("Curl error (28): Timeout was reached"), "{side:?} {said}");
        assert!(said.contains("Operation too slow. Less than"), "{side:?} {said}");
        assert!(started.elapsed() < Duration::from_secs(12), "{side:?} {:?}", started.elapsed());
        let asked = |server: &Server| server.requests().iter().filter(|path| path.contains("/foo-")).count();
        assert_eq!((asked(&slow), asked(&good)), (1, 1), "{side:?}");
    }
    assert!(size > 20_000);
}

/// The same speed is enough where less is asked for.
#[test]
fn slow_enough_is_fast_enough() {
    let (world, server, size) = big();
    world.repo_at("base", &format!("{}/base", server.url()), "gpgcheck=0\nminrate=20000\ntimeout=2\n");
    server.fault(".rpm", Fault::Slow(size / 4));
    for side in [Side::Real, Side::Ours] {
        assert!(took(&world, side, "install -y --downloadonly foo") > Duration::from_secs(3));
    }
}

/// A name has addresses of both families, and nobody listens at one of them.
#[rstest]
#[case("http://127.0.0.1:PORT/base", "whatever", 0)]
#[case("http://127.0.0.1:PORT/base", "ipv4", 0)]
// Whoever names an address means it.
#[case("http://127.0.0.1:PORT/base", "ipv6", 0)]
#[case("http://localhost:PORT/base", "whatever", 0)]
#[case("http://localhost:PORT/base", "ipv4", 0)]
#[case("http://localhost:PORT/base", "4", 0)]
#[case("http://localhost:PORT/base", "ipv6", 1)]
#[case("http://localhost:PORT/base", "6", 1)]
#[case("http://[::1]:PORT/base", "ipv4", 1)]
fn families_of_addresses(#[case] url: &str, #[case] resolve: &str, #[case] status: i32) {
    let world = World::new().repo("base", [rpm("foo")]);
    let server = Server::start(&world.repos_dir());
    let port = server.url().rsplit(':').next().expect("a port").to_owned();
    world.repo_at("base", &url.replace("PORT", &port), &format!("gpgcheck=0\nip_resolve={resolve}\n"));
    world.both("makecache").exits(status);
}
