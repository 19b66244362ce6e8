//! Lists of mirrors and metalinks that are not what they should be.

use std::fs;

use oxidnf_testkit::http::{Fault, Server};
use oxidnf_testkit::{Axis, World, rpm};
use rstest::rstest;

fn served(line: &str) -> (World, Server) {
    let world = World::new().repo("base", [rpm("foo")]);
    let server = Server::start(&world.repos_dir());
    let line = line.replace("HERE", &server.url());
    world
        .write("/etc/yum.repos.d/base.repo", &format!("[base]\nname=base\nenabled=1\ngpgcheck=0\ntimeout=1\n{line}\n"));
    (world, server)
}

/// A path is passed over where something else helps.
#[test]
fn paths_beside_places() {
    let (world, server) = served("mirrorlist=HERE/list");
    publish(&world, &server, "/srv/repos/base\nHERE/base\n");
    let world = world.ignoring(Axis::Stderr, "dnf5 asks the bad mirror for each file, oxidnf where the index was");
    world.both("makecache").exits(0).says("URL rejected: No host present");
}

/// Publishes a list; `HERE` is the server.
fn publish(world: &World, server: &Server, text: &str) {
    fs::write(world.repos_dir().join("list"), text.replace("HERE", &server.url())).expect("the copy is writable");
}

fn metalink(hash: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\">\
         <files><file name=\"repomd.xml\"><verification>{hash}</verification><resources>\
         <url>HERE/base/repodata/repomd.xml</url></resources></file></files></metalink>"
    )
}

/// Digests of the index that are none, and what else may stand where a digest is expected.
#[rstest]
#[case::not_hexadecimal("<hash type=\"sha256\">not hexadecimal</hash>")]
#[case::too_short("<hash type=\"sha256\">abcdef</hash>")]
#[case::empty("<hash type=\"sha256\"></hash>")]
#[case::unknown_kind("<hash type=\"whirlpool\">00</hash>")]
#[case::no_kind("<hash>00</hash>")]
#[case::kind_in_capitals("<hash type=\"SHA256\">00</hash>")]
#[case::something_else("<pieces length=\"5\"><hash>00</hash></pieces>")]
fn digests(#[case] hash: &str) {
    let (world, server) = served("metalink=HERE/list");
    publish(&world, &server, &metalink(hash));
    world.both("makecache");
    world.both("repoquery");
}

#[rstest]
#[case::empty("")]
#[case::no_xml("nothing\n")]
#[case::another_document("<?xml version=\"1.0\"?><html></html>")]
#[case::no_files("<?xml version=\"1.0\"?><metalink></metalink>")]
#[case::another_file("<?xml version=\"1.0\"?><metalink><files><file name=\"x\"></file></files></metalink>")]
fn metalinks_that_are_none(#[case] text: &str) {
    let (world, server) = served("metalink=HERE/list");
    publish(&world, &server, text);
    world.both("makecache").exits(1);
}

#[rstest]
#[case::not_found(Fault::Status(404))]
#[case::forbidden(Fault::Status(403))]
#[case::broken_server(Fault::Status(500))]
#[case::hangs_up(Fault::Hangup)]
#[case::resets(Fault::Reset)]
#[case::redirects_for_ever(Fault::RedirectLoop)]
#[case::hangs(Fault::HangAfter(0))]
fn lists_that_do_not_come(#[case] fault: Fault, #[values("mirrorlist", "metalink")] kind: &str) {
    let (world, server) = served(&format!("{kind}=HERE/list"));
    publish(&world, &server, "HERE/base\n");
    server.fault("list", fault);
    world.both("makecache").exits(1);
}

#[rstest]
#[case::paths("/srv/repos/base\n/srv/nothing\n")]
#[case::relative("srv/repos/base\n")]
#[case::files("file:///srv/repos/base\n")]
#[case::all_wrong("HERE/nothing\nHERE/none\n")]
fn lists_of(#[case] text: &str) {
    let (world, server) = served("mirrorlist=HERE/list");
    publish(&world, &server, text);
    world.both("makecache");
}

#[rstest]
#[case::nowhere("mirrorlist=http://127.0.0.1:9/list")]
#[case::no_host("metalink=http://no.such.invalid/list")]
#[case::no_file("mirrorlist=file:///srv/t/root/nothing")]
#[case::no_scheme("metalink=foo://127.0.0.1/list")]
#[case::a_path("mirrorlist=/srv/t/root/nothing")]
fn lists_that_are_nowhere(#[case] line: &str) {
    let (world, _server) = served(line);
    world.both("makecache").exits(1);
}
