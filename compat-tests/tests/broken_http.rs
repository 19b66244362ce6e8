//! Repositories that are broken on the way: the same words, the same exit code and the same root as with dnf5.

use std::fs;
use std::time::Duration;

use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::tls::Identity;
use oxidnf_testkit::{Axis, Rpm, World, rpm};
use rstest::rstest;

const OPEN: &str = "gpgcheck=0\n";

fn packages() -> [Rpm; 3] {
    ["foo", "bar", "baz"].map(|name| rpm(name).file(&format!("/usr/share/{name}"), &name.repeat(20_000)))
}

fn served(conf: &str) -> (World, Server) {
    let world = World::new().repo_conf("base", packages(), conf);
    let server = Server::start(&world.repos_dir());
    world.repo_at("base", &format!("{}/base", server.url()), conf);
    (world, server)
}

#[rstest]
#[case::not_found(Fault::Status(404))]
#[case::forbidden(Fault::Status(403))]
#[case::unauthorized(Fault::Status(401))]
#[case::broken_server(Fault::Status(500))]
#[case::busy_server(Fault::Status(503))]
#[case::hangs_up(Fault::Hangup)]
#[case::resets(Fault::Reset)]
#[case::redirects_for_ever(Fault::RedirectLoop)]
#[case::hangs(Fault::HangAfter(0))]
#[case::hangs_in_the_middle(Fault::HangAfter(100))]
fn index(#[case] fault: Fault) {
    let (world, server) = served("gpgcheck=0\ntimeout=1\n");
    server.fault("repomd.xml", fault);
    world.both("makecache").exits(1).says("Usable URL not found");
    server.heal();
    world.both("makecache").exits(0);
}

#[rstest]
#[case::refused("http://127.0.0.1:9/base")]
#[case::unknown_host("http://no.such.invalid/base")]
#[case::scheme("foo://127.0.0.1/base")]
#[case::no_directory("file:///srv/repos/nothing")]
fn places_that_are_none(#[case] url: &str) {
    let world = World::new().repo("base", packages());
    world.repo_at("base", url, OPEN);
    world.both("makecache").exits(1).says("Usable URL not found");
    world.repo_at("base", url, "skip_if_unavailable=1\n");
    world.both("makecache").exits(0);
}

#[test]
fn no_place_at_all() {
    let world = World::new().ignoring(Axis::Tree, "dnf5 makes the cache directory before it looks");
    world.write("/etc/yum.repos.d/base.repo", "[base]\nname=base\nenabled=1\n");
    world.both("makecache").exits(1);
}

#[rstest]
#[case::corrupt(Fault::Corrupt)]
#[case::half(Fault::Half)]
fn packages_file(#[case] fault: Fault) {
    let (world, server) = served(OPEN);
    server.fault("primary", fault);
    world.both("makecache").exits(1).says("checksum doesn't match");
    server.heal();
    world.both("makecache").exits(0);
}

#[rstest]
// dnf5 puts it together from what is left of earlier tries, or does not, as its callbacks happen to run.
#[case::gone(Fault::Status(404))]
#[case::cut(Fault::CloseAfter(100))]
fn packages_file_without_words(#[case] fault: Fault) {
    let (world, server) = served(OPEN);
    let world = world.ignoring(Axis::Stderr, "dnf5 is not the same from run to run");
    server.fault("primary", fault);
    world.both("makecache").exits(1);
    server.heal();
    world.both("makecache").exits(0);
}

#[rstest]
#[case::gone(Fault::Status(404), 1)]
#[case::corrupt(Fault::Corrupt, 1)]
#[case::other_length(Fault::Half, 1)]
#[case::busy_once(Fault::StatusTimes(503, 1), 0)]
#[case::busy_thrice(Fault::StatusTimes(503, 3), 0)]
#[case::slow(Fault::Slow(100_000), 0)]
#[case::without_ranges(Fault::NoRanges, 0)]
fn package(#[case] fault: Fault, #[case] status: i32) {
    let (world, server) = served(OPEN);
    // Each of the two has to meet the fault.
    let runs = [oxidnf_testkit::world::Side::Real, oxidnf_testkit::world::Side::Ours].map(|side| {
        server.fault("foo-1-1", fault.clone());
        world.run(side, "install -y foo")
    });
    let report = world.differences(&runs[0], &runs[1]);
    assert!(report.is_empty(), "{}", report.concat());
    assert_eq!(runs[1].status.code(), Some(status), "{}", String::from_utf8_lossy(&runs[1].stderr));
    server.heal();
    world.both("install -y foo").exits(0);
}

