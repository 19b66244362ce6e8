//! Metalinks: which mirrors, in which order, and what the index must be.

use std::fs;

use oxidnf_testkit::http::Server;
use oxidnf_testkit::world::Side;
use oxidnf_testkit::{Axis, World, rpm};
use rstest::rstest;

const INDEX: &str = "repodata/repomd.xml";

struct Place {
    world: World,
    server: Server,
}

impl Place {
    fn new() -> Self {
        let world = World::new().repo("base", [rpm("foo")]);
        let server = Server::start(&world.repos_dir());
        let list = format!("{}/metalink", server.url());
        world.write("/etc/yum.repos.d/base.repo", &format!("[base]\nname=base\nmetalink={list}\ngpgcheck=0\n"));
        Place { world, server }
    }

    /// Returns a digest of the index by a program of coreutils.
    fn digest(&self, kind: &str) -> String {
        let index = self.world.repo_dir("base").join(INDEX);
        let output = std::process::Command::new(format!("{kind}sum")).arg(index).output().expect("coreutils are there");
        String::from_utf8_lossy(&output.stdout).split(' ').next().expect("a digest").to_owned()
    }

    /// Publishes a metalink; in URLs `HERE` is the server.
    fn publish(&self, details: &str, resources: &str) {
        let text = format!(
            "<?xml version=\"1.0\"?>\n<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\" \
             xmlns:mm0=\"http://fedorahosted.org/mirrormanager\"><files><file name=\"repomd.xml\">{details}\
             {resources}</file></files></metalink>"
        );
        fs::write(self.world.repos_dir().join("metalink"), text.replace("HERE", &self.server.url())).expect("writable");
    }

    fn verification(&self, hashes: &[(&str, bool)]) -> String {
        let hash = |(kind, right): &(&str, bool)| {
            let digest = self.digest(kind);
            let digest = if *right { digest } else { "0".repeat(digest.len()) };
            format!("<hash type=\"{kind}\">{digest}</hash>")
        };
        format!("<verification>{}</verification>", hashes.iter().map(hash).collect::<String>())
    }
}

fn here(attributes: &str) -> String {
    format!("<url {attributes}>HERE/base/{INDEX}</url>")
}

/// The strongest digest decides, whatever the weaker ones say.
#[rstest]
#[case::all_right(&[("md5", true), ("sha1", true), ("sha256", true), ("sha512", true)], 0)]
#[case::weak_one_wrong(&[("md5", false), ("sha1", false), ("sha256", true)], 0)]
#[case::stronger_one_right(&[("sha256", false), ("sha512", true)], 0)]
#[case::strongest_wrong(&[("sha256", true), ("sha512", false)], 1)]
#[case::order_does_not_matter(&[("sha512", false), ("sha256", true)], 1)]
#[case::one_wrong(&[("sha256", false)], 1)]
#[case::none(&[], 0)]
fn several_checksums(#[case] hashes: &[(&str, bool)], #[case] status: i32) {
    let place = Place::new();
    place.publish(&place.verification(hashes), &format!("<resources>{}</resources>", here("")));
    place.world.both("makecache").exits(status);
}

/// An index that the metalink knows as an older one is as good.
#[test]
fn alternates() {
    let place = Place::new();
    let alternates = |right| {
        let verification = place.verification(&[("sha256", right)]);
        format!("<mm0:alternates><mm0:alternate>{verification}</mm0:alternate></mm0:alternates>")
    };
    let current = place.verification(&[("sha256", false)]);
    let resources = format!("<resources>{}</resources>", here(""));
    place.publish(&format!("{current}{}", alternates(false)), &resources);
    let world = place.world.ignoring(Axis::Stderr, "which of several digests is named as the expected one");
    let place = Place { world, server: place.server };
    place.world.both("makecache").exits(1);
    let alternates = {
        let verification = place.verification(&[("sha256", true)]);
        format!("<mm0:alternates><mm0:alternate>{verification}</mm0:alternate></mm0:alternates>")
    };
    place.publish(&format!("{current}{alternates}"), &resources);
    place.world.both("makecache").exits(0);
}

/// What a URL says of its protocol counts, not what is said of it beside; numbers that are none say nothing.
#[rstest]
#[case::rsync_is_passed_over("", "<url protocol=\"rsync\">rsync://127.0.0.1/base/repodata/repomd.xml</url>")]
#[case::whatever_it_is_called("", "")]
#[case::no_connections_at_all(" maxconnections=\"0\"", "")]
#[case::connections_that_are_no_number(" maxconnections=\"many\"", "")]
fn resources(#[case] attributes: &str, #[case] first: &str) {
    let place = Place::new();
    let own = here("protocol=\"rsync\" type=\"rsync\" preference=\"much\" location=\"\"");
    let verification = place.verification(&[("sha256", true)]);
    place.publish(&verification, &format!("<resources{attributes}>{first}{own}</resources>"));
    place.world.both("makecache").exits(0);
}

#[rstest]
#[case::size_that_is_none("<size>much</size>")]
#[case::another_size("<size>5</size>")]
#[case::time_that_is_none("<mm0:timestamp>now</mm0:timestamp>")]
fn numbers_that_are_none(#[case] number: &str) {
    let place = Place::new();
    let details = format!("{number}{}", place.verification(&[("sha256", true)]));
    place.publish(&details, &format!("<resources>{}</resources>", here("")));
    place.world.both("makecache").exits(0);
}

#[test]
fn repositories_instead_of_indexes() {
    let place = Place::new();
    place.publish(&place.verification(&[("sha256", true)]), "<resources><url>HERE/base/</url></resources>");
    place.world.both("makecache").exits(0);
}

#[test]
fn nothing_to_fetch_from() {
    let place = Place::new();
    place.publish("", "<resources></resources>");
    place.world.both("makecache").exits(1).says("No URLs in metalink");
    place.publish("", "<resources><url>rsync://127.0.0.1/base/repodata/repomd.xml</url></resources>");
    place.world.both("makecache").exits(1).says("Usable URL not found");
    let list = |text: &str| fs::write(place.world.repos_dir().join("list"), text).expect("writable");
    let conf = format!("[base]\nname=base\nmirrorlist={}/list\ngpgcheck=0\n", place.server.url());
    place.world.write("/etc/yum.repos.d/base.repo", &conf);
    for text in ["", "# nothing\n", "garbage\n"] {
        list(text);
        place.world.both("makecache").exits(1).says("No URLs in mirrorlist");
    }
    list("rsync://127.0.0.1/base\n");
    place.world.both("makecache").exits(1).says("Usable URL not found");
}

/// The standard says that the highest preference is the best one; dnf5 takes the order of the document.
#[test]
fn preferred_mirrors_first() {
    let place = Place::new();
    let gone = format!("<url preference=\"10\">HERE/gone/{INDEX}</url>");
    place.publish(
        &place.verification(&[("sha256", true)]),
        &format!("<resources>{gone}{}</resources>", here("preference=\"90\"")),
    );
    let gone = [Side::Real, Side::Ours].map(|side| {
        place.server.forget();
        let output = place.world.run(side, "makecache");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        place.server.requests().iter().filter(|path| path.starts_with("/gone/")).count()
    });
    assert!(gone[0] > 0, "dnf5 has learned it");
    assert_eq!(gone[1], 0);
}