#[test]
fn one_package_ends_the_others() {
    let (world, server) = served(OPEN);
    server.fault("foo-1-1", Fault::Status(404));
    // What the others had achieved by then is a matter of luck.
    server.fault("bar-1", Fault::Delay(Duration::from_secs(3)));
    server.fault("baz-1", Fault::Delay(Duration::from_secs(3)));
    world
        .both("install -y foo bar baz")
        .exits(1)
        .says("Not finished - interrupted by error: Cannot download foo-1-1.noarch.rpm: All mirrors were tried");
    server.heal();
    world.both("install -y foo bar baz").exits(0);
}

#[test]
fn cut_packages_go_on() {
    let (world, server) = served(OPEN);
    let world = world.ignoring(Axis::Stderr, "oxidnf continues each time, librepo once");
    server.fault("foo-1-1", Fault::CloseAfter(1000));
    world.both("install -y foo").exits(1);
    server.heal();
    server.forget();
    world.both("install -y foo").exits(0);
    let starts: Vec<_> =
        server.seen().into_iter().filter(|seen| seen.path.contains("foo-1")).map(|s| s.start).collect();
    // dnf5 starts again; oxidnf had four times a thousand bytes.
    assert_eq!(starts, [None, Some(4000)]);
}

#[test]
fn redirected_packages() {
    let (world, server) = served(OPEN);
    let other = Server::start(&world.repos_dir());
    server.fault("foo-1-1", Fault::Redirect(other.url()));
    world.both("install -y foo").exits(0);
    assert_eq!(other.requests().len(), 2);
}

#[test]
fn mirrors_stand_in_for_each_other() {
    let world = World::new().repo("base", packages());
    let (good, bad) = (Server::start(&world.repos_dir()), Server::start(&world.repos_dir()));
    bad.fault("foo-1-1", Fault::Status(404));
    bad.fault("bar-1-1", Fault::Corrupt);
    let urls = format!("{}/base {}/base", bad.url(), good.url());
    world.repo_at("base", &urls, OPEN);
    world.both("install -y foo bar baz").exits(0);
}

#[test]
fn certificates() {
    let world = World::new().repo("base", packages());
    let (right, wrong) = (Identity::new("right"), Identity::new("wrong"));
    let server = Server::start_tls(&world.repos_dir(), &right);
    world.write("/etc/right.pem", &right.certificate_pem());
    world.write("/etc/wrong.pem", &wrong.certificate_pem());
    let url = format!("{}/base", server.url());
    let conf = |more: &str| world.repo_at("base", &url, &format!("gpgcheck=0\n{more}\n"));
    conf("sslcacert=/srv/t/root/etc/wrong.pem");
    world.both("makecache").exits(1).says("Curl error (60)");
    conf("sslcacert=/srv/t/root/etc/nothing.pem");
    world.both("makecache").exits(1).says("An Curl handle error");
    conf("sslcacert=/srv/t/root/etc/right.pem");
    world.both("makecache").exits(0);
    world.both("clean all").exits(0);
    conf("sslverify=0");
    world.both("makecache").exits(0);
}

#[test]
fn client_certificates() {
    let world = World::new().repo("base", packages());
    let (server, client) = (Identity::new("server"), Identity::new("client"));
    let server = Server::start_tls(&world.repos_dir(), &server.asking_for(&client));
    world.write("/etc/client.pem", &client.certificate_pem());
    world.write("/etc/client.key", &client.key_pem());
    let url = format!("{}/base", server.url());
    world.repo_at("base", &url, "gpgcheck=0\nsslverify=0\n");
    let world = world.ignoring(Axis::Stderr, "a refused certificate shows in GnuTLS at another step than in OpenSSL");
    world.both("makecache").exits(1);
    let conf =
        "gpgcheck=0\nsslverify=0\nsslclientcert=/srv/t/root/etc/client.pem\nsslclientkey=/srv/t/root/etc/client.key\n";
    world.repo_at("base", &url, conf);
    world.both("makecache").exits(0);
}

#[test]
fn no_encryption_where_there_should_be() {
    let (world, server) = served(OPEN);
    let url = server.url().replacen("http", "https", 1);
    world.repo_at("base", &format!("{url}/base"), "gpgcheck=0\nsslverify=0\n");
    world.both("makecache").exits(1).says("Curl error (35)");
}

#[rstest]
#[case::no_packages("sed -i '/<data type=\"primary\">/,/<\\/data>/d' repomd.xml", "\"primary\" data not present")]
fn metadata(#[case] change: &str, #[case] says: &str) {
    let world = World::new().repo("base", packages());
    change_metadata(&world, change);
    world.both("makecache").exits(1).says(says);
}

#[rstest]
#[case::another_document("echo '<html></html>' >repomd.xml", "Parsing unsuccessful")]
#[case::empty(": >repomd.xml", "Parsing unsuccessful")]
#[case::truncated("truncate -s 500 repomd.xml", "Parse error at line: 7")]
#[case::bad_packages(
    "zstd -qdc *primary.xml.zst | sed 's/<name>foo/<name foo/' | zstd -q >p; put p",
    "Failed to load primary"
)]
#[case::truncated_packages("head -c 300 *primary.xml.zst >p; put p", "Failed to load primary")]
#[case::junk_packages("echo junk >p; put p", "Failed to load primary")]
fn metadata_without_words(#[case] change: &str, #[case] says: &str) {
    let world = World::new().repo("base", packages()).ignoring(Axis::Stderr, "the details are a parser's own");
    change_metadata(&world, change);
    world.both("makecache").exits(1).says(says);
}

/// Changes the files of `base` with a script; `put FILE` makes a file the package list, with right checksums.
fn change_metadata(world: &World, change: &str) {
    let put = "put() { new=$(sha256sum $1 | cut -d' ' -f1); old=$(ls *primary.xml.zst); size=$(stat -c %s $1); \
               sum=${old%-primary.xml.zst}; rm $old; mv $1 $new-primary.xml.zst; \
               sed -i \"s/$sum/$new/g; /type=\\\"primary\\\"/,/<.data>/s/<size>[0-9]*/<size>$size/\" repomd.xml; }";
    let script = format!("cd /srv/repos/base/repodata; {put}; {change}");
    oxidnf_testkit::Oracle::find().script(&[(world.repos_dir(), "/srv/repos")], &script);
}

#[test]
fn lists_of_mirrors() {
    let (world, server) = served(OPEN);
    let world = world.ignoring(Axis::Stderr, "dnf5 asks the bad mirror first each time, and adds its parser's words");
    let conf = |world: &World, line: &str| {
        world.write("/etc/yum.repos.d/base.repo", &format!("[base]\nname=base\nenabled=1\n{line}\n"));
    };
    fs::write(world.repos_dir().join("list"), format!("# mirrors\n{0}/nothing\n{0}/base\n", server.url()))
        .expect("ours");
    conf(&world, &format!("mirrorlist={}/list", server.url()));
    world.both("install -y foo").exits(0);
    conf(&world, &format!("mirrorlist={}/nothing", server.url()));
    world.both("makecache").exits(1).says("Download failed: Status code: 404");
    conf(&world, &format!("metalink={}/nothing", server.url()));
    world.both("makecache").exits(1).says("Download failed: Status code: 404");
}

#[test]
fn redirects_to_where_nothing_is() {
    let (world, server) = served(OPEN);
    let other = Server::start(&world.repo_dir("base").join("repodata"));
    for place in ["http://127.0.0.1:9".to_owned(), other.url()] {
        server.fault("base/", Fault::Redirect(place.clone()));
        world.both("makecache").exits(1).says(&format!(" - {place}/base/repodata/repomd.xml\n"));
    }
    server.heal();
    server.fault("foo-1-1", Fault::Redirect(other.url()));
    world.both("install -y foo").exits(1).says(&format!(" - {}/base/foo-1-1.noarch.rpm\n", other.url()));
}

/// A path in a list that a server sends is no file of this machine.
#[test]
fn lists_that_name_paths() {
    let (world, server) = served(OPEN);
    fs::write(world.repos_dir().join("list"), "/srv/repos/base\n").expect("the copy is writable");
    let conf = format!("[base]\nname=base\nmirrorlist={}/list\n{OPEN}", server.url());
    world.write("/etc/yum.repos.d/base.repo", &conf);
    world.both("makecache").exits(1).says("Usable URL not found");
}
